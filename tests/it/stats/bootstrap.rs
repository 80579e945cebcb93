//! The bootstrap: against numpy with given resamples, and the drawing of resamples itself.

use evenhand::stats::{
    Bootstrap, Clusters, StatError, Table, Weights, bca, bootstrap, bootstrap_p_value,
    cohen_kappa_value, percentile_interval, stratified_alpha, stratified_fleiss,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases, cells, numbers};

fn whole(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|one| one.as_u64().unwrap() as usize).collect()
}

fn kappa(human: &[usize], judge: &[usize], chosen: &[usize]) -> f64 {
    let mut counts = [0.0; 9];
    for at in chosen {
        counts[judge[*at] * 3 + human[*at]] += 1.0;
    }
    cohen_kappa_value(Table::new(3, &counts).unwrap(), Weights::Identity).unwrap()
}

/// Replicates on the given resamples, and the jackknife values.
fn replicates(case: &Value, value: impl Fn(&[usize]) -> f64) -> (f64, Vec<f64>, Vec<(f64, f64)>) {
    let rows = case["input"]["indices"].as_array().unwrap();
    let n = case["input"]["human"].as_array().unwrap().len();
    let all: Vec<usize> = (0..n).collect();
    let without = |left_out: usize| all.iter().copied().filter(|at| *at != left_out).collect();
    let jackknife = all.iter().map(|at| {
        let rest: Vec<usize> = without(*at);
        (value(&rest), 1.0)
    });
    (value(&all), rows.iter().map(|row| value(&whole(row))).collect(), jackknife.collect())
}

#[test]
fn weights_of_clusters_are_exponential_and_never_0() {
    let mut clusters = Clusters::new(3);
    for _ in 0..4 {
        clusters.push(&mut vec![(0, 1.0)]);
    }
    clusters.push(&mut vec![(1, 1.0)]);
    clusters.push(&mut vec![(2, 1.0)]);
    let drawn = clusters.reweight(4000, 1, <[f64]>::to_vec);
    assert_eq!(drawn, clusters.reweight(4000, 1, <[f64]>::to_vec));
    let mean = |at: usize| drawn.iter().map(|sums| sums[at]).sum::<f64>() / 4000.0;
    let variance =
        |at: usize| drawn.iter().map(|sums| (sums[at] - mean(at)).powi(2)).sum::<f64>() / 4000.0;
    assert!(drawn.iter().flatten().all(|weight| *weight > 0.0));
    // Six standard errors.
    for (at, clusters) in [(0, 4.0), (1, 1.0), (2, 1.0)] {
        assert!((mean(at) - clusters).abs() < 6.0 * (clusters / 4000.0_f64).sqrt(), "{}", mean(at));
        assert!((variance(at) / clusters - 1.0).abs() < 0.3, "{}", variance(at));
    }
}

#[test]
fn intervals_on_given_resamples_agree_with_numpy() {
    let cases = cases("bootstrap_kappa_difference");
    assert_eq!(cases.len(), 1);
    let (input, expected) = (&cases[0]["input"], &cases[0]["expected"]);
    let [human, one, other] = ["human", "judge1", "judge2"].map(|name| whole(&input[name]));
    let kappa1 = |chosen: &[usize]| kappa(&human, &one, chosen);
    let (value, drawn, jackknife) = replicates(&cases[0], kappa1);
    assert_eq!(drawn.len(), 400);
    assert_close(value, expected["kappa1"].as_f64().unwrap(), 1e-9);
    for (found, expected) in drawn.iter().zip(numbers(&expected["first5_kappa1_reps"])) {
        assert_close(*found, expected, 1e-9);
    }
    let percentile = percentile_interval(&drawn, 0.95).unwrap();
    let ends = numbers(&expected["percentile95_kappa1"]);
    assert_close(percentile.low, ends[0], 1e-9);
    assert_close(percentile.high, ends[1], 1e-9);
    assert_bca(&expected["bca95_kappa1"], value, &drawn, &jackknife);

    let difference = |chosen: &[usize]| kappa1(chosen) - kappa(&human, &other, chosen);
    let (value, drawn, jackknife) = replicates(&cases[0], difference);
    assert_close(value, expected["diff"].as_f64().unwrap(), 1e-9);
    assert_bca(&expected["bca95_diff"], value, &drawn, &jackknife);
    let p = bootstrap_p_value(&drawn).unwrap();
    assert_close(p, expected["p_two_sided_diff"].as_f64().unwrap(), 1e-9);
}

