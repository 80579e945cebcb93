//! Metrics of JSON responses: valid JSON, conformity to a schema, and field-level accuracy.
//!
//! The whole response must be JSON. JSON inside a code fence or between sentences is not extracted, because the
//! consumer of the response would have to extract it, too.

mod fields;
mod schema;

use serde_json::Value;

pub use fields::{FieldMatch, json_fields};
pub use schema::Schema;

/// Returns the response as a JSON value, or `None` if the whole response, apart from surrounding white space, is
/// not one JSON value.
///
/// White space is that of JSON: space, tab, line feed and carriage return. If an object repeats a key, the last
/// value counts, as in most programs. Integers from −2⁶³ to 2⁶⁴ − 1 are exact; other numbers are rounded to the
/// nearest double.
///
/// The result is also `None` for input that RFC 8259 permits but many programs refuse: more than 127 nested arrays
/// and objects, numbers beyond the range of doubles, and unpaired surrogates.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::json_value;
/// use serde_json::json;
///
/// assert_eq!(json_value(" {\"total\": 12.50}\n"), Some(json!({"total": 12.5})));
/// assert_eq!(json_value("```json\n{\"total\": 12.50}\n```"), None);
/// assert_eq!(json_value("{\"total\": 12.50} I hope this helps!"), None);
/// ```
///
/// # References
///
/// Bray, T. (2017). The JavaScript Object Notation (JSON) data interchange format. RFC 8259.
pub fn json_value(response: &str) -> Option<Value> {
    serde_json::from_str(response).ok()
}
