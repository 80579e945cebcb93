//! The numbers of a run of grades as a table for people: 80 columns, nothing that needs colour.

use super::rows::{lowest_passing, pass_rate_rows};
use super::sentences::{grades_headline, interval_of_steps, steps};
use crate::grading::{GradeDifference, GradeSummary, JudgeGrades, ScaleOrderEffect, SystemGrades};
use crate::report::columns::{column_width, pad_left, pad_right, shorten};
use crate::report::number_format::{NumberFormat, percent};
use crate::report::quantities::{count, counted};
use crate::report::summary::{pending_reasons, replies_line, unreadable_reasons};
use crate::report::text_report::{
    MAX_ROWS, TextReport, WIDTH, interval, p_value, printable, share_with_interval,
};
use crate::report::unreadable::unreadable_grades;
use crate::report::wording::UNREADABLE_EITHER_WAY;
use crate::verdict::Outcome;

/// Columns of the name of a system in the table of steps.
const NAME_WIDTH: usize = 20;

/// Returns the numbers of a run of grades as a table.
pub fn grades_table(summary: &GradeSummary) -> String {
    let mut page = TextReport::default();
    for sentence in grades_headline(summary) {
        page.paragraph(0, &printable(&sentence));
    }
    for judge in &summary.judges {
        page.blank();
        grades_section(&mut page, summary, judge);
    }
    page.text
}

/// Writes the numbers of one judge.
pub(in crate::report) fn grades_section(
    page: &mut TextReport,
    summary: &GradeSummary,
    judge: &JudgeGrades,
) {
    heading(page, summary, judge);
    outcomes(page, judge);
    page.blank();
    if let Some(report) = unreadable_grades(judge) {
        if let Some(example) = report.example {
            page.paragraph(2, &example);
        }
        page.paragraph(2, &format!("what helps: {}", report.hint));
        page.blank();
    }
    for system in judge.systems.iter().take(MAX_ROWS) {
        pass_rates(page, system, judge.is_jury());
    }
    page.more(judge.systems.len());
    step_table(page, summary, judge);
    differences(page, summary, judge);
    if let Some(effect) = &judge.order {
        direction(page, effect);
    }
    if let Some(stability) = &judge.stability {
        page.line(format_args!(
            "  repeats of one direction give the same grade in {} of {}",
            share_with_interval(stability),
            counted(stability.n, "pair")
        ));
    }
    if judge.replies > 0 && !judge.is_jury() {
        page.blank();
        let tokens = judge.tokens.unwrap_or_default();
        replies_line(page, judge.replies, judge.reused, tokens, judge.cost_usd);
    }
}

fn heading(page: &mut TextReport, summary: &GradeSummary, judge: &JudgeGrades) {
    let [name, rubric, version] =
        [&judge.judge, &summary.rubric, &summary.version].map(|text| printable(text));
    let responses = counted(judge.planned, "response");
    let repeats = match summary.repeat {
        1 => String::new(),
        times => format!(", {times} times each"),
    };
    let names: Vec<String> = summary.scale.steps.iter().map(|step| printable(&step.name)).collect();
    let passes = match lowest_passing(summary) {
        Some(step) => format!(" (passes from {})", printable(step)),
        None => String::new(),
    };
    page.paragraph(
        0,
        &format!(
            "{name}, {responses} in both directions of the scale{repeats}, rubric {rubric} {version}, scale {}{passes}, \
             seed {}",
            names.join(" < "),
            summary.seed
        ),
    );
    page.blank();
}

fn outcomes(page: &mut TextReport, judge: &JudgeGrades) {
    for (outcome, number) in judge.outcomes.iter() {
        if number == 0 && outcome == Outcome::Pending {
            continue;
        }
        let share = if judge.planned == 0 { 0.0 } else { number as f64 / judge.planned as f64 };
        let interval = match outcome {
            Outcome::Kept => interval(&judge.coverage),
            _ => String::new(),
        };
        let note = if number > 0 || outcome == Outcome::Kept {
            meaning(outcome, judge.is_jury())
        } else {
            ""
        };
        page.line(format_args!(
            "  {:<9}{:>9}   {:>7}  {interval:15}  {note}",
            outcome.as_str(),
            count(number),
            percent(Some(share))
        ));
        match outcome {
            Outcome::Unparsed => {
                if let Some(facts) = judge.unreadable_facts() {
                    unreadable_reasons(page, facts);
                }
            }
            Outcome::Pending => pending_reasons(page, judge.pending.unwrap_or_default()),
            _ => {}
        }
    }
}

/// Returns what an outcome of grades means.
pub(in crate::report) fn meaning(outcome: Outcome, is_jury: bool) -> &'static str {
    match outcome {
        Outcome::Kept if is_jury => "most judges kept one grade",
        Outcome::Kept => "both directions agree",
        Outcome::Changed => "directions disagree",
        Outcome::Unparsed => "no readable grade in one",
        Outcome::Failed => "refused, or attempts used up",
        Outcome::Pending => "no answer in one yet",
        Outcome::Hung => "no majority for one grade",
        // Those of comparisons.
        Outcome::Flipped | Outcome::Split | Outcome::Undecided => "",
    }
}

