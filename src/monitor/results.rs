//! What a check found.

use serde::Serialize;

use super::entry::Entry;
use super::input_drift::InputDrift;
use super::judge_drift::JudgeDrift;
use super::streams::{Measure, Stream, StreamKind};
use super::system_drift::SystemDrift;
use crate::error::Warning;

/// The version of the documented JSON of [`Check`].
pub const CHECK_SCHEMA: u32 = 1;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    /// There is enough evidence of a change.
    Alarm,
    /// There is no alarm, and a change of the stated size would have been seen.
    NoAlarm,
    /// There is no alarm, but a change of the stated size could have been missed, or there is nothing to compare.
    Inconclusive,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drift {
    /// The judge.
    Judge,
    /// The systems.
    System,
    /// The traffic.
    Input,
}

/// The newest entry of a history against its baseline.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The version of this document.
    pub schema: u32,
    /// The folder of the history.
    pub history: String,
    /// The entries of the history.
    pub entries: u64,
    /// How the check ended.
    pub result: CheckResult,
    /// What the alarm is about. A change of win rates is that of the systems only while the judge is unchanged.
    pub drift: Vec<Drift>,
    /// Alarms that cannot be attributed, since the judge, or the traffic, has changed too.
    pub unattributed: Vec<StreamKind>,
    /// The entries of the baseline.
    pub baseline: Vec<EntryName>,
    /// The entry that is checked; `None` if there is none after the baseline.
    pub newest: Option<EntryName>,
    /// Entries since the baseline.
    pub checks: u64,
    /// How the comparisons of the newest entry relate to the baseline.
    pub comparisons: ChangeCounts,
    /// The judge; `None` without an entry after the baseline.
    pub judge: Option<JudgeDrift>,
    /// The systems; `None` without an entry after the baseline.
    pub system: Option<SystemDrift>,
    /// The traffic; `None` without an entry after the baseline.
    pub input: Option<InputDrift>,
    /// For each check, the chance of a false alarm of anything that is watched is at most one in this number.
    pub false_alarm_every: f64,
    /// The change that must be visible.
    pub visible_change: f64,
    /// What the alarm watches.
    pub streams: Vec<Stream>,
    /// What changes how these numbers may be used.
    pub warnings: Vec<Warning>,
}

/// An entry by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EntryName {
    /// Its name.
    pub entry: String,
    /// The run file.
    pub run: String,
    /// When the run began, in seconds since 1970.
    pub begun: u64,
    /// A digest of the manifest.
    pub manifest: String,
    /// The judge.
    pub judge: String,
}

/// How the comparisons of an entry relate to the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ChangeCounts {
    /// Anchors: comparisons with the item and the responses of the baseline.
    pub anchors: u64,
    /// Comparisons of an item of the baseline with other responses.
    pub responses_changed: u64,
    /// Comparisons of a new item, or of one with another text.
    pub items_changed: u64,
    /// Comparisons of an item of the baseline between systems that the baseline does not compare.
    pub pairs_new: u64,
    /// Comparisons without a verdict: pending or failed.
    pub unanswered: u64,
    /// Items with an id of the baseline and another text.
    pub items_edited: u64,
    /// Items of the baseline that the entry does not have.
    pub items_gone: u64,
}

impl EntryName {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            entry: entry.entry.clone(),
            run: entry.run.file.clone(),
            begun: entry.run.begun,
            manifest: entry.run.manifest.clone(),
            judge: entry.judge.name.clone(),
        }
    }
}

impl Check {
    /// Returns the stream that shows best whether the judge has changed: disagreement with people, else changed verdicts
    /// where the noise is known, else undecided comparisons; `None` without anchors.
    pub fn deciding_stream(&self) -> Option<&Stream> {
        [Measure::Disagreement, Measure::ChangedVerdicts, Measure::Undecided].into_iter().find_map(
            |measure| {
                self.streams.iter().find(|one| {
                    let name = &one.name;
                    name.kind == StreamKind::Judge && name.measure == measure && one.after.is_some()
                })
            },
        )
    }
}
