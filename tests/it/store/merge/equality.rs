//! Merged runs equal undivided ones, also after repeated, extended and killed merges.

use serde_json::Value;

use super::{JURY, assert_equal, judge_shards, merge, scene, summary, verdicts, write_items};
use crate::support::server::{Answer, Scene};

#[test]
fn a_merged_run_equals_an_undivided_one_in_every_number() {
    let scene = scene();
    scene.judge(&[&JURY[..], &["--run", "whole.db"]].concat()).expect(0);
    let outcomes: std::collections::BTreeSet<String> = verdicts(&scene, "whole.db")
        .iter()
        .map(|line| line["outcome"].as_str().unwrap().to_owned())
        .collect();
    for outcome in ["kept", "flipped", "unparsed", "failed", "hung"] {
        assert!(outcomes.contains(outcome), "the script must make some {outcome}: {outcomes:?}");
    }
    for of in [1, 2, 5] {
        let mut runs = judge_shards(&scene, of, &JURY);
        if of == 5 {
            runs.reverse();
            runs.swap(0, 2);
        }
        let into = format!("merged-of-{of}.db");
        let said = merge(&scene, &runs, &into).expect(0);
        assert!(!said.stderr.contains("warning"), "{}", said.stderr);
        assert_equal(&scene, "whole.db", &into, &JURY);
    }
}

#[test]
fn a_merged_run_of_a_random_judge_equals_an_undivided_one() {
    let scene = scene();
    let coin = ["--judge", "builtin:random", "--seed", "9", "--repeat", "3"];
    scene.judge(&[&coin[..], &["--run", "whole.db"]].concat()).expect(0);
    let mut runs = judge_shards(&scene, 4, &coin);
    runs.rotate_left(1);
    merge(&scene, &runs, "merged.db").expect(0);
    assert_equal(&scene, "whole.db", "merged.db", &coin);
}

#[test]
fn repeating_a_merge_changes_nothing() {
    let scene = scene();
    let runs = judge_shards(&scene, 3, &JURY);
    let said = merge(&scene, &runs, "merged.db").expect(0);
    assert!(said.stderr.contains(", 0 already there"), "{}", said.stderr);
    let before = verdicts(&scene, "merged.db");
    for runs in [runs.clone(), vec![runs[1].clone(); 2], runs.iter().rev().cloned().collect()] {
        let said = merge(&scene, &runs, "merged.db").expect(0);
        assert!(said.stderr.contains("0 comparisons and 0 attempts added"), "{}", said.stderr);
        assert!(!said.stderr.contains("warning"), "{}", said.stderr);
        assert_eq!(verdicts(&scene, "merged.db"), before);
    }
    // A merged run is a run like any other.
    merge(&scene, &["merged.db", "merged.db", &runs[0]], "again.db").expect(0);
    assert_eq!(verdicts(&scene, "again.db"), before);
    assert_eq!(summary(&scene, "again.db", &JURY), summary(&scene, "merged.db", &JURY));
}

#[test]
fn an_extended_run_can_be_merged_again() {
    let scene = Scene::new(30, |seen| match seen.before {
        0 if seen.id.ends_with('3') => Answer::says("Hm."),
        _ => seen.prefers("beta"),
    });
    let shard = |number: u32, flags: &[&str]| {
        let (shard, run) = (format!("{number}/2"), format!("{number}.db"));
        scene.judge(&[flags, &["--shard", &shard, "--run", &run]].concat())
    };
    scene.settings(&[("max_parse_attempts", "0")]);
    shard(1, &[]).expect(0);
    shard(2, &["--max-requests", "8"]).expect(5);
    let said = merge(&scene, &["1.db", "2.db"], "merged.db").expect(0);
    assert!(
        said.stderr.contains("30 comparisons"),
        "what is not asked is planned: {}",
        said.stderr
    );
    scene.settings(&[]);
    shard(1, &["--retry-failed"]).expect(0);
    shard(2, &[]).expect(0);
    let said = merge(&scene, &["2.db", "1.db"], "merged.db").expect(0);
    assert!(said.stderr.contains(" 0 comparisons and"), "{}", said.stderr);
    assert!(!said.stderr.contains("warning"), "nothing is contested: {}", said.stderr);
    let asked = scene.server.requests();
    scene.judge(&["--run", "merged.db"]).expect(0);
    assert_eq!(scene.server.requests(), asked, "the merged run has nothing open");
    let stored = verdicts(&scene, "merged.db");
    let attempts: usize = stored
        .iter()
        .flat_map(|line| line["orders"].as_array().unwrap())
        .map(|order| order["replies"].as_array().unwrap().len())
        .sum();
    // Each line is there twice: as the one judge's, and as that of all.
    assert_eq!(attempts, asked * 2, "every reply that was paid for is there once");
    assert!(stored.iter().all(|line| line["outcome"] == "kept"));
}

