//! Judges a file of items into a run file, in two steps: `cargo run --example resumable_run`.
//!
//! The first session stops after 100 requests, as a budget, a crash or Ctrl-C would stop it. The second one asks
//! only what is still open.

#![expect(clippy::print_stdout, reason = "an example prints its result")]
#![expect(clippy::disallowed_methods, reason = "a program reads the clock, the library does not")]

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use evenhand::input::{ItemSource, Settings, load_rubric};
use evenhand::judge::Secrets;
use evenhand::run::{AskOptions, Judge, Progress, Session, Task};
use tokio_util::sync::CancellationToken;

fn session(run: &Path) -> evenhand::Result<Session> {
    let items = ItemSource::open(Path::new("calibration/tickets/items.jsonl"), &[])?;
    let rubric = load_rubric("summary-quality", Path::new("."))?;
    let judge = Judge::new(Settings::default().judge("builtin:lexical")?, Secrets::default());
    let mut task = Task::new(items, rubric, vec![judge]);
    task.run = Some(run.to_owned());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Session::plan(task.prepare()?, now)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run.db");
    for max_requests in [Some(100), None] {
        let mut session = session(&run)?;
        let mut options = AskOptions::default();
        options.max_requests = max_requests;
        let (progress, cancel) = (Progress::default(), CancellationToken::new());
        let report = session.ask(&options, &progress, &cancel).await?;
        println!("{} requests, {} comparisons done", report.counts.requests, report.counts.done);
    }
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
