//! Which findings a calibration has, and the conclusion that follows from them.

use super::agreement::PairAgreement;
use super::conclusion::Conclusion;
use super::corrected_rate::CorrectionBasis;
use super::findings::{FEW_LABELS, Finding, JuryAgainstBest};
use super::jury_choice::JuryOnTest;
use super::needed;
use super::results::Calibration;
use super::skipped::SkippedComparisons;
use super::undefined;
use crate::input::Labels;
use crate::trial::other_system;

/// Labelled comparisons below which nothing is concluded.
pub(crate) const FEWEST_LABELS: u64 = 30;
/// Coverage below which the dropped comparisons are a finding.
const LOW_COVERAGE: f64 = 0.8;
/// Consistency below which the judge follows the order.
const INCONSISTENT: f64 = 0.5;
/// The p-value below which flips favour one position.
const SIGNIFICANT: f64 = 0.05;
/// The difference between agreement of kept verdicts and of every reply that shows a selection.
const SELECTION: f64 = 0.1;
/// The share of labels of one category above which they are one-sided.
const ONE_SIDED: f64 = 0.8;
/// How far AC1 may be above κ before one-sided labels explain it.
const PARADOX: f64 = 0.3;
/// The share of replies without a readable vote that is a finding.
const UNPARSED: f64 = 0.02;
/// The share of resamples on which a statistic may be undefined.
const UNSTABLE: f64 = 0.05;

/// What detection needs besides the numbers.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The label file.
    pub(super) read: &'a Labels,
    /// What ties do to agreement, if only people or only the judge may choose one.
    pub(super) ties: Option<Finding>,
    /// Tags with too many values to make slices.
    pub(super) fine_tags: &'a [String],
    /// Whether labels are weighted by the inverse of their probability.
    pub(super) weighted: bool,
    /// Labelled comparisons without the probability of their draw, where others have one.
    pub(super) without_probability: u64,
    /// Labelled comparisons whose item has no textual reference, where others have one.
    pub(super) without_reference: u64,
    /// Whether the error rates of another run apply to this one; `None` without error rates.
    pub(super) error_rates_apply: Option<bool>,
    /// How many comparisons the run has of how many, where asking ended when the win rate was decided.
    pub(super) stopped: Option<[u64; 2]>,
    /// That the judge is the strong one of a cascade, if so.
    pub(super) sent_only: Option<Finding>,
}

/// Returns everything that changes how the numbers may be used, the most serious first.
pub(super) fn findings(results: &Calibration, context: &Context<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    all.extend(context.sent_only.clone());
    about_judge(results, &mut all);
    about_people(results, &mut all);
    all.extend(context.ties.clone());
    about_label_file(results, context, &mut all);
    about_replies(results, &mut all);
    about_win_rates(results, context, &mut all);
    undefined::findings(results, &mut all);
    if context.weighted {
        all.push(Finding::WeightedLabels);
    }
    for field in &context.read.warnings {
        all.push(Finding::UnusedLabelField { field: field.clone() });
    }
    let comparisons = context.without_reference;
    if comparisons > 0 {
        all.push(Finding::NoLexicalBaseline { comparisons });
    }
    for tag in context.fine_tags {
        all.push(Finding::TagTooFine { tag: tag.clone() });
    }
    all
}

/// Draws the conclusion from a calibration and its findings.
pub(super) fn conclusion(results: &Calibration) -> Conclusion {
    let any = |wanted: fn(&Finding) -> bool| results.findings.iter().any(wanted);
    if results.labelled < FEWEST_LABELS {
        Conclusion::TooFewLabels
    } else if results.orders.cohen_kappa.low.is_none_or(|low| low <= 0.0) {
        Conclusion::MayBeChance
    } else if any(|finding| matches!(finding, Finding::NoBetterThanTrivial { .. })) {
        Conclusion::NoBetterThanTrivial
    } else if any(|finding| match finding {
        Finding::PositionFollower { .. } => true,
        Finding::KeptSelection { difference } => *difference > 0.0,
        _ => false,
    }) {
        Conclusion::NotAsGoodAsKept
    } else if !any(|finding| matches!(finding, Finding::WeightedLabels))
        && results.human.as_ref().and_then(|human| human.ratio.low).is_some_and(|low| low >= 1.0)
    {
        // The ratio is over plain counts, so it says nothing about labels that are weighted.
        Conclusion::LikePeople
    } else {
        Conclusion::BeyondChance
    }
}

