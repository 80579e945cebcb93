//! A cheap judge on all items, and a strong one on what the cheap one does not keep.

use std::collections::HashMap;
use std::path::Path;

use super::judge_ways::{Known, half_width, judge_or_people, sample_size};
use super::people::People;
use super::pilot::{Observed, Pilot, deviation};
use super::planned::Planned;
use super::ways::{Amount, Answers, Leaves, Way, WayKind};
use crate::cascade::{CascadeOptions, CascadeRule, CascadeSide, replay_cascade};
use crate::input::DataFile;
use crate::stats::{Estimate, clustered_share};
use crate::store::RunFile;

/// A comparison that both pilots have answered.
struct Joined<'a> {
    cheap: &'a Observed,
    strong: &'a Observed,
}

impl Joined<'_> {
    /// Returns the score by the judge that decides: 1, ½ or 0 where the cheap one keeps its verdict.
    fn score(&self) -> Option<f64> {
        self.cheap.kept.or_else(|| self.strong.score())
    }
}

/// Returns the cascade of two judges. Without a pilot of both, only what is missing.
pub(super) fn cascade_way(
    cheap: Known<'_>,
    strong: Known<'_>,
    people: &People,
    labels: Option<&DataFile>,
    planned: &Planned<'_>,
) -> Way {
    let mut way = Way::new(WayKind::Cascade, Some(&cheap.terms.name));
    way.then = Some(strong.terms.name.clone());
    let missing = [cheap, strong].into_iter().filter(|known| known.pilot.is_none());
    let mut missing: Vec<String> = missing.map(|known| known.terms.name.clone()).collect();
    if let (Some(first), Some(second)) = (cheap.pilot, strong.pilot) {
        let joined = join(first, second);
        if !joined.is_empty() {
            measure(&mut way, &joined, [(cheap, first), (strong, second)], people, planned);
            add_cheap_verdicts(&mut way, &joined, [first, second], [cheap, strong], labels);
            return way;
        }
        missing = vec![cheap.terms.name.clone(), strong.terms.name.clone()];
    }
    way.usd = None;
    way.leaves.push(Leaves::PilotMissing { judges: missing });
    way
}

fn join<'a>(cheap: &'a Pilot, strong: &'a Pilot) -> Vec<Joined<'a>> {
    let key = |one: &'a Observed| (one.id.as_str(), one.other);
    let of_strong: HashMap<_, &Observed> =
        strong.observed.iter().map(|one| (key(one), one)).collect();
    let joined = cheap
        .observed
        .iter()
        .filter_map(|cheap| Some(Joined { cheap, strong: of_strong.get(&key(cheap))? }));
    joined.collect()
}

