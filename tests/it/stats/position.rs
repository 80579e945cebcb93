//! Position bias, stability of repeats, and flips net of noise.

use evenhand::stats::{
    Estimate, ItemFlips, SlotCounts, StatError, majority_share, mean_interval, noise_adjusted,
    position_bias, repeat_agreement,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases, numbers};

fn assert_share(found: Estimate, value: &Value, interval: &Value) {
    assert_eq!(found.value.is_none(), value.is_null());
    if let (Some(share), Some(low), Some(high)) = (found.value, found.low, found.high) {
        assert_close(share, value.as_f64().unwrap(), 1e-9);
        assert_close(low, interval[0].as_f64().unwrap(), 1e-9);
        assert_close(high, interval[1].as_f64().unwrap(), 1e-9);
    }
}

#[test]
fn position_bias_equals_that_of_shi_and_others() {
    let cases = cases("position_bias");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let slots = &case["input"]["first_call_then_swapped_slots"];
        let count = |key: &str| slots[key].as_u64().unwrap();
        let found = position_bias(&SlotCounts {
            both_first: count("AA"),
            both_second: count("BB"),
            first_and_tie: count("AC_or_CA"),
            second_and_tie: count("BC_or_CB"),
            first_then_second: count("AB"),
            second_then_first: count("BA"),
            both_tie: count("CC"),
        })
        .unwrap();
        let expected = &case["expected"];
        let number = |key: &str| expected[key].as_f64().unwrap();
        assert_eq!(found.primacy, expected["primacy"].as_u64().unwrap());
        assert_eq!(found.recency, expected["recency"].as_u64().unwrap());
        assert_close(found.fairness, number("pf_score_shi2024"), 1e-9);
        assert_close(found.net_first, number("net_first_slot_bias"), 1e-9);
        assert_close(found.p_value, number("binom_p"), 1e-9);
        assert_share(
            found.consistency,
            &expected["position_consistency"],
            &expected["pc_wilson95"],
        );
        let share = &expected["first_share_of_inconsistent"];
        assert_share(found.first_share, share, &expected["first_share_wilson95"]);
    }
}

#[test]
fn without_pairs_there_is_no_position_bias() {
    assert_eq!(position_bias(&SlotCounts::default()).unwrap_err(), StatError::Empty);
}

#[test]
fn a_judge_that_always_names_the_first_slot_has_a_slot_effect_of_one_half() {
    let all = SlotCounts { both_first: 8, ..SlotCounts::default() };
    let bias = position_bias(&all).unwrap();
    assert_close(bias.slot_effect, 0.5, 0.0);
    assert_close(bias.p_value, 2.0 / 256.0, 1e-12);
    let with_ties = SlotCounts { first_and_tie: 8, ..SlotCounts::default() };
    assert_close(position_bias(&with_ties).unwrap().slot_effect, 0.25, 0.0);
}

#[test]
fn repeats_agree_as_in_the_reference() {
    let cases = cases("repetition_stability");
    assert_eq!(cases.len(), 1);
    let expected = &cases[0]["expected"];
    let shares = numbers(&expected["per_item"]);
    let agreements = numbers(&expected["pairwise_agreement_per_item"]);
    let items = cases[0]["input"]["items_by_repeats"].as_array().unwrap();
    assert_eq!((items.len(), shares.len(), agreements.len()), (5, 5, 5));
    for ((item, share), agreement) in items.iter().zip(shares).zip(agreements) {
        let count =
            |vote: &str| item.as_array().unwrap().iter().filter(|v| *v == vote).count() as u64;
        let votes = ["A", "B", "C"].map(count);
        assert_close(majority_share(&votes).unwrap(), share, 1e-9);
        assert_close(repeat_agreement(&votes).unwrap(), agreement, 1e-9);
    }
}

#[test]
fn the_agreement_of_a_single_repeat_is_undefined() {
    assert_eq!(repeat_agreement(&[]), Err(StatError::Empty));
    assert_eq!(repeat_agreement(&[0, 0]), Err(StatError::Empty));
    assert_eq!(repeat_agreement(&[0, 1]), Err(StatError::TooFew));
    assert_eq!(majority_share(&[]), Err(StatError::Empty));
    assert_eq!(majority_share(&[0, 0]), Err(StatError::Empty));
    assert_eq!(majority_share(&[0, 1]), Ok(1.0));
}

