//! `evenhand sample`: a blank label file.

use evenhand::calibration::{SampleDesign, sample};
use evenhand::report::{count, counted, json_line};
use evenhand::{ExitCode, Result};
use serde_json::json;

use super::arguments::{Sample, SampleBy};
use super::selection::open_selected_run;
use super::{print, print_error_line, print_note};

/// Draws comparisons and prints a line for each, with the label left blank.
pub(crate) fn run(arguments: &Sample) -> Result<ExitCode> {
    let run = open_selected_run(&arguments.run, None, None, &arguments.selection)?;
    let design = match arguments.by {
        None => SampleDesign::Random,
        Some(SampleBy::Outcome) => SampleDesign::ByOutcome,
        Some(SampleBy::Uncertainty) => SampleDesign::ByUncertainty,
    };
    let judge = arguments.judge.as_deref();
    let sample = sample(&run, judge, arguments.n as usize, arguments.seed, design)?;
    let mut text = String::new();
    for one in &sample.comparisons {
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
    if sample.comparisons.is_empty() {
        print_error_line(format_args!(
            "nothing to label: none of {} is answered in both orders",
            counted(sample.unanswered as u64, "comparison")
        ));
        print_error_line(format_args!(
            "hint: evenhand show {} --outcome pending says why, and --outcome failed",
            arguments.run.display()
        ));
        return Ok(ExitCode::Done);
    }
    print_note(format_args!(
        "{} of {} drawn",
        count(sample.comparisons.len() as u64),
        counted(sample.population as u64, "comparison")
    ));
    if sample.unanswered > 0 {
        let [is, was] = if sample.unanswered == 1 { ["is", "was"] } else { ["are", "were"] };
        print_note(format_args!(
            "{} more {is} pending or failed, and {was} left out",
            count(sample.unanswered as u64)
        ));
    }
    let reason = match design {
        SampleDesign::ByOutcome => ",\n      since it depends on the judge's verdict",
        SampleDesign::ByUncertainty => ",\n      since it depends on the judge's replies",
        _ => "",
    };
    print_note(format_args!(
        "\nnext: give each annotator a copy, to fill in `annotator` with a name and `winner`\n      \
         with a system or \"tie\"; keep `probability`, but hide it from them{reason}"
    ));
    Ok(ExitCode::Done)
}
