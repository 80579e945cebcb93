//! Numbers on the scales of metrics, and the names of metrics.

use super::NAME;
use crate::metrics::{Better, MetricReport, Scale};
use crate::report::columns::shortened;
use crate::report::page::shown;
use crate::stats::Estimate;

/// Writes a number on the scale of a metric.
pub(super) fn number(scale: Scale, value: f64) -> String {
    let decimals = if scale == Scale::Hundred { 1 } else { 3 };
    if scale == Scale::Open && value != 0.0 && !(1e-3..1e6).contains(&value.abs()) {
        return format!("{value:.2e}");
    }
    let written = format!("{value:.decimals$}");
    // What rounds to nothing has no sign.
    match written.strip_prefix('-') {
        Some(positive) if positive.chars().all(|char| matches!(char, '0' | '.')) => {
            positive.to_owned()
        }
        _ => written,
    }
}

pub(super) fn value(scale: Scale, value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| number(scale, value))
}

pub(super) fn interval(scale: Scale, estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} – {}", number(scale, low), number(scale, high)),
        _ if estimate.value.is_some() => "no interval".to_owned(),
        _ => String::new(),
    }
}

/// Returns a metric's name, with an arrow where lower is better.
pub(super) fn titled(report: &MetricReport) -> String {
    let name = shortened(&shown(&report.metric), NAME - 2);
    if report.better == Some(Better::Lower) { format!("{name} ↓") } else { name }
}
