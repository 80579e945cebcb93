//! Metrics of the runs of a history: their changes raise an alarm of the systems, whatever the judge says.

use serde_json::{Value, json};

use super::{Monitored, Night, codes};

/// A response that says the same again and again has a higher compression ratio.
const LOOPING: &str =
    " That is the price. That is the price. That is the price. That is the price.";

fn scored_baseline() -> Monitored {
    let mut monitored = Monitored::new();
    for _ in 0..2 {
        monitored.add_scored(&Night::default(), &["--baseline"]);
    }
    monitored
}

fn streams<'a>(found: &'a Value, measure: &str) -> Vec<&'a Value> {
    let streams = found["streams"].as_array().unwrap();
    streams.iter().filter(|one| one["measure"] == measure).collect()
}

#[test]
fn a_score_that_changed_while_verdicts_did_not_is_an_alarm_of_the_systems() {
    let mut monitored = scored_baseline();
    monitored.add_scored(&Night { version: 1, ending: LOOPING, ..Night::default() }, &[]);
    let found = monitored.check(6, &[]);
    assert_eq!((&found["drift"], &found["unattributed"]), (&json!(["system"]), &json!([])));
    // Only `cand` has other responses.
    let up = streams(&found, "metric-up");
    assert_eq!(up.len(), 1, "{up:?}");
    assert_eq!((&up[0]["system"], &up[0]["metric"]), (&json!("cand"), &json!("compression")));
    assert_eq!(
        (&up[0]["before"], &up[0]["after"], &up[0]["alarm"], &up[0]["units"]),
        (&json!(0.5), &json!(1.0), &json!(true), &json!(100))
    );
    assert_eq!(streams(&found, "metric-down")[0]["alarm"], false);
    // Everything that is watched shares the rate: the numbers and the traffic.
    let watched = found["streams"].as_array().unwrap().len() as f64 + 1.0;
    assert_eq!(up[0]["threshold"], 1000.0 * watched);
    // The win rates alone would be no alarm.
    let win_rates = [streams(&found, "win-rate-down"), streams(&found, "win-rate-up")].concat();
    assert!(win_rates.iter().all(|one| one["alarm"] == false), "{win_rates:?}");

    let drift = &found["system"]["metrics"].as_array().unwrap().clone();
    let of = |system: &str| drift.iter().find(|one| one["system"] == system).unwrap();
    let cand = of("cand");
    assert_eq!(
        (&cand["is_paired"], &cand["higher"], &cand["lower"]),
        (&json!(true), &json!(100), &json!(0))
    );
    assert!(cand["difference"]["low"].as_f64().unwrap() > 0.0, "{cand}");
    assert_eq!(of("base")["is_paired"], false);
    let by_tag = found["system"]["metrics_by_tag"].as_array().unwrap();
    let values: Vec<&str> = by_tag.iter().map(|one| one["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["accounts", "billing"]);

    let table = monitored.folder.run(&["monitor", "check", "--history", "monitor"]).expect(6);
    for text in [
        "Alarm: the systems have changed.",
        "higher compression of cand",
        "cand: compression, by tag",
        "product = billing",
    ] {
        assert!(table.stdout.contains(text), "{text}\n{}", table.stdout);
    }
    let page = ["monitor", "report", "--history", "monitor", "--format", "html"];
    let page = monitored.folder.run(&page).expect(0).stdout;
    for text in [
        "What the alarm watches on other responses",
        "higher compression of cand",
        "cand: compression, by tag",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn scores_like_those_of_the_baseline_raise_no_alarm() {
    let mut monitored = scored_baseline();
    for version in 1..4 {
        monitored.add_scored(&Night { version, ..Night::default() }, &[]);
    }
    let found = monitored.check(0, &["--visible-change", "0.5"]);
    assert_eq!(codes(&found), [] as [&str; 0]);
}

#[test]
fn responses_that_were_scored_before_are_evidence_once() {
    let mut monitored = scored_baseline();
    let night = Night { version: 1, ending: LOOPING, ..Night::default() };
    let mut evidence = Vec::new();
    for _ in 0..2 {
        monitored.add_scored(&night, &[]);
        let found = monitored.check(6, &["--false-alarm-every", "1000000"]);
        let up = streams(&found, "metric-up")[0].clone();
        evidence.push((
            up["evidence"].clone(),
            up["units"].clone(),
            up["over_checks"]["checks"].clone(),
        ));
    }
    assert_eq!(evidence[0], evidence[1]);
}

#[test]
fn a_metric_that_cannot_be_compared_or_watched_is_named() {
    let mut monitored = scored_baseline();
    let night = Night { version: 1, ..Night::default() };
    monitored.add(&night, &[]);
    let found = monitored.check(0, &["--visible-change", "0.5"]);
    assert_eq!(codes(&found), ["metrics-not-compared"]);
    assert_eq!(found["system"]["metrics_unmatched"], json!(["compression"]));
    // Totals without the scores of single responses.
    let run = monitored.judge(&night);
    monitored.score_items(&[]);
    let add = ["monitor", "add", &run, "--history", "monitor", "--labels", "labels.jsonl"];
    monitored.folder.run(&[&add[..], &["--metrics", "metrics.json"]].concat()).expect(0);
    let found = monitored.check(0, &["--visible-change", "0.5"]);
    assert_eq!(codes(&found), ["metrics-without-items"]);
    assert_eq!(streams(&found, "metric-up"), [] as [&Value; 0]);
}

#[test]
fn an_item_with_another_prompt_is_another_item_for_metrics_too() {
    let mut monitored = scored_baseline();
    let run = monitored.judge(&Night { version: 1, ending: LOOPING, ..Night::default() });
    let items = std::fs::read_to_string(monitored.folder.path().join("items.jsonl")).unwrap();
    monitored
        .folder
        .write("items.jsonl", &items.replace("the price of the plan", "the cost of the plan"));
    std::fs::remove_file(monitored.folder.path().join(&run)).unwrap();
    monitored.judge_items(&run).expect(0);
    monitored.score_items(&["--per-item"]);
    let add = ["monitor", "add", &run, "--history", "monitor", "--labels", "labels.jsonl"];
    monitored.folder.run(&[&add[..], &["--metrics", "metrics.json"]].concat()).expect(0);
    let found = monitored.check(6, &[]);
    assert_eq!(found["comparisons"]["items_edited"], 100);
    assert_eq!(streams(&found, "metric-up"), [] as [&Value; 0]);
    assert!(
        found["system"]["metrics"].as_array().unwrap().iter().all(|one| one["is_paired"] == false)
    );
}
