//! However a command ends before its time (killed, interrupted, out of budget, its reader gone), what was
//! answered is kept, and the same command goes on with the rest.

#![cfg(unix)]

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::server::{Answer, Scene, Seen, attempts, completion};
use crate::support::Said;

const COMPARISONS: usize = 120;
const IN_FLIGHT: usize = 8;
const LATENCY_MS: u64 = 20;
/// Requests to wait for, and milliseconds beyond that, before each kill.
const MOMENTS: [(usize, u64); 8] =
    [(1, 0), (12, 35), (20, 5), (2, 90), (25, 50), (16, 20), (30, 0), (22, 65)];

/// Answers by nothing but the request, so that every run of it comes to the same verdicts.
fn by_request(seen: &Seen) -> Answer {
    let number: usize = seen.id[2..].parse().unwrap();
    let answer = match (number * 7 + usize::from(seen.first == "alpha") * 3) % 10 {
        0 => Answer::says("Both are fine."),
        1 => seen.prefers("tie"),
        2..=4 => seen.prefers("alpha"),
        _ => seen.prefers("beta"),
    };
    answer.after(LATENCY_MS)
}

fn at_work() -> Scene {
    let scene = Scene::new(COMPARISONS, by_request);
    let in_flight = IN_FLIGHT.to_string();
    scene.settings(&[("max_in_flight", &in_flight), ("max_parse_attempts", "1")]);
    scene
}

/// The orders that have a vote already, as (id, first).
fn voted(scene: &Scene) -> HashSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let verdicts = scene.verdicts();
    let orders = verdicts.iter().flat_map(|verdict| {
        let orders = verdict["orders"].as_array().unwrap().iter();
        orders.map(move |order| (text(&verdict["id"]), order))
    });
    let voted = orders.filter(|(_, order)| order["vote"].is_string());
    voted.map(|(id, order)| (id, text(&order["first"]))).collect()
}

#[test]
fn a_run_killed_again_and_again_ends_as_if_nothing_had_happened() {
    let scene = at_work();
    let mut kept = Vec::new();
    for (requests, milliseconds) in MOMENTS {
        let target = scene.server.requests() + requests;
        let mut child = scene.judge_started(&[]);
        scene.server.wait_for(target);
        std::thread::sleep(Duration::from_millis(milliseconds));
        assert_eq!(child.try_wait().unwrap(), None, "it must be at work when it is killed");
        child.kill().unwrap();
        child.wait().unwrap();
        kept.push((scene.server.requests(), voted(&scene)));
    }
    assert!(kept.iter().any(|(_, voted)| !voted.is_empty()));
    scene.judge(&[]).expect(0);

    let undisturbed = at_work();
    undisturbed.judge(&[]).expect(0);
    let lines = |scene: &Scene| scene.run(&["verdicts", "run.db", "--all"]).expect(0).stdout;
    assert_eq!(lines(&scene), lines(&undisturbed));

    let seen = scene.server.seen();
    for (asked, voted) in &kept {
        let again = seen[*asked..]
            .iter()
            .find(|seen| voted.contains(&(seen.id.clone(), seen.first.to_owned())));
        assert!(again.is_none(), "asked again although its reply was stored: {again:?}");
    }
    let held_by_60_ms = IN_FLIGHT * usize::try_from(60 / LATENCY_MS).unwrap();
    let most = undisturbed.server.requests() + MOMENTS.len() * (IN_FLIGHT + held_by_60_ms);
    assert!(seen.len() <= most, "{} requests, at most {most} were expected", seen.len());
}

#[test]
fn a_run_killed_while_its_file_is_made_can_be_read_and_begun() {
    for milliseconds in (2..=47).step_by(5) {
        let scene = Scene::new(1, |seen| seen.prefers("beta"));
        let mut child = scene.judge_started(&[]);
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let said = scene.run(&["verdicts", "run.db"]);
        assert!([0, 3].contains(&said.code), "after {milliseconds} ms: {said:?}");
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), ["kept beta"], "after {milliseconds} ms");
    }
}

fn signal(name: &str, child: &Child) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// Reads stderr up to a line with `word`, and returns what is to be read of it later.
fn heard(child: &mut Child, word: &str) -> BufReader<std::process::ChildStderr> {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it never said `{word}`");
    }
    stderr
}

