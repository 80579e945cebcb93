//! What identifies a run whose judge is a program, and what is shown of it.

use super::{Scene, assert_says};
use crate::support::CommandOutput;

#[test]
fn another_command_or_model_is_another_run_and_other_settings_are_not() {
    let scene = Scene::answering(1, "beta", "");
    scene.judge(&[]).expect(0);
    let begun = scene.groups().len();
    scene.settings("\"sh 'judge.sh'\"", "processes = 3\ntimeout_s = 9\nmax_in_flight = 7");
    scene.judge(&[]).expect(0);
    scene.settings("\"sh judge.sh --strict\"", "");
    let said = scene.judge(&[]).expect(7);
    assert_says(&said.stderr, &["judges.judge-1.command differs", "\"sh, command "]);
    scene.settings("\"sh judge.sh\"", "model = \"other\"");
    let said = scene.judge(&[]).expect(7);
    assert_says(&said.stderr, &["judges.judge-1.model differs"]);
    for (setting, value) in [("temperature", "1.0"), ("max_tokens", "100")] {
        scene.settings("\"sh judge.sh\"", &format!("{setting} = {value}"));
        let said = scene.judge(&[]).expect(7);
        assert_says(&said.stderr, &[&format!("judges.judge-1.{setting} differs")]);
    }
    scene.settings("\"sh judge.sh\"", "model = \"other\"");
    assert_eq!(scene.groups().len(), begun, "nothing is started for a run that is refused");

    scene.judge(&["--run", "other.db"]).expect(0);
    let differences = scene.folder.run(&["diff", "run.db", "other.db"]).expect(0);
    assert_says(&differences.stdout, &["model"]);
    let html = scene.folder.run(&["report", "run.db", "--format", "html"]).expect(0).stdout;
    assert_says(&html, &["the program sh, command "]);
}

#[test]
fn check_shows_the_program_and_does_not_start_it() {
    let scene = Scene::answering(1, "beta", "processes = 2");
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let said = scene.folder.run(&check).expect(0);
    assert_says(
        &said.stdout,
        &[
            "program   sh judge.sh; at most 2 processes; not started by this check",
            "model = \"judge-1\", temperature = 0.0, max_tokens = 4096, response_format = json_schema",
        ],
    );
    assert_eq!(scene.groups(), [] as [u32; 0]);
}

#[test]
fn nothing_secret_of_a_command_is_stored_or_shown() {
    let secret = "sk-0123456789abcdef";
    let scene = Scene::answering(1, "beta", "");
    scene.settings(&format!("[\"sh\", \"judge.sh\", \"--api-key\", \"{secret}\"]"), "");
    let mut said = scene.judge(&["-vv"]).expect(0).stderr;
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    said += &scene.folder.run(&check).expect(0).stdout;
    said += &scene.folder.run(&["report", "run.db", "--format", "json"]).expect(0).stdout;
    assert_says(&said, &["sh judge.sh --api-key …"]);
    assert!(!said.contains(secret), "{said}");
    let run = std::fs::read(scene.folder.path().join("run.db")).unwrap();
    assert!(!run.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()));
}

#[test]
fn a_program_inherits_the_environment_and_no_shell_reads_its_words() {
    let words = "printf '%s\\n' \"$2\" \"$3\" \"$HOUSE_KEY\" >\"$here/words.log\"";
    let scene = Scene::answering(1, &format!("{words}; beta"), "");
    for (run, command) in [
        ("list.db", r#"["sh", "judge.sh", "-k", "$HOME;*", "a b"]"#),
        ("text.db", r#""sh judge.sh -k '$HOME;*' 'a b'""#),
    ] {
        scene.settings(command, "");
        let mut judge = scene.folder.judge_command(&["--run", run]);
        let output = judge.env("HOUSE_KEY", "key-1").output().unwrap();
        CommandOutput::of(&output).expect(0);
        assert_eq!(scene.log("words.log"), ["$HOME;*", "a b", "key-1"]);
        std::fs::remove_file(scene.folder.path().join("words.log")).unwrap();
    }
}

#[test]
fn a_program_is_run_in_the_folder_of_the_settings() {
    let scene = Scene::answering(1, "beta", "");
    scene.folder.write("elsewhere/judge.sh", "#!/bin/sh\nexec sh ../judge.sh\n");
    scene
        .folder
        .write("elsewhere/evenhand.toml", "[judges.judge-1]\ncommand = \"sh ./judge.sh\"\n");
    scene.judge(&["--config", "elsewhere/evenhand.toml"]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
}
