//! JSON responses: whether they parse, satisfy a schema and have the right values.

use serde_json::{Value, json};

use super::{document, item, metric, metrics, number, of_items, row, score, warning, with_items};

/// Invoices as a person reads them and as two systems do.
fn invoices() -> Vec<Value> {
    let reference = |total: f64, name: &str, lines: usize| json!({"total": total, "vendor": {"name": name}, "lines": vec![json!({"sum": total}); lines]});
    let first = reference(10.5, "Acme", 2);
    let right = first.to_string();
    let other_total = reference(10.0, "Acme", 2).to_string();
    let second = reference(7.0, "Bolt", 1);
    let as_text = r#"{"total":"7.0","vendor":{"name":"Bolt"},"lines":[{"sum":7}]}"#;
    let fenced = "It is 7.0 by Bolt.";
    vec![
        item("1", &[("a", &right), ("b", &other_total)], first),
        item("2", &[("a", as_text), ("b", fenced)], second),
    ]
}

const SCHEMA: &str = r#"{"required":["total"],"properties":{"total":{"type":"number"}}}"#;

#[track_caller]
fn assert_value(document: &Value, name: &str, system: &str, expected: f64) {
    let value = number(&score(metric(document, name), system)["value"]);
    assert!((value - expected).abs() < 1e-12, "{name} of {system}: {value}, expected {expected}");
}

#[test]
fn object_references_are_compared_by_field_by_default() {
    let found = of_items(&invoices(), &[]);
    let names: Vec<&Value> =
        found["metrics"].as_array().unwrap().iter().map(|metric| &metric["metric"]).collect();
    assert_eq!(names, ["json-valid", "json-fields"]);
    assert_value(&found, "json-valid", "a", 1.0);
    assert_value(&found, "json-valid", "b", 0.5);
    // Fields: total, vendor.name and two sums in the first, one in the second; a has the last total as a text.
    assert_value(&found, "json-fields", "a", 6.0 / 7.0);
    assert_value(&found, "json-fields", "b", 1.0 / 7.0);
}

#[test]
fn each_field_has_its_share_of_right_values() {
    let found = of_items(&invoices(), &["--metric", "json-fields"]);
    let fields: Vec<&Value> =
        found["fields"].as_array().unwrap().iter().map(|field| &field["field"]).collect();
    assert_eq!(fields, ["total", "vendor.name", "lines.*.sum"]);
    for (field, system, expected) in [
        ("total", "a", 0.5),
        ("total", "b", 0.0),
        ("vendor.name", "a", 1.0),
        ("vendor.name", "b", 0.5),
        ("lines.*.sum", "a", 1.0),
        ("lines.*.sum", "b", 0.0),
    ] {
        let of_field = row(&found["fields"], &[("field", field)]);
        let value = number(&score(of_field, system)["value"]);
        assert!((value - expected).abs() < 1e-12, "{field} of {system}: {value}");
    }
}

#[test]
fn responses_are_validated_against_the_schema() {
    let folder = with_items(&invoices());
    folder.write("schema.json", SCHEMA);
    let found = document(&folder, &["--json-schema", "schema.json"]);
    let names: Vec<&Value> =
        found["metrics"].as_array().unwrap().iter().map(|metric| &metric["metric"]).collect();
    assert_eq!(names, ["json-valid", "json-fields", "json-schema"]);
    for (system, expected) in [("a", 0.5), ("b", 0.5)] {
        assert_value(&found, "json-schema", system, expected);
    }
    let signature = metric(&found, "json-schema")["signature"].as_str().unwrap();
    assert!(signature.starts_with("schema:") && signature.len() > 12, "{signature}");
    let twice = ["--json-schema", "schema.json", "--metric", "json-schema"];
    assert_eq!(document(&folder, &twice)["metrics"].as_array().unwrap().len(), 1);
}

