//! `evenhand show` as a command: selection, what it says where there is nothing, and its pager.

use crate::support::labelled_run::{Row, RunSpec, rows};
use crate::support::ugly_run::ugly_run;
use crate::support::{CommandOutput, Folder};

/// The ids of the cases that are shown, in order.
fn shown(folder: &Folder, flags: &[&str]) -> Vec<String> {
    let flags = [&["show", "run.db", "--format", "json"], flags].concat();
    let said = folder.run(&flags).expect(0);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(document["shown"], cases.len());
    cases.iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn cases_are_selected_by_outcome_id_system_tag_and_number() {
    let folder = ugly_run(1, 1);
    assert_eq!(shown(&folder, &[]).len(), 7);
    assert_eq!(shown(&folder, &["--outcome", "flipped"]), ["empty", "hostile"]);
    assert_eq!(shown(&folder, &["--outcome", "flipped", "--limit", "1"]), ["empty"]);
    assert_eq!(shown(&folder, &["--id", "wide", "--id", "plain"]), ["plain", "wide"]);
    assert_eq!(shown(&folder, &["--tag", "topic=geo"]), ["plain", "turns"]);
    assert_eq!(shown(&folder, &["--tag", "topic=geo", "--tag", "lang=en"]), ["plain"]);
    assert_eq!(shown(&folder, &["--tag", "topic=geo", "--outcome", "kept"]), ["plain"]);
    let systems = vec![
        Row::new("q1", ["alpha", "beta"], "a/a", "a"),
        Row::new("q1", ["alpha", "gamma"], "b/b", "b"),
        Row::new("q1", ["beta", "gamma"], "a/b", "b"),
    ];
    let judged = RunSpec::new(systems).judged();
    assert_eq!(shown(&judged.folder, &["--system", "gamma"]).len(), 2);
    assert_eq!(shown(&judged.folder, &["--system", "gamma", "--system", "alpha"]).len(), 1);
}

#[test]
fn of_a_jury_all_judges_are_shown_or_the_one_that_is_named() {
    let folder = ugly_run(3, 1);
    let said = folder.run(&["show", "run.db", "--outcome", "flipped"]).expect(0);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.starts_with("0 flipped; "), "{}", said.stderr);
    assert!(said.stderr.contains("--judge NAME is about one of judge-1, judge-2, judge-3"));
    assert_eq!(
        shown(&folder, &["--outcome", "flipped", "--judge", "judge-1"]),
        ["empty", "hostile"]
    );
    let text = |flags: &[&str]| {
        let flags = [&["show", "run.db", "--id", "plain"], flags].concat();
        folder.run(&flags).expect(0).stdout
    };
    assert!(text(&[]).contains("judge-1  kept") && text(&[]).contains("judge-3  kept"));
    assert!(!text(&["--judge", "judge-1"]).contains("judge-3"));
    folder.run(&["show", "run.db", "--judge", "nobody"]).expect(3);
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
    let folder = ugly_run(1, 1);
    let said = folder.run(&["show", "run.db", "--id", "plian"]).expect(3);
    assert!(said.stderr.contains("run.db: the run has no item `plian`"), "{}", said.stderr);
    assert!(said.stderr.contains("did you mean `plain`?"), "{}", said.stderr);
    for lookalike in ["PLAIN", " plain ", "pla-in"] {
        let said = folder.run(&["show", "run.db", "--id", lookalike]).expect(3);
        assert!(said.stderr.contains("did you mean `plain`?"), "{}", said.stderr);
    }
    let said = folder.run(&["show", "run.db", "--id", "nope"]).expect(3);
    assert!(said.stderr.contains("the run has no item `nope`"), "{}", said.stderr);
    assert!(!said.stderr.contains("did you mean"), "{}", said.stderr);
    let tagged = ["show", "run.db", "--tag", "topic=geo", "--id", "wide"];
    let said = folder.run(&tagged).expect(3);
    let message = "no comparison that was selected has the item `wide`";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    let said = folder.run(&["show", "run.db", "--system", "gamma"]).expect(3);
    assert!(said.stderr.contains("the run has no system `gamma`"), "{}", said.stderr);
    assert!(said.stderr.contains("there are: alpha, beta"), "{}", said.stderr);
    let said = folder.run(&["show", "run.db", "--outcome", "fliped"]).expect(2);
    assert!(said.stderr.contains("kept, flipped, split"), "{}", said.stderr);
}

