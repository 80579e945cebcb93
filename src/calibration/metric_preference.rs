//! Metrics against people: how often the response with the better score is the one that people prefer.
//!
//! A metric is looked at as a judge: of two responses to an item it prefers the one with the better score, and
//! equal scores are a tie. It has no order to be swayed by, so each comparison has one reply. A metric that
//! rarely names a winner can agree with people about ties alone; so what it names, and how often it is right
//! then, stands beside its agreement.

use std::path::Path;

use serde::Serialize;

use super::agreement::{self, Scope, categories};
use super::digest::{Digest, Heard};
use super::people::{Panel, People};
use super::scores::Scores as Means;
use crate::error::{Error, Result, Warning, listed};
use crate::input::{ItemSource, Labels, read_labels};
use crate::metrics::{Better, ResponseScores, Scores};
use crate::stats::{Estimate, incomplete, incomplete_warnings, nearly_equal};
use crate::trial::Side;
use crate::vote::Preference;

/// Labelled comparisons below which intervals are too wide or too short to lean on.
const FEW_LABELS: u64 = 50;

/// Metrics against the labels of people.
#[derive(Debug, Clone, Serialize)]
pub struct PreferenceReport {
    /// Comparisons with at least one label.
    pub labelled: u64,
    /// People who labelled any of them.
    pub annotators: u64,
    /// Labelled comparisons that people call a tie.
    pub ties: u64,
    /// Labelled comparisons on which no choice has more than half of the labels.
    pub no_majority: u64,
    /// Labels of comparisons that are not among the items.
    pub labels_unmatched: u64,
    /// Lines that wait for their label.
    pub labels_blank: u64,
    /// By metric, but for those that only describe or have no score of a single response.
    pub metrics: Vec<MetricPreference>,
    /// What to mind.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
}

/// One metric against the labels of people.
#[derive(Debug, Clone, Serialize)]
pub struct MetricPreference {
    /// Its name.
    pub metric: String,
    /// Labelled comparisons on which both responses have a score.
    pub n: u64,
    /// Of those, with equal scores.
    pub ties: u64,
    /// The share of labelled comparisons on which it names a winner.
    pub coverage: Estimate,
    /// How often it says what people say, a tie being a choice like any other.
    pub agreement: Estimate,
    /// The same beyond chance; over several pairs of systems the stratified κ.
    pub cohen_kappa: Estimate,
    /// How often people prefer the winner that it names.
    pub decided_agreement: Estimate,
}

/// Holds the preferences of metrics against the labels in a file.
///
/// # Errors
///
/// The labels cannot be read, or none speaks of two responses to one of the items; [`check_labels`] says so
/// before anything is scored.
pub fn metric_preferences(scores: &Scores, labels: &Path) -> Result<PreferenceReport> {
    let responses = Responses::of(scores);
    let digest = responses.digest()?;
    let (read, people) = people(&digest, labels)?;
    let categories = categories(&digest, &people);
    let scope = Scope::new(&digest, &people, &categories);
    let compared = scores.metrics.iter().enumerate().filter(|(_, metric)| !metric.is_of_classes());
    let compared = compared.filter_map(|(at, metric)| {
        let better = metric.better()?;
        let preference = |panel: &Panel| responses.preference(&digest, panel, at, better);
        Some(compare(metric.name(), scope, &preference))
    });
    let no_majority = people.panels.iter().filter(|panel| panel.label.is_none()).count() as u64;
    let metrics: Vec<MetricPreference> = compared.collect();
    let ties = people.panels.iter().filter(|panel| panel.label == Some(Preference::Tie)).count();
    Ok(PreferenceReport {
        warnings: warnings(&metrics, &people, scope, &read.warnings),
        ties: ties as u64,
        metrics,
        labelled: people.panels.len() as u64,
        annotators: scope.annotators(),
        no_majority,
        labels_unmatched: people.unmatched,
        labels_blank: people.blank,
    })
}

/// Checks that labels can be held against the items: what is wrong with them is better said before programs
/// have worked on the items for hours.
///
/// # Errors
///
/// The items cannot be read, and those of [`metric_preferences`].
pub fn check_labels(source: &ItemSource, labels: &Path) -> Result<()> {
    let digest = Digest::of_items(|each| {
        let mut reader = source.read()?;
        while let Some(items) = reader.next_batch()? {
            for item in items {
                let mut systems: Vec<&str> = item.responses.keys().map(String::as_str).collect();
                each(&item.id, &mut systems);
            }
        }
        reader.finish().map(drop)
    })?;
    people(&digest, labels).map(drop)
}

