//! The numbers of a run as a table for people: 80 columns, nothing that needs colour.

use super::sentences::headline;
use crate::report::columns::wrap;
use crate::report::number_format::percent;
use crate::report::pending::pending_words;
use crate::report::quantities::{count, counted, usd};
use crate::report::text_report::{
    MAX_ROWS, TextReport, WIDTH, interval, printable, share_with_interval,
};
use crate::report::unreadable::{trials, unreadable_report};
use crate::report::wording::{
    AT_EVERY_LOOK, HAD_THEY_BEEN_READ, ONE_ORDER, UNCONFIRMED, UNREADABLE_EITHER_WAY,
    WHENEVER_ENDED, kept_condition, order_unknown,
};
use crate::stats::Estimate;
use crate::store::JudgeCascade;
use crate::summary::{
    JudgeSummary, PendingCounts, PositionSummary, RunSummary, TokenCounts, UnreadableFacts, WinRate,
};
use crate::verdict::Outcome;

/// Columns before a reason why trials have no readable vote.
const REASON_INDENT: usize = 23;

/// Returns the numbers of a run as a table.
pub fn summary_table(summary: &RunSummary) -> String {
    let mut page = TextReport::default();
    for sentence in headline(summary) {
        page.paragraph(0, &printable(&sentence));
    }
    page.blank();
    for (at, judge) in summary.judges.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        judge_section(&mut page, summary, judge, true);
    }
    page.text
}

/// Writes the numbers of one judge; its win rates may be left out where they are shown elsewhere.
pub(in crate::report) fn judge_section(
    page: &mut TextReport,
    summary: &RunSummary,
    judge: &JudgeSummary,
    with_win_rates: bool,
) {
    heading(page, summary, judge);
    outcomes(page, judge);
    page.blank();
    unreadable_replies(page, judge);
    if with_win_rates {
        for rate in judge.win_rates.iter().take(MAX_ROWS) {
            win_rate(page, rate, judge.is_jury());
        }
        page.more(judge.win_rates.len());
    }
    if let Some(position) = &judge.position {
        first_position(page, judge, position);
    }
    if judge.replies > 0 && !judge.is_jury() {
        page.blank();
        replies(page, judge);
    }
}

fn heading(page: &mut TextReport, summary: &RunSummary, judge: &JudgeSummary) {
    let [name, rubric, version] =
        [&judge.judge, &summary.rubric, &summary.version].map(|text| printable(text));
    let planned = counted(judge.planned, "comparison");
    let repeats = match summary.repeat {
        1 => String::new(),
        times => format!(", {times} times each"),
    };
    let seed = summary.seed;
    page.paragraph(
        0,
        &format!(
            "{name}, {planned} in both orders{repeats}, rubric {rubric} {version}, seed {seed}"
        ),
    );
    page.blank();
}

fn outcomes(page: &mut TextReport, judge: &JudgeSummary) {
    for (outcome, number) in judge.outcomes.iter() {
        if number == 0 && matches!(outcome, Outcome::Split | Outcome::Pending) {
            continue;
        }
        let share = if judge.planned == 0 { 0.0 } else { number as f64 / judge.planned as f64 };
        let interval = match outcome {
            Outcome::Kept => interval(&judge.coverage),
            _ => String::new(),
        };
        let note = match outcome {
            Outcome::Kept => meaning(outcome, judge),
            _ if number == 0 => "",
            _ => meaning(outcome, judge),
        };
        page.line(format_args!(
            "  {:<9}{:>9}   {:>7}  {interval:15}  {note}",
            outcome.as_str(),
            count(number),
            percent(Some(share))
        ));
        match outcome {
            Outcome::Unparsed => reasons(page, judge),
            Outcome::Pending => pending_reasons(page, judge.pending.unwrap_or_default()),
            _ => {}
        }
    }
}

/// Writes why trials have no readable vote, each reason with its number.
fn reasons(page: &mut TextReport, judge: &JudgeSummary) {
    if let Some(facts) = judge.unreadable_facts() {
        unreadable_reasons(page, facts);
    }
}

/// Writes why trials have no readable answer, each reason with its number.
pub(in crate::report) fn unreadable_reasons(page: &mut TextReport, facts: UnreadableFacts<'_>) {
    for (reason, number) in facts.counts.iter().filter(|(_, number)| *number > 0) {
        let trials = trials(facts, reason, number);
        let mut lines = wrap(&trials, WIDTH - REASON_INDENT).into_iter();
        page.line(format_args!("{:>20}   {}", count(number), lines.next().unwrap_or_default()));
        for line in lines {
            page.line(format_args!("{:REASON_INDENT$}{line}", ""));
        }
    }
}

/// Writes why trials have no answer yet, each reason with its number.
pub(in crate::report) fn pending_reasons(page: &mut TextReport, counts: PendingCounts) {
    for (reason, number) in counts.iter().filter(|(_, number)| *number > 0) {
        let trials = if number == 1 { "trial" } else { "trials" };
        page.line(format_args!("{:>20}   {trials} {}", count(number), pending_words(reason)));
    }
}

