//! What labels say of the metrics.

use unicode_width::UnicodeWidthStr as _;

use super::numbers::{Digits, listed};
use crate::calibration::PreferenceReport;
use crate::report::columns::{left, shortened};
use crate::report::page::{Page, WIDTH, percent, shown};
use crate::report::quantities::{count, counted};
use crate::stats::Estimate;

/// Columns of a metric's name; a longer one has a line of its own.
const NAME: usize = 17;

pub(super) fn preferences(page: &mut Page, people: &PreferenceReport) {
    page.paragraph(2, &introduction(people));
    page.paragraph(2, &beyond_chance(people));
    page.line(format_args!(
        "  {:NAME$}{:>7}  {:<12}{:>7}  {:<16}{:>7} {:>7}",
        "", "agrees", "95 %", "κ", "95 %", "names", "right"
    ));
    let share = |estimate: &Estimate| match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{:.1} – {:.1}", low * 100.0, high * 100.0),
        _ => String::new(),
    };
    for metric in &people.metrics {
        let mut name = shown(&metric.metric);
        if name.width() >= NAME {
            page.line(format_args!("  {}", shortened(&name, WIDTH - 2)));
            name.clear();
        }
        let kappa = &metric.cohen_kappa;
        let agreement = share(&metric.agreement);
        // An interval that is wider than its column takes from the space before κ.
        let rest = 19_usize.saturating_sub(agreement.chars().count().max(12));
        page.line(format_args!(
            "  {}{:>7}  {agreement:<12}{:>rest$}  {:<16}{:>7} {:>7}",
            left(&name, NAME),
            percent(metric.agreement.value),
            Digits::SHARE.value(kappa.value),
            Digits::SHARE.interval(kappa),
            percent(metric.coverage.value),
            percent(metric.decided_agreement.value)
        ));
    }
    if let Some(left_out) = left_out(people) {
        page.paragraph(2, &left_out);
    }
    page.blank();
}

/// Says against what the metrics are held, and what the columns are.
pub(super) fn introduction(people: &PreferenceReport) -> String {
    let by = counted(people.annotators, "annotator");
    let tied = people.ties as f64 / people.labelled.max(1) as f64;
    format!(
        "against {} by {by}, who see{} a tie in {}: how often the response with the better score is the \
         one that people prefer, a tie being a choice; \"names\": how often the metric names a winner at \
         all; \"right\": how often people prefer it then",
        counted(people.labelled, "labelled comparison"),
        if people.annotators == 1 { "s" } else { "" },
        percent(Some(tied))
    )
}

/// Says how many labels are in none of the numbers, and why.
pub(super) fn left_out(people: &PreferenceReport) -> Option<String> {
    let left_out: Vec<String> = [
        (people.no_majority, "comparison has no majority", "comparisons have no majority"),
        (
            people.labels_unmatched,
            "label is of another comparison",
            "labels are of other comparisons",
        ),
        (people.labels_blank, "line is still blank", "lines are still blank"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, more)| {
        format!("{} {}", count(number), if number == 1 { one } else { more })
    })
    .collect();
    (!left_out.is_empty()).then(|| format!("{}.", left_out.join(", ")))
}

/// Says which metrics agree with people beyond chance.
pub(super) fn beyond_chance(people: &PreferenceReport) -> String {
    let shown: Vec<&str> = people
        .metrics
        .iter()
        .filter(|metric| metric.cohen_kappa.low.is_some_and(|low| low > 0.0))
        .map(|metric| metric.metric.as_str())
        .collect();
    let all = people.metrics.len();
    if shown.is_empty() {
        "None of them is shown to agree with people beyond chance.".to_owned()
    } else if shown.len() == all {
        format!("Beyond chance (κ above 0): {}.", listed(&shown))
    } else {
        format!(
            "Beyond chance (κ above 0): {}, of {all} that were tried. Whether one metric agrees more than another \
             is not tested here.",
            listed(&shown)
        )
    }
}
