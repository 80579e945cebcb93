//! The numbers of a run as Markdown, for a pull request.

use super::sentences::headline;
use super::table::meaning;
use crate::report::escape::markdown;
use crate::report::quantities::{count, usd};
use crate::report::text_report::percent;
use crate::report::unreadable::unreadable_report;
use crate::stats::Estimate;
use crate::summary::{JudgeSummary, RunSummary, WinRate};
use crate::verdict::Outcome;

/// Returns the numbers of a run as Markdown.
pub fn summary_markdown(summary: &RunSummary) -> String {
    let mut text = String::new();
    let mut sentences = headline(summary).into_iter();
    if let Some(first) = sentences.next() {
        text += &format!("**{}**\n", markdown(&first));
    }
    for sentence in sentences {
        text += &format!("{}\n", markdown(&sentence));
    }
    for judge in &summary.judges {
        judge_table(&mut text, summary, judge);
    }
    text
}

fn judge_table(text: &mut String, summary: &RunSummary, judge: &JudgeSummary) {
    let times =
        if summary.repeat > 1 { format!(", {} times each", summary.repeat) } else { String::new() };
    *text += &format!(
        "\n{}, {} comparisons in both orders{times}, rubric {} {}, seed {}\n\n",
        markdown(&judge.judge),
        count(judge.planned),
        markdown(&summary.rubric),
        markdown(&summary.version),
        summary.seed
    );
    *text += "| outcome | comparisons | share | |\n| --- | ---: | ---: | --- |\n";
    for (outcome, number) in judge.outcomes.iter() {
        if number == 0 && outcome != Outcome::Kept {
            continue;
        }
        let share = if judge.planned == 0 { 0.0 } else { number as f64 / judge.planned as f64 };
        let interval =
            if outcome == Outcome::Kept { interval(&judge.coverage) } else { String::new() };
        *text += &format!(
            "| {} | {} | {}{interval} | {} |\n",
            outcome.as_str(),
            count(number),
            percent(Some(share)),
            meaning(outcome, judge)
        );
    }
    *text += "\n| win rate | value (95 % interval) | n | what it estimates |\n| --- | ---: | ---: | --- |\n";
    for rate in &judge.win_rates {
        win_rate(text, rate, judge.is_jury());
    }
    if let Some(position) = judge.position.as_ref().filter(|one| one.first_share.n > 0) {
        *text += &format!(
            "\nFirst position chosen in {}{} of {} readable replies.\n",
            percent(position.first_share.value),
            interval(&position.first_share),
            count(position.first_share.n)
        );
    }
    if let Some(report) = unreadable_report(judge) {
        *text += &format!("\nWithout a readable vote: {}.", markdown(&report.reasons));
        *text += &format!(" What helps: {}.\n", markdown(&report.hint));
    }
    if let Some(cost) = judge.cost_usd.filter(|cost| *cost > 0.0) {
        *text += &format!("\nCost: {}.\n", markdown(&usd(cost)));
    }
}

fn win_rate(text: &mut String, rate: &WinRate, is_jury: bool) {
    let other = &rate.between[usize::from(rate.between[0] == rate.system)];
    let [system, other] = [&rate.system, other].map(|name| markdown(name));
    let mut row = |kind: &str, estimate: &Estimate, meaning: &str| {
        *text += &format!(
            "| {system} against {other}, {kind} | {}{} | {} | {meaning} |\n",
            percent(estimate.value),
            interval(estimate),
            count(estimate.n)
        );
    };
    if !is_jury {
        row("order-averaged", &rate.order_averaged, "what the judge prefers");
    }
    row("kept verdicts only", &rate.kept, "if both orders agree");
}

fn interval(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(" ({:.1} – {:.1})", low * 100.0, high * 100.0),
        _ => String::new(),
    }
}
