//! Shares and means of clustered scores.

use evenhand::stats::{
    Estimate, StatError, clustered_mean, clustered_share, clustered_standard_error, compare_means,
    mean_interval, weighted_share, wilson,
};
use proptest::prelude::*;

use super::{assert_close, golden, numbers};

#[test]
fn wilson_agrees_with_statsmodels() {
    let golden = golden("proportion_ci");
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let successes = case["input"]["successes"].as_f64().unwrap();
        let n = case["input"]["n"].as_f64().unwrap();
        let confidence = 1.0 - case["input"]["alpha"].as_f64().unwrap();
        for (name, confidence) in [("wilson", confidence), ("wilson_99", 0.99)] {
            let expected = numbers(&case["expected"][name]);
            let interval = wilson(successes, n, confidence).unwrap();
            assert_close(interval.low, expected[0], 1e-9);
            assert_close(interval.high, expected[1], 1e-9);
        }
        let ends = wilson(successes, n, 0.99).unwrap();
        assert!(successes > 0.0 || ends.low <= 0.0);
        assert!(successes < n || ends.high >= 1.0);
        let estimate = Estimate::proportion(successes as u64, n as u64);
        assert_close(estimate.value.unwrap(), case["expected"]["p"].as_f64().unwrap(), 1e-12);
        assert_close(estimate.low.unwrap(), numbers(&case["expected"]["wilson"])[0], 1e-9);
        assert_eq!(estimate.n, n as u64);
    }
}

#[test]
fn the_clustered_standard_error_agrees_with_statsmodels() {
    let golden = golden("clustered_mean");
    let cases = golden["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let values = numbers(&case["input"]["x"]);
        let clusters: Vec<i64> =
            numbers(&case["input"]["cluster"]).into_iter().map(|cluster| cluster as i64).collect();
        let error = case["expected"]["se_cluster_cr1"].as_f64().unwrap();
        assert_close(clustered_standard_error(&values, &clusters).unwrap(), error, 1e-9);
        let (mean, interval) = mean_interval(&values, &clusters, 0.95).unwrap();
        assert_close(mean, case["expected"]["mean"].as_f64().unwrap(), 1e-9);
        // Student's t with 19 degrees of freedom, from tables: 20 clusters.
        let half = 2.093_024_054_408_263 * error;
        assert_close(interval.low, mean - half, 1e-9);
        assert_close(interval.high, mean + half, 1e-9);
    }
}

#[test]
fn clustered_standard_error_of_single_values_is_the_ordinary_one() {
    let values = [0.1, 0.4, 0.4, 0.9];
    // s² = Σ(x − 0.45)² / 3 = 0.11, and s/√n = √(0.11/4).
    let error = clustered_standard_error(&values, &["a", "b", "c", "d"]).unwrap();
    assert_close(error, (0.11_f64 / 4.0).sqrt(), 1e-12);
    let together = clustered_standard_error(&values, &["a", "b", "b", "c"]).unwrap();
    assert_close(together, (1.5 * (0.1225 + 0.01 + 0.2025_f64)).sqrt() / 4.0, 1e-12);
}

#[test]
fn a_statistic_without_observations_is_an_error() {
    assert_eq!(wilson(0.0, 0.0, 0.95), Err(StatError::Empty));
    assert_eq!(clustered_standard_error::<u8>(&[], &[]), Err(StatError::Empty));
    assert_eq!(mean_interval::<u8>(&[], &[], 0.95), Err(StatError::Empty));
    let estimate = Estimate::proportion(0, 0);
    assert_eq!(estimate, Estimate::undefined(0));
    assert_eq!((estimate.value, estimate.low, estimate.high), (None, None, None));
}

