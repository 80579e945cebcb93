//! Batches, in the form of both APIs: what is submitted, collected, and asked again; and what survives faults and kills.

mod budget;
mod faults;
mod kill;
mod outcomes;

use serde_json::Value;

use crate::support::batch_scene::{BatchScene, Form};
use crate::support::batch_server::{Asked, BatchServer, Ends};

const FORMS: [Form; 2] = [Form::OpenAi, Form::Messages];

/// Prefers `beta` in both orders.
fn beta(_: &Asked) -> Ends {
    Ends::Prefers("beta")
}

/// The result of a command with `--format json`.
fn json(stdout: &str) -> Value {
    serde_json::from_str(stdout).unwrap()
}

/// Checks that every comparison is kept, and that nothing was paid for twice.
fn expect_all_kept(scene: &BatchScene, comparisons: usize) {
    assert_eq!(scene.folder.outcomes(), vec!["kept beta"; comparisons]);
    expect_paid_once(&scene.server, 2 * comparisons);
}

fn expect_paid_once(server: &BatchServer, replies: usize) {
    assert_eq!(server.paid_twice(), []);
    assert_eq!(server.paid(), replies);
}

#[test]
fn a_batch_is_submitted_by_one_command_and_collected_by_the_next() {
    for form in FORMS {
        let scene = BatchScene::new(form, 5, beta);
        scene.server.end_after_polls(1);
        let first = scene.batch(&[]).expect(5);
        assert!(
            first.stdout.contains("batch batch_1: in progress, 0 of 8 requests answered"),
            "{first:?}"
        );
        assert!(
            first.stderr.contains("4 comparisons still open; 1 batch is in progress"),
            "{first:?}"
        );
        assert!(first.stderr.contains("run the same command again to collect"), "{first:?}");
        // One comparison is asked directly, to find out what the server accepts.
        assert_eq!((scene.server.direct(), scene.server.sizes()), (2, vec![8]));
        // It has not ended yet.
        scene.batch(&[]).expect(5);
        let last = scene.batch(&["--format", "json"]).expect(0);
        let result = json(&last.stdout);
        let batch = &result["batches"][0];
        assert_eq!(batch["stage"], "collected");
        assert_eq!((&batch["requests"], &batch["replies"]), (&8.into(), &8.into()));
        assert_eq!(
            (result["batches"].as_array().unwrap().len(), &result["requests"]),
            (1, &0.into())
        );
        expect_all_kept(&scene, 5);
        // Nothing is left to do.
        let nothing = json(&scene.batch(&["--format", "json"]).expect(0).stdout);
        assert_eq!(nothing["batches"], Value::Array(Vec::new()));
        assert_eq!((scene.server.direct(), scene.server.sizes()), (2, vec![8]));
    }
}

#[test]
fn waiting_follows_batches_to_their_end() {
    for form in FORMS {
        let scene = BatchScene::new(form, 6, beta);
        scene.server.end_after_polls(1);
        scene.settings(&[("batch_requests", "4")]);
        scene.batch(&["--wait"]).expect(0);
        // Both orders of a comparison are in the same batch.
        assert_eq!(scene.server.sizes(), [4, 4, 2]);
        expect_all_kept(&scene, 6);
    }
}

#[test]
fn replies_cost_the_price_of_batches() {
    for (further, of_batches) in [
        (vec![], 8.0 * 0.001),
        (
            vec![("batch_price", "{ input_per_million = 1.0, output_per_million = 5.0 }")],
            8.0 * 0.0002,
        ),
    ] {
        let scene = BatchScene::new(Form::OpenAi, 5, beta);
        scene.settings(&further);
        scene.batch(&["--wait"]).expect(0);
        let report =
            json(&scene.folder.run(&["report", "run.db", "--format", "json"]).expect(0).stdout);
        let cost = report["requests"]["cost_usd"].as_f64();
        let cost = cost.unwrap_or_else(|| panic!("{:#}", report["requests"]));
        // Two replies of 100 and 20 tokens were asked directly.
        let expected = 2.0 * 0.002 + of_batches;
        assert!((cost - expected).abs() < 1e-9, "{cost}, and not {expected}");
    }
}

