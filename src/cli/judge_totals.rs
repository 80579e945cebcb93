//! What the end of a command says of a judge, whatever it was asked about.

use evenhand::grading::JudgeGrades;
use evenhand::report::{UnreadableReport, unreadable_grades, unreadable_report};
use evenhand::summary::{JudgeSummary, TokenCounts};
use evenhand::verdict::Outcome;

/// How far a judge has come, in counts that do not depend on what is judged.
pub(super) struct JudgeTotals {
    pub(super) judge: String,
    pub(super) is_jury: bool,
    pub(super) planned: u64,
    pub(super) failed: u64,
    pub(super) unparsed: u64,
    /// Trials that were answered, readably or not.
    pub(super) answered: u64,
    /// Of those, without a readable answer.
    pub(super) unreadable: u64,
    /// Why, if there are any.
    pub(super) report: Option<UnreadableReport>,
    pub(super) replies: u64,
    /// Of the replies that this run paid for; a jury has none of its own.
    pub(super) tokens: Option<TokenCounts>,
    /// Whether of some replies nobody knows which response was shown first.
    pub(super) has_unknown_order: bool,
}

impl JudgeTotals {
    /// Returns those of a judge of comparisons.
    pub(super) fn of(judge: &JudgeSummary) -> Self {
        let position = judge.position.as_ref();
        Self {
            judge: judge.judge.clone(),
            is_jury: judge.is_jury(),
            planned: judge.planned,
            failed: judge.outcome(Outcome::Failed),
            unparsed: judge.outcome(Outcome::Unparsed),
            answered: judge.answered(),
            unreadable: judge.unreadable(),
            report: unreadable_report(judge),
            replies: judge.replies,
            tokens: judge.tokens,
            has_unknown_order: position.is_some_and(|position| position.order_unknown > 0),
        }
    }

    /// Returns those of a judge that grades.
    pub(super) fn of_grades(judge: &JudgeGrades) -> Self {
        Self {
            judge: judge.judge.clone(),
            is_jury: judge.is_jury(),
            planned: judge.planned,
            failed: judge.outcome(Outcome::Failed),
            unparsed: judge.outcome(Outcome::Unparsed),
            answered: judge.answered,
            unreadable: judge.unreadable_trials(),
            report: unreadable_grades(judge),
            replies: judge.replies,
            tokens: judge.tokens,
            has_unknown_order: false,
        }
    }

    /// Returns whether no reply could be read; a jury has none of its own.
    pub(super) fn has_nothing_readable(&self) -> bool {
        self.answered == self.unreadable
    }
}
