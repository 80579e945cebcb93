//! An OpenAI-compatible server in the test process: it answers by a script and records its requests.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::support::{CommandOutput, Folder, GENEROUS_TIMEOUT};

/// The key that every command of a [`Scene`] sends.
pub(crate) const KEY: &str = "sk-test-9f8e7d6c5b4a39281706f5e4d3c2b1a0";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The id of the item it asks about.
    pub(crate) id: String,
    /// The system whose response it shows first.
    pub(crate) first: &'static str,
    /// The number of earlier requests with the same model and messages.
    pub(crate) before: usize,
    pub(crate) at: Instant,
}

impl ReceivedRequest {
    pub(crate) fn model(&self) -> &str {
        self.body["model"].as_str().unwrap()
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.body.get(field).is_some()
    }

    /// The JSON verdict for a system.
    pub(crate) fn verdict(&self, system: &str) -> String {
        let vote = match system {
            "tie" => "tie",
            _ if system == self.first => "first",
            _ => "second",
        };
        json!({ "reasoning": "As the script says.", "criteria": {}, "vote": vote }).to_string()
    }

    /// A completion with the JSON verdict for a system.
    pub(crate) fn prefers(&self, system: &str) -> Answer {
        Answer::says(&self.verdict(system))
    }
}

/// An answer of the server.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    delay: Duration,
    held: bool,
    breaks_off: bool,
}

impl Answer {
    pub(crate) fn status(status: u16, body: &str) -> Self {
        let (headers, delay) = (Vec::new(), Duration::ZERO);
        Self { status, headers, body: body.to_owned(), delay, held: false, breaks_off: false }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::status(status, &body.to_string()).header("content-type", "application/json")
    }

    /// An error as `OpenAI` words it.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "message": message, "type": "scripted_error" } }))
    }

    /// A completion with this text.
    pub(crate) fn says(text: &str) -> Self {
        Self::json(200, &completion(text))
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn after(mut self, milliseconds: u64) -> Self {
        self.delay = Duration::from_millis(milliseconds);
        self
    }

    /// Holds the answer back until [`Server::release_held`].
    pub(crate) fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// Sends only the first half of the body, then breaks the connection.
    pub(crate) fn broken_off(mut self) -> Self {
        self.breaks_off = true;
        self
    }
}

/// A completion as `OpenAI` gives it.
pub(crate) fn completion(text: &str) -> Value {
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "model-as-served",
        "system_fingerprint": "fp_1",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text },
            "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 },
    })
}

type Script = Arc<dyn Fn(&ReceivedRequest) -> Answer + Send + Sync>;

/// The requests that a server has received.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) seen: Vec<ReceivedRequest>,
    times: HashMap<String, usize>,
}

impl Log {
    pub(crate) fn remember(
        &mut self,
        path: &str,
        headers: HeaderMap,
        body: &[u8],
    ) -> ReceivedRequest {
        let body: Value = serde_json::from_slice(body).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let asked = messages.last().unwrap()["content"].as_str().unwrap();
        let id = asked.split("Question ").nth(1).and_then(|rest| rest.split_whitespace().next());
        let first = if asked.find("ALPHA") < asked.find("BETA") { "alpha" } else { "beta" };
        let key = format!("{} {asked}", body["model"]);
        let times = self.times.entry(key).or_default();
        let seen = ReceivedRequest {
            path: path.to_owned(),
            headers,
            id: id.unwrap_or_default().to_owned(),
            first,
            before: *times,
            at: Instant::now(),
            body,
        };
        *times += 1;
        self.seen.push(seen.clone());
        seen
    }
}

struct Shared {
    script: Mutex<Script>,
    log: Mutex<Log>,
    arrived: Condvar,
    gate: watch::Sender<bool>,
}

/// A server on its own port; it stops when the value is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(
        script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::new(Arc::new(script)),
            log: Mutex::default(),
            arrived: Condvar::new(),
            gate: watch::Sender::new(false),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Answers by another script from now on.
    pub(crate) fn now(&self, script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap() = Arc::new(script);
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn seen(&self) -> Vec<ReceivedRequest> {
        self.shared.log.lock().unwrap().seen.clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.log.lock().unwrap().seen.len()
    }

    /// Waits until that many requests have arrived.
    pub(crate) fn wait_for(&self, requests: usize) {
        let log = self.shared.log.lock().unwrap();
        let too_few = |log: &mut Log| log.seen.len() < requests;
        let (log, timeout) =
            self.shared.arrived.wait_timeout_while(log, GENEROUS_TIMEOUT, too_few).unwrap();
        assert!(!timeout.timed_out(), "only {} of {requests} requests came", log.seen.len());
    }

    /// Sends every answer that is held back, and no longer holds any.
    pub(crate) fn release_held(&self) {
        self.shared.gate.send_replace(true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let seen = shared.log.lock().unwrap().remember(uri.path(), headers, &body);
    shared.arrived.notify_all();
    let script = Arc::clone(&shared.script.lock().unwrap());
    let answer = script(&seen);
    if answer.held {
        let _ends_with_the_server = shared.gate.subscribe().wait_for(|open| *open).await.is_ok();
    }
    tokio::time::sleep(answer.delay).await;
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let body = if answer.breaks_off {
        let half = answer.body.as_bytes()[..answer.body.len() / 2].to_vec();
        Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(async {
            // The half must be sent before the connection breaks.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err(std::io::Error::other("the script breaks off here"))
        })))
    } else {
        Body::from(answer.body)
    };
    response.body(body).unwrap()
}