fn about_judge(results: &Calibration, all: &mut Vec<Finding>) {
    let Calibration { coverage, position, baselines, judge, .. } = results;
    for baseline in baselines.iter().filter(|one| one.applies_to(judge)) {
        // Without an interval all differences are equal, and only their sign is known.
        let least = baseline.difference.low.or(baseline.difference.value);
        if least.is_none_or(|least| least <= 0.0) {
            all.push(Finding::NoBetterThanTrivial {
                judge: judge.clone(),
                trivial: baseline.judge,
                labels: needed::to_beat_rule(results, &baseline.difference),
            });
        }
    }
    all.extend(jury_no_better(results));
    if coverage.value.is_some_and(|value| value < LOW_COVERAGE) {
        let dropped = coverage.n - results.kept_verdicts();
        all.push(Finding::LowCoverage { dropped, planned: coverage.n });
    }
    if let Some(difference) = results.selection.filter(|difference| difference.abs() >= SELECTION) {
        all.push(Finding::KeptSelection { difference });
    }
    let consistency = position.consistency;
    if let Some(value) = consistency.value.filter(|value| *value < INCONSISTENT) {
        let verdicts = consistency.n;
        let changed = verdicts - (value * verdicts as f64).round() as u64;
        all.push(Finding::PositionFollower { changed, verdicts });
    } else if position.p_value < SIGNIFICANT {
        let (primacy, recency) = (position.primacy, position.recency);
        all.push(Finding::PositionBias { primacy, recency });
    }
    for measured in &results.self_preference {
        all.push(Finding::SameFamily { judge: judge.clone(), measured: measured.clone() });
    }
}

/// Returns the pairs of systems of which the labels do not show that the jury is better than its best member.
fn jury_no_better(results: &Calibration) -> Option<Finding> {
    let pairs = &results.jury_members.as_ref()?.pairs;
    let against_best = |(between, test): (&[String; 2], &JuryOnTest)| {
        let [best, jury] =
            [&test.best_member, &test.jury].map(|numbers| numbers.usd_per_comparison);
        JuryAgainstBest {
            between: between.clone(),
            best_member: test.best_member.judges.concat(),
            difference: test.jury_minus_best_member,
            share_of_cost: best.zip(jury.filter(|usd| *usd > 0.0)).map(|(best, jury)| best / jury),
        }
    };
    let measured = pairs.iter().filter_map(|pair| Some((&pair.between, pair.test.as_ref()?)));
    let measured: Vec<JuryAgainstBest> = measured.map(against_best).collect();
    let of = measured.len();
    let is_better = |one: &JuryAgainstBest| one.difference.low.is_some_and(|low| low > 0.0);
    let pairs: Vec<JuryAgainstBest> = measured.into_iter().filter(|one| !is_better(one)).collect();
    (!pairs.is_empty()).then_some(Finding::JuryNoBetter { pairs, of })
}

fn about_people(results: &Calibration, all: &mut Vec<Finding>) {
    let Calibration { planned, labelled, no_majority, kept, human, .. } = results;
    if *labelled < FEW_LABELS {
        all.push(Finding::FewLabels { labelled: *labelled, planned: *planned });
    }
    if one_class(results) {
        all.push(Finding::OneClassLabels { labels: needed::to_measure_kappa(results) });
    } else if let (Some(ac1), Some(kappa)) = (kept.gwet_ac1.value, kept.cohen_kappa.value)
        && ac1 - kappa >= PARADOX
        && results.pairs.iter().any(one_sided)
    {
        let labels = needed::to_measure_kappa(results);
        all.push(Finding::KappaParadox { ac1, kappa, labels });
    }
    if *no_majority > 0 {
        all.push(Finding::NoMajority { comparisons: *no_majority });
    }
    let Some(human) = human else {
        all.push(Finding::OneAnnotator);
        return;
    };
    if human.fleiss_kappa.value.is_none() && human.krippendorff_alpha.value.is_some() {
        all.push(Finding::UnequalPanels);
    }
    if human.pairs_left_out > 0 {
        all.push(Finding::ManyAnnotators { unlisted_pairs: human.pairs_left_out });
    }
    if let Some(test) = human.alt_test.as_ref().filter(|test| !test.skipped.is_empty()) {
        all.push(Finding::SkippedAnnotators { annotators: test.skipped.clone() });
    }
}

fn about_label_file(results: &Calibration, context: &Context<'_>, all: &mut Vec<Finding>) {
    if results.labels_unmatched > 0 {
        let alike = context.read.alike_ids.clone();
        all.push(Finding::LabelsUnmatched { labels: results.labels_unmatched, alike });
    }
    if let Some(annotators) = &context.read.alike_annotators {
        let annotators = annotators.each_ref().map(ToString::to_string);
        all.push(Finding::SimilarAnnotators { annotators });
    }
    let without_probability = context.without_probability;
    if without_probability > 0 {
        let labelled = results.labelled;
        all.push(Finding::MixedSampling { without_probability, labelled });
    }
    let SkippedComparisons { comparisons, annotators, .. } = &results.skipped;
    if *comparisons > 0 {
        let annotators = annotators.clone();
        all.push(Finding::SkippedComparisons { comparisons: *comparisons, annotators });
    }
    if results.labels_blank > 0 {
        all.push(Finding::LabelsBlank { lines: results.labels_blank });
    }
}

