//! What counts as a win, and strengths against another program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::{contests, document, judged, order, pair, rank, ranked, system};
use crate::stats::{assert_close, cases, numbers};
use crate::support::Folder;
use crate::support::labelled_run::{Row, RunSpec, interval, value, warning};

#[test]
fn wins_are_of_kept_verdicts_and_flips_are_half_of_all_votes() {
    let kinds = [(5, "b/b"), (2, "a/a"), (1, "t/t"), (3, "a/b"), (1, "t/b"), (2, "b/?")];
    let found = ranked(&judged(contests("q", ["a", "b"], &kinds)), &[]);
    let pair = pair(&found, "pairs", ["a", "b"]);
    assert_eq!(pair["system"], "b");
    let counts = ["wins", "losses", "ties", "one_order", "inconsistent", "missing"];
    let counts: Vec<&Value> = counts.iter().map(|key| &pair[key]).collect();
    assert_eq!(counts, [5, 2, 1, 0, 4, 2]);
    assert_close(value(&pair["win_rate"]), 5.5 / 8.0, 1e-12);
    assert_eq!(pair["win_rate"]["n"], 8);
    // Three flips are halves, the split is ¾, and of the last two the readable order counts.
    assert_close(value(&pair["all_votes"]), (5.5 + 1.5 + 0.75 + 2.0) / 14.0, 1e-12);
    assert_eq!(pair["all_votes"]["n"], 14);
    assert!(pair["soft_win_rate"].is_null() && pair["soft_standard_error"].is_null());
    let counts = json!({ "planned": 14, "kept": 8, "one_order": 0, "inconsistent": 4, "missing": 2, "pending": 0, "order_unknown": 0 });
    assert_eq!(found["comparisons"], counts);
    let difference = value(&system(&found, "b")["strength"]) * 2.0;
    let rate = value(&pair["all_votes"]);
    assert_close(difference, (rate / (1.0 - rate)).ln(), 1e-9);
}

#[test]
fn a_vote_of_a_comparison_that_was_asked_in_one_order_counts_and_is_counted_apart() {
    let kinds = [(6, "b/-"), (3, "-/a"), (1, "t/-"), (2, "b/b")];
    let found = ranked(&judged(contests("q", ["a", "b"], &kinds)), &[]);
    let pair = pair(&found, "pairs", ["a", "b"]);
    let counts = ["wins", "losses", "ties", "one_order", "missing"];
    let counts: Vec<&Value> = counts.iter().map(|key| &pair[key]).collect();
    assert_eq!(counts, [8, 3, 1, 10, 0]);
    assert_close(value(&pair["win_rate"]), 8.5 / 12.0, 1e-12);
    assert_eq!(found["comparisons"]["kept"], 2);
    assert!(warning(&found, "one-order").unwrap().contains("10 of 12"));
    assert!(warning(&found, "one-order").unwrap().contains("judge the same items again"));
    let baseline = ranked(&judged(contests("q", ["a", "b"], &kinds)), &["--baseline", "b"]);
    let pair = super::pair(&baseline, "pairs", ["a", "b"]);
    assert_eq!(
        (&pair["system"], &pair["wins"], &pair["losses"]),
        (&json!("a"), &json!(3), &json!(8))
    );
    assert_close(value(&pair["win_rate"]), 3.5 / 12.0, 1e-12);
}

#[test]
fn shares_of_repeats_are_votes_and_no_probabilities() {
    let rows = contests(
        "q",
        ["a", "b"],
        &[(2, "bbb/bbb"), (1, "bba/bbb"), (1, "abb/aab"), (1, "aaa/aaa")],
    );
    let found = ranked(&judged(rows), &[]);
    let pair = pair(&found, "pairs", ["a", "b"]);
    assert!(pair["soft_win_rate"].is_null() && pair["soft_standard_error"].is_null(), "{pair}");
    assert_eq!([&pair["wins"], &pair["losses"], &pair["inconsistent"]], [3, 1, 1]);
    assert_eq!(found["soft"]["strengths"], json!([]));
    assert_eq!(found["soft"]["undefined"], "the runs have no probabilities");
}

/// The rows of a case of another program: a comparison that an item has several times is that of several judges.
fn rows(input: &Value) -> Vec<Row> {
    const SYSTEMS: [&str; 4] = ["s0", "s1", "s2", "s3"];
    let list = |key: &str| numbers(&input[key]);
    let mut found: BTreeMap<(usize, [usize; 2]), Vec<char>> = BTreeMap::new();
    let systems = list("i").into_iter().zip(list("j"));
    for (((i, j), score), prompt) in systems.zip(list("outcome_for_i")).zip(list("prompt")) {
        let (i, j) = (i as usize, j as usize);
        let score = if i < j { score } else { 1.0 - score };
        let letter = match score {
            1.0 => 'a',
            0.0 => 'b',
            _ => 't',
        };
        found.entry((prompt as usize, [i.min(j), i.max(j)])).or_default().push(letter);
    }
    let judges = found.values().map(Vec::len).max().unwrap();
    let row = |((prompt, pair), letters): ((usize, [usize; 2]), Vec<char>)| {
        let replies = (0..judges).map(|judge| {
            letters.get(judge).map_or("-/-".to_owned(), |letter| format!("{letter}/{letter}"))
        });
        let replies: Vec<String> = replies.collect();
        let replies: &'static str = Box::leak(replies.join(" ").into_boxed_str());
        Row::new(&format!("p{prompt:02}"), pair.map(|system| SYSTEMS[system]), replies, "")
    };
    found.into_iter().map(row).collect()
}

