//! `judge --then`: a cheap judge is asked about everything, a strong one about what the rule sends to it.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::labelled_run::value;
use crate::support::server::{Answer, ReceivedRequest, Scene};

const CHEAP: &str = "model-of-judge-1";
const STRONG: &str = "model-of-strong";
const FLAGS: [&str; 2] = ["--then", "strong"];

/// Items, and the judges `judge-1` and `strong` with the same settings.
pub(crate) fn scene(
    items: usize,
    changes: &[(&str, &str)],
    script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
) -> Scene {
    let scene = Scene::new(items, script);
    let tables = ["judge-1", "strong"].map(|name| scene.judge_table(name, changes));
    scene.folder.write("evenhand.toml", &tables.concat());
    scene
}

fn number(seen: &ReceivedRequest) -> usize {
    seen.id[2..].parse().unwrap()
}

fn is_strong(seen: &ReceivedRequest) -> bool {
    seen.model() == STRONG
}

/// The cheap judge keeps every sixth for beta and the one before for alpha; of the others one is flipped, one split, one
/// unreadable and one refused for good. The strong judge prefers beta.
fn every_outcome(seen: &ReceivedRequest) -> Answer {
    if is_strong(seen) {
        return seen.prefers("beta");
    }
    match number(seen) % 6 {
        0 => seen.prefers("beta"),
        1 => seen.prefers(seen.first),
        2 => Answer::says("I cannot say."),
        3 => seen.prefers(if seen.first == "alpha" { "tie" } else { "alpha" }),
        4 => Answer::error(400, "Nobody understands you"),
        _ => seen.prefers("alpha"),
    }
}

/// The ids that a judge was asked about, with how often each order was.
fn asked(scene: &Scene, model: &str) -> BTreeMap<(String, String), usize> {
    let mut asked = BTreeMap::new();
    for seen in scene.server.seen().iter().filter(|seen| seen.model() == model) {
        *asked.entry((seen.id.clone(), seen.first.to_owned())).or_default() += 1;
    }
    asked
}

fn ids(scene: &Scene, model: &str) -> BTreeSet<String> {
    asked(scene, model).into_keys().map(|(id, _)| id).collect()
}

fn id(number: usize) -> String {
    format!("q-{number:03}")
}

fn document(scene: &Scene, flags: &[&str], code: i32) -> Value {
    let flags = [&FLAGS, &["--format", "json"], flags].concat();
    serde_json::from_str(&scene.judge(&flags).expect(code).stdout).unwrap()
}

/// The judge that gave each verdict.
fn given_by(scene: &Scene) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    scene.verdicts().iter().map(|verdict| text(&verdict["judge"])).collect()
}

/// The numbers of one judge of a result.
fn judge<'a>(document: &'a Value, name: &str) -> &'a Value {
    let judges = document["judges"].as_array().unwrap();
    judges.iter().find(|judge| judge["judge"] == name).unwrap()
}

#[test]
fn the_strong_judge_is_asked_exactly_about_what_the_cheap_one_did_not_keep() {
    let scene = scene(12, &[("max_parse_attempts", "0")], every_outcome);
    let found = document(&scene, &[], 0);
    let sent: BTreeSet<String> = [1, 2, 3, 4, 7, 8, 9, 10].into_iter().map(id).collect();
    assert_eq!(ids(&scene, STRONG), sent);
    assert_eq!(asked(&scene, STRONG).len(), 16, "both orders");
    assert_eq!(ids(&scene, CHEAP).len(), 12);
    let expected = |at: usize| match at % 6 {
        0 => ("kept beta", "judge-1"),
        5 => ("kept alpha", "judge-1"),
        _ => ("kept beta", "strong"),
    };
    let [outcomes, judges] = [scene.outcomes(), given_by(&scene)];
    assert_eq!(outcomes, (1..=12).map(|at| expected(at).0).collect::<Vec<_>>());
    assert_eq!(judges, (1..=12).map(|at| expected(at).1).collect::<Vec<_>>());

    // The result: each judge on what it was asked about, then the final verdicts, which add up to what was planned.
    let names: Vec<&Value> =
        found["judges"].as_array().unwrap().iter().map(|judge| &judge["judge"]).collect();
    assert_eq!(names, ["judge-1", "strong", "cascade"]);
    let planned =
        ["judge-1", "strong", "cascade"].map(|name| judge(&found, name)["planned"].clone());
    assert_eq!(planned, [12, 8, 12]);
    let outcomes = &judge(&found, "judge-1")["outcomes"];
    let counts = ["kept", "flipped", "split", "unparsed", "failed", "pending"];
    assert_eq!(counts.map(|name| outcomes[name].clone()), [4, 2, 2, 2, 2, 0]);
    assert_eq!(judge(&found, "cascade")["outcomes"]["kept"], 12);
    let replies =
        ["judge-1", "strong", "cascade"].map(|name| judge(&found, name)["replies"].clone());
    assert_eq!(replies, [20, 16, 36]);
    let cascade = &found["cascade"];
    assert_eq!([&cascade["cheap"], &cascade["strong"]], ["judge-1", "strong"]);
    assert_eq!([&cascade["rule"], &cascade["threshold"]], [&json!("not-kept"), &Value::Null]);
    assert!((value(&cascade["sent"]) - 8.0 / 12.0).abs() < 1e-12, "{cascade}");
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.contains("The cascade prefers beta"), "{headline}");
    assert!(headline.contains("strong decides 66.7 %"), "{headline}");
    assert!(headline.contains("those that judge-1 did not keep"), "{headline}");

    // The same command again asks nothing, and `flipped` is the same rule.
    let requests = scene.server.requests();
    scene.judge(&[&FLAGS[..], &["--when", "flipped"]].concat()).expect(0);
    assert_eq!(scene.server.requests(), requests);
}

