//! Gates: a number must be at or above a threshold, and its interval must say so.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::ExitCode;
use crate::stats::{Estimate, rounded_apart};

/// What narrows the interval of a gated number, so that it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Narrowing {
    /// Replies that can be read in place of those that cannot.
    ReadableReplies,
    /// More comparisons, judged.
    Comparisons,
    /// More comparisons, judged although what was to be decided is decided.
    ComparisonsAfterDecision,
    /// More labels of the comparisons that there are.
    Labels,
    /// More comparisons, judged and labelled: all that there are have labels.
    LabelledComparisons,
    /// More responses, graded.
    Responses,
    /// More labels of the responses that there are.
    LabelsOfResponses,
    /// More responses, graded and labelled: all that there are have labels.
    LabelledResponses,
}

/// A threshold that an estimate must reach.
///
/// It serializes with its result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Gate {
    /// The name of the gate, such as the flag that set it.
    pub name: String,
    /// The measured quantity, in words.
    pub quantity: String,
    /// The comparisons that it is measured on, where that is not the whole run.
    pub slice: Option<GateSlice>,
    /// The measured value.
    pub estimate: Estimate,
    /// The value that it must reach.
    pub threshold: f64,
    /// What narrows its interval.
    pub narrowing: Narrowing,
}

/// The comparisons whose item has a value of a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateSlice {
    /// The name of the tag.
    pub tag: String,
    /// Its value.
    pub value: String,
}

/// The result of a gate, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateResult {
    /// The whole interval is at or above the threshold.
    Passed,
    /// The interval contains the threshold, or there is none.
    Inconclusive,
    /// The whole interval is below the threshold.
    Missed,
}

impl GateResult {
    /// Returns the word for it in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Inconclusive => "inconclusive",
            Self::Missed => "missed",
        }
    }

    /// Returns the exit code; `pass` says whether an inconclusive gate passes.
    pub fn exit_code(self, pass: bool) -> ExitCode {
        match self {
            Self::Missed => ExitCode::GateMissed,
            Self::Inconclusive if !pass => ExitCode::GateInconclusive,
            Self::Inconclusive | Self::Passed => ExitCode::Done,
        }
    }
}

impl Gate {
    /// Returns a gate.
    pub fn new(
        name: &str,
        quantity: impl Into<String>,
        estimate: Estimate,
        threshold: f64,
        narrowing: Narrowing,
    ) -> Self {
        Self {
            name: name.to_owned(),
            quantity: quantity.into(),
            slice: None,
            estimate,
            threshold,
            narrowing,
        }
    }

    /// Returns the gate as one on the comparisons whose item has a value of a tag.
    #[must_use]
    pub fn on_slice(self, tag: &str, value: &str) -> Self {
        let slice = GateSlice { tag: tag.to_owned(), value: value.to_owned() };
        Self { slice: Some(slice), ..self }
    }

    /// Returns what is measured, and on which slice: `coverage [topic=billing]`.
    pub fn measured(&self) -> String {
        match &self.slice {
            Some(GateSlice { tag, value }) => format!("{} [{tag}={value}]", self.quantity),
            None => self.quantity.clone(),
        }
    }

    /// Compares the interval with the threshold.
    pub fn result(&self) -> GateResult {
        match (self.estimate.value, self.estimate.low, self.estimate.high) {
            (Some(_), _, Some(high)) if high < self.threshold => GateResult::Missed,
            (Some(_), Some(low), Some(_)) if low >= self.threshold => GateResult::Passed,
            _ => GateResult::Inconclusive,
        }
    }

    /// Returns a sentence with the number, its interval and the threshold.
    pub fn sentence(&self) -> String {
        let Self { name, estimate, threshold, .. } = self;
        let quantity = self.measured();
        let number = match (estimate.value, estimate.low, estimate.high) {
            (Some(value), Some(low), Some(high)) => {
                // An interval on one side of the threshold must not look as if it ended there.
                let [low, high] = [low, high].map(|end| rounded_apart(end, *threshold, 3));
                format!("{quantity} is {value:.3} ({low} to {high}, n {})", estimate.n)
            }
            (Some(value), ..) => {
                format!("{quantity} is {value:.3} (no interval, n {})", estimate.n)
            }
            _ => format!("{quantity} is undefined (n {})", estimate.n),
        };
        let relation = match self.result() {
            GateResult::Passed => "the whole interval is at or above",
            GateResult::Missed => "the whole interval is below",
            GateResult::Inconclusive if estimate.low.is_some() => "the interval contains",
            GateResult::Inconclusive => "it cannot be compared with",
        };
        format!("gate {}: {number}; {relation} {name} {threshold}", self.result().as_str())
    }
}

impl Serialize for Gate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 5 + usize::from(self.slice.is_some());
        let mut gate = serializer.serialize_struct("Gate", fields)?;
        gate.serialize_field("gate", self.name.trim_start_matches('-'))?;
        gate.serialize_field("quantity", &self.quantity)?;
        match &self.slice {
            Some(slice) => gate.serialize_field("slice", slice)?,
            None => gate.skip_field("slice")?,
        }
        gate.serialize_field("estimate", &self.estimate)?;
        gate.serialize_field("threshold", &self.threshold)?;
        gate.serialize_field("result", &self.result())?;
        gate.end()
    }
}