#[test]
fn strengths_of_a_run_are_those_of_statsmodels_clustered_by_item() {
    for case in cases("bradley_terry") {
        let found = ranked(&judged(rows(&case["input"])), &[]);
        let expected = &case["expected"];
        let errors = numbers(&expected["se_theta_cluster_by_prompt"]);
        let items = |system: u64| -> f64 {
            let input = &case["input"];
            let rows = numbers(&input["prompt"]).into_iter().zip(numbers(&input["i"]));
            let rows = rows.zip(numbers(&input["j"]));
            let of_system = rows.filter(|((_, i), j)| *i as u64 == system || *j as u64 == system);
            let items: BTreeSet<u64> = of_system.map(|((prompt, _), _)| prompt as u64).collect();
            items.len() as f64
        };
        let factor = |items: f64| {
            let student = StudentsT::new(0.0, 1.0, items - 1.0).unwrap();
            student.inverse_cdf(0.975) * (items / (items - 1.0)).sqrt()
        };
        for (at, strength) in numbers(&expected["theta_centered"]).into_iter().enumerate() {
            let estimate = &system(&found, &format!("s{at}"))["strength"];
            assert_close(value(estimate), strength, 1e-9);
            let [low, high] = interval(estimate);
            let half = factor(items(at as u64)) * errors[at];
            assert_close(low, strength - half, 1e-7);
            assert_close(high, strength + half, 1e-7);
        }
        assert_eq!(order(&found), ["s0", "s1", "s2", "s3"]);
        assert_eq!(found["connected"], true);
        let ranks: Vec<&Value> = (0..4).map(|at| &found["systems"][at]["rank"]["value"]).collect();
        assert_eq!(ranks, [1, 2, 3, 4]);
        let difference = pair(&found, "differences", ["s0", "s1"]);
        assert_eq!(difference["system"], "s1");
        let [low, high] = interval(&difference["difference"]);
        let error = expected["se_theta0_minus_theta1_cluster_by_prompt"].as_f64().unwrap();
        assert_close(high - low, 2.0 * factor(items(0).min(items(1))) * error, 1e-7);
    }
}

#[test]
fn ranges_of_ranks_contain_the_rank_and_narrow_with_clear_differences() {
    let kinds = |wins, losses| [(wins, "a/a"), (losses, "b/b")];
    let rows = [
        contests("x", ["a", "b"], &kinds(90, 10)),
        contests("y", ["b", "c"], &kinds(26, 24)),
        contests("z", ["a", "c"], &kinds(90, 10)),
    ];
    let found = ranked(&judged(rows.concat()), &[]);
    let rank = |name| &system(&found, name)["rank"];
    assert_eq!(*rank("a"), json!({ "value": 1, "low": 1, "high": 1 }));
    assert_eq!(*rank("b"), json!({ "value": 2, "low": 2, "high": 3 }));
    assert_eq!(*rank("c"), json!({ "value": 3, "low": 2, "high": 3 }));
    let p = |between| pair(&found, "differences", between)["p_adjusted"].as_f64().unwrap();
    assert!(p(["a", "b"]) < 0.001 && p(["b", "c"]) > 0.5, "{found}");
    let raw = |between| pair(&found, "differences", between)["p_value"].as_f64().unwrap();
    // Holm's rule multiplies the smallest of three by 3, the next by 2, and the last by 1.
    assert_close(p(["b", "c"]), raw(["b", "c"]), 1e-12);
    let least = raw(["a", "b"]).min(raw(["a", "c"]));
    assert_close(p(["a", "b"]).min(p(["a", "c"])), 3.0 * least, 1e-12);
}

#[test]
fn the_fewest_reversed_verdicts_that_change_who_is_first_are_counted() {
    let leader = |rows| ranked(&judged(rows), &[])["leader"].clone();
    let found = leader(contests("q", ["a", "b"], &[(7, "a/a"), (3, "b/b"), (4, "a/b")]));
    assert_eq!(found, json!({ "system": "a", "challenger": "b", "reversals": 2, "of": 10 }));
    // It wins everything, so that its strength is infinite.
    let found = leader(contests("q", ["a", "b"], &[(9, "a/a")]));
    assert_eq!(found, json!({ "system": "a", "challenger": "b", "reversals": 5, "of": 9 }));
    let found = leader(contests("q", ["a", "b"], &[(4, "a/a"), (4, "b/b")]));
    assert!(found.is_null(), "two are first");
    // The second system is nearer than the third one.
    let rows = [
        contests("x", ["a", "b"], &[(6, "a/a"), (4, "b/b")]),
        contests("y", ["a", "c"], &[(9, "a/a"), (1, "b/b")]),
        contests("z", ["b", "c"], &[(8, "a/a"), (2, "b/b")]),
    ];
    let found = leader(rows.concat());
    assert_eq!((&found["challenger"], &found["of"]), (&json!("b"), &json!(30)));
    assert!((1..=2).contains(&found["reversals"].as_u64().unwrap()), "{found}");
}

