//! How much of a quota ten processes use that share it through PostgreSQL:
//! `cargo bench --bench shared_quota [-- QUOTA SECONDS]`.
//!
//! A PostgreSQL server, a server of the model that answers after half a second and notes when each request came, and ten
//! commands `judge --quota-from` on one machine. The commands have uneven parts, from a tenth of an equal one upwards;
//! one of them is killed in the middle and does not come back. Prints the part of the quota that was used between the
//! first request and the last, the fullest windows of a minute and of a second, and the bookings a second. Needs Linux and
//! the programs of PostgreSQL.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

#[path = "support/items.rs"]
mod items;
#[path = "../tests/it/support/postgres.rs"]
mod postgres;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use postgres::Postgres;
use serde_json::json;

const PROCESSES: u64 = 10;
const LATENCY: Duration = Duration::from_millis(500);
const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

type Arrivals = Arc<Mutex<Vec<Instant>>>;

/// Starts the server of the model on a thread of its own; returns its address.
fn serve(arrivals: &Arrivals) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let handler = async |State(arrivals): State<Arrivals>| {
        arrivals.lock().unwrap().push(Instant::now());
        tokio::time::sleep(LATENCY).await;
        let text = json!({ "reasoning": "", "criteria": {}, "vote": "tie" }).to_string();
        let message = json!({ "role": "assistant", "content": text });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        Response::new(json!({ "model": "m", "choices": [choice] }).to_string())
    };
    let router = Router::new().fallback(handler).with_state(Arc::clone(arrivals));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    url
}

fn judge(folder: &Path, database: &Postgres, number: u64, comparisons: u64) -> Child {
    Command::new(env!("CARGO_BIN_EXE_evenhand"))
        .current_dir(folder)
        .args(["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "m", "--quiet"])
        .args(["--run", &format!("{number}.db"), "--limit", &comparisons.to_string()])
        .env("EVENHAND_QUOTA_FROM", database.address_with_password())
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Returns the most arrivals in any window of that length.
fn fullest(arrivals: &[Instant], window: Duration) -> usize {
    let end = |begin: &Instant| arrivals.partition_point(|at| *at < *begin + window);
    arrivals.iter().enumerate().map(|(at, begin)| end(begin) - at).max().unwrap_or(0)
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let number = |at: usize, default: u64| numbers.get(at).copied().unwrap_or(default);
    let (quota, seconds) = (number(0, 6000), number(1, 90));
    let (database, arrivals) = (Postgres::start(), Arrivals::default());
    let folder = tempfile::tempdir().unwrap();
    let settings = format!(
        "[judges.m]\nmodel = \"m\"\nbase_url = \"{}\"\nrequests_per_minute = {quota}\nmax_in_flight = 1000\n",
        serve(&arrivals)
    );
    std::fs::write(folder.path().join("evenhand.toml"), settings).unwrap();
    // Two requests for each comparison; as many as the quota lets through in the time.
    let comparisons = quota * seconds / 120;
    let shares: u64 = (1..=PROCESSES).sum();
    let part = |number: u64| (comparisons * number / shares).max(1);
    items::write_items(&folder.path().join("items.jsonl"), part(PROCESSES));
    let mut children: Vec<Child> = (1..=PROCESSES)
        .map(|number| judge(folder.path(), &database, number, part(number)))
        .collect();
    std::thread::sleep(Duration::from_secs(seconds / 3));
    // Not the one with the largest part, so that all of the time there is something to ask.
    let mut killed = children.remove(PROCESSES as usize / 2);
    killed.kill().unwrap();
    killed.wait().unwrap();
    for mut child in children {
        assert!(child.wait().unwrap().success(), "a command has failed");
    }
    let mut arrivals = arrivals.lock().unwrap().clone();
    arrivals.sort();
    let length = *arrivals.last().unwrap() - arrivals[0];
    let allowed = length.as_secs_f64() / 60.0 * quota as f64;
    println!("{PROCESSES} processes, {quota} requests a minute, {:.1} s", length.as_secs_f64());
    println!("requests                 {:>9}", arrivals.len());
    println!("of the quota             {:>8.2} %", (arrivals.len() - 1) as f64 / allowed * 100.0);
    let minute = fullest(&arrivals, MINUTE);
    println!(
        "fullest minute           {:>9}  {:.2} %",
        minute,
        minute as f64 / quota as f64 * 100.0
    );
    let (second, sixtieth) = (fullest(&arrivals, SECOND), quota as f64 / 60.0);
    println!("fullest second           {:>9}  {:.2} %", second, second as f64 / sixtieth * 100.0);
    // PostgreSQL reports what a connection did when it ends, and at most once a second before.
    std::thread::sleep(SECOND * 2);
    let bookings: u64 = database
        .query("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'evenhand_quotas'")
        .parse()
        .unwrap();
    println!("bookings a second        {:>9.1}", bookings as f64 / length.as_secs_f64());
}
