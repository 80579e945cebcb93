//! The entries about replies: both orders, answers, readable votes, repeats.

use super::Checked;
use super::entry::{Check, CheckState, ChecklistEntry, GapRemedy};
use crate::error::counted;
use crate::store::StoredJudge;
use crate::trial::Order;
use crate::verdict::{Ballot, Outcome};

/// The repeats that show how far the judge contradicts itself.
const REPEATS: u32 = 3;

pub(super) fn both_orders(checked: &Checked<'_>) -> ChecklistEntry {
    let judged = checked.judged;
    let (mut both, mut one) = (0_u64, 0_u64);
    for row in judged.rows() {
        let answered = Order::BOTH.map(|order| {
            let of_order = judged.table.votes(row).filter(|(of, _)| *of == order);
            of_order.map(|(_, ballot)| ballot).any(is_answer)
        });
        both += u64::from(answered == [true, true]);
        one += u64::from(answered[0] != answered[1]);
    }
    let sentence = match (both, one) {
        (0, 0) => "No comparison was asked.".to_owned(),
        (_, 0) => "Every comparison that was answered was asked in both orders.".to_owned(),
        _ => format!(
            "{} answered in one order only, which says nothing about the position.",
            counted(one, "comparison was", "comparisons were")
        ),
    };
    let state = match (both, one) {
        (0, _) => CheckState::Missing,
        (_, 0) => CheckState::Done,
        _ => CheckState::Partly,
    };
    let remedy = (state != CheckState::Done).then_some(GapRemedy::Resume);
    ChecklistEntry::new(Check::BothOrders, state, sentence, remedy)
}

fn is_answer(ballot: Ballot) -> bool {
    matches!(ballot, Ballot::Cast(_) | Ballot::Unreadable)
}

pub(super) fn answered(checked: &Checked<'_>) -> ChecklistEntry {
    let summary = checked.summary;
    let planned = counted(summary.planned, "comparison", "comparisons");
    let [pending, failed] = [Outcome::Pending, Outcome::Failed].map(|which| summary.outcome(which));
    if pending + failed == 0 {
        let sentence = format!("All of {planned} were answered in both orders.");
        return ChecklistEntry::done(Check::Answered, sentence);
    }
    let any = pending + failed < summary.planned;
    let state = if any { CheckState::Partly } else { CheckState::Missing };
    let counts = [
        (pending, counted(pending, "is pending", "are pending")),
        (failed, counted(failed, "has failed", "have failed")),
    ];
    let counts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    let sentence = format!("Of {planned}, {}.", counts.join(" and "));
    let remedy = if pending > 0 { GapRemedy::Resume } else { GapRemedy::RetryFailed };
    ChecklistEntry::new(Check::Answered, state, sentence, Some(remedy))
}

pub(super) fn readable(checked: &Checked<'_>) -> ChecklistEntry {
    let ballots = checked.judged.rows().flat_map(|row| checked.judged.table.votes(row));
    let (mut readable, mut unreadable) = (0_u64, 0_u64);
    for (_, ballot) in ballots {
        readable += u64::from(matches!(ballot, Ballot::Cast(_)));
        unreadable += u64::from(ballot == Ballot::Unreadable);
    }
    let replies = counted(readable + unreadable, "reply", "replies");
    let (state, sentence) = match (readable, unreadable) {
        (0, 0) => (CheckState::Missing, "There are no replies.".to_owned()),
        (0, _) => (CheckState::Missing, format!("None of {replies} has a readable vote.")),
        (_, 0) => (CheckState::Done, format!("All of {replies} have a readable vote.")),
        _ => {
            let none = counted(unreadable, "has", "have");
            (CheckState::Partly, format!("Of {replies}, {none} no readable vote."))
        }
    };
    let remedy = (unreadable > 0).then_some(GapRemedy::ShowUnreadable);
    ChecklistEntry::new(Check::Readable, state, sentence, remedy)
}

pub(super) fn repeats(judges: &[StoredJudge], repeat: u32) -> ChecklistEntry {
    if repeat > 1 {
        let sentence =
            format!("Each order was asked {repeat} times, so the noise of the judge is known.");
        return ChecklistEntry::done(Check::Repeats, sentence);
    }
    if judges.iter().all(|judge| judge.record.is_rule()) {
        let sentence = "The judge is a rule, which always answers alike.";
        return ChecklistEntry::done(Check::Repeats, sentence);
    }
    let sentence = "Each order was asked once, so it is not known how often the judge contradicts itself in one \
                    order.";
    // A recording cannot be asked again.
    let is_recording = judges.iter().all(|judge| judge.record.is_recording());
    let remedy = (!is_recording).then_some(GapRemedy::Repeat { repeat: REPEATS });
    ChecklistEntry::new(Check::Repeats, CheckState::Missing, sentence, remedy)
}