#[test]
fn items_without_an_object_are_left_out_of_json_fields_only() {
    let mut items = invoices();
    items.push(item("3", &[("a", "{}"), ("b", "{}")], "a text"));
    let flags = ["--metric", "json-fields", "--metric", "json-valid"];
    let found = of_items(&items, &flags);
    assert_eq!(score(metric(&found, "json-fields"), "a")["n"], 2);
    assert_eq!(score(metric(&found, "json-valid"), "a")["n"], 3);
    let told = warning(&found, "no-object").unwrap();
    assert!(told.starts_with("1 item has no JSON object"), "{told}");
}

#[test]
fn an_invalid_schema_file_is_refused() {
    let folder = with_items(&invoices());
    folder.write("schema.json", r#"{"type":"nonsense"}"#);
    folder.write("broken.json", "{");
    for (file, part) in
        [("schema.json", "schema.json"), ("broken.json", "broken.json"), ("none.json", "none.json")]
    {
        let said = metrics(&folder, &["--json-schema", file]).expect(3);
        assert!(
            said.stderr.starts_with("error: ") && said.stderr.contains(part),
            "{}",
            said.stderr
        );
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn json_schema_without_a_schema_is_refused() {
    let said = metrics(&with_items(&invoices()), &["--metric", "json-schema"]).expect(2);
    assert!(
        said.stderr.contains("hint: name the schema file with --json-schema"),
        "{}",
        said.stderr
    );
}

#[test]
fn json_fields_needs_an_object_reference() {
    let items = [item("1", &[("a", "{}")], "text")];
    let said = metrics(&with_items(&items), &["--metric", "json-fields"]).expect(3);
    assert!(said.stderr.contains("no item has a JSON object as its reference"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: add \"reference\": {"), "{}", said.stderr);
}

#[test]
fn too_many_fields_cause_a_warning() {
    let with_fields = |fields: usize| {
        let object: Value = (0..fields).map(|at| (format!("field-{at:03}"), json!(at))).collect();
        of_items(&[item("1", &[("a", "{}")], object)], &["--metric", "json-fields"])
    };
    let found = with_fields(501);
    assert!(warning(&found, "too-many-fields").is_some());
    assert_eq!(found["fields"].as_array().unwrap().len(), 500);
    assert_eq!(warning(&with_fields(500), "too-many-fields"), None);
}

#[test]
fn a_field_of_few_references_has_a_warning_about_its_narrow_interval() {
    let item_of = |at: usize| {
        let answers = [r#"{"paid":true,"note":"x"}"#, r#"{"paid":false}"#];
        let reference =
            if at < 2 { json!({"paid": true, "note": "x"}) } else { json!({"paid": true}) };
        item(&at.to_string(), &[("a", answers[at % 2]), ("b", answers[0])], reference)
    };
    let rare: Vec<Value> = (0..30).map(item_of).collect();
    let found = of_items(&rare, &["--metric", "json-fields"]);
    let told = warning(&found, "unstable-interval").unwrap();
    // None of the two items is in about (28/30)^30 of the resamples.
    let percent: f64 = told.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
    assert!((percent - 12.6).abs() < 3.0, "{told}");
    // The notes of b are all right, and have Wilson's interval.
    assert!(told.contains(": note of a; "), "{told}");
    let found = of_items(&rare[..4], &["--metric", "json-fields"]);
    assert!(warning(&found, "unstable-interval").unwrap().contains("note of a"));
    let found = of_items(&rare[2..], &["--metric", "json-fields"]);
    assert_eq!(warning(&found, "unstable-interval"), None);
}

#[test]
fn a_schema_without_metrics_adds_the_default_json_metrics() {
    let names = |items: &[Value]| -> Vec<String> {
        let folder = with_items(items);
        folder.write("schema.json", SCHEMA);
        let found = document(&folder, &["--json-schema", "schema.json"]);
        let metrics = found["metrics"].as_array().unwrap().iter();
        metrics.map(|metric| metric["metric"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&invoices()), ["json-valid", "json-fields", "json-schema"]);
    let texts = [item("1", &[("a", "{}")], "text")];
    assert_eq!(names(&texts), ["json-valid", "json-schema"]);
}
