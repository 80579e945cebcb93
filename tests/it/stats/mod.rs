//! Statistics against other programs, at their edges, and by their properties.

mod agreement;
mod alternative_annotator;
mod bootstrap;
mod ceiling;
mod chance;
mod classification;
mod correlation;
mod design_effect;
mod interval_coverage;
mod intervals;
mod intraclass;
mod kappa;
mod means;
mod multiple;
mod position;
mod prediction_powered;
mod reliability;
mod risk_coverage;
mod rogan_gladen;
mod sample_size;
mod selection;
mod sign_flip;

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

/// Returns a table of reference values row by row, with its number of categories.
pub(crate) fn cells(value: &Value) -> (usize, Vec<f64>) {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    (rows.len(), rows.concat())
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
