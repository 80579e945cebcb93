//! The report as one JSON document; `docs/grade-report.schema.json` describes it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::overview::GradeOverview;
use crate::report::escape::json_line;
use crate::report::grading::calibration::{grade_calibration_headline, grade_calibration_json};
use crate::report::grading::sentences::headline_of;
use crate::report::wording::Wording;
use crate::summary::Gate;

/// Returns what an overview of grades says, in sentences that can be quoted as they stand: with labels how far the judge can
/// be trusted and what people pass, without them what the judge passes. The names in them are not escaped.
pub fn grade_overview_headline(overview: &GradeOverview) -> Vec<String> {
    if let Some(calibration) = &overview.calibration {
        return grade_calibration_headline(calibration);
    }
    let result = overview.judge_grades();
    result.map(|result| headline_of(&overview.summary, result)).unwrap_or_default()
}

/// Returns an overview of grades as the documented JSON document, with its headline and the gates, in one line that is
/// safe to print.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn grade_overview_json(
    overview: &GradeOverview,
    gates: &[Gate],
    wording: Wording,
) -> Result<String> {
    let Value::Object(fields) = to_value(overview)? else {
        return Err(Error::internal("an overview is no object"));
    };
    let mut document = Map::new();
    for (key, value) in fields {
        let value = match (&overview.calibration, key.as_str()) {
            (Some(calibration), "calibration") => {
                grade_calibration_json(calibration, gates, wording)?
            }
            _ => value,
        };
        let is_judge = key == "judge";
        document.insert(key, value);
        if is_judge {
            document.insert("headline".to_owned(), grade_overview_headline(overview).into());
        }
    }
    document.insert("gates".to_owned(), to_value(gates)?);
    Ok(json_line(&Value::Object(document).to_string()).into_owned())
}

fn to_value(value: &(impl Serialize + ?Sized)) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::internal(format!("cannot write the report as JSON: {error}")))
}
