//! Where one annotator differs from the others, by more than chance explains.
//!
//! Each listed annotator is compared with all others taken together, by each measure on which both sides have enough
//! observations. The difference is paired by item and its interval clustered by item
//! ([`paired_difference`](crate::stats::paired_difference)), since people who label the same meet the same
//! difficulties. Its test is an approximation whose p-values are too small for few observations. A measure that is 0 or 1
//! is therefore tested by Fisher's exact test as well, and the larger p-value counts. The p-values are adjusted for all
//! annotators and measures by Holm's method.
//!
//! One annotator who differs from all others makes each of the others differ from the rest, too. So of several annotators
//! who differ by one measure, the one with the smallest p-value is named first. Each further one is compared again,
//! without those who were named before, and is named only if that difference also has a p-value below 0.05 after
//! Bonferroni's adjustment for all tests. This second condition can only remove names: every difference that is named
//! has passed Holm's method. The larger of both adjusted p-values is reported.

use serde::Serialize;

use super::observations::{LabellingMeasure, MOST_ANNOTATORS, Observations, pace};
use crate::calibration::intervals::CONFIDENCE;
use crate::calibration::weighted_scores::WeightedScores;
use crate::stats::{Estimate, fisher_exact, holm, paired_difference_p_value};

/// The fewest observations of each side that are compared.
const FEWEST: u64 = 10;

/// A measure by which an annotator differs from the others.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LabellingDifference {
    /// The annotator's name.
    pub annotator: String,
    /// The only other one, where there is just one; `None` for several together.
    pub other: Option<String>,
    /// What was compared.
    pub measure: LabellingMeasure,
    /// The share of the annotator.
    pub share: Estimate,
    /// The share of the others.
    pub share_of_others: Estimate,
    /// The first minus the second, paired and clustered by item.
    pub difference: Estimate,
    /// The median seconds of a label of the annotator and of the others, where the pace is compared.
    pub median_seconds: Option<[f64; 2]>,
    /// The p-value of no difference, adjusted for all differences that were tested: by Holm's method and, where somebody
    /// was named before by the same measure, by Bonferroni's adjustment if that is larger.
    pub p_adjusted: f64,
}

/// All annotators, those with the most labels first.
struct Annotators<'a> {
    found: &'a Observations,
    listed: Vec<usize>,
}

/// The scores of an annotator and of the others, with the medians of what they come from where that is a time.
struct Compared {
    annotator: usize,
    other: Option<usize>,
    measure: LabellingMeasure,
    sides: [WeightedScores; 2],
    median_seconds: Option<[f64; 2]>,
}

/// Returns the differences by some measures that chance does not explain, the most certain first, and how many were
/// looked at.
pub(crate) fn differences(
    found: &Observations,
    measures: &[LabellingMeasure],
) -> (Vec<LabellingDifference>, u64) {
    let annotators = Annotators { found, listed: found.by_labels() };
    let mut tested: Vec<(Compared, f64)> = measures
        .iter()
        .flat_map(|measure| annotators.compared(*measure))
        .filter_map(|one| p_value(&one.sides).map(|p| (one, p)))
        .collect();
    let tests = tested.len();
    let p_values: Vec<f64> = tested.iter().map(|(_, p)| *p).collect();
    for ((_, p), adjusted) in tested.iter_mut().zip(holm(&p_values).unwrap_or_default()) {
        *p = adjusted;
    }
    tested.retain(|(one, p)| one.is_unlike() && *p < 1.0 - CONFIDENCE);
    tested.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let mut named: Vec<(Compared, f64)> = Vec::new();
    for (one, p) in tested {
        let (measure, annotator) = (one.measure, one.annotator);
        let before = named.iter().filter(|(earlier, _)| earlier.measure == measure);
        let before: Vec<usize> = before.map(|(earlier, _)| earlier.annotator).collect();
        if before.is_empty() {
            named.push((one, p));
            continue;
        }
        let again = annotators.compare(measure, annotator, &before);
        let Some(again) = again.filter(Compared::is_unlike) else { continue };
        let adjusted = p_value(&again.sides).map_or(1.0, |p| (p * tests as f64).min(1.0));
        if adjusted < 1.0 - CONFIDENCE {
            named.push((again, adjusted.max(p)));
        }
    }
    let name = |at: usize| found.annotators[at].0.to_string();
    let report = |(one, p_adjusted): (Compared, f64)| LabellingDifference {
        annotator: name(one.annotator),
        other: one.other.map(name),
        measure: one.measure,
        share: one.sides[0].share(),
        share_of_others: one.sides[1].share(),
        difference: difference(&one.sides),
        median_seconds: one.median_seconds,
        p_adjusted,
    };
    (named.into_iter().map(report).collect(), tests as u64)
}

