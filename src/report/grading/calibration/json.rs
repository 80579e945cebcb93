//! A calibration of grades as JSON, with the sentences of the report.

use serde::Serialize;
use serde_json::{Value, json};

use super::sentences::{grade_calibration_headline, grade_conclusion_sentence};
use crate::error::{Error, Result, Warning};
use crate::grading::GradeCalibration;
use crate::report::wording::Wording;
use crate::summary::Gate;

/// Returns a calibration of grades as the documented JSON object, with its headline, its conclusion as a sentence, the
/// gates, and warnings in the words of the caller.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn grade_calibration_json(
    results: &GradeCalibration,
    gates: &[Gate],
    wording: Wording,
) -> Result<Value> {
    let warnings = results.warnings();
    let warnings: Vec<Warning> = warnings.iter().map(|warning| wording.apply(warning)).collect();
    let mut value = to_value(results)?;
    value["warnings"] = to_value(&warnings)?;
    value["headline"] = grade_calibration_headline(results).join(" ").into();
    value["conclusion"] =
        json!({ "code": results.conclusion, "sentence": grade_conclusion_sentence(results) });
    value["gates"] = to_value(gates)?;
    Ok(value)
}

fn to_value(value: &(impl Serialize + ?Sized)) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::internal(format!("cannot write the result as JSON: {error}")))
}
