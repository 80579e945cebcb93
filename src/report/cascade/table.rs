//! A cascade as a report for a terminal of 80 columns.

use super::rows::{chosen_rows, judge_lines, price_format, rule_name, test_rules};
use super::sentences::cascade_headline;
use crate::cascade::{CascadeNumbers, CascadeReport};
use crate::report::columns::{column_width, pad_left, pad_right};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::text_report::{TextReport, printable};
use crate::report::wording::Wording;

/// The titles of the table of rules.
const TITLES: [&str; 7] =
    ["rule", "asked", "USD/1,000", "coverage", "agreement", "95 % interval", "κ"];
/// The least width of each column.
const WIDTHS: [usize; 7] = [12, 8, 9, 8, 9, 13, 6];

/// Returns the report for people: the chosen rule on the test part first, then all rules on the dev part.
pub fn cascade_table(report: &CascadeReport, wording: Wording) -> String {
    let mut page = TextReport::new(wording);
    for (at, sentence) in cascade_headline(report).iter().enumerate() {
        if at == 1 {
            page.blank();
        }
        page.paragraph(if at == 0 { 0 } else { 2 }, &printable(sentence));
    }
    page.blank();
    for line in judge_lines(report) {
        page.paragraph(2, &printable(&line));
    }
    let price = price_format(report.dev.rules.iter().chain(test_rules(report)));
    if let Some(test) = &report.test {
        page.blank();
        let looks = report.looks.map_or(String::new(), |looks| {
            format!(", look {} with the rubric of the strong judge", count(looks))
        });
        page.paragraph(
            0,
            &format!("test part: {}{looks}", labelled(test.comparisons, test.labelled)),
        );
        rules(&mut page, &test_rules(report), price, true);
        page.blank();
        page.paragraph(2, &format!("the chosen rule, {}", rule_name(test.chosen.rule)));
        page.number_titles();
        for row in chosen_rows(&test.chosen, &test.chosen_against_strong, price) {
            page.number_row(row.label, row.format, row.estimate, row.note);
        }
    }
    page.blank();
    let dev = &report.dev;
    page.paragraph(0, &format!("dev part: {}", labelled(dev.comparisons, dev.labelled)));
    let all: Vec<&CascadeNumbers> = dev.rules.iter().collect();
    rules(&mut page, &all, price, false);
    let tried = all.iter().filter(|one| one.threshold.is_some()).count() as u64;
    if tried < report.thresholds {
        page.paragraph(
            2,
            &format!("{} of {} are tried", count(tried), counted(report.thresholds, "threshold")),
        );
    }
    if !report.warnings.is_empty() {
        page.blank();
    }
    page.warnings(&report.warnings);
    page.text
}

fn labelled(comparisons: u64, labelled: u64) -> String {
    format!("{}, {} labelled", counted(comparisons, "comparison"), count(labelled))
}

/// Writes a table of rules; `with_chosen` marks the first one as the chosen rule.
fn rules(page: &mut TextReport, rules: &[&CascadeNumbers], price: NumberFormat, with_chosen: bool) {
    let titles = TITLES.map(ToOwned::to_owned);
    let rows: Vec<[String; 7]> =
        std::iter::once(titles).chain(rules.iter().map(|one| cells(one, price))).collect();
    let widths: Vec<usize> = (0..TITLES.len())
        .map(|at| column_width(WIDTHS[at], rows.iter().map(|row| &row[at])))
        .collect();
    for (at, row) in rows.iter().enumerate() {
        let numbers = row.iter().zip(&widths).skip(1);
        let numbers: Vec<String> = numbers.map(|(cell, width)| pad_left(cell, *width)).collect();
        let mark = if with_chosen && at == 1 { "*" } else { " " };
        page.line(format_args!("{mark} {} {}", pad_right(&row[0], widths[0]), numbers.join(" ")));
    }
}

fn cells(numbers: &CascadeNumbers, price: NumberFormat) -> [String; 7] {
    let percent = NumberFormat::Percent;
    [
        rule_name(numbers.rule),
        percent.value(numbers.sent.value),
        price.value(numbers.cost_per_comparison_usd.value),
        percent.value(numbers.coverage.value),
        percent.value(numbers.agreement.value),
        percent.interval(&numbers.agreement),
        NumberFormat::Plain.value(numbers.cohen_kappa.value),
    ]
}
