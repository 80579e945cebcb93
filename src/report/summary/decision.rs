//! What is decided of the question that ended asking, and what that saved, in sentences.

use crate::deciding::{Decision, PairDecision};
use crate::error::counted as counted_as;
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted, usd};
use crate::stats::MeanFinding;
use crate::summary::RunSummary;
use crate::trial::other_system;
use crate::verdict::Outcome;

/// The most pairs of systems that get a sentence each.
const MOST_PAIRS: usize = 3;

/// Returns what is decided, and how much was not asked. The names in the sentences are not escaped.
pub(super) fn decision_sentences(decision: &Decision, summary: &RunSummary) -> Vec<String> {
    let pairs = decision.pairs.iter();
    let mut sentences: Vec<String> =
        pairs.clone().take(MOST_PAIRS).map(|pair| finding(decision, pair)).collect();
    let open = pairs.skip(MOST_PAIRS).filter(|pair| pair.finding.is_none()).count() as u64;
    let more = decision.pairs.len().saturating_sub(MOST_PAIRS) as u64;
    if more > 0 {
        sentences.push(format!("Of {}, {} undecided.", counted(more, "more pair"), count(open)));
    }
    let failed = summary.judges.last().map_or(0, |result| result.outcome(Outcome::Failed));
    if failed > 0 {
        sentences.push(format!(
            "{} no answer: the interval holds whatever {} would have been.",
            counted_as(failed, "comparison has", "comparisons have"),
            if failed == 1 { "it" } else { "they" }
        ));
    }
    sentences.push(asked(decision, summary));
    sentences
}

fn finding(decision: &Decision, pair: &PairDecision) -> String {
    let system = &decision.system;
    let other = other_system(&pair.between, system);
    let (than, items) = (percent(Some(decision.than)), counted(pair.win_rate.n, "item"));
    match pair.finding {
        Some(MeanFinding::Above) => {
            format!("Decided after {items}: {system} wins more often than {than} against {other}.")
        }
        Some(MeanFinding::Below) => {
            format!("Decided after {items}: {system} wins less often than {than} against {other}.")
        }
        Some(MeanFinding::Within) => format!(
            "Decided after {items}: {system} wins against {other} in {than}, give or take less than {}.",
            points(decision.margin)
        ),
        None => {
            let within = decision
                .margin
                .map(|margin| format!(", or by less than {} from that", points(Some(margin))));
            format!(
                "Not decided after {items}: whether {system} wins more or less often than {than} against {other}{}.",
                within.unwrap_or_default()
            )
        }
    }
}

/// Returns a difference of shares in points.
fn points(margin: Option<f64>) -> String {
    format!("{:.1} points", margin.unwrap_or_default() * 100.0)
}

/// Returns how many comparisons were asked of those that there are, and what the others would have taken.
fn asked(decision: &Decision, summary: &RunSummary) -> String {
    let error = percent(Some(decision.error));
    let holds = format!("The probability that a decision is wrong is at most {error}");
    let outcome = |outcome| summary.judges.last().map_or(0, |result| result.outcome(outcome));
    let asked = decision.planned.saturating_sub(outcome(Outcome::Pending));
    let of = counted(decision.available, "comparison");
    if asked < decision.planned {
        return format!("{holds}; {} of {of} were asked so far.", count(asked));
    }
    let unasked = decision.available.saturating_sub(asked);
    if unasked == 0 {
        return format!("{holds}, and all {of} were asked.");
    }
    let in_vain: u64 = decision
        .pairs
        .iter()
        .filter(|pair| pair.finding.is_some())
        .map(|pair| pair.comparisons.saturating_sub(pair.win_rate.n))
        .sum();
    let begun = match in_vain {
        0 => String::new(),
        _ => format!(" ({} begun before it was decided)", count(in_vain)),
    };
    let judges = summary.judges.iter().filter(|judge| !judge.is_jury());
    let requests = 2 * u64::from(summary.repeat) * judges.clone().count() as u64 * unasked;
    let cost: Option<f64> = judges.map(|judge| judge.cost_usd).sum();
    let cost = cost.filter(|cost| *cost > 0.0 && asked > 0);
    let cost = cost.map(|cost| cost / asked as f64 * unasked as f64);
    format!(
        "{holds}; {} of {of} were asked{begun}, and the others would have taken {}{}.",
        count(asked),
        counted(requests, "request"),
        cost.map_or(String::new(), |cost| format!(" (about {})", usd(cost)))
    )
}
