//! Tries of rubrics that grade beside runs, rubrics and histories of other kinds, and on the sample.

use evenhand::calibration::Part;
use regex::Regex;
use serde_json::{Value, json};

use super::graded_scene::{
    by_description, label, rubric, rubric_with, scene, tried, try_it, with_mistakes,
};
use super::{assert_printable, complete, ids_of};
use crate::support::grading_scene::reply;
use crate::support::server::Answer;
use crate::support::{Folder, lines_of};

#[test]
fn a_named_run_is_compared_with_if_it_has_grades() {
    let scene = scene();
    scene.grade(&["--run", "grades.db"]).expect(0);
    let requests = scene.server.requests();
    let one = tried(&scene, &["--against", "grades.db"]);
    assert_eq!(scene.server.requests(), requests, "its replies are copied");
    assert_eq!(one["try"]["changes"]["against"], "grades.db");
    assert_eq!(one["try"]["changes"]["against_try"], Value::Null);
    let pairs = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    scene.run(&[&pairs[..], &["--run", "pairs.db", "--inconclusive", "pass"]].concat()).expect(0);
    let said = try_it(&scene, &["--against", "pairs.db"]).expect(3);
    assert!(said.stderr.contains("pairs.db: this run compares responses"), "{}", said.stderr);
    assert_eq!(complete(&scene.folder), [1]);
}

#[test]
fn a_rubric_that_begins_to_grade_is_not_compared_with_its_tries_of_comparisons() {
    let scene = scene();
    let text = |name: &str| std::fs::read_to_string(scene.folder.path().join(name)).unwrap();
    let [grading, graded] = ["rubrics/quality.toml", "calibration/labels.jsonl"].map(text);
    scene
        .folder
        .write("rubrics/quality.toml", "name = \"quality\"\ndescription = \"Which is better?\"\n");
    let winners: Vec<Value> = ids_of(Part::Dev)
        .iter()
        .map(|id| json!({ "id": id, "annotator": "ana", "winner": "beta" }))
        .collect();
    scene.folder.write("calibration/labels.jsonl", &lines_of(&winners));
    let lexical = ["--judge", "builtin:longer"];
    try_it(&scene, &[&lexical[..], &["--inconclusive", "pass"]].concat()).expect(0);
    scene.folder.write("rubrics/quality.toml", &grading);
    scene.folder.write("calibration/labels.jsonl", &graded);
    let one = tried(&scene, &[]);
    assert_eq!((&one["try"]["try"], &one["try"]["changes"]), (&json!(2), &Value::Null));
    let log = scene.run(&["rubric", "log"]).expect(0).stdout;
    assert!(log.contains("of comparisons") && log.contains("of responses"), "{log}");
    assert_eq!(log.matches("not compared with an earlier try").count(), 2, "{log}");
}

#[test]
fn what_a_graded_rubric_cannot_be_tried_with_is_refused_or_named() {
    let scene = scene();
    let said = try_it(&scene, &["--baseline", "alpha"]).expect(2);
    assert!(said.stderr.contains("the rubric grades single responses"), "{}", said.stderr);
    let test = ids_of(Part::Test);
    label(&scene, |id, _| test.contains(&id.to_owned()).then_some("pass"));
    let said = try_it(&scene, &[]).expect(3);
    assert!(said.stderr.contains("no response of the dev half"), "{}", said.stderr);
    let of_others = format!("{} responses of the other half have labels", 2 * test.len());
    assert!(said.stderr.contains(&of_others), "{}", said.stderr);
    label(&scene, |_, _| Some("splendid"));
    let said = try_it(&scene, &[]).expect(3);
    assert!(said.stderr.contains("labels.jsonl:1"), "{}", said.stderr);
    assert!(said.stderr.contains("splendid"), "{}", said.stderr);
    let runs = std::fs::read_dir(scene.folder.path().join("runs/tries")).map_or(0, Iterator::count);
    assert_eq!((scene.server.requests(), runs, complete(&scene.folder).len()), (0, 0, 0));
}

#[test]
fn a_try_with_other_steps_is_compared_with_none() {
    let scene = scene();
    tried(&scene, &[]);
    rubric_with(&scene, "2.0.0", "Pass beta.", "scale = [\"fail\", \"fair\", \"pass\"]");
    let said = try_it(&scene, &["--format", "json"]).expect(0);
    assert!(said.stderr.contains("this try is compared with none"), "{}", said.stderr);
    assert!(said.stderr.contains("grades on other steps"), "{}", said.stderr);
    let one: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&one["try"]["try"], &one["try"]["changes"]), (&json!(2), &Value::Null));
}

