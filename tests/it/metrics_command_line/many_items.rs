//! More items than are told apart when they are drawn again: nothing but the memory may depend on that.

use serde_json::{Value, json};

use super::{document, in_tenths, lines, metric, metrics, number, pair, row, score, with_items};
use crate::support::{Folder, Said};

const MANY: usize = 5_000;
const FLAGS: [&str; 4] = ["--metric", "rouge-1", "--metric", "ter"];

/// How many words each of two systems has right: numbers that look like chance.
fn right() -> Vec<[usize; 2]> {
    let chance = |at: usize, prime: usize| at * prime % 1009 * 31 % 11;
    (0..MANY).map(|at| [chance(at, 389), chance(at, 727) * 9 / 10]).collect()
}

fn folder() -> Folder {
    with_items(&in_tenths(&right()))
}

/// The half width of a mean's 95 % interval.
fn half_width(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    1.96 * (squares / (n - 1.0) / n).sqrt()
}

#[track_caller]
fn assert_mean(estimate: &Value, values: &[f64]) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    assert!((number(&estimate["value"]) - mean).abs() < 1e-12, "{estimate}, expected {mean}");
    let [low, high] = ["low", "high"].map(|end| number(&estimate[end]));
    let (found, expected) = (high - low, 2.0 * half_width(values));
    assert!((found / expected - 1.0).abs() < 0.15, "{found}, expected {expected}");
    assert!((f64::midpoint(low, high) - mean).abs() < 0.05 * expected);
    assert_eq!(estimate["n"], values.len());
}

#[test]
fn scores_of_many_items_are_exact_and_their_intervals_as_wide_as_those_of_means() {
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

/// Fails unless two documents are equal, their numbers but for rounding.
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
    let alone = Said::of(&alone.env("RAYON_NUM_THREADS", "1").output().unwrap()).expect(0);
    let mut several = folder.command(&flags);
    let several = Said::of(&several.env("RAYON_NUM_THREADS", "3").output().unwrap()).expect(0);
    assert_eq!(alone.stdout, several.stdout);
    let again = metrics(&folder, &flags[2..]).expect(0);
    assert_eq!(again.stdout, alone.stdout);
}

/// A program for which a response is its own score.
#[cfg(unix)]
const ECHO: [&str; 2] = ["--command", r#"echo=sed 's/.*"response":"\([^"]*\)".*/\1/'"#];

/// Numbers of one size that look like chance, and differ in digits that addition rounds away.
fn scores_around(size: f64, items: usize) -> Vec<[f64; 2]> {
    let chance = |at: usize| (at * 389 % 1009 * 31 % 101) as f64 / 101.0;
    (0..items).map(|at| [size * (2.0 + chance(at)), size * (2.1 + chance(at * 7))]).collect()
}

/// Items with such scores as responses, every other one in the slice `odd`.
fn scored(scores: &[[f64; 2]]) -> Vec<Value> {
    let item_of = |(at, [a, b]): (usize, &[f64; 2])| {
        let number = if at % 2 == 0 { "even" } else { "odd" };
        json!({
            "id": format!("s-{at}"), "prompt": "?", "tags": {"number": number},
            "responses": {"a": a.to_string(), "b": b.to_string()},
        })
    };
    scores.iter().enumerate().map(item_of).collect()
}

#[cfg(unix)]
#[test]
fn scores_of_any_size_and_sign_are_exact_of_many_items_and_of_large_slices() {
    for size in [5000.0, -5000.0] {
        let scores = scores_around(size, 3000);
        let flags = ECHO;
        let found = document(&with_items(&scored(&scores)), &flags);
        let of = metric(&found, "command:echo");
        let relative = |scores: &[[f64; 2]], at: usize| -> Vec<f64> {
            scores.iter().map(|both| both[at] / size).collect()
        };
        let scaled = |estimate: &Value| {
            let mut scaled = estimate.clone();
            for end in ["value", "low", "high"] {
                scaled[end] = json!(number(&estimate[end]) / size);
            }
            if size < 0.0 {
                (scaled["low"], scaled["high"]) = (scaled["high"].clone(), scaled["low"].clone());
            }
            scaled
        };
        assert_mean(&scaled(score(of, "a")), &relative(&scores, 0));
        assert_mean(&scaled(score(of, "b")), &relative(&scores, 1));
        let differences = scores.iter().map(|[a, b]| (a - b) / size).collect::<Vec<_>>();
        assert_mean(&scaled(&pair(of, ["a", "b"])["difference"]), &differences);
        let odd: Vec<[f64; 2]> = scores.iter().skip(1).step_by(2).copied().collect();
        let slice = row(&found["slices"], &[("tag", "number"), ("value", "odd")]);
        assert_mean(&scaled(score(slice, "b")), &relative(&odd, 1));
        assert!(pair(slice, ["a", "b"])["p_adjusted"].as_f64().unwrap() < 0.001);
        let better = if size > 0.0 { "b" } else { "a" };
        assert_eq!(of["best"], better, "{size}");
    }
}

#[cfg(unix)]
#[test]
fn neither_the_order_of_the_items_nor_the_threads_change_a_bit_of_what_programs_score() {
    let scores = scores_around(1e-13, 3000).into_iter().zip(scores_around(5000.7, 3000));
    let scores: Vec<[f64; 2]> = scores.map(|([small, _], [_, large])| [small, large]).collect();
    let items = scored(&scores);
    let folder = with_items(&items);
    let flags = [&ECHO[..], &["--format", "json"]].concat();
    let found = metrics(&folder, &flags).expect(0).stdout;
    let mut alone = folder.command(&[&["metrics", "items.jsonl"], &flags[..]].concat());
    let alone = Said::of(&alone.env("RAYON_NUM_THREADS", "1").output().unwrap()).expect(0);
    assert_eq!(alone.stdout, found);
    let shuffled: Vec<Value> =
        (0..items.len()).map(|at| items[at * 1777 % items.len()].clone()).collect();
    folder.write("items.jsonl", &lines(&shuffled));
    assert_eq!(metrics(&folder, &flags).expect(0).stdout, found);
}