/// A port that is reserved and on which no server listens.
pub(crate) struct ClosedPort(socket2::Socket);

impl ClosedPort {
    pub(crate) fn new() -> Self {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        Self(socket)
    }

    pub(crate) fn number(&self) -> u16 {
        self.0.local_addr().unwrap().as_socket().unwrap().port()
    }
}

/// A folder with items and settings, and the server that the settings name.
pub(crate) struct Scene {
    pub(crate) folder: Folder,
    pub(crate) server: Server,
}

impl Scene {
    /// Items `q-001` and so on with the responses of `alpha` and `beta`, and one judge, `judge-1`.
    pub(crate) fn new(
        items: usize,
        script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let scene = Self { folder: Folder::new(), server: Server::start(script) };
        scene.items(items);
        scene.settings(&[]);
        scene
    }

    /// Writes the items again, with the given number of them.
    pub(crate) fn items(&self, items: usize) {
        self.folder.write_items(items);
    }

    /// Writes the settings of `judge-1` again, with some of them changed.
    pub(crate) fn settings(&self, changes: &[(&str, &str)]) {
        self.folder.write("evenhand.toml", &self.judge_table("judge-1", changes));
    }

    /// The settings of a judge, as TOML.
    pub(crate) fn judge_table(&self, name: &str, changes: &[(&str, &str)]) -> String {
        let (model, base_url) =
            (format!("{:?}", format!("model-of-{name}")), format!("{:?}", self.server.base_url()));
        let mut settings = BTreeMap::from([
            ("model", model.as_str()),
            ("base_url", base_url.as_str()),
            ("api_key_env", "\"TEST_JUDGE_KEY\""),
            ("timeout_s", "60"),
            ("max_attempts", "2"),
        ]);
        settings.extend(changes.iter().copied());
        if settings.contains_key("base_urls") || settings.contains_key("start") {
            settings.remove("base_url");
        }
        let lines = settings.iter().map(|(key, value)| format!("{key} = {value}\n"));
        format!("[judges.{name}]\n{}\n", lines.collect::<String>())
    }

    /// A command with the API key, whose requests no proxy of the environment receives.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.command(arguments);
        with_key(&mut command).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.command(arguments).output().unwrap())
    }

    /// `judge` into `run.db` with `judge-1`, unless the flags say otherwise. A run that keeps nothing ends with 0 here.
    pub(crate) fn judge_command(&self, flags: &[&str]) -> Command {
        let mut command = self.folder.judge_command(flags);
        with_key(&mut command);
        command
    }

    pub(crate) fn judge(&self, flags: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.judge_command(flags).output().unwrap())
    }

    /// Starts the same command and returns it while it runs.
    pub(crate) fn judge_started(&self, flags: &[&str]) -> Child {
        let mut command = self.judge_command(flags);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Every comparison of the run with every stored reply.
    pub(crate) fn verdicts(&self) -> Vec<Value> {
        self.folder.verdicts()
    }

    /// `kept beta`, `flipped`, `failed` and so on, one for each comparison.
    pub(crate) fn outcomes(&self) -> Vec<String> {
        self.folder.outcomes()
    }
}

/// Gives a command the API key, and lets no proxy of the environment receive its requests.
fn with_key(command: &mut Command) -> &mut Command {
    command.env("TEST_JUDGE_KEY", KEY).env("NO_PROXY", "127.0.0.1")
}

/// The orders that have a vote, as the id and the system whose response is shown first.
pub(crate) fn voted(verdicts: &[Value]) -> HashSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let orders = verdicts.iter().flat_map(|verdict| {
        let orders = verdict["orders"].as_array().unwrap().iter();
        orders.map(move |order| (text(&verdict["id"]), order))
    });
    let voted = orders.filter(|(_, order)| order["vote"].is_string());
    voted.map(|(id, order)| (id, text(&order["first"]))).collect()
}

/// The stored attempts of one order of a verdict.
pub(crate) fn attempts(verdict: &Value, order: usize) -> &[Value] {
    verdict["orders"][order]["replies"].as_array().unwrap()
}
