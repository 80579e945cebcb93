//! What a try came to: the judge against people, and the difference to an earlier run.

use evenhand::Result;
use evenhand::input::{DataFile, JudgeSettings};
use evenhand::run::Session;
use evenhand::trial::Unit;
use evenhand::tries::History;

use super::measuring::{Measured, Measuring};
use super::plan::TryPlan;
use super::{grades, verdicts};
use crate::cli::arguments::RubricTry;
use crate::cli::seconds_since_1970;

/// Measures the judge against the labels, and compares the try with an earlier run.
pub(super) fn measure(
    arguments: &RubricTry,
    session: &Session,
    labels: &DataFile,
    plan: &TryPlan,
    history: &History,
) -> Result<Measured> {
    let begun = &plan.begun;
    let known = history.of(&begun.rubric).find(|known| known.facts.number == begun.begun);
    let measuring = Measuring { arguments, session, labels, plan, known };
    let mut measured = match plan.unit {
        Unit::Comparison => verdicts::measure(&measuring)?,
        Unit::Response => grades::measure(&measuring)?,
    };
    let facts = &mut measured.one.facts;
    facts.labels = arguments.labels.display().to_string();
    facts.at = seconds_since_1970();
    if session.task().judges().all(JudgeSettings::is_local) {
        facts.cost_usd = Some(0.0);
    }
    Ok(measured)
}
