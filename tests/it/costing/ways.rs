//! What each way costs, what it says, and which is the cheapest.

use serde_json::{Value, json};

use super::{budget, document, leaves, number, way};
use crate::stats::assert_close;
use crate::support::labelled_run::{RunSpec, rows, unwrapped, value, warning};
use crate::support::lines_of;
use crate::support::server::{Answer, Scene};

const PRICE: (&str, &str) = ("price", "{ input_per_million = 1.0, output_per_million = 10.0 }");

/// Two judges behind a server that prefers beta: `mini` at 1 and 10 USD for a million tokens, `large` at ten times as much.
fn scene(items: usize) -> Scene {
    let scene = Scene::new(items, |seen| seen.prefers("beta"));
    let mini = scene.judge_table("mini", &[PRICE, ("max_tokens", "500")]);
    let dear = ("price", "{ input_per_million = 10.0, output_per_million = 100.0 }");
    scene.folder.write("evenhand.toml", &(mini + &scene.judge_table("large", &[dear])));
    scene
}

fn found(scene: &Scene, flags: &[&str]) -> Value {
    let command = ["budget", "items.jsonl", "--rubric", "helpfulness", "--format", "json"];
    document(&scene.run(&[&command[..], flags].concat()))
}

fn pilot(scene: &Scene, judge: &str, run: &str) {
    let command = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", judge];
    scene.run(&[&command[..], &["--run", run, "--limit", "60"]].concat()).expect(0);
}

#[test]
fn without_a_pilot_costs_lie_between_the_prompts_and_replies_of_full_length() {
    let scene = scene(500);
    let found = found(&scene, &["--judge", "mini"]);
    assert_eq!(scene.server.requests(), 0, "nothing is asked");
    let all = way(&found, "all", Some("mini"), false);
    assert_eq!(all["requests"]["expected"], 1000.0);
    assert!(all["usd"]["expected"].is_null());
    let (low, high) = (number(all, "/usd/low"), number(all, "/usd/high"));
    // 500 tokens at 10 USD for a million, in 1,000 replies.
    assert_close(high - low, 1000.0 * 500.0 * 10e-6, 1e-9);
    let check =
        ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "mini", "--format", "json"];
    let check: Value = serde_json::from_str(&scene.run(&check).expect(0).stdout).unwrap();
    let prompts = number(&check, "/judges/0/prompt_cost_usd");
    // One prompt is rounded to whole tokens.
    assert_close(low, prompts, 1000.0 * 0.5 * 1e-6);
    assert_eq!(all["is_assumed"], true);
    // The worst deviation: ±1.96·0.5/√500.
    assert_close(number(all, "/half_width"), 1.959_963_985 * 0.5 / 500_f64.sqrt(), 1e-9);
    assert!(leaves(all, "bias-unknown") && leaves(all, "reply-length"));
    let batch = way(&found, "all", Some("mini"), true);
    assert_close(number(batch, "/usd/low"), low / 2.0, 1e-12);
    assert!(leaves(batch, "batch-price"));
    // 385 comparisons are enough for ±5 points.
    let subset = way(&found, "subset", Some("mini"), false);
    assert_eq!(subset["comparisons"]["expected"], 385.0);
    let cheapest = &found["ways"][found["cheapest"].as_u64().unwrap() as usize];
    assert_eq!((&cheapest["kind"], &cheapest["is_batch"]), (&json!("subset"), &json!(true)));
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.contains("mini on 385 comparisons drawn at random in a batch"), "{headline}");
    assert!(headline.contains("it is about what mini prefers"), "{headline}");
}

