//! Judge against people: how far can this judge be trusted?
//!
//! [`calibrate`] joins the verdicts of a run to people's labels and measures how well they agree: on kept
//! verdicts and on every single reply, compared with how well people agree among themselves and with what
//! simple rules reach. It asks no judge anything. Whatever is left out of a number is counted beside it.
//!
//! ```text
//! RunFile ─BallotRecord→ ComparisonTable ┐
//! Labels ────────────────→ LabelPanels ──┴→ LabelledComparisons ┬ agreement, position, human, win_rates,
//! RunFile ─Item→ ItemFeatures ──────────────────────────────────┤ baselines, slices, confidence, margin_rule → Calibration
//!                                                               └ detect → Finding → Conclusion
//! RunFile ─cost→ PricedJudge ─ LabelledComparisons of a jury ─→ JuryReport
//! ```

mod adjudication;
mod agreement;
mod baselines;
mod by_comparison;
mod comparisons;
mod conclusion;
mod confidence;
mod corrected_rate;
mod detect;
mod doubt;
mod draw;
mod drawn_weights;
mod error_rates;
mod finding_advice;
mod finding_messages;
mod findings;
mod forced_choice;
mod human;
mod intervals;
mod item_features;
mod judge_prices;
mod jury_choice;
mod jury_members;
mod jury_rows;
mod label_plan;
mod label_warnings;
mod labelled;
mod labelling;
mod margin_rule;
mod metric_labels;
mod metric_preference;
mod needed;
mod no_labels;
mod paired;
mod panels;
mod part;
mod people_scores;
mod position;
mod provenance;
mod reply_choice;
mod resampled_tables;
mod results;
mod sample;
mod self_preference;
mod skipped;
mod slices;
mod table_layout;
mod ties;
mod trivial_judge;
mod undefined;
mod weighted_scores;
mod win_rates;

pub use adjudication::{AdjudicatedLabels, AdjudicatedVerdicts, AdjudicationReport};
pub use agreement::{Confusion, KeptAgreement, OrderAgreement, PairAgreement};
pub use baselines::Baseline;
pub use conclusion::Conclusion;
pub use confidence::ConfidenceReport;
pub use corrected_rate::CorrectionBasis;
pub use doubt::{doubt, draw_by_doubt};
pub use error_rates::ErrorRates;
pub use findings::{Finding, JuryAgainstBest, MoreData, NeededLabels, TieReplies};
pub use forced_choice::{ForcedChoiceReport, ForcedWinRate};
pub use human::{AlternativeAnnotatorReport, HumanReport, OmegaPoint, PairwiseKappa};
pub use jury_choice::{JuryNumbers, JuryOnDev, JuryOnTest, JurySearch};
pub use jury_members::{ErrorCorrelation, JuryErrors, JuryMember, JuryReport, PairJury};
pub use label_plan::{
    Assumed, Assumptions, Basis, GivenAssumptions, JudgedAndLabelled, LabelEffort, LabelPlan,
    LabelPlanOptions, LabelWork, PairAssumptions, PlannedTarget, Requests, TargetKind, plan_labels,
};
pub use label_warnings::label_warnings;
pub use labelling::{
    AnnotatorLabelling, CriterionLabels, EqualPairCounts, LabellingDifference, LabellingMeasure,
    LabellingReport, Pace, SkippedCounts,
};
pub(crate) use labelling::{AnnotatorObservations, Answers, Asked, differences, undefined_reasons};
pub use margin_rule::{
    MarginChoice, MarginRuleReport, NoThreshold, RuleNumbers, RulesOnTest, check_distributions,
    choose_margin,
};
pub use metric_preference::{MetricPreference, PreferenceReport, check_labels, metric_preferences};
pub(crate) use paired::PairedLabels;
pub use paired::{AgreementChange, CorrectVerdicts};
pub use part::{Part, TestLook};
pub use position::{NetOfNoise, PositionReport, ShiMeasures};
pub use provenance::{JudgeProvenance, LabelProvenance, Provenance, RubricProvenance};
pub use results::Calibration;
pub use sample::{Sample, SampleDesign, SampledComparison, sample};
pub use self_preference::SelfPreference;
pub use skipped::SkippedComparisons;
pub use slices::TagSlice;
pub use trivial_judge::TrivialJudge;
pub use win_rates::{WinBounds, WinRates};