#[test]
fn without_the_flag_open_batches_are_followed_and_only_the_rest_is_asked() {
    let scene = BatchScene::new(Form::OpenAi, 3, beta);
    scene.server.end_after_polls(1);
    scene.batch(&[]).expect(5);
    scene.folder.write_items(5);
    let output = scene.judge(&[]).expect(5);
    assert!(
        output.stderr.contains("2 comparisons still open; 1 batch is in progress"),
        "{output:?}"
    );
    assert_eq!(scene.server.direct(), 2 + 2 * 2, "those that are in no batch");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.server.direct(), 2 + 2 * 2);
    expect_all_kept(&scene, 5);
}

#[test]
fn grades_are_asked_in_batches_too() {
    let scene =
        BatchScene::new(Form::OpenAi, 3, |_| Ends::Says(r#"{"reasoning":"","grade":"pass"}"#));
    let mut command = scene.folder.command(&[
        "grade",
        "items.jsonl",
        "--rubric",
        "pass-fail",
        "--judge",
        "judge-1",
    ]);
    command.args(["--run", "grades.db", "--batch", "--wait"]);
    command.env("TEST_JUDGE_KEY", crate::support::server::KEY).env("NO_PROXY", "127.0.0.1");
    let output = crate::support::CommandOutput::of(&command.output().unwrap()).expect(0);
    assert!(output.stdout.contains("collected, "), "{output:?}");
}

#[test]
fn a_judge_without_batches_is_refused_before_anything_is_planned() {
    let scene = BatchScene::new(Form::OpenAi, 2, beta);
    let output = scene.batch(&["--judge", "builtin:longer"]).expect(2);
    assert!(output.stderr.contains("--batch: judge builtin:longer takes no batches"), "{output:?}");
    assert!(!scene.folder.path().join("run.db").exists());
    let output = scene.batch(&["--until-decided", "beta"]).expect(2);
    assert!(output.stderr.contains("cannot be used with"), "{output:?}");
}

/// The strong judge is asked about what the cheap one left to it, in a batch of its own.
#[test]
fn a_cascade_is_asked_in_batches() {
    let scene = BatchScene::new(Form::OpenAi, 6, |asked| {
        let number: usize = asked.id[2..].parse().unwrap();
        let is_strong = asked.model == "model-2";
        // The cheap judge flips on every other item.
        if is_strong || number.is_multiple_of(2) {
            Ends::Prefers("beta")
        } else {
            Ends::Prefers(asked.first)
        }
    });
    scene.further_judge("judge-2", "model-2");
    let output = scene.batch(&["--then", "judge-2", "--wait"]).expect(0);
    assert_eq!(scene.folder.outcomes(), vec!["kept beta"; 6], "{output:?}");
    // One comparison of each judge is asked directly: the first one, and the first that was sent.
    let strong: usize = scene.server.sizes().iter().sum::<usize>() + scene.server.direct() - 12;
    assert_eq!(strong, 6, "{:?} and {}", scene.server.sizes(), scene.server.direct());
}

/// Nothing of the strong judge is submitted before its server has answered one comparison that was sent to it.
#[test]
fn the_strong_judge_of_a_cascade_is_tried_before_its_first_batch() {
    let scene = BatchScene::new(Form::OpenAi, 5, |asked| match asked.model.as_str() {
        "model-2" => Ends::Error(401, "invalid key"),
        _ => Ends::Prefers(asked.first),
    });
    scene.further_judge("judge-2", "model-2");
    let output = scene.batch(&["--then", "judge-2", "--wait"]).expect(4);
    assert!(output.stderr.contains("judge-2: HTTP 401: invalid key"), "{output:?}");
    assert_eq!(scene.server.sizes(), [8], "only the cheap judge's");
}
