//! Systems by reference metrics as a page for people: what the metrics say together first, then the numbers.

use super::details::{classes, fields, signatures};
use super::differences::Differences;
use super::headline::{each_score, headline, same_items};
use super::items::items;
use super::numbers::{Digits, titles};
use super::people::preferences;
use super::slices::slices;
use super::systems::Systems;
use super::{COLUMN, MetricsDocument, NAME};
use crate::metrics::{Better, MetricReport, SystemScore};
use crate::report::columns::{left, right, wide_enough};
use crate::report::page::{Page, WIDTH};
use crate::report::quantities::count;

/// Returns the page.
pub fn metrics_page(document: MetricsDocument<'_>) -> String {
    let MetricsDocument { found, people, per_item } = document;
    let mut page = Page::default();
    let differences = Differences::of(&found.metrics);
    let systems = Systems::of(found, differences.short());
    headline(&mut page, found, people, &systems);
    scores(&mut page, &found.metrics, &systems);
    differences.write(&mut page, &systems);
    if let Some(people) = people {
        preferences(&mut page, people);
    }
    slices(&mut page, found, &systems);
    classes(&mut page, &found.classes, &systems);
    fields(&mut page, &found.fields, &systems);
    if let Some(scores) = found.scores.as_ref().filter(|_| per_item) {
        items(&mut page, &found.metrics, scores, &systems);
    }
    signatures(&mut page, &found.metrics);
    let warnings: Vec<_> = document.warnings().collect();
    page.warnings(warnings.iter().map(AsRef::as_ref));
    page.text
}

fn scores(page: &mut Page, metrics: &[MetricReport], names: &Systems) {
    let Some(first) = metrics.first() else { return };
    let same = same_items(metrics).is_some();
    let rows: Vec<Vec<Vec<String>>> =
        metrics.iter().map(|report| score_rows(report, same)).collect();
    let column = wide_enough(COLUMN - 2, rows.iter().flatten().flatten()) + 2;
    let room = (WIDTH - 2).saturating_sub(column * first.systems.len());
    if room < NAME {
        return list_of_scores(page, metrics, names);
    }
    let titles = titles(metrics.iter(), room);
    let name = wide_enough(NAME, &titles);
    let beside =
        |cells: &[String]| cells.iter().map(|cell| right(cell, column)).collect::<String>();
    let systems = first.systems.iter().map(|system| system.system.as_str());
    names.over_columns(page, ("", name), (systems, column), "");
    for (mut title, rows) in titles.into_iter().zip(rows) {
        for cells in rows {
            page.line(format_args!("  {}{}", left(&title, name), beside(&cells)));
            title.clear();
        }
    }
    if let Some(each) = each_score(metrics) {
        page.line(format_args!("  {each}"));
    }
    page.blank();
}

/// Returns the rows of a metric where the systems stand side by side: its scores, their intervals, and over how
/// many items they are unless that is the `same` everywhere.
fn score_rows(report: &MetricReport, same: bool) -> Vec<Vec<String>> {
    let digits = digits_of_scores(report);
    let row = |cell: &dyn Fn(&SystemScore) -> String| report.systems.iter().map(cell).collect();
    let mut rows = vec![
        row(&|system| marked(report, digits, system)),
        row(&|system| digits.interval(&system.score)),
    ];
    if !same {
        rows.push(row(&|system| format!("n = {}", count(system.score.n))));
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
fn list_of_scores(page: &mut Page, metrics: &[MetricReport], names: &Systems) {
    let listed: Vec<Vec<[String; 4]>> = metrics.iter().map(listed_scores).collect();
    let widest = |at: usize, least: usize| {
        wide_enough(least, listed.iter().flatten().map(|cells| &cells[at]))
    };
    let (score, interval, n) = (widest(1, 9), widest(2, 17), widest(3, 7) + 1);
    let name = (WIDTH - 4 - score - 3 - interval - n).min(36);
    let titles = titles(metrics.iter(), name + 2);
    for (rows, title) in listed.iter().zip(titles) {
        page.line(format_args!(
            "  {}{:>score$}   {:<interval$}{:>n$}",
            left(&title, name + 2),
            "score",
            "95 % interval",
            "n"
        ));
        for [system, value, between, number] in rows {
            let system = left(&names.within(system, name - 2), name);
            page.line(format_args!(
                "    {system}{value:>score$}   {between:<interval$}{number:>n$}"
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
        [name.clone(), marked(report, digits, system), digits.interval(score), count(score.n)]
    };
    systems.into_iter().map(cells).collect()
}