fn assert_bca(expected: &Value, value: f64, drawn: &[f64], jackknife: &[(f64, f64)]) {
    let found = bca(value, 1.0, drawn, jackknife, 0.95).unwrap();
    assert_close(found.bias, expected["z0"].as_f64().unwrap(), 1e-9);
    assert_close(found.acceleration, expected["accel"].as_f64().unwrap(), 1e-9);
    let ends = numbers(&expected["ci"]);
    assert_close(found.interval.low, ends[0], 1e-9);
    assert_close(found.interval.high, ends[1], 1e-9);
}

/// Clusters with one observation of a 2 × 2 table each.
fn observations(counts: [usize; 4]) -> Clusters {
    let mut clusters = Clusters::new(4);
    for (cell, count) in counts.into_iter().enumerate() {
        for _ in 0..count {
            clusters.push(&mut vec![(cell as u32, 1.0)]);
        }
    }
    clusters
}

fn share(sums: &[f64]) -> Vec<Option<f64>> {
    vec![Some((sums[0] + sums[3]) / sums.iter().sum::<f64>())]
}

#[test]
fn the_bootstrap_depends_on_the_seed_alone() {
    let clusters = observations([40, 9, 6, 45]);
    let interval = |seed| bootstrap(&clusters, 500, seed, share).bca(0, 0.95).unwrap();
    assert_eq!(interval(1), interval(1));
    assert_ne!(interval(1), interval(2));
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(alone.install(|| interval(1)), interval(1));
    // The cells in another order are other draws of the same distribution, near the same interval.
    let turned = observations([45, 6, 9, 40]);
    let turned = bootstrap(&turned, 500, 1, share).bca(0, 0.95).unwrap();
    assert!((turned.low - interval(1).low).abs() < 0.05);
}

#[test]
fn drawing_counts_and_drawing_clusters_have_the_same_moments() {
    // 100 equal clusters in four kinds are drawn by counts; made all different, one by one.
    let by_counts = observations([40, 9, 6, 45]);
    let mut one_by_one = Clusters::new(5);
    for at in 0..100 {
        let cell = match at {
            0..40 => 0,
            40..49 => 1,
            49..55 => 2,
            _ => 3,
        };
        one_by_one.push(&mut vec![(cell, 1.0), (4, 1.0 + f64::from(at))]);
    }
    let spread = |clusters: &Clusters| {
        let sampled = bootstrap(clusters, 4000, 7, |sums| vec![Some((sums[0] + sums[3]) / 100.0)]);
        let interval = sampled.percentile(0, 0.95).unwrap();
        (interval.low, interval.high)
    };
    let ((low, high), (other_low, other_high)) = (spread(&by_counts), spread(&one_by_one));
    // The binomial's own quantiles: 85 of 100, from 78 to 92 at 2.5 % and 97.5 %.
    assert_close(low, 0.78, 0.011);
    assert_close(high, 0.92, 0.011);
    assert_close(low, other_low, 0.011);
    assert_close(high, other_high, 0.011);
}

#[test]
fn clusters_that_add_the_same_are_one_content_whatever_the_order() {
    let mut clusters = Clusters::new(3);
    clusters.push(&mut vec![(2, 1.0), (0, 0.5), (2, 1.0)]);
    clusters.push(&mut vec![(0, 0.5), (1, 0.0), (2, 2.0)]);
    clusters.push(&mut vec![(0, 0.25), (0, 0.25), (2, 2.0)]);
    assert_eq!((clusters.len(), clusters.totals()), (3, vec![1.5, 0.0, 6.0]));
    let jackknifed = bootstrap(&clusters, 10, 0, |sums| vec![Some(sums[2])]);
    assert_eq!(jackknifed.bca(0, 0.95), Err(StatError::NoVariation));
}

