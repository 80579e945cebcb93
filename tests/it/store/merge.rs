//! Merging: the runs of shards become the run that an undivided command would have made, and nothing is
//! added twice, lost, or left half done.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::CommandOutput;
use crate::support::server::{Answer, ReceivedRequest, Scene};

const SYSTEMS: [&str; 3] = ["alpha", "beta", "gamma"];

/// Items of which every other has a third system.
fn write_items(scene: &Scene, items: std::ops::RangeInclusive<usize>) {
    let mut text = String::new();
    for number in items {
        let id = format!("q-{number:03}");
        let systems = if number % 2 == 0 { &SYSTEMS[..] } else { &SYSTEMS[..2] };
        let said = |system: &&str| {
            let words = "word ".repeat(number * 7 % 11 + system.len());
            ((*system).to_owned(), json!(format!("{} says {words}on {id}.", system.to_uppercase())))
        };
        let responses: serde_json::Map<String, Value> = systems.iter().map(said).collect();
        let prompt = format!("Question {id} of the exam.");
        let tags = json!({ "half": if number <= 6 { "first" } else { "second" } });
        let item = json!({ "id": id, "prompt": prompt, "responses": responses, "tags": tags });
        writeln!(text, "{item}").unwrap();
    }
    scene.folder.write("items.jsonl", &text);
}

/// Answers by nothing but the request and how often it came, so that every run comes to the same replies:
/// readable ones and others, refusals, and errors that pass.
fn by_request(seen: &ReceivedRequest) -> Answer {
    let asked = seen.body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    let mut shown: Vec<(usize, &str)> = SYSTEMS
        .into_iter()
        .filter_map(|name| Some((asked.find(&format!("{} says", name.to_uppercase()))?, name)))
        .collect();
    shown.sort_unstable();
    let [(_, first), (_, second)] = shown[..] else { panic!("two are shown: {asked}") };
    let number: usize = seen.id[2..].parse().unwrap();
    let strength = |name: &str| name.len() * 3 + number * name.len() % 5;
    let votes = |vote: &str| {
        Answer::says(&json!({ "reasoning": "", "criteria": {}, "vote": vote }).to_string())
    };
    match (number * 7 + first.len() * 3 + second.len() + seen.model().len()) % 13 {
        0 => Answer::says("Both are fine."),
        1 => Answer::error(413, "Payload too large"),
        2 if number == 4 => Answer::says(""),
        3 => votes("tie"),
        4 | 5 => votes("first"),
        _ if strength(first) >= strength(second) => votes("first"),
        _ => votes("second"),
    }
}

/// Two judges with a price, and labels of two people.
fn scene() -> Scene {
    let scene = Scene::new(0, by_request);
    let price = "{ input_per_million = 0.15, output_per_million = 0.6 }";
    let settings = [("price", price), ("max_parse_attempts", "1"), ("max_attempts", "1")];
    let two = scene.judge_table("one", &settings) + &scene.judge_table("another", &settings);
    scene.folder.write("evenhand.toml", &two);
    write_items(&scene, 1..=12);
    let mut labels = String::new();
    for number in 1..=12 {
        for (annotator, winner) in [("ana", "alpha"), ("ben", ["alpha", "beta", "tie"][number % 3])]
        {
            let between = json!(["alpha", "beta"]);
            let id = format!("q-{number:03}");
            let label =
                json!({ "id": id, "annotator": annotator, "between": between, "winner": winner });
            writeln!(labels, "{label}").unwrap();
        }
    }
    scene.folder.write("labels.jsonl", &labels);
    scene
}

const JURY: [&str; 6] = ["--judge", "one", "--judge", "another", "--repeat", "2"];

/// Judges every shard into a run of its own and returns their names.
fn judge_shards(scene: &Scene, of: usize, flags: &[&str]) -> Vec<String> {
    let runs = (1..=of).map(|number| {
        let (shard, run) = (format!("{number}/{of}"), format!("{number}-of-{of}.db"));
        scene.judge(&[flags, &["--shard", &shard, "--run", &run]].concat()).expect(0);
        run
    });
    runs.collect()
}