#[test]
fn arguments_out_of_range_are_errors_and_never_nan() {
    for (successes, n) in [(11.0, 10.0), (-1.0, 10.0), (f64::NAN, 10.0), (1.0, f64::NAN)] {
        assert_eq!(wilson(successes, n, 0.95), Err(StatError::OutOfRange), "{successes} of {n}");
    }
    for confidence in [0.0, 1.0, -0.5, 95.0, f64::NAN] {
        assert_eq!(wilson(5.0, 10.0, confidence), Err(StatError::OutOfRange), "{confidence}");
        let interval = mean_interval(&[0.2, 0.4], &[1, 2], confidence);
        assert_eq!(interval, Err(StatError::OutOfRange), "{confidence}");
    }
    for values in [[0.5, 1.5], [-0.1, 0.5], [f64::NAN, 0.5]] {
        assert_eq!(mean_interval(&values, &[1, 2], 0.95), Err(StatError::OutOfRange));
    }
    assert_eq!(clustered_standard_error(&[0.5], &[1, 2]), Err(StatError::OutOfRange));
}

#[test]
fn a_mean_without_variance_has_wilsons_interval() {
    for (score, successes) in [(1.0, 20.0), (0.0, 0.0), (0.5, 10.0)] {
        let clusters: Vec<u32> = (0..20).collect();
        let (mean, interval) = mean_interval(&[score; 20], &clusters, 0.95).unwrap();
        assert_close(mean, score, 1e-12);
        let expected = wilson(successes, 20.0, 0.95).unwrap();
        assert_close(interval.low, expected.low, 1e-9);
        assert_close(interval.high, expected.high, 1e-9);
        assert!(interval.high - interval.low > 0.1);
    }
    // A win and a loss in every cluster: the values vary, the clusters do not.
    let values = [0.0, 1.0, 1.0, 0.0, 0.0, 1.0];
    let (mean, interval) = mean_interval(&values, &[1, 1, 2, 2, 3, 3], 0.95).unwrap();
    assert_close(mean, 0.5, 1e-12);
    assert_close(interval.low, wilson(1.5, 3.0, 0.95).unwrap().low, 1e-9);
}

#[test]
fn one_cluster_is_one_observation() {
    let values = [1.0, 0.0, 1.0, 1.0];
    let clusters = ["only"; 4];
    assert_eq!(clustered_standard_error(&values, &clusters), Err(StatError::OneCluster));
    let (mean, interval) = mean_interval(&values, &clusters, 0.95).unwrap();
    assert_close(mean, 0.75, 1e-12);
    let expected = wilson(0.75, 1.0, 0.95).unwrap();
    assert_close(interval.low, expected.low, 1e-12);
    assert_close(interval.high, expected.high, 1e-12);
}

/// Half the width of a mean's interval in standard errors, for values that alternate a little.
fn multiplier(clusters: u32) -> f64 {
    let values: Vec<f64> =
        (0..clusters).map(|at| if at % 2 == 0 { 0.499 } else { 0.501 }).collect();
    let clusters: Vec<u32> = (0..clusters).collect();
    let (mean, interval) = mean_interval(&values, &clusters, 0.95).unwrap();
    let error = clustered_standard_error(&values, &clusters).unwrap();
    assert_close(interval.high - mean, mean - interval.low, 1e-12);
    (interval.high - mean) / error
}

#[test]
fn few_clusters_use_students_t() {
    for (clusters, quantile) in [
        (2, 12.706_204_736_432_095),
        (3, 4.302_652_729_911_275),
        (11, 2.228_138_851_964_938_5),
        (31, 2.042_272_456_301_237_3),
    ] {
        let found = multiplier(clusters);
        assert!((found / quantile - 1.0).abs() < 1e-6, "{clusters} clusters: {found}");
    }
}

#[test]
fn many_clusters_use_the_normal_quantile() {
    // A library's inverse of Student's t may run away for large degrees of freedom.
    for clusters in [5_000, 10_001, 10_002, 60_000, 1_000_000] {
        let above = multiplier(clusters) / 1.959_963_984_540_054 - 1.0;
        // Student's t itself is above the normal quantile by 1.21 parts of the degrees of freedom.
        assert!((-1e-7..=1.3 / f64::from(clusters)).contains(&above), "{clusters}: {above}");
    }
}

