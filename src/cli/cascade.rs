//! `evenhand cascade`: what a cascade of two judges would cost, and how often it would agree with people.

use evenhand::calibration::Part;
use evenhand::cascade::{Cascade, CascadeOptions, CascadeSide, replay_cascade};
use evenhand::report::{
    Wording, cascade_json, cascade_markdown, cascade_table, json_cascade_verdict, json_line,
};
use evenhand::{ExitCode, Result, Warning};

use super::arguments::{Cascade as Arguments, CascadeFormat};
use super::calibrating::{log_looks, part, remedy};
use super::heartbeat::Heartbeat;
use super::json_text;
use super::output_file::{chosen_format, write_pieces};
use super::selection::open_selected_run;

/// The endings of files by format, the default format first.
const ENDINGS: [(&str, CascadeFormat); 5] = [
    ("txt", CascadeFormat::Table),
    ("json", CascadeFormat::Json),
    ("jsonl", CascadeFormat::Jsonl),
    ("md", CascadeFormat::Markdown),
    ("markdown", CascadeFormat::Markdown),
];

/// Replays the cascade and prints or writes the result.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let format = chosen_format(arguments.format, arguments.output.as_deref(), &ENDINGS)?;
    let busy = Heartbeat::start("replaying the cascade");
    let open = |path| open_selected_run(path, None, None, &arguments.selection);
    let (cheap, strong) = (open(&arguments.cheap)?, open(&arguments.strong)?);
    let labels = arguments.columns.of(&arguments.labels);
    let mut cascade = replay_cascade(cheap, strong, &labels, options(arguments, format))?;
    drop(busy);
    if cascade.report.test.is_some() {
        // Log the look before printing anything, so that no look goes uncounted.
        let report = &cascade.report;
        let looks = log_looks(&report.rubrics, &report.judges, &report.runs, &arguments.labels)?;
        cascade.report.record_test_look(looks);
    }
    write_pieces(arguments.output.as_deref(), |write| document(&cascade, format, write))
}

fn options(arguments: &Arguments, format: CascadeFormat) -> CascadeOptions<'_> {
    let of_one = |of_thousand: Option<f64>| of_thousand.map(|usd| usd / 1000.0);
    CascadeOptions {
        cheap: CascadeSide {
            judge: arguments.cheap_judge.as_deref(),
            cost_per_comparison: of_one(arguments.cheap_cost),
        },
        strong: CascadeSide {
            judge: arguments.strong_judge.as_deref(),
            cost_per_comparison: of_one(arguments.strong_cost),
        },
        loss: arguments.loss,
        // The verdicts need the rule alone.
        dev_only: arguments.part.map(part) == Some(Part::Dev) || format == CascadeFormat::Jsonl,
    }
}

/// Calls `write` with one piece of the document after another.
fn document(
    cascade: &Cascade,
    format: CascadeFormat,
    write: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<()> {
    let report = &cascade.report;
    match format {
        CascadeFormat::Table => write(&cascade_table(report, wording())),
        CascadeFormat::Json => write(&json_text(&cascade_json(report, wording())?)),
        CascadeFormat::Markdown => write(&cascade_markdown(report, wording())),
        CascadeFormat::Jsonl => cascade.for_each_verdict(|verdict| {
            let line = json_cascade_verdict(&verdict).to_string();
            write(&format!("{}\n", json_line(&line)))
        }),
    }
}

fn wording() -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording.remedy = remedy_of_cascade;
    wording
}

/// Returns what to do about a warning on the command line.
fn remedy_of_cascade(warning: &Warning) -> Option<&'static str> {
    match warning.code {
        "unknown-cost-cheap" => Some("--cheap-cost USD says what 1,000 comparisons cost"),
        "unknown-cost-strong" => Some("--strong-cost USD says what 1,000 comparisons cost"),
        "pending" => Some("run its `evenhand judge` command again"),
        "few-labels" | "no-labels" => Some("`evenhand sample` draws more comparisons to label"),
        _ => remedy(warning),
    }
}
