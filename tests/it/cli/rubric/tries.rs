//! `rubric try` and `rubric log`: what is judged, compared and recorded.

use evenhand::calibration::Part;
use serde_json::{Value, json};

use super::{
    append, assert_printable, complete, history, ids_of, label, rubric, scene, tried, try_it,
};
use crate::support::server::Answer;
use crate::support::{CommandOutput, lines_of};

#[test]
fn a_try_judges_the_labelled_comparisons_of_the_dev_half() {
    let scene = scene();
    let dev = ids_of(Part::Dev);
    let without_label = dev[0].clone();
    label(&scene, |id| (id != without_label).then_some("beta"));
    let document = tried(&scene, &[]);
    let mut asked: Vec<String> = scene.server.seen().iter().map(|seen| seen.id.clone()).collect();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, dev[1..]);
    let one = &document["try"];
    assert_eq!((&one["try"], &one["part"]), (&json!(1), &json!("dev")));
    assert_eq!(one["comparisons"], dev.len() - 1);
    assert_eq!(one["agreement"], document["calibration"]["orders"]["agreement"]);
    assert_eq!(one["cohen_kappa"], document["calibration"]["orders"]["cohen_kappa"]);
    assert_eq!(one["coverage"], document["calibration"]["coverage"]);
    assert_eq!((&one["changes"], &document["diff"]), (&Value::Null, &Value::Null));
    assert_eq!(one["agreement"]["value"], 0.0, "the judge prefers alpha, people beta");
    // Labels of the other half are not unknown ids.
    let warnings = document["calibration"]["warnings"].to_string();
    assert!(!warnings.contains("labels-unmatched"), "{warnings}");
    let said = try_it(&scene, &["--all"]).expect(0);
    assert_eq!(scene.server.requests(), 2 * dev.len(), "only what is new is asked");
    assert!(said.stderr.contains("try 2 of mine"), "{}", said.stderr);
}

#[test]
fn a_try_is_compared_with_the_last_one() {
    let scene = scene();
    let first = try_it(&scene, &[]).expect(0);
    assert!(first.stdout.contains("agreement, every reply"), "{}", first.stdout);
    rubric(&scene, "1.1.0", "Prefer beta.");
    let second = tried(&scene, &["--cases", "2"]);
    let dev = ids_of(Part::Dev).len();
    let changes = &second["try"]["changes"];
    assert_eq!(changes["against_try"], 1);
    assert_eq!(changes["reversed"], dev);
    let fields = changes["changed"].as_array().unwrap();
    assert!(fields.contains(&json!("rubric.description")), "{fields:?}");
    assert_eq!(changes["agreement_difference"]["value"], 1.0);
    assert_eq!(second["diff"]["verdicts_reversed"], dev);
    assert_eq!(second["diff"]["cases"].as_array().unwrap().len(), 2);
    rubric(&scene, "1.2.0", "Prefer the first.");
    let third = try_it(&scene, &[]).expect(8);
    assert!(third.stderr.contains("kept no verdict"), "{}", third.stderr);
    assert_eq!(complete(&scene.folder), [1, 2, 3], "it is a try like any other");
    assert_eq!(history(&scene.folder).last().unwrap()["changes"]["lost"], dev);
    try_it(&scene, &["--inconclusive", "pass"]).expect(0);
}

#[test]
fn replies_of_earlier_tries_are_copied() {
    let scene = scene();
    tried(&scene, &[]);
    rubric(&scene, "1.1.0", "Prefer beta.");
    tried(&scene, &[]);
    let requests = scene.server.requests();
    // Back to the text of the first try, whose replies the second has not copied.
    rubric(&scene, "1.0.0", "Prefer alpha.");
    let third = tried(&scene, &[]);
    assert_eq!(scene.server.requests(), requests);
    assert_eq!(third["try"]["try"], 3);
    assert_eq!(third["try"]["reused"], third["try"]["replies"]);
}

