//! A live cascade over recorded judges against the replay of their single runs, and every command on its run file.

use std::collections::BTreeMap;

use evenhand::calibration::Part;
use serde_json::{Value, json};

use super::{Kind, rows};
use crate::diff::{TwoRuns, spec};
use crate::support::labelled_run::{unwrapped, value, warning};
use crate::support::{CommandOutput, Folder};

/// Three repeats of both judges, with kept verdicts of margin 1, 2/3 and 1/3.
const KINDS: [Kind; 9] = [
    (Part::Dev, 6, "aaa/aaa", "aaa/aaa", "a"),
    (Part::Dev, 3, "aab/aaa", "aaa/aab", "a"),
    (Part::Dev, 3, "aab/aab", "bbb/bbb", "b"),
    (Part::Dev, 2, "aaa/bbb", "bbb/bbb", "b"),
    (Part::Dev, 2, "???/aaa", "aaa/bbb", "a"),
    (Part::Dev, 1, "ttt/aaa", "ttt/ttt", "t"),
    (Part::Test, 6, "bbb/bbb", "bbb/bbb", "b"),
    (Part::Test, 3, "aab/aab", "bbb/bbb", "b"),
    (Part::Test, 2, "aaa/bbb", "aaa/???", "a"),
];

/// The single runs `run.db` and `strong.db`, labels, and settings with both judges.
struct Live {
    folder: Folder,
}

impl Live {
    fn new() -> Self {
        let [cheap, strong] = [0, 1].map(|side| rows(&KINDS, side));
        let TwoRuns { before, after } = TwoRuns::new(&spec(cheap), &spec(strong));
        let folder = before.folder;
        let copy = |from: &str, to: &str| {
            std::fs::copy(after.folder.path().join(from), folder.path().join(to)).unwrap();
        };
        copy("run.db", "strong.db");
        copy("judge-1.jsonl", "strong.jsonl");
        let settings = "[judges.judge-1]\nrecorded = \"judge-1.jsonl\"\n[judges.strong]\nrecorded = \"strong.jsonl\"\n";
        folder.write("evenhand.toml", settings);
        Self { folder }
    }

    fn run(&self, command: &[&str]) -> CommandOutput {
        self.folder.run(command)
    }

    /// Asks both judges, by a rule, into a run file.
    fn judge(&self, when: &str, run: &str, flags: &[&str]) -> CommandOutput {
        let command = [
            "judge",
            "items.jsonl",
            "--rubric",
            "./r.toml",
            "--judge",
            "judge-1",
            "--then",
            "strong",
            "--when",
            when,
            "--repeat",
            "3",
            "--run",
            run,
        ];
        self.run(&[&command[..], flags].concat())
    }

    fn json(&self, command: &[&str]) -> Value {
        let said = self.run(&[command, &["--format", "json"]].concat()).expect(0).stdout;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }
}

const LABELS: [&str; 2] = ["--labels", "labels.jsonl"];

