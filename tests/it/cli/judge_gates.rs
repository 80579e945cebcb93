//! Gates without labels, and that a run which shows nothing does not end with 0.

use serde_json::Value;

use crate::support::labelled_run::{Row, RunSpec, rows, unwrapped};
use crate::support::{CommandOutput, Folder};

/// `judge` on a run whose judge prefers beta on 45 comparisons, alpha on 5, and follows the order on 10.
fn judge(flags: &[&str]) -> CommandOutput {
    judge_rows(&[(45, "b/b", ""), (5, "a/a", ""), (10, "a/b", "")], flags)
}

fn judge_rows(kinds: &[(usize, &'static str, &'static str)], flags: &[&str]) -> CommandOutput {
    let judged = RunSpec::new(rows(kinds)).judged();
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db", "--judge"];
    judged.folder.run(&[&task[..], &["judge-1"], flags].concat())
}

#[test]
fn a_run_without_a_kept_verdict_is_inconclusive() {
    let said = judge_rows(&[(30, "a/b", "")], &[]).expect(8);
    let expected = "inconclusive: judge-1 kept no verdict on 30 comparisons";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    assert!(said.stderr.contains("hint: "), "{}", said.stderr);
    let passed = judge_rows(&[(30, "a/b", "")], &["--inconclusive", "pass"]).expect(0);
    assert!(passed.stderr.contains(expected), "it is still reported");
    // One kept verdict is enough.
    judge_rows(&[(29, "a/b", ""), (1, "b/b", "")], &[]).expect(0);
}

#[test]
fn a_jury_without_a_kept_verdict_is_inconclusive() {
    let judged = RunSpec::new(rows(&[(4, "a/a b/b", "")])).judged();
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    let said =
        judged.folder.run(&[&task[..], &["--judge", "judge-1", "--judge", "judge-2"]].concat());
    let said = said.expect(8);
    assert!(said.stderr.contains("jury kept no verdict on 4 comparisons"), "{}", said.stderr);
}

#[test]
fn a_gate_on_coverage_decides_whether_nothing_kept_is_acceptable() {
    let none_kept = [(30, "a/b", "")];
    judge_rows(&none_kept, &["--min-coverage", "0"]).expect(0);
    judge_rows(&none_kept, &["--min-coverage", "0.5"]).expect(6);
    judge_rows(&none_kept, &["--min-consistency", "0"]).expect(0);
    // A gate on the win rate does not: half of the order-averaged rate comes from following the order.
    judge_rows(&none_kept, &["--min-win-rate", "beta=0"]).expect(8);
}

#[test]
fn each_gate_passes_is_missed_or_is_inconclusive() {
    // Coverage and consistency are 50/60, the order-averaged win rate of beta is (45 + 5)/60, both 83.3 %.
    let gates = [
        ("--min-coverage", "", "coverage is 0.833"),
        ("--min-consistency", "", "position consistency is 0.833"),
        ("--min-win-rate", "beta=", "order-averaged win rate of beta against alpha is 0.833"),
    ];
    for (flag, system, quantity) in gates {
        for (threshold, code, result) in
            [("0.5", 0, "passed"), ("0.83", 8, "inconclusive"), ("0.97", 6, "missed")]
        {
            let said = judge(&[flag, &format!("{system}{threshold}")]).expect(code);
            let expected = format!("gate {result}: {quantity}");
            assert!(said.stderr.contains(&expected), "no `{expected}` in {}", said.stderr);
        }
        judge(&[flag, &format!("{system}0.83"), "--inconclusive", "pass"]).expect(0);
        let said = judge(&[flag, &format!("{system}0.83")]).expect(8);
        assert!(said.stderr.contains("hint: judge more comparisons, to"), "{}", said.stderr);
    }
    // A missed gate takes precedence over an inconclusive one.
    judge(&["--min-coverage", "0.83", "--min-win-rate", "alpha=0.5"]).expect(6);
}

#[test]
fn the_gate_of_the_other_system_is_about_its_own_rate() {
    let said = judge(&["--min-win-rate", "alpha=0.5"]).expect(6);
    let expected = "order-averaged win rate of alpha against beta is 0.167";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    judge(&["--min-win-rate", "alpha=0.01"]).expect(0);
}

