//! Ties that only people, or only the judge, may choose: they limit how far the two can agree.
//!
//! Where the rubric allows no tie, a reply to a comparison that people call a tie is wrong whatever it says; where
//! people never choose a tie, each tie of the judge is wrong. The limit is that of the agreement of every reply: a
//! comparison without a majority counts with the largest share of its annotators that a reply can agree with.

use super::findings::{Finding, TieReplies};
use super::labelled::LabelledComparisons;
use super::panels::{LabelPanels, Panel};
use super::reply_choice::ReplyChoice;
use crate::vote::Preference;

/// Labelled comparisons below which it means nothing that none is a tie.
const FEWEST_WITHOUT_TIES: u64 = 30;

/// Returns the finding about the ties of labels, before any judge has answered. `allowed` says whether the judge may
/// choose one.
pub(super) fn finding_without_replies(labels: &LabelPanels, allowed: bool) -> Option<Finding> {
    let labelled = labels.panels.len() as u64;
    let ties = with_tie(labels);
    if !allowed && ties > 0 {
        let sum: f64 = labels.panels.iter().map(|panel| best(labels, panel)).sum();
        let ceiling = sum / labelled as f64;
        return Some(Finding::TiesNotAllowed { ties, labelled, ceiling });
    }
    (allowed && ties == 0 && labelled >= FEWEST_WITHOUT_TIES)
        .then_some(Finding::TiesNotLabelled { labelled, replies: None })
}

/// Returns the finding about ties of labels and replies.
pub(super) fn finding(labelled: LabelledComparisons<'_>) -> Option<Finding> {
    let LabelledComparisons { comparisons, labels, .. } = labelled;
    let number = labels.panels.len() as u64;
    let ties = with_tie(labels);
    if !comparisons.ties && ties > 0 {
        let (sum, all) = reachable(labelled, |panel, _| best(labels, panel));
        // Without any reply yet, each comparison counts once.
        let ceiling = match sum / all {
            ceiling if all > 0.0 => ceiling,
            _ => return finding_without_replies(labels, false),
        };
        return Some(Finding::TiesNotAllowed { ties, labelled: number, ceiling });
    }
    if !comparisons.ties || ties > 0 || number < FEWEST_WITHOUT_TIES {
        return None;
    }
    let is_tie = |choice| choice == ReplyChoice::Preferred(Preference::Tie);
    let replies = || labels.panels.iter().flat_map(|panel| comparisons.replies(panel.row));
    let tie_replies = replies().filter(|choice| is_tie(*choice)).count() as u64;
    if tie_replies == 0 {
        return None;
    }
    let (sum, all) =
        reachable(labelled, |panel, choice| if is_tie(choice) { 0.0 } else { best(labels, panel) });
    let replies = replies().filter(|choice| *choice != ReplyChoice::Absent).count() as u64;
    let replies = TieReplies { ties: tie_replies, replies, ceiling: sum / all };
    Some(Finding::TiesNotLabelled { labelled: number, replies: Some(replies) })
}

/// Returns the weighted sum of what each reply can score, and that of all weights.
fn reachable(
    labelled: LabelledComparisons<'_>,
    score: impl Fn(&Panel, ReplyChoice) -> f64,
) -> (f64, f64) {
    let (mut sum, mut all) = (0.0, 0.0);
    // As agreement: a mean over replies, each with the weight of its comparison.
    for panel in &labelled.labels.panels {
        let weight = labelled.weight(panel);
        let replies = labelled.comparisons.replies(panel.row);
        for choice in replies.filter(|choice| *choice != ReplyChoice::Absent) {
            sum += weight * score(panel, choice);
            all += weight;
        }
    }
    (sum, all)
}

/// Returns how many comparisons someone called a tie.
fn with_tie(labels: &LabelPanels) -> u64 {
    let is_tie = |panel: &&Panel| {
        labels.judgements(panel).iter().any(|(_, choice)| *choice == Preference::Tie)
    };
    labels.panels.iter().filter(is_tie).count() as u64
}

/// Returns how far a reply that is no tie can agree with a panel.
fn best(labels: &LabelPanels, panel: &Panel) -> f64 {
    let [a, b, _] = labels.weights(panel);
    a.max(b)
}
