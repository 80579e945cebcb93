//! Shards: the parts of a plan that machines judge without knowing of each other. What belongs to which,
//! and what a command for one of them says.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use evenhand::input::{Content, Item};
use evenhand::trial::{Comparison, Plan, Shard, Subject};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::server::{Answer, Scene};
use crate::support::{CommandOutput, Folder};

fn item(id: &str, systems: &[&str]) -> Arc<Item> {
    let response = |system: &&str| ((*system).to_owned(), Content::Text(format!("{system} says")));
    Arc::new(Item {
        id: id.to_owned(),
        prompt: Content::Text("Why?".into()),
        responses: systems.iter().map(response).collect(),
        reference: None,
        context: None,
        tags: BTreeMap::new(),
        generated: BTreeMap::new(),
        place: String::new(),
    })
}

fn key(comparison: &Comparison) -> (String, [String; 2]) {
    (comparison.item.id.clone(), comparison.between.clone())
}

/// The comparisons of one shard, as the library plans them.
fn part(items: &[Arc<Item>], baseline: Option<&str>, shard: Option<Shard>) -> Vec<Comparison> {
    let plan = Plan { baseline: baseline.map(ToOwned::to_owned), shard, ..Plan::default() };
    let all = items.iter().flat_map(|item| plan.comparisons(item));
    all.filter(|comparison| plan.includes_subject(&Subject::from(comparison.clone()))).collect()
}

proptest! {
    #[test]
    fn shards_are_a_partition_of_every_plan(
        sizes in prop::collection::vec(2..=5_usize, 1..30),
        baseline in prop::option::of(Just("b")),
        of in 1..=9_u32,
        rotation in 0..30_usize,
    ) {
        let systems = ["a", "b", "c", "d", "e"];
        let items: Vec<Arc<Item>> = sizes
            .iter()
            .enumerate()
            .map(|(at, size)| item(&format!("i-{at}"), &systems[..*size]))
            .collect();
        let all: BTreeSet<_> = part(&items, baseline, None).iter().map(key).collect();
        let mut otherwise = items.clone();
        otherwise.rotate_left(rotation % items.len());
        otherwise.reverse();
        let mut seen = BTreeSet::new();
        for number in 1..=of {
            let shard = Shard::new(number, of);
            prop_assert!(shard.is_some());
            let mine: BTreeSet<_> = part(&items, baseline, shard).iter().map(key).collect();
            let in_other_order: BTreeSet<_> =
                part(&otherwise, baseline, shard).iter().map(key).collect();
            prop_assert_eq!(&mine, &in_other_order);
            for comparison in mine {
                prop_assert!(seen.insert(comparison), "in two shards");
            }
        }
        prop_assert_eq!(seen, all);
    }
}

#[test]
fn shards_are_about_equal_in_size() {
    let items: Vec<Arc<Item>> =
        (0..2_000).map(|at| item(&format!("item-{at}"), &["a", "b", "c"])).collect();
    for of in [2, 7, 16] {
        let expected = 6_000.0 / f64::from(of);
        for number in 1..=of {
            let size = part(&items, None, Shard::new(number, of)).len() as f64;
            // A fair draw stays within five standard deviations.
            assert!((size - expected).abs() < 5.0 * expected.sqrt(), "{number}/{of}: {size}");
        }
    }
}

#[test]
fn comparisons_of_one_item_are_in_different_shards() {
    let items = [item("only", &["a", "b", "c", "d", "e", "f"])];
    let sizes: Vec<usize> =
        (1..=3).map(|number| part(&items, None, Shard::new(number, 3)).len()).collect();
    assert!(sizes.iter().filter(|size| **size > 0).count() > 1, "{sizes:?}");
}

#[test]
fn shard_numbers_are_from_1_to_the_number_of_shards() {
    for (number, of) in [(0, 1), (2, 1), (0, 0), (1, 0), (5, 4)] {
        assert_eq!(Shard::new(number, of), None, "{number}/{of}");
    }
    assert!(Shard::new(u32::MAX, u32::MAX).is_some());
}

fn check(folder: &Folder, flags: &[&str]) -> CommandOutput {
    let fixed = ["check", "items.jsonl", "--rubric", "helpfulness", "--format", "json"];
    folder.run(&[&fixed, flags].concat())
}

/// Items with three systems each.
fn of_three(items: usize) -> String {
    let mut text = String::new();
    for number in 1..=items {
        let responses = json!({ "alpha": "ALPHA.", "beta": "BETA.", "gamma": "GAMMA." });
        let id = format!("q-{number:03}");
        let item = json!({ "id": id, "prompt": format!("Question {id}."), "responses": responses });
        writeln!(text, "{item}").unwrap();
    }
    text
}

