//! Whether the longer response is preferred, by the judge and by people.

use serde::Serialize;

use crate::stats::Estimate;

/// How often the longer response is preferred. Lengths are characters; a tie is one half.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LengthReport {
    /// How often the judge prefers the longer response, over both orders of every answered comparison; an order
    /// without a readable vote is one half. Comparisons of responses of equal length are left out.
    pub judge: Estimate,
    /// How often people do, over labelled comparisons; `None` without labels.
    pub people: Option<Estimate>,
    /// Win rates by the ratio of the lengths, for the first three pairs of systems.
    pub bands: Vec<LengthBand>,
}

/// The comparisons of a pair of systems whose lengths have about the same ratio.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LengthBand {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose wins are counted.
    pub system: String,
    /// The least ratio in the band: the length of the counted system's response to that of the other one. An
    /// empty response counts as one character.
    pub low: f64,
    /// The greatest ratio.
    pub high: f64,
    /// How many comparisons there are.
    pub comparisons: u64,
    /// The judge's order-averaged win rate of the counted system.
    pub judge: Estimate,
    /// Its win rate by the labels; `None` without labels.
    pub people: Option<Estimate>,
}

impl Default for LengthReport {
    fn default() -> Self {
        Self { judge: Estimate::undefined(0), people: None, bands: Vec::new() }
    }
}
