//! `--max-cost` and `--max-requests` hold over batches that are in progress.

use super::{beta, expect_all_kept};
use crate::support::batch_scene::{BatchScene, Form};

#[test]
fn open_batches_count_with_what_they_may_cost() {
    let scene = BatchScene::new(Form::OpenAi, 10, beta);
    scene.settings(&[("max_tokens", "100")]);
    // A prompt has at most some thousand bytes; a reply of 100 tokens may cost half a cent.
    let limit = "0.12";
    scene.server.end_after_polls(1);
    scene.batch(&["--max-cost", limit]).expect(5);
    let first = scene.server.sizes()[0];
    assert!(first > 0 && first < 18 && first.is_multiple_of(2), "{first}");
    // Nothing more may be submitted while the batch is in progress.
    scene.batch(&["--max-cost", limit]).expect(5);
    assert_eq!(scene.server.sizes().len(), 1);
    // Collected replies cost less than they might have.
    for _ in 0..20 {
        let output = scene.batch(&["--max-cost", limit]);
        if output.code == 0 {
            break;
        }
    }
    assert!(scene.server.sizes().len() > 1);
    expect_all_kept(&scene, 10);
}

#[test]
fn the_number_of_requests_is_limited() {
    let scene = BatchScene::new(Form::OpenAi, 6, beta);
    scene.batch(&["--max-requests", "7"]).expect(5);
    assert_eq!((scene.server.direct(), scene.server.sizes()), (2, vec![4]));
    scene.batch(&["--max-requests", "7", "--wait"]).expect(0);
    expect_all_kept(&scene, 6);
}