use crate::error::Result;
use crate::input::{DataFile, Labels, read_labels};
use crate::stats::Estimate;
use crate::store::{JudgeChoice, RunFile};
use crate::summary::ItemScores;

pub(crate) use adjudication::{Decision, DecisionContext, adjudication_report};
pub(crate) use by_comparison::KappasByComparison;
pub(crate) use comparisons::ComparisonTable;
pub(crate) use corrected_rate::{Draw, RatedLabel, RatedRow, corrected_rate};
use detect::Context;
pub(crate) use detect::FEWEST_LABELS;
pub(crate) use draw::{Drawable, Drawn, draw_by_key};
pub(crate) use drawn_weights::DrawnWeights;
pub(crate) use findings::FEW_LABELS;
pub(crate) use intervals::{
    CONFIDENCE, RESAMPLES, SEED, chance_corrected, chance_of_ac1, chance_of_alpha, chance_of_kappa,
    sampled_difference, sampled_estimate, undefined_share,
};
use item_features::ItemFeatures;
use jury_choice::PricedJudge;
pub(crate) use labelled::{LabelledComparisons, categories};
pub(crate) use metric_labels::MetricLabels;
pub(crate) use no_labels::{LET_OTHERS_LABEL, LabelledIn, no_label_matches};
pub(crate) use panels::{LabelPanels, Panel};
pub(crate) use people_scores::{PeopleScore, people_scores};
pub(crate) use reply_choice::ReplyChoice;
pub(crate) use undefined::pairwise_kappa_name;
pub(crate) use weighted_scores::WeightedScores;

/// What to calibrate.
#[derive(Debug, Clone, Copy, Default)]
pub struct CalibrationOptions<'a> {
    /// One judge of the run; by default the only one, or the jury.
    pub judge: Option<&'a str>,
    /// One half of the items; by default all.
    pub part: Option<Part>,
    /// The judge's error rates on another run, to correct win rates by.
    pub error_rates: Option<&'a ErrorRates>,
    /// Measure the margin rule beside the default one, with at most this share of wrong verdicts. The threshold
    /// is chosen on the dev part; unless that is the only part, the test part is looked at.
    pub margin_max_error: Option<f64>,
}

/// Measures a judge against the labels in a file.
///
/// # Errors
///
/// The run or the labels cannot be read, the run has no such judge, or no label matches a comparison in it. With the
/// margin rule, also as for [`choose_margin`].
pub fn calibrate(
    run: &RunFile,
    label_file: &DataFile,
    options: CalibrationOptions<'_>,
) -> Result<Calibration> {
    let comparisons = ComparisonTable::read(run, options.judge, options.part)?;
    calibrate_table(run, &comparisons, label_file, options).map(|(results, _)| results)
}

