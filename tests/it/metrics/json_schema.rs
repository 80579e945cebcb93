//! JSON Schema files: what they accept, and how invalid ones are refused.

use std::path::PathBuf;

use evenhand::error::{Error, ExitCode};
use evenhand::metrics::{Schema, json_value};
use serde_json::{Value, json};
use tempfile::TempDir;

fn written(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invoice.schema.json");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn schema(text: &str) -> Schema {
    let (_folder, path) = written(text);
    Schema::read(&path).unwrap()
}

/// The message without the folder, and the hint.
fn refused(text: &str) -> (String, Option<String>) {
    let (folder, path) = written(text);
    let error: Error = Schema::read(&path).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Input);
    let folder = format!("{}/", folder.path().display());
    (error.to_string().replace(&folder, ""), error.hint_text())
}

/// The message of a schema that is JSON but no schema: the part behind the file's name.
fn fault(text: &str) -> String {
    let message = refused(text).0;
    message.strip_prefix("invoice.schema.json: not a valid JSON Schema").unwrap().to_owned()
}

#[test]
fn a_value_is_accepted_if_it_satisfies_the_schema() {
    let schema = schema(
        r##"{"type": "object", "required": ["total"], "additionalProperties": false,
            "properties": {"total": {"type": "number", "minimum": 0}, "vendor": {"$ref": "#/$defs/vendor"},
                           "number": {"type": "string", "pattern": "^\\d{4}$"}, "lines": {"type": "integer"}},
            "$defs": {"vendor": {"type": ["string", "null"], "minLength": 1}}}"##,
    );
    for value in [
        json!({"total": 1}),
        json!({"total": 0.5, "vendor": null}),
        json!({"total": 1, "vendor": "é", "number": "2024", "lines": 2.0}),
    ] {
        assert!(schema.accepts(&value), "{value}");
    }
    for value in [
        json!({}),
        json!({"total": "1"}),
        json!({"total": -1}),
        json!({"total": 1, "vendor": ""}),
        json!({"total": 1, "number": "٢٠٢٤"}),
        json!({"total": 1, "number": "20245"}),
        json!({"total": 1, "lines": 1.5}),
        json!({"total": 1, "extra": 1}),
        json!([]),
        Value::Null,
    ] {
        assert!(!schema.accepts(&value), "{value}");
    }
}

#[test]
fn the_named_draft_decides_how_a_schema_is_read() {
    let dated = |draft: &str| {
        schema(&format!(
            r#"{{"$schema": "{draft}", "properties": {{"due": {{"format": "date"}}}}}}"#
        ))
    };
    let someday = json!({"due": "someday"});
    for draft in ["04", "06", "07"] {
        let schema = dated(&format!("http://json-schema.org/draft-{draft}/schema#"));
        assert!(!schema.accepts(&someday), "{draft}");
    }
    for draft in ["2019-09", "2020-12"] {
        let schema = dated(&format!("https://json-schema.org/draft/{draft}/schema"));
        assert!(schema.accepts(&someday), "{draft}");
    }
    assert!(schema("true").accepts(&someday) && !schema("false").accepts(&someday));
    assert!(schema("{}").accepts(&someday));
}

#[test]
fn a_missing_schema_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Schema::read(&folder.path().join("missing.json")).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Input);
    assert!(error.to_string().contains("missing.json: "), "{error}");
    assert!(Schema::read(folder.path()).is_err(), "a folder");
}

#[test]
fn a_file_that_is_not_json_is_refused_with_line_and_column() {
    for (text, message) in [
        ("", "1: not valid JSON at column 0: EOF while parsing a value"),
        ("{\n \"type\": \"object\",\n}", "3: not valid JSON at column 1: trailing comma"),
        (
            "{\"type\": 1,\n \"type\": 2}",
            "2: not valid JSON at column 11: the key `type` is repeated",
        ),
    ] {
        assert_eq!(refused(text).0, format!("invoice.schema.json:{message}"));
    }
    assert!(schema("\u{feff}{}").accepts(&Value::Null), "a byte order mark is no fault");
}

