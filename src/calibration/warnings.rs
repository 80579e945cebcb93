//! What to mind about a calibration: a stable code for programs, and one sentence that says what to do.

use super::win_rates::Basis;
use super::{Calibration, undefined};
use crate::error::Warning;
use crate::stats::Estimate;

/// Labelled comparisons below which intervals are too wide or too short to lean on.
const FEW_LABELS: u64 = 50;
/// Coverage below which the dropped comparisons must be spoken of.
const LOW_COVERAGE: f64 = 0.8;
/// The distance between agreement on kept verdicts and on every reply that shows a selection.
const SELECTION: f64 = 0.1;
/// The share of labels of one category from which on they are one-sided.
const ONE_SIDED: f64 = 0.8;
/// How far AC1 may lie above κ before the labels are too one-sided to tell.
const PARADOX: f64 = 0.3;
/// The share of replies without a readable vote that is worth a look.
const UNPARSED: f64 = 0.02;
/// The share of resamples on which a statistic may be undefined.
const UNSTABLE: f64 = 0.05;

/// What was odd about the label file and the items' tags.
#[derive(Debug)]
pub(super) struct LabelFile<'a> {
    pub(super) unused_fields: &'a [String],
    pub(super) fine_tags: &'a [String],
    /// Whether labels count by the inverse of their probability.
    pub(super) weighted: bool,
    /// Labelled comparisons whose item has no reference that is a text, where others have one.
    pub(super) without_reference: u64,
}

/// Returns everything to mind, the gravest first.
pub(super) fn warnings(
    found: &Calibration,
    labels: &LabelFile<'_>,
    error_rates: Option<bool>,
) -> Vec<Warning> {
    let mut all = Vec::new();
    judge(found, &mut all);
    people(found, &mut all);
    label_file(found, &mut all);
    replies(found, &mut all);
    win_rates(found, error_rates, &mut all);
    undefined::undefined(found, &mut all);
    if labels.weighted {
        all.push(Warning::new(
            "weighted-labels",
            "labels were drawn with different probabilities, so agreement, κ and win rates count each by \
             what it stands for; the confusion matrix, labelled coverage, people among themselves, p-values \
             of tags and confidence are plain counts",
        ));
    }
    for field in labels.unused_fields {
        all.push(Warning::new(
            "unused-label-field",
            format!("{field}; remove it or check its spelling"),
        ));
    }
    if labels.without_reference > 0 && found.baselines.iter().all(|one| one.name != "lexical") {
        all.push(Warning::new(
            "no-lexical-baseline",
            format!(
                "{} no reference that is a text, so that nearness to it is no baseline here; give every item one",
                counted(
                    labels.without_reference,
                    "labelled comparison has",
                    "labelled comparisons have"
                )
            ),
        ));
    }
    for tag in labels.fine_tags {
        all.push(Warning::new(
            "tag-too-fine",
            format!("tag `{tag}` has more than 50 values and makes no slices; use a coarser one"),
        ));
    }
    all
}

/// Returns what to mind about looking at the test part again.
pub(super) fn looks(looks: u64) -> Option<Warning> {
    (looks > 1).then(|| {
        Warning::new(
            "repeated-look",
            format!(
                "this is look {looks} at the test part with this rubric: a rubric chosen by it looks \
                 better than it is; tune on --part dev, and report the first look"
            ),
        )
    })
}

fn judge(found: &Calibration, all: &mut Vec<Warning>) {
    let Calibration { coverage, position, baselines, judge, .. } = found;
    for baseline in baselines {
        // Without an interval every difference is the same, and its sign is all there is to see.
        let least = baseline.difference.low.or(baseline.difference.value);
        let itself = *judge == format!("builtin:{}", baseline.name);
        if baseline.name != "first" && !itself && least.is_none_or(|least| least <= 0.0) {
            let name = &baseline.name;
            let code = match name.as_str() {
                "longer" => "no-better-than-longer",
                _ => "no-better-than-lexical",
            };
            all.push(Warning::new(
                code,
                format!(
                    "these labels do not show that {judge} agrees with people more than `{name}` does; \
                     mend the rubric, or draw more labels with `evenhand sample`"
                ),
            ));
        }
    }
    if coverage.value.is_some_and(|value| value < LOW_COVERAGE) {
        all.push(Warning::new(
            "low-coverage",
            format!(
                "{} of {} comparisons have no kept verdict; say so wherever a win rate is quoted",
                dropped(coverage),
                coverage.n
            ),
        ));
    }
    if let Some(selection) = found.selection.filter(|selection| selection.abs() >= SELECTION) {
        let points = selection.abs() * 100.0;
        let (direction, which) =
            if selection > 0.0 { ("more", "easy") } else { ("less", "misleading") };
        all.push(Warning::new(
            "kept-selection",
            format!(
                "kept verdicts agree {points:.0} points {direction} often than all replies: the \
                 {which} ones were kept; quote agreement of every reply"
            ),
        ));
    }
    let lean = if position.primacy >= position.recency { "first" } else { "second" };
    if position.consistency.value.is_some_and(|value| value < 0.5) {
        all.push(Warning::new(
            "position-follower",
            "the order decides more than the responses; try a reason before the vote, or another judge",
        ));
    } else if position.p_value < 0.05 {
        all.push(Warning::new(
            "position-bias",
            format!(
                "flips lean to the {lean} position ({} against {}); never ask in one order only",
                position.primacy.max(position.recency),
                position.primacy.min(position.recency)
            ),
        ));
    }
}

