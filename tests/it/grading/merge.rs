//! `evenhand merge` of runs of grades: the shards become the run that an undivided command would have made.

use serde_json::{Value, json};

use crate::support::graded_run::grade_rubric;
use crate::support::{CommandOutput, Folder, lines_of};

/// A folder with eight items of three systems, and a judge that does not answer about `missing`.
fn folder(missing: &str) -> Folder {
    let folder = Folder::new();
    let systems = ["alpha", "beta", "gamma"];
    let ids: Vec<String> = (1..=8).map(|number| format!("q{number}")).collect();
    let item = |id: &String| {
        let responses: serde_json::Map<String, Value> = systems
            .map(|system| (system.to_owned(), json!(format!("{system} on {id}"))))
            .into_iter()
            .collect();
        json!({ "id": id, "prompt": format!("Prompt of {id}?"), "responses": responses })
    };
    folder.write("items.jsonl", &lines_of(ids.iter().map(item)));
    let mut recording = Vec::new();
    for (number, id) in ids.iter().enumerate().filter(|(_, id)| *id != missing) {
        for (at, system) in systems.into_iter().enumerate() {
            let steps = ["poor", "fair", "good"];
            for scale in ["written", "reversed"] {
                let shift = usize::from(scale == "reversed" && (number + at) % 4 == 0);
                let grade = steps[(number + at + shift) % 3];
                recording
                    .push(json!({ "id": id, "system": system, "scale": scale, "grade": grade }));
            }
        }
    }
    folder.write("judge-1.jsonl", &lines_of(recording));
    folder.write("evenhand.toml", "[judges.judge-1]\nrecorded = \"judge-1.jsonl\"\n");
    folder.write("r.toml", &grade_rubric());
    folder
}

fn grade(folder: &Folder, flags: &[&str]) -> CommandOutput {
    let command = ["grade", "items.jsonl", "--rubric", "./r.toml", "--judge", "judge-1"];
    folder.run(&[&command, flags].concat())
}

#[test]
fn merged_shards_are_the_undivided_run() {
    let folder = folder("");
    grade(&folder, &["--run", "whole.db"]).expect(0);
    grade(&folder, &["--run", "one.db", "--shard", "1/2"]).expect(0);
    grade(&folder, &["--run", "two.db", "--shard", "2/2"]).expect(0);
    let said = folder.run(&["merge", "two.db", "one.db", "--run", "merged.db"]).expect(0);
    let added = "2 runs merged into merged.db: 24 responses and 48 attempts added, 0 already there";
    assert!(said.stderr.starts_with(added), "{}", said.stderr);
    assert!(!said.stderr.contains("comparison"), "{}", said.stderr);
    let lines = |run: &str| folder.run(&["verdicts", run, "--all"]).expect(0).stdout;
    assert_eq!(lines("merged.db"), lines("whole.db"));
    assert!(lines("merged.db").contains("\"changed\"") && lines("merged.db").contains("\"kept\""));
    // Again: nothing is added.
    let said = folder.run(&["merge", "one.db", "--run", "merged.db"]).expect(0);
    assert!(said.stderr.contains("0 responses and 0 attempts added"), "{}", said.stderr);
}

#[test]
fn what_is_missing_or_open_is_said_of_responses() {
    let folder = folder("q3");
    grade(&folder, &["--run", "one.db", "--shard", "1/2"]);
    grade(&folder, &["--run", "two.db", "--shard", "2/2"]);
    let said = folder.run(&["merge", "one.db", "--run", "half.db"]).expect(0);
    let missing = "responses of the plan are in none of these runs; check that no shard is missing";
    assert!(said.stderr.contains(missing), "{}", said.stderr);
    let said = folder.run(&["merge", "one.db", "two.db", "--run", "merged.db"]).expect(0);
    let open = "3 responses still open; ask them with `evenhand grade --run merged.db`";
    assert!(said.stderr.contains(open), "{}", said.stderr);
}

#[test]
fn runs_of_both_kinds_are_not_merged() {
    let folder = folder("");
    grade(&folder, &["--run", "grades.db"]).expect(0);
    let pairs = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:random"];
    folder.run(&[&pairs[..], &["--run", "pairs.db"]].concat()).expect(0);
    let said = folder.run(&["merge", "grades.db", "pairs.db", "--run", "merged.db"]).expect(7);
    let message =
        "pairs.db: this run has comparisons, and grades.db has grades of single responses";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    assert!(said.stderr.contains("hint: merge runs of comparisons and runs of grades separately"));
    assert!(!folder.path().join("merged.db").exists());
    let said = folder.run(&["merge", "grades.db", "--run", "pairs.db"]).expect(7);
    let message = "grades.db: this run has grades of single responses, and ";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    assert!(said.stderr.contains("pairs.db has comparisons"), "{}", said.stderr);
    let other = grade_rubric().replace("pass_from = \"good\"", "pass_from = \"fair\"");
    folder.write("r.toml", &other.replace("Is it good?", "Is it very good?"));
    grade(&folder, &["--run", "other.db"]).expect(0);
    folder.run(&["merge", "grades.db", "other.db", "--run", "merged.db"]).expect(7);
}
