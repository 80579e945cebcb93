//! Calls a second, processor time and memory of evenhand beside bare HTTP clients:
//! `cargo bench --bench load`, and `cargo bench --bench load -- strict` for a server with a quota.
//!
//! This program starts itself again, as the server and as the bare clients, so that each is a process of its
//! own; evenhand is the real program with a settings file, whose requests are rendered, paced, sent, read and
//! stored. Everything lies in a temporary folder. Needs Linux, which says what a process used.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

mod clients;
mod process;
mod server;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use clients::Task;
use process::{cpu_of, watch};
use serde_json::{Value, json};
use server::{LATENCY, Manner, QUOTA};

/// Requests in flight, and how many calls make a steady time of some seconds.
const LOADS: [(usize, u64); 3] = [(FEW, FEW_CALLS), (512, 40_960), (MANY, 40_960)];
const FEW: usize = 64;
const FEW_CALLS: u64 = 8192;
const MANY: usize = 2048;
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let task = |url, in_flight: &str, calls: &str| Task {
        url,
        in_flight: in_flight.parse().unwrap(),
        calls: calls.parse().unwrap(),
    };
    match words[..] {
        ["serve"] => server::run(&Manner { strict: false, certificate: None }),
        ["serve-strict"] => server::run(&Manner { strict: true, certificate: None }),
        ["serve-tls", file] => {
            server::run(&Manner { strict: false, certificate: Some(Path::new(file)) });
        }
        ["hyper", url, in_flight, calls] => clients::hyper(&task(url, in_flight, calls)),
        ["reqwest", url, in_flight, calls] => clients::reqwest(&task(url, in_flight, calls)),
        _ if words.contains(&"strict") => strict(),
        // Cargo says `--bench` only where something is to be measured.
        _ if words.contains(&"--bench") => compare(),
        _ => {}
    }
}

/// A server under way.
struct Serving {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        let mut command = itself(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = serde_json::from_str(&line).unwrap();
        Self { child, stdin, stdout, address }
    }

    /// Ends it; returns the time of the processor it has used and what it has seen.
    fn finish(mut self) -> (Duration, Value) {
        let cpu = cpu_of(self.child.id());
        drop(self.stdin);
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success());
        (cpu, serde_json::from_str(&said).unwrap())
    }
}

/// This program in another role.
fn itself(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments);
    command
}

/// Writes items enough for so many calls, and the settings of a judge at this address.
fn write_task(folder: &Path, base_url: &str, settings: &str, calls: u64) {
    let (a, b) = ("An answer of the first system. ".repeat(20), "One of the second. ".repeat(30));
    let mut items = String::new();
    // Both orders of an item are asked.
    for item in 0..calls / 2 {
        let item = json!({
            "id": format!("q-{item}"),
            "prompt": format!("Question {item}: what is the capital of France, and why?"),
            "responses": { "a": format!("{a}{item}"), "b": format!("{b}{item}") },
        });
        writeln!(items, "{item}").unwrap();
    }
    std::fs::write(folder.join("items.jsonl"), items).unwrap();
    let settings =
        format!("[judges.mock]\nmodel = \"mock\"\nbase_url = \"{base_url}/v1\"\n{settings}\n");
    std::fs::write(folder.join("evenhand.toml"), settings).unwrap();
}

