//! What a calibration says of annotators, whether they label comparisons or single responses.

use serde_json::{Value, json};

use super::labelled_run::{interval, value};
use crate::stats::{assert_close, numbers};

/// What is known of an annotator.
pub(crate) fn annotator<'a>(found: &'a Value, name: &str) -> &'a Value {
    let all = found["labelling"]["annotators"].as_array().unwrap();
    all.iter().find(|one| one["annotator"] == name).unwrap()
}

/// Fails unless annotators differ by what other programs say.
pub(crate) fn assert_differences(found: &Value, expected: &Value) {
    let found = found["labelling"]["differences"].as_array().unwrap();
    let expected = expected["differences"].as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (one, expected) in found.iter().zip(expected) {
        assert_eq!(
            [&one["annotator"], &one["measure"]],
            [&expected["annotator"], &expected["measure"]]
        );
        let n = [&one["share"]["n"], &one["share_of_others"]["n"]];
        assert_eq!(json!(n), expected["n"]);
        for share in ["share", "share_of_others"] {
            assert_close(value(&one[share]), expected[share].as_f64().unwrap(), 1e-9);
        }
        let of = |end: &str| expected["difference"][end].as_f64().unwrap();
        assert_close(value(&one["difference"]), of("value"), 1e-9);
        let [low, high] = interval(&one["difference"]);
        assert_close(low, of("low"), 1e-9);
        assert_close(high, of("high"), 1e-9);
        assert!(low > 0.0 || high < 0.0, "{one}");
        assert_close(
            one["p_adjusted"].as_f64().unwrap(),
            expected["p_adjusted"].as_f64().unwrap(),
            1e-9,
        );
        if expected["median_seconds"].is_null() {
            assert!(one["median_seconds"].is_null());
        } else {
            let medians = numbers(&one["median_seconds"]);
            for (found, expected) in medians.into_iter().zip(numbers(&expected["median_seconds"])) {
                assert_close(found, expected, 1e-9);
            }
        }
    }
}
