//! Sample sizes.

use evenhand::stats::{
    Estimate, Interval, StatError, half_width_sample_size, inflated_sample_size, kappa_sample_size,
    mcnemar_sample_size, pilot_sample_size, planned_design_effect, prediction_powered_gain,
    share_sample_size, two_shares_sample_size,
};

use super::{assert_close, cases, numbers};

#[test]
fn sample_sizes_are_those_of_the_reference() {
    let cases = cases("sample_size");
    assert_eq!(cases.len(), 11);
    for case in cases {
        let (input, expected) = (&case["input"], &case["expected"]);
        let of = |key: &str| input[key].as_f64().unwrap();
        let (found, key) = match case["name"].as_str().unwrap() {
            "one_sample_win_rate_vs_half" => {
                (share_sample_size(of("p1"), of("p0"), of("alpha"), of("power")), "n_normal")
            }
            "ci_halfwidth_wald_worst" => {
                (half_width_sample_size(of("p"), of("half_width"), 0.95), "n")
            }
            "mcnemar_connor1987" => {
                (mcnemar_sample_size(of("p10"), of("p01"), of("alpha"), of("power")), "n_pairs")
            }
            "kappa_ci_halfwidth" => {
                let marginals = numbers(&input["marginals"]);
                (kappa_sample_size(of("kappa"), &marginals, of("half_width"), 0.95), "n")
            }
            "two_prop_arcsine" => {
                (two_shares_sample_size(of("p1"), of("p2"), of("alpha"), of("power")), "n_per_arm")
            }
            other => panic!("no function for {other}"),
        };
        // The root finder of the reference stopped 6e-7 beside the root.
        let tolerance = if key == "n_per_arm" { 1e-6 } else { 1e-9 };
        assert_close(found.unwrap(), expected[key].as_f64().unwrap(), tolerance);
    }
}

#[test]
fn no_sample_size_detects_a_difference_of_0() {
    assert_eq!(share_sample_size(0.5, 0.5, 0.05, 0.8), Err(StatError::NoVariation));
    assert_eq!(mcnemar_sample_size(0.1, 0.1, 0.05, 0.8), Err(StatError::NoVariation));
    assert_eq!(mcnemar_sample_size(0.0, 0.0, 0.05, 0.8), Err(StatError::NoVariation));
    assert_eq!(two_shares_sample_size(0.4, 0.4, 0.05, 0.8), Err(StatError::NoVariation));
    assert_eq!(kappa_sample_size(0.5, &[1.0, 0.0], 0.1, 0.95), Err(StatError::NoVariation));
}

#[test]
fn a_sample_sizes_for_arguments_out_of_range_are_errors() {
    assert_eq!(share_sample_size(0.6, 0.5, 0.05, 0.4), Err(StatError::OutOfRange));
    assert_eq!(two_shares_sample_size(0.6, 0.5, 0.9, 0.8), Err(StatError::OutOfRange));
    for bad in [0.0, 1.0, -0.1, f64::NAN] {
        for found in [
            share_sample_size(bad, 0.5, 0.05, 0.8),
            share_sample_size(0.6, bad, 0.05, 0.8),
            share_sample_size(0.6, 0.5, bad, 0.8),
            share_sample_size(0.6, 0.5, 0.05, bad),
            half_width_sample_size(bad, 0.1, 0.95),
            half_width_sample_size(0.5, bad, 0.95),
            half_width_sample_size(0.5, 0.1, bad),
            mcnemar_sample_size(0.2, 0.1, bad, 0.8),
            mcnemar_sample_size(0.2, 0.1, 0.05, bad),
            kappa_sample_size(0.5, &[0.5, 0.5], bad, 0.95),
            two_shares_sample_size(0.5, bad, 0.05, 0.8),
            two_shares_sample_size(bad, 0.5, 0.05, 0.8),
        ] {
            assert_eq!(found, Err(StatError::OutOfRange));
        }
    }
    assert_eq!(mcnemar_sample_size(0.7, 0.4, 0.05, 0.8), Err(StatError::OutOfRange));
    assert_eq!(mcnemar_sample_size(-0.1, 0.4, 0.05, 0.8), Err(StatError::OutOfRange));
    assert_eq!(kappa_sample_size(1.0, &[0.5, 0.5], 0.1, 0.95), Err(StatError::OutOfRange));
    assert_eq!(kappa_sample_size(-0.9, &[0.9, 0.1], 0.1, 0.95), Err(StatError::OutOfRange));
    assert_eq!(kappa_sample_size(0.5, &[0.5, 0.4], 0.1, 0.95), Err(StatError::OutOfRange));
    assert_eq!(kappa_sample_size(0.5, &[], 0.1, 0.95), Err(StatError::OutOfRange));
}

