//! Files are recognised by their keys, and half of a layout is an error that says which half.

use serde_json::{Value, json};

use super::small::{entry, write};
use crate::support::Folder;

/// What importing a file of these records says.
fn refused(records: &Value, flags: &[&str]) -> String {
    let folder = Folder::new();
    write(&folder, "file.json", records);
    let said = folder.run(&[&["import", "file.json", "--to", "out"], flags].concat()).expect(3);
    assert!(!folder.path().join("out").exists(), "{}", said.stderr);
    assert!(said.stderr.contains("hint: "), "{}", said.stderr);
    said.stderr
}

#[test]
fn what_is_half_right_says_what_was_recognised_and_what_is_missing() {
    let said = refused(&json!([{ "instruction": "x", "output_1": "a", "output_2": "b" }]), &[]);
    assert!(
        said.contains(
            "file.json: this looks like annotations of alpaca_eval (3 of 4 fields: `instruction`, `output_1`, \
             `output_2`), but lacks `preference`"
        ),
        "{said}"
    );
    let said = refused(
        &json!([{ "question_id": 1, "model_1": "a", "model_2": "b", "g1_winner": "tie", "g2_winer": "tie", "judge": "j" }]),
        &[],
    );
    assert!(said.contains("pair judgments of MT-bench (5 of 6 fields"), "{said}");
    assert!(said.contains("`g2_winer` looks like a misspelling of `g2_winner`"), "{said}");
    let said = refused(&json!([{ "pair_id": 1, "question": "q", "response_A": "a" }]), &[]);
    assert!(said.contains("pairs of JudgeBench (3 of 5 fields"), "{said}");
    assert!(said.contains("lacks `response_B`, `label`"), "{said}");
    // What `judge` is called in a table of verdicts names the judge in one of grades.
    let said =
        refused(&json!([{ "id": 1, "input": "q", "output": "o", "human": 1, "judge": 0 }]), &[]);
    assert!(
        said.contains("file.json: `judge` names a judge, and no column has its grades"),
        "{said}"
    );
    let said = refused(&json!([{ "colour": "red" }]), &[]);
    assert!(said.contains("the layout of this file is not known"), "{said}");
    assert!(said.contains("its first record has the fields `colour`"), "{said}");
}

#[test]
fn a_named_format_is_the_only_one_that_is_looked_for() {
    let annotations =
        json!([{ "instruction": "x", "output_1": "a", "output_2": "b", "preference": 1 }]);
    let said = refused(&annotations, &["--from", "judgebench"]);
    assert!(said.contains("this looks like alpaca_eval"), "{said}");
    let said = refused(&json!([{ "colour": "red" }]), &["--from", "judgebench"]);
    assert!(said.contains("the layout of this file is not known"), "{said}");
    assert!(said.contains("known are pairs of JudgeBench"), "{said}");
}

#[test]
fn files_of_two_formats_are_not_mixed() {
    let folder = Folder::new();
    let annotations =
        json!([{ "instruction": "x", "output_1": "a", "output_2": "b", "preference": 1 }]);
    write(&folder, "one.json", &annotations);
    write(&folder, "Natural/dataset.json", &json!([entry("Q", "x", "y", 2)]));
    let files = ["import", "one.json", "Natural/dataset.json", "--to", "out"];
    let said = folder.run(&files).expect(3);
    assert!(
        said.stderr.contains("one.json is of alpaca_eval, but Natural/dataset.json is of llmbar"),
        "{}",
        said.stderr
    );
}

#[test]
fn published_sets_with_nan_are_recognised() {
    let folder = Folder::new();
    write(&folder, "Natural/dataset.json", &json!([entry("Q", "x", "y", 2)]));
    let said = folder.run(&["import", "Natural/dataset.json", "--to", "out"]).expect(0);
    assert!(said.stderr.contains("recognised as llmbar: 1 item"), "{}", said.stderr);
    let set = r#"[{"idx": 0, "cmp_key": "x_y", "instruction": "Add.", "input": NaN, "response1": "3",
        "response2": NaN, "annotator1": 1, "annotator2": 1, "annotator3": 0}]"#;
    folder.write("testset-v1.json", set);
    let said = folder.run(&["import", "testset-v1.json", "--to", "pandalm"]).expect(0);
    assert!(said.stderr.contains("recognised as pandalm: 1 item, 3 labels"), "{}", said.stderr);
}

#[test]
fn files_that_are_no_records_are_refused() {
    let folder = Folder::new();
    folder.write("empty.jsonl", "");
    folder.write("page.html", "<!DOCTYPE html><html></html>");
    folder.write("list.json", "[1, 2]");
    folder.write("cut.json", r#"[{"instruction": "x", "out"#);
    for name in ["empty.jsonl", "page.html", "list.json", "cut.json", "absent.json"] {
        let said = folder.run(&["import", name, "--to", "out"]).expect(3);
        assert!(said.stderr.contains(name), "{}", said.stderr);
        assert!(!folder.path().join("out").exists());
    }
}
