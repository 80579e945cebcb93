//! What a calibration of grades found that changes how its numbers may be used.

use super::baselines::GradeRule;
use crate::input::AlikeIds;

/// Something about a calibration of grades that changes how its numbers may be used.
///
/// It serializes as its [`Warning`](crate::Warning).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GradeFinding {
    /// The labels do not show that the judge orders responses better than a simple rule.
    NoBetterThanRule {
        /// The judge.
        judge: String,
        /// The rule.
        rule: GradeRule,
        /// On how many responses both were measured.
        responses: u64,
    },
    /// The labels do not show how the judge compares with a simple rule: one of the two numbers is undefined.
    NotComparedWithRule {
        /// The judge.
        judge: String,
        /// The rule.
        rule: GradeRule,
        /// How many labelled responses both have a score of.
        responses: u64,
    },
    /// Many responses have no kept grade.
    LowCoverage {
        /// Responses without a kept grade.
        dropped: u64,
        /// All responses.
        planned: u64,
    },
    /// Kept grades agree with people much more, or much less, often than all replies.
    KeptSelection {
        /// Agreement of kept grades minus agreement of all replies, from −1 to 1.
        difference: f64,
    },
    /// More grades change with the direction of the scale than do not.
    ScaleFollower {
        /// Grades that changed with the direction.
        changed: u64,
        /// Grades that are readable in both directions.
        grades: u64,
    },
    /// Changed grades are higher in one direction of the scale.
    ScaleBias {
        /// Changed grades that are higher with the scale reversed.
        higher: u64,
        /// Changed grades that are lower with the scale reversed.
        lower: u64,
    },
    /// The judge errs more often on the responses of one system than on those of another.
    ErrorRatesDiffer {
        /// The two systems.
        systems: [String; 2],
        /// Whether it is about responses that pass by people, or about those that fail.
        of_passes: bool,
    },
    /// Another step than that of the rubric separates passes from fails better.
    OtherThreshold {
        /// The step that the rubric names.
        pass_from: String,
        /// The better one.
        chosen: String,
    },
    /// There are few labelled responses.
    FewLabels {
        /// How many.
        labelled: u64,
        /// How many responses could have a label.
        planned: u64,
    },
    /// People gave all labelled responses the same grade.
    OneClassLabels,
    /// Few labelled responses pass, or few fail, by people.
    FewOfOneClass {
        /// Labelled responses that pass.
        passes: u64,
        /// Labelled responses that fail.
        fails: u64,
    },
    /// Some labelled responses have no grade with more than half of the labels.
    NoMajority {
        /// How many.
        responses: u64,
    },
    /// People could not assess some responses.
    LabelsCannotAssess {
        /// How many.
        responses: u64,
        /// Whether the judge may say so, too.
        is_allowed: bool,
    },
    /// The judge could not assess some labelled responses.
    RepliesCannotAssess {
        /// How many replies say so.
        replies: u64,
    },
    /// The rubric does not say what passes.
    NoPassStep,
    /// No response has two annotators.
    OneAnnotator,
    /// There are too many pairs of annotators to list.
    ManyAnnotators {
        /// Pairs that are not listed.
        unlisted_pairs: usize,
    },
    /// Some labels are for responses that are not in the run.
    LabelsUnmatched {
        /// How many.
        labels: u64,
        /// The first id that is not in the run.
        first: Option<String>,
        /// Those whose id is probably mistyped.
        alike: Option<AlikeIds>,
    },
    /// Two annotators have names that differ only in case or spacing.
    SimilarAnnotators {
        /// Their names.
        annotators: [String; 2],
    },
    /// Some responses have no label because they were skipped.
    SkippedResponses {
        /// How many.
        responses: u64,
        /// Who skipped them.
        annotators: Vec<String>,
    },
    /// A field of the label file is unknown.
    UnusedLabelField {
        /// The field and its place.
        field: String,
    },
    /// Some labelled responses lack the probability of their draw, others have it.
    MixedSampling {
        /// Labelled responses without a probability.
        without_probability: u64,
        /// All labelled responses.
        labelled: u64,
    },
    /// Some lines of the label file have no grade yet.
    LabelsBlank {
        /// How many.
        lines: u64,
    },
    /// A system has no label.
    UnlabelledSystems {
        /// Their names.
        systems: Vec<String>,
    },
    /// Many replies have no readable grade.
    UnparsedReplies {
        /// How many.
        unparsed: u64,
        /// All replies to labelled responses.
        replies: u64,
    },
    /// Some replies to labelled responses are missing.
    AbsentReplies {
        /// How many.
        replies: u64,
    },
    /// Some responses are not answered in both directions.
    Unanswered {
        /// How many.
        responses: u64,
    },
    /// κ was undefined on many resamples.
    UnstableInterval {
        /// The share of resamples on which it was.
        undefined_resamples: f64,
    },
    /// It is unknown how the labelled responses were chosen.
    UnknownSampling,
    /// The labelled responses do not represent the run, by their probabilities.
    IncompleteSample,
    /// Only kept grades are labelled.
    OnlyKeptLabelled,
    /// Labels were drawn with unequal probabilities and are weighted.
    WeightedLabels,
    /// No step could be chosen, since the labels of the dev part are all passes or all fails.
    NoThreshold,
    /// Some numbers have no value.
    Undefined {
        /// Their places in the JSON.
        numbers: Vec<String>,
    },
    /// Some numbers have a value and no interval.
    NoInterval {
        /// Their places in the JSON.
        numbers: Vec<String>,
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

impl GradeFinding {
    /// Returns the rule that the labels do not show the judge to be better than, if the finding is about that.
    pub fn unbeaten_rule(&self) -> Option<GradeRule> {
        match self {
            Self::NoBetterThanRule { rule, .. } | Self::NotComparedWithRule { rule, .. } => {
                Some(*rule)
            }
            _ => None,
        }
    }
}