#[test]
fn a_signal_lets_what_is_in_flight_come_home_and_the_same_command_asks_the_rest() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let scene = Scene::new(10, |seen| match seen.id.as_str() {
            "q-001" => seen.prefers("beta"),
            _ => seen.prefers("beta").held(),
        });
        scene.settings(&[("max_in_flight", "4")]);
        let mut child = scene.judge_started(&[]);
        scene.server.wait_for(6);
        signal(name, &child);
        let mut stderr = heard(&mut child, "4 requests in flight");
        scene.server.let_go();
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        let said = Said::of(&child.wait_with_output().unwrap()).expect(code);
        assert!(rest.contains("interrupted: 7 comparisons are open"), "{rest}");
        assert!(rest.contains("hint: the same command"), "{rest}");
        assert!(said.stdout.contains("pending"), "what there is, is shown: {}", said.stdout);
        let mut expected = vec!["kept beta"; 3];
        expected.extend(["pending"; 7]);
        assert_eq!(scene.outcomes(), expected);

        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 10]);
        assert_eq!(scene.server.requests(), 20, "nothing is asked twice");
    }
}

#[test]
fn a_second_signal_aborts_what_is_in_flight_and_keeps_what_was_answered() {
    let scene = Scene::new(3, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => seen.prefers("beta").held(),
    });
    // The fourth request leaves when the second reply is in.
    scene.settings(&[("max_in_flight", "2")]);
    let mut child = scene.judge_started(&[]);
    scene.server.wait_for(4);
    signal("INT", &child);
    let mut stderr = heard(&mut child, "stopping");
    signal("INT", &child);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    Said::of(&child.wait_with_output().unwrap()).expect(130);
    assert_eq!(scene.outcomes(), ["kept beta", "pending", "pending"]);
}

#[test]
fn a_signal_does_not_wait_for_a_pause_that_the_server_asked_for() {
    let scene = Scene::new(1, |_| Answer::error(429, "later").header("retry-after", "60"));
    let child = scene.judge_started(&[]);
    scene.server.wait_for(2);
    signal("INT", &child);
    Said::of(&child.wait_with_output().unwrap()).expect(130);
    assert_eq!(scene.outcomes(), ["pending"]);
}

#[test]
fn a_reader_of_stdout_that_goes_away_is_no_panic() {
    let scene = Scene::new(200, |seen| seen.prefers("beta"));
    let mut judge = scene.judge_command(&[]);
    let mut verdicts = scene.command(&["verdicts", "run.db", "--replies"]);
    let mut help = scene.command(&["--help"]);
    for command in [&mut judge, &mut verdicts, &mut help] {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = Said::of(&child.wait_with_output().unwrap()).expect(0);
        assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    }
    assert_eq!(scene.server.requests(), 400);
}

#[test]
fn a_reader_of_stderr_that_goes_away_is_no_panic() {
    let scene = Scene::new(20, |seen| seen.prefers("beta"));
    let mut child = scene.judge_started(&[]);
    drop(child.stderr.take());
    Said::of(&child.wait_with_output().unwrap()).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 20]);
}

#[test]
fn a_server_that_goes_away_leaves_an_incomplete_run() {
    let scene = Scene::new(3, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => seen.prefers("beta").held(),
    });
    scene.settings(&[("max_in_flight", "2")]);
    let child = scene.judge_started(&[]);
    scene.server.wait_for(4);
    let Scene { folder, server } = scene;
    drop(server);
    let said = Said::of(&child.wait_with_output().unwrap()).expect(5);
    assert!(said.stderr.contains("hint: "), "{}", said.stderr);
    let kept = folder.run(&["verdicts", "run.db"]).expect(0).json_lines();
    assert_eq!(kept.iter().map(|verdict| &verdict["id"]).collect::<Vec<_>>(), ["q-001"]);
}

#[test]
fn max_requests_allows_as_many_comparisons_as_it_has_requests_for() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    let said = scene.judge(&["--max-requests", "5"]).expect(5);
    assert!(said.stderr.contains("budget"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 4);
    assert_eq!(scene.outcomes(), ["kept beta", "kept beta", "pending"]);
    scene.judge(&["--max-requests", "1"]).expect(5);
    assert_eq!(scene.server.requests(), 4, "half a comparison is not begun");
    scene.judge(&["--max-requests", "2"]).expect(0);
    assert_eq!(scene.server.requests(), 6);
}

