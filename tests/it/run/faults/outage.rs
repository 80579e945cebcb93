//! Outages of a minute, under a paused clock: the engine as it is, before a server that is down until then.
//! The clock on the wall may say what it likes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenhand::input::{Connection, ItemSource, JudgeSettings, Message, load_rubric};
use evenhand::judge::{CallError, CallErrorKind, ChatModel, Reply, ReplyFuture};
use evenhand::run::{AskOptions, Judge, JudgeReport, Progress, Session, StopReason, Task};
use evenhand::store::RunFile;
use evenhand::trial::Trial;
use evenhand::verdict::Outcome;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::Folder;

const MINUTE: Duration = Duration::from_mins(1);
const COMPARISONS: usize = 400;

/// A server that prefers `beta`, and gives one and the same error while it is down.
#[derive(Debug)]
struct Down {
    from: Instant,
    until: Instant,
    error: CallError,
}

impl ChatModel for Down {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(async move {
            sleep(Duration::from_millis(200)).await;
            if (self.from..self.until).contains(&Instant::now()) {
                return Err(self.error.clone());
            }
            let vote = if trial.first_system() == "beta" { "first" } else { "second" };
            Ok(Reply::from_text(json!({ "criteria": {}, "vote": vote }).to_string()))
        })
    }
}

/// A run that several commands work on.
struct TestRun {
    folder: Folder,
    items: PathBuf,
}

impl TestRun {
    fn new() -> Self {
        let folder = Folder::new();
        let mut items = String::new();
        for number in 0..COMPARISONS {
            let responses = json!({ "alpha": "alpha says.", "beta": "beta says." });
            let item =
                json!({ "id": format!("q-{number:03}"), "prompt": "Why?", "responses": responses });
            writeln!(items, "{item}").unwrap();
        }
        Self { items: folder.write("items.jsonl", &items), folder }
    }

    /// Asks what is open, as one command does, when the wall clock shows `now`.
    async fn ask(&self, model: &Arc<impl ChatModel + 'static>, now: u64) -> JudgeReport {
        let settings = JudgeSettings::new("test", Connection::Supplied("test".into()));
        let judge = Judge::with_model(settings, model.clone());
        let items = ItemSource::open(&self.items, &[]).unwrap();
        let rubric = load_rubric("helpfulness", Path::new("/nowhere")).unwrap();
        let mut task = Task::new(items, rubric, vec![judge]);
        task.run = Some(self.folder.path().join("run.db"));
        let mut session = Session::plan(task.prepare().unwrap(), now).unwrap();
        let mut options = AskOptions::default();
        options.jitter_seed = 1;
        let (progress, cancel) = (Progress::default(), CancellationToken::new());
        session.ask(&options, &progress, &cancel).await.unwrap().judges.remove(0)
    }

    /// How many comparisons ended how.
    fn outcomes(&self) -> HashMap<Outcome, usize> {
        let mut counts = HashMap::new();
        let run = RunFile::open(&self.folder.path().join("run.db")).unwrap();
        run.for_each(|record| {
            *counts.entry(record.judged[0].verdict.outcome).or_default() += 1;
            Ok(())
        })
        .unwrap();
        counts
    }
}

/// A server that answers for half a second, which is enough for a part of the run, and is down for a while.
fn down(kind: CallErrorKind, minutes: u32) -> Arc<Down> {
    let from = Instant::now() + Duration::from_millis(500);
    let error = CallError::new(kind, "not now");
    Arc::new(Down { from, until: from + MINUTE * minutes, error })
}

