//! A process that is killed at any moment loses no answer that was paid for, and pays for none twice.

#![cfg(unix)]

use std::time::Duration;

use super::{FORMS, beta, expect_all_kept};
use crate::support::batch_scene::{BatchScene, Form};
use crate::support::batch_server::{Fault, Step};

/// Milliseconds from its start to the kill of a command; together they cover planning, probing, uploading, creating and
/// collecting.
const MOMENTS: [u64; 12] = [150, 40, 90, 250, 60, 120, 200, 30, 350, 75, 180, 500];

#[test]
fn a_command_that_is_killed_again_and_again_pays_once() {
    for form in FORMS {
        let scene = BatchScene::new(form, 8, beta);
        scene.settings(&[("batch_requests", "6")]);
        scene.server.end_after_polls(2);
        for milliseconds in MOMENTS {
            for step in [Step::Upload, Step::Create, Step::Status, Step::Results] {
                scene.server.fail_once(step, Fault::Late(60));
            }
            let mut child = scene.batch_started(&["--wait"]);
            std::thread::sleep(Duration::from_millis(milliseconds));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        scene.batch(&["--wait"]).expect(0);
        assert_eq!(scene.folder.outcomes(), vec!["kept beta"; 8], "{form:?}");
        // What is asked directly, to find out what the server accepts, can be lost with the process, as any request in flight.
        let in_batches: usize = scene.server.sizes().iter().sum();
        assert!(in_batches <= 16, "{form:?}: {:?}", scene.server.sizes());
        let twice = scene.server.paid_twice();
        assert!(twice.iter().all(|(id, _)| id == "q-001"), "{form:?}: {twice:?}");
    }
}

/// The process ends after the provider has created the batch, and before it has heard so.
#[test]
fn a_batch_that_was_created_by_a_killed_process_is_found() {
    for form in FORMS {
        let scene = BatchScene::new(form, 4, beta);
        scene.server.end_after_polls(2);
        scene.server.fail_once(Step::Create, Fault::Late(60_000));
        let mut child = scene.batch_started(&[]);
        while scene.server.count(Step::Create) == 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(scene.server.sizes(), [6]);
        scene.batch(&["--wait"]).expect(0);
        assert_eq!(scene.server.sizes(), [6], "{form:?}");
        expect_all_kept(&scene, 4);
    }
}

/// The process ends before the provider has heard of the batch.
#[test]
fn a_batch_that_was_never_created_is_submitted_again() {
    let scene = BatchScene::new(Form::OpenAi, 4, beta);
    scene.server.fail_once(Step::Upload, Fault::Late(60_000));
    let mut child = scene.batch_started(&[]);
    while scene.server.count(Step::Upload) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    scene.batch(&["--wait"]).expect(0);
    expect_all_kept(&scene, 4);
}
