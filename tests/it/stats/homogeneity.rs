//! Two samples by category, and two independent shares: against scipy and statsmodels.

use evenhand::stats::{
    StatError, fisher_exact, homogeneity, newcombe_independent, population_stability,
};
use proptest::prelude::*;

use super::{assert_close, cases, golden, numbers};

#[test]
fn the_familiar_index_and_the_test_agree_with_the_reference() {
    let drift = golden("drift");
    let case =
        drift["cases"].as_array().unwrap().iter().find(|case| case["name"] == "psi").unwrap();
    let input = &case["input"];
    let [expected, actual] = ["expected_props", "actual_props"].map(|name| numbers(&input[name]));
    let psi = population_stability(&expected, &actual).unwrap();
    assert_close(psi, case["expected"]["psi"].as_f64().unwrap(), 1e-9);
    // The reference compares two samples of 200.
    let counts: Vec<[u64; 2]> = expected
        .iter()
        .zip(&actual)
        .map(|pair| [(pair.0 * 200.0).round() as u64, (pair.1 * 200.0).round() as u64])
        .collect();
    let test = homogeneity(&counts).unwrap();
    let reference = numbers(&case["expected"]["chi2_homogeneity"]);
    assert_close(test.chi_squared, reference[0], 1e-9);
    assert_close(test.p_value, reference[1], 1e-9);
    assert_eq!(test.freedom, 2);
    assert_close(test.cramers_v, (reference[0] / 400.0).sqrt(), 1e-12);
    assert!(test.is_approximate && (test.g - test.chi_squared).abs() < 0.5);
}

#[test]
fn two_shares_agree_with_scipy_and_statsmodels() {
    let cases = cases("two_proportions");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let number = |name: &str| case["input"][name].as_u64().unwrap();
        let (successes, n) = ([number("x1"), number("x2")], [number("n1"), number("n2")]);
        let expected = &case["expected"];
        let difference = newcombe_independent(successes, n, 0.95).unwrap();
        let interval = numbers(&expected["newcombe"]);
        assert_close(difference.value, expected["diff"].as_f64().unwrap(), 1e-12);
        assert_close(difference.interval.low, interval[0], 1e-9);
        assert_close(difference.interval.high, interval[1], 1e-9);
        let p = expected["fisher_exact_p"].as_f64().unwrap();
        assert_close(fisher_exact(successes, n).unwrap() / p, 1.0, 1e-7);
    }
}

#[test]
fn what_is_empty_or_all_alike_has_no_test() {
    assert_eq!(homogeneity(&[]), Err(StatError::Empty));
    assert_eq!(homogeneity(&[[3, 0], [4, 0]]), Err(StatError::Empty));
    assert_eq!(homogeneity(&[[3, 5], [0, 0]]), Err(StatError::NoVariation));
    assert!(!homogeneity(&[[3, 5], [0, 1]]).unwrap().is_approximate);
    assert_eq!(fisher_exact([0, 0], [0, 3]), Err(StatError::Empty));
    assert_eq!(fisher_exact([4, 0], [3, 3]), Err(StatError::OutOfRange));
    assert_eq!(population_stability(&[1.0], &[0.0]), Err(StatError::OutOfRange));
    assert_eq!(population_stability(&[], &[]), Err(StatError::Empty));
}

proptest! {
    #[test]
    fn the_samples_may_be_exchanged(counts in prop::collection::vec([0_u64..30, 0..30], 1..6)) {
        let exchanged: Vec<[u64; 2]> = counts.iter().map(|[one, other]| [*other, *one]).collect();
        match (homogeneity(&counts), homogeneity(&exchanged)) {
            (Ok(one), Ok(other)) => {
                prop_assert!((one.p_value - other.p_value).abs() < 1e-9);
                prop_assert!((0.0..=1.0).contains(&one.p_value) && (0.0..=1.0).contains(&one.cramers_v));
            }
            (one, other) => prop_assert_eq!(one, other),
        }
    }

    #[test]
    fn fishers_p_value_is_a_probability(x in [0_u64..20, 0..20], more in [0_u64..20, 1..20]) {
        let n = [x[0] + more[0].max(1), x[1] + more[1]];
        let p = fisher_exact(x, n).unwrap();
        prop_assert!(p > 0.0 && p <= 1.0);
        let failures = [n[0] - x[0], n[1] - x[1]];
        prop_assert!((p - fisher_exact(failures, n).unwrap()).abs() < 1e-9);
    }
}
