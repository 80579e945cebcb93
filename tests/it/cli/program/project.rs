//! Where `evenhand.toml`, rubrics, prompts and runs are found.

use std::path::Path;

use crate::support::{CommandOutput, Folder};

const ITEMS: &str = r#"{"id":"q1","prompt":"One?","responses":{"a":"yes, of course","b":"no"}}
{"id":"q2","prompt":"Two?","responses":{"a":"no","b":"yes, certainly"}}
"#;
const RUBRIC: &str = "name = \"tone\"\ndescription = \"Which is kinder?\"\nprompt = \"own.j2\"\n";
const PROMPT: &str = "{% block system %}Ours.{% endblock %}{% block user %}MARKER {{ item.prompt }} {{ first }} {{ \
                      second }}{% endblock %}";
const SETTINGS: &str = "[judges.ours]\nrecorded = \"replies/ours.jsonl\"\n";

/// A project with settings, a rubric, a prompt and a recording, and an empty folder in it.
fn project() -> Folder {
    let folder = Folder::new();
    folder.write("evenhand.toml", SETTINGS);
    folder.write("rubrics/tone.toml", RUBRIC);
    folder.write("prompts/own.j2", PROMPT);
    folder.write("items.jsonl", ITEMS);
    let reply = |id: &str, first: &str, second: &str| {
        format!(
            "{{\"id\":\"{id}\",\"first\":\"{first}\",\"second\":\"{second}\",\"reply\":\"{{\\\"vote\\\":\\\"tie\\\"}}\"}}\n"
        )
    };
    let replies = ["q1", "q2"].map(|id| reply(id, "a", "b") + &reply(id, "b", "a")).concat();
    folder.write("replies/ours.jsonl", &replies);
    std::fs::create_dir_all(folder.path().join("sub/folder")).unwrap();
    folder
}

fn run_in(folder: &Folder, place: &str, arguments: &[&str]) -> CommandOutput {
    let mut command = folder.command(arguments);
    CommandOutput::of(&command.current_dir(folder.path().join(place)).output().unwrap())
}

const JUDGE: [&str; 6] = ["judge", "../../items.jsonl", "--rubric", "tone", "--judge", "ours"];

#[test]
fn settings_rubrics_prompts_and_runs_are_found_from_a_folder_below() {
    let folder = project();
    let check = run_in(&folder, "sub/folder", &["check", "../../items.jsonl", "--rubric", "tone"]);
    assert!(check.expect(0).stdout.contains("MARKER One?"), "the prompt beside the settings");
    let said = run_in(&folder, "sub/folder", &JUDGE).expect(0);
    let top = folder.path().canonicalize().unwrap();
    let settings = format!("settings: {}", top.join("evenhand.toml").display());
    assert!(said.stderr.contains(&settings), "{}", said.stderr);
    let run = top.join("runs/tone-ours.db");
    assert!(said.stdout.contains(&format!("run saved in {}", run.display())), "{}", said.stdout);
    assert!(run.is_file() && !folder.path().join("sub/folder/runs").exists());
}

#[test]
fn the_same_command_in_another_folder_of_the_project_resumes_the_same_run() {
    let folder = project();
    run_in(&folder, "sub/folder", &JUDGE).expect(0);
    let above = ["judge", "items.jsonl", "--rubric", "tone", "--judge", "ours", "--format", "json"];
    let said = run_in(&folder, "", &above).expect(0);
    assert_eq!(said.json_lines()[0]["requests"], 0);
    assert_eq!(said.json_lines()[0]["run"], "runs/tone-ours.db");
}

#[test]
fn a_run_that_only_the_working_folder_has_is_resumed_there() {
    let folder = project();
    run_in(&folder, "sub/folder", &[&JUDGE[..], &["--run", "runs/tone-ours.db"]].concat())
        .expect(0);
    let said = run_in(&folder, "sub/folder", &[&JUDGE[..], &["--format", "json"]].concat());
    let said = said.expect(0).json_lines();
    assert_eq!((&said[0]["requests"], &said[0]["run"]), (&0.into(), &"runs/tone-ours.db".into()));
}

