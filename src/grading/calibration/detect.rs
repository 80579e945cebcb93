//! Which findings a calibration of grades has, and the conclusion that follows from them.

use super::findings::GradeFinding;
use super::results::GradeCalibration;
use crate::calibration::{Conclusion, CorrectionBasis, FEW_LABELS, FEWEST_LABELS};
use crate::input::GradeLabels;
use crate::stats::{Estimate, incomplete};

/// Coverage below which the dropped responses are a finding.
const LOW_COVERAGE: f64 = 0.8;
/// Consistency below which the judge follows the direction of the scale.
const INCONSISTENT: f64 = 0.5;
/// The p-value below which changed grades favour one direction.
const SIGNIFICANT: f64 = 0.05;
/// The difference between agreement of kept grades and of every reply that shows a selection.
const SELECTION: f64 = 0.1;
/// Labelled responses that pass, or fail, below which the judge is nearly untested on them.
const FEW_OF_ONE_CLASS: u64 = 10;
/// The share of replies without a readable grade that is a finding.
const UNPARSED: f64 = 0.02;
/// The share of resamples on which a statistic may be undefined.
const UNSTABLE: f64 = 0.05;

/// What detection needs besides the numbers.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The label file.
    pub(super) read: &'a GradeLabels,
    /// The first id of a label that is not in the run.
    pub(super) first_unknown_id: Option<&'a str>,
    /// Who skipped responses that have no label, and how many there are.
    pub(super) skipped: (Vec<String>, u64),
    /// How many different labels there are, of responses with a label.
    pub(super) different_labels: usize,
    /// Labelled responses that pass, and that fail, by people.
    pub(super) of_each_class: [u64; 2],
    /// Tags with too many values to make slices.
    pub(super) fine_tags: &'a [String],
    /// Whether labels are weighted by the inverse of their probability.
    pub(super) weighted: bool,
    /// Labelled responses without the probability of their draw, where others have one.
    pub(super) without_probability: u64,
    /// Responses that no judge answered in both directions.
    pub(super) unanswered: u64,
    /// Whether the scale has a step to choose.
    pub(super) has_thresholds: bool,
}

/// Returns everything that changes how the numbers may be used, the most serious first.
pub(super) fn findings(results: &GradeCalibration, context: &Context<'_>) -> Vec<GradeFinding> {
    let mut all = Vec::new();
    about_judge(results, context, &mut all);
    about_people(results, context, &mut all);
    about_label_file(results, context, &mut all);
    about_replies(results, context, &mut all);
    about_corrections(results, context, &mut all);
    undefined(results, &mut all);
    if context.weighted {
        all.push(GradeFinding::WeightedLabels);
    }
    for field in &context.read.warnings {
        all.push(GradeFinding::UnusedLabelField { field: field.clone() });
    }
    for tag in context.fine_tags {
        all.push(GradeFinding::TagTooFine { tag: tag.clone() });
    }
    all
}

/// Draws the conclusion from a calibration and its findings.
pub(super) fn conclusion(results: &GradeCalibration) -> Conclusion {
    let any = |wanted: fn(&GradeFinding) -> bool| results.findings.iter().any(wanted);
    let human = results.human.as_ref();
    if results.labelled < FEWEST_LABELS {
        Conclusion::TooFewLabels
    } else if results.headline_kappa().low.is_none_or(|low| low <= 0.0) {
        Conclusion::MayBeChance
    } else if any(|finding| finding.unbeaten_rule().is_some()) {
        Conclusion::NoBetterThanTrivial
    } else if any(|finding| match finding {
        GradeFinding::ScaleFollower { .. } => true,
        GradeFinding::KeptSelection { difference } => *difference > 0.0,
        _ => false,
    }) {
        Conclusion::NotAsGoodAsKept
    } else if human.and_then(|human| human.judge_difference.low).is_some_and(|low| low >= 0.0) {
        Conclusion::LikePeople
    } else {
        Conclusion::BeyondChance
    }
}

