//! Intervals for shares and their differences, and the related tests.

use evenhand::stats::{
    StatError, binomial_test_half, clopper_pearson, mcnemar, newcombe_independent, newcombe_paired,
    wilson,
};
use proptest::prelude::*;

use super::{assert_close, cases, numbers};

fn count(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn intervals_for_a_share_equal_those_of_statsmodels() {
    let cases = cases("proportion_ci");
    assert_eq!(cases.len(), 8);
    for case in cases {
        let (successes, n) = (count(&case["input"]["successes"]), count(&case["input"]["n"]));
        let score = wilson(successes as f64, n as f64, 0.95).unwrap();
        let exact = clopper_pearson(successes, n, 0.95).unwrap();
        for (found, expected) in [(score, "wilson"), (exact, "beta")] {
            let expected = numbers(&case["expected"][expected]);
            assert_close(found.low, expected[0], 1e-9);
            assert_close(found.high, expected[1], 1e-9);
        }
        let p = case["expected"]["binom_two_sided_p_vs_half"].as_f64().unwrap();
        assert_close(binomial_test_half(successes, n).unwrap() / p, 1.0, 1e-7);
    }
}

#[test]
fn intervals_for_a_difference_of_independent_shares_equal_those_of_statsmodels() {
    let cases = cases("two_proportions");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let [x1, n1, x2, n2] = ["x1", "n1", "x2", "n2"].map(|name| count(&case["input"][name]));
        let found = newcombe_independent([x1, x2], [n1, n2], 0.95).unwrap();
        let expected = numbers(&case["expected"]["newcombe"]);
        assert_close(found.value, case["expected"]["diff"].as_f64().unwrap(), 1e-12);
        assert_close(found.interval.low, expected[0], 1e-9);
        assert_close(found.interval.high, expected[1], 1e-9);
    }
}

#[test]
fn paired_tests_and_intervals_equal_the_reference() {
    let cases = cases("mcnemar_paired");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let table = &case["input"]["table_judge1_right_wrong_by_judge2"];
        let [both, b, c, neither] =
            [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(i, j)| count(&table[i][j]));
        let expected = &case["expected"];
        let test = mcnemar(b, c).unwrap();
        assert_close(test.exact / expected["exact_p"].as_f64().unwrap(), 1.0, 1e-7);
        assert_close(test.mid_p / expected["midp"].as_f64().unwrap(), 1.0, 1e-7);
        match (expected["chi2"].as_f64(), expected["chi2_p"].as_f64()) {
            (Some(chi_squared), Some(p)) => {
                assert_close(test.chi_squared.unwrap(), chi_squared, 1e-9);
                assert_close(test.chi_squared_p.unwrap() / p, 1.0, 1e-7);
            }
            _ => assert_eq!((test.chi_squared, test.chi_squared_p), (None, None)),
        }
        let difference = newcombe_paired(both, b, c, neither, 0.95).unwrap();
        let interval = numbers(&expected["newcombe_paired_m10_nocc"]);
        assert_close(difference.value, expected["diff"].as_f64().unwrap(), 1e-12);
        assert_close(difference.interval.low, interval[0], 1e-9);
        assert_close(difference.interval.high, interval[1], 1e-9);
    }
}

#[test]
fn intervals_and_tests_without_observations_are_undefined() {
    assert_eq!(clopper_pearson(0, 0, 0.95), Err(StatError::Empty));
    assert_eq!(binomial_test_half(0, 0), Err(StatError::Empty));
    assert_eq!(newcombe_independent([0, 1], [0, 2], 0.95), Err(StatError::Empty));
    assert_eq!(newcombe_independent([1, 0], [2, 0], 0.95), Err(StatError::Empty));
    assert_eq!(newcombe_paired(0, 0, 0, 0, 0.95), Err(StatError::Empty));
}

#[test]
fn more_successes_than_observations_are_out_of_range() {
    assert_eq!(clopper_pearson(3, 2, 0.95), Err(StatError::OutOfRange));
    assert_eq!(binomial_test_half(3, 2), Err(StatError::OutOfRange));
    assert_eq!(newcombe_independent([3, 0], [2, 2], 0.95), Err(StatError::OutOfRange));
    assert_eq!(mcnemar(u64::MAX, 1), Err(StatError::OutOfRange));
}

