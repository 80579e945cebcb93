//! Which verdicts changed, and how.

use serde_json::{Value, json};

use super::{both, codes};
use crate::support::Folder;
use crate::support::labelled_run::{label, unwrapped};
use crate::support::server::{Answer, Server};

/// One comparison of every kind of change, in an order that is not that of the report.
fn every_kind() -> super::TwoRuns {
    both(&[
        (2, "a/a", "a/a", "a"), // unchanged
        (1, "a/b", "b/b", "b"), // gained
        (1, "a/b", "a/t", "a"), // other: flipped to split
        (3, "a/a", "a/b", "a"), // lost
        (2, "a/a", "b/b", "b"), // reversed to beta
        (1, "b/b", "t/t", "a"), // reversed to a tie
        (1, "a/b", "b/a", "a"), // flipped both times
        (1, "a/a", "?/a", "a"), // lost: unparsed
    ])
}

#[test]
fn outcomes_are_counted_by_how_they_changed_and_add_up() {
    let found = every_kind().found(&[]);
    for (key, count) in [
        ("comparisons", 12),
        ("outcomes_changed", 9),
        ("unchanged", 3),
        ("pending", 0),
        ("verdicts_reversed", 3),
        ("kept_gained", 1),
        ("kept_lost", 4),
        ("other_changed", 1),
    ] {
        assert_eq!(found[key], count, "{key}");
    }
    assert_eq!(found["reversals"], json!({ "beta": 2, "tie": 1 }));
    let transitions = found["transitions"].as_array().unwrap();
    let all: u64 = transitions.iter().map(|one| one["comparisons"].as_u64().unwrap()).sum();
    assert_eq!(all, 12);
    assert!(
        transitions.contains(&json!({ "before": "kept", "after": "flipped", "comparisons": 3 }))
    );
    assert_eq!(found["coverage"]["before"]["n"], 12);
}

#[test]
fn changed_cases_come_first_by_kind_with_the_replies_of_both_runs() {
    let runs = every_kind();
    let found = runs.found(&[]);
    let cases = found["cases"].as_array().unwrap();
    let changes: Vec<&str> = cases.iter().map(|case| case["change"].as_str().unwrap()).collect();
    let expected = ["reversed"; 3].into_iter().chain(["lost"; 4]).chain(["gained", "other"]);
    assert_eq!(changes, expected.collect::<Vec<_>>());
    let reversed = &cases[0];
    assert_eq!(reversed["id"], "q007");
    assert_eq!(reversed["before"]["outcome"], "kept");
    assert_eq!([&reversed["before"]["winner"], &reversed["after"]["winner"]], ["alpha", "beta"]);
    let reply = |side: &str, order: usize| {
        reversed[side]["judges"][0]["orders"][order]["replies"][0]["reply"].clone()
    };
    let replies = [reply("before", 0), reply("before", 1), reply("after", 0), reply("after", 1)];
    assert_eq!(replies, ["FIRST", "SECOND", "SECOND", "FIRST"]);
    assert_eq!(reversed["prompt"], "Question q007?");
    assert!(reversed["labels"].is_null() && reversed["right"].is_null());

    let few = runs.found(&["--limit", "2", "--labels", "labels.jsonl"]);
    let few = few["cases"].as_array().unwrap();
    assert_eq!(few.len(), 2);
    assert_eq!(few[0]["labels"], json!([{ "annotator": "ana", "winner": "beta" }]));
    assert_eq!(few[0]["right"], json!({ "before": false, "after": true }));
    // Beyond those that changed the others follow.
    let all = runs.found(&["--limit", "100"]);
    let all = all["cases"].as_array().unwrap();
    assert_eq!(all.len(), 12);
    assert_eq!([&all[8]["change"], &all[9]["change"]], ["other", "none"]);
}

#[test]
fn pending_comparisons_are_no_change_and_failed_ones_are() {
    let found =
        both(&[(3, "a/a", "a/-", "a"), (2, "-/-", "b/b", "b"), (4, "a/a", "a/a", "a")]).labelled();
    assert_eq!([&found["pending"], &found["unchanged"]], [5, 4]);
    assert_eq!(found["outcomes_changed"], 0);
    assert_eq!(found["cases"], json!([]));
    assert!(codes(&found).contains(&"pending"));
    // An order with a reply in both runs counts; one that only a run has does not.
    assert_eq!(found["agreement"]["before"]["n"], 3 + 8);
    assert_eq!(found["agreement"]["after"]["n"], 3 + 8);
    let correct = &found["agreement"]["correct"];
    assert_eq!(*correct, json!({ "both": 4, "only_before": 0, "only_after": 0, "neither": 0 }));
}

