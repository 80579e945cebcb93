//! Prefix caches of servers: when the orders of a comparison are sent, and what is reported of cached tokens.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenhand::input::{Connection, ItemSource, JudgeSettings, Message, Price, load_rubric};
use evenhand::judge::{CallError, CallErrorKind, ChatModel, Reply, ReplyFuture};
use evenhand::run::{AskOptions, Judge, JudgeReport, Progress, Session, Task};
use evenhand::trial::Trial;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::Folder;
use crate::support::server::{Answer, Scene, completion};

const LATENCY: Duration = Duration::from_secs(1);
const COMPARISONS: usize = 60;
const IN_FLIGHT: usize = 4;

/// A server that notes when each request came and was answered.
#[derive(Debug, Default)]
struct Noting {
    /// For each item, when the requests for it came.
    came: Mutex<HashMap<String, Vec<Instant>>>,
    refuses: bool,
}

impl ChatModel for Noting {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(async move {
            let id = trial.comparison.item.id.clone();
            self.came.lock().unwrap().entry(id).or_default().push(Instant::now());
            sleep(LATENCY).await;
            if self.refuses {
                return Err(CallError::new(CallErrorKind::UnknownRefusal, "no"));
            }
            let vote = if trial.first_system() == "beta" { "first" } else { "second" };
            Ok(Reply::from_text(json!({ "criteria": {}, "vote": vote }).to_string()))
        })
    }
}

impl Noting {
    /// How many comparisons were asked in the second order after the first one was answered, and how many at once.
    fn in_turn_and_together(&self) -> [usize; 2] {
        let came = self.came.lock().unwrap();
        let in_turn = came.values().filter(|came| came[1] - came[0] >= LATENCY).count();
        let together = came.values().filter(|came| came[1] - came[0] < LATENCY / 2).count();
        [in_turn, together]
    }
}

/// Asks about items whose prompts have so many bytes; returns how long it took.
async fn ask(server: &Arc<Noting>, bytes: usize, max_cost: Option<f64>) -> (Duration, JudgeReport) {
    let folder = Folder::new();
    let mut items = String::new();
    for number in 0..COMPARISONS {
        let prompt = format!("{number} {}", "why? ".repeat(bytes / 5));
        let responses = json!({ "alpha": "alpha says.", "beta": "beta says." });
        let item =
            json!({ "id": format!("q-{number:03}"), "prompt": prompt, "responses": responses });
        writeln!(items, "{item}").unwrap();
    }
    let items = folder.write("items.jsonl", &items);
    let mut settings = JudgeSettings::new("test", Connection::Supplied("test".into()));
    settings.max_in_flight = IN_FLIGHT;
    settings.max_tokens = Some(100);
    settings.price = Some(Price {
        input_per_million: 0.0,
        cached_input_per_million: None,
        output_per_million: 1000.0,
    });
    let judge = Judge::with_model(settings, server.clone());
    let rubric = load_rubric("helpfulness", Path::new("/nowhere")).unwrap();
    let mut task = Task::new(ItemSource::open(&items, &[]).unwrap(), rubric, vec![judge]);
    task.run = Some(folder.path().join("run.db"));
    let mut session = Session::plan(task.prepare().unwrap(), 0).unwrap();
    let mut options = AskOptions::default();
    options.max_cost = max_cost;
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    let began = Instant::now();
    let report = session.ask(&options, &progress, &cancel).await.unwrap().judges.remove(0);
    (began.elapsed(), report)
}

#[tokio::test(start_paused = true)]
async fn the_second_order_of_a_long_item_is_sent_when_the_first_is_answered() {
    let server = Arc::new(Noting::default());
    let (took, report) = ask(&server, 5000, None).await;
    assert_eq!(report.replies, 2 * COMPARISONS as u64);
    let [in_turn, together] = server.in_turn_and_together();
    assert!(in_turn >= COMPARISONS - IN_FLIGHT, "{in_turn} in turn, {together} together");
    // As fast as with both at once, but for the beginning and the end.
    let least = LATENCY * (2 * COMPARISONS / IN_FLIGHT) as u32;
    assert!(took < least + LATENCY * 3, "{took:?}, at least {least:?}");
}

#[tokio::test(start_paused = true)]
async fn both_orders_of_a_short_item_are_sent_at_once() {
    let server = Arc::new(Noting::default());
    ask(&server, 1000, None).await;
    let [in_turn, together] = server.in_turn_and_together();
    assert!(together >= COMPARISONS - IN_FLIGHT, "{in_turn} in turn, {together} together");
}

#[tokio::test(start_paused = true)]
async fn a_first_order_that_is_refused_or_paid_from_the_last_of_a_budget_keeps_nothing_waiting() {
    let server = Arc::new(Noting { refuses: true, ..Noting::default() });
    let (took, report) = ask(&server, 5000, None).await;
    assert!(report.was_interrupted() || !report.stops.is_empty(), "{report:?}");
    assert!(took < LATENCY * 60, "{took:?}");
    // The worst case of a request is 0.10.
    let server = Arc::new(Noting::default());
    let (took, report) = ask(&server, 5000, Some(0.5)).await;
    assert!(report.replies >= 2, "{report:?}");
    assert!(took < LATENCY * 60, "{took:?}");
}

#[test]
fn the_end_of_a_command_shows_what_came_from_the_cache_and_what_that_saved() {
    let scene = Scene::new(20, |seen| {
        let mut body = completion(&seen.verdict("beta"));
        body["usage"]["prompt_tokens_details"] = json!({ "cached_tokens": 40 });
        Answer::json(200, &body)
    });
    let price = "{ input_per_million = 1000.0, cached_input_per_million = 100.0, output_per_million = 1.0 }";
    scene.settings(&[("price", price)]);
    let said = scene.judge(&[]).expect(0);
    let expected =
        "  judge-1: 40.0 % of 4,000 prompt tokens from the cache (n = 40), saved $1.44\n";
    assert!(said.stdout.contains(expected), "{}", said.stdout);
    let said = scene.judge(&["--format", "json"]).expect(0);
    let cache = &said.json_lines()[0]["cache"][0];
    assert_eq!([&cache["cached_tokens"], &cache["prompt_tokens"], &cache["n"]], [1600, 4000, 40]);
    assert!((cache["share"].as_f64().unwrap() - 0.4).abs() < 1e-12, "{cache}");
    assert!((cache["saved_usd"].as_f64().unwrap() - 1.44).abs() < 1e-9, "{cache}");
    let report = scene.run(&["report", "run.db"]).expect(0);
    let line = "40.0 % of 4,000 prompt tokens came from the server's cache (n = 40 replies).";
    let words: Vec<&str> = report.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains(line), "{}", report.stdout);
    let report = scene.run(&["report", "run.db", "--format", "json"]).expect(0);
    let requests = &report.json_lines()[0]["requests"];
    assert!((requests["cached_share"].as_f64().unwrap() - 0.4).abs() < 1e-12, "{requests}");

    // Without a price of cached tokens nothing is known to be saved; a server that reports none is not mentioned.
    scene.settings(&[("price", "{ input_per_million = 1000.0, output_per_million = 1.0 }")]);
    let said = scene.judge(&[]).expect(0);
    assert!(said.stdout.contains("from the cache (n = 40)\n"), "{}", said.stdout);
    let plain = Scene::new(2, |seen| seen.prefers("beta"));
    let said = plain.judge(&["--format", "json"]).expect(0);
    assert_eq!(said.json_lines()[0]["cache"], json!([]));
}
