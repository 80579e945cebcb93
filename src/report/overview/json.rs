//! The report as one JSON document; `docs/report.schema.json` describes it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::headline::{overview_headline, overview_warnings};
use crate::error::{Error, Result};
use crate::overview::Overview;
use crate::report::calibration::calibration_json;
use crate::report::escape::json_line;
use crate::report::wording::Wording;
use crate::summary::Gate;

/// Returns an overview as the documented JSON document, with its headline, the gates and the warnings, in one line
/// that is safe to print.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn overview_json(overview: &Overview, gates: &[Gate], wording: Wording) -> Result<String> {
    let Value::Object(fields) = to_value(overview)? else {
        return Err(Error::internal("an overview is no object"));
    };
    let mut document = Map::new();
    for (key, value) in fields {
        let value = match (&overview.calibration, key.as_str()) {
            (Some(calibration), "calibration") => calibration_json(calibration, gates, wording)?,
            _ => value,
        };
        let is_judge = key == "judge";
        document.insert(key, value);
        if is_judge {
            document.insert("headline".to_owned(), overview_headline(overview).into());
        }
    }
    document.insert("gates".to_owned(), to_value(gates)?);
    document.insert("warnings".to_owned(), to_value(&overview_warnings(overview, wording))?);
    Ok(json_line(&Value::Object(document).to_string()).into_owned())
}

fn to_value(value: &(impl Serialize + ?Sized)) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::internal(format!("cannot write the report as JSON: {error}")))
}