#[test]
fn coverage_is_over_the_comparisons_that_both_runs_have_answered() {
    // Half of the second run is still to be asked; what it has is as before.
    let found = both(&[(5, "a/a", "a/a", "a"), (5, "a/a", "-/-", "a")]).found(&[]);
    assert_eq!([&found["comparisons"], &found["pending"]], [10, 5]);
    let coverage = &found["coverage"];
    assert_eq!([&coverage["before"]["value"], &coverage["after"]["value"]], [1.0, 1.0]);
    assert_eq!(coverage["difference"]["value"], 0.0);
    for of in ["before", "after", "difference"] {
        assert_eq!(coverage[of]["n"], 5, "{of}");
    }
}

#[test]
fn a_run_without_a_readable_reply_has_no_win_rate() {
    let runs = both(&[(6, "a/a", "?/?", "a")]);
    let rate = &runs.found(&[])["win_rates"][0];
    assert_eq!([&rate["system"], &rate["before"]["value"]], [&json!("beta"), &json!(0.0)]);
    for of in ["after", "difference"] {
        assert_eq!(rate[of], json!({ "value": null, "low": null, "high": null, "n": 6 }), "{of}");
    }
    let said = unwrapped(&runs.diff(&[]).expect(0).stdout);
    assert!(said.contains("beta against alpha 0.0 % – – 6"), "{said}");
    // One readable reply is enough, as in a report of one run.
    let found = both(&[(5, "?/?", "?/?", "a"), (1, "?/?", "b/?", "a")]).found(&[]);
    let rate = &found["win_rates"][0];
    assert!(rate["before"]["value"].is_null() && rate["difference"]["value"].is_null());
    assert_eq!(rate["after"]["value"], (5.0 * 0.5 + 0.75) / 6.0);
}

#[test]
fn the_winners_of_reversed_verdicts_stand_after_their_number() {
    let said = unwrapped(&every_kind().diff(&[]).expect(0).stdout);
    let sentence = "1 became kept, 4 are no longer kept, 3 reversed (2 to beta, 1 to tie), 1 changed otherwise.";
    assert!(said.contains(sentence), "{said}");
}

#[test]
fn a_comparison_that_failed_is_a_change_and_has_no_right_verdict() {
    let server = Server::start(|seen| {
        let text = seen.body.to_string();
        let fails = if seen.model() == "m" { "q-recovers" } else { "q-fails" };
        if text.contains("q-never") || text.contains(fails) {
            return Answer::error(500, "cannot answer this");
        }
        Answer::says(r#"{"reasoning":"","criteria":{},"vote":"tie"}"#)
    });
    let folder = Folder::new();
    folder.write("r.toml", "name = \"r\"\ndescription = \"Which?\"\nties = true\n");
    let (mut items, mut labels) = (String::new(), String::new());
    for id in ["q-fails", "q-recovers", "q-never", "q-stays"] {
        let responses = json!({ "alpha": "one", "beta": "two" });
        items += &json!({ "id": id, "prompt": id, "responses": responses }).to_string();
        items.push('\n');
        labels += &label(id, "ana", ["alpha", "beta"], "alpha");
    }
    folder.write("items.jsonl", &items);
    folder.write("labels.jsonl", &labels);
    for (run, model) in [("a.db", "m"), ("b.db", "n")] {
        let settings = format!(
            "[judges.j]\nmodel = \"{model}\"\nbase_url = \"{}\"\nmax_attempts = 1\n",
            server.base_url()
        );
        folder.write("evenhand.toml", &settings);
        let judge = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "j", "--run", run];
        folder.run(&[&judge[..], &["--inconclusive", "pass"]].concat());
    }
    let found = super::diff_in(&folder, &["--labels", "labels.jsonl", "--limit", "4"]);
    for (key, count) in [
        ("outcomes_changed", 2),
        ("kept_lost", 1),
        ("kept_gained", 1),
        ("unchanged", 2),
        ("pending", 0),
    ] {
        assert_eq!(found[key], count, "{key}");
    }
    let cases = found["cases"].as_array().unwrap();
    let case = |id: &str| cases.iter().find(|case| case["id"] == id).unwrap();
    let outcomes = |id: &str| ["before", "after"].map(|run| case(id)[run]["outcome"].clone());
    assert_eq!(outcomes("q-fails"), ["kept", "failed"]);
    assert_eq!(outcomes("q-recovers"), ["failed", "kept"]);
    assert_eq!(outcomes("q-never"), ["failed", "failed"]);
    // Coverage counts them, since the change can be the reason; McNemar's test and win rates cannot.
    assert_eq!(found["coverage"]["before"]["n"], 4);
    assert_eq!(found["coverage"]["after"]["value"], 0.5);
    let correct = &found["agreement"]["correct"];
    assert_eq!(*correct, json!({ "both": 0, "only_before": 0, "only_after": 0, "neither": 1 }));
    assert_eq!(found["win_rates"][0]["before"]["n"], 1);
}

