//! Statistics against other programs, at their edges, and by their properties.

mod agreement;
mod alternative_annotator;
mod betting;
mod bootstrap;
mod bradley_terry;
mod ceiling;
mod chance;
mod classification;
mod clustered_strengths;
mod corrected_difference;
mod correlation;
mod design_effect;
mod diagnostic;
mod e_detector;
mod homogeneity;
mod interval_coverage;
mod intervals;
mod intraclass;
mod kappa;
mod limits_of_agreement;
mod means;
mod multiple;
mod ordered_table;
mod paired;
mod pairwise_correlation;
mod position;
mod prediction_powered;
mod reliability;
mod risk_coverage;
mod rogan_gladen;
mod sample_size;
mod selection;
mod sequential;
mod sign_flip;
mod unequal_draw;

use evenhand::stats::StatError;
use proptest::prelude::*;
use serde_json::Value;

/// Returns a file of reference values.
pub(crate) fn golden(name: &str) -> Value {
    let path = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the cases of a file of reference values.
pub(crate) fn cases(name: &str) -> Vec<Value> {
    golden(name)["cases"].as_array().unwrap().clone()
}

/// Returns a list of numbers.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Fails unless the two are equal but for `tolerance`.
#[track_caller]
pub(crate) fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected}");
}

/// Fails unless both are undefined for the same reason, or equal but for rounding.
#[track_caller]
pub(crate) fn assert_same(found: Result<f64, StatError>, expected: Result<f64, StatError>) {
    match (found, expected) {
        (Ok(found), Ok(expected)) => assert_close(found, expected, 1e-12),
        (found, expected) => assert_eq!(found, expected),
    }
}

/// Fails unless both are undefined for the same reason, or the values differ by less than `tolerance` and the
/// standard errors by less than 1e-9.
#[track_caller]
pub(crate) fn assert_same_with_error(
    found: Result<(f64, f64), StatError>,
    expected: Result<(f64, f64), StatError>,
    tolerance: f64,
) {
    match (found, expected) {
        (Ok(found), Ok(expected)) => {
            assert!((found.0 - expected.0).abs() < tolerance, "{found:?}, {expected:?}");
            assert!((found.1 - expected.1).abs() < 1e-9, "{found:?}, {expected:?}");
        }
        (found, expected) => assert_eq!(found, expected),
    }
}

/// Returns a table of reference values row by row, with its number of categories.
pub(crate) fn cells(value: &Value) -> (usize, Vec<f64>) {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    (rows.len(), rows.concat())
}

/// Cases of two raters: the table with the judge in rows, and the case.
pub(crate) fn two_rater_cases() -> Vec<(usize, Vec<f64>, Value)> {
    let cases = cases("two_rater_agreement");
    assert_eq!(cases.len(), 11);
    let turned = |case: Value| {
        // The reference has people in rows; ours has the judge there.
        let (k, rows) = cells(&case["input"]["table_rows_human_cols_judge"]);
        (k, transposed(k, &rows), case)
    };
    cases.into_iter().map(turned).collect()
}

/// Units of two ratings each, one per observation of a table.
pub(crate) fn units_of_table(k: usize, cells: &[f64]) -> Vec<Vec<f64>> {
    let mut units = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        let mut unit = vec![0.0; k];
        unit[at / k] += 1.0;
        unit[at % k] += 1.0;
        units.extend(std::iter::repeat_n(unit, *cell as usize));
    }
    units
}

/// Returns the cells of a square table with rows and columns exchanged.
pub(crate) fn transposed(categories: usize, cells: &[f64]) -> Vec<f64> {
    let cell = |at: usize| cells[at % categories * categories + at / categories];
    (0..cells.len()).map(cell).collect()
}

/// Returns the cells of a square table whose categories were all renamed by one place.
pub(crate) fn rotated(categories: usize, cells: &[f64]) -> Vec<f64> {
    let next = |category: usize| (category + 1) % categories;
    let cell = |at: usize| cells[next(at / categories) * categories + next(at % categories)];
    (0..cells.len()).map(cell).collect()
}

/// Cells of tables of two to four categories that hold small counts, at least one of them.
pub(crate) fn tables() -> impl Strategy<Value = (usize, Vec<f64>)> {
    (2_usize..5)
        .prop_flat_map(|k| (Just(k), prop::collection::vec(0_u8..30, k * k)))
        .prop_filter("no observation", |(_, cells)| cells.iter().any(|cell| *cell > 0))
        .prop_map(|(k, cells)| (k, cells.into_iter().map(f64::from).collect()))
}