#[test]
fn the_pages_of_tries_of_grades() {
    let scene = scene();
    scene.server.now(with_mistakes);
    try_it(&scene, &[]).expect(0);
    scene.server.now(by_description);
    rubric(&scene, "1.1.0", "Pass beta.");
    let said = try_it(&scene, &["--cases", "0"]).expect(0);
    insta::assert_snapshot!("a_try_of_grades", said.stdout);
    let log = scene.run(&["rubric", "log", "quality"]).expect(0).stdout;
    assert!(log.lines().all(|line| line.chars().count() <= 80), "{log}");
    let time = Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d").unwrap();
    insta::assert_snapshot!("the_log_of_grades", time.replace_all(&log, "YYYY-MM-DD HH:MM"));
}

#[test]
fn hostile_text_of_graded_rubrics_and_replies_is_escaped() {
    let scene = scene();
    let text = "name = \"quality\\u001b[31m\"\nversion = \"1\\u202e\"\ndescription = \"Pass \\u0007alpha.\"\nmode = \"grade\"\n\
                scale = [\"fail\", \"pass\"]\n";
    scene.folder.write("rubrics/quality.toml", text);
    scene.server.now(|_| Answer::says(&format!("\u{1b}[2J\u{202e} {}", reply("pass"))));
    for _ in 0..2 {
        for format in ["table", "json"] {
            let said = try_it(&scene, &["--format", format]).expect(0);
            assert_printable(&said.stdout);
            assert_printable(&said.stderr);
        }
        scene.folder.write("rubrics/quality.toml", &text.replace("alpha", "\\u001bbeta"));
        scene.server.now(|_| Answer::says(&format!("\u{1b}[2J {}", reply("fail"))));
    }
    let said = scene.run(&["rubric", "log"]).expect(0);
    assert!(said.stdout.contains("try 2"), "{}", said.stdout);
    assert_printable(&said.stdout);
}

/// The sample has labels that follow from its defects, so that a judge that repeats them agrees with every one.
#[test]
fn the_graded_rubric_of_the_sample_is_tried_beside_the_one_that_compares() {
    let folder = Folder::new();
    folder.run(&["init"]).expect(0);
    let sample = |name: &str| format!("calibration/tickets/{name}");
    let labels = std::fs::read_to_string(folder.path().join(sample("grades.jsonl"))).unwrap();
    let labels: Vec<Value> =
        labels.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let recorded = labels.iter().flat_map(|label| {
        ["written", "reversed"].map(|scale| {
            json!({
                "id": label["id"], "system": label["system"], "scale": scale, "grade": label["grade"],
            })
        })
    });
    folder.write("people.jsonl", &lines_of(recorded));
    folder.write("evenhand.toml", "[judges.people]\nrecorded = \"people.jsonl\"\n");
    let (items, grades, winners) =
        (sample("items.jsonl"), sample("grades.jsonl"), sample("labels.jsonl"));
    let try_of = |rubric: &str, labels: &str, judge: &str| {
        let command = ["rubric", "try", rubric, &items, "--labels", labels, "--judge", judge];
        let said = folder.run(&[&command[..], &["--format", "json"]].concat()).expect(0);
        serde_json::from_str::<Value>(&said.stdout).unwrap()["try"].clone()
    };
    let one = try_of("summary-grade", &grades, "people");
    let of_dev = |label: &&Value| Part::of(label["id"].as_str().unwrap()) == Part::Dev;
    let dev = labels.iter().filter(of_dev).count();
    assert_eq!((&one["responses"], &one["labelled"]), (&json!(dev), &json!(dev)));
    for number in ["agreement", "kappa", "true_positive_rate", "true_negative_rate", "coverage"] {
        assert_eq!(one[number]["value"], 1.0, "{number}");
    }
    assert_eq!(one["bias"]["value"], 0.0);
    assert_eq!((&one["agreement"]["n"], &one["bias"]["n"]), (&json!(2 * dev), &json!(dev)));
    assert_eq!(one["cost_usd"], 0.0);
    // Both label files of the sample are in one folder, and so are the tries.
    let other = try_of("summary-quality", &winners, "builtin:lexical");
    assert_eq!((&other["try"], &other["responses"]), (&json!(1), &Value::Null));
    let log = folder.run(&["rubric", "log"]).expect(0).stdout;
    let [of_grades, of_verdicts] =
        ["summary-grade\n", "summary-quality\n"].map(|name| log.find(name).unwrap());
    assert!(of_grades < of_verdicts, "{log}");
    assert!(log[of_grades..of_verdicts].contains("weighted κ"), "{log}");
    assert!(!log[of_verdicts..].contains("weighted κ"), "{log}");
}
