//! What identifies a run whose judge's server is started: the words of its command, and not its port.

use crate::support::server::Scene;

#[test]
fn a_resumed_run_has_another_port_and_is_the_same() {
    let scene = Scene::started(2, "plain", &[], |seen| seen.prefers("beta"));
    scene.judge(&["--limit", "1"]).expect(0);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 2]);
    assert_eq!(scene.server.requests(), 4, "nothing is asked twice");
    let starts = scene.starts();
    assert_eq!(starts.len(), 2);
    let settings = [("replicas", "2"), ("start_timeout_s", "99"), ("max_in_flight", "3")];
    scene.start_by(&scene.command_of_server("plain"), &settings);
    scene.judge(&[]).expect(0);
}

#[test]
fn another_command_is_another_judge() {
    let scene = Scene::started(1, "plain", &[], |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    scene.start_by(&scene.command_of_server("plain,no_health"), &[]);
    let said = scene.judge(&[]).expect(7);
    let expected = "run.db: this is another run: judges.judge-1.start differs";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    assert!(said.stderr.contains("the run file has \"env, command "), "{}", said.stderr);
    scene.settings(&[]);
    let said = scene.judge(&[]).expect(7);
    assert!(said.stderr.contains("judges.judge-1.start differs"), "{}", said.stderr);
    assert_eq!(scene.starts().len(), 1, "nothing is started for a run that is refused");
    // What was asked is the same, so that replies can be copied.
    let said = scene.judge(&["--run", "other.db", "--reuse", "run.db"]).expect(0);
    assert!(said.stderr.contains("2 trials answered by copied replies"), "{}", said.stderr);
    let differences = scene.run(&["diff", "run.db", "other.db"]).expect(0);
    assert!(differences.stdout.contains("start"), "{}", differences.stdout);
}

#[test]
fn nothing_secret_of_a_command_is_stored_or_shown() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let secret = "hf-0123456789abcdef";
    let server = scene.command_of_server("plain");
    scene.start_by(&format!("env HF_TOKEN={secret} {server} --api-key {secret}"), &[]);
    // The server ends, as it does not know this option; what it says of it is shown, so it is not looked at.
    scene.judge(&[]).expect(4);
    scene.start_by(&format!("env HF_TOKEN={secret} {server}"), &[]);
    let mut said = scene.judge(&["-vv"]).expect(0).stderr;
    let flags = ["items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    said += &scene.run(&[&["check"], &flags[..]].concat()).expect(0).stdout;
    said += &scene.run(&["report", "run.db", "--format", "json"]).expect(0).stdout;
    said += &scene.run(&["report", "run.db", "--format", "html"]).expect(0).stdout;
    assert!(said.contains("HF_TOKEN=…") && said.contains("env, command "), "{said}");
    assert!(!said.contains(secret), "{said}");
    let stored = std::fs::read(scene.folder.path().join("run.db")).unwrap();
    let found = |text: &str| stored.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(found("env, command ") && !found(secret) && !found("STARTED_MODE"));
}
