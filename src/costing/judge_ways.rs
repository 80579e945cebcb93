//! A judge alone: on all items, on a random part of them, or until the question is decided.

use super::judge_terms::JudgeTerms;
use super::people::PeopleFacts;
use super::pilot::Pilot;
use super::planned::Planned;
use super::simulation::{SimulatedScores, simulate_until_decided};
use super::ways::{Amount, Answers, Leaves, Way, WayKind};
use crate::error::{Error, Result};
use crate::stats::{Estimate, StatError, mean_half_width, mean_sample_size};

/// The largest standard deviation of scores between 0 and 1.
const LARGEST_DEVIATION: f64 = 0.5;
/// The fewest comparisons of a pair: intervals of fewer are too narrow.
pub(super) const LEAST: f64 = 50.0;
/// The probability of a decision above which the sequence is taken to answer.
const POWER: f64 = 0.8;

/// A judge with its pilot, and what the labels say of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) terms: &'a JudgeTerms,
    pub(super) pilot: Option<&'a Pilot>,
    pub(super) people: Option<&'a PeopleFacts>,
}

impl Known<'_> {
    /// Returns requests for each comparison.
    pub(super) fn requests_per_comparison(&self, planned: &Planned<'_>) -> f64 {
        planned.trials() * self.pilot.map_or(1.0, |pilot| pilot.facts.requests_per_trial)
    }

    /// Returns the standard deviation of the scores of a pair.
    fn deviation(&self, other: &str) -> f64 {
        let pairs = self.pilot.map_or(&[][..], |pilot| &pilot.facts.pairs);
        let found = pairs.iter().find(|pair| pair.other == other);
        found.map_or(LARGEST_DEVIATION, |pair| pair.deviation)
    }

    fn usable(&self) -> f64 {
        self.pilot.map_or(1.0, Pilot::usable)
    }

    /// Returns the half width that so large a part of all comparisons is expected to give, the widest of all pairs; `None`
    /// where it has no usable comparison.
    pub(super) fn half_width(&self, planned: &Planned<'_>, part: f64) -> Option<f64> {
        let widths = planned.pairs.iter().map(|pair| {
            let n = pair.comparisons as f64 * self.usable() * part;
            half_width(self.deviation(&pair.other), n, planned)
        });
        widths.collect::<Option<Vec<_>>>()?.into_iter().reduce(f64::max)
    }

    /// Returns the part of all comparisons that is large enough for the margin; above 1 if all are not enough.
    fn part_needed(&self, planned: &Planned<'_>) -> f64 {
        let parts = planned.pairs.iter().map(|pair| {
            let n = sample_size(self.deviation(&pair.other), planned);
            n / self.usable() / pair.comparisons as f64
        });
        parts.fold(0.0, f64::max)
    }

    /// Returns how many of the first comparisons, or of all, the pilot has answered.
    fn done(&self, is_all: bool) -> f64 {
        let is_nested = self.pilot.is_some_and(|pilot| pilot.facts.is_first_part);
        if is_nested || is_all { self.terms.answered as f64 } else { 0.0 }
    }

    /// Sets the requests and the cost of a way by the comparisons that are left.
    pub(super) fn charge(&self, way: &mut Way, planned: &Planned<'_>, left: Amount) {
        way.requests = left.times(self.requests_per_comparison(planned));
        let usd = self.terms.usd(self.pilot, planned.trials(), way.is_batch);
        way.usd = usd.map(|usd| left.product(usd));
        match usd {
            None => way.leaves.push(Leaves::Price),
            Some(usd) if usd.expected.is_none() => way.leaves.push(Leaves::ReplyLength),
            Some(_) => {}
        }
        if way.is_batch && self.terms.is_batch_price_assumed {
            way.leaves.push(Leaves::BatchPrice);
        }
    }

    /// Returns how many comparisons are left of all.
    pub(super) fn left_of_all(&self, planned: &Planned<'_>) -> Amount {
        Amount::exactly(planned.comparisons as f64).less(self.done(true))
    }

    /// Returns the mean slack of the scores: how far orders without a readable vote could move the win rate.
    fn slack(&self) -> f64 {
        self.pilot.map_or(0.0, |pilot| pilot.facts.unreadable / 2.0)
    }
}

/// Returns the half width of the interval of a pair; `None` without comparisons.
pub(super) fn half_width(deviation: f64, n: f64, planned: &Planned<'_>) -> Option<f64> {
    let width = mean_half_width(deviation, n, planned.confidence()).ok()?;
    Some(width.min(0.5))
}

/// Returns the comparisons of a pair that the margin needs.
pub(super) fn sample_size(deviation: f64, planned: &Planned<'_>) -> f64 {
    let n = mean_sample_size(deviation, planned.question.margin, planned.confidence());
    n.unwrap_or(f64::INFINITY).max(LEAST)
}

