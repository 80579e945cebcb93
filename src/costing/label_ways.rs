//! Labels: as many as make the win rate of people, corrected with a judge or without one, as narrow as the margin.

use super::judge_ways::{Known, LEAST, half_width, sample_size};
use super::people::{MOST_CORRELATION, People};
use super::planned::Planned;
use super::ways::{Amount, Answers, Leaves, Way, WayKind};
use crate::stats::{prediction_powered_gain, prediction_powered_sample_size};

/// The standard deviation of what people say, where they prefer both systems equally often and see no tie.
const LARGEST_DEVIATION: f64 = 0.5;
/// How often a reply agrees with people, where nothing says it.
const AGREEMENT: f64 = 0.75;
/// Kept of all comparisons, where nothing says it.
const COVERAGE: f64 = 0.75;

/// What is taken of people.
struct Assumed {
    deviation: f64,
    correlation: f64,
    is_guess: bool,
}

impl Assumed {
    fn of(known: Known<'_>) -> Self {
        let deviation = known.people.and_then(|people| people.deviation);
        let measured = known.people.and_then(|people| people.correlation);
        // Two systems that people prefer equally often, and every comparison without a kept verdict right in one order.
        let coverage = known.pilot.and_then(|pilot| pilot.facts.coverage.value).unwrap_or(COVERAGE);
        let agreement = AGREEMENT.min(f64::midpoint(1.0, coverage));
        let implied = if coverage > 0.0 { (2.0 * agreement - 1.0) / coverage.sqrt() } else { 0.0 };
        Self {
            deviation: deviation.unwrap_or(LARGEST_DEVIATION),
            correlation: measured.unwrap_or(implied.min(MOST_CORRELATION)),
            is_guess: measured.is_none(),
        }
    }
}

/// Returns a judge on all items with labels, also as a batch where that is possible.
pub(super) fn label_ways(known: Known<'_>, people: &People, planned: &Planned<'_>) -> Vec<Way> {
    let batches = if known.terms.batch_price.is_some() { &[false, true][..] } else { &[false] };
    let assumed = Assumed::of(known);
    batches
        .iter()
        .map(|is_batch| {
            let name = Some(known.terms.name.as_str());
            let mut way = Way { is_batch: *is_batch, ..Way::new(WayKind::Labels, name) };
            way.comparisons = Amount::exactly(planned.comparisons as f64);
            add_labels(&mut way, &assumed, people, planned);
            if assumed.is_guess {
                let correlation = assumed.correlation;
                way.leaves.push(Leaves::CorrelationAssumed { correlation });
            }
            way.is_assumed = assumed.is_guess;
            known.charge(&mut way, planned, known.left_of_all(planned));
            add_hours(&mut way, planned);
            way
        })
        .collect()
}

/// Returns labels without a judge.
pub(super) fn labels_alone(deviation: Option<f64>, people: &People, planned: &Planned<'_>) -> Way {
    let mut way = Way::new(WayKind::LabelsAlone, None);
    let assumed = Assumed {
        deviation: deviation.unwrap_or(LARGEST_DEVIATION),
        correlation: 0.0,
        is_guess: false,
    };
    add_labels(&mut way, &assumed, people, planned);
    way.is_assumed = deviation.is_none();
    if way.is_assumed {
        way.leaves.push(Leaves::DeviationAssumed);
    }
    add_hours(&mut way, planned);
    way
}

/// Sets the labels of a way and how near they bring the win rate of people.
fn add_labels(way: &mut Way, assumed: &Assumed, people: &People, planned: &Planned<'_>) {
    let alone = sample_size(assumed.deviation, planned);
    let all = planned.comparisons as f64;
    let of_pair = planned.pairs.iter().map(|pair| {
        let there = pair.comparisons;
        let needed = prediction_powered_sample_size(alone, assumed.correlation, there);
        // Labels are drawn from all pairs, of which this one has its part.
        let part = all / there.max(1) as f64;
        needed.ok().flatten().map(|labels| (labels.max(LEAST).min(there as f64) * part).ceil())
    });
    let needed = of_pair.collect::<Option<Vec<f64>>>();
    let labels = needed.and_then(|all| all.into_iter().reduce(f64::max));
    let Some(labels) = labels else {
        let part = planned.pairs.iter().map(|pair| alone / pair.comparisons.max(1) as f64);
        way.needs = Some((part.fold(0.0, f64::max) * all).ceil() as u64);
        // All labels that there can be.
        way.half_width = width_with(all, assumed, planned);
        way.labels = planned.comparisons.saturating_sub(people.labelled());
        way.leaves.push(Leaves::OneLabel);
        return;
    };
    let so_far = people.labelled() as f64;
    way.labels = (labels - so_far).max(0.0) as u64;
    way.half_width = width_with(labels.max(so_far).min(all), assumed, planned);
    way.answers = Answers::People;
    way.leaves.push(Leaves::OneLabel);
}

/// Returns the half width that so many labels of all comparisons give, the widest of all pairs.
pub(super) fn labelled_half_width(
    labels: u64,
    known: Known<'_>,
    planned: &Planned<'_>,
) -> Option<f64> {
    let labels = (labels as f64).min(planned.comparisons as f64);
    (labels > 0.0).then(|| width_with(labels, &Assumed::of(known), planned)).flatten()
}

fn width_with(labels: f64, assumed: &Assumed, planned: &Planned<'_>) -> Option<f64> {
    let widths = planned.pairs.iter().map(|pair| {
        let there = pair.comparisons as f64;
        let labels = (labels * there / planned.comparisons as f64).max(1.0).min(there);
        let rest = (there - labels).max(0.0) as u64;
        let correlation = assumed.correlation.max(0.0);
        let gain = prediction_powered_gain(correlation, labels.round() as u64, rest).ok()?;
        half_width(assumed.deviation, labels * gain, planned)
    });
    widths.collect::<Option<Vec<_>>>()?.into_iter().reduce(f64::max)
}

fn add_hours(way: &mut Way, planned: &Planned<'_>) {
    way.hours = way.labels as f64 * planned.options.seconds_per_label / 3600.0;
}