/// Writes one of the unreadable replies, and what to do about such replies.
fn unreadable_replies(page: &mut TextReport, judge: &JudgeSummary) {
    let Some(report) = unreadable_report(judge) else { return };
    if let Some(example) = report.example {
        page.paragraph(2, &example);
    }
    page.paragraph(2, &format!("what helps: {}", report.hint));
    page.blank();
}

/// Returns what an outcome means.
pub(in crate::report) fn meaning(outcome: Outcome, judge: &JudgeSummary) -> &'static str {
    match outcome {
        Outcome::Kept if judge.is_jury() => "most judges kept one winner",
        Outcome::Kept if judge.judge == JudgeCascade::NAME => "both orders of one judge agree",
        Outcome::Kept => "both orders agree",
        Outcome::Flipped => "verdict changed with the order",
        Outcome::Split => "a tie in one order only",
        Outcome::Changed => "grade changed with the order of the scale",
        Outcome::Unparsed => "no readable vote in an order",
        Outcome::Failed => "refused, or attempts used up",
        Outcome::Pending => "no answer in an order yet",
        Outcome::Hung => "no majority for one winner",
        Outcome::Undecided => "no answer leads by the threshold",
    }
}

/// Writes the win rates of a pair: over all comparisons, which a jury does not have, over kept verdicts, and by the votes
/// of comparisons that were asked in one order only.
fn win_rate(page: &mut TextReport, rate: &WinRate, is_jury: bool) {
    page.win_rate_heading(&rate.between, &rate.system);
    if !is_jury {
        rate_row(page, "order-averaged", &rate.order_averaged, "what the judge prefers");
        if rate.unreadable_orders > 0 {
            // The value is that of the row above.
            let (bounds, n) = (interval(&rate.unreadable_bounds), count(rate.unreadable_bounds.n));
            page.line(format_args!(
                "    {UNREADABLE_EITHER_WAY:<26}  {bounds:<15}{n:>7}  {HAD_THEY_BEEN_READ}"
            ));
        }
    }
    if let Some(at_every_look) = &rate.at_every_look {
        rate_row(page, AT_EVERY_LOOK, at_every_look, WHENEVER_ENDED);
    }
    let meaning = if rate.kept.n == 0 { "none kept" } else { kept_condition(is_jury) };
    rate_row(page, "kept verdicts only", &rate.kept, meaning);
    if let Some(votes) = &rate.one_order {
        rate_row(page, ONE_ORDER, votes, UNCONFIRMED);
    }
}

fn rate_row(page: &mut TextReport, label: &str, rate: &Estimate, meaning: &str) {
    let (value, interval, n) = (percent(rate.value), interval(rate), count(rate.n));
    page.line(format_args!("    {label:<19}{value:>7}  {interval:<15}{n:>7}  {meaning}"));
}

/// Writes how often the first position was chosen, and whether the judge follows the order.
fn first_position(page: &mut TextReport, judge: &JudgeSummary, position: &PositionSummary) {
    if let Some(sentence) = order_unknown(position.order_unknown) {
        page.paragraph(2, &sentence);
    }
    let readable = position.first_share.n;
    if readable == 0 {
        if position.unparsed > 0 {
            let replies = counted(position.unparsed, "reply");
            page.line(format_args!("  no readable vote in {replies}"));
        }
        return;
    }
    page.line(format_args!(
        "  first position chosen in {} of {}{}",
        share_with_interval(&position.first_share),
        counted(readable, "readable reply"),
        if follows_order(judge) { ":" } else { "" }
    ));
    if follows_order(judge) {
        page.line(format_args!("  the judge mostly follows the order"));
    }
}

/// Returns whether more verdicts changed with the order than were kept.
fn follows_order(judge: &JudgeSummary) -> bool {
    judge.outcome(Outcome::Flipped) > judge.outcome(Outcome::Kept)
}

/// Writes the replies of the run, their tokens and their cost.
fn replies(page: &mut TextReport, judge: &JudgeSummary) {
    let tokens = judge.tokens.unwrap_or_default();
    replies_line(page, judge.replies, judge.reused, tokens, judge.cost_usd);
}

/// Writes how many replies there are, of which some are copied, with their tokens and what they cost.
pub(in crate::report) fn replies_line(
    page: &mut TextReport,
    replies: u64,
    reused: u64,
    tokens: TokenCounts,
    cost_usd: Option<f64>,
) {
    let mut parts = vec![counted(replies, "reply")];
    if reused > 0 {
        parts.push(format!("{} of them copied", count(reused)));
    }
    if let Some(tokens) = Some(tokens).filter(|tokens| tokens.prompt + tokens.completion > 0) {
        let with_share = |tokens: u64, thing, share: u64, of: &str| match share {
            0 => counted(tokens, thing),
            share => format!("{} ({} {of})", counted(tokens, thing), count(share)),
        };
        parts.push(with_share(tokens.prompt, "prompt token", tokens.cached, "cached"));
        parts.push(with_share(
            tokens.completion,
            "completion token",
            tokens.reasoning,
            "of reasoning",
        ));
        parts.push(cost_usd.map_or("cost unknown (no price)".to_owned(), usd));
        if tokens.unknown > 0 {
            parts.push(format!("{} without a token count", count(tokens.unknown)));
        }
    }
    page.paragraph(2, &format!("in the run: {}", parts.join(", ")));
}
