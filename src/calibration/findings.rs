//! What a calibration found that changes how its numbers may be used.
//!
//! A [`Finding`] is typed, so that the conclusion can be drawn from it; its [`Warning`](crate::Warning) is
//! what people and programs get: a stable code, and a sentence that says what to do.

use super::self_preference::SelfPreference;
use super::trivial_judge::TrivialJudge;
use crate::input::AlikeIds;
use crate::stats::Estimate;

/// Labelled comparisons below which intervals may be too narrow.
pub(crate) const FEW_LABELS: u64 = 50;

/// A judge's replies that are ties, where no label is one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TieReplies {
    /// Replies that are a tie.
    pub ties: u64,
    /// All replies to labelled comparisons.
    pub replies: u64,
    /// The most that the agreement of every reply can reach with them, from 0 to 1.
    pub ceiling: f64,
}

/// About how many labelled comparisons would answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeededLabels {
    /// How many, those that there are included.
    pub labels: u64,
    /// Whether the run has so many comparisons; else further items must be judged, too.
    pub has_enough: bool,
}

/// What would define a number that is undefined, or give it an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoreData {
    /// Readable replies: most could not be read.
    Readable,
    /// Comparisons: all that there are have labels.
    Comparisons,
    /// Labels.
    Labels,
}

/// A jury beside its best member on the comparisons of two systems.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JuryAgainstBest {
    /// The two systems.
    pub between: [String; 2],
    /// The judge that agrees with people most often on the dev part.
    pub best_member: String,
    /// Agreement of the jury minus that of this judge, on the test part.
    pub difference: Estimate,
    /// What this judge costs, as a share of what the jury costs; `None` where one of them is not known or the jury costs
    /// nothing.
    pub share_of_cost: Option<f64>,
}

