//! What a ranking says, in sentences.

use crate::error::listed;
use crate::ranking::{RankedBy, Ranking};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::text_report::printable;
use crate::stats::Estimate;

/// Returns the first thing to say about a ranking: who is first, of how many, by which judges.
pub fn ranking_headline(ranking: &Ranking) -> String {
    let systems = counted(ranking.systems.len() as u64, "system");
    let judges: Vec<String> =
        ranking.judges.iter().take(3).map(|judge| printable(&judge.judge)).collect();
    let judges = match ranking.judges.len() {
        1..=3 => listed(&judges),
        more => format!("{} judges", count(more as u64)),
    };
    let how = match ranking.from {
        RankedBy::Verdicts => "judged by",
        RankedBy::Grades => "made of grades by",
    };
    let by = format!(
        "{} of {}, {how} {judges}",
        counted(ranking.comparisons.planned, "comparison"),
        counted(ranking.items, "item")
    );
    if !ranking.connected {
        return format!(
            "{systems} in {} groups that no comparison connects, by {by}.",
            ranking.components.len()
        );
    }
    let firsts: Vec<_> =
        ranking.systems.iter().filter(|system| system.rank.value == Some(1)).collect();
    match firsts.as_slice() {
        [first] => {
            let range = match (first.rank.low, first.rank.high) {
                (Some(1), Some(1)) => "so in 95 % of resamples of the items".to_owned(),
                (Some(low), Some(high)) => format!("its rank may be {low} to {high}"),
                _ => "the range of its rank is not known".to_owned(),
            };
            format!("{} is first of {systems} ({range}), by {by}.", printable(&first.system))
        }
        [] => format!("Who is first of {systems} is not known, by {by}."),
        several => format!("{} of {systems} share the first rank, by {by}.", several.len()),
    }
}

/// Returns how many verdicts decide who is first; `None` where that is not known.
pub(super) fn leader_sentence(ranking: &Ranking) -> Option<String> {
    let leader = ranking.leader.as_ref()?;
    let verdicts = if leader.reversals == 1 { "verdict" } else { "verdicts" };
    Some(format!(
        "{} reversed {verdicts} of {} would put {} level with {}, or ahead.",
        count(leader.reversals),
        count(leader.of),
        printable(&leader.challenger),
        printable(&leader.system)
    ))
}

/// Returns how the comparisons ended.
pub(super) fn counts_sentence(ranking: &Ranking) -> String {
    let counts = ranking.comparisons;
    if ranking.from == RankedBy::Grades {
        let ties: u64 = ranking.pairs.iter().map(|pair| pair.ties).sum();
        return format!(
            "Comparisons: {} of two kept grades, of which {} are equal; {} without them.",
            count(counts.kept),
            count(ties),
            count(counts.missing)
        );
    }
    let mut parts = vec![format!("{} kept", count(counts.kept))];
    for (number, what) in [
        (counts.one_order, "asked in one order only"),
        (counts.inconsistent, "with orders that contradict each other"),
        (counts.missing, "without a result"),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", count(number)));
        }
    }
    format!("Comparisons: {}.", parts.join(", "))
}

/// Returns how many triples of systems have no order; `None` without triples.
pub(super) fn triples_sentence(ranking: &Ranking) -> Option<String> {
    let found = &ranking.intransitive;
    (found.triples > 0).then(|| {
        format!(
            "{} of {} of systems beat each other in a circle.",
            count(found.cycles),
            counted(found.triples, "triple")
        )
    })
}

/// Returns an estimate with its interval in parentheses; a dash if it is undefined.
pub(super) fn plain(estimate: &Estimate) -> String {
    let format = NumberFormat::Plain;
    let value = format.value(estimate.value);
    if estimate.low.is_some() { format!("{value} ({})", format.interval(estimate)) } else { value }
}