fn about_judge(results: &GradeCalibration, context: &Context<'_>, all: &mut Vec<GradeFinding>) {
    let GradeCalibration { coverage, order, baselines, judge, .. } = results;
    for baseline in baselines {
        let (judge, rule, responses) = (judge.clone(), baseline.rule, baseline.difference.n);
        if baseline.difference.value.is_none() {
            all.push(GradeFinding::NotComparedWithRule { judge, rule, responses });
        } else if baseline.is_unbeaten() {
            all.push(GradeFinding::NoBetterThanRule { judge, rule, responses });
        }
    }
    if let Some(value) = coverage.value.filter(|value| *value < LOW_COVERAGE) {
        let kept = (value * coverage.n as f64).round() as u64;
        all.push(GradeFinding::LowCoverage { dropped: coverage.n - kept, planned: coverage.n });
    }
    if let Some(difference) = results.selection().filter(|difference| difference.abs() >= SELECTION)
    {
        all.push(GradeFinding::KeptSelection { difference });
    }
    let consistency = order.consistency;
    if let Some(value) = consistency.value.filter(|value| *value < INCONSISTENT) {
        let grades = consistency.n;
        let changed = grades - (value * grades as f64).round() as u64;
        all.push(GradeFinding::ScaleFollower { changed, grades });
    } else if order.p_value < SIGNIFICANT {
        let (higher, lower) = (order.higher_when_reversed, order.lower_when_reversed);
        all.push(GradeFinding::ScaleBias { higher, lower });
    }
    all.extend(different_error_rates(results));
    match &results.thresholds {
        Some(thresholds) => {
            let named = results.scale.pass_from.as_ref();
            if let Some(pass_from) = named.filter(|named| **named != thresholds.chosen) {
                let (pass_from, chosen) = (pass_from.clone(), thresholds.chosen.clone());
                all.push(GradeFinding::OtherThreshold { pass_from, chosen });
            }
        }
        None if context.has_thresholds => all.push(GradeFinding::NoThreshold),
        None => {}
    }
}

/// Returns the two systems whose error rates differ most, if their intervals have nothing in common: a test that finds too
/// little rather than too much.
fn different_error_rates(results: &GradeCalibration) -> Option<GradeFinding> {
    let mut most: Option<(f64, GradeFinding)> = None;
    for of_passes in [true, false] {
        let rates = results.systems.iter().map(|system| {
            let rate =
                if of_passes { system.true_positive_rate } else { system.true_negative_rate };
            (&system.system, rate)
        });
        let rates: Vec<(&String, Estimate)> = rates.collect();
        for (one, better) in &rates {
            for (other, worse) in &rates {
                let (Some(low), Some(high)) = (better.low, worse.high) else { continue };
                let gap = low - high;
                if gap > 0.0 && most.as_ref().is_none_or(|(largest, _)| gap > *largest) {
                    let systems = [(*one).clone(), (*other).clone()];
                    most = Some((gap, GradeFinding::ErrorRatesDiffer { systems, of_passes }));
                }
            }
        }
    }
    most.map(|(_, finding)| finding)
}

fn about_people(results: &GradeCalibration, context: &Context<'_>, all: &mut Vec<GradeFinding>) {
    let GradeCalibration { planned, labelled, no_majority, scale, .. } = results;
    if *labelled < FEW_LABELS {
        all.push(GradeFinding::FewLabels { labelled: *labelled, planned: *planned });
    }
    let [passes, fails] = context.of_each_class;
    if context.different_labels == 1 {
        all.push(GradeFinding::OneClassLabels);
    } else if scale.pass_from.is_some() && passes.min(fails) < FEW_OF_ONE_CLASS {
        all.push(GradeFinding::FewOfOneClass { passes, fails });
    }
    if *no_majority > 0 {
        all.push(GradeFinding::NoMajority { responses: *no_majority });
    }
    if results.labels_cannot_assess > 0 {
        let (responses, is_allowed) = (results.labels_cannot_assess, scale.cannot_assess);
        all.push(GradeFinding::LabelsCannotAssess { responses, is_allowed });
    }
    if results.replies_cannot_assess > 0 {
        all.push(GradeFinding::RepliesCannotAssess { replies: results.replies_cannot_assess });
    }
    if scale.pass_from.is_none() {
        all.push(GradeFinding::NoPassStep);
    }
    match &results.human {
        None => all.push(GradeFinding::OneAnnotator),
        Some(human) if human.pairs_left_out > 0 => {
            all.push(GradeFinding::ManyAnnotators { unlisted_pairs: human.pairs_left_out });
        }
        Some(_) => {}
    }
}

fn about_label_file(
    results: &GradeCalibration,
    context: &Context<'_>,
    all: &mut Vec<GradeFinding>,
) {
    if results.labels_unmatched > 0 {
        let first = context.first_unknown_id.map(ToOwned::to_owned);
        let alike = context.read.alike_ids.clone();
        all.push(GradeFinding::LabelsUnmatched { labels: results.labels_unmatched, first, alike });
    }
    if let Some(annotators) = &context.read.alike_annotators {
        let annotators = annotators.each_ref().map(ToString::to_string);
        all.push(GradeFinding::SimilarAnnotators { annotators });
    }
    let (annotators, responses) = context.skipped.clone();
    if responses > 0 {
        all.push(GradeFinding::SkippedResponses { responses, annotators });
    }
    let without_probability = context.without_probability;
    if without_probability > 0 {
        let labelled = results.labelled;
        all.push(GradeFinding::MixedSampling { without_probability, labelled });
    }
    if results.labels_blank > 0 {
        all.push(GradeFinding::LabelsBlank { lines: results.labels_blank });
    }
    let unlabelled = results.systems.iter().filter(|one| one.planned > 0 && one.labelled == 0);
    let systems: Vec<String> = unlabelled.map(|one| one.system.clone()).collect();
    if !systems.is_empty() {
        all.push(GradeFinding::UnlabelledSystems { systems });
    }
}

