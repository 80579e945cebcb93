//! A server that evenhand starts: this program again, which passes completions on to the scripted server of the test
//! and does what its mode says otherwise.
//!
//! It writes a line to `starts.log` in its folder when it starts, so that a test knows its port and its processes.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::GENEROUS_TIMEOUT;
use super::server::{Answer, ReceivedRequest, Scene};

/// The header in which the scripted server learns the port of the server that was asked.
pub(crate) const PORT_HEADER: &str = "x-started-port";

/// A start of the server, as it wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Started {
    pub(crate) port: u16,
    pub(crate) process: u32,
    pub(crate) group: u32,
}

impl Scene {
    /// A scene whose judge starts a server in this mode, with further settings.
    pub(crate) fn started(
        items: usize,
        mode: &str,
        settings: &[(&str, &str)],
        script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let scene = Self::new(items, script);
        scene.start_by(&scene.command_of_server(mode), settings);
        scene
    }

    /// The command that starts a server in this mode.
    pub(crate) fn command_of_server(&self, mode: &str) -> String {
        let program = std::env::current_exe().unwrap();
        let test = "--exact support::started_server::the_server_that_tests_start --nocapture";
        let upstream = self.server.base_url().replace("http://", "").replace("/v1", "");
        format!(
            "env STARTED_PORT={{port}} STARTED_UPSTREAM={upstream} STARTED_MODE={mode} '{}' {test}",
            program.display()
        )
    }

    /// Writes the settings of a judge that starts its server by a command.
    pub(crate) fn start_by(&self, command: &str, settings: &[(&str, &str)]) {
        let command = format!("{command:?}");
        self.settings(&[&[("start", command.as_str())][..], settings].concat());
    }

    /// Every start so far.
    pub(crate) fn starts(&self) -> Vec<Started> {
        let log = std::fs::read_to_string(self.folder.path().join("starts.log"));
        let number = |text: Option<&str>| text.unwrap().parse::<u32>().unwrap();
        let start = |line: &str| {
            let mut numbers = line.split(' ');
            let port = u16::try_from(number(numbers.next())).unwrap();
            Started { port, process: number(numbers.next()), group: number(numbers.next()) }
        };
        log.unwrap_or_default().lines().map(start).collect()
    }

    /// Waits until that many servers have been started.
    pub(crate) fn wait_for_starts(&self, starts: usize) {
        wait_until(&format!("{starts} starts"), || self.starts().len() >= starts);
    }

    /// Waits until nothing runs any more of what was started. The system takes a moment to end what was killed.
    pub(crate) fn assert_nothing_runs(&self) {
        wait_for_ends(self.starts().iter().map(|start| start.group));
    }
}

/// Waits until nothing runs any more in these process groups.
pub(crate) fn wait_for_ends(groups: impl IntoIterator<Item = u32>) {
    for group in groups {
        wait_until(&format!("the end of group {group}"), || running_in(group).is_empty());
    }
}

