//! Why the replies of a judge could not be read, in sentences that say what to change.

use super::columns::shorten_keeping;
use super::quantities::count;
use super::text_report::printable;
use crate::grading::JudgeGrades;
use crate::judge::Reply;
use crate::summary::{CutOffSummary, JudgeSummary, ReplyPart, UnreadableFacts};
use crate::vote::Unreadable;

/// The most columns of an example, and of its beginning.
const EXAMPLE_WIDTH: usize = 200;
const EXAMPLE_BEGIN: usize = 120;
/// The most columns of a word of the server.
const WORD_WIDTH: usize = 40;

/// Why trials of a judge have no readable vote or grade; safe to print to a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableReport {
    /// How many trials, by reason: `57 of 60 cut off at max_tokens = 1024 with empty content, 1 without a vote`.
    pub reasons: String,
    /// What to do about the most frequent reason.
    pub hint: String,
    /// A reply that could not be read, shortened and in quotation marks, if one has any text.
    pub example: Option<String>,
}

/// Returns why trials of a judge have no readable vote; `None` if there are none, and for a jury.
pub fn unreadable_report(judge: &JudgeSummary) -> Option<UnreadableReport> {
    report_of(judge.unreadable_facts()?)
}

/// Returns why trials of a judge have no readable grade; `None` if there are none, and for a jury.
pub fn unreadable_grades(judge: &JudgeGrades) -> Option<UnreadableReport> {
    report_of(judge.unreadable_facts()?)
}

/// Returns why trials of a judge have no readable answer; `None` if there are none.
fn report_of(facts: UnreadableFacts<'_>) -> Option<UnreadableReport> {
    let most_frequent = facts.counts.most_frequent()?;
    let present = facts.counts.iter().filter(|(_, number)| *number > 0);
    let reasons = present.enumerate().map(|(at, (reason, number))| {
        let (number_of, what) = (count(number), predicate(facts, reason, number));
        match at {
            0 => format!("{number_of} of {} {what}", count(facts.answered)),
            _ => format!("{number_of} {what}"),
        }
    });
    let reasons = reasons.collect::<Vec<_>>().join(", ");
    let example = facts.example.map(|example| {
        let what = match example.part {
            ReplyPart::Refusal => "a refusal",
            ReplyPart::Reasoning => "the reasoning of a reply",
            ReplyPart::Text if facts.wanted == "grade" => ungraded_reply(example.reason),
            ReplyPart::Text => unreadable_reply(example.reason),
        };
        let text = shorten_keeping(&printable(&example.text), EXAMPLE_BEGIN, EXAMPLE_WIDTH);
        format!("{what}: “{text}”")
    });
    Some(UnreadableReport { reasons, hint: hint(most_frequent, facts), example })
}

/// Returns what a reply is that has no readable vote for a reason.
pub(super) fn unreadable_reply(reason: Unreadable) -> &'static str {
    match reason {
        Unreadable::Truncated => "a reply that is cut off",
        Unreadable::Refused => "a reply that is refused",
        Unreadable::NoVote => "a reply without a vote",
        Unreadable::Ambiguous => "a reply with different votes",
        Unreadable::Malformed => "a reply that is not JSON",
        Unreadable::TieNotAllowed => "a reply that is a tie",
        Unreadable::Empty => "a reply without an answer",
    }
}

/// Returns what a reply is that has no readable grade for a reason.
pub(super) fn ungraded_reply(reason: Unreadable) -> &'static str {
    match reason {
        Unreadable::NoVote => "a reply without a grade",
        Unreadable::Ambiguous => "a reply with different grades",
        reason => unreadable_reply(reason),
    }
}

/// Returns what the trials are that have no readable answer for a reason, as in `trials without a vote`.
pub(super) fn trials(facts: UnreadableFacts<'_>, reason: Unreadable, number: u64) -> String {
    let trials = if number == 1 { "trial" } else { "trials" };
    format!("{trials} {}", predicate(facts, reason, number))
}