/// The commands that read a run, given its path.
fn readers(run: &str) -> Vec<Vec<&str>> {
    let calibrate = ["calibrate", run, "--labels", "labels.jsonl"];
    let rates = ["--error-rates", run, "--error-labels", "labels.jsonl"];
    let measured = ["calibrate", "own.db", "--labels", "labels.jsonl"];
    vec![
        vec!["show", run],
        vec!["verdicts", run],
        vec!["sample", run, "--n", "1"],
        calibrate.to_vec(),
        [&measured[..], &rates].concat(),
        vec!["merge", run, "--run", "merged.db"],
        [&JUDGE[..], &["--run", "other.db", "--reuse", run]].concat(),
    ]
}

/// A project with the run `tone-ours.db`, labels, and a copy of the run in the folder below.
fn judged_project() -> Folder {
    let folder = project();
    run_in(&folder, "sub/folder", &JUDGE).expect(0);
    let top = folder.path();
    std::fs::copy(top.join("runs/tone-ours.db"), top.join("sub/folder/own.db")).unwrap();
    let label = |id: &str| format!("{{\"id\":\"{id}\",\"annotator\":\"ana\",\"winner\":\"a\"}}\n");
    folder.write("sub/folder/labels.jsonl", &(label("q1") + &label("q2")));
    folder
}

#[test]
fn a_run_that_is_in_the_runs_of_the_project_is_pointed_out_where_another_path_is_named() {
    let folder = judged_project();
    let run = folder.path().canonicalize().unwrap().join("runs/tone-ours.db");
    let hint = format!("hint: did you mean {}?", run.display());
    for named in ["tone-ours.db", "runs/tone-ours.db", "tone-ours"] {
        for command in readers(named) {
            let said = run_in(&folder, "sub/folder", &command).expect(3);
            assert!(said.stderr.contains(&hint), "{command:?}: {}", said.stderr);
            assert!(said.stderr.contains("there is no such run file"), "{}", said.stderr);
        }
    }
    let said = run_in(&folder, "", &["show", "tone-ours.db"]).expect(3);
    assert!(said.stderr.contains("hint: did you mean runs/tone-ours.db?"), "{}", said.stderr);
    let said = run_in(&folder, "sub/folder", &["show", "none.db"]).expect(3);
    assert!(said.stderr.contains("hint: check the path"), "{}", said.stderr);
}

#[test]
fn a_folder_in_place_of_a_run_is_called_a_folder() {
    let folder = judged_project();
    for command in readers("../../runs") {
        let said = run_in(&folder, "sub/folder", &command).expect(3);
        let error = "error: ../../runs: this is a folder, not a run file\n";
        assert!(said.stderr.contains(error), "{command:?}: {}", said.stderr);
        let hint = "hint: `evenhand runs ../../runs` lists the runs in it\n";
        assert!(said.stderr.contains(hint), "{command:?}: {}", said.stderr);
    }
}

#[cfg(unix)]
#[test]
fn what_is_neither_a_run_nor_a_folder_is_not_called_missing() {
    let folder = project();
    folder.write("file", "text");
    let said = run_in(&folder, "", &["show", "file/run.db"]).expect(3);
    assert!(said.stderr.contains("file/run.db: Not a directory"), "{}", said.stderr);
    let said = run_in(&folder, "", &["show", "/dev/null"]).expect(3);
    assert!(said.stderr.contains("this is neither a file nor a folder"), "{}", said.stderr);
}

#[test]
fn the_nearest_settings_file_counts() {
    let folder = project();
    folder.write("sub/evenhand.toml", "[judges.other]\nrecorded = \"none.jsonl\"\n");
    let said = run_in(&folder, "sub/folder", &JUDGE[..5]).expect(2);
    assert!(said.stderr.contains("--judge"), "{}", said.stderr);
    let shipped = ["judge", "../../items.jsonl", "--rubric", "helpfulness", "--judge", "ours"];
    let said = run_in(&folder, "sub/folder", &shipped).expect(3);
    let path = folder.path().canonicalize().unwrap().join("sub/evenhand.toml");
    let known = format!("the judges in {} are: other", path.display());
    assert!(said.stderr.contains(&known), "{}", said.stderr);
}

#[test]
fn an_error_in_settings_above_names_their_path() {
    let folder = project();
    folder.write("evenhand.toml", "[judges.ours]\nmodle = \"x\"\n");
    let said = run_in(&folder, "sub/folder", &JUDGE).expect(3);
    let path = folder.path().canonicalize().unwrap().join("evenhand.toml");
    assert!(said.stderr.contains(&format!("{}:2:", path.display())), "{}", said.stderr);
}

