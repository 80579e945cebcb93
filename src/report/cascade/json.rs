//! A cascade as JSON.

use serde_json::{Value, json};

use super::sentences::cascade_headline;
use crate::cascade::{CascadeReport, CascadeVerdict};
use crate::error::{Error, Result};
use crate::report::verdicts::{VerdictLine, json_verdict};
use crate::report::wording::Wording;
use crate::verdict::DecisionRule;

/// Returns the documented JSON document.
///
/// # Errors
///
/// The report cannot be written as JSON.
pub fn cascade_json(report: &CascadeReport, wording: Wording) -> Result<Value> {
    let failed = |error| Error::internal(format!("cannot write the cascade as JSON: {error}"));
    let mut document = serde_json::to_value(report).map_err(failed)?;
    let warnings: Vec<_> = report.warnings.iter().map(|one| wording.apply(one)).collect();
    document["warnings"] = json!(warnings);
    document["headline"] = json!(cascade_headline(report).join(" "));
    Ok(document)
}

/// Returns a verdict as the object that [`json_verdict`] documents, with the place in the cascade of the judge that gave
/// it.
pub fn json_cascade_verdict(verdict: &CascadeVerdict<'_>) -> Value {
    let line = VerdictLine {
        id: verdict.id,
        between: &verdict.between,
        judge: verdict.judge,
        tags: &verdict.tags,
        record: &verdict.record,
        rule: DecisionRule::BothOrders,
    };
    let mut value = json_verdict(line, false);
    value["given_by"] = json!(verdict.given_by);
    value
}
