//! `judge --until-decided`: asking ends as soon as a win rate is decided, and what was not asked is not in the run.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::lines_of;
use crate::support::server::{Answer, ReceivedRequest, Scene};

/// The result document of a command.
fn document(scene: &Scene, flags: &[&str], code: i32) -> Value {
    let said = scene.judge(&[&["--format", "json"], flags].concat()).expect(code);
    serde_json::from_str(&said.stdout).unwrap()
}

fn pair(document: &Value) -> &Value {
    &document["until_decided"]["pairs"][0]
}

fn number(seen: &ReceivedRequest) -> usize {
    seen.id[2..].parse().unwrap()
}

/// Beta wins in three of four items, whatever the order.
fn mostly_beta(seen: &ReceivedRequest) -> Answer {
    seen.prefers(if number(seen).is_multiple_of(4) { "alpha" } else { "beta" })
}

#[test]
fn asking_ends_when_the_winner_is_decided_and_costs_nothing_again() {
    let scene = Scene::new(100, |seen| seen.prefers("beta"));
    let found = document(&scene, &["--until-decided", "beta"], 0);
    let decided = &found["until_decided"];
    // Ten wins in a row are the fewest that decide at 5 %: 1.5^10 > 40.
    assert_eq!(
        (&pair(&found)["finding"], &pair(&found)["win_rate"]["n"]),
        (&json!("above"), &json!(10))
    );
    assert_eq!((&decided["system"], &decided["than"]), (&json!("beta"), &json!(0.5)));
    assert_eq!((&decided["margin"], &decided["error"]), (&Value::Null, &json!(0.05)));
    assert_eq!(decided["available"], 100);
    assert!(pair(&found)["win_rate"]["low"].as_f64().unwrap() > 0.5, "{found}");
    // What was in flight was asked to its end, and nothing else is in the run.
    let asked = scene.server.requests();
    let planned = found["judges"][0]["planned"].as_u64().unwrap();
    assert_eq!(planned * 2, asked as u64);
    assert!((10..=18).contains(&planned), "{planned}");
    assert_eq!(decided["planned"], planned);
    assert_eq!(scene.outcomes(), vec!["kept beta"; planned as usize]);
    let headline = found["headline"].as_str().unwrap();
    assert!(
        headline
            .contains("Decided after 10 items: beta wins more often than 50.0 % against alpha."),
        "{headline}"
    );
    let begun = match planned - 10 {
        0 => String::new(),
        begun => format!(" ({begun} begun before it was decided)"),
    };
    let saved = format!(
        "{planned} of 100 comparisons were asked{begun}, and the others would have taken {} requests",
        2 * (100 - planned)
    );
    assert!(headline.contains(&saved), "{headline}");
    // The same again asks nothing and says the same.
    assert_eq!(document(&scene, &["--until-decided", "beta"], 0)["until_decided"], *decided);
    assert_eq!(scene.server.requests(), asked);
    // Without the flag the others are asked too, and the run is one like any other.
    let all = document(&scene, &[], 0);
    assert_eq!((scene.server.requests(), &all["judges"][0]["planned"]), (200, &json!(100)));
    assert_eq!(all["until_decided"], Value::Null);
    assert_eq!(all["judges"][0]["win_rates"][0]["at_every_look"], Value::Null);
}

#[test]
fn items_are_asked_in_the_random_order_of_a_pilot() {
    let scene = Scene::new(60, mostly_beta);
    scene.settings(&[("max_in_flight", "1")]);
    let found = document(&scene, &["--until-decided", "beta"], 0);
    let asked: BTreeSet<String> = scene.server.seen().iter().map(|seen| seen.id.clone()).collect();
    let n = asked.len().to_string();
    assert_eq!(found["judges"][0]["planned"], asked.len());
    let pilot = Scene::new(60, mostly_beta);
    pilot.judge(&["--limit", &n]).expect(0);
    let of_pilot: BTreeSet<String> =
        pilot.server.seen().iter().map(|seen| seen.id.clone()).collect();
    assert_eq!(asked, of_pilot);
    // Another seed is another order.
    let other = Scene::new(60, mostly_beta);
    other.judge(&["--limit", &n, "--seed", "7"]).expect(0);
    assert_ne!(asked, other.server.seen().iter().map(|seen| seen.id.clone()).collect());
}

