//! How good the responses of each system are, and how the systems differ.

use super::plots::{MOST, difference_forest, quality_dots, step_bars};
use crate::grading::{JudgeGrades, SystemGrades};
use crate::overview::GradeOverview;
use crate::report::grading::{MOST_PAIRS, grade_overview_headline};
use crate::report::html::view::generated::generated;
use crate::report::html::view::parts::{Part, Section, TableView, no_share, share_cells};
use crate::report::html::view::which::gate_table;
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::text_report::p_value;
use crate::summary::Gate;

/// Returns what is graded by whom, as the title of the page.
pub(super) fn title(overview: &GradeOverview) -> String {
    let judge = &overview.judge;
    match overview.run.systems.as_slice() {
        [only] => format!("{only}, graded by {judge}"),
        [one, other] => format!("{one} and {other}, graded by {judge}"),
        several => format!("{}, graded by {judge}", counted(several.len() as u64, "system")),
    }
}

/// Returns the first section.
pub(super) fn quality(overview: &GradeOverview, gates: &[Gate]) -> Section {
    let mut sentences = grade_overview_headline(overview);
    if overview.calibration.is_some() && sentences.len() > 1 {
        // The first one is about the judge: it leads the next section.
        sentences.remove(0);
    }
    let pairs = overview.judge_grades().map_or(1, |judge| judge.pairs.len());
    let rest = sentences.split_off(sentences.len().min(pairs.clamp(1, MOST_PAIRS)));
    let mut parts = Vec::new();
    if let Some(judge) = overview.judge_grades().filter(|judge| judge.planned > 0) {
        parts.push(rates(overview, judge));
        parts.push(steps(overview, judge));
        parts.extend(differences(overview, judge));
    }
    parts.extend(generated(overview.generated.as_ref()));
    if !gates.is_empty() {
        let table = Some(gate_table(gates));
        parts.push(Part { heading: "Gates".to_owned(), table, ..Part::default() });
    }
    let (short, heading) = match overview.run.systems.as_slice() {
        [only] => ("How good is it?", format!("How good is {only}?")),
        _ => ("Which is better?", "Which system is better?".to_owned()),
    };
    Section { id: "which", short, heading, lead: sentences, sentences: rest, parts }
}

/// Returns the pass rates, or the mean steps where the rubric does not say what passes.
fn rates(overview: &GradeOverview, judge: &JudgeGrades) -> Part {
    let passes = overview.summary.scale.pass_from.is_some();
    let what = if passes { "Pass rates" } else { "Mean steps" };
    let number = |name| [(name, true), ("95 % interval", true), ("n", true)];
    let mut heads = vec![("system", false)];
    if passes {
        heads.extend(number("pass rate"));
        heads.extend(number("over kept grades"));
        heads.push(("no kept step, either way", true));
    }
    heads.extend(number("mean step"));
    let rates = || judge.systems.iter().filter_map(|system| system.pass_rate.as_ref());
    let has_one_direction = rates().any(|rate| rate.one_direction.is_some());
    if has_one_direction {
        heads.extend(number("one direction only"));
    }
    let mut table = TableView::new(what, &heads);
    for system in &judge.systems {
        table.rows.push(system_row(system, has_one_direction));
    }
    if passes {
        "The first rate is over all responses, each averaged over both directions of the scale. The range \
                      covers the rate whatever the responses that were not kept would have got. Steps count from 1.".clone_into(&mut table.note);
    }
    let left_out = judge.systems.len().saturating_sub(MOST) as u64;
    let note = (left_out > 0).then(|| {
        let systems = counted(left_out, "system");
        format!("The plots leave out {systems}; the table has all.")
    });
    Part {
        heading: what.to_owned(),
        figures: vec![quality_dots(overview, judge)],
        notes: note.into_iter().collect(),
        table: Some(table),
        ..Part::default()
    }
}

fn system_row(system: &SystemGrades, has_one_direction: bool) -> Vec<String> {
    let mut row = vec![system.system.clone()];
    if let Some(rate) = &system.pass_rate {
        row.extend(share_cells(&rate.averaged));
        row.extend(share_cells(&rate.kept));
        let range = rate
            .bounds
            .map(|bounds| format!("{:.1} – {:.1}", bounds.ci_low * 100.0, bounds.ci_high * 100.0));
        row.push(range.unwrap_or_default());
    }
    let (format, mean) = (NumberFormat::Step, &system.mean_step);
    row.extend([format.value(mean.value), format.interval(mean), count(mean.n)]);
    if has_one_direction {
        let rate = system.pass_rate.as_ref().and_then(|rate| rate.one_direction.as_ref());
        row.extend(rate.map_or_else(no_share, share_cells));
    }
    row
}

fn steps(overview: &GradeOverview, judge: &JudgeGrades) -> Part {
    let note = overview.summary.scale.pass_from.map(|step| {
        let name = overview.summary.scale.steps.get(usize::from(step)).map_or("", |one| &one.name);
        format!("Right of the thick line a grade passes: from `{name}` on.")
    });
    Part {
        heading: "Kept grades".to_owned(),
        figures: vec![step_bars(overview, judge)],
        notes: note.into_iter().collect(),
        ..Part::default()
    }
}

fn differences(overview: &GradeOverview, judge: &JudgeGrades) -> Option<Part> {
    if judge.pairs.is_empty() {
        return None;
    }
    let passes = overview.summary.scale.pass_from.is_some();
    let heads = [
        ("difference", false),
        ("value", true),
        ("95 % interval", true),
        ("items", true),
        ("p-value", false),
    ];
    let mut table = TableView::new("Differences over the items of both", &heads);
    for pair in judge.pairs.iter().take(MOST) {
        let [first, second] = &pair.between;
        let (format, estimate) = match &pair.pass_rate {
            Some(rate) => (NumberFormat::Points, rate),
            None => (NumberFormat::Plain, &pair.mean_step),
        };
        table.rows.push(vec![
            format!("{second} minus {first}"),
            format.value(estimate.value),
            format.interval(estimate),
            count(estimate.n),
            pair.p_value.map(p_value).unwrap_or_default(),
        ]);
    }
    let heading =
        if passes { "Differences of pass rates, in points" } else { "Differences of mean steps" };
    Some(Part {
        heading: heading.to_owned(),
        figures: vec![difference_forest(judge, passes)],
        table: Some(table),
        ..Part::default()
    })
}