#[test]
fn max_requests_stops_between_comparisons() {
    let arrived = AtomicUsize::new(0);
    let scene = Scene::new(5, move |seen| {
        // The first comparison ends while the second is out and the third has a place for one order only.
        let latency = match arrived.fetch_add(1, Ordering::Relaxed) {
            0 => 5,
            1 => 60,
            _ => 300,
        };
        seen.prefers("beta").after(latency)
    });
    scene.settings(&[("max_in_flight", "3")]);
    scene.judge(&["--max-requests", "7"]).expect(5);
    let seen = scene.server.seen();
    for id in (1..=5).map(|number| format!("q-{number:03}")) {
        let asked = seen.iter().filter(|seen| seen.id == id).count();
        assert!([0, 2].contains(&asked), "{id} was asked {asked} times of {}", seen.len());
    }
}

#[test]
fn max_requests_counts_what_is_asked_again() {
    let scene = Scene::new(3, |_| Answer::says("I cannot say."));
    scene.settings(&[("max_parse_attempts", "5")]);
    scene.judge(&["--max-requests", "7"]);
    assert!(scene.server.requests() <= 7, "{} requests", scene.server.requests());
}

/// A dollar is a thousand tokens of a reply, and a reply has 100 at most: 0.10 in the worst case.
const PRICE: [(&str, &str); 2] =
    [("max_tokens", "100"), ("price", "{ input_per_million = 0.0, output_per_million = 1000.0 }")];

fn cost(scene: &Scene) -> f64 {
    let verdicts = scene.verdicts();
    let orders = verdicts.iter().flat_map(|verdict| [0, 1].map(|order| attempts(verdict, order)));
    orders.flatten().filter_map(|attempt| attempt["cost_usd"].as_f64()).sum()
}

#[test]
fn max_cost_is_never_exceeded_over_all_invocations() {
    let scene = Scene::new(10, |seen| seen.prefers("beta"));
    scene.judge(&["--max-cost", "0.30"]).expect(3);
    assert_eq!(scene.server.requests(), 0, "without a price nothing is sent");
    scene.settings(&PRICE);
    let mut before = usize::MAX;
    while before != scene.server.requests() {
        before = scene.server.requests();
        scene.judge(&["--max-cost", "0.30"]).expect(5);
    }
    // Replies cost 0.02; the last comparison that is begun needs 0.20 for its worst case.
    assert_eq!(scene.server.requests(), 6);
    assert!((cost(&scene) - 0.12).abs() < 1e-9, "{}", cost(&scene));
    scene.judge(&["--max-cost", "2"]).expect(0);
    assert!((cost(&scene) - 0.40).abs() < 1e-9, "{}", cost(&scene));
}

#[test]
fn a_reply_of_unknown_cost_counts_as_its_worst_case_in_the_next_invocation_too() {
    let scene = Scene::new(3, |seen| {
        let mut body = completion(&seen.verdict("beta"));
        body.as_object_mut().unwrap().remove("usage").unwrap();
        Answer::json(200, &body)
    });
    scene.settings(&PRICE);
    scene.judge(&["--max-cost", "0.20"]).expect(5);
    assert_eq!(scene.server.requests(), 2);
    scene.judge(&["--max-cost", "0.20"]).expect(5);
    assert_eq!(scene.server.requests(), 2, "0.20 may be spent already");
}

#[test]
fn an_endpoint_that_cannot_be_reached_ends_with_4() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let nobody = format!("\"http://127.0.0.1:{port}/v1\"");
    scene.settings(&[("base_url", &nobody), ("max_attempts", "1")]);
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("cannot be reached"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["pending"]);
}

#[test]
fn a_judge_whose_endpoint_refuses_everything_does_not_stop_the_other_judges() {
    let scene = Scene::new(4, |seen| match seen.model() {
        "model-of-two" => Answer::error(401, "Incorrect API key provided"),
        _ => seen.prefers("beta").after(20),
    });
    let two = scene.judge_table("one", &[]) + &scene.judge_table("two", &[]);
    scene.folder.write("evenhand.toml", &two);
    let said = scene.judge(&["--judge", "one", "--judge", "two"]).expect(4);
    assert!(said.stderr.contains("two: HTTP 401: Incorrect API key"), "{}", said.stderr);
    let kept = scene.run(&["verdicts", "run.db", "--judge", "one"]).expect(0).json_lines();
    assert_eq!(kept.len(), 4);
    assert_eq!(scene.outcomes(), ["pending"; 4]);
}
