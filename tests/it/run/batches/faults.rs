//! Faults of a provider between submission and collection. Whatever happens, each reply is paid for once.

use super::{FORMS, beta, expect_all_kept};
use crate::support::batch_scene::{BatchScene, Form};
use crate::support::batch_server::{Ends, Fault, Step};
use crate::support::server::KEY;

/// Faults of single steps that pass.
#[test]
fn a_step_that_fails_once_is_repeated() {
    let throttled = Fault::Refused { status: 429, message: "slow down", retry_after: Some("0") };
    let overloaded = Fault::Refused { status: 529, message: "overloaded", retry_after: None };
    let broken = Fault::Refused { status: 500, message: "broken", retry_after: None };
    for form in FORMS {
        for (step, fault) in [
            (Step::Create, throttled.clone()),
            (Step::Upload, throttled.clone()),
            (Step::Upload, broken.clone()),
            (Step::Status, overloaded.clone()),
            (Step::Status, broken.clone()),
            (Step::Results, broken.clone()),
            (Step::Results, Fault::CutOff),
            (Step::Results, Fault::LacksLine),
        ] {
            if form == Form::Messages && step == Step::Upload {
                continue;
            }
            let scene = BatchScene::new(form, 4, beta);
            scene.server.fail_once(step, fault.clone());
            scene.batch(&["--wait"]).expect(0);
            assert_eq!(scene.server.sizes(), [6], "{form:?} {step:?} {fault:?}");
            expect_all_kept(&scene, 4);
        }
    }
}

/// The provider has created the batch, but its answer was lost: asking again would pay twice.
#[test]
fn a_batch_whose_creation_was_not_confirmed_is_found() {
    for form in FORMS {
        let scene = BatchScene::new(form, 4, beta);
        scene.server.fail_once(Step::Create, Fault::DoneButAnswers(502));
        scene.batch(&["--wait"]).expect(0);
        assert_eq!(scene.server.sizes(), [6], "{form:?}");
        expect_all_kept(&scene, 4);
    }
}

#[test]
fn a_batch_that_is_refused_for_its_size_is_submitted_in_halves() {
    let scene = BatchScene::new(Form::OpenAi, 9, beta);
    let code = "token_limit_exceeded";
    let message = "Enqueued token limit reached.";
    scene.server.fail_once(Step::Create, Fault::Fails { code, message });
    scene.batch(&["--wait"]).expect(0);
    assert_eq!(scene.server.sizes(), [8, 8]);
    expect_all_kept(&scene, 9);
}

/// A gateway refuses a large request at once, and takes half of it.
#[test]
fn a_batch_that_a_gateway_refuses_for_its_size_is_submitted_in_halves() {
    for form in FORMS {
        let scene = BatchScene::new(form, 5, beta);
        let fault = Fault::Refused { status: 413, message: "too large", retry_after: None };
        scene.server.fail_once(Step::Create, fault);
        scene.batch(&["--wait"]).expect(0);
        assert_eq!(scene.server.sizes(), [4, 4], "{form:?}");
        expect_all_kept(&scene, 5);
    }
}

#[test]
fn a_key_in_the_words_of_a_provider_is_not_shown() {
    let scene = BatchScene::new(Form::OpenAi, 4, beta);
    let message = concat!("no batches for ", "sk-test-9f8e7d6c5b4a39281706f5e4d3c2b1a0");
    scene.server.fail_once(Step::Create, Fault::Fails { code: "forbidden", message });
    let output = scene.batch(&["--format", "json"]).expect(5);
    let output = [output, scene.batch(&["--format", "json"]).expect(5)];
    for shown in output.iter().flat_map(|output| [&output.stdout, &output.stderr]) {
        assert!(!shown.contains(KEY), "{shown}");
    }
    let run = std::fs::read(scene.folder.path().join("run.db")).unwrap();
    assert!(!run.windows(KEY.len()).any(|bytes| bytes == KEY.as_bytes()));
}