#[test]
fn a_confidence_of_0_or_1_is_out_of_range() {
    for confidence in [0.0, 1.0, -0.5, f64::NAN] {
        assert_eq!(clopper_pearson(0, 2, confidence), Err(StatError::OutOfRange));
        assert_eq!(clopper_pearson(1, 2, confidence), Err(StatError::OutOfRange));
        assert_eq!(newcombe_paired(1, 1, 1, 1, confidence), Err(StatError::OutOfRange));
    }
}

#[test]
fn without_discordant_items_two_judges_do_not_differ() {
    let test = mcnemar(0, 0).unwrap();
    assert_eq!((test.exact, test.mid_p), (1.0, 1.0));
    let difference = newcombe_paired(70, 0, 0, 30, 0.95).unwrap();
    assert!(difference.interval.low < 0.0 && difference.interval.high > 0.0);
}

#[test]
fn an_even_split_has_a_p_value_of_1() {
    assert_eq!(binomial_test_half(5, 10), Ok(1.0));
    let test = mcnemar(5, 5).unwrap();
    assert_close(test.exact, 1.0, 0.0);
    assert_close(test.mid_p, 1.0, 1e-12);
}

/// Values from exact sums of binomial coefficients and bisection in 50 digits.
#[test]
fn large_counts_lose_no_accuracy() {
    let p_values = [
        (4_900, 10_000, 0.046_585_527_704_947_39),
        (49_000, 100_000, 2.588_716_038_346_898e-10),
        (499_000, 1_000_000, 0.045_608_299_865_382_09),
    ];
    for (successes, n, expected) in p_values {
        assert_close(binomial_test_half(successes, n).unwrap() / expected, 1.0, 1e-7);
    }
    let intervals = [
        (3, 100_000, [6.186_763_958_922_031e-6, 8.767_020_256_636_18e-5]),
        (5_000, 10_000, [0.490_151_380_589_980_5, 0.509_848_619_410_019_5]),
        (50_000, 100_000, [0.496_896_062_491_800_4, 0.503_103_937_508_199_6]),
        (99_000, 100_000, [0.989_363_888_470_645_7, 0.990_607_443_910_901_5]),
    ];
    for (successes, n, expected) in intervals {
        let found = clopper_pearson(successes, n, 0.95).unwrap();
        assert_close(found.low, expected[0], 1e-9);
        assert_close(found.high, expected[1], 1e-9);
    }
}

proptest! {
    #[test]
    fn an_interval_contains_its_value(won in 0_u64..200, lost in 0_u64..200) {
        prop_assume!(won + lost > 0);
        let n = won + lost;
        let share = won as f64 / n as f64;
        prop_assert!(clopper_pearson(won, n, 0.95).unwrap().contains(share));
        prop_assert!(wilson(won as f64, n as f64, 0.95).unwrap().contains(share));
    }

    #[test]
    fn exchanging_success_and_failure_mirrors_the_exact_interval(won in 0_u64..200, lost in 0_u64..200) {
        prop_assume!(won + lost > 0);
        let one = clopper_pearson(won, won + lost, 0.9).unwrap();
        let other = clopper_pearson(lost, won + lost, 0.9).unwrap();
        prop_assert!((one.low + other.high - 1.0).abs() < 1e-9);
        prop_assert!((one.high + other.low - 1.0).abs() < 1e-9);
    }

    #[test]
    fn exchanging_two_judges_negates_their_difference(
        both in 0_u64..50, b in 0_u64..50, c in 0_u64..50, neither in 0_u64..50,
    ) {
        prop_assume!(both + b + c + neither > 0);
        let one = newcombe_paired(both, b, c, neither, 0.95).unwrap();
        let other = newcombe_paired(both, c, b, neither, 0.95).unwrap();
        prop_assert!(one.interval.low <= one.interval.high && one.interval.contains(one.value));
        prop_assert!((one.interval.low + other.interval.high).abs() < 1e-12);
        prop_assert_eq!(mcnemar(b, c), mcnemar(c, b));
    }

    #[test]
    fn the_middle_p_value_is_at_most_the_exact_one(b in 0_u64..300, c in 0_u64..300) {
        let test = mcnemar(b, c).unwrap();
        prop_assert!(0.0 < test.mid_p && test.mid_p <= test.exact && test.exact <= 1.0);
    }
}