proptest! {
    #[test]
    fn wilson_contains_the_share_and_stays_inside_0_and_1(
        n in 1_u32..100_000,
        part in 0.0_f64..=1.0,
        confidence in 0.5_f64..0.999,
    ) {
        let successes = (f64::from(n) * part).round();
        let share = successes / f64::from(n);
        let interval = wilson(successes, f64::from(n), confidence).unwrap();
        prop_assert!(0.0 <= interval.low && interval.high <= 1.0);
        prop_assert!(interval.low <= share && share <= interval.high);
        prop_assert!(interval.low < interval.high);
        let wider = wilson(successes, f64::from(n), confidence.midpoint(1.0)).unwrap();
        prop_assert!(wider.high - wider.low > interval.high - interval.low);
        let lost = wilson(f64::from(n) - successes, f64::from(n), confidence).unwrap();
        prop_assert!((lost.low - (1.0 - interval.high)).abs() < 1e-9);
    }

    #[test]
    fn the_interval_of_a_mean_depends_on_neither_order_nor_the_names_of_clusters(
        scores in prop::collection::vec((0_u8..=4, 0_u8..6), 1..40),
    ) {
        let values: Vec<f64> = scores.iter().map(|(score, _)| f64::from(*score) / 4.0).collect();
        let clusters: Vec<u8> = scores.iter().map(|(_, cluster)| *cluster).collect();
        let backwards: Vec<f64> = values.iter().rev().copied().collect();
        let names: Vec<String> = clusters.iter().rev().map(|at| format!("item {at}")).collect();
        let (mean, interval) = mean_interval(&values, &clusters, 0.95).unwrap();
        let (again, other) = mean_interval(&backwards, &names, 0.95).unwrap();
        prop_assert!((mean - again).abs() < 1e-9);
        prop_assert!((interval.low - other.low).abs() < 1e-9);
        prop_assert!((interval.high - other.high).abs() < 1e-9);
        prop_assert!(0.0 <= interval.low && interval.low <= mean + 1e-12);
        prop_assert!(mean <= interval.high + 1e-12 && interval.high <= 1.0);
        prop_assert!(interval.low < interval.high);
    }
}

#[test]
fn means_without_clusters_are_compared_by_welchs_test() {
    // scipy 1.12.0: ttest_ind(a, b, equal_var=False).
    let (a, b) = ([0.1, 0.5, 0.4, 0.9, 0.75, 0.3], [0.6, 0.8, 1.0, 0.95]);
    let found = compare_means((&a, &[0, 1, 2, 3, 4, 5]), (&b, &[6, 7, 8, 9])).unwrap();
    assert_close(found.difference / found.standard_error, -2.306_801_850_012_294, 1e-9);
    assert_close(found.p_value, 0.049_971_199_554_086_854, 1e-9);
    assert_close(found.freedom, 7.991_471_118_808_234, 1e-9);
    // The other way round only the sign changes.
    let back = compare_means((&b, &[6, 7, 8, 9]), (&a, &[0, 1, 2, 3, 4, 5])).unwrap();
    assert_close(back.difference, -found.difference, 1e-12);
    assert_close(back.p_value, found.p_value, 1e-12);
}

