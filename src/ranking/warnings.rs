//! What may be wrong with a ranking.

use super::adjusted::{POSITION_DECIDES, POSITION_UNBOUNDED};
use super::results::{AdjustedStrengths, RankedBy, Ranking};
use crate::error::{Warning, count, counted, listed};
use crate::stats::Estimate;

/// Fewer items than this are too few for intervals that are clustered by item.
const FEW_ITEMS: u64 = 10;
/// The share of resamples without a known order above which ranges of ranks are doubtful.
const MANY_UNDEFINED: f64 = 0.05;

/// What a ranking rests on.
pub(super) struct Support {
    /// The system with a vote in the fewest items, with their number.
    pub(super) fewest: Option<(u64, String)>,
    /// Several systems that few items join to the others, with the number of these.
    pub(super) link: Option<(u64, Vec<String>)>,
    /// The share of resamples in which the order is not known.
    pub(super) undefined: f64,
}

/// Returns the warnings of a ranking.
pub(super) fn warnings(ranking: &Ranking, support: Support) -> Vec<Warning> {
    let found = [
        not_connected(ranking),
        infinite(ranking),
        one_order(ranking),
        order_unknown(ranking),
        pending(ranking),
        without_grades(ranking),
        many_ties(ranking),
        inconsistent(ranking),
        position(&ranking.order_adjusted),
        length_adjusted(ranking),
        intransitive(ranking),
        few_items(support.fewest),
        weak_link(support.link),
        resamples(support.undefined),
        several_rubrics(ranking),
    ];
    found.into_iter().flatten().collect()
}

fn not_connected(ranking: &Ranking) -> Option<Warning> {
    (!ranking.connected).then(|| {
        let groups = ranking.components.iter().take(5).map(|group| {
            let names = group.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
            if group.len() > 5 { format!("({names}, …)") } else { format!("({names})") }
        });
        let more = if ranking.components.len() > 5 { ", …" } else { "" };
        let message = format!(
            "the comparisons do not connect the systems: {}{more}; ranks are within each of these {} \
             groups, and nothing is known between them; judge comparisons between them",
            groups.collect::<Vec<_>>().join(", "),
            ranking.components.len()
        );
        Warning::new("not-connected", message)
    })
}

fn infinite(ranking: &Ranking) -> Option<Warning> {
    if ranking.finite {
        return None;
    }
    let undefined = ranking.systems.iter().filter(|one| one.strength.value.is_none());
    let names: Vec<String> = undefined.map(|one| one.system.clone()).collect();
    let without = if names.is_empty() {
        String::new()
    } else {
        format!(": there is no strength of {}", listed(&names))
    };
    let unordered = ranking.systems.iter().any(|one| one.rank.value.is_none());
    let order = if unordered {
        "and the order of some is not known"
    } else {
        "ranks follow from who beats whom"
    };
    let message = format!(
        "some systems win, or lose, everything against the others, so that differences between them are \
         infinite{without}; {order}; more comparisons would show by how much they differ"
    );
    Some(Warning::new("infinite-strength", message))
}

fn one_order(ranking: &Ranking) -> Option<Warning> {
    let counts = ranking.comparisons;
    // Those of an unknown order cannot be completed.
    let what_next = if counts.order_unknown < counts.one_order {
        "; judge the same items again to ask the other order"
    } else {
        ""
    };
    (counts.one_order > 0).then(|| {
        let message = format!(
            "{} asked in one order only: nothing of them is kept, their votes count as results, and what the order \
             did to them is not known{what_next}",
            of_planned(counts.one_order, ranking, "comparison was", "comparisons were")
        );
        Warning::new("one-order", message)
    })
}

fn order_unknown(ranking: &Ranking) -> Option<Warning> {
    let number = ranking.comparisons.order_unknown;
    (number > 0).then(|| {
        let message = format!(
            "in {} nobody knows which response was shown first: the votes count, but not for the advantage of a \
             position, and the other order cannot be asked",
            of_planned(number, ranking, "comparison", "comparisons")
        );
        Warning::new("order-unknown", message)
    })
}

fn pending(ranking: &Ranking) -> Option<Warning> {
    let number = ranking.comparisons.pending;
    let what = match ranking.from {
        RankedBy::Verdicts => {
            "an order that is still to be asked, and no result yet; judge the same items again"
        }
        RankedBy::Grades => "a grade that is still to be asked for; grade the same items again",
    };
    (number > 0).then(|| {
        let comparisons = of_planned(number, ranking, "comparison has", "comparisons have");
        Warning::new("pending", format!("{comparisons} {what}"))
    })
}

fn without_grades(ranking: &Ranking) -> Option<Warning> {
    let counts = ranking.comparisons;
    let number = counts.missing - counts.pending;
    (ranking.from == RankedBy::Grades && number > 0).then(|| {
        let message = format!(
            "{} left out, since one of the two grades was not kept, or is \"cannot assess\"",
            of_planned(number, ranking, "comparison is", "comparisons are")
        );
        Warning::new("without-grades", message)
    })
}