fn merge(scene: &Scene, runs: &[impl AsRef<str>], into: &str) -> CommandOutput {
    let runs: Vec<&str> = runs.iter().map(AsRef::as_ref).collect();
    scene.run(&[&["merge"], &runs[..], &["--run", into]].concat())
}

/// Every stored reply and verdict, without the time that it took.
fn verdicts(scene: &Scene, run: &str) -> Vec<Value> {
    let mut lines = Vec::new();
    for judge in [&[][..], &["--judge", "all"]] {
        let all = [&["verdicts", run, "--all", "--replies"], judge].concat();
        lines.extend(scene.run(&all).expect(0).json_lines());
    }
    for line in &mut lines {
        for order in line["orders"].as_array_mut().unwrap() {
            for reply in order["replies"].as_array_mut().unwrap() {
                assert!(reply.as_object_mut().unwrap().remove("latency_ms").is_some());
            }
        }
    }
    lines
}

/// What `judge` says of a finished run, without what it says of itself.
fn summary(scene: &Scene, run: &str, flags: &[&str]) -> Value {
    let before = scene.server.requests();
    let said = scene.judge(&[flags, &["--run", run, "--format", "json"]].concat()).expect(0);
    assert_eq!(scene.server.requests(), before, "{run}: nothing is open");
    let mut summary = said.json_lines()[0].clone();
    for key in ["run", "seconds"] {
        assert!(summary.as_object_mut().unwrap().remove(key).is_some());
    }
    summary
}

/// Every number that any command makes of a run.
fn numbers(scene: &Scene, run: &str, flags: &[&str]) -> (Vec<Value>, Value, Vec<String>) {
    let commands: [&[&str]; 7] = [
        &["calibrate", run, "--labels", "labels.jsonl", "--format", "json"],
        &["calibrate", run, "--labels", "labels.jsonl", "--format", "json", "--part", "dev"],
        &["sample", run, "--n", "7"],
        &["sample", run, "--n", "7", "--by", "outcome", "--seed", "3"],
        &["verdicts", run, "--format", "csv"],
        &["verdicts", run, "--outcome", "flipped"],
        &["calibrate", run, "--labels", "labels.jsonl"],
    ];
    let texts = commands.map(|command| scene.run(command).expect(0).stdout.replace(run, "RUN"));
    (verdicts(scene, run), summary(scene, run, flags), texts.into())
}