/// Returns the ways of one judge, each also as a batch where that is possible.
pub(super) fn judge_ways(known: Known<'_>, planned: &Planned<'_>) -> Result<Vec<Way>> {
    let mut ways = Vec::new();
    let batches = if known.terms.batch_price.is_some() { &[false, true][..] } else { &[false] };
    let part = known.part_needed(planned);
    for is_batch in batches {
        ways.push(part_way(WayKind::All, known, planned, 1.0, *is_batch));
    }
    if part < 1.0 {
        for is_batch in batches {
            ways.push(part_way(WayKind::Subset, known, planned, part, *is_batch));
        }
    }
    ways.push(until_decided(known, planned)?);
    Ok(ways)
}

fn part_way(
    kind: WayKind,
    known: Known<'_>,
    planned: &Planned<'_>,
    part: f64,
    is_batch: bool,
) -> Way {
    let mut way = Way { is_batch, ..Way::new(kind, Some(&known.terms.name)) };
    // Whole items are judged.
    let items = (planned.items as f64 * part).ceil().min(planned.items as f64);
    let part = items / planned.items as f64;
    way.comparisons = Amount::exactly((planned.comparisons as f64 * part).round());
    way.half_width = known.half_width(planned, part);
    // A part is chosen to be just large enough.
    let is_enough =
        way.half_width.is_some_and(|width| width <= planned.question.margin * (1.0 + 1e-9))
            && known.part_needed(planned) <= 1.0;
    if is_enough {
        way.answers = Answers::Judge;
    } else {
        way.needs = Some((known.part_needed(planned) * planned.comparisons as f64).ceil() as u64);
    }
    judge_or_people(&mut way, known.people, planned.question.margin);
    if known.slack() > 0.0 {
        way.leaves.push(Leaves::Unreadable { by: known.slack() });
    }
    if known.pilot.is_none() {
        way.is_assumed = true;
        way.leaves.push(Leaves::DeviationAssumed);
    }
    let left = way.comparisons.less(known.done(items >= planned.items as f64));
    known.charge(&mut way, planned, left);
    way
}

/// Sets whether a way of a judge alone says anything about people, and what it leaves uncertain of them.
pub(super) fn judge_or_people(way: &mut Way, people: Option<&PeopleFacts>, margin: f64) {
    let Some(people) = people else {
        way.leaves.push(Leaves::BiasUnknown);
        return;
    };
    let largest = |bias: &Estimate| bias.value.map_or(f64::INFINITY, f64::abs);
    let biases = people.pairs.iter().map(|pair| pair.bias);
    let Some(bias) = biases.clone().max_by(|a, b| largest(a).total_cmp(&largest(b))) else {
        return;
    };
    let is_outside = |bias: &Estimate| {
        bias.low.is_some_and(|low| low > margin) || bias.high.is_some_and(|high| high < -margin)
    };
    // How far the interval of the judge's win rate may be from people's.
    let furthest = |bias: &Estimate| bias.low.zip(bias.high).map(|(low, high)| high.max(-low));
    let furthest = biases.clone().map(|bias| furthest(&bias)).collect::<Option<Vec<f64>>>();
    let furthest = furthest.and_then(|all| all.into_iter().reduce(f64::max));
    if let Some(outside) = biases.clone().find(is_outside) {
        way.answers = Answers::Nothing;
        way.leaves.push(Leaves::Biased { bias: outside });
    } else if way.answers == Answers::Judge
        && furthest.zip(way.half_width).is_some_and(|(bias, width)| bias + width <= margin)
    {
        way.answers = Answers::People;
    } else {
        way.leaves.push(Leaves::BiasOpen { bias });
    }
}

fn until_decided(known: Known<'_>, planned: &Planned<'_>) -> Result<Way> {
    let mut way = Way::new(WayKind::UntilDecided, Some(&known.terms.name));
    let scores = match known.pilot {
        Some(pilot) => pilot.scores(planned.pairs.len()),
        None => SimulatedScores::WinRate(planned.win_rate()),
    };
    let (pairs, seed) = (planned.pairs.len(), planned.options.seed);
    let found = simulate_until_decided(&scores, planned.question, pairs, planned.items, seed);
    let impossible = |error: StatError| Error::internal(format!("a simulation: {error}"));
    let found = found.map_err(&impossible)?;
    way.comparisons = found.comparisons;
    way.undecided = Some(found.undecided);
    way.leaves.push(Leaves::RateItself);
    way.leaves.push(Leaves::Undecided { probability: found.undecided });
    if found.undecided.value.is_some_and(|undecided| undecided <= 1.0 - POWER) {
        way.answers = Answers::Judge;
    }
    // It gives no interval of the width of the margin, so that it never says how often people prefer the system.
    judge_or_people(&mut way, known.people, planned.question.margin);
    if known.pilot.is_none() {
        way.is_assumed = true;
        way.leaves.push(Leaves::WinRateAssumed { win_rate: planned.win_rate() });
    }
    let left = found.after(known.done(false)).map_err(impossible)?;
    known.charge(&mut way, planned, left);
    Ok(way)
}
