//! What is known of one watched number: its value, its limit, and its evidence check by check.

use serde::Serialize;

use super::rated::RateKind;

/// What a stream of numbers shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamKind {
    /// The judge: verdicts on texts that did not change.
    Judge,
    /// The systems: other responses to the same items.
    System,
    /// New items, on which systems and traffic cannot be told apart by this number alone.
    NewItems,
}

/// What is counted of each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Replies that disagree with people.
    Disagreement,
    /// Comparisons that the judge does not decide, or responses whose grade is not kept.
    Undecided,
    /// Replies that say that a response cannot be assessed. That is kept like any grade, and is in no rate.
    NotAssessed,
    /// Verdicts that are not those of the baseline.
    ChangedVerdicts,
    /// Losses of the system: its win rate has fallen.
    WinRateDown,
    /// Wins of the system: its win rate has risen.
    WinRateUp,
    /// Fails of the system: its pass rate has fallen.
    PassRateDown,
    /// Passes of the system: its pass rate has risen.
    PassRateUp,
    /// How far the grades of the system are below the best step: its mean step has fallen.
    MeanStepDown,
    /// How far they are above the worst step: its mean step has risen.
    MeanStepUp,
    /// Of the responses whose score by a metric is another one than that of the baseline's, those with a lower one.
    MetricDown,
    /// Of these, those with a higher one.
    MetricUp,
}

impl Measure {
    /// Returns what is counted of a rate: that it has fallen, and that it has risen.
    pub(super) fn of_rate(kind: RateKind) -> [Self; 2] {
        match kind {
            RateKind::WinRate => [Self::WinRateDown, Self::WinRateUp],
            RateKind::PassRate => [Self::PassRateDown, Self::PassRateUp],
            RateKind::MeanStep => [Self::MeanStepDown, Self::MeanStepUp],
        }
    }

    /// Returns whether it is the score of a metric, which does not depend on the judge.
    pub fn is_metric(self) -> bool {
        matches!(self, Self::MetricDown | Self::MetricUp)
    }
}

/// What identifies a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct StreamName {
    /// What it shows.
    pub kind: StreamKind,
    /// What is counted.
    pub measure: Measure,
    /// The two systems, for win rates.
    pub between: Option<[String; 2]>,
    /// The system that a rate is of, whose responses cannot be assessed, or that a metric scores.
    pub system: Option<String>,
    /// The metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
}

/// A stream with its evidence.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Stream {
    /// What it is.
    #[serde(flatten)]
    pub name: StreamName,
    /// The mean in the baseline, over the items of the last check; one half for the scores of a metric, which are lower as
    /// often as higher as long as nothing has changed.
    pub before: f64,
    /// The mean in the newest run; `None` if that has no item for it.
    pub after: Option<f64>,
    /// The mean over all checks since the baseline that had texts to add.
    pub over_checks: MeanOfChecks,
    /// The most that the mean may be as long as nothing has changed.
    pub limit: f64,
    /// The checks so far.
    pub checks: u64,
    /// Items in all checks together. Responses that were judged before add nothing again.
    pub units: u64,
    /// The evidence that the mean is above its limit.
    pub evidence: f64,
    /// The evidence that raises the alarm.
    pub threshold: f64,
    /// Whether the alarm is raised by the newest run.
    pub alarm: bool,
    /// The entry since which it is raised.
    pub since: Option<String>,
    /// The smallest change of the mean that would have been seen by now with a power of 80 %, had it been there since the
    /// baseline; `None` if none would.
    pub smallest_change: Option<f64>,
    /// The checks one by one.
    pub points: Vec<StreamPoint>,
}

impl Stream {
    /// Returns whether a change of this size would have been seen by now.
    pub fn shows(&self, change: f64) -> bool {
        self.smallest_change.is_some_and(|smallest| smallest <= change)
    }
}

/// The mean of a number over checks; each check counts once, however many items it has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MeanOfChecks {
    /// The mean; `None` without a check.
    pub mean: Option<f64>,
    /// The lower end of its 95 % interval, which holds at every check, however often it is looked at.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// How many checks there are.
    pub checks: u64,
}

/// One check of a stream.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StreamPoint {
    /// The entry.
    pub entry: String,
    /// The mean.
    pub value: f64,
    /// The evidence after it.
    pub evidence: f64,
    /// Items.
    pub units: u64,
}