#[test]
fn with_a_pilot_costs_are_those_of_its_tokens_and_what_it_has_answered_is_paid() {
    let scene = scene(300);
    pilot(&scene, "mini", "mini.db");
    pilot(&scene, "large", "large.db");
    let asked = scene.server.requests();
    let flags =
        ["--judge", "mini", "--judge", "large", "--pilot", "mini.db", "--pilot", "large.db"];
    let found = found(&scene, &flags);
    assert_eq!(scene.server.requests(), asked, "nothing is asked");
    // 100 tokens in and 20 out: 0.0003 USD for a request; 240 comparisons are left.
    let all = way(&found, "all", Some("mini"), false);
    assert_eq!(all["requests"]["expected"], 480.0);
    assert_close(number(all, "/usd/expected"), 480.0 * 0.0003, 1e-9);
    let batch = way(&found, "all", Some("mini"), true);
    assert_close(number(batch, "/usd/expected"), 240.0 * 0.0003, 1e-9);
    let facts = &found["judges"][0];
    assert_eq!(facts["answered"], 60);
    assert_eq!(facts["pilot"]["is_first_part"], true);
    assert_close(value(&facts["pilot"]["reply_tokens"]), 20.0, 1e-12);
    // The cheap judge keeps everything, so that nothing is sent to the strong one.
    let cascade = way(&found, "cascade", Some("mini"), false);
    assert_eq!(cascade["then"], "large");
    assert_close(number(cascade, "/usd/expected"), 480.0 * 0.0003, 1e-9);
    assert_eq!(cascade["requests"]["expected"], 480.0);
    assert!(leaves(cascade, "cheap-verdicts"));
    // It is decided within the pilot.
    let decided = way(&found, "until-decided", Some("mini"), false);
    assert!(number(decided, "/comparisons/expected") < 60.0, "{decided}");
    assert_close(number(decided, "/usd/expected"), 0.0, 1e-12);
    assert_eq!(decided["answers"], "judge");

    // Pilots that are not there are named.
    let found = self::found(&scene, &["--judge", "mini", "--judge", "large", "--pilot", "mini.db"]);
    let cascade = way(&found, "cascade", Some("mini"), false);
    assert!(cascade["usd"].is_null() && leaves(cascade, "pilot-missing"), "{cascade}");
    assert!(cascade.to_string().contains("it takes a pilot of large"), "{cascade}");
}

