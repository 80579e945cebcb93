//! Programs that hang, crash, give too few answers, or do not exist.

use std::time::Duration;

use evenhand::ErrorKind;
use evenhand::metrics::{Answer, CommandMetric};

use super::{GENEROUS, SHORT, ask, asked, counting, in_full, log, refused, scores, script};
use crate::support::Folder;

/// A time limit that no process meets.
const VERY_SHORT: Duration = Duration::from_millis(200);

fn failed(why: &str) -> Answer {
    Answer::Failed(why.to_owned())
}

/// Returns a script that answers line by line and runs `what` for the response `bad`.
fn bad(what: &str) -> String {
    format!(
        "echo >>\"$here/started\"\n\
         while read -r line; do case $line in *bad*) {what};; *) echo 1;; esac; done"
    )
}

#[tokio::test]
async fn answers_of_a_crashed_process_count_and_the_rest_is_retried_singly() {
    let folder = Folder::new();
    let command = script(&folder, &bad("echo oh >&2; echo 'no such thing' >&2; echo >&2; exit 3"));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 1);
    let answers = ask(&mut metric, &["", "bad", "", ""]).await.unwrap();
    let [one, fault] = [Answer::Score(1.0), failed("ended with exit code 3: no such thing")];
    assert_eq!(answers, [one.clone(), fault, one.clone(), one]);
    assert_eq!(log(&folder, "started").len(), 1 + 3);
    let warnings = metric.finish();
    assert_eq!(warnings.len(), 1);
    let said = "3 responses were retried, each in a process of its own, because a process did not answer all of its \
         responses (first: ended with exit code 3: no such thing)";
    assert!(warnings[0].contains(said), "{warnings:?}");
}

#[tokio::test]
async fn only_the_response_on_which_a_program_hangs_or_crashes_has_no_score() {
    let folder = Folder::new();
    for (what, limit, why) in [
        ("exec sleep 20", SHORT, "no answer within 2 s"),
        ("kill -9 $$", GENEROUS, "was ended by signal: 9 (SIGKILL)"),
        ("exit 0", GENEROUS, "ended without an answer"),
        ("echo odd >&2; exit 0", GENEROUS, "ended without an answer: odd"),
    ] {
        let command = script(&folder, &bad(what));
        let mut metric = CommandMetric::new("test", &command, limit, 1);
        let answers = ask(&mut metric, &["", "bad", ""]).await.unwrap();
        assert_eq!(answers, [Answer::Score(1.0), failed(why), Answer::Score(1.0)], "{what}");
    }
}

#[tokio::test]
async fn a_skipped_response_does_not_get_the_answer_of_another() {
    let numbers = "sed -n 's/.*\"response\":\"\\([0-9]*\\)\".*/\\1/p'";
    let (answers, _) = asked(numbers, &["0", "bad", "2", "3"]).await;
    let score = Answer::Score;
    assert_eq!(answers, [score(0.0), failed("ended without an answer"), score(2.0), score(3.0)]);
}

#[tokio::test]
async fn an_incomplete_line_of_a_crashed_process_is_not_an_answer() {
    let folder = Folder::new();
    let command = script(&folder, &bad("printf 12; exit 1"));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 1);
    let answers = ask(&mut metric, &["", "bad"]).await.unwrap();
    assert_eq!(answers, [Answer::Score(1.0), failed("ended with exit code 1")]);
}

#[tokio::test]
async fn each_answer_renews_the_time_limit() {
    let slow = "while read -r line; do sleep 0.4; echo 1; done";
    let mut metric = CommandMetric::new("test", slow, Duration::from_secs(3), 1);
    assert_eq!(ask(&mut metric, &[""; 8]).await.unwrap(), scores(&[1.0; 8]));
    assert_eq!(metric.finish(), [] as [String; 0]);
}

#[tokio::test]
async fn blank_lines_do_not_renew_the_time_limit() {
    let error = {
        let mut metric =
            CommandMetric::new("test", "while :; do echo; sleep 0.02; done", VERY_SHORT, 1);
        ask(&mut metric, &[""]).await.unwrap_err()
    };
    assert!(in_full(&error).contains("no answer within 0.2 s"), "{error}");
}

#[tokio::test]
async fn a_slow_buffering_program_gets_smaller_batches_and_all_scores() {
    let folder = Folder::new();
    // More than two take it longer than it has.
    let late = "[ \"$(grep -c '' \"$asked\")\" -gt 2 ] && exec sleep 20\nones";
    let command = script(&folder, &counting(late));
    let mut metric = CommandMetric::new("test", &command, SHORT, 1);
    for _ in 0..2 {
        assert_eq!(ask(&mut metric, &[""; 8]).await.unwrap(), scores(&[1.0; 8]));
    }
    let sizes = log(&folder, "sizes").join(" ");
    assert_eq!(sizes, "8 1 1 1 1 1 1 1 1 4 1 1 1 1 2 2");
    assert!(metric.finish()[0].contains("12 responses were retried"));
}