fn about_replies(results: &GradeCalibration, context: &Context<'_>, all: &mut Vec<GradeFinding>) {
    let GradeCalibration { kept, replies, .. } = results;
    if replies.unreadable as f64 > UNPARSED * replies.n as f64 {
        let (unparsed, replies) = (replies.unreadable, replies.n);
        all.push(GradeFinding::UnparsedReplies { unparsed, replies });
    }
    if replies.absent > 0 {
        all.push(GradeFinding::AbsentReplies { replies: replies.absent });
    }
    if context.unanswered > 0 {
        all.push(GradeFinding::Unanswered { responses: context.unanswered });
    }
    let undefined_resamples = kept.undefined_resamples.max(replies.undefined_resamples);
    if undefined_resamples > UNSTABLE {
        all.push(GradeFinding::UnstableInterval { undefined_resamples });
    }
}

fn about_corrections(
    results: &GradeCalibration,
    context: &Context<'_>,
    all: &mut Vec<GradeFinding>,
) {
    let bases = || results.systems.iter().filter_map(|one| one.pass_rate.as_ref()?.ppi_basis);
    let any = |basis| bases().any(|one| one == basis);
    if any(CorrectionBasis::AsIfRandom) && context.without_probability == 0 {
        all.push(GradeFinding::UnknownSampling);
    }
    if any(CorrectionBasis::IncompleteSample) {
        all.push(GradeFinding::IncompleteSample);
    }
    if any(CorrectionBasis::OnlyKept) {
        all.push(GradeFinding::OnlyKeptLabelled);
    }
}

/// Adds which numbers have no value, or no interval.
fn undefined(results: &GradeCalibration, all: &mut Vec<GradeFinding>) {
    let [without_value, without_interval] = incomplete(&named(results));
    if !without_value.is_empty() {
        all.push(GradeFinding::Undefined { numbers: without_value });
    }
    if !without_interval.is_empty() {
        all.push(GradeFinding::NoInterval { numbers: without_interval });
    }
}

/// Returns the numbers that every calibration of grades has, by their places in the JSON. What the rubric does not define
/// is not among them.
fn named(results: &GradeCalibration) -> Vec<(String, Estimate)> {
    let GradeCalibration { kept, replies, order, scale, .. } = results;
    let mut all: Vec<(String, Estimate)> = Vec::new();
    let mut add = |name: &str, estimate: Estimate| all.push((name.to_owned(), estimate));
    for (name, estimate) in [
        ("agreement", kept.agreement),
        ("cohen_kappa", kept.cohen_kappa),
        ("weighted_kappa", kept.weighted_kappa),
        ("linear_kappa", kept.linear_kappa),
        ("gwet_ac1", kept.gwet_ac1),
        ("krippendorff_alpha", kept.krippendorff_alpha),
        ("icc", kept.icc),
        ("spearman", kept.spearman),
        ("kendall", kept.kendall),
        ("bias", kept.bias),
        ("limits.low", kept.limits.low),
        ("limits.high", kept.limits.high),
    ] {
        add(&format!("kept.{name}"), estimate);
    }
    for (name, estimate) in [
        ("agreement", replies.agreement),
        ("cohen_kappa", replies.cohen_kappa),
        ("weighted_kappa", replies.weighted_kappa),
    ] {
        add(&format!("replies.{name}"), estimate);
    }
    if scale.pass_from.is_some() {
        add("kept.true_positive_rate", kept.true_positive_rate);
        add("kept.true_negative_rate", kept.true_negative_rate);
        add("replies.true_positive_rate", replies.true_positive_rate);
        add("replies.true_negative_rate", replies.true_negative_rate);
    }
    for (at, system) in results.systems.iter().enumerate().filter(|(_, one)| one.labelled > 0) {
        if let Some(rate) = &system.pass_rate {
            add(&format!("systems[{at}].true_positive_rate"), system.true_positive_rate);
            add(&format!("systems[{at}].true_negative_rate"), system.true_negative_rate);
            add(&format!("systems[{at}].pass_rate.ppi"), rate.ppi);
        }
        add(&format!("systems[{at}].mean_step.ppi"), system.mean_step.ppi);
    }
    add("order.consistency", order.consistency);
    all
}
