//! Items that were drawn with different probabilities stand for different parts of the traffic.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Monitored;

/// Drawn items: how many are English and how many German, and with which probability each.
#[derive(Clone, Copy)]
struct Drawn {
    name: &'static str,
    english: (u32, Option<f64>),
    german: (u32, Option<f64>),
    /// A tag and its value.
    tag: [&'static str; 2],
    /// What the responses end with.
    response: &'static str,
}

const ANCHORS: Drawn = Drawn {
    name: "a",
    english: (50, None),
    german: (50, None),
    tag: ["model", "shop-1"],
    response: "",
};

fn items(drawn: Drawn) -> String {
    let mut text = String::new();
    let english = ("What is the price of the plan, and how can I pay for number", drawn.english);
    let german = ("Was ist der Preis von dem Tarif, und wie kann ich zahlen, Nummer", drawn.german);
    for (prompt, (n, probability)) in [english, german] {
        for at in 0..n {
            let mut tags = serde_json::Map::new();
            tags.insert(drawn.tag[0].to_owned(), json!(drawn.tag[1]));
            if let Some(probability) = probability {
                tags.insert("probability".to_owned(), json!(probability.to_string()));
                tags.insert("occurrences".to_owned(), json!((at % 3 + 1).to_string()));
            }
            let mut said = ["Ten.".to_owned(), format!("Ten euros.{}", drawn.response)];
            // Half of the items are won by each system.
            if at % 2 == 0 {
                said.reverse();
            }
            let item = json!({
                "id": format!("{}-{}-{at}", drawn.name, &prompt[..3]),
                "prompt": format!("{prompt} {}{at}?", drawn.name),
                "responses": {"base": said[0], "cand": said[1]},
                "tags": tags,
            });
            writeln!(text, "{item}").unwrap();
        }
    }
    text
}

/// Judges runs by a rule and checks the last against the first.
fn check(code: i32, runs: &[&[Drawn]]) -> Value {
    let monitored = Monitored::new();
    for (at, drawn) in runs.iter().enumerate() {
        let text: String = drawn.iter().map(|drawn| items(*drawn)).collect();
        monitored.folder.write("items.jsonl", &text);
        let run = format!("{at}.db");
        let judge =
            ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
        monitored.folder.run(&[&judge[..], &["--run", &run]].concat()).expect(0);
        let add = ["monitor", "add", &run, "--history", "monitor"];
        monitored.folder.run(&add).expect(0);
    }
    monitored.check(code, &["--visible-change", "0.6"])
}

fn feature<'a>(found: &'a Value, name: &str) -> &'a Value {
    let features = found["input"]["features"].as_array().unwrap();
    features.iter().find(|one| one["feature"] == name).unwrap_or(&Value::Null)
}

#[test]
fn shares_of_the_traffic_are_compared_and_not_those_of_the_draw() {
    let (rare, all) = (Some(1.0 / 19.0), Some(1.0));
    let anchors = Drawn { english: (50, rare), german: (50, all), ..ANCHORS };
    // The same numbers of items, of traffic that is German now.
    let new = Drawn { name: "n", english: (50, all), german: (50, rare), ..ANCHORS };
    let found = check(6, &[&[anchors], &[anchors, new]]);
    assert_eq!(found["drift"], json!(["input"]), "{}", found["input"]);
    assert_eq!(feature(&found, "language")["alarm"], true);
    // Other numbers of items, of the same traffic.
    let anchors = Drawn { english: (95, None), german: (5, None), ..ANCHORS };
    let new = Drawn { name: "n", english: (50, rare), german: (50, all), ..ANCHORS };
    let found = check(0, &[&[anchors], &[anchors, new]]);
    let language = feature(&found, "language");
    assert_eq!(language["alarm"], false, "{language}");
    let english = language["categories"].as_array().unwrap().iter();
    let english = english.clone().find(|one| one["category"] == "en").unwrap();
    assert_eq!((&english["anchors"], &english["new"]), (&json!(95), &json!(50)));
    assert!((english["new_share"].as_f64().unwrap() - 0.95).abs() < 1e-9, "{english}");
}

#[test]
fn nothing_is_tested_where_only_some_probabilities_are_known() {
    let known = Drawn { name: "k", german: (50, Some(0.5)), english: (0, None), ..ANCHORS };
    let new = Drawn { name: "n", english: (50, None), german: (0, None), ..ANCHORS };
    let found = check(8, &[&[ANCHORS], &[ANCHORS, known, new]]);
    assert_eq!(found["input"]["is_weighted"], false);
    assert!(feature(&found, "language")["p_value"].is_null());
    assert_eq!(found["unseen"], json!(["new-items"]));
}

#[test]
fn what_belongs_to_systems_is_no_drift_of_the_traffic() {
    let new = Drawn {
        name: "n",
        tag: ["model", "shop-2"],
        response: " That is the price of every plan that we have, and it is paid by card.",
        ..ANCHORS
    };
    let found = check(0, &[&[ANCHORS], &[ANCHORS, new]]);
    assert_eq!(found["input"]["alarm"], false, "{}", found["input"]);
    assert!(feature(&found, "tag:model").is_null());
    let lengths = feature(&found, "response-length");
    assert_eq!((&lengths["of"], &lengths["p_value"]), (&json!("responses"), &Value::Null));
    assert!(lengths["cramers_v"].as_f64().unwrap() > 0.9, "{lengths}");
    // A tag that only new items have says how they were made.
    let found = check(0, &[&[ANCHORS], &[ANCHORS, Drawn { tag: ["source", "log"], ..new }]]);
    assert!(feature(&found, "tag:source").is_null());
}

#[test]
fn how_an_item_was_drawn_is_no_part_of_its_text() {
    let first = Drawn { english: (50, Some(0.5)), german: (50, Some(1.0)), ..ANCHORS };
    let again = Drawn { english: (50, Some(0.25)), german: (50, Some(0.5)), ..ANCHORS };
    let found = check(0, &[&[first], &[again]]);
    assert_eq!(
        (&found["comparisons"]["anchors"], &found["comparisons"]["items_edited"]),
        (&json!(100), &json!(0))
    );
}

#[test]
fn the_language_of_a_conversation_is_that_of_its_user() {
    let monitored = Monitored::new();
    let system = "You are the assistant of a shop. Answer what the user asks, and be brief with all of them.";
    let user = "Wie kann ich das zurückgeben, und wer zahlt für das Paket?";
    let item = json!({
        "id": "q",
        "prompt": [{"role": "system", "content": system}, {"role": "user", "content": user}],
        "responses": {"base": "Nein.", "cand": "Mit dem Formular."},
    });
    monitored.folder.write("items.jsonl", &item.to_string());
    let judge = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    monitored.folder.run(&[&judge[..], &["--run", "run.db"]].concat()).expect(0);
    monitored.folder.run(&["monitor", "add", "run.db", "--history", "monitor"]).expect(0);
    let entry: Value = serde_json::from_str(monitored.history().trim()).unwrap();
    assert_eq!(entry["items"][0]["language"], "de");
}
