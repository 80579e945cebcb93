//! Scores of any size from programs: their means and intervals are exact or say why they are missing.

#![cfg(unix)]

use serde_json::{Value, json};

use super::many_items::assert_mean;
use super::{document, lines, metric, metrics, number, pair, row, score, warning, with_items};
use crate::support::CommandOutput;

/// A program for which a response is its own score.
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

#[test]
fn scores_of_any_magnitude_and_sign_are_exact() {
    for size in [1e-13, -5000.0, 1e200] {
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

#[test]
fn order_of_items_and_threads_change_no_bit_of_program_scores() {
    let scores = scores_around(1e-13, 3000).into_iter().zip(scores_around(5000.7, 3000));
    let scores: Vec<[f64; 2]> = scores.map(|([small, _], [_, large])| [small, large]).collect();
    let items = scored(&scores);
    let folder = with_items(&items);
    let flags = [&ECHO[..], &["--format", "json"]].concat();
    let found = metrics(&folder, &flags).expect(0).stdout;
    let mut alone = folder.command(&[&["metrics", "items.jsonl"], &flags[..]].concat());
    let alone = CommandOutput::of(&alone.env("RAYON_NUM_THREADS", "1").output().unwrap()).expect(0);
    assert_eq!(alone.stdout, found);
    let shuffled: Vec<Value> =
        (0..items.len()).map(|at| items[at * 1777 % items.len()].clone()).collect();
    folder.write("items.jsonl", &lines(&shuffled));
    assert_eq!(metrics(&folder, &flags).expect(0).stdout, found);
}

#[test]
fn a_constant_difference_has_no_interval_despite_rounding() {
    let scores: Vec<[f64; 2]> =
        scores_around(2000.0, 24).iter().map(|[a, _]| [*a, a + 0.3]).collect();
    let found = document(&with_items(&scored(&scores)), &ECHO);
    let of = metric(&found, "command:echo");
    let difference = &pair(of, ["a", "b"])["difference"];
    assert!((number(&difference["value"]) + 0.3).abs() < 1e-9, "{difference}");
    assert_eq!([&difference["low"], &difference["high"]], [&Value::Null; 2]);
    let told = warning(&found, "no-interval").unwrap();
    assert!(told.contains("do not vary"), "{told}");
    assert!(told.contains("command:echo of a − b"), "{told}");
    assert_eq!(of["best"], "b");
}

#[test]
fn small_scores_have_intervals_and_are_not_ties() {
    let scores = scores_around(1e-13, 24);
    let folder = with_items(&scored(&scores));
    let winner = |at: usize| ["a", "b", "b"][at % 3];
    let label =
        |at: usize| json!({"id": format!("s-{at}"), "annotator": "ana", "winner": winner(at)});
    folder.write("labels.jsonl", &lines(&(0..24).map(label).collect::<Vec<_>>()));
    let found = document(&folder, &[&ECHO[..], &["--labels", "labels.jsonl"]].concat());
    let of = metric(&found, "command:echo");
    assert!(pair(of, ["a", "b"])["difference"]["low"].is_f64(), "{of}");
    assert_eq!(warning(&found, "no-interval"), None);
    assert_eq!(of["labels"]["ties"], 0);
    let agrees = |at: &usize| (winner(*at) == "b") == (scores[*at][1] > scores[*at][0]);
    let wins = (0..24).filter(agrees).count() as f64 / 24.0;
    assert!((number(&of["labels"]["agreement"]["value"]) - wins).abs() < 1e-12);
}

#[test]
fn small_scores_have_a_leader() {
    let folder = with_items(&scored(&scores_around(1e-13, 6)));
    let minus = ECHO[1].replace("echo=", "minus=").replace(r"/\1/", r"/-\1/");
    let said = metrics(&folder, &[&ECHO[..], &["--command", &minus]].concat()).expect(0).stdout;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let disagree = "Which system has the best score depends on the metric: a by command:echo; b by command:minus";
    assert!(said.contains(disagree), "{said}");
}

#[test]
fn scores_too_large_to_add_up_have_no_value_and_a_warning() {
    let scores: Vec<[f64; 2]> =
        (0..24).map(|at| [1e307 * f64::from(at % 5 + 1), f64::from(at)]).collect();
    let found = document(&with_items(&scored(&scores)), &ECHO);
    let of = metric(&found, "command:echo");
    assert_eq!(score(of, "a")["value"], Value::Null);
    assert_eq!(score(of, "b")["value"], 11.5);
    assert_eq!(pair(of, ["a", "b"])["difference"]["value"], Value::Null);
    assert_eq!(of["best"], Value::Null);
    let told = warning(&found, "undefined").unwrap();
    assert!(
        told.starts_with(
            "no value, because the scores are too large to be added up: command:echo of a, "
        ),
        "{told}"
    );
    assert!(told.contains("command:echo of a − b"), "{told}");
    assert_eq!(warning(&found, "no-interval"), None, "{found}");
}

#[test]
fn a_score_near_the_largest_number_has_a_value_and_an_unstable_interval() {
    let scores: Vec<[f64; 2]> = (0..24).map(|at| [6.2e306 + 1e305 * f64::from(at), 1.0]).collect();
    let found = document(&with_items(&scored(&scores)), &ECHO);
    assert!(number(&score(metric(&found, "command:echo"), "a")["value"]) > 7.3e306);
    let told = warning(&found, "unstable-interval").unwrap();
    assert!(told.contains("command:echo of a"), "{told}");
}

#[test]
fn a_metric_without_scores_is_not_called_inconclusive() {
    let scores: Vec<[f64; 2]> = (0..24).map(|at| [1e307 * f64::from(at % 5 + 1); 2]).collect();
    let folder = with_items(&scored(&scores));
    for format in ["table", "markdown"] {
        let flags = [&ECHO[..], &["--format", format]].concat();
        let page = metrics(&folder, &flags).expect(0).stdout;
        assert!(page.starts_with("command:echo has no score for any system.\n"), "{page}");
        let page = metrics(&folder, &[&flags[..], &["--metric", "compression"]].concat());
        let page = page.expect(0).stdout;
        assert!(page.starts_with("command:echo has no score for any system.\n"), "{page}");
        let page = metrics(&folder, &[&flags[..], &["--metric", "json-valid"]].concat());
        let page = page.expect(0).stdout;
        let said = "json-valid does not show that any system is better than all others.\n";
        assert!(page.starts_with(said), "{page}");
        assert!(page.contains("command:echo has no score for any system.\n"), "{page}");
    }
}
