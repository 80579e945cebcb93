//! `evenhand report` as a command: its format, where it writes, its gates and its exit codes.

use serde_json::Value;

use crate::support::labelled_run::{JudgedRun, Row, RunSpec, rows, unwrapped};
use crate::support::server::Scene;
use crate::support::ugly_run::ugly_run;
use crate::support::{CommandOutput, Folder};

const LABELS: [&str; 2] = ["--labels", "labels.jsonl"];

fn report(folder: &Folder, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["report", "run.db"], flags].concat())
}

/// κ over every reply is 0.9 and coverage 0.9, both of 60 comparisons.
fn good() -> JudgedRun {
    let kinds = [(27, "a/a", "a"), (27, "b/b", "b"), (3, "a/b", "a"), (3, "b/a", "b")];
    RunSpec::new(rows(&kinds)).judged()
}

/// Of 60 easy comparisons all are kept, for beta; of 60 hard ones, 12, for alpha; 10 have no tag.
fn sliced() -> RunSpec {
    let kinds = [(60, "b/b", "b"), (12, "a/a", "a"), (48, "a/b", "b"), (10, "b/b", "b")];
    let mut all = rows(&kinds);
    for (at, row) in all.iter_mut().enumerate().take(120) {
        row.tag = Some(if at < 60 { "easy" } else { "hard" }.to_owned());
    }
    RunSpec::new(all)
}

