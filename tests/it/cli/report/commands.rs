//! The commands that a report's checklist shows.

use serde_json::Value;

use super::{read, report, sliced};
use crate::support::labelled_run::Row;
use crate::support::server::Scene;
use crate::support::{CommandOutput, Folder};

/// The commands of the checklist of a report.
fn commands(folder: &Folder, flags: &[&str]) -> Vec<String> {
    let found = report(folder, &[flags, &["--format", "json"]].concat()).expect(0);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let entries = found["checklist"].as_array().unwrap().iter();
    entries.filter_map(|entry| entry["command"].as_str().map(ToOwned::to_owned)).collect()
}

/// Runs a command as someone would who has copied it.
#[cfg(unix)]
fn run_in_a_shell(folder: &Folder, command: &str) -> CommandOutput {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_evenhand")).parent().unwrap();
    let command = command.replace("ITEMS", "items.jsonl").replace("RUBRIC", "./r.toml");
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", &command]).current_dir(folder.path());
    shell.env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    // The key of a scripted server, whose requests no proxy receives.
    shell.env("TEST_JUDGE_KEY", "sk-test").env("NO_PROXY", "127.0.0.1");
    CommandOutput::of(&shell.output().unwrap())
}

#[cfg(unix)]
#[test]
fn every_command_of_the_checklist_runs_as_it_is_shown() {
    let mut spec = sliced();
    spec.rows.push(Row::new("q999", ["alpha", "beta"], "?/b", ""));
    let judged = spec.judged();
    let folder = &judged.folder;
    // The label file has the name that a sample would have.
    let labels = read(folder, "labels.jsonl");
    folder.write("form.jsonl", &labels);
    let again = read(folder, "r.toml");
    folder.write("again.toml", &again);
    std::fs::create_dir_all(folder.path().join("other")).unwrap();
    folder.write("other/settings.toml", "");
    let with_labels = ["--labels", "form.jsonl"];
    let other = ["--rubric", "./again.toml", "--config", "evenhand.toml", "--items", "items.jsonl"];
    let mut all = Vec::new();
    for flags in [
        vec![],
        with_labels.to_vec(),
        [&with_labels[..], &other].concat(),
        [&with_labels[..], &["--tag", "kind=easy", "--tag", "kind=hard"]].concat(),
        [&with_labels[..], &["--judge", "judge-1"]].concat(),
    ] {
        let found = commands(folder, &flags);
        assert!(found.len() >= 2, "{flags:?}: {found:?}");
        for command in &found {
            let said = run_in_a_shell(folder, command);
            assert_eq!(said.code, 0, "{command}: {said:?}");
            assert_eq!(read(folder, "form.jsonl"), labels, "{command} replaced the labels");
            // A flag that decides which comparisons are read is repeated.
            let is_judge = command.starts_with("evenhand judge");
            for flag in flags.iter().filter(|flag| flag.starts_with("--") && !is_judge) {
                let reads_labels = command.contains(" report ") || command.contains(" show ");
                let is_of_selection = ["--tag", "--judge", "--items"].contains(flag);
                let is_shown = is_of_selection || (reads_labels && *flag != "--labels");
                assert!(!is_shown || command.contains(flag), "{command} lacks {flag}");
            }
        }
        all.extend(found);
    }
    for part in [" > form-2.jsonl", " > form-3.jsonl", "--part test", "evenhand show"] {
        assert!(all.iter().any(|command| command.contains(part)), "{part}: {all:?}");
    }
}

#[cfg(unix)]
#[test]
fn commands_repeat_the_columns_of_the_labels() {
    let judged = sliced().judged();
    let folder = &judged.folder;
    let rows =
        (0..130).map(|at| format!("q{at:03},{}\n", if at % 2 == 0 { "beta" } else { "alpha" }));
    folder.write("l.csv", &format!("name,ana\n{}", rows.collect::<String>()));
    let flags = ["--labels", "l.csv", "--id-column", "name", "--label-column", "ana"];
    let found = commands(folder, &flags);
    let with_labels: Vec<&String> = found.iter().filter(|one| one.contains("--labels")).collect();
    assert!(!with_labels.is_empty(), "{found:?}");
    for command in with_labels {
        let said = run_in_a_shell(folder, command);
        assert_eq!(said.code, 0, "{command}: {said:?}");
    }
}

#[test]
fn labels_from_stdin_are_in_no_command() {
    let judged = sliced().judged();
    let mut command =
        judged.folder.command(&["report", "run.db", "--labels", "-", "--format", "json"]);
    let labels = std::fs::File::open(judged.folder.path().join("labels.jsonl")).unwrap();
    let said = CommandOutput::of(&command.stdin(labels).output().unwrap()).expect(0);
    assert!(!said.stdout.contains("--labels -"), "{}", said.stdout);
    assert!(said.stdout.contains("evenhand sample run.db"), "{}", said.stdout);
}

#[cfg(unix)]
#[test]
fn repeats_are_asked_for_a_new_run_that_copies_the_replies_of_this_one() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    scene.folder.write("run-repeats.db", "something else");
    let found = commands(&scene.folder, &[]);
    let repeat = found.iter().find(|command| command.contains("--repeat 3")).unwrap();
    assert!(repeat.contains("--run run-repeats-2.db --repeat 3 --reuse run.db"), "{repeat}");
    let before = std::fs::read(scene.folder.path().join("run.db")).unwrap();
    let said = run_in_a_shell(&scene.folder, repeat);
    assert!([0, 8].contains(&said.code), "{repeat}: {said:?}");
    assert!(std::fs::read(scene.folder.path().join("run.db")).unwrap() == before);
}
