//! From the command until the server is ready, or does not become so.

use crate::support::server::Scene;
use crate::support::started_server::PORT_HEADER;

#[test]
fn a_server_is_started_on_a_free_port_asked_and_stopped() {
    let scene = Scene::started(3, "plain", &[], |seen| seen.prefers("beta"));
    let said = scene.judge(&[]).expect(0);
    let command = scene.command_of_server("plain");
    assert!(said.stderr.contains(&format!("starting judge-1: {command}")), "{}", said.stderr);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 3]);
    let [started] = &scene.starts()[..] else { panic!("{:?}", scene.starts()) };
    for seen in scene.server.seen() {
        assert_eq!(seen.path, "/v1/chat/completions");
        assert_eq!(seen.headers[PORT_HEADER], started.port.to_string());
    }
    scene.assert_nothing_runs();
}

#[test]
fn a_server_that_still_loads_is_waited_for() {
    for mode in ["loading=4", "no_health"] {
        let scene = Scene::started(1, mode, &[], |seen| seen.prefers("beta"));
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), ["kept beta"], "{mode}");
        assert_eq!(scene.starts().len(), 1, "{mode}");
        scene.assert_nothing_runs();
    }
}

#[test]
fn a_server_that_is_not_ready_in_time_is_stopped_and_nothing_is_asked() {
    for (mode, seen) in [("loading=1000000", "GET /health: HTTP 503"), ("silent", "did not listen")]
    {
        let limit = [("start_timeout_s", "2")];
        let scene = Scene::started(1, mode, &limit, |seen| seen.prefers("beta"));
        let said = scene.judge(&[]).expect(4);
        let expected = "judge-1: the server was not ready within 2 s (start_timeout_s)";
        assert!(said.stderr.contains(expected) && said.stderr.contains(seen), "{}", said.stderr);
        assert!(said.stderr.contains("hint: "), "{}", said.stderr);
        assert_eq!(scene.outcomes(), ["pending"], "{mode}");
        assert_eq!(scene.server.requests(), 0);
        scene.assert_nothing_runs();
    }
}

#[test]
fn a_server_that_dies_at_once_says_why_without_control_characters() {
    let scene = Scene::started(2, "dies", &[], |seen| seen.prefers("beta"));
    let said = scene.judge(&[]).expect(4);
    let expected = "error: judge-1: the server ended with exit code 3 before it was ready; the last lines that it \
                    printed:\n";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    for line in ["\n  loading model.gguf\n", "\n  error: model.gguf has "] {
        assert!(said.stderr.contains(line), "{}", said.stderr);
    }
    assert!(!said.stderr.contains(['\u{1b}', '\u{7}']), "{}", said.stderr);
    assert_eq!(scene.starts().len(), 1, "another port would not help");
    assert_eq!(scene.outcomes(), ["pending"; 2]);
    scene.assert_nothing_runs();
}

#[test]
fn a_port_that_another_program_takes_is_given_up_and_that_program_is_asked_nothing() {
    let scene = Scene::started(2, "late_once", &[], |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 2]);
    let [late, stranger, started] = &scene.starts()[..] else { panic!("{:?}", scene.starts()) };
    assert_eq!(late.port, stranger.port);
    assert_ne!(late.port, started.port);
    for seen in scene.server.seen() {
        assert_eq!(seen.headers[PORT_HEADER], started.port.to_string());
    }
    let kill = std::process::Command::new("kill").arg(stranger.process.to_string()).status();
    assert!(kill.unwrap().success(), "a program that evenhand has not started goes on");
    scene.assert_nothing_runs();
}

