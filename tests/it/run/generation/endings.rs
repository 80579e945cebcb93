//! How the command ends: complete, incomplete, rejected, killed. What was answered is never lost and never paid twice.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::scene::{GenerationScene, echo, prompt};
use crate::support::server::Answer;

#[test]
fn a_prompt_that_is_rejected_is_left_out_and_asked_again_on_request() {
    let scene = GenerationScene::new(4, |seen| match (seen.id.as_str(), seen.model()) {
        ("q-002", "model-of-plain") => Answer::error(400, "the prompt was blocked"),
        _ => Answer::says(&echo(seen)),
    });
    let said = scene.generate(&[]).expect(0);
    assert!(
        said.stderr.contains("plain: 1 of 4 responses failed (first: q-002: HTTP 400: the prompt was blocked); ask them \
                              again with --retry-failed"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("1 item left out (first: `q-002`): with fewer than two responses"),
        "{}",
        said.stderr
    );
    assert_eq!(scene.items().len(), 3);
    let asked = scene.server.requests();
    scene.generate(&[]).expect(0);
    assert_eq!(scene.server.requests(), asked, "a rejection is final");
    scene.server.now(|seen| Answer::says(&echo(seen)));
    scene.generate(&["--retry-failed"]).expect(0);
    assert_eq!((scene.server.requests(), scene.items().len()), (asked + 1, 4));
}

#[test]
fn three_systems_leave_an_item_in_of_which_one_response_is_missing() {
    let scene = GenerationScene::new(2, |seen| match (seen.id.as_str(), seen.model()) {
        ("q-002", "model-of-a") => Answer::error(422, "no"),
        _ => Answer::says(&echo(seen)),
    });
    scene.settings(&[("a", &[]), ("b", &[]), ("c", &[])]);
    scene
        .run(&["--system", "a", "--system", "b", "--system", "c", "--to", "items.jsonl"])
        .expect(0);
    let systems: Vec<usize> =
        scene.items().iter().map(|item| item["responses"].as_object().unwrap().len()).collect();
    assert_eq!(systems, [3, 2]);
}

#[test]
fn a_key_that_is_refused_ends_with_4_and_writes_no_items() {
    let scene = GenerationScene::new(3, |_| Answer::error(401, "bad key"));
    let said = scene.generate(&[]).expect(4);
    assert!(said.stderr.contains("plain: "), "{}", said.stderr);
    assert!(said.stderr.contains("check key, model and base_url"), "{}", said.stderr);
    assert!(!scene.folder.path().join("items.jsonl").exists());
}

#[test]
fn one_of_two_systems_that_never_responds_is_no_success() {
    let scene = GenerationScene::new(3, |seen| match seen.model() {
        "model-of-plain" => Answer::error(404, "there is no such model"),
        _ => Answer::says(&echo(seen)),
    });
    let said = scene.generate(&[]).expect(4);
    assert!(said.stderr.contains("plain: "), "{}", said.stderr);
    assert!(!scene.folder.path().join("items.jsonl").exists(), "no item can be compared");
}

#[test]
fn a_budget_is_kept_and_the_same_command_goes_on() {
    let scene = GenerationScene::echoing(5);
    let said = scene.generate(&["--max-requests", "4"]).expect(5);
    assert!(
        said.stderr.contains("incomplete: 6 responses still open; the budget is used up"),
        "{}",
        said.stderr
    );
    assert_eq!(
        (scene.server.requests(), scene.items().len()),
        (4, 2),
        "both systems about two prompts"
    );
    // What is stored is not counted, and half a prompt is not asked.
    scene.generate(&["--max-requests", "3"]).expect(5);
    assert_eq!((scene.server.requests(), scene.items().len()), (6, 3));
    scene.generate(&[]).expect(0);
    assert_eq!((scene.server.requests(), scene.items().len()), (10, 5));
}

#[test]
fn the_cost_of_all_commands_together_is_limited() {
    let scene = GenerationScene::echoing(20);
    // A reply costs 120 millionths; the worst case is 100 tokens of output and the prompt.
    let price = "{ input_per_million = 1.0, output_per_million = 1.0 }";
    let settings = [("price", price), ("max_tokens", "100"), ("max_in_flight", "1")];
    scene.settings(&[("plain", &settings)]);
    let flags = ["--system", "plain", "--to", "items.jsonl", "--max-cost", "0.001"];
    for _ in 0..3 {
        scene.run(&flags).expect(5);
    }
    let cost: f64 =
        scene.items().iter().map(|item| item["generated"]["plain"]["cost"].as_f64().unwrap()).sum();
    assert!(cost <= 0.001 && cost > 0.0007, "{cost}");
    let said = scene.run(&flags).expect(5);
    for part in ["a larger --max-cost", "another prompt can cost $0.0001"] {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
    let said =
        scene.run(&["--system", "plain", "--to", "items.jsonl", "--max-cost", "1"]).expect(0);
    assert!(
        said.stdout.contains("20 responses of 1 system given, all of the plan"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_limit_of_the_cost_needs_a_price() {
    let scene = GenerationScene::echoing(1);
    let said = scene.generate(&["--max-cost", "1"]).expect(3);
    assert!(said.stderr.contains("systems.plain.price is missing"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn an_outage_is_incomplete_and_the_same_command_goes_on() {
    let scene = GenerationScene::new(3, |seen| match seen.id.as_str() {
        "q-003" => Answer::error(500, "down"),
        _ => Answer::says(&echo(seen)),
    });
    let said = scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(5);
    assert!(said.stderr.contains("incomplete: 1 response still open"), "{}", said.stderr);
    assert_eq!(scene.items().len(), 2, "what there is can be used");
    scene.server.now(|seen| Answer::says(&echo(seen)));
    let before = scene.server.requests();
    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    assert_eq!((scene.server.requests() - before, scene.items().len()), (1, 3));
}

/// The responses of each item: what is known of how they were made differs from run to run.
fn responses(scene: &GenerationScene) -> BTreeMap<String, Value> {
    let items = scene.items().into_iter();
    items.map(|item| (item["id"].to_string(), item["responses"].clone())).collect()
}

#[cfg(unix)]
#[test]
fn a_command_killed_many_times_ends_like_an_undisturbed_one_and_pays_nothing_twice() {
    const PROMPTS: usize = 300;
    let scene = GenerationScene::new(PROMPTS, |seen| Answer::says(&echo(seen)).after(90));
    let few = [("max_in_flight", "8")];
    scene.settings(&[("plain", &few), ("brief", &few)]);
    let flags = ["--system", "plain", "--system", "brief", "--to", "items.jsonl"];
    let mut kills = 0;
    for milliseconds in [900, 0, 250, 150, 400, 30, 300, 200] {
        let target = scene.server.requests() + 1;
        let mut child =
            scene.command(&flags).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        scene.server.wait_for(target);
        std::thread::sleep(Duration::from_millis(milliseconds));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
    }
    assert!(kills >= 5, "it must be at work when it is killed");
    scene.run(&flags).expect(0);
    let undisturbed = GenerationScene::echoing(PROMPTS);
    undisturbed.settings(&[("plain", &few), ("brief", &few)]);
    undisturbed.run(&flags).expect(0);
    assert_eq!(responses(&scene), responses(&undisturbed));
    // Each kill costs what is in flight, and what was answered within the interval of a commit.
    let most = 2 * PROMPTS + kills * 2 * (8 + 8);
    assert!(scene.server.requests() <= most, "{} requests", scene.server.requests());
}

#[cfg(unix)]
#[test]
fn an_interrupted_command_waits_for_what_is_in_flight_and_ends_with_130() {
    let scene = GenerationScene::new(40, |seen| Answer::says(&echo(seen)).after(200));
    scene.settings(&[("plain", &[("max_in_flight", "4")])]);
    let mut command = scene.command(&["--system", "plain", "--to", "items.jsonl"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    scene.server.wait_for(4);
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let asked = scene.server.requests();
    assert_eq!(scene.items().len(), asked, "every answer is kept");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("every answer so far is in runs/generate-items.db"), "{said}");
}

#[test]
fn two_commands_do_not_write_one_run_file() {
    let scene = GenerationScene::new(2, |seen| Answer::says(&echo(seen)).held());
    let mut first = scene.command(&["--system", "plain", "--to", "items.jsonl"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    scene.server.wait_for(1);
    let said = scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(7);
    assert!(said.stderr.contains("generate-items.db"), "{}", said.stderr);
    scene.server.release_held();
    assert!(first.wait().unwrap().success());
}

#[test]
fn prompts_of_another_file_are_kept_apart_from_those_of_the_plan() {
    let scene = GenerationScene::echoing(3);
    scene.generate(&[]).expect(0);
    scene.prompts([prompt(7, "")]);
    scene.generate(&[]).expect(0);
    assert_eq!(scene.items().len(), 1);
}

#[test]
fn systems_that_answer_different_prompts_make_no_item_and_no_success() {
    let scene = GenerationScene::new(2, |seen| match (seen.id.as_str(), seen.model()) {
        ("q-001", "model-of-plain") | ("q-002", "model-of-brief") => Answer::error(400, "blocked"),
        _ => Answer::says("Fine."),
    });
    let said = scene.generate(&[]).expect(4);
    assert!(said.stderr.contains("no item has the responses of two systems"), "{}", said.stderr);
    assert!(said.stderr.contains("2 items left out"), "{}", said.stderr);
}

#[test]
fn retrying_what_has_failed_says_how_to_ask_the_rest() {
    let scene = GenerationScene::echoing(3);
    scene.run(&["--system", "plain", "--to", "items.jsonl", "--max-requests", "1"]).expect(5);
    let said = scene.run(&["--system", "plain", "--to", "items.jsonl", "--retry-failed"]).expect(5);
    assert!(said.stderr.contains("run the command without --retry-failed"), "{}", said.stderr);
}

#[test]
fn retrying_rejections_in_vain_is_no_failure_of_a_system_that_has_responded() {
    let scene = GenerationScene::new(6, |seen| match seen.id.as_str() {
        "q-002" | "q-005" => Answer::error(400, "the prompt was blocked"),
        _ => Answer::says("Fine."),
    });
    let flags = ["--system", "plain", "--to", "items.jsonl"];
    scene.run(&flags).expect(0);
    scene.run(&[&flags[..], &["--retry-failed"]].concat()).expect(0);
    assert_eq!(scene.items().len(), 4);
}

#[test]
fn a_system_that_was_only_throttled_within_the_budget_has_not_failed() {
    let scene = GenerationScene::new(4, |seen| match (seen.model(), seen.before) {
        ("model-of-plain", 0) => Answer::error(429, "slow down"),
        _ => Answer::says(&echo(seen)),
    });
    let said = scene.generate(&["--max-requests", "2"]).expect(5);
    assert!(!said.stderr.contains("no request has succeeded"), "{}", said.stderr);
}

#[test]
fn a_limit_of_requests_is_compared_with_what_is_open() {
    let scene = GenerationScene::echoing(2);
    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    // One system is open for each prompt.
    scene.generate(&["--max-requests", "1"]).expect(5);
    scene.generate(&["--max-requests", "1"]).expect(0);
    scene.generate(&["--max-requests", "1"]).expect(0);
    assert_eq!(scene.server.requests(), 4);
}

#[test]
fn a_single_response_is_written_where_it_is_to_be_graded() {
    let scene = GenerationScene::new(4, |seen| match (seen.id.as_str(), seen.model()) {
        ("q-002", "model-of-plain") => Answer::error(400, "the prompt was blocked"),
        _ => Answer::says(&echo(seen)),
    });
    let said = scene.generate(&["--keep-single"]).expect(0);
    assert!(!said.stderr.contains("left out"), "{}", said.stderr);
    let responses: Vec<usize> =
        scene.items().iter().map(|item| item["responses"].as_object().unwrap().len()).collect();
    assert_eq!(responses, [2, 1, 2, 2]);
}
