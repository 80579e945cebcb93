//! JSON responses: what parses, and which fields are correct.

use evenhand::metrics::{FieldMatch, json_fields, json_value};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The fields of a reference as name and whether the response has it right.
fn fields(response: &Value, reference: &Value) -> Vec<(String, bool)> {
    let fields = json_fields(Some(response), reference);
    fields.into_iter().map(|found| (found.field, found.right)).collect()
}

/// Whether the one field of a reference is right.
fn right(response: &Value, reference: &Value) -> bool {
    let fields = fields(response, reference);
    assert_eq!(fields.len(), 1, "{fields:?}");
    fields[0].1
}

fn parsed(text: &str) -> Value {
    json_value(text).unwrap()
}

#[test]
fn a_response_is_json_only_if_all_of_it_is_one_value() {
    for text in ["{}", " \t\r\n[1]\n", "null", "\"text\"", "-0.5e-3", "true", r#""\ud83d\ude42""#] {
        assert!(json_value(text).is_some(), "{text}");
    }
    for text in [
        "",
        " ",
        "{} {}",
        "{},",
        "```json\n{}\n```",
        "Here it is: {}",
        "{} as asked",
        "{'a': 1}",
        "{\"a\": 1,}",
        "{a: 1}",
        "[1, // one\n2]",
        "NaN",
        "+1",
        "01",
        "1.",
        "True",
        "\"a\nb\"",
        "{\"a\": 1",
        "\u{a0}{}",
        "\u{feff}{}",
        "1e999",
        "\"\\ud800\"",
    ] {
        assert_eq!(json_value(text), None, "{text}");
    }
}

