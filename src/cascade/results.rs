//! What a cascade would have cost, and how often it would have agreed with people.

use serde::Serialize;

use crate::diff::{RubricVersion, repeated_look};
use crate::error::Warning;
use crate::stats::Estimate;
use crate::verdict::CascadeRule;

/// The version of the documented JSON of [`CascadeReport`].
pub const SCHEMA: u32 = 1;

/// The rules of a cascade of two judges, replayed from stored replies. Every list of two is that of the cheap judge and
/// that of the strong one.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CascadeReport {
    /// The version of this document.
    pub schema: u32,
    /// The run files.
    pub runs: [String; 2],
    /// The judges.
    pub judges: [String; 2],
    /// The rubrics, by name and version.
    pub rubrics: [RubricVersion; 2],
    /// How often each run asked each order.
    pub repeats: [u32; 2],
    /// Where the costs are from.
    pub costs: [CostSource; 2],
    /// How much less often than the best rule the chosen one may agree with people on the dev part, as a share.
    pub loss: f64,
    /// Comparisons that both judges were asked about, with the same texts. All numbers are about these.
    pub comparisons: u64,
    /// Comparisons that only one of the runs has.
    pub only: [u64; 2],
    /// Comparisons with other texts in the strong run.
    pub texts_changed: u64,
    /// The ids of the first few of these.
    pub texts_changed_ids: Vec<String>,
    /// Comparisons that are still to be asked in one of the runs.
    pub pending: u64,
    /// How many thresholds of the margin there are on the dev part; `dev` has some of them if they are many.
    pub thresholds: u64,
    /// People who labelled any of the comparisons.
    pub annotators: u64,
    /// Labels of other comparisons, which were ignored.
    pub labels_unmatched: u64,
    /// The rule that the dev part chose.
    pub chosen: ChosenRule,
    /// All rules on the dev part.
    pub dev: DevNumbers,
    /// The chosen rule and each judge alone on the test part; `None` where only the dev part is looked at.
    pub test: Option<TestNumbers>,
    /// How often the test part was looked at with the rubric of the strong run, this time included.
    pub looks: Option<u64>,
    /// What changes how these numbers may be used.
    pub warnings: Vec<Warning>,
}

/// Where the cost of a judge is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CostSource {
    /// From the stored tokens, at the price that the judge had.
    Stored,
    /// It was given.
    Given,
    /// It is not known.
    Unknown,
}

/// The rule that was chosen, and the best one that it was measured by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChosenRule {
    /// The cheapest rule whose agreement on the dev part is within the loss of the best one. Where the cost of a judge
    /// is not known, a rule is cheaper if it sends less to the strong judge.
    pub rule: CascadeRule,
    /// Its threshold.
    pub threshold: Option<f64>,
    /// Its agreement on the dev part.
    pub agreement: Estimate,
    /// How many rules are within the loss.
    pub within_loss: u64,
    /// The rule with the best agreement on the dev part; the cheapest of several.
    pub best: CascadeRule,
    /// Its threshold.
    pub best_threshold: Option<f64>,
    /// Its agreement on the dev part.
    pub best_agreement: Estimate,
}

/// What a rule costs and how often it agrees with people, on one part.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CascadeNumbers {
    /// The rule.
    pub rule: CascadeRule,
    /// Its threshold; `None` for a rule without one.
    pub threshold: Option<f64>,
    /// The share of comparisons that the strong judge is asked about; exactly 0 or 1 for a judge alone.
    pub sent: Estimate,
    /// Requests to each judge, as many as the runs have stored for these comparisons.
    pub requests: [u64; 2],
    /// What they cost, in USD; `None` if the cost of a judge that is asked is not known.
    pub cost_usd: Option<f64>,
    /// The mean cost of a comparison, in USD.
    pub cost_per_comparison_usd: Estimate,
    /// The share of comparisons with a kept verdict of the judge that decides them.
    pub coverage: Estimate,
    /// How often the replies of the deciding judge agree with people: the mean over labelled comparisons, kept or not.
    pub agreement: Estimate,
    /// How often kept verdicts agree with people.
    pub kept_agreement: Estimate,
    /// Cohen's κ over the replies of the deciding judges, with every comparison counted once; over several pairs of
    /// systems the stratified one.
    pub cohen_kappa: Estimate,
}

/// All rules on the dev part.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct DevNumbers {
    /// Comparisons of the part.
    pub comparisons: u64,
    /// Of those, with a label.
    pub labelled: u64,
    /// Of those, without a reply of one of the judges: they are left out of agreement and κ, for all rules.
    pub unanswered: u64,
    /// Of those with a reply of both judges, without a majority of annotators: they have no share in the agreement of
    /// kept verdicts.
    pub no_majority: u64,
    /// The rules, those that send less first.
    pub rules: Vec<CascadeNumbers>,
}

/// The chosen rule and each judge alone on the test part.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TestNumbers {
    /// Comparisons of the part.
    pub comparisons: u64,
    /// Of those, with a label.
    pub labelled: u64,
    /// Of those, without a reply of one of the judges: they are left out of agreement and κ, for all rules.
    pub unanswered: u64,
    /// Of those with a reply of both judges, without a majority of annotators: they have no share in the agreement of
    /// kept verdicts.
    pub no_majority: u64,
    /// The rule that the dev part chose, which may be one of the judges alone.
    pub chosen: CascadeNumbers,
    /// The cheap judge alone.
    pub cheap_alone: CascadeNumbers,
    /// The strong judge alone.
    pub strong_alone: CascadeNumbers,
    /// The chosen rule against the strong judge alone.
    pub chosen_against_strong: AgainstStrong,
    /// The cheap judge alone against the strong one.
    pub cheap_against_strong: AgainstStrong,
}

/// A rule against the strong judge alone, on the same comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AgainstStrong {
    /// Its agreement minus that of the strong judge, paired; the interval is clustered by item.
    pub agreement_difference: Estimate,
    /// Its κ minus that of the strong judge, on the same resamples of items.
    pub kappa_difference: Estimate,
    /// Its cost divided by that of the strong judge, clustered by item; undefined if a cost is not known or the strong
    /// judge costs nothing.
    pub cost_share: Estimate,
}

impl CascadeReport {
    /// Records how often the test part has been looked at with the rubric of the strong run, this time included; from the
    /// second time on that is a warning.
    pub fn record_test_look(&mut self, looks: u64) {
        self.looks = Some(looks);
        self.warnings.extend(repeated_look(looks));
    }
}
