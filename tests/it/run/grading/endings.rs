//! How the command ends: complete, incomplete, rejected, killed. What was answered is never lost and never paid twice.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::grading_scene::{GradingScene, RUBRIC, grades, is_reversed, system};
use crate::support::server::{Answer, ReceivedRequest};

#[test]
fn a_key_that_is_refused_ends_with_4() {
    let scene = GradingScene::new(2, |_| Answer::error(401, "bad key"));
    let said = scene.grade(&[]).expect(4);
    assert!(said.stderr.contains("check key, model and base_url"), "{}", said.stderr);
}

#[test]
fn a_judge_without_one_readable_reply_ends_with_4() {
    let scene = GradingScene::new(2, |_| Answer::says("It is fine."));
    let said = scene.grade(&[]).expect(4);
    assert!(
        said.stderr.contains("could be read") && said.stderr.contains("without a grade"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_run_without_one_kept_grade_is_inconclusive() {
    let scene =
        GradingScene::new(2, |seen| grades(if is_reversed(seen) { "pass" } else { "fail" }));
    let said = scene.grade(&[]).expect(8);
    assert!(said.stderr.contains("gpt kept no grade of 4 responses"), "{}", said.stderr);
    assert!(
        said.stdout.starts_with(
            "gpt kept no grade of 4 responses: no response got the same grade in both"
        ),
        "{}",
        said.stdout
    );
    assert!(said.stderr.contains("this run has no grade to rely on"), "{}", said.stderr);
    scene.grade(&["--inconclusive", "pass"]).expect(0);
}

#[test]
fn a_response_that_is_rejected_has_failed_and_is_asked_again_on_request() {
    let scene = GradingScene::new(3, |seen| match (seen.id.as_str(), system(seen)) {
        ("q-002", "alpha") => Answer::error(400, "the prompt was blocked"),
        _ => grades("pass"),
    });
    let said = scene.grade(&[]).expect(0);
    assert!(
        said.stderr.contains(
            "gpt: 1 of 6 responses failed: q-002 (first error: HTTP 400: the prompt was blocked)"
        ),
        "{}",
        said.stderr
    );
    let asked = scene.server.requests();
    scene.grade(&[]).expect(0);
    assert_eq!(scene.server.requests(), asked, "a rejection is final");
    scene.server.now(|_| grades("pass"));
    scene.grade(&["--retry-failed"]).expect(0);
    assert_eq!(scene.server.requests(), asked + 2);
}

#[test]
fn an_outage_is_incomplete_and_the_same_command_goes_on() {
    let scene = GradingScene::new(3, |seen| match seen.id.as_str() {
        "q-003" => Answer::error(500, "down"),
        _ => grades("pass"),
    });
    let said = scene.grade(&[]).expect(5);
    assert!(said.stderr.contains("incomplete: 2 responses still open"), "{}", said.stderr);
    scene.server.now(|_| grades("pass"));
    let before = scene.server.requests();
    scene.grade(&[]).expect(0);
    assert_eq!(scene.server.requests() - before, 4);
}

#[test]
fn budgets_ask_a_response_in_both_directions_or_not_at_all() {
    let scene = GradingScene::passing(5);
    let said = scene.grade(&["--max-requests", "5"]).expect(5);
    assert!(
        said.stderr.contains("incomplete: 8 responses still open; the budget is used up"),
        "{}",
        said.stderr
    );
    assert_eq!(scene.server.requests(), 4);
    let said = scene.grade(&["--max-requests", "1"]).expect(2);
    assert!(
        said.stderr.contains("--max-requests 1 is not enough for one response"),
        "{}",
        said.stderr
    );
    let price = "{ input_per_million = 1.0, output_per_million = 1.0 }";
    scene.settings(&[("gpt", &[("price", price), ("max_tokens", "100"), ("max_in_flight", "1")])]);
    scene.grade(&["--run", "cost.db", "--max-cost", "0.0025"]).expect(5);
    let spent = scene.server.requests() - 4;
    assert!((2..20).contains(&spent) && spent.is_multiple_of(2), "{spent} requests");
}

#[test]
fn another_rubric_or_judge_is_another_run() {
    let scene = GradingScene::passing(1);
    scene.grade(&["--run", "run.db"]).expect(0);
    scene.folder.write(
        "rubrics/quality.toml",
        &RUBRIC.replace("\"pass\"]", "\"pass\", \"shine\"]\npass_from = \"pass\""),
    );
    let said = scene.grade(&["--run", "run.db"]).expect(7);
    assert!(said.stderr.contains("run.db"), "{}", said.stderr);
    // What passes is decided when grades are read: it changes no request.
    scene.folder.write("rubrics/quality.toml", &format!("{RUBRIC}pass_from = \"pass\"\n"));
    scene.grade(&["--run", "run.db"]).expect(0);
    let said = scene.grade(&["--run", "run.db", "--seed", "1"]).expect(7);
    assert!(said.stderr.contains("seed"), "{}", said.stderr);
}

/// A grade that only the request decides.
fn decided(seen: &ReceivedRequest) -> &'static str {
    let number: usize = seen.id[2..].parse().unwrap();
    match (number % 7, system(seen), is_reversed(seen)) {
        (0, "alpha", _) | (3, _, true) => "fail",
        _ => "pass",
    }
}

/// The numbers of a run that do not depend on how often it was interrupted.
fn stable(scene: &GradingScene) -> Value {
    let numbers = scene.numbers(&[]);
    let judge = &numbers["judges"][0];
    serde_json::json!([
        judge["outcomes"],
        judge["systems"],
        judge["pairs"],
        judge["order"],
        numbers["headline"]
    ])
}

#[cfg(unix)]
#[test]
fn a_command_killed_many_times_ends_like_an_undisturbed_one_and_pays_nothing_twice() {
    const ITEMS: usize = 150;
    let scene = GradingScene::new(ITEMS, |seen| grades(decided(seen)).after(60));
    scene.settings(&[("gpt", &[("max_in_flight", "8")])]);
    let mut kills = 0;
    for milliseconds in [900, 0, 250, 150, 400, 30, 300, 200] {
        let target = scene.server.requests() + 1;
        let mut child =
            scene.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        scene.server.wait_for(target);
        std::thread::sleep(Duration::from_millis(milliseconds));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
    }
    assert!(kills >= 5, "it must be at work when it is killed");
    scene.grade(&[]).expect(0);
    let undisturbed = GradingScene::new(ITEMS, |seen| grades(decided(seen)));
    undisturbed.grade(&[]).expect(0);
    assert_eq!(stable(&scene), stable(&undisturbed));
    // Each kill costs what is in flight, and what was answered within the interval of a commit.
    let most = 4 * ITEMS + kills * (8 + 16);
    assert!(scene.server.requests() <= most, "{} requests", scene.server.requests());
}

#[cfg(unix)]
#[test]
fn an_interrupted_command_waits_for_what_is_in_flight_and_ends_with_130() {
    let scene = GradingScene::new(40, |_| grades("pass").after(200));
    scene.settings(&[("gpt", &[("max_in_flight", "4")])]);
    let mut command = scene.command(&[]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    scene.server.wait_for(4);
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("every reply so far is in runs/quality-gpt.db"), "{said}");
    let asked = scene.server.requests();
    scene.server.now(|_| grades("pass"));
    scene.grade(&[]).expect(0);
    assert_eq!(scene.server.requests(), 160, "{asked} before the interruption");
}

#[test]
fn gates_decide_the_exit_code() {
    let scene =
        GradingScene::new(40, |seen| grades(if system(seen) == "beta" { "pass" } else { "fail" }));
    scene
        .grade(&[
            "--min-pass-rate",
            "beta=0.8",
            "--min-coverage",
            "0.8",
            "--min-consistency",
            "0.8",
        ])
        .expect(0);
    let said = scene.grade(&["--min-pass-rate", "alpha=0.5"]).expect(6);
    assert!(
        said.stderr.contains(
            "gate missed: direction-averaged pass rate of alpha is 0.000 (0.000 to 0.088, n 40)"
        ),
        "{}",
        said.stderr
    );
    let said = scene.grade(&["--min-pass-rate", "beta=0.95"]).expect(8);
    assert!(said.stderr.contains("gate inconclusive"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: grade more responses, to narrow"), "{}", said.stderr);
    let said = scene.grade(&["--min-pass-rate", "gamma=0.5"]).expect(2);
    assert!(
        said.stderr.contains("--min-pass-rate: no response has the system `gamma`"),
        "{}",
        said.stderr
    );
    let said = scene.grade(&["--min-win-rate", "beta=0.5"]).expect(2);
    assert!(
        said.stderr.contains("the gate on a system is --min-pass-rate here"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_judge_that_can_assess_nothing_is_inconclusive() {
    let scene = GradingScene::new(2, |_| grades("cannot assess"));
    scene.folder.write("rubrics/quality.toml", &format!("{RUBRIC}cannot_assess = true\n"));
    let said = scene.grade(&[]).expect(8);
    assert!(said.stderr.contains("gpt could assess none of 4 responses"), "{}", said.stderr);
    assert!(said.stdout.starts_with("gpt could assess none of 4 responses"), "{}", said.stdout);
    scene.grade(&["--min-coverage", "0.1"]).expect(8);
    scene.grade(&["--inconclusive", "pass"]).expect(0);
}

#[test]
fn what_could_not_be_read_is_not_said_to_be_impossible_to_assess() {
    let scene = GradingScene::new(4, |seen| match (seen.id.as_str(), system(seen)) {
        ("q-001", "alpha") => grades("cannot assess"),
        _ => Answer::says("It is fine."),
    });
    scene.folder.write("rubrics/quality.toml", &format!("{RUBRIC}cannot_assess = true\n"));
    let said = scene.grade(&[]).expect(8);
    let sentence = "gpt gave no step of the scale in both directions to any of 8 responses and could not assess 1";
    for text in [&said.stdout, &said.stderr] {
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(sentence), "{text}");
        assert!(!text.contains("could assess none"), "{text}");
    }
}

#[test]
fn a_gate_on_a_rate_that_the_rubric_does_not_define_is_refused_before_anything_is_asked() {
    let scene = GradingScene::passing(2);
    let rubric = RUBRIC.replace("\"fail\", ", "\"fail\", \"almost\", ");
    scene.folder.write("rubrics/quality.toml", &rubric);
    let said = scene.grade(&["--min-pass-rate", "alpha=0.5"]).expect(2);
    assert!(said.stderr.contains("the rubric does not say what passes"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 0);
}