fn many_ties(ranking: &Ranking) -> Option<Warning> {
    let ties: u64 = ranking.pairs.iter().map(|pair| pair.ties).sum();
    let decided = ranking.comparisons.kept;
    (ranking.from == RankedBy::Grades && ties * 2 > decided).then(|| {
        let message = format!(
            "{} of {} made of grades are ties: the scale has too few steps, or the judge uses too few of them, to tell \
             these responses apart; ask which of two is better to do so",
            count(ties),
            counted(decided, "comparison", "comparisons")
        );
        Warning::new("many-ties", message)
    })
}

/// Returns how many of all comparisons, with the words for one or for several.
fn of_planned(number: u64, ranking: &Ranking, one: &str, several: &str) -> String {
    let planned = ranking.comparisons.planned;
    format!("{} of {}", count(number), counted(planned, one, several))
}

fn inconsistent(ranking: &Ranking) -> Option<Warning> {
    let counts = ranking.comparisons;
    let both = counts.kept + counts.inconsistent;
    (counts.inconsistent * 10 > both).then(|| {
        let message = format!(
            "the orders contradict each other in {} of {}; wins, losses and ties leave these out, strengths do not",
            count(counts.inconsistent),
            counted(both, "comparison", "comparisons")
        );
        Warning::new("inconsistent", message)
    })
}

fn position(order: &AdjustedStrengths) -> Option<Warning> {
    match order.undefined.as_deref() {
        Some(POSITION_DECIDES) => {
            let message = "the position decides every vote of the judges, so that the ranking says nothing of the \
                           systems; use another judge";
            return Some(Warning::new("position-bias", message));
        }
        Some(POSITION_UNBOUNDED) => {
            let message = format!(
                "no strengths that allow for the order: {POSITION_UNBOUNDED}; look at how often the orders \
                 contradict each other"
            );
            return Some(Warning::new("position-bias", message));
        }
        _ => {}
    }
    let Estimate { value, low, high, .. } = order.coefficient?;
    let (value, low, high) = (value?, low?, high?);
    (low > 0.0 || high < 0.0).then(|| {
        let which = if value > 0.0 { "first" } else { "second" };
        let chance = 100.0 / (1.0 + (-value.abs()).exp());
        let message = format!(
            "the judges favour what is shown {which}: of two equal responses it would win {chance:.1} % of \
             votes; compare the strengths with those that allow for the order"
        );
        Warning::new("position-bias", message)
    })
}

fn length_adjusted(ranking: &Ranking) -> Option<Warning> {
    let reason = ranking.length_adjusted.undefined.as_ref()?;
    ranking.finite.then(|| {
        Warning::new("no-length-adjusted", format!("no length-adjusted strengths: {reason}"))
    })
}

fn intransitive(ranking: &Ranking) -> Option<Warning> {
    let found = &ranking.intransitive;
    found.examples.first().map(|[a, b, c]| {
        let message = format!(
            "{} of {} no order, such as {a} over {b} over {c} over {a}; one strength for each system cannot say that",
            count(found.cycles),
            counted(found.triples, "triple of systems has", "triples of systems have")
        );
        Warning::new("intransitive", message)
    })
}

fn few_items(fewest: Option<(u64, String)>) -> Option<Warning> {
    let (items, system) = fewest.filter(|(items, _)| *items < FEW_ITEMS)?;
    let message = format!(
        "{system} has votes in {} only; intervals and ranges of ranks are too narrow with fewer than {FEW_ITEMS}, and \
         there are none with one",
        counted(items, "item", "items")
    );
    Some(Warning::new("few-items", message))
}

fn weak_link(link: Option<(u64, Vec<String>)>) -> Option<Warning> {
    let (items, systems) = link.filter(|(items, _)| *items < FEW_ITEMS)?;
    let (join, what_follows) = if items == 1 {
        ("joins", "there is no interval and no p-value between them")
    } else {
        ("join", "intervals between them are too narrow")
    };
    let message = format!(
        "only {} {join} {} to the other systems: {what_follows}; judge more comparisons between them",
        counted(items, "item", "items"),
        listed(&systems)
    );
    Some(Warning::new("weak-link", message))
}

fn resamples(undefined: f64) -> Option<Warning> {
    (undefined > MANY_UNDEFINED).then(|| {
        let message = format!(
            "in {:.0} % of resamples of the items the strengths of the systems cannot be computed; there are \
             no ranges of ranks",
            undefined * 100.0
        );
        Warning::new("undefined-resamples", message)
    })
}

fn several_rubrics(ranking: &Ranking) -> Option<Warning> {
    let mut rubrics: Vec<String> =
        ranking.judges.iter().map(|judge| format!("{} {}", judge.rubric, judge.version)).collect();
    rubrics.sort();
    rubrics.dedup();
    (rubrics.len() > 1).then(|| {
        let message = format!(
            "the runs ask by several rubrics ({}), and better may not mean the same in all of them; rank \
             those of one rubric",
            listed(&rubrics)
        );
        Warning::new("several-rubrics", message)
    })
}
