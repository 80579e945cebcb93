//! `evenhand plan`: how many labels are needed, before the first one.

use evenhand::calibration::{LabelPlan, LabelPlanOptions, plan_labels};
use evenhand::report::{Wording, label_plan_json, label_plan_table};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Format, Plan};
use super::heartbeat::Heartbeat;
use super::selection::{of_judge, open_selected_run};
use super::{print, print_json, print_note};

/// Plans the labels and prints the plan.
pub(crate) fn run(arguments: &Plan) -> Result<ExitCode> {
    check_without_run(arguments)?;
    let busy = Heartbeat::start("planning");
    let run = match &arguments.run {
        Some(path) => {
            let run = open_selected_run(path, None, None, &arguments.selection)?;
            Some(of_judge(run, arguments.judge.as_deref())?)
        }
        None => None,
    };
    let labels = arguments.labels.file();
    let plan = plan_labels(&options(arguments), run.as_ref(), labels.as_ref())?;
    drop(busy);
    let wording = wording();
    match arguments.format {
        Format::Table => print(&label_plan_table(&plan, wording))?,
        Format::Json => {
            let json = label_plan_json(&plan, wording)?;
            print_json(&json)?
        }
    };
    if arguments.format == Format::Table {
        next(arguments, &plan);
    }
    Ok(conclude(&plan))
}

/// Checks that no flag is about a run that is not there.
fn check_without_run(arguments: &Plan) -> Result<()> {
    let flags = [
        ("--labels", arguments.labels.path.is_some()),
        ("--items", arguments.selection.items.is_some()),
        ("--tag", !arguments.selection.tag.is_empty()),
    ];
    match flags.into_iter().find(|(_, is_used)| *is_used) {
        Some((flag, _)) if arguments.run.is_none() => Err(Error::usage(format!(
            "{flag} is about the comparisons of a run, and no run is named"
        ))
        .hint("name the run file: evenhand plan RUN")),
        _ => Ok(()),
    }
}

fn options(arguments: &Plan) -> LabelPlanOptions {
    let mut options = LabelPlanOptions::default();
    options.width = arguments.width;
    options.min_kappa = arguments.min_kappa;
    options.min_win_rate.clone_from(&arguments.min_win_rate);
    options.power = Some(arguments.power);
    options.judge.clone_from(&arguments.judge);
    options.given.comparisons = arguments.comparisons;
    options.given.coverage = arguments.coverage;
    options.given.agreement = arguments.agreement;
    options.given.win_rate = arguments.win_rate;
    options.given.per_item = arguments.per_item.map(|number| number as f64);
    options.given.item_correlation = arguments.item_correlation;
    options.effort.annotators = Some(arguments.annotators);
    options.effort.overlap = Some(arguments.overlap);
    options.effort.seconds_per_label = Some(arguments.seconds_per_label);
    options.effort.repeat = arguments.repeat;
    options
}

/// Returns how the report refers to flags and commands.
fn wording() -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording.remedy = |warning| match warning.code {
        "unanswered" => Some("run the `evenhand judge` command again"),
        _ => None,
    };
    wording
}

/// Says what has the comparisons labelled.
fn next(arguments: &Plan, plan: &LabelPlan) {
    if let (Some(run), Some(labels)) = (&arguments.run, plan.labels) {
        print_note(format_args!("\nnext: evenhand label {} --n {labels}", run.display()));
    }
}

/// Returns the exit code: a gate that no number of labels decides stays open.
fn conclude(plan: &LabelPlan) -> ExitCode {
    if plan.labels_without_judge.is_some() { ExitCode::Done } else { ExitCode::GateInconclusive }
}
