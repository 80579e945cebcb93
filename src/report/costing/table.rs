//! The ways to answer a question as text for a terminal.

use super::leaves::leaves_sentence;
use super::sentences::{answers, cost_headline, judge_sentence};
use crate::costing::{Amount, CostReport, Leaves, Way, WayKind};
use crate::report::columns::{pad_left, pad_right, shorten};
use crate::report::quantities::{count, usd};
use crate::report::text_report::{TextReport, printable};
use crate::report::wording::Wording;

/// The columns of a way.
const WAY: usize = 31;
const COST: usize = 13;

/// Returns the ways as text.
pub fn cost_table(report: &CostReport, wording: Wording) -> String {
    let mut output = TextReport::new(wording);
    output.paragraph(0, &cost_headline(report));
    output.blank();
    output.line(format_args!(
        "      {}{}{:>9}{:>6}{:>7}  says",
        pad_right("way", WAY),
        pad_left("cost", COST),
        "requests",
        "hours",
        "±pts"
    ));
    for (at, way) in report.ways.iter().enumerate() {
        write_way(&mut output, at + 1, way);
    }
    if report.ways.iter().any(|way| way.is_assumed) {
        output.line(format_args!("  * by assumptions, without a pilot or labels"));
    }
    output.blank();
    output.line(format_args!("what each leaves uncertain"));
    write_leaves(&mut output, report);
    output.blank();
    output.line(format_args!("judges"));
    for facts in &report.judges {
        output.paragraph(2, &judge_sentence(facts, report));
    }
    if !report.warnings.is_empty() {
        output.blank();
    }
    output.warnings(&report.warnings);
    output.text
}

fn write_way(output: &mut TextReport, number: usize, way: &Way) {
    let is_known = !way.leaves.iter().any(|one| matches!(one, Leaves::PilotMissing { .. }));
    let mark = if way.is_assumed { "*" } else { " " };
    let requests = if is_known { number_of(way.requests) } else { "–".to_owned() };
    let hours = if way.labels > 0 { format!("{:.1}", way.hours) } else { "–".to_owned() };
    let width = way.half_width.map_or("–".to_owned(), |width| format!("{:.1}", width * 100.0));
    output.line(format_args!(
        "  {number:>2}{mark} {}{}{}{}{}  {}",
        pad_right(&shorten(&name(way), WAY - 1), WAY),
        pad_left(&cost(way), COST),
        pad_left(&requests, 9),
        pad_left(&hours, 6),
        pad_left(&width, 7),
        answers(way.answers)
    ));
}

/// Returns the name of a way, the judge first.
fn name(way: &Way) -> String {
    let judge = way.judge.as_deref().map(|judge| shorten(&printable(judge), 12));
    let judge = judge.unwrap_or_default();
    let then = way.then.as_deref().map(|judge| shorten(&printable(judge), 11)).unwrap_or_default();
    let comparisons = count(way.comparisons.expected.unwrap_or(way.comparisons.low).round() as u64);
    let what = match way.kind {
        WayKind::All => "all".to_owned(),
        WayKind::Subset => format!("{comparisons} random"),
        WayKind::UntilDecided => "until decided".to_owned(),
        WayKind::Cascade => return format!("{judge}, then {then}"),
        WayKind::Labels => format!("+{} labels", count(way.labels)),
        WayKind::LabelsAlone => return format!("{} labels, no judge", count(way.labels)),
    };
    format!("{judge} {what}{}", if way.is_batch { ", batch" } else { "" })
}

fn cost(way: &Way) -> String {
    match way.total_usd.or(way.usd) {
        None => "–".to_owned(),
        Some(Amount { expected: Some(expected), .. }) => usd(expected),
        Some(Amount { low, high: Some(high), .. }) => {
            format!("{}–{}", usd(low), usd(high).trim_start_matches('$'))
        }
        Some(Amount { low, .. }) => format!("{}–?", usd(low)),
    }
}

fn number_of(amount: Amount) -> String {
    count(amount.expected.unwrap_or(amount.low).round() as u64)
}

/// Writes each thing that ways leave uncertain once, with the numbers of these ways.
fn write_leaves(output: &mut TextReport, report: &CostReport) {
    let mut all: Vec<(String, Vec<usize>)> = Vec::new();
    for (at, way) in report.ways.iter().enumerate() {
        for sentence in way.leaves.iter().map(leaves_sentence) {
            match all.iter_mut().find(|(known, _)| *known == sentence) {
                Some((_, ways)) => ways.push(at + 1),
                None => all.push((sentence, vec![at + 1])),
            }
        }
    }
    for (sentence, ways) in all {
        output.paragraph(2, &format!("{}: {sentence}", numbers(&ways)));
    }
}

/// Returns ascending numbers, several in a row as `2–5`.
fn numbers(ways: &[usize]) -> String {
    let rows = ways.chunk_by(|one, next| one + 1 == *next);
    let row = |row: &[usize]| match row {
        [first, .., last] => format!("{first}–{last}"),
        one => one.iter().map(ToString::to_string).collect(),
    };
    rows.map(row).collect::<Vec<String>>().join(", ")
}
