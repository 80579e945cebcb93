//! Which rule decides, and by which threshold.

use evenhand::calibration::{check_distributions, choose_margin};
use evenhand::report::margin_choice_sentence;
use evenhand::store::RunFile;
use evenhand::verdict::DecisionRule;
use evenhand::{Error, Result};

use super::arguments::{RuleName, Verdicts};
use super::print_note;

/// The share of kept verdicts that may be wrong, unless the command says otherwise.
const MAX_ERROR: f64 = 0.1;

/// Returns the share of wrong verdicts that the margin rule may have, if that is the rule.
///
/// # Errors
///
/// A share is named for another rule.
pub(super) fn margin_max_error(rule: RuleName, max_error: Option<f64>) -> Result<Option<f64>> {
    match rule {
        RuleName::Margin => Ok(Some(max_error.unwrap_or(MAX_ERROR))),
        RuleName::BothOrders if max_error.is_some() => Err(without_margin("--max-error")),
        RuleName::BothOrders => Ok(None),
    }
}

/// Returns the rule by which verdicts are printed. Prints a note with the threshold if the labels choose it.
///
/// # Errors
///
/// The flags contradict each other, the labels give no threshold, or the judge has no distribution over the answers.
pub(super) fn rule(arguments: &Verdicts, run: &RunFile) -> Result<DecisionRule> {
    let Verdicts { decide, threshold, max_error, labels, judge, .. } = arguments;
    let Some(max_error) = margin_max_error(*decide, *max_error)? else {
        let flags = [("--threshold", threshold.is_some()), ("--labels", labels.path.is_some())];
        return match flags.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(without_margin(flag)),
            None => Ok(DecisionRule::BothOrders),
        };
    };
    // `all` is a single judge where the run has no other.
    let judge = match judge.as_deref() {
        Some("all") if run.judges().len() == 1 => None,
        Some("all") => Some("jury"),
        judge => judge,
    };
    match (threshold, labels.file()) {
        (Some(threshold), _) => {
            check_distributions(run, judge)?;
            Ok(DecisionRule::Margin { threshold: *threshold })
        }
        (None, Some(labels)) => {
            let choice = choose_margin(run, &labels, judge, max_error)?;
            let sentence = margin_choice_sentence(&choice);
            let Some(found) = choice.threshold else {
                return Err(Error::input(sentence.trim_end_matches('.').replacen("The", "the", 1)).hint(
                    "name a threshold of your own, which guarantees nothing: --threshold X; or keep the default rule",
                ));
            };
            print_note(format_args!("{sentence}"));
            Ok(DecisionRule::Margin { threshold: found.threshold })
        }
        (None, None) => Err(Error::usage("--decide margin needs a threshold")
            .hint("choose one by labels: --labels FILE; or name one: --threshold X")),
    }
}

/// Checks that no flag of another rule is given for a run of grades, which both directions of the scale decide.
///
/// # Errors
///
/// There is one.
pub(super) fn check_no_rule_of_comparisons(arguments: &Verdicts) -> Result<()> {
    let Verdicts { decide, threshold, max_error, labels, .. } = arguments;
    let flags = [
        ("--decide margin", *decide == RuleName::Margin),
        ("--threshold", threshold.is_some()),
        ("--max-error", max_error.is_some()),
        ("--labels", labels.path.is_some()),
    ];
    match flags.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Error::usage(format!(
            "{flag} is about verdicts on comparisons, and this run has grades of single responses"
        ))
        .hint("a grade is kept where both directions of the scale give it; leave the flag out")),
        None => Ok(()),
    }
}

fn without_margin(flag: &str) -> Error {
    Error::usage(format!("{flag} is about the margin rule")).hint("add --decide margin")
}
