//! The agreement of metrics with labels.

use unicode_width::UnicodeWidthStr as _;

use super::numbers::{Digits, join_names};
use crate::calibration::PreferenceReport;
use crate::report::columns::{pad_right, shorten};
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted};
use crate::report::text_report::{TextReport, WIDTH, printable};
use crate::stats::Estimate;

/// The width of the column of metrics; a longer name has a line of its own.
const NAME: usize = 17;

/// Writes the agreement of each metric with the labels.
pub(super) fn preferences(output: &mut TextReport, preferences: &PreferenceReport) {
    output.paragraph(2, &legend(preferences));
    output.paragraph(2, &beyond_chance(preferences));
    output.line(format_args!(
        "  {:NAME$}{:>7}  {:<12}{:>7}  {:<16}{:>7} {:>7}",
        "", "agrees", "95 %", "κ", "95 %", "decides", "right"
    ));
    let share = |estimate: &Estimate| match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{:.1} – {:.1}", low * 100.0, high * 100.0),
        _ => String::new(),
    };
    for metric in &preferences.metrics {
        let mut name = printable(&metric.metric);
        if name.width() >= NAME {
            output.line(format_args!("  {}", shorten(&name, WIDTH - 2)));
            name.clear();
        }
        let kappa = &metric.cohen_kappa;
        let agreement = share(&metric.agreement);
        // A wider interval uses the space before κ.
        let rest = 19_usize.saturating_sub(agreement.chars().count().max(12));
        output.line(format_args!(
            "  {}{:>7}  {agreement:<12}{:>rest$}  {:<16}{:>7} {:>7}",
            pad_right(&name, NAME),
            percent(metric.agreement.value),
            Digits::SHARE.value(kappa.value),
            Digits::SHARE.interval(kappa),
            percent(metric.coverage.value),
            percent(metric.decided_agreement.value)
        ));
    }
    if let Some(left_out) = left_out(preferences) {
        output.paragraph(2, &left_out);
    }
    output.blank();
}

/// Returns the basis of the agreement and the meaning of the columns.
pub(super) fn legend(preferences: &PreferenceReport) -> String {
    let by = counted(preferences.annotators, "annotator");
    let tied = preferences.ties as f64 / preferences.labelled.max(1) as f64;
    format!(
        "agreement with {} of {by} ({} ties): how often the metric and the label prefer the same response, or \
         both are a tie; \"decides\": how often the scores differ; \"right\": how often people then prefer the \
         response with the better score",
        counted(preferences.labelled, "labelled comparison"),
        percent(Some(tied))
    )
}

/// Returns how many labels were not used, and why; `None` if all were used.
pub(super) fn left_out(preferences: &PreferenceReport) -> Option<String> {
    let left_out = [
        (preferences.no_majority, "comparison has no majority", "comparisons have no majority"),
        (
            preferences.labels_unmatched,
            "label is for another comparison",
            "labels are for other comparisons",
        ),
        (preferences.labels_blank, "line is not filled in", "lines are not filled in"),
    ];
    unused(&left_out)
}

/// Returns the numbers above 0 of what was not used as one sentence; `None` if there is none.
pub(super) fn unused(left_out: &[(u64, &str, &str)]) -> Option<String> {
    let parts: Vec<String> = left_out
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, more)| {
            format!("{} {}", count(*number), if *number == 1 { one } else { more })
        })
        .collect();
    (!parts.is_empty()).then(|| format!("{}.", parts.join(", ")))
}

/// Returns which metrics agree with people beyond chance.
pub(super) fn beyond_chance(preferences: &PreferenceReport) -> String {
    let significant: Vec<&str> = preferences
        .metrics
        .iter()
        .filter(|metric| metric.cohen_kappa.low.is_some_and(|low| low > 0.0))
        .map(|metric| metric.metric.as_str())
        .collect();
    let all = preferences.metrics.len();
    if significant.is_empty() {
        "No metric is shown to agree with people beyond chance.".to_owned()
    } else if significant.len() == all {
        format!("Agreement beyond chance (κ above 0): {}.", join_names(&significant))
    } else {
        format!(
            "Agreement beyond chance (κ above 0): {}, out of {all} metrics. Differences between metrics are not \
             tested.",
            join_names(&significant)
        )
    }
}
