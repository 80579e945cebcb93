//! Which comparisons a command reads or plans: by tag, by outcome, by the items that a file still has.

use serde_json::Value;

use crate::support::CommandOutput;
use crate::support::labelled_run::{JudgedRun, Row, RunSpec, rows};

const JUDGE: [&str; 8] =
    ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db", "--judge", "judge-1"];

/// Four comparisons of two kinds: `q000` and `q002` are odd, the others even.
fn tagged() -> JudgedRun {
    let mut rows = rows(&[(1, "a/a", "a"), (1, "b/b", "b"), (1, "a/b", "a"), (1, "t/t", "b")]);
    for (row, kind) in rows.iter_mut().zip(["odd", "even", "odd", "even"]) {
        row.tag = Some(kind.to_owned());
    }
    RunSpec::new(rows).judged()
}

/// Runs a command to its end; returns the ids of the lines that it prints, and stderr.
fn ids(judged: &JudgedRun, command: &[&str]) -> (Vec<String>, String) {
    let said = judged.folder.run(command).expect(0);
    let ids =
        said.json_lines().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    (ids, said.stderr)
}

/// The numbers of `judge --format json`, and what it says on stderr.
fn judge(judged: &JudgedRun, flags: &[&str]) -> (Value, String) {
    let said = judged.folder.run(&[&JUDGE[..], &["--format", "json"], flags].concat()).expect(0);
    (serde_json::from_str(&said.stdout).unwrap(), said.stderr)
}

/// Leaves only the first lines of the items file.
fn keep_items(judged: &JudgedRun, lines: usize) {
    let items = std::fs::read_to_string(judged.folder.path().join("items.jsonl")).unwrap();
    let kept: Vec<&str> = items.lines().take(lines).collect();
    judged.folder.write("items.jsonl", &(kept.join("\n") + "\n"));
}

#[test]
fn verdicts_have_the_tags_of_the_item_as_json_and_as_csv() {
    let judged = tagged();
    let lines = judged.folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    assert_eq!(lines[0]["tags"], serde_json::json!({ "kind": "odd" }));
    let csv =
        judged.folder.run(&["verdicts", "run.db", "--all", "--format", "csv"]).expect(0).stdout;
    assert!(csv.lines().next().unwrap().ends_with(",tags"), "{csv}");
    assert!(csv.lines().nth(1).unwrap().ends_with(r#","{""kind"":""odd""}""#), "{csv}");
    let untagged = RunSpec::new(rows(&[(1, "a/a", "a")])).judged();
    let lines = untagged.folder.run(&["verdicts", "run.db"]).expect(0).json_lines();
    assert_eq!(lines[0]["tags"], serde_json::json!({}));
}

#[test]
fn a_tag_selects_and_values_of_one_tag_are_alternatives() {
    let judged = tagged();
    for command in [&["verdicts", "run.db", "--all"][..], &["sample", "run.db", "--n", "9"]] {
        let with = |tags: &[&str]| {
            let mut found = ids(&judged, &[command, tags].concat()).0;
            found.sort();
            found
        };
        assert_eq!(with(&["--tag", "kind=odd"]), ["q000", "q002"], "{command:?}");
        assert_eq!(with(&["--tag", "kind=odd", "--tag", "kind=even"]).len(), 4, "{command:?}");
    }
    let found = judged.found(&["--tag", "kind=odd"]);
    assert_eq!([&found["planned"], &found["labelled"]], [2, 2]);
}

#[test]
fn an_unknown_tag_or_value_names_those_that_there_are() {
    let judged = tagged();
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl"];
    let commands = [&["verdicts", "run.db"][..], &["show", "run.db"], &JUDGE, &calibrate];
    for command in commands {
        let said = judged.folder.run(&[command, &["--tag", "kind=evn"]].concat()).expect(3);
        assert!(said.stderr.contains("no item has the tag kind=evn"), "{}", said.stderr);
        assert!(said.stderr.contains("the values of kind are: even, odd"), "{}", said.stderr);
        assert!(said.stderr.contains("did you mean `even`?"), "{}", said.stderr);
        let said = judged.folder.run(&[command, &["--tag", "kid=even"]].concat()).expect(3);
        assert!(said.stderr.contains("no item has a tag `kid`"), "{}", said.stderr);
        assert!(said.stderr.contains("the items have the tags: kind"), "{}", said.stderr);
        judged.folder.run(&[command, &["--tag", "kind"]].concat()).expect(2);
    }
}

#[test]
fn judge_plans_only_the_items_with_the_tag_and_a_limit_draws_from_them() {
    let judged = tagged();
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "judge-1"];
    let run = |name: &'static str, flags: &[&str]| {
        let said = [&task[..], &["--run", name, "--format", "json"], flags].concat();
        let said = judged.folder.run(&said).expect(0);
        let found: Value = serde_json::from_str(&said.stdout).unwrap();
        (found["judges"][0]["planned"].clone(), ids(&judged, &["verdicts", name, "--all"]).0)
    };
    assert_eq!(
        run("odd.db", &["--tag", "kind=odd"]),
        (2.into(), vec!["q000".into(), "q002".into()])
    );
    let (planned, ids) = run("one.db", &["--tag", "kind=even", "--limit", "1"]);
    assert_eq!(planned, 1);
    assert!(["q001", "q003"].contains(&ids[0].as_str()), "{ids:?}");
    // The same run with more: what it has stays.
    assert_eq!(run("odd.db", &[]).0, 4);
    let check = [&["check"], &task[1..], &["--tag", "kind=odd", "--format", "json"]].concat();
    let checked: Value = serde_json::from_str(&judged.folder.run(&check).expect(0).stdout).unwrap();
    assert_eq!([&checked["items"], &checked["without_tags"], &checked["left_out"]], [2, 2, 0]);
    // Shards divide what the tags select.
    let of_shard = |shard: &str, name: &str| {
        let flags = ["--tag", "kind=odd", "--shard", shard, "--run", name, "--format", "json"];
        let said = judged.folder.run(&[&task[..], &flags].concat());
        let found: Value = serde_json::from_str(&said.stdout).unwrap();
        found["judges"][0]["planned"].as_u64().unwrap()
    };
    assert_eq!(of_shard("1/2", "1.db") + of_shard("2/2", "2.db"), 2);
}