#[tokio::test]
async fn batches_do_not_get_smaller_than_a_proven_size() {
    let folder = Folder::new();
    let hang = "grep -q bad \"$asked\" && exec sleep 20\nones";
    let command = script(&folder, &counting(hang));
    let mut metric = CommandMetric::new("test", &command, SHORT, 1);
    for responses in [["", "", ""], ["", "bad", ""], ["", "", ""]] {
        let answers = ask(&mut metric, &responses).await.unwrap();
        for (answer, response) in answers.iter().zip(responses) {
            assert_eq!(matches!(answer, Answer::Score(_)), response.is_empty());
        }
    }
    assert_eq!(log(&folder, "sizes").join(" "), "3 3 1 1 1 3");
}

#[tokio::test]
async fn a_command_that_hangs_is_abandoned_after_four_processes() {
    let folder = Folder::new();
    let command =
        script(&folder, "echo >>\"$here/started\"; echo 'waiting for x' >&2; exec sleep 20");
    let mut metric = CommandMetric::new("test", &command, VERY_SHORT, 1);
    let error = ask(&mut metric, &[""; 200]).await.unwrap_err();
    let full = in_full(&error);
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(full.contains("gives no answers: each of 3 responses failed"), "{full}");
    assert!(full.contains("the first (item `t-0`, system `a`): no answer within 0.2 s"), "{full}");
    assert!(full.contains("stderr: waiting for x"), "{full}");
    assert!(full.contains("raise the time limit"), "{full}");
    assert_eq!(log(&folder, "started").len(), 1 + 3);
}

#[tokio::test]
async fn a_missing_command_is_an_error_with_a_hint() {
    let error = refused("./no-such-program --x", &[""; 5]).await;
    let full = in_full(&error);
    assert!(full.contains("command `./no-such-program --x` gives no answers"), "{full}");
    assert!(full.contains("ended with exit code 127\nstderr: "), "{full}");
    assert!(full.contains("check its path"), "{full}");
    let error = refused("./Cargo.toml", &[""; 5]).await;
    assert!(in_full(&error).contains("make it executable"), "{error}");
}

#[tokio::test]
async fn a_command_that_fails_on_all_of_few_responses_is_an_error() {
    let error =
        refused("for i in $(seq 20); do echo \"line $i\" >&2; done; exit 4", &["", ""]).await;
    let full = in_full(&error);
    assert!(full.contains("each of 2 responses failed"), "{full}");
    assert!(full.contains("system `a`): ended with exit code 4\nstderr: line 13\n"), "{full}");
    assert!(full.contains("stderr: line 20\n"), "{full}");
    assert!(
        in_full(&refused("exit 4", &[""]).await).contains("gives no answers: 1 response failed")
    );
}

#[tokio::test]
async fn a_program_that_has_answered_once_is_not_abandoned() {
    let folder = Folder::new();
    let command = script(&folder, &bad("exit 1").replace("echo 1", "echo null"));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 1);
    let answers = ask(&mut metric, &["", "bad", "bad", "bad", "bad"]).await.unwrap();
    assert_eq!(answers[0], failed("it is null"));
    assert_eq!(answers[1..], [(); 4].map(|()| failed("ended with exit code 1")));
    assert_eq!(ask(&mut metric, &["bad"]).await.unwrap(), [failed("ended with exit code 1")]);
}

#[tokio::test]
async fn failures_are_counted_over_all_calls() {
    let mut metric = CommandMetric::new("test", "exit 1", GENEROUS, 1);
    ask(&mut metric, &["", ""]).await.unwrap_err();
    let error = ask(&mut metric, &["", "", "", ""]).await.unwrap_err();
    assert!(error.to_string().contains("each of 3 responses"), "{error}");
}

#[tokio::test]
async fn a_process_that_fails_after_every_answer_causes_a_warning() {
    let (answers, warnings) = asked("sed 's/.*/1/'; echo bye >&2; exit 7", &["", ""]).await;
    assert_eq!(answers, scores(&[1.0, 1.0]));
    assert_eq!(warnings.len(), 1);
    let said = "1 process failed after giving every answer (first: ended with exit code 7: bye)";
    assert!(warnings[0].contains(said), "{warnings:?}");
}

#[tokio::test]
async fn a_program_that_does_not_end_after_its_last_answer_is_killed_and_its_answers_count() {
    let mut metric = CommandMetric::new("test", "sed 's/.*/1/'; sleep 20", SHORT, 1);
    assert_eq!(ask(&mut metric, &["", ""]).await.unwrap(), scores(&[1.0, 1.0]));
    let warnings = metric.finish();
    assert!(warnings[0].contains("still running 2 s after its last answer"), "{warnings:?}");
}

#[tokio::test]
async fn only_the_end_of_stderr_is_kept() {
    let noise = "echo first >&2; head -c 9000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo last >&2; exit 1";
    let error = refused(noise, &[""]).await;
    assert_eq!(
        error.details()[1..],
        [format!("stderr: {}…", "x".repeat(200)), "stderr: last".to_owned()]
    );
}