/// Returns what is said of the trials with a reason.
fn predicate(facts: UnreadableFacts<'_>, reason: Unreadable, number: u64) -> String {
    let what = match reason {
        Unreadable::Truncated => {
            let details = facts.cut_off.map(|cut_off| cut_off_details(cut_off, number));
            return format!("cut off{}", details.unwrap_or_default());
        }
        Unreadable::Empty => "with an empty reply",
        Unreadable::Refused => "refused by the model or its provider",
        Unreadable::NoVote => return format!("without a {}", facts.wanted),
        Unreadable::Ambiguous => return format!("with different {}s", facts.wanted),
        Unreadable::Malformed => "with invalid JSON",
        Unreadable::TieNotAllowed => "with a tie, which the rubric does not allow",
    };
    what.to_owned()
}

/// Returns what ended the replies that are cut off, and what they contain.
fn cut_off_details(cut_off: &CutOffSummary, trials: u64) -> String {
    let at_limit = cut_off.at_token_limit;
    let mut details = match (&cut_off.finish_reason, cut_off.max_tokens) {
        (_, max_tokens) if at_limit > 0 => {
            let share = if at_limit < trials {
                format!(" ({} of them)", count(at_limit))
            } else {
                String::new()
            };
            let limit = max_tokens.map(|limit| format!(" = {limit}")).unwrap_or_default();
            format!("{share} at max_tokens{limit}")
        }
        (Some(reason), _) => {
            let reason = shorten_keeping(&printable(reason), WORD_WIDTH / 2, WORD_WIDTH);
            format!(" with finish_reason “{reason}”")
        }
        (None, _) => String::new(),
    };
    let contents =
        [(cut_off.empty, "empty content"), (cut_off.with_reasoning, "reasoning present")];
    let mut joint = " with ";
    for (number, what) in contents.into_iter().filter(|(number, _)| *number > 0) {
        details.push_str(joint);
        if number < trials {
            details.push('(');
            details.push_str(&count(number));
            details.push_str(" of them) ");
        }
        details.push_str(what);
        joint = " and ";
    }
    details
}

/// Returns what to do about a reason.
fn hint(reason: Unreadable, facts: UnreadableFacts<'_>) -> String {
    let wanted = facts.wanted;
    let hint = match reason {
        Unreadable::Truncated => match facts.cut_off {
            Some(cut_off) if cut_off.at_token_limit > 0 => {
                "raise max_tokens and use another run file, since a run keeps its limit"
            }
            Some(CutOffSummary { finish_reason: Some(reason), .. })
                if reason == Reply::COST_LIMIT =>
            {
                "the budget ended these replies: judge again with a larger one"
            }
            Some(CutOffSummary { finish_reason: Some(_), .. }) => {
                "the server ended these replies early; its log may say why"
            }
            _ => {
                "the replies end before their answer does: raise max_tokens, and check the limit of the \
                 server itself"
            }
        },
        Unreadable::Empty if facts.is_recording => {
            return format!(
                "the recording has no {wanted} for these: write one into its lines if you know it, or have them \
                 asked by another judge"
            );
        }
        Unreadable::Empty => "check that the server returns the text of this model as content",
        Unreadable::Refused => {
            "look at the replies: the model or a filter does not accept these items"
        }
        Unreadable::NoVote => {
            "the judge does not answer as the rubric expects: compare the reply with its [reply] section \
             and the prompt"
        }
        Unreadable::Ambiguous => {
            return format!(
                "say in the prompt that there is to be one {wanted}, or set take in the rubric"
            );
        }
        Unreadable::Malformed => {
            "use a server that supports a JSON schema for replies, a stronger model, or a rubric with \
             format = \"pattern\""
        }
        Unreadable::TieNotAllowed => {
            "allow ties in the rubric, or say in the prompt that there is to be a winner"
        }
    };
    hint.to_owned()
}