#[test]
fn what_is_not_in_the_file_any_more_is_said_and_can_be_left_out() {
    let judged = tagged();
    let (_, stderr) = judge(&judged, &[]);
    assert!(!stderr.contains("any more"), "{stderr}");
    keep_items(&judged, 3);
    let (found, stderr) = judge(&judged, &[]);
    assert_eq!([&found["not_in_file"], &found["judges"][0]["planned"]], [1, 4]);
    let sentence = "1 comparison of the run is not in items.jsonl any more, and counts";
    assert!(stderr.contains(sentence) && stderr.contains("--only-planned"), "{stderr}");
    let (found, stderr) = judge(&judged, &["--only-planned"]);
    assert_eq!([&found["not_in_file"], &found["judges"][0]["planned"]], [1, 3]);
    assert!(stderr.contains("the numbers are without such comparisons"), "{stderr}");
    let check = judged.folder.run(&[&["check"], &JUDGE[1..]].concat()).expect(0);
    assert!(check.stderr.contains("1 comparison of the run is not in items.jsonl any more"));
    // The other commands know only the run, and take the file.
    for command in [&["verdicts", "run.db", "--all"][..], &["sample", "run.db", "--n", "9"]] {
        assert_eq!(ids(&judged, command).0.len(), 4);
        let (found, stderr) = ids(&judged, &[command, &["--items", "items.jsonl"]].concat());
        assert!(found.len() == 3 && !found.contains(&"q003".to_owned()), "{found:?}");
        assert!(stderr.contains("1 comparison of the run is not in items.jsonl and left out"));
    }
    assert_eq!(judged.found(&["--items", "items.jsonl"])["planned"], 3);
    let shown = judged.folder.run(&["show", "run.db", "--items", "items.jsonl"]).expect(0);
    assert!(shown.stdout.contains("3 comparisons") && !shown.stdout.contains("q003"));
}

#[test]
fn a_response_that_left_the_file_is_no_longer_compared() {
    // `Bot C` was a typing error for `Bot B`, which is corrected.
    let rows = vec![
        Row::new("q1", ["Bot A", "Bot B"], "a/a", "a"),
        Row::new("q2", ["Bot A", "Bot C"], "b/b", "a"),
    ];
    let judged = RunSpec::new(rows).judged();
    let items = std::fs::read_to_string(judged.folder.path().join("items.jsonl")).unwrap();
    judged.folder.write("items.jsonl", &items.replace("Bot C", "Bot B"));
    let said = judged.folder.run(&[&JUDGE[..], &["--format", "json"]].concat()).expect(5);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(found["not_in_file"], 1, "{}", said.stderr);
    let verdicts = ["verdicts", "run.db", "--all", "--items", "items.jsonl"];
    let verdicts = judged.folder.run(&verdicts).expect(0).json_lines();
    assert!(verdicts.len() == 2 && verdicts.iter().all(|line| line["between"][1] == "Bot B"));
    // A file without responses, which are in files of their own, names items only.
    judged.folder.write("ids.jsonl", "{\"id\":\"q2\",\"prompt\":\"Question?\"}\n");
    assert_eq!(
        ids(&judged, &["verdicts", "run.db", "--all", "--items", "ids.jsonl"]).0,
        ["q2", "q2"]
    );
    judged.folder.write("none.jsonl", "{\"id\":\"q9\",\"prompt\":\"Question?\"}\n");
    let said = judged.folder.run(&["verdicts", "run.db", "--items", "none.jsonl"]).expect(3);
    assert!(said.stderr.contains("no comparison of run.db is in this file"), "{}", said.stderr);
}

