//! A rubric, a prompt or an item that has changed: what differs is shown, with commands that exist, and a version
//! that was not raised is pointed out.

use crate::support::CommandOutput;
use crate::support::server::{Answer, Scene};

const RUBRIC: &str = r#"name = "mine"
version = "1.0.0"
description = "Which is better?"
prompt = "mine.j2"

[[criteria]]
name = "accuracy"
description = "Every claim is supported by the ticket."

[[criteria]]
name = "brevity"
description = "It is short."
"#;
const PROMPT: &str = "{% block system %}\nYou compare.\nBe fair.\n{% endblock %}\n{% block user %}\nQuestion \
                      {{ item.id }}: {{ first }} or {{ second }}? {{ rubric.description }}{% for one in \
                      rubric.criteria %}\n{{ one.name }}: {{ one.description }}{% endfor %}\n{% endblock %}\n";

/// A scene with a rubric and a prompt of its own, judged already.
fn judged() -> Scene {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.folder.write("rubrics/mine.toml", RUBRIC);
    scene.folder.write("prompts/mine.j2", PROMPT);
    judge(&scene, &[]).expect(0);
    scene
}

fn judge(scene: &Scene, flags: &[&str]) -> CommandOutput {
    scene.judge(&[&["--rubric", "mine"], flags].concat())
}

#[test]
fn an_edited_criterion_is_shown_as_a_difference() {
    let scene = judged();
    let edited = RUBRIC.replace("by the ticket", "by the ticket\\u001b[2J or the docs");
    scene.folder.write("rubrics/mine.toml", &edited.replace("1.0.0", "1.1.0"));
    let said = judge(&scene, &[]).expect(7);
    for part in [
        "run.db: this is another run: rubric.criteria differs",
        "\n  - accuracy: Every claim is supported by the ticket.\n",
        "\n  + accuracy: Every claim is supported by the ticket\\u{1b}[2J or the docs.\n",
        "\n    brevity: It is short.\n",
        "\n  - 1.0.0\n  + 1.1.0\n",
        "hint: use another --run; --reuse ",
    ] {
        assert!(said.stderr.contains(part), "no {part:?} in {}", said.stderr);
    }
}

#[test]
fn an_edited_prompt_is_shown_as_a_difference() {
    let scene = judged();
    scene.folder.write("prompts/mine.j2", &PROMPT.replace("Be fair.", "Be strict."));
    let said = judge(&scene, &[]).expect(7);
    for part in ["prompts/mine.j2 differs", "\n    You compare.\n  - Be fair.\n  + Be strict.\n"] {
        assert!(said.stderr.contains(part), "no {part:?} in {}", said.stderr);
    }
}

#[test]
fn an_edited_item_is_shown_as_a_difference() {
    let scene = judged();
    let path = scene.folder.path().join("items.jsonl");
    let items = std::fs::read_to_string(&path).unwrap();
    scene.folder.write("items.jsonl", &items.replace("BETA on q-002", "BETA at q-002"));
    let said = judge(&scene, &[]).expect(7);
    for part in ["responses.beta of item q-002", "- BETA on q-002.", "+ BETA at q-002."] {
        assert!(said.stderr.contains(part), "no {part:?} in {}", said.stderr);
    }
}

#[test]
fn a_changed_setting_is_shown_with_both_values() {
    let scene = judged();
    for (field, value, shown) in [
        ("model", "\"another\"", ["\"model-of-judge-1\"", "\"another\""]),
        ("temperature", "0.5", ["0.0", "0.5"]),
        ("extra", "{ top_p = 0.5 }", ["{}", "{\"top_p\":0.5}"]),
        ("base_url", "\"http://127.0.0.1:1/v1\"", ["/v1\"", "\"http://127.0.0.1:1/v1\""]),
    ] {
        scene.settings(&[(field, value)]);
        let said = judge(&scene, &[]).expect(7);
        assert!(
            said.stderr.contains(&format!("judges.judge-1.{field} differs")),
            "{}",
            said.stderr
        );
        let [before, now] = shown;
        let stored = said.stderr.lines().find(|line| line.contains("the run file has")).unwrap();
        let wanted = said.stderr.lines().find(|line| line.contains("this command has")).unwrap();
        assert!(stored.contains(before) && wanted.contains(now), "{field}: {}", said.stderr);
    }
    scene.settings(&[]);
    let said = judge(&scene, &["--seed", "7"]).expect(7);
    assert!(said.stderr.contains("the run file has 0\n  this command has 7"), "{}", said.stderr);
}

