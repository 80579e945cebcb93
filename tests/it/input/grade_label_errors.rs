//! Labels of grades: every error about a line.

use serde_json::json;

use super::grade_labels::{labels_in, line, read, refused};

#[test]
fn each_wrong_line_is_an_error_that_names_the_line_and_the_field() {
    for (fields, field, message) in [
        (json!({ "id": null }), "id", "id is missing"),
        (json!({ "id": 1.5 }), "id", "id: expected a string or a whole number, found 1.5"),
        (json!({ "annotator": null }), "annotator", "annotator is missing"),
        (json!({ "annotator": "" }), "annotator", "annotator is empty"),
        (json!({ "annotator": 3 }), "annotator", "annotator: expected a string, found a number"),
        (json!({ "system": null }), "system", "system is missing"),
        (json!({ "system": "c" }), "system", "unknown system `c` in system"),
        (json!({ "system": ["a"] }), "system", "system: expected a string, found a list"),
        (json!({ "grade": "god" }), "grade", "unknown grade `god` in grade"),
        (json!({ "grade": 2 }), "grade", "unknown grade `2` in grade"),
        (json!({ "grade": "" }), "grade", "grade is empty"),
        (json!({ "grade": true }), "grade", "grade: expected the name of a grade, found"),
        (
            json!({ "criteria": { "tone": "best" } }),
            "criteria.tone",
            "unknown grade `best` in criteria.tone",
        ),
        (
            json!({ "criteria": { "tone": {} } }),
            "criteria.tone",
            "criteria.tone: expected the name of a grade",
        ),
        (json!({ "criteria": "good" }), "criteria", "criteria: expected an object that maps each"),
        (json!({ "probability": "1" }), "probability", "probability: expected a number, found"),
        (json!({ "seconds": "3" }), "seconds", "seconds: expected a number, found a string"),
        (json!({ "note": 3 }), "note", "note: expected a string, found a number"),
        (json!({ "at": 3 }), "at", "at: expected a string, found a number"),
        (json!({ "repeat": "yes" }), "repeat", "repeat: expected true or false, found a string"),
        (json!({ "undone": 1 }), "undone", "undone: expected true or false, found a number"),
        (json!({ "skipped": "unclear" }), "grade", "grade and skipped exclude each other"),
        (json!({ "undone": true }), "grade", "grade and undone exclude each other"),
        (
            json!({ "grade": null, "skipped": "both-wrong" }),
            "skipped",
            "skipped: expected \"unclear\" or \"cannot-judge\", found `both-wrong`",
        ),
        (
            json!({ "adjudicated": "me" }),
            "adjudicated",
            r#"adjudicated: expected "people" or "judge", found `me`"#,
        ),
        (
            json!({ "adjudicated": "people", "repeat": true }),
            "adjudicated",
            "repeat and adjudicated exclude each other",
        ),
        (json!({ "ajudicated": "people" }), "ajudicated", "unknown field `ajudicated`"),
        (json!({ "anotator": "ana" }), "anotator", "unknown field `anotator`"),
    ] {
        let mut wrong = line(&json!({ "grade": "good" }));
        for (field, value) in fields.as_object().unwrap() {
            wrong[field] = value.clone();
        }
        let right = line(&json!({ "grade": "good", "id": "q2" }));
        let error = refused(&[right, wrong]);
        let shown = error.to_string();
        let expected = format!("labels.jsonl:2: {message}");
        assert!(shown.contains(&expected), "{fields}: {shown}");
        let place = error.place().unwrap();
        assert_eq!((place.line, place.field.as_deref()), (2, Some(field)), "{fields}");
    }
    for (fields, message) in [
        (json!({ "probability": 0 }), "probability: expected a number above 0 and at most 1"),
        (json!({ "probability": 1.5 }), "probability: expected a number above 0 and at most 1"),
        (json!({ "seconds": -1 }), "seconds: expected at least 0, found -1"),
    ] {
        let shown = refused(&[line(&fields)]).to_string();
        assert!(shown.contains(&format!("labels.jsonl:1: {message}")), "{shown}");
    }
}

#[test]
fn errors_say_what_was_expected_and_the_nearest_known_name() {
    for (fields, detail, hint) in [
        (
            json!({ "grade": "goood" }),
            "the grades are: poor, Fair, good, cannot assess",
            "did you mean `good`?",
        ),
        (
            json!({ "grade": "best" }),
            "the grades are: poor, Fair, good, cannot assess",
            "`grade` must be one of these",
        ),
        (json!({ "system": "A" }), "item q1 has responses from: a, b", "did you mean `a`?"),
        (
            json!({ "system": null }),
            "item q1 has responses from: a, b",
            r#"write "system":"SYSTEM"; it may be omitted only if the item has one response"#,
        ),
    ] {
        let mut wrong = line(&json!({ "grade": "good" }));
        for (field, value) in fields.as_object().unwrap() {
            wrong[field] = value.clone();
        }
        let error = refused(&[wrong]);
        assert_eq!(error.details(), [detail], "{fields}");
        assert_eq!(error.hint_text().as_deref(), Some(hint), "{fields}");
    }
    let error = refused(&[line(&json!({ "grade": "good", "probabilty": 1 }))]);
    assert_eq!(error.hint_text().as_deref(), Some("did you mean `probability`?"));
}

#[test]
fn a_line_of_another_kind_is_no_form() {
    let line = json!({ "id": "q1", "annotator": "ana", "between": ["a", "b"], "winner": "a" });
    let error = refused(&[line]);
    assert!(
        error.to_string().ends_with(
            "labels.jsonl:1: `winner` belongs to a label of a comparison, and grades are expected"
        ),
        "{error}"
    );
    for text in ["[1, 2]\n", "\"q1\"\n", "{\"id\":\"q1\"", "{\"id\":\"q1\",\"id\":\"q2\"}\n"] {
        assert!(labels_in("labels.jsonl", text).is_err(), "{text}");
    }
}

#[test]
fn a_second_label_of_one_response_is_refused_with_both_lines() {
    let first = line(&json!({ "grade": "good" }));
    for (grade, what) in [("good", "the same"), ("poor", "a different")] {
        let other = line(&json!({ "id": "q2", "grade": "good" }));
        let error = refused(&[first.clone(), other, line(&json!({ "grade": grade }))]);
        let expected =
            format!("labels.jsonl:3: `ana` already gave {what} label for `q1` of `a` on line 1");
        assert!(error.to_string().ends_with(&expected), "{error}");
        assert_eq!(
            error.hint_text().as_deref(),
            Some("keep one label of each annotator for a response")
        );
    }
    let error = refused(&[line(&json!({ "undone": true }))]);
    let expected = "labels.jsonl:1: `ana` withdraws an answer for `q1` of `a` that is not there";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn one_response_has_one_probability() {
    let of = |annotator: &str, probability: f64| {
        line(&json!({ "annotator": annotator, "grade": "good", "probability": probability }))
    };
    assert_eq!(read(&[of("ana", 0.5), of("ben", 0.5)]).labels.len(), 2);
    let message = refused(&[of("ana", 0.5), of("ben", 0.25)]).to_string();
    let expected = "labels.jsonl:2: probability is 0.25, but line 1 has 0.5 for the same response";
    assert!(message.ends_with(expected), "{message}");
    // Of other systems it may differ.
    let of_b = line(&json!({ "system": "b", "grade": "good", "probability": 0.25 }));
    assert_eq!(read(&[of("ana", 0.5), of_b]).labels.len(), 2);
}
