//! Which system is the best, and when that is undecided.

use serde_json::{Value, json};

use super::{
    WORDS, in_tenths, item, metric, metrics, number, of_items, pair, score, warning, with_items,
};

const ROUGE: [&str; 2] = ["--metric", "rouge-1"];

/// Holm's adjustment from its definition: the k-th smallest of m is multiplied by m − k + 1, and no adjusted
/// value is below one of a smaller p-value.
pub(super) fn holm(p_values: &[f64]) -> Vec<f64> {
    let adjusted = |p: &f64| {
        let before = p_values.iter().filter(|other| *other <= p);
        let scaled = before.map(|one| {
            let smaller = p_values.iter().filter(|other| *other < one).count();
            one * (p_values.len() - smaller) as f64
        });
        scaled.fold(0.0, f64::max).min(1.0)
    };
    p_values.iter().map(adjusted).collect()
}

fn p_values(metric: &Value, kind: &str) -> Vec<f64> {
    metric["pairs"].as_array().unwrap().iter().map(|pair| number(&pair[kind])).collect()
}

/// Twenty-four items on which a is better than b every time, by one tenth at the least.
fn plain() -> Vec<Value> {
    let right: Vec<[usize; 2]> = (0..24).map(|at| [5 + at % 5, 4 - at % 3]).collect();
    in_tenths(&right)
}

#[test]
fn three_items_are_never_significant() {
    let items = in_tenths(&[[10, 0], [10, 0], [9, 0]]);
    let found = of_items(&items, &["--metric", "rouge-1", "--metric", "ter", "--metric", "bleu"]);
    for metric in found["metrics"].as_array().unwrap() {
        let found = &metric["pairs"][0];
        assert!(number(&found["p_value"]) >= 0.25, "{found}");
        assert_eq!(metric["best"], Value::Null);
    }
    assert!(warning(&found, "few-items").unwrap().contains('3'));
    let page = metrics(&with_items(&items), &ROUGE).expect(0).stdout;
    assert!(page.contains("rouge-1 does not show that any system is better"), "{page}");
    assert!(!page.contains("* 0") && !page.contains("* 1"), "{page}");
}

#[test]
fn a_significantly_better_system_is_marked_in_every_format() {
    let folder = with_items(&plain());
    let found = super::document(&folder, &ROUGE);
    assert_eq!(metric(&found, "rouge-1")["best"], "a");
    assert_eq!(warning(&found, "few-items"), None);
    let page = metrics(&folder, &ROUGE).expect(0).stdout;
    assert!(page.starts_with("a is the best by rouge-1."), "{page}");
    let [a, b] = ["a", "b"]
        .map(|system| format!("{:.3}", number(&score(metric(&found, "rouge-1"), system)["value"])));
    assert!(page.contains(&format!("* {a}")) && !page.contains(&format!("* {b}")), "{page}");
    let markdown = metrics(&folder, &[&ROUGE[..], &["--format", "markdown"]].concat()).expect(0);
    let cells = markdown.stdout.lines().find(|line| line.starts_with("| rouge-1 |")).unwrap();
    assert!(cells.starts_with(&format!("| rouge-1 | **{a} (")), "{cells}");
    assert!(cells.contains(&format!(")** | {b} (")), "{cells}");
}

#[test]
fn the_lower_error_rate_is_the_better_one() {
    let found = of_items(&plain(), &["--metric", "ter"]);
    let metric = metric(&found, "ter");
    assert!(number(&pair(metric, ["a", "b"])["difference"]["high"]) < 0.0);
    assert_eq!(metric["best"], "a");
}

#[test]
fn a_descriptor_has_no_best_system() {
    let items: Vec<Value> = (0..24)
        .map(|at| {
            let [long, short] = [40 + at % 3, 8 + at % 4].map(|words| "word ".repeat(words));
            item(&format!("t-{at}"), &[("a", &long), ("b", &short)], WORDS)
        })
        .collect();
    let found = of_items(&items, &["--metric", "length-ratio"]);
    let metric = metric(&found, "length-ratio");
    assert!(number(&pair(metric, ["a", "b"])["difference"]["low"]) > 0.0);
    assert_eq!((&metric["best"], &metric["better"]), (&Value::Null, &Value::Null));
}

