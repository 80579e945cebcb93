//! Adjusted p-values.

use evenhand::stats::{StatError, benjamini_hochberg, benjamini_yekutieli, bonferroni, holm};
use proptest::prelude::*;

use super::{assert_close, cases, numbers};

type Adjust = fn(&[f64]) -> Result<Vec<f64>, StatError>;

const RULES: [(&str, Adjust); 4] = [
    ("bonferroni", bonferroni),
    ("holm", holm),
    ("fdr_bh", benjamini_hochberg),
    ("fdr_by", benjamini_yekutieli),
];

#[test]
fn adjusted_p_values_are_those_of_statsmodels() {
    let cases = cases("multiple_testing");
    assert_eq!(cases.len(), 1);
    let p_values = numbers(&cases[0]["input"]["p"]);
    let level = cases[0]["input"]["alpha"].as_f64().unwrap();
    for (name, adjust) in RULES {
        let expected = &cases[0]["expected"][name];
        let adjusted = adjust(&p_values).unwrap();
        let wanted = numbers(&expected["adjusted"]);
        assert_eq!(adjusted.len(), wanted.len());
        for (found, wanted) in adjusted.iter().zip(wanted) {
            assert_close(*found, wanted, 1e-9);
        }
        let rejected: Vec<bool> = adjusted.iter().map(|p| *p <= level).collect();
        let wanted: Vec<bool> = serde_json::from_value(expected["reject"].clone()).unwrap();
        assert_eq!(rejected, wanted, "{name}");
    }
}

#[test]
fn p_values_are_probabilities_and_there_is_at_least_one() {
    for (_, adjust) in RULES {
        assert_eq!(adjust(&[]), Err(StatError::Empty));
        assert_eq!(adjust(&[0.5, 1.1]), Err(StatError::OutOfRange));
        assert_eq!(adjust(&[0.5, -0.1]), Err(StatError::OutOfRange));
        assert_eq!(adjust(&[f64::NAN]), Err(StatError::OutOfRange));
    }
}

proptest! {
    #[test]
    fn a_single_test_needs_no_adjustment(p in 0.0..=1.0_f64) {
        for (_, adjust) in RULES {
            prop_assert_eq!(adjust(&[p]), Ok(vec![p]));
        }
    }

    #[test]
    fn rules_differ_only_in_how_much_they_raise_p_values(
        p_values in prop::collection::vec(0.0..=1.0_f64, 1..20),
    ) {
        let [bonferroni, holm, hochberg, yekutieli] =
            RULES.map(|(_, adjust)| adjust(&p_values).unwrap());
        for at in 0..p_values.len() {
            prop_assert!(p_values[at] <= hochberg[at] + 1e-12);
            prop_assert!(hochberg[at] <= holm[at] + 1e-12);
            prop_assert!(holm[at] <= bonferroni[at] + 1e-12);
            prop_assert!(hochberg[at] <= yekutieli[at] + 1e-12);
            prop_assert!(yekutieli[at] <= 1.0);
            for other in 0..p_values.len() {
                if p_values[at] <= p_values[other] {
                    prop_assert!(holm[at] <= holm[other] && hochberg[at] <= hochberg[other]);
                }
            }
        }
    }
}
