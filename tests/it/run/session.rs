//! The library's entry point: sessions that are dropped early, and single pairs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use evenhand::input::{Connection, Item, ItemSource, JudgeSettings, Message, load_rubric};
use evenhand::judge::{ChatModel, Reply, ReplyFuture, Secrets};
use evenhand::run::{AskOptions, Judge, Progress, Session, Task, judge_pair};
use evenhand::store::RunFile;
use evenhand::trial::Trial;
use evenhand::verdict::Outcome;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::Folder;

/// Prefers `beta`; replies to the item `slow` never.
#[derive(Debug)]
struct PrefersBeta;

impl ChatModel for PrefersBeta {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(async move {
            if trial.comparison.item.id == "slow" {
                std::future::pending::<()>().await;
            }
            let vote = if trial.first_system() == "beta" { "first" } else { "second" };
            Ok(Reply::from_text(json!({ "criteria": {}, "vote": vote }).to_string()))
        })
    }
}

fn judge() -> Judge {
    let settings = JudgeSettings::new("test", Connection::Supplied("prefers-beta".into()));
    Judge::with_model(settings, Arc::new(PrefersBeta))
}

fn task(folder: &Folder, ids: &[&str]) -> Task {
    let responses = json!({ "alpha": "A.", "beta": "B." });
    let line = |id: &&str| {
        json!({ "id": id, "prompt": "Why?", "responses": responses }).to_string() + "\n"
    };
    let items = folder.write("items.jsonl", &ids.iter().map(line).collect::<String>());
    let rubric = load_rubric("helpfulness", Path::new("/nowhere")).unwrap();
    let mut task = Task::new(ItemSource::open(&items, &[]).unwrap(), rubric, vec![judge()]);
    task.run = Some(folder.path().join("runs/run.db"));
    task
}

/// The names of the files in the folder of the run.
fn run_files(folder: &Folder) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder.path().join("runs")) else { return Vec::new() };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    entries.map(name).collect()
}

#[tokio::test]
async fn replies_are_stored_when_asking_is_aborted_and_the_session_dropped() {
    let folder = Folder::new();
    let task = task(&folder, &["q-1", "slow", "q-2"]);
    let mut session = Session::plan(task.prepare().unwrap(), 0).unwrap();
    let (options, progress) = (AskOptions::default(), Progress::default());
    let cancel = CancellationToken::new();
    {
        let mut asking = std::pin::pin!(session.ask(&options, &progress, &cancel));
        while progress.snapshot().done < 2 {
            tokio::select! {
                _ = &mut asking => panic!("one item is never answered"),
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
        }
    }
    drop(session);
    assert_eq!(run_files(&folder), ["run.db"]);
    let mut outcomes = Vec::new();
    let run = RunFile::open(&folder.path().join("runs/run.db")).unwrap();
    run.for_each(|record| {
        outcomes.push(record.judged[0].verdict.outcome);
        Ok(())
    })
    .unwrap();
    assert_eq!(outcomes, [Outcome::Kept, Outcome::Pending, Outcome::Kept]);
}

#[test]
fn a_session_that_is_dropped_before_it_asks_leaves_a_single_file() {
    let folder = Folder::new();
    let session = Session::plan(task(&folder, &["q-1"]).prepare().unwrap(), 0).unwrap();
    assert!(run_files(&folder).len() > 1, "the log and the lock are there while it is open");
    drop(session);
    assert_eq!(run_files(&folder), ["run.db"]);
}

#[test]
fn an_invalid_plan_leaves_no_run_file_and_no_folder() {
    let folder = Folder::new();
    let task = task(&folder, &["q-1", "q-1"]);
    let error = Session::plan(task.prepare().unwrap(), 0).unwrap_err();
    assert!(error.to_string().contains("items.jsonl:2"), "{error}");
    assert!(!folder.path().join("runs").exists());
}

#[tokio::test]
async fn a_pair_is_judged_in_both_orders_without_a_file() {
    let rubric = || load_rubric("helpfulness", Path::new("/nowhere")).unwrap();
    let item = |id: &str| Item::new(id, "Why?").with_response("alpha", "A.");
    let verdict =
        judge_pair(judge(), rubric(), item("q").with_response("beta", "B.")).await.unwrap();
    assert_eq!(verdict.outcome, Outcome::Kept);
    assert_eq!(verdict.winner.as_deref(), Some("beta"));
    assert_eq!(verdict.orders.len(), 2);
    assert_eq!(verdict.report.replies, 2);

    let first = JudgeSettings::new("first", Connection::Builtin("first".into()));
    let first = Judge::new(first, Secrets::default());
    let flipped = judge_pair(first, rubric(), item("q").with_response("beta", "B.")).await.unwrap();
    assert_eq!((flipped.outcome, flipped.winner), (Outcome::Flipped, None));

    let error = judge_pair(judge(), rubric(), item("q")).await.unwrap_err();
    assert!(error.to_string().contains("item q: expected responses of two systems"), "{error}");
}