#[test]
fn undefined_replicates_are_counted() {
    let clusters = observations([1, 1, 0, 0]);
    let sampled = bootstrap(&clusters, 4000, 3, |sums| {
        vec![(sums[0] > 0.0 && sums[1] > 0.0).then(|| sums[0]), None, Some(1.0)]
    });
    // Two draws of two clusters differ half of the time.
    assert_close(sampled.undefined(0), 0.5, 0.05);
    assert_close(sampled.undefined(1), 1.0, 1e-12);
    assert_close(sampled.undefined(2), 0.0, 1e-12);
    assert_eq!(sampled.value(1), None);
    assert_eq!(sampled.bca(1, 0.95), Err(StatError::NoVariation));
    assert_eq!(sampled.bca(2, 0.95), Err(StatError::NoVariation));
    assert_eq!(sampled.percentile(1, 0.95), Err(StatError::Empty));
}

#[test]
fn replicates_all_on_one_side_have_no_bias_correction() {
    let jackknife = [(1.0, 1.0), (2.0, 1.0)];
    assert_eq!(bca(0.0, 1.0, &[1.0, 2.0], &jackknife, 0.95), Err(StatError::OneSided));
    assert_eq!(bca(0.0, 1.0, &[], &jackknife, 0.95), Err(StatError::Empty));
    assert_eq!(bca(0.0, 1.0, &[1.0], &[], 0.95), Err(StatError::Empty));
    assert_eq!(percentile_interval(&[1.0], 1.0), Err(StatError::OutOfRange));
    assert_eq!(bootstrap_p_value(&[]), Err(StatError::Empty));
    assert_close(bootstrap_p_value(&[0.0, 0.0]).unwrap(), 1.0, 1e-12);
}

#[test]
fn replicates_that_all_equal_the_value_and_one_sided_ones_are_different_errors() {
    let jackknife = [(1.0, 1.0), (2.0, 1.0)];
    let of = |value, replicates: &[f64]| bca(value, 1.0, replicates, &jackknife, 0.95);
    assert_eq!(of(0.3, &[0.1 + 0.2, 0.3]), Err(StatError::NoVariation));
    // One in a hundred differs, which is too few to reach an end of the interval.
    let mut lopsided = [0.3; 100];
    lopsided[7] = 0.4;
    assert_eq!(of(0.3, &lopsided), Err(StatError::OneSided));
}

/// Scores of the two systems a and b, an item in a cluster; the number of items comes last.
fn scored(items: &[[f64; 2]]) -> Bootstrap {
    let mut clusters = Clusters::new(3);
    for [a, b] in items {
        clusters.push(&mut vec![(0, *a), (1, *b), (2, 1.0)]);
    }
    let mean = |sums: &[f64], at: usize| Some(sums[at] / sums[2]);
    bootstrap(&clusters, 1000, 0, |sums| vec![mean(sums, 0), mean(sums, 1)])
}

#[test]
fn an_interval_of_scores_is_as_wide_at_every_scale() {
    let at = |scale: f64| -> Vec<f64> {
        let chance = |item: i32| f64::from(item * 389 % 101) / 101.0;
        let items: Vec<[f64; 2]> =
            (0..50).map(|item| [chance(item), chance(item * 7 + 3)].map(|x| x * scale)).collect();
        let sampled = scored(&items);
        let intervals = [
            sampled.bca_of_score(0, 0.95).unwrap(),
            sampled.bca_of_score(1, 0.95).unwrap(),
            sampled.bca_of_difference([0, 1], 0.95).unwrap(),
        ];
        intervals.iter().flat_map(|found| [found.low / scale, found.high / scale]).collect()
    };
    let expected = at(1.0);
    for scale in [1e-200, 1e-13, 5000.0, 1e200, 1e306] {
        for (found, expected) in at(scale).iter().zip(&expected) {
            assert_close(*found, *expected, 1e-9);
        }
    }
    for (found, expected) in at(-1.0).chunks(2).zip(expected.chunks(2)) {
        assert_close(found[0], expected[1], 1e-9);
        assert_close(found[1], expected[0], 1e-9);
    }
}

