//! A cascade as Markdown, for a comment on a pull request.

use super::rows::{chosen_rows, judge_lines, price_format, rule_name, test_rules};
use super::sentences::cascade_headline;
use crate::cascade::{CascadeNumbers, CascadeReport};
use crate::report::markdown_page::MarkdownPage;
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::wording::Wording;
use crate::stats::Estimate;

/// Returns the report as Markdown: the chosen rule on the test part first, then all rules on the dev part, folded.
pub fn cascade_markdown(report: &CascadeReport, wording: Wording) -> String {
    let mut page = MarkdownPage::default();
    for (at, sentence) in cascade_headline(report).iter().enumerate() {
        if at == 0 { page.strong(sentence) } else { page.paragraph(sentence) }
    }
    page.list(judge_lines(report));
    let price = price_format(report.dev.rules.iter().chain(test_rules(report)));
    if let Some(test) = &report.test {
        let looks = report.looks.map_or(String::new(), |looks| {
            format!(", look {} with the rubric of the strong judge", count(looks))
        });
        let comparisons = counted(test.comparisons, "comparison");
        page.paragraph(&format!(
            "Test part: {comparisons}, {} labelled{looks}.",
            count(test.labelled)
        ));
        rules(&mut page, test_rules(report), price);
        page.head(&["chosen rule", "value:", "95 % interval:", "n:", ""]);
        for row in chosen_rows(&test.chosen, &test.chosen_against_strong, price) {
            let (value, interval) =
                (row.format.value(row.estimate.value), row.format.interval(row.estimate));
            page.row([row.label, &value, &interval, &count(row.estimate.n), row.note]);
        }
    }
    let dev = &report.dev;
    let title = format!(
        "all rules on the dev part: {}, {} labelled",
        counted(dev.comparisons, "comparison"),
        count(dev.labelled)
    );
    page.details(&title, |folded| rules(folded, &dev.rules, price));
    page.list(
        report
            .warnings
            .iter()
            .map(|one| format!("warning, {}: {}", one.code, wording.apply(one).message)),
    );
    page.text
}

fn rules<'a>(
    page: &mut MarkdownPage,
    rules: impl IntoIterator<Item = &'a CascadeNumbers>,
    price: NumberFormat,
) {
    page.head(&[
        "rule",
        "asked:",
        "USD/1,000:",
        "coverage:",
        "agreement:",
        "agreement, kept:",
        "κ:",
    ]);
    for one in rules {
        let percent = NumberFormat::Percent;
        page.row([
            rule_name(one.rule),
            with_interval(percent, &one.sent),
            with_interval(price, &one.cost_per_comparison_usd),
            with_interval(percent, &one.coverage),
            with_interval(percent, &one.agreement),
            with_interval(percent, &one.kept_agreement),
            with_interval(NumberFormat::Plain, &one.cohen_kappa),
        ]);
    }
}

fn with_interval(format: NumberFormat, estimate: &Estimate) -> String {
    match format.interval(estimate).as_str() {
        "" => format.value(estimate.value),
        interval => format!("{} ({interval})", format.value(estimate.value)),
    }
}
