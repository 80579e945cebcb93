//! Systems that cannot be compared, strengths that are infinite, and runs without a vote.

use serde_json::json;

use super::{contests, document, judged, order, pair, rank, ranked, ranked_with_code, system};
use crate::support::labelled_run::{RunSpec, is_undefined, unwrapped, value, warning};

#[test]
fn systems_that_no_comparison_connects_are_ranked_within_their_groups() {
    let rows = [
        contests("x", ["a", "b"], &[(2, "a/a"), (5, "b/b")]),
        contests("y", ["c", "d"], &[(5, "a/a"), (3, "b/b")]),
    ];
    let run = judged(rows.concat());
    let found = ranked(&run, &[]);
    assert_eq!(found["connected"], false);
    assert_eq!(found["components"], json!([["a", "b"], ["c", "d"]]));
    assert_eq!(order(&found), ["b", "a", "c", "d"]);
    for (name, rank, component) in [("b", 1, 0), ("a", 2, 0), ("c", 1, 1), ("d", 2, 1)] {
        let system = system(&found, name);
        assert_eq!(
            (&system["rank"]["value"], &system["component"]),
            (&json!(rank), &json!(component))
        );
        assert!(system["strength"]["value"].is_f64());
    }
    let sum = value(&system(&found, "a")["strength"]) + value(&system(&found, "b")["strength"]);
    assert!(sum.abs() < 1e-9, "{sum}");
    assert!(is_undefined(&pair(&found, "differences", ["a", "c"])["difference"]));
    assert!(pair(&found, "differences", ["a", "b"])["difference"]["value"].is_f64());
    assert!(found["leader"].is_null());
    assert!(warning(&found, "not-connected").unwrap().contains("(a, b), (c, d)"));
    let table = unwrapped(&rank(&run.folder, &["run.db"]).expect(0).stdout);
    assert!(table.contains("4 systems in 2 groups that no comparison connects"), "{table}");
    assert!(table.contains("group 2"), "{table}");
}

#[test]
fn a_system_that_wins_everything_has_no_strength_but_a_rank() {
    let rows = [
        contests("x", ["a", "b"], &[(4, "a/a")]),
        contests("y", ["a", "c"], &[(4, "a/a")]),
        contests("z", ["b", "c"], &[(3, "a/a"), (1, "b/b")]),
    ];
    let found = ranked(&judged(rows.concat()), &[]);
    assert_eq!((&found["connected"], &found["finite"]), (&json!(true), &json!(false)));
    assert_eq!(order(&found), ["a", "b", "c"]);
    assert!(is_undefined(&system(&found, "a")["strength"]));
    assert_eq!(system(&found, "a")["rank"]["value"], 1);
    assert!((value(&system(&found, "b")["strength"]) - 3.0_f64.ln() / 2.0).abs() < 1e-9);
    assert!(warning(&found, "infinite-strength").unwrap().contains("no strength of a"));
    for model in ["order_adjusted", "length_adjusted", "davidson"] {
        assert_eq!(found[model]["strengths"], json!([]), "{model}");
        assert!(found[model]["undefined"].is_string(), "{model}");
    }
}

#[test]
fn an_order_that_is_not_the_only_one_is_not_known() {
    let rows = [contests("x", ["a", "c"], &[(4, "a/a")]), contests("y", ["b", "c"], &[(4, "a/a")])];
    let found = ranked(&judged(rows.concat()), &[]);
    for name in ["a", "b", "c"] {
        assert!(system(&found, name)["rank"]["value"].is_null(), "{found}");
    }
    assert!(
        warning(&found, "infinite-strength").unwrap().contains("the order of some is not known")
    );
}

#[test]
fn a_run_without_a_vote_is_no_success() {
    let mut spec = RunSpec::new(contests("q", ["a", "b"], &[(3, "?/?")]));
    spec.code = 4;
    let run = spec.judged();
    let said = rank(&run.folder, &["run.db", "--format", "json"]).expect(8);
    assert!(said.stderr.contains("no comparison has a readable vote"), "{}", said.stderr);
    let found = document(&said);
    assert_eq!(found["comparisons"]["missing"], 3);
    let mut spec = RunSpec::new(contests("q", ["a", "b"], &[(3, "-/-")]));
    spec.code = 4;
    let run = spec.judged();
    let said = rank(&run.folder, &["run.db"]).expect(5);
    assert!(said.stderr.contains("no comparison has a result yet"), "{}", said.stderr);
}

#[test]
fn one_item_gives_strengths_without_intervals() {
    let mut rows = contests("q", ["a", "b"], &[(1, "a/b")]);
    rows.extend(contests("q", ["a", "c"], &[(1, "a/b")]));
    rows.extend(contests("q", ["b", "c"], &[(1, "a/b")]));
    let found = ranked_with_code(&judged(rows), &[], 8);
    let strength = &system(&found, "a")["strength"];
    assert!(value(strength).abs() < 1e-9 && strength["low"].is_null(), "{strength}");
    assert!(warning(&found, "few-items").is_some());
}
