//! Responses that the judge says it cannot assess: they are kept, and in no rate.

use serde_json::{Value, json};

use super::codes;
use crate::support::{Folder, lines_of};

const ITEMS: usize = 200;
const RUBRIC: &str = "name = \"r\"\nversion = \"1\"\ndescription = \"Is it good?\"\nmode = \"grade\"\n\
                      scale = [\"fail\", \"pass\"]\n";

/// What differs in a night.
#[derive(Debug, Clone, Copy, Default)]
struct Night {
    /// How many responses to anchors the judge cannot assess.
    anchors: usize,
    /// How many responses to other items, which are new every night.
    others: usize,
    version: usize,
}

/// A history with a baseline of two nights, and one after it.
fn checked(rubric: &str, night: Night, code: i32) -> (Folder, Value) {
    let folder = Folder::new();
    folder.write("evenhand.toml", "[judges.rec]\nrecorded = \"replies.jsonl\"\n");
    folder.write("r.toml", rubric);
    for (number, night) in [Night::default(), Night::default(), night].into_iter().enumerate() {
        let (mut items, mut replies) = (Vec::new(), Vec::new());
        for (kind, unassessed, version) in
            [("a", night.anchors, 0), ("t", night.others, night.version)]
        {
            for at in 0..ITEMS {
                let id = format!("{kind}{at}");
                let response = format!("Version {version} of {at}");
                items.push(json!({"id": id, "prompt": "?", "responses": {"cand": response}}));
                let grade = match (at * 37 % ITEMS < unassessed, at % 5 < 3) {
                    (true, _) => "cannot assess",
                    (_, true) => "pass",
                    _ => "fail",
                };
                for scale in ["written", "reversed"] {
                    let line = json!({"id": id, "system": "cand", "scale": scale, "grade": grade});
                    replies.push(line);
                }
            }
        }
        folder.write("items.jsonl", &lines_of(&items));
        folder.write("replies.jsonl", &lines_of(&replies));
        let run = format!("night-{number}.db");
        let grade = ["grade", "items.jsonl", "--rubric", "r.toml", "--judge", "rec", "--run", &run];
        folder.run(&grade).expect(0);
        let add = ["monitor", "add", &run, "--history", "monitor"];
        let baseline: &[&str] = if number < 2 { &["--baseline"] } else { &[] };
        folder.run(&[&add[..], baseline].concat()).expect(0);
    }
    let check = ["monitor", "check", "--history", "monitor", "--format", "json"];
    let found = serde_json::from_str(&folder.run(&check).expect(code).stdout).unwrap();
    (folder, found)
}

fn allowing() -> String {
    format!("{RUBRIC}cannot_assess = true\n")
}

fn stream<'a>(found: &'a Value, kind: &str) -> &'a Value {
    let mut streams = found["streams"].as_array().unwrap().iter();
    let is_it = |one: &&Value| one["measure"] == "not-assessed" && one["kind"] == kind;
    streams.find(is_it).unwrap_or_else(|| panic!("{found}"))
}

#[test]
fn a_judge_that_assesses_less_of_the_same_responses_has_changed() {
    let (folder, found) = checked(&allowing(), Night { anchors: 190, ..Night::default() }, 6);
    assert_eq!(found["drift"], json!(["judge"]), "{found}");
    let watched = stream(&found, "judge");
    assert_eq!((&watched["alarm"], &watched["system"]), (&json!(true), &Value::Null));
    assert_eq!((&watched["before"], &watched["after"]), (&json!(0.0), &json!(0.475)));
    let shares = &found["judge"]["not_assessed"];
    assert_eq!(
        (&shares["before"]["value"], &shares["after"]["value"]),
        (&json!(0.0), &json!(0.475))
    );
    // All of the pass rate that is left is of the others.
    let rate = &found["judge"]["pass_rates"][0];
    assert_eq!((&rate["responses"], &rate["left_out"]), (&json!(400), &json!(190)));
    let text = folder.run(&["monitor", "check", "--history", "monitor"]).expect(6).stdout;
    assert!(text.contains("Anchors: cannot assess: 0.0 % before, 47.5 % now"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("  cannot assess ")), "{text}");
    let trends = folder.run(&["monitor", "report", "--history", "monitor"]).expect(0).stdout;
    assert!(trends.contains("replies \"cannot assess\""), "{trends}");
}

#[test]
fn a_rate_that_leaves_out_most_responses_is_warned_about() {
    let night = Night { anchors: 190, others: 190, ..Night::default() };
    let (_, found) = checked(&allowing(), night, 6);
    let warnings = found["warnings"].as_array().unwrap();
    let of_few = warnings.iter().find(|one| one["code"] == "rates-of-few").unwrap();
    let message = of_few["message"].as_str().unwrap();
    assert!(message.contains("cand (380 of 400 with unchanged texts)"), "{message}");
    let (_, usual) = checked(&allowing(), Night { anchors: 90, others: 90, ..Night::default() }, 6);
    assert!(!codes(&usual).contains(&"rates-of-few"), "{usual}");
}

#[test]
fn other_responses_that_cannot_be_assessed_are_a_change_of_the_systems() {
    let night = Night { others: 190, version: 1, ..Night::default() };
    let (_, found) = checked(&allowing(), night, 6);
    let watched = stream(&found, "system");
    assert_eq!((&watched["alarm"], &watched["system"]), (&json!(true), &json!("cand")), "{found}");
    assert_eq!((&watched["before"], &watched["after"]), (&json!(0.0), &json!(0.95)));
    assert_eq!(stream(&found, "judge")["alarm"], false);
    assert_eq!(found["drift"], json!(["system"]));
    assert!(codes(&found).contains(&"rates-of-few"), "{found}");
}

#[test]
fn a_rubric_that_does_not_allow_it_has_no_such_number() {
    let (_, found) = checked(RUBRIC, Night::default(), 0);
    let streams = found["streams"].as_array().unwrap();
    assert!(streams.iter().all(|one| one["measure"] != "not-assessed"), "{found}");
    assert_eq!(found["judge"].get("not_assessed"), None);
}