fn pass_rates(page: &mut TextReport, system: &SystemGrades, is_jury: bool) {
    let Some(rate) = &system.pass_rate else { return };
    let name = shorten(&printable(&system.system), WIDTH - 20);
    page.line(format_args!("  pass rate of {name}"));
    for row in pass_rate_rows(system, is_jury) {
        let (value, interval) = (percent(row.estimate.value), interval(row.estimate));
        let n = count(row.estimate.n);
        if row.label == UNREADABLE_EITHER_WAY {
            // The value is that of the row above.
            page.line(format_args!("    {:<26}  {interval:<15}{n:>7}  {}", row.label, row.note));
            continue;
        }
        page.line(format_args!(
            "    {:<19}{value:>7}  {interval:<15}{n:>7}  {}",
            row.label, row.note
        ));
    }
    if let Some(bounds) = rate.bounds.filter(|bounds| bounds.low < bounds.high) {
        let range = format!("({:.1} – {:.1})", bounds.ci_low * 100.0, bounds.ci_high * 100.0);
        let n = count(system.planned);
        page.line(format_args!(
            "    {:<19}{:>7}  {range:<15}{n:>7}  no kept step, either way",
            "between bounds", ""
        ));
    }
}

/// Writes how often each step was kept, for each system, and the mean step.
fn step_table(page: &mut TextReport, summary: &GradeSummary, judge: &JudgeGrades) {
    let has_unassessed = judge.systems.iter().any(|system| system.cannot_assess > 0);
    let names = summary.scale.steps.iter().map(|step| shorten(&printable(&step.name), 12));
    let names: Vec<String> =
        names.chain(has_unassessed.then(|| "cannot assess".to_owned())).collect();
    let counts = |system: &SystemGrades| -> Vec<String> {
        let steps = system.steps.iter().map(|number| count(*number));
        steps.chain(has_unassessed.then(|| count(system.cannot_assess))).collect()
    };
    let rows: Vec<(&SystemGrades, Vec<String>)> =
        judge.systems.iter().take(MAX_ROWS).map(|system| (system, counts(system))).collect();
    let widths: Vec<usize> = (0..names.len())
        .map(|at| column_width(4, rows.iter().map(|(_, row)| &row[at]).chain([&names[at]])))
        .collect();
    let is_narrow = widths.iter().map(|width| width + 2).sum::<usize>() + NAME_WIDTH + 28 <= WIDTH;
    page.blank();
    let cells = |texts: &[String]| -> String {
        let padded = texts.iter().zip(&widths).filter(|_| is_narrow);
        let padded = padded.map(|(text, width)| ["  ", &pad_left(text, *width)].concat());
        padded.collect::<Vec<_>>().concat()
    };
    let titles = cells(&names);
    page.line(format_args!(
        "  {}{titles}  mean step, of all",
        pad_right("kept grades", NAME_WIDTH)
    ));
    for (system, row) in rows {
        let name = pad_right(&shorten(&printable(&system.system), NAME_WIDTH), NAME_WIDTH);
        let cells = cells(&row);
        let mean = &system.mean_step;
        page.line(format_args!(
            "  {name}{cells}  {} ({}), n {}",
            steps(mean.value),
            interval_of_steps(mean),
            count(mean.n)
        ));
        if !is_narrow {
            // Many or long steps: a line of their own each system.
            let listed = names.iter().zip(&row).map(|(name, number)| format!("{name} {number}"));
            page.paragraph(4, &listed.collect::<Vec<_>>().join(", "));
        }
    }
}

fn differences(page: &mut TextReport, summary: &GradeSummary, judge: &JudgeGrades) {
    if judge.pairs.is_empty() {
        return;
    }
    page.blank();
    let what = if summary.scale.pass_from.is_some() { "pass rate" } else { "mean step" };
    page.line(format_args!("  difference in {what}, over the items of both"));
    for pair in judge.pairs.iter().take(MAX_ROWS) {
        difference(page, pair);
    }
    page.more(judge.pairs.len());
}

fn difference(page: &mut TextReport, pair: &GradeDifference) {
    let [first, second] = pair.between.each_ref().map(|name| shorten(&printable(name), 18));
    let label = pad_right(&format!("{second} − {first}"), 40);
    let (format, estimate) = match &pair.pass_rate {
        Some(rate) => (NumberFormat::Points, rate),
        None => (NumberFormat::Plain, &pair.mean_step),
    };
    let p = pair.p_value.map(p_value).unwrap_or_default();
    page.line(format_args!(
        "    {label}{:>7}  {}  {}  {p}",
        format.value(estimate.value),
        format.interval(estimate),
        count(estimate.n)
    ));
}

/// Writes what the direction of the scale did.
fn direction(page: &mut TextReport, effect: &ScaleOrderEffect) {
    let changed = effect.higher_when_reversed + effect.lower_when_reversed + effect.assessed_once;
    if effect.consistency.n == 0 {
        return;
    }
    page.blank();
    page.line(format_args!(
        "  both directions agree in {} of {}",
        share_with_interval(&effect.consistency),
        counted(effect.consistency.n, "response")
    ));
    if changed > 0 {
        let unassessed = match effect.assessed_once {
            0 => String::new(),
            once => format!(", {} assessed in one direction only", count(once)),
        };
        page.paragraph(
            2,
            &format!(
                "with the scale reversed {} higher, {} lower{unassessed} ({}); mean step {} ({})",
                count(effect.higher_when_reversed),
                count(effect.lower_when_reversed),
                p_value(effect.p_value),
                NumberFormat::Plain.value(effect.step_difference.value),
                NumberFormat::Plain.interval(&effect.step_difference)
            ),
        );
    }
}
