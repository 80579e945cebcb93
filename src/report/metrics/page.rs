//! Systems by reference metrics as a page for people: what the metrics say together first, then the numbers.

use super::details::{classes, fields, items, signatures};
use super::headline::headline;
use super::numbers::{interval, titled, value};
use super::people::preferences;
use super::slices::slices;
use super::{COLUMN, MOST_COLUMNS, MetricsDocument, NAME};
use crate::metrics::{Better, MetricReport, PairDifference, Scale, SystemScore};
use crate::report::columns::{left, right, shortened};
use crate::report::page::{MOST_ROWS, Page, p_value, shown};
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
    if first.systems.len() > MOST_COLUMNS {
        return list_of_scores(page, metrics);
    }
    let names = first.systems.iter().map(|system| shortened(&shown(&system.system), COLUMN - 2));
    let header: String = names.map(|name| right(&name, COLUMN)).collect();
    page.line(format_args!("  {:NAME$}{header}", ""));
    let all = first.systems.first().map(|system| system.score.n);
    let systems = || metrics.iter().flat_map(|report| &report.systems);
    let same = metrics.iter().all(|report| report.same_items)
        && systems().all(|system| Some(system.score.n) == all);
    for report in metrics {
        let row = |cell: &dyn Fn(&SystemScore) -> String| -> String {
            report.systems.iter().map(|system| right(&cell(system), COLUMN)).collect()
        };
        let values = row(&|system| marked(report, system));
        page.line(format_args!("  {}{values}", left(&titled(report), NAME)));
        let intervals = row(&|system| interval(report.scale, &system.score));
        page.line(format_args!("  {:NAME$}{intervals}", ""));
        if !same {
            let numbers = row(&|system| format!("n = {}", count(system.score.n)));
            page.line(format_args!("  {:NAME$}{numbers}", ""));
        }
    }
    if same && let Some(n) = all {
        let lower = metrics.iter().any(|report| report.better == Some(Better::Lower));
        let lower = if lower { "; ↓ lower is better" } else { "" };
        page.line(format_args!("  each score over {}{lower}", counted(n, "item")));
    }
    page.blank();
}

fn marked(report: &MetricReport, system: &SystemScore) -> String {
    let best = if report.best.as_ref() == Some(&system.system) { "* " } else { "" };
    format!("{best}{}", value(report.scale, system.score.value))
}

/// Writes a row for each system: for more than fit side by side.
fn list_of_scores(page: &mut Page, metrics: &[MetricReport]) {
    for report in metrics {
        let title = left(&titled(report), 38);
        page.line(format_args!("  {title}{:>9}   {:<17}{:>8}", "score", "95 % interval", "n"));
        let mut systems: Vec<&SystemScore> = report.systems.iter().collect();
        let sign = if report.better == Some(Better::Lower) { 1.0 } else { -1.0 };
        let key =
            |system: &SystemScore| system.score.value.map_or(f64::INFINITY, |value| sign * value);
        systems.sort_by(|one, other| key(one).total_cmp(&key(other)));
        for system in &systems {
            let name = left(&shortened(&shown(&system.system), 34), 36);
            let n = count(system.score.n);
            page.line(format_args!(
                "    {name}{:>9}   {:<17}{n:>8}",
                marked(report, system),
                interval(report.scale, &system.score)
            ));
        }
    }
    page.blank();
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
    for report in metrics {
        let mut pairs: Vec<&PairDifference> = report.pairs.iter().collect();
        if pairs.len() > MOST_ROWS {
            let p = |pair: &PairDifference| pair.p_adjusted.unwrap_or(2.0);
            pairs.sort_by(|one, other| p(one).total_cmp(&p(other)));
        }
        for (at, pair) in pairs.into_iter().take(MOST_ROWS).enumerate() {
            let name = if at == 0 { titled(report) } else { String::new() };
            difference(page, report.scale, &name, pair);
        }
        page.more(report.pairs.len());
    }
    page.blank();
}

fn difference(page: &mut Page, scale: Scale, name: &str, pair: &PairDifference) {
    let [a, b] = pair.between.each_ref().map(|system| shortened(&shown(system), 10));
    let p = pair.p_adjusted.map_or(String::new(), p_value);
    page.line(format_args!(
        "  {}{}{:>8}  {:<16}{p}",
        left(name, NAME),
        left(&format!("{a} − {b}"), 24),
        value(scale, pair.difference.value),
        interval(scale, &pair.difference)
    ));
}