#[test]
fn circles_of_three_systems_are_counted() {
    let win = [(3, "a/a"), (1, "b/b")];
    let loss = [(3, "b/b"), (1, "a/a")];
    let rows = [
        contests("x", ["a", "b"], &win),
        contests("y", ["b", "c"], &win),
        contests("z", ["a", "c"], &loss),
        contests("u", ["a", "d"], &win),
        contests("v", ["b", "d"], &win),
    ];
    let found = ranked(&judged(rows.concat()), &[]);
    let expected = json!({ "triples": 2, "cycles": 1, "examples": [["a", "b", "c"]] });
    assert_eq!(found["intransitive"], expected);
    assert!(warning(&found, "intransitive").unwrap().contains("a over b over c over a"));
}

#[test]
fn every_judge_counts_by_itself_unless_one_is_named() {
    let rows = contests("q", ["a", "b"], &[(4, "a/a b/b"), (2, "b/b b/b")]);
    let run = RunSpec::new(rows).judged();
    let found = ranked(&run, &[]);
    assert_eq!([&found["items"], &found["comparisons"]["planned"]], [6, 12]);
    assert_eq!(pair(&found, "pairs", ["a", "b"])["wins"], 8);
    let one = ranked(&run, &["--judge", "judge-2", "--judge", "judge-2"]);
    assert_eq!(pair(&one, "pairs", ["a", "b"])["wins"], 6);
    assert_eq!(one["judges"].as_array().unwrap().len(), 1);
}

#[test]
fn votes_of_an_unknown_order_count_but_not_for_the_advantage_of_a_position() {
    let mut recording = String::new();
    let mut items = String::new();
    for at in 0..30 {
        let response = |system: &str| format!("{system} {at}");
        let item = json!({ "id": format!("q{at:02}"), "prompt": "?", "responses": { "a": response("a"), "b": response("b") } });
        writeln!(items, "{item}").unwrap();
        // The first two thirds are of an unknown order; the others are in both orders.
        let mut line = json!({ "id": format!("q{at:02}"), "first": "a", "second": "b", "vote": if at % 3 == 0 { "second" } else { "first" } });
        if at < 20 {
            line["order"] = json!("unknown");
        } else {
            writeln!(recording, "{line}").unwrap();
            line = json!({ "id": format!("q{at:02}"), "first": "b", "second": "a", "vote": if at % 4 == 0 { "second" } else { "first" } });
        }
        writeln!(recording, "{line}").unwrap();
    }
    let folder = Folder::new();
    folder.write("items.jsonl", &items);
    folder.write("votes.jsonl", &recording);
    folder.write("evenhand.toml", "[judges.told]\nrecorded = \"votes.jsonl\"\n");
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "told"];
    folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(5);
    let found = document(&rank(&folder, &["run.db", "--format", "json"]).expect(0));
    assert_eq!(found["comparisons"]["order_unknown"], 20);
    assert_eq!(found["order_adjusted"]["coefficient"]["n"], 10 + 20, "comparisons with a vote");
    assert!(
        warning(&found, "order-unknown").unwrap().contains("in 20 of 30 comparisons"),
        "{found}"
    );
    assert!(
        !warning(&found, "one-order").unwrap().contains("judge the same items again"),
        "{found}"
    );
    // The same as the run of the ten comparisons alone.
    let known: Vec<&str> = recording.lines().filter(|line| !line.contains("unknown")).collect();
    folder.write("votes.jsonl", &known.join("\n"));
    folder.run(&[&task[..], &["--run", "known.db"]].concat()).expect(5);
    let alone = document(&rank(&folder, &["known.db", "--format", "json"]).expect(0));
    let coefficient = |found: &Value| found["order_adjusted"]["coefficient"]["value"].clone();
    assert_eq!(coefficient(&found), coefficient(&alone));
    assert!(coefficient(&found).is_f64() && alone["comparisons"]["order_unknown"] == 0);
    // Nothing is known of the position where no order is.
    let unknown: Vec<&str> = recording.lines().filter(|line| line.contains("unknown")).collect();
    folder.write("votes.jsonl", &unknown.join("\n"));
    folder.run(&[&task[..], &["--run", "unknown.db"]].concat()).expect(5);
    let found = document(&rank(&folder, &["unknown.db", "--format", "json"]).expect(0));
    let reason = "nobody knows of any vote which response was shown first";
    assert_eq!(found["order_adjusted"]["undefined"], reason);
    assert!(warning(&found, "position-bias").is_none(), "{found}");
}
