//! What an evaluation found.

use serde::Serialize;

use super::flaws::Flaw;
use crate::error::Warning;
use crate::metrics::metric::{Better, Metric, Scale};
use crate::stats::Estimate;

/// Scores of systems with their intervals, and what to mind about them.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// By metric, in the order they were asked for.
    pub metrics: Vec<MetricReport>,
    /// The same within slices of the items, by tag.
    pub slices: Vec<MetricSlice>,
    /// By system, where metrics of classes were asked for.
    pub classes: Vec<ClassReport>,
    /// By field of the references, where that was asked for.
    pub fields: Vec<FieldReport>,
    /// Every response with its own scores, where they were kept.
    pub scores: Option<Scores>,
    /// Tags by which there could be slices, the first few.
    pub tags: Vec<String>,
    /// Items that were read.
    pub items: u64,
    /// What to mind, and what to do about it.
    pub warnings: Vec<Warning>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricReport {
    /// Its name.
    pub metric: String,
    /// What must be said with a score so that others can reproduce it.
    pub signature: String,
    /// Which way is better; `None` for what only describes.
    pub better: Option<Better>,
    /// Its scale.
    #[serde(skip)]
    pub scale: Scale,
    /// The score of each system, in byte order of the names.
    pub systems: Vec<SystemScore>,
    /// Whether these scores are all over the same items.
    #[serde(skip)]
    pub same_items: bool,
    /// Each two systems, on the items that both have answered.
    pub pairs: Vec<PairDifference>,
    /// The system that is better than every other one: the interval of each difference excludes 0, and its
    /// adjusted p-value is at most 0.05.
    pub best: Option<String>,
}

/// The score of a system.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemScore {
    /// Its name.
    pub system: String,
    /// Its score; `n` items.
    pub score: Estimate,
    /// What it lacks.
    #[serde(skip)]
    pub(super) flaw: Option<Flaw>,
}

/// Two systems on the items that both have answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairDifference {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The score of the first minus that of the second.
    pub difference: Estimate,
    /// Two-sided p-value of no difference, by exchanging the two systems' responses.
    pub p_value: Option<f64>,
    /// The same after Holm's adjustment over all pairs of systems; in slices over all slices, too, but for those
    /// with too few items to find anything in, where there is none.
    pub p_adjusted: Option<f64>,
    /// What the difference lacks.
    #[serde(skip)]
    pub(super) flaw: Option<Flaw>,
}

/// One metric on the items that have a tag with a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSlice {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// The metric.
    pub metric: String,
    /// The score of each system.
    pub systems: Vec<SystemScore>,
    /// Each two systems.
    pub pairs: Vec<PairDifference>,
}

impl MetricSlice {
    /// Returns the least adjusted p-value of its pairs.
    pub fn least_p(&self) -> Option<f64> {
        self.pairs.iter().filter_map(|pair| pair.p_adjusted).min_by(f64::total_cmp)
    }
}

/// The classes that a system named.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassReport {
    /// The system.
    pub system: String,
    /// By class of the references, in byte order.
    pub classes: Vec<ClassRow>,
    /// `counts[i][j]`: the response named `classes[i]`, the reference `classes[j]`.
    pub confusion: Vec<Vec<u64>>,
    /// `elsewhere[j]`: the response named none of the classes, the reference `classes[j]`.
    pub elsewhere: Vec<u64>,
}

/// One class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassRow {
    /// Its name.
    pub class: String,
    /// How much of what was put in it belongs there; 0 where nothing was.
    pub precision: f64,
    /// How much of it was found.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
    /// Items whose reference it is. Of several references it is the one that was named, else the first.
    pub n: u64,
}

/// One field of the references.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldReport {
    /// Its path.
    pub field: String,
    /// The share of each system that is right; `n` is how many items have the field in their
    /// reference, however often.
    pub systems: Vec<SystemScore>,
}

/// Every response with its own scores.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    /// The metrics.
    pub metrics: Vec<Metric>,
    /// The systems, in byte order.
    pub systems: Vec<String>,
    /// The items that were kept, in the order of the file.
    pub items: Vec<String>,
    /// The responses, item by item, and by system within each.
    pub responses: Vec<ResponseScores>,
    /// How many comparisons of two responses to an item there are, those to items that were not kept among them.
    pub comparisons: u64,
    /// Why a program gave some no score.
    pub failures: Vec<Failed>,
}

/// One response with its own scores.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseScores {
    /// Its item, by number.
    pub item: u32,
    /// Its system, by number.
    pub system: u32,
    /// By metric; `None` where it has none: no reference, a metric of classes, or a program that failed.
    pub values: Vec<Option<f64>>,
}

/// Why a response has no score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The item's id.
    pub id: String,
    /// The system.
    pub system: String,
    /// The metric, by number.
    pub metric: u32,
    /// Why, in one line.
    pub why: String,
}
