//! A page with many cases: `cargo bench --bench page [-- COMPARISONS]`.
//!
//! The program judges generated items with a judge that costs nothing, and writes the report as a page, which Chromium
//! opens from disk. Prints the size of the page, the time to write it, the time until its cases can be used, and the
//! time of a search through all texts. Needs `chromium`.

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

#[path = "support/items.rs"]
mod items;

/// The browser of the tests.
#[expect(dead_code, reason = "a bench needs less of the browser than tests do")]
#[path = "../tests/it/support"]
mod support {
    use std::time::Duration;

    pub(crate) mod browser;

    pub(crate) const GENEROUS_TIMEOUT: Duration = Duration::from_mins(3);
}

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use support::browser::Browser;

/// Runs the program in a folder.
fn run(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenhand"));
    command.current_dir(folder).args(arguments).stdout(Stdio::null());
    assert!(command.status().unwrap().success(), "{arguments:?}");
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let comparisons: u64 = numbers.next().unwrap_or(20_000);
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    items::write_items(&folder.join("items.jsonl"), comparisons);
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:lexical"];
    run(folder, &[&task[..], &["--run", "run.db", "--inconclusive", "pass"]].concat());

    let begin = Instant::now();
    run(folder, &["report", "run.db", "--output", "page.html"]);
    let page = folder.join("page.html");
    let size = page.metadata().unwrap().len() as f64 / 1e6;
    println!("{comparisons} comparisons: {size:.1} MB, written in {:.2?}", begin.elapsed());

    for _ in 0..3 {
        let mut browser = Browser::start();
        let begin = Instant::now();
        browser.open(&page);
        browser.wait_for("document.documentElement.dataset.ready === 'true'");
        println!("ready in {:.2?}", begin.elapsed());
        for words in ["t-0019999", "no text has these words"] {
            let milliseconds = browser.evaluate(&format!(
                "new Promise(done => {{
                   const field = document.querySelector('input[name=search]');
                   const status = document.getElementById('eh-status');
                   field.value = {};
                   const begin = performance.now();
                   status.textContent = 'Searching';
                   new MutationObserver((_, observer) => {{
                     if (status.textContent.startsWith('Searching')) return;
                     observer.disconnect();
                     done(performance.now() - begin);
                   }}).observe(status, {{ childList: true }});
                   field.dispatchEvent(new Event('input', {{ bubbles: true }}));
                 }})",
                serde_json::json!(words)
            ));
            println!("searched for {words:?} in {:.0} ms", milliseconds.as_f64().unwrap());
        }
        browser.expect_no_faults();
    }
}