/// Does the same with comparisons that were read already, by the judge and the part of `options`; also returns the
/// labels of each.
///
/// # Errors
///
/// As for [`calibrate`].
pub(crate) fn calibrate_table(
    run: &RunFile,
    comparisons: &ComparisonTable,
    label_file: &DataFile,
    options: CalibrationOptions<'_>,
) -> Result<(Calibration, LabelPanels)> {
    let CalibrationOptions { part, error_rates, .. } = options;
    let read = read_labels(label_file, &comparisons.items)?;
    let labels = LabelPanels::join(&read, comparisons, part);
    if labels.panels.is_empty() {
        let path = label_file.path();
        return Err(no_label_matches(path, &read, &labels, comparisons, LabelledIn::Run));
    }
    let features = ItemFeatures::read(run, comparisons, &labels)?;
    let categories = categories(comparisons, &labels);
    let labelled = LabelledComparisons::new(comparisons, &labels, &categories);
    let (kept, kept_pairs) = agreement::kept(labelled);
    let (orders, order_pairs) =
        agreement::orders(labelled, &labels.panels, |_, panel| comparisons.replies(panel.row));
    let pairs = comparisons.pairs.iter().zip(kept_pairs).zip(order_pairs);
    let margin_rule = match options.margin_max_error {
        Some(max_error) => Some(measure_margin_rule(run, labelled, &read, options, max_error)?),
        None => None,
    };
    let jury_members = match run.choose_judge(options.judge)? {
        JudgeChoice::One(_) => None,
        JudgeChoice::Jury => Some(measure_jury(run, labelled, &read, part)?),
    };
    let (slices, fine_tags) = slices::slices(labelled, &features);
    let mut results = Calibration {
        provenance: Provenance::of(run, label_file.path())?,
        judge: comparisons.judge.clone(),
        part,
        looks: None,
        planned: comparisons.rows.len() as u64,
        labelled: labels.panels.len() as u64,
        annotators: labelled.annotators(),
        annotator_names: read.annotator_names(),
        no_majority: labels.panels.iter().filter(|panel| panel.label.is_none()).count() as u64,
        labels_unmatched: labels.unmatched(),
        labels_other_part: labels.other_part,
        labels_blank: labels.blank,
        coverage: coverage(comparisons, 0..comparisons.rows.len() as u32),
        labelled_coverage: coverage(comparisons, labels.panels.iter().map(|panel| panel.row)),
        kept,
        orders,
        pairs: pairs
            .map(|((pair, (confusion, kept)), orders)| PairAgreement {
                between: pair.between.clone(),
                confusion,
                kept,
                orders,
            })
            .collect(),
        position: position::position(comparisons),
        human: human::human(labelled),
        labelling: labelling::labelling(&read, labelled, part),
        forced_choice: forced_choice::forced_choice(&read, labelled, part),
        adjudication: adjudication::adjudication(labelled),
        skipped: skipped::skipped_comparisons(&read, labelled, part),
        win_rates: win_rates::win_rates(labelled, error_rates),
        self_preference: self_preference::self_preferences(
            run,
            run.choose_judge(options.judge)?,
            labelled,
        ),
        baselines: baselines::baselines(labelled, &features),
        slices,
        confidence: confidence::confidence(labelled),
        margin_rule,
        jury_members,
        selection: selection(labelled),
        conclusion: Conclusion::BeyondChance,
        findings: Vec::new(),
    };
    let context = Context {
        read: &read,
        ties: ties::finding(labelled),
        fine_tags: &fine_tags,
        weighted: labelled.weighted,
        without_probability: labelled.without_probability(),
        without_reference: features.without_reference(),
        error_rates_apply: error_rates.map(|rates| rates.apply_to(run)),
        stopped: stopped(run)?,
        sent_only: sent_only(run),
    };
    results.findings = detect::findings(&results, &context);
    results.conclusion = detect::conclusion(&results);
    Ok((results, labels))
}

/// Returns how many comparisons a run has of how many, where asking ended when a win rate was decided.
fn stopped(run: &RunFile) -> Result<Option<[u64; 2]>> {
    let Some(question) = &run.manifest().until_decided else { return Ok(None) };
    let planned = run.comparison_count()?;
    Ok((planned < question.available).then_some([planned, question.available]))
}

/// Returns that a run reads the strong judge of a cascade alone, if so.
pub(crate) fn sent_only(run: &RunFile) -> Option<Finding> {
    run.reads_sent_only().map(|cascade| Finding::SentOnly {
        judge: cascade.strong.clone(),
        cheap: cascade.cheap.clone(),
        rule: cascade.rule.to_string(),
    })
}

/// Measures the margin rule. It takes both parts, of which `labelled` may have one only.
fn measure_margin_rule(
    run: &RunFile,
    labelled: LabelledComparisons<'_>,
    read: &Labels,
    CalibrationOptions { judge, part, .. }: CalibrationOptions<'_>,
    max_error: f64,
) -> Result<MarginRuleReport> {
    margin_rule::check_one_judge(run, judge)?;
    match part {
        None => margin_rule::margin_rule(run, labelled, max_error, true),
        Some(part) => both_parts(run, judge, read, |labelled| {
            margin_rule::margin_rule(run, labelled, max_error, part == Part::Test)
        })?,
    }
}

