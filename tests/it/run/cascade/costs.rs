//! Budgets of both judges together, and what a cascade costs beside the replay of both single runs.

use serde_json::{Value, json};

use super::{CHEAP, FLAGS, STRONG, asked, by_request, document, id, judge};
use crate::support::labelled_run::value;
use crate::support::server::Scene;

/// A dollar is a thousand tokens of a reply, which has 20; the strong judge is ten times as expensive.
fn priced(items: usize) -> Scene {
    let scene = Scene::new(items, by_request);
    let table = |name: &str, price: &str| {
        scene.judge_table(
            name,
            &[("max_tokens", "100"), ("max_parse_attempts", "0"), ("price", price)],
        )
    };
    let cheap = table("judge-1", "{ input_per_million = 0.0, output_per_million = 100.0 }");
    let strong = table("strong", "{ input_per_million = 0.0, output_per_million = 1000.0 }");
    scene.folder.write("evenhand.toml", &format!("{cheap}{strong}"));
    scene
}

#[test]
fn a_budget_that_ends_in_the_middle_is_continued_and_nothing_is_asked_twice() {
    let scene = priced(30);
    // 60 requests of 0.002; each may cost 0.01, so that the strong judge has begun at 0.2.
    let mut spent = Vec::new();
    for max_cost in ["0.05", "0.12", "0.3", "0.5"] {
        let found = document(&scene, &["--max-cost", max_cost], 5);
        let cost = judge(&found, "cascade")["cost_usd"].as_f64().unwrap();
        assert!(cost <= max_cost.parse::<f64>().unwrap() + 1e-9, "{cost} of {max_cost}");
        let outcomes = judge(&found, "cascade")["outcomes"].as_object().unwrap();
        assert_eq!(outcomes.values().filter_map(Value::as_u64).sum::<u64>(), 30);
        spent.push(cost);
    }
    assert!(spent.is_sorted() && spent[3] > 0.3, "{spent:?}");
    let said = scene.judge(&[&FLAGS[..], &["--max-cost", "0.5"]].concat()).expect(5).stderr;
    assert!(said.contains("--max-cost"), "the least limit is named: {said}");
    let found = document(&scene, &["--max-cost", "10"], 0);
    for model in [CHEAP, STRONG] {
        let twice: Vec<_> =
            asked(&scene, model).into_iter().filter(|(_, times)| *times > 1).collect();
        assert!(twice.is_empty(), "{model}: {twice:?}");
    }
    let [cheap, strong, both] = ["judge-1", "strong", "cascade"]
        .map(|name| judge(&found, name)["cost_usd"].as_f64().unwrap());
    assert!((cheap + strong - both).abs() < 1e-9);
    assert!((cheap - 60.0 * 0.002).abs() < 1e-9, "{cheap}");
    assert!((strong - asked(&scene, STRONG).len() as f64 * 0.02).abs() < 1e-9, "{strong}");
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.contains("It cost $"), "{headline}");
    assert!(headline.contains(" with judge-1, and $"), "{headline}");
}

#[test]
fn a_cascade_costs_what_the_replay_of_both_runs_says_and_gives_the_same_verdicts() {
    let scene = priced(40);
    for (judge, run) in [("judge-1", "cheap.db"), ("strong", "strong.db")] {
        scene.judge(&["--judge", judge, "--run", run]).expect(0);
    }
    let label = |at: usize| {
        let winner = if at.is_multiple_of(3) { "alpha" } else { "beta" };
        json!({ "id": id(at), "annotator": "ana", "between": ["alpha", "beta"], "winner": winner })
    };
    let labels: Vec<String> = (1..=40).map(|at| format!("{}\n", label(at))).collect();
    scene.folder.write("labels.jsonl", &labels.concat());
    let replay_with = |loss: &'static str| {
        let command =
            ["cascade", "cheap.db", "strong.db", "--labels", "labels.jsonl", "--loss", loss];
        let said = scene.run(&[&command[..], &["--format", "json"]].concat()).expect(0).stdout;
        (command, serde_json::from_str::<Value>(&said).unwrap())
    };
    let mut replays = ["0", "0.1", "0.2", "0.3", "0.4"].into_iter().map(replay_with);
    let (replay, replayed) =
        replays.find(|(_, replayed)| replayed["chosen"]["rule"] == "not-kept").unwrap();

    let single = scene.server.requests();
    let found = document(&scene, &[], 0);
    let live = scene.server.requests() - single;
    // A cascade of copied replies asks nothing and has the same verdicts.
    let reuse = ["--run", "copied.db", "--reuse", "cheap.db", "--reuse", "strong.db"];
    let copied = document(&scene, &reuse, 0);
    assert_eq!(scene.server.requests(), single + live);
    assert_eq!(judge(&copied, "cascade")["outcomes"], judge(&found, "cascade")["outcomes"]);

    let lines = |command: &[&str]| scene.run(command).expect(0).json_lines();
    let of_replay = lines(&[&replay[..], &["--format", "jsonl"]].concat());
    assert_eq!(of_replay.len(), 40);
    for run in ["run.db", "copied.db"] {
        assert_eq!(lines(&["verdicts", run, "--all"]), of_replay, "{run}");
    }
    // The numbers of the dev part.
    let rules = replayed["dev"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["rule"] == "not-kept").unwrap();
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let measured = |flags: &[&str]| -> Value {
        let said = scene.run(&[&calibrate[..], flags].concat()).expect(0).stdout;
        serde_json::from_str(&said).unwrap()
    };
    let dev = measured(&["--part", "dev"]);
    assert_eq!(dev["judge"], "cascade");
    assert_eq!(dev["coverage"], rule["coverage"]);
    assert_eq!(dev["kept"]["agreement"], rule["kept_agreement"]);
    for (one, other) in [("agreement", "agreement"), ("cohen_kappa", "cohen_kappa")] {
        let [one, other] = [value(&dev["orders"][one]), value(&rule[other])];
        assert!((one - other).abs() < 1e-12, "{one} {other}");
    }
    // What the whole cascade cost: the sum over both parts.
    let cost = |numbers: &Value| numbers["cost_usd"].as_f64().unwrap();
    let total = cost(rule) + cost(&replayed["test"]["chosen"]);
    let live_cost = judge(&found, "cascade")["cost_usd"].as_f64().unwrap();
    assert!((total - live_cost).abs() < 1e-9, "{total} {live_cost}");
    // The strong judge alone covers a selection, and a warning says so.
    let strong = measured(&["--judge", "strong"]);
    let codes: Vec<&Value> =
        strong["warnings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert!(codes.contains(&&json!("sent-only")), "{codes:?}");
    let asked = asked(&scene, STRONG).values().sum::<usize>() / 2 - 40;
    assert_eq!(strong["planned"], asked);
    let cheap = measured(&["--judge", "judge-1"]);
    assert_eq!(cheap["planned"], 40);
}
