//! The formats of the result.

use crate::support::grading_scene::{GradingScene, grades, is_reversed, system};

fn scene() -> GradingScene {
    GradingScene::new(12, |seen| {
        let number: usize = seen.id[2..].parse().unwrap();
        let passes = match system(seen) {
            "alpha" => number.is_multiple_of(3) || (number == 4 && is_reversed(seen)),
            _ => !number.is_multiple_of(4),
        };
        grades(if passes { "pass" } else { "fail" })
    })
}

#[test]
fn the_table_says_what_matters_first() {
    let said = scene().grade(&[]).expect(0);
    let without_time = said
        .stdout
        .lines()
        .filter(|line| ["this time", "latency"].iter().all(|word| !line.contains(word)));
    insta::assert_snapshot!("grade_table", without_time.collect::<Vec<_>>().join("\n"));
    assert!(said.stderr.contains("next: evenhand verdicts runs/quality-gpt.db"), "{}", said.stderr);
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 80), "{}", said.stdout);
}

#[test]
fn markdown_has_the_same_numbers() {
    let said = scene().grade(&["--format", "markdown"]).expect(0);
    insta::assert_snapshot!("grade_markdown", said.stdout);
}

#[test]
fn events_follow_the_run_and_the_result_comes_last() {
    let scene = scene();
    let said = scene.grade(&["--format", "jsonl"]).expect(0);
    let events = said.json_lines();
    assert_eq!((&events[0]["event"], &events[0]["responses"]), (&"plan".into(), &24.into()));
    let graded: Vec<_> = events.iter().filter(|event| event["event"] == "grade").collect();
    assert_eq!(graded.len(), 24);
    assert!(graded.iter().any(|event| event["outcome"] == "changed" && event["grade"].is_null()));
    assert!(graded.iter().any(|event| event["outcome"] == "kept" && event["grade"] == "pass"));
    assert_eq!(events.last().unwrap()["event"], "result");
}

#[test]
fn names_and_steps_that_are_long_or_hostile_are_shown_safely() {
    let scene = GradingScene::new(2, |_| grades("pass"));
    let text = std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap();
    let name =
        "a\u{1b}[31m-very-long-name-of-a-system-that-does-not-fit-into-any-column-of-the-table";
    let text = text.replace("\"alpha\"", &serde_json::to_string(name).unwrap());
    scene.folder.write("items.jsonl", &text);
    let said = scene.grade(&[]).expect(0);
    assert!(!said.stdout.contains('\u{1b}'), "{}", said.stdout);
    let widths = said.stdout.lines().map(|line| line.chars().count());
    assert!(widths.max().unwrap() <= 80, "{}", said.stdout);
}