#[test]
fn a_constant_difference_has_no_interval_although_rounding_makes_it_vary() {
    let of = |scale: f64, gap: f64| {
        let score = |item: i32| scale * (1.0 + f64::from(item) / 7.0);
        let items: Vec<[f64; 2]> = (0..40).map(|item| [score(item), score(item) + gap]).collect();
        scored(&items).bca_of_difference([1, 0], 0.95)
    };
    assert_eq!(of(2000.0, 0.3), Err(StatError::NoVariation));
    assert_eq!(of(1e-13, 1e-13), Err(StatError::NoVariation));
    assert_eq!(of(1e9, 0.0), Err(StatError::NoVariation));
}

#[test]
fn a_difference_is_undefined_where_one_of_its_scores_is() {
    let clusters = observations([1, 1, 0, 0]);
    let sampled = bootstrap(&clusters, 4000, 3, |sums| {
        vec![(sums[0] > 0.0).then_some(sums[0]), (sums[1] > 0.0).then_some(sums[1])]
    });
    // Each is missing from a quarter of the resamples, never both.
    assert_close(sampled.undefined(0), 0.25, 0.05);
    assert_close(
        sampled.undefined_difference([0, 1]),
        sampled.undefined(0) + sampled.undefined(1),
        1e-12,
    );
}

#[test]
fn over_one_stratum_alpha_and_fleiss_are_those_without_strata() {
    let published = cases("published_agreement");
    let units = published.iter().filter(|case| case["input_kind"] == "subject_x_category_counts");
    let mut checked = 0;
    for case in units {
        let rows: Vec<Vec<f64>> = case["input"].as_array().unwrap().iter().map(numbers).collect();
        let k = rows[0].len();
        let mut coincidences = vec![0.0; k * k];
        for counts in &rows {
            let others = counts.iter().sum::<f64>() - 1.0;
            for at in 0..k * k {
                let same = f64::from(u8::from(at / k == at % k));
                coincidences[at] += counts[at / k] * (counts[at % k] - same) / others;
            }
        }
        // Fractional counts can be negative coincidences, which no table holds.
        let Ok(table) = Table::new(k, &coincidences) else { continue };
        let fleiss = stratified_fleiss([table]).unwrap();
        assert_close(fleiss, case["full"].as_f64().unwrap(), 1e-9);
        let alpha = evenhand::stats::alpha_nominal(k, &coincidences).unwrap();
        assert_close(stratified_alpha([table]).unwrap(), alpha, 1e-12);
        checked += 1;
    }
    assert!(checked >= 4, "{checked}");
}

#[test]
fn a_random_judge_over_two_strata_has_no_agreement_although_pooling_would_show_some() {
    // Each stratum uses two categories of its own; within it, people agree half of the time.
    let (_, first) =
        cells(&serde_json::json!([[50, 50, 0, 0], [50, 50, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]));
    let (_, second) =
        cells(&serde_json::json!([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 50, 50], [0, 0, 50, 50]]));
    let pooled: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
    let strata = || [Table::new(4, &first).unwrap(), Table::new(4, &second).unwrap()];
    assert_close(stratified_fleiss(strata()).unwrap(), 0.0, 1e-12);
    assert_close(stratified_alpha(strata()).unwrap(), 0.0, 0.01);
    assert!(stratified_fleiss([Table::new(4, &pooled).unwrap()]).unwrap() > 0.3);
    assert_eq!(stratified_alpha([]), Err(StatError::Empty));
    let same = Table::new(1, &[4.0]).unwrap();
    assert_eq!(stratified_fleiss([same]), Err(StatError::NoVariation));
}

proptest! {
    #[test]
    fn a_percentile_interval_lies_within_the_replicates(
        values in prop::collection::vec(-5.0_f64..5.0, 1..60),
        confidence in 0.01_f64..0.99,
    ) {
        let interval = percentile_interval(&values, confidence).unwrap();
        let inside = |end: f64| {
            values.iter().any(|value| *value <= end + 1e-12)
                && values.iter().any(|value| *value >= end - 1e-12)
        };
        prop_assert!(interval.low <= interval.high && inside(interval.low) && inside(interval.high));
    }
}