#[test]
fn the_last_of_a_repeated_key_counts() {
    assert_eq!(parsed(r#"{"a": 1, "b": 2, "a": 3}"#), json!({"a": 3, "b": 2}));
}

#[test]
fn json_is_read_127_levels_deep_and_no_deeper() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(json_value(&nested(127)).is_some());
    assert_eq!(json_value(&nested(128)), None);
    assert_eq!(json_value(&nested(1_000_000)), None);
    assert_eq!(json_value(&"{\"a\":".repeat(1_000_000)), None);
    let deep = parsed(&nested(127));
    let name = ["*"; 126].join(".");
    assert_eq!(fields(&deep, &deep), [(name, true)]);
}

#[test]
fn fields_are_named_by_their_path_with_stars_for_positions() {
    let reference = json!({
        "total": 1, "vendor": {"name": "x", "tags": []}, "lines": [{"amount": 1}, {"amount": 2}], "notes": {},
        "grid": [[1], [2]],
    });
    let names: Vec<String> =
        json_fields(None, &reference).into_iter().map(|found| found.field).collect();
    let expected =
        "total vendor.name vendor.tags lines.*.amount lines.*.amount notes grid.*.* grid.*.*";
    assert_eq!(names.join(" "), expected);
}

#[test]
fn keys_that_would_read_as_a_path_are_quoted() {
    let reference =
        json!({"a.b": 1, "a": {"b": 1}, "": 1, "*": 1, "\"\"": 1, "x y": {"": [1]}, "é": 1});
    let fields = json_fields(None, &reference);
    let names: Vec<&str> = fields.iter().map(|found| found.field.as_str()).collect();
    assert_eq!(names, [r#""a.b""#, "a.b", r#""""#, r#""*""#, r#""\"\"""#, r#"x y."".*"#, "é"]);
}

#[test]
fn a_reference_that_is_one_value_is_one_field() {
    for reference in [json!(1), json!("a"), json!(null), json!({}), json!([])] {
        assert_eq!(fields(&reference, &reference), [(".".to_owned(), true)]);
        let wrong = FieldMatch { field: ".".to_owned(), right: false };
        assert_eq!(json_fields(None, &reference), [wrong]);
    }
    assert_eq!(fields(&json!([1]), &json!([1])), [("*".to_owned(), true)]);
    assert!(!right(&json!({"a": 1}), &json!({})));
}

#[test]
fn numbers_are_equal_by_value_and_large_integers_exactly() {
    for (left, right, equal) in [
        ("1", "1.0", true),
        ("1", "1e0", true),
        ("100", "1E+2", true),
        ("0", "-0.0", true),
        ("0.1", "0.10", true),
        ("0.1", "0.1000000001", false),
        ("1", "\"1\"", false),
        ("1", "true", false),
        ("0", "null", false),
        ("9007199254740993", "9007199254740993", true),
        ("9007199254740993", "9007199254740992", false),
        ("9007199254740993", "9007199254740992.0", false),
        ("9007199254740992", "9007199254740992.0", true),
        ("18446744073709551615", "18446744073709551614", false),
        ("18446744073709551615", "18446744073709551616.0", false),
        ("-9223372036854775808", "-9223372036854775808.0", true),
        ("-9223372036854775808", "-9223372036854775807", false),
        ("1e300", "1.0e300", true),
        ("1e300", "1e299", false),
    ] {
        let (left, right) = (parsed(left), parsed(right));
        assert_eq!(self::right(&left, &right), equal, "{left} {right}");
        assert_eq!(self::right(&right, &left), equal, "{right} {left}");
    }
}

#[test]
fn texts_are_compared_character_by_character() {
    let same =
        |response: &str, reference: &str| right(&json!({"a": response}), &json!({"a": reference}));
    assert!(same("Acme", "Acme"));
    assert!(parsed(r#""\u00e9""#) == json!("é"));
    for (response, reference) in [("ACME", "Acme"), ("Acme ", "Acme"), ("e\u{301}", "é")] {
        assert!(!same(response, reference));
    }
}

#[test]
fn null_is_correct_where_the_response_lacks_the_key() {
    let reference = json!({"tax": null});
    assert!(right(&json!({"tax": null}), &reference));
    assert!(right(&json!({}), &reference));
    assert!(right(&json!({"other": 1}), &reference));
    assert!(!right(&json!({"tax": 0}), &reference));
    assert!(!right(&json!({"tax": {}}), &reference));
    for other in [json!(null), json!([]), json!("no tax"), json!(0)] {
        assert!(!right(&other, &reference), "{other}");
    }
    assert!(!json_fields(None, &reference)[0].right);
    assert!(right(&json!({"vendor": "Acme"}), &json!({"vendor": {"name": null}})));
    assert!(right(&json!([{}]), &json!([{"tax": null}])));
    assert!(!right(&json!({}), &json!([{"tax": null}])));
    assert!(!right(&json!(1), &json!(null)));
    assert!(!right(&json!({"a": null}), &json!({"a": 0})), "null is no value");
}

#[test]
fn elements_are_compared_by_position() {
    let reference = json!({"lines": ["a", "b", "c"]});
    let found = |response: Value| -> Vec<bool> {
        fields(&json!({"lines": response}), &reference).iter().map(|field| field.1).collect()
    };
    assert_eq!(found(json!(["a", "b", "c"])), [true, true, true]);
    assert_eq!(found(json!(["b", "a", "c"])), [false, false, true]);
    assert_eq!(found(json!(["a", "b"])), [true, true, false]);
    assert_eq!(found(json!(["a", "b", "c", "d"])), [true, true, true]);
    assert_eq!(found(json!({"0": "a", "1": "b", "2": "c"})), [false, false, false]);
    assert!(!right(&json!({"lines": ["a"]}), &json!({"lines": []})));
}

/// Any JSON, with keys that are hard to name.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        "[a-c.é]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec(("[a-c.*\"]{0,2}", inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The same value with the keys of every object in the opposite order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().rev().map(|(key, inner)| (key.clone(), reversed(inner)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.iter().map(reversed).collect(),
        leaf => leaf.clone(),
    }
}

fn has_array(value: &Value) -> bool {
    match value {
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(fields) => fields.values().any(has_array),
        _ => false,
    }
}

proptest! {
    #[test]
    fn all_fields_of_a_value_match_itself(value in values()) {
        let fields = json_fields(Some(&value), &value);
        prop_assert!(!fields.is_empty() && fields.iter().all(|field| field.right), "{fields:?}");
    }

    #[test]
    fn a_value_written_and_read_again_is_unchanged(value in values()) {
        prop_assert_eq!(json_value(&format!("{value:#}")), Some(value));
    }

    #[test]
    fn fields_depend_on_the_reference_alone(response in values(), reference in values()) {
        let names = |response| -> Vec<String> {
            json_fields(response, &reference).into_iter().map(|found| found.field).collect()
        };
        prop_assert_eq!(names(Some(&response)), names(None));
    }

    #[test]
    fn the_order_of_keys_does_not_matter(response in values(), reference in values()) {
        let found = json_fields(Some(&response), &reference);
        prop_assert_eq!(&json_fields(Some(&reversed(&response)), &reference), &found);
        let sorted = |mut fields: Vec<FieldMatch>| {
            fields.sort_by(|left, right| (&left.field, left.right).cmp(&(&right.field, right.right)));
            fields
        };
        let other = json_fields(Some(&response), &reversed(&reference));
        prop_assert_eq!(sorted(other), sorted(found));
    }

    #[test]
    fn different_fields_have_different_names(value in values()) {
        prop_assume!(!has_array(&value));
        let mut names: Vec<String> =
            json_fields(None, &value).into_iter().map(|found| found.field).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), all);
    }
}
