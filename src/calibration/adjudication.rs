//! Comparisons that were decided once more, because people disagreed or because the judge disagreed with them.
//!
//! Only the first kind changes a label: the choice of more than half of those who decided becomes the label. How far people
//! agree with each other is still measured by their first labels. The second kind is reported and changes no other number.
//! It corrects labels only where the judge disagrees with them: every correction favours the judge, and mistakes that
//! judge and people share are not found. A judge measured by labels that were corrected in this way looks better than it is.

use serde::Serialize;

use super::labelled::LabelledComparisons;
use crate::input::Disagreement;
use crate::stats::Estimate;
use crate::summary::ItemScores;
use crate::vote::Preference;

/// What was decided once more.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AdjudicationReport {
    /// Comparisons on which people disagreed; what was decided is their label.
    pub people: AdjudicatedLabels,
    /// Comparisons on which the judge disagreed with people; what was decided changes no number.
    pub judge: AdjudicatedVerdicts,
    /// Decisions about comparisons without any label, which change nothing.
    pub without_labels: u64,
}

/// What was decided where people disagreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct AdjudicatedLabels {
    /// Comparisons that were decided, by at least one person.
    pub comparisons: u64,
    /// Of those, comparisons on which those who decided have no majority: the first labels count.
    pub no_majority: u64,
    /// Comparisons whose first labels have no majority, which have a label now.
    pub settled: u64,
    /// Comparisons whose label is another one than that of the first majority. Where the first labels agree after all,
    /// the label stays what they say.
    pub changed: u64,
}

/// What was decided where the judge disagreed with people.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct AdjudicatedVerdicts {
    /// Comparisons that were decided, on which this judge's kept verdict is not the label.
    pub comparisons: u64,
    /// How often the decision is the judge's verdict.
    pub with_judge: Estimate,
    /// How often it is the label.
    pub with_people: Estimate,
    /// Comparisons on which it is neither of the two, or has no majority.
    pub neither: u64,
    /// Decided comparisons on which this judge keeps no verdict, or agrees with people, or people have no label.
    pub not_compared: u64,
}

/// Reports what was decided; `None` where nobody decided anything about these comparisons.
pub(super) fn adjudication(labelled: LabelledComparisons<'_>) -> Option<AdjudicationReport> {
    let labels = labelled.labels;
    if labels.decided.is_empty() {
        return None;
    }
    let mut people = AdjudicatedLabels::default();
    let mut judge = VerdictCounts::default();
    let mut without_labels = 0;
    for ((row, why), choices) in &labels.decided {
        let Some(panel) = labels.panel(*row) else {
            without_labels += 1;
            continue;
        };
        let decision = Preference::majority(choices);
        match why {
            Disagreement::People => {
                let judgements = labels.judgements(panel);
                let first: Vec<Preference> = judgements.iter().map(|(_, choice)| *choice).collect();
                people.add(Preference::majority(&first), decision, panel.label);
            }
            Disagreement::Judge => {
                let row = &labelled.comparisons.rows[*row as usize];
                judge.add(row.winner, panel.label, decision, row.item);
            }
        }
    }
    Some(AdjudicationReport { people, judge: judge.report(), without_labels })
}

impl AdjudicatedLabels {
    /// Adds a comparison by the first majority, what was decided, and the label that follows from both.
    fn add(
        &mut self,
        first: Option<Preference>,
        decision: Option<Preference>,
        label: Option<Preference>,
    ) {
        self.comparisons += 1;
        match (first, decision) {
            (_, None) => self.no_majority += 1,
            (None, Some(_)) => self.settled += 1,
            (Some(_), Some(_)) => self.changed += u64::from(first != label),
        }
    }
}

/// Counts what was decided where the judge disagreed with people.
#[derive(Default)]
struct VerdictCounts {
    with_judge: ItemScores,
    with_people: ItemScores,
    neither: u64,
    not_compared: u64,
}

impl VerdictCounts {
    fn add(
        &mut self,
        verdict: Option<Preference>,
        label: Option<Preference>,
        decision: Option<Preference>,
        item: u32,
    ) {
        if verdict.is_none() || label.is_none() || verdict == label {
            self.not_compared += 1;
            return;
        }
        self.with_judge.push(f64::from(decision == verdict), item);
        self.with_people.push(f64::from(decision == label), item);
        self.neither += u64::from(decision != verdict && decision != label);
    }

    fn report(&self) -> AdjudicatedVerdicts {
        AdjudicatedVerdicts {
            comparisons: self.with_judge.n(),
            with_judge: self.with_judge.estimate(),
            with_people: self.with_people.estimate(),
            neither: self.neither,
            not_compared: self.not_compared,
        }
    }
}