#[tokio::test(start_paused = true)]
async fn a_minute_of_requested_waits_fails_no_trial() {
    let run = TestRun::new();
    let began = Instant::now();
    let report = run.ask(&down(CallErrorKind::Throttled, 1), 0).await;
    assert_eq!(report.stops, BTreeMap::new());
    assert_eq!(run.outcomes(), HashMap::from([(Outcome::Kept, COMPARISONS)]));
    assert!(began.elapsed() < MINUTE * 3, "it took {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_minute_of_errors_is_survived_by_sending_fewer_and_fewer_requests() {
    let run = TestRun::new();
    let report = run.ask(&down(CallErrorKind::Transient, 1), 0).await;
    assert_eq!(report.stops, BTreeMap::new());
    assert_eq!(run.outcomes(), HashMap::from([(Outcome::Kept, COMPARISONS)]));
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_errors_fail_trials_without_attempts_left_and_the_same_command_resumes() {
    let run = TestRun::new();
    let server = down(CallErrorKind::Transient, 10);
    let report = run.ask(&server, 0).await;
    assert_eq!(report.stops, BTreeMap::new());
    let outcomes = run.outcomes();
    let (kept, failed) = (outcomes[&Outcome::Kept], outcomes[&Outcome::Failed]);
    assert_eq!(kept + failed, COMPARISONS);
    sleep(MINUTE * 10).await;
    let report = run.ask(&server, 0).await;
    assert_eq!(run.outcomes(), HashMap::from([(Outcome::Kept, COMPARISONS)]));
    assert!(report.replies <= 2 * failed as u64, "only what failed is asked again");
}

#[tokio::test(start_paused = true)]
async fn a_minute_out_of_reach_fails_no_trial_if_the_server_has_answered_before() {
    let run = TestRun::new();
    let began = Instant::now();
    let report = run.ask(&down(CallErrorKind::Unreachable, 1), 0).await;
    assert_eq!(report.stops, BTreeMap::new());
    assert_eq!(run.outcomes(), HashMap::from([(Outcome::Kept, COMPARISONS)]));
    assert!(began.elapsed() < MINUTE * 3, "it took {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_unreachable_leaves_trials_pending_and_the_same_command_resumes() {
    let run = TestRun::new();
    let server = down(CallErrorKind::Unreachable, 60);
    let began = Instant::now();
    let report = run.ask(&server, 0).await;
    assert!(report.stops[&StopReason::Unreachable].contains("can no longer be reached"));
    assert!(began.elapsed() < MINUTE * 32, "a trial lives 30 minutes: {:?}", began.elapsed());
    let outcomes = run.outcomes();
    let (kept, pending) = (outcomes[&Outcome::Kept], outcomes[&Outcome::Pending]);
    assert_eq!(kept + pending, COMPARISONS);
    sleep(MINUTE * 60).await;
    let report = run.ask(&server, 0).await;
    assert_eq!(run.outcomes(), HashMap::from([(Outcome::Kept, COMPARISONS)]));
    assert!(report.replies <= 2 * pending as u64, "only what is open is asked");
}

#[tokio::test(start_paused = true)]
async fn a_clock_jump_of_years_between_two_commands_changes_nothing() {
    let run = TestRun::new();
    let far = 4_000_000_000;
    let server = down(CallErrorKind::Transient, 1);
    run.ask(&server, far).await;
    sleep(MINUTE).await;
    // Back to the year 1970, with a run from the future.
    run.ask(&server, 0).await;
    assert_eq!(run.outcomes(), HashMap::from([(Outcome::Kept, COMPARISONS)]));
    let file = RunFile::open(&run.folder.path().join("run.db")).unwrap();
    assert_eq!(file.manifest().created, far, "it is the time of the first command");
}

/// A server that answers, is out of reach for half a minute, and comes back with one error for each trial.
#[derive(Debug)]
struct Restarting {
    down: Arc<Down>,
    warmed_up: Mutex<HashSet<(String, String)>>,
}

impl ChatModel for Restarting {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(async move {
            let reply = self.down.complete(trial, messages, max_tokens).await?;
            let key = (trial.comparison.item.id.clone(), trial.first_system().to_owned());
            let first = self.warmed_up.lock().unwrap().insert(key);
            if Instant::now() > self.down.until && first {
                let error = CallError::new(CallErrorKind::Transient, "HTTP 502: warming up");
                return Err(CallError { status: Some(502), ..error });
            }
            Ok(reply)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_unreachable_server_uses_no_attempt() {
    let run = TestRun::new();
    let server = Arc::new(Restarting {
        down: down(CallErrorKind::Unreachable, 1),
        warmed_up: Mutex::default(),
    });
    run.ask(&server, 0).await;
    assert_eq!(run.outcomes(), HashMap::from([(Outcome::Kept, COMPARISONS)]));
}

/// A server that refuses every trial twice before it answers.
#[derive(Debug, Default)]
struct Reluctant(Mutex<HashMap<(String, String), u32>>);

impl ChatModel for Reluctant {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        let key = (trial.comparison.item.id.clone(), trial.first_system().to_owned());
        let times = {
            let mut asked = self.0.lock().unwrap();
            let times = asked.entry(key).or_default();
            *times += 1;
            *times
        };
        Box::pin(async move {
            sleep(Duration::from_millis(50)).await;
            if times <= 2 {
                return Err(CallError {
                    retry_after: Some(Duration::from_millis(100)),
                    ..CallError::new(CallErrorKind::Throttled, "later")
                });
            }
            let vote = if trial.first_system() == "beta" { "first" } else { "second" };
            Ok(Reply::from_text(json!({ "criteria": {}, "vote": vote }).to_string()))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_completes_if_every_request_is_refused_twice_since_refused_ones_go_first() {
    let run = TestRun::new();
    let began = Instant::now();
    let report = run.ask(&Arc::new(Reluctant::default()), 0).await;
    assert_eq!(report.stops, BTreeMap::new());
    assert_eq!(run.outcomes(), HashMap::from([(Outcome::Kept, COMPARISONS)]));
    assert!(began.elapsed() < MINUTE * 20, "it took {:?}", began.elapsed());
}

/// A server that answers slowly, and refuses everything at once from a moment on, as one whose account is closed.
#[derive(Debug)]
struct Closing {
    at: Instant,
    sentence: &'static str,
}

impl ChatModel for Closing {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(async move {
            if Instant::now() >= self.at {
                sleep(Duration::from_millis(5)).await;
                let message = format!("HTTP 400: {}", self.sentence);
                let error = CallError::new(CallErrorKind::RequestRejected, message);
                return Err(CallError { status: Some(400), ..error });
            }
            // Between one and ten seconds, so that replies come in one by one while others are refused.
            let id = &trial.comparison.item.id;
            let number: u64 = id.bytes().map(u64::from).sum();
            sleep(Duration::from_millis(1000 + number * 37 % 9000)).await;
            let vote = if trial.first_system() == "beta" { "first" } else { "second" };
            Ok(Reply::from_text(json!({ "criteria": {}, "vote": vote }).to_string()))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn late_replies_to_earlier_requests_blame_no_trial_for_a_closed_account() {
    let run = TestRun::new();
    let at = Instant::now() + Duration::from_secs(20);
    let server = Arc::new(Closing { at, sentence: "Your organization has been disabled" });
    let report = run.ask(&server, 0).await;
    let stop = &report.stops[&StopReason::RequestsRejected];
    assert!(stop.contains("has been disabled"), "{stop}");
    let outcomes = run.outcomes();
    assert_eq!(outcomes.get(&Outcome::Failed), None, "{outcomes:?}");
    assert_eq!(outcomes[&Outcome::Kept] + outcomes[&Outcome::Pending], COMPARISONS);
}
