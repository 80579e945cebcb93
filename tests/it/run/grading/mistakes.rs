//! Commands that do not fit what they are given say so, and name what does.

use crate::support::CommandOutput;
use crate::support::grading_scene::{GradingScene, RUBRIC};

fn judge(scene: &GradingScene, rubric: &str) -> CommandOutput {
    let flags = [
        "judge",
        "items.jsonl",
        "--rubric",
        rubric,
        "--judge",
        "builtin:longer",
        "--run",
        "pairs.db",
    ];
    scene.folder.run(&flags)
}

#[test]
fn judge_does_not_grade_and_grade_does_not_compare() {
    let scene = GradingScene::passing(1);
    let said = scene
        .folder
        .run(&["judge", "items.jsonl", "--rubric", "quality", "--judge", "gpt"])
        .expect(3);
    assert!(
        said.stderr.contains("rubrics/quality.toml: this rubric grades single responses"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("hint: `evenhand grade`"), "{}", said.stderr);
    let flags = ["grade", "items.jsonl", "--rubric", "helpfulness", "--judge", "gpt"];
    let said = scene.folder.run(&flags).expect(3);
    assert!(said.stderr.contains("this rubric compares responses"), "{}", said.stderr);
    assert!(said.stderr.contains("mode = \"grade\""), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 0);
    assert!(!scene.folder.path().join("runs").exists(), "nothing is left behind");
}

#[test]
fn a_run_file_of_the_other_kind_is_refused() {
    let scene = GradingScene::passing(1);
    judge(&scene, "helpfulness").expect(0);
    let said = scene.grade(&["--run", "pairs.db"]).expect(7);
    let expected = "pairs.db: this is another run: it has comparisons, and the rubric grades";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    scene.grade(&["--run", "grades.db"]).expect(0);
    let flags = [
        "judge",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "builtin:longer",
        "--run",
        "grades.db",
    ];
    let said = scene.folder.run(&flags).expect(7);
    let expected =
        "grades.db: this is another run: it has grades of single responses, and the rubric";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    // By the same judge, whose requests could be rendered with the wrong prompt.
    let flags =
        ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "gpt", "--run", "grades.db"];
    let said = scene.folder.run(&flags).expect(7);
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    let flags = [
        "judge",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "builtin:longer",
        "--run",
        "new.db",
        "--reuse",
        "grades.db",
    ];
    scene.folder.run(&flags).expect(0);
}

#[test]
fn flags_of_comparisons_are_refused() {
    let scene = GradingScene::passing(1);
    let said = scene.grade(&["--baseline", "alpha"]).expect(2);
    assert!(said.stderr.contains("each response is graded by itself"), "{}", said.stderr);
    let flags = ["grade", "items.jsonl", "--rubric", "quality", "--judge", "builtin:longer"];
    let said = scene.folder.run(&flags).expect(2);
    assert!(said.stderr.contains("builtin:longer only compares responses"), "{}", said.stderr);
    let said = judge(&scene, "helpfulness").expect(0);
    assert!(said.stderr.is_empty() || !said.stderr.contains("error"), "{}", said.stderr);
    let flags = [
        "judge",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "builtin:longer",
        "--min-pass-rate",
        "alpha=0.5",
    ];
    let said = scene.folder.run(&flags).expect(2);
    assert!(said.stderr.contains("the gate on a system is --min-win-rate here"), "{}", said.stderr);
}

#[test]
fn an_item_with_one_response_can_be_graded() {
    let scene = GradingScene::passing(1);
    scene.folder.write(
        "items.jsonl",
        "{\"id\":\"q-001\",\"prompt\":\"Question q-001\",\"responses\":{\"alpha\":\"ALPHA\"}}\n",
    );
    let said = scene.grade(&[]).expect(0);
    assert!(
        said.stdout.starts_with("gpt passes 100.0 % of 1 response of alpha"),
        "{}",
        said.stdout
    );
}

#[test]
fn the_prompt_must_have_what_it_prints() {
    let scene = GradingScene::passing(1);
    let rubric = format!("{RUBRIC}prompt = \"grade-reference.j2\"\n");
    scene.folder.write("rubrics/quality.toml", &rubric);
    let said = scene.grade(&[]).expect(3);
    assert!(said.stderr.contains("items.jsonl:1"), "{}", said.stderr);
    scene.folder.write("prompts/own.j2", "{% block user %}{{ first }}{% endblock %}");
    scene.folder.write("rubrics/quality.toml", &format!("{RUBRIC}prompt = \"own.j2\"\n"));
    let said = scene.grade(&[]).expect(3);
    assert!(
        said.stderr.contains("prompts/own.j2:1")
            && said.stderr.contains("response, rubric and fence"),
        "{}",
        said.stderr
    );
    assert_eq!(scene.server.requests(), 0);
}
