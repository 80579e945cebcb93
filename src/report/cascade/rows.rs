//! The numbers of rules in rows.

use crate::cascade::{AgainstStrong, CascadeNumbers, CascadeReport, CascadeRule, CostSource};
use crate::report::number_format::{NumberFormat, price_decimals};
use crate::stats::Estimate;

/// A number of the chosen rule: its label, how it is written, the number and a note.
pub(super) struct NumberRow<'a> {
    pub(super) label: &'static str,
    pub(super) format: NumberFormat,
    pub(super) estimate: &'a Estimate,
    pub(super) note: &'static str,
}

/// Returns the short name of a rule: `margin < 0.4`.
pub(super) fn rule_name(rule: CascadeRule) -> String {
    match rule {
        CascadeRule::CheapAlone => "cheap alone".to_owned(),
        CascadeRule::NotKept => "not kept".to_owned(),
        CascadeRule::Margin { threshold } => format!("margin < {threshold}"),
        CascadeRule::StrongAlone => "strong alone".to_owned(),
    }
}

/// Returns what a rule does, with the names of the judges.
pub(super) fn rule_words(rule: CascadeRule, [cheap, strong]: &[String; 2]) -> String {
    match rule {
        CascadeRule::CheapAlone => format!("{cheap} alone"),
        CascadeRule::NotKept => format!("{strong} decides what {cheap} does not keep"),
        CascadeRule::Margin { threshold } => format!(
            "{strong} decides what {cheap} does not keep, or keeps with a margin below {threshold}"
        ),
        CascadeRule::StrongAlone => format!("{strong} alone"),
    }
}

/// Returns what each judge is: `cheap: gpt-4o-mini, rubric helpfulness 1.0.0, runs/a.db`.
pub(super) fn judge_lines(report: &CascadeReport) -> [String; 2] {
    [0, 1].map(|at| {
        let rubric = &report.rubrics[at];
        let side = ["cheap", "strong"][at];
        let cost = match report.costs[at] {
            CostSource::Stored => "cost from the stored tokens",
            CostSource::Given => "cost as given",
            CostSource::Unknown => "cost not known",
        };
        format!(
            "{side}: {}, rubric {} {}, {}, {cost}",
            report.judges[at], rubric.name, rubric.version, report.runs[at]
        )
    })
}

/// Returns how prices are written so that those of all rules have the same decimals.
pub(super) fn price_format<'a>(
    rules: impl IntoIterator<Item = &'a CascadeNumbers>,
) -> NumberFormat {
    let prices = rules.into_iter().filter_map(|one| one.cost_per_comparison_usd.value);
    let least = prices.filter(|price| *price > 0.0).min_by(f64::total_cmp);
    NumberFormat::UsdPerThousandWith(least.map_or(2, price_decimals))
}

/// Returns the numbers of the chosen rule on the test part that say what is gained and lost; those against the strong
/// judge alone are left out if that is the rule.
pub(super) fn chosen_rows<'a>(
    numbers: &'a CascadeNumbers,
    against: &'a AgainstStrong,
    price: NumberFormat,
) -> Vec<NumberRow<'a>> {
    let row = |label, format, estimate, note| NumberRow { label, format, estimate, note };
    let percent = NumberFormat::Percent;
    let mut rows = vec![
        row("asked of the strong", percent, &numbers.sent, "sent / comparisons"),
        row("USD per 1,000", price, &numbers.cost_per_comparison_usd, "comparisons"),
        row("coverage", percent, &numbers.coverage, "kept / comparisons"),
        row("agreement, every reply", percent, &numbers.agreement, "deciding judge"),
        row("agreement, kept", percent, &numbers.kept_agreement, "a selection"),
        row("Cohen's κ, every reply", NumberFormat::Plain, &numbers.cohen_kappa, ""),
    ];
    if numbers.rule != CascadeRule::StrongAlone {
        let points = NumberFormat::Points;
        rows.extend([
            row("agreement, difference", points, &against.agreement_difference, "to strong alone"),
            row("κ, difference", NumberFormat::Plain, &against.kappa_difference, "to strong alone"),
            row("cost", percent, &against.cost_share, "of strong alone"),
        ]);
    }
    rows
}

/// Returns the rules of the test part, the chosen one first and each rule once.
pub(super) fn test_rules(report: &CascadeReport) -> Vec<&CascadeNumbers> {
    let Some(test) = &report.test else { return Vec::new() };
    let mut rules = vec![&test.chosen];
    let alone = [&test.cheap_alone, &test.strong_alone];
    rules.extend(alone.into_iter().filter(|one| one.rule != test.chosen.rule));
    rules
}
