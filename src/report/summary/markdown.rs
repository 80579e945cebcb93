//! The numbers of a run as Markdown, for a pull request.

use super::rows::judge_win_rate_rows;
use super::sentences::headline;
use super::table::meaning;
use crate::report::markdown_page::MarkdownPage;
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted, usd};
use crate::report::text_report::share_with_interval;
use crate::report::unreadable::unreadable_report;
use crate::report::wording::order_unknown;
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
        judge_report(&mut page, summary, judge, usize::MAX);
    }
    page.text
}

/// Writes the numbers of one judge, with the win rates of at most so many pairs of systems.
pub(in crate::report) fn judge_report(
    page: &mut MarkdownPage,
    summary: &RunSummary,
    judge: &JudgeSummary,
    most_pairs: usize,
) {
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
    if most_pairs > 0 {
        page.head(&["win rate", "value (95 % interval):", "n:", "what it estimates"]);
    }
    for rate in judge.win_rates.iter().take(most_pairs) {
        win_rate(page, rate, judge.is_jury());
    }
    let unknown = judge.position.as_ref().and_then(|one| order_unknown(one.order_unknown));
    if let Some(sentence) = unknown {
        page.paragraph(&sentence);
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
    for row in judge_win_rate_rows(rate, is_jury) {
        let label = format!("{pair}, {}", row.label);
        page.row([&label, &share_with_interval(row.estimate), &count(row.estimate.n), row.note]);
    }
}