fn flips(pairs: &[(f64, f64)]) -> Vec<ItemFlips> {
    let item = |(across_orders, same_order): &(f64, f64)| ItemFlips {
        across_orders: *across_orders,
        same_order: *same_order,
    };
    pairs.iter().map(item).collect()
}

#[test]
fn a_judge_that_flips_as_often_without_a_swap_has_no_position_effect() {
    let items = flips(&[(1.0, 1.0), (0.0, 0.5), (0.5, 0.0), (0.0, 0.0)]);
    let (mean, interval) = noise_adjusted(&items, &[1, 2, 3, 4], 0.95).unwrap();
    assert_close(mean, 0.0, 1e-12);
    // Differences 0, −½, ½, 0: s = √(1/6), and t(3) at 97.5 % is 3.182446305.
    let half = 3.182_446_305_283_708 * (1.0_f64 / 6.0).sqrt() / 2.0;
    assert_close(interval.low, -half, 1e-9);
    assert_close(interval.high, half, 1e-9);
}

#[test]
fn a_net_effect_without_variation_has_an_interval() {
    let items = flips(&[(1.0, 0.0); 10]);
    let clusters: Vec<usize> = (0..10).collect();
    let (mean, interval) = noise_adjusted(&items, &clusters, 0.95).unwrap();
    assert_close(mean, 1.0, 1e-12);
    assert_close(interval.high, 1.0, 1e-12);
    let (_, wilson) = mean_interval(&[1.0; 10], &clusters, 0.95).unwrap();
    assert_close(interval.low, 2.0 * wilson.low - 1.0, 1e-12);
    assert!(interval.low < 0.6);
}

#[test]
fn item_flips_must_be_shares() {
    let none: [usize; 0] = [];
    assert_eq!(noise_adjusted(&[], &none, 0.95), Err(StatError::Empty));
    let mismatched = noise_adjusted(&flips(&[(0.5, 0.5)]), &[1, 2], 0.95);
    assert_eq!(mismatched, Err(StatError::OutOfRange));
    for bad in [(1.5, 0.0), (0.0, -0.1), (f64::NAN, 0.0), (2.0, 2.0)] {
        assert_eq!(noise_adjusted(&flips(&[bad]), &[1], 0.95), Err(StatError::OutOfRange));
    }
}

proptest! {
    #[test]
    fn swapping_the_slots_negates_every_bias(counts in prop::array::uniform7(0_u64..40)) {
        let [aa, bb, ac, bc, ab, ba, cc] = counts;
        let counts = |aa, bb, ac, bc, ab, ba| SlotCounts {
            both_first: aa,
            both_second: bb,
            first_and_tie: ac,
            second_and_tie: bc,
            first_then_second: ab,
            second_then_first: ba,
            both_tie: cc,
        };
        let here = position_bias(&counts(aa, bb, ac, bc, ab, ba));
        let there = position_bias(&counts(bb, aa, bc, ac, ba, ab));
        match (here, there) {
            (Ok(here), Ok(there)) => {
                prop_assert_eq!(here.consistency, there.consistency);
                prop_assert!((here.fairness + there.fairness).abs() < 1e-12);
                prop_assert!((here.slot_effect + there.slot_effect).abs() < 1e-12);
                prop_assert!((here.p_value - there.p_value).abs() < 1e-12);
                prop_assert!(here.p_value > 0.0 && here.p_value <= 1.0);
            }
            (here, there) => prop_assert_eq!(here.unwrap_err(), there.unwrap_err()),
        }
    }

    #[test]
    fn repeats_agree_no_more_than_their_majority(votes in prop::collection::vec(0_u64..9, 1..5)) {
        if let (Ok(agreement), Ok(share)) = (repeat_agreement(&votes), majority_share(&votes)) {
            prop_assert!((0.0..=share).contains(&agreement));
        }
    }
}
