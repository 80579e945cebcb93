//! What a forced choice hides, by hand and against statsmodels.

use serde_json::{Value, json};

use super::labelling::line;
use crate::stats::assert_close;
use crate::support::labelled_run::{JudgedRun, RunSpec, interval, rows, unwrapped, value};

/// Twenty comparisons: the judge keeps alpha in ten, a tie in five, and nothing in five.
fn judged(lines: &[Value]) -> JudgedRun {
    let judged = RunSpec::new(rows(&[(10, "a/a", ""), (5, "t/t", ""), (5, "a/b", "")])).judged();
    let text = crate::support::lines_of(lines);
    judged.label(&text);
    judged
}

#[test]
fn win_rates_by_forced_choices_and_with_ties_are_of_the_same_comparisons() {
    let mut lines = Vec::new();
    for number in 0..20 {
        let both = number % 2 == 0;
        let winner = if number == 4 {
            "tie"
        } else if number % 4 < 3 {
            "beta"
        } else {
            "alpha"
        };
        lines.push(line(number, "ana", &json!({ "winner": winner, "both_acceptable": both })));
    }
    // He was not asked, so what he says does not count here.
    lines.push(line(0, "ben", &json!({ "winner": "alpha" })));
    let judged = judged(&lines);
    let found = judged.found(&[])["forced_choice"].clone();
    assert_eq!(
        (value(&found["both_acceptable"]), &found["both_acceptable"]["n"]),
        (0.5, &json!(20))
    );
    assert_eq!((value(&found["winner_chosen"]), &found["winner_chosen"]["n"]), (0.9, &json!(10)));
    // Both are acceptable in 0, 2, 4, 6, 8 (kept for alpha), 10, 12, 14 (kept ties), 16 and 18 (not kept).
    let named = &found["judge_names_winner"];
    assert_eq!((value(named), &named["n"]), (0.5, &json!(10)));
    let [rate] = found["win_rates"].as_array().unwrap().as_slice() else { panic!("{found}") };
    // beta wins 14 of 20, with one tie; with ties for the even ones it wins 5 of 20 and ties 10.
    assert_eq!(rate["system"], "beta");
    assert_close(value(&rate["forced"]), 14.5 / 20.0, 1e-12);
    assert_close(value(&rate["as_ties"]), 10.0 / 20.0, 1e-12);
    assert_close(value(&rate["difference"]), -0.225, 1e-12);
    // statsmodels 0.14.6, DescrStatsW([-0.5] * 9 + [0] * 11).tconfint_mean().
    let [low, high] = interval(&rate["difference"]);
    assert_close(low, -0.344_441_438_461_441_9, 1e-6);
    assert_close(high, -0.105_558_561_538_558_1, 1e-6);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    for part in [
        "Both responses are acceptable in 50.0 % (29.9 – 70.1) of the 20 comparisons asked about; a winner was chosen \
         nevertheless in 90.0 % (59.6 – 98.2) of 10 such labels, and the judge names one in 50.0 % (23.7 – 76.3) of 10 \
         such comparisons.",
        "With ties in their place beta wins 50.0 % (",
        "a difference of −22.5 points (−34.4 – −10.6).",
    ] {
        assert!(table.contains(part), "no `{part}` in {table}");
    }
}

#[test]
fn annotators_who_differ_count_by_their_share_and_the_judge_where_most_agree() {
    let of = |number, annotator, both: bool| {
        line(number, annotator, &json!({ "winner": "alpha", "both_acceptable": both }))
    };
    let lines = [
        of(0, "ana", true),
        of(0, "ben", false),
        of(1, "ana", true),
        of(1, "ben", true),
        of(2, "ana", false),
    ];
    let found = judged(&lines).found(&[])["forced_choice"].clone();
    assert_eq!(
        (value(&found["both_acceptable"]), &found["both_acceptable"]["n"]),
        (0.5, &json!(3))
    );
    assert_eq!((value(&found["winner_chosen"]), &found["winner_chosen"]["n"]), (1.0, &json!(3)));
    assert_eq!(found["judge_names_winner"]["n"], 1);
    assert_close(value(&found["win_rates"][0]["as_ties"]), (0.25 + 0.5) / 3.0, 1e-12);
}

#[test]
fn who_never_says_that_both_are_acceptable_is_left_out() {
    let of = |annotator: &'static str, both: fn(usize) -> bool| {
        (0..10).map(move |number| {
            let said = json!({ "winner": "beta", "both_acceptable": both(number) });
            line(number, annotator, &said)
        })
    };
    let never: Vec<Value> = of("ana", |_| false).collect();
    assert!(judged(&never).found(&[])["forced_choice"].is_null());
    let mixed: Vec<Value> = of("ana", |_| false).chain(of("ben", |number| number < 4)).collect();
    let found = judged(&mixed).found(&[])["forced_choice"].clone();
    assert!((value(&found["both_acceptable"]) - 0.4).abs() < 1e-12, "{found}");
    assert_eq!(found["both_acceptable"]["n"], 10);
    assert_eq!(found["winner_chosen"]["n"], 4);
}
