//! What a session labels, and who does.

use super::stopping::StoppingRule;
use crate::calibration::SampleDesign;

/// What is labelled, by whom.
#[derive(Debug, Clone, Default)]
pub struct FormOptions {
    /// How many comparisons are drawn; `None` takes what the label file asks, or else all comparisons.
    pub n: Option<usize>,
    /// The seed of the draw, of the order and of what is asked twice.
    pub seed: u64,
    /// How likely each comparison is drawn.
    pub design: SampleDesign,
    /// The judge whose answers a draw looks at; `None` is the only one, or the jury.
    pub judge: Option<String>,
    /// Who labels.
    pub annotators: Vec<String>,
    /// How many comparisons everybody labels; the others are divided among them. `None` is 30.
    pub overlap: Option<usize>,
    /// How many comparisons are asked once more later, of each annotator.
    pub repeats: usize,
    /// How many times each annotator sees one response on both sides.
    pub equal_pairs: usize,
    /// Whether only comparisons or responses on which others disagree are shown, to decide them.
    pub adjudicate: bool,
    /// When enough is labelled; `None` labels everything.
    pub stopping: Option<StoppingRule>,
}

impl FormOptions {
    /// Returns whether anything is to be drawn.
    pub(super) fn draws(&self) -> bool {
        self.n.is_some()
            || self.design != SampleDesign::Random
            || self.overlap.is_some()
            || self.repeats > 0
            || self.equal_pairs > 0
    }
}
