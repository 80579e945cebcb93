//! `evenhand sample`: a blank label file.

use std::sync::Arc;

use evenhand::calibration::{SampleDesign, sample};
use evenhand::grading::sample_grades;
use evenhand::input::{Grade, GradeLine, GradeTask, Scale};
use evenhand::report::{count, counted, json_line};
use evenhand::store::{GradeRun, RunFile};
use evenhand::{ExitCode, Result};
use serde_json::{Value, json};

use super::arguments::{Sample, SampleBy};
use super::selection::{of_judge, open_selected_any_run};
use super::{print, print_error_line, print_note};

/// The lines of a sample, with the words for the messages about it.
struct Draw {
    /// The lines with the labels left blank.
    lines: Vec<Value>,
    population: usize,
    unanswered: usize,
    /// The noun for one line: `comparison` or `response`.
    what: &'static str,
    /// What the run must have of one before it can be drawn, for the message that nothing can be.
    not_answered: &'static str,
    hint: String,
    /// What annotators write into which field.
    fill_in: String,
}

/// Draws comparisons or responses and prints a line for each, with the label left blank.
pub(crate) fn run(arguments: &Sample) -> Result<ExitCode> {
    let run = open_selected_any_run(&arguments.run, None, None, &arguments.selection)?;
    let run = of_judge(run, arguments.judge.as_deref())?;
    let design = match arguments.by {
        None => SampleDesign::Random,
        Some(SampleBy::Outcome) => SampleDesign::ByOutcome,
        Some(SampleBy::Uncertainty) => SampleDesign::ByUncertainty,
    };
    let draw = match run.rubric().scale {
        None => comparisons(&run, arguments, design)?,
        Some(_) => responses(&GradeRun::of(run)?, arguments, design)?,
    };
    let mut text = String::new();
    for line in &draw.lines {
        text.push_str(&json_line(&line.to_string()));
        text.push('\n');
    }
    print(&text)?;
    if draw.lines.is_empty() {
        print_error_line(format_args!(
            "nothing to label: none of {} is {}",
            counted(draw.unanswered as u64, draw.what),
            draw.not_answered
        ));
        print_error_line(format_args!("hint: {}", draw.hint));
        return Ok(ExitCode::Done);
    }
    print_note(format_args!(
        "{} of {} drawn",
        count(draw.lines.len() as u64),
        counted(draw.population as u64, draw.what)
    ));
    if draw.unanswered > 0 {
        let [is, was] = if draw.unanswered == 1 { ["is", "was"] } else { ["are", "were"] };
        print_note(format_args!(
            "{} more {is} pending or failed, and {was} left out",
            count(draw.unanswered as u64)
        ));
    }
    let reason = match design {
        SampleDesign::ByOutcome => ",\n      since it depends on the judge's verdict",
        SampleDesign::ByUncertainty => ",\n      since it depends on the judge's replies",
        _ => "",
    };
    print_note(format_args!(
        "\nnext: give each annotator a copy, to fill in `annotator` with a name and {}; \
         keep `probability`, but hide it from them{reason}",
        draw.fill_in
    ));
    Ok(ExitCode::Done)
}

fn comparisons(run: &RunFile, arguments: &Sample, design: SampleDesign) -> Result<Draw> {
    let judge = arguments.judge.as_deref();
    let sample = sample(run, judge, arguments.n as usize, arguments.seed, design)?;
    let lines = sample.comparisons.iter().map(|one| {
        json!({
            "id": one.id,
            "annotator": "",
            "between": one.between,
            "winner": null,
            "probability": one.probability,
        })
    });
    Ok(Draw {
        lines: lines.collect(),
        population: sample.population,
        unanswered: sample.unanswered,
        what: "comparison",
        not_answered: "answered in both orders",
        hint: format!(
            "evenhand show {} --outcome pending says why, and --outcome failed",
            arguments.run.display()
        ),
        fill_in: "`winner`\n      with a system or \"tie\"".to_owned(),
    })
}

fn responses(run: &GradeRun, arguments: &Sample, design: SampleDesign) -> Result<Draw> {
    let judge = arguments.judge.as_deref();
    let sample = sample_grades(run, judge, arguments.n as usize, arguments.seed, design)?;
    let scale = run.scale();
    let lines = sample.responses.iter().map(|one| {
        let [id, system] = [&one.id, &one.system].map(|name| Arc::from(name.as_str()));
        let probability = Some(one.probability);
        GradeLine::blank(id, Arc::default(), system, probability, GradeTask::Grade).to_json(scale)
    });
    Ok(Draw {
        lines: lines.collect(),
        population: sample.population,
        unanswered: sample.unanswered,
        what: "response",
        not_answered: "graded in both directions of the scale",
        hint: "evenhand grade with the same arguments continues the run".to_owned(),
        fill_in: format!("`grade`\n      with {}", grades(scale)),
    })
}

/// Returns the grades that people may give, for a sentence.
fn grades(scale: &Scale) -> String {
    let steps: Vec<String> = scale.steps.iter().map(|step| format!("\"{}\"", step.name)).collect();
    format!("{} or \"{}\"", steps.join(", "), Grade::CANNOT_ASSESS)
}
