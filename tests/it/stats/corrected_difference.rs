//! The difference of two prediction-powered means over the same items.

use evenhand::stats::{
    Labelled, RatedSystem, StatError, Weighted, corrected_difference, paired_difference,
};

use super::assert_close;

fn labelled(human: &[f64], judge: &[f64]) -> Vec<Labelled> {
    let both = human.iter().zip(judge);
    both.map(|(human, judge)| Labelled { human: *human, judge: *judge, weight: 1.0 }).collect()
}

const FIRST: [&[f64]; 3] = [
    &[1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0],
    &[1.0, 0.0, 1.0, 0.5, 0.0, 1.0, 0.5, 1.0],
    &[1.0, 1.0, 0.0, 0.5, 1.0, 0.0, 1.0, 1.0, 0.5, 1.0, 0.0, 1.0],
];
const SECOND: [&[f64]; 3] = [
    &[0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0],
    &[0.5, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0],
    &[0.0, 1.0, 0.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.5, 1.0, 0.0, 0.0],
];

/// The difference, where the items of the second system begin at `shift`.
fn difference(shift: u32) -> (f64, [f64; 2]) {
    let [first, second] = [FIRST, SECOND].map(|[human, judge, _]| labelled(human, judge));
    let items: Vec<u32> = (0..20).collect();
    let others: Vec<u32> = items.iter().map(|item| item + shift).collect();
    let system = |labelled, unlabelled, items| {
        let (labelled_items, unlabelled_items): (&[u32], &[u32]) = <[u32]>::split_at(items, 8);
        RatedSystem { labelled, labelled_items, unlabelled, unlabelled_items }
    };
    let before = system(&first, FIRST[2], &items);
    let after = system(&second, SECOND[2], &others);
    let (value, interval) = corrected_difference(&before, &after, 0.95).unwrap();
    (value, [interval.low, interval.high])
}

#[test]
fn the_difference_is_that_of_two_prediction_powered_means() {
    // ppi-python 0.2.3, ppi_mean_pointestimate of each system: 0.6479973591549295 and 0.27140766616314205.
    let (value, [low, high]) = difference(0);
    assert_close(value, -0.376_589_692_991_787_46, 1e-9);
    assert!(low < value && value < high);
}

#[test]
fn items_in_common_make_the_interval_narrower() {
    let (paired, [low, high]) = difference(0);
    let (independent, [least, most]) = difference(100);
    assert_close(paired, independent, 1e-12);
    assert!(high - low < most - least, "{low} – {high}, {least} – {most}");
}

#[test]
fn labels_of_everything_give_nearly_the_paired_interval_of_the_labels() {
    // Two errors are added to each side, which matters less and less; pairing is by item in both.
    let at = |times: usize| {
        let repeated = |values: &[f64]| values.repeat(times);
        let [first, second] =
            [FIRST, SECOND].map(|[human, judge, _]| labelled(&repeated(human), &repeated(judge)));
        let items: Vec<u32> = (0..8 * times as u32).collect();
        let system = |labelled| RatedSystem {
            labelled,
            labelled_items: &items,
            unlabelled: &[],
            unlabelled_items: &[],
        };
        let (value, found) = corrected_difference(&system(&first), &system(&second), 0.95).unwrap();
        let weights = vec![1.0; items.len()];
        let (before, after) = (repeated(FIRST[0]), repeated(SECOND[0]));
        let weighted = |values| Weighted { values, weights: &weights, clusters: &items };
        let (plain, interval) =
            paired_difference(&weighted(&before), &weighted(&after), 0.95).unwrap();
        assert_close(value, plain, 1e-12);
        (found.high - found.low) / (interval.high - interval.low)
    };
    assert!(at(10) > 1.0 && at(10) < 1.2, "{}", at(10));
    assert!(at(1000) > 1.0 && at(1000) < 1.002, "{}", at(1000));
}

#[test]
fn a_difference_needs_labels_of_both_systems_and_scores_in_range() {
    let labels = labelled(&[1.0, 0.0], &[1.0, 0.0]);
    let of = |labelled, unlabelled| RatedSystem::<u32> {
        labelled,
        labelled_items: &[0, 1],
        unlabelled,
        unlabelled_items: &[2],
    };
    let good = of(&labels, &[1.0]);
    let bad = of(&labels, &[1.5]);
    assert_eq!(corrected_difference(&good, &bad, 0.95), Err(StatError::OutOfRange));
    let none = RatedSystem { labelled: &[], labelled_items: &[], ..good };
    assert_eq!(corrected_difference(&none, &good, 0.95), Err(StatError::Empty));
}
