//! What the metrics say together, in a sentence or two.
//!
//! A system is called the best only where the interval of its difference from every other one excludes zero,
//! because the highest of several scores always exists and proves nothing.

use super::numbers::listed;
use super::systems::Systems;
use crate::calibration::PreferenceReport;
use crate::metrics::{Better, Evaluation, MetricReport};
use crate::report::page::Page;
use crate::report::quantities::counted;
use crate::stats::nearly_equal;

/// Returns what the metrics say together, in a sentence or two.
/// `named` names a system.
pub(super) fn sentences(
    found: &Evaluation,
    labelled: bool,
    named: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let (scored, without): (Vec<&MetricReport>, Vec<&MetricReport>) =
        found.metrics.iter().partition(|report| is_scored(report));
    let mut sentences = of_scores(&scored, labelled, named);
    sentences.extend(without_score(&without));
    sentences
}

/// Says what metrics that have scores say.
fn of_scores(
    metrics: &[&MetricReport],
    labelled: bool,
    named: &dyn Fn(&str) -> String,
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
    let best = grouped(best, named);
    let open = directed.iter().filter(|report| report.best.is_none()).count() as u64;
    let mut sentences = vec![match best.as_slice() {
        [] if directed.len() == 1 => {
            format!("{} does not show that one system is better than the rest.", directed[0].metric)
        }
        [] => "No metric shows that one system is better than the rest.".to_owned(),
        [(system, metrics)] => {
            let rest = match open {
                0 => String::new(),
                1 => "; 1 metric leaves it open".to_owned(),
                open => format!("; {open} metrics leave it open"),
            };
            format!("{system} is the best by {}{rest}.", listed(metrics))
        }
        several => {
            let said: Vec<String> = several
                .iter()
                .map(|(system, metrics)| format!("{system} is the best by {}", listed(metrics)))
                .collect();
            format!("The metrics contradict each other: {}.", said.join("; "))
        }
    }];
    let leaders =
        directed.iter().filter_map(|report| Some((leader(report)?, report.metric.as_str())));
    let leaders = grouped(leaders, named);
    if best.len() < 2 && leaders.len() > 1 {
        let said: Vec<String> = leaders
            .iter()
            .map(|(system, metrics)| format!("{system} by {}", listed(metrics)))
            .collect();
        sentences
            .push(format!("By the scores alone they disagree on who leads: {}.", said.join("; ")));
    }
    if (best.len() > 1 || leaders.len() > 1) && !labelled {
        sentences.push(
            "Which of them to believe only people can say: --labels shows how often each prefers what \
             people prefer."
                .to_owned(),
        );
    }
    sentences
}

/// Whether any system has a score.
fn is_scored(report: &MetricReport) -> bool {
    report.systems.iter().any(|system| system.score.value.is_some())
}

/// Says which metrics have no score at all.
fn without_score(metrics: &[&MetricReport]) -> Option<String> {
    let names: Vec<&str> = metrics.iter().map(|report| report.metric.as_str()).collect();
    let have = match names.len() {
        0 => return None,
        1 => "has",
        _ => "have",
    };
    Some(format!("{} {have} no score of any system.", listed(&names)))
}

/// Returns the system with the best score, if it is one alone and all were scored on the same items.
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

/// Puts metrics together by system, in the order in which the systems come first.
fn grouped<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    named: &dyn Fn(&str) -> String,
) -> Vec<(String, Vec<&'a str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (system, metric) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == system) {
            Some((_, metrics)) => metrics.push(metric),
            None => groups.push((system, vec![metric])),
        }
    }
    groups.into_iter().map(|(system, metrics)| (named(system), metrics)).collect()
}

/// Returns what the numbers are over, and what it says of a system that it is marked, which `mark` describes.
pub(super) fn basis(found: &Evaluation, mark: &str) -> String {
    let systems = found.metrics.first().map_or(0, |report| report.systems.len()) as u64;
    let [items, systems] = [counted(found.items, "item"), counted(systems, "system")];
    let basis = format!("{items}, {systems}; 95 % intervals over items.");
    if found.metrics.iter().all(|report| report.best.is_none()) {
        return basis;
    }
    format!(
        "{basis} {mark} is better than every other system: no interval of a difference holds 0, and p ≤ 0.05."
    )
}

/// Returns over how many items each score is, if that is the same everywhere, and which scores are better if lower.
pub(super) fn each_score(metrics: &[MetricReport]) -> Option<String> {
    let over = same_items(metrics).map(|n| format!("each score over {}", counted(n, "item")));
    let lower = metrics.iter().any(|report| report.better == Some(Better::Lower));
    let parts: Vec<String> =
        over.into_iter().chain(lower.then(|| "↓ lower is better".to_owned())).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Returns over how many items all scores are, if these are the same ones.
pub(super) fn same_items(metrics: &[MetricReport]) -> Option<u64> {
    let mut numbers =
        metrics.iter().flat_map(|report| &report.systems).map(|system| system.score.n);
    let first = numbers.next()?;
    let same = numbers.all(|n| n == first) && metrics.iter().all(|report| report.same_items);
    same.then_some(first)
}

pub(super) fn headline(
    page: &mut Page,
    found: &Evaluation,
    people: Option<&PreferenceReport>,
    names: &Systems,
) {
    let said = sentences(found, people.is_some(), &|system| names.within(system, 40));
    let basis = basis(found, "*");
    match said.split_first() {
        Some((first, rest)) => {
            page.paragraph(0, first);
            for sentence in rest {
                page.paragraph(2, sentence);
            }
            page.paragraph(2, &basis);
        }
        None => page.paragraph(0, &basis),
    }
    page.blank();
}