/// Something about a calibration that changes how its numbers may be used.
///
/// It serializes as its [`Warning`](crate::Warning).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// The labels do not show that the judge agrees with people more often than a simple rule.
    NoBetterThanTrivial {
        /// The judge's name.
        judge: String,
        /// The rule.
        trivial: TrivialJudge,
        /// About how many labelled comparisons would show it, if the judge is as much better as it is on these;
        /// `None` if it is not better on these, or by too little to show.
        labels: Option<NeededLabels>,
    },
    /// The labels do not show that the jury agrees with people more often than its best member alone.
    JuryNoBetter {
        /// The pairs of systems for which they do not.
        pairs: Vec<JuryAgainstBest>,
        /// The pairs that were measured.
        of: usize,
    },
    /// No system of a pair is shown to be preferred by people.
    NoWinnerShown {
        /// The system whose wins are counted.
        system: String,
        /// The other one.
        other: String,
        /// The win rate of the first, corrected with labels.
        rate: f64,
        /// Labelled comparisons of the pair.
        labelled: u64,
        /// At most about how many of them would show a winner, if people's rate is the estimated one; `None` if it is
        /// too near to ½.
        labels: Option<NeededLabels>,
        /// Whether the labels exclude a win rate outside 45 – 55 %.
        excludes_lead: bool,
        /// At most about how many would exclude that, if people's rate is the estimated one.
        to_exclude_lead: Option<NeededLabels>,
    },
    /// Many comparisons have no kept verdict.
    LowCoverage {
        /// Comparisons without a kept verdict.
        dropped: u64,
        /// All comparisons.
        planned: u64,
    },
    /// Kept verdicts agree with people much more, or much less, often than all replies.
    KeptSelection {
        /// Agreement of kept verdicts minus agreement of all replies, from −1 to 1.
        difference: f64,
    },
    /// More verdicts change with the order than do not.
    PositionFollower {
        /// Verdicts that changed with the order.
        changed: u64,
        /// Verdicts that are readable in both orders.
        verdicts: u64,
    },
    /// Flips favour one position.
    PositionBias {
        /// Flips that chose the first position twice.
        primacy: u64,
        /// Flips that chose the second position twice.
        recency: u64,
    },
    /// The judge compares a system of its own family of models with one of another.
    SameFamily {
        /// The judge's name, or `jury`.
        judge: String,
        /// The family, the systems, and how much more often the judge prefers its own than people do.
        measured: SelfPreference,
    },
    /// There are few labelled comparisons.
    FewLabels {
        /// How many.
        labelled: u64,
        /// How many comparisons of the run, or of the part of it, could have a label.
        planned: u64,
    },
    /// People made the same choice in every kept comparison.
    OneClassLabels {
        /// About how many labelled comparisons would measure κ to ±0.1; `None` if that is unknown.
        labels: Option<NeededLabels>,
    },
    /// Nearly all labels name one side, so that AC1 is high and κ low.
    KappaParadox {
        /// Gwet's AC1.
        ac1: f64,
        /// Cohen's κ.
        kappa: f64,
        /// About how many labelled comparisons would measure κ to ±0.1; `None` if that is unknown.
        labels: Option<NeededLabels>,
    },
    /// Some labelled comparisons have no choice with more than half of the labels.
    NoMajority {
        /// How many.
        comparisons: u64,
    },
    /// No comparison has two annotators.
    OneAnnotator,
    /// Comparisons have different numbers of annotators.
    UnequalPanels,
    /// There are too many pairs of annotators to list.
    ManyAnnotators {
        /// Pairs that are not listed.
        unlisted_pairs: usize,
    },
    /// The alternative annotator test left annotators out.
    SkippedAnnotators {
        /// Their names.
        annotators: Vec<String>,
    },
    /// Some labels are for comparisons that are not in the run.
    LabelsUnmatched {
        /// How many.
        labels: u64,
        /// Those whose id is probably mistyped.
        alike: Option<AlikeIds>,
    },
    /// Two annotators have names that differ only in case or spacing.
    SimilarAnnotators {
        /// Their names.
        annotators: [String; 2],
    },
    /// People chose a tie, which the rubric does not allow.
    TiesNotAllowed {
        /// Labelled comparisons that someone called a tie.
        ties: u64,
        /// All labelled comparisons.
        labelled: u64,
        /// The most that the agreement of every reply can reach, from 0 to 1.
        ceiling: f64,
    },
    /// The rubric allows a tie, which no label is.
    TiesNotLabelled {
        /// All labelled comparisons.
        labelled: u64,
        /// The judge's replies to them; `None` where there is no judge.
        replies: Option<TieReplies>,
    },
    /// Some labelled comparisons lack the probability of their draw, others have it.
    MixedSampling {
        /// Labelled comparisons without a probability.
        without_probability: u64,
        /// All labelled comparisons.
        labelled: u64,
    },
    /// Some lines of the label file have no winner yet.
    LabelsBlank {
        /// How many.
        lines: u64,
    },
    /// Many replies have no readable vote.
    UnparsedReplies {
        /// How many.
        unparsed: u64,
        /// All replies.
        replies: u64,
    },
    /// Some replies to labelled comparisons are missing.
    AbsentReplies {
        /// How many.
        replies: u64,
    },
    /// Some comparisons are not answered in both orders.
    Unanswered {
        /// How many.
        comparisons: u64,
    },
    /// κ was undefined on many resamples.
    UnstableInterval {
        /// The share of resamples on which it was.
        undefined_resamples: f64,
        /// About how many labelled comparisons would measure κ to ±0.1; `None` if that is unknown.
        labels: Option<NeededLabels>,
    },
    /// It is unknown how the labelled comparisons were chosen.
    UnknownSampling,
    /// Asking ended when the judge's win rate was decided, so that the intervals of win rates, which are those of a fixed
    /// number of comparisons, are too narrow.
    StoppedWhenDecided {
        /// Comparisons of the run.
        planned: u64,
        /// Comparisons that could have been asked.
        available: u64,
    },
    /// The judge is the strong one of a cascade, which was asked about a selection only.
    SentOnly {
        /// The judge.
        judge: String,
        /// The one that was asked before, about everything.
        cheap: String,
        /// Which comparisons were sent, as in `not-kept`.
        rule: String,
    },
    /// The labelled comparisons do not represent the run, by their probabilities.
    IncompleteSample {
        /// Comparisons without a label that were skipped.
        skipped: u64,
        /// Forms that nobody has filled in.
        blank: u64,
    },
    /// Some comparisons have no label because they were skipped.
    SkippedComparisons {
        /// How many.
        comparisons: u64,
        /// Who skipped them.
        annotators: Vec<String>,
    },
    /// Only kept verdicts are labelled.
    OnlyKeptLabelled,
    /// The error rates were measured on another model, rubric, prompt or tie rule.
    OtherErrorRates,
    /// The other run has no usable error rates for some pair.
    NoErrorRates,
    /// No labelled comparison has a kept verdict.
    NothingKept,
    /// The run compares several pairs of systems.
    SeveralPairs,
    /// The ratio of the judge's agreement to that of people is undefined.
    NoRatio {
        /// Whether the judge answered any comparison of several annotators in both orders.
        is_judged: bool,
    },
    /// Some numbers have no value.
    Undefined {
        /// Their places in the JSON.
        numbers: Vec<String>,
        /// What would give them one.
        remedy: MoreData,
    },
    /// Some numbers have a value and no interval.
    NoInterval {
        /// Their places in the JSON.
        numbers: Vec<String>,
        /// What would give them one.
        remedy: MoreData,
    },
    /// Some numbers have no interval because they are 100 %.
    PerfectAgreement {
        /// Their places in the JSON.
        numbers: Vec<String>,
    },
    /// Labels were drawn with unequal probabilities and are weighted.
    WeightedLabels,
    /// A field of the label file is unknown.
    UnusedLabelField {
        /// The field and its place.
        field: String,
    },
    /// Some items have no reference, so that similarity to it is no baseline.
    NoLexicalBaseline {
        /// Labelled comparisons without a textual reference.
        comparisons: u64,
    },
    /// A tag has too many values to make slices.
    TagTooFine {
        /// The tag.
        tag: String,
    },
    /// The test part has been looked at before with this rubric.
    RepeatedLook {
        /// Looks so far, this one included.
        looks: u64,
    },
}
