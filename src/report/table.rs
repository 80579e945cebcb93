//! The end of `judge` as a table for people: 80 columns, nothing that needs colour.

use std::fmt::Write as _;

use super::escape::for_terminal;
use super::summary::{JudgeSummary, RunSummary, WinRate};
use crate::stats::Estimate;

/// Returns a whole number with commas between its thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a number of things: `1 comparison`, `1,204 comparisons`.
pub fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Returns an amount in USD; small ones with more digits.
pub fn usd(amount: f64) -> String {
    if amount != 0.0 && amount < 0.1 { format!("${amount:.4}") } else { format!("${amount:.2}") }
}

/// Returns a duration in seconds, minutes or hours.
pub fn seconds(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

fn percent(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

/// `56.3 % (33.2 – 76.9)`, or a dash where there is nothing to estimate.
fn estimate(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{} ({:.1} – {:.1})", percent(value), low * 100.0, high * 100.0)
        }
        _ => "–".to_owned(),
    }
}

/// Returns the table of a run; `path` is where it lies.
pub fn table(summary: &RunSummary) -> String {
    let mut text = String::new();
    for (at, judge) in summary.judges.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        write_judge(&mut text, summary, judge);
    }
    text
}

fn outcome(judge: &JudgeSummary, name: &str) -> u64 {
    judge.outcomes.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0)
}

fn write_judge(text: &mut String, summary: &RunSummary, judge: &JudgeSummary) {
    let name = for_terminal(&judge.judge, false);
    let rubric = for_terminal(&summary.rubric, false);
    let version = for_terminal(&summary.version, false);
    let asked = match summary.repeat {
        1 => String::new(),
        times => format!(", {times} times each"),
    };
    let unfinished = outcome(judge, "pending");
    let mut line = |arguments: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _infallible = writeln!(text, "{arguments}");
    };
    if outcome(judge, "kept") == 0 && judge.planned > 0 && unfinished == 0 {
        line(format_args!(
            "{name} kept 0 of {} comparisons: there is no verdict on which both orders agree.",
            count(judge.planned)
        ));
    }
    line(format_args!(
        "{name} on {} comparisons, both orders{asked}, rubric {rubric} {version}, seed {}",
        count(judge.planned),
        summary.seed
    ));
    line(format_args!(""));
    for (outcome, number) in &judge.outcomes {
        let number = number.as_u64().unwrap_or(0);
        if number == 0
            && !matches!(outcome.as_str(), "kept" | "flipped" | "unparsed" | "failed" | "hung")
        {
            continue;
        }
        let share = if judge.planned == 0 { 0.0 } else { number as f64 / judge.planned as f64 };
        let number = count(number);
        let notes = match outcome.as_str() {
            "kept" => format!("{}  {}", interval(&judge.coverage), note(outcome, judge)),
            _ if number == "0" => String::new(),
            _ => format!("{:15}  {}", "", note(outcome, judge)),
        };
        let row = format!("  {outcome:<9}{number:>9}   {:>7}  {notes}", percent(share));
        line(format_args!("{}", row.trim_end()));
    }
    line(format_args!(""));
    for rate in &judge.win_rates {
        for row in win_rate(rate, judge.position.is_some()) {
            line(format_args!("  {row}"));
        }
    }
    if let Some(position) = &judge.position {
        let verdict = follows(judge);
        line(format_args!(
            "  first position chosen in {} of {} readable replies{verdict}",
            estimate(&position.first_share),
            count(position.first_share.n),
        ));
    }
    if let Some(tokens) = judge.tokens.as_ref().filter(|_| judge.replies > 0) {
        line(format_args!(""));
        let mut parts = vec![format!("{} replies", count(judge.replies))];
        if judge.reused > 0 {
            parts.push(format!("{} of them copied", count(judge.reused)));
        }
        if tokens.prompt + tokens.completion > 0 {
            parts.push(format!(
                "{} tokens in, {} out",
                count(tokens.prompt),
                count(tokens.completion)
            ));
            parts.push(judge.cost_usd.map_or("cost unknown (no price)".to_owned(), usd));
            if tokens.unknown > 0 {
                parts.push(format!("{} without a token count", count(tokens.unknown)));
            }
        }
        line(format_args!("  in the run: {}", parts.join(", ")));
    }
}

fn interval(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            format!("{:15}", format!("({:.1} – {:.1})", low * 100.0, high * 100.0))
        }
        _ => format!("{:15}", ""),
    }
}

fn note(outcome: &str, judge: &JudgeSummary) -> &'static str {
    match outcome {
        "kept" if judge.position.is_none() => "more than half agree",
        "kept" => "both orders agree",
        "flipped" => "changed its mind with the order",
        "split" => "a tie in one order only",
        "unparsed" => "no readable vote in an order",
        "failed" => "refused, or out of attempts",
        "pending" => "not asked, or endpoint down",
        "hung" => "no majority for one winner",
        _ => "",
    }
}

/// Both win rates of a pair: over kept verdicts, and over every order, which no selection touches.
fn win_rate(rate: &WinRate, orders: bool) -> Vec<String> {
    let system = for_terminal(&rate.system, false);
    let other = if rate.between[0] == rate.system { &rate.between[1] } else { &rate.between[0] };
    let other = for_terminal(other, false);
    let ties = if rate.ties > 0 { format!(" + {} ties", count(rate.ties)) } else { String::new() };
    let mut rows = vec![format!("win rate of {system} against {other}")];
    rows.push(format!(
        "  kept verdicts {:>24}   {} of {}{ties}",
        estimate(&rate.kept),
        count(rate.wins),
        count(rate.kept.n)
    ));
    if orders {
        rows.push(format!(
            "  every order   {:>24}   of {} comparisons",
            estimate(&rate.order_averaged),
            count(rate.order_averaged.n)
        ));
    }
    rows
}

/// Says in words when the order decides more than the responses do.
fn follows(judge: &JudgeSummary) -> &'static str {
    let flipped = outcome(judge, "flipped");
    if flipped > outcome(judge, "kept") { ":\n  this judge mostly follows the order" } else { "" }
}
