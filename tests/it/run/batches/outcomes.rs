//! What the lines of a batch end as.

use super::{FORMS, beta, expect_all_kept, json};
use crate::support::batch_scene::{BatchScene, Form};
use crate::support::batch_server::{Ends, Step};

/// An error of a line, and what its comparison ends as.
#[test]
fn errors_of_lines_end_as_those_of_single_requests() {
    for form in FORMS {
        for (status, ends) in
            [(400, "failed"), (413, "failed"), (429, "kept beta"), (500, "kept beta")]
        {
            let scene = BatchScene::new(form, 5, move |asked| {
                let fails = asked.batched && asked.id == "q-003" && asked.before == 0;
                if fails { Ends::Error(status, "scripted") } else { Ends::Prefers("beta") }
            });
            scene.batch(&["--wait"]).expect(0);
            let outcomes = scene.folder.outcomes();
            assert_eq!(outcomes[2], ends, "{form:?} {status}");
            assert_eq!(
                outcomes.iter().filter(|outcome| *outcome == "kept beta").count(),
                if ends == "failed" { 4 } else { 5 }
            );
        }
    }
}

#[test]
fn what_expired_or_was_cancelled_is_asked_again_and_costs_nothing() {
    for form in FORMS {
        for ends in [Ends::Expires, Ends::IsCancelled] {
            let fails = ends.clone();
            let scene = BatchScene::new(form, 5, move |asked| {
                let fails_now = asked.batched && asked.id != "q-002" && asked.before == 0;
                if fails_now { fails.clone() } else { Ends::Prefers("beta") }
            });
            scene.batch(&[]).expect(5);
            let output = scene.batch(&[]).expect(5);
            assert!(
                output.stderr.contains(
                    "requests without an answer, since the batch expired or was cancelled before"
                ),
                "{output:?}"
            );
            scene.batch(&[]).expect(0);
            assert_eq!(scene.server.sizes(), [8, 6], "{form:?} {ends:?}");
            expect_all_kept(&scene, 5);
        }
    }
}

#[test]
fn a_request_that_is_never_processed_is_given_up_after_its_attempts() {
    let scene = BatchScene::new(Form::OpenAi, 3, |asked| {
        if asked.batched && asked.id == "q-002" { Ends::Expires } else { Ends::Prefers("beta") }
    });
    let output = scene.batch(&["--wait"]).expect(5);
    assert!(output.stderr.contains("1 comparison still open"), "{output:?}");
    assert_eq!(scene.folder.outcomes(), ["kept beta", "failed", "kept beta"]);
    assert_eq!(scene.server.sizes(), [4, 2, 2], "max_attempts is 3");
}

#[test]
fn replies_that_cannot_be_read_are_asked_again_in_the_next_batch() {
    for form in FORMS {
        let scene = BatchScene::new(form, 4, |asked| {
            if asked.batched && asked.id == "q-004" && asked.first == "alpha" && asked.before == 0 {
                Ends::Says("Both are fine.")
            } else {
                Ends::Prefers("beta")
            }
        });
        scene.batch(&["--wait"]).expect(0);
        assert_eq!(scene.server.sizes(), [6, 1], "{form:?}");
        assert_eq!(scene.folder.outcomes(), vec!["kept beta"; 4]);
    }
}

#[test]
fn answers_that_come_twice_count_once() {
    for form in FORMS {
        let scene = BatchScene::new(form, 3, |asked| {
            if asked.id == "q-002" { Ends::Twice("beta") } else { Ends::Prefers("beta") }
        });
        let output = scene.batch(&["--wait"]).expect(0);
        let ignored = if scene.server.sizes() == [4] {
            "2 answers to requests that were answered already"
        } else {
            ""
        };
        assert!(output.stderr.contains(ignored), "{output:?}");
        expect_all_kept(&scene, 3);
    }
}

/// An answer that was paid for and does not exist has an unknown cost, and is asked again.
#[test]
fn an_answer_that_does_not_exist_is_counted_with_what_it_may_have_cost() {
    let scene = BatchScene::new(Form::Messages, 3, |asked| {
        if asked.batched && asked.id == "q-003" && asked.before == 0 {
            Ends::IsLost("beta")
        } else {
            Ends::Prefers("beta")
        }
    });
    scene.batch(&["--wait"]).expect(5);
    // It is read as often as anything is attempted.
    assert_eq!(scene.server.count(Step::Results), 3);
    scene.batch(&["--retry-failed"]).expect(5);
    scene.batch(&["--wait"]).expect(0);
    assert_eq!(scene.folder.outcomes(), vec!["kept beta"; 3]);
    let verdicts = scene.folder.verdicts();
    let replies = verdicts[2]["orders"][0]["replies"].as_array().unwrap();
    assert_eq!(replies.len(), 2, "{replies:#?}");
    assert!(replies[0]["error"].as_str().unwrap().contains("no answer"), "{replies:#?}");
}

#[test]
fn where_every_request_of_a_batch_is_refused_nothing_more_is_submitted() {
    let scene = BatchScene::new(Form::OpenAi, 5, |asked| {
        if asked.batched {
            Ends::Error(400, "this model has no batches")
        } else {
            Ends::Prefers("beta")
        }
    });
    let output = scene.batch(&["--wait"]).expect(5);
    assert!(output.stderr.contains("this model has no batches"), "{output:?}");
    assert_eq!(scene.server.sizes(), [8]);
    assert_eq!(scene.folder.outcomes().iter().filter(|outcome| *outcome == "pending").count(), 4);
    // Without batches they are asked directly.
    scene.judge(&[]).expect(0);
    assert_eq!(scene.folder.outcomes(), vec!["kept beta"; 5]);
}

#[test]
fn a_wrong_key_costs_one_request_and_no_batch() {
    let scene = BatchScene::new(Form::OpenAi, 5, |_| Ends::Error(401, "invalid key"));
    let output = scene.batch(&["--wait"]).expect(4);
    assert!(output.stderr.contains("invalid key"), "{output:?}");
    assert_eq!(scene.server.sizes(), Vec::<usize>::new());
}

#[test]
fn batched_replies_have_no_latency() {
    let scene = BatchScene::new(Form::OpenAi, 3, beta);
    scene.batch(&["--wait"]).expect(0);
    let verdicts = scene.folder.verdicts();
    let direct: Vec<bool> = verdicts
        .iter()
        .map(|verdict| verdict["orders"][0]["replies"][0]["latency_ms"].is_number())
        .collect();
    assert_eq!(direct, [true, false, false]);
    let report =
        json(&scene.folder.run(&["report", "run.db", "--format", "json"]).expect(0).stdout);
    assert_eq!(report["requests"]["latency_ms"]["n"], 2, "{:#}", report["requests"]);
}
