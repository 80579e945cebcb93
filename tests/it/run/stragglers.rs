//! Requests that take much longer than others: adaptive time limits and hedged requests, under a paused clock.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenhand::input::{
    Connection, ItemSource, JudgeSettings, Message, Price, Stragglers, load_rubric, read_settings,
};
use evenhand::judge::{CallError, CallErrorKind, ChatModel, Reply, ReplyFuture, Usage};
use evenhand::run::{AskOptions, Judge, LatencyTail, Progress, Session, Task};
use evenhand::store::{Attempt, RunFile};
use evenhand::trial::Trial;
use evenhand::verdict::Outcome;
use serde_json::json;
use statrs::distribution::{ContinuousCDF as _, Normal};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::Folder;
use crate::support::server::Scene;

const FAST: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);
const FOREVER: Duration = Duration::from_hours(1000);

/// What a server does with a request, given how many came before.
type Script =
    Box<dyn Fn(u64, Trial<'_>) -> Result<Duration, (Duration, CallErrorKind)> + Send + Sync>;

/// A server that prefers `beta` and answers when a script says so.
struct Scripted {
    script: Script,
    is_deterministic: bool,
    /// When each request arrived.
    arrived: Mutex<Vec<Instant>>,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Scripted")
    }
}

impl ChatModel for Scripted {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(async move {
            let number = {
                let mut arrived = self.arrived.lock().unwrap();
                arrived.push(Instant::now());
                arrived.len() as u64 - 1
            };
            match (self.script)(number, trial) {
                Ok(latency) => sleep(latency).await,
                Err((latency, kind)) => {
                    sleep(latency).await;
                    return Err(CallError::new(kind, "as the script says"));
                }
            }
            let vote = if trial.first_system() == "beta" { "first" } else { "second" };
            let text = json!({ "criteria": {}, "vote": vote }).to_string();
            let usage = Usage { prompt: 100, completion: 20, ..Usage::default() };
            Ok(Reply { usage: Some(usage), ..Reply::from_text(text) })
        })
    }

    fn is_deterministic(&self) -> bool {
        self.is_deterministic
    }
}

/// A run of one command.
struct Asked {
    took: Duration,
    /// `None` where there is nothing to report.
    tail: Option<LatencyTail>,
    outcomes: HashMap<Outcome, usize>,
    attempts: Vec<Attempt>,
    arrived: Vec<Instant>,
}

impl Asked {
    fn tail(&self) -> LatencyTail {
        self.tail.unwrap()
    }

    /// How many requests were given up: by the adaptive limit, by that of a request, by that of a trial.
    fn given_up(&self) -> [u64; 3] {
        let given_up = self.tail().given_up;
        [given_up.adaptive, given_up.timeout, given_up.total_timeout]
    }

    fn assert_all_kept(&self, comparisons: usize) {
        assert_eq!(self.outcomes, HashMap::from([(Outcome::Kept, comparisons)]));
    }

    /// What the run has cost, and what it may have cost beyond that.
    fn cost(&self) -> [f64; 2] {
        let cost = self.attempts.iter().filter_map(|attempt| attempt.cost).sum();
        [cost, self.attempts.iter().map(|attempt| attempt.possible_cost).sum()]
    }
}

