//! The log on stderr: what is in it at each level, in both formats, and what never is.

use regex::Regex;
use serde_json::Value;

use crate::support::CommandOutput;
use crate::support::server::{Answer, ClosedPort, KEY, ReceivedRequest, Scene};

const HEADER_SECRET: &str = "hdr-5e4d3c2b1a0f9e8d7c6b";
const REPLY: &str = "REPLY-MARKER-4711";

fn judge(scene: &Scene, flags: &[&str]) -> CommandOutput {
    let mut command = scene.judge_command(flags);
    CommandOutput::of(&command.env("TEST_HEADER", HEADER_SECRET).output().unwrap())
}

/// The lines of the log, without the messages that are printed anyway.
fn log_lines(stderr: &str) -> Vec<String> {
    let is_text =
        Regex::new(r"^\d{4}-\d\d-\d\dT[0-9:.]+Z +(INFO|DEBUG|TRACE|WARN) evenhand::").unwrap();
    let is_log = |line: &&str| match serde_json::from_str::<Value>(line) {
        Ok(event) => event["target"] != "evenhand::message",
        Err(_) => is_text.is_match(line),
    };
    stderr.lines().filter(is_log).map(ToOwned::to_owned).collect()
}

fn joined(said: &CommandOutput) -> String {
    log_lines(&said.stderr).join("\n")
}