fn assert_equal(scene: &Scene, one: &str, two: &str, flags: &[&str]) {
    let (first, second) = (numbers(scene, one, flags), numbers(scene, two, flags));
    for (first, second) in first.0.iter().zip(&second.0) {
        assert_eq!(first, second);
    }
    assert_eq!(first.0.len(), second.0.len());
    assert_eq!(first.1, second.1);
    for (first, second) in first.2.iter().zip(&second.2) {
        assert_eq!(first, second);
    }
}

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
fn a_run_with_another_identity_is_refused_and_leaves_the_merged_run_unchanged() {
    let scene = Scene::new(4, |seen| seen.prefers("beta"));
    let runs = judge_shards(&scene, 2, &[]);
    let items = std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap();
    scene.judge(&["--seed", "1", "--run", "seed.db"]).expect(0);
    scene.judge(&["--rubric", "instruction-following", "--run", "rubric.db"]).expect(0);
    scene.judge(&["--baseline", "alpha", "--run", "alpha.db"]).expect(0);
    scene.judge(&["--baseline", "beta", "--run", "beta.db"]).expect(0);
    scene.folder.write("items.jsonl", &items.replace("ALPHA on q-003", "ALPHA, changed, on q-003"));
    scene.judge(&["--run", "text.db"]).expect(0);
    scene.folder.write("items.jsonl", &items);
    scene.settings(&[("model", "\"another\"")]);
    scene.judge(&["--run", "model.db"]).expect(0);
    scene.settings(&[]);
    let two = scene.judge_table("judge-1", &[]) + &scene.judge_table("judge-2", &[]);
    scene.folder.write("evenhand.toml", &two);
    scene.judge(&["--judge", "judge-1", "--judge", "judge-2", "--run", "jury.db"]).expect(0);
    scene.settings(&[]);

    merge(&scene, &runs, "merged.db").expect(0);
    let before = verdicts(&scene, "merged.db");
    for (other, field) in [
        ("seed.db", "seed differs"),
        ("rubric.db", "rubric.name differs"),
        ("model.db", "judges.judge-1.model differs"),
        ("jury.db", "judge differs"),
        ("text.db", "responses.alpha of item q-003"),
    ] {
        for (runs, into) in [
            (vec![&runs[0], &runs[1], other], "new/merged.db"),
            (vec![other, &runs[1], &runs[0]], "new/merged.db"),
            (vec![other], "merged.db"),
            (vec![&runs[0], other], "merged.db"),
        ] {
            let said = merge(&scene, &runs, into).expect(7);
            assert!(said.stderr.contains(field), "{runs:?}: {}", said.stderr);
            assert!(said.stderr.contains("hint: "), "{runs:?}: {}", said.stderr);
            assert!(said.stderr.contains(".db: "), "{runs:?}: {}", said.stderr);
        }
        assert!(!scene.folder.path().join("new").exists(), "{other}");
        assert_eq!(verdicts(&scene, "merged.db"), before, "{other}");
    }
    let said = merge(&scene, &["alpha.db", "beta.db"], "new/merged.db").expect(7);
    assert!(said.stderr.contains("baseline differs"), "{}", said.stderr);
    let names = std::fs::read_dir(scene.folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut beside: Vec<String> = names.filter(|name| name.starts_with("merged.db")).collect();
    beside.sort();
    assert_eq!(beside, ["merged.db"], "nothing is left beside it");
    // A file that SQLite would write a log beside could not be read in a read-only folder.
    let bytes = std::fs::read(scene.folder.path().join("merged.db")).unwrap();
    assert_eq!(bytes[18..20], [1, 1], "it is a single ordinary file still");
}

#[test]
fn a_run_without_replies_does_not_hide_a_different_rubric() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "helpful.db"]).expect(0);
    scene.judge(&["--rubric", "instruction-following", "--run", "factual.db"]).expect(0);
    scene.server.now(|_| Answer::error(401, "Incorrect API key provided"));
    scene.judge(&["--rubric", "instruction-following", "--run", "nothing.db"]).expect(4);
    merge(&scene, &["helpful.db"], "merged.db").expect(0);
    let before = verdicts(&scene, "merged.db");
    let said = merge(&scene, &["nothing.db", "factual.db"], "merged.db").expect(7);
    assert!(said.stderr.contains("rubric.name differs"), "{}", said.stderr);
    assert_eq!(verdicts(&scene, "merged.db"), before);
}

#[test]
fn an_impossible_merge_is_refused_before_anything_is_written() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "one.db"]).expect(0);
    scene.folder.write("diary.db", &"A diary. ".repeat(100));
    scene.folder.write("empty.db", "");
    for (runs, code, says) in [
        (&["one.db", "none.db"][..], 3, "none.db: there is no such run file"),
        (&["diary.db", "one.db"], 3, "diary.db: this is not a run file"),
        (&["empty.db"], 3, "empty.db: "),
        (&["one.db", "./merged.db"], 3, "merged.db: there is no such run file"),
        (&[], 2, "RUN"),
    ] {
        let said = merge(&scene, runs, "merged.db").expect(code);
        assert!(said.stderr.contains(says), "{runs:?}: {}", said.stderr);
        assert!(!scene.folder.path().join("merged.db").exists(), "{runs:?}");
    }
    scene.run(&["merge", "one.db"]).expect(2);
    let before = verdicts(&scene, "one.db");
    #[cfg(unix)]
    std::os::unix::fs::symlink("one.db", scene.folder.path().join("same.db")).unwrap();
    for same in if cfg!(unix) { &["one.db", "./one.db", "same.db"][..] } else { &["one.db"] } {
        let said = merge(&scene, &["one.db"], same).expect(2);
        assert!(said.stderr.contains("given both as RUN and as --run"), "{}", said.stderr);
    }
    let said = merge(&scene, &["one.db"], "diary.db").expect(3);
    assert!(said.stderr.contains("diary.db: this is not a run file"), "{}", said.stderr);
    let diary = std::fs::read_to_string(scene.folder.path().join("diary.db")).unwrap();
    assert_eq!(diary, "A diary. ".repeat(100));
    assert_eq!(verdicts(&scene, "one.db"), before);
    merge(&scene, &["one.db"], "empty.db").expect(0);
    assert_eq!(verdicts(&scene, "empty.db"), before, "an empty file is a run not begun yet");
}

