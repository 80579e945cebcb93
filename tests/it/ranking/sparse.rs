//! Little data: what cannot be known from it has no number.

use serde_json::{Value, json};

use super::{contests, judged, pair, rank, ranked, ranked_with_code, system};
use crate::support::labelled_run::{is_undefined, value, warning};

#[test]
fn a_system_of_one_item_has_a_strength_without_an_interval() {
    let mut rows = contests("x", ["a", "b"], &[(20, "a/a"), (10, "b/b")]);
    rows.extend(contests("y", ["a", "c"], &[(1, "a/b")]));
    let found = ranked(&judged(rows), &[]);
    let c = system(&found, "c");
    assert!(c["strength"]["value"].is_f64() && c["strength"]["low"].is_null(), "{c}");
    assert!(c["rank"]["value"].is_u64() && c["rank"]["low"].is_null(), "{c}");
    for between in [["a", "c"], ["b", "c"]] {
        let difference = pair(&found, "differences", between);
        assert!(difference["difference"]["value"].is_f64(), "{difference}");
        for key in ["p_value", "p_adjusted"] {
            assert!(difference[key].is_null(), "{difference}");
        }
        assert!(difference["difference"]["low"].is_null(), "{difference}");
    }
    // One test is left, which needs no adjustment.
    let tested = pair(&found, "differences", ["a", "b"]);
    assert!(tested["p_value"].is_f64() && tested["p_value"] == tested["p_adjusted"], "{tested}");
    assert!(system(&found, "a")["strength"]["low"].is_f64());
    assert!(
        warning(&found, "few-items").unwrap().contains("c has votes in 1 item only"),
        "{found}"
    );
}

#[test]
fn ranges_of_a_sparse_chain_are_those_of_its_own_order() {
    // Drawn with replacement, most resamples would lack a pair, or the losses of one.
    let names = ["a", "b", "c", "d", "e", "f"];
    let rows = names.windows(2).enumerate().flat_map(|(at, between)| {
        let prefix = ["u", "v", "w", "x", "y"][at];
        contests(prefix, [between[0], between[1]], &[(2, "a/a"), (1, "b/b")])
    });
    let found = ranked(&judged(rows.collect()), &[]);
    assert!(warning(&found, "undefined-resamples").is_none(), "{found}");
    for (at, name) in names.into_iter().enumerate() {
        let rank = &system(&found, name)["rank"];
        let number = |key: &str| rank[key].as_u64().unwrap() as usize;
        assert_eq!(number("value"), at + 1);
        assert!(number("low") <= at + 1 && at < number("high"), "{rank}");
        assert!(number("high") > number("low"), "{rank}");
    }
}

#[test]
fn ranks_without_any_variation_have_no_range() {
    let found = ranked_with_code(&judged(contests("q", ["a", "b"], &[(12, "a/b")])), &[], 8);
    for name in ["a", "b"] {
        assert_eq!(system(&found, name)["rank"], json!({ "value": 1, "low": null, "high": null }));
    }
    let rows = [
        contests("x", ["a", "b"], &[(4, "a/a")]),
        contests("y", ["a", "c"], &[(4, "a/a")]),
        contests("z", ["b", "c"], &[(6, "a/a"), (4, "b/b")]),
    ];
    let found = ranked(&judged(rows.concat()), &[]);
    assert_eq!(system(&found, "a")["rank"], json!({ "value": 1, "low": null, "high": null }));
    assert_eq!(system(&found, "b")["rank"], json!({ "value": 2, "low": 2, "high": 3 }));
}

#[test]
fn a_judge_that_looks_at_positions_only_is_named() {
    let run = judged(contests("q", ["a", "b"], &[(12, "a/b")]));
    let said = rank(&run.folder, &["run.db"]).expect(8);
    assert!(said.stderr.contains("no verdict is kept"), "{}", said.stderr);
    let found = ranked_with_code(&run, &[], 8);
    assert_eq!(found["order_adjusted"]["undefined"], "the position decides every vote");
    assert!(warning(&found, "position-bias").unwrap().contains("decides every vote"), "{found}");
    // No vote of the orders with b first has an exception, and the others do.
    let found = ranked(&judged(contests("q", ["a", "b"], &[(6, "a/a"), (6, "a/b")])), &[]);
    let reason = found["order_adjusted"]["undefined"].as_str().unwrap();
    assert!(reason.contains("its advantage is infinite"), "{reason}");
    assert!(warning(&found, "position-bias").is_some(), "{found}");
}

