//! What is lost by comparing grades instead of asking which response is better, measured by labels of comparisons.
//!
//! A grade says less than a comparison: two responses of one step are a tie, however people see them. Both ways to a
//! result are scored against the same labels, on the comparisons that both decide, so that neither is graded on its own
//! easy ones.

use std::collections::HashMap;

use serde::Serialize;

use super::joining::ItemTexts;
use super::votes::{Ending, JudgedComparisons};
use crate::error::{Error, Result};
use crate::input::{DataFile, Disagreement, KnownItems, Labels, read_labels};
use crate::stats::{
    Estimate, Weighted, clustered_share, paired_difference, paired_difference_p_value,
};
use crate::store::RunFile;
use crate::vote::Preference;

/// The confidence of every interval.
const CONFIDENCE: f64 = 0.95;

/// What is lost by comparing grades, on the labelled comparisons that both the grades and the verdicts decide.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradesLoss {
    /// The run files with the verdicts on comparisons.
    pub against: Vec<String>,
    /// The judges that gave these verdicts.
    pub judges: Vec<String>,
    /// Comparisons of both that have a label of most annotators.
    pub labelled: u64,
    /// Comparisons of both without a majority of annotators; they take no part.
    pub no_majority: u64,
    /// Labels of comparisons that are not in both, which were ignored.
    pub labels_unmatched: u64,
    /// Of the labelled ones, those that both decide. Every number below is about these.
    pub compared: u64,
    /// The comparisons made of grades.
    pub grades: DecidedComparisons,
    /// The kept verdicts on comparisons.
    pub verdicts: DecidedComparisons,
    /// The share of comparisons that are a tie by the label.
    pub people_ties: Estimate,
    /// The agreement of the grades minus that of the verdicts, with an interval that is paired and clustered by item:
    /// below 0 where grades lose.
    pub difference: Estimate,
    /// Two-sided p-value of no difference.
    pub p_value: Option<f64>,
}

/// How the results of one kind stand to the labels. Several judges count equally within a comparison.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct DecidedComparisons {
    /// Of the labelled comparisons, those with a result, whether the other kind has one or not.
    pub decided: u64,
    /// The share of results that are what most people prefer.
    pub agreement: Estimate,
    /// The share of results that are a tie.
    pub ties: Estimate,
}

/// A comparison by names: the item's id and the two systems, in byte order.
type ComparisonNames = (String, [String; 2]);

/// The results of all judges of a comparison.
type Results = HashMap<ComparisonNames, Vec<Option<Preference>>>;

/// Scores of the compared comparisons of one kind.
#[derive(Default)]
struct Scores {
    decided: u64,
    agreement: Vec<f64>,
    ties: Vec<f64>,
}

/// Checks that runs of grades and runs of comparisons are about the same items.
///
/// # Errors
///
/// A run cannot be read, or an item of one is another one in an earlier run.
pub(super) fn check_same_items<'a>(runs: impl Iterator<Item = &'a RunFile>) -> Result<()> {
    let mut texts = ItemTexts::default();
    for run in runs {
        texts.add(run)?;
    }
    Ok(())
}

