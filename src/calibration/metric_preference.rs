//! Metrics against people: how often the response with the better score is the one that people prefer.
//!
//! A metric is treated as a judge: of two responses to an item it prefers the one with the better score, and
//! equal scores are a tie. The presentation order does not matter to it, so each comparison has one reply. A
//! metric that rarely names a winner can agree with people about ties alone, so its coverage, and its agreement
//! where it names a winner, are reported beside its agreement.

use serde::Serialize;

use super::agreement;
use super::comparisons::ComparisonTable;
use super::findings::Finding;
use super::labelled::{LabelledComparisons, categories};
use super::metric_labels::MetricLabels;
use super::no_labels::{LabelledIn, no_label_matches};
use super::panels::{LabelPanels, Panel};
use super::reply_choice::ReplyChoice;
use super::weighted_scores::WeightedScores;
use crate::error::{Result, Warning, listed};
use crate::input::{DataFile, ItemSource, Labels, read_labels};
use crate::metrics::{Better, ResponseScores, Scores};
use crate::stats::{Estimate, incomplete, incomplete_warnings, nearly_equal};
use crate::trial::{Side, Unit};
use crate::vote::Preference;

/// Metrics against the labels of people.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PreferenceReport {
    /// Comparisons with at least one label.
    pub labelled: u64,
    /// People who labelled any of them.
    pub annotators: u64,
    /// Labelled comparisons that most annotators call a tie.
    pub ties: u64,
    /// Labelled comparisons on which no choice has more than half of the labels.
    pub no_majority: u64,
    /// Labels of comparisons that are not among the items.
    pub labels_unmatched: u64,
    /// Lines of the label file without a winner yet.
    pub labels_blank: u64,
    /// By metric, except those that only describe a response or have no score of a single one.
    pub metrics: Vec<MetricPreference>,
    /// Non-fatal problems with the result.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
}

/// One metric against the labels of people.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MetricPreference {
    /// Its name.
    pub metric: String,
    /// Labelled comparisons on which both responses have a score.
    pub n: u64,
    /// Of those, with equal scores.
    pub ties: u64,
    /// The share of labelled comparisons on which it names a winner.
    pub coverage: Estimate,
    /// How often it makes the same choice as people, a tie being one of three.
    pub agreement: Estimate,
    /// Cohen's κ of its choices; over several pairs of systems the stratified one.
    pub cohen_kappa: Estimate,
    /// How often people prefer the winner that it names.
    pub decided_agreement: Estimate,
}

/// Compares the preferences of metrics with the labels in a file.
///
/// # Errors
///
/// The labels cannot be read, or none matches two responses to an item. [`check_labels`] finds this before
/// anything is scored.
pub fn metric_preferences(scores: &Scores, label_file: &DataFile) -> Result<PreferenceReport> {
    let responses = ScoresByItem::of(scores);
    let comparisons = responses.comparisons()?;
    let (read, labels) = read_panels(&comparisons, label_file)?;
    let categories = categories(&comparisons, &labels);
    let labelled = LabelledComparisons::new(&comparisons, &labels, &categories);
    let compared =
        scores.metrics.iter().enumerate().filter(|(_, metric)| !metric.is_class_average());
    let compared = compared.filter_map(|(at, metric)| {
        let better = metric.better()?;
        let preference = |panel: &Panel| responses.preference(&comparisons, panel, at, better);
        Some(compare(metric.name(), labelled, preference))
    });
    let no_majority = labels.panels.iter().filter(|panel| panel.label.is_none()).count() as u64;
    let metrics: Vec<MetricPreference> = compared.collect();
    let ties = labels.panels.iter().filter(|panel| panel.label == Some(Preference::Tie)).count();
    Ok(PreferenceReport {
        warnings: warnings(&metrics, labelled, &read.warnings),
        ties: ties as u64,
        metrics,
        labelled: labels.panels.len() as u64,
        annotators: labelled.annotators(),
        no_majority,
        labels_unmatched: labels.unmatched(),
        labels_blank: labels.blank,
    })
}

/// Checks that the labels in a file can be compared with metrics of the items. Call it first where scoring takes
/// long, so that an error in the labels is found before.
///
/// # Errors
///
/// The items cannot be read, and those of [`metric_preferences`].
pub fn check_labels(source: &ItemSource, label_file: &DataFile) -> Result<()> {
    let comparisons = ComparisonTable::of_items(|each| {
        let mut reader = source.read()?;
        while let Some(items) = reader.next_batch()? {
            for item in items {
                let mut systems: Vec<&str> = item.responses.keys().map(String::as_str).collect();
                each(&item.id, &mut systems);
            }
        }
        reader.finish().map(drop)
    })?;
    read_panels(&comparisons, label_file).map(drop)
}

/// Reads the labels of some comparisons.
///
/// # Errors
///
/// The labels cannot be read, or none matches a comparison.
fn read_panels(comparisons: &ComparisonTable, file: &DataFile) -> Result<(Labels, LabelPanels)> {
    let read = read_labels(file, &comparisons.items)?;
    let labels = LabelPanels::join(&read, comparisons, None);
    if labels.panels.is_empty() {
        return Err(no_label_matches(file.path(), &read, &labels, comparisons, LabelledIn::Items));
    }
    Ok((read, labels))
}