/// Returns a number with the words for one or for more.
fn counted(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

fn dropped(coverage: &Estimate) -> u64 {
    let kept = coverage.value.unwrap_or(0.0) * coverage.n as f64;
    coverage.n - kept.round() as u64
}

fn people(found: &Calibration, all: &mut Vec<Warning>) {
    let Calibration { labelled, no_majority, kept, human, .. } = found;
    if *labelled < FEW_LABELS {
        all.push(Warning::new(
            "few-labels",
            format!(
                "{labelled} labelled comparisons are few: intervals may be too short; label at least \
                 {FEW_LABELS}"
            ),
        ));
    }
    if one_class(found) {
        all.push(Warning::new(
            "one-class-labels",
            "people chose the same in every kept comparison, so nothing beyond chance can be measured; \
             draw more labels with `evenhand sample`",
        ));
    } else if let (Some(ac1), Some(kappa)) = (kept.gwet_ac1.value, kept.cohen_kappa.value)
        && ac1 - kappa >= PARADOX
        && one_sided(found)
    {
        all.push(Warning::new(
            "kappa-paradox",
            format!(
                "AC1 is {ac1:.2} and κ {kappa:.2} because nearly all labels name one side: the judge is \
                 untested on the other; draw more labels with `evenhand sample`"
            ),
        ));
    }
    if *no_majority > 0 {
        all.push(Warning::new(
            "no-majority",
            format!(
                "{} no majority: counted by mean agreement and not among kept verdicts; a further \
                 annotator would settle it",
                counted(*no_majority, "labelled comparison has", "labelled comparisons have")
            ),
        ));
    }
    let Some(human) = human else {
        all.push(Warning::new(
            "one-annotator",
            "every comparison has one annotator, so what people reach among themselves is not known; \
             have some labelled by two more",
        ));
        return;
    };
    if human.fleiss_kappa.value.is_none() && human.krippendorff_alpha.value.is_some() {
        all.push(Warning::new(
            "unequal-panels",
            "comparisons have different numbers of annotators, for which Fleiss' κ is not defined; use \
             Krippendorff's α",
        ));
    }
    if human.pairs_left_out > 0 {
        all.push(Warning::new(
            "many-annotators",
            format!(
                "{} pairs of annotators with the fewest common comparisons are not listed; use \
                 Krippendorff's α",
                human.pairs_left_out
            ),
        ));
    }
    if let Some(skipped) =
        human.alt_test.as_ref().map(|test| &test.skipped).filter(|s| !s.is_empty())
    {
        all.push(Warning::new(
            "skipped-annotators",
            format!(
                "{} labelled fewer than 30 comparisons together with others and is left out of the \
                 alternative annotator test",
                skipped.join(", ")
            ),
        ));
    }
}

/// What to mind about the label file.
fn label_file(found: &Calibration, all: &mut Vec<Warning>) {
    let labelled = found.labelled;
    if found.labels_unmatched > 0 {
        all.push(Warning::new(
            "labels-unmatched",
            format!(
                "{} of comparisons that are not in the run; check their ids, or judge them",
                counted(found.labels_unmatched, "label speaks", "labels speak")
            ),
        ));
    }
    if found.drawn_unknown > 0 {
        all.push(Warning::new(
            "mixed-sampling",
            format!(
                "of {} of {labelled} labelled comparisons no probability is given, so none is used; write \
                 it back from what `evenhand sample` drew, or leave those labels out",
                found.drawn_unknown
            ),
        ));
    }
    if found.labels_blank > 0 {
        all.push(Warning::new(
            "labels-blank",
            format!(
                "{} of the label file still without a winner; what is left out by choice is no longer a \
                 random sample",
                counted(found.labels_blank, "line is", "lines are")
            ),
        ));
    }
}

/// Whether nearly all labels of kept comparisons are of one category.
fn one_sided(found: &Calibration) -> bool {
    found.pairs.iter().any(|pair| {
        let counts = &pair.confusion.counts;
        let columns = (0..counts.len()).map(|j| counts.iter().map(|row| row[j]).sum::<u64>());
        let (all, most) = columns.fold((0, 0), |(all, most), n| (all + n, most.max(n)));
        all > 0 && most as f64 >= ONE_SIDED * all as f64
    })
}

/// Whether people chose one and the same category in all kept comparisons.
fn one_class(found: &Calibration) -> bool {
    let used = |pair: &super::PairAgreement| {
        let k = pair.confusion.labels.len();
        (0..k).filter(|j| pair.confusion.counts.iter().any(|row| row[*j] > 0)).count()
    };
    found.kept.n > 0 && found.pairs.iter().all(|pair| used(pair) <= 1)
}

fn replies(found: &Calibration, all: &mut Vec<Warning>) {
    let Calibration { orders, position, .. } = found;
    let readable = position.first_picks + position.second_picks + position.ties;
    if position.unparsed as f64 > UNPARSED * (readable + position.unparsed) as f64 {
        all.push(Warning::new(
            "unparsed-replies",
            format!(
                "{} of {} replies have no readable vote; see them with `verdicts --outcome unparsed \
                 --replies`, and mend the pattern or the prompt",
                position.unparsed,
                readable + position.unparsed
            ),
        ));
    }
    if orders.absent > 0 {
        all.push(Warning::new(
            "absent-replies",
            format!(
                "{} to labelled comparisons not there (pending or failed): left out of agreement, and \
                 their comparisons of what the judge is among people; run judge again",
                counted(orders.absent, "reply is", "replies are")
            ),
        ));
    }
    let answered: u64 = found.win_rates.iter().map(|rates| rates.order_averaged.n).sum();
    if answered < found.planned {
        all.push(Warning::new(
            "unanswered",
            format!(
                "{} not answered in both orders (pending or failed) and left out of the order-averaged win \
                 rate; run judge again",
                counted(found.planned - answered, "comparison is", "comparisons are")
            ),
        ));
    }
    if found.kept.unstable.max(orders.unstable) > UNSTABLE {
        all.push(Warning::new(
            "unstable-interval",
            format!(
                "κ was undefined on {:.0} % of the resamples, so its interval is too short; draw more \
                 labels with `evenhand sample`",
                found.kept.unstable.max(orders.unstable) * 100.0
            ),
        ));
    }
}

/// `error_rates` says whether there are any, and if so whether they are of the same judge and rubric.
fn win_rates(found: &Calibration, error_rates: Option<bool>, all: &mut Vec<Warning>) {
    let on = |basis| found.win_rates.iter().any(|rates| rates.ppi_basis == Some(basis));
    if on(Basis::AsIfRandom) && found.drawn_unknown == 0 {
        all.push(Warning::new(
            "unknown-sampling",
            "nothing says how the labelled comparisons were chosen, so the corrected win rate holds \
             only if that was at random; draw them with `evenhand sample`",
        ));
    }
    if on(Basis::IncompleteSample) {
        all.push(Warning::new(
            "incomplete-sample",
            "the probabilities of the labelled comparisons do not add up to this run: some that were drawn \
             are not labelled, or the run has grown; label the rest of what was drawn, or draw anew",
        ));
    }
    if on(Basis::OnlyKept) {
        all.push(Warning::new(
            "only-kept-labelled",
            "labels are on kept verdicts alone, so nothing corrects the win rate of the others; draw \
             comparisons with `evenhand sample`",
        ));
    }
    if error_rates == Some(false) {
        all.push(Warning::new(
            "other-error-rates",
            "the error rates are of another model or of another rubric, prompt or tie rule, and need not \
             hold here; measure them with what judged this run",
        ));
    }
    if error_rates.is_some() && found.win_rates.iter().any(|rates| rates.rogan_gladen.is_none()) {
        all.push(Warning::new(
            "no-error-rates",
            "the other run gives no usable error rates for some pair (other systems, a tie, too few labels, \
             labels drawn with unequal probabilities, or no better than chance); label comparisons of this \
             run instead",
        ));
    }
}
