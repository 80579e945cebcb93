//! The entries of the checklist.

use serde::Serialize;

/// One thing that makes a result trustworthy, and whether it was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChecklistEntry {
    /// What it is.
    pub code: Check,
    /// Whether it was done.
    pub state: CheckState,
    /// The finding, as a sentence with its numbers.
    pub sentence: String,
    /// What would fill the gap; `None` if there is none, or if no command of a program would fill it.
    #[serde(skip)]
    pub remedy: Option<GapRemedy>,
    /// The command that would fill the gap. The library knows no commands: a program sets it from `remedy`.
    pub command: Option<String>,
}

/// The things that are checked, in the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Check {
    /// Every comparison was asked in both orders.
    BothOrders,
    /// Every trial was answered: none is pending or has failed.
    Answered,
    /// Every reply has a readable vote.
    Readable,
    /// Orders were asked repeatedly, so that noise is known.
    Repeats,
    /// People have labelled some comparisons.
    Labels,
    /// The labelled comparisons were drawn at random, or are all.
    LabelsRandom,
    /// There are enough labels to show a winner.
    EnoughLabels,
    /// Several people labelled the same comparisons, so that the human ceiling is known.
    SeveralAnnotators,
    /// The judge agrees with people more often than simple rules do.
    BeatsRules,
    /// The numbers are of a part of the items that the rubric was not tuned on.
    TestPart,
    /// The judge's model has a fixed version.
    PinnedModel,
}

/// Whether something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// It was done.
    Done,
    /// It was done in part, or is not shown.
    Partly,
    /// It was not done.
    Missing,
}

/// What would fill a gap, for a program to word as a command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapRemedy {
    /// Run the judge again: it asks what is pending, and what failed for a passing reason.
    Resume,
    /// Ask again what was refused for good or could not be read.
    RetryFailed,
    /// Look at the replies that could not be read.
    ShowUnreadable,
    /// Judge with so many repeats; replies of this run can be copied.
    Repeat {
        /// How often each order is asked.
        repeat: u32,
    },
    /// Draw a random sample of comparisons to label.
    Sample {
        /// How many comparisons.
        comparisons: u64,
    },
    /// Measure the judge on the test part of the labels that there are.
    TestPart,
    /// Look at the labelled comparisons, to find out why the judge errs.
    ShowLabelled,
}

impl ChecklistEntry {
    pub(super) fn new(
        code: Check,
        state: CheckState,
        sentence: impl Into<String>,
        remedy: Option<GapRemedy>,
    ) -> Self {
        Self { code, state, sentence: sentence.into(), remedy, command: None }
    }

    pub(super) fn done(code: Check, sentence: impl Into<String>) -> Self {
        Self::new(code, CheckState::Done, sentence, None)
    }
}
