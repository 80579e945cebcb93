//! Recall, precision and their summaries.

use evenhand::stats::{
    StatError, Table, balanced_accuracy, cohen_kappa_value, macro_f1, matthews, precision, recall,
};
use proptest::prelude::*;

use super::{assert_close, assert_same, rotated, tables, transposed, two_rater_cases};

fn assert_shares(found: &[Option<f64>], expected: &serde_json::Value) {
    let expected = expected.as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        match (found, expected.as_f64()) {
            (Some(found), Some(expected)) => assert_close(*found, expected, 1e-9),
            (found, expected) => assert_eq!(*found, expected),
        }
    }
}

#[test]
fn classification_equals_that_of_scikit_learn() {
    for (k, cells, case) in two_rater_cases() {
        let table = Table::new(k, &cells).unwrap();
        let expected = &case["expected"];
        let number = |name: &str| expected[name].as_f64().unwrap();
        assert_shares(&recall(table), &expected["recall_per_row_class"]);
        assert_shares(&precision(table), &expected["precision_per_col_class"]);
        let balanced = number("balanced_accuracy_rows_true");
        assert_close(balanced_accuracy(table).unwrap(), balanced, 1e-9);
        if case["name"] == "degenerate_one_class" {
            // scikit-learn's conventions are 0 for the correlation, which is 0/0, and 0 for the F1 of
            // the unused class, which makes the mean ½. Here the one is undefined, the other
            // left out.
            assert_eq!(matthews(table), Err(StatError::NoVariation));
            assert_eq!(macro_f1(table), Ok(1.0));
        } else {
            assert_close(matthews(table).unwrap(), number("mcc"), 1e-9);
            assert_close(macro_f1(table).unwrap(), number("macro_f1"), 1e-9);
        }
    }
}

#[test]
fn matthews_correlation_with_a_constant_judge_is_zero() {
    assert_eq!(matthews(Table::new(2, &[30.0, 20.0, 0.0, 0.0]).unwrap()), Ok(0.0));
    assert_eq!(matthews(Table::new(2, &[0.0, 20.0, 0.0, 0.0]).unwrap()), Ok(0.0));
}

#[test]
fn a_constant_judge_has_the_balanced_accuracy_of_chance() {
    let cells = [5.0, 30.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    assert_close(balanced_accuracy(Table::new(3, &cells).unwrap()).unwrap(), 1.0 / 3.0, 1e-12);
}

#[test]
fn summaries_without_observations_are_undefined() {
    let empty = Table::new(2, &[0.0; 4]).unwrap();
    for summary in [matthews, balanced_accuracy, macro_f1] {
        assert_eq!(summary(empty), Err(StatError::Empty));
    }
    assert_eq!(recall(empty), [None, None]);
    assert_eq!(precision(empty), [None, None]);
}

#[test]
fn a_table_too_large_to_add_has_no_summary() {
    let large = Table::new(2, &[f64::MAX; 4]).unwrap();
    for summary in [matthews, balanced_accuracy, macro_f1] {
        assert_eq!(summary(large), Err(StatError::OutOfRange));
    }
}

proptest! {
    #[test]
    fn exchanging_judge_and_people_exchanges_recall_and_precision((k, cells) in tables()) {
        let turned = transposed(k, &cells);
        let (one, other) = (Table::new(k, &cells).unwrap(), Table::new(k, &turned).unwrap());
        prop_assert_eq!(recall(one), precision(other));
        for summary in [matthews, macro_f1] {
            assert_same(summary(one), summary(other));
        }
    }

    #[test]
    fn renaming_classes_changes_no_summary((k, cells) in tables()) {
        let renamed = rotated(k, &cells);
        for summary in [matthews, balanced_accuracy, macro_f1] {
            assert_same(summary(Table::new(k, &cells).unwrap()), summary(Table::new(k, &renamed).unwrap()));
        }
    }

    #[test]
    fn matthews_correlation_is_undefined_where_kappa_is((k, cells) in tables()) {
        let table = Table::new(k, &cells).unwrap();
        let kappa = cohen_kappa_value(table, evenhand::stats::Weights::Identity);
        prop_assert_eq!(kappa.is_ok(), matthews(table).is_ok());
    }
}