/// Asks about so many comparisons, two requests each.
async fn ask(
    comparisons: usize,
    change: impl FnOnce(&mut JudgeSettings, &mut AskOptions, &mut Scripted),
    script: impl Fn(u64, Trial<'_>) -> Result<Duration, (Duration, CallErrorKind)>
    + Send
    + Sync
    + 'static,
) -> Asked {
    let folder = Folder::new();
    let mut items = String::new();
    for number in 0..comparisons {
        let responses = json!({ "alpha": "alpha says.", "beta": "beta says." });
        let id = format!("q-{number:04}");
        writeln!(items, "{}", json!({ "id": id, "prompt": "Why?", "responses": responses }))
            .unwrap();
    }
    let items = folder.write("items.jsonl", &items);
    let mut settings = JudgeSettings::new("test", Connection::Supplied("test".into()));
    settings.max_in_flight = 8;
    let mut options = AskOptions::default();
    let mut server =
        Scripted { script: Box::new(script), is_deterministic: false, arrived: Mutex::default() };
    change(&mut settings, &mut options, &mut server);
    let server = Arc::new(server);
    let judge = Judge::with_model(settings, server.clone());
    let rubric = load_rubric("helpfulness", Path::new("/nowhere")).unwrap();
    let mut task = Task::new(ItemSource::open(&items, &[]).unwrap(), rubric, vec![judge]);
    task.run = Some(folder.path().join("run.db"));
    let mut session = Session::plan(task.prepare().unwrap(), 0).unwrap();
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    let began = Instant::now();
    let report = session.ask(&options, &progress, &cancel).await.unwrap().judges.remove(0);
    let took = began.elapsed();
    assert_eq!(progress.snapshot().in_flight, 0);
    drop(session);
    let (mut outcomes, mut attempts) = (HashMap::new(), Vec::new());
    let run = RunFile::open(&folder.path().join("run.db")).unwrap();
    run.for_each(|record| {
        *outcomes.entry(record.judged[0].verdict.outcome).or_default() += 1;
        let orders = record.judged[0].orders.iter();
        let trials = orders.flat_map(|order| &order.trials);
        attempts.extend(trials.flat_map(|trial| trial.attempts.clone()));
        Ok(())
    })
    .unwrap();
    let arrived = server.arrived.lock().unwrap().clone();
    Asked { took, tail: report.latency, outcomes, attempts, arrived }
}

/// Answers after 50 ms, except for one request, which hangs.
fn hangs_once(at: u64) -> impl Fn(u64, Trial<'_>) -> Result<Duration, (Duration, CallErrorKind)> {
    move |number, _| Ok(if number == at { FOREVER } else { FAST })
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_at_a_fast_server_costs_ten_seconds_and_fails_nothing() {
    let asked = ask(1500, |_, _, _| {}, hangs_once(150)).await;
    asked.assert_all_kept(1500);
    assert_eq!(asked.given_up(), [1, 0, 0]);
    assert!(asked.took < SECOND * 40, "{:?}", asked.took);
    let late: Vec<_> = asked.attempts.iter().filter(|attempt| attempt.number > 1).collect();
    let [late] = late.as_slice() else { panic!("{late:?}") };
    assert_eq!(late.number, 2);
    assert_eq!(asked.arrived.len(), 3001);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_overtakes_is_given_thrice_the_time() {
    // The last request of all, after which nothing is sent.
    let asked = ask(100, |_, _, _| {}, hangs_once(199)).await;
    asked.assert_all_kept(100);
    assert_eq!(asked.given_up(), [1, 0, 0]);
    let took = asked.took.as_secs_f64();
    assert!((30.0..35.0).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn without_the_adaptive_limit_a_request_that_hangs_costs_the_whole_time_limit() {
    let whole = |settings: &mut JudgeSettings, _: &mut AskOptions, _: &mut Scripted| {
        settings.stragglers.adaptive_timeout = false;
    };
    let asked = ask(100, whole, hangs_once(150)).await;
    asked.assert_all_kept(100);
    assert_eq!(asked.given_up(), [0, 1, 0]);
    assert!(asked.took > SECOND * 120, "{:?}", asked.took);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_becomes_ten_times_as_slow_in_the_middle_is_cut_off_nowhere() {
    for fast in [50, 2000, 8000].map(Duration::from_millis) {
        let latency = move |number: u64, _: Trial<'_>| {
            // Up to twice as long as the shortest, in an order that follows no pattern.
            let spread = 1.0 + ((number * 7919) % 100) as f64 / 100.0;
            Ok(fast.mul_f64(if number < 200 { spread } else { spread * 10.0 }).min(SECOND * 119))
        };
        let asked = ask(200, |_, _, _| {}, latency).await;
        asked.assert_all_kept(200);
        assert_eq!(asked.given_up(), [0; 3], "{fast:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_becomes_far_slower_than_the_adaptive_limit_fails_nothing() {
    // A single attempt: any failure that used one would fail the trial.
    let one = |settings: &mut JudgeSettings, _: &mut AskOptions, _: &mut Scripted| {
        settings.max_attempts = 1;
    };
    for slow in [15, 40, 110] {
        let latency =
            move |number: u64, _: Trial<'_>| Ok(if number < 200 { FAST } else { SECOND * slow });
        let asked = ask(200, one, latency).await;
        asked.assert_all_kept(200);
        let [adaptive, timeout, total_timeout] = asked.given_up();
        assert_eq!((timeout, total_timeout), (0, 0));
        assert!(adaptive <= 24, "{slow} s: 8 in flight are given up at most thrice: {adaptive}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trial_always_has_time_for_a_request_with_the_whole_time_limit() {
    // The answer comes after 100 s, and a trial has 125 s: 10 s of them must not be lost.
    let tight = |settings: &mut JudgeSettings, _: &mut AskOptions, _: &mut Scripted| {
        settings.total_timeout = SECOND * 125;
    };
    let latency = |number: u64, _: Trial<'_>| Ok(if number == 100 { SECOND * 100 } else { FAST });
    let asked = ask(100, tight, latency).await;
    asked.assert_all_kept(100);
    assert_eq!(asked.given_up(), [0; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_always_hangs_fails_by_the_time_limit_of_requests_as_before() {
    let two = |settings: &mut JudgeSettings, _: &mut AskOptions, _: &mut Scripted| {
        settings.max_attempts = 2;
    };
    let latency = |_: u64, trial: Trial<'_>| {
        Ok(if trial.comparison.item.id == "q-0050" { FOREVER } else { FAST })
    };
    let asked = ask(300, two, latency).await;
    assert_eq!(asked.outcomes, HashMap::from([(Outcome::Kept, 299), (Outcome::Failed, 1)]));
    let [adaptive, timeout, _] = asked.given_up();
    assert_eq!(timeout, 4, "both orders, two attempts each");
    assert!((4..=8).contains(&adaptive), "{adaptive}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_given_up_may_have_been_paid_for() {
    let priced = |settings: &mut JudgeSettings, _: &mut AskOptions, _: &mut Scripted| {
        settings.price = Some(PRICE);
        settings.max_tokens = Some(100);
    };
    let asked = ask(300, priced, hangs_once(150)).await;
    asked.assert_all_kept(300);
    let [cost, possible] = asked.cost();
    assert!((cost - 600.0 * 0.02).abs() < 1e-6, "{cost}");
    assert!((possible - 0.10).abs() < 1e-6, "the worst case of one request: {possible}");
}

/// A dollar is a thousand tokens of a reply: a reply costs 0.02, and 0.10 if it has 100 tokens.
const PRICE: Price =
    Price { input_per_million: 0.0, cached_input_per_million: None, output_per_million: 1000.0 };

fn hedges(settings: &mut JudgeSettings, _: &mut AskOptions, _: &mut Scripted) {
    settings.stragglers = Stragglers { hedge: true, ..Stragglers::default() };
    settings.max_in_flight = 16;
    settings.price = Some(PRICE);
    settings.max_tokens = Some(100);
}

/// Answers after 40 to 60 ms, except for every 40th request, which takes 5 s.
#[expect(clippy::unnecessary_wraps, reason = "other scripts fail")]
fn straggles(number: u64, _: Trial<'_>) -> Result<Duration, (Duration, CallErrorKind)> {
    let usual = Duration::from_millis(40 + (number * 7919) % 20);
    Ok(if number % 40 == 39 { SECOND * 5 } else { usual })
}

#[tokio::test(start_paused = true)]
async fn a_hedged_request_replaces_one_that_is_late() {
    let plain = ask(400, |_, _, _| {}, straggles).await;
    let asked = ask(400, hedges, straggles).await;
    asked.assert_all_kept(400);
    let tail = asked.tail();
    assert_eq!(tail.n, 800);
    assert!(tail.hedges_won >= 10 && tail.hedged >= tail.hedges_won, "{tail:?}");
    assert!(tail.hedged * 20 <= 800, "at most one in twenty: {tail:?}");
    assert!(asked.took < plain.took / 2, "{:?} and {:?}", asked.took, plain.took);
    assert_eq!(asked.arrived.len() as u64, 800 + tail.hedged);
    assert_eq!(plain.tail().hedged, 0);
    // Every attempt has a number of its own, and counts the requests for its trial.
    let mut numbers = BTreeSet::new();
    for attempt in &asked.attempts {
        assert!(numbers.insert((attempt.key.comparison, attempt.key.order, attempt.number)));
    }
    let twice = asked.attempts.iter().filter(|attempt| attempt.number == 2).count() as u64;
    assert_eq!(twice, tail.hedged);
    // The dropped one of each two may have cost everything.
    let [cost, possible] = asked.cost();
    assert!((cost - 800.0 * 0.02).abs() < 1e-6, "{cost}");
    assert!((possible - tail.hedged as f64 * 0.10).abs() < 1e-6, "{possible}");
}

#[tokio::test(start_paused = true)]
async fn hedged_requests_keep_to_the_budget() {
    for cap in [3.0, 6.5, 14.0] {
        let capped = |settings: &mut JudgeSettings, options: &mut AskOptions, server: &mut _| {
            hedges(settings, options, server);
            options.max_cost = Some(cap);
        };
        let asked = ask(400, capped, straggles).await;
        let [cost, possible] = asked.cost();
        assert!(cost + possible <= cap + 1e-6, "{cost} and {possible} of {cap}");
        // Whatever was dropped is taken to be paid for in full: 0.02 for each request is the least.
        let least = asked.arrived.len() as f64 * 0.02;
        assert!(cost + possible >= least - 1e-6, "{cost} and {possible}, at least {least}");
        assert!(asked.tail().hedged > 0);
    }
    let capped = |settings: &mut JudgeSettings, options: &mut AskOptions, server: &mut _| {
        hedges(settings, options, server);
        options.max_requests = Some(300);
    };
    let asked = ask(400, capped, straggles).await;
    assert!(asked.tail().hedged > 0 && asked.arrived.len() <= 300, "{}", asked.arrived.len());
}

#[tokio::test(start_paused = true)]
async fn hedged_requests_keep_to_the_quota() {
    let quota = |settings: &mut JudgeSettings, options: &mut AskOptions, server: &mut _| {
        hedges(settings, options, server);
        settings.requests_per_minute = Some(600);
    };
    let asked = ask(600, quota, straggles).await;
    asked.assert_all_kept(600);
    assert!(asked.tail().hedged > 0);
    let arrived = &asked.arrived;
    for (at, first) in arrived.iter().enumerate() {
        let within = arrived[at..].iter().take_while(|other| **other - *first < SECOND * 60);
        assert!(within.count() <= 600);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_one_of_two_requests_loses_nothing() {
    let dropped = CallErrorKind::ConnectionDropped;
    // The second request fails, and the first one is answered after all.
    let second = move |number: u64, trial: Trial<'_>| match trial.attempt {
        2 => Err((FAST, dropped)),
        _ => straggles(number, trial),
    };
    let asked = ask(400, hedges, second).await;
    asked.assert_all_kept(400);
    assert!(asked.tail().hedged > 0);
    assert_eq!(asked.tail().hedges_won, 0);
    assert!((asked.cost()[0] - 800.0 * 0.02).abs() < 1e-6, "{:?}", asked.cost());
    // The first request fails while the second one is in flight.
    let first = move |number: u64, trial: Trial<'_>| match straggles(number, trial) {
        Ok(latency) if latency > SECOND => Err((FAST * 2, dropped)),
        usual => usual,
    };
    let asked = ask(400, hedges, first).await;
    asked.assert_all_kept(400);
    let tail = asked.tail();
    assert!(tail.hedges_won > 0, "{tail:?}");
    assert!((asked.cost()[0] - 800.0 * 0.02).abs() < 1e-6, "{:?}", asked.cost());
}

#[tokio::test(start_paused = true)]
async fn what_gives_the_same_answer_again_is_not_hedged_and_has_no_latency() {
    let fixed = |settings: &mut JudgeSettings, options: &mut AskOptions, server: &mut Scripted| {
        hedges(settings, options, server);
        server.is_deterministic = true;
    };
    let asked = ask(100, fixed, straggles).await;
    assert_eq!((asked.arrived.len(), asked.tail), (200, None));
}

#[tokio::test(start_paused = true)]
async fn where_one_request_is_in_flight_at_a_time_none_is_hedged() {
    let one = |settings: &mut JudgeSettings, options: &mut AskOptions, server: &mut _| {
        hedges(settings, options, server);
        settings.max_in_flight = 1;
    };
    let asked = ask(100, one, straggles).await;
    asked.assert_all_kept(100);
    assert_eq!((asked.arrived.len(), asked.tail().hedged), (200, 0));
}

#[test]
fn both_settings_are_read_and_have_defaults() {
    let folder = Folder::new();
    for (written, adaptive_timeout, hedge) in [
        ("", true, false),
        ("adaptive_timeout = false", false, false),
        ("hedge = true", true, true),
    ] {
        let judge = format!("[judges.j]\nmodel = \"m\"\nbase_url = \"http://h/v1\"\n{written}\n");
        let path = folder.write("evenhand.toml", &judge);
        let settings = read_settings(&path).unwrap().judge("j").unwrap();
        assert_eq!(settings.stragglers, Stragglers { adaptive_timeout, hedge }, "{written}");
    }
}

#[test]
fn the_end_of_a_command_shows_the_tail_of_latencies() {
    let scene = Scene::new(20, |seen| {
        let hangs = seen.id == "q-007" && seen.before == 0 && seen.first == "alpha";
        seen.prefers("beta").after(if hangs { 60_000 } else { 5 })
    });
    scene.settings(&[("timeout_s", "1")]);
    let said = scene.judge(&[]).expect(0);
    let line = |text: &str| {
        let found = said.stdout.lines().find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("{text}: {}", said.stdout)).to_owned()
    };
    let latency = line("latency median");
    assert!(latency.starts_with("  judge-1: ") && latency.ends_with(" (n = 40)"), "{latency}");
    assert!(latency.contains("p99") && latency.len() <= 80, "{latency}");
    assert_eq!(line("given up"), "  judge-1: 1 request given up: 1 after timeout_s");
    assert!(!said.stdout.contains("hedged"), "{}", said.stdout);

    let other = scene.judge(&["--run", "other.db", "--format", "json"]).expect(0);
    let latency = &other.json_lines()[0]["latency"][0];
    assert_eq!(latency["judge"], "judge-1");
    assert_eq!(latency["n"], 40);
    let at = |key: &str| latency[key].as_f64().unwrap();
    assert!(0.0 < at("median_ms") && at("median_ms") <= at("p95_ms"), "{latency}");
    assert!(at("p95_ms") <= at("p99_ms") && at("p99_ms") <= at("longest_ms"), "{latency}");
    let none = json!({ "adaptive_timeout": 0, "timeout_s": 0, "total_timeout_s": 0 });
    assert_eq!(latency["given_up"], none, "{latency}");
    assert_eq!((&latency["hedged"], &latency["hedges_won"]), (&json!(0), &json!(0)));

    let again = scene.judge(&[]).expect(0);
    assert!(!again.stdout.contains("latency"), "nothing was asked: {}", again.stdout);
}

/// While the first replies are the quickest of those in flight, a limit that follows from them would cut off the others.
#[tokio::test(start_paused = true)]
async fn the_first_replies_of_many_do_not_cut_off_the_slower_ones() {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let heavy_tail = move |number: u64, _: Trial<'_>| {
        let share = ((number * 7919) % 1000) as f64 / 1000.0 + 0.0005;
        Ok(Duration::from_secs_f64(5.0 * normal.inverse_cdf(share).exp()))
    };
    let many = |settings: &mut JudgeSettings, _: &mut AskOptions, _: &mut Scripted| {
        settings.max_in_flight = 500;
        settings.timeout = SECOND * 600;
        settings.total_timeout = SECOND * 7200;
    };
    let asked = ask(1500, many, heavy_tail).await;
    asked.assert_all_kept(1500);
    assert_eq!(asked.given_up(), [0, 0, 0]);
}