/// Scores the comparisons made of grades and the verdicts of other runs against labels of comparisons.
///
/// # Errors
///
/// The labels cannot be read, or none is about a comparison of both.
pub(super) fn grades_loss(
    grades: &JudgedComparisons,
    verdicts: &JudgedComparisons,
    labels: &DataFile,
) -> Result<GradesLoss> {
    let [of_grades, of_verdicts] = [grades, verdicts].map(results);
    let mut common: Vec<&ComparisonNames> =
        of_grades.keys().filter(|names| of_verdicts.contains_key(*names)).collect();
    common.sort();
    let mut items = KnownItems::default();
    for (id, between) in common.iter().copied() {
        items.add(id, between.iter().map(String::as_str));
    }
    // Pairs that only one side has are no mistake in the labels.
    let systems = grades.systems.iter().chain(&verdicts.systems);
    items.add_possible_systems(systems.cloned());
    let read = read_labels(labels, &items)?;
    let people = People::of(&read);
    let is_common =
        |names: &ComparisonNames| of_grades.contains_key(names) && of_verdicts.contains_key(names);
    let of_other_pairs = people.0.iter().filter(|(names, _)| !is_common(names));
    let of_other_pairs: usize = of_other_pairs.map(|(_, [given, _])| given.len()).sum();
    let (mut labelled, mut no_majority) = (0, 0);
    let mut scores: [Scores; 2] = Default::default();
    let (mut people_ties, mut clusters) = (Vec::new(), Vec::new());
    for names in common {
        let Some(label) = people.label(names) else {
            no_majority += u64::from(people.0.contains_key(names));
            continue;
        };
        labelled += 1;
        let found = [&of_grades[names], &of_verdicts[names]].map(|results| {
            let decided: Vec<Preference> = results.iter().copied().flatten().collect();
            (!decided.is_empty()).then(|| {
                let n = decided.len() as f64;
                let share = |wanted: Preference| {
                    decided.iter().filter(|result| **result == wanted).count() as f64 / n
                };
                [share(label), share(Preference::Tie)]
            })
        });
        for (scores, found) in scores.iter_mut().zip(&found) {
            scores.decided += u64::from(found.is_some());
        }
        let [Some(by_grades), Some(by_verdicts)] = found else { continue };
        for (scores, [agreement, ties]) in scores.iter_mut().zip([by_grades, by_verdicts]) {
            scores.agreement.push(agreement);
            scores.ties.push(ties);
        }
        people_ties.push(f64::from(label == Preference::Tie));
        // An id of a common comparison is always known.
        clusters.push(items.number(&names.0).unwrap_or_default());
    }
    if labelled + no_majority == 0 {
        return Err(no_label(labels, &read));
    }
    let [of_grades, of_verdicts] = &scores;
    let weights = vec![1.0; clusters.len()];
    let weighted = |values| Weighted { values, weights: &weights, clusters: &clusters };
    let (before, after) = (weighted(&of_verdicts.agreement), weighted(&of_grades.agreement));
    let n = clusters.len() as u64;
    Ok(GradesLoss {
        against: Vec::new(),
        judges: verdicts.judges.iter().map(|judge| judge.judge.clone()).collect(),
        labelled,
        no_majority,
        labels_unmatched: (read.unmatched + of_other_pairs) as u64,
        compared: n,
        grades: of_grades.estimates(&clusters),
        verdicts: of_verdicts.estimates(&clusters),
        people_ties: clustered_share(&people_ties, &clusters),
        difference: paired_difference(&before, &after, CONFIDENCE).map_or_else(
            |_| Estimate::undefined(n),
            |(value, interval)| Estimate::new(value, interval, n),
        ),
        p_value: paired_difference_p_value(&before, &after).ok(),
    })
}

fn no_label(file: &DataFile, read: &Labels) -> Error {
    let error = Error::input(format!(
        "{}: no label is about a comparison that can be made of the grades and that the other runs judged",
        file.shown()
    ));
    match (read.blank, read.unmatched) {
        (0, unmatched) => error.detail(format!("{unmatched} have other ids")),
        (blank, _) => error.detail(format!("{blank} are not filled in: their `winner` is null")),
    }
    .hint("use labels of comparisons of these items, as `winner`; labels of grades are others")
}

/// Returns what every judge says of each comparison; `None` where it has no result, or it is not kept.
fn results(comparisons: &JudgedComparisons) -> Results {
    let mut results = Results::new();
    for row in &comparisons.rows {
        let between = row.between.map(|system| comparisons.systems[system as usize].clone());
        let names = (comparisons.items[row.item as usize].clone(), between);
        results.entry(names).or_default().push(match row.ending {
            Ending::Kept(preference) => Some(preference),
            Ending::OneOrder(_) | Ending::Inconsistent | Ending::Missing { .. } => None,
        });
    }
    results
}

/// The preferences of people, by comparison: of the annotators, and of those who decided where they disagreed.
struct People(HashMap<ComparisonNames, [Vec<Preference>; 2]>);

impl People {
    fn of(read: &Labels) -> Self {
        let mut people: HashMap<ComparisonNames, [Vec<Preference>; 2]> = HashMap::new();
        let given = read.labels.iter().map(|label| (label, 0));
        let decided = read.adjudicated.iter();
        let decided = decided.filter(|(_, why)| *why == Disagreement::People);
        for (label, at) in given.chain(decided.map(|(label, _)| (label, 1))) {
            let between = label.between.each_ref().map(ToString::to_string);
            let names = (label.id.to_string(), between);
            let preference = Preference::of_winner(label.winner.as_ref(), &label.between);
            people.entry(names).or_default()[at].push(preference);
        }
        Self(people)
    }

    /// Returns what most people prefer, if they do.
    fn label(&self, names: &ComparisonNames) -> Option<Preference> {
        let [given, decided] = self.0.get(names)?;
        Preference::settled(given, decided)
    }
}

impl Scores {
    fn estimates(&self, clusters: &[u32]) -> DecidedComparisons {
        DecidedComparisons {
            decided: self.decided,
            agreement: clustered_share(&self.agreement, clusters),
            ties: clustered_share(&self.ties, clusters),
        }
    }
}
