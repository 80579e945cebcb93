//! Consistency and agreement by how close a comparison is: a verdict that changes with the order is a lesser fault
//! where the two responses are equally good.

use serde::Serialize;

use crate::stats::Estimate;

/// The numbers by how close a comparison is, by one measure of closeness.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Closeness {
    /// How closeness is measured.
    pub measure: ClosenessMeasure,
    /// From the closest comparisons to the clearest.
    pub bands: Vec<ClosenessBand>,
}

/// How it is measured how close a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ClosenessMeasure {
    /// Whether people who labelled the same comparison made the same choice.
    People,
    /// The judge's own probability of the likelier system.
    Confidence,
    /// How similar the two responses are: the F1 of their words.
    Similarity,
}

/// The comparisons that are about equally close.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ClosenessBand {
    /// What they are: `divided` or `unanimous`, or the range of the measure.
    pub name: String,
    /// The least value of the measure in the band; `None` where it is not a number.
    pub low: Option<f64>,
    /// The greatest value.
    pub high: Option<f64>,
    /// How many there are.
    pub comparisons: u64,
    /// The share of them with a kept verdict.
    pub coverage: Estimate,
    /// Kept of kept, flipped and split; of a jury, over the comparisons of all its judges.
    pub consistency: Estimate,
    /// Agreement of every reply with the labels; `None` without labels.
    pub agreement: Option<Estimate>,
}