fn evenhand(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenhand"));
    command.current_dir(folder).env("NO_PROXY", "127.0.0.1");
    command.args(["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "mock"]);
    command.args(["--run", "run.db", "--format", "json"]);
    // Its progress.
    command.stderr(Stdio::null());
    command
}

/// What one run of one client came to.
#[derive(Debug, Clone, Copy)]
struct Figures {
    /// Calls a second, of the time of asking.
    rate: f64,
    /// Microseconds of the processor for each call, from the start of the process to its end.
    cpu: f64,
    /// The same of the server.
    server_cpu: f64,
    /// The peak of resident memory, in KiB.
    peak: f64,
    /// Seconds from the start of the process to its end.
    wall: f64,
    /// Bytes of a request's body.
    bytes: f64,
}

/// Runs one client against a server of its own.
fn run(client: &str, tls: bool, in_flight: usize, calls: u64) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("certificate.pem");
    let serving = if tls {
        Serving::start(&["serve-tls", certificate.to_str().unwrap()])
    } else {
        Serving::start(&["serve"])
    };
    let base_url = format!("{}://{}", if tls { "https" } else { "http" }, serving.address);
    let url = format!("{base_url}/v1/chat/completions");
    let mut command = if client == "evenhand" {
        let settings = format!("max_in_flight = {in_flight}");
        write_task(folder.path(), &base_url, &settings, calls);
        evenhand(folder.path())
    } else {
        itself(&[client, &url, &in_flight.to_string(), &calls.to_string()])
    };
    if tls {
        command.env("SSL_CERT_FILE", &certificate).env_remove("SSL_CERT_DIR");
    }
    let begin = Instant::now();
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let used = watch(begin, child);
    let (server_cpu, seen) = serving.finish();
    let said: Value = serde_json::from_str(&used.said).unwrap();
    let seconds = said["seconds"].as_f64().unwrap();
    assert_eq!(said["requests"], calls);
    assert_eq!(seen["requests"], calls);
    let calls = calls as f64;
    Figures {
        rate: calls / seconds,
        cpu: used.cpu.as_secs_f64() * 1e6 / calls,
        server_cpu: server_cpu.as_secs_f64() * 1e6 / calls,
        peak: used.peak as f64,
        wall: used.wall.as_secs_f64(),
        bytes: seen["bytes"].as_f64().unwrap() / calls,
    }
}

/// The median of each figure.
fn median(runs: &[Figures]) -> Figures {
    let of = |figure: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Figures {
        rate: of(|run| run.rate),
        cpu: of(|run| run.cpu),
        server_cpu: of(|run| run.server_cpu),
        peak: of(|run| run.peak),
        wall: of(|run| run.wall),
        bytes: of(|run| run.bytes),
    }
}

/// Measures the clients in turns, prints a line for each and returns the medians.
fn table<const N: usize>(
    clients: [&str; N],
    tls: bool,
    in_flight: usize,
    calls: u64,
) -> [Figures; N] {
    let mut runs = clients.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (client, runs) in clients.iter().zip(&mut runs) {
            runs.push(run(client, tls, in_flight, calls));
        }
    }
    let medians = runs.map(|runs| median(&runs));
    let ideal = in_flight as f64 / LATENCY.as_secs_f64();
    for (client, figures) in clients.iter().zip(&medians) {
        println!(
            "| {client}{} | {in_flight} | {:.0} | {:.0} % | {:.0} | {:.0} | {:.0} | {:.1} |",
            if tls { ", HTTP/2 over TLS" } else { "" },
            figures.rate,
            100.0 * figures.rate / ideal,
            figures.cpu,
            figures.server_cpu,
            figures.peak / 1024.0,
            figures.wall,
        );
    }
    medians
}

fn compare() {
    println!(
        "| client | in flight | calls/s | of what {} ms allow | CPU µs/call | server's CPU µs/call | \
         peak MiB | whole command s |",
        LATENCY.as_millis()
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let clients = ["hyper", "reqwest", "evenhand"];
    let plain = LOADS.map(|(in_flight, calls)| table(clients, false, in_flight, calls));
    table(["reqwest", "evenhand"], true, 512, 10_240);
    println!();
    for ([hyper, reqwest, evenhand], (in_flight, _)) in plain.iter().zip(LOADS) {
        println!(
            "{in_flight} in flight: evenhand makes {:.0} % of the calls/s of reqwest, {:.0} % of hyper's",
            100.0 * evenhand.rate / reqwest.rate,
            100.0 * evenhand.rate / hyper.rate
        );
    }
    // As many calls as with few in flight: what the calls themselves take falls out of the difference.
    let many: Vec<Figures> = (0..ROUNDS).map(|_| run("evenhand", false, MANY, FEW_CALLS)).collect();
    let more = median(&many).peak - plain[0][2].peak;
    println!(
        "memory for each further request in flight: {:.0} KiB ({FEW_CALLS} calls, {FEW} and {MANY} in \
         flight)",
        more / (MANY - FEW) as f64
    );
    let [_, reqwest, evenhand] = plain[1];
    println!("bytes of a request: {:.0} (evenhand), {:.0} (bare)", evenhand.bytes, reqwest.bytes);
}

/// Judges under a quota that the server keeps to the request.
fn strict() {
    let calls = QUOTA as u64 * 5 / 2;
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(&["serve-strict"]);
    let settings = format!("max_in_flight = 512\nrequests_per_minute = {QUOTA}");
    write_task(folder.path(), &format!("http://{}", serving.address), &settings, calls);
    let begin = Instant::now();
    let mut command = evenhand(folder.path());
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let used = watch(begin, child);
    let (_, seen) = serving.finish();
    let said: Value = serde_json::from_str(&used.said).unwrap();
    let minutes = said["seconds"].as_f64().unwrap() / 60.0;
    println!(
        "{} requests in {minutes:.2} minutes under a quota of {QUOTA} a minute: {} answered by 429, {} of \
         them after the first minute; {:.2} s of CPU",
        seen["requests"],
        seen["refused"],
        seen["refused_later"],
        used.cpu.as_secs_f64()
    );
}
