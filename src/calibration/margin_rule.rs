//! The margin rule against people: a threshold with a guarantee, and what the rule gains and costs beside the
//! default one.
//!
//! [`DecisionRule::Margin`] keeps a verdict where the mean distribution of both orders has a margin of at least a
//! threshold. Which threshold is a question about people, so it takes labels:
//!
//! 1. **The dev part chooses.** Of its labelled comparisons, those with a margin are sorted from the clearest to the
//!    closest, and [`guaranteed_threshold`] tests one threshold after another on them, from strict to loose, until the
//!    upper bound of Clopper and Pearson for the share of wrong verdicts exceeds the share that is allowed. The last
//!    threshold that passed keeps verdicts of which at most that share is wrong, with 95 % confidence.
//! 2. **The test part reports.** Both rules decide its labelled comparisons, and the coverage and the share of wrong
//!    verdicts of each stand side by side. The threshold was chosen elsewhere, so that they are not flattered by the
//!    choice. This is a look at the test part and is counted as one.
//!
//! A verdict is wrong where it is not the label, so a tie that people chose is an error of every other verdict. A
//! comparison without a majority of its annotators has no label and is left out, by both rules.
//!
//! The guarantee is for comparisons that are independent and drawn like those of the dev part. Where labels were drawn
//! with unequal probabilities, or an item has several labelled comparisons, none is known and there is no threshold.
//! It is about the kept verdicts as they are: these are the clear comparisons, so it says nothing about the others, and
//! a win rate over kept verdicts is that of a selection by either rule.
//!
//! The rule changes nothing else of a calibration: κ, win rates and gates stay with the default rule.

use serde::Serialize;

use super::comparisons::ComparisonTable;
use super::intervals::CONFIDENCE;
use super::labelled::{LabelledComparisons, categories};
use super::panels::{LabelPanels, Panel};
use super::part::Part;
use super::weighted_scores::WeightedScores;
use crate::error::{Error, Result};
use crate::input::{DataFile, read_labels};
use crate::stats::{
    Estimate, GuaranteedThreshold, StatError, fewest_for_guarantee, guaranteed_threshold,
};
use crate::store::{JudgeChoice, RunFile};
use crate::verdict::DecisionRule;
use crate::vote::Preference;

/// The threshold of the margin rule that the dev part of the labels gives.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MarginChoice {
    /// The share of kept verdicts that may be wrong.
    pub max_error: f64,
    /// Comparisons of the dev part with a label.
    pub labelled: u64,
    /// Of those, with a margin above 0: the rule can keep no others.
    pub with_margin: u64,
    /// The fewest of these with which any threshold passes, even if no verdict is wrong.
    pub fewest: u64,
    /// The least margin of a kept verdict; `None` where no threshold passes.
    pub threshold: Option<GuaranteedThreshold>,
    /// Why there is no threshold.
    pub no_threshold: Option<NoThreshold>,
}

/// Why labels give no threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoThreshold {
    /// There are fewer labelled comparisons with a margin than a guarantee takes.
    TooFewLabels,
    /// Too many of the verdicts with the largest margins are wrong.
    TooManyWrong,
    /// The labels were drawn with unequal probabilities.
    UnequalProbabilities,
    /// An item has several labelled comparisons.
    SeveralComparisonsOfAnItem,
}

/// The margin rule beside the default one.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MarginRuleReport {
    /// The threshold, by the dev part.
    pub dev: MarginChoice,
    /// Both rules on the test part; `None` where only the dev part is measured.
    pub test: Option<RulesOnTest>,
}

/// Both rules on the labelled comparisons of the test part.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RulesOnTest {
    /// Comparisons of the test part with a label.
    pub labelled: u64,
    /// The default rule, and the margin rule if it has a threshold.
    pub rules: Vec<RuleNumbers>,
}

/// What a rule keeps, and how often it is wrong.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RuleNumbers {
    /// The rule.
    pub rule: DecisionRule,
    /// Its threshold; `None` for the rule that has none.
    pub threshold: Option<f64>,
    /// Labelled comparisons with a kept verdict.
    pub kept: u64,
    /// Of those, with a verdict that is not the label.
    pub wrong: u64,
    /// Kept of all labelled comparisons.
    pub coverage: Estimate,
    /// Wrong of all kept verdicts.
    pub error: Estimate,
}

/// Chooses a threshold for the margin rule by the dev part of the labels.
///
/// # Errors
///
/// The run or the labels cannot be read, the judge is a jury or has no distribution over the answers on any
/// comparison, or `max_error` is not between 0 and 1.
pub fn choose_margin(
    run: &RunFile,
    label_file: &DataFile,
    judge: Option<&str>,
    max_error: f64,
) -> Result<MarginChoice> {
    check_one_judge(run, judge)?;
    let comparisons = ComparisonTable::read(run, judge, None)?;
    check_table(run, &comparisons)?;
    let read = read_labels(label_file, &comparisons.items)?;
    let labels = LabelPanels::join(&read, &comparisons, None);
    let categories = categories(&comparisons, &labels);
    choice(LabelledComparisons::new(&comparisons, &labels, &categories), max_error)
}

/// Checks that the judge gives a distribution over the answers on some comparison, in both orders: without any, the
/// margin rule would decide nothing.
///
/// # Errors
///
/// It gives none, it is a jury, or the run cannot be read or has no such judge.
pub fn check_distributions(run: &RunFile, judge: Option<&str>) -> Result<()> {
    let judge = check_one_judge(run, judge)?;
    let mut any = false;
    run.for_each_ballots(|ballots| any = any || ballots.distribution(judge).is_some())?;
    if any { Ok(()) } else { Err(no_distribution(run)) }
}

