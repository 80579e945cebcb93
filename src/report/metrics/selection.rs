//! Which metrics a page shows: all that were asked for, or of the usual ones those that tell systems apart.

use super::numbers::join_names;
use super::{MetricLabels, MetricsDocument};
use crate::metrics::{MetricReport, Scale};

/// The most of the usual metrics whose differences are shown.
const MAX_DIFFERENCES: usize = 3;
/// The metrics whose differences are shown first, if no labels say which agree most with people.
const PREFERRED: [&str; 3] = ["chrf", "rouge-l", "bleu"];

/// The metrics that a page shows.
pub(super) struct ShownMetrics {
    /// Those with scores.
    pub(super) scores: Vec<MetricReport>,
    /// Those with differences, among them.
    pub(super) differences: Vec<MetricReport>,
    /// What is not shown, as a sentence; `None` if everything is.
    pub(super) left_out: Option<String>,
}

impl ShownMetrics {
    pub(super) fn of(document: MetricsDocument<'_>) -> Self {
        let metrics = &document.evaluation.metrics;
        if document.full {
            return Self { scores: metrics.clone(), differences: metrics.clone(), left_out: None };
        }
        let (mut scores, mut constant): (Vec<MetricReport>, Vec<MetricReport>) =
            metrics.iter().cloned().partition(|report| constant_score(report).is_none());
        if scores.is_empty() {
            std::mem::swap(&mut scores, &mut constant);
        }
        let chosen = chosen(&scores, document.labels);
        let differences: Vec<MetricReport> =
            scores.iter().filter(|report| chosen.contains(&report.metric)).cloned().collect();
        let left_out = left_out(&constant, &scores, &differences, document.wording.full);
        Self { scores, differences, left_out }
    }
}

/// Returns the score of a metric in words if it is the least or the greatest possible one for every system.
fn constant_score(report: &MetricReport) -> Option<&'static str> {
    let (greatest, shown) = match report.scale {
        Scale::Unit => (1.0, "1"),
        Scale::Hundred => (100.0, "100"),
        Scale::Similarity | Scale::Unbounded => return None,
    };
    let is = |wanted: f64| {
        // Scores are sums of many terms, so that the greatest may be missed by rounding.
        let equals = |value: f64| (value - wanted).abs() < 1e-9;
        let systems = &report.systems;
        !systems.is_empty() && systems.iter().all(|system| system.score.value.is_some_and(equals))
    };
    if is(0.0) {
        Some("0")
    } else if is(greatest) {
        Some(shown)
    } else {
        None
    }
}

/// Returns the names of the metrics whose differences are shown: those that agree most with people, if there are
/// labels.
fn chosen(metrics: &[MetricReport], labels: Option<MetricLabels<'_>>) -> Vec<String> {
    let agreement = |report: &MetricReport| labels?.agreement(&report.metric);
    let place = |report: &MetricReport| {
        PREFERRED.iter().position(|name| *name == report.metric).unwrap_or(PREFERRED.len())
    };
    let mut ranked: Vec<&MetricReport> =
        metrics.iter().filter(|report| !report.pairs.is_empty()).collect();
    ranked.sort_by(|one, other| {
        let [first, second] = [one, other].map(|report| agreement(report).unwrap_or(-1.0));
        second.total_cmp(&first).then(place(one).cmp(&place(other)))
    });
    ranked.into_iter().take(MAX_DIFFERENCES).map(|report| report.metric.clone()).collect()
}

fn left_out(
    constant: &[MetricReport],
    scores: &[MetricReport],
    differences: &[MetricReport],
    how_to_see: &str,
) -> Option<String> {
    let mut parts: Vec<String> = constant
        .iter()
        .map(|report| {
            let score = constant_score(report).unwrap_or_default();
            format!("{}, which is {score} for every system", report.metric)
        })
        .collect();
    let hidden: Vec<&str> = scores
        .iter()
        .filter(|report| !report.pairs.is_empty())
        .map(|report| report.metric.as_str())
        .filter(|name| differences.iter().all(|shown| shown.metric != *name))
        .collect();
    if !hidden.is_empty() {
        parts.push(format!("the differences by {}", join_names(&hidden)));
    }
    if parts.is_empty() {
        return None;
    }
    let how_to_see = if how_to_see.is_empty() { String::new() } else { format!(" {how_to_see}") };
    Some(format!("Left out: {}.{how_to_see}", parts.join("; ")))
}
