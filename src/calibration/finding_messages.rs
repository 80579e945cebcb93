//! Findings as warnings: a stable code for programs, and a sentence that says what to do for people.

use serde::{Serialize, Serializer};

use super::finding_advice::{
    incomplete_sample, jury_no_better, label_for_kappa, percent, same_family, sent_only, spoken,
};
use super::findings::{FEW_LABELS, Finding, TieReplies};
use super::slices::MOST_VALUES;
use super::trivial_judge::TrivialJudge;
use crate::error::{Warning, count, counted, listed};
use crate::stats::{no_interval_warning, undefined_warning};

impl Finding {
    /// Returns the finding as a warning: its stable code, and a sentence that says what to do.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each finding, code and message together"
    )]
    pub fn warning(&self) -> Warning {
        let (code, message) = match self {
            Self::NoBetterThanTrivial { judge, trivial, labels } => (
                match trivial {
                    TrivialJudge::Longer => "no-better-than-longer",
                    TrivialJudge::First => "no-better-than-first",
                    TrivialJudge::Lexical => "no-better-than-lexical",
                },
                format!(
                    "these labels do not show that {judge} agrees with people more often than the rule \
                     \"{}\"; revise the rubric{}",
                    trivial.rule(),
                    match labels {
                        Some(labels) => {
                            let label_more = if labels.has_enough { "label more: " } else { "" };
                            let advice = labels.advice("about", "show a lead of this size");
                            format!(", or {label_more}{advice}")
                        }
                        None => " or try another judge: more labels alone do not help".to_owned(),
                    },
                    judge = spoken(judge)
                ),
            ),
            Self::JuryNoBetter { pairs, of } => ("jury-no-better", jury_no_better(pairs, *of)),
            Self::NoWinnerShown {
                system,
                other,
                rate,
                labelled,
                labels,
                excludes_lead,
                to_exclude_lead,
            } => (
                "no-winner",
                match (labels, to_exclude_lead) {
                    (Some(labels), _) => format!(
                        "the win rate of {system} against {other} may be 50 %; if it is {:.1} %, {} ({labelled} so \
                         far)",
                        rate * 100.0,
                        labels.advice("at most about", "show it")
                    ),
                    (None, _) if *excludes_lead => format!(
                        "the win rate of {system} against {other} is near 50 %: the labels exclude a win rate outside \
                         45 – 55 %, and far more of them would be needed to show a smaller lead"
                    ),
                    (None, Some(labels)) => format!(
                        "the win rate of {system} against {other} is too near 50 % for labels to show a winner; {} \
                         ({labelled} so far)",
                        labels.advice("at most about", "exclude a win rate outside 45 – 55 %")
                    ),
                    (None, None) => format!(
                        "the win rate of {system} against {other} is too near 50 % for labels to show a winner"
                    ),
                },
            ),
            Self::LowCoverage { dropped, planned } => (
                "low-coverage",
                format!(
                    "{dropped} of {} no kept verdict; state this wherever you quote a win rate",
                    counted(*planned, "comparison has", "comparisons have")
                ),
            ),
            Self::KeptSelection { difference } => {
                let points = difference.abs() * 100.0;
                let more = if *difference > 0.0 { "more" } else { "less" };
                (
                    "kept-selection",
                    format!(
                        "kept verdicts agree with people {points:.0} points {more} often than all replies \
                         do, since they are a selection: quote the agreement of every reply"
                    ),
                )
            }
            Self::PositionFollower { changed, verdicts } => (
                "position-follower",
                format!(
                    "{changed} of {} with the order; try another judge or, if its replies have no \
                     reasons, ask for reasons before the vote",
                    counted(*verdicts, "verdict changed", "verdicts changed")
                ),
            ),
            Self::PositionBias { primacy, recency } => {
                let (favoured, most, least) = if primacy >= recency {
                    ("first", primacy, recency)
                } else {
                    ("second", recency, primacy)
                };
                (
                    "position-bias",
                    format!(
                        "flips favour the {favoured} position ({most} to {least}); never rely on replies in \
                         one order only"
                    ),
                )
            }
            Self::SameFamily { judge, measured } => {
                ("same-family", same_family(judge, measured))
            }
            Self::FewLabels { labelled, planned } => {
                let missing = FEW_LABELS - labelled;
                let what_to_do = if *planned < FEW_LABELS {
                    format!("judge more items, and label at least {missing} more comparisons")
                } else {
                    format!("label at least {missing} more")
                };
                (
                    "few-labels",
                    format!(
                        "only {} labelled, so intervals may be too narrow; {what_to_do}",
                        counted(*labelled, "comparison is", "comparisons are"),
                    ),
                )
            }
            Self::OneClassLabels { labels } => (
                "one-class-labels",
                format!(
                    "people made the same choice in every kept comparison, so agreement beyond chance cannot \
                     be measured; {}",
                    label_for_kappa(*labels)
                ),
            ),
            Self::KappaParadox { ac1, kappa, labels } => (
                "kappa-paradox",
                format!(
                    "AC1 is {ac1:.2} but κ is {kappa:.2}, because nearly all labels name one side: the judge \
                     is untested on the other; {}",
                    label_for_kappa(*labels)
                ),
            ),
            Self::NoMajority { comparisons } => (
                "no-majority",
                format!(
                    "{} no majority, so {} by mean agreement and not among kept verdicts; one more annotator \
                     could decide",
                    counted(*comparisons, "labelled comparison has", "labelled comparisons have"),
                    if *comparisons == 1 { "it counts" } else { "they count" }
                ),
            ),
            Self::OneAnnotator => (
                "one-annotator",
                "each comparison has one annotator, so it is not known how far people agree with each other; \
                 have at least 30 labelled by two more people"
                    .to_owned(),
            ),
            Self::UnequalPanels => (
                "unequal-panels",
                "comparisons have different numbers of annotators, so Fleiss' κ is undefined; use \
                 Krippendorff's α"
                    .to_owned(),
            ),
            Self::ManyAnnotators { unlisted_pairs } => (
                "many-annotators",
                format!(
                    "{} not listed, with the fewest comparisons in common; use Krippendorff's α",
                    counted(
                        *unlisted_pairs as u64,
                        "pair of annotators is",
                        "pairs of annotators are"
                    )
                ),
            ),
            Self::SkippedAnnotators { annotators } => (
                "skipped-annotators",
                format!(
                    "{} labelled fewer than 30 comparisons together with others and {} left out of the \
                     alternative annotator test",
                    annotators.join(", "),
                    if annotators.len() == 1 { "is" } else { "are" }
                ),
            ),
            Self::LabelsUnmatched { labels, alike } => (
                "labels-unmatched",
                format!(
                    "{} not in the run{}; check the ids, or judge those comparisons",
                    counted(
                        *labels,
                        "label is for a comparison that is",
                        "labels are for comparisons that are"
                    ),
                    alike.as_ref().map(|alike| format!("; {alike}")).unwrap_or_default()
                ),
            ),
            Self::SimilarAnnotators { annotators: [one, other] } => (
                "similar-annotators",
                format!(
                    "annotators `{one}` and `{other}` differ only in case or spacing and count as two people; if \
                     they are one, write the name in one way"
                ),
            ),
            Self::TiesNotAllowed { ties, labelled, ceiling } => (
                "ties-not-allowed",
                format!(
                    "people called {ties} of {} a tie, which the rubric does not allow (ties = false), so the \
                     agreement of every reply cannot exceed {}; allow ties, or leave those comparisons out of the \
                     labels and say so",
                    counted(*labelled, "labelled comparison", "labelled comparisons"),
                    percent(*ceiling)
                ),
            ),
            Self::TiesNotLabelled { labelled, replies } => (
                "ties-not-labelled",
                format!(
                    "the rubric allows a tie, but none of {} has a label that is one, so each tie of the judge \
                     counts as wrong{}; if people could not choose a tie, set ties = false",
                    counted(*labelled, "labelled comparison", "labelled comparisons"),
                    replies
                        .map(|TieReplies { ties, replies, ceiling }| format!(
                            ": {ties} of {}, so the agreement of every reply cannot exceed {}",
                            counted(replies, "reply is one", "replies are one"),
                            percent(ceiling)
                        ))
                        .unwrap_or_default()
                ),
            ),
            Self::MixedSampling { without_probability, labelled } => (
                "mixed-sampling",
                format!(
                    "{without_probability} of {} no `probability`, so those of the others are not used; copy \
                     it from the lines of the sample, or remove those labels",
                    counted(*labelled, "labelled comparison has", "labelled comparisons have")
                ),
            ),
            Self::LabelsBlank { lines } => (
                "labels-blank",
                format!(
                    "{} no winner yet; label all of them: leaving some out by choice makes the sample no \
                     longer random",
                    counted(*lines, "line of the label file has", "lines of the label file have")
                ),
            ),
            Self::UnparsedReplies { unparsed, replies } => (
                "unparsed-replies",
                format!(
                    "{unparsed} of {} no readable vote; revise the reply pattern or the prompt after \
                     reading these replies",
                    counted(*replies, "reply has", "replies have")
                ),
            ),
            Self::AbsentReplies { replies } => (
                "absent-replies",
                format!(
                    "{} missing (pending, failed or not recorded) and left out of agreement; where the judge is \
                     compared with single people, the whole comparison is left out; resume the run, or add the \
                     replies to the recording",
                    counted(
                        *replies,
                        "reply to a labelled comparison is",
                        "replies to labelled comparisons are"
                    )
                ),
            ),
            Self::Unanswered { comparisons } => (
                "unanswered",
                format!(
                    "{} not answered in both orders (pending, failed or not recorded) and left out of position \
                     consistency and the order-averaged win rate; resume the run, or add the replies to the recording",
                    counted(*comparisons, "comparison is", "comparisons are")
                ),
            ),
            Self::UnstableInterval { undefined_resamples, labels } => (
                "unstable-interval",
                format!(
                    "κ was undefined on {:.0} % of the resamples, so its interval is too narrow; {}",
                    undefined_resamples * 100.0,
                    label_for_kappa(*labels)
                ),
            ),
            Self::UnknownSampling => (
                "unknown-sampling",
                "it is not known how the labelled comparisons were chosen, so the win rate corrected with \
                 labels holds only if that was at random; draw them as a sample"
                    .to_owned(),
            ),
            Self::StoppedWhenDecided { planned, available } => (
                "stopped-when-decided",
                format!(
                    "asking ended when the judge's win rate was decided ({} of {} asked): intervals of win rates are those of a \
                     fixed number of comparisons, and too narrow here; the report has one that holds at every look",
                    count(*planned),
                    counted(*available, "comparison", "comparisons")
                ),
            ),
            Self::SentOnly { judge, cheap, rule } => ("sent-only", sent_only(judge, cheap, rule)),
            Self::IncompleteSample { skipped, blank } => {
                ("incomplete-sample", incomplete_sample(*skipped, *blank))
            }
            Self::SkippedComparisons { comparisons, annotators } => (
                "skipped-comparisons",
                format!(
                    "{} no label because {} skipped {}: if people skip the hard ones, all numbers are about \
                     the easy ones; have somebody else label {2}",
                    counted(*comparisons, "comparison has", "comparisons have"),
                    listed(annotators),
                    if *comparisons == 1 { "it" } else { "them" },
                ),
            ),
            Self::OnlyKeptLabelled => (
                "only-kept-labelled",
                "only kept verdicts are labelled, so nothing corrects the win rate of the other comparisons; \
                 label a sample of all comparisons"
                    .to_owned(),
            ),
            Self::OtherErrorRates => (
                "other-error-rates",
                "the error rates were measured with another model, rubric, prompt or tie rule and may not \
                 hold here; measure them with the judge of this run"
                    .to_owned(),
            ),
            Self::NoErrorRates => (
                "no-error-rates",
                "the other run gives no usable error rates for some pair (other systems, a tie, too few \
                 labels, labels drawn with unequal probabilities, or a judge no better than chance); label \
                 comparisons of this run instead"
                    .to_owned(),
            ),
            Self::NothingKept => (
                "nothing-kept",
                "no labelled comparison has a kept verdict, so agreement on kept verdicts is undefined; use \
                 the agreement of every reply"
                    .to_owned(),
            ),
            Self::SeveralPairs => (
                "several-pairs",
                "AC1, α, Matthews' correlation and balanced accuracy are defined for one pair of systems and \
                 given by pair only; κ over all pairs is stratified"
                    .to_owned(),
            ),
            Self::NoRatio { is_judged: true } => (
                "no-ratio",
                "the judge's share of people's agreement with each other is undefined, because that agreement may be \
                 0: its interval contains 0; use the difference"
                    .to_owned(),
            ),
            Self::NoRatio { is_judged: false } => (
                "no-ratio",
                "the judge is not compared with single people, because it answered in both orders none of the \
                 comparisons that several people labelled"
                    .to_owned(),
            ),
            Self::Undefined { numbers, remedy } => {
                return undefined_warning(numbers, remedy.advice()).with_remedy(self.remedy());
            }
            Self::NoInterval { numbers, remedy } => {
                return no_interval_warning(numbers, remedy.advice()).with_remedy(self.remedy());
            }
            Self::PerfectAgreement { numbers } => (
                "perfect-agreement",
                format!(
                    "no interval for {}: every observation agrees; see the interval of the agreement",
                    listed(numbers)
                ),
            ),
            Self::WeightedLabels => (
                "weighted-labels",
                "labels were drawn with unequal probabilities, so agreement, κ and win rates weight each by \
                 the comparisons it represents; the confusion matrix, labelled coverage, people among \
                 themselves, p-values of tags and confidence are not weighted"
                    .to_owned(),
            ),
            Self::UnusedLabelField { field } => {
                ("unused-label-field", format!("{field}; remove it or check its spelling"))
            }
            Self::NoLexicalBaseline { comparisons } => (
                "no-lexical-baseline",
                format!(
                    "{} no textual reference, so similarity to it is left out as a baseline; give every item \
                     a reference",
                    counted(*comparisons, "labelled comparison has", "labelled comparisons have")
                ),
            ),
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
        Warning::new(code, message).with_remedy(self.remedy())
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.warning().serialize(serializer)
    }
}
