//! Warnings about estimates without a value or an interval, or with an unreliable interval.

use super::issue::EstimateIssue;
use super::results::Evaluation;
use crate::error::{Warning, counted, listed};
use crate::stats::{Estimate, incomplete, incomplete_warnings};

/// An estimate with its name for messages.
struct NamedEstimate {
    /// Empty for an estimate of a slice, because there may be thousands of them.
    name: String,
    estimate: Estimate,
    issue: Option<EstimateIssue>,
}

/// Returns every estimate of an evaluation.
fn estimates(evaluation: &Evaluation) -> Vec<NamedEstimate> {
    let mut all = Vec::new();
    let mut add = |name, estimate, issue| all.push(NamedEstimate { name, estimate, issue });
    for report in &evaluation.metrics {
        for one in &report.systems {
            add(format!("{} of {}", report.metric, one.system), one.score, one.issue);
        }
        for pair in &report.pairs {
            let [a, b] = &pair.between;
            add(format!("{} of {a} − {b}", report.metric), pair.difference, pair.issue);
        }
    }
    for field in &evaluation.fields {
        for one in &field.systems {
            add(format!("{} of {}", field.field, one.system), one.score, one.issue);
        }
    }
    for slice in &evaluation.slices {
        for one in &slice.systems {
            add(String::new(), one.score, one.issue);
        }
        for pair in &slice.pairs {
            add(String::new(), pair.difference, pair.issue);
        }
    }
    all
}

/// Returns the names of estimates; those of slices are replaced by their number.
fn names_of(names: Vec<String>) -> Vec<String> {
    let (of_slices, mut names): (Vec<_>, Vec<_>) = names.into_iter().partition(String::is_empty);
    if !of_slices.is_empty() {
        let number = of_slices.len() as u64;
        names.push(counted(number, "estimate of a slice", "estimates of slices"));
    }
    names
}

/// Adds a warning for each kind of issue, with the names of the estimates that have it.
pub(super) fn add_warnings(evaluation: &Evaluation, all: &mut Vec<Warning>) {
    let estimates = estimates(evaluation);
    let overflow = |one: &NamedEstimate| one.issue == Some(EstimateIssue::Overflow);
    let share = |one: &NamedEstimate| match one.issue {
        Some(EstimateIssue::Unstable(share)) => Some(share),
        _ => None,
    };
    let largest = estimates.iter().filter_map(share).fold(0.0, f64::max) * 100.0;
    let mut warn = |code, has_issue: &dyn Fn(&NamedEstimate) -> bool, why: &str, advice: &str| {
        let names = estimates.iter().filter(|one| has_issue(one)).map(|one| one.name.clone());
        let names = names_of(names.collect());
        if !names.is_empty() {
            all.push(Warning::new(code, format!("{why} {}; {advice}", listed(&names))));
        }
    };
    warn(
        "undefined",
        &|one| overflow(one) && one.estimate.value.is_none(),
        "no value, because the scores are too large to be added up:",
        "use smaller scores",
    );
    warn(
        "no-interval",
        &|one| overflow(one) && one.estimate.value.is_some(),
        "no interval, because the scores are too large to be resampled:",
        "use smaller scores",
    );
    warn(
        "no-interval",
        &|one| one.issue == Some(EstimateIssue::OneSided),
        "no interval, because nearly all resamples lie on one side of the value:",
        "score more items",
    );
    warn(
        "unstable-interval",
        &|one| share(one).is_some(),
        &format!(
            "intervals are too narrow, because the estimate is undefined on up to {largest:.0} % of the resamples:"
        ),
        "score more items for which these metrics are defined",
    );
    let without_issue = estimates
        .into_iter()
        .filter(|one| matches!(one.issue, None | Some(EstimateIssue::NoVariation)))
        .map(|one| (one.name, one.estimate));
    let without_issue: Vec<(String, Estimate)> = without_issue.collect();
    let incomplete = incomplete(&without_issue).map(names_of);
    all.extend(incomplete_warnings(&incomplete, "score more items"));
}