#[test]
fn what_has_not_changed_is_reported_again_and_recorded_once() {
    let scene = scene();
    let first = try_it(&scene, &[]).expect(0);
    let again = try_it(&scene, &[]).expect(0);
    assert!(again.stderr.contains("nothing has changed since"), "{}", again.stderr);
    assert_eq!(again.stdout, first.stdout);
    assert_eq!(complete(&scene.folder), [1]);
    // A comment changes nothing, the way in which replies are read does.
    let path = scene.folder.path().join("rubrics/mine.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("# a comment\n{text}")).unwrap();
    try_it(&scene, &[]).expect(0);
    assert_eq!(complete(&scene.folder), [1]);
    std::fs::write(&path, format!("{text}[reply]\ntake = \"only\"\n")).unwrap();
    let requests = scene.server.requests();
    try_it(&scene, &[]).expect(0);
    assert_eq!((complete(&scene.folder), scene.server.requests()), (vec![1, 2], requests));
}

#[test]
fn changed_labels_make_another_try_that_asks_nothing() {
    let scene = scene();
    tried(&scene, &[]);
    let requests = scene.server.requests();
    label(&scene, |_| Some("alpha"));
    let second = tried(&scene, &[]);
    assert_eq!(scene.server.requests(), requests);
    assert_eq!(second["try"]["changes"]["changed"], json!(["labels"]));
    assert_eq!(second["try"]["agreement"]["value"], 1.0);
    // Both runs are measured with the labels of today.
    assert_eq!(second["try"]["changes"]["agreement_difference"]["value"], 0.0);
    // Labels of the other half alone change nothing.
    let test = ids_of(Part::Test);
    label(&scene, |id| (!test.contains(&id.to_owned())).then_some("alpha"));
    try_it(&scene, &[]).expect(0);
    assert_eq!(complete(&scene.folder), [1, 2]);
}

#[test]
fn a_decision_between_people_changes_the_labels_and_one_about_the_judge_does_not() {
    let scene = scene();
    tried(&scene, &[]);
    let id = ids_of(Part::Dev).remove(0);
    let decide = |why: &str| {
        let decision =
            json!({ "id": id, "annotator": "ben", "winner": "alpha", "adjudicated": why });
        append(&scene.folder, "calibration/labels.jsonl", &decision);
    };
    decide("judge");
    try_it(&scene, &[]).expect(0);
    assert_eq!(complete(&scene.folder), [1]);
    decide("people");
    let second = tried(&scene, &[]);
    assert_eq!(second["try"]["changes"]["changed"], json!(["labels"]));
}

#[test]
fn a_label_of_a_system_that_its_item_lacks_is_counted_as_by_calibrate() {
    let scene = scene();
    let items = std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap();
    let mut items: Vec<Value> =
        items.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = &ids_of(Part::Dev)[0];
    let item = items.iter_mut().find(|item| item["id"] == **first).unwrap();
    let responses = item["responses"].as_object_mut().unwrap();
    responses.remove("beta");
    responses.insert("gamma".to_owned(), json!("a third response"));
    scene.folder.write("items.jsonl", &lines_of(&items));
    let labels = std::fs::read_to_string(scene.folder.path().join("calibration/labels.jsonl"));
    let between = |line: &str| {
        let mut label: Value = serde_json::from_str(line).unwrap();
        label["between"] = json!(["alpha", "beta"]);
        label
    };
    let labels: Vec<Value> = labels.unwrap().lines().map(between).collect();
    scene.folder.write("calibration/labels.jsonl", &lines_of(&labels));
    let document = tried(&scene, &[]);
    assert_eq!(document["try"]["labelled"], ids_of(Part::Dev).len() - 1);
}

#[test]
fn the_test_half_is_reported_only_when_asked_and_each_look_is_counted() {
    let scene = scene();
    tried(&scene, &[]);
    let test = ids_of(Part::Test);
    let requests = |scene: &crate::support::server::Scene| {
        scene.server.seen().iter().filter(|seen| test.contains(&seen.id)).count()
    };
    assert_eq!(requests(&scene), 0);
    let looked = tried(&scene, &["--test"]);
    assert_eq!(requests(&scene), 2 * test.len());
    assert_eq!((&looked["try"]["part"], &looked["try"]["looks"]), (&json!("test"), &json!(1)));
    assert_eq!(looked["diff"], Value::Null, "single comparisons of the test half are not shown");
    assert_eq!(looked["calibration"]["part"], "test");
    let again = tried(&scene, &["--test"]);
    assert_eq!(again["try"]["looks"], 2);
    let looks =
        std::fs::read_to_string(scene.folder.path().join("calibration/looks.jsonl")).unwrap();
    assert_eq!(looks.lines().count(), 2);
    // The next try is compared with the last one of the dev half.
    rubric(&scene, "1.1.0", "Prefer beta.");
    assert_eq!(tried(&scene, &[])["try"]["changes"]["against_try"], 1);
    try_it(&scene, &["--test", "--against", "run.db"]).expect(2);
}

#[test]
fn after_a_look_at_the_test_half_the_author_is_sent_back_to_the_dev_half() {
    let scene = scene();
    let dev = try_it(&scene, &[]).expect(0);
    assert!(dev.stderr.contains("change the rubric and run the same command"), "{}", dev.stderr);
    assert!(dev.stderr.contains("evenhand show runs/tries/mine-0001.db"), "{}", dev.stderr);
    for (flags, look) in [(&["--test"][..], "look 1"), (&["--test", "--format", "json"], "look 2")]
    {
        let said = try_it(&scene, flags).expect(0);
        assert!(said.stderr.contains(look), "{}", said.stderr);
        let next = "try further changes on the dev half, with the same command without --test";
        assert!(said.stderr.contains(next), "{}", said.stderr);
        assert!(!said.stderr.contains("evenhand show"), "{}", said.stderr);
        assert!(!said.stderr.contains("run the same command"), "{}", said.stderr);
    }
}

#[test]
fn a_named_run_is_compared_with_and_its_replies_are_copied() {
    let scene = scene();
    scene.judge(&["--rubric", "mine"]).expect(0);
    let requests = scene.server.requests();
    let one = tried(&scene, &["--against", "run.db"]);
    assert_eq!(scene.server.requests(), requests);
    assert_eq!(one["try"]["changes"]["against"], "run.db");
    assert_eq!(one["try"]["changes"]["against_try"], Value::Null);
    try_it(&scene, &["--against", "nothing.db"]).expect(3);
    assert_eq!(complete(&scene.folder), [1]);
}

#[test]
fn items_come_from_standard_input_too() {
    let scene = scene();
    let items = std::fs::File::open(scene.folder.path().join("items.jsonl")).unwrap();
    let mut command = scene.command(&[
        "rubric",
        "try",
        "mine",
        "-",
        "--labels",
        "calibration/labels.jsonl",
        "--judge",
        "judge-1",
    ]);
    let said = CommandOutput::of(&command.stdin(items).output().unwrap()).expect(0);
    assert!(said.stdout.contains("agreement, every reply"), "{}", said.stdout);
    assert_eq!(scene.server.requests(), 2 * ids_of(Part::Dev).len());
    // The labels must be a file, since the history is beside them.
    let said =
        scene.run(&["rubric", "try", "mine", "items.jsonl", "--labels", "-", "--judge", "judge-1"]);
    assert!(said.expect(3).stderr.contains("must be a file on disk"));
}

#[test]
fn a_jury_is_tried_like_a_judge() {
    let scene = scene();
    let judges = ["judge-1", "judge-2", "judge-3"].map(|name| scene.judge_table(name, &[]));
    scene.folder.write("evenhand.toml", &judges.concat());
    let one = tried(&scene, &["--judge", "judge-2", "--judge", "judge-3"]);
    assert_eq!(one["try"]["judge"], "jury");
    assert_eq!(one["try"]["replies"], 6 * ids_of(Part::Dev).len());
    rubric(&scene, "1.1.0", "Prefer beta.");
    let two = tried(&scene, &["--judge", "judge-2", "--judge", "judge-3"]);
    assert_eq!(two["try"]["changes"]["reversed"], ids_of(Part::Dev).len());
}

#[test]
fn the_log_lists_the_tries_of_every_rubric() {
    let scene = scene();
    let said = scene.run(&["rubric", "log"]).expect(0);
    assert!(said.stderr.contains("there is no history of tries"), "{}", said.stderr);
    tried(&scene, &[]);
    rubric(&scene, "1.1.0", "Prefer beta.");
    tried(&scene, &[]);
    for flags in [&[][..], &["mine"], &["--labels", "calibration/labels.jsonl"]] {
        let said = scene.run(&[&["rubric", "log"], flags].concat()).expect(0);
        let first = said.stdout.find("  try 1  ").unwrap();
        let second = said.stdout.find("  try 2  ").unwrap();
        assert!(first < second, "{}", said.stdout);
        let begin = "changed since try 1: rubric.version, rubric.description;";
        assert!(said.stdout.contains(begin), "{}", said.stdout);
        assert!(said.stdout.contains("    agreement              100.0 %  "), "{}", said.stdout);
        assert!(said.stdout.lines().all(|line| line.chars().count() <= 80), "{}", said.stdout);
    }
    let said = scene.run(&["rubric", "log", "--format", "json"]).expect(0);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["tries"].as_array().unwrap().len(), 2);
    assert_eq!(document["begun"], json!([]));
    let said = scene.run(&["rubric", "log", "yours"]).expect(3);
    assert!(said.stderr.contains("there are tries of: mine"), "{}", said.stderr);
}