#[test]
fn an_invalid_schema_is_refused_with_place_and_keyword() {
    for (text, message) in [
        ("[]", ": value is not of types \"boolean\", \"object\""),
        (
            r#"{"properties": {"total": {"minimum": "0"}}}"#,
            " at /properties/total/minimum: \"0\" is not of type \"number\"",
        ),
        (
            r#"{"items": {"type": "text"}}"#,
            " at /items/type: \"text\" is not one of \"array\", \"boolean\" or 5 other candidates",
        ),
        (r#"{"required": {"total": true}}"#, " at /required: value is not of type \"array\""),
        (r#"{"$schema": 7}"#, " at /$schema: 7 is not of type \"string\""),
    ] {
        assert_eq!(fault(text), message);
    }
}

#[test]
fn a_reference_to_another_document_is_refused_and_never_followed() {
    let (folder, path) = written(
        r#"{"properties": {"a/b": {"allOf": [{"$id": "x"}, {"$ref": "../vendor.json#/x"}]}}}"#,
    );
    std::fs::write(folder.path().join("vendor.json"), "{}").unwrap();
    let error = Schema::read(&path).unwrap_err();
    let place =
        "not a valid JSON Schema at /properties/a~1b/allOf/1/$ref: it refers to another document: ";
    assert!(error.to_string().contains(place), "{error}");
    assert!(error.to_string().ends_with("vendor.json"), "{error}");
    assert!(error.hint_text().unwrap().contains("$defs"));

    for (reference, document) in [
        ("https://127.0.0.1:1/vendor.json#/$defs/x", "https://127.0.0.1:1/vendor.json"),
        ("file:///etc/hosts", "file:///etc/hosts"),
    ] {
        let found = fault(&json!({"items": {"$ref": reference}}).to_string());
        assert_eq!(found, format!(" at /items/$ref: it refers to another document: {document}"));
    }
}

#[test]
fn a_reference_inside_the_file_may_use_an_id() {
    let schema = schema(
        r#"{"$id": "https://example.com/invoice", "properties": {"vendor": {"$ref": "vendor"}},
            "$defs": {"any": {"$id": "vendor", "type": "string"}}}"#,
    );
    assert!(schema.accepts(&json!({"vendor": "x"})) && !schema.accepts(&json!({"vendor": 1})));
}

#[test]
fn an_unresolvable_reference_is_refused_with_its_place() {
    for (reference, message) in [
        ("#/$defs/nothing", "Pointer '/$defs/nothing' does not exist"),
        ("#nothing", "Anchor 'nothing' does not exist"),
        ("http://[x", "Invalid URI reference 'http://[x': invalid IPv6 address at index 7"),
    ] {
        let text = json!({"$defs": {"a": true}, "items": {"$ref": reference}}).to_string();
        assert!(fault(&text).starts_with(" at /items/$ref: "), "{}", fault(&text));
        assert!(fault(&text).contains(message.split(':').next().unwrap()), "{}", fault(&text));
    }
}

#[test]
fn an_unknown_draft_is_refused_with_the_known_ones() {
    for draft in ["http://json-schema.org/draft-03/schema#", "https://example.com/ours"] {
        let (message, hint) = refused(&json!({"$schema": draft, "type": "object"}).to_string());
        let expected = format!(
            "invoice.schema.json: not a valid JSON Schema at /$schema: unknown draft {draft}"
        );
        assert_eq!(message, expected);
        let hint = hint.unwrap();
        assert!(hint.contains("4, 6, 7, 2019-09 and 2020-12"), "{hint}");
    }
}

#[test]
fn a_pattern_with_exponential_time_is_refused() {
    for (pattern, why) in [
        (r"(?=a)b", "look-around, including look-ahead and look-behind, is not supported"),
        (r"(?<!a)b", "look-around, including look-ahead and look-behind, is not supported"),
        (r"(a+)+\1$", "backreferences are not supported"),
        (r"(?<x>a)\k<x>", "unrecognized escape sequence"),
    ] {
        let (message, hint) = refused(&json!({"items": {"pattern": pattern}}).to_string());
        let pattern = Value::from(pattern);
        let expected =
            format!(" at /items/pattern: {pattern} is not a valid regular expression: {why}");
        assert!(message.ends_with(&expected), "{message}");
        assert!(hint.unwrap().contains("look-around"));
    }
    assert!(
        fault(r#"{"patternProperties": {"(?=a)": true}}"#).contains("/patternProperties/(?=a)")
    );
}

#[test]
fn a_malformed_pattern_is_refused_with_the_reason() {
    for (pattern, why) in [
        ("[", "unclosed character class"),
        ("(a", "unclosed group"),
        (r"(?<year>\d{4}", "unclosed group"),
        ("(a{1000}){1000}", "it takes more than 10485760 bytes"),
    ] {
        let (message, hint) = refused(&json!({"pattern": pattern}).to_string());
        let pattern = Value::from(pattern);
        let expected = format!(" at /pattern: {pattern} is not a valid regular expression: {why}");
        assert!(message.ends_with(&expected), "{message}");
        assert_eq!(hint, None);
    }
}

#[test]
fn a_pattern_is_searched_in_time_proportional_to_the_text() {
    // A program that backtracks would not come back from any of these.
    for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^([a-z]+)*$"] {
        let schema = schema(&json!({"pattern": pattern}).to_string());
        assert!(!schema.accepts(&json!("a".repeat(20_000) + "!")), "{pattern}");
        assert!(schema.accepts(&json!("a".repeat(20_000))), "{pattern}");
    }
}

#[test]
fn a_recursive_schema_does_not_overflow() {
    let deep = json_value(&("[".repeat(127) + &"]".repeat(127))).unwrap();
    for text in [
        r##"{"$ref": "#"}"##,
        r##"{"allOf": [{"$ref": "#"}]}"##,
        r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##,
        r##"{"type": "array", "items": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}}"##,
    ] {
        assert!(schema(text).accepts(&deep), "{text}");
    }
    let nested = "{\"items\":".repeat(126) + "true" + &"}".repeat(126);
    assert!(schema(&nested).accepts(&deep));
}