/// Reads the labels of comparisons; there is at least one.
fn people(digest: &Digest, labels: &Path) -> Result<(Labels, People)> {
    let read = read_labels(labels, &digest.roster)?;
    let people = People::join(&read, digest, None);
    if people.panels.is_empty() {
        return Err(Error::input(format!(
            "{}: no label speaks of two responses to one of the items",
            labels.display()
        ))
        .detail(match people.unmatched {
            1 => "1 label is of another id or system".to_owned(),
            more => format!("{more} labels are of other ids or systems"),
        })
        .detail(match people.blank {
            1 => "1 line waits for its label".to_owned(),
            more => format!("{more} lines wait for their label"),
        })
        .hint("`id` must be an item's id, `winner` one of its systems or \"tie\""));
    }
    Ok((read, people))
}

fn warnings(
    metrics: &[MetricPreference],
    people: &People,
    scope: Scope<'_>,
    unused_fields: &[String],
) -> Vec<Warning> {
    let mut all = Vec::new();
    let labelled = people.panels.len() as u64;
    if labelled < FEW_LABELS {
        all.push(Warning::new(
            "few-labels",
            format!(
                "{} few: intervals of agreement are too wide or too short to \
                 lean on",
                match labelled {
                    1 => "1 labelled comparison is".to_owned(),
                    more => format!("{more} labelled comparisons are"),
                }
            ),
        ));
    }
    if scope.weighted {
        all.push(Warning::new(
            "weighted-labels",
            "labels were drawn with different probabilities, so agreement, κ and coverage count each by what \
             it stands for",
        ));
    }
    let lacking = metrics.iter().filter(|metric| metric.n < labelled);
    let lacking: Vec<String> =
        lacking.map(|metric| format!("{} ({})", metric.metric, metric.n)).collect();
    if !lacking.is_empty() {
        all.push(Warning::new(
            "unscored-labels",
            format!(
                "not every one of the {labelled} labelled comparisons has two scores: {}; agreement and κ are \
                 over those that have, coverage is over all",
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
    let unused = |field: &String| {
        Warning::new("unused-label-field", format!("{field}; remove it or check its spelling"))
    };
    all.extend(unused_fields.iter().map(unused));
    all
}

fn compare(
    metric: String,
    scope: Scope<'_>,
    preference: &dyn Fn(&Panel) -> Option<Preference>,
) -> MetricPreference {
    let panels = &scope.people.panels;
    let heard = |panel: &Panel| preference(panel).map_or(Heard::Nothing, Heard::Preference);
    let (found, _) = agreement::orders(scope, panels, |_, panel| [heard(panel)]);
    let (mut coverage, mut decided) = (Means::default(), Means::default());
    let mut ties = 0;
    for panel in panels {
        let item = scope.digest.rows[panel.row as usize].item;
        let preference = preference(panel);
        let names = matches!(preference, Some(Preference::For(_)));
        ties += u64::from(preference == Some(Preference::Tie));
        coverage.push_weighted(f64::from(u8::from(names)), item, scope.weight(panel));
        if names && let Some(right) = scope.agreement_of(panel, [heard(panel)]) {
            decided.push_weighted(right, item, scope.weight(panel));
        }
    }
    MetricPreference {
        metric,
        n: found.n,
        ties,
        coverage: coverage.estimate(),
        agreement: found.agreement,
        cohen_kappa: found.cohen_kappa,
        decided_agreement: decided.estimate(),
    }
}

/// The scores of responses by item.
struct Responses<'a> {
    scores: &'a Scores,
    /// Where the responses of each item begin, and where those of the last one end.
    starts: Vec<usize>,
}

impl<'a> Responses<'a> {
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

    fn digest(&self) -> Result<Digest> {
        let mut digest = Digest::of_items(|each| {
            for (item, id) in (0..).zip(&self.scores.items) {
                let responses = self.of_item(item).iter();
                let mut systems: Vec<&str> = responses.map(|one| self.system(one)).collect();
                each(id, &mut systems);
            }
            Ok(())
        })?;
        digest.comparisons = self.scores.comparisons;
        Ok(digest)
    }

    fn system(&self, response: &ResponseScores) -> &'a str {
        &self.scores.systems[response.system as usize]
    }

    /// Returns which response of a comparison has the better score; `None` unless both have one.
    fn preference(
        &self,
        digest: &Digest,
        panel: &Panel,
        metric: usize,
        better: Better,
    ) -> Option<Preference> {
        let row = &digest.rows[panel.row as usize];
        let between = &digest.pairs[row.pair as usize].between;
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