/// Quotes the whole request, with key and header, in an error; throttles once; replies unreadably once.
fn talkative(seen: &ReceivedRequest) -> Answer {
    let text = |header: &str| {
        let value = seen.headers.get(header);
        value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let echo = format!("{} {} {}", seen.body, text("authorization"), text("x-gateway-token"));
    match (seen.id.as_str(), seen.before) {
        ("q-001", _) => Answer::error(413, &echo),
        ("q-002", 0) => Answer::error(500, &echo),
        ("q-003", 0) => Answer::error(429, &echo).header("retry-after", "0"),
        ("q-004", 0) => Answer::says(REPLY),
        ("q-005", 0) => Answer::status(200, &echo),
        _ => seen.prefers("beta"),
    }
}

#[test]
fn keys_and_texts_are_in_no_log_of_any_level_and_format() {
    for (at, format) in ["text", "json"].into_iter().enumerate() {
        for verbosity in ["-v", "-vv", "-vvv"] {
            let scene = Scene::new(8, talkative);
            scene.settings(&[("headers", r#"{ "x-gateway-token" = "$TEST_HEADER" }"#)]);
            let said = judge(&scene, &[verbosity, "--log-format", format]).expect(0);
            let log = joined(&said);
            assert!(log.lines().count() > 4, "{at} {verbosity}: {}", said.stderr);
            for hidden in [KEY, &KEY[..16], HEADER_SECRET] {
                assert!(!said.stderr.contains(hidden), "{hidden} in\n{}", said.stderr);
            }
            for text in ["ALPHA", "BETA", "of the exam", "As the script says", REPLY] {
                assert!(!log.contains(text), "{text} in\n{log}");
            }
            let lower = said.stderr.to_lowercase();
            for foreign in ["hyper", "reqwest", "h2::", "rustls"] {
                assert!(!lower.contains(foreign), "{foreign} in\n{}", said.stderr);
            }
        }
    }
}

#[test]
fn nothing_is_logged_unless_it_is_asked_for() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    let said = scene.judge(&[]).expect(0);
    assert!(log_lines(&said.stderr).is_empty(), "{}", said.stderr);
}

#[test]
fn the_first_level_has_plan_and_retries_and_the_second_each_request_and_commit() {
    let scene = Scene::new(8, talkative);
    let said = scene.judge(&["-v"]).expect(0);
    let log = joined(&said);
    for part in [
        "planned run=",
        "items=8 comparisons=8",
        "asking judge=\"judge-1\" model=\"model-of-judge-1\"",
        "retry judge=\"judge-1\" item=\"q-002\" attempt=1 reason=\"temporary failure\" wait_ms=",
        "item=\"q-004\" attempt=1 reason=\"unreadable reply\"",
        "asked requests=",
    ] {
        assert!(log.contains(part), "no `{part}` in\n{log}");
    }
    assert!(!log.contains("DEBUG"), "{log}");

    let said = scene.judge(&["-vv", "--run", "other.db"]).expect(0);
    let log = joined(&said);
    let reply = Regex::new(
        r#"DEBUG evenhand::\S+ reply judge="judge-1" item="q-008" first="(alpha|beta)" repeat=0 attempt=1 status=200 latency_ms=\d+ prompt_tokens=\d+ completion_tokens=\d+ is_readable=true"#,
    )
    .unwrap();
    assert_eq!(reply.find_iter(&log).count(), 2, "{log}");
    let error =
        Regex::new(r#"error judge="judge-1" item="q-001" .*status=413 .*error="request rejected""#);
    assert!(error.unwrap().is_match(&log), "{log}");
    assert!(log.contains("committed attempts="), "{log}");
}

#[test]
fn every_line_of_the_json_format_is_an_object() {
    let scene = Scene::new(8, talkative);
    let said = scene.judge(&["-vv", "--log-format", "json"]).expect(0);
    for line in said.stderr.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        for key in ["timestamp", "level", "target", "message"] {
            assert!(event[key].is_string(), "no {key} in {line}");
        }
    }
    let lines = |level: &str| -> Vec<Value> {
        let events = said.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        events.filter(|event| event["level"] == level).collect()
    };
    let reply = lines("DEBUG").into_iter().find(|event| event["message"] == "reply").unwrap();
    assert_eq!((&reply["judge"], &reply["status"]), (&"judge-1".into(), &200.into()));
    assert!(
        lines("WARN").iter().any(|event| event["message"].as_str().unwrap().contains("failed"))
    );

    let failed = scene.run(&["verdicts", "none.db", "--log-format", "json"]).expect(3);
    let event: Value = serde_json::from_str(failed.stderr.trim()).unwrap();
    assert_eq!((&event["level"], &event["target"]), (&"ERROR".into(), &"evenhand::message".into()));
    assert!(event["message"].as_str().unwrap().contains("none.db"));
    assert!(event["hint"].as_str().unwrap().contains("check the path"));
}

#[test]
fn a_command_line_that_cannot_be_parsed_is_an_object_too() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let json = ["--log-format", "json"];
    let faults: [(&[&str], &str); 6] = [
        (&["judge", "--bogus"], "--bogus"),
        (&["judge", "items.jsonl"], "required arguments were not provided"),
        (&["show", "run.db", "--limit", "none"], "invalid value 'none' for '--limit <N>'"),
        (&["show", "run.db", "--format", "\u{1b}[31m\u{202e}"], "invalid value"),
        (&["shwo"], "shwo"),
        (&[], "requires a subcommand"),
    ];
    let expect_objects = |said: &CommandOutput, part: &str| {
        assert_eq!(said.stdout, "");
        assert!(!said.stderr.is_empty(), "{part}");
        assert!(!said.stderr.contains(['\u{1b}', '\u{202e}']), "{}", said.stderr);
        for line in said.stderr.lines() {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert_eq!(
                (&event["level"], &event["target"]),
                (&"ERROR".into(), &"evenhand::message".into())
            );
            let message = event["message"].as_str().unwrap();
            assert!(message.contains(part) && !message.starts_with("error"), "{message}");
        }
    };
    for (arguments, part) in faults {
        expect_objects(&scene.run(&[arguments, &json].concat()).expect(2), part);
        let mut command = scene.command(arguments);
        let output = command.env("EVENHAND_LOG_FORMAT", "json").output().unwrap();
        expect_objects(&CommandOutput::of(&output).expect(2), part);
        let mut command = scene.command(&[arguments, &["--log-format=text"]].concat());
        let output = command.env("EVENHAND_LOG_FORMAT", "json").output().unwrap();
        let text = CommandOutput::of(&output).expect(2).stderr;
        assert!(serde_json::from_str::<Value>(text.lines().next().unwrap()).is_err(), "{text}");
    }
    let with = |name: &str, value: &str| {
        let mut command = scene.judge_command(&json);
        CommandOutput::of(&command.env(name, value).output().unwrap()).expect(2)
    };
    let said = with("EVENHAND_MAX_COST", "five");
    expect_objects(&said, "invalid value 'five'");
    let event: Value = serde_json::from_str(said.stderr.trim()).unwrap();
    assert!(event["details"].as_str().unwrap().contains("EVENHAND_MAX_COST"), "{event}");
    expect_objects(&with("EVENHAND_LOG", "loud"), "EVENHAND_LOG: `loud`");
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn the_filter_of_the_environment_chooses_level_and_module_and_a_flag_takes_precedence() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    let log = |variable: &str, flags: &[&str]| {
        let run = format!("{}.db", scene.server.requests());
        let mut command = scene.judge_command(&[&["--run", &run], flags].concat());
        let output = command.env("EVENHAND_LOG", variable).output().unwrap();
        joined(&CommandOutput::of(&output).expect(0))
    };
    let all = log("debug", &[]);
    assert!(all.contains("planned") && all.contains("DEBUG"), "{all}");
    let one = log("evenhand::store=debug", &[]);
    assert!(one.contains("committed") && !one.contains("planned"), "{one}");
    let info = log("debug", &["-v"]);
    assert!(info.contains("planned") && !info.contains("DEBUG"), "{info}");
    assert_eq!(log("off", &[]), "");
}

#[test]
fn what_is_negotiated_with_a_server_is_logged() {
    let scene = Scene::new(3, |seen| {
        if seen.has("temperature") {
            Answer::error(400, "temperature is not supported")
        } else {
            seen.prefers("beta")
        }
    });
    let log = joined(&scene.judge(&["-v"]).expect(0));
    assert!(log.contains("sent once more, changed change=OmitTemperature"), "{log}");
    assert!(log.contains("all requests are changed"), "{log}");
    assert!(!log.contains("not supported"), "{log}");
}

#[test]
fn a_replica_that_fails_is_logged_by_host_and_port() {
    let scene = Scene::new(12, |seen| seen.prefers("beta"));
    let port = ClosedPort::new();
    let closed = format!("http://127.0.0.1:{}/v1", port.number());
    let urls = format!("{:?}", [scene.server.base_url(), closed]);
    scene.settings(&[("base_urls", &urls)]);
    let log = joined(&scene.judge(&["-v"]).expect(0));
    let rests = format!("replica rests replica=\"127.0.0.1:{}\"", port.number());
    assert!(log.contains(&rests), "{log}");
}

#[test]
fn where_no_server_answers_the_log_has_the_address_and_what_the_system_says() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let port = ClosedPort::new();
    let address = format!("127.0.0.1:{}", port.number());
    let url = format!("{:?}", format!("http://{address}/v1"));
    scene.settings(&[("base_url", &url), ("max_attempts", "1")]);
    let log = joined(&scene.judge(&["-vv"]).expect(4));
    let error = log.lines().find(|line| line.contains("error=")).unwrap();
    assert!(error.contains(&address) && error.contains("refused"), "{error}");
    assert!(!log.contains(KEY), "{log}");
}

#[test]
fn a_pause_of_all_requests_the_budget_and_a_stopped_judge_are_logged() {
    let scene = Scene::new(4, |seen| match seen.before {
        0 => Answer::error(429, "slow down").header("retry-after", "1"),
        _ => seen.prefers("beta"),
    });
    let log = joined(&scene.judge(&["-v", "--max-requests", "6"]).expect(5));
    let pause = Regex::new(
        r#"all requests wait judge="judge-1" reason="the server asked to wait" pause_ms=\d+"#,
    );
    assert!(pause.unwrap().is_match(&log), "{log}");
    assert!(log.contains("budget reached requests_left="), "{log}");

    let scene = Scene::new(40, |_| Answer::error(401, "no"));
    let log = joined(&scene.judge(&["-v"]).expect(4));
    let stopped = "judge stopped judge=\"judge-1\" reason=\"every request is rejected\"";
    assert!(log.contains(stopped), "{log}");
}

#[test]
fn control_characters_of_files_reach_no_terminal_by_the_log() {
    let scene = Scene::new(1, |seen| seen.prefers("tie"));
    let item = r#"{"id":"q\u001b[31m\n2026-01-01T00:00:00Z  INFO evenhand: forged\u202e","prompt":"Question q-001 ALPHA on q-001.","responses":{"alpha":"ALPHA on q-001.","beta":"BETA on q-001."}}"#;
    scene.folder.write("items.jsonl", item);
    for format in ["text", "json"] {
        let said = scene.judge(&["-vv", "--log-format", format, "--run", &format!("{format}.db")]);
        let said = said.expect(0);
        let is_safe = |char: char| char == '\n' || (!char.is_control() && char != '\u{202e}');
        assert!(said.stderr.chars().all(is_safe), "{}", said.stderr);
        assert!(!said.stderr.lines().any(|line| line.starts_with("2026-01-01T00:00:00Z")));
    }
}
