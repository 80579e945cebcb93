//! The conclusion from all metrics, in one or two sentences.
//!
//! A system is called the best only if it is significantly better than every other one, because one of several
//! scores is always the highest.

use super::numbers::join_names;
use super::system_names::SystemNames;
use crate::metrics::{Better, Evaluation, MetricReport};
use crate::report::quantities::counted;
use crate::report::text_report::TextReport;
use crate::report::wording::Wording;
use crate::stats::nearly_equal;

/// Returns the conclusion; `labels` is the sentence that recommends labels, `None` if metrics are compared with
/// labels, and `name` returns the displayed name of a system.
pub(super) fn sentences(
    metrics: &[MetricReport],
    labels: Option<&str>,
    name: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let (scored, without): (Vec<&MetricReport>, Vec<&MetricReport>) =
        metrics.iter().partition(|report| is_scored(report));
    let mut sentences = about_scores(&scored, labels, name);
    sentences.extend(without_score(&without));
    sentences
}

/// Returns the conclusion from metrics with scores.
fn about_scores(
    metrics: &[&MetricReport],
    labels: Option<&str>,
    name: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let directed: Vec<&MetricReport> =
        metrics.iter().copied().filter(|report| report.better.is_some()).collect();
    let systems = directed.first().map_or(0, |report| report.systems.len());
    if systems < 2 {
        return Vec::new();
    }
    let best = directed
        .iter()
        .filter_map(|report| Some((report.best.as_deref()?, report.metric.as_str())));
    let best = grouped(best, name);
    let open = directed.iter().filter(|report| report.best.is_none()).count() as u64;
    let mut sentences = vec![match best.as_slice() {
        [] if directed.len() == 1 => {
            format!(
                "{} does not show that any system is better than all others.",
                join_names(&[&directed[0].metric])
            )
        }
        [] => "No metric shows that any system is better than all others.".to_owned(),
        [(system, metrics)] => {
            let rest = match open {
                0 => String::new(),
                1 => "; 1 metric is inconclusive".to_owned(),
                open => format!("; {open} metrics are inconclusive"),
            };
            format!("{system} is the best by {}{rest}.", join_names(metrics))
        }
        several => {
            let said: Vec<String> = several
                .iter()
                .map(|(system, metrics)| format!("{system} is the best by {}", join_names(metrics)))
                .collect();
            format!("The metrics contradict each other: {}.", said.join("; "))
        }
    }];
    let leaders =
        directed.iter().filter_map(|report| Some((leader(report)?, report.metric.as_str())));
    let leaders = grouped(leaders, name);
    if best.len() < 2 && leaders.len() > 1 {
        let said: Vec<String> = leaders
            .iter()
            .map(|(system, metrics)| format!("{system} by {}", join_names(metrics)))
            .collect();
        sentences.push(format!(
            "Which system has the best score depends on the metric: {}.",
            said.join("; ")
        ));
    }
    if best.len() > 1 || leaders.len() > 1 {
        sentences.extend(labels.map(ToOwned::to_owned));
    }
    sentences
}

/// Says by which encoder texts were compared, if they were.
pub(super) fn encoder_note(evaluation: &Evaluation) -> Option<String> {
    let encoder = evaluation.encoder.as_ref()?;
    Some(format!(
        "texts are compared by the encoder {encoder}; scores by another encoder or layer are not comparable with these"
    ))
}

/// Returns whether any system has a score.
fn is_scored(report: &MetricReport) -> bool {
    report.systems.iter().any(|system| system.score.value.is_some())
}

/// Returns a sentence that lists the metrics without any score.
fn without_score(metrics: &[&MetricReport]) -> Option<String> {
    let names: Vec<&str> = metrics.iter().map(|report| report.metric.as_str()).collect();
    let have = match names.len() {
        0 => return None,
        1 => "has",
        _ => "have",
    };
    Some(format!("{} {have} no score for any system.", join_names(&names)))
}

/// Returns the system with the best score, if there is only one and all systems were scored on the same items.
fn leader(report: &MetricReport) -> Option<&str> {
    if !report.same_items {
        return None;
    }
    let sign = if report.better == Some(Better::Lower) { -1.0 } else { 1.0 };
    let mut scored: Vec<(f64, &str)> = report
        .systems
        .iter()
        .filter_map(|system| Some((sign * system.score.value?, system.system.as_str())))
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    match scored.as_slice() {
        [first, second, ..] if nearly_equal(first.0, second.0) => None,
        [first, ..] => Some(first.1),
        [] => None,
    }
}

/// Groups metrics by system, in the order of the first occurrence of each system.
fn grouped<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    name: &dyn Fn(&str) -> String,
) -> Vec<(String, Vec<&'a str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (system, metric) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == system) {
            Some((_, metrics)) => metrics.push(metric),
            None => groups.push((system, vec![metric])),
        }
    }
    groups.into_iter().map(|(system, metrics)| (name(system), metrics)).collect()
}

/// Returns the numbers of items and systems, and the meaning of the mark of the best system; `mark` describes it.
pub(super) fn basis(items: u64, metrics: &[MetricReport], mark: &str) -> String {
    let systems = metrics.first().map_or(0, |report| report.systems.len()) as u64;
    let [items, systems] = [counted(items, "item"), counted(systems, "system")];
    let basis = format!("{items}, {systems}; 95 % intervals over items.");
    if metrics.iter().all(|report| report.best.is_none()) {
        return basis;
    }
    format!(
        "{basis} {mark} marks the system that is better than every other: no interval of a difference contains 0, and \
         p ≤ 0.05."
    )
}

/// Returns the number of items of each score, if all are equal, and the meaning of the arrow.
pub(super) fn each_score(metrics: &[MetricReport]) -> Option<String> {
    let over = same_items(metrics).map(|n| format!("each score over {}", counted(n, "item")));
    let lower = metrics.iter().any(|report| report.better == Some(Better::Lower));
    let parts: Vec<String> =
        over.into_iter().chain(lower.then(|| "↓ lower is better".to_owned())).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Returns the number of items of all scores; `None` unless all scores are over the same items.
pub(super) fn same_items(metrics: &[MetricReport]) -> Option<u64> {
    let mut numbers =
        metrics.iter().flat_map(|report| &report.systems).map(|system| system.score.n);
    let first = numbers.next()?;
    let same = numbers.all(|n| n == first) && metrics.iter().all(|report| report.same_items);
    same.then_some(first)
}

/// Returns the sentence that recommends labels, unless metrics are compared with labels.
pub(super) fn advice(has_labels: bool, wording: &Wording) -> Option<&'static str> {
    (!has_labels).then_some(wording.labels)
}

/// Writes the conclusion and the basis of the numbers.
pub(super) fn headline(
    output: &mut TextReport,
    (items, metrics): (u64, &[MetricReport]),
    has_labels: bool,
    names: &SystemNames,
) {
    let advice = advice(has_labels, &output.wording);
    let sentences = sentences(metrics, advice, &|system| names.within(system, 40));
    let basis = basis(items, metrics, "*");
    match sentences.split_first() {
        Some((first, rest)) => {
            output.paragraph(0, first);
            for sentence in rest {
                output.paragraph(2, sentence);
            }
            output.paragraph(2, &basis);
        }
        None => output.paragraph(0, &basis),
    }
    output.blank();
}
