//! Time and memory of `evenhand calibrate` on a large run: `cargo bench --bench calibrate [-- COMPARISONS]`.
//!
//! A thousand comparisons are judged by the program itself and copied within the run file until there are
//! enough, a million unless a number says otherwise (rounded up to whole thousands). Then it is calibrated,
//! with about a thousand labels and with all. Everything lies in a temporary folder: about 1 KB of disk for
//! each comparison. Needs Linux, for the peak of memory.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

/// Comparisons that are judged, one of each item; the others are copies.
const JUDGED: usize = 1000;
/// About how many labels the smaller label file has.
const FEW: usize = 1000;

/// The program, in the folder and with its output thrown away.
fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenhand"));
    command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Judges the comparisons that will be copied.
fn judge(folder: &Path) {
    let mut random = Pcg64::seed_from_u64(1);
    let mut items = String::new();
    for item in 0..JUDGED {
        let mut response = |letter: &str| letter.repeat(random.random_range(1..400));
        let (a, b, topic) = (response("x"), response("y"), item % 6);
        writeln!(
            items,
            "{{\"id\":\"q{item}\",\"prompt\":\"What is the capital of France, and why?\",\
             \"responses\":{{\"a\":\"{a}\",\"b\":\"{b}\"}},\"tags\":{{\"topic\":\"{topic}\"}}}}"
        )
        .unwrap();
    }
    fs::write(folder.join("items.jsonl"), items).unwrap();
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:random"];
    let status = program(folder, &[&task[..], &["--run", "run.db"]].concat()).status().unwrap();
    assert!(status.success(), "{status}");
}

/// Copies what was judged until there are `copies` of it, with rows and ids of their own.
fn copy(folder: &Path, copies: usize) {
    let run = rusqlite::Connection::open(folder.join("run.db")).unwrap();
    let rows = |table: &str| -> i64 {
        let query = format!("SELECT count(*) FROM {table} HAVING count(*) = max(row)");
        run.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    let (items, comparisons, attempts) = (rows("item"), rows("comparison"), rows("attempt"));
    let names: String = run
        .query_row(
            "SELECT group_concat(name, ',') FROM pragma_table_info('attempt')
             WHERE name NOT IN ('row', 'comparison')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    run.execute_batch("PRAGMA synchronous = OFF; BEGIN").unwrap();
    let copying = [
        format!(
            "INSERT INTO item SELECT row + ?1 * {items}, id || '-' || ?1, digest,
               replace(json, '\"id\":\"' || id || '\"', '\"id\":\"' || id || '-' || ?1 || '\"')
             FROM item WHERE row <= {items}"
        ),
        format!(
            "INSERT INTO comparison SELECT row + ?1 * {comparisons}, item + ?1 * {items}, a, b
             FROM comparison WHERE row <= {comparisons}"
        ),
        format!(
            "INSERT INTO attempt (row, comparison, {names})
             SELECT row + ?1 * {attempts}, comparison + ?1 * {comparisons}, {names}
             FROM attempt WHERE row <= {attempts}"
        ),
    ];
    for statement in copying {
        let mut statement = run.prepare(&statement).unwrap();
        for copy in 1..copies as i64 {
            statement.execute([copy]).unwrap();
        }
    }
    run.execute_batch("COMMIT").unwrap();
    assert_eq!(rows("comparison"), comparisons * copies as i64);
}

/// Writes a label for one of every `step` comparisons; returns how many.
fn label(path: &Path, copies: usize, step: usize) -> usize {
    let mut random = Pcg64::seed_from_u64(2);
    let mut file = BufWriter::new(fs::File::create(path).unwrap());
    let all = (0..copies).flat_map(|copy| (0..JUDGED).map(move |item| (copy, item)));
    let mut labels = 0;
    for (copy, item) in all {
        let winner = ["a", "b", "tie"][random.random_range(0..3)];
        // At random rather than at a step, which could fall on the same items in every copy.
        if random.random_range(0..step) > 0 {
            continue;
        }
        let copy = if copy == 0 { String::new() } else { format!("-{copy}") };
        writeln!(file, r#"{{"id":"q{item}{copy}","annotator":"ana","winner":"{winner}"}}"#)
            .unwrap();
        labels += 1;
    }
    file.flush().unwrap();
    labels
}

/// Seconds and peak of resident memory in MiB until a process ends.
fn measure(begin: Instant, mut child: Child) -> (f64, u64) {
    let status = format!("/proc/{}/status", child.id());
    let ended = AtomicBool::new(false);
    let peak = || {
        let text = fs::read_to_string(&status).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    let (seconds, kib) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut highest = 0;
            while !ended.load(Ordering::Relaxed) {
                highest = highest.max(peak().unwrap_or(0));
                std::thread::sleep(Duration::from_millis(5));
            }
            highest
        });
        let ending = child.wait().unwrap();
        let seconds = begin.elapsed().as_secs_f64();
        ended.store(true, Ordering::Relaxed);
        assert!(ending.success(), "{ending}");
        (seconds, watch.join().unwrap())
    });
    (seconds, kib / 1024)
}

fn main() {
    // Cargo says `--bench` only where something is to be measured.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let size = std::env::args().skip(1).find_map(|argument| argument.parse::<usize>().ok());
    let copies = size.unwrap_or(1_000_000).div_ceil(JUDGED).max(1);
    let comparisons = copies * JUDGED;
    let folder = tempfile::tempdir().unwrap();
    judge(folder.path());
    copy(folder.path(), copies);
    let bytes = fs::metadata(folder.path().join("run.db")).unwrap().len();
    println!("{comparisons} comparisons, {} MiB run file", bytes / 1024 / 1024);
    for (name, step) in [("few.jsonl", (comparisons / FEW).max(1)), ("all.jsonl", 1)] {
        let labels = label(&folder.path().join(name), copies, step);
        let mut command = program(folder.path(), &["calibrate", "run.db", "--labels", name]);
        let begin = Instant::now();
        let (seconds, peak) = measure(begin, command.spawn().unwrap());
        println!("{labels} labels: {seconds:.2} s, {peak} MiB at the peak");
    }
}
