//! The agreement of metrics with people's grades.

use unicode_width::UnicodeWidthStr as _;

use super::numbers::{Digits, join_names};
use super::preferences::unused;
use crate::grading::{MetricGradeAgreement, MetricGradeReport, RankAgreement};
use crate::report::columns::{pad_right, shorten};
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted};
use crate::report::text_report::{TextReport, WIDTH, printable};
use crate::stats::Estimate;

/// The width of the column of metrics; a longer name has a line of its own.
const NAME: usize = 16;
/// The most numbers of a metric in one line.
const IN_LINE: usize = 2;

/// A number of each metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Auroc,
    Spearman,
    Kendall,
    WithinItems,
}

impl Number {
    /// Returns the numbers that a report shows, the most telling one first. Of two steps, correlations say what the area
    /// under the curve says.
    pub(super) fn shown(report: &MetricGradeReport) -> &'static [Self] {
        match (report.passes, report.scale.steps.len()) {
            (Some(_), 2) => &[Self::Auroc, Self::WithinItems],
            (Some(_), _) => &[Self::Auroc, Self::WithinItems, Self::Spearman, Self::Kendall],
            (None, _) => &[Self::Spearman, Self::WithinItems, Self::Kendall],
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Auroc => "AUC",
            Self::Spearman => "ρ",
            Self::Kendall => "τ",
            Self::WithinItems => "in item",
        }
    }

    /// Returns the estimate of a metric.
    pub(super) fn of(self, agreement: &RankAgreement) -> Estimate {
        match self {
            Self::Auroc => agreement.auroc.unwrap_or(Estimate::undefined(0)),
            Self::Spearman => agreement.spearman,
            Self::Kendall => agreement.kendall,
            Self::WithinItems => agreement.within_items,
        }
    }

    /// Returns the value and the interval as text.
    pub(super) fn cells(self, agreement: &RankAgreement) -> [String; 2] {
        let estimate = self.of(agreement);
        if self != Self::WithinItems {
            return [Digits::SHARE.value(estimate.value), Digits::SHARE.interval(&estimate)];
        }
        let interval = match (estimate.low, estimate.high) {
            (Some(low), Some(high)) => format!("{:.1} – {:.1}", low * 100.0, high * 100.0),
            _ => String::new(),
        };
        [percent(estimate.value), interval]
    }
}

/// Writes the agreement of each metric with people's grades.
pub(super) fn grades(output: &mut TextReport, report: &MetricGradeReport) {
    output.paragraph(2, &legend(report));
    output.paragraph(2, &beyond_chance(report));
    for numbers in Number::shown(report).chunks(IN_LINE) {
        let titles = numbers.iter().map(|number| {
            let of = if *number == Number::WithinItems { "pairs" } else { "n" };
            format!("{:>9}  {:<15}{of:>5}", number.title(), "95 %")
        });
        output.line(format_args!("  {:NAME$}{}", "", titles.collect::<String>().trim_end()));
        for metric in &report.metrics {
            line(output, metric, numbers);
        }
    }
    if let Some(left_out) = left_out(report) {
        output.paragraph(2, &left_out);
    }
    output.blank();
}

fn line(output: &mut TextReport, metric: &MetricGradeAgreement, numbers: &[Number]) {
    let mut name = printable(&metric.metric);
    if name.width() >= NAME {
        output.line(format_args!("  {}", shorten(&name, WIDTH - 2)));
        name.clear();
    }
    let cells = numbers.iter().map(|number| {
        let [value, interval] = number.cells(&metric.agreement);
        let n = count(number.of(&metric.agreement).n);
        // A wider interval uses the space before n.
        let rest = 20_usize.saturating_sub(interval.chars().count().max(15));
        format!("{value:>9}  {interval:<15}{n:>rest$}")
    });
    let cells: String = cells.collect();
    output.line(format_args!("  {}{}", pad_right(&name, NAME), cells.trim_end()));
}

/// Returns what the metrics are compared with, and the meaning of the columns.
pub(super) fn legend(report: &MetricGradeReport) -> String {
    let steps: Vec<String> = report.scale.steps.iter().map(|step| printable(step)).collect();
    let passes = match (&report.passes, &report.scale.pass_from) {
        (Some(counts), Some(from)) => format!(
            "; {} pass, from {} on, and {} fail",
            count(counts.passed),
            printable(from),
            count(counts.failed)
        ),
        _ => String::new(),
    };
    let meanings = Number::shown(report).iter().map(|number| match number {
        Number::Auroc => {
            "AUC: how often a response that people pass has a better score than one that they fail, also where these are \
             responses to different items"
        }
        Number::WithinItems => {
            "\"in item\": how often, of two responses to one item, the one that people grade better has the better score"
        }
        Number::Spearman => "ρ: the rank correlation of score and grade (Spearman)",
        Number::Kendall => "τ: the same by Kendall (τ-b)",
    });
    let meanings: Vec<&str> = meanings.collect();
    let half = "equal scores count half";
    format!(
        "agreement with the grades of {} by {} ({}{passes}). {}; {half}",
        counted(report.labelled, "response"),
        counted(report.annotators, "annotator"),
        steps.join(" < "),
        meanings.join("; ")
    )
}

/// Returns which metrics agree with people beyond chance, and what people's grades have to do with descriptors.
pub(super) fn beyond_chance(report: &MetricGradeReport) -> String {
    let (describing, directed): (Vec<&MetricGradeAgreement>, Vec<&MetricGradeAgreement>) =
        report.metrics.iter().partition(|metric| metric.describes);
    let significant: Vec<&str> = directed
        .iter()
        .filter(|metric| metric.agreement.is_beyond_chance())
        .map(|metric| metric.metric.as_str())
        .collect();
    let (number, chance) = if report.passes.is_some() { ("AUC", "0.5") } else { ("ρ", "0") };
    let mut sentences = Vec::new();
    if significant.is_empty() && !directed.is_empty() {
        sentences.push(format!(
            "By the {number}, no metric is shown to agree with people beyond chance."
        ));
    } else if significant.len() == directed.len() && !directed.is_empty() {
        let names = join_names(&significant);
        sentences.push(format!("Agreement beyond chance ({number} above {chance}): {names}."));
    } else if !directed.is_empty() {
        sentences.push(format!(
            "Agreement beyond chance ({number} above {chance}): {}, out of {} metrics. Differences between metrics are \
             not tested.",
            join_names(&significant),
            directed.len()
        ));
    }
    if !describing.is_empty() {
        let names: Vec<&str> = describing.iter().map(|metric| metric.metric.as_str()).collect();
        let [describes, they_are] =
            if names.len() == 1 { ["describes", "it is"] } else { ["describe", "they are"] };
        sentences.push(format!(
            "{} only {describes} responses: {number} above {chance} says that {they_are} higher where people's grades are \
             better.",
            join_names(&names)
        ));
    }
    sentences.join(" ")
}

/// Returns how many labels were not used, and why; `None` if all were used.
pub(super) fn left_out(report: &MetricGradeReport) -> Option<String> {
    let no_majority = report.passes.map_or(0, |counts| counts.no_majority);
    let left_out = [
        (
            no_majority,
            "response has no majority on passing and is in no AUC",
            "responses have no majority on passing and are in no AUC",
        ),
        (report.cannot_assess, "response could not be assessed", "responses could not be assessed"),
        (
            report.labels_unmatched,
            "label is for another response",
            "labels are for other responses",
        ),
        (report.labels_blank, "line is not filled in", "lines are not filled in"),
    ];
    unused(&left_out)
}
