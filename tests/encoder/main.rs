//! Text encoders and `BERTScore`, in a program of their own, because they need the cargo feature `local`.
//!
//! The encoders of most tests are made by the test: a few layers with weights that follow from a formula. The values
//! that they must have are those of transformers and `bert_score` (`tests/oracle/bertscore.py`).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cache;
mod command;
mod files;
mod judge;
mod minilm;
mod scores;
mod tiny;

use serde_json::Value;

/// Returns the values of transformers and `bert_score` for the encoders of [`tiny`].
fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/bertscore.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected}");
}