#[test]
fn p_values_of_few_items_are_exact_and_adjusted_over_the_pairs() {
    // a is ahead of b in each of 6 items and of c in 5 of 6, b and c differ by chance.
    let right = [[9, 4, 5], [8, 3, 2], [9, 5, 4], [7, 4, 4], [8, 2, 3], [6, 5, 7]];
    let found = of_items(&in_tenths(&right), &ROUGE);
    let metric = metric(&found, "rouge-1");
    let expected: Vec<f64> = [(0, 1), (0, 2), (1, 2)]
        .map(|(one, other)| {
            let differences = right.map(|right| right[one] as i64 - right[other] as i64);
            let observed = differences.iter().sum::<i64>().abs();
            let reached = (0..64_u32).filter(|bits| {
                let signed = (0..6)
                    .map(|at| if bits >> at & 1 == 1 { -differences[at] } else { differences[at] });
                signed.sum::<i64>().abs() >= observed
            });
            reached.count() as f64 / 64.0
        })
        .to_vec();
    let found = p_values(metric, "p_value");
    assert!(found.iter().zip(&expected).all(|(p, expected)| (p - expected).abs() < 1e-12));
    assert!(found[0] < found[1] && found[1] < found[2], "{found:?}");
    let adjusted = p_values(metric, "p_adjusted");
    let close =
        adjusted.iter().zip(holm(&expected)).all(|(p, expected)| (p - expected).abs() < 1e-12);
    assert!(close, "{adjusted:?}");
}

#[test]
fn more_systems_need_more_items_for_a_best_system() {
    // By exchanges 2 in 64, and 2 in 128; the interval excludes zero from the first.
    let best = |items: usize, systems: usize| {
        let right: Vec<[usize; 3]> =
            (0..items).map(|at| [9 - at % 2, 2 + at % 3, 3 - at % 3]).collect();
        let mut items = in_tenths(&right);
        for item in items.iter_mut().filter(|_| systems == 2) {
            item["responses"].as_object_mut().unwrap().remove("c");
        }
        let found = of_items(&items, &ROUGE);
        let metric = metric(&found, "rouge-1").clone();
        assert!(number(&pair(&metric, ["a", "b"])["difference"]["low"]) > 0.0);
        metric["best"].clone()
    };
    assert_eq!(best(6, 2), "a");
    assert_eq!(best(6, 3), Value::Null);
    assert_eq!(best(7, 3), "a");
}

#[test]
fn the_best_system_is_better_than_every_other_one() {
    // Both a and b are far ahead of c, but not of each other.
    let right: Vec<[usize; 3]> = (0..24).map(|at| [7 + at % 3, 7 + (at + 1) % 3, at % 3]).collect();
    let found = of_items(&in_tenths(&right), &ROUGE);
    let metric = metric(&found, "rouge-1");
    assert!(p_values(metric, "p_adjusted")[1..].iter().all(|p| *p < 0.01));
    assert_eq!(metric["best"], Value::Null);
}

#[test]
fn systems_with_equal_responses_do_not_differ() {
    let right: Vec<[usize; 2]> = (0..24).map(|at| [at % 10, at % 10]).collect();
    let found = of_items(&in_tenths(&right), &ROUGE);
    let pair = pair(metric(&found, "rouge-1"), ["a", "b"]);
    assert_eq!(pair["difference"], json!({"value": 0.0, "low": null, "high": null, "n": 24}));
    assert_eq!([&pair["p_value"], &pair["p_adjusted"]], [1.0, 1.0]);
    assert!(warning(&found, "no-interval").unwrap().contains("a − b"));
}

#[test]
fn contradicting_metrics_are_reported_first() {
    // a has all the words and more of its own; b has few words, all of them right.
    let few = "zero one two three";
    let items: Vec<Value> = (0..24)
        .map(|at| {
            let many = format!("{WORDS} {}", "more words of its own ".repeat(2 + at % 2));
            item(&format!("t-{at}"), &[("a", &many), ("b", few)], WORDS)
        })
        .collect();
    let folder = with_items(&items);
    let page = metrics(&folder, &["--metric", "chrf", "--metric", "ter"]).expect(0).stdout;
    let first = "The metrics contradict each other: a is the best by chrf; b is the best by ter.";
    assert!(page.starts_with(first), "{page}");
    assert!(page.contains("--labels"), "{page}");
}
