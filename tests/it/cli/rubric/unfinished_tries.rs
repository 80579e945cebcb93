//! Tries that are interrupted, refused or damaged.

use evenhand::calibration::Part;

use super::{by_description, complete, history, ids_of, label, rubric, scene, tried, try_it};
use crate::support::server::Answer;

#[test]
fn an_incomplete_try_is_resumed_by_the_same_command() {
    let scene = scene();
    let said = try_it(&scene, &["--max-requests", "6"]).expect(5);
    assert!(said.stderr.contains("still open"), "{}", said.stderr);
    assert_eq!(said.stdout, "", "there are no numbers yet");
    assert_eq!((complete(&scene.folder), history(&scene.folder).len()), (vec![], 1));
    let log = scene.run(&["rubric", "log"]).expect(0);
    assert!(log.stdout.contains("try 1") && log.stdout.contains("not complete"), "{}", log.stdout);
    let one = tried(&scene, &[]);
    assert_eq!(one["try"]["try"], 1);
    assert_eq!(scene.server.requests(), 2 * ids_of(Part::Dev).len(), "nothing is asked twice");
    assert_eq!(complete(&scene.folder), [1]);
    let log = scene.run(&["rubric", "log"]).expect(0);
    assert!(!log.stdout.contains("not complete"), "{}", log.stdout);
}

#[test]
fn after_a_change_an_incomplete_try_is_left_and_its_replies_are_copied() {
    let scene = scene();
    try_it(&scene, &["--max-requests", "6"]).expect(5);
    // The labels change, the requests do not.
    label(&scene, |_| Some("alpha"));
    let one = tried(&scene, &[]);
    assert_eq!(one["try"]["try"], 2);
    assert_eq!(one["try"]["reused"], 6);
    assert_eq!(scene.server.requests(), 2 * ids_of(Part::Dev).len());
    // The rubric changes: nothing can be copied.
    try_it(&scene, &["--repeat", "2", "--max-requests", "6"]).expect(5);
    rubric(&scene, "1.1.0", "Prefer beta.");
    let one = tried(&scene, &[]);
    assert_eq!((&one["try"]["try"], &one["try"]["reused"]), (&4.into(), &0.into()));
}

#[test]
fn an_endpoint_that_refuses_is_no_try() {
    let scene = scene();
    scene.server.now(|_| Answer::error(401, "Incorrect API key"));
    let said = try_it(&scene, &[]).expect(4);
    assert_eq!(said.stdout, "");
    assert_eq!(complete(&scene.folder), [] as [u64; 0]);
    scene.server.now(by_description);
    assert_eq!(tried(&scene, &[])["try"]["try"], 1);
}

#[test]
fn failed_comparisons_are_retried_in_the_same_try() {
    let scene = scene();
    let failing = ids_of(Part::Dev)[0].clone();
    scene.server.now(move |seen| {
        if seen.id == failing {
            Answer::error(400, "this content is refused")
        } else {
            by_description(seen)
        }
    });
    let said = try_it(&scene, &[]).expect(0);
    assert!(said.stderr.contains("1 of"), "{}", said.stderr);
    scene.server.now(by_description);
    let again = tried(&scene, &["--retry-failed"]);
    assert_eq!(again["try"]["try"], 1);
    assert_eq!(again["try"]["coverage"]["value"], 1.0);
    // The line of the history is replaced by a later one.
    assert_eq!(complete(&scene.folder), [1, 1]);
    let log = scene.run(&["rubric", "log"]).expect(0);
    assert_eq!(log.stdout.matches("try 1").count(), 1, "{}", log.stdout);
    assert!(log.stdout.contains("    coverage               100.0 %  "), "{}", log.stdout);
}

#[test]
fn what_is_refused_before_anything_is_asked_leaves_no_run() {
    let scene = scene();
    let runs =
        || std::fs::read_dir(scene.folder.path().join("runs/tries")).map_or(0, Iterator::count);
    let said = try_it(&scene, &["--max-requests", "1"]).expect(2);
    assert!(said.stderr.contains("--max-requests"), "{}", said.stderr);
    assert_eq!(runs(), 0);
    let command =
        ["rubric", "try", "mine", "items.jsonl", "--labels", "nothing.jsonl", "--judge", "judge-1"];
    let said = scene.run(&command).expect(3);
    assert!(said.stderr.contains("nothing.jsonl: there is no such file"), "{}", said.stderr);
    let test = ids_of(Part::Test);
    label(&scene, |id| test.contains(&id.to_owned()).then_some("beta"));
    let said = try_it(&scene, &[]).expect(3);
    assert!(said.stderr.contains("no comparison of the dev half"), "{}", said.stderr);
    assert!(said.stderr.contains("of the other half have labels"), "{}", said.stderr);
    assert_eq!((scene.server.requests(), runs()), (0, 0));
}

#[test]
fn a_damaged_history_or_a_missing_run_does_not_keep_an_author_from_working() {
    let scene = scene();
    tried(&scene, &[]);
    let path = scene.folder.path().join("calibration/tries.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    // A crash while the second try was written.
    std::fs::write(&path, format!("{text}{{\"try\":2,\"rub")).unwrap();
    rubric(&scene, "1.1.0", "Prefer beta.");
    let said = try_it(&scene, &[]).expect(0);
    assert!(said.stderr.contains("tries.jsonl:3: not a record of a try"), "{}", said.stderr);
    let log = scene.run(&["rubric", "log"]).expect(0);
    assert!(log.stdout.contains("try 1") && log.stdout.contains("try 2"), "{}", log.stdout);
    std::fs::remove_file(scene.folder.path().join("runs/tries/mine-0002.db")).unwrap();
    rubric(&scene, "1.2.0", "Prefer alpha again.");
    let said = try_it(&scene, &[]).expect(0);
    assert!(said.stderr.contains("the run of try 2 was not found at"), "{}", said.stderr);
}

#[test]
fn a_missing_key_is_bad_input_and_no_try() {
    let scene = scene();
    let command = [
        "rubric",
        "try",
        "mine",
        "items.jsonl",
        "--labels",
        "calibration/labels.jsonl",
        "--judge",
        "judge-1",
    ];
    let said = scene.folder.run(&command).expect(3);
    assert!(said.stderr.contains("TEST_JUDGE_KEY"), "{}", said.stderr);
    assert_eq!(history(&scene.folder).len(), 0);
}
