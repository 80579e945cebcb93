//! A large run from its items to its verdicts: `cargo bench --bench scale [-- COMPARISONS]`.
//!
//! The program itself judges generated items with a judge that costs nothing, resumes the run, records it,
//! plays the recording back, prints the verdicts, and judges in two shards that are merged. Prints time,
//! replies a second and the peak of memory of each. A million comparisons need 8 GB in the temporary folder.
//! Needs Linux.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

#[path = "support/items.rs"]
mod items;
#[path = "load/process.rs"]
mod process;

use std::process::{Command, Stdio};
use std::time::Instant;

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let comparisons: u64 = numbers.next().unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    items::write_items(&folder.path().join("items.jsonl"), comparisons);
    let settings = "[judges.played-back]\nrecorded = \"replies.jsonl\"\n";
    std::fs::write(folder.path().join("evenhand.toml"), settings).unwrap();
    println!("| {comparisons} comparisons | seconds | CPU seconds | replies/s | peak MiB |");
    println!("| --- | --- | --- | --- | --- |");
    let row = |what: &str, replies: u64, command: &[&str]| {
        let begin = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_evenhand"));
        child.args(command).current_dir(folder.path());
        let child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let used = process::watch(begin, child.spawn().unwrap());
        let seconds = used.wall.as_secs_f64();
        let rate =
            if replies > 0 { format!("{:.0}", replies as f64 / seconds) } else { String::new() };
        let (cpu, peak) = (used.cpu.as_secs_f64(), used.peak / 1024);
        assert_eq!(used.said, "", "it goes nowhere");
        println!("| {what} | {seconds:.1} | {cpu:.1} | {rate} | {peak} |");
    };
    let replies = comparisons * 2;
    let judge = ["judge", "items.jsonl", "--rubric", "helpfulness"];
    let longer = [&judge[..], &["--judge", "builtin:longer"]].concat();
    let longer = |flags: &[&'static str]| [&longer, flags].concat();
    row("`judge` with a built-in judge", replies, &longer(&["--run", "run.db"]));
    row("the same again: nothing to ask", 0, &longer(&["--run", "run.db"]));
    let record = ["--run", "run.db", "--record", "replies.jsonl"];
    row("the same, written to a recording", 0, &longer(&record));
    let played_back = [&judge[..], &["--judge", "played-back", "--run", "again.db"]].concat();
    row("`judge` with that recording", replies, &played_back);
    row("`verdicts --all`", 0, &["verdicts", "run.db", "--all"]);
    row("`judge --shard 1/2`", comparisons, &longer(&["--shard", "1/2", "--run", "1.db"]));
    row("`judge --shard 2/2`", comparisons, &longer(&["--shard", "2/2", "--run", "2.db"]));
    row("`merge`", 0, &["merge", "1.db", "2.db", "--run", "merged.db"]);
    row("`merge` again: nothing to add", 0, &["merge", "1.db", "2.db", "--run", "merged.db"]);
}
