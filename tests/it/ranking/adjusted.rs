//! Strengths that allow for the order, for lengths and for ties.

use super::{contests, judged, pair, ranked, system};
use crate::stats::assert_close;
use crate::support::labelled_run::{Row, interval, value, warning};

#[test]
fn the_term_of_the_order_is_the_advantage_of_the_first_position() {
    // Of the votes with a first, 16 of 20 are for it; with b first, 16 of 20 too: the first position wins 4 to 1.
    let kinds = [(12, "a/b"), (4, "a/a"), (4, "b/b")];
    let found = ranked(&judged(contests("q", ["a", "b"], &kinds)), &[]);
    let coefficient = &found["order_adjusted"]["coefficient"];
    assert_close(value(coefficient), 4.0_f64.ln(), 1e-9);
    assert!(interval(coefficient)[0] > 0.0);
    assert!(warning(&found, "position-bias").unwrap().contains("shown first"));
    assert_close(value(&found["order_adjusted"]["strengths"][0]["strength"]), 0.0, 1e-9);
}

#[test]
fn the_order_absorbs_the_bias_of_what_was_asked_in_one_order() {
    // The judge always prefers what is first, b was first more often, and two replies are otherwise.
    let kinds = [(20, "-/b"), (10, "a/-"), (2, "-/a"), (1, "b/-")];
    let found = ranked(&judged(contests("q", ["a", "b"], &kinds)), &[]);
    let plain = value(&system(&found, "b")["strength"]);
    let strengths = found["order_adjusted"]["strengths"].as_array().unwrap();
    let b = strengths.iter().find(|one| one["system"] == "b").unwrap();
    assert_close(plain, (21.0_f64 / 12.0).ln() / 2.0, 1e-9);
    // Both are first with the odds of 10 to 1.
    assert_close(value(&b["strength"]), 0.0, 1e-9);
    assert_close(value(&found["order_adjusted"]["coefficient"]), 10.0_f64.ln(), 1e-9);
}

#[test]
fn ties_have_a_model_of_their_own() {
    let kinds = [(6, "a/a"), (3, "b/b"), (4, "t/t")];
    let found = ranked(&judged(contests("q", ["a", "b"], &kinds)), &[]);
    // Davidson: a : tie : b is 6 : 4 : 3, so that the difference is ln 2 and ν is 4/√18.
    let strength = value(&found["davidson"]["strengths"][0]["strength"]);
    assert_close(strength, 2.0_f64.ln() / 2.0, 1e-9);
    assert_close(value(&found["davidson"]["coefficient"]), (4.0 / 18.0_f64.sqrt()).ln(), 1e-9);
    let none = ranked(&judged(contests("q", ["a", "b"], &[(2, "a/a"), (1, "b/b")])), &[]);
    assert_eq!(none["davidson"]["undefined"], "there is no tie, or nothing else");
}

