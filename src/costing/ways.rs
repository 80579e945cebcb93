//! One way to answer a question: what it costs, and what it leaves uncertain.

use serde::Serialize;

use crate::stats::{Estimate, clustered_mean};

/// A number that is only known to lie in a range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Amount {
    /// What is expected; `None` if that is unknown.
    pub expected: Option<f64>,
    /// The lower end.
    pub low: f64,
    /// The upper end; `None` if there is none.
    pub high: Option<f64>,
}

impl Amount {
    /// Returns a number that is known.
    pub fn exactly(value: f64) -> Self {
        Self { expected: Some(value), low: value, high: Some(value) }
    }

    /// Returns the mean of some amounts of 0 or more with its 95 % interval, clustered; `None` without any. Without an
    /// interval, nothing is known of the range.
    pub(super) fn mean(values: &[f64], clusters: &[&str]) -> Option<Self> {
        let (mean, interval) = clustered_mean(values, clusters, 0.95).ok()?;
        Some(match interval {
            Some(found) => {
                Self { expected: Some(mean), low: found.low.max(0.0), high: Some(found.high) }
            }
            None if values.len() > 1 => Self::exactly(mean),
            None => Self { expected: Some(mean), low: 0.0, high: None },
        })
    }

    /// Returns the number multiplied by another one of 0 or more.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let times = |number: Option<f64>| number.map(|number| number * factor);
        Self { expected: times(self.expected), low: self.low * factor, high: times(self.high) }
    }

    /// Returns the product with a number that is itself only known to lie in a range.
    #[must_use]
    pub fn product(self, other: Self) -> Self {
        let both = |one: Option<f64>, other: Option<f64>| Some(one? * other?);
        Self {
            expected: both(self.expected, other.expected),
            low: self.low * other.low,
            high: both(self.high, other.high),
        }
    }

    /// Returns the sum with another number.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let both = |one: Option<f64>, other: Option<f64>| Some(one? + other?);
        Self {
            expected: both(self.expected, other.expected),
            low: self.low + other.low,
            high: both(self.high, other.high),
        }
    }

    /// Returns what is left after some of it, at least 0.
    #[must_use]
    pub(super) fn less(self, done: f64) -> Self {
        let less = |number: f64| (number - done).max(0.0);
        Self { expected: self.expected.map(less), low: less(self.low), high: self.high.map(less) }
    }

    /// Returns the number by which it is compared with others: what is expected, else the upper end.
    pub(super) fn compared(self) -> f64 {
        self.expected.or(self.high).unwrap_or(f64::INFINITY)
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WayKind {
    /// A judge on all items.
    All,
    /// A judge on as many random items as the margin needs.
    Subset,
    /// A judge in random order, until it is decided on which side of one half each win rate lies, or that it is nearer
    /// than the margin.
    UntilDecided,
    /// A cheap judge on all items, and a strong one on what the cheap one does not keep.
    Cascade,
    /// A judge on all items, corrected with labels.
    Labels,
    /// Labels alone.
    LabelsAlone,
}

/// What a way says about the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Answers {
    /// How often people prefer the system.
    People,
    /// How often the judge does.
    Judge,
    /// Neither, to the margin.
    Nothing,
}

/// Something that a way leaves uncertain.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Leaves {
    /// The judge's bias is not known, since nobody has labelled.
    BiasUnknown,
    /// The labels do not show that the judge's bias is smaller than the margin, or that it is not.
    BiasOpen {
        /// The bias that may be the largest: the judge's win rate minus people's.
        bias: Estimate,
    },
    /// The labels show that the judge's win rate is off by more than the margin.
    Biased {
        /// The bias.
        bias: Estimate,
    },
    /// Only the side of one half, or nearness to it, is found, and not the rate itself; that holds at every look.
    RateItself,
    /// It may not be decided when all items are used up.
    Undecided {
        /// With this probability.
        probability: Estimate,
    },
    /// Orders without a readable vote could move the win rate.
    Unreadable {
        /// By so much to each side.
        by: f64,
    },
    /// What the cheap judge keeps is not seen by the strong one.
    CheapVerdicts {
        /// The share that the cheap judge keeps.
        kept: Estimate,
        /// How often the replies that decide agree with people on the dev part, if there are labels.
        agreement: Option<Estimate>,
        /// The same of the strong judge alone.
        strong_agreement: Option<Estimate>,
    },
    /// Each comparison has the label of one person, so that it is not known how far people agree with each other.
    OneLabel,
    /// How well the judge's scores correlate with people's is assumed.
    CorrelationAssumed {
        /// The correlation.
        correlation: f64,
    },
    /// How much comparisons differ is assumed: as much as they can.
    DeviationAssumed,
    /// How often the system wins is assumed.
    WinRateAssumed {
        /// The win rate.
        win_rate: f64,
    },
    /// The length of replies is not known: none, or as long as they may be.
    ReplyLength,
    /// The cost: the judge has no price.
    Price,
    /// The price of a batch is assumed to be half of that of single requests.
    BatchPrice,
    /// A pilot of these judges is missing, so nothing is known of the way.
    PilotMissing {
        /// The judges.
        judges: Vec<String>,
    },
}

/// A way to answer the question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Way {
    /// What is done.
    pub kind: WayKind,
    /// The judge, the cheap one of a cascade; `None` for labels alone.
    pub judge: Option<String>,
    /// The strong judge of a cascade.
    pub then: Option<String>,
    /// Whether requests are sent as a batch.
    pub is_batch: bool,
    /// Comparisons that are judged, those included that the pilot has answered.
    pub comparisons: Amount,
    /// Requests that are still to be sent.
    pub requests: Amount,
    /// What they cost, in USD; `None` if that is unknown.
    pub usd: Option<Amount>,
    /// Comparisons that people still have to label.
    pub labels: u64,
    /// Their hours.
    pub hours: f64,
    /// What requests and hours cost together, in USD; `None` if a part is unknown, and for hours without a rate.
    pub total_usd: Option<Amount>,
    /// The half width of the interval of the win rate that is expected, the widest of all pairs; `None` where the way does
    /// not give one, or nothing is known.
    pub half_width: Option<f64>,
    /// The probability that it is not decided when all items are used up; `None` but for
    /// [`UntilDecided`](WayKind::UntilDecided).
    pub undecided: Option<Estimate>,
    /// What the way says to the margin.
    pub answers: Answers,
    /// How many comparisons there must be for the way to answer, where these are too few.
    pub needs: Option<u64>,
    /// Whether it rests on assumptions in place of a pilot.
    pub is_assumed: bool,
    /// What it leaves uncertain.
    pub leaves: Vec<Leaves>,
}

impl Way {
    /// Returns a way of which nothing is known yet.
    pub(super) fn new(kind: WayKind, judge: Option<&str>) -> Self {
        Self {
            kind,
            judge: judge.map(str::to_owned),
            then: None,
            is_batch: false,
            comparisons: Amount::exactly(0.0),
            requests: Amount::exactly(0.0),
            usd: Some(Amount::exactly(0.0)),
            labels: 0,
            hours: 0.0,
            total_usd: None,
            half_width: None,
            undecided: None,
            answers: Answers::Nothing,
            needs: None,
            is_assumed: false,
            leaves: Vec::new(),
        }
    }
}
