//! What a run says, in sentences that can be quoted as they stand.

use crate::report::preference_sentences::{PreferenceSentence, sentences_of_pairs};
use crate::report::quantities::{count, counted};
use crate::stats::Estimate;
use crate::summary::{JudgeSummary, RunSummary, WinRate};
use crate::verdict::Outcome;

/// Returns what a run says about the systems: what the judge, or the jury, prefers, and that what people prefer is
/// not known. The names in it are not escaped.
///
/// The rate is the order-averaged one, which no selection affects; that of a jury is over its kept verdicts,
/// since it has no other.
pub fn headline(summary: &RunSummary) -> Vec<String> {
    summary.judges.last().map(judge_headline).unwrap_or_default()
}

/// Returns what one judge, or the jury, says about the systems, as [`headline`] does.
pub(in crate::report) fn judge_headline(result: &JudgeSummary) -> Vec<String> {
    if result.planned == 0 {
        return Vec::new();
    }
    let name = if result.is_jury() { "The jury" } else { &result.judge };
    let mut sentences = preferences(result, name);
    sentences.extend(unreadable(result));
    sentences.extend(nothing_kept(result, name));
    sentences.push("What people prefer is not known without labels.".to_owned());
    sentences
}

fn preferences(result: &JudgeSummary, name: &str) -> Vec<String> {
    let subject = format!("{name} prefers");
    let pending = result.outcome(Outcome::Pending);
    let (of, of_note) = match (result.is_jury(), pending) {
        (true, 0) => ("kept verdict", ""),
        (true, _) => ("kept verdict", " so far"),
        (false, 0) => ("comparison", ""),
        (false, _) => ("comparison", " answered so far"),
    };
    let nothing = match (result.is_jury(), result.answered() == result.unreadable()) {
        (true, _) => format!("{name} kept no verdict, so this run says nothing about the systems."),
        (false, true) => {
            format!("{name} has no readable vote, so this run says nothing about the systems.")
        }
        (false, false) => format!("{name} answered no comparison in both orders."),
    };
    let sentences = result.win_rates.iter().map(|rate| {
        let quoted = quoted_rate(result, rate);
        PreferenceSentence {
            subject: &subject,
            between: &rate.between,
            system: &rate.system,
            rate: quoted,
            n: quoted.n,
            of,
            of_note,
            open: "no preference shown",
        }
    });
    sentences_of_pairs(sentences, &nothing)
}

/// Returns the win rate to quote.
fn quoted_rate<'a>(result: &JudgeSummary, rate: &'a WinRate) -> &'a Estimate {
    if result.is_jury() { &rate.kept } else { &rate.order_averaged }
}

/// Returns how many replies behind the rate could not be read, if any: they pull it to one half.
fn unreadable(result: &JudgeSummary) -> Option<String> {
    let (unreadable, answered) = (result.unreadable(), result.answered());
    (unreadable > 0 && unreadable < answered).then(|| {
        format!(
            "{} of {} could not be read and {} as no preference.",
            count(unreadable),
            counted(answered, "reply"),
            if unreadable == 1 { "counts" } else { "count" }
        )
    })
}

/// Returns that a complete run kept no verdict, if so.
fn nothing_kept(result: &JudgeSummary, name: &str) -> Option<String> {
    if result.outcome(Outcome::Kept) > 0 || result.outcome(Outcome::Pending) > 0 {
        return None;
    }
    let planned = counted(result.planned, "comparison");
    let reason = if result.is_jury() {
        "on none of them did more than half of the judges keep the same winner".to_owned()
    } else if result.outcome(Outcome::Flipped) == result.planned {
        "every verdict changed with the order".to_owned()
    } else {
        let unparsed = result.outcome(Outcome::Unparsed) + result.outcome(Outcome::Failed);
        match unparsed {
            0 => "the two orders agree on none of them".to_owned(),
            _ => format!(
                "{} changed with the order, {} had no vote in one of the orders",
                count(result.planned - unparsed),
                count(unparsed)
            ),
        }
    };
    Some(format!("{name} kept 0 of {planned}: {reason}."))
}
