//! The history of tries, as a file.

use evenhand::calibration::Part;
use evenhand::trial::Unit;
use evenhand::tries::{BegunTry, History, Try, TryNumbers};
use serde_json::{Value, json};

use crate::support::Folder;

fn begun(number: u64) -> BegunTry {
    let inputs = json!({ "rubric": "1", "judges": "2", "comparisons": "3", "labels": "4" });
    serde_json::from_value(json!({
        "begun": number, "rubric": "mine", "part": "dev", "run": "runs/mine.db", "inputs": inputs, "at": 5,
    }))
    .unwrap()
}

/// The line of a complete try, as an earlier or a later version may have written it.
fn line(number: u64, agreement: f64) -> String {
    let estimate = |value: f64| json!({ "value": value, "low": null, "high": null, "n": 9 });
    let mut line = json!({
        "try": number, "rubric": "mine", "version": "1.0.0", "judge": "judge-1", "part": "dev",
        "run": "runs/mine.db", "labels": "labels.jsonl", "at": 5,
        "inputs": { "rubric": "1", "judges": "2", "comparisons": "3", "labels": "4" },
        "comparisons": 9, "labelled": 9, "replies": 18, "reused": 0, "cost_usd": null,
        "changes": null, "looks": null, "a field of a later version": 1,
    });
    for key in ["agreement", "cohen_kappa", "kept_agreement", "coverage", "consistency"] {
        line[key] = estimate(agreement);
    }
    line.to_string()
}

/// The line of a complete try of grades.
fn grade_line(number: u64, agreement: f64) -> String {
    let mut line: Value = serde_json::from_str(&line(number, agreement)).unwrap();
    let fields = line.as_object_mut().unwrap();
    fields.remove("cohen_kappa");
    let responses = fields.remove("comparisons").unwrap();
    let estimate = fields["coverage"].clone();
    fields.insert("responses".to_owned(), responses);
    let scale = json!({ "steps": ["poor", "good"], "pass_from": null, "cannot_assess": false });
    fields.insert("scale".to_owned(), scale);
    for key in ["kappa", "bias"] {
        fields.insert(key.to_owned(), estimate.clone());
    }
    for key in ["true_positive_rate", "true_negative_rate"] {
        fields.insert(key.to_owned(), Value::Null);
    }
    line.to_string()
}

fn agreement(one: &Try) -> Option<f64> {
    match &one.numbers {
        TryNumbers::Verdicts(numbers) => numbers.agreement.value,
        TryNumbers::Grades(numbers) => numbers.agreement.value,
    }
}

#[test]
fn a_history_that_does_not_exist_is_empty() {
    let folder = Folder::new();
    let history = History::read(&folder.path().join("tries.jsonl")).unwrap();
    assert!(history.tries.is_empty() && history.begun.is_empty() && history.warnings.is_empty());
    assert_eq!(history.next_number("mine"), 1);
}

#[test]
fn the_last_line_of_a_number_counts_and_ends_what_was_begun() {
    let folder = Folder::new();
    let begun_line = serde_json::to_string(&begun(2)).unwrap();
    let lines = [line(1, 0.5), begun_line, line(1, 0.75)].join("\n");
    let path = folder.write("tries.jsonl", &lines);
    let history = History::read(&path).unwrap();
    assert_eq!(history.tries.len(), 1);
    assert_eq!(agreement(history.last("mine", Part::Dev).unwrap()), Some(0.75));
    assert!(
        history.last("mine", Part::Test).is_none() && history.last("yours", Part::Dev).is_none()
    );
    assert_eq!((history.begun.len(), history.next_number("mine")), (1, 3));
    let path = folder.write("tries.jsonl", &format!("{lines}\n{}", line(2, 0.5)));
    let history = History::read(&path).unwrap();
    assert_eq!((history.tries.len(), history.begun.len()), (2, 0));
}