#[test]
fn what_is_not_decided_is_asked_to_the_end_and_said() {
    let scene = Scene::new(40, |seen| {
        seen.prefers(if number(seen).is_multiple_of(2) { "alpha" } else { "beta" })
    });
    let said = scene.judge(&["--until-decided", "beta"]).expect(0);
    assert_eq!(scene.server.requests(), 80);
    let text = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Not decided after 40 items: whether beta wins more or less often than 50.0 % against alpha."), "{text}");
    assert!(text.contains("all 40 comparisons were asked"), "{text}");
    assert!(text.contains("at every look"), "{text}");
}

#[test]
fn two_equal_systems_are_decided_within_a_margin() {
    // Both orders disagree: every comparison is worth ½.
    let scene = Scene::new(200, |seen| seen.prefers(seen.first));
    let found = document(
        &scene,
        &["--until-decided", "alpha", "--margin", "0.2", "--inconclusive", "pass"],
        0,
    );
    assert_eq!(pair(&found)["finding"], "within");
    assert!(scene.server.requests() < 200, "{}", scene.server.requests());
    let rate = &pair(&found)["win_rate"];
    assert!(rate["low"].as_f64().unwrap() > 0.3 && rate["high"].as_f64().unwrap() < 0.7, "{rate}");
}

/// Items with the responses of three systems.
fn three_systems(scene: &Scene, items: usize) {
    let item = |number: usize| {
        let id = format!("q-{number:03}");
        json!({ "id": id, "prompt": format!("Question {id} of all"),
            "responses": { "alpha": "ALPHA", "beta": "BETA", "gamma": "GAMMA" } })
    };
    scene.folder.write("items.jsonl", &lines_of((1..=items).map(item)));
}

/// The two systems that a request shows, in that order.
fn shown(seen: &ReceivedRequest) -> [&'static str; 2] {
    let text = seen.body["messages"].to_string();
    let mut found: Vec<(usize, &str)> = [("ALPHA", "alpha"), ("BETA", "beta"), ("GAMMA", "gamma")]
        .into_iter()
        .filter_map(|(word, system)| Some((text.find(word)?, system)))
        .collect();
    found.sort_unstable();
    let [(_, first), (_, second)] = found[..] else { panic!("{text}") };
    [first, second]
}

/// The answer that prefers one of the systems that a request shows.
fn prefers(seen: &ReceivedRequest, system: &str) -> Answer {
    let vote = if shown(seen)[0] == system { "first" } else { "second" };
    Answer::says(&json!({ "reasoning": "r", "criteria": {}, "vote": vote }).to_string())
}

#[test]
fn a_pair_that_is_decided_is_not_asked_any_more() {
    // Gamma beats alpha always, and beta in two of three.
    let scene = Scene::new(0, |seen| {
        let beats = shown(seen).contains(&"alpha") || !number(seen).is_multiple_of(3);
        prefers(seen, if beats { "gamma" } else { "beta" })
    });
    three_systems(&scene, 150);
    let found = document(&scene, &["--until-decided", "gamma"], 0);
    let pairs = found["until_decided"]["pairs"].as_array().unwrap();
    let named: Vec<&Value> = pairs.iter().map(|pair| &pair["between"]).collect();
    assert_eq!(named, [&json!(["alpha", "gamma"]), &json!(["beta", "gamma"])]);
    assert_eq!([&pairs[0]["finding"], &pairs[1]["finding"]], ["above", "above"]);
    let [alpha, beta] = [0, 1].map(|at| pairs[at]["comparisons"].as_u64().unwrap());
    assert!(alpha < 40 && beta > 2 * alpha, "{alpha} {beta}");
    let seen = scene.server.seen();
    assert!(seen.iter().all(|seen| shown(seen).contains(&"gamma")), "alpha with beta is no part");
    assert_eq!(found["until_decided"]["available"], 300);
}

#[test]
fn what_fails_or_cannot_be_read_must_not_decide() {
    // Beta wins whatever is answered; a third of the items is refused, a third has unreadable replies.
    let scene = Scene::new(60, |seen| match number(seen) % 3 {
        0 => Answer::error(400, "Nobody understands you"),
        1 => Answer::says("I cannot say."),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("max_parse_attempts", "1")]);
    let found = document(&scene, &["--until-decided", "beta"], 0);
    assert_eq!(
        (&pair(&found)["finding"], &pair(&found)["win_rate"]["n"]),
        (&Value::Null, &json!(60))
    );
    let rate = &pair(&found)["win_rate"];
    assert!(rate["low"].as_f64().unwrap() < 0.34 && rate["high"] == 1.0, "{rate}");
}