/// Waits until a condition holds.
pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let began = tokio::time::Instant::now();
    while !condition() {
        assert!(began.elapsed() < GENEROUS_TIMEOUT, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The processes of a group that run, those left out that only wait for their parent to notice that they have ended.
pub(crate) fn running_in(group: u32) -> Vec<u32> {
    let list = Command::new("ps").args(["-A", "-o", "pgid=,pid=,stat="]).output().unwrap();
    assert!(list.status.success(), "{list:?}");
    let list = String::from_utf8(list.stdout).unwrap();
    let process = |line: &str| {
        let [of_group, process, state] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return None;
        };
        let runs = of_group.parse() == Ok(group) && !state.starts_with('Z');
        runs.then(|| process.parse().unwrap())
    };
    list.lines().filter_map(process).collect()
}

/// What the server does besides passing completions on.
#[derive(Debug, Default)]
struct Mode {
    /// Questions after its health that it answers with 503 at first.
    loading: usize,
    /// It answers 404 there, as servers without that path do.
    has_no_health: bool,
    /// Whether it listens at all.
    beginning: Beginning,
    /// It ends after this many completions.
    dies_after: Option<usize>,
    /// It prints this many bytes to each stream before it listens, and again for each completion.
    noise: usize,
}

/// How the server begins.
#[derive(Debug, Default, PartialEq, Eq)]
enum Beginning {
    /// It listens.
    #[default]
    Listens,
    /// It prints what is wrong, and ends at once.
    Dies,
    /// It does not listen.
    IsSilent,
    /// A stranger takes its port before it can, the first time that it is started.
    IsLateOnce,
}

impl Mode {
    fn of(text: &str) -> Self {
        let mut mode = Self::default();
        for part in text.split(',') {
            let (key, value) = part.split_once('=').unwrap_or((part, "0"));
            let number = value.parse().unwrap();
            match key {
                "loading" => mode.loading = number,
                "no_health" => mode.has_no_health = true,
                "dies" => mode.beginning = Beginning::Dies,
                "dies_after" => mode.dies_after = Some(number),
                "silent" => mode.beginning = Beginning::IsSilent,
                "noise" => mode.noise = number,
                "late_once" => mode.beginning = Beginning::IsLateOnce,
                "plain" => {}
                _ => panic!("no mode {key}"),
            }
        }
        mode
    }
}

struct Shared {
    port: u16,
    upstream: String,
    mode: Mode,
    asked_for_health: AtomicUsize,
    completions: AtomicUsize,
}

#[expect(clippy::disallowed_methods, reason = "its command tells it what to do by variables")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// No test: tests start it as a server.
#[test]
fn the_server_that_tests_start() {
    let Some(port) = variable("STARTED_PORT") else { return };
    // A test that fails stops no server that it has left outside of the group.
    std::thread::spawn(|| {
        std::thread::sleep(2 * GENEROUS_TIMEOUT);
        exit(1);
    });
    let port = port.parse().unwrap();
    let mode = Mode::of(&variable("STARTED_MODE").unwrap());
    let group = rustix::process::getpgrp().as_raw_nonzero();
    let mut log = std::fs::OpenOptions::new().append(true).create(true).open("starts.log").unwrap();
    log.write_all(format!("{port} {} {group}\n", std::process::id()).as_bytes()).unwrap();
    match mode.beginning {
        Beginning::Dies => {
            print_error("\x1b[31mloading model.gguf\x1b[0m");
            print_error("error: model.gguf has \x1b]0;title\x07no tensors");
            exit(3);
        }
        Beginning::IsSilent => std::thread::sleep(GENEROUS_TIMEOUT),
        Beginning::IsLateOnce if !std::fs::exists("was_late").unwrap() => {
            std::fs::write("was_late", "").unwrap();
            stranger_takes(port);
            std::thread::sleep(Duration::from_millis(500));
            print_error("error while attempting to bind on address: address already in use");
            exit(1);
        }
        Beginning::Listens | Beginning::IsLateOnce => {}
    }
    make_noise(mode.noise);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let shared = Arc::new(Shared {
        port,
        upstream: variable("STARTED_UPSTREAM").unwrap(),
        mode,
        asked_for_health: AtomicUsize::new(0),
        completions: AtomicUsize::new(0),
    });
    let router = Router::new().fallback(answer).with_state(shared);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}

#[expect(clippy::exit, reason = "it is a program of its own")]
fn exit(code: i32) -> ! {
    std::process::exit(code)
}

fn print_error(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn make_noise(bytes: usize) {
    let line = [b"0123456789abcde\n".repeat(64), vec![b'x'; 1000]].concat();
    for _ in 0..bytes / line.len() {
        std::io::stdout().write_all(&line).unwrap();
        std::io::stderr().write_all(&line).unwrap();
    }
}

/// Starts another server of this kind outside of the group, which listens on the port, and waits until it does.
fn stranger_takes(port: u16) {
    use std::os::unix::process::CommandExt as _;
    let mut stranger = Command::new(std::env::current_exe().unwrap());
    stranger.args(["--exact", "support::started_server::the_server_that_tests_start"]);
    stranger.env("STARTED_MODE", "plain").process_group(0);
    stranger.stdout(Stdio::null()).stderr(Stdio::null());
    drop(stranger.spawn().unwrap());
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let status = |status: u16| Response::builder().status(status).body(Body::empty()).unwrap();
    match uri.path() {
        "/health" if shared.mode.has_no_health => status(404),
        "/health" => {
            let asked = shared.asked_for_health.fetch_add(1, Ordering::SeqCst);
            status(if asked < shared.mode.loading { 503 } else { 200 })
        }
        "/v1/models" => status(200),
        path => {
            make_noise(shared.mode.noise);
            let answer = passed_on(&shared, path, &headers, &body).await;
            let number = shared.completions.fetch_add(1, Ordering::SeqCst) + 1;
            if shared.mode.dies_after.is_some_and(|most| number > most) {
                print_error("fatal: out of memory");
                exit(7);
            }
            answer
        }
    }
}

/// Passes a request on to the scripted server of the test.
async fn passed_on(shared: &Shared, path: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let key = headers.get("authorization").map_or("", |key| key.to_str().unwrap());
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: upstream\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: {key}\r\n{PORT_HEADER}: {}\r\ncontent-length: {}\r\n\r\n",
        shared.port,
        body.len()
    );
    let mut upstream = tokio::net::TcpStream::connect(&shared.upstream).await.unwrap();
    upstream.write_all(head.as_bytes()).await.unwrap();
    upstream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
    Response::builder().status(status).body(Body::from(body.to_owned())).unwrap()
}
