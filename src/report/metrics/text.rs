//! The text report of an evaluation: the conclusion first, then the numbers.

use super::classes::classes;
use super::differences::Differences;
use super::fields::fields;
use super::grades::grades;
use super::headline::{each_score, encoder_note, headline, same_items};
use super::items::items;
use super::numbers::{Digits, titles};
use super::preferences::preferences;
use super::selection::ShownMetrics;
use super::signatures::signatures;
use super::slices::slices;
use super::system_names::SystemNames;
use super::{COLUMN, MetricLabels, MetricsDocument, NAME};
use crate::metrics::{Better, MetricReport, SystemScore};
use crate::report::columns::{column_width, pad_left, pad_right};
use crate::report::quantities::count;
use crate::report::text_report::{TextReport, WIDTH, printable};

/// Returns the report of an evaluation as text for a terminal of 80 columns.
pub fn metrics_text(document: MetricsDocument<'_>) -> String {
    let MetricsDocument { evaluation, labels, per_item, wording, .. } = document;
    let mut output = TextReport::new(wording);
    let shown = ShownMetrics::of(document);
    let differences = Differences::of(&shown.differences);
    let systems = SystemNames::of(evaluation, differences.max_short_name());
    headline(&mut output, (evaluation.items, &shown.scores), labels.is_some(), &systems);
    scores(&mut output, &shown.scores, &systems);
    if let Some(note) = encoder_note(evaluation) {
        output.paragraph(2, &printable(&note));
        output.blank();
    }
    differences.write(&mut output, &systems);
    if let Some(left_out) = shown.left_out {
        output.paragraph(2, &left_out);
        output.blank();
    }
    match labels {
        Some(MetricLabels::Comparisons(report)) => preferences(&mut output, report),
        Some(MetricLabels::Grades(report)) => grades(&mut output, report),
        None => {}
    }
    slices(&mut output, evaluation, &systems);
    classes(&mut output, &evaluation.classes, &systems);
    fields(&mut output, &evaluation.fields, &systems);
    if let Some(scores) = evaluation.scores.as_ref().filter(|_| per_item) {
        items(&mut output, &evaluation.metrics, scores, &systems);
    }
    signatures(&mut output, &shown.scores);
    let warnings: Vec<_> = document.warnings().collect();
    output.warnings(warnings.iter().map(AsRef::as_ref));
    output.text
}

/// Writes the scores: systems side by side if they fit, otherwise one below the other.
fn scores(output: &mut TextReport, metrics: &[MetricReport], names: &SystemNames) {
    let Some(first) = metrics.first() else { return };
    let same = same_items(metrics).is_some();
    let rows: Vec<Vec<Vec<String>>> =
        metrics.iter().map(|report| score_rows(report, same)).collect();
    let column = column_width(COLUMN - 2, rows.iter().flatten().flatten()) + 2;
    let room = (WIDTH - 2).saturating_sub(column * first.systems.len());
    if room < NAME {
        return score_list(output, metrics, names);
    }
    let titles = titles(metrics.iter(), room);
    let name = column_width(NAME, &titles);
    let join =
        |cells: &[String]| cells.iter().map(|cell| pad_left(cell, column)).collect::<String>();
    let systems = first.systems.iter().map(|system| system.system.as_str());
    names.write_header(output, ("", name), (systems, column), "");
    for (mut title, rows) in titles.into_iter().zip(rows) {
        for cells in rows {
            output.line(format_args!("  {}{}", pad_right(&title, name), join(&cells)));
            title.clear();
        }
    }
    if let Some(each) = each_score(metrics) {
        output.line(format_args!("  {each}"));
    }
    output.blank();
}

/// Returns the rows of a metric with a cell for each system: scores, intervals and, unless it is the `same`
/// for all scores, the number of items.
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

/// Formats a score; the score of the best system is marked.
fn marked(report: &MetricReport, digits: Digits, system: &SystemScore) -> String {
    let best = if report.best.as_ref() == Some(&system.system) { "* " } else { "" };
    format!("{best}{}", digits.value(system.score.value))
}

/// Writes a row for each system of each metric.
fn score_list(output: &mut TextReport, metrics: &[MetricReport], names: &SystemNames) {
    let listed: Vec<Vec<[String; 4]>> = metrics.iter().map(listed_scores).collect();
    let widest = |at: usize, least: usize| {
        column_width(least, listed.iter().flatten().map(|cells| &cells[at]))
    };
    let (score, interval, n) = (widest(1, 9), widest(2, 17), widest(3, 7) + 1);
    let name = (WIDTH - 4 - score - 3 - interval - n).min(36);
    let titles = titles(metrics.iter(), name + 2);
    for (rows, title) in listed.iter().zip(titles) {
        output.line(format_args!(
            "  {}{:>score$}   {:<interval$}{:>n$}",
            pad_right(&title, name + 2),
            "score",
            "95 % interval",
            "n"
        ));
        for [system, value, range, number] in rows {
            let system = pad_right(&names.within(system, name - 2), name);
            output
                .line(format_args!("    {system}{value:>score$}   {range:<interval$}{number:>n$}"));
        }
    }
    output.blank();
}

/// Returns name, score, interval and number of items of every system, the best score first.
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
