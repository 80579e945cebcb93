//! Time of `judge`, `rank` and `calibrate` with 200 systems, and of `calibrate` with 1,600 annotators:
//! `cargo bench --bench systems`.
//!
//! A dense run compares all pairs of 200 systems on 5 items (99,500 comparisons), a sparse one three systems on each of
//! 1,000 items (3,000 comparisons). What counts are ratios: of a command to `judge`, which reads and writes each comparison
//! once; and of `calibrate` with many annotators to the same labels by few. Everything lies in a temporary folder.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use rand::seq::index::sample;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

const SYSTEMS: usize = 200;
/// How many annotators label a comparison.
const LABELS: usize = 4;

/// Runs the program, with its output thrown away, and returns the seconds it took.
fn seconds(folder: &Path, arguments: &[&str]) -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenhand"));
    command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status().unwrap();
    assert!(status.success(), "{arguments:?}: {status}");
    begun.elapsed().as_secs_f64()
}

/// Writes items with the responses of some of the systems, and returns the systems of each.
fn write_items(folder: &Path, items: usize, of_item: usize) -> Vec<Vec<usize>> {
    let mut random = Pcg64::seed_from_u64(1);
    let (mut text, mut all) = (String::new(), Vec::new());
    for item in 0..items {
        let mut systems: Vec<usize> = sample(&mut random, SYSTEMS, of_item).into_vec();
        systems.sort_unstable();
        let mut response = |system: &usize| {
            let length = 60 + system / 2 + random.random_range(0..60);
            format!("\"system-{system:03}\":\"{}\"", "x".repeat(length))
        };
        let responses: Vec<String> = systems.iter().map(&mut response).collect();
        writeln!(
            text,
            "{{\"id\":\"q{item:04}\",\"prompt\":\"?\",\"responses\":{{{}}}}}",
            responses.join(",")
        )
        .unwrap();
        all.push(systems);
    }
    fs::write(folder.join("items.jsonl"), text).unwrap();
    all
}

/// Writes labels of at most so many comparisons, each by some of the annotators.
fn write_labels(folder: &Path, name: &str, items: &[Vec<usize>], most: usize, annotators: usize) {
    let mut random = Pcg64::seed_from_u64(2);
    let pairs = items.iter().enumerate().flat_map(|(item, systems)| {
        let with_later = |(at, one): (usize, &usize)| {
            systems[at + 1..].iter().map(|other| (*one, *other)).collect::<Vec<_>>()
        };
        systems.iter().enumerate().flat_map(with_later).map(move |pair| (item, pair))
    });
    let mut text = String::new();
    for (item, (one, other)) in pairs.take(most) {
        for annotator in sample(&mut random, annotators, LABELS) {
            let winner = if random.random_bool(0.5) { one } else { other };
            writeln!(
                text,
                "{{\"id\":\"q{item:04}\",\"annotator\":\"person-{annotator}\",\
                 \"between\":[\"system-{one:03}\",\"system-{other:03}\"],\"winner\":\"system-{winner:03}\"}}"
            )
            .unwrap();
        }
    }
    fs::write(folder.join(name), text).unwrap();
}

fn main() {
    println!("| run | judge | rank | / judge | calibrate | / judge | 1,600 annotators / 16 |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, items, of_item) in [("dense", 5, SYSTEMS), ("sparse", 1000, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let items = write_items(folder, items, of_item);
        for (name, annotators) in [("few.jsonl", 16), ("many.jsonl", 1600)] {
            write_labels(folder, name, &items, 10_000, annotators);
        }
        let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db"];
        let judge = seconds(folder, &[&task[..], &["--judge", "builtin:longer"]].concat());
        let rank = seconds(folder, &["rank", "run.db"]);
        let [few, many] = ["few.jsonl", "many.jsonl"]
            .map(|labels| seconds(folder, &["calibrate", "run.db", "--labels", labels]));
        println!(
            "| {name} | {judge:.2} s | {rank:.2} s | {:.2} | {few:.2} s | {:.2} | {:.2} |",
            rank / judge,
            few / judge,
            many / few
        );
    }
}
