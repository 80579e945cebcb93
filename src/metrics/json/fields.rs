//! Field-level accuracy: which values of a reference a response has at the same path.

use serde_json::{Number, Value};

/// One field of a reference, and whether the response has it right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMatch {
    /// The field's path: `total`, `vendor.name`, and `lines.*.amount` for each element of an array.
    ///
    /// A key that is empty or contains a dot, a star or a quotation mark is written as a JSON string, so that
    /// different fields have different names. A reference that is a single value has the field `.`.
    pub field: String,
    /// Whether the response has it right.
    pub right: bool,
}

/// Returns, for each field of the reference, whether the response has it right.
///
/// The fields are the leaves of the reference, in its order: values that are neither object nor array, and empty
/// objects and arrays. Their number depends only on the reference and is at least one. Fields that only the
/// response has do not count.
///
/// A field is right if the response has an equal value at the same path; elements of arrays are matched by
/// position. Numbers are compared by value (1, 1.0 and 1e0 are equal), strings character by character. An expected
/// `null` is also right if the response has no value at that path, provided that response and reference are both
/// objects or both arrays.
///
/// If `response` is `None`, which means that it is not JSON, no field is right.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::json_fields;
/// use serde_json::json;
///
/// let reference = json!({"total": 12.5, "vendor": {"name": "Acme", "tax": null}, "lines": [{"amount": 5}]});
/// let response = json!({"vendor": {"name": "ACME"}, "total": 12.50, "lines": [{"amount": 5.0}]});
/// let fields = json_fields(Some(&response), &reference);
/// let fields: Vec<_> = fields.iter().map(|found| (found.field.as_str(), found.right)).collect();
/// assert_eq!(
///     fields,
///     [("total", true), ("vendor.name", false), ("vendor.tax", true), ("lines.*.amount", true)],
/// );
/// ```
pub fn json_fields(response: Option<&Value>, reference: &Value) -> Vec<FieldMatch> {
    let null_may_be_absent = response.is_some_and(|response| {
        response.is_object() && reference.is_object() || response.is_array() && reference.is_array()
    });
    let mut fields = Vec::new();
    each_leaf(reference, &mut Vec::new(), &mut |path, expected| {
        let right = match response.and_then(|response| value_at(response, path)) {
            Some(found) => equal(found, expected),
            None => null_may_be_absent && expected.is_null(),
        };
        fields.push(FieldMatch { field: path_name(path), right });
    });
    fields
}

/// One step from a value to a value inside it.
#[derive(Clone, Copy)]
enum Step<'v> {
    Key(&'v str),
    Position(usize),
}

/// Calls `each` with the path and value of every leaf, in order.
fn each_leaf<'v>(
    value: &'v Value,
    path: &mut Vec<Step<'v>>,
    each: &mut impl FnMut(&[Step<'v>], &'v Value),
) {
    let mut enter = |step, inner| {
        path.push(step);
        each_leaf(inner, path, each);
        path.pop();
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, inner)| enter(Step::Key(key), inner));
        }
        Value::Array(elements) if !elements.is_empty() => {
            let elements = elements.iter().enumerate();
            elements.for_each(|(position, inner)| enter(Step::Position(position), inner));
        }
        leaf => each(path, leaf),
    }
}

/// Returns the value at a path.
fn value_at<'v>(value: &'v Value, path: &[Step<'_>]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match *step {
        Step::Key(key) => value.as_object()?.get(key),
        Step::Position(position) => value.as_array()?.get(position),
    })
}

/// Returns a path as text.
fn path_name(path: &[Step<'_>]) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let mut name = String::new();
    for (at, step) in path.iter().enumerate() {
        if at > 0 {
            name.push('.');
        }
        match *step {
            Step::Position(_) => name.push('*'),
            Step::Key(key) if key.is_empty() || key.contains(['.', '*', '"']) => {
                name.push_str(&Value::from(key).to_string());
            }
            Step::Key(key) => name.push_str(key),
        }
    }
    name
}

/// Returns whether a value equals a leaf.
fn equal(found: &Value, leaf: &Value) -> bool {
    match (found, leaf) {
        (Value::Number(found), Value::Number(expected)) => same_number(found, expected),
        _ => found == leaf,
    }
}

/// Returns whether two numbers have the same value, however they are written.
fn same_number(left: &Number, right: &Number) -> bool {
    match (integer(left), integer(right)) {
        (None, None) => left.as_f64() == right.as_f64(),
        (left, right) => left == right,
    }
}

/// Returns the number as an integer, or `None` if it is not an integer that fits.
fn integer(number: &Number) -> Option<i128> {
    // As doubles, two different large integers could be equal.
    let double = || number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 1e38);
    number.as_i128().or_else(|| double().map(|value| value as i128))
}
