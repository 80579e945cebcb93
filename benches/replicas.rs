//! What several servers of one model give: `cargo bench --bench replicas [-- ITEMS]`.
//!
//! Servers in this process that work as vLLM does with a prefix cache: reading a prompt takes time for each token that
//! is not in the cache, one prompt after the other; writing the reply takes a fixed time, for several requests at once.
//! The same items, three systems each and so six requests, are judged by one server, by three behind a proxy that
//! takes them in turn, by three as `base_urls`, and by three of which one dies in the middle. That is done with a
//! shipped prompt, whose marker before the item's text differs from pair to pair, so that only both orders of a pair
//! begin alike, and with one that shows the item's text before the first marker, so that all six do.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use evenhand::input::{
    Connection, EndpointSettings, ItemSource, JudgeSettings, Servers, load_rubric,
};
use evenhand::judge::Secrets;
use evenhand::run::{AskOptions, Judge, Progress, Session, Task};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex as AsyncMutex, Notify, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Bytes of a token.
const TOKEN: usize = 4;
/// Tokens that are cached together, as in vLLM.
const BLOCK: usize = 16;
/// The time for reading a token that is not cached.
const PREFILL: Duration = Duration::from_micros(100);
/// The time for writing a reply.
const DECODE: Duration = Duration::from_millis(200);
/// Replies that are written at once.
const SLOTS: usize = 16;
/// Tokens of an item's prompt and of each response.
const PROMPT: usize = 1000;
const RESPONSE: usize = 100;

/// A server of the model.
struct Model {
    cache: Mutex<HashSet<u64>>,
    reader: AsyncMutex<()>,
    slots: Semaphore,
    answered: AtomicUsize,
    /// Tokens read, and those of them that were cached.
    tokens: AtomicUsize,
    cached: AtomicUsize,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            cache: Mutex::default(),
            reader: AsyncMutex::default(),
            slots: Semaphore::new(SLOTS),
            answered: AtomicUsize::new(0),
            tokens: AtomicUsize::new(0),
            cached: AtomicUsize::new(0),
        })
    }

    async fn answer(&self, body: &[u8]) -> Response {
        let body: Value = serde_json::from_slice(body).unwrap();
        let messages = body["messages"].as_array().unwrap().iter();
        let prompt: String = messages.map(|message| message["content"].as_str().unwrap()).collect();
        let mut hasher = DefaultHasher::new();
        let blocks = prompt.as_bytes().chunks(BLOCK * TOKEN).map(|block| {
            block.hash(&mut hasher);
            hasher.finish()
        });
        let blocks: Vec<u64> = blocks.collect();
        let _slot = self.slots.acquire().await.unwrap();
        {
            let _reader = self.reader.lock().await;
            let cached = {
                let cache = self.cache.lock().unwrap();
                blocks.iter().take_while(|block| cache.contains(block)).count()
            };
            self.tokens.fetch_add(blocks.len() * BLOCK, Ordering::Relaxed);
            self.cached.fetch_add(cached * BLOCK, Ordering::Relaxed);
            sleep(PREFILL * ((blocks.len() - cached) * BLOCK) as u32).await;
            self.cache.lock().unwrap().extend(blocks);
        }
        sleep(DECODE).await;
        self.answered.fetch_add(1, Ordering::Relaxed);
        let text = json!({ "reasoning": "", "criteria": {}, "vote": "tie" }).to_string();
        let message = json!({ "role": "assistant", "content": text });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        Response::new(json!({ "model": "m", "choices": [choice] }).to_string().into())
    }
}

/// An address, and the models behind it, which are asked in turn.
struct Address {
    url: String,
    stop: Arc<Notify>,
}

struct Behind {
    models: Vec<Arc<Model>>,
    next: AtomicUsize,
}

impl Address {
    /// Serves on a thread of its own until stopped; then every connection is closed.
    fn serve(models: &[Arc<Model>]) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let behind = Arc::new(Behind { models: models.to_vec(), next: AtomicUsize::new(0) });
        let handler = async |State(behind): State<Arc<Behind>>, body: axum::body::Bytes| {
            let next = behind.next.fetch_add(1, Ordering::Relaxed) % behind.models.len();
            behind.models[next].answer(&body).await
        };
        let router = Router::new().fallback(handler).with_state(behind);
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    () = stopped.notified() => {}
                }
            });
        });
        Self { url, stop }
    }
}

