//! What a check found.

use serde::Serialize;

use super::entry::Entry;
use super::input_drift::InputDrift;
use super::judge_drift::JudgeDrift;
use super::rated::RateKind;
use super::scales::ScaleChange;
use super::stream::{Measure, Stream, StreamKind};
use super::system_drift::SystemDrift;
use crate::error::Warning;

/// The version of the documented JSON of [`Check`].
pub const CHECK_SCHEMA: u32 = 1;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    /// There is enough evidence of a change, also if it cannot be told what has changed.
    Alarm,
    /// There is no alarm, and a change of the stated size would have been seen with a power of 80 %.
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
    /// What the alarm is about. A change of win rates is that of the systems only while the judge is unchanged, and more
    /// undecided comparisons of new items are the traffic only while judge and systems are.
    pub drift: Vec<Drift>,
    /// Alarms that cannot be attributed: win rates on other responses, where the judge may have changed too, and win rates or
    /// undecided comparisons of new items, which may be harder.
    pub unattributed: Vec<StreamKind>,
    /// What has verdicts in the newest run, but not enough to see a change of `visible_change` with a power of 80 %.
    pub unseen: Vec<StreamKind>,
    /// The entries of the baseline.
    pub baseline: Vec<EntryName>,
    /// The entry that is checked; `None` if there is none after the baseline.
    pub newest: Option<EntryName>,
    /// Entries since the baseline.
    pub checks: u64,
    /// What the rates are: those of comparisons or of grades.
    pub rate: RateKind,
    /// How the scale of the newest entry differs from that of the baseline; `None` if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_change: Option<ScaleChange>,
    /// How the comparisons, or responses, of the newest entry relate to the baseline.
    #[serde(rename = "comparisons")]
    pub units: ChangeCounts,
    /// The judge; `None` without an entry after the baseline.
    pub judge: Option<JudgeDrift>,
    /// The systems; `None` without an entry after the baseline.
    pub system: Option<SystemDrift>,
    /// The traffic; `None` without an entry after the baseline.
    pub input: Option<InputDrift>,
    /// The least mean number of checks between false alarms of anything that is watched. It holds given the limits, each
    /// of which is too low with a probability of 1 %. A false alarm within `T` checks has a probability of at most `T` over
    /// this number.
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

/// How the comparisons of an entry, or the responses that it grades, relate to the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ChangeCounts {
    /// Anchors: those with the item and the responses of the baseline.
    pub anchors: u64,
    /// Those of an item of the baseline with other responses.
    pub responses_changed: u64,
    /// Those of a new item, or of one with another text.
    pub items_changed: u64,
    /// Those of an item of the baseline for systems that the baseline does not judge there.
    pub pairs_new: u64,
    /// Those without a verdict: pending or failed.
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
    /// Returns the stream that shows best whether the judge has changed: of disagreement with people and changed verdicts
    /// the one in which the smaller change is visible. `None` without labels and without a known noise: a judge that
    /// reverses its verdicts can leave everything else as it was.
    pub fn deciding_stream(&self) -> Option<&Stream> {
        deciding_stream(&self.streams)
    }
}

/// As [`Check::deciding_stream`].
pub(super) fn deciding_stream(streams: &[Stream]) -> Option<&Stream> {
    let visible = |one: &Stream| one.smallest_change.unwrap_or(f64::INFINITY);
    streams
        .iter()
        .filter(|one| {
            one.name.kind == StreamKind::Judge
                && matches!(one.name.measure, Measure::Disagreement | Measure::ChangedVerdicts)
                && one.after.is_some()
        })
        .min_by(|one, other| visible(one).total_cmp(&visible(other)))
}
