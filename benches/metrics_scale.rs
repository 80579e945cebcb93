//! Reference metrics of many items: `cargo bench --bench metrics_scale [-- ITEMS]...`.
//!
//! The program itself scores generated items: two systems, a reference, three tags. Prints time, items a second
//! and the peak of memory for each number of items, so that it shows that time is linear in the items and memory
//! is not. 100,000 items need 100 MB in the temporary folder. Needs Linux.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

#[path = "load/process.rs"]
mod process;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use serde_json::json;

const WORDS: [&str; 32] = [
    "the", "ticket", "customer", "billing", "refund", "invoice", "please", "update", "account",
    "error", "login", "failed", "payment", "card", "late", "order", "shipped", "address", "change",
    "request", "support", "team", "resolved", "after", "a", "of", "to", "was", "is", "and", "not",
    "12.50",
];

fn words(random: &mut impl Rng, number: usize) -> Vec<&'static str> {
    (0..number).filter_map(|_| WORDS.choose(random).copied()).collect()
}

/// Returns a text some of whose words, one in `often`, are others.
fn altered(random: &mut impl Rng, text: &[&'static str], often: u32) -> String {
    let word = |word: &&'static str| {
        if random.random_ratio(1, often) { WORDS.choose(random).copied() } else { Some(*word) }
    };
    text.iter().filter_map(word).collect::<Vec<_>>().join(" ") + "."
}

/// Items of three texts of about 300 bytes.
fn write_items(path: &Path, items: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut random = Pcg64::seed_from_u64(1);
    for number in 0..items {
        let length = random.random_range(30..70);
        let reference = words(&mut random, length);
        let item = json!({
            "id": format!("t-{number:07}"),
            "prompt": "Summarise the ticket.",
            "responses": {
                "a": altered(&mut random, &reference, 4),
                "b": altered(&mut random, &reference, 3),
            },
            "reference": reference.join(" ") + ".",
            "tags": {
                "language": (["en", "de", "fr"][number as usize % 3]),
                "queue": format!("q{}", number % 8),
                "long": length > 50,
            },
        });
        writeln!(file, "{item}").unwrap();
    }
    file.flush().unwrap();
}

fn main() {
    let mut sizes: Vec<u64> =
        std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    let folder = tempfile::tempdir().unwrap();
    println!("| items | metrics | seconds | CPU seconds | items/s | peak MiB |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for items in sizes {
        write_items(&folder.path().join("items.jsonl"), items);
        let row = |what: &str, flags: &[&str]| {
            let begin = Instant::now();
            let mut child = Command::new(env!("CARGO_BIN_EXE_evenhand"));
            child.args(["metrics", "items.jsonl"]).args(flags).current_dir(folder.path());
            let child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let used = process::watch(begin, child.spawn().unwrap());
            assert_eq!(used.said, "", "it goes nowhere");
            let (seconds, cpu) = (used.wall.as_secs_f64(), used.cpu.as_secs_f64());
            let (rate, peak) = (items as f64 / seconds, used.peak / 1024);
            println!("| {items} | {what} | {seconds:.1} | {cpu:.1} | {rate:.0} | {peak} |");
        };
        row("the usual eight", &[]);
        row("chrF alone", &["--metric", "chrf"]);
        row("the usual eight, `--per-item`", &["--per-item"]);
    }
}