#[test]
fn clusters_and_dropped_pairs_make_a_plan_larger() {
    let effect = planned_design_effect(4.0, 0.4).unwrap();
    assert_close(effect, 2.2, 1e-12);
    assert_close(inflated_sample_size(194.0, effect, 0.8).unwrap(), 533.5, 1e-9);
    assert_close(inflated_sample_size(194.0, 1.0, 1.0).unwrap(), 194.0, 0.0);
    assert_eq!(planned_design_effect(0.5, 0.4), Err(StatError::OutOfRange));
    assert_eq!(planned_design_effect(4.0, 1.4), Err(StatError::OutOfRange));
    assert_eq!(inflated_sample_size(194.0, 1.0, 0.0), Err(StatError::OutOfRange));
    assert_eq!(inflated_sample_size(194.0, 0.0, 1.0), Err(StatError::OutOfRange));
    assert_eq!(inflated_sample_size(f64::INFINITY, 1.0, 1.0), Err(StatError::OutOfRange));
}

#[test]
fn a_mediocre_judge_saves_few_labels() {
    assert_close(prediction_powered_gain(0.6, 1, 1_000_000).unwrap(), 1.5625, 1e-5);
    assert_close(prediction_powered_gain(0.0, 10, 100).unwrap(), 1.0, 0.0);
    assert_close(prediction_powered_gain(-1.0, 10, 30).unwrap(), 4.0, 1e-12);
    assert_eq!(prediction_powered_gain(0.6, 0, 10), Err(StatError::Empty));
    assert_eq!(prediction_powered_gain(1.1, 10, 10), Err(StatError::OutOfRange));
}

/// The values are those of `normal_sample_size_one_tail` of statsmodels 0.14.4, with `std_null` as the standard
/// deviation and half of the significance.
#[test]
fn a_pilot_gives_the_sample_size_of_statsmodels() {
    let cases = [
        (0.49, 0.56, 0.5, 0.05, 0.8, 523.476_673_393_671_3),
        (0.3, -0.02, 0.0, 0.01, 0.9, 3_347.862_113_080_919_2),
    ];
    let z = 1.959_963_984_540_054;
    for (deviation, value, hypothesis, significance, power, expected) in cases {
        let n = 144_u32;
        let half_width = z * deviation / f64::from(n).sqrt();
        let interval = Interval { low: value - half_width, high: value + half_width };
        let pilot = Estimate::new(value, interval, u64::from(n));
        let found = pilot_sample_size(&pilot, hypothesis, significance, power).unwrap();
        assert_close(found, expected, 1e-9);
    }
}

#[test]
fn a_pilot_without_an_effect_or_an_interval_gives_no_sample_size() {
    let interval = Interval { low: 0.4, high: 0.6 };
    let found = pilot_sample_size(&Estimate::new(0.5, interval, 10), 0.5, 0.05, 0.8);
    assert_eq!(found, Err(StatError::NoVariation));
    let found = pilot_sample_size(&Estimate::of(Some(0.7), None, 10), 0.5, 0.05, 0.8);
    assert_eq!(found, Err(StatError::Empty));
    let found = pilot_sample_size(&Estimate::new(0.7, interval, 10), 0.5, 0.0, 0.8);
    assert_eq!(found, Err(StatError::OutOfRange));
}
