//! Design effects: how much clusters inflate a variance.

use evenhand::stats::{StatError, clustered_standard_error, design_effect};
use proptest::prelude::*;

use super::{assert_close, cases, numbers};

#[test]
fn clustered_means_are_those_of_statsmodels() {
    let cases = cases("clustered_mean");
    assert_eq!(cases.len(), 1);
    let values = numbers(&cases[0]["input"]["x"]);
    let clusters: Vec<u64> = serde_json::from_value(cases[0]["input"]["cluster"].clone()).unwrap();
    let expected = |key: &str| cases[0]["expected"][key].as_f64().unwrap();
    let error = clustered_standard_error(&values, &clusters).unwrap();
    assert_close(error, expected("se_cluster_cr1"), 1e-9);
    assert_close(error * (19.0_f64 / 20.0).sqrt(), expected("se_cluster_cr0"), 1e-9);
    let effect = design_effect(&values, &clusters).unwrap();
    assert_close(effect, expected("design_effect_cr0"), 1e-9);
}

#[test]
fn a_design_effect_needs_values_clusters_and_variation() {
    let none: [f64; 0] = [];
    assert_eq!(design_effect::<u8>(&none, &[]), Err(StatError::Empty));
    assert_eq!(design_effect(&[1.0, 0.0], &[1, 1]), Err(StatError::OneCluster));
    assert_eq!(design_effect(&[0.3, 0.3, 0.3], &[1, 2, 3]), Err(StatError::NoVariation));
    assert_eq!(design_effect(&[1.0, 0.0], &[1]), Err(StatError::OutOfRange));
    assert_eq!(design_effect(&[1.0, f64::NAN], &[1, 2]), Err(StatError::OutOfRange));
}

proptest! {
    #[test]
    fn values_in_clusters_of_their_own_have_no_design_effect(
        values in prop::collection::vec(0.0..1.0, 2..30),
    ) {
        let clusters: Vec<usize> = (0..values.len()).collect();
        if let Ok(effect) = design_effect(&values, &clusters) {
            prop_assert!((effect - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn copies_of_every_value_multiply_the_design_effect(
        values in prop::collection::vec(0.0..1.0, 2..20),
        copies in 1_usize..5,
    ) {
        let repeated: Vec<f64> =
            values.iter().flat_map(|value| std::iter::repeat_n(*value, copies)).collect();
        let clusters: Vec<usize> =
            (0..values.len()).flat_map(|at| std::iter::repeat_n(at, copies)).collect();
        if let Ok(effect) = design_effect(&repeated, &clusters) {
            prop_assert!((effect - copies as f64).abs() < 1e-9);
        }
    }
}
