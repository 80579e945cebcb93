//! What is sent, how often, and which grades are kept.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::grading_scene::{
    GradingScene, RUBRIC, grades, is_reversed, item, reply, system,
};
use crate::support::server::Answer;

#[test]
fn every_response_is_asked_about_in_both_directions_and_never_beside_another() {
    let scene = GradingScene::passing(3);
    scene.grade(&[]).expect(0);
    let seen = scene.server.seen();
    assert_eq!(seen.len(), 12, "3 items, 2 systems, 2 directions");
    let asked: BTreeSet<(String, &str, bool)> =
        seen.iter().map(|seen| (seen.id.clone(), system(seen), is_reversed(seen))).collect();
    assert_eq!(asked.len(), 12);
    for seen in &seen {
        let messages = seen.body["messages"].to_string();
        assert!(
            messages.contains("ALPHA") != messages.contains("BETA"),
            "one response: {messages}"
        );
        assert!(!messages.contains("alpha") && !messages.contains("beta"), "no system: {messages}");
    }
}

#[test]
fn a_schema_asks_for_the_grades_of_the_scale() {
    let scene = GradingScene::passing(1);
    let rubric = format!(
        "{RUBRIC}cannot_assess = true\n[[criteria]]\nname = \"tone\"\ndescription = \"Kind.\"\n"
    );
    scene.folder.write("rubrics/quality.toml", &rubric);
    scene
        .server
        .now(|_| Answer::says(r#"{"reasoning":"r","criteria":{"tone":"fail"},"grade":"pass"}"#));
    scene.grade(&[]).expect(0);
    let schema = &scene.server.seen()[0].body["response_format"]["json_schema"]["schema"];
    let names = json!(["cannot assess", "fail", "pass"]);
    assert_eq!(schema["properties"]["grade"]["enum"], names);
    assert_eq!(schema["properties"]["criteria"]["properties"]["tone"]["enum"], names);
    assert_eq!(schema["required"], json!(["reasoning", "criteria", "grade"]));
}

#[test]
fn a_weighted_rubric_asks_for_no_grade_and_computes_it() {
    let scene = GradingScene::new(1, |_| {
        Answer::says(r#"{"reasoning":"r","criteria":{"facts":"good","form":"bad"}}"#)
    });
    let rubric = "name = \"quality\"\ndescription = \"d\"\nmode = \"grade\"\nscale = [\"bad\", \"weak\", \"good\"]\n\
                  [[criteria]]\nname = \"facts\"\ndescription = \"True.\"\nweight = 3\n\
                  [[criteria]]\nname = \"form\"\ndescription = \"Tidy.\"\nweight = 1\n";
    scene.folder.write("rubrics/quality.toml", rubric);
    let numbers = scene.numbers(&[]);
    let schema = &scene.server.seen()[0].body["response_format"]["json_schema"]["schema"];
    assert_eq!(schema["required"], json!(["reasoning", "criteria"]));
    // (3·2 + 1·0)/4 = 1.5, half down: weak.
    assert_eq!(numbers["judges"][0]["systems"][0]["steps"], json!([0, 1, 0]));
}

#[test]
fn a_grade_that_depends_on_the_direction_is_not_kept() {
    let scene = GradingScene::new(4, |seen| match (system(seen), is_reversed(seen)) {
        ("alpha", true) => grades("fail"),
        _ => grades("pass"),
    });
    let numbers = scene.numbers(&[]);
    let judge = &numbers["judges"][0];
    assert_eq!(
        judge["outcomes"],
        json!({"kept": 4, "changed": 4, "unparsed": 0, "failed": 0, "pending": 0})
    );
    assert_eq!(judge["coverage"]["value"], 0.5);
    assert_eq!(judge["order"]["lower_when_reversed"], 4);
    let [alpha, beta] = [0, 1].map(|at| &judge["systems"][at]["pass_rate"]);
    assert_eq!(
        (alpha["averaged"]["value"].as_f64(), alpha["kept"]["n"].as_u64()),
        (Some(0.5), Some(0))
    );
    assert_eq!(beta["averaged"]["value"], 1.0);
    assert_eq!(
        (alpha["bounds"]["low"].as_f64(), alpha["bounds"]["high"].as_f64()),
        (Some(0.0), Some(1.0))
    );
}

#[test]
fn a_response_that_cannot_be_assessed_is_kept_and_in_no_pass_rate() {
    let scene = GradingScene::new(4, |seen| match system(seen) {
        "alpha" if seen.id == "q-001" => grades("cannot assess"),
        _ => grades("pass"),
    });
    scene.folder.write("rubrics/quality.toml", &format!("{RUBRIC}cannot_assess = true\n"));
    let numbers = scene.numbers(&[]);
    let alpha = &numbers["judges"][0]["systems"][0];
    assert_eq!((alpha["kept"].as_u64(), alpha["cannot_assess"].as_u64()), (Some(4), Some(1)));
    assert_eq!(alpha["pass_rate"]["averaged"]["n"], 3);
    assert_eq!(alpha["mean_step"]["n"], 3);
}

#[test]
fn a_reply_that_is_no_grade_of_the_scale_is_asked_again_then_counted() {
    let scene = GradingScene::new(2, |seen| match (system(seen), seen.before) {
        ("alpha", 0) => Answer::says(&reply("excellent")),
        ("beta", _) if seen.id == "q-002" => Answer::says("I cannot decide."),
        _ => grades("pass"),
    });
    scene.settings(&[("gpt", &[("max_parse_attempts", "1")])]);
    let said = scene.grade(&["--format", "json"]).expect(0);
    let numbers: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(numbers["judges"][0]["outcomes"]["unparsed"], 1);
    assert_eq!(numbers["judges"][0]["outcomes"]["kept"], 3);
    assert!(
        said.stderr.contains(
            "gpt: 1 of 4 responses ended without a readable grade: 2 of 8 without a grade"
        ),
        "{}",
        said.stderr
    );
    let before = scene.server.requests();
    scene.server.now(|_| grades("fail"));
    scene.grade(&["--retry-failed"]).expect(0);
    assert_eq!(scene.server.requests() - before, 2, "both directions of one response");
}

#[test]
fn repeats_decide_by_majority_and_their_agreement_is_shown() {
    // The second repeat of each direction says the opposite of the others; both have the same last message.
    let scene =
        GradingScene::new(2, |seen| grades(if seen.before / 2 == 1 { "fail" } else { "pass" }));
    scene.settings(&[("gpt", &[("max_in_flight", "1")])]);
    let numbers = scene.numbers(&["--repeat", "3"]);
    let judge = &numbers["judges"][0];
    assert_eq!(scene.server.requests(), 24);
    assert_eq!(judge["outcomes"]["kept"], 4);
    // Of three pairs of repeats one agrees.
    let stability = judge["stability"]["value"].as_f64().unwrap();
    assert!((stability - 1.0 / 3.0).abs() < 1e-12, "{stability}");
    assert_eq!(judge["stability"]["n"], 24);
    // Fewer repeats later leave the run as it is; a larger number asks only what is new.
    scene.grade(&[]).expect(0);
    scene.grade(&["--repeat", "4"]).expect(0);
    assert_eq!(scene.server.requests(), 24 + 8);
}

#[test]
fn new_items_and_systems_are_asked_and_nothing_else() {
    let scene = GradingScene::passing(2);
    scene.grade(&[]).expect(0);
    let mut items: Vec<serde_json::Value> = (1..=3).map(item).collect();
    items[0]["responses"]["gamma"] = json!("GAMMA answers q-001.");
    scene.folder.write("items.jsonl", &crate::support::lines_of(items));
    let before = scene.server.requests();
    let numbers = scene.numbers(&[]);
    assert_eq!(scene.server.requests() - before, 2 + 4);
    assert_eq!(numbers["judges"][0]["planned"], 7);
    // The same again costs nothing.
    let before = scene.server.requests();
    scene.grade(&[]).expect(0);
    assert_eq!(scene.server.requests(), before);
}

#[test]
fn a_limit_takes_whole_items_and_grows() {
    let scene = GradingScene::passing(10);
    scene.grade(&["--limit", "3"]).expect(0);
    assert_eq!(scene.server.requests(), 12);
    let first: BTreeSet<String> = scene.server.seen().iter().map(|seen| seen.id.clone()).collect();
    scene.grade(&["--limit", "5"]).expect(0);
    assert_eq!(
        scene.server.requests(),
        20,
        "the items of a smaller limit are among those of a larger one"
    );
    let all: BTreeSet<String> = scene.server.seen().iter().map(|seen| seen.id.clone()).collect();
    assert!(all.is_superset(&first) && all.len() == 5);
}

#[test]
fn shards_divide_the_responses_between_them() {
    let scene = GradingScene::passing(12);
    for shard in ["1/2", "2/2"] {
        scene.grade(&["--shard", shard]).expect(0);
    }
    assert_eq!(scene.server.requests(), 48);
    let asked: BTreeSet<(String, &str, bool)> = scene
        .server
        .seen()
        .iter()
        .map(|seen| (seen.id.clone(), system(seen), is_reversed(seen)))
        .collect();
    assert_eq!(asked.len(), 48, "nothing twice");
}

#[test]
fn replies_of_another_run_are_copied_where_the_request_is_the_same() {
    let scene = GradingScene::passing(3);
    scene.grade(&["--run", "first.db"]).expect(0);
    let before = scene.server.requests();
    scene.grade(&["--run", "second.db", "--reuse", "first.db"]).expect(0);
    assert_eq!(scene.server.requests(), before);
    // Another description is another request.
    scene.folder.write("rubrics/quality.toml", &RUBRIC.replace("good enough", "right"));
    scene.grade(&["--run", "third.db", "--reuse", "first.db"]).expect(0);
    assert_eq!(scene.server.requests(), before + 12);
}
