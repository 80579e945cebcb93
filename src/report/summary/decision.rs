//! What is decided of the question that ended asking, and what that saved, in sentences.

use crate::deciding::{Decision, PairDecision};
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted, usd};
use crate::stats::MeanFinding;
use crate::summary::RunSummary;
use crate::trial::other_system;

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
            "Decided after {items}: {system} wins against {other} as often as {than}, give or take {}.",
            percent(decision.margin)
        ),
        None => format!(
            "Not decided after {items}: whether {system} wins more or less often than {than} against {other}."
        ),
    }
}

/// Returns how many comparisons were asked of those that there are, and what the others would have taken.
fn asked(decision: &Decision, summary: &RunSummary) -> String {
    let unasked = decision.available.saturating_sub(decision.planned);
    let error = percent(Some(decision.error));
    let holds = format!("The probability that a decision is wrong is at most {error}");
    if unasked == 0 {
        return format!("{holds}, and all {} were asked.", counted(decision.planned, "comparison"));
    }
    let judges = summary.judges.iter().filter(|judge| !judge.is_jury());
    let requests = 2 * u64::from(summary.repeat) * judges.clone().count() as u64 * unasked;
    let cost: Option<f64> = judges.map(|judge| judge.cost_usd).sum();
    let cost = cost.filter(|cost| *cost > 0.0 && decision.planned > 0);
    let cost = cost.map(|cost| cost / decision.planned as f64 * unasked as f64);
    format!(
        "{holds}; {} of {} were asked, and the others would have taken {}{}.",
        count(decision.planned),
        counted(decision.available, "comparison"),
        counted(requests, "request"),
        cost.map_or(String::new(), |cost| format!(" (about {})", usd(cost)))
    )
}
