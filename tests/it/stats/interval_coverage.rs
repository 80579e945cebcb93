//! How often the shipped intervals contain the truth, by seeded simulation at the sizes that people label.
//!
//! Each found coverage is compared with the exact figure, computed with numpy 2.4.6 and scipy 1.17.1 from a
//! million samples of the same setting (others where said), and against the figure that the method was chosen
//! by, which carries an error of its own of ±0.01, or ±0.02 for bootstraps. Both may be missed by three
//! standard errors of the simulation here. None may fall below 92 %, and what is known to be wrong must.

use evenhand::stats::{
    Clusters, Estimate, Interval, JudgedShare, Labelled, Moments, Stratum, Table, VerdictCounts,
    Weights, bootstrap, clustered_share, cohen_kappa_value, imbens_manski, manski, manski_errors,
    mean_interval, newcombe_paired, prediction_powered_mean, rogan_gladen,
    stratified_prediction_powered,
};
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_distr::{Beta, Distribution as _};
use rand_pcg::Pcg64;
use rayon::prelude::*;

use crate::stats::assert_close;

/// The confidence of every interval here.
const CONFIDENCE: f64 = 0.95;
/// No shipped interval may cover less often in a setting that it is meant for.
const LEAST: f64 = 0.92;
/// How far a figure from a million samples may be off, at three standard errors.
const NUMPY: f64 = 0.0007;
/// How far a figure from sixty thousand samples may be off, at three standard errors.
const NUMPY_60_000: f64 = 0.003;
/// How far a printed figure may be off.
const PRINTED: f64 = 0.01;
/// How far a printed figure of a bootstrap may be off.
const PRINTED_BOOTSTRAP: f64 = 0.02;

/// The share of simulated samples whose interval contains the truth.
#[derive(Debug, Clone, Copy)]
struct Coverage {
    share: f64,
    repetitions: u64,
}

impl Coverage {
    /// Draws samples, each from a stream of random numbers of its own; `covers` says whether the interval of
    /// one contains the truth.
    fn of(repetitions: u64, covers: impl Fn(&mut Pcg64) -> bool + Sync) -> Self {
        let one = |repetition| covers(&mut Pcg64::seed_from_u64(repetition));
        let covered = (0..repetitions).into_par_iter().filter(|at| one(*at)).count();
        Self { share: covered as f64 / repetitions as f64, repetitions }
    }

    /// Fails unless the coverage is the figure, which may itself be off by `error`, but for three standard
    /// errors of the simulation.
    #[track_caller]
    fn is(self, figure: f64, error: f64) -> Self {
        let standard_error = (figure * (1.0 - figure) / self.repetitions as f64).sqrt();
        assert_close(self.share, figure, 3.0 * standard_error + error);
        self
    }

    /// Fails if the interval covers too rarely to be shipped.
    #[track_caller]
    fn is_enough(self) {
        assert!(self.share >= LEAST, "{self:?}");
    }

    /// Fails unless the interval covers so rarely that a simulation like those here would find it out.
    #[track_caller]
    fn is_not_enough(self) {
        assert!(self.share < LEAST - 0.05, "{self:?}");
    }
}

fn happens(probability: f64, random: &mut impl Rng) -> bool {
    random.random_range(0.0..1.0) < probability
}

/// How many of `n` independent trials succeed.
fn successes(n: u64, probability: f64, random: &mut impl Rng) -> u64 {
    (0..n).filter(|_| happens(probability, random)).count() as u64
}

/// How often each of several outcomes came in `n` draws.
fn outcomes<const K: usize>(n: u64, shares: [f64; K], random: &mut impl Rng) -> [u64; K] {
    let mut counts = [0; K];
    for _ in 0..n {
        let mut left = random.random_range(0.0..1.0);
        let below = |share: &f64| {
            left -= share;
            left < 0.0
        };
        counts[shares.iter().position(below).unwrap_or(K - 1)] += 1;
    }
    counts
}