#[test]
fn labels_that_are_about_nothing_shown_say_why() {
    let folder = ugly_run(1, 1);
    folder.write("other.jsonl", "{\"id\":\"q9\",\"annotator\":\"ana\",\"winner\":\"alpha\"}\n");
    let said = folder.run(&["show", "run.db", "--labels", "other.jsonl"]).expect(3);
    assert!(said.stderr.contains("1 have other ids"), "{}", said.stderr);
    folder.write("blank.jsonl", "{\"id\":\"plain\",\"annotator\":\"\",\"winner\":null}\n");
    let said = folder.run(&["show", "run.db", "--labels", "blank.jsonl"]).expect(3);
    assert!(said.stderr.contains("1 are not filled in"), "{}", said.stderr);
}

#[test]
fn only_the_run_file_is_needed() {
    let folder = ugly_run(1, 1);
    let other = Folder::new();
    std::fs::copy(folder.path().join("run.db"), other.path().join("run.db")).unwrap();
    assert_eq!(shown(&other, &[]).len(), 7);
}

#[test]
fn where_stdout_is_no_terminal_nothing_pages() {
    let folder = ugly_run(1, 1);
    let mut command = folder.command(&["show", "run.db", "--id", "plain"]);
    let said = CommandOutput::of(&command.env("PAGER", "false").output().unwrap()).expect(0);
    assert!(said.stdout.contains("The capital of France"), "{}", said.stdout);
}

#[test]
fn a_run_of_many_comparisons_ends_early_with_its_reader() {
    let judged = RunSpec::new(rows(&[(3_000, "a/b", "a")])).judged();
    let mut command = judged.folder.command(&["show", "run.db"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    assert_eq!(said.stderr, "");
}

/// Tests in a terminal, which the program `script` provides.
mod needs_script {
    use super::*;

    /// Runs a command line of the shell in a terminal and returns what the terminal shows.
    fn in_terminal(folder: &Folder, command: &str, pager: &[(&str, &str)]) -> (i32, String) {
        let program = env!("CARGO_BIN_EXE_evenhand");
        let mut script = std::process::Command::new("script");
        script.current_dir(folder.path()).env_remove("EVENHAND_PAGER").env_remove("PAGER");
        script.args(["-qec", &format!("stty rows 40 cols 90; {program} {command}"), "/dev/null"]);
        let output = script.envs(pager.iter().copied()).env("TERM", "xterm").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
        (output.status.code().unwrap(), text)
    }

    #[test]
    #[ignore = "needs the program script"]
    fn a_terminal_gets_the_pager_that_is_set_its_width_and_bold_headings() {
        let folder = ugly_run(1, 1);
        let show = "show run.db --id plain";
        let pagers = [
            (vec![("PAGER", "sed 's/^/p: /'")], true),
            (vec![("PAGER", "false"), ("EVENHAND_PAGER", "sed 's/^/p: /'")], true),
            (vec![("PAGER", "cat")], false),
            (vec![("PAGER", "")], false),
        ];
        for (pager, is_paged) in pagers {
            let (code, text) = in_terminal(&folder, show, &pager);
            assert_eq!((code, text.contains("p: ")), (0, is_paged), "{pager:?}\n{text}");
            assert!(text.contains(&"─".repeat(90)) && !text.contains(&"─".repeat(91)), "{text}");
            assert!(text.contains("\u{1b}[1m"), "{text}");
        }
        let set = [("PAGER", "false"), ("NO_COLOR", "1")];
        let (code, text) = in_terminal(&folder, &format!("{show} --no-pager"), &set);
        assert!(code == 0 && text.contains("capital") && !text.contains("\u{1b}["), "{text}");
    }

    #[test]
    #[ignore = "needs the program script"]
    fn a_pager_that_ends_early_is_no_error_and_one_that_is_missing_is() {
        let judged = RunSpec::new(rows(&[(2_000, "a/b", "a")])).judged();
        let (code, text) = in_terminal(&judged.folder, "show run.db", &[("PAGER", "head -n 1")]);
        assert_eq!((code, text.lines().count()), (0, 1), "{text}");
        let missing = [("PAGER", "no-such-pager -R")];
        let (code, text) = in_terminal(&judged.folder, "show run.db", &missing);
        assert!(
            code == 2 && text.contains("the pager `no-such-pager -R` cannot be started"),
            "{text}"
        );
    }
}
