//! Systems by reference metrics as a page for people: what the metrics say together first, then the numbers.

use super::details::{classes, fields, items, signatures};
use super::headline::headline;
use super::numbers::{Digits, titled};
use super::people::preferences;
use super::slices::slices;
use super::{COLUMN, MetricsDocument, NAME};
use crate::metrics::{Better, MetricReport, PairDifference, SystemScore};
use crate::report::columns::{left, right, shortened, wide_enough};
use crate::report::page::{MOST_ROWS, Page, WIDTH, p_value, shown};
use crate::report::table::{count, counted};

/// Returns the page.
pub fn metrics_page(document: MetricsDocument<'_>) -> String {
    let MetricsDocument { found, people, per_item } = document;
    let mut page = Page::default();
    headline(&mut page, found, people);
    scores(&mut page, &found.metrics);
    differences(&mut page, &found.metrics);
    if let Some(people) = people {
        preferences(&mut page, people);
    }
    slices(&mut page, found);
    classes(&mut page, &found.classes);
    fields(&mut page, &found.fields);
    if let Some(scores) = found.scores.as_ref().filter(|_| per_item) {
        items(&mut page, &found.metrics, scores);
    }
    signatures(&mut page, &found.metrics);
    page.warnings(document.warnings());
    page.text
}

fn scores(page: &mut Page, metrics: &[MetricReport]) {
    let Some(first) = metrics.first() else { return };
    let all = first.systems.first().map(|system| system.score.n);
    let mut systems = metrics.iter().flat_map(|report| &report.systems);
    let same = metrics.iter().all(|report| report.same_items)
        && systems.all(|system| Some(system.score.n) == all);
    let rows: Vec<(String, Vec<String>)> =
        metrics.iter().flat_map(|report| score_rows(report, same)).collect();
    let column = wide_enough(COLUMN - 2, rows.iter().flat_map(|(_, cells)| cells)) + 2;
    if 2 + NAME + column * first.systems.len() > WIDTH {
        return list_of_scores(page, metrics);
    }
    let beside =
        |cells: &[String]| cells.iter().map(|cell| right(cell, column)).collect::<String>();
    let names = first.systems.iter().map(|system| shortened(&shown(&system.system), COLUMN - 2));
    page.line(format_args!("  {:NAME$}{}", "", beside(&names.collect::<Vec<_>>())));
    for (title, cells) in rows {
        page.line(format_args!("  {}{}", left(&title, NAME), beside(&cells)));
    }
    if same && let Some(n) = all {
        let lower = metrics.iter().any(|report| report.better == Some(Better::Lower));
        let lower = if lower { "; ↓ lower is better" } else { "" };
        page.line(format_args!("  each score over {}{lower}", counted(n, "item")));
    }
    page.blank();
}

/// Returns the rows of a metric where the systems stand side by side: its scores, their intervals, and over how
/// many items they are unless that is the `same` everywhere.
fn score_rows(report: &MetricReport, same: bool) -> Vec<(String, Vec<String>)> {
    let digits = digits_of_scores(report);
    let row = |title: String, cell: &dyn Fn(&SystemScore) -> String| {
        (title, report.systems.iter().map(cell).collect())
    };
    let mut rows = vec![
        row(titled(report), &|system| marked(report, digits, system)),
        row(String::new(), &|system| digits.interval(&system.score)),
    ];
    if !same {
        rows.push(row(String::new(), &|system| format!("n = {}", count(system.score.n))));
    }
    rows
}

fn digits_of_scores(report: &MetricReport) -> Digits {
    Digits::of(report.scale, report.systems.iter().map(|system| &system.score))
}

fn marked(report: &MetricReport, digits: Digits, system: &SystemScore) -> String {
    let best = if report.best.as_ref() == Some(&system.system) { "* " } else { "" };
    format!("{best}{}", digits.value(system.score.value))
}