fn number(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

fn covers(estimate: Estimate, truth: f64) -> bool {
    let ends = estimate.low.zip(estimate.high);
    ends.is_some_and(|(low, high)| Interval { low, high }.contains(truth))
}

#[test]
fn wilsons_interval_covers_a_share_of_a_hundred_as_often_as_the_binomial_says() {
    // The exact coverage: binom.pmf(k, 100, p) of scipy 1.17.1, added up over every k whose interval by
    // proportion_confint(k, 100, method="wilson") of statsmodels 0.15.0 contains p.
    for (share, exact) in [
        (0.5, 0.943_112_066_359_019),
        (0.6, 0.948_117_979_126_498),
        (0.75, 0.951_294_814_244_816_1),
        (0.85, 0.933_246_217_165_038_9),
    ] {
        let mut added_up = 0.0;
        // The probability of k successes, from that of k − 1.
        let mut probability = (1.0_f64 - share).powi(100);
        for k in 0..=100_u64 {
            if covers(Estimate::proportion(k, 100), share) {
                added_up += probability;
            }
            probability *= (100 - k) as f64 / (k + 1) as f64 * share / (1.0 - share);
        }
        assert_close(added_up, exact, 1e-9);
        let found = Coverage::of(20_000, |random| {
            covers(Estimate::proportion(successes(100, share, random), 100), share)
        });
        found.is(exact, 0.0).is_enough();
    }
}

/// The coverage of κ by the bootstrap that calibration uses, with 100 comparisons of one item each.
///
/// Both raters call `prevalence` of the comparisons positive.
fn kappa_coverage(prevalence: f64, kappa: f64) -> Coverage {
    let by_chance = prevalence * prevalence + (1.0 - prevalence) * (1.0 - prevalence);
    let apart = (1.0 - kappa) * (1.0 - by_chance) / 2.0;
    let shares = [prevalence - apart, apart, apart, 1.0 - prevalence - apart];
    let statistic = |sums: &[f64]| {
        vec![cohen_kappa_value(Table::new(2, sums).unwrap(), Weights::Identity).ok()]
    };
    Coverage::of(1200, |random| {
        let mut clusters = Clusters::new(4);
        for (cell, count) in outcomes(100, shares, random).into_iter().enumerate() {
            (0..count).for_each(|_| clusters.push(&mut vec![(cell as u32, 1.0)]));
        }
        let sampled = bootstrap(&clusters, 2000, 0, statistic);
        sampled.bca(0, CONFIDENCE).is_ok_and(|interval| interval.contains(kappa))
    })
}

#[test]
fn the_bootstrap_covers_kappa_of_a_hundred_balanced_labels() {
    // The same with numpy, 20,000 samples of 2,000 resamples each: 0.95185, at three standard errors ±0.0045.
    let found = kappa_coverage(0.5, 0.85);
    found.is(0.951_85, 0.0045).is(0.948, PRINTED_BOOTSTRAP).is_enough();
}

#[test]
fn the_bootstrap_covers_kappa_of_a_hundred_labels_of_which_most_are_equal() {
    // As above: 0.9668.
    let found = kappa_coverage(0.85, 0.6);
    found.is(0.9668, 0.0045).is(0.963, PRINTED_BOOTSTRAP).is_enough();
}

/// The judge of section 0: people say 1 of 0.6 of the comparisons, the judge finds 0.85 of those, and 0.75 of
/// the others.
const TRUTH: f64 = 0.6;
const SENSITIVITY: f64 = 0.85;
const SPECIFICITY: f64 = 0.75;
const JUDGED: u64 = 1000;

/// A comparison with its label, where people say 1 of a share `prevalence`.
fn labelled(prevalence: f64, random: &mut impl Rng) -> Labelled {
    let human = happens(prevalence, random);
    let judge = happens(if human { SENSITIVITY } else { 1.0 - SPECIFICITY }, random);
    Labelled { human: number(human), judge: number(judge), weight: 1.0 }
}

/// How many of `n` comparisons the judge calls positive.
fn judged_positive(n: u64, random: &mut impl Rng) -> u64 {
    successes(n, TRUTH * SENSITIVITY + (1.0 - TRUTH) * (1.0 - SPECIFICITY), random)
}

/// The moments of `n` scores of which `ones` are 1 and the others 0.
fn moments(ones: u64, n: u64) -> Moments {
    let mut moments = Moments::default();
    (0..n).for_each(|at| moments.push(number(at < ones)).unwrap());
    moments
}

fn powered_coverage(labels: usize, prevalence: f64) -> Coverage {
    Coverage::of(6000, |random| {
        let some: Vec<Labelled> = (0..labels).map(|_| labelled(prevalence, random)).collect();
        let rest = moments(judged_positive(JUDGED, random), JUDGED);
        let found = prediction_powered_mean(&some, &rest, None).unwrap();
        found.interval(CONFIDENCE).unwrap().contains(TRUTH)
    })
}

#[test]
fn a_win_rate_corrected_by_labels_is_covered() {
    powered_coverage(100, TRUTH).is(0.942_81, NUMPY).is(0.934, PRINTED).is_enough();
    powered_coverage(200, TRUTH).is(0.947_07, NUMPY).is(0.947, PRINTED).is_enough();
}

#[test]
fn labels_of_other_comparisons_give_a_win_rate_that_is_not_covered() {
    let found = powered_coverage(100, 0.4);
    found.is(0.098_41, NUMPY).is(0.090, PRINTED).is_not_enough();
}

fn error_rate_coverage(labels: u64, prevalence: f64) -> Coverage {
    Coverage::of(10_000, |random| {
        let positives = successes(labels, prevalence, random);
        let negatives = labels - positives;
        let found = successes(positives, SENSITIVITY, random);
        let spared = successes(negatives, SPECIFICITY, random);
        let judged = JudgedShare {
            share: judged_positive(JUDGED, random) as f64 / JUDGED as f64,
            n: JUDGED,
            specificity: spared as f64 / negatives as f64,
            negatives,
            sensitivity: found as f64 / positives as f64,
            positives,
        };
        rogan_gladen(&judged, CONFIDENCE).unwrap().interval.contains(TRUTH)
    })
}

#[test]
fn error_rates_measured_on_a_hundred_labels_correct_a_share_that_is_covered() {
    error_rate_coverage(100, TRUTH).is(0.957_62, NUMPY).is(0.952, PRINTED).is_enough();
    error_rate_coverage(200, TRUTH).is(0.952_74, NUMPY).is(0.958, PRINTED).is_enough();
}

#[test]
fn error_rates_carry_over_from_labels_of_another_prevalence() {
    error_rate_coverage(100, 0.4).is(0.960_45, NUMPY).is(0.962, PRINTED).is_enough();
}

/// How often the stratified interval covers the truth when `labels` of `all` comparisons are labelled and
/// grouped by verdict afterwards.
fn stratified_coverage(labels: u64, all: u64) -> Coverage {
    Coverage::of(6000, |random| {
        let mut strata: [Vec<Labelled>; 2] = Default::default();
        for _ in 0..labels {
            let one = labelled(TRUTH, random);
            strata[usize::from(one.judge > 0.5)].push(one);
        }
        let positive = judged_positive(all - labels, random);
        let rest = [moments(0, all - labels - positive), moments(positive, positive)];
        let stratum = |at: usize| Stratum {
            weight: (strata[at].len() as u64 + rest[at].n()) as f64 / all as f64,
            labelled: &strata[at],
            unlabelled: rest[at],
        };
        let found = stratified_prediction_powered(&[stratum(0), stratum(1)]).unwrap();
        found.with_sampled_weights(all).interval(CONFIDENCE).unwrap().contains(TRUTH)
    })
}

#[test]
fn a_win_rate_corrected_by_labels_stratified_by_verdict_is_covered() {
    stratified_coverage(100, 1000).is(0.946_25, NUMPY_60_000).is_enough();
    // With half of all labelled, strata of known weights would cover 0.899.
    stratified_coverage(50, 100).is(0.940_35, NUMPY_60_000).is_enough();
}

#[test]
fn a_win_rate_is_covered_if_more_labels_are_taken_where_the_orders_disagree() {
    // By how a comparison ended: kept for one system (0.35 of all), for the other (0.25), not kept (0.4).
    // A hundred labels fall to them in the proportion 0.35·3 : 0.25·3 : 0.4·5, as `sample --by outcome` has it.
    let labels = [28_usize, 20, 52];
    let truth = 0.35 * 0.9 + 0.25 * 0.15 + 0.4 * 0.55;
    let draw = |stratum: usize, random: &mut Pcg64| {
        // What the judge says on average over both orders, and how often people say 1 of it.
        let (judge, people) = match stratum {
            0 => (1.0, 0.9),
            1 => (0.0, 0.15),
            _ => match random.random_range(0.0..1.0) {
                0.0..0.2 => (0.25, 0.3),
                0.2..0.8 => (0.5, 0.55),
                _ => (0.75, 0.8),
            },
        };
        Labelled { human: number(happens(people, random)), judge, weight: 1.0 }
    };
    let found = Coverage::of(2000, |random| {
        let sizes = outcomes(1000, [0.35, 0.25, 0.4], random);
        let strata: Vec<(Vec<Labelled>, Moments)> = (0..3)
            .map(|at| {
                let some = (0..labels[at]).map(|_| draw(at, random)).collect();
                let mut rest = Moments::default();
                for _ in labels[at]..sizes[at] as usize {
                    rest.push(draw(at, random).judge).unwrap();
                }
                (some, rest)
            })
            .collect();
        let stratum = |at: usize| Stratum {
            weight: sizes[at] as f64 / 1000.0,
            labelled: &strata[at].0,
            unlabelled: strata[at].1,
        };
        let found = stratified_prediction_powered(&[stratum(0), stratum(1), stratum(2)]).unwrap();
        found.with_sampled_weights(1000).interval(CONFIDENCE).unwrap().contains(truth)
    });
    found.is(0.942_55, NUMPY_60_000).is_enough();
}

/// Four wins or losses for each of `prompts` prompts, with an intraclass correlation of 0.4 and mean 0.6.
fn correlated(prompts: usize, random: &mut impl Rng) -> (Vec<f64>, Vec<usize>) {
    // A beta distribution with a + b = 1/0.4 − 1 over the prompts has that correlation.
    let easy = Beta::new(0.6 * 1.5, 0.4 * 1.5).unwrap();
    let mut scores = Vec::with_capacity(4 * prompts);
    for _ in 0..prompts {
        let wins = easy.sample(random);
        (0..4).for_each(|_| scores.push(number(happens(wins, random))));
    }
    (scores, (0..4 * prompts).map(|at| at / 4).collect())
}

#[test]
fn a_mean_of_clustered_scores_is_covered_and_without_the_clusters_it_is_not() {
    // numpy, 200,000 samples each: ±0.0015 at three standard errors.
    let coverage = |prompts, clustered: bool| {
        Coverage::of(4000, |random| {
            let (scores, prompt) = correlated(prompts, random);
            let each: Vec<usize> = (0..scores.len()).collect();
            let clusters = if clustered { prompt } else { each };
            covers(clustered_share(&scores, &clusters), 0.6)
        })
    };
    coverage(100, true).is(0.948_74, 0.0015).is(0.946, PRINTED).is_enough();
    // A hundred comparisons in all.
    coverage(25, true).is(0.947_48, 0.0015).is(0.946, PRINTED).is_enough();
    // Without clusters it is a share with Wilson's interval, where numpy has Wald's: hence no figure but the
    // printed one.
    coverage(100, false).is(0.80, PRINTED).is_not_enough();
}

#[test]
fn a_mean_over_both_orders_is_covered_at_a_hundred_comparisons() {
    for ([won, half, lost], figure) in
        [([0.4, 0.4, 0.2], 0.949_76), ([0.55, 0.3, 0.15], 0.948_51), ([0.45, 0.25, 0.3], 0.949_33)]
    {
        let clusters: Vec<u64> = (0..100).collect();
        let found = Coverage::of(3000, |random| {
            let counts = outcomes(100, [won, half, lost], random);
            let scores: Vec<f64> = [1.0, 0.5, 0.0]
                .into_iter()
                .zip(counts)
                .flat_map(|(score, count)| std::iter::repeat_n(score, count as usize))
                .collect();
            let (_, interval) = mean_interval(&scores, &clusters, CONFIDENCE).unwrap();
            interval.contains(won + half / 2.0)
        });
        found.is(figure, NUMPY).is_enough();
    }
}

#[test]
fn a_win_rate_is_covered_at_every_point_between_its_bounds() {
    let shares = [0.40, 0.20, 0.15, 0.25];
    let (lowest, highest) = (0.40 + 0.15 / 2.0, 0.40 + 0.15 / 2.0 + 0.25);
    let coverage = |n, truth| {
        Coverage::of(6000, |random| {
            let [wins, losses, ties, dropped] = outcomes(n, shares, random);
            let counts = VerdictCounts { wins, losses, ties, dropped };
            let errors = manski_errors(&counts).unwrap();
            let found = imbens_manski(manski(&counts).unwrap(), errors, CONFIDENCE).unwrap();
            found.contains(truth)
        })
    };
    // numpy, 200,000 samples each: ±0.0015 at three standard errors.
    coverage(300, lowest).is(0.950_64, 0.0015).is(0.949, PRINTED).is_enough();
    coverage(300, highest).is(0.955_10, 0.0015).is(0.955, PRINTED).is_enough();
    coverage(100, lowest).is(0.950_22, 0.0015).is_enough();
    coverage(100, highest).is(0.957_85, 0.0015).is_enough();
    // In the middle both ends are far.
    assert!(coverage(300, f64::midpoint(lowest, highest)).share > 0.999);
}

#[test]
fn the_difference_of_two_judges_on_the_same_labels_is_covered() {
    let shares = [0.60, 0.15, 0.08, 0.17];
    let coverage = |n| {
        Coverage::of(20_000, |random| {
            let [both, first, second, neither] = outcomes(n, shares, random);
            let found = newcombe_paired(both, first, second, neither, CONFIDENCE).unwrap();
            found.interval.contains(0.15 - 0.08)
        })
    };
    coverage(80).is(0.944_89, NUMPY).is(0.947, PRINTED).is_enough();
    coverage(100).is(0.948_90, NUMPY).is_enough();
}
