//! What is unusual about the labels that metrics are compared with, in the words for what is labelled.

use super::findings::FEW_LABELS;
use crate::error::{Warning, counted};
use crate::trial::Unit;

/// The labels of comparisons, or of single responses, that metrics are compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MetricLabels {
    pub(crate) unit: Unit,
    /// How many comparisons, or responses, are labelled.
    pub(crate) labelled: u64,
    /// Whether they count by the inverse of the probability with which they were drawn.
    pub(crate) weighted: bool,
    /// How many of them lack that probability, where others have one.
    pub(crate) without_probability: u64,
}

impl MetricLabels {
    /// Returns the warnings about how many there are and how they were drawn.
    pub(crate) fn warnings(self) -> Vec<Warning> {
        let Self { unit, labelled, weighted, without_probability } = self;
        let words = Words::of(unit);
        let mut all = Vec::new();
        if labelled < FEW_LABELS {
            all.push(Warning::new(
                "few-labels",
                format!(
                    "only {} labelled: intervals of agreement are too wide or too narrow to rely on",
                    counted(labelled, words.is[0], words.is[1])
                ),
            ));
        }
        if without_probability > 0 {
            all.push(Warning::new(
                "mixed-sampling",
                format!(
                    "{without_probability} of {} no `probability`, so those of the others are not used and each counts \
                     alike; copy it from the lines of the sample, or remove those labels",
                    counted(labelled, words.has[0], words.has[1])
                ),
            ));
        }
        if weighted {
            all.push(Warning::new(
                "weighted-labels",
                format!("labels were drawn with unequal probabilities, so {}", words.weighted),
            ));
        }
        all
    }
}

/// The words for what is labelled, of one and of several.
struct Words {
    is: [&'static str; 2],
    has: [&'static str; 2],
    /// Which numbers use weights.
    weighted: &'static str,
}

impl Words {
    fn of(unit: Unit) -> Self {
        match unit {
            Unit::Comparison => Self {
                is: ["comparison is", "comparisons are"],
                has: ["labelled comparison has", "labelled comparisons have"],
                weighted: "agreement, κ and coverage weight each by the comparisons it represents",
            },
            Unit::Response => Self {
                is: ["response is", "responses are"],
                has: ["labelled response has", "labelled responses have"],
                weighted: "AUC, ρ and τ weight each by the responses it represents; within items each pair counts once",
            },
        }
    }
}
