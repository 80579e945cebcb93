//! Findings as warnings: a stable code for programs, and a sentence that says what to do for people.

use serde::{Serialize, Serializer};

use super::baselines::GradeRule;
use super::findings::GradeFinding;
use super::slices::MOST_VALUES;
use crate::calibration::FEW_LABELS;
use crate::error::{Remedy, Warning, counted, listed};
use crate::stats::{no_interval_warning, undefined_warning};

impl GradeFinding {
    /// Returns the finding as a warning: its stable code, and a sentence that says what to do.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each finding, code and message together"
    )]
    pub fn warning(&self) -> Warning {
        let (code, message) = match self {
            Self::NoBetterThanRule { judge, rule, responses } => (
                match rule {
                    GradeRule::Longer => "no-better-than-longer",
                    GradeRule::Lexical => "no-better-than-lexical",
                },
                format!(
                    "on {} the labels do not show that {judge} orders responses better than the rule \"{}\"; label more \
                     responses, or try another judge or rubric",
                    counted(*responses, "response", "responses"),
                    rule.rule()
                ),
            ),
            Self::NotComparedWithRule { judge, rule, responses } => (
                match rule {
                    GradeRule::Longer => "not-compared-with-longer",
                    GradeRule::Lexical => "not-compared-with-lexical",
                },
                format!(
                    "{judge} is not compared with the rule \"{}\", since of the {} to which it gave a step people grade all \
                     alike, or there are none; label more responses of other quality, or see why replies are unreadable",
                    rule.rule(),
                    counted(*responses, "labelled response", "labelled responses")
                ),
            ),
            Self::LowCoverage { dropped, planned } => (
                "low-coverage",
                format!(
                    "{dropped} of {} no kept grade; state this wherever you quote a pass rate of kept grades",
                    counted(*planned, "response has", "responses have")
                ),
            ),
            Self::KeptSelection { difference } => (
                "kept-selection",
                format!(
                    "kept grades agree with people {:.0} points {} often than all replies do, since they are a \
                     selection: quote the agreement of every reply",
                    difference.abs() * 100.0,
                    if *difference > 0.0 { "more" } else { "less" }
                ),
            ),
            Self::ScaleFollower { changed, grades } => (
                "scale-follower",
                format!(
                    "{changed} of {} with the direction of the scale; try another judge, or describe each step in \
                     the rubric",
                    counted(*grades, "grade changed", "grades changed")
                ),
            ),
            Self::ScaleBias { higher, lower } => (
                "scale-bias",
                format!(
                    "changed grades are {} with the scale reversed ({} to {}); never rely on one direction only",
                    if higher > lower { "higher" } else { "lower" },
                    higher.max(lower),
                    higher.min(lower)
                ),
            ),
            Self::ErrorRatesDiffer { systems: [one, other], of_passes } => (
                "error-rates-differ",
                format!(
                    "the judge finds {} of {one} more often than those of {other}, so its pass rates compare the two \
                     unfairly: compare them corrected with labels, each by its own",
                    if *of_passes { "passes" } else { "fails" }
                ),
            ),
            Self::OtherThreshold { pass_from, chosen } => (
                "other-threshold",
                format!(
                    "on the dev part, taking the judge's grade as a pass from `{chosen}` on separates passes from fails \
                     better than from `{pass_from}` on, as people do; describe the steps between them more clearly, \
                     and confirm it on the test part"
                ),
            ),
            Self::FewLabels { labelled, planned } => {
                let missing = FEW_LABELS - labelled;
                let what_to_do = if *planned < FEW_LABELS {
                    format!("grade more items, and label at least {missing} more responses")
                } else {
                    format!("label at least {missing} more")
                };
                (
                    "few-labels",
                    format!(
                        "only {} labelled, so intervals may be too narrow; {what_to_do}",
                        counted(*labelled, "response is", "responses are")
                    ),
                )
            }
            Self::OneClassLabels => (
                "one-class-labels",
                "people gave all labelled responses the same grade, so agreement beyond chance cannot be measured; \
                 label responses of other quality"
                    .to_owned(),
            ),
            Self::FewOfOneClass { passes, fails } => (
                "few-of-one-class",
                format!(
                    "only {} by people, so the judge is nearly untested on those; label more that {}",
                    if passes <= fails {
                        counted(*passes, "labelled response passes", "labelled responses pass")
                    } else {
                        counted(*fails, "labelled response fails", "labelled responses fail")
                    },
                    if passes <= fails { "pass" } else { "fail" }
                ),
            ),
            Self::NoMajority { responses } => (
                "no-majority",
                format!(
                    "{} no majority for one grade, so {} in agreement and κ; one more annotator could decide",
                    counted(*responses, "labelled response has", "labelled responses have"),
                    if *responses == 1 { "it does not count" } else { "they do not count" }
                ),
            ),
            Self::LabelsCannotAssess { responses, is_allowed } => (
                "labels-cannot-assess",
                format!(
                    "people could not assess {}, which no pass rate and no step counts{}",
                    counted(*responses, "labelled response", "labelled responses"),
                    if *is_allowed {
                        "; see what the annotators lacked"
                    } else {
                        "; the judge may not say so, so it is always wrong there: allow it in the rubric, or leave \
                         these responses out"
                    }
                ),
            ),
            Self::RepliesCannotAssess { replies } => (
                "replies-cannot-assess",
                format!(
                    "{} that the response cannot be assessed, and {} in no pass rate and no step",
                    counted(*replies, "reply says", "replies say"),
                    if *replies == 1 { "counts" } else { "count" }
                ),
            ),
            Self::NoPassStep => (
                "no-pass-step",
                "the rubric does not say what passes, so there is no pass rate and no rate of errors; name the lowest \
                 step that passes in it"
                    .to_owned(),
            ),
            Self::OneAnnotator => (
                "one-annotator",
                "each response has one annotator, so it is not known how far people agree with each other; have at \
                 least 30 labelled by two more people"
                    .to_owned(),
            ),
            Self::ManyAnnotators { unlisted_pairs } => (
                "many-annotators",
                format!(
                    "{} not listed, with the fewest responses in common; use Krippendorff's α",
                    counted(
                        *unlisted_pairs as u64,
                        "pair of annotators is",
                        "pairs of annotators are"
                    )
                ),
            ),
            Self::LabelsUnmatched { labels, first, alike } => (
                "labels-unmatched",
                format!(
                    "{} not in the run{}; check the ids, or grade those responses",
                    counted(
                        *labels,
                        "label is for a response that is",
                        "labels are for responses that are"
                    ),
                    match (alike, first) {
                        (Some(alike), _) => format!("; {alike}"),
                        (None, Some(id)) => format!(", such as `{id}`"),
                        (None, None) => String::new(),
                    }
                ),
            ),
            Self::SimilarAnnotators { annotators: [one, other] } => (
                "similar-annotators",
                format!(
                    "annotators `{one}` and `{other}` are probably one person, who counts as two; use one name"
                ),
            ),
            Self::SkippedResponses { responses, annotators } => (
                "skipped-responses",
                format!(
                    "{} no label because {} skipped {}: what is left may be easier than the whole sample",
                    counted(*responses, "response has", "responses have"),
                    listed(annotators),
                    if *responses == 1 { "it" } else { "them" }
                ),
            ),
            Self::UnusedLabelField { field } => {
                ("unused-label-field", format!("{field}; remove it or check its spelling"))
            }
            Self::MixedSampling { without_probability, labelled } => (
                "mixed-sampling",
                format!(
                    "{without_probability} of {} without the probability of the draw, so none is used: corrected \
                     numbers hold only if all were drawn alike",
                    counted(*labelled, "labelled response is", "labelled responses are")
                ),
            ),
            Self::LabelsBlank { lines } => (
                "labels-blank",
                format!(
                    "{} no grade yet; label all of them: leaving some out by choice makes the sample no longer random",
                    counted(*lines, "line of the label file has", "lines of the label file have")
                ),
            ),
            Self::UnlabelledSystems { systems } => (
                "unlabelled-systems",
                format!(
                    "{} no label, so nothing is known of the judge's errors there; label some of {}",
                    match systems.as_slice() {
                        [one] => format!("{one} has"),
                        several => format!("{} have", listed(several)),
                    },
                    if systems.len() == 1 { "its responses" } else { "their responses" }
                ),
            ),
            Self::UnparsedReplies { unparsed, replies } => (
                "unparsed-replies",
                format!(
                    "{unparsed} of {} no readable grade and count as wrong; see why, and say in the prompt how to \
                     answer",
                    counted(*replies, "reply to a labelled response has", "replies to labelled responses have")
                ),
            ),
            Self::AbsentReplies { replies } => (
                "absent-replies",
                format!(
                    "{} missing and left out; finish the run",
                    counted(*replies, "reply to a labelled response is", "replies to labelled responses are")
                ),
            ),
            Self::Unanswered { responses } => (
                "unanswered",
                format!(
                    "{} not answered in both directions of the scale and left out of pass rates; finish the run",
                    counted(*responses, "response is", "responses are")
                ),
            ),
            Self::UnstableInterval { undefined_resamples } => (
                "unstable-interval",
                format!(
                    "κ is undefined on {:.0} % of resamples, so its interval is too narrow; label more responses",
                    undefined_resamples * 100.0
                ),
            ),
            Self::UnknownSampling => (
                "unknown-sampling",
                "the labels do not say with which probability each response was drawn, so numbers corrected with them \
                 hold only if that was at random"
                    .to_owned(),
            ),
            Self::IncompleteSample => (
                "incomplete-sample",
                "the labelled responses were drawn with known probabilities, but do not represent the whole run: label \
                 the rest of the sample"
                    .to_owned(),
            ),
            Self::OnlyKeptLabelled => (
                "only-kept-labelled",
                "only responses with a kept grade are labelled, which says nothing about the others; label some of \
                 these too"
                    .to_owned(),
            ),
            Self::WeightedLabels => (
                "weighted-labels",
                "labels were drawn with unequal probabilities and count by the inverse of them; correlations, the \
                 intraclass correlation and the limits of agreement count each alike"
                    .to_owned(),
            ),
            Self::NoThreshold => (
                "no-threshold",
                "no other step can be chosen, since the labels of the dev part are all passes or all fails, or there \
                 are none; label more responses"
                    .to_owned(),
            ),
            Self::Undefined { numbers } => {
                return undefined_warning(numbers, "label more responses");
            }
            Self::NoInterval { numbers } => {
                return no_interval_warning(numbers, "label more responses");
            }
            Self::TagTooFine { tag } => (
                "tag-too-fine",
                format!("tag `{tag}` has more than {MOST_VALUES} values, so it makes no slices; use a coarser tag"),
            ),
            Self::RepeatedLook { looks } => (
                "repeated-look",
                format!(
                    "this is look {looks} at the test part with this rubric: a rubric chosen on the test part \
                     looks better than it is; report the first look, and tune on the dev part"
                ),
            ),
        };
        let remedy = match self {
            Self::UnknownSampling | Self::OnlyKeptLabelled | Self::UnlabelledSystems { .. } => {
                Some(Remedy::DrawLabels)
            }
            _ => None,
        };
        Warning::new(code, message).with_remedy(remedy)
    }
}

impl Serialize for GradeFinding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.warning().serialize(serializer)
    }
}
