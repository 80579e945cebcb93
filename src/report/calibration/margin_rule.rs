//! The margin rule in words, and both rules beside each other in rows.

use crate::calibration::{MarginChoice, MarginRuleReport, NoThreshold, RuleNumbers, RulesOnTest};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::stats::Estimate;
use crate::verdict::DecisionRule;

/// The titles of [`rule_cells`].
pub(in crate::report) const RULE_TITLES: [&str; 9] = [
    "rule",
    "least margin:",
    "coverage:",
    "95 % interval",
    "n:",
    "wrong of kept:",
    "95 % interval",
    "n:",
    "wrong:",
];

/// Returns which margin a kept verdict needs by the dev part of the labels, and what that guarantees; or why there is
/// no such threshold.
pub fn margin_choice_sentence(choice: &MarginChoice) -> String {
    let MarginChoice { labelled, with_margin, fewest, .. } = choice;
    let most = share(choice.max_error);
    let dev = format!(
        "{} of the dev part, {} of them with a margin",
        counted(*labelled, "labelled comparison"),
        count(*with_margin)
    );
    if let Some(found) = &choice.threshold {
        return format!(
            "The margin rule keeps a verdict if the margin is at least {}. On the {dev}, it keeps {}, and {} of these \
             {} wrong: at most {most} of kept verdicts are, with 95 % confidence (the upper bound is {:.2} %).",
            found.threshold,
            count(found.kept),
            count(found.wrong),
            if found.wrong == 1 { "is" } else { "are" },
            found.bound * 100.0
        );
    }
    let why = match choice.no_threshold {
        Some(NoThreshold::TooFewLabels) => format!(
            "there are {dev}; at least {} with a margin are needed to show that at most {most} of kept verdicts are \
             wrong, even if none is",
            count(*fewest)
        ),
        Some(NoThreshold::UnequalProbabilities) => {
            "the labels were drawn with unequal probabilities, and no guarantee is known for these; label a sample \
             that was drawn at random"
                .to_owned()
        }
        Some(NoThreshold::SeveralComparisonsOfAnItem) => {
            "some items have several labelled comparisons, which are not independent, and no guarantee is known for \
             these; label one comparison of each item"
                .to_owned()
        }
        Some(NoThreshold::TooManyWrong) | None => format!(
            "on the {dev}, too many of the verdicts with the largest margins are wrong to show, with 95 % confidence, \
             that at most {most} of kept verdicts are"
        ),
    };
    format!("The margin rule has no threshold: {why}.")
}

/// Returns the sentence about the threshold, and the one about the test part.
pub(in crate::report) fn margin_rule_sentences(
    report: &MarginRuleReport,
    looks: Option<u64>,
) -> [String; 2] {
    let test = match &report.test {
        Some(test) => both_rules(test, looks),
        None => {
            "Only the dev part was measured; what the rule gains and costs takes the test part."
                .to_owned()
        }
    };
    [margin_choice_sentence(&report.dev), test]
}

fn both_rules(test: &RulesOnTest, looks: Option<u64>) -> String {
    let look = looks.map_or_else(String::new, |looks| format!(" (look {looks} with this rubric)"));
    let labelled = counted(test.labelled, "labelled comparison");
    let rules = if test.rules.len() == 1 { "The default rule" } else { "Both rules" };
    format!("{rules} on the {labelled} of the test part{look}:")
}

/// Returns a rule in a few words.
pub(super) fn by_rule(rule: DecisionRule) -> &'static str {
    match rule {
        DecisionRule::BothOrders => "both orders",
        DecisionRule::Margin { .. } => "by the margin",
    }
}

/// Returns what a rule does as the cells of a row; the titles are [`RULE_TITLES`].
pub(in crate::report) fn rule_cells(numbers: &RuleNumbers) -> Vec<String> {
    let threshold = numbers.threshold.map_or_else(|| "–".to_owned(), |least| least.to_string());
    let cells = |estimate: &Estimate| {
        let format = NumberFormat::Percent;
        [format.value(estimate.value), format.interval(estimate), count(estimate.n)]
    };
    let mut row = vec![by_rule(numbers.rule).to_owned(), threshold];
    row.extend(cells(&numbers.coverage));
    row.extend(cells(&numbers.error));
    row.push(count(numbers.wrong));
    row
}

/// Returns a share in percent, as it was given.
fn share(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}