#[test]
fn what_a_limit_leaves_out_is_counted_apart_from_what_left_the_file() {
    let judged = tagged();
    keep_items(&judged, 3);
    let (found, stderr) = judge(&judged, &["--limit", "1"]);
    assert_eq!([&found["not_in_file"], &found["not_planned"]], [1, 2]);
    assert!(stderr.contains("2 comparisons of the run are left out by --tag, --limit"), "{stderr}");
    let (found, _) = judge(&judged, &["--limit", "1", "--only-planned"]);
    assert_eq!(found["judges"][0]["planned"], 1);
}

#[test]
fn a_command_that_prints_nothing_says_what_there_is() {
    let judged = RunSpec::new(rows(&[(2, "a/b", "a"), (1, "?/a", "b")])).judged();
    let said = judged.folder.run(&["verdicts", "run.db"]).expect(0);
    assert_eq!(said.stdout, "");
    assert_eq!(said.stderr, "0 kept; 2 flipped, 1 unparsed: --all shows them\n");
    let said = judged.folder.run(&["verdicts", "run.db", "--outcome", "split"]).expect(0);
    assert_eq!(said.stderr, "0 split; 2 flipped, 1 unparsed: --all shows them\n");
    let said = judged.folder.run(&["verdicts", "run.db", "--outcome", "flipped"]).expect(0);
    assert_eq!(said.stderr, "");
    let said = judged.folder.run(&["show", "run.db", "--outcome", "failed"]).expect(0);
    assert_eq!([said.stdout.as_str(), &said.stderr], ["", "0 failed; 2 flipped, 1 unparsed\n"]);
    let mut spec = RunSpec::new(rows(&[(2, "a/-", "a")]));
    spec.code = 5;
    let pending = spec.judged();
    let said = pending.folder.run(&["sample", "run.db", "--n", "5"]).expect(0);
    assert!(said.stdout.is_empty() && said.stderr.contains("none of 2 comparisons is answered"));
    assert!(!said.stderr.contains("next:"), "{}", said.stderr);
}

#[test]
fn a_pending_comparison_names_the_reason() {
    let mut spec = RunSpec::new(rows(&[(2, "a/-", "a"), (1, "a/a", "b")]));
    spec.code = 5;
    let judged = spec.judged();
    // Asked again, the reason is stored once.
    for _ in 0..2 {
        let said = judged.folder.run(&JUDGE).expect(5);
        let table = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(table.contains("2 trials without a reply in the recording"), "{}", said.stdout);
    }
    let flags = ["verdicts", "run.db", "--outcome", "pending", "--replies"];
    let lines = judged.folder.run(&flags).expect(0).json_lines();
    assert_eq!(lines.len(), 2);
    let order = &lines[0]["orders"][1];
    assert_eq!(order["pending"], "not-recorded");
    assert_eq!(order["replies"].as_array().unwrap().len(), 1, "{order}");
    assert!(lines[0]["orders"][0].get("pending").is_none());
    let mut show = judged.folder.command(&["show", "run.db", "--outcome", "pending"]);
    let shown = CommandOutput::of(&show.env("COLUMNS", "60").output().unwrap()).expect(0).stdout;
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("pending: the recording has no reply"), "{shown}");
    // Once it has one, it is pending no more.
    let recorded = std::fs::read_to_string(judged.folder.path().join("judge-1.jsonl")).unwrap();
    let missing = ["q000", "q001"].map(|id| {
        format!(
            "{{\"id\":\"{id}\",\"first\":\"beta\",\"second\":\"alpha\",\"reply\":\"SECOND\"}}\n"
        )
    });
    judged.folder.write("judge-1.jsonl", &(recorded + &missing.concat()));
    judged.folder.run(&JUDGE).expect(0);
}
