//! Several runs as one.

use serde_json::json;

use super::{contests, document, judged, pair, rank};
use crate::support::Folder;
use crate::support::labelled_run::{JudgedRun, Row, RunSpec, rubric, warning};
use crate::support::server::Scene;

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

#[test]
fn judges_of_one_name_that_were_asked_differently_count_as_two() {
    let scene = Scene::new(12, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "1.db"]).expect(0);
    scene.settings(&[("temperature", "0.7")]);
    scene.judge(&["--run", "2.db"]).expect(0);
    for runs in [["1.db", "2.db"], ["2.db", "1.db"]] {
        let found =
            document(&rank(&scene.folder, &[&runs[..], &["--format", "json"]].concat()).expect(0));
        assert_eq!(found["judges"].as_array().unwrap().len(), 2);
        let warning = warning(&found, "different-judges").unwrap();
        let expected =
            "judge-1 differs in temperature between 1.db and 2.db: it counts as two judges";
        assert_eq!(warning, expected);
        assert_eq!(pair(&found, "pairs", ["alpha", "beta"])["wins"], 24);
    }
    scene.settings(&[("temperature", "0.7"), ("timeout_s", "30")]);
    scene.items(14);
    scene.judge(&["--run", "3.db"]).expect(0);
    // The same judge twice on the same comparison.
    let said = rank(&scene.folder, &["2.db", "3.db"]).expect(3);
    assert!(said.stderr.contains("has judged this comparison in 2.db too"), "{}", said.stderr);
}

#[test]
fn the_order_of_runs_items_and_lines_changes_no_number() {
    let kinds = ["a/a", "b/b", "a/b", "t/t", "b/-", "t/a", "?/b", "-/a"];
    let row = |at: usize| {
        let between = [["a", "b"], ["a", "c"], ["b", "c"], ["c", "d"]][at / 3 % 4];
        Row::new(&format!("q{:02}", at % 23), between, kinds[at * 7 % 13 % 8], "")
    };
    // Each comparison once; in two runs of different items.
    let mut rows: Vec<Row> = (0..160).map(row).collect();
    rows.sort_by(|one, other| (&one.id, one.between).cmp(&(&other.id, other.between)));
    rows.dedup_by(|one, other| (&one.id, one.between) == (&other.id, other.between));
    let second = rows.split_off(rows.iter().position(|row| *row.id >= *"q12").unwrap());
    let shuffled = |rows: &[Row], seed: u64| {
        let mut keyed: Vec<(u64, &Row)> =
            rows.iter().zip(1_u64..).map(|(row, at)| (at.wrapping_mul(seed) % 1009, row)).collect();
        keyed.sort_by_key(|(key, _)| *key);
        let mut spec = RunSpec::new(keyed.into_iter().map(|(_, row)| row.clone()).collect());
        spec.shuffle = Some(seed);
        spec.code = 5;
        spec.judged()
    };
    let said = [1, 331, 677].map(|seed| {
        let (one, other) = (shuffled(&rows, seed), shuffled(&second, seed));
        let folder = Folder::new();
        for (name, run) in [("1.db", &one), ("2.db", &other)] {
            std::fs::copy(path(run), folder.path().join(name)).unwrap();
        }
        let runs = if seed == 331 { ["2.db", "1.db"] } else { ["1.db", "2.db"] };
        ["table", "json", "csv"].map(|format| {
            rank(&folder, &[&runs[..], &["--format", format]].concat()).expect(0).stdout
        })
    });
    assert_eq!(said[0], said[1]);
    assert_eq!(said[0], said[2]);
    let found: serde_json::Value = serde_json::from_str(&said[0][1]).unwrap();
    assert!(
        found["comparisons"]["kept"].as_u64().unwrap() > 10 && found["leader"].is_object(),
        "{found}"
    );
}