#[test]
fn a_run_being_written_can_be_a_source_and_not_the_target_of_a_merge() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => seen.prefers("beta").held(),
    });
    scene.settings(&[("max_in_flight", "2")]);
    let judging = scene.judge_started(&[]);
    scene.server.wait_for(4);
    merge(&scene, &["run.db"], "merged.db").expect(0);
    let said = merge(&scene, &["merged.db"], "run.db").expect(7);
    assert!(said.stderr.contains("another process is writing this run"), "{}", said.stderr);
    scene.server.release_held();
    CommandOutput::of(&judging.wait_with_output().unwrap()).expect(0);
    merge(&scene, &["run.db"], "merged.db").expect(0);
    assert_eq!(verdicts(&scene, "merged.db"), verdicts(&scene, "run.db"));
    assert_eq!(scene.server.requests(), 12);
}

#[test]
fn a_missing_shard_has_a_warning_with_a_count() {
    let scene = Scene::new(40, |seen| seen.prefers("beta"));
    let coin = ["--judge", "builtin:first"];
    let runs = judge_shards(&scene, 4, &coin);
    let of = |run: &str| scene.run(&["verdicts", run, "--all"]).expect(0).json_lines().len();
    for missing in 0..4 {
        let mut there = runs.clone();
        let missing = there.remove(missing);
        let into = format!("without-{missing}");
        let said = merge(&scene, &there, &into).expect(0);
        let count = of(&missing);
        assert!(count > 0 && of(&into) == 40 - count);
        let warned = format!("{count} comparisons of the plan are in none of these runs");
        assert!(said.stderr.contains(&warned), "{missing}: {}", said.stderr);
        let said = merge(&scene, &[&missing], &into).expect(0);
        assert!(!said.stderr.contains("warning"), "{missing}: {}", said.stderr);
    }
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

#[test]
fn items_with_different_systems_in_two_runs_are_joined() {
    let scene = Scene::new(0, by_request);
    write_items(&scene, 2..=2);
    scene.judge(&["--run", "three.db"]).expect(0);
    let narrowed = scene.folder.path().join("items.jsonl");
    let text = std::fs::read_to_string(&narrowed).unwrap();
    let mut item: Value = serde_json::from_str(&text).unwrap();
    item["responses"].as_object_mut().unwrap().remove("gamma");
    scene.folder.write("items.jsonl", &format!("{item}\n"));
    // The response of `gamma` has left the file and stays in this run.
    scene.judge(&["--run", "three.db"]).expect(0);
    scene.judge(&["--run", "two.db"]).expect(0);
    for (at, runs) in [["two.db", "three.db"], ["three.db", "two.db"]].into_iter().enumerate() {
        let into = format!("merged-{at}.db");
        merge(&scene, &runs, &into).expect(0);
        let with_gamma = json!({ "id": "q-002", "annotator": "ana", "between": ["beta", "gamma"], "winner": "beta" });
        scene.folder.write("labels.jsonl", &format!("{with_gamma}\n"));
        let measured = |run: &str| {
            let labels = ["--labels", "labels.jsonl", "--format", "json"];
            scene.run(&[&["calibrate", run], &labels[..]].concat()).expect(0).stdout
        };
        assert_eq!(
            measured(&into),
            measured("three.db"),
            "{into}: the texts of all systems are there"
        );
    }
}

#[test]
fn judges_in_another_order_are_the_same_jury() {
    let scene = scene();
    let turned = ["--judge", "another", "--judge", "one", "--repeat", "2"];
    scene.judge(&[&JURY[..], &["--shard", "1/2", "--run", "1.db"]].concat()).expect(0);
    scene.judge(&[&turned[..], &["--shard", "2/2", "--run", "2.db"]].concat()).expect(0);
    scene.judge(&[&JURY[..], &["--run", "whole.db"]].concat()).expect(0);
    merge(&scene, &["1.db", "2.db"], "merged.db").expect(0);
    assert_equal(&scene, "whole.db", "merged.db", &JURY);
    scene.judge(&[&turned[..], &["--run", "turned.db"]].concat()).expect(0);
    merge(&scene, &["2.db", "1.db"], "merged-turned.db").expect(0);
    assert_equal(&scene, "turned.db", "merged-turned.db", &turned);
}

#[test]
fn a_merged_run_has_the_server_settings_learnt_by_a_shard() {
    let scene = Scene::new(8, |seen| {
        if seen.has("temperature") {
            Answer::error(400, "Unsupported parameter: 'temperature' is not supported")
        } else {
            seen.prefers("beta")
        }
    });
    scene.judge(&["--shard", "1/2", "--run", "1.db"]).expect(0);
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&["--shard", "2/2", "--run", "2.db"]).expect(0);
    for (at, runs) in [["1.db", "2.db"], ["2.db", "1.db"]].into_iter().enumerate() {
        let into = format!("merged-{at}.db");
        merge(&scene, &runs, &into).expect(0);
        let before = scene.server.requests();
        scene.judge(&["--run", &into, "--repeat", "2"]).expect(0);
        let asked = &scene.server.seen()[before..];
        assert_eq!(asked.len(), 16);
        assert!(asked.iter().all(|seen| !seen.has("temperature")), "{into}");
    }
}

