//! What an alarm may be attributed to, and when there is none without saying what could have been missed.

use serde_json::{Value, json};

use super::{Monitored, Night, codes};

#[test]
fn without_labels_and_noise_a_judge_that_reverses_every_verdict_is_not_called_unchanged() {
    let mut monitored = Monitored::new();
    monitored.add_unlabelled(&Night { wrong: 0, ..Night::default() }, &["--baseline"]);
    monitored.add_unlabelled(&Night { wrong: 100, ..Night::default() }, &[]);
    let found = monitored.check(8, &["--visible-change", "0.9"]);
    assert_eq!((&found["unseen"], &found["drift"]), (&json!(["judge"]), &json!([])));
    assert!(codes(&found).contains(&"noise-unknown"), "{:?}", codes(&found));
    let table = monitored
        .folder
        .run(&["monitor", "check", "--history", "monitor", "--visible-change", "0.9"])
        .expect(8);
    assert!(
        table.stdout.contains("Whether the judge has changed cannot be seen"),
        "{}",
        table.stdout
    );
}

#[test]
fn without_anchors_changed_win_rates_are_not_attributed() {
    let mut monitored = Monitored::new();
    for _ in 0..2 {
        monitored.add_unlabelled(&Night { anchors: 0, ..Night::default() }, &["--baseline"]);
    }
    let worse = Night { anchors: 0, version: 1, losses: 100, ..Night::default() };
    monitored.add_unlabelled(&worse, &[]);
    let found = monitored.check(6, &[]);
    assert_eq!(
        (&found["result"], &found["drift"], &found["unattributed"]),
        (&json!("alarm"), &json!([]), &json!(["system"]))
    );
    let table = monitored.folder.run(&["monitor", "check", "--history", "monitor"]).expect(6);
    let whole = table.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        whole.contains("whether the judge or the systems have changed cannot be told"),
        "{whole}"
    );
}

#[test]
fn changed_win_rates_are_not_attributed_while_the_judge_raises_the_alarm() {
    let mut monitored = Monitored::with_baseline();
    let worse = Night { version: 1, losses: 100, wrong: 60, ..Night::default() };
    for _ in 0..2 {
        monitored.add(&worse, &[]);
    }
    let found = monitored.check(6, &[]);
    assert_eq!((&found["drift"], &found["unattributed"]), (&json!(["judge"]), &json!(["system"])));
}

#[test]
fn harder_new_items_are_not_called_changed_systems() {
    let mut monitored = Monitored::new();
    let night = Night { is_fresh: true, ..Night::default() };
    for _ in 0..2 {
        monitored.add(&night, &["--baseline"]);
    }
    monitored.add(&Night { losses: 100, ..night }, &[]);
    let found = monitored.check(6, &[]);
    assert_eq!((&found["drift"], &found["unattributed"]), (&json!([]), &json!(["new-items"])));
}

#[test]
fn a_few_new_items_are_named_as_not_checked() {
    let mut monitored = Monitored::new();
    let night = Night { is_fresh: true, ..Night::default() };
    for _ in 0..2 {
        monitored.add(&night, &["--baseline"]);
    }
    monitored.add(&Night { traffic: 4, ..night.clone() }, &[]);
    let found = monitored.check(8, &["--visible-change", "0.5"]);
    assert_eq!(found["unseen"], json!(["new-items"]));
    monitored.add(&night, &[]);
    monitored.check(0, &["--visible-change", "0.5"]);
}

#[test]
fn responses_that_are_judged_again_are_evidence_once() {
    let mut monitored = Monitored::with_baseline();
    let evidence = |found: &Value| {
        let streams = found["streams"].as_array().unwrap();
        let of = |one: &&Value| one["kind"] == "system" && one["measure"] == "win-rate-down";
        let stream = streams.iter().find(of).unwrap();
        (stream["evidence"].clone(), stream["units"].clone(), stream["checks"].clone())
    };
    let mut found = Vec::new();
    for _ in 0..2 {
        monitored.add(&Night { version: 1, losses: 70, ..Night::default() }, &[]);
        found.push(evidence(&monitored.check(8, &["--visible-change", "0.01"])));
    }
    assert_eq!((&found[0].0, &found[0].1), (&found[1].0, &found[1].1));
    assert_eq!((&found[0].2, &found[1].2), (&json!(1), &json!(2)));
}

#[test]
fn a_baseline_has_runs_of_one_judge_only_and_can_be_begun_anew() {
    let mut monitored = Monitored::new();
    let baseline = |monitored: &Monitored| {
        let found = monitored.check(8, &[]);
        let runs = found["baseline"].as_array().unwrap();
        runs.iter().map(|run| run["run"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let night = Night::default();
    monitored.add(&night, &["--baseline"]);
    monitored.add(&night, &["--baseline"]);
    assert_eq!(baseline(&monitored), ["night-0.db", "night-1.db"]);
    monitored.judge(&night);
    let other = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    monitored.folder.run(&[&other[..], &["--run", "rule.db"]].concat()).expect(0);
    let add = ["monitor", "add", "rule.db", "--history", "monitor", "--baseline"];
    monitored.folder.run(&add).expect(0);
    assert_eq!(baseline(&monitored), ["rule.db"]);
    monitored.add(&night, &["--baseline"]);
    monitored.add(&night, &["--new-baseline"]);
    monitored.add(&night, &["--baseline"]);
    assert_eq!(baseline(&monitored), ["night-4.db", "night-5.db"]);
}