#[test]
fn every_rule_live_is_the_rule_replayed() {
    let live = Live::new();
    let replay = [&["cascade", "run.db", "strong.db"][..], &LABELS].concat();
    let replayed = live.json(&replay);
    let verdicts = |run: &str| -> BTreeMap<String, Value> {
        let lines = live.run(&["verdicts", run, "--all"]).expect(0).json_lines();
        lines.into_iter().map(|line| (line["id"].as_str().unwrap().to_owned(), line)).collect()
    };
    let single = [verdicts("run.db"), verdicts("strong.db")];
    let mut compared = 0;
    for rule in replayed["dev"]["rules"].as_array().unwrap() {
        let when = match (rule["rule"].as_str().unwrap(), rule["threshold"].as_f64()) {
            ("margin", Some(threshold)) => format!("margin<{threshold}"),
            ("not-kept", _) => "not-kept".to_owned(),
            _ => continue,
        };
        compared += 1;
        let run = format!("live-{compared}.db");
        live.judge(&when, &run, &[]).expect(0);
        // Verdict by verdict, that of the judge by which the rule has it decided.
        let threshold = rule["threshold"].as_f64().unwrap_or(0.0);
        let mut sent = 0;
        for (id, mut line) in verdicts(&run) {
            let cheap = &single[0][&id];
            let is_kept = cheap["outcome"] == "kept";
            let is_sent = !is_kept || cheap["margin"].as_f64().unwrap() < threshold;
            sent += u64::from(is_sent);
            let fields = line.as_object_mut().unwrap();
            let by = fields.remove("given_by").unwrap();
            assert_eq!(by, if is_sent { "strong" } else { "cheap" }, "{when} {id}");
            assert_eq!(line["judge"], if is_sent { "strong" } else { "judge-1" }, "{when} {id}");
            let mut expected = single[usize::from(is_sent)][&id].clone();
            expected["judge"] = line["judge"].clone();
            assert_eq!(line, expected, "{when}");
        }
        // The numbers of the dev part, which `cascade` has for every rule.
        let dev = live.json(&[&["calibrate", &run, "--part", "dev"][..], &LABELS].concat());
        for (found, expected) in [
            (&dev["coverage"], &rule["coverage"]),
            (&dev["kept"]["agreement"], &rule["kept_agreement"]),
            (&dev["orders"]["agreement"], &rule["agreement"]),
            (&dev["orders"]["cohen_kappa"], &rule["cohen_kappa"]),
        ] {
            assert!((value(found) - value(expected)).abs() < 1e-12, "{when}: {found} {expected}");
        }
        let report = live.json(&["report", &run]);
        let cascade = &report["summary"]["cascade"];
        assert!((value(&cascade["sent"]) - sent as f64 / 28.0).abs() < 1e-12, "{when}: {cascade}");
        assert_eq!([&cascade["rule"], &cascade["threshold"]], [&rule["rule"], &rule["threshold"]]);
        assert_eq!(cascade["cheap_with_margin"], 21, "{cascade}");
    }
    assert_eq!(compared, 3);
    // The rule that was chosen, as `cascade` prints it.
    let lines = |command: &[&str]| {
        let mut lines = live.run(command).expect(0).json_lines();
        for line in &mut lines {
            line.as_object_mut().unwrap().remove("judge");
        }
        lines
    };
    let chosen = &replayed["chosen"];
    let when = match chosen["threshold"].as_f64() {
        Some(threshold) => format!("margin<{threshold}"),
        None => chosen["rule"].as_str().unwrap().to_owned(),
    };
    live.judge(&when, "chosen.db", &[]).expect(0);
    let of_replay = lines(&[&replay[..], &["--format", "jsonl"]].concat());
    assert_eq!(lines(&["verdicts", "chosen.db", "--all"]), of_replay);
}

#[test]
fn a_rule_of_the_margin_without_any_margin_says_so() {
    let live = Live::new();
    let command = [
        "judge",
        "items.jsonl",
        "--rubric",
        "./r.toml",
        "--judge",
        "judge-1",
        "--then",
        "strong",
        "--when",
        "margin<0.5",
        "--run",
        "live.db",
    ];
    // A recording may give probabilities; this one gives none.
    let said = unwrapped(&live.run(&command).expect(0).stdout);
    assert!(said.contains("No kept verdict of judge-1 has a margin"), "{said}");
}