#[test]
fn clusters_of_similar_values_widen_the_error_of_a_difference() {
    let (a, b) = ([0.0, 0.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    let alone = compare_means((&a, &[0, 1, 2, 3, 4, 5]), (&b, &[0, 1, 2, 3, 4, 5])).unwrap();
    let together = compare_means((&a, &[0, 0, 1, 1, 2, 2]), (&b, &[0, 0, 1, 1, 2, 2])).unwrap();
    assert!(together.p_value > alone.p_value);
    assert_close(together.difference, alone.difference, 1e-12);
}

#[test]
fn comparing_means_without_variance_is_undefined() {
    let clusters = [0, 1, 2];
    let flat = compare_means((&[1.0; 3], &clusters), (&[0.0; 3], &clusters));
    assert_eq!(flat, Err(StatError::NoVariation));
    assert_eq!(compare_means((&[], &[]), (&[0.0; 3], &clusters)), Err(StatError::Empty));
    let one = compare_means((&[1.0, 0.5], &[0, 0]), (&[0.0; 3], &clusters));
    assert_eq!(one, Err(StatError::OneCluster));
}

#[test]
fn a_mean_without_spread_has_no_interval() {
    assert_eq!(clustered_mean(&[-0.5, -0.5], &[0, 1], 0.95), Ok((-0.5, None)));
    assert_eq!(clustered_mean(&[-0.5, 0.5], &[0, 0], 0.95), Ok((0.0, None)));
    assert_eq!(clustered_mean::<u8>(&[], &[], 0.95), Err(StatError::Empty));
    assert_eq!(clustered_mean(&[f64::NAN], &[0], 0.95), Err(StatError::OutOfRange));
    let (mean, interval) = clustered_mean(&[-0.5, 0.25, 0.5], &[0, 1, 2], 0.95).unwrap();
    let interval = interval.unwrap();
    assert!(interval.low < mean && mean < interval.high && interval.low < -0.5);
}

#[test]
fn a_share_of_single_clusters_has_wilsons_interval_and_other_scores_have_not() {
    let share = clustered_share(&[1.0, 0.0, 1.0], &[0, 1, 2]);
    assert_eq!(share, Estimate::proportion(2, 3));
    let together = clustered_share(&[1.0, 0.0, 1.0], &[0, 0, 2]);
    assert_ne!((together.low, together.high), (share.low, share.high));
    assert_eq!(clustered_share::<u8>(&[], &[]), Estimate::undefined(0));
}

#[test]
fn equal_weights_give_the_unweighted_mean() {
    let (scores, clusters) = ([1.0, 0.5, 0.0, 1.0, 1.0], [0, 0, 1, 2, 3]);
    let weighted = weighted_share(&scores, &[2.5; 5], &clusters);
    let plain = clustered_share(&scores, &clusters);
    assert_close(weighted.value.unwrap(), plain.value.unwrap(), 1e-12);
    assert_close(weighted.low.unwrap(), plain.low.unwrap(), 1e-12);
    assert_close(weighted.high.unwrap(), plain.high.unwrap(), 1e-12);
}

#[test]
fn a_weighted_share_has_the_linearised_error_of_a_ratio() {
    // By hand: Σwx/Σw = 7/10; residuals w(x − 0.7) are 0.9, −0.7, 1.2, −1.4 and sum up to 0; their squares
    // to 0.81 + 0.49 + 1.44 + 1.96 = 4.7; √(4/3 · 4.7)/10 = 0.250333…; t(3) = 3.182446305284.
    let scores = [1.0, 0.0, 1.0, 0.0];
    let share = weighted_share(&scores, &[3.0, 1.0, 4.0, 2.0], &[0, 1, 2, 3]);
    assert_close(share.value.unwrap(), 0.7, 1e-12);
    assert_close(
        share.low.unwrap(),
        (0.7 - 3.182_446_305_284_f64 * 0.250_333_111_406_9).max(0.0),
        1e-9,
    );
    assert_eq!(share.high, Some(1.0));
    let narrow = weighted_share(&[0.5, 0.6, 0.5, 0.6], &[3.0, 1.0, 4.0, 2.0], &[0, 1, 2, 3]);
    assert!(narrow.low.unwrap() > 0.4 && narrow.high.unwrap() < 0.7);
}

#[test]
fn a_weighted_share_without_spread_has_wilsons_interval_of_the_effective_number_of_values() {
    let share = weighted_share(&[1.0; 4], &[1.0, 1.0, 1.0, 5.0], &[0, 1, 2, 3]);
    // (Σw)²/Σw² = 64/28.
    let wilson = wilson(64.0 / 28.0, 64.0 / 28.0, 0.95).unwrap();
    assert_close(share.low.unwrap(), wilson.low, 1e-12);
    assert_eq!(share.value, Some(1.0));
    for weights in [[1.0, 0.0], [1.0, f64::NAN], [1.0, -1.0]] {
        assert_eq!(weighted_share(&[1.0, 0.0], &weights, &[0, 1]), Estimate::undefined(2));
    }
    // One cluster says nothing of its spread; what is known is the mean, as if of fewer values.
    let one = weighted_share(&[1.0, 0.0], &[1.0, 2.0], &[0, 0]);
    assert_close(one.value.unwrap(), 1.0 / 3.0, 1e-12);
    assert!(one.low.unwrap() < 0.1 && one.high.unwrap() > 0.8);
}