#[test]
fn equal_replies_of_a_recorded_judge_do_not_conflict() {
    let scene = Scene::new(6, |seen| seen.prefers("beta"));
    let coin = ["--judge", "builtin:random"];
    scene.judge(&[&coin[..], &["--run", "one.db"]].concat()).expect(0);
    scene.judge(&[&coin[..], &["--run", "two.db"]].concat()).expect(0);
    let said = merge(&scene, &["one.db", "two.db"], "merged.db").expect(0);
    assert!(!said.stderr.contains("different replies"), "they are the same: {}", said.stderr);
    let (one, merged) = (summary(&scene, "one.db", &coin), summary(&scene, "merged.db", &coin));
    assert_eq!(one, merged);
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

#[test]
fn a_copied_reply_and_its_original_merge_into_one_in_either_order() {
    let scene = Scene::new(8, |seen| seen.prefers("beta"));
    let price = ("price", "{ input_per_million = 1.0, output_per_million = 1.0 }");
    scene.settings(&[price]);
    scene.judge(&["--limit", "4", "--run", "pilot.db"]).expect(0);
    scene.judge(&["--reuse", "pilot.db", "--run", "whole.db"]).expect(0);
    assert_eq!(scene.server.requests(), 16);
    for (order, into) in
        [(["pilot.db", "whole.db"], "one.db"), (["whole.db", "pilot.db"], "two.db")]
    {
        merge(&scene, &order, into).expect(0);
        let said = scene.judge(&["--run", into, "--format", "json"]).expect(0);
        let judge = &said.json_lines()[0]["judges"][0];
        assert_eq!([&judge["replies"], &judge["reused"]], [&json!(16), &json!(0)], "{into}");
        // Sixteen replies of 120 tokens, each paid for once.
        assert!((judge["cost_usd"].as_f64().unwrap() - 16.0 * 120.0 / 1e6).abs() < 1e-12);
    }
    assert_eq!(scene.server.requests(), 16);
}
