//! A label file with a response that one item does not have: the system has responded to others.

use serde_json::json;

use crate::support::graded_run::{GradedRow, grade_rubric, graded_items};
use crate::support::lines_of;

/// Of the two items, only the first has a response of `zebra`.
#[test]
fn every_command_takes_labels_of_a_response_that_an_item_does_not_have() {
    let items = [
        json!({"id": "i1", "prompt": "?", "responses": {"quail": "one", "zebra": "two"}}),
        json!({"id": "i2", "prompt": "?", "responses": {"quail": "three"}}),
    ];
    let row = |id: &str, system, replies| GradedRow { id: id.to_owned(), system, replies };
    let rows = [row("i1", "quail", "2/2"), row("i1", "zebra", "0/0"), row("i2", "quail", "1/1")];
    let run = graded_items(&lines_of(items), &grade_rubric(), &rows);
    let label = |id: &str, system: &str| json!({"id": id, "system": system, "annotator": "ana", "grade": "good"});
    let labels =
        [label("i1", "quail"), label("i1", "zebra"), label("i2", "quail"), label("i2", "zebra")];
    run.folder.write("labels.jsonl", &lines_of(labels));
    run.folder.write("evenhand.toml", "[judges.rec]\nrecorded = \"judge-1.jsonl\"\n");
    std::fs::copy(run.path(), run.folder.path().join("other.db")).unwrap();
    for command in [
        &["calibrate", "run.db"][..],
        &["report", "run.db"],
        &["report", "run.db", "--format", "html"],
        &["show", "run.db"],
        &["monitor", "add", "run.db", "--history", "history"],
        &["diff", "run.db", "other.db"],
        &["metrics", "items.jsonl", "--metric", "compression", "--rubric", "r.toml"],
        &["check", "items.jsonl", "--rubric", "r.toml", "--judge", "rec"],
    ] {
        let said = run.folder.run(&[command, &["--labels", "labels.jsonl"]].concat());
        assert_eq!(said.code, 0, "{command:?}: {}", said.stderr);
        assert!(!said.stderr.contains("unknown system"), "{command:?}: {}", said.stderr);
    }
    // A system that has responded to nothing is a mistake in the labels.
    run.folder.write("labels.jsonl", &lines_of([label("i1", "quail"), label("i2", "zebbra")]));
    for command in [&["calibrate", "run.db"][..], &["show", "run.db"]] {
        let said = run.folder.run(&[command, &["--labels", "labels.jsonl"]].concat()).expect(3);
        assert!(said.stderr.contains("unknown system `zebbra`"), "{command:?}: {}", said.stderr);
    }
}
