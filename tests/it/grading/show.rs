//! `evenhand show` on a run of grades: selection, formats, labels, and hostile texts.

use serde_json::{Value, json};

use crate::support::ugly_grades::{FORMULA, outside_code, ugly_grades};
use crate::support::{CommandOutput, Folder, lines_of};

fn show(folder: &Folder, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["show", "run.db"], flags].concat())
}

fn document(folder: &Folder, flags: &[&str]) -> Value {
    let said = show(folder, &[&["--format", "json"], flags].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

/// The responses that are shown, as `id system`.
fn shown(folder: &Folder, flags: &[&str]) -> Vec<String> {
    let document = document(folder, flags);
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(document["shown"], cases.len());
    let name = |case: &Value| {
        format!("{} {}", case["id"].as_str().unwrap(), case["system"].as_str().unwrap())
    };
    cases.iter().map(name).collect()
}

#[test]
fn responses_are_selected_by_outcome_id_system_tag_and_number() {
    let folder = ugly_grades(1, 1);
    assert_eq!(shown(&folder, &[]).len(), 8);
    assert_eq!(shown(&folder, &["--outcome", "changed"]), ["plain beta"]);
    assert_eq!(shown(&folder, &["--id", "plain"]), ["plain alpha", "plain beta"]);
    assert_eq!(shown(&folder, &["--id", "plain", "--system", "beta"]), ["plain beta"]);
    assert_eq!(shown(&folder, &["--system", "beta", "--limit", "2"]), ["plain beta", "=1+1 beta"]);
    assert_eq!(shown(&folder, &["--system", "beta", "--system", "alpha"]).len(), 8);
    assert_eq!(shown(&folder, &["--tag", "topic=geo", "--outcome", "kept"]).len(), 3);
}

#[test]
fn the_text_shows_the_response_and_both_directions() {
    let folder = ugly_grades(1, 1);
    let text = show(&folder, &["--id", "plain", "--system", "beta"]).expect(0).stdout;
    let expected = [
        "judge-1, rubric r 1.0.0, 1 response",
        "scale: =poor < fair < good; passes from good",
        "plain  beta  changed  (1 of 1)",
        "tags: lang=en, topic=geo",
        "What is the capital of France?",
        "{\"locale\":\"de\"}",
        "response of beta",
        "It is Lyon.",
        "judge-1  changed",
        "scale written: fair",
        "scale reversed: good",
        "accuracy: good",
        "tone: fair",
        "It is wrong.",
        "It is fine.",
    ];
    for line in expected {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // The other response is not shown, and the object of a reply is shown as what it says.
    assert!(!text.contains("is Paris") && !text.contains("\"grade\""), "{text}");
    let text = show(&folder, &["--id", FORMULA]).expect(0).stdout;
    assert!(text.contains("no grade: a reply"), "{text}");
    assert!(text.contains("kept: =poor"), "{text}");
    let text = show(&folder, &["--id", "turns"]).expect(0).stdout;
    assert!(text.contains("kept: cannot assess") && text.contains("pending: the"), "{text}");
}

#[test]
fn repeats_are_shown_one_by_one() {
    let folder = ugly_grades(1, 2);
    let text = show(&folder, &["--id", FORMULA, "--system", "alpha"]).expect(0).stdout;
    assert!(text.contains("scale written: no grade of more"), "{text}");
    assert!(text.contains("repeat 1: =poor") && text.contains("repeat 2: good"), "{text}");
    let text = show(&folder, &["--id", "plain", "--system", "alpha"]).expect(0).stdout;
    assert!(text.contains("good (2 of 2 repeats)"), "{text}");
}

#[test]
fn of_a_jury_all_judges_are_shown_or_the_one_that_is_named() {
    let folder = ugly_grades(3, 1);
    let text = show(&folder, &["--id", "plain"]).expect(0).stdout;
    assert!(text.contains("jury, rubric r") && text.contains("judge-3  kept: fair"), "{text}");
    let text = show(&folder, &["--id", "plain", "--judge", "judge-1"]).expect(0).stdout;
    assert!(!text.contains("judge-3"), "{text}");
    let said = show(&folder, &["--outcome", "changed"]).expect(0);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.starts_with("0 changed; "), "{}", said.stderr);
    assert!(said.stderr.contains("--judge NAME is about one of judge-1, judge-2, judge-3"));
}

#[test]
fn no_text_acts_on_the_terminal_or_leaves_its_block() {
    let folder = ugly_grades(1, 1);
    let unsafe_char = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
    for format in ["text", "markdown", "json"] {
        let text = show(&folder, &["--format", format]).expect(0).stdout;
        assert!(!text.contains(unsafe_char), "{format}\n{text}");
    }
    let markdown = show(&folder, &["--format", "markdown", "--id", FORMULA]).expect(0).stdout;
    let outside = outside_code(&markdown).join("\n");
    assert!(!outside.contains("<b>") && !outside.contains("<script>"), "{outside}");
}

#[test]
fn labels_of_people_stand_beside_the_grade() {
    let folder = ugly_grades(1, 1);
    let label = |id: &str, system: &str, annotator: &str, grade: &str| json!({ "id": id, "system": system, "annotator": annotator, "grade": grade, "note": "\u{1b}[2Jnote" });
    let labels = [
        label("plain", "alpha", "ana", "good"),
        label("plain", "alpha", "ben", "cannot assess"),
        label("wide", "beta", "ana", "fair"),
    ];
    folder.write("labels.jsonl", &lines_of(labels));
    let text = show(&folder, &["--id", "plain", "--labels", "labels.jsonl"]).expect(0).stdout;
    assert!(text.contains("people  ana: good, ben: cannot assess; no majority"), "{text}");
    assert!(text.contains("people  no label"), "{text}");
    assert!(text.contains("note of ana\n  \\u{1b}[2Jnote"), "{text}");
    let flags = ["--id", "wide", "--system", "beta", "--labels", "labels.jsonl"];
    let labels = document(&folder, &flags)["cases"][0]["labels"].clone();
    assert_eq!((&labels[0]["annotator"], &labels[0]["grade"]), (&json!("ana"), &json!("fair")));
    assert_eq!(document(&folder, &["--id", "wide"])["cases"][0]["labels"], Value::Null);
    folder.write("other.jsonl", &lines_of([label("q9", "alpha", "ana", "good")]));
    let said = show(&folder, &["--labels", "other.jsonl"]).expect(3);
    assert!(said.stderr.contains("no label is about a response"), "{}", said.stderr);
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
    let folder = ugly_grades(1, 1);
    let said = show(&folder, &["--id", "plian"]).expect(3);
    assert!(said.stderr.contains("run.db: the run has no item `plian`"), "{}", said.stderr);
    assert!(said.stderr.contains("did you mean `plain`?"), "{}", said.stderr);
    let said = show(&folder, &["--system", "gamma"]).expect(3);
    assert!(said.stderr.contains("there are: alpha, beta\n"), "{}", said.stderr);
    let said = show(&folder, &["--tag", "topic=geo", "--id", "turns"]).expect(3);
    assert!(
        said.stderr.contains("no response that was selected has the item `turns`"),
        "{}",
        said.stderr
    );
    let said = show(&folder, &["--outcome", "flipped"]).expect(2);
    assert!(said.stderr.contains("kept, changed, unparsed"), "{}", said.stderr);
}

#[test]
fn the_document_has_the_scale_and_every_reply() {
    let folder = ugly_grades(1, 1);
    let document = document(&folder, &["--id", "plain", "--system", "beta"]);
    assert_eq!(document["scale"]["pass_from"], "good");
    assert_eq!(document["outcomes"]["changed"], 1);
    let case = &document["cases"][0];
    assert_eq!((&case["outcome"], &case["grade"]), (&json!("changed"), &Value::Null));
    assert_eq!(case["response"], "It is Lyon.");
    assert_eq!(case["reference"], "Paris");
    let judge = &case["judges"][0];
    assert_eq!(judge["orders"][1]["grade"], "good");
    assert!(judge["orders"][1]["replies"][0]["reply"].as_str().unwrap().contains("It is fine."));
    assert_eq!(judge.get("tags"), None);
}
