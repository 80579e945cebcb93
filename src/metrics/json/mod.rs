//! Responses that are JSON: does one parse, does it satisfy a schema, which of its fields are right?
//!
//! A response is taken as it is. What stands in a code fence or between sentences is not dug out, because
//! whoever is to read the response would have to dig too.

mod fields;
mod schema;

use serde_json::Value;

pub use fields::{FieldMatch, json_fields};
pub use schema::Schema;

/// Returns the response as JSON if all of it is one JSON value, white space around it aside.
///
/// White space is what JSON takes for it: space, tab, line feed and carriage return. Of a key that an object
/// repeats the last value counts, as in most programs. Integers from −2⁶³ to 2⁶⁴ − 1 are exact and other
/// numbers the nearest doubles.
///
/// `None` is also what RFC 8259 allows but many programs refuse: more than 127 arrays and objects inside one
/// another, numbers beyond the range of doubles, and halves of surrogate pairs.
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