#[test]
fn a_program_that_does_not_exist_or_cannot_be_started_is_bad_input() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.folder.write("not-executable", "text");
    for (command, expected) in [
        (
            "no-such-program-7 --port {port}",
            "cannot start `no-such-program-7 --port {port}`: No such file",
        ),
        ("./no/such/program {port}", "cannot start `./no/such/program {port}`: No such file"),
        ("./not-executable {port}", "Permission denied"),
    ] {
        scene.start_by(command, &[]);
        let said = scene.judge(&[]).expect(3);
        assert!(said.stderr.contains("error: judges.judge-1.start: "), "{}", said.stderr);
        assert!(
            said.stderr.contains(expected) && said.stderr.contains("hint: "),
            "{}",
            said.stderr
        );
    }
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn a_command_is_run_in_the_folder_of_the_settings_file() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let server = scene.command_of_server("plain");
    scene.folder.write(
        "project/serve.sh",
        &format!("#!/bin/sh\nport=$1\nexec {}\n", server.replace("{port}", "$port")),
    );
    scene.start_by("sh -c 'chmod +x serve.sh && exec ./serve.sh {port}'", &[]);
    std::fs::rename(
        scene.folder.path().join("evenhand.toml"),
        scene.folder.path().join("project/evenhand.toml"),
    )
    .unwrap();
    scene.judge(&["--config", "project/evenhand.toml"]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    // Now the file can be executed.
    let text = format!("{:?}", "./serve.sh {port}");
    let table = scene.judge_table("judge-1", &[("start", &text)]);
    scene.folder.write("project/evenhand.toml", &table);
    scene.judge(&["--config", "project/evenhand.toml", "--run", "other.db"]).expect(0);
}

#[test]
fn a_server_is_not_started_where_there_is_nothing_to_ask() {
    let scene = Scene::started(2, "plain", &[], |seen| seen.prefers("beta"));
    let said = scene
        .run(&["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"])
        .expect(0);
    let expected = format!("endpoint  started by {}", scene.command_of_server("plain"));
    assert!(said.stdout.contains(&expected), "{}", said.stdout);
    assert_eq!(scene.starts(), []);
    scene.judge(&["--max-requests", "1"]).expect(2);
    assert_eq!(scene.starts(), []);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.starts().len(), 1);
    scene.judge(&[]).expect(0);
    scene.judge(&["--retry-failed"]).expect(0);
    assert_eq!(scene.starts().len(), 1, "the run is complete");
}

#[test]
fn a_judge_that_does_not_start_does_not_stop_the_other_judges_of_a_jury() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    let started = |name: &str, mode: &str| {
        let command = format!("{:?}", scene.command_of_server(mode));
        scene.judge_table(name, &[("start", &command)])
    };
    let jury = [started("one", "plain"), started("two", "dies"), started("three", "plain")];
    scene.folder.write("evenhand.toml", &jury.concat());
    let flags = ["--judge", "one", "--judge", "two", "--judge", "three"];
    let said = scene.judge(&flags).expect(4);
    assert!(
        said.stderr.contains("error: two: the server ended with exit code 3"),
        "{}",
        said.stderr
    );
    for judge in ["one", "three"] {
        let kept = scene.run(&["verdicts", "run.db", "--judge", judge]).expect(0).json_lines();
        assert_eq!(kept.len(), 2, "{judge}");
    }
    let mut ports: Vec<u16> = scene.starts().iter().map(|started| started.port).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 3, "each has its own port");
    scene.assert_nothing_runs();
}

#[test]
fn a_try_of_a_rubric_starts_the_server_too() {
    let scene = Scene::started(6, "plain", &[], |seen| seen.prefers("beta"));
    let label =
        |number: usize| format!(r#"{{"id":"q-{number:03}","annotator":"ana","winner":"beta"}}"#);
    let labels: Vec<String> = (1..=6).map(label).collect();
    scene.folder.write("labels.jsonl", &labels.join("\n"));
    let task = ["rubric", "try", "helpfulness", "items.jsonl", "--judge", "judge-1"];
    scene.run(&[&task[..], &["--labels", "labels.jsonl"]].concat()).expect(0);
    assert_eq!(scene.starts().len(), 1);
    assert!(scene.server.requests() > 0);
    scene.assert_nothing_runs();
}
