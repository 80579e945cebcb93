//! However a command ends before its time (killed, interrupted, its reader gone), what was
//! answered is kept, and the same command goes on with the rest.

#![cfg(unix)]

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::CommandOutput;
use crate::support::server::{Answer, ClosedPort, ReceivedRequest, Scene, voted};

const COMPARISONS: usize = 480;
const IN_FLIGHT: usize = 8;
const LATENCY_MS: u64 = 70;
/// Milliseconds from the first request of a command to its kill.
const MOMENTS: [u64; 20] =
    [1000, 0, 230, 310, 35, 280, 190, 340, 5, 260, 150, 300, 90, 220, 370, 50, 270, 120, 330, 200];

/// Answers by nothing but the request, so that every run of it comes to the same verdicts.
fn by_request(seen: &ReceivedRequest) -> Answer {
    let number: usize = seen.id[2..].parse().unwrap();
    match (number * 7 + usize::from(seen.first == "alpha") * 3) % 10 {
        0 => Answer::says("Both are fine."),
        1 => seen.prefers("tie"),
        2..=4 => seen.prefers("alpha"),
        _ => seen.prefers("beta"),
    }
}

fn at_work(milliseconds: u64) -> Scene {
    let scene = Scene::new(COMPARISONS, move |seen| by_request(seen).after(milliseconds));
    let in_flight = IN_FLIGHT.to_string();
    scene.settings(&[("max_in_flight", &in_flight), ("max_parse_attempts", "1")]);
    scene
}

#[test]
fn a_run_killed_many_times_ends_like_an_uninterrupted_one() {
    let scene = at_work(LATENCY_MS);
    // Requests that had arrived when it was killed, and the trials that were answered by then.
    let mut kept: Vec<(usize, HashSet<(String, String)>)> = Vec::new();
    for milliseconds in MOMENTS {
        let target = scene.server.requests() + 1;
        let mut child = scene.judge_started(&[]);
        scene.server.wait_for(target);
        std::thread::sleep(Duration::from_millis(milliseconds));
        assert_eq!(child.try_wait().unwrap(), None, "it must be at work when it is killed");
        child.kill().unwrap();
        child.wait().unwrap();
        let now = voted(&scene.verdicts());
        if let Some((_, before)) = kept.last() {
            assert!(before.is_subset(&now), "lost: {:?}", before.difference(&now));
        }
        kept.push((scene.server.requests(), now));
    }
    assert!(!kept[0].1.is_empty(), "something must be stored before the first kill");
    scene.judge(&[]).expect(0);

    let undisturbed = at_work(0);
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
    // Each kill costs what is in flight, and what was answered within the interval of a commit: no more
    // than one answer for each place, which takes longer than that.
    let most = undisturbed.server.requests() + MOMENTS.len() * (IN_FLIGHT + IN_FLIGHT);
    assert!(seen.len() <= most, "{} requests, at most {most} were expected", seen.len());
}

#[test]
fn a_run_killed_while_its_file_is_created_can_be_read_and_started() {
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

pub(crate) fn signal(name: &str, child: &Child) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// Reads stderr up to a line with `word`, and returns what is to be read of it later.
pub(crate) fn heard(child: &mut Child, word: &str) -> BufReader<std::process::ChildStderr> {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it never said `{word}`");
    }
    stderr
}

/// Interrupts a command, again as soon as it says that it is stopping, and expects it to end at once.
pub(crate) fn interrupt_twice(mut child: Child) {
    signal("INT", &child);
    let mut stderr = heard(&mut child, "stopping");
    signal("INT", &child);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    CommandOutput::of(&child.wait_with_output().unwrap()).expect(130);
}

#[test]
fn a_signal_lets_requests_in_flight_finish_and_the_same_command_sends_the_others() {
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
        scene.server.release_held();
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(code);
        assert!(rest.contains("interrupted: 7 comparisons still open"), "{rest}");
        assert!(rest.contains("hint: run the same command"), "{rest}");
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
fn a_second_signal_aborts_requests_in_flight_and_keeps_replies() {
    let scene = Scene::new(3, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => seen.prefers("beta").held(),
    });
    // The fourth request leaves when the second reply is in.
    scene.settings(&[("max_in_flight", "2")]);
    let child = scene.judge_started(&[]);
    scene.server.wait_for(4);
    interrupt_twice(child);
    assert_eq!(scene.outcomes(), ["kept beta", "pending", "pending"]);
}

#[test]
fn a_signal_does_not_wait_for_a_pause_that_the_server_asked_for() {
    let scene = Scene::new(1, |_| Answer::error(429, "later").header("retry-after", "60"));
    let child = scene.judge_started(&[]);
    scene.server.wait_for(2);
    signal("INT", &child);
    CommandOutput::of(&child.wait_with_output().unwrap()).expect(130);
    assert_eq!(scene.outcomes(), ["pending"]);
}

#[test]
fn a_closed_reader_of_stdout_causes_no_panic() {
    let scene = Scene::new(200, |seen| seen.prefers("beta"));
    let mut judge = scene.judge_command(&[]);
    let mut verdicts = scene.command(&["verdicts", "run.db", "--replies"]);
    let mut help = scene.command(&["--help"]);
    for command in [&mut judge, &mut verdicts, &mut help] {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
        assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    }
    assert_eq!(scene.server.requests(), 400);
}

#[test]
fn a_closed_reader_of_stderr_causes_no_panic() {
    let scene = Scene::new(20, |seen| seen.prefers("beta"));
    let mut child = scene.judge_started(&[]);
    drop(child.stderr.take());
    CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 20]);
}

#[test]
fn a_server_that_becomes_unreachable_leaves_an_incomplete_run() {
    let scene = Scene::new(3, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => seen.prefers("beta").held(),
    });
    scene.settings(&[("max_in_flight", "2"), ("total_timeout_s", "2")]);
    let child = scene.judge_started(&[]);
    scene.server.wait_for(4);
    let Scene { folder, server } = scene;
    drop(server);
    let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(5);
    assert!(said.stderr.contains("hint: "), "{}", said.stderr);
    let kept = folder.run(&["verdicts", "run.db"]).expect(0).json_lines();
    assert_eq!(kept.iter().map(|verdict| &verdict["id"]).collect::<Vec<_>>(), ["q-001"]);
}

#[test]
fn an_unreachable_endpoint_exits_with_4() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let port = ClosedPort::new();
    let nobody = format!("\"http://127.0.0.1:{}/v1\"", port.number());
    scene.settings(&[("base_url", &nobody), ("max_attempts", "1")]);
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("cannot connect"), "{}", said.stderr);
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