impl Compared {
    /// Returns whether a difference is one to name. Who agrees with others more than these do with each other is not
    /// unlike them: somebody else among them is.
    fn is_unlike(&self) -> bool {
        self.measure != LabellingMeasure::Others
            || difference(&self.sides).value.is_some_and(|value| value < 0.0)
    }
}

impl Annotators<'_> {
    /// Compares each listed annotator with all others; of two annotators, only the first.
    fn compared(&self, measure: LabellingMeasure) -> Vec<Compared> {
        let compare = |annotator: &usize| self.compare(measure, *annotator, &[]);
        let mut all: Vec<Compared> =
            self.listed.iter().take(MOST_ANNOTATORS).filter_map(compare).collect();
        if all.iter().any(|one| one.other.is_some()) {
            all.truncate(1);
        }
        all
    }

    /// Returns the scores of an annotator beside those of all others but some; `None` where a side has too few.
    fn compare(
        &self,
        measure: LabellingMeasure,
        annotator: usize,
        but: &[usize],
    ) -> Option<Compared> {
        let (sides, other) = match measure {
            LabellingMeasure::Others => (self.agreement(annotator, but), None),
            _ => self.sides(measure, annotator, but),
        };
        let median_seconds = None;
        let mut compared = Compared { annotator, other, measure, sides, median_seconds };
        if measure == LabellingMeasure::Pace {
            above_median(&mut compared);
        }
        let is_enough = compared.sides.iter().all(|side| side.n() >= FEWEST);
        is_enough.then_some(compared)
    }

    /// Returns the scores of an annotator and of the others, and the other one if there is just one.
    fn sides(
        &self,
        measure: LabellingMeasure,
        annotator: usize,
        but: &[usize],
    ) -> ([WeightedScores; 2], Option<usize>) {
        let of = |at: usize| self.found.annotators[at].1.scores(measure);
        let mut others = WeightedScores::default();
        let mut compared_with = Vec::new();
        for at in self.listed.iter().filter(|at| **at != annotator && !but.contains(at)) {
            if let Some(scores) = of(*at) {
                others.extend(scores);
                compared_with.push(*at);
            }
        }
        let only = if let [only] = compared_with[..] { Some(only) } else { None };
        ([of(annotator).cloned().unwrap_or_default(), others], only)
    }

    /// Returns how far an annotator agrees with two or more others, beside how far these agree with each other, on the
    /// same panels. Both are shares of pairs of people, which do not depend on how many there are.
    fn agreement(&self, annotator: usize, but: &[usize]) -> [WeightedScores; 2] {
        let mut sides = <[WeightedScores; 2]>::default();
        let mut counts = vec![0.0_f64; self.found.categories];
        for panel in &self.found.panels {
            let mut own = None;
            counts.fill(0.0);
            for (at, category) in &panel.choices {
                if *at == annotator {
                    own = Some(*category);
                } else if !but.contains(at) {
                    counts[*category] += 1.0;
                }
            }
            let others: f64 = counts.iter().sum();
            let Some(own) = own.filter(|_| others >= 2.0) else { continue };
            let equal: f64 = counts.iter().map(|n| n * (n - 1.0)).sum();
            sides[0].push(counts[own] / others, panel.item, 1.0);
            sides[1].push(equal / (others * (others - 1.0)), panel.item, 1.0);
        }
        sides
    }
}

/// Replaces times by whether they are above the median of both sides.
fn above_median(compared: &mut Compared) {
    let medians = compared.sides.each_ref().map(|side| pace(&side.scores.values));
    let both: Vec<f64> =
        compared.sides.iter().flat_map(|side| side.scores.values.iter().copied()).collect();
    let [Some(one), Some(other)] = medians else { return };
    let Some(median) = pace(&both) else { return };
    compared.median_seconds = Some([one.median_seconds, other.median_seconds]);
    for value in compared.sides.iter_mut().flat_map(|side| &mut side.scores.values) {
        *value = f64::from(*value > median.median_seconds);
    }
}

/// Returns the p-value of no difference between both sides; `None` where it is undefined.
fn p_value([own, others]: &[WeightedScores; 2]) -> Option<f64> {
    let p = paired_difference_p_value(&others.weighted(), &own.weighted()).ok()?;
    let sides = [own, others].map(|side| &side.scores.values);
    let is_count = |values: &Vec<f64>| values.iter().all(|value| [0.0, 1.0].contains(value));
    if !sides.into_iter().all(is_count) {
        return Some(p);
    }
    let successes = sides.map(|values| values.iter().filter(|value| **value > 0.5).count() as u64);
    let n = sides.map(|values| values.len() as u64);
    Some(fisher_exact(successes, n).ok()?.max(p))
}

/// Returns the first mean minus the second.
fn difference([own, others]: &[WeightedScores; 2]) -> Estimate {
    own.minus(others)
}