#[test]
fn the_gate_on_the_system_is_the_question_and_takes_the_interval_that_holds() {
    let scene = Scene::new(200, mostly_beta);
    let gate = ["--until-decided", "beta", "--min-win-rate", "beta=0.5"];
    let said = scene.judge(&gate).expect(0);
    assert!(
        said.stderr.contains(
            "gate passed: order-averaged win rate, by the interval that holds at every look,"
        ),
        "{}",
        said.stderr
    );
    assert!(scene.server.requests() < 200, "{}", scene.server.requests());
    // The report knows that the number of comparisons was not fixed.
    let flags = ["report", "run.db", "--min-win-rate", "beta=0.5"];
    let report = scene.run(&flags).expect(0);
    assert!(report.stdout.contains("at every look"), "{}", report.stdout);
    let other = scene.run(&["report", "run.db", "--min-win-rate", "alpha=0.5"]).expect(6);
    assert!(other.stderr.contains("holds at every look"), "{}", other.stderr);
    let missed = Scene::new(200, mostly_beta);
    let said = missed.judge(&["--until-decided", "alpha", "--min-win-rate", "alpha=0.6"]).expect(6);
    assert!(said.stderr.contains("gate missed"), "{}", said.stderr);
    assert!(missed.server.requests() < 200);
}