/// Comparisons in which one response is longer.
fn longer(prefix: &str, longer: char, kinds: &[(usize, &'static str)]) -> Vec<Row> {
    let rows = contests(prefix, ["a", "b"], kinds);
    rows.into_iter().map(|row| Row { longer, ..row }).collect()
}

#[test]
fn what_a_longer_response_gains_is_taken_out_of_the_strengths() {
    // b wins as often as a where lengths are equal; the longer one wins 4 to 1, and b is longer more often.
    let rows = [
        longer("e", '=', &[(10, "a/a"), (10, "b/b")]),
        longer("b", 'b', &[(6, "a/a"), (24, "b/b")]),
        longer("a", 'a', &[(4, "a/a"), (1, "b/b")]),
    ];
    let found = ranked(&judged(rows.concat()), &[]);
    assert!(value(&system(&found, "b")["strength"]) > 0.2);
    let adjusted = &pair(&found, "pairs", ["a", "b"])["length_adjusted_win_rate"];
    assert_close(value(adjusted), 0.5, 1e-9);
    let [low, high] = interval(adjusted);
    assert!(low < 0.5 && high > 0.5);
    assert!(value(&found["length_adjusted"]["coefficient"]) > 1.0);
}

#[test]
fn strengths_at_equal_length_do_not_depend_on_the_names_of_the_systems() {
    let kinds = |swap: bool, longer_side: char, kinds: [(usize, &'static str); 2]| {
        let between = if swap { ["b", "z"] } else { ["a", "b"] };
        let side = match (swap, longer_side) {
            (true, 'a') => 'b',
            (true, 'b') => 'a',
            (_, side) => side,
        };
        let kinds = kinds.map(|(number, replies)| match (swap, replies) {
            (true, "a/a") => (number, "b/b"),
            (true, _) => (number, "a/a"),
            _ => (number, replies),
        });
        let rows = contests(&format!("q{longer_side}").replace('=', "e"), between, &kinds);
        rows.into_iter().map(|row| Row { longer: side, ..row }).collect::<Vec<_>>()
    };
    let strengths = [false, true].map(|swap| {
        let rows = [
            kinds(swap, '=', [(10, "a/a"), (7, "b/b")]),
            kinds(swap, 'b', [(6, "a/a"), (24, "b/b")]),
            kinds(swap, 'a', [(4, "a/a"), (2, "b/b")]),
        ];
        let found = ranked(&judged(rows.concat()), &[]);
        let of_b = |list: &serde_json::Value| {
            let list = list.as_array().unwrap();
            value(&list.iter().find(|one| one["system"] == "b").unwrap()["strength"])
        };
        (
            of_b(&found["length_adjusted"]["strengths"]),
            value(&found["length_adjusted"]["coefficient"]),
        )
    });
    assert_close(strengths[0].0, strengths[1].0, 1e-9);
    assert_close(strengths[0].1, strengths[1].1, 1e-9);
}

#[test]
fn a_pair_without_responses_of_equal_length_has_no_win_rate_at_equal_length() {
    let of = |between, prefix, longer, kinds: &[(usize, &'static str)]| {
        let rows = contests(prefix, between, kinds);
        rows.into_iter().map(|row| Row { longer, ..row }).collect::<Vec<_>>()
    };
    let rows = [
        of(["a", "b"], "e", '=', &[(10, "a/a"), (7, "b/b")]),
        of(["a", "b"], "b", 'b', &[(3, "a/a"), (6, "b/b")]),
        of(["b", "c"], "c", 'b', &[(9, "a/a"), (9, "b/b")]),
        of(["b", "c"], "d", '=', &[(2, "a/a"), (2, "b/b")]),
    ];
    let found = ranked(&judged(rows.concat()), &[]);
    let rate = |between| &pair(&found, "pairs", between)["length_adjusted_win_rate"];
    assert!(rate(["a", "b"])["value"].is_f64(), "{found}");
    assert!(rate(["b", "c"]).is_null(), "{found}");
}

#[test]
fn without_responses_of_equal_length_there_is_nothing_at_equal_length() {
    let rows =
        [longer("b", 'b', &[(6, "a/a"), (14, "b/b")]), longer("a", 'a', &[(9, "a/a"), (1, "b/b")])];
    let found = ranked(&judged(rows.concat()), &[]);
    let reason = found["length_adjusted"]["undefined"].as_str().unwrap();
    assert!(reason.contains("only 0 comparisons"), "{reason}");
    assert!(warning(&found, "no-length-adjusted").is_some());
    assert!(pair(&found, "pairs", ["a", "b"])["length_adjusted_win_rate"].is_null());
    let equal = ranked(&judged(contests("q", ["a", "b"], &[(2, "a/a"), (1, "b/b")])), &[]);
    let reason = equal["length_adjusted"]["undefined"].as_str().unwrap();
    assert_eq!(reason, "the lengths of the responses do not differ");
}
