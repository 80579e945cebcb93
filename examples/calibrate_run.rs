//! Judges the shipped sample and measures the judge against its labels: `cargo run --example calibrate_run`.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::path::Path;

use evenhand::calibration::{CalibrationOptions, calibrate};
use evenhand::input::{DataFile, ItemSource, LabelColumns, Settings, load_rubric};
use evenhand::judge::Secrets;
use evenhand::run::{AskOptions, Judge, Progress, Session, Task};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let sample = Path::new("calibration/tickets");
    let items = ItemSource::open(&sample.join("items.jsonl"), &[])?;
    let rubric = load_rubric("summary-quality", Path::new("."))?;
    let judge = Judge::new(Settings::default().judge("builtin:lexical")?, Secrets::default());
    let mut task = Task::new(items, rubric, vec![judge]);
    task.run = Some(folder.path().join("run.db"));

    let mut session = Session::plan(task.prepare()?, 0)?;
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    session.ask(&AskOptions::default(), &progress, &cancel).await?;

    let labels = sample.join("labels.jsonl");
    let calibration = calibrate(
        &session.run()?,
        &DataFile::labels(labels, LabelColumns::default()),
        CalibrationOptions::default(),
    )?;
    let agreement = calibration.orders.agreement;
    if let (Some(value), Some(low), Some(high)) = (agreement.value, agreement.low, agreement.high) {
        println!("agreement {value:.3} ({low:.3} to {high:.3}), n = {}", agreement.n);
    }
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
