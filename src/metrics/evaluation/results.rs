//! The results of an evaluation.

use serde::Serialize;

use super::issue::EstimateIssue;
use crate::error::Warning;
use crate::metrics::bertscore::EncoderIdentity;
use crate::metrics::metric::{Better, Metric, Scale};
use crate::stats::Estimate;

/// Scores of systems with intervals, differences, slices and warnings.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Evaluation {
    /// By metric, in the order of the settings.
    pub metrics: Vec<MetricReport>,
    /// By metric and slice of the items with a value of a tag.
    pub slices: Vec<MetricSlice>,
    /// By system, if a metric averages over classes.
    pub classes: Vec<ClassReport>,
    /// By field of the references, if a metric is [`Metric::JsonFields`].
    pub fields: Vec<FieldReport>,
    /// The scores of single responses, if they were kept.
    pub scores: Option<Scores>,
    /// Tags with several values, by which slices are possible; at most 20.
    pub tags: Vec<String>,
    /// The encoder of the metrics that compare texts by one.
    pub encoder: Option<EncoderIdentity>,
    /// The number of items.
    pub items: u64,
    /// Non-fatal problems and what to do about them, the most serious first.
    pub warnings: Vec<Warning>,
}

/// The results of one metric on all items.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MetricReport {
    /// The name of the metric.
    pub metric: String,
    /// The settings that are needed to reproduce the scores.
    pub signature: String,
    /// Whether higher or lower is better; `None` for a descriptor, which does not rank.
    pub better: Option<Better>,
    /// The scale of the scores.
    #[serde(skip)]
    pub scale: Scale,
    /// The score of each system, in byte order of the names.
    pub systems: Vec<SystemScore>,
    /// Whether the scores of all systems are over the same items.
    #[serde(skip)]
    pub same_items: bool,
    /// Every pair of systems, on the items to which both responded.
    pub pairs: Vec<PairDifference>,
    /// The system that is significantly better than every other one: the interval of each difference excludes 0,
    /// and each adjusted p-value is at most 0.05. `None` if there is no such system.
    pub best: Option<String>,
}

/// The score of a system.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemScore {
    /// The name of the system.
    pub system: String,
    /// The score with its 95 % interval, over `n` items.
    pub score: Estimate,
    /// What is missing or unreliable about the score.
    #[serde(skip)]
    pub(super) issue: Option<EstimateIssue>,
}

/// The difference of two systems on the items to which both responded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairDifference {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The score of the first minus that of the second, with its 95 % interval.
    pub difference: Estimate,
    /// The two-sided p-value of the hypothesis of no difference, by a permutation test that exchanges the
    /// responses of the two systems; `None` if it is undefined.
    pub p_value: Option<f64>,
    /// The p-value adjusted by Holm's method over all pairs of systems, in slices also over all slices with at
    /// least [`MIN_ITEMS_TO_TEST`](crate::metrics::MIN_ITEMS_TO_TEST) items; smaller slices have none.
    pub p_adjusted: Option<f64>,
    /// What is missing or unreliable about the difference.
    #[serde(skip)]
    pub(super) issue: Option<EstimateIssue>,
}

/// The results of one metric on the items with one value of a tag.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MetricSlice {
    /// The tag.
    pub tag: String,
    /// The value of the tag.
    pub value: String,
    /// The name of the metric.
    pub metric: String,
    /// The score of each system.
    pub systems: Vec<SystemScore>,
    /// Every pair of systems.
    pub pairs: Vec<PairDifference>,
}

impl MetricSlice {
    /// Returns the smallest adjusted p-value of its pairs; `None` if no pair has one.
    pub fn min_p_value(&self) -> Option<f64> {
        self.pairs.iter().filter_map(|pair| pair.p_adjusted).min_by(f64::total_cmp)
    }
}

/// The scores and confusions of the classes of one system.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClassReport {
    /// The name of the system.
    pub system: String,
    /// By class of the references, in byte order.
    pub classes: Vec<ClassRow>,
    /// `confusion[i][j]`: the number of items whose response has `classes[i]` and whose reference has
    /// `classes[j]`.
    pub confusion: Vec<Vec<u64>>,
    /// `elsewhere[j]`: the number of items whose response has none of the classes and whose reference has
    /// `classes[j]`.
    pub elsewhere: Vec<u64>,
}

/// The scores of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassRow {
    /// The name of the class.
    pub class: String,
    /// The share of the responses with the class that are right; 0 if no response has it.
    pub precision: f64,
    /// The share of the references with the class that were found.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The number of items whose reference has the class. Of several references the one that the response named
    /// counts, otherwise the first.
    pub n: u64,
}

/// The accuracy of one field of the references.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldReport {
    /// The path of the field.
    pub field: String,
    /// For each system the share of right values; `n` is the number of items whose reference has the field,
    /// however often.
    pub systems: Vec<SystemScore>,
}

/// The scores of single responses.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Scores {
    /// The metrics.
    pub metrics: Vec<Metric>,
    /// The systems, in byte order.
    pub systems: Vec<String>,
    /// The ids of the items whose scores were kept, in file order.
    pub items: Vec<String>,
    /// The responses, ordered by item, and by system name within an item.
    pub responses: Vec<ResponseScores>,
    /// The number of pairs of responses to the same item, including items whose scores were not kept.
    pub comparisons: u64,
    /// The number of responses, including those of items whose scores were not kept.
    pub all_responses: u64,
    /// The scores that programs did not give, with the reasons.
    pub missing: Vec<MissingScore>,
}

/// The scores of one response.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseScores {
    /// The item, an index into [`Scores::items`].
    pub item: u32,
    /// The system, an index into [`Scores::systems`].
    pub system: u32,
    /// By metric; `None` if the item has no suitable reference, the metric is an average over classes, or a
    /// program gave no score.
    pub values: Vec<Option<f64>>,
}

/// A score that a program did not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingScore {
    /// The id of the item.
    pub id: String,
    /// The name of the system.
    pub system: String,
    /// The metric, an index into [`Scores::metrics`].
    pub metric: u32,
    /// The reason, in one line.
    pub reason: String,
}
