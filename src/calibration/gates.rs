//! Gates: a number must be above a threshold, and its interval must say so.

use crate::error::ExitCode;
use crate::stats::Estimate;

/// What an estimate is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate<'a> {
    /// The flag that asked for it.
    pub flag: &'a str,
    /// What is measured, in words.
    pub what: &'a str,
    /// What was measured.
    pub estimate: Estimate,
    /// What it must reach.
    pub threshold: f64,
}

/// How a gate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GateResult {
    /// The whole interval is at or above the threshold.
    Passed,
    /// The interval spans the threshold, or there is none.
    Inconclusive,
    /// The whole interval is below the threshold.
    Missed,
}

impl GateResult {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Inconclusive => "inconclusive",
            Self::Missed => "missed",
        }
    }

    /// Returns the exit code; `pass` lets an inconclusive gate pass.
    pub fn exit_code(self, pass: bool) -> ExitCode {
        match self {
            Self::Missed => ExitCode::GateMissed,
            Self::Inconclusive if !pass => ExitCode::GateInconclusive,
            Self::Inconclusive | Self::Passed => ExitCode::Done,
        }
    }
}

impl Gate<'_> {
    /// Returns how the gate ended.
    pub fn result(&self) -> GateResult {
        match (self.estimate.value, self.estimate.low, self.estimate.high) {
            (Some(_), _, Some(high)) if high < self.threshold => GateResult::Missed,
            (Some(_), Some(low), Some(_)) if low >= self.threshold => GateResult::Passed,
            _ => GateResult::Inconclusive,
        }
    }

    /// Returns a sentence with the number, its interval and the threshold.
    pub fn sentence(&self) -> String {
        let Self { flag, what, estimate, threshold } = self;
        let number = match (estimate.value, estimate.low, estimate.high) {
            (Some(value), Some(low), Some(high)) => {
                format!("{what} is {value:.3} ({low:.3} to {high:.3}, n {})", estimate.n)
            }
            (Some(value), ..) => {
                format!("{what} is {value:.3} (no interval, n {})", estimate.n)
            }
            _ => format!("{what} is not defined (n {})", estimate.n),
        };
        let relation = match self.result() {
            GateResult::Passed => "all of it at or above",
            GateResult::Missed => "all of it below",
            GateResult::Inconclusive => "which does not decide about",
        };
        format!("gate {}: {number}, {relation} {flag} {threshold}", self.result().as_str())
    }
}