#[test]
fn items_without_a_vote_are_no_items_of_an_interval() {
    let found =
        ranked(&judged(contests("q", ["a", "b"], &[(2, "a/a"), (1, "b/b"), (9, "?/?")])), &[]);
    assert_eq!(found["items"], 12);
    assert!(warning(&found, "few-items").unwrap().contains("votes in 3 items only"), "{found}");
}

#[test]
fn intervals_of_few_items_are_wider_than_those_of_many() {
    let width =
        |estimate: &Value| estimate["high"].as_f64().unwrap() - estimate["low"].as_f64().unwrap();
    let mut rows = contests("x", ["a", "b"], &[(20, "a/a"), (20, "b/b")]);
    rows.extend(contests("y", ["a", "c"], &[(1, "a/a"), (1, "b/b")]));
    let found = ranked(&judged(rows), &[]);
    let difference = |between| &pair(&found, "differences", between)["difference"];
    assert!(value(difference(["a", "c"])).abs() < 1e-9 && !is_undefined(difference(["a", "c"])));
    // Four degrees of freedom less would be t = 2.0, and one is t = 12.7.
    assert!(width(difference(["a", "c"])) > 20.0 * width(difference(["a", "b"])), "{found}");
}

#[test]
fn groups_that_one_item_joins_have_no_interval_between_them() {
    let mixed = [(12, "a/a"), (8, "b/b"), (4, "a/b")];
    let rows = [
        contests("x", ["a", "b"], &mixed),
        contests("y", ["c", "d"], &mixed),
        contests("z", ["b", "c"], &[(1, "a/b")]),
    ];
    let run = judged(rows.concat());
    let found = ranked(&run, &[]);
    for between in [["a", "c"], ["a", "d"], ["b", "c"], ["b", "d"]] {
        let difference = pair(&found, "differences", between);
        assert!(difference["difference"]["value"].is_f64(), "{difference}");
        assert!(difference["difference"]["low"].is_null(), "{difference}");
        assert!(difference["p_value"].is_null() && difference["p_adjusted"].is_null());
    }
    for between in [["a", "b"], ["c", "d"]] {
        let difference = pair(&found, "differences", between);
        assert!(difference["difference"]["low"].is_f64(), "{difference}");
        // Two tests are left.
        let [p, adjusted] = ["p_value", "p_adjusted"].map(|key| difference[key].as_f64().unwrap());
        assert!((adjusted - (2.0 * p).min(1.0)).abs() < 1e-12, "{difference}");
    }
    for name in ["a", "b", "c", "d"] {
        let system = system(&found, name);
        assert!(system["strength"]["low"].is_null() && system["rank"]["low"].is_null(), "{system}");
    }
    let warning = warning(&found, "weak-link").unwrap();
    assert!(warning.contains("only 1 item joins c, d to the other systems"), "{warning}");
    // With three items there are intervals, and they are wide.
    let rows = [
        contests("x", ["a", "b"], &mixed),
        contests("y", ["c", "d"], &mixed),
        contests("z", ["b", "c"], &[(1, "a/a"), (1, "b/b"), (1, "a/b")]),
    ];
    let found = ranked(&judged(rows.concat()), &[]);
    let width = |between| {
        let found = &pair(&found, "differences", between)["difference"];
        found["high"].as_f64().unwrap() - found["low"].as_f64().unwrap()
    };
    assert!(width(["b", "c"]) > 5.0 * width(["a", "b"]), "{found}");
    let warning = crate::support::labelled_run::warning(&found, "weak-link").unwrap();
    assert!(warning.contains("only 3 items join c, d"), "{warning}");
}