#[test]
fn a_run_with_an_open_batch_is_neither_merged_nor_pruned() {
    let scene = BatchScene::new(Form::OpenAi, 3, |asked| {
        if asked.id == "q-002" && asked.before == 0 {
            Ends::Error(400, "no")
        } else {
            Ends::Prefers("beta")
        }
    });
    scene.batch(&["--wait"]).expect(0);
    scene.server.end_after_polls(100);
    scene.batch(&["--retry-failed"]).expect(5);
    let merged = scene.folder.run(&["merge", "run.db", "--run", "all.db"]).expect(3);
    assert!(merged.stderr.contains("has a batch whose answers are not stored yet"), "{merged:?}");
    let pruned =
        scene.folder.run(&["runs", "prune", ".", "--older-than", "0s", "--dry-run"]).expect(0);
    assert!(pruned.stderr.contains("kept: ./run.db: 1 comparison still open"), "{pruned:?}");
}

#[test]
fn a_batch_that_is_refused_for_another_reason_ends_the_command() {
    let scene = BatchScene::new(Form::OpenAi, 4, beta);
    let fault = Fault::Fails { code: "invalid_model", message: "This model has no batches." };
    scene.server.fail_once(Step::Create, fault);
    let output = scene.batch(&["--wait"]).expect(5);
    assert!(
        output.stderr.contains("a batch was refused: This model has no batches."),
        "{output:?}"
    );
    scene.batch(&["--wait"]).expect(0);
    expect_all_kept(&scene, 4);
}

#[test]
fn a_server_without_batches_says_so() {
    let scene = BatchScene::new(Form::OpenAi, 3, beta);
    let fault = Fault::Refused { status: 404, message: "unknown path", retry_after: None };
    scene.server.fail_once(Step::Upload, fault);
    let output = scene.batch(&[]).expect(4);
    assert!(output.stderr.contains("a batch could not be uploaded: HTTP 404"), "{output:?}");
}

#[test]
fn answers_that_stay_cut_off_leave_the_batch_open() {
    for fault in [Fault::CutOff, Fault::LacksLine] {
        let scene = BatchScene::new(Form::OpenAi, 4, beta);
        for _ in 0..3 {
            scene.server.fail_once(Step::Results, fault.clone());
        }
        let output = scene.batch(&["--wait"]).expect(5);
        assert!(output.stderr.contains("were cut off"), "{output:?}");
        assert!(
            output
                .stderr
                .contains("with --retry-failed, the answers that cannot be read are given up"),
            "{output:?}"
        );
        assert_eq!(pending(&scene), 3);
        scene.batch(&[]).expect(0);
        expect_all_kept(&scene, 4);
    }
}

#[test]
fn answers_that_cannot_be_read_are_given_up_on_request() {
    let scene = BatchScene::new(Form::OpenAi, 4, beta);
    // Two commands read them three times each.
    for _ in 0..6 {
        scene.server.fail_once(Step::Results, Fault::LacksLine);
    }
    scene.batch(&[]).expect(5);
    scene.batch(&[]).expect(5);
    let output = scene.batch(&["--retry-failed"]).expect(5);
    assert!(
        output.stderr.contains("1 answer missing and given up, which may have been paid for"),
        "{output:?}"
    );
    assert_eq!(pending(&scene), 1);
    scene.batch(&["--wait"]).expect(0);
    assert_eq!(scene.folder.outcomes(), vec!["kept beta"; 4]);
    assert_eq!(scene.server.sizes(), [6, 1]);
    // What the missing answer may have cost is in the cost of the run.
    let run = rusqlite::Connection::open(scene.folder.path().join("run.db")).unwrap();
    let sql = "SELECT total(unsettled) FROM attempt";
    let possible: f64 = run.query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(possible > 0.0);
}

fn pending(scene: &BatchScene) -> usize {
    scene.folder.outcomes().iter().filter(|outcome| *outcome == "pending").count()
}

#[test]
fn another_rubric_cannot_replace_a_run_whose_batch_is_open() {
    let scene = BatchScene::new(Form::OpenAi, 2, beta);
    scene.server.end_after_polls(100);
    scene.batch(&[]).expect(5);
    let rubric = "name = \"other\"\nversion = \"1.0.0\"\ndescription = \"Which one is shorter?\"\n\
                  prompt = \"pairwise.j2\"\nties = true\n[reply]\nformat = \"json\"\n";
    scene.folder.write("rubrics/other.toml", rubric);
    let output = scene.batch(&["--rubric", "other"]);
    assert_eq!(output.code, 7, "{output:?}");
    assert!(output.stderr.contains("another run"), "{output:?}");
}