#[test]
fn gates_are_in_the_json() {
    let flags = ["--min-win-rate", "beta=0.5", "--min-coverage", "0.97", "--format", "json"];
    let said = judge(&flags).expect(6);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    let gates: Vec<(&str, &str)> = found["gates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gate| (gate["gate"].as_str().unwrap(), gate["result"].as_str().unwrap()))
        .collect();
    assert_eq!(gates, [("min-coverage", "missed"), ("min-win-rate", "passed")]);
    assert_eq!(found["gates"][1]["threshold"], 0.5);
    assert_eq!(found["gates"][1]["estimate"]["n"], 60);
}

#[test]
fn an_unknown_system_is_refused_before_anything_is_asked() {
    let folder = Folder::new();
    folder.write(
        "items.jsonl",
        "{\"id\":\"q\",\"prompt\":\"p\",\"responses\":{\"a\":\"1\",\"b\":\"22\"}}\n",
    );
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    let said = folder.run(&[&task[..], &["--min-win-rate", "c=0.5"]].concat()).expect(2);
    assert!(said.stderr.contains("no comparison has the system `c`"), "{}", said.stderr);
    assert!(said.stderr.contains("the systems are: a, b"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    for wrong in ["b", "b=", "=0.5", "b=1.5", "b=half"] {
        folder.run(&[&task[..], &["--min-win-rate", wrong]].concat()).expect(2);
    }
}

#[test]
fn an_incomplete_run_is_not_gated() {
    let folder = Folder::new();
    let item = |at: usize| {
        format!(
            "{{\"id\":\"q{at}\",\"prompt\":\"p\",\"responses\":{{\"a\":\"1\",\"b\":\"22\"}}}}\n"
        )
    };
    folder.write("items.jsonl", &(0..8).map(item).collect::<String>());
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    let flags = ["--max-requests", "4", "--min-coverage", "0.5"];
    let said = folder.run(&[&task[..], &flags].concat()).expect(5);
    assert!(said.stderr.contains("the gates were not checked"), "{}", said.stderr);
    assert!(!said.stderr.contains("gate passed"), "{}", said.stderr);
}

#[test]
fn the_rate_is_that_of_the_system_given_later() {
    let folder = Folder::new();
    let prompt = |at: usize| format!("{{\"id\":\"q{at}\",\"prompt\":\"p\",\"responses\":{{}}}}\n");
    let responses = |text: &str| {
        let line = |at: usize| format!("{{\"id\":\"q{at}\",\"response\":\"{text}\"}}\n");
        (0..4).map(line).collect::<String>()
    };
    folder.write("items.jsonl", &(0..4).map(prompt).collect::<String>());
    folder.write("z.jsonl", &responses("short"));
    folder.write("a.jsonl", &responses("much longer"));
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    // The name of the newer system is the earlier one of the alphabet.
    let given = ["--responses", "old=z.jsonl", "--responses", "new=a.jsonl", "--run", "one.db"];
    let said = folder.run(&[&task[..], &given].concat()).expect(0);
    assert!(
        said.stdout.starts_with("builtin:longer prefers new to old in 100.0 %"),
        "{}",
        said.stdout
    );
    // The run remembers it.
    folder.write("labels.jsonl", "{\"id\":\"q0\",\"annotator\":\"ana\",\"winner\":\"new\"}\n");
    let calibrate = ["calibrate", "one.db", "--labels", "labels.jsonl", "--format", "json"];
    let found = &folder.run(&calibrate).expect(0).json_lines()[0];
    assert_eq!(found["win_rates"][0]["system"], "new");
    // The other way round it is the other one, and a baseline has precedence over both.
    let turned = ["--responses", "new=a.jsonl", "--responses", "old=z.jsonl", "--run", "two.db"];
    let said = folder.run(&[&task[..], &turned].concat()).expect(0);
    assert!(said.stdout.contains("win rate of old against new"), "{}", said.stdout);
    let baseline = [&given[..4], &["--baseline", "new", "--run", "three.db"]].concat();
    let said = folder.run(&[&task[..], &baseline].concat()).expect(0);
    assert!(said.stdout.contains("win rate of old against new"), "{}", said.stdout);
}

#[test]
fn unreadable_replies_do_not_narrow_a_gate() {
    // Two readable comparisons for beta of 40; the others pull the rate and its interval to one half.
    let kinds = [(2, "b/b", ""), (38, "?/?", "")];
    let said = judge_rows(&kinds, &["--min-win-rate", "beta=0.4"]).expect(8);
    assert!(said.stderr.contains("unreadable replies either way"), "{}", said.stderr);
    let hint = "hint: settle first why replies could not be read, to narrow the interval";
    assert!(said.stderr.contains(hint), "{}", said.stderr);
    let sentence = "76 of 80 replies could not be read: they count as no preference";
    assert!(unwrapped(&said.stdout).contains(sentence), "{}", said.stdout);
}

#[test]
fn a_gate_takes_the_unreadable_replies_of_its_own_pair() {
    let row = |at: usize| {
        let id = format!("q{at:02}");
        [(["alpha", "beta"], "b/b"), (["alpha", "gamma"], "?/b"), (["beta", "gamma"], "a/a")]
            .map(|(between, replies)| Row::new(&id, between, replies, ""))
    };
    let judged = RunSpec::new((0..30).flat_map(row).collect()).judged();
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db", "--judge"];
    let gates = ["judge-1", "--min-win-rate", "beta=0.8", "--min-win-rate", "gamma=0.6"];
    let said = judged.folder.run(&[&task[..], &gates].concat()).expect(6);
    // A sixth of all replies is unreadable; those about beta are not among them.
    let beta = "gate passed: order-averaged win rate of beta against alpha is 1.000 (0.886 to 1.000, n 30)";
    assert!(said.stderr.contains(beta), "{}", said.stderr);
    // One win and one unreadable order each: from 0.5 to 1.
    let gamma = "gate inconclusive: order-averaged win rate, unreadable replies either way, of gamma against alpha \
                 is 0.750 (0.33";
    assert!(said.stderr.contains(gamma), "{}", said.stderr);
}

#[test]
fn a_refused_budget_or_system_leaves_no_run_file() {
    let folder = Folder::new();
    let item = r#"{"id":"q","prompt":"p","responses":{"a":"1","b":"22"}}"#;
    folder.write("items.jsonl", &format!("{item}\n"));
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    for flags in [["--max-requests", "1"], ["--min-win-rate", "c=0.5"]] {
        folder.run(&[&task[..], &["--run", "run.db"], &flags].concat()).expect(2);
        assert!(!folder.path().join("run.db").exists(), "{flags:?}");
    }
    // A run that exists stays.
    folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(0);
    folder.run(&[&task[..], &["--run", "run.db", "--min-win-rate", "c=0.5"]].concat()).expect(2);
    assert!(folder.path().join("run.db").exists());
}

#[test]
fn a_system_of_which_nothing_was_planned_this_time_leaves_its_gate_open() {
    let folder = Folder::new();
    let item = |id: &str, systems: [&str; 2]| {
        let [a, b] = systems;
        format!(
            "{{\"id\":\"{id}\",\"prompt\":\"p\",\"responses\":{{\"{a}\":\"1\",\"{b}\":\"22\"}}}}\n"
        )
    };
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    let task = [&task[..], &["--run", "run.db"]].concat();
    folder.write("items.jsonl", &item("one", ["a", "c"]));
    folder.run(&task).expect(0);
    // Another night: system c is in the run, but not among these items.
    folder.write(
        "items.jsonl",
        &(0..8).map(|at| item(&at.to_string(), ["a", "b"])).collect::<String>(),
    );
    let gate = ["--only-planned", "--min-win-rate", "c=0.1"];
    let said = folder.run(&[&task[..], &gate].concat()).expect(8);
    let expected = "gate inconclusive: order-averaged win rate of c is undefined (n 0)";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    folder.run(&[&task[..], &gate, &["--inconclusive", "pass"]].concat()).expect(0);
    // Without the restriction the earlier comparison decides.
    let said = folder.run(&[&task[..], &gate[1..]].concat()).expect(0);
    assert!(said.stderr.contains("win rate of c against a is 1.000"), "{}", said.stderr);
}
