//! The sentences that a report begins with, and its warnings.

use crate::error::Warning;
use crate::overview::Overview;
use crate::report::calibration::calibration_headline;
use crate::report::summary::judge_headline;
use crate::report::wording::Wording;

/// Returns what an overview says, in sentences that can be quoted as they stand: with labels what people prefer and
/// how far the judge can be trusted, without them what the judge prefers. The names in them are not escaped.
pub fn overview_headline(overview: &Overview) -> Vec<String> {
    if let Some(calibration) = &overview.calibration {
        return calibration_headline(calibration);
    }
    let result = overview.judge_summary();
    result.map(|result| judge_headline(result, &overview.summary)).unwrap_or_default()
}

/// Returns what changes how the numbers of an overview may be used, the most serious first, in the words of a
/// caller.
pub fn overview_warnings(overview: &Overview, wording: Wording) -> Vec<Warning> {
    overview.warnings().iter().map(|warning| wording.apply(warning)).collect()
}