#[test]
fn a_cascade_sends_what_the_cheap_judge_does_not_keep_and_its_scores_are_those_of_the_judge_that_decides()
 {
    // The first judge keeps 30 of 60; of what it does not keep, the second one prefers beta in 20, alpha in 10.
    let kinds = [(30, "b/b a/a", "b"), (20, "a/b b/b", "b"), (10, "b/a a/a", "a")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let flags = ["--judge", "judge-2", "--pilot", "run.db", "--format", "json"];
    let found = document(&budget(&judged, 460, &flags));
    let cascade = way(&found, "cascade", Some("judge-1"), false);
    assert_eq!(cascade["then"], "judge-2");
    // Both orders of the 400 that are left, and again of half of them.
    assert_close(number(cascade, "/requests/expected"), 800.0 + 400.0, 1e-9);
    let (mean, n) = (51.0 / 62.0, 62.0_f64);
    let squares = 51.0 * (1.0 - mean) * (1.0 - mean) + 11.0 * mean * mean;
    let deviation = (squares / (n - 1.0)).sqrt();
    let expected = 1.959_963_985 * deviation / 460_f64.sqrt();
    assert_close(number(cascade, "/half_width"), expected, 1e-8);
    let labels = ["--labels", "labels.jsonl"];
    let found = document(&budget(&judged, 460, &[&flags[..], &labels].concat()));
    let cascade = way(&found, "cascade", Some("judge-1"), false).to_string();
    assert!(cascade.contains("50.0 % ("), "the share that is kept: {cascade}");
    assert!(cascade.contains("On the dev part it agrees with people 100.0 %"), "{cascade}");
}

/// A pilot of 400 comparisons with labels of half of them: people agree where `right`, and say the other thing elsewhere.
fn labelled(right: usize, wrong: usize) -> RunSpec {
    RunSpec::new(rows(&[
        (right, "b/b", "b"),
        (wrong, "b/b", "a"),
        (right, "a/a", "a"),
        (100, "b/b", "-"),
        (100, "a/a", "-"),
    ]))
}

#[test]
fn a_judge_whose_bias_is_known_to_be_small_says_what_people_prefer_and_a_biased_one_nothing() {
    let flags =
        ["--pilot", "run.db", "--labels", "labels.jsonl", "--margin", "0.1", "--format", "json"];
    let good = document(&budget(&labelled(98, 2).judged(), 1000, &flags).expect(0));
    let all = way(&good, "all", None, false);
    assert_eq!(all["answers"], "people", "{all}");
    assert!(good["headline"].as_str().unwrap().contains("how often people prefer beta"));
    let biased = document(&budget(&labelled(60, 40).judged(), 1000, &flags).expect(0));
    let all = way(&biased, "all", None, false);
    assert_eq!(all["answers"], "nothing", "{all}");
    assert!(leaves(all, "biased"));
    let bias = value(&biased["judges"][0]["people"]["pairs"][0]["bias"]);
    assert_close(bias, 40.0 / 160.0, 1e-12);
    // Labels still do.
    assert_eq!(way(&biased, "labels", None, false)["answers"], "people");
    let cheapest = &biased["ways"][biased["cheapest"].as_u64().unwrap() as usize];
    assert_eq!(cheapest["answers"], "people", "{cheapest}");
}

#[test]
fn hours_cost_what_an_hour_costs() {
    let judged = labelled(80, 20).judged();
    let flags =
        ["--pilot", "run.db", "--labels", "labels.jsonl", "--margin", "0.03", "--format", "json"];
    let more = ["--hourly-rate", "30", "--minutes-per-label", "2"];
    let found = document(&budget(&judged, 2000, &[&flags[..], &more].concat()).expect(0));
    let labels = way(&found, "labels", None, false);
    let number_of = labels["labels"].as_f64().unwrap();
    assert!(number_of > 0.0);
    assert_close(number(labels, "/hours"), number_of / 30.0, 1e-9);
    assert_close(number(labels, "/total_usd/expected"), number_of, 1e-9);
    let free = document(&budget(&judged, 2000, &flags).expect(0));
    assert!(way(&free, "labels", None, false)["total_usd"].is_null());
}

#[test]
fn where_no_way_answers_it_says_what_it_would_take() {
    let judged = RunSpec::new(rows(&[(20, "b/b", ""), (20, "a/a", ""), (10, "a/b", "")])).judged();
    let said = budget(&judged, 60, &["--pilot", "run.db", "--margin", "0.02"]).expect(8);
    let text = unwrapped(&said.stdout);
    assert!(text.starts_with("No way says how often beta wins, to ±2.0 points"), "{text}");
    assert!(text.contains("there are 60 comparisons, and it takes at least"), "{text}");
    let found = document(&budget(
        &judged,
        60,
        &["--pilot", "run.db", "--margin", "0.02", "--format", "json"],
    ));
    let needed = number(&found, "/needed/comparisons");
    let deviation = number(&found, "/judges/0/pilot/pairs/0/deviation");
    // The pilot's deviation, or that of people, which is assumed to be ½; the smaller one needs fewer.
    let expected = (1.959_963_985 * deviation / 0.02).powi(2).ceil();
    assert_close(needed, expected, 1.0);
}

#[test]
fn several_pairs_share_the_error() {
    let item = |at: u32| {
        format!(r#"{{"id":"q{at}","prompt":"P?","responses":{{"a":"x","b":"y","c":"z"}}}}"#)
    };
    let three = lines_of((0..400).map(item));
    let scene = scene(1);
    scene.folder.write("items.jsonl", &three);
    let found = found(&scene, &["--judge", "mini", "--system", "b"]);
    assert_eq!(found["comparisons"], 800);
    assert_eq!(found["error_of_pair"], 0.025);
    let all = way(&found, "all", None, false);
    assert_eq!(all["requests"]["expected"], 1600.0);
    assert_close(number(all, "/half_width"), 2.241_402_728 * 0.5 / 400_f64.sqrt(), 1e-8);
}

#[test]
fn a_small_pilot_and_another_rubric_are_warned_of() {
    let judged = RunSpec::new(rows(&[(15, "b/b", ""), (15, "a/a", "")])).judged();
    let rubric = std::fs::read_to_string(judged.folder.path().join("r.toml")).unwrap();
    judged.folder.write("other.toml", &rubric.replacen("name = \"r\"", "name = \"s\"", 1));
    let file = super::all_items(&judged.folder, 500);
    let command =
        ["budget", file, "--rubric", "./other.toml", "--judge", "judge-1", "--pilot", "run.db"];
    let found = document(&judged.folder.run(&[&command[..], &["--format", "json"]].concat()));
    assert!(warning(&found, "small-pilot").unwrap().contains("only 30 comparisons"));
    assert!(warning(&found, "other-rubric").unwrap().contains("with the rubric r "));
}

#[test]
fn the_table_numbers_the_ways_and_says_what_each_leaves_uncertain() {
    let scene = scene(500);
    let command = ["budget", "items.jsonl", "--rubric", "helpfulness", "--judge", "mini"];
    let said = scene.run(&command).expect(0);
    let text = unwrapped(&said.stdout);
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 80), "{}", said.stdout);
    for expected in [
        "mini until decided",
        "* by assumptions, without a pilot or labels",
        "Whether people prefer the same: without labels the judge's bias is not known.",
        "a win rate of 55.0 % is assumed",
        "mini: no pilot;",
    ] {
        assert!(text.contains(expected), "no `{expected}` in {text}");
    }
    assert!(
        said.stderr.contains("a pilot makes these numbers those of your items"),
        "{}",
        said.stderr
    );
    let again = scene.run(&command).expect(0);
    assert_eq!(again.stdout, said.stdout, "the same seed gives the same numbers");
    let hostile = Scene::new(3, |_| Answer::says(""));
    let table = hostile.judge_table("\"\\u001b[31mred\"", &[PRICE]);
    hostile.folder.write("evenhand.toml", &table);
    let said = hostile.run(&[
        "budget",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "\u{1b}[31mred",
    ]);
    assert!(!said.stdout.contains('\u{1b}'), "{}", said.stdout);
}