/// Writes a row for each system: for more than fit side by side.
fn list_of_scores(page: &mut Page, metrics: &[MetricReport]) {
    let listed: Vec<(&MetricReport, Vec<[String; 4]>)> =
        metrics.iter().map(|report| (report, listed_scores(report))).collect();
    let widest = |at: usize, least: usize| {
        let rows = listed.iter().flat_map(|(_, rows)| rows);
        wide_enough(least, rows.map(|cells| &cells[at]))
    };
    let (score, interval, n) = (widest(1, 9), widest(2, 17), widest(3, 7) + 1);
    let name = (WIDTH - 4 - score - 3 - interval - n).min(36);
    for (report, rows) in &listed {
        page.line(format_args!(
            "  {}{:>score$}   {:<interval$}{:>n$}",
            left(&titled(report), name + 2),
            "score",
            "95 % interval",
            "n"
        ));
        for [system, value, between, number] in rows {
            page.line(format_args!(
                "    {}{value:>score$}   {between:<interval$}{number:>n$}",
                left(&shortened(system, name - 2), name)
            ));
        }
    }
    page.blank();
}

/// Returns name, score, interval and n of every system, the best score first.
fn listed_scores(report: &MetricReport) -> Vec<[String; 4]> {
    let sign = if report.better == Some(Better::Lower) { 1.0 } else { -1.0 };
    let key = |system: &SystemScore| system.score.value.map_or(f64::INFINITY, |value| sign * value);
    let mut systems: Vec<&SystemScore> = report.systems.iter().collect();
    systems.sort_by(|one, other| key(one).total_cmp(&key(other)));
    let digits = digits_of_scores(report);
    let cells = |system: &SystemScore| {
        let SystemScore { system: name, score, .. } = system;
        [shown(name), marked(report, digits, system), digits.interval(score), count(score.n)]
    };
    systems.into_iter().map(cells).collect()
}

fn differences(page: &mut Page, metrics: &[MetricReport]) {
    if metrics.iter().all(|report| report.pairs.is_empty()) {
        return;
    }
    page.line(format_args!(
        "  paired differences, over the items that both have answered; p by exchanging"
    ));
    page.line(format_args!(
        "  the two systems' responses, adjusted over the pairs of each metric (Holm)"
    ));
    let listed: Vec<Vec<[String; 5]>> = metrics.iter().map(listed_differences).collect();
    let widest = |at: usize, least: usize| {
        wide_enough(least, listed.iter().flatten().map(|cells| &cells[at]))
    };
    let (value, interval, p) = (widest(2, 8), widest(3, 15) + 1, widest(4, 9));
    let between = (WIDTH - 2 - NAME - value - 2 - interval - p).min(24);
    let system = (between - 4) / 2;
    for (report, rows) in metrics.iter().zip(&listed) {
        let mut title = titled(report);
        for [a, b, difference, spread, adjusted] in rows {
            let systems = format!("{} − {}", shortened(a, system), shortened(b, system));
            page.line(format_args!(
                "  {}{}{difference:>value$}  {spread:<interval$}{adjusted}",
                left(&title, NAME),
                left(&systems, between)
            ));
            title.clear();
        }
        page.more(report.pairs.len());
    }
    page.blank();
}

/// Returns the two systems, their difference, its interval and its p of the pairs of a metric; of many those
/// with the least p.
fn listed_differences(report: &MetricReport) -> Vec<[String; 5]> {
    let mut pairs: Vec<&PairDifference> = report.pairs.iter().collect();
    if pairs.len() > MOST_ROWS {
        let p = |pair: &PairDifference| pair.p_adjusted.unwrap_or(2.0);
        pairs.sort_by(|one, other| p(one).total_cmp(&p(other)));
        pairs.truncate(MOST_ROWS);
    }
    let digits = Digits::of(report.scale, pairs.iter().map(|pair| &pair.difference));
    let cells = |pair: &PairDifference| {
        let [a, b] = pair.between.each_ref().map(|system| shown(system));
        let (value, interval) =
            (digits.value(pair.difference.value), digits.interval(&pair.difference));
        [a, b, value, interval, pair.p_adjusted.map_or(String::new(), p_value)]
    };
    pairs.into_iter().map(cells).collect()
}