#[test]
fn hostile_text_of_rubrics_and_replies_is_escaped() {
    let scene = scene();
    let name = "mine\\u001b[31m";
    let text = format!(
        "name = \"{name}\"\nversion = \"1\\u202e\"\ndescription = \"Prefer \\u0007alpha.\"\n"
    );
    scene.folder.write("rubrics/mine.toml", &text);
    scene.server.now(|seen| Answer::says(&format!("\u{1b}[2J\u{202e} {}", seen.verdict("alpha"))));
    for _ in 0..2 {
        for format in ["table", "json"] {
            let said = try_it(&scene, &["--format", format]).expect(0);
            assert_printable(&said.stdout);
            assert_printable(&said.stderr);
        }
        scene.folder.write("rubrics/mine.toml", &text.replace("alpha", "\\u001bbeta"));
        scene.server.now(|seen| Answer::says(&format!("\u{1b}[2J {}", seen.verdict("beta"))));
    }
    let said = scene.run(&["rubric", "log"]).expect(0);
    assert!(said.stdout.contains("try 2"), "{}", said.stdout);
    assert_printable(&said.stdout);
}

#[test]
fn a_try_says_which_it_is_and_warns_of_the_numbers_that_it_shows() {
    let folder = crate::support::Folder::new();
    folder.run(&["init"]).expect(0);
    let labels = "calibration/tickets/labels.jsonl";
    let items = "calibration/tickets/items.jsonl";
    let command = ["rubric", "try", "summary-quality", items, "--labels", labels];
    let said = folder.run(&[&command[..], &["--judge", "builtin:lexical"]].concat()).expect(0);
    let heading = "try 1 of summary-quality 1.0.0, judge builtin:lexical, dev half\n\n";
    assert!(said.stdout.starts_with(heading), "{}", said.stdout);
    assert!(said.stdout.contains("one-annotator"), "{}", said.stdout);
    for other in ["several-pairs", "slices.", "AC1"] {
        assert!(!said.stdout.contains(other), "{}", said.stdout);
    }
    let log = folder.run(&["rubric", "log"]).expect(0);
    assert!(log.stdout.contains("not compared with an earlier try"), "{}", log.stdout);
}