#[test]
fn a_run_differs_from_itself_by_exactly_nothing() {
    let runs = both(&[(30, "a/a", "a/a", "a"), (20, "a/b", "a/b", "b"), (10, "b/b", "b/b", "a")]);
    let flags = ["diff", "run.db", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let said = runs.before.folder.run(&flags).expect(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!([&found["outcomes_changed"], &found["unchanged"]], [0, 60]);
    assert_eq!([&found["changed"], &found["manifest"], &found["cases"]], [&json!([]); 3]);
    assert!(found["rubric_diff"].is_null() && found["prompt_diff"].is_null());
    for difference in
        [&found["agreement"], &found["kappa"], &found["coverage"], &found["win_rates"][0]]
    {
        assert_eq!(difference["difference"]["value"].as_f64(), Some(0.0), "{difference}");
    }
    // What is measured on 60 items is not known exactly.
    let agreement = &found["agreement"]["difference"];
    let wilson = 1.959_963_984_540_054_f64.powi(2);
    let unlike = wilson / (60.0 + wilson);
    assert!((agreement["high"].as_f64().unwrap() - unlike).abs() < 1e-9, "{agreement}");
    assert_eq!(found["agreement"]["mcnemar_mid_p"], 1.0);
    assert!(!codes(&found).contains(&"same-manifest"));
}

#[test]
fn two_runs_of_one_manifest_say_that_what_changed_is_noise() {
    let found = both(&[(5, "a/a", "a/a", "a"), (2, "a/a", "a/b", "a")]).found(&[]);
    assert_eq!(found["changed"], json!([]));
    assert!(codes(&found).contains(&"same-manifest"), "{:?}", codes(&found));
    assert!(!codes(&found).contains(&"noise-unknown"));
}

#[test]
fn of_several_systems_every_pair_has_its_win_rates() {
    use crate::support::labelled_run::Row;
    let rows = |replies: [&'static str; 3]| {
        let pairs = [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]];
        let ids = (0..4).map(|at| format!("q{at}"));
        ids.flat_map(|id| {
            pairs.into_iter().zip(replies).map(move |(pair, of)| Row::new(&id, pair, of, "a"))
        })
        .collect::<Vec<Row>>()
    };
    let runs = super::TwoRuns::new(
        &super::spec(rows(["a/a", "a/b", "b/b"])),
        &super::spec(rows(["a/a", "b/b", "a/a"])),
    );
    let found = runs.labelled();
    assert_eq!([&found["comparisons"], &found["items"]], [12, 4]);
    assert_eq!([&found["verdicts_reversed"], &found["kept_gained"]], [4, 4]);
    assert_eq!(found["reversals"], json!({ "beta": 4 }));
    let rates: Vec<_> = found["win_rates"].as_array().unwrap().iter().collect();
    assert_eq!(rates.len(), 3);
    let change =
        |rate: &Value| ["before", "after"].map(|side| rate[side]["value"].as_f64().unwrap());
    assert_eq!(rates[1]["between"], json!(["alpha", "gamma"]));
    assert_eq!(
        [change(rates[0]), change(rates[1]), change(rates[2])],
        [[0.0, 0.0], [0.5, 1.0], [1.0, 0.0]]
    );
    assert!(codes(&found).contains(&"dependent-comparisons"));
}

#[test]
fn juries_are_compared_whole_or_by_one_judge_each() {
    let three = |one: &'static str, other: &'static str| {
        both(&[(4, one, other, "b"), (6, "a/a b/b b/b", "a/a b/b b/b", "b")])
    };
    let runs = three("a/a b/b b/b", "a/a b/b a/b");
    let found = runs.labelled();
    assert_eq!(found["judges"], json!(["jury", "jury"]));
    assert_eq!([&found["kept_lost"], &found["unchanged"]], [4, 6]);
    assert_eq!(found["cases"][0]["after"]["outcome"], "hung");
    assert_eq!(found["cases"][0]["after"]["judges"].as_array().unwrap().len(), 3);
    assert_eq!(found["win_rates"], json!([]));
    assert_eq!(found["agreement"]["before"]["n"], 60);

    let one = runs.found(&["--judge", "judge-3"]);
    assert_eq!(one["judges"], json!(["judge-3", "judge-3"]));
    assert_eq!([&one["kept_lost"], &one["unchanged"]], [4, 6]);
    let two = runs.found(&["--judge", "judge-1", "--judge-b", "judge-2"]);
    assert_eq!(two["judges"], json!(["judge-1", "judge-2"]));
    assert_eq!(two["verdicts_reversed"], 10);
    assert_eq!(two["changed"], json!(["judge", "judge.model"]));
    let mixed = runs.found(&["--judge", "jury", "--judge-b", "judge-2"]);
    assert!(codes(&mixed).contains(&"jury-and-judge"));
    let said = runs.diff(&["--judge", "nobody"]).expect(3);
    assert!(said.stderr.contains("its judges are: judge-1, judge-2, judge-3"), "{}", said.stderr);
}
