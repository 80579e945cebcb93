//! Win rates and bounds with dropped pairs.

use evenhand::stats::{
    BoundErrors, Interval, StatError, VerdictCounts, imbens_manski, manski, manski_errors,
    tipping_share, win_rates,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases};

#[track_caller]
fn assert_maybe(found: Option<f64>, expected: &Value) {
    match found {
        Some(found) => assert_close(found, expected.as_f64().unwrap(), 1e-9),
        None => assert!(expected.is_null()),
    }
}

#[test]
fn win_rates_and_bounds_are_those_of_the_reference() {
    let cases = cases("selection_bounds");
    assert_eq!(cases.len(), 5);
    let mut with_interval = 0;
    for case in cases {
        let count = |key: &str| case["input"][key].as_u64().unwrap();
        let counts = VerdictCounts {
            wins: count("wins"),
            losses: count("losses"),
            ties: count("agreed_ties"),
            dropped: count("inconsistent"),
        };
        let expected = &case["expected"];
        let rates = win_rates(&counts).unwrap();
        assert_maybe(rates.decided, &expected["win_rate_decided"]);
        assert_maybe(rates.consistent, &expected["win_rate_consistent_ties_half"]);
        assert_maybe(Some(rates.half_all), &expected["win_rate_half_all"]);
        assert_maybe(rates.half_all_standard_error, &expected["half_all_se"]);
        let (bounds, errors) = (manski(&counts).unwrap(), manski_errors(&counts).unwrap());
        assert_maybe(Some(bounds.low), &expected["manski"][0]);
        assert_maybe(Some(bounds.high), &expected["manski"][1]);
        assert_maybe(Some(bounds.high - bounds.low), &expected["manski_width"]);
        assert_maybe(Some(errors.low), &expected["bound_se"][0]);
        assert_maybe(Some(errors.high), &expected["bound_se"][1]);
        match imbens_manski(bounds, errors, 0.95) {
            Ok(interval) => {
                with_interval += 1;
                assert_maybe(Some(interval.low), &expected["imbens_manski95"][0]);
                assert_maybe(Some(interval.high), &expected["imbens_manski95"][1]);
            }
            Err(error) => {
                assert_eq!(error, StatError::NoVariation);
                assert!(expected.get("imbens_manski95").is_none());
            }
        }
    }
    assert_eq!(with_interval, 4);
}

#[test]
fn win_rates_without_pairs_are_undefined() {
    let none = VerdictCounts::default();
    assert_eq!(win_rates(&none).unwrap_err(), StatError::Empty);
    assert_eq!(manski(&none).unwrap_err(), StatError::Empty);
    assert_eq!(manski_errors(&none).unwrap_err(), StatError::Empty);
    assert_eq!(tipping_share(&none), Err(StatError::Empty));
}

#[test]
fn one_pair_has_a_win_rate_without_a_standard_error() {
    let one = VerdictCounts { wins: 1, ..VerdictCounts::default() };
    assert_eq!(win_rates(&one).unwrap().half_all_standard_error, None);
    assert_eq!(manski_errors(&one).unwrap_err(), StatError::TooFew);
}

#[test]
fn an_interval_for_bounds_needs_bounds_in_order() {
    let errors = BoundErrors { low: 0.1, high: 0.1 };
    let within = |low, high, errors, confidence| {
        imbens_manski(Interval { low, high }, errors, confidence).unwrap_err()
    };
    assert_eq!(within(0.6, 0.4, errors, 0.95), StatError::OutOfRange);
    assert_eq!(within(f64::NAN, 0.4, errors, 0.95), StatError::OutOfRange);
    assert_eq!(within(0.4, f64::INFINITY, errors, 0.95), StatError::OutOfRange);
    let negative = BoundErrors { low: -0.1, high: 0.1 };
    assert_eq!(within(0.4, 0.6, negative, 0.95), StatError::OutOfRange);
    for confidence in [0.0, 0.3, 1.0, f64::NAN] {
        assert_eq!(within(0.4, 0.6, errors, confidence), StatError::OutOfRange);
    }
    let none = BoundErrors { low: 0.0, high: 0.0 };
    assert_eq!(within(0.4, 0.6, none, 0.95), StatError::NoVariation);
}

#[test]
fn a_lead_larger_than_the_dropped_pairs_has_no_tipping_share() {
    let counts = |wins, losses, ties, dropped| VerdictCounts { wins, losses, ties, dropped };
    assert_eq!(tipping_share(&counts(60, 20, 0, 20)), Ok(None));
    assert_eq!(tipping_share(&counts(20, 60, 0, 20)), Ok(None));
    assert_eq!(tipping_share(&counts(60, 20, 0, 0)), Ok(None));
    assert_eq!(tipping_share(&counts(60, 20, 0, 40)), Ok(Some(0.0)));
    assert_eq!(tipping_share(&counts(20, 30, 10, 40)), Ok(Some(0.625)));
}

fn any_counts() -> impl Strategy<Value = VerdictCounts> {
    (0_u64..60, 0_u64..60, 0_u64..60, 0_u64..60)
        .prop_map(|(wins, losses, ties, dropped)| VerdictCounts { wins, losses, ties, dropped })
}

proptest! {
    #[test]
    fn the_order_averaged_win_rate_is_the_middle_of_the_bounds(counts in any_counts()) {
        prop_assume!(counts.total() > 0);
        let bounds = manski(&counts).unwrap();
        let rates = win_rates(&counts).unwrap();
        prop_assert!((rates.half_all - f64::midpoint(bounds.low, bounds.high)).abs() < 1e-12);
        let width = counts.dropped as f64 / counts.total() as f64;
        prop_assert!((bounds.high - bounds.low - width).abs() < 1e-12);
    }

    #[test]
    fn the_tipping_share_makes_the_win_rate_a_half(counts in any_counts()) {
        prop_assume!(counts.total() > 0);
        if let Some(share) = tipping_share(&counts).unwrap() {
            let wins = counts.wins as f64 + 0.5 * counts.ties as f64;
            let rate = (wins + share * counts.dropped as f64) / counts.total() as f64;
            prop_assert!((rate - 0.5).abs() < 1e-12);
        } else {
            let bounds = manski(&counts).unwrap();
            prop_assert!(counts.dropped == 0 || bounds.low > 0.5 || bounds.high < 0.5);
        }
    }

    #[test]
    fn the_imbens_manski_interval_is_between_the_one_and_two_sided_ones(
        width in 0.0..0.5_f64,
        low in 0.001..0.2_f64,
        high in 0.001..0.2_f64,
    ) {
        let bounds = Interval { low: 0.3, high: 0.3 + width };
        let interval = imbens_manski(bounds, BoundErrors { low, high }, 0.95).unwrap();
        let times = (0.3 - interval.low) / low;
        prop_assert!((1.644_853 ..= 1.959_965).contains(&times));
        prop_assert!((interval.high - bounds.high - times * high).abs() < 1e-9);
    }
}
