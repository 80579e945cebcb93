//! The numbers of a run of grades as Markdown, for a pull request.

use super::rows::{lowest_passing, pass_rate_rows};
use super::sentences::{grades_headline, interval_of_steps, steps};
use super::table::meaning;
use crate::grading::{GradeSummary, JudgeGrades};
use crate::report::markdown_page::MarkdownPage;
use crate::report::number_format::{NumberFormat, percent};
use crate::report::quantities::{count, counted, usd};
use crate::report::text_report::{p_value, share_with_interval};
use crate::report::unreadable::unreadable_grades;
use crate::verdict::Outcome;

/// Returns the numbers of a run of grades as Markdown.
pub fn grades_markdown(summary: &GradeSummary) -> String {
    let mut page = MarkdownPage::default();
    let sentences = grades_headline(summary);
    if let Some((first, rest)) = sentences.split_first() {
        page.strong(first);
        page.paragraph(&rest.join(" "));
    }
    for judge in &summary.judges {
        judge_grades(&mut page, summary, judge);
    }
    page.text
}

/// Writes the numbers of one judge.
pub(in crate::report) fn judge_grades(
    page: &mut MarkdownPage,
    summary: &GradeSummary,
    judge: &JudgeGrades,
) {
    let times = match summary.repeat {
        1 => String::new(),
        times => format!(", {times} times each"),
    };
    let names: Vec<&str> = summary.scale.steps.iter().map(|step| step.name.as_str()).collect();
    let passes =
        lowest_passing(summary).map(|step| format!(" (passes from {step})")).unwrap_or_default();
    page.paragraph(&format!(
        "{}, {} in both directions of the scale{times}, rubric {} {}, scale {}{passes}, seed {}",
        judge.judge,
        counted(judge.planned, "response"),
        summary.rubric,
        summary.version,
        names.join(" < "),
        summary.seed
    ));
    page.head(&["outcome", "responses:", "share:", "meaning"]);
    for (outcome, number) in judge.outcomes.iter() {
        if number == 0 && outcome != Outcome::Kept {
            continue;
        }
        let share = if judge.planned == 0 { 0.0 } else { number as f64 / judge.planned as f64 };
        let share = match outcome {
            Outcome::Kept => share_with_interval(&judge.coverage),
            _ => percent(Some(share)),
        };
        let meaning = meaning(outcome, judge.is_jury());
        page.row([outcome.as_str(), &count(number), &share, meaning]);
    }
    page.head(&["number", "value (95 % interval):", "n:", "what it estimates"]);
    for system in &judge.systems {
        for row in pass_rate_rows(system, judge.is_jury()) {
            let label = format!("pass rate of {}, {}", system.system, row.label);
            let n = count(row.estimate.n);
            page.row([&label, &share_with_interval(row.estimate), &n, row.note]);
        }
        let mean = &system.mean_step;
        let value = format!("{} ({})", steps(mean.value), interval_of_steps(mean));
        let label = format!("mean step of {}", system.system);
        page.row([&label, &value, &count(mean.n), "over both directions"]);
    }
    for pair in &judge.pairs {
        let [first, second] = &pair.between;
        let (what, format, estimate) = match &pair.pass_rate {
            Some(rate) => ("pass rate", NumberFormat::Points, rate),
            None => ("mean step", NumberFormat::Plain, &pair.mean_step),
        };
        let label = format!("{what} of {second} minus that of {first}");
        let value = format!("{} ({})", format.value(estimate.value), format.interval(estimate));
        let p = pair.p_value.map(p_value).unwrap_or_default();
        page.row([&label, &value, &count(estimate.n), &p]);
    }
    if let Some(effect) = judge.order.as_ref().filter(|effect| effect.consistency.n > 0) {
        page.paragraph(&format!(
            "Both directions of the scale agree in {} of {}; with the scale reversed {} higher, {} lower ({}).",
            share_with_interval(&effect.consistency),
            counted(effect.consistency.n, "response"),
            count(effect.higher_when_reversed),
            count(effect.lower_when_reversed),
            p_value(effect.p_value)
        ));
    }
    if let Some(report) = unreadable_grades(judge) {
        page.paragraph(&format!(
            "Without a readable grade: {}. What helps: {}.",
            report.reasons, report.hint
        ));
    }
    if let Some(cost) = judge.cost_usd.filter(|cost| *cost > 0.0) {
        page.paragraph(&format!("Cost: {}.", usd(cost)));
    }
}
