//! The JSON document as a whole: it satisfies the published schema, which describes every key.

use std::sync::LazyLock;

use evenhand::overview::SCHEMA;
use evenhand::report::{Wording, overview_json};
use evenhand::stats::{Estimate, Interval};
use evenhand::summary::{Gate, Narrowing};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::{WITH_LABELS, overview_of};
use crate::support::labelled_run::{RunSpec, rows};

static SCHEMA_TEXT: &str = include_str!("../../../docs/report.schema.json");

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::options().build(&schema).unwrap()
});

/// Fails, with every violation, unless a document satisfies the published schema.
#[track_caller]
pub(crate) fn assert_satisfies_schema(document: &Value) {
    let violation =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    let violations: Vec<String> = VALIDATOR.iter_errors(document).map(violation).collect();
    assert!(violations.is_empty(), "{}\n{document}", violations.join("\n"));
}

/// A run with every block: three people, kept and dropped verdicts.
fn every_block() -> RunSpec {
    let kinds = [(16, "a/a", "aaa"), (14, "b/b", "bbb"), (4, "b/b", "aab"), (3, "a/b", "bab")];
    RunSpec::new(rows(&[&kinds[..], &[(2, "t/a", "tta"), (1, "a/?", "abt")]].concat()))
}

#[test]
fn the_document_has_every_key_in_the_documented_order() {
    let found = every_block().judged().overview();
    let keys: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let documented = [
        "schema",
        "evenhand",
        "run",
        "judge",
        "headline",
        "summary",
        "calibration",
        "ranking",
        "ranking_pairs",
        "margins",
        "order_tables",
        "annotators",
        "annotators_left_out",
        "criteria",
        "closeness",
        "tags",
        "tags_left_out",
        "lengths",
        "generated",
        "requests",
        "checklist",
        "gates",
        "warnings",
    ];
    assert_eq!(keys, documented);
    assert_eq!((&found["schema"], &found["judge"]), (&json!(SCHEMA), &json!("judge-1")));
    let sentences = found["headline"].as_array().unwrap();
    let joined: Vec<&str> = sentences.iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(found["calibration"]["headline"], joined.join(" "));
}

#[test]
fn gates_and_warnings_are_in_the_document_in_the_words_of_the_caller() {
    let judged = every_block().judged();
    let overview = overview_of(&judged.folder, WITH_LABELS);
    let interval = Interval { low: 0.4, high: 0.6 };
    let gate = Gate::new(
        "--min-coverage",
        "coverage",
        Estimate::new(0.5, interval, 40),
        0.7,
        Narrowing::Comparisons,
    );
    let mut wording = Wording::default();
    wording.remedy = |warning| (warning.code == "few-labels").then_some("the remedy");
    let text = overview_json(&overview, &[gate], wording).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_satisfies_schema(&document);
    let expected = json!([{
        "gate": "min-coverage",
        "quantity": "coverage",
        "estimate": { "value": 0.5, "low": 0.4, "high": 0.6, "n": 40 },
        "threshold": 0.7,
        "result": "missed",
    }]);
    assert_eq!([&document["gates"], &document["calibration"]["gates"]], [&expected, &expected]);
    for warnings in [&document["warnings"], &document["calibration"]["warnings"]] {
        let few = warnings.as_array().unwrap().iter().find(|one| one["code"] == "few-labels");
        assert!(few.unwrap()["message"].as_str().unwrap().ends_with("(the remedy)"), "{warnings}");
    }
}

#[test]
fn a_document_with_an_unknown_or_a_missing_key_does_not_satisfy_the_schema() {
    let found = every_block().judged().overview();
    let places =
        ["", "/run", "/summary/judges/0", "/calibration/orders", "/requests", "/checklist/3"];
    for place in places {
        let mut other = found.clone();
        let object = other.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("surprise".to_owned(), json!(1));
        assert!(!VALIDATOR.is_valid(&other), "{place}");
        let mut other = found.clone();
        let object = other.pointer_mut(place).unwrap().as_object_mut().unwrap();
        let first = object.keys().next().unwrap().clone();
        object.remove(&first);
        assert!(!VALIDATOR.is_valid(&other), "{place}: {first}");
    }
    let mut other = found.clone();
    other["schema"] = json!(SCHEMA + 1);
    assert!(!VALIDATOR.is_valid(&other));
}

/// Passes every schema of an object to `each`, with its place.
fn for_each_object(schema: &Value, place: &str, each: &mut impl FnMut(&str, &Value)) {
    match schema {
        Value::Object(fields) => {
            if fields.get("properties").is_some() {
                each(place, schema);
            }
            for (key, value) in fields {
                for_each_object(value, &format!("{place}/{key}"), each);
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                for_each_object(value, &format!("{place}/{at}"), each);
            }
        }
        _ => {}
    }
}

#[test]
fn every_key_is_described_and_no_other_is_allowed() {
    let schema: Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
    let mut keys = 0;
    for_each_object(&schema, "", &mut |place, object| {
        assert_eq!(object["additionalProperties"], false, "{place}");
        for (key, value) in object["properties"].as_object().unwrap() {
            keys += 1;
            let of = value["$ref"].as_str().map_or(value, |reference| {
                schema.pointer(reference.strip_prefix('#').unwrap()).unwrap()
            });
            let description = value.get("description").or(of.get("description"));
            let description = description.and_then(Value::as_str).unwrap_or_default();
            assert!(
                description.ends_with('.') && description.len() > 5,
                "{place}/{key}: {description}"
            );
        }
    });
    assert!(keys > 200, "the search finds only {keys} keys");
}