/// Measures a jury beside its members. What is chosen on the dev part takes that part, which `labelled` may not have.
fn measure_jury(
    run: &RunFile,
    labelled: LabelledComparisons<'_>,
    read: &Labels,
    part: Option<Part>,
) -> Result<JuryReport> {
    let names = run.judges().iter().map(|judge| judge.record.name.as_str());
    let priced = names.zip(judge_prices::usd_per_comparison(run)?);
    let judges: Vec<PricedJudge<'_>> =
        priced.map(|(name, usd)| PricedJudge { name, usd }).collect();
    if part == Some(Part::Test) {
        return both_parts(run, None, read, |both| {
            jury_members::jury_report(&judges, labelled, both, true)
        });
    }
    Ok(jury_members::jury_report(&judges, labelled, labelled, part.is_none()))
}

/// Passes the labelled comparisons of both parts to `measure`.
fn both_parts<T>(
    run: &RunFile,
    judge: Option<&str>,
    read: &Labels,
    measure: impl FnOnce(LabelledComparisons<'_>) -> T,
) -> Result<T> {
    let comparisons = ComparisonTable::read(run, judge, None)?;
    let labels = LabelPanels::join(read, &comparisons, None);
    let categories = categories(&comparisons, &labels);
    Ok(measure(LabelledComparisons::new(&comparisons, &labels, &categories)))
}

/// The numbers of a judge that are gated on a slice of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SliceNumbers {
    /// Kept of all planned.
    pub coverage: Estimate,
    /// How often both orders have the same preference.
    pub consistency: Estimate,
    /// How often a system wins, for each pair.
    pub win_rates: Vec<WinRates>,
}

/// Computes the coverage, the consistency and the win rates of a judge, as [`calibrate`] does. The comparisons that the
/// run reads may be a slice without any label: a corrected win rate is undefined then.
///
/// # Errors
///
/// The run or the labels cannot be read, or the run has no such judge.
pub fn slice_numbers(
    run: &RunFile,
    label_file: &DataFile,
    options: CalibrationOptions<'_>,
) -> Result<SliceNumbers> {
    let comparisons = ComparisonTable::read(run, options.judge, options.part)?;
    let read = read_labels(label_file, &comparisons.items)?;
    let labels = LabelPanels::join(&read, &comparisons, options.part);
    let categories = categories(&comparisons, &labels);
    let labelled = LabelledComparisons::new(&comparisons, &labels, &categories);
    Ok(SliceNumbers {
        coverage: coverage(&comparisons, 0..comparisons.rows.len() as u32),
        consistency: position::position(&comparisons).consistency,
        win_rates: win_rates::win_rates(labelled, options.error_rates),
    })
}

/// Returns agreement of kept verdicts minus agreement of all replies, both over the labelled comparisons with a
/// majority; `None` if all of these were kept.
fn selection(labelled: LabelledComparisons<'_>) -> Option<f64> {
    let (mut kept, mut all) = (WeightedScores::default(), WeightedScores::default());
    let mut dropped = false;
    for panel in labelled.labels.panels.iter().filter(|panel| panel.label.is_some()) {
        let row = &labelled.comparisons.rows[panel.row as usize];
        let weight = labelled.weight(panel);
        if let Some(agreement) = labelled.agreement(panel) {
            all.push(agreement, row.item, weight);
        }
        match row.winner {
            Some(_) => {
                let agrees = f64::from(row.winner == panel.label);
                kept.push(agrees, row.item, weight);
            }
            None => dropped = true,
        }
    }
    if dropped { Some(kept.mean().value? - all.mean().value?) } else { None }
}

/// Returns the share of some comparisons that have a kept verdict.
fn coverage(comparisons: &ComparisonTable, rows: impl Iterator<Item = u32>) -> Estimate {
    let mut kept = ItemScores::default();
    for at in rows {
        let row = &comparisons.rows[at as usize];
        kept.push(f64::from(row.winner.is_some()), row.item);
    }
    kept.estimate()
}
