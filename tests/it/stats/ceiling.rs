//! The human ceiling.

use evenhand::stats::{Ceiling, StatError, ceiling_from_sums, leave_one_out_sums, quantile};
use proptest::prelude::*;

use super::{assert_close, cases, numbers};

fn total(items: &[Vec<f64>], indices: impl IntoIterator<Item = usize>) -> Vec<f64> {
    let mut sums = vec![0.0; items[0].len()];
    for at in indices {
        for (sum, add) in sums.iter_mut().zip(&items[at]) {
            *sum += add;
        }
    }
    sums
}

#[test]
fn the_ceiling_and_its_bootstrap_are_those_of_the_reference() {
    let cases = cases("human_ceiling");
    assert_eq!(cases.len(), 1);
    let (input, expected) = (&cases[0]["input"], &cases[0]["expected"]);
    let humans: Vec<Vec<usize>> = serde_json::from_value(input["humans"].clone()).unwrap();
    let judge: Vec<usize> = serde_json::from_value(input["judge"].clone()).unwrap();
    let items: Vec<Vec<f64>> = (0..judge.len())
        .map(|item| {
            let labels: Vec<Option<usize>> = humans.iter().map(|of| Some(of[item])).collect();
            leave_one_out_sums(&labels, &[Some(judge[item])]).unwrap()
        })
        .collect();
    assert_eq!(items.len(), 80);
    let ceiling = |indices: &[usize]| {
        ceiling_from_sums(&total(&items, indices.iter().copied()), humans.len()).unwrap()
    };
    let all: Vec<usize> = (0..items.len()).collect();
    let Ceiling { judge, human, ratio, difference } = ceiling(&all);
    let number = |key: &str| expected[key].as_f64().unwrap();
    assert_close(human, number("human_vs_rest"), 1e-9);
    assert_close(judge, number("judge_vs_same_size_rest"), 1e-9);
    assert_close(ratio.unwrap(), number("ratio_loo"), 1e-9);
    assert_close(difference, number("diff"), 1e-9);

    let indices: Vec<Vec<usize>> = serde_json::from_value(input["indices"].clone()).unwrap();
    assert_eq!(indices.len(), 300);
    let replicates: Vec<Ceiling> = indices.iter().map(|indices| ceiling(indices)).collect();
    let interval = |of: fn(&Ceiling) -> f64, key: &str| {
        let mut values: Vec<f64> = replicates.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let wanted = numbers(&expected[key]);
        assert_close(quantile(&values, 0.025).unwrap(), wanted[0], 1e-9);
        assert_close(quantile(&values, 0.975).unwrap(), wanted[1], 1e-9);
    };
    interval(|ceiling| ceiling.ratio.unwrap(), "ratio_loo_percentile95");
    interval(|ceiling| ceiling.difference, "diff_percentile95");
}

#[test]
fn a_judge_and_annotator_are_compared_with_the_same_other_annotators() {
    // The rest of the second annotator, who did not label the item, does not matter.
    let sums = leave_one_out_sums(&[Some(0), None, Some(1), Some(1)], &[Some(1), Some(0)]).unwrap();
    assert_eq!(sums, [0.0, 0.5, 1.0, 0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 0.5, 0.5, 1.0]);
}

#[test]
fn an_unreadable_reply_scores_0_against_a_panel() {
    let sums = leave_one_out_sums(&[Some(0), Some(0)], &[Some(0), None]).unwrap();
    assert_eq!(sums, [1.0, 0.5, 1.0, 1.0, 0.5, 1.0]);
}

#[test]
fn a_single_label_contributes_zeros() {
    assert_eq!(leave_one_out_sums(&[Some(0), None], &[Some(0)]), Ok(vec![0.0; 6]));
    assert_eq!(ceiling_from_sums(&[0.0; 6], 2), Err(StatError::Empty));
    assert_eq!(ceiling_from_sums(&[], 0), Err(StatError::Empty));
    assert_eq!(leave_one_out_sums(&[], &[Some(0)]), Err(StatError::Empty));
    assert_eq!(leave_one_out_sums(&[Some(0), Some(1)], &[]), Err(StatError::Empty));
}

#[test]
fn the_ceiling_needs_three_sums_for_each_annotator() {
    assert_eq!(ceiling_from_sums(&[1.0, 1.0], 1), Err(StatError::OutOfRange));
    assert_eq!(ceiling_from_sums(&[1.0, f64::NAN, 1.0], 1), Err(StatError::OutOfRange));
    assert_eq!(ceiling_from_sums(&[1.0, -1.0, 1.0], 1), Err(StatError::OutOfRange));
    assert_eq!(ceiling_from_sums(&[1.0; 3], usize::MAX), Err(StatError::OutOfRange));
}

#[test]
fn the_ratio_to_people_who_never_agree_is_undefined() {
    let sums = leave_one_out_sums(&[Some(0), Some(1)], &[Some(0)]).unwrap();
    let ceiling = ceiling_from_sums(&sums, 2).unwrap();
    assert_eq!(ceiling, Ceiling { judge: 0.5, human: 0.0, ratio: None, difference: 0.5 });
}

#[test]
fn each_annotator_counts_the_same_however_many_items_they_labelled() {
    // One labelled 1 item, on which all agree; one 9, of which 3.
    let ceiling = ceiling_from_sums(&[1.0, 1.0, 1.0, 3.0, 0.0, 9.0, 0.0, 0.0, 0.0], 3).unwrap();
    assert_close(ceiling.human, f64::midpoint(1.0, 1.0 / 3.0), 1e-12);
    assert_close(ceiling.judge, 0.5, 1e-12);
}

proptest! {
    #[test]
    fn a_judge_that_repeats_a_person_scores_between_the_people(
        labels in prop::collection::vec(prop::collection::vec(0_usize..3, 3), 1..30),
    ) {
        let items: Vec<Vec<f64>> = labels
            .iter()
            .map(|labels| {
                let panel: Vec<Option<usize>> = labels.iter().map(|label| Some(*label)).collect();
                leave_one_out_sums(&panel, &panel[..1]).unwrap()
            })
            .collect();
        let sums = total(&items, 0..items.len());
        // Against the rest without that person, the judge is that person.
        prop_assert!((sums[0] - sums[1]).abs() < 1e-12);
        let ceiling = ceiling_from_sums(&sums, 3).unwrap();
        prop_assert!((0.0..=1.0).contains(&ceiling.human) && (0.0..=1.0).contains(&ceiling.judge));
        prop_assert!(ceiling.difference >= -1e-12);
    }
}
