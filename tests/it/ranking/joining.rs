//! Several runs as one.

use serde_json::json;

use super::{contests, document, judged, pair, rank};
use crate::support::Folder;
use crate::support::labelled_run::{JudgedRun, rubric, warning};

fn path(run: &JudgedRun) -> String {
    run.folder.path().join("run.db").to_str().unwrap().to_owned()
}

#[test]
fn runs_of_the_same_items_are_joined_in_any_order() {
    let one = judged(contests("q", ["a", "b"], &[(5, "a/a"), (3, "b/b")]));
    let other = judged(contests("q", ["a", "c"], &[(4, "a/a"), (4, "b/b")]));
    let folder = Folder::new();
    let (first, second) = (path(&one), path(&other));
    for format in ["json", "table", "csv"] {
        let forth = rank(&folder, &[&first, &second, "--format", format]);
        let back = rank(&folder, &[&second, &first, "--format", format]);
        assert_eq!((forth.code, back.code), (0, 0), "{}", forth.stderr);
        assert_eq!(forth.stdout, back.stdout);
    }
}

/// A run of two systems whose responses are the same in all of these tests.
fn run_of(folder: &Folder, name: &str, systems: [&str; 2], judge: &str) {
    let mut items = String::new();
    for at in 0..12 {
        let response = |system: &str| "x".repeat(system.len() * 7 + (at * system.len()) % 5);
        let item = json!({
            "id": format!("q{at}"),
            "prompt": format!("Question {at}?"),
            "responses": { systems[0]: response(systems[0]), systems[1]: response(systems[1]) },
        });
        items = items + &item.to_string() + "\n";
    }
    folder.write("items.jsonl", &items);
    folder.write("r.toml", &rubric("r", true));
    let arguments = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", name];
    folder.run(&[&arguments[..], &["--judge", judge, "--inconclusive", "pass"]].concat()).expect(0);
}

#[test]
fn the_same_ranking_comes_from_any_order_of_runs_that_share_systems() {
    let folder = Folder::new();
    run_of(&folder, "1.db", ["a", "bb"], "builtin:longer");
    run_of(&folder, "2.db", ["bb", "ccc"], "builtin:longer");
    run_of(&folder, "3.db", ["a", "ccc"], "builtin:random");
    let orders = [["1.db", "2.db", "3.db"], ["3.db", "1.db", "2.db"], ["2.db", "3.db", "1.db"]];
    for format in ["json", "table", "csv"] {
        let said = orders.map(|runs| {
            rank(&folder, &[&runs[..], &["--format", format]].concat()).expect(0).stdout
        });
        assert_eq!(said[0], said[1]);
        assert_eq!(said[0], said[2]);
    }
    let found = document(&rank(&folder, &["1.db", "2.db", "3.db", "--format", "json"]).expect(0));
    assert_eq!(found["judges"].as_array().unwrap().len(), 2);
    assert_eq!(found["judges"][0]["runs"], json!(["1.db", "2.db"]));
    assert_eq!([&found["items"], &found["comparisons"]["planned"]], [12, 36]);
    assert_eq!(pair(&found, "pairs", ["a", "bb"])["wins"], 12);
}

#[test]
fn what_cannot_be_joined_is_refused_and_named() {
    let folder = Folder::new();
    run_of(&folder, "1.db", ["a", "bb"], "builtin:longer");
    let said = rank(&folder, &["1.db", "1.db"]).expect(3);
    assert!(
        said.stderr.contains("item q0, a and bb: builtin:longer has judged this"),
        "{}",
        said.stderr
    );
    let said = rank(&folder, &["1.db", "--judge", "nobody"]).expect(3);
    assert!(said.stderr.contains("no run has a judge `nobody`"), "{}", said.stderr);
    assert!(said.stderr.contains("builtin:longer"), "{}", said.stderr);
    rank(&folder, &["1.db", "--judge", "nobody", "--judge", "builtin:longer"]).expect(3);
    let said = rank(&folder, &["1.db", "--baseline", "zz"]).expect(3);
    assert!(said.stderr.contains("unknown system `zz`"), "{}", said.stderr);
    rank(&folder, &["none.db"]).expect(3);
    rank(&folder, &[]).expect(2);

    let item = |prompt: &str, response: &str| json!({ "id": "q0", "prompt": prompt, "responses": { "a": response, "d": "dd" } });
    for (name, item, expected) in [
        ("p.db", item("Another?", "xxxxxxx"), "item q0: the prompt is not the one in 1.db"),
        ("a.db", item("Question 0?", "yyy"), "item q0: the response of `a` is not the one in 1.db"),
    ] {
        folder.write("other.jsonl", &format!("{item}\n"));
        let arguments = ["judge", "other.jsonl", "--rubric", "./r.toml", "--run", name];
        folder.run(&[&arguments[..], &["--judge", "builtin:longer"]].concat()).expect(0);
        let said = rank(&folder, &["1.db", name]).expect(3);
        assert!(said.stderr.contains(expected), "{}", said.stderr);
    }
}

#[test]
fn a_run_without_the_chosen_judge_is_left_out_and_named() {
    let folder = Folder::new();
    run_of(&folder, "1.db", ["a", "bb"], "builtin:longer");
    run_of(&folder, "2.db", ["a", "bb"], "builtin:random");
    let arguments = ["1.db", "2.db", "--judge", "builtin:longer", "--format", "json"];
    let found = document(&rank(&folder, &arguments).expect(0));
    assert_eq!(found["comparisons"]["planned"], 12);
    assert!(warning(&found, "runs-without-judge").unwrap().contains("2.db"), "{found}");
    let said = rank(&folder, &["1.db", "2.db", "--judge", "builtin:first"]).expect(3);
    assert!(said.stderr.contains("builtin:longer, builtin:random"), "{}", said.stderr);
}

#[test]
fn runs_by_several_rubrics_are_warned_of() {
    let folder = Folder::new();
    run_of(&folder, "1.db", ["a", "bb"], "builtin:longer");
    folder.write("other.toml", &rubric("other", true));
    let arguments = ["judge", "items.jsonl", "--rubric", "./other.toml", "--run", "2.db"];
    folder.run(&[&arguments[..], &["--judge", "builtin:longer"]].concat()).expect(0);
    let found = document(&rank(&folder, &["1.db", "2.db", "--format", "json"]).expect(0));
    assert!(warning(&found, "several-rubrics").unwrap().contains("other"), "{found}");
    assert_eq!(found["comparisons"]["planned"], 24);
}
