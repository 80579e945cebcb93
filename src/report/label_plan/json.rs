//! A plan of labels as JSON, with its first sentence.

use serde_json::Value;

use super::sentences::label_plan_headline;
use crate::calibration::LabelPlan;
use crate::error::{Error, Result, Warning};
use crate::report::wording::Wording;

/// Returns a plan as a JSON object, with its headline, and warnings in the words of the caller.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn label_plan_json(plan: &LabelPlan, wording: Wording) -> Result<Value> {
    let unwritable = |error| Error::internal(format!("cannot write the result as JSON: {error}"));
    let warnings: Vec<Warning> =
        plan.warnings.iter().map(|warning| wording.apply(warning)).collect();
    let mut value = serde_json::to_value(plan).map_err(unwritable)?;
    value["warnings"] = serde_json::to_value(&warnings).map_err(unwritable)?;
    value["headline"] = label_plan_headline(plan).into();
    Ok(value)
}
