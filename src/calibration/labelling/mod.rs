//! What is known of each annotator: how much they labelled and how fast, how often they agree with the others and with
//! their own earlier choice, and where they differ from the others.
//!
//! These numbers describe annotators and compare them; they do not say who is right. An annotator who differs from the
//! others may be careless, or may be the only one who knows the subject. No other number of a calibration depends on them.
//! They are about people and not about the run, so every label counts equally, whatever its probability.
//!
//! What comparisons and grades have in common does not depend on what is labelled:
//!
//! ```text
//! labels ─→ Answers: who chose which category ─finish→ Observations: scores by measure, choices by panel ─→ differences
//! ```

mod answers;
mod comparisons;
mod differences;
mod observations;

pub(crate) use answers::{Answers, Asked};
pub(super) use comparisons::labelling;
pub use comparisons::{
    AnnotatorLabelling, CriterionLabels, EqualPairCounts, LabellingReport, SkippedCounts,
};
pub use differences::LabellingDifference;
pub(crate) use differences::differences;
pub(crate) use observations::{AnnotatorObservations, undefined_reasons};
pub use observations::{LabellingMeasure, Pace};
