//! The shipped tickets against `rouge_score`, sacrebleu, the rules of `SQuAD` and scipy: scores, intervals and
//! p-values as `tests/oracle/metrics_command.py` has them.

use serde_json::Value;

use super::{document, metric, number, pair, score, tickets, with_items};
use crate::stats::{assert_close, golden};

/// Resamples behind an interval of the program, and exchanges behind a p-value.
const EXCHANGES: f64 = 10_000.0;

/// How far the end of an interval of 2,000 resamples may lie from one of many more, as a share of its width.
///
/// The 2.5 % quantile of 2,000 normal replicates has a standard error of √(.025·.975/2000)/φ(1.96) = .060
/// standard deviations, and the bias correction, a quantile of the same replicates, adds about .056 to it: .08
/// together, of a width of 3.92, so 2 %. Four of these.
const SHARE: f64 = 0.08;

const WITHOUT_STEMS: [&str; 10] = [
    "exact-match",
    "token-f1",
    "rouge-1",
    "rouge-2",
    "rouge-l",
    "rouge-lsum",
    "bleu",
    "chrf",
    "chrf++",
    "ter",
];

fn of_tickets(metrics: &[&str], more: &[&str]) -> Value {
    let named = metrics.iter().flat_map(|name| ["--metric", name]);
    document(&with_items(&tickets(false)), &named.chain(more.iter().copied()).collect::<Vec<_>>())
}

#[track_caller]
fn assert_estimate(found: &Value, expected: &Value) {
    assert_close(number(&found["value"]), number(&expected["value"]), 1e-9);
    let [Some(low), Some(high)] = ["low", "high"].map(|end| expected[end].as_f64()) else { return };
    for (end, expected) in [("low", low), ("high", high)] {
        assert_close(number(&found[end]), expected, SHARE * (high - low));
    }
}

/// Fails unless two estimates of a p-value by chance are within five standard errors of both.
#[track_caller]
fn assert_p_value(found: f64, expected: f64, exchanges: f64) {
    let p = expected.max(1.0 / exchanges);
    let error = (p * (1.0 - p) * (1.0 / EXCHANGES + 1.0 / exchanges)).sqrt();
    assert_close(found, expected, 5.0 * error + 1e-12);
}

fn assert_is(document: &Value, golden: &Value, metrics: &str) {
    let exchanges = number(&golden["exchanges"]);
    for (name, expected) in golden[metrics].as_object().unwrap() {
        let found = metric(document, name);
        assert_eq!(found["systems"].as_array().unwrap().len(), 3);
        for (system, expected) in expected["systems"].as_object().unwrap() {
            let found = score(found, system);
            assert_estimate(found, expected);
            assert_eq!(found["n"], golden["n"], "{name}");
        }
        let pairs = expected["pairs"].as_array().unwrap();
        assert_eq!(found["pairs"].as_array().unwrap().len(), pairs.len());
        for expected in pairs {
            let between = [0, 1].map(|at| expected["between"][at].as_str().unwrap());
            let found = pair(found, between);
            assert_estimate(&found["difference"], &expected["difference"]);
            assert_eq!(found["difference"]["n"], golden["n"], "{name}");
            let p_value = number(&found["p_value"]);
            assert_p_value(p_value, number(&expected["p_value"]), exchanges);
            // Sacrebleu's bootstrap asks another question, to one side, so only the answer can be compared.
            if let Some(other) = expected["p_value_bootstrap"].as_f64() {
                assert_eq!(p_value <= 0.05, other <= 0.05, "{name}");
            }
        }
    }
}

#[test]
fn the_tickets_have_the_scores_intervals_and_p_values_of_the_reference_implementations() {
    let golden = golden("metrics_command");
    let names: Vec<&String> = golden["metrics"].as_object().unwrap().keys().collect();
    assert_eq!(names, WITHOUT_STEMS);
    assert_is(&of_tickets(&WITHOUT_STEMS, &[]), &golden, "metrics");
}

#[test]
fn rouge_scores_of_the_tickets_with_stemming_equal_those_of_rouge_score() {
    let golden = golden("metrics_command");
    let found = of_tickets(&WITHOUT_STEMS[2..6], &["--stem"]);
    assert_is(&found, &golden, "stemmed");
    let plain = number(&golden["metrics"]["rouge-1"]["systems"]["model-a"]["value"]);
    let stemmed = number(&score(metric(&found, "rouge-1"), "model-a")["value"]);
    assert!(stemmed > plain + 1e-3, "the stemmer makes a difference");
}