#[test]
fn the_budget_ends_it_and_the_same_command_goes_on() {
    let scene = Scene::new(100, |seen| seen.prefers("beta"));
    let said = scene.judge(&["--until-decided", "beta", "--max-requests", "8"]).expect(5);
    assert!(said.stderr.contains("the budget is used up"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 8);
    let found = document(&scene, &["--until-decided", "beta"], 0);
    assert_eq!(pair(&found)["win_rate"]["n"], 10);
    assert_eq!(scene.server.requests() as u64, 2 * found["judges"][0]["planned"].as_u64().unwrap());
}

#[test]
fn a_kill_at_any_moment_neither_pays_twice_nor_changes_what_is_decided() {
    let whole = Scene::new(100, mostly_beta);
    let expected = pair(&document(&whole, &["--until-decided", "beta"], 0)).clone();
    let scene = Scene::new(100, |seen| mostly_beta(seen).after(10));
    for requests in [6, 20, 34] {
        let mut child = scene.judge_started(&["--until-decided", "beta"]);
        scene.server.wait_for(requests);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let found = document(&scene, &["--until-decided", "beta"], 0);
    for key in ["finding", "win_rate"] {
        assert_eq!(pair(&found)[key], expected[key], "{key}");
    }
    // Each kill loses at most what was in flight.
    let needed = 2 * found["judges"][0]["planned"].as_u64().unwrap();
    assert!(scene.server.requests() as u64 <= needed + 3 * 32, "{}", scene.server.requests());
    assert!(scene.outcomes().iter().all(|outcome| outcome.starts_with("kept")));
}

#[test]
fn a_jury_is_decided_by_the_mean_of_its_judges() {
    let scene = Scene::new(60, |seen| seen.prefers("beta"));
    let judges = ["judge-1", "slow"].map(|name| scene.judge_table(name, &[]));
    scene.folder.write("evenhand.toml", &judges.concat());
    let found =
        document(&scene, &["--judge", "judge-1", "--judge", "slow", "--until-decided", "beta"], 0);
    assert_eq!(
        (&pair(&found)["finding"], &pair(&found)["win_rate"]["n"]),
        (&json!("above"), &json!(10))
    );
    let judges = found["judges"].as_array().unwrap();
    let planned: Vec<&Value> = judges.iter().map(|judge| &judge["planned"]).collect();
    assert!(planned.iter().all(|one| *one == planned[0]) && planned.len() == 3, "{planned:?}");
    assert!(
        judges[2]["win_rates"][0]["at_every_look"]["n"] == 10
            && judges[0]["win_rates"][0]["at_every_look"].is_null()
    );
    assert!(scene.outcomes().iter().all(|outcome| outcome == "kept beta"));
}

#[test]
fn a_question_without_a_meaning_is_refused_before_anything_is_asked() {
    let scene = Scene::new(20, |seen| seen.prefers("beta"));
    for (flags, code, part) in [
        (&["--until-decided", "betta"][..], 3, "did you mean `beta`?"),
        (&["--until-decided", "beta", "--shard", "1/2"], 2, "a shard is a part of the comparisons"),
        (&["--until-decided", "beta", "--baseline", "alpha"], 2, "the baseline is another system"),
        (
            &["--until-decided", "beta", "--margin", "0.5"],
            2,
            "the margin is 0.5, and must be above 0 and below 0.5",
        ),
        (&["--until-decided", "beta", "--margin", "0"], 2, "the margin is 0, and must"),
        (
            &["--until-decided", "beta", "--error", "1"],
            2,
            "the probability of an error is 1, and must",
        ),
        (
            &["--until-decided", "beta", "--min-win-rate", "alpha=0.5"],
            2,
            "leaves that of alpha open",
        ),
        (&["--margin", "0.1"], 2, "--until-decided"),
        (&["--until-decided", "beta", "--retry-failed"], 2, "--retry-failed"),
    ] {
        let said = scene.judge(flags).expect(code);
        assert!(said.stderr.contains(part), "{flags:?}: {}", said.stderr);
    }
    assert_eq!(scene.server.requests(), 0);
    assert!(!scene.folder.path().join("run.db").exists());
}

#[test]
fn the_quoted_interval_is_the_95_percent_one_and_the_gate_takes_the_one_that_decides() {
    let scene = Scene::new(200, mostly_beta);
    let flags = ["--until-decided", "beta", "--error", "0.2", "--min-win-rate", "beta=0.5"];
    let found = document(&scene, &flags, 0);
    let (decided, quoted) =
        (&pair(&found)["win_rate"], &found["judges"][0]["win_rates"][0]["at_every_look"]);
    assert_eq!(
        (&pair(&found)["error"], &found["until_decided"]["error"]),
        (&json!(0.2), &json!(0.2))
    );
    assert_eq!((&decided["value"], &decided["n"]), (&quoted["value"], &quoted["n"]));
    let low = |estimate: &Value| estimate["low"].as_f64().unwrap();
    assert!(low(decided) > 0.5 && low(quoted) < low(decided), "{decided} {quoted}");
    assert_eq!(found["gates"][0]["result"], "passed");
}

#[test]
fn what_failed_for_a_passing_reason_is_asked_again_without_opening_the_question() {
    let scene = Scene::new(100, |seen| match number(seen) % 5 {
        0 => Answer::error(500, "out of order"),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("max_attempts", "1")]);
    let flags = ["--until-decided", "beta"];
    let first = document(&scene, &flags, 5);
    assert_eq!(pair(&first)["finding"], "above");
    let ids = |scene: &Scene| -> BTreeSet<String> {
        scene.server.seen().iter().map(|seen| seen.id.clone()).collect()
    };
    let asked = ids(&scene);
    assert_eq!(first["judges"][0]["planned"], asked.len());
    scene.server.now(|seen| seen.prefers("beta"));
    let second = document(&scene, &flags, 0);
    assert_eq!(ids(&scene), asked, "nothing new is asked");
    assert_eq!(pair(&second)["finding"], "above");
    assert!(scene.outcomes().iter().all(|outcome| outcome == "kept beta"));
}

#[test]
fn what_is_still_open_and_what_a_limit_leaves_out_is_said() {
    let scene = Scene::new(80, |seen| {
        seen.prefers(if number(seen).is_multiple_of(2) { "alpha" } else { "beta" })
    });
    let said = scene.judge(&["--until-decided", "beta", "--max-requests", "20"]).expect(5);
    let text = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("10 of 80 comparisons were asked so far."), "{text}");
    let limited = Scene::new(80, |seen| {
        seen.prefers(if number(seen).is_multiple_of(2) { "alpha" } else { "beta" })
    });
    let found = document(&limited, &["--until-decided", "beta", "--limit", "12"], 0);
    assert_eq!(
        (&found["until_decided"]["planned"], &found["until_decided"]["available"]),
        (&json!(12), &json!(80))
    );
    assert!(found["headline"].as_str().unwrap().contains("12 of 80 comparisons were asked"));
}

#[test]
fn an_endpoint_that_refuses_everything_is_stopped_and_not_waited_for() {
    let scene = Scene::new(100, |_| Answer::error(400, "Nobody understands you"));
    let said = scene.judge(&["--until-decided", "beta"]).expect(4);
    assert!(said.stderr.contains("Nobody understands you"), "{}", said.stderr);
    assert!(scene.server.requests() < 100, "{}", scene.server.requests());
}

#[test]
fn a_budget_that_ends_while_a_comparison_is_left_open_ends_the_command() {
    // The second comparison costs more than is left; those after it would be far ahead of it.
    let scene = Scene::new(100, |seen| seen.prefers("beta"));
    for requests in ["2", "3", "5", "7"] {
        let said = scene.judge(&["--until-decided", "beta", "--max-requests", requests]);
        assert!([0, 5].contains(&said.code), "{requests}: {}", said.stderr);
    }
    let found = document(&scene, &["--until-decided", "beta"], 0);
    assert_eq!(pair(&found)["finding"], "above");
}