#[test]
fn a_line_says_whether_its_numbers_are_of_verdicts_or_of_grades() {
    let folder = Folder::new();
    let path = folder.write("tries.jsonl", &[line(1, 0.5), grade_line(2, 0.75)].join("\n"));
    let history = History::read(&path).unwrap();
    assert!(history.warnings.is_empty(), "{:?}", history.warnings);
    let read: Vec<_> = history.tries.iter().map(|one| (one.unit(), agreement(one))).collect();
    assert_eq!(read, [(Unit::Comparison, Some(0.5)), (Unit::Response, Some(0.75))]);
    // What was read is written again as it was.
    let copy = folder.path().join("copy.jsonl");
    history.tries.iter().for_each(|one| History::append(&copy, one).unwrap());
    assert_eq!(History::read(&copy).unwrap().tries, history.tries);
}

#[test]
fn a_torn_line_costs_only_itself() {
    let folder = Folder::new();
    let torn = &line(2, 0.5)[..40];
    let path = folder.write("tries.jsonl", &format!("{}\n{torn}", line(1, 0.5)));
    History::append_begun(&path, &begun(3)).unwrap();
    let history = History::read(&path).unwrap();
    assert_eq!((history.tries.len(), history.begun.len()), (1, 1));
    assert_eq!(history.warnings.len(), 1);
    assert!(history.warnings[0].message.contains("tries.jsonl:2: "), "{:?}", history.warnings);
    // Bytes that are no text are passed over too.
    std::fs::write(&path, b"\xff\xfe\n").unwrap();
    assert_eq!(History::read(&path).unwrap().warnings.len(), 1);
}

#[test]
fn a_bad_line_is_named_with_its_field() {
    let folder = Folder::new();
    let good = line(1, 0.5);
    let begun_line = serde_json::to_string(&begun(2)).unwrap();
    for (bad, why) in [
        (good.replace("\"at\":5", "\"at\":\"noon\""), "at: invalid type: string \"noon\""),
        (good.replace("\"part\":\"dev\"", "\"part\":\"all\""), "part: unknown variant `all`"),
        (
            good.replacen("\"low\":null", "\"low\":true", 1),
            "agreement.low: invalid type: boolean `true`",
        ),
        (
            grade_line(2, 0.5).replace("\"bias\":{\"value\":0.5", "\"bias\":{\"value\":\"low\""),
            "bias.value: invalid type: string \"low\"",
        ),
        (grade_line(2, 0.5).replace("\"kappa\":", "\"kappas\":"), "missing field `kappa`"),
        (good.replace("\"judge\":", "\"judges\":"), "missing field `judge`"),
        (good.replace("\"try\":1", "\"try\":-1"), "try: invalid value: integer `-1`"),
        (begun_line.replace("\"run\":", "\"runs\":"), "missing field `run`"),
        (begun_line.replace("\"labels\":\"4\"", "\"labels\":4"), "inputs.labels: invalid type"),
        ("{}".to_owned(), "it has neither the key `try` nor `begun`"),
        ("[1]".to_owned(), "it is no JSON object"),
        (good[..40].to_owned(), "it is no JSON: EOF while parsing"),
    ] {
        let path = folder.write("tries.jsonl", &format!("{good}\n{bad}\n"));
        let history = History::read(&path).unwrap();
        let [warning] = history.warnings.as_slice() else { panic!("{bad}") };
        assert!(warning.message.contains("tries.jsonl:2: "), "{}", warning.message);
        assert!(warning.message.contains(why), "{why}: {}", warning.message);
        assert!(!warning.message.contains("line 1"), "{}", warning.message);
        assert_eq!((history.tries.len(), history.begun.len()), (1, 0));
    }
}

#[test]
fn the_history_is_beside_the_labels_and_these_are_a_file() {
    let folder = Folder::new();
    let labels = folder.write("a/labels.jsonl", "");
    assert_eq!(History::beside(&labels).unwrap(), folder.path().join("a/tries.jsonl"));
    for no_file in [folder.path().join("a"), folder.path().join("nothing.jsonl"), "-".into()] {
        assert!(History::beside(&no_file).is_err(), "{}", no_file.display());
    }
    #[cfg(unix)]
    {
        let link = folder.path().join("link.jsonl");
        std::os::unix::fs::symlink(&labels, &link).unwrap();
        let beside = History::beside(&link).unwrap();
        assert_eq!(beside, labels.canonicalize().unwrap().with_file_name("tries.jsonl"));
    }
}
