//! Areas under curves and rank correlations of tables of scores and grades.

use evenhand::stats::{OrderedTable, StatError, auroc, kendall_tau_b, spearman};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, assert_same, cases, numbers};

/// The cells of a table, with the number of its grades.
fn table(scores: &[f64], grades: &[f64], weights: &[f64]) -> (usize, Vec<f64>) {
    let mut distinct = scores.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let width = grades.iter().copied().fold(0.0, f64::max) as usize + 1;
    let mut cells = vec![0.0; distinct.len() * width];
    for ((score, grade), weight) in scores.iter().zip(grades).zip(weights) {
        let row = distinct.partition_point(|known| known < score);
        cells[row * width + *grade as usize] += weight;
    }
    (width, cells)
}

/// The grades as fails (0) and passes (1).
fn passes(grades: &[f64], pass_from: f64) -> Vec<f64> {
    grades.iter().map(|grade| f64::from(*grade >= pass_from)).collect()
}

fn assert_is(found: Result<f64, StatError>, expected: &Value) {
    match expected.as_f64() {
        Some(expected) => assert_close(found.unwrap(), expected, 1e-12),
        None => assert_eq!(found, Err(StatError::NoVariation)),
    }
}

#[test]
fn numbers_of_tables_equal_those_of_scikit_learn_and_scipy() {
    let cases = cases("ordered_table");
    assert_eq!(cases.len(), 15);
    for case in cases {
        let input = &case["input"];
        let [scores, grades, weights] =
            ["scores", "grades", "weights"].map(|field| numbers(&input[field]));
        let (width, cells) = table(&scores, &grades, &weights);
        let found = OrderedTable::new(width, &cells).unwrap();
        let expected = &case["expected"];
        assert_is(found.spearman(), &expected["spearman"]);
        assert_is(found.kendall_tau_b(), &expected["kendall_tau_b"]);
        let passes = passes(&grades, input["pass_from"].as_f64().unwrap());
        let (width, cells) = table(&scores, &passes, &weights);
        let area = OrderedTable::new(width, &cells).unwrap().auroc();
        assert_is(area, &expected["auroc"]);
        if weights.iter().all(|weight| weight.to_bits() == 1.0_f64.to_bits()) {
            let passes: Vec<bool> = passes.iter().map(|pass| *pass > 0.5).collect();
            assert_same(auroc(&scores, &passes), area);
        }
    }
}

#[test]
fn a_table_without_observations_or_of_one_kind_has_no_numbers() {
    let empty = OrderedTable::new(2, &[0.0; 6]).unwrap();
    let one_grade = OrderedTable::new(2, &[0.0, 3.0, 0.0, 2.0]).unwrap();
    let one_score = OrderedTable::new(2, &[2.0, 3.0, 0.0, 0.0]).unwrap();
    for (table, expected) in [(empty, StatError::Empty), (one_grade, StatError::NoVariation)] {
        assert_eq!(table.auroc(), Err(expected));
        assert_eq!(table.spearman(), Err(expected));
        assert_eq!(table.kendall_tau_b(), Err(expected));
    }
    assert_eq!(one_score.auroc(), Ok(0.5));
    assert_eq!(one_score.spearman(), Err(StatError::NoVariation));
    assert_eq!(one_score.kendall_tau_b(), Err(StatError::NoVariation));
}

#[test]
fn tables_that_are_none_are_out_of_range() {
    for (grades, cells) in [
        (0, vec![]),
        (2, vec![1.0; 3]),
        (2, vec![1.0, -1.0]),
        (1, vec![f64::NAN]),
        (1, vec![f64::INFINITY]),
    ] {
        assert_eq!(OrderedTable::new(grades, &cells), Err(StatError::OutOfRange));
    }
    assert_eq!(OrderedTable::new(3, &[1.0; 6]).unwrap().auroc(), Err(StatError::OutOfRange));
}

#[test]
fn what_rounding_leaves_of_nothing_is_no_variation() {
    let cells = [0.1 + 0.2 - 0.3, 5.0, 0.3 - 0.1 - 0.2, 7.0];
    let table = OrderedTable::new(2, &cells).unwrap();
    assert_eq!(table.auroc(), Err(StatError::NoVariation));
    assert_eq!(table.spearman(), Err(StatError::NoVariation));
    assert_eq!(table.kendall_tau_b(), Err(StatError::NoVariation));
}

proptest! {
    #[test]
    fn numbers_of_tables_equal_those_of_lists(
        pairs in prop::collection::vec((0_u8..6, 0_u8..4), 2..40),
    ) {
        let scores: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.0)).collect();
        let grades: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.1)).collect();
        let (width, cells) = table(&scores, &grades, &vec![1.0; pairs.len()]);
        let found = OrderedTable::new(width, &cells).unwrap();
        let value = |of: Result<evenhand::stats::Correlation, StatError>| of.map(|found| found.value);
        assert_same(found.spearman(), value(spearman(&scores, &grades, 0.95)));
        assert_same(found.kendall_tau_b(), value(kendall_tau_b(&scores, &grades, 0.95)));
    }
}
