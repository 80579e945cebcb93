//! What a run says, in sentences that can be quoted as they stand.

use super::decision::decision_sentences;
use crate::report::preference_sentences::{PreferenceSentence, sentences_of_pairs};
use crate::report::quantities::{count, counted, usd};
use crate::report::text_report::share_with_interval;
use crate::stats::Estimate;
use crate::store::JudgeCascade;
use crate::summary::{CascadeSummary, JudgeSummary, RunSummary, WinRate};
use crate::trial::other_system;
use crate::verdict::{CascadeRule, Outcome};

/// Returns what a run says about the systems: what the judge, or the jury, prefers, and that what people prefer is
/// not known. The names in it are not escaped.
///
/// The rate is the order-averaged one, which no selection affects; that of a jury is over its kept verdicts,
/// since it has no other.
pub fn headline(summary: &RunSummary) -> Vec<String> {
    let result = summary.judges.last();
    result.map(|result| judge_headline(result, summary)).unwrap_or_default()
}

/// Returns what one judge, or the jury, says about the systems, as [`headline`] does.
pub(in crate::report) fn judge_headline(
    result: &JudgeSummary,
    summary: &RunSummary,
) -> Vec<String> {
    if result.planned == 0 {
        return Vec::new();
    }
    let cascade = summary.cascade.as_ref().filter(|_| is_cascade(result));
    let name = match (result.is_jury(), cascade) {
        (true, _) => "The jury",
        (false, Some(_)) => "The cascade",
        (false, None) => &result.judge,
    };
    // Where nothing was kept, that matters more than any rate.
    let mut sentences: Vec<String> = nothing_kept(result, name).into_iter().collect();
    sentences.extend(preferences(result, name));
    sentences.extend(one_order(result));
    sentences.extend(unreadable(result, summary.repeat));
    if let Some(cascade) = cascade {
        sentences.extend(sent(cascade));
        sentences.extend(what_it_cost(summary, cascade));
    }
    // The decision is about all judges together.
    let is_decided = result.win_rates.iter().any(|rate| rate.at_every_look.is_some());
    if let Some(decision) = summary.until_decided.as_ref().filter(|_| is_decided) {
        sentences.extend(decision_sentences(decision, summary));
    }
    sentences.push("What people prefer is not known without labels.".to_owned());
    sentences
}

/// Returns whether these are the numbers of final verdicts, where the run is a cascade.
fn is_cascade(result: &JudgeSummary) -> bool {
    result.judge == JudgeCascade::NAME
}

/// Returns how much was sent to the strong judge of a cascade, and by which rule.
fn sent(cascade: &CascadeSummary) -> Vec<String> {
    let CascadeSummary { cheap, strong, sent, .. } = cascade;
    let which = match cascade.rule {
        CascadeRule::Margin { threshold } => {
            format!("those that {cheap} did not keep, or kept with a margin below {threshold}")
        }
        _ => format!("those that {cheap} did not keep"),
    };
    let share = match sent.n {
        0 => format!("{cheap} has answered no comparison yet: {strong} decides {which}."),
        n => format!(
            "{strong} decides {} of {}: {which}.",
            share_with_interval(sent),
            counted(n, "comparison")
        ),
    };
    let lacks_margins =
        cascade.threshold.is_some() && cascade.cheap_kept > 0 && cascade.cheap_with_margin == 0;
    let no_margins = lacks_margins.then(|| {
        format!(
            "No kept verdict of {cheap} has a margin, so that only what it did not keep was sent: a margin needs log \
             probabilities, or several repeats of each order."
        )
    });
    std::iter::once(share).chain(no_margins).collect()
}

/// Returns what a cascade has cost with each judge, where that is known and not nothing.
fn what_it_cost(summary: &RunSummary, cascade: &CascadeSummary) -> Option<String> {
    let cost = |name: &str| {
        let judge = summary.judges.iter().find(|judge| judge.judge == name)?;
        judge.cost_usd
    };
    let (cheap, strong) = (cost(&cascade.cheap)?, cost(&cascade.strong)?);
    (cheap + strong > 0.0).then(|| {
        format!(
            "It cost {}: {} with {}, and {} with {}.",
            usd(cheap + strong),
            usd(cheap),
            cascade.cheap,
            usd(strong),
            cascade.strong
        )
    })
}

fn preferences(result: &JudgeSummary, name: &str) -> Vec<String> {
    let subject = format!("{name} prefers");
    let pending = result.outcome(Outcome::Pending);
    let at_every_look = result.win_rates.iter().any(|rate| rate.at_every_look.is_some());
    let (of, of_note) = match (result.is_jury() && !at_every_look, pending) {
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

/// Returns how many comparisons were asked in one order only, if there are any, and what their votes say.
fn one_order(result: &JudgeSummary) -> Option<String> {
    let rates = result.win_rates.iter().filter_map(|rate| Some((rate, rate.one_order?)));
    let rates: Vec<(&WinRate, Estimate)> = rates.collect();
    let n: u64 = rates.iter().map(|(_, found)| found.n).sum();
    let asked = format!(
        "{} of {} {} asked in one order only, which keeps nothing",
        count(n),
        counted(result.planned, "comparison"),
        if n == 1 { "was" } else { "were" }
    );
    match rates.as_slice() {
        [] => None,
        [(rate, found)] => Some(format!(
            "{asked}: by the votes there, which no second order confirms, {} wins {} against {}.",
            rate.system,
            share_with_interval(found),
            other_system(&rate.between, &rate.system)
        )),
        _ => Some(format!(
            "{asked}; the win rates by the votes there are below, and no second order confirms them."
        )),
    }
}

/// Returns the win rate to quote; its interval holds whatever the unreadable replies would have chosen, and where asking
/// ended when the rate was decided, at every look.
fn quoted_rate<'a>(result: &JudgeSummary, rate: &'a WinRate) -> &'a Estimate {
    match &rate.at_every_look {
        Some(at_every_look) => at_every_look,
        None if result.is_jury() => &rate.kept,
        None => &rate.unreadable_bounds,
    }
}

/// Returns how many orders behind the rates have no readable vote, if any: they pull the rates to one half, and widen
/// their intervals. Without repeats an order is one reply.
fn unreadable(result: &JudgeSummary, repeat: u32) -> Option<String> {
    let quoted = || result.win_rates.iter().filter(|rate| rate.order_averaged.value.is_some());
    let unreadable: u64 = quoted().map(|rate| rate.unreadable_orders).sum();
    let orders: u64 = quoted().map(|rate| 2 * rate.order_averaged.n).sum();
    let (thing, lacks) = match (repeat, unreadable) {
        (1, _) => ("reply", "could not be read"),
        (_, 1) => ("order", "has no readable vote"),
        _ => ("order", "have no readable vote"),
    };
    let (they, count_as) = if unreadable == 1 { ("it", "counts") } else { ("they", "count") };
    (unreadable > 0).then(|| {
        format!(
            "{} of {} {lacks}: {they} {count_as} as no preference, and the interval holds whatever {they} would have \
             chosen.",
            count(unreadable),
            counted(orders, thing)
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