/// Writes the items: prompts of their own behind the same instructions, and three systems.
fn write_items(path: &Path, items: usize) {
    let words = |name: &str, tokens: usize| {
        let mut text = String::new();
        while text.len() < tokens * TOKEN {
            write!(text, "{name} {} ", text.len()).unwrap();
        }
        text
    };
    let mut text = String::new();
    for number in 0..items {
        let id = format!("q-{number}");
        let response = |system: &str| words(&format!("{system} on {id}"), RESPONSE);
        let responses = json!({ "a": response("A"), "b": response("B"), "c": response("C") });
        let item = json!({ "id": id, "prompt": words(&id, PROMPT), "responses": responses });
        writeln!(text, "{item}").unwrap();
    }
    std::fs::write(path, text).unwrap();
}

const RUBRIC: &str = "name = 'own'\ndescription = 'Which is better?'\nprompt = 'own.j2'\n\n[reply]\nformat = 'json'\n";
const TEMPLATE: &str = "{% block user %}{{ item.prompt }}\n{{ fence }}\n{{ first }}\n{{ fence }}\n{{ second }}\n\
                        {{ fence }}\n{{ rubric.description }}{% endblock %}\n";

/// Judges the items of a folder; returns requests, replies and the seconds of asking.
async fn judge(folder: &Path, rubric: &str, run: &str, urls: &[&Address]) -> (u64, u64, f64) {
    let mut endpoint = EndpointSettings::new("m", "");
    endpoint.servers = Servers::At(urls.iter().map(|address| address.url.clone()).collect());
    let settings = JudgeSettings::new("bench", Connection::Endpoint(endpoint));
    let rubric = load_rubric(rubric, folder).unwrap();
    let items = ItemSource::open(&folder.join("items.jsonl"), &[]).unwrap();
    let mut task = Task::new(items, rubric, vec![Judge::new(settings, Secrets::default())]);
    task.run = Some(folder.join(run));
    let mut session = Session::plan(task.prepare().unwrap(), 0).unwrap();
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    let began = Instant::now();
    let report = session.ask(&AskOptions::default(), &progress, &cancel).await.unwrap();
    (report.counts.requests, report.judges[0].replies, began.elapsed().as_secs_f64())
}

/// What is measured with each prompt.
const SCENES: [&str; 4] =
    ["one server", "three in turn", "three as `base_urls`", "the same, one dies in the middle"];

/// Measures every scene with the prompt of a rubric, and prints a row for each.
fn measure(runtime: &Runtime, folder: &Path, items: usize, rubric: &str, prompt: &str) {
    let mut rates = Vec::new();
    for scene in SCENES {
        let models: Vec<_> =
            (0..if scene == SCENES[0] { 1 } else { 3 }).map(|_| Model::new()).collect();
        let addresses: Vec<Address> = if scene == SCENES[1] {
            vec![Address::serve(&models)]
        } else {
            models.iter().map(|model| Address::serve(std::slice::from_ref(model))).collect()
        };
        let sum = |of: fn(&Model) -> &AtomicUsize| -> usize {
            models.iter().map(|model| of(model).load(Ordering::Relaxed)).sum()
        };
        let run = format!("{rubric} {scene}.db");
        let (requests, replies, seconds) = runtime.block_on(async {
            let urls: Vec<&Address> = addresses.iter().collect();
            let dies = async {
                while scene != SCENES[3] || sum(|model| &model.answered) < items * 3 {
                    sleep(Duration::from_millis(5)).await;
                }
                addresses[2].stop.notify_one();
                std::future::pending::<()>().await;
            };
            tokio::select! {
                judged = judge(folder, rubric, &run, &urls) => judged,
                () = dies => (0, 0, 0.0),
            }
        });
        for address in &addresses {
            address.stop.notify_one();
        }
        let cached = 100.0 * sum(|model| &model.cached) as f64 / sum(|model| &model.tokens) as f64;
        let rate = replies as f64 / seconds;
        rates.push(rate);
        let of = |at: usize| rates.get(at).map(|other| format!("{:.2}", rate / other));
        let [of_one, of_in_turn] = [of(0), of(1)].map(Option::unwrap_or_default);
        println!(
            "| {prompt} | {scene} | {requests} | {replies} | {seconds:.1} | {rate:.0} | {cached:.0} % | {of_one} | {of_in_turn} |"
        );
    }
}

fn main() {
    let number = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let items: usize = number.unwrap_or(100);
    let folder = tempfile::tempdir().unwrap();
    write_items(&folder.path().join("items.jsonl"), items);
    for (name, text) in [("rubrics/own.toml", RUBRIC), ("prompts/own.j2", TEMPLATE)] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    println!("{items} items, {} trials", items * 6);
    println!(
        "| prompt | servers | requests | replies | seconds | replies/s | cached | of one | of in turn |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    measure(&runtime, folder.path(), items, "helpfulness", "shipped");
    measure(&runtime, folder.path(), items, "own", "item first");
}
