//! `evenhand sample`: a blank label file.

use evenhand::calibration::sample;
use evenhand::report::{count, json_line};
use evenhand::store::RunFile;
use evenhand::{ExitCode, Result};
use serde_json::json;

use super::arguments::{Sample, SampleBy};
use super::{print, print_error_line};

/// Draws comparisons and prints a line for each, to be filled in.
pub(crate) fn run(arguments: &Sample) -> Result<ExitCode> {
    let run = RunFile::open(&arguments.run)?;
    let by_outcome = arguments.by == Some(SampleBy::Outcome);
    let judge = arguments.judge.as_deref();
    let drawn = sample(&run, judge, arguments.n as usize, arguments.seed, by_outcome)?;
    let mut text = String::new();
    for one in &drawn.drawn {
        let line = json!({
            "id": one.id,
            "annotator": "",
            "between": one.between,
            "winner": null,
            "probability": one.probability,
        });
        text.push_str(&json_line(&line.to_string()));
        text.push('\n');
    }
    print(&text)?;
    let n = count(drawn.drawn.len() as u64);
    print_error_line(format_args!("{n} of {} comparisons drawn", count(drawn.from as u64)));
    if drawn.left_out > 0 {
        print_error_line(format_args!(
            "{} more are pending or have failed and were not drawn from",
            count(drawn.left_out as u64)
        ));
    }
    print_error_line(format_args!(
        "\nnext: have people write their name into `annotator` and a system or \"tie\" into\n      \
         `winner`, each into a copy of the lines; `probability` stays, but hide it from\n      \
         them: by outcome, it hints at what the judge said"
    ));
    Ok(ExitCode::Done)
}