#[test]
fn an_invalid_shard_is_a_usage_error_with_a_hint() {
    let folder = Folder::new();
    folder.write("items.jsonl", &of_three(1));
    for (given, says) in [
        ("0/4", "counted from 1"),
        ("5/4", "there is no part 5 of 4"),
        ("1/0", "there is no part 1 of 0"),
        ("0/0", "counted from 1"),
        ("2", "expected I/N"),
        ("/", "expected I/N"),
        ("1/", "expected I/N"),
        ("/4", "expected I/N"),
        ("-1/4", "expected I/N"),
        ("1.5/4", "expected I/N"),
        ("1/2/3", "expected I/N"),
        ("one/four", "expected I/N"),
        ("1/99999999999", "expected I/N"),
        ("", "expected I/N"),
    ] {
        let flag = format!("--shard={given}");
        for command in ["check", "judge"] {
            let fixed =
                [command, "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:first"];
            let said = folder.run(&[&fixed[..], &[&flag]].concat()).expect(2);
            assert!(said.stderr.contains(says), "{given}: {}", said.stderr);
            assert!(said.stderr.contains("--shard"), "{given}: {}", said.stderr);
        }
    }
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn check_counts_the_comparisons_of_the_shard_alone() {
    let folder = Folder::new();
    folder.write("items.jsonl", &of_three(40));
    let judged = ["--judge", "builtin:random"];
    let count = |flags: &[&str]| -> Value {
        let said = check(&folder, &[&judged, flags].concat()).expect(0);
        said.json_lines()[0].clone()
    };
    let whole = count(&["--shard", "1/1"]);
    assert_eq!(whole["comparisons"], 120);
    let mut sums = [0; 3];
    for number in 1..=3 {
        let part = count(&["--shard", &format!("{number}/3")]);
        let judge = &part["judges"][0];
        let numbers = [&part["comparisons"], &judge["trials"], &judge["requests"]];
        let numbers = numbers.map(|number| number.as_u64().unwrap());
        assert_eq!(numbers[1], numbers[0] * 2, "both orders are in the same shard");
        sums = [0, 1, 2].map(|at| sums[at] + numbers[at]);
        assert_eq!(part["run"], format!("runs/helpfulness-builtin-random.{number}-of-3.db"));
    }
    assert_eq!(sums, [120, 240, 240]);
    assert_eq!(count(&[])["run"], "runs/helpfulness-builtin-random.db");
}

/// The comparisons of a run.
fn held(folder: &Folder, run: &str) -> BTreeSet<(String, String)> {
    let lines = folder.run(&["verdicts", run, "--all"]).expect(0).json_lines();
    lines.iter().map(|line| (line["id"].to_string(), line["between"].to_string())).collect()
}

#[test]
fn a_comparison_stays_in_its_shard_for_all_other_flags() {
    let folder = Folder::new();
    let text = of_three(40);
    folder.write("items.jsonl", &text);
    let judge = |flags: &[&str]| {
        let fixed = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:first"];
        folder.run(&[&fixed[..], &["--inconclusive", "pass"], flags].concat()).expect(0)
    };
    let of: HashMap<_, _> = (1..=4)
        .flat_map(|number| {
            let shard = format!("{number}/4");
            judge(&["--shard", &shard]);
            let run = format!("runs/helpfulness-builtin-first.{number}-of-4.db");
            held(&folder, &run).into_iter().map(move |comparison| (comparison, number))
        })
        .collect();
    assert_eq!(of.len(), 120);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.reverse();
    folder.write("items.jsonl", &(lines.join("\n") + "\n"));
    let ways: [&[&str]; 4] =
        [&[], &["--limit", "25"], &["--seed", "7", "--repeat", "2"], &["--baseline", "beta"]];
    for (at, flags) in ways.into_iter().enumerate() {
        let run = format!("{at}.db");
        judge(&[flags, &["--shard", "2/4", "--run", &run]].concat());
        let held = held(&folder, &run);
        assert!(!held.is_empty());
        for comparison in held {
            assert_eq!(of[&comparison], 2, "{flags:?}: {comparison:?}");
        }
    }
}

#[test]
fn a_shard_is_resumed_and_extended_like_any_run() {
    let scene = Scene::new(12, |seen| seen.prefers("beta"));
    let shard = ["--shard", "2/3"];
    scene.judge(&[&shard[..], &["--max-requests", "2"]].concat()).expect(5);
    assert_eq!(scene.server.requests(), 2);
    scene.judge(&shard).expect(0);
    let mine = scene.server.requests();
    assert!(mine > 2 && mine < 24, "{mine}");
    scene.judge(&shard).expect(0);
    assert_eq!(scene.server.requests(), mine, "it is finished");
    scene.judge(&["--shard", "1/1"]).expect(0);
    assert_eq!(scene.server.requests(), 24, "the whole asks what its part did not");
    let ids: Vec<Value> = scene.verdicts().iter().map(|verdict| verdict["id"].clone()).collect();
    let planned: Vec<String> = (1..=12).map(|number| format!("q-{number:03}")).collect();
    assert_eq!(ids, planned, "in the order of the plan");
}

#[test]
fn a_shard_without_comparisons_is_complete_and_can_be_merged() {
    let folder = Folder::new();
    folder.write("items.jsonl", &of_three(1));
    let mut runs = Vec::new();
    for number in 1..=9 {
        let (shard, run) = (format!("{number}/9"), format!("{number}.db"));
        let fixed = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:first"];
        let flags = ["--shard", &shard, "--run", &run, "--inconclusive", "pass"];
        folder.run(&[&fixed[..], &flags].concat()).expect(0);
        runs.push(run);
    }
    assert!(runs.iter().any(|run| held(&folder, run).is_empty()), "nine shards of three");
    let runs: Vec<&str> = runs.iter().map(String::as_str).collect();
    let said = folder.run(&[&["merge"], &runs[..], &["--run", "all.db"]].concat()).expect(0);
    assert!(!said.stderr.contains("missing"), "{}", said.stderr);
    assert_eq!(held(&folder, "all.db").len(), 3);
}

#[test]
fn a_quota_is_divided_among_the_shards_or_refused_if_too_small() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    for key in ["requests_per_minute", "tokens_per_minute"] {
        scene.settings(&[(key, "3")]);
        for command in ["check", "judge"] {
            let said = scene.run(&[
                command,
                "items.jsonl",
                "--rubric",
                "helpfulness",
                "--judge",
                "judge-1",
                "--shard",
                "2/4",
            ]);
            let said = said.expect(3);
            let message =
                format!("judges.judge-1.{key}: 3 a minute cannot be divided among 4 shards");
            assert!(said.stderr.contains(&message), "{}", said.stderr);
            assert!(said.stderr.contains("hint: use fewer shards"), "{}", said.stderr);
        }
    }
    // A prompt of some hundred tokens fits into the whole quota and not into a tenth of it.
    scene.settings(&[("tokens_per_minute", "1500")]);
    let check = |shard: &str| {
        let fixed = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
        scene.run(&[&fixed[..], &["--shard", shard]].concat())
    };
    check("1/1").expect(0);
    let parts: Vec<CommandOutput> = (1..=10).map(|number| check(&format!("{number}/10"))).collect();
    let too_large = |said: &&CommandOutput| {
        said.code == 3 && said.stderr.contains("more than the quota of a minute")
    };
    assert!(parts.iter().any(|said| too_large(&said)), "{parts:?}");
    assert!(parts.iter().all(|said| said.code == 0 || too_large(&said)), "{parts:?}");
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn a_jury_is_divided_like_a_single_judge() {
    let scene = Scene::new(10, |seen| match seen.model() {
        "model-of-one" => seen.prefers("alpha"),
        _ => Answer::says("Neither, really."),
    });
    let two =
        scene.judge_table("one", &[]) + &scene.judge_table("two", &[("max_parse_attempts", "0")]);
    scene.folder.write("evenhand.toml", &two);
    let mut asked = 0;
    for number in 1..=2 {
        let (shard, run) = (format!("{number}/2"), format!("{number}.db"));
        let jury = ["--judge", "one", "--judge", "two", "--shard", &shard, "--run", &run];
        // No reply of the second judge can be read.
        scene.judge(&jury).expect(4);
        let lines = scene.run(&["verdicts", &run, "--all", "--judge", "all"]).expect(0);
        let mut judges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in lines.json_lines() {
            judges.entry(line["judge"].to_string()).or_default().insert(line["id"].to_string());
        }
        let sets: BTreeSet<_> = judges.values().collect();
        assert_eq!(sets.len(), 1, "every judge has the same part: {judges:?}");
        asked += sets.first().unwrap().len();
    }
    assert_eq!((asked, scene.server.requests()), (10, 40));
}