fn warnings(
    metrics: &[MetricPreference],
    data: LabelledComparisons<'_>,
    unused_fields: &[String],
) -> Vec<Warning> {
    let labelled = data.labels.panels.len() as u64;
    let labels = MetricLabels {
        unit: Unit::Comparison,
        labelled,
        weighted: data.weighted,
        without_probability: data.without_probability(),
    };
    let mut all = labels.warnings();
    let lacking = metrics.iter().filter(|metric| metric.n < labelled);
    let lacking: Vec<String> =
        lacking.map(|metric| format!("{} ({})", metric.metric, metric.n)).collect();
    if !lacking.is_empty() {
        all.push(Warning::new(
            "unscored-labels",
            format!(
                "some of the {labelled} labelled comparisons lack one of their two scores: {}; agreement and \
                 κ are over those with both, coverage is over all",
                listed(&lacking)
            ),
        ));
    }
    let estimates: Vec<(String, Estimate)> = {
        let of_metric = |metric: &MetricPreference| {
            let MetricPreference { agreement, cohen_kappa, coverage, decided_agreement, .. } =
                metric;
            [
                ("agreement", *agreement),
                ("cohen_kappa", *cohen_kappa),
                ("coverage", *coverage),
                ("decided_agreement", *decided_agreement),
            ]
            .map(|(what, estimate)| (format!("labels.{what} of {}", metric.metric), estimate))
        };
        metrics.iter().flat_map(of_metric).collect()
    };
    all.extend(incomplete_warnings(&incomplete(&estimates), "label more comparisons"));
    let unused = |field: &String| Finding::UnusedLabelField { field: field.clone() }.warning();
    all.extend(unused_fields.iter().map(unused));
    all
}

fn compare(
    metric: String,
    labelled: LabelledComparisons<'_>,
    preference: impl Fn(&Panel) -> Option<Preference>,
) -> MetricPreference {
    let panels = &labelled.labels.panels;
    let preferences: Vec<Option<Preference>> = panels.iter().map(preference).collect();
    let choice = |at: usize| preferences[at].map_or(ReplyChoice::Absent, ReplyChoice::Preferred);
    let (found, _) = agreement::orders(labelled, panels, |at, _| [choice(at)]);
    let (mut coverage, mut decided) = (WeightedScores::default(), WeightedScores::default());
    let mut ties = 0;
    for (at, panel) in panels.iter().enumerate() {
        let item = labelled.comparisons.rows[panel.row as usize].item;
        let preference = preferences[at];
        let names = matches!(preference, Some(Preference::For(_)));
        ties += u64::from(preference == Some(Preference::Tie));
        coverage.push(f64::from(names), item, labelled.weight(panel));
        if names && let Some(right) = labelled.agreement_of(panel, [choice(at)]) {
            decided.push(right, item, labelled.weight(panel));
        }
    }
    MetricPreference {
        metric,
        n: found.n,
        ties,
        coverage: coverage.share(),
        agreement: found.agreement,
        cohen_kappa: found.cohen_kappa,
        decided_agreement: decided.share(),
    }
}

/// The scores of responses, by item.
struct ScoresByItem<'a> {
    scores: &'a Scores,
    /// Where the responses of each item begin, and where those of the last one end.
    starts: Vec<usize>,
}

impl<'a> ScoresByItem<'a> {
    fn of(scores: &'a Scores) -> Self {
        let mut starts = vec![0; scores.items.len() + 1];
        for response in &scores.responses {
            starts[response.item as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Self { scores, starts }
    }

    fn of_item(&self, item: u32) -> &'a [ResponseScores] {
        let at = item as usize;
        &self.scores.responses[self.starts[at]..self.starts[at + 1]]
    }

    fn comparisons(&self) -> Result<ComparisonTable> {
        let mut comparisons = ComparisonTable::of_items(|each| {
            for (item, id) in (0..).zip(&self.scores.items) {
                let responses = self.of_item(item).iter();
                let mut systems: Vec<&str> = responses.map(|one| self.system(one)).collect();
                each(id, &mut systems);
            }
            Ok(())
        })?;
        comparisons.population = self.scores.comparisons;
        Ok(comparisons)
    }

    fn system(&self, response: &ResponseScores) -> &'a str {
        &self.scores.systems[response.system as usize]
    }

    /// Returns which response of a comparison has the better score; `None` unless both have one.
    fn preference(
        &self,
        comparisons: &ComparisonTable,
        panel: &Panel,
        metric: usize,
        better: Better,
    ) -> Option<Preference> {
        let row = &comparisons.rows[panel.row as usize];
        let between = &comparisons.pairs[row.pair as usize].between;
        let score = |system: &String| {
            let mut responses = self.of_item(row.item).iter();
            responses.find(|one| self.system(one) == system)?.values[metric]
        };
        let (a, b) = (score(&between[0])?, score(&between[1])?);
        Some(if nearly_equal(a, b) {
            Preference::Tie
        } else if (a > b) == (better == Better::Higher) {
            Preference::For(Side::A)
        } else {
            Preference::For(Side::B)
        })
    }
}
