//! `monitor check` names the cause of a change: a worse judge, worse systems, or other traffic. The judge is a recording.

use serde_json::{Value, json};

use super::{Monitored, Night, codes};

/// Checks after each of some nights, up to the first alarm; how many nights it took, and the check.
fn until_alarm(
    monitored: &mut Monitored,
    most: usize,
    night: impl Fn(usize) -> Night,
) -> (usize, Value) {
    for number in 1..=most {
        monitored.add(&night(number), &[]);
        let command = ["monitor", "check", "--history", "monitor", "--format", "json"];
        let said = monitored.folder.run(&command);
        assert!([0, 6, 8].contains(&said.code), "{}\n{}", said.code, said.stderr);
        let found: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(said.code == 6, found["result"] == "alarm", "{found}");
        if said.code == 6 {
            return (number, found);
        }
    }
    panic!("no alarm within {most} nights");
}

#[test]
fn a_judge_that_got_worse_is_told_from_everything_else() {
    let mut monitored = Monitored::with_baseline();
    let (nights, found) =
        until_alarm(&mut monitored, 4, |version| Night { wrong: 45, version, ..Night::default() });
    assert!(nights <= 2, "{nights}");
    assert_eq!(found["drift"], json!(["judge"]));
    let agreement = &found["judge"]["agreement"];
    assert!(agreement["difference"]["high"].as_f64().unwrap() < 0.0, "{agreement}");
    assert!(found["judge"]["kappa"]["difference"]["value"].as_f64().unwrap() < -0.4);
    assert!(found["judge"]["mcnemar_mid_p"].as_f64().unwrap() < 1e-4);
    let changed = found["judge"]["verdicts_changed"]["value"].as_f64().unwrap();
    let noise = found["judge"]["noise"]["value"].as_f64().unwrap();
    assert!(changed > 0.25 && noise < 0.06, "{changed} {noise}");
    assert_eq!(found["input"]["alarm"], false);
}

#[test]
fn systems_that_got_worse_are_told_from_everything_else() {
    let mut monitored = Monitored::with_baseline();
    let (nights, found) =
        until_alarm(&mut monitored, 4, |version| Night { version, losses: 85, ..Night::default() });
    assert!(nights <= 3, "{nights}");
    assert_eq!(found["drift"], json!(["system"]));
    let rate = &found["system"]["changed_responses"][0];
    assert_eq!(rate["system"], "cand");
    assert!(rate["difference"]["high"].as_f64().unwrap() < -0.2, "{rate}");
    let tags: Vec<&str> = found["system"]["by_tag"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["value"].as_str().unwrap())
        .collect();
    assert_eq!(tags, ["accounts", "billing"]);
    // The judge says the same of the anchors, but for its noise.
    assert!(found["judge"]["verdicts_changed"]["value"].as_f64().unwrap() < 0.06);
}

#[test]
fn traffic_that_changed_is_told_from_everything_else() {
    let mut monitored = Monitored::with_baseline();
    let (nights, found) = until_alarm(&mut monitored, 2, |version| Night {
        version,
        is_new_traffic: true,
        losses: 90,
        ..Night::default()
    });
    assert_eq!(nights, 1);
    assert_eq!(found["drift"], json!(["input"]));
    let features = found["input"]["features"].as_array().unwrap();
    let of = |name: &str| features.iter().find(|one| one["feature"] == name).unwrap();
    for name in ["prompt-length", "language"] {
        assert_eq!(of(name)["alarm"], true, "{}", of(name));
        assert!(of(name)["cramers_v"].as_f64().unwrap() > 0.5);
    }
    assert_eq!(of("tag:product")["alarm"], false);
    // Wins changed on the new items too, which says nothing of the systems.
    let new = &found["system"]["new_items"][0];
    assert!(new["difference"]["value"].as_f64().unwrap() < -0.2, "{new}");
}

#[test]
fn nights_like_the_baseline_raise_no_alarm_and_make_smaller_changes_visible() {
    let mut monitored = Monitored::with_baseline();
    let mut visible = Vec::new();
    for version in 0..6 {
        monitored.add(&Night { version, ..Night::default() }, &[]);
        let said =
            monitored.folder.run(&["monitor", "check", "--history", "monitor", "--format", "json"]);
        assert!([0, 8].contains(&said.code), "{}", said.stdout);
        let found: Value = serde_json::from_str(&said.stdout).unwrap();
        let streams = found["streams"].as_array().unwrap();
        let of_people =
            streams.iter().find(|one| one["measure"] == "disagreement" && one["kind"] == "judge");
        visible.push(of_people.unwrap()["smallest_change"].as_f64().unwrap());
    }
    assert!(visible.is_sorted_by(|one, other| one > other), "{visible:?}");
    assert!(visible[5] < 0.15, "{visible:?}");
    let found = monitored.check(0, &["--visible-change", "0.4"]);
    assert_eq!(found["result"], "no-alarm");
    assert_eq!(monitored.check(8, &["--visible-change", "0.01"])["result"], "inconclusive");
    monitored.check(0, &["--visible-change", "0.01", "--inconclusive", "pass"]);
    assert_eq!(codes(&found), [] as [&str; 0]);
}

#[test]
fn a_new_baseline_ends_an_alarm() {
    let mut monitored = Monitored::with_baseline();
    let worse = Night { wrong: 50, ..Night::default() };
    monitored.add(&worse, &[]);
    monitored.add(&worse, &[]);
    monitored.check(6, &[]);
    let table = monitored.folder.run(&["monitor", "check", "--history", "monitor"]).expect(6);
    assert!(table.stdout.contains("Alarm: the judge has changed."), "{}", table.stdout);
    let reason = "Anchors: disagree with people: 15.0 % before, 50.0 % now";
    assert!(table.stdout.contains(reason), "{}", table.stdout);
    assert!(table.stdout.lines().all(|line| line.chars().count() <= 80), "{}", table.stdout);
    // The same run again, now as the baseline.
    let command = [
        "monitor",
        "add",
        "night-3.db",
        "--history",
        "monitor",
        "--labels",
        "labels.jsonl",
        "--baseline",
    ];
    let said = monitored.folder.run(&command).expect(0);
    assert!(said.stderr.contains("is part of the baseline from now on"), "{}", said.stderr);
    let found = monitored.check(8, &[]);
    assert_eq!(found["baseline"][0]["run"], "night-3.db");
    assert!(found["newest"].is_null());
    assert_eq!(codes(&found), ["nothing-to-compare"]);
    monitored.add(&worse, &[]);
    let found = monitored.check(8, &[]);
    assert_eq!((&found["result"], &found["drift"]), (&json!("inconclusive"), &json!([])));
}