#[test]
fn a_merged_run_may_be_judged_on_and_merged_again() {
    let scene = Scene::new(20, |seen| seen.prefers(["beta", "alpha"][seen.before]));
    let runs = judge_shards(&scene, 4, &[]);
    let said = merge(&scene, &[&runs[0], &runs[2]], "merged.db").expect(0);
    assert!(said.stderr.contains("check that no shard is missing"), "{}", said.stderr);
    let missing = 20 - verdicts(&scene, "merged.db").len() / 2;
    let before = scene.server.requests();
    let said = scene.judge(&["--run", "merged.db"]).expect(0);
    assert_eq!(scene.server.requests() - before, missing * 2, "{}", said.stderr);
    let ids: Vec<Value> =
        verdicts(&scene, "merged.db")[..20].iter().map(|line| line["id"].clone()).collect();
    let planned: Vec<String> = (1..=20).map(|number| format!("q-{number:03}")).collect();
    assert_eq!(ids, planned, "in the order of the plan");

    // The other shards have replies of their own to what was asked in the meantime.
    let said = merge(&scene, &runs, "merged.db").expect(0);
    let contested = format!("{} trials have different replies", missing * 2);
    assert!(said.stderr.contains(&format!(" 0 comparisons and {} attempts", missing * 2)));
    assert!(said.stderr.contains(&contested), "{}", said.stderr);
    let after = verdicts(&scene, "merged.db");
    let said = merge(&scene, &runs, "merged.db").expect(0);
    assert!(said.stderr.contains(" 0 comparisons and 0 attempts added"), "{}", said.stderr);
    assert_eq!(verdicts(&scene, "merged.db"), after);
}

#[test]
fn shards_that_were_extended_from_a_pilot_are_complete_once_merged() {
    let scene = scene();
    write_items(&scene, 1..=60);
    let coin = ["--judge", "builtin:random"];
    for limit in [&["--limit", "15"][..], &["--limit", "30"], &[]] {
        scene.judge(&[&coin, &["--run", "whole.db"], limit].concat()).expect(0);
        let runs = judge_shards(&scene, 3, &[&coin, limit].concat());
        let into = format!("merged-{}.db", limit.last().unwrap_or(&"all"));
        let said = merge(&scene, &runs, &into).expect(0);
        assert!(!said.stderr.contains("warning"), "{limit:?}: {}", said.stderr);
        let said = merge(&scene, &runs, "grown.db").expect(0);
        assert!(!said.stderr.contains("warning"), "{limit:?}: {}", said.stderr);
        for run in [&into, "grown.db"] {
            let sorted = |run: &str| {
                let mut lines: Vec<String> =
                    verdicts(&scene, run).iter().map(ToString::to_string).collect();
                lines.sort();
                lines
            };
            assert_eq!(sorted(run), sorted("whole.db"), "{limit:?} {run}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_killed_merge_leaves_a_consistent_run() {
    use std::process::Stdio;
    use std::time::Duration;
    let scene = Scene::new(1_500, |seen| seen.prefers("beta"));
    let coin = ["--judge", "builtin:random"];
    let runs = judge_shards(&scene, 2, &coin);
    merge(&scene, &runs, "whole.db").expect(0);
    let whole = verdicts(&scene, "whole.db");
    merge(&scene, &runs[..1], "old.db").expect(0);
    let old = verdicts(&scene, "old.db");
    for milliseconds in (5..400).step_by(45) {
        for into in ["new.db", "old.db"] {
            let arguments = ["merge", &runs[0], &runs[1], "--run", into];
            let mut command = scene.command(&arguments);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(milliseconds));
            child.kill().unwrap();
            child.wait().unwrap();
            let path = scene.folder.path().join(into);
            let said = scene.run(&["verdicts", into, "--all"]);
            let lines = said.stdout.lines().count();
            let before = if into == "old.db" { old.len() / 2 } else { 0 };
            assert!(lines == before || lines == 1_500, "after {milliseconds} ms: {lines}");
            assert!(said.code == 0 || (said.code == 3 && before == 0), "{said:?}");
            merge(&scene, &runs, into).expect(0);
            assert_eq!(verdicts(&scene, into), whole, "after {milliseconds} ms");
            std::fs::remove_file(&path).unwrap();
            if before > 0 {
                merge(&scene, &runs[..1], into).expect(0);
            }
        }
    }
}