#[test]
fn commands_without_reuse_name_the_command_that_has_it() {
    let scene = judged();
    scene.folder.write("rubrics/mine.toml", &RUBRIC.replace("short", "brief"));
    scene.folder.write("labels.jsonl", "");
    for command in [&["verdicts"][..], &["calibrate", "--labels", "labels.jsonl"]] {
        let said = scene.run(&[command, &["run.db", "--rubric", "mine"]].concat()).expect(7);
        let hint = said.stderr.split_once("hint: ").unwrap().1;
        assert!(hint.contains("omit --rubric"), "{hint}");
        assert!(hint.contains("`evenhand judge … --run OTHER --reuse run.db`"), "{hint}");
        assert!(said.stderr.contains("+ brevity: It is brief."), "{}", said.stderr);
    }
}

#[test]
fn a_text_that_changed_while_its_version_did_not_is_pointed_out() {
    let scene = judged();
    let warns = |said: &CommandOutput, of: &str| {
        let warning = format!("warning: rubric mine 1.0.0 has another text than in {of}");
        said.stderr.contains(&warning) && said.stderr.contains("raise `version`")
    };
    let said = judge(&scene, &["--run", "same.db"]).expect(0);
    assert!(!said.stderr.contains("another text"), "{}", said.stderr);
    std::fs::remove_file(scene.folder.path().join("same.db")).unwrap();
    scene.folder.write("rubrics/mine.toml", &RUBRIC.replace("short", "brief"));
    let said = judge(&scene, &["--run", "other.db"]).expect(0);
    assert!(warns(&said, "run.db (rubric.criteria differs)"), "{}", said.stderr);
    let elsewhere = ["--run", "runs/other.db", "--reuse", "run.db"];
    assert!(warns(&judge(&scene, &elsewhere).expect(0), "run.db"));
    let check = ["check", "items.jsonl", "--rubric", "mine", "--judge", "judge-1"];
    let said = scene.run(&[&check[..], &["--run", "third.db"]].concat()).expect(0);
    assert!(warns(&said, "run.db"), "{}", said.stderr);
    // A comment is no change, and a raised version is what it should be.
    scene.folder.write("rubrics/mine.toml", &format!("# A comment\n{RUBRIC}"));
    std::fs::remove_file(scene.folder.path().join("other.db")).unwrap();
    let said = judge(&scene, &["--run", "fourth.db"]).expect(0);
    assert!(!said.stderr.contains("another text"), "{}", said.stderr);
    let raised = RUBRIC.replace("short", "brief").replace("1.0.0", "1.1.0");
    scene.folder.write("rubrics/mine.toml", &raised);
    let said = judge(&scene, &["--run", "fifth.db"]).expect(0);
    assert!(!said.stderr.contains("another text"), "{}", said.stderr);
}

#[test]
fn a_run_without_a_reply_has_no_results_to_tell_apart() {
    let scene = Scene::new(2, |_| Answer::error(401, "no"));
    scene.folder.write("rubrics/mine.toml", RUBRIC);
    scene.folder.write("prompts/mine.j2", PROMPT);
    judge(&scene, &[]).expect(4);
    judge(&scene, &["--run", "unasked.db", "--max-requests", "0"]);
    scene.folder.write("rubrics/mine.toml", &RUBRIC.replace("short", "brief"));
    let said = judge(&scene, &["--run", "other.db"]).expect(4);
    assert!(!said.stderr.contains("another text"), "{}", said.stderr);
    assert!(scene.folder.path().join("run.db").is_file(), "the first run is there");
}

#[test]
fn a_rubric_that_is_not_called_as_its_file_is_pointed_out() {
    let scene = judged();
    scene.folder.write("rubrics/theirs.toml", RUBRIC);
    let warning = "theirs.toml: the rubric is called `mine`, not `theirs` as its file";
    let check = ["check", "items.jsonl", "--rubric"];
    for (name, expected) in [("theirs", true), ("rubrics/theirs.toml", true), ("mine", false)] {
        let said = scene.run(&[&check[..], &[name]].concat()).expect(0);
        assert_eq!(said.stderr.contains(warning), expected, "{name}: {}", said.stderr);
    }
    let said = scene.judge(&["--rubric", "theirs"]).expect(0);
    assert!(said.stderr.contains(warning), "{}", said.stderr);
    let said = scene.run(&["verdicts", "run.db", "--rubric", "theirs"]).expect(0);
    assert!(said.stderr.contains(warning), "{}", said.stderr);
}