/// Measures the margin rule on both parts, or on the dev part alone. `labelled` has all comparisons of the run, of both
/// parts.
pub(super) fn margin_rule(
    run: &RunFile,
    labelled: LabelledComparisons<'_>,
    max_error: f64,
    with_test: bool,
) -> Result<MarginRuleReport> {
    check_table(run, labelled.comparisons)?;
    let dev = choice(labelled, max_error)?;
    let test = with_test.then(|| {
        let rules = [
            Some(DecisionRule::BothOrders),
            dev.threshold.map(|found| DecisionRule::Margin { threshold: found.threshold }),
        ];
        RulesOnTest {
            labelled: with_label(labelled, Part::Test).count() as u64,
            rules: rules.into_iter().flatten().map(|rule| numbers(labelled, rule)).collect(),
        }
    });
    Ok(MarginRuleReport { dev, test })
}

/// Returns the place of the judge among those of the run.
pub(super) fn check_one_judge(run: &RunFile, judge: Option<&str>) -> Result<usize> {
    match run.choose_judge(judge)? {
        JudgeChoice::One(at) => Ok(at),
        JudgeChoice::Jury => {
            let names = run.judges().iter().map(|judge| judge.record.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            Err(Error::usage("a jury has no margin: the rule is about one judge")
                .hint(format!("name one of its judges: {names}")))
        }
    }
}

fn check_table(run: &RunFile, comparisons: &ComparisonTable) -> Result<()> {
    let rows = 0..comparisons.rows.len() as u32;
    let mut distributions = rows.filter_map(|row| comparisons.distribution(row));
    if distributions.next().is_some() { Ok(()) } else { Err(no_distribution(run)) }
}

fn no_distribution(run: &RunFile) -> Error {
    Error::input(format!(
        "{}: the margin rule needs a distribution over the answers, and no comparison has one in both orders",
        run.path().display()
    ))
    .detail("a single vote in each order has a margin of 0 or 1 only, as the default rule sees it")
    .hint(
        "judge with a rubric whose reply format is logprobs, on a server that returns log probabilities; or ask each \
         order several times",
    )
}

/// Returns the labelled comparisons of a part, each with its label.
fn with_label(
    labelled: LabelledComparisons<'_>,
    part: Part,
) -> impl Iterator<Item = (&Panel, Preference)> {
    let LabelledComparisons { comparisons, labels, .. } = labelled;
    labels.panels.iter().filter_map(move |panel| {
        let item = comparisons.rows[panel.row as usize].item;
        let label = panel.label?;
        (Part::of(comparisons.items.id(item)) == part).then_some((panel, label))
    })
}

fn choice(labelled: LabelledComparisons<'_>, max_error: f64) -> Result<MarginChoice> {
    let impossible = |_: StatError| {
        Error::usage(format!("{max_error} is no share of wrong verdicts between 0 and 1"))
    };
    let fewest = fewest_for_guarantee(max_error, CONFIDENCE).map_err(impossible)?;
    let (mut margins, mut correct, mut items) = (Vec::new(), Vec::new(), Vec::new());
    for (panel, label) in with_label(labelled, Part::Dev) {
        items.push(labelled.comparisons.rows[panel.row as usize].item);
        let mean = labelled.comparisons.distribution(panel.row);
        if let Some((likeliest, margin)) = mean.and_then(|mean| mean.leader()) {
            margins.push(margin);
            correct.push(likeliest == label);
        }
    }
    let is_repeated = items.windows(2).any(|pair| pair[0] == pair[1]);
    let with_margin = margins.len() as u64;
    let found = if labelled.weighted {
        Err(NoThreshold::UnequalProbabilities)
    } else if is_repeated {
        Err(NoThreshold::SeveralComparisonsOfAnItem)
    } else if with_margin < fewest {
        Err(NoThreshold::TooFewLabels)
    } else {
        guaranteed_threshold(&margins, &correct, max_error, CONFIDENCE)
            .map_err(impossible)?
            .ok_or(NoThreshold::TooManyWrong)
    };
    Ok(MarginChoice {
        max_error,
        labelled: items.len() as u64,
        with_margin,
        fewest,
        threshold: found.ok(),
        no_threshold: found.err(),
    })
}

/// Returns what a rule does on the test part.
fn numbers(labelled: LabelledComparisons<'_>, rule: DecisionRule) -> RuleNumbers {
    let (mut coverage, mut error) = (WeightedScores::default(), WeightedScores::default());
    let mut wrong = 0;
    for (panel, label) in with_label(labelled, Part::Test) {
        let comparisons = labelled.comparisons;
        let row = &comparisons.rows[panel.row as usize];
        let winner = match rule {
            DecisionRule::BothOrders => row.winner,
            DecisionRule::Margin { threshold } => {
                let leader = comparisons.distribution(panel.row).and_then(|mean| mean.leader());
                leader.filter(|(_, margin)| *margin >= threshold).map(|(winner, _)| winner)
            }
        };
        let weight = labelled.weight(panel);
        coverage.push(f64::from(winner.is_some()), row.item, weight);
        if let Some(winner) = winner {
            wrong += u64::from(winner != label);
            error.push(f64::from(winner != label), row.item, weight);
        }
    }
    let threshold = match rule {
        DecisionRule::BothOrders => None,
        DecisionRule::Margin { threshold } => Some(threshold),
    };
    RuleNumbers {
        rule,
        threshold,
        kept: error.n(),
        wrong,
        coverage: coverage.share(),
        error: error.share(),
    }
}
