//! More items than there are groups for the bootstrap: results must not depend on the grouping.

use serde_json::Value;

use super::{document, in_tenths, lines, metric, metrics, number, pair, score, with_items};
use crate::support::{CommandOutput, Folder};

const MANY: usize = 5_000;
const FLAGS: [&str; 4] = ["--metric", "rouge-1", "--metric", "ter"];

/// Returns the numbers of right words of two systems, which look random.
fn right() -> Vec<[usize; 2]> {
    let chance = |at: usize, prime: usize| at * prime % 1009 * 31 % 11;
    (0..MANY).map(|at| [chance(at, 389), chance(at, 727) * 9 / 10]).collect()
}

fn folder() -> Folder {
    with_items(&in_tenths(&right()))
}

/// Returns half the width of the 95 % interval of a mean.
fn half_width(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    1.96 * (squares / (n - 1.0) / n).sqrt()
}

/// Fails unless an estimate is the mean of some values, with its interval.
#[track_caller]
pub(super) fn assert_mean(estimate: &Value, values: &[f64]) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    assert!((number(&estimate["value"]) - mean).abs() < 1e-12, "{estimate}, expected {mean}");
    let [low, high] = ["low", "high"].map(|end| number(&estimate[end]));
    let (found, expected) = (high - low, 2.0 * half_width(values));
    assert!((found / expected - 1.0).abs() < 0.15, "{found}, expected {expected}");
    assert!((f64::midpoint(low, high) - mean).abs() < 0.05 * expected);
    assert_eq!(estimate["n"], values.len());
}

#[test]
fn scores_of_many_items_are_exact_with_the_interval_widths_of_means() {
    let found = document(&folder(), &FLAGS);
    let rouge = metric(&found, "rouge-1");
    let tenths = |of: fn(&[usize; 2]) -> f64| right().iter().map(of).collect::<Vec<_>>();
    assert_mean(score(rouge, "a"), &tenths(|right| right[0] as f64 / 10.0));
    assert_mean(score(rouge, "b"), &tenths(|right| right[1] as f64 / 10.0));
    let differences = tenths(|right| (right[0] as f64 - right[1] as f64) / 10.0);
    assert_mean(&pair(rouge, ["a", "b"])["difference"], &differences);
    // Words that are wrong are as many edits.
    let ter = number(&score(metric(&found, "ter"), "a")["value"]);
    let wrong: f64 = tenths(|right| 10.0 * (10.0 - right[0] as f64)).iter().sum();
    assert!((ter - wrong / MANY as f64).abs() < 1e-9, "{ter}");
    assert_eq!(rouge["best"], "a");
}

/// Fails unless two documents are equal, with numbers up to rounding.
fn assert_equal(one: &Value, other: &Value) {
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            assert!(ones.keys().eq(others.keys()), "{one} {other}");
            ones.values().zip(others.values()).for_each(|(one, other)| assert_equal(one, other));
        }
        (Value::Array(ones), Value::Array(others)) => {
            assert_eq!(ones.len(), others.len());
            ones.iter().zip(others).for_each(|(one, other)| assert_equal(one, other));
        }
        (Value::Number(_), Value::Number(_)) => {
            let (one, other) = (number(one), number(other));
            assert!((one - other).abs() <= 1e-12 * one.abs().max(1.0), "{one} and {other}");
        }
        _ => assert_eq!(one, other),
    }
}

#[test]
fn the_order_of_the_items_does_not_matter() {
    let items = in_tenths(&right());
    let shuffled: Vec<Value> = (0..MANY).map(|at| items[at * 1777 % MANY].clone()).collect();
    let folder = with_items(&items);
    let found = document(&folder, &FLAGS);
    folder.write("items.jsonl", &lines(&shuffled));
    assert_equal(&found, &document(&folder, &FLAGS));
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let folder = folder();
    let flags = ["metrics", "items.jsonl", "--metric", "rouge-1", "--format", "json"];
    let mut alone = folder.command(&flags);
    let alone = CommandOutput::of(&alone.env("RAYON_NUM_THREADS", "1").output().unwrap()).expect(0);
    let mut several = folder.command(&flags);
    let several =
        CommandOutput::of(&several.env("RAYON_NUM_THREADS", "3").output().unwrap()).expect(0);
    assert_eq!(alone.stdout, several.stdout);
    let again = metrics(&folder, &flags[2..]).expect(0);
    assert_eq!(again.stdout, alone.stdout);
}
