//! Verdicts, votes and labels in words.

use crate::cases::Case;
use crate::input::Disagreement;
use crate::report::pending::pending_trial;
use crate::store::{AttemptResult, OrderRecord, PendingReason, TrialRecord};
use crate::trial::{Order, Side};
use crate::verdict::{Ballot, Outcome, Verdict};
use crate::vote::{Answer, Preference, Unreadable, Vote};

/// Returns the name of what is preferred.
pub(in crate::report) fn preferred(preference: Preference, between: &[String; 2]) -> &str {
    match preference {
        Preference::For(Side::A) => &between[0],
        Preference::For(Side::B) => &between[1],
        Preference::Tie => "tie",
    }
}

/// Returns a verdict: `flipped`, `kept: b`, `kept: tie`.
pub(in crate::report) fn verdict(verdict: Verdict, between: &[String; 2]) -> String {
    let outcome = verdict.outcome.as_str();
    match verdict.winner.filter(|_| verdict.outcome == Outcome::Kept) {
        Some(winner) => format!("{outcome}: {}", preferred(winner, between)),
        None => outcome.to_owned(),
    }
}

/// Returns a vote and what it prefers: `first → b`.
pub(super) fn vote(vote: Vote, order: Order, between: &[String; 2]) -> String {
    match vote {
        Vote::Tie => "tie".to_owned(),
        _ => format!("{} → {}", vote.as_str(), preferred(vote.under(order), between)),
    }
}

/// Returns an order: `order a, b`.
pub(super) fn order(order: Order, between: &[String; 2]) -> String {
    let [a, b] = between;
    match order {
        Order::AFirst => format!("order {a}, {b}"),
        Order::BFirst => format!("order {b}, {a}"),
    }
}

/// What is said of the answers of one kind.
pub(super) struct AnswerWords<'a, A: Answer> {
    /// What is wanted of a reply: `vote` or `grade`.
    pub(super) wanted: &'static str,
    /// What a choice is called.
    pub(super) choice: &'a dyn Fn(A::Choice) -> String,
    /// What a reply is that has no readable answer for a reason.
    pub(super) unreadable: fn(Unreadable) -> &'static str,
}

/// Returns how an order, or a direction of a scale, ended: its answer, or why it has none.
pub(super) fn order_end<A: Answer>(record: &OrderRecord<A>, words: &AnswerWords<'_, A>) -> String {
    match record.trials.as_slice() {
        [trial] => trial_end(trial, words),
        trials => {
            let (repeats, wanted) = (trials.len(), words.wanted);
            match record.ballot {
                Ballot::Cast(cast) => {
                    let agree = trials.iter().filter(|trial| trial.ballot == record.ballot).count();
                    format!("{} ({agree} of {repeats} repeats)", (words.choice)(cast))
                }
                Ballot::Unreadable => format!("no {wanted} of more than half of {repeats} repeats"),
                Ballot::Failed => "failed in a repeat".to_owned(),
                Ballot::Pending => "pending in a repeat".to_owned(),
            }
        }
    }
}

/// Returns how a trial ended: its answer, or why it has none.
pub(super) fn trial_end<A: Answer>(trial: &TrialRecord<A>, words: &AnswerWords<'_, A>) -> String {
    match trial.ballot {
        Ballot::Cast(cast) => (words.choice)(cast),
        Ballot::Unreadable => {
            let reply = (words.unreadable)(trial.unreadable().unwrap_or(Unreadable::NoVote));
            let reason = trial.deciding_reply().and_then(|reply| reply.finish_reason.as_deref());
            let reason = reason.filter(|reason| *reason != "stop");
            let reason = reason.map(|reason| format!(" (finish_reason {reason})"));
            format!("no {}: {reply}{}", words.wanted, reason.unwrap_or_default())
        }
        Ballot::Failed => {
            let is_final = trial.attempts.iter().any(|one| one.result == AttemptResult::Rejected);
            let what = if is_final { "failed, the request was refused" } else { "failed" };
            with_error(what, trial.last_error())
        }
        Ballot::Pending => {
            let what = trial.pending_reason().map_or("not asked yet", pending_trial);
            // That a recording has no reply says all.
            let is_recorded = trial.pending_reason() != Some(PendingReason::NotRecorded);
            with_error(&format!("pending: {what}"), trial.last_error().filter(|_| is_recorded))
        }
    }
}

fn with_error(what: &str, error: Option<&str>) -> String {
    error.map_or_else(|| what.to_owned(), |error| format!("{what}: {error}"))
}

/// Returns what people prefer, in the words of [`people_words`].
pub(in crate::report) fn people(case: &Case) -> String {
    let between = &case.record.between;
    let said = case.labels.iter().map(|label| SaidByPerson {
        annotator: &label.annotator,
        choice: preferred(label.preference, between),
        adjudicated: label.adjudicated,
    });
    let most = case.people_prefer().map(|preference| preferred(preference, between));
    people_words(&said.collect::<Vec<_>>(), most)
}

/// What one person said of a case.
pub(in crate::report) struct SaidByPerson<'a> {
    pub(in crate::report) annotator: &'a str,
    pub(in crate::report) choice: &'a str,
    /// Who had disagreed, where it is a decision about that.
    pub(in crate::report) adjudicated: Option<Disagreement>,
}

/// Returns what people said: `ana: b, ben: a; no majority`. Where they disagreed it names who decided, as in `ana: b, ben: a;
/// decided by cleo: b; most: b`, and where the judge disagreed with them who reviewed that, which decides nothing.
pub(in crate::report) fn people_words(said: &[SaidByPerson<'_>], most: Option<&str>) -> String {
    let of_kind = |why: Option<Disagreement>| -> String {
        let said = said.iter().filter(|one| one.adjudicated == why);
        said.map(|one| format!("{}: {}", one.annotator, one.choice)).collect::<Vec<_>>().join(", ")
    };
    let is_labelled = said.iter().any(|one| one.adjudicated.is_none());
    let mut parts = vec![if is_labelled { of_kind(None) } else { "no label".to_owned() }];
    let decided = [(Disagreement::People, "decided by"), (Disagreement::Judge, "reviewed by")];
    for (why, words) in decided {
        let said = of_kind(Some(why));
        if !said.is_empty() {
            parts.push(format!("{words} {said}"));
        }
    }
    if said.len() > 1 && is_labelled {
        parts.push(most.map_or("no majority".to_owned(), |most| format!("most: {most}")));
    }
    parts.join("; ")
}

/// Returns the notes of annotators, each with the name.
pub(in crate::report) fn notes(case: &Case) -> impl Iterator<Item = (&str, &str)> {
    case.labels.iter().filter_map(|label| Some((&*label.annotator, label.note.as_deref()?)))
}
