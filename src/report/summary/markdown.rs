//! The numbers of a run as Markdown, for a pull request.

use super::sentences::headline;
use super::table::meaning;
use crate::report::markdown_page::MarkdownPage;
use crate::report::quantities::{count, counted, usd};
use crate::report::text_report::{percent, share_with_interval};
use crate::report::unreadable::unreadable_report;
use crate::report::wording::{HAD_THEY_BEEN_READ, UNREADABLE_EITHER_WAY, kept_condition};
use crate::stats::Estimate;
use crate::summary::{JudgeSummary, RunSummary, WinRate};
use crate::trial::other_system;
use crate::verdict::Outcome;

/// Returns the numbers of a run as Markdown.
pub fn summary_markdown(summary: &RunSummary) -> String {
    let mut page = MarkdownPage::default();
    let sentences = headline(summary);
    if let Some((first, rest)) = sentences.split_first() {
        page.strong(first);
        page.paragraph(&rest.join(" "));
    }
    for judge in &summary.judges {
        judge_report(&mut page, summary, judge);
    }
    page.text
}

fn judge_report(page: &mut MarkdownPage, summary: &RunSummary, judge: &JudgeSummary) {
    let times = match summary.repeat {
        1 => String::new(),
        times => format!(", {times} times each"),
    };
    page.paragraph(&format!(
        "{}, {} in both orders{times}, rubric {} {}, seed {}",
        judge.judge,
        counted(judge.planned, "comparison"),
        summary.rubric,
        summary.version,
        summary.seed
    ));
    page.head(&["outcome", "comparisons:", "share:", "meaning"]);
    for (outcome, number) in judge.outcomes.iter() {
        if number == 0 && outcome != Outcome::Kept {
            continue;
        }
        let share = if judge.planned == 0 { 0.0 } else { number as f64 / judge.planned as f64 };
        let share = match outcome {
            Outcome::Kept => share_with_interval(&judge.coverage),
            _ => percent(Some(share)),
        };
        page.row([outcome.as_str(), &count(number), &share, meaning(outcome, judge)]);
    }
    page.head(&["win rate", "value (95 % interval):", "n:", "what it estimates"]);
    for rate in &judge.win_rates {
        win_rate(page, rate, judge.is_jury());
    }
    if let Some(position) = judge.position.as_ref().filter(|one| one.first_share.n > 0) {
        page.paragraph(&format!(
            "First position chosen in {} of {}.",
            share_with_interval(&position.first_share),
            counted(position.first_share.n, "readable reply")
        ));
    }
    if let Some(report) = unreadable_report(judge) {
        page.paragraph(&format!(
            "Without a readable vote: {}. What helps: {}.",
            report.reasons, report.hint
        ));
    }
    if let Some(cost) = judge.cost_usd.filter(|cost| *cost > 0.0) {
        page.paragraph(&format!("Cost: {}.", usd(cost)));
    }
}

fn win_rate(page: &mut MarkdownPage, rate: &WinRate, is_jury: bool) {
    let other = other_system(&rate.between, &rate.system);
    let pair = format!("{} against {other}", rate.system);
    let mut row = |kind: &str, estimate: &Estimate, meaning: &str| {
        let label = format!("{pair}, {kind}");
        page.row([&label, &share_with_interval(estimate), &count(estimate.n), meaning]);
    };
    if !is_jury {
        row("order-averaged", &rate.order_averaged, "what the judge prefers");
        if rate.unreadable_orders > 0 {
            row(UNREADABLE_EITHER_WAY, &rate.unreadable_bounds, HAD_THEY_BEEN_READ);
        }
    }
    row("kept verdicts only", &rate.kept, kept_condition(is_jury));
}
