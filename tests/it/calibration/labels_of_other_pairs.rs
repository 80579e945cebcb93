//! Labels of comparisons that a run does not have, because it is one shard or has a baseline.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::Folder;
use crate::support::labelled_run::label;

/// Nine items with three systems, judged by length, and a label for every two systems of each.
fn three_systems() -> Folder {
    let folder = Folder::new();
    let systems = ["alpha", "beta", "gamma"];
    let (mut items, mut labels) = (String::new(), String::new());
    for number in 0..9 {
        let id = format!("q{number}");
        let responses: Value =
            systems.iter().map(|system| ((*system).to_owned(), json!(system.repeat(2)))).collect();
        writeln!(items, "{}", json!({ "id": id, "prompt": "p", "responses": responses })).unwrap();
        for between in [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]] {
            labels += &label(&id, "ana", between, between[0]);
        }
    }
    folder.write("items.jsonl", &items);
    folder.write("labels.jsonl", &labels);
    folder
}

#[test]
fn labels_of_systems_that_the_run_does_not_compare_on_their_item_are_counted() {
    let folder = three_systems();
    for (flags, comparisons) in
        [(&["--shard", "1/3"][..], 1..27), (&["--baseline", "alpha"], 18..19)]
    {
        let run = &format!("{}.db", &flags[0][2..]);
        let command = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge"];
        folder.run(&[&command[..], &["builtin:longer", "--run", run], flags].concat()).expect(0);
        let calibrated =
            folder.run(&["calibrate", run, "--labels", "labels.jsonl", "--format", "json"]);
        let found: Value = serde_json::from_str(&calibrated.expect(0).stdout).unwrap();
        let planned = found["planned"].as_u64().unwrap();
        assert!(comparisons.contains(&planned), "{flags:?}: {planned}");
        assert_eq!(found["labelled"], planned);
        assert_eq!(found["labels_unmatched"], 27 - planned);
        // So are those of comparisons that were not selected.
        let id = ["--id", "q0", "--id", "q1", "--id", "q2", "--limit", "1", "--no-pager"];
        let shown = folder.run(&[&["show", run, "--labels", "labels.jsonl"], &id[..]].concat());
        assert!(shown.expect(0).stdout.contains("ana"), "{flags:?}");
    }
}

#[test]
fn a_system_that_the_run_does_not_have_at_all_stays_an_error() {
    let folder = three_systems();
    folder.write("labels.jsonl", &label("q0", "ana", ["alpha", "gama"], "alpha"));
    folder
        .run(&[
            "judge",
            "items.jsonl",
            "--rubric",
            "helpfulness",
            "--judge",
            "builtin:longer",
            "--run",
            "r.db",
        ])
        .expect(0);
    let said = folder.run(&["calibrate", "r.db", "--labels", "labels.jsonl"]).expect(3);
    assert!(said.stderr.contains("unknown system `gama`"), "{}", said.stderr);
}