#[test]
fn verdicts_are_the_final_ones_or_those_of_one_judge_on_what_it_was_asked() {
    let scene = scene(6, &[("max_parse_attempts", "0")], every_outcome);
    scene.judge(&FLAGS).expect(0);
    let lines = |flags: &[&str]| {
        let said = scene.run(&[&["verdicts", "run.db", "--all"], flags].concat()).expect(0);
        (said.json_lines(), said.stderr)
    };
    let (all, _) = lines(&[]);
    let by: Vec<&Value> = all.iter().map(|line| &line["given_by"]).collect();
    assert_eq!(by, ["strong", "strong", "strong", "strong", "cheap", "cheap"]);
    assert_eq!(lines(&["--judge", "cascade"]).0, all);
    let (cheap, note) = lines(&["--judge", "judge-1"]);
    let outcomes: Vec<&Value> = cheap.iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["flipped", "unparsed", "split", "failed", "kept", "kept"]);
    assert!(cheap.iter().all(|line| line.get("given_by").is_none()), "{cheap:?}");
    assert_eq!(note, "");
    let (strong, note) = lines(&["--judge", "strong"]);
    assert_eq!(
        json!(strong.iter().map(|line| &line["id"]).collect::<Vec<_>>()),
        json!([1, 2, 3, 4].map(id))
    );
    assert!(
        note.contains("strong was asked only about what judge-1 left to it (not-kept)"),
        "{note}"
    );
    // Every judge that was asked; the line with `given_by` is the final verdict.
    let (every, _) = lines(&["--judge", "all"]);
    assert_eq!(every.len(), 6 + 4);
    let of_first: Vec<(&Value, bool)> =
        every[..2].iter().map(|line| (&line["judge"], line.get("given_by").is_some())).collect();
    assert_eq!(of_first, [(&json!("judge-1"), false), (&json!("strong"), true)]);
    let said = scene.run(&["verdicts", "run.db", "--judge", "nobody"]).expect(3).stderr;
    assert!(said.contains("its judges are: cascade, judge-1, strong"), "{said}");
    let csv = scene.run(&["verdicts", "run.db", "--all", "--format", "csv"]).expect(0).stdout;
    assert!(csv.lines().nth(1).unwrap().starts_with("q-001,alpha,beta,strong,kept,beta"), "{csv}");
}

