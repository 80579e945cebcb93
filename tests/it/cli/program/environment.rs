//! Variables of the environment in place of flags.

use std::collections::BTreeSet;

use regex::Regex;

use crate::support::CommandOutput;
use crate::support::server::Scene;

fn judge(scene: &Scene, flags: &[&str], variables: &[(&str, &str)]) -> CommandOutput {
    let mut command = scene.judge_command(flags);
    command.envs(variables.iter().copied());
    CommandOutput::of(&command.output().unwrap())
}

#[test]
fn a_variable_limits_the_requests_and_a_flag_takes_precedence() {
    let scene = Scene::new(5, |seen| seen.prefers("beta"));
    judge(&scene, &[], &[("EVENHAND_MAX_REQUESTS", "4")]).expect(5);
    assert_eq!(scene.server.requests(), 4);
    judge(&scene, &["--max-requests", "2"], &[("EVENHAND_MAX_REQUESTS", "4")]).expect(5);
    assert_eq!(scene.server.requests(), 6);
}

#[test]
fn the_run_file_and_the_settings_can_be_named_by_variables() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    let settings = std::fs::read_to_string(scene.folder.path().join("evenhand.toml")).unwrap();
    scene.folder.write("elsewhere/job.toml", &settings);
    std::fs::remove_file(scene.folder.path().join("evenhand.toml")).unwrap();
    let variables = [("EVENHAND_RUN", "nightly.db"), ("EVENHAND_CONFIG", "elsewhere/job.toml")];
    let flags = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let said = scene.command(&flags).envs(variables).output().unwrap();
    CommandOutput::of(&said).expect(0);
    let verdicts = scene.command(&["verdicts"]).envs(variables).output().unwrap();
    assert_eq!(CommandOutput::of(&verdicts).expect(0).json_lines().len(), 2);
    scene.folder.write("labels.jsonl", r#"{"id":"q-001","annotator":"ana","winner":"beta"}"#);
    for command in [
        &["verdicts"][..],
        &["show"],
        &["sample", "--n", "1"],
        &["calibrate", "--labels", "labels.jsonl"],
    ] {
        let with = scene.command(command).envs(variables).output().unwrap();
        assert!(!CommandOutput::of(&with).expect(0).stdout.is_empty(), "{command:?}");
        let without = scene.run(command).expect(2);
        assert!(without.stderr.contains("<RUN>"), "{}", without.stderr);
    }
}

#[test]
fn an_invalid_value_of_a_variable_is_an_error_that_names_the_variable() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    for (name, value, flag) in [
        ("EVENHAND_MAX_COST", "five dollars", "--max-cost"),
        ("EVENHAND_MAX_REQUESTS", "-1", "--max-requests"),
        ("EVENHAND_SHARD", "5/4", "--shard"),
        ("EVENHAND_LOG_FORMAT", "xml", "--log-format"),
        ("EVENHAND_QUIET", "maybe", "--quiet"),
    ] {
        let said = judge(&scene, &[], &[(name, value)]).expect(2);
        assert!(said.stderr.contains(flag) && said.stderr.contains(name), "{}", said.stderr);
        assert!(said.stderr.contains(value), "{}", said.stderr);
    }
    let said = judge(&scene, &[], &[("EVENHAND_QUIET", "maybe")]).expect(2);
    let accepted = "expected 1, true, yes or on; or 0, false, no or off";
    assert!(said.stderr.contains(accepted), "{}", said.stderr);
    let said = judge(&scene, &[], &[("EVENHAND_LOG", "loud")]).expect(2);
    assert!(said.stderr.contains("EVENHAND_LOG: `loud`"), "{}", said.stderr);
    // The fault of a flag is not blamed on a variable.
    let both = judge(&scene, &["--max-cost", "x"], &[("EVENHAND_MAX_COST", "1")]).expect(2);
    assert!(!both.stderr.contains("EVENHAND_MAX_COST"), "{}", both.stderr);
    let equals = judge(&scene, &["--max-cost=x"], &[("EVENHAND_MAX_COST", "1")]).expect(2);
    assert!(!equals.stderr.contains("EVENHAND_MAX_COST"), "{}", equals.stderr);
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn gates_can_be_set_by_variables() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    let label = |id: &str| format!(r#"{{"id":"{id}","annotator":"ana","winner":"beta"}}"#);
    scene.folder.write("labels.jsonl", &format!("{}\n{}\n", label("q-001"), label("q-002")));
    let calibrate = |variables: &[(&str, &str)]| {
        let mut command = scene.command(&["calibrate", "run.db", "--labels", "labels.jsonl"]);
        CommandOutput::of(&command.envs(variables.iter().copied()).output().unwrap())
    };
    calibrate(&[]).expect(0);
    let said = calibrate(&[("EVENHAND_MIN_COVERAGE", "0.99")]).expect(8);
    assert!(said.stderr.contains("--min-coverage"), "{}", said.stderr);
    let pass = [("EVENHAND_MIN_COVERAGE", "0.99"), ("EVENHAND_INCONCLUSIVE", "pass")];
    calibrate(&pass).expect(0);
}

#[test]
fn a_variable_that_is_set_and_empty_counts_as_not_set() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let names = [
        "EVENHAND_CONFIG",
        "EVENHAND_MAX_COST",
        "EVENHAND_MAX_REQUESTS",
        "EVENHAND_SHARD",
        "EVENHAND_QUIET",
        "EVENHAND_LOG",
        "EVENHAND_LOG_FORMAT",
    ];
    judge(&scene, &[], &names.map(|name| (name, ""))).expect(0);
}

#[test]
fn a_misspelt_variable_is_warned_of_and_a_foreign_one_is_not() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let said = judge(&scene, &[], &[("EVENHAND_MAXCOST", "5"), ("EVENHAND_API_KEY", "secret")]);
    let said = said.expect(0);
    let warning = "warning: the environment variable EVENHAND_MAXCOST has no meaning; \
                   did you mean EVENHAND_MAX_COST?";
    assert!(said.stderr.contains(warning), "{}", said.stderr);
    assert!(!said.stderr.contains("API_KEY"), "{}", said.stderr);
    let pager = [("EVENHAND_PAGER", "less"), ("EVENHAND_PAGR", "less")];
    let said = judge(&scene, &[], &pager).expect(0);
    assert!(said.stderr.contains("EVENHAND_PAGR has no meaning; did you mean EVENHAND_PAGER?"));
    assert!(!said.stderr.contains("variable EVENHAND_PAGER has"), "{}", said.stderr);
}

#[test]
fn the_help_names_every_variable_and_shows_no_value() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let pattern = Regex::new(r"EVENHAND_[A-Z_]+").unwrap();
    let mut named = BTreeSet::new();
    for command in ["judge", "check", "verdicts", "show", "sample", "calibrate", "models"] {
        let help = scene.command(&[command, "--help"]).env("EVENHAND_CONFIG", "MARKER").output();
        let help = CommandOutput::of(&help.unwrap()).expect(0).stdout;
        assert!(!help.contains("MARKER"), "{help}");
        named.extend(pattern.find_iter(&help).map(|found| found.as_str().to_owned()));
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/automation.md");
    let page = std::fs::read_to_string(page).unwrap();
    let row = Regex::new(r"(?m)^\| `(EVENHAND_[A-Z_]+)` \|").unwrap();
    let documented: BTreeSet<String> =
        row.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    assert_eq!(documented, named, "the table of docs/automation.md");
}
