//! What a cascade costs and loses, in sentences.

use super::rows::rule_words;
use crate::cascade::{
    AgainstStrong, CascadeNumbers, CascadeReport, CascadeRule, ChosenRule, TestNumbers,
};
use crate::error::capitalised;
use crate::report::number_format::{NumberFormat, percent};
use crate::report::quantities::counted;
use crate::stats::Estimate;

/// Returns the sentences to quote: what the chosen rule costs and loses on the test part, and how it was chosen.
pub fn cascade_headline(report: &CascadeReport) -> Vec<String> {
    let first = match &report.test {
        Some(test) => on_test(report, test),
        None => on_dev(report),
    };
    vec![first, chosen_by(report)]
}

/// Returns the names of both judges; judges of the same name are shown with their rubrics or runs.
pub(super) fn judge_names(report: &CascadeReport) -> [String; 2] {
    let [cheap, strong] = &report.judges;
    if cheap != strong {
        return report.judges.clone();
    }
    let rubrics = report.rubrics.each_ref().map(|one| format!("{} {}", one.name, one.version));
    let apart = if rubrics[0] == rubrics[1] { report.runs.clone() } else { rubrics };
    [0, 1].map(|at| format!("{} ({})", report.judges[at], apart[at]))
}

/// Says what the chosen rule does on the test part, against the strong judge alone.
fn on_test(report: &CascadeReport, test: &TestNumbers) -> String {
    let [cheap, strong] = judge_names(report);
    let against = &test.chosen_against_strong;
    match report.chosen.rule {
        CascadeRule::StrongAlone => {
            let agreement = share(&test.chosen.agreement);
            format!(
                "No cascade is cheaper within the loss: {strong} alone agrees with people {agreement} on the test part."
            )
        }
        CascadeRule::CheapAlone => {
            let costs =
                costs(against, &strong).map_or(String::new(), |costs| format!("{costs}, and "));
            let loses = loses(against);
            capitalised(&format!("{cheap} alone {costs}{loses}, on the test part."))
        }
        CascadeRule::NotKept | CascadeRule::Margin { .. } => {
            let asks = asks(&test.chosen, &strong);
            let costs = costs(against, &format!("{strong} alone"));
            let costs = costs.map_or(String::new(), |costs| format!(", {costs}"));
            let loses = loses(against);
            format!("The cascade {asks}{costs}, and {loses}, on the test part.")
        }
    }
}

/// Says what the chosen rule does where only the dev part is looked at.
fn on_dev(report: &CascadeReport) -> String {
    let [cheap, strong] = judge_names(report);
    let chosen = &report.chosen;
    let agreement = share(&chosen.agreement);
    let numbers = report
        .dev
        .rules
        .iter()
        .find(|one| one.rule == chosen.rule && one.threshold == chosen.threshold);
    let subject = match (chosen.rule, numbers) {
        (CascadeRule::CheapAlone, _) => format!("{cheap} alone"),
        (CascadeRule::StrongAlone, _) | (_, None) => format!("{strong} alone"),
        (_, Some(numbers)) => format!("The cascade {}, and", asks(numbers, &strong)),
    };
    format!("{subject} agrees with people {agreement} on the dev part, by which it was chosen.")
}

fn asks(numbers: &CascadeNumbers, strong: &str) -> String {
    format!("asks {strong} about {} of comparisons", percent(numbers.sent.value))
}

fn costs(against: &AgainstStrong, strong: &str) -> Option<String> {
    let share = against.cost_share.value?;
    Some(format!("costs {} of {strong}", percent(Some(share))))
}

/// Says how much less or more often a rule agrees with people than the strong judge alone.
fn loses(against: &AgainstStrong) -> String {
    let difference = &against.agreement_difference;
    let Some(value) = difference.value else {
        return "how often it agrees with people is not known".to_owned();
    };
    let points = NumberFormat::Points;
    let interval = match difference.low {
        Some(_) => format!("95 %: {}", points.interval(difference)),
        None => "no interval".to_owned(),
    };
    let size = points.value(Some(value.abs()));
    let change = match (size.as_str(), value < 0.0) {
        ("0.0", _) => return format!("agrees with people as often as it ({interval})"),
        (_, true) => "less",
        (_, false) => "more",
    };
    format!("agrees with people {size} points {change} often than it ({interval})")
}

/// Says by what the rule was chosen.
fn chosen_by(report: &CascadeReport) -> String {
    let ChosenRule { rule, agreement, within_loss, best, best_threshold, best_agreement, .. } =
        &report.chosen;
    let names = judge_names(report);
    let words = rule_words(*rule, &names);
    let loss = NumberFormat::Points.value(Some(report.loss));
    let is_best = rule == best && report.chosen.threshold == *best_threshold;
    let why = match (is_best, within_loss) {
        (true, 1) => format!("the best, and the only rule within {loss} points of it"),
        (true, several) => {
            let rules = counted(*several, "rule");
            format!("the best, and the cheapest of {rules} within {loss} points of it")
        }
        (false, several) => format!(
            "the cheapest of {} within {loss} points of the best ({}: {})",
            counted(*several, "rule"),
            percent(best_agreement.value),
            rule_words(*best, &names)
        ),
    };
    format!(
        "Chosen on the dev part: {words}, with an agreement of {} there: {why}.",
        percent(agreement.value)
    )
}

/// Returns a share with its interval in words.
fn share(estimate: &Estimate) -> String {
    match estimate.low {
        Some(_) => format!(
            "{} of the time (95 %: {})",
            percent(estimate.value),
            NumberFormat::Percent.interval(estimate)
        ),
        None => format!("{} of the time", percent(estimate.value)),
    }
}