#[test]
fn what_the_cheap_judge_failed_on_for_a_passing_reason_is_not_sent_until_it_is_decided() {
    let scene = scene(4, &[("max_attempts", "1")], |seen| match (is_strong(seen), number(seen)) {
        (true, _) => seen.prefers("beta"),
        (false, 2 | 3) => Answer::error(500, "Try again"),
        (false, _) => seen.prefers("alpha"),
    });
    let said = scene.judge(&FLAGS).expect(5);
    assert!(said.stderr.contains("2 comparisons still open"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["kept alpha", "pending", "pending", "kept alpha"]);
    assert_eq!(ids(&scene, STRONG), BTreeSet::new());
    let listed = scene.run(&["runs", ".", "--format", "json"]).expect(0).stdout;
    assert!(listed.contains("judge-1") && listed.contains("strong"), "{listed}");
    // Now one is kept, and one is refused for good: that is sent.
    scene.server.now(|seen| match (is_strong(seen), number(seen)) {
        (true, _) => seen.prefers("beta"),
        (false, 3) => Answer::error(400, "Nobody understands you"),
        (false, _) => seen.prefers("alpha"),
    });
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept alpha", "kept beta", "kept alpha"]);
    assert_eq!(ids(&scene, STRONG), BTreeSet::from([id(3)]));
}

#[test]
fn an_unreadable_reply_is_asked_again_before_it_is_sent() {
    let scene = scene(2, &[("max_parse_attempts", "2")], |seen| {
        if is_strong(seen) {
            seen.prefers("beta")
        } else if number(seen) == 1 && seen.before == 0 {
            Answer::says("I cannot say.")
        } else {
            seen.prefers("alpha")
        }
    });
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha"; 2]);
    assert_eq!(ids(&scene, STRONG), BTreeSet::new());
}

#[test]
fn failed_verdicts_are_asked_again_of_the_judge_that_decides_them() {
    let scene = scene(4, &[("max_parse_attempts", "0")], |seen| {
        match (is_strong(seen), number(seen)) {
            (false, 1) => seen.prefers("alpha"),
            // Flipped, unreadable and refused: all are sent.
            (false, 2) => seen.prefers(seen.first),
            (false, 3) => Answer::says("I cannot say."),
            (false, _) => Answer::error(400, "Nobody understands you"),
            (true, 2) => seen.prefers("beta"),
            (true, 3) => Answer::error(400, "Nobody understands you"),
            (true, _) => Answer::error(500, "Try again"),
        }
    });
    let said = scene.judge(&FLAGS).expect(5);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "failed", "failed"]);
    assert_eq!(given_by(&scene), ["judge-1", "strong", "strong", "strong"]);
    assert!(said.stderr.contains("1 comparison still open"), "{}", said.stderr);
    // Resuming asks what failed for a passing reason, of the strong judge alone.
    let before = asked(&scene, CHEAP);
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "failed", "kept beta"]);
    scene.judge(&[&FLAGS[..], &["--retry-failed"]].concat()).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "kept beta", "kept beta"]);
    assert_eq!(asked(&scene, CHEAP), before, "the cheap judge was not asked again");
}

#[test]
fn failed_comparisons_that_wait_for_the_strong_judge_are_not_asked_again_by_retries() {
    let changes = [("max_in_flight", "1"), ("max_parse_attempts", "0")];
    let scene = scene(4, &changes, |seen| match (is_strong(seen), number(seen)) {
        (false, 1) => seen.prefers("alpha"),
        (false, _) => seen.prefers(seen.first),
        (true, 3) => Answer::says("I cannot say."),
        (true, _) => seen.prefers("beta"),
    });
    // Eight requests of the cheap judge, four of the strong one.
    scene.judge(&[&FLAGS[..], &["--max-requests", "12"]].concat()).expect(5);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "unparsed", "pending"]);
    let retry = [&FLAGS[..], &["--retry-failed"]].concat();
    let said = scene.judge(&retry).expect(5);
    assert_eq!(scene.server.requests(), 14);
    assert_eq!(ids(&scene, STRONG), BTreeSet::from([id(2), id(3)]));
    assert!(said.stderr.contains("1 comparison still open"), "{}", said.stderr);
    assert!(said.stderr.contains("without --retry-failed"), "{}", said.stderr);
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "unparsed", "kept beta"]);
}

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

/// Answers by nothing but the request.
fn by_request(seen: &ReceivedRequest) -> Answer {
    let at = number(seen) * 7 + usize::from(seen.first == "alpha") * 3;
    match (is_strong(seen), at % 10) {
        (true, 0) => seen.prefers("tie"),
        (true, _) => seen.prefers(if number(seen).is_multiple_of(3) { "alpha" } else { "beta" }),
        (false, 0) => Answer::says("Both are fine."),
        (false, 1) => seen.prefers("tie"),
        (false, 2..=4) => seen.prefers("alpha"),
        (false, _) => seen.prefers("beta"),
    }
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

const COMPARISONS: usize = 240;
const MOMENTS: [u64; 12] = [400, 0, 130, 280, 35, 180, 90, 240, 5, 160, 250, 60];

fn at_work(milliseconds: u64) -> Scene {
    let changes = [("max_in_flight", "8"), ("max_parse_attempts", "0")];
    scene(COMPARISONS, &changes, move |seen| by_request(seen).after(milliseconds))
}

#[test]
fn a_cascade_killed_many_times_ends_like_an_uninterrupted_one() {
    let scene = at_work(40);
    for milliseconds in MOMENTS {
        let target = scene.server.requests() + 1;
        let mut child = scene.judge_started(&FLAGS);
        scene.server.wait_for(target);
        std::thread::sleep(Duration::from_millis(milliseconds));
        assert_eq!(child.try_wait().unwrap(), None, "it must be at work when it is killed");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    scene.judge(&FLAGS).expect(0);
    let undisturbed = at_work(0);
    undisturbed.judge(&FLAGS).expect(0);
    let lines = |scene: &Scene| scene.run(&["verdicts", "run.db", "--all"]).expect(0).stdout;
    assert_eq!(lines(&scene), lines(&undisturbed));
    // What was in flight is lost, and nothing else is asked twice; nothing is sent that was kept.
    assert_eq!(ids(&scene, STRONG), ids(&undisturbed, STRONG));
    let most = undisturbed.server.requests() + MOMENTS.len() * 16;
    assert!(scene.server.requests() <= most, "{} of {most}", scene.server.requests());
}

#[test]
fn a_kill_while_the_strong_judge_is_asked_asks_the_cheap_one_nothing_again() {
    let scene = scene(8, &[("max_in_flight", "2")], |seen| {
        if is_strong(seen) { seen.prefers("beta").held() } else { seen.prefers(seen.first) }
    });
    let mut child = scene.judge_started(&FLAGS);
    scene.server.wait_for(18);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(scene.outcomes(), vec!["pending"; 8]);
    scene.server.release_held();
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 8]);
    assert!(asked(&scene, CHEAP).values().all(|times| *times == 1));
}