#[test]
fn an_unknown_rubric_is_reported_with_the_place_where_it_was_looked_for() {
    let folder = project();
    let check = ["check", "../../items.jsonl", "--rubric", "tine"];
    let said = run_in(&folder, "sub/folder", &check).expect(3);
    let path = folder.path().canonicalize().unwrap().join("rubrics/tine.toml");
    assert!(said.stderr.contains(&format!("looked for {}", path.display())), "{}", said.stderr);
}

#[test]
fn rubrics_and_prompts_are_found_beside_the_file_of_config_and_runs_in_the_working_folder() {
    let folder = project();
    let elsewhere = Folder::new();
    let config = folder.path().join("evenhand.toml");
    let items = folder.path().join("items.jsonl");
    let [config, items] = [&config, &items].map(|path: &std::path::PathBuf| path.to_str().unwrap());
    let judge = ["judge", items, "--rubric", "tone", "--judge", "ours", "--config", config];
    let said = elsewhere.run(&judge).expect(0);
    assert!(said.stdout.contains("run saved in runs/tone-ours.db"), "{}", said.stdout);
    assert!(elsewhere.path().join("runs/tone-ours.db").is_file());
    assert!(!folder.path().join("runs").exists());

    let run = "runs/tone-ours.db";
    let verdicts = ["verdicts", run, "--rubric", "tone"];
    elsewhere.run(&verdicts).expect(3);
    let said = elsewhere.run(&[&verdicts[..], &["--config", config]].concat()).expect(0);
    assert_eq!(said.json_lines().len(), 2);
    elsewhere.write("labels.jsonl", "{\"id\":\"q1\",\"annotator\":\"ana\",\"winner\":\"tie\"}\n");
    let calibrate = ["calibrate", run, "--labels", "labels.jsonl", "--rubric", "tone"];
    elsewhere.run(&calibrate).expect(3);
    elsewhere.run(&[&calibrate[..], &["--config", config]].concat()).expect(0);
}

#[test]
fn verdicts_and_calibrate_find_the_rubric_of_the_project_from_below() {
    let folder = project();
    run_in(&folder, "", &["judge", "items.jsonl", "--rubric", "tone", "--judge", "ours"]).expect(0);
    let run = "../../runs/tone-ours.db";
    run_in(&folder, "sub/folder", &["verdicts", run, "--rubric", "tone"]).expect(0);
    folder.write("labels.jsonl", "{\"id\":\"q1\",\"annotator\":\"ana\",\"winner\":\"tie\"}\n");
    let calibrate = ["calibrate", run, "--labels", "../../labels.jsonl", "--rubric", "tone"];
    run_in(&folder, "sub/folder", &calibrate).expect(0);
}

#[test]
fn a_rubric_of_the_working_folder_is_found_unless_the_project_has_one_of_that_name() {
    let folder = project();
    let own = RUBRIC.replace("tone", "mine").replace("own.j2", "pairwise.j2");
    folder.write("sub/folder/rubrics/mine.toml", &own);
    let check = ["check", "../../items.jsonl", "--rubric", "mine"];
    let said = run_in(&folder, "sub/folder", &check).expect(0);
    assert!(said.stdout.contains("rubric mine") && !said.stderr.contains("warning"));

    folder.write("sub/folder/rubrics/tone.toml", &own);
    let said = run_in(&folder, "sub/folder", &["check", "../../items.jsonl", "--rubric", "tone"]);
    let said = said.expect(0);
    assert!(said.stdout.contains("rubric tone"), "{}", said.stdout);
    assert!(said.stderr.contains("warning: there are two rubrics `tone`"), "{}", said.stderr);
}

#[test]
fn without_settings_everything_is_in_the_working_folder() {
    let folder = project();
    std::fs::remove_file(folder.path().join("evenhand.toml")).unwrap();
    let judge = ["judge", "items.jsonl", "--rubric", "tone", "--judge", "builtin:longer"];
    let said = run_in(&folder, "", &judge).expect(0);
    assert!(said.stdout.contains("run saved in runs/tone-builtin-longer.db"), "{}", said.stdout);
    assert!(Path::new(&folder.path().join("runs/tone-builtin-longer.db")).is_file());
}