/// Returns whether nearly all labels of kept comparisons are of one category.
fn one_sided(pair: &PairAgreement) -> bool {
    let counts = &pair.confusion.counts;
    let columns = (0..counts.len()).map(|j| counts.iter().map(|row| row[j]).sum::<u64>());
    let (all, most) = columns.fold((0, 0), |(all, most), n| (all + n, most.max(n)));
    all > 0 && most as f64 >= ONE_SIDED * all as f64
}

/// Returns whether people chose the same category in all kept comparisons of each pair.
fn one_class(results: &Calibration) -> bool {
    let used = |pair: &PairAgreement| {
        let k = pair.confusion.labels.len();
        (0..k).filter(|j| pair.confusion.counts.iter().any(|row| row[*j] > 0)).count()
    };
    results.kept.n > 0 && results.pairs.iter().all(|pair| used(pair) <= 1)
}

fn about_replies(results: &Calibration, all: &mut Vec<Finding>) {
    let Calibration { kept, orders, position, .. } = results;
    let unparsed = position.unparsed;
    let readable =
        position.first_picks + position.second_picks + position.ties + position.order_unknown;
    let replies = readable + unparsed;
    if unparsed as f64 > UNPARSED * replies as f64 {
        all.push(Finding::UnparsedReplies { unparsed, replies });
    }
    if orders.absent > 0 {
        all.push(Finding::AbsentReplies { replies: orders.absent });
    }
    let answered: u64 = results.win_rates.iter().map(|rates| rates.order_averaged.n).sum();
    if answered < results.planned {
        all.push(Finding::Unanswered { comparisons: results.planned - answered });
    }
    let undefined_resamples = kept.undefined_resamples.max(orders.undefined_resamples);
    if undefined_resamples > UNSTABLE {
        let labels = needed::to_measure_kappa(results);
        all.push(Finding::UnstableInterval { undefined_resamples, labels });
    }
}

/// Returns that people's preference in a pair is not shown: of several such pairs, the one whose winner would take
/// the fewest labels.
fn no_winner(results: &Calibration) -> Option<Finding> {
    if results.labelled < FEWEST_LABELS {
        return None;
    }
    let open = results.win_rates.iter().filter_map(|rates| {
        let (rate, low, high) = (rates.ppi.value?, rates.ppi.low?, rates.ppi.high?);
        let is_open = low <= 0.5 && 0.5 <= high;
        is_open.then(|| (rate, needed::to_show_winner(rates), rates))
    });
    let (rate, labels, rates) =
        open.min_by_key(|(_, needed, _)| needed.map_or(u64::MAX, |needed| needed.labels))?;
    let other = other_system(&rates.between, &rates.system);
    Some(Finding::NoWinnerShown {
        system: rates.system.clone(),
        other: other.to_owned(),
        rate,
        labelled: rates.labels.n,
        labels,
        excludes_lead: needed::excludes_lead(&rates.ppi),
        to_exclude_lead: needed::to_exclude_lead(rates),
    })
}

fn about_win_rates(results: &Calibration, context: &Context<'_>, all: &mut Vec<Finding>) {
    let rates = &results.win_rates;
    if let Some([planned, available]) = context.stopped {
        all.push(Finding::StoppedWhenDecided { planned, available });
    }
    all.extend(no_winner(results));
    let any = |basis| rates.iter().any(|rates| rates.ppi_basis == Some(basis));
    if any(CorrectionBasis::AsIfRandom) && context.without_probability == 0 {
        all.push(Finding::UnknownSampling);
    }
    if any(CorrectionBasis::IncompleteSample) {
        let (skipped, blank) = (results.skipped.comparisons, results.labels_blank);
        all.push(Finding::IncompleteSample { skipped, blank });
    }
    if any(CorrectionBasis::OnlyKept) {
        all.push(Finding::OnlyKeptLabelled);
    }
    if context.error_rates_apply == Some(false) {
        all.push(Finding::OtherErrorRates);
    }
    let uncorrected = || rates.iter().any(|rates| rates.rogan_gladen.is_none());
    if context.error_rates_apply.is_some() && uncorrected() {
        all.push(Finding::NoErrorRates);
    }
}
