//! What is in a run of grades: outcomes, tags, unreadable replies, requests, and what the run was asked with.

use crate::grading::JudgeGrades;
use crate::overview::{GradeOverview, GradeRunDescription, GradeTagReport};
use crate::report::grading::grade_outcome_meaning;
use crate::report::html::view::contents::{judge_text, requests, times};
use crate::report::html::view::parts::{
    Fact, Part, Section, TableView, no_share, share_cells, shown_share,
};
use crate::report::html::view::plots::outcome_bar;
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::unreadable::ungraded_reply;

/// Returns the third section.
pub(super) fn contents(overview: &GradeOverview) -> Section {
    let mut parts = Vec::new();
    let judge = overview.judge_grades();
    parts.extend(judge.map(outcomes));
    parts.extend(judges(overview));
    parts.extend(tags(overview));
    parts.extend(judge.and_then(unreadable));
    parts.push(requests(&overview.requests));
    parts.push(manifest(&overview.run));
    Section {
        id: "what",
        short: "What is in it?",
        heading: "What is in it?".to_owned(),
        parts,
        ..Section::default()
    }
}

fn outcomes(judge: &JudgeGrades) -> Part {
    let heads = [("outcome", false), ("responses", true), ("what it is", false)];
    let mut table = TableView::new("Outcomes", &heads);
    for (outcome, number) in judge.outcomes.iter() {
        let meaning = grade_outcome_meaning(outcome, judge.is_jury());
        table.rows.push(vec![outcome.as_str().to_owned(), count(number), meaning.to_owned()]);
    }
    Part {
        heading: "Outcomes and coverage".to_owned(),
        sentences: vec![format!(
            "Coverage, the share of kept grades, is {}.",
            shown_share(&judge.coverage)
        )],
        figures: vec![outcome_bar(&judge.outcomes, "responses")],
        table: Some(table),
        ..Part::default()
    }
}

/// Returns the judges of a jury beside it.
fn judges(overview: &GradeOverview) -> Option<Part> {
    if overview.summary.judges.len() < 2 {
        return None;
    }
    let heads = [
        ("judge", false),
        ("coverage", true),
        ("95 % interval", true),
        ("n", true),
        ("consistency", true),
        ("95 % interval", true),
        ("n", true),
    ];
    let mut table = TableView::new("The jury and its judges", &heads);
    for judge in &overview.summary.judges {
        let mut row = vec![judge.judge.clone()];
        row.extend(share_cells(&judge.coverage));
        match &judge.order {
            Some(order) => row.extend(share_cells(&order.consistency)),
            None => row.extend(no_share()),
        }
        table.rows.push(row);
    }
    Some(Part { heading: "Judges".to_owned(), table: Some(table), ..Part::default() })
}

fn tags(overview: &GradeOverview) -> Option<Part> {
    if overview.tags.is_empty() {
        return None;
    }
    let passes = overview.summary.scale.pass_from.is_some();
    let heads = [
        ("tag", false),
        ("responses", true),
        ("coverage", true),
        ("consistency", true),
        ("system", false),
        (if passes { "pass rate" } else { "mean step" }, true),
        ("95 % interval", true),
        ("n", true),
    ];
    let mut table = TableView::new("By tag", &heads);
    for tag in &overview.tags {
        table.rows.extend(tag_rows(tag));
    }
    if overview.tags_left_out > 0 {
        let values = counted(overview.tags_left_out, "tag value");
        table.note = format!("{values} with few responses are left out.");
    }
    Some(Part { heading: "By tag".to_owned(), table: Some(table), ..Part::default() })
}

/// Returns a row for each system; the numbers of the tag are in the first one.
fn tag_rows(tag: &GradeTagReport) -> Vec<Vec<String>> {
    let [coverage, ..] = share_cells(&tag.coverage);
    let [consistency, ..] = share_cells(&tag.consistency);
    let first = [format!("{}={}", tag.tag, tag.value), count(tag.planned), coverage, consistency];
    let systems = tag.systems.iter().enumerate().map(|(at, system)| {
        let mut row = if at == 0 { first.to_vec() } else { vec![String::new(); first.len()] };
        row.push(system.system.clone());
        if let Some(rate) = &system.pass_rate {
            row.extend(share_cells(&rate.averaged));
        } else {
            let (format, mean) = (NumberFormat::Step, &system.mean_step);
            row.extend([format.value(mean.value), format.interval(mean), count(mean.n)]);
        }
        row
    });
    systems.collect()
}

/// Returns why replies could not be read.
fn unreadable(judge: &JudgeGrades) -> Option<Part> {
    let counts = judge.unreadable.filter(|_| judge.unreadable_trials() > 0)?;
    let heads = [("reason", false), ("trials", true)];
    let mut table = TableView::new("Trials without a readable grade", &heads);
    for (reason, number) in counts.iter().filter(|(_, number)| *number > 0) {
        table.rows.push(vec![ungraded_reply(reason).to_owned(), count(number)]);
    }
    Some(Part {
        heading: "Unreadable replies".to_owned(),
        sentences: vec![format!(
            "{} of {} have no readable grade.",
            count(judge.unreadable_trials()),
            counted(judge.answered, "answered trial")
        )],
        table: Some(table),
        ..Part::default()
    })
}

/// Returns what the run was asked with.
fn manifest(run: &GradeRunDescription) -> Part {
    let rubric = &run.rubric;
    let mut facts = vec![
        Fact::new("run file", run.file.clone()),
        Fact::new("begun", format!("{}, by evenhand {}", run.begun, run.begun_by)),
        Fact::new("rubric", format!("{} {}", rubric.name, rubric.version)),
    ];
    if let Some(description) = rubric.description.as_ref().filter(|text| !text.is_empty()) {
        facts.push(Fact::new("question", description.clone()));
    }
    for (number, step) in (1..).zip(&rubric.scale.steps) {
        let text = match &step.description {
            Some(description) => format!("{number}. {}: {description}", step.name),
            None => format!("{number}. {}", step.name),
        };
        facts.push(Fact::new("step", text));
    }
    let pass_from = rubric.scale.pass_from.and_then(|at| rubric.scale.steps.get(usize::from(at)));
    let passes = pass_from.map_or("not said".to_owned(), |step| format!("from {} on", step.name));
    facts.push(Fact::new("passes", passes));
    for criterion in &rubric.criteria {
        let weight =
            criterion.weight.map(|weight| format!(" (weight {weight})")).unwrap_or_default();
        let text = match &criterion.description {
            Some(description) => format!("{}{weight}: {description}", criterion.name),
            None => format!("{}{weight}", criterion.name),
        };
        facts.push(Fact::new("criterion", text));
    }
    let may = if rubric.scale.cannot_assess {
        "the judge may answer \"cannot assess\""
    } else {
        "the judge must choose a step"
    };
    facts.push(Fact::new("replies", format!("read as {}; {may}", rubric.format)));
    for judge in &run.judges {
        facts.push(Fact::new("judge", judge_text(judge)));
    }
    facts.push(Fact::new("systems", run.systems.join(", ")));
    if !run.selection.is_empty() {
        facts.push(Fact::new("selection", run.selection.join(", ")));
    }
    let asked = format!("seed {}, each direction asked {}", run.seed, times(run.repeat));
    facts.push(Fact::new("directions", asked));
    facts.push(Fact::new("digest of the rubric", rubric.digest.clone()));
    facts.push(Fact::new("digest of the requests", rubric.requests.clone()));
    Part { heading: "How it was asked".to_owned(), facts, ..Part::default() }
}