#[test]
fn another_rule_or_order_of_judges_or_none_is_another_run() {
    let scene = scene(2, &[], |seen| seen.prefers(seen.first));
    scene.judge(&FLAGS).expect(0);
    let requests = scene.server.requests();
    for (flags, field, now) in [
        (
            &["--then", "strong", "--when", "margin<0.3", "--repeat", "2"][..],
            "cascade.when",
            "margin<0.3",
        ),
        (
            &["--judge", "strong", "--then", "judge-1"],
            "cascade",
            "strong, then judge-1 when not-kept",
        ),
        (
            &["--judge", "judge-1", "--judge", "strong"],
            "cascade",
            "every judge is asked about everything",
        ),
        (&[], "judge", "judge-1"),
    ] {
        let said = scene.judge(flags).expect(7).stderr;
        assert!(said.contains(&format!("this is another run: {field} differs")), "{said}");
        assert!(said.contains(now), "{said}");
        assert!(said.contains("--reuse"), "{said}");
    }
    assert_eq!(scene.server.requests(), requests);
    // A jury is no cascade.
    let jury = ["--run", "jury.db", "--judge", "judge-1", "--judge", "strong"];
    scene.judge(&jury).expect(0);
    let said = scene.judge(&[&FLAGS[..], &["--run", "jury.db"]].concat()).expect(7).stderr;
    assert!(
        said.contains("the run file has none: every judge is asked about everything"),
        "{said}"
    );
}

#[test]
fn what_a_cascade_cannot_be_is_refused_before_anything_is_asked() {
    let scene = scene(2, &[], |seen| seen.prefers("beta"));
    for (flags, words) in [
        (
            &["--judge", "judge-1", "--judge", "builtin:longer", "--then", "strong"][..],
            "--then needs a single --judge",
        ),
        (&["--then", "judge-1"], "judge judge-1 is given twice"),
        (&["--then", "strong", "--when", "margin<0.5"], "the verdicts of judge-1 have no margin"),
        (&["--then", "strong", "--when", "margin<2"], "above 0 and at most 1"),
        (&["--then", "strong", "--when", "unsure"], "expected not-kept or margin<X"),
        (&["--when", "not-kept"], "--then"),
        (&["--then", "strong", "--until-decided", "beta"], "cannot be used with"),
        (&["--then", "strong", "--record", "out.jsonl"], "--record needs a single judge"),
    ] {
        let said = scene.judge(flags).expect(2).stderr;
        assert!(said.contains(words), "{flags:?}: {said}");
    }
    let rubric =
        "name = \"g\"\ndescription = \"Good?\"\nmode = \"grade\"\nscale = [\"bad\", \"good\"]\n";
    scene.folder.write("g.toml", rubric);
    let command =
        ["grade", "items.jsonl", "--rubric", "./g.toml", "--judge", "judge-1", "--then", "strong"];
    let said = scene.run(&command).expect(2).stderr;
    assert!(said.contains("the rubric grades single responses"), "{said}");
    assert_eq!(scene.server.requests(), 0);
    assert!(!scene.folder.path().join("run.db").exists());
    // The file that a command without --run writes is not that of a jury.
    let command = [
        "judge",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "judge-1",
        "--then",
        "strong",
    ];
    scene.run(&command).expect(0);
    assert!(scene.folder.path().join("runs/helpfulness-judge-1-then-strong.db").exists());
}

#[test]
fn a_program_that_does_not_know_cascades_refuses_the_file() {
    let scene = scene(1, &[], |seen| seen.prefers("beta"));
    scene.judge(&FLAGS).expect(0);
    scene.judge(&["--run", "single.db"]).expect(0);
    // The format is the number at byte 60 of an SQLite file.
    let format = |name: &str| std::fs::read(scene.folder.path().join(name)).unwrap()[63];
    assert_eq!([format("run.db"), format("single.db")], [2, 1]);
}
