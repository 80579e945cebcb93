//! A provider of batches in the test process, in the form of `OpenAI` and in that of the Messages API. It answers by a
//! script, counts what was paid for, and fails as a test says.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::lines_of;
use super::server::{KEY, completion};

/// A request to a model, on its own or as a line of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The id of the item.
    pub(crate) id: String,
    /// The model that is asked.
    pub(crate) model: String,
    /// The system whose response is shown first.
    pub(crate) first: &'static str,
    /// How often the same was asked before.
    pub(crate) before: usize,
    /// Whether it is a line of a batch.
    pub(crate) batched: bool,
}

/// How a request ends.
#[derive(Debug, Clone)]
pub(crate) enum Ends {
    /// With a vote for a system.
    Prefers(&'static str),
    /// With a text.
    Says(&'static str),
    /// With an error of this status.
    Error(u16, &'static str),
    /// Not processed: the batch expires.
    Expires,
    /// Not processed: the batch is cancelled.
    IsCancelled,
    /// With a vote for a system, which is in the answers twice.
    Twice(&'static str),
    /// With a vote for a system, which is paid for and missing in the answers.
    IsLost(&'static str),
}

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Upload,
    Create,
    List,
    Status,
    Results,
}

/// How a step fails, once.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Nothing is done, and this is answered.
    Refused { status: u16, message: &'static str, retry_after: Option<&'static str> },
    /// It is done, and the answer is this status.
    DoneButAnswers(u16),
    /// Only the first part of the answer arrives, up to the middle of a line.
    CutOff,
    /// The last line of the answer does not arrive.
    LacksLine,
    /// The answer takes so many milliseconds; it is done at once.
    Late(u64),
    /// A batch that was created fails as a whole.
    Fails { code: &'static str, message: &'static str },
}

struct Batch {
    id: String,
    lines: Vec<Value>,
    metadata: Value,
    input: String,
    created: SystemTime,
    polls: usize,
    /// Set once it has ended.
    ended: Option<Vec<String>>,
    failure: Option<(&'static str, &'static str)>,
    status: &'static str,
}

type Script = Arc<dyn Fn(&Asked) -> Ends + Send + Sync>;

struct Provider {
    script: Script,
    /// How often a batch is looked at before it has ended.
    polls: usize,
    faults: Vec<(Step, Fault)>,
    files: BTreeMap<String, Vec<u8>>,
    batches: Vec<Batch>,
    times: HashMap<(String, String, &'static str), usize>,
    /// Replies that were paid for, by item and order.
    paid: HashMap<(String, &'static str), usize>,
    steps: Vec<Step>,
    /// Requests to models that were not in a batch.
    direct: usize,
    /// The sizes of the batches that were created.
    sizes: Vec<usize>,
}

/// The provider on its own port.
pub(crate) struct BatchServer {
    address: SocketAddr,
    provider: Arc<Mutex<Provider>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl BatchServer {
    pub(crate) fn start(script: impl Fn(&Asked) -> Ends + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let provider = Provider {
            script: Arc::new(script),
            polls: 0,
            faults: Vec::new(),
            files: BTreeMap::new(),
            batches: Vec::new(),
            times: HashMap::new(),
            paid: HashMap::new(),
            steps: Vec::new(),
            direct: 0,
            sizes: Vec::new(),
        };
        let provider = Arc::new(Mutex::new(provider));
        let router = Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::clone(&provider));
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
        Self { address, provider, stop: Some(stop), thread: Some(thread) }
    }

    /// The URL that a judge is given.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    fn provider(&self) -> MutexGuard<'_, Provider> {
        self.provider.lock().unwrap()
    }

    /// Lets a batch end only when it has been looked at so many times.
    pub(crate) fn end_after_polls(&self, polls: usize) {
        self.provider().polls = polls;
    }

    /// Lets the next step of a kind fail.
    pub(crate) fn fail_once(&self, step: Step, fault: Fault) {
        self.provider().faults.push((step, fault));
    }

    /// How often the client did something.
    pub(crate) fn count(&self, step: Step) -> usize {
        self.provider().steps.iter().filter(|done| **done == step).count()
    }

    pub(crate) fn direct(&self) -> usize {
        self.provider().direct
    }

    /// The sizes of the batches that were created, in requests.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.provider().sizes.clone()
    }

    /// How many replies were paid for more than once.
    pub(crate) fn paid_twice(&self) -> Vec<(String, &'static str)> {
        let provider = self.provider();
        let twice = provider.paid.iter().filter(|(_, times)| **times > 1);
        twice.map(|(asked, _)| asked.clone()).collect()
    }

    /// How many replies were paid for.
    pub(crate) fn paid(&self) -> usize {
        self.provider().paid.values().sum()
    }
}

impl Drop for BatchServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

async fn answer(
    State(provider): State<Arc<Mutex<Provider>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let key = headers.get("authorization").or_else(|| headers.get("x-api-key"));
    assert!(key.is_some_and(|key| key.to_str().unwrap().ends_with(KEY)), "{uri}: without the key");
    let (status, headers, body, cut, delay) = provider.lock().unwrap().answer(&method, &uri, &body);
    tokio::time::sleep(Duration::from_millis(delay)).await;
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    // Nothing says how long the body should have been.
    let body = if cut { body[..body.len() * 2 / 3 + 7].to_vec() } else { body };
    response.body(Body::from(body)).unwrap()
}

type Answered = (u16, Vec<(&'static str, String)>, Vec<u8>, bool, u64);

fn plain(status: u16, body: &Value) -> Answered {
    (status, Vec::new(), body.to_string().into_bytes(), false, 0)
}

fn error(status: u16, message: &str) -> Value {
    json!({ "type": "error", "error": { "message": message, "type": kind_of(status) } })
}

fn kind_of(status: u16) -> &'static str {
    match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    }
}

impl Provider {
    fn answer(&mut self, method: &Method, uri: &Uri, body: &[u8]) -> Answered {
        let path: Vec<&str> = uri.path().trim_start_matches("/v1/").split('/').collect();
        let is_post = method == Method::POST;
        let step = match (is_post, path.as_slice()) {
            (true, ["files"]) => Step::Upload,
            (true, ["batches"] | ["messages", "batches"]) => Step::Create,
            (false, ["batches"] | ["messages", "batches"]) => Step::List,
            (false, ["batches", _] | ["messages", "batches", _]) => Step::Status,
            (false, ["files", _, "content"] | ["messages", "batches", _, "results"]) => {
                Step::Results
            }
            (true, ["chat", "completions"]) => return self.complete(body, false),
            (true, ["messages"]) => return self.complete(body, true),
            _ => return plain(404, &error(404, "there is nothing here")),
        };
        self.steps.push(step);
        let fault = self.faults.iter().position(|(at, _)| *at == step);
        let fault = fault.map(|at| self.faults.remove(at).1);
        if let Some(Fault::Refused { status, message, retry_after }) = fault {
            let (status, _, body, cut, delay) = plain(status, &error(status, message));
            let after = retry_after.map(|after| ("retry-after", after.to_owned()));
            return (status, after.into_iter().collect(), body, cut, delay);
        }
        let is_messages = path[0] == "messages";
        let mut answered = match step {
            Step::Upload => self.upload(body),
            Step::Create => self.create(body, is_messages, fault.as_ref()),
            Step::List => self.list(is_messages),
            Step::Status => self.status(path[path.len() - 1], is_messages),
            Step::Results => self.results(&path),
        };
        match fault {
            Some(Fault::DoneButAnswers(status)) => {
                answered = plain(status, &error(status, "the gateway has lost the answer"));
            }
            Some(Fault::CutOff) => answered.3 = true,
            Some(Fault::LacksLine) => {
                let text = String::from_utf8(answered.2).unwrap();
                let lines: Vec<&str> = text.split_inclusive('\n').collect();
                answered.2 = lines[..lines.len() - 1].concat().into_bytes();
            }
            Some(Fault::Late(milliseconds)) => answered.4 = milliseconds,
            _ => {}
        }
        answered
    }

    fn complete(&mut self, body: &[u8], is_messages: bool) -> Answered {
        self.direct += 1;
        let body: Value = serde_json::from_slice(body).unwrap();
        let (status, value) = match self.ask(&body, false) {
            (_, Ends::Error(status, message)) => (status, error(status, message)),
            (asked, ends) => (200, reply(&asked, &ends, is_messages)),
        };
        plain(status, &value)
    }

    fn ask(&mut self, body: &Value, batched: bool) -> (Asked, Ends) {
        let content = &body["messages"].as_array().unwrap().last().unwrap()["content"];
        let text = content.to_string();
        let id = text.split("Question ").nth(1).and_then(|rest| rest.split_whitespace().next());
        let id = id.unwrap().to_owned();
        let first = if text.find("ALPHA") < text.find("BETA") { "alpha" } else { "beta" };
        let model = body["model"].as_str().unwrap().to_owned();
        let times = self.times.entry((model.clone(), id.clone(), first)).or_default();
        let asked = Asked { id, model, first, before: *times, batched };
        *times += 1;
        let ends = (self.script)(&asked);
        if matches!(ends, Ends::Prefers(_) | Ends::Twice(_) | Ends::IsLost(_)) {
            *self.paid.entry((asked.id.clone(), asked.first)).or_default() += 1;
        }
        (asked, ends)
    }

    fn upload(&mut self, body: &[u8]) -> Answered {
        let text = String::from_utf8(body.to_vec()).unwrap();
        let boundary = text.lines().next().unwrap().to_owned();
        let mut parts = text.split(&boundary);
        assert!(parts.any(|part| part.contains("name=\"purpose\"") && part.contains("batch")));
        let part = text.split(&boundary).find(|part| part.contains("filename=")).unwrap();
        let content = part.split_once("\r\n\r\n").unwrap().1.trim_end_matches("\r\n");
        let id = format!("file-{}", self.files.len());
        self.files.insert(id.clone(), content.as_bytes().to_vec());
        plain(200, &json!({ "id": id, "object": "file", "purpose": "batch" }))
    }

    fn create(&mut self, body: &[u8], is_messages: bool, fault: Option<&Fault>) -> Answered {
        let body: Value = serde_json::from_slice(body).unwrap();
        let (lines, input) = if is_messages {
            (body["requests"].as_array().unwrap().clone(), String::new())
        } else {
            assert_eq!(body["endpoint"], "/v1/chat/completions");
            assert_eq!(body["completion_window"], "24h");
            let input = body["input_file_id"].as_str().unwrap().to_owned();
            let text = String::from_utf8(self.files[&input].clone()).unwrap();
            (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), input)
        };
        let failure = match fault {
            Some(Fault::Fails { code, message }) => Some((*code, *message)),
            _ => None,
        };
        if failure.is_none() {
            self.sizes.push(lines.len());
        }
        let id = format!("batch_{}", self.batches.len() + 1);
        self.batches.push(Batch {
            id: id.clone(),
            lines,
            metadata: body["metadata"].clone(),
            input,
            created: now(),
            polls: 0,
            ended: None,
            failure,
            status: "in_progress",
        });
        plain(200, &json!({ "id": id }))
    }

    fn list(&mut self, is_messages: bool) -> Answered {
        (0..self.batches.len()).for_each(|at| self.look(at, is_messages));
        let batches = self.batches.iter().rev();
        let data: Vec<Value> = batches.map(|batch| shown(batch, is_messages)).collect();
        plain(200, &json!({ "data": data, "has_more": false }))
    }

    /// Lets time pass for a batch.
    fn look(&mut self, at: usize, is_messages: bool) {
        let polls = self.polls;
        let batch = &mut self.batches[at];
        batch.polls += 1;
        if batch.ended.is_none() && batch.polls > polls && batch.failure.is_none() {
            self.end(at, is_messages);
        }
    }

    fn status(&mut self, id: &str, is_messages: bool) -> Answered {
        let Some(at) = self.batches.iter().position(|batch| batch.id == id) else {
            return plain(404, &error(404, "no such batch"));
        };
        self.look(at, is_messages);
        plain(200, &shown(&self.batches[at], is_messages))
    }

    /// Processes the requests of a batch, the last one first.
    fn end(&mut self, at: usize, is_messages: bool) {
        let mut answers = Vec::new();
        let mut status = "completed";
        for line in self.batches[at].lines.clone().into_iter().rev() {
            let body = if is_messages { &line["params"] } else { &line["body"] };
            let (asked, ends) = self.ask(body, true);
            match ends {
                Ends::Expires => status = "expired",
                Ends::IsCancelled => status = "cancelled",
                _ => {}
            }
            let written = written(&line["custom_id"], &asked, &ends, is_messages);
            let times = match ends {
                Ends::Twice(_) => 2,
                Ends::IsLost(_) => 0,
                _ => 1,
            };
            answers.extend(std::iter::repeat_n(written, times));
        }
        self.batches[at].status = status;
        self.batches[at].ended = Some(answers);
    }

    fn results(&self, path: &[&str]) -> Answered {
        let (id, errors) = match path {
            ["files", file, "content"] => match file.strip_suffix("-errors") {
                Some(id) => (id, Some(true)),
                None => (file.strip_suffix("-output").unwrap(), Some(false)),
            },
            _ => (path[2], None),
        };
        let batch = self.batches.iter().find(|batch| batch.id == id).unwrap();
        let answers = batch.ended.as_ref().unwrap().iter();
        let lines = answers.filter(|line| errors.is_none_or(|errors| is_error(line) == errors));
        let text = lines_of(lines);
        (200, Vec::new(), text.into_bytes(), false, 0)
    }
}

/// Whether a line is in the file of the errors.
fn is_error(line: &str) -> bool {
    let line: Value = serde_json::from_str(line).unwrap();
    line["response"]["status_code"] != 200
}

/// The reply to a single request.
fn reply(asked: &Asked, ends: &Ends, is_messages: bool) -> Value {
    let text = match ends {
        Ends::Prefers(system) | Ends::Twice(system) | Ends::IsLost(system) => {
            let vote = if *system == asked.first { "first" } else { "second" };
            let vote = if *system == "tie" { "tie" } else { vote };
            json!({ "reasoning": "As the script says.", "criteria": {}, "vote": vote }).to_string()
        }
        Ends::Says(text) => (*text).to_owned(),
        _ => String::new(),
    };
    if !is_messages {
        return completion(&text);
    }
    json!({
        "type": "message", "role": "assistant", "model": "model-as-served",
        "content": [{ "type": "text", "text": text }], "stop_reason": "end_turn",
        "usage": { "input_tokens": 100, "output_tokens": 20 },
    })
}

/// A line of the answers.
fn written(custom_id: &Value, asked: &Asked, ends: &Ends, is_messages: bool) -> String {
    let value = match (ends, is_messages) {
        (Ends::Expires, false) => json!({ "custom_id": custom_id, "response": null,
            "error": { "code": "batch_expired", "message": "This request could not be executed." } }),
        (Ends::IsCancelled, false) => json!({ "custom_id": custom_id, "response": null,
            "error": { "code": "batch_cancelled", "message": "The batch was cancelled." } }),
        (Ends::Expires, true) => json!({ "custom_id": custom_id, "result": { "type": "expired" } }),
        (Ends::IsCancelled, true) => {
            json!({ "custom_id": custom_id, "result": { "type": "canceled" } })
        }
        (Ends::Error(status, message), false) => json!({ "custom_id": custom_id, "error": null,
            "response": { "status_code": status, "body": error(*status, message) } }),
        (Ends::Error(status, message), true) => json!({ "custom_id": custom_id,
            "result": { "type": "errored", "error": error(*status, message) } }),
        (_, false) => json!({ "custom_id": custom_id, "error": null,
            "response": { "status_code": 200, "body": reply(asked, ends, false) } }),
        (_, true) => json!({ "custom_id": custom_id,
            "result": { "type": "succeeded", "message": reply(asked, ends, true) } }),
    };
    value.to_string()
}

#[expect(clippy::disallowed_methods, reason = "a provider reads the clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A batch as the API shows it.
fn shown(batch: &Batch, is_messages: bool) -> Value {
    let all = batch.lines.len();
    let lines = batch.ended.as_deref().unwrap_or_default();
    let errors = lines.iter().filter(|line| is_error(line)).count();
    let since = batch.created.duration_since(UNIX_EPOCH).unwrap().as_secs();
    if is_messages {
        let processing = if batch.ended.is_some() { 0 } else { all };
        let cancelled = (batch.status == "cancelled").then_some("2026-12-01T00:00:00Z");
        return json!({
            "id": batch.id, "type": "message_batch",
            "processing_status": if batch.ended.is_some() { "ended" } else { "in_progress" },
            "created_at": humantime::format_rfc3339(batch.created).to_string(),
            "cancel_initiated_at": cancelled,
            "request_counts": { "processing": processing, "succeeded": all - processing, "errored": 0,
                "canceled": 0, "expired": 0 },
            "results_url": "http://elsewhere.invalid/results",
        });
    }
    let has = |wanted: bool| lines.iter().any(|line| is_error(line) == wanted);
    let file = |kind: &str, exists: bool| exists.then(|| format!("{}-{kind}", batch.id));
    let failure = batch.failure.map(|(code, message)| {
        json!({ "object": "list", "data": [{ "code": code, "message": message, "line": null }] })
    });
    json!({
        "id": batch.id, "object": "batch", "created_at": since, "metadata": batch.metadata,
        "input_file_id": batch.input, "errors": failure,
        "status": if failure.is_some() { "failed" } else { batch.status },
        "output_file_id": file("output", has(false)), "error_file_id": file("errors", has(true)),
        "request_counts": { "total": all, "completed": lines.len().min(all) - errors, "failed": errors },
    })
}
