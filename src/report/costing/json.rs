//! The ways to answer a question as JSON.

use serde_json::{Value, json};

use super::leaves::{code, leaves_sentence};
use super::sentences::cost_headline;
use crate::costing::CostReport;
use crate::error::{Error, Result, Warning};
use crate::report::wording::Wording;

/// Returns the ways as a JSON object, with the headline; what a way leaves uncertain is given in words too.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn cost_json(report: &CostReport, wording: Wording) -> Result<Value> {
    let unwritable = |error| Error::internal(format!("cannot write the result as JSON: {error}"));
    let warnings: Vec<Warning> =
        report.warnings.iter().map(|warning| wording.apply(warning)).collect();
    let mut value = serde_json::to_value(report).map_err(unwritable)?;
    for (at, way) in report.ways.iter().enumerate() {
        let leaves = way.leaves.iter();
        let leaves =
            leaves.map(|one| json!({ "code": code(one), "message": leaves_sentence(one) }));
        value["ways"][at]["leaves"] = leaves.collect();
    }
    value["warnings"] = serde_json::to_value(&warnings).map_err(unwritable)?;
    value["headline"] = cost_headline(report).into();
    Ok(value)
}