#[test]
fn a_rubric_that_reads_replies_anew_decides_anew_which_judge_decides() {
    let live = Live::new();
    live.judge("not-kept", "live.db", &[]).expect(0);
    // It reads no FIRST: the cheap judge keeps nothing, and the strong one was not asked about everything. Of what it was
    // asked, the tie alone can be read.
    let rubric = std::fs::read_to_string(live.folder.path().join("r.toml")).unwrap();
    live.folder.write("other.toml", &rubric.replace("'FIRST'", "'NEITHER'"));
    let lines = live
        .run(&["verdicts", "live.db", "--all", "--rubric", "./other.toml"])
        .expect(0)
        .json_lines();
    let count = |outcome: &str| lines.iter().filter(|line| line["outcome"] == outcome).count();
    assert!(lines.iter().all(|line| line["given_by"] == "strong"));
    assert_eq!(["pending", "unparsed", "kept"].map(count), [21, 6, 1]);
}

#[test]
fn every_command_reads_the_final_verdicts_or_one_judge() {
    let live = Live::new();
    live.judge("margin<0.5", "live.db", &[]).expect(0);
    let labelled = |command: &[&str]| live.json(&[command, &LABELS].concat());
    // Report: the whole cascade with both judges beside it, and the requests of both.
    let report = labelled(&["report", "live.db"]);
    assert_eq!(report["judge"], "cascade");
    let names: Vec<&Value> =
        report["run"]["judges"].as_array().unwrap().iter().map(|judge| &judge["name"]).collect();
    assert_eq!(names, ["judge-1", "strong"]);
    let replies = |judge: usize| report["summary"]["judges"][judge]["replies"].as_u64().unwrap();
    assert_eq!([replies(0), replies(1), replies(2)], [168, 78, 246]);
    assert_eq!(report["requests"]["replies"], 246);
    let strong = labelled(&["report", "live.db", "--judge", "strong"]);
    assert_eq!((&strong["judge"], &strong["requests"]["replies"]), (&json!("strong"), &json!(78)));
    assert!(warning(&strong, "sent-only").unwrap().contains("judge-1 left to it (margin<0.5)"));
    let without_labels = live.json(&["report", "live.db", "--judge", "strong"]);
    assert!(warning(&without_labels, "sent-only").is_some());
    assert_eq!(warning(&report, "sent-only"), None);
    for (format, words) in [
        ("table", "cascade, 28 comparisons"),
        ("markdown", "cascade, 28 comparisons"),
        ("html", "The judges and the final verdicts"),
    ] {
        let output = format!("out.{format}");
        live.run(&["report", "live.db", "--format", format, "--output", &output]).expect(0);
        let text = std::fs::read_to_string(live.folder.path().join(&output)).unwrap();
        assert!(text.contains(words), "{format}: {text}");
    }
    // Gates are on the final verdicts: the cheap judge alone misses this one.
    let gate = |judge: &[&str], code: i32| {
        let command = ["report", "live.db", "--min-consistency", "0.93", "--inconclusive", "pass"];
        live.run(&[&command[..], judge].concat()).expect(code)
    };
    let said = gate(&[], 0).stderr;
    assert!(!said.contains("position consistency of judge-1"), "{said}");
    // Show: what the cheap judge said comes before what the strong one decided.
    let cases = live.json(&["show", "live.db", "--outcome", "kept"]);
    let judges: Vec<usize> = cases["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["judges"].as_array().unwrap().len())
        .collect();
    assert!(judges.contains(&1) && judges.contains(&2), "{judges:?}");
    let said = live.run(&["show", "live.db", "--judge", "strong"]).expect(0).stdout;
    assert!(said.starts_with("strong, rubric r 0.0.0, 13 comparisons"), "{said}");
    // Diff: against the cheap judge alone, what was sent has changed.
    let diff = live.json(&["diff", "run.db", "live.db"]);
    assert_eq!(diff["judges"], json!(["judge-1", "cascade"]));
    assert_eq!(diff["comparisons"], 28);
    let same = live.json(&["diff", "run.db", "live.db", "--judge", "judge-1"]);
    assert_eq!((&same["comparisons"], &same["outcomes_changed"]), (&json!(28), &json!(0)));
    let same =
        live.json(&["diff", "strong.db", "live.db", "--judge", "judge-1", "--judge-b", "strong"]);
    assert_eq!((&same["comparisons"], &same["outcomes_changed"]), (&json!(13), &json!(0)));
    // Rank, sample, plan, label and export.
    let ranked = live.json(&["rank", "live.db"]);
    assert_eq!(ranked["judges"][0]["judge"], "cascade");
    let ranked = live.json(&["rank", "live.db", "--judge", "strong"]);
    assert_eq!(ranked["judges"][0]["judge"], "strong");
    let said =
        live.run(&["rank", "live.db", "--judge", "strong", "--judge", "judge-1"]).expect(2).stderr;
    assert!(said.contains("cannot be counted beside each other"), "{said}");
    let sample = |flags: &[&str]| {
        live.run(&[&["sample", "live.db", "--n", "100"][..], flags].concat())
            .expect(0)
            .json_lines()
            .len()
    };
    assert_eq!([sample(&[]), sample(&["--judge", "strong"])], [28, 13]);
    live.run(&["plan", "live.db"]).expect(0);
    live.run(&["export", "live.db", "--to", "csv", "--output", "tables"]).expect(0);
    let tables = std::fs::read_to_string(live.folder.path().join("tables/verdicts.csv")).unwrap();
    assert!(tables.contains(",strong,kept,") && tables.contains(",judge-1,kept,"), "{tables}");
    live.run(&["monitor", "add", "live.db", "--history", "history"]).expect(0);
    let listed = live.json(&["runs", "."]);
    let mut runs = listed["runs"].as_array().unwrap().iter();
    let live_run = runs.find(|run| run["run"].as_str().unwrap().ends_with("live.db"));
    let text = live_run.unwrap().to_string();
    assert!(
        text.contains("judge-1") && text.contains("strong") && text.contains("complete"),
        "{text}"
    );
}

#[test]
fn a_cascade_is_no_part_of_a_replay_but_its_cheap_judge_is() {
    let live = Live::new();
    live.judge("not-kept", "live.db", &[]).expect(0);
    let replay = |runs: [&str; 2], flags: &[&str]| {
        live.run(&[&["cascade", runs[0], runs[1], "--format", "json"], &LABELS[..], flags].concat())
    };
    let said = replay(["live.db", "strong.db"], &[]).expect(2).stderr;
    assert!(said.contains("live.db: a cascade cannot be part of another one"), "{said}");
    assert!(said.contains("hint: name one of its judges: judge-1, strong"), "{said}");
    let said = replay(["run.db", "live.db"], &["--strong-judge", "strong"]).expect(2).stderr;
    assert!(said.contains("strong was asked only about what judge-1 left to it"), "{said}");
    let by_part = replay(["live.db", "strong.db"], &["--cheap-judge", "judge-1"]).expect(0).stdout;
    let whole = replay(["run.db", "strong.db"], &[]).expect(0).stdout;
    let [by_part, whole]: [Value; 2] =
        [by_part, whole].map(|text| serde_json::from_str(&text).unwrap());
    assert_eq!(by_part["dev"], whole["dev"]);
}

#[test]
fn shards_of_a_cascade_merge_into_the_whole_run() {
    let live = Live::new();
    live.judge("not-kept", "whole.db", &[]).expect(0);
    for shard in ["1/2", "2/2"] {
        live.judge("not-kept", &format!("{}.db", &shard[..1]), &["--shard", shard]);
    }
    live.run(&["merge", "1.db", "2.db", "--run", "merged.db"]).expect(0);
    let lines = |run: &str| live.run(&["verdicts", run, "--all"]).expect(0).stdout;
    assert_eq!(lines("merged.db"), lines("whole.db"));
    live.judge("margin<0.5", "other.db", &[]).expect(0);
    let said = live.run(&["merge", "1.db", "other.db", "--run", "no.db"]).expect(7).stderr;
    assert!(said.contains("cascade.when differs"), "{said}");
}