fn names_in(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// The lines of stderr that are about gates.
fn gate_lines(said: &CommandOutput) -> Vec<String> {
    said.stderr.lines().filter(|line| line.starts_with("gate ")).map(ToOwned::to_owned).collect()
}

#[test]
fn the_format_is_the_named_one_or_that_of_the_ending() {
    let judged = good();
    let folder = &judged.folder;
    let begins = [
        ("table", "out.txt", "judge-1 prefers"),
        ("table", "out", "judge-1 prefers"),
        ("json", "out.json", "{\"schema\":1,"),
        ("json", "out.JSON", "{\"schema\":1,"),
        ("markdown", "out.md", "**judge-1 prefers"),
        ("junit", "out.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
    ];
    for (format, file, begin) in begins {
        let printed = report(folder, &["--format", format]).expect(0).stdout;
        assert!(printed.starts_with(begin), "{format}: {printed}");
        let said = report(folder, &["--output", file]).expect(0);
        assert_eq!(said.stdout, "", "the report is in the file");
        assert!(said.stderr.contains(&format!("report written to {file}")), "{}", said.stderr);
        assert_eq!(read(folder, file), printed, "{file}");
    }
    assert!(report(folder, &[]).expect(0).stdout.starts_with("judge-1 prefers"));
    // A named format takes precedence over the ending.
    report(folder, &["--output", "out.md", "--format", "json"]).expect(0);
    assert!(read(folder, "out.md").starts_with("{\"schema\""));
    let said = report(folder, &["--output", "out.docx"]).expect(2);
    assert!(said.stderr.contains("no format has this ending"), "{}", said.stderr);
    assert!(!folder.path().join("out.docx").exists());
}

#[test]
fn the_output_file_is_replaced_as_a_whole_or_not_at_all() {
    let judged = good();
    let folder = &judged.folder;
    folder.write("out.md", "before");
    let before = names_in(folder);
    folder.run(&["report", "none.db", "--output", "out.md"]).expect(3);
    folder.run(&["report", "run.db", "--output", "out.md", "--labels", "none.jsonl"]).expect(3);
    assert_eq!(read(folder, "out.md"), "before");
    // A gate that is missed does not keep the report from being written.
    report(folder, &["--output", "out.md", "--min-coverage", "0.995"]).expect(6);
    assert!(read(folder, "out.md").contains("✗ gate missed: coverage"));
    assert_eq!(names_in(folder), before, "no temporary file is left");
    let said = report(folder, &["--output", "none/out.md"]).expect(3);
    assert!(said.stderr.contains("none/out.md"), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let judged = good();
    let folder = &judged.folder;
    let mode =
        |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    let plain = folder.write("plain", "");
    report(folder, &["--output", "new.md"]).expect(0);
    assert_eq!(mode("new.md"), mode("plain"), "as any other program creates a file");
    let target = folder.write("target.md", "before");
    std::fs::set_permissions(&target, PermissionsExt::from_mode(0o640)).unwrap();
    symlink(&target, folder.path().join("link.md")).unwrap();
    report(folder, &["--output", "link.md"]).expect(0);
    assert!(folder.path().join("link.md").is_symlink());
    assert!(read(folder, "target.md").starts_with("**judge-1"));
    assert_eq!(mode("target.md"), 0o640);
    // What is no file is not replaced.
    let said = report(folder, &["--output", "/dev/stdout", "--format", "markdown"]).expect(0);
    assert!(said.stdout.starts_with("**judge-1"), "{}", said.stdout);
    drop(plain);
}

#[cfg(target_os = "linux")]
#[test]
fn open_starts_the_program_of_the_desktop_with_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let judged = good();
    let folder = &judged.folder;
    let program = folder.write("bin/xdg-open", "#!/bin/sh\nprintf '%s' \"$1\" > \"$OPENED\"\n");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let opened = folder.path().join("opened");
    let run = |path: &std::path::Path, flags: &[&str]| {
        let mut command = folder.command(&[&["report", "run.db", "--open"], flags].concat());
        // The opener needs the shell alone.
        command.env("PATH", format!("{}:/usr/bin:/bin", path.display()));
        command.env("OPENED", &opened).env("TMPDIR", folder.path());
        CommandOutput::of(&command.output().unwrap()).expect(0)
    };
    let bin = program.parent().unwrap();
    for name in ["out.md", "-version.md"] {
        let said = run(bin, &[&format!("--output={name}")]);
        let path = std::fs::read_to_string(&opened).unwrap();
        assert!(path.starts_with('/') && path.ends_with(&format!("/{name}")), "{path}");
        assert!(said.stderr.contains(&format!("report written to {name}")), "{}", said.stderr);
    }
    // Without a file of its own the report is in a temporary one, which is printed.
    let said = run(bin, &["--format", "json"]);
    let path = said.stdout.trim_end();
    assert_eq!(std::fs::read_to_string(&opened).unwrap(), path);
    assert!(
        std::path::Path::new(path).extension().is_some_and(|ending| ending == "json")
            && std::fs::read_to_string(path).unwrap().starts_with('{')
    );
    // A failing opener is a warning: the report is there.
    folder.write("bin/xdg-open", "#!/bin/sh\nexit 3\n");
    let said = run(bin, &["--output", "out.md"]);
    assert!(said.stderr.contains("warning: out.md could not be opened"), "{}", said.stderr);
}

#[test]
fn gates_are_those_of_judge_without_labels_and_of_calibrate_with_them() {
    let judged = good();
    let folder = &judged.folder;
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    for threshold in ["0.5", "0.83", "0.97"] {
        let rate = format!("beta={threshold}");
        let gates =
            ["--min-coverage", threshold, "--min-consistency", threshold, "--min-win-rate", &rate];
        let judge = folder.run(&[&task[..], &["--judge", "judge-1"], &gates].concat());
        let found = report(folder, &gates).expect(judge.code);
        assert_eq!(gate_lines(&found), gate_lines(&judge));
        let gates = [&gates[..], &LABELS, &["--min-kappa", threshold]].concat();
        let calibrate = folder.run(&[&["calibrate", "run.db"], &gates[..]].concat());
        let found = report(folder, &gates).expect(calibrate.code);
        assert_eq!(gate_lines(&found), gate_lines(&calibrate));
        assert_eq!(gate_lines(&found).len(), 4);
    }
    report(folder, &["--min-coverage", "0.9"]).expect(8);
    report(folder, &["--min-coverage", "0.9", "--inconclusive", "pass"]).expect(0);
    report(folder, &[]).expect(0);
    let said = report(folder, &["--min-kappa", "0.5"]).expect(2);
    assert!(said.stderr.contains("--labels"), "{}", said.stderr);
}

#[test]
fn a_gate_on_a_system_that_is_not_compared_is_refused() {
    let judged = sliced().judged();
    for command in ["report", "calibrate"] {
        let command =
            [&[command, "run.db"], &LABELS[..], &["--min-win-rate", "gamma=0.5"]].concat();
        let said = judged.folder.run(&command).expect(2);
        assert!(said.stderr.contains("no comparison has the system `gamma`"), "{}", said.stderr);
        assert!(said.stderr.contains("the systems are: alpha, beta"), "{}", said.stderr);
    }
}

fn gates_of(said: &CommandOutput) -> Vec<Value> {
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    found["gates"].as_array().unwrap().clone()
}

#[test]
fn gate_by_applies_gates_to_each_value_of_a_tag() {
    let judged = sliced().judged();
    let folder = &judged.folder;
    let gates = ["--min-coverage", "0.5", "--min-consistency", "0.5", "--min-win-rate", "beta=0.4"];
    for labels in [&[][..], &LABELS] {
        let flags = [&gates[..], labels].concat();
        // The run as a whole passes the gates, the hard comparisons do not.
        report(folder, &flags).expect(0);
        let sliced = [&flags[..], &["--gate-by", "kind", "--format", "json"]].concat();
        let said = report(folder, &sliced).expect(6);
        assert!(said.stderr.contains("10 comparisons have no tag `kind`"), "{}", said.stderr);
        let missed = "gate missed: coverage [kind=hard] is 0.200";
        assert!(said.stderr.contains(missed), "{}", said.stderr);
        assert!(said.stderr.contains("gate passed: coverage [kind=easy] is 1.000"));
        let gates = gates_of(&said);
        assert_eq!(gates.len(), 9);
        assert!(gates[..3].iter().all(|gate| gate.get("slice").is_none()));
        // A gate on a slice is that of a report on these comparisons alone.
        for value in ["easy", "hard"] {
            let tag = format!("kind={value}");
            let alone = [&flags[..], &["--tag", &tag, "--format", "json"]].concat();
            let expected = gates_of(&report(folder, &alone));
            let of_slice = gates.iter().filter(|gate| gate["slice"]["value"] == value);
            let of_slice: Vec<Value> = of_slice.cloned().collect();
            assert_eq!(of_slice.len(), expected.len());
            for (mut found, expected) in of_slice.into_iter().zip(expected) {
                found.as_object_mut().unwrap().remove("slice");
                assert_eq!(found, expected, "{tag}");
            }
        }
    }
}

#[test]
fn a_slice_without_labels_is_inconclusive() {
    let mut spec = sliced();
    spec.rows[60..120].iter_mut().for_each(|row| row.labels = "");
    let judged = spec.judged();
    let gates = ["--min-win-rate", "beta=0.1", "--gate-by", "kind"];
    let said = report(&judged.folder, &[&gates[..], &LABELS].concat()).expect(8);
    let expected = "[kind=hard] is undefined (n 0)";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
}

#[test]
fn labels_from_stdin_are_read_for_every_slice() {
    let judged = sliced().judged();
    let gates = ["--min-win-rate", "beta=0.4", "--gate-by", "kind", "--format", "json"];
    let from_file = report(&judged.folder, &[&gates[..], &LABELS].concat()).expect(0);
    let mut command = judged.folder.command(&["report", "run.db", "--labels", "-"]);
    let labels = std::fs::File::open(judged.folder.path().join("labels.jsonl")).unwrap();
    let said = CommandOutput::of(&command.args(gates).stdin(labels).output().unwrap()).expect(0);
    assert_eq!(gates_of(&said), gates_of(&from_file));
}

#[test]
fn a_tag_that_no_item_has_or_that_is_an_id_is_refused() {
    let judged = sliced().judged();
    let said = report(&judged.folder, &["--min-coverage", "0.5", "--gate-by", "kinds"]).expect(3);
    assert!(said.stderr.contains("no item has a tag `kinds`"), "{}", said.stderr);
    assert!(said.stderr.contains("did you mean `kind`?"), "{}", said.stderr);
    let mut all = rows(&[(201, "b/b", "b")]);
    for row in &mut all {
        row.tag = Some(row.id.clone());
    }
    let judged = RunSpec::new(all).judged();
    let said = report(&judged.folder, &["--min-coverage", "0.5", "--gate-by", "kind"]).expect(2);
    assert!(said.stderr.contains("the tag has 201 values"), "{}", said.stderr);
}

#[test]
fn an_incomplete_run_is_reported_but_not_gated() {
    let mut spec = RunSpec::new(rows(&[(40, "b/b", "b"), (3, "b/-", "b")]));
    spec.code = 5;
    let judged = spec.judged();
    report(&judged.folder, &[]).expect(0);
    for labels in [&[][..], &LABELS] {
        let flags = [&["--min-coverage", "0.1"], labels].concat();
        let said = report(&judged.folder, &flags).expect(5);
        assert!(said.stderr.contains("incomplete: 3 of 43 comparisons are pending"), "{said:?}");
        assert!(said.stderr.contains("the gates were not checked"), "{said:?}");
        assert!(gate_lines(&said).is_empty());
    }
}

#[test]
fn a_run_that_kept_nothing_passes_no_check() {
    let judged = RunSpec::new(rows(&[(30, "a/b", "a")])).judged();
    report(&judged.folder, &[]).expect(0);
    let gate = ["--min-win-rate", "beta=0.1"];
    for flags in [&gate[..], &["--format", "junit"]] {
        let said = report(&judged.folder, flags).expect(8);
        assert!(said.stderr.contains("judge-1 kept no verdict on 30 comparisons"), "{said:?}");
        report(&judged.folder, &[flags, &["--inconclusive", "pass"]].concat()).expect(0);
    }
    // A gate on coverage decides by itself.
    report(&judged.folder, &["--min-coverage", "0"]).expect(0);
}

#[test]
fn looks_at_the_test_part_are_counted() {
    let judged = good();
    let folder = &judged.folder;
    let flags = [&LABELS[..], &["--part", "test", "--format", "json"]].concat();
    for look in 1..=2 {
        let found: Value = serde_json::from_str(&report(folder, &flags).expect(0).stdout).unwrap();
        assert_eq!(found["calibration"]["looks"], look);
    }
    judged.calibrate(&["--part", "test"]).expect(0);
    assert_eq!(read(folder, "looks.jsonl").lines().count(), 3);
    report(folder, &[&LABELS[..], &["--part", "dev"]].concat()).expect(0);
    assert_eq!(read(folder, "looks.jsonl").lines().count(), 3, "dev is not counted");
    report(folder, &["--part", "test"]).expect(2);
}

#[test]
fn a_redacted_report_has_no_text_annotator_or_folder() {
    let folder = ugly_run(1, 2);
    let run = folder.path().join("run.db").display().to_string();
    let labels = folder.path().join("labels.jsonl").display().to_string();
    let items = folder.path().join("items.jsonl").display().to_string();
    let flags = ["--labels", &labels, "--items", &items];
    for format in ["table", "json", "markdown"] {
        let report = |more: &[&str]| {
            let command = [&["report", &run, "--format", format], &flags[..], more].concat();
            folder.run(&command).expect(0).stdout
        };
        let (open, redacted) = (report(&[]), report(&["--redact"]));
        let path = folder.path().display().to_string();
        assert!(open.contains(&path) && !redacted.contains(&path), "{format}: {redacted}");
        for private in ["Which is better?", "Polite?", "I cannot say", "\"ana\"", "\"cyd\""] {
            assert!(!redacted.contains(private), "{format}: {private} in {redacted}");
        }
    }
}

#[test]
fn a_report_is_about_the_jury_or_one_judge_of_it() {
    let kinds = [(20, "b/b b/b a/b", "b"), (20, "a/a a/a a/b", "a"), (4, "a/a b/b a/b", "a")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let found = |flags: &[&str]| -> Value {
        let flags = [flags, &["--format", "json", "--min-coverage", "0.99"]].concat();
        serde_json::from_str(&report(&judged.folder, &flags).expect(6).stdout).unwrap()
    };
    let jury = found(&[]);
    assert_eq!(jury["judge"], "jury");
    assert_eq!(jury["gates"][0]["estimate"]["n"], 44);
    let third = found(&["--judge", "judge-3"]);
    assert_eq!(third["judge"], "judge-3");
    assert_eq!(third["gates"][0]["estimate"]["value"], 0.0);
    let table = report(&judged.folder, &["--judge", "judge-1"]).expect(0).stdout;
    assert!(table.starts_with("judge-1 prefers") && !table.contains("judge-2"), "{table}");
    let table = report(&judged.folder, &[]).expect(0).stdout;
    for judge in ["judge-1, 44", "judge-2, 44", "judge-3, 44", "jury, 44"] {
        assert!(table.contains(judge), "{judge}: {table}");
    }
    let said = report(&judged.folder, &["--judge", "judge-9"]).expect(3);
    assert!(said.stderr.contains("judge-9"), "{}", said.stderr);
}

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

#[test]
fn gate_by_needs_a_gate_and_counts_a_tag_once() {
    let judged = sliced().judged();
    let said = report(&judged.folder, &["--gate-by", "kind"]).expect(2);
    assert!(said.stderr.contains("--gate-by kind: there is no gate to apply"), "{}", said.stderr);
    // κ is gated on the whole run only.
    report(&judged.folder, &[&LABELS[..], &["--gate-by", "kind", "--min-kappa", "0"]].concat())
        .expect(2);
    let twice = ["--gate-by", "kind", "--gate-by", "kind", "--min-coverage", "0.1"];
    assert_eq!(gate_lines(&report(&judged.folder, &twice).expect(0)).len(), 3);
}

#[test]
fn a_name_in_a_message_cannot_pass_for_a_line_of_its_own() {
    let forged = "easy\ngate passed: coverage [kind=hard] is 1.000\t\u{202e}";
    let mut spec = sliced();
    spec.rows[..60].iter_mut().for_each(|row| row.tag = Some(forged.to_owned()));
    let judged = spec.judged();
    let said = report(&judged.folder, &["--min-coverage", "0.1", "--gate-by", "kind"]).expect(0);
    let lines = gate_lines(&said);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains(r"easy\u{a}gate passed")), "{lines:?}");
    assert!(!said.stderr.contains(['\t', '\u{202e}']), "{}", said.stderr);
    // Errors and notes name what was typed.
    for (flags, code) in [
        (["--judge", "x\ngate passed: y"], 3),
        (["--min-win-rate", "x\ngate passed: y=0.5"], 2),
        (["--output", "x\ngate passed: y"], 0),
    ] {
        let said = report(&judged.folder, &flags).expect(code);
        assert!(said.stderr.contains("gate passed: y"), "{said:?}");
        assert!(gate_lines(&said).is_empty(), "{said:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_names_its_file() {
    let judged = good();
    let said = report(&judged.folder, &["--output", "/dev/full", "--format", "json"]).expect(7);
    let expected = "error: /dev/full: the output cannot be written: ";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
}

#[test]
fn what_would_change_the_winner_says_whose_preference_it_is() {
    let judged = good();
    let table = |flags: &[&str]| unwrapped(&report(&judged.folder, flags).expect(0).stdout);
    let alone = table(&[]);
    let of_judge = "the judge's preference would change, or there would be none, if ";
    let first = RunSpec::new(rows(&[(40, "b/b", "b"), (20, "a/a", "b"), (10, "a/b", "b")]));
    assert!(alone.contains("the judge prefers neither"), "{alone}");
    assert!(!alone.contains("without the labels"), "{alone}");
    let judged = first.judged();
    let with = unwrapped(&report(&judged.folder, &LABELS).expect(0).stdout);
    let people = "people's preference would change, or there would be none, only if at least 35 of the 70 labelled \
                  comparisons were reversed. What follows is about the preference of the judge alone";
    assert!(with.contains(people), "{with}");
    assert!(
        with.contains(&format!("order-averaged: {of_judge}10 of 70 comparisons were reversed."))
    );
    assert!(with.contains(&format!("kept verdicts: {of_judge}10 of 60 verdicts were reversed.")));
    assert!(!with.contains("would change the winner, or leave none"), "{with}");
}