fn measure(
    way: &mut Way,
    joined: &[Joined<'_>],
    [(cheap, cheap_pilot), (strong, strong_pilot)]: [(Known<'_>, &Pilot); 2],
    people: &People,
    planned: &Planned<'_>,
) {
    let comparisons = planned.comparisons as f64;
    way.comparisons = Amount::exactly(comparisons);
    let items: Vec<&str> = joined.iter().map(|one| one.cheap.id.as_str()).collect();
    let sent: Vec<f64> =
        joined.iter().map(|one| f64::from(u8::from(one.cheap.kept.is_none()))).collect();
    let share = clustered_share(&sent, &items);
    let share = Amount {
        expected: share.value,
        low: share.low.unwrap_or(0.0),
        high: share.high.or(Some(1.0)),
    };
    let to_cheap = comparisons - cheap.terms.answered as f64;
    // Of those that are sent, the strong judge has answered as large a part as of all.
    let to_strong = comparisons - strong.terms.answered as f64;
    let requests = Amount::exactly(to_cheap.max(0.0) * cheap.requests_per_comparison(planned));
    let of_strong = share.times(to_strong.max(0.0) * strong.requests_per_comparison(planned));
    way.requests = requests.plus(of_strong);

    // What is sent may be longer than the rest, so that costs are those of the comparisons themselves.
    let per_trial = |known: Known<'_>, pilot: &Pilot, one: &Observed| {
        if known.terms.is_local {
            Some(0.0)
        } else {
            Some(one.usd(known.terms.price?)? / pilot.trials)
        }
    };
    let costs = |one: &Joined<'_>| {
        let of_cheap = per_trial(cheap, cheap_pilot, one.cheap)?;
        let of_strong = match one.cheap.kept {
            Some(_) => 0.0,
            None => per_trial(strong, strong_pilot, one.strong)?,
        };
        Some((of_cheap, of_strong))
    };
    let costs: Option<Vec<(f64, f64)>> = joined.iter().map(costs).collect();
    let usd = costs.and_then(|costs| {
        let left = [to_cheap, to_strong].map(|left| left.max(0.0) / comparisons);
        let both = costs.iter().map(|(cheap, strong)| cheap * left[0] + strong * left[1]);
        Amount::mean(&both.collect::<Vec<f64>>(), &items)
    });
    way.usd = usd.map(|usd| usd.times(comparisons * planned.trials()));
    if way.usd.is_none() {
        way.leaves.push(Leaves::Price);
    }

    let mut needed: f64 = 0.0;
    let mut widest = Some(0.0_f64);
    for (at, pair) in planned.pairs.iter().enumerate() {
        let of_pair = joined.iter().filter(|one| one.cheap.other == at);
        let scores: Vec<f64> = of_pair.clone().filter_map(Joined::score).collect();
        let usable = scores.len() as f64 / of_pair.count().max(1) as f64;
        let deviation = if scores.is_empty() { 0.5 } else { deviation(&scores) };
        let n = pair.comparisons as f64 * usable;
        let width = half_width(deviation, n, planned);
        widest = widest.zip(width).map(|(widest, width)| widest.max(width));
        needed = needed.max(sample_size(deviation, planned) / n);
    }
    way.half_width = widest;
    if needed <= 1.0 {
        way.answers = Answers::Judge;
    } else {
        way.needs = Some((needed * comparisons).ceil().min(u64::MAX as f64) as u64);
    }
    let scores: HashMap<(&str, usize), f64> = joined
        .iter()
        .filter_map(|one| Some(((one.cheap.id.as_str(), one.cheap.other), one.score()?)))
        .collect();
    let score = |one: &Observed| scores.get(&(one.id.as_str(), one.other)).copied();
    let error = planned.error_of_pair();
    let facts = people.facts_of(&cheap_pilot.observed, score, &planned.pairs, error);
    judge_or_people(way, facts.as_ref(), planned.question.margin);
}

fn add_cheap_verdicts(
    way: &mut Way,
    joined: &[Joined<'_>],
    pilots: [&Pilot; 2],
    known: [Known<'_>; 2],
    labels: Option<&DataFile>,
) {
    let items: Vec<&str> = joined.iter().map(|one| one.cheap.id.as_str()).collect();
    let kept: Vec<f64> =
        joined.iter().map(|one| f64::from(u8::from(one.cheap.kept.is_some()))).collect();
    let (agreement, strong_agreement) =
        labels.and_then(|labels| agreements(pilots, known, labels)).unzip();
    way.leaves.push(Leaves::CheapVerdicts {
        kept: clustered_share(&kept, &items),
        agreement,
        strong_agreement,
    });
}

/// Returns how often the deciding replies agree with people on the dev part, and those of the strong judge alone; `None`
/// where the labels say nothing about it.
fn agreements(
    pilots: [&Pilot; 2],
    known: [Known<'_>; 2],
    labels: &DataFile,
) -> Option<(Estimate, Estimate)> {
    let open = |pilot: &Pilot| RunFile::open(Path::new(&pilot.facts.run)).ok();
    let side = |known: Known<'_>| known.terms.name.clone();
    let names = known.map(side);
    let options = CascadeOptions {
        cheap: CascadeSide { judge: Some(&names[0]), cost_per_comparison: None },
        strong: CascadeSide { judge: Some(&names[1]), cost_per_comparison: None },
        loss: 0.0,
        dev_only: true,
    };
    let found = replay_cascade(open(pilots[0])?, open(pilots[1])?, labels, options).ok()?;
    let of = |rule: CascadeRule| {
        let rules = &found.report.dev.rules;
        rules.iter().find(|one| one.rule == rule).map(|one| one.agreement)
    };
    Some((of(CascadeRule::NotKept)?, of(CascadeRule::StrongAlone)?))
}
