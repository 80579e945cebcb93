//! Comparisons or responses that were decided once more, because people disagreed or because the judge disagreed with them.
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

/// What was decided once more, of comparisons or of responses.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AdjudicationReport {
    /// Those on which people disagreed; what was decided is their label.
    pub people: AdjudicatedLabels,
    /// Those on which the judge disagreed with people; what was decided changes no number.
    pub judge: AdjudicatedVerdicts,
    /// Decisions about what has no label, which change nothing.
    pub without_labels: u64,
}

/// What was decided where people disagreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct AdjudicatedLabels {
    /// Comparisons, or responses, that were decided, by at least one person.
    pub comparisons: u64,
    /// Of those, how many have no majority of those who decided: the first labels count.
    pub no_majority: u64,
    /// How many have no majority of the first labels, and have a label now.
    pub settled: u64,
    /// How many have another label than that of the first majority. Where the first labels agree after all,
    /// the label stays what they say.
    pub changed: u64,
}

/// What was decided where the judge disagreed with people.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct AdjudicatedVerdicts {
    /// Comparisons, or responses, that were decided, on which what this judge keeps is not the label.
    pub comparisons: u64,
    /// How often the decision is what the judge keeps.
    pub with_judge: Estimate,
    /// How often it is the label.
    pub with_people: Estimate,
    /// How often it is neither of the two, or has no majority.
    pub neither: u64,
    /// How many were decided on which this judge keeps nothing, or agrees with people, or people have no label.
    pub not_compared: u64,
}

/// One decision, by what else is said of the same comparison or response.
pub(crate) struct Decision<T> {
    /// The number of its item.
    pub(crate) item: u32,
    /// Who had disagreed.
    pub(crate) why: Disagreement,
    /// What more than half of those who decided chose, if any.
    pub(crate) decided: Option<T>,
    /// What is known besides; `None` where nobody had labelled it.
    pub(crate) known: Option<DecisionContext<T>>,
}

/// What is known of a comparison or a response that was decided once more.
pub(crate) struct DecisionContext<T> {
    /// What more than half of the first labels say, if any.
    pub(crate) first: Option<T>,
    /// The label that follows from these and from what was decided.
    pub(crate) label: Option<T>,
    /// What the judge keeps.
    pub(crate) kept: Option<T>,
}

/// Reports what was decided about comparisons; `None` where nobody decided anything about these.
pub(super) fn adjudication(labelled: LabelledComparisons<'_>) -> Option<AdjudicationReport> {
    let labels = labelled.labels;
    let decisions = labels.decided.iter().map(|((at, why), choices)| {
        let row = &labelled.comparisons.rows[*at as usize];
        let known = labels.panel(*at).map(|panel| {
            let first: Vec<Preference> =
                labels.judgements(panel).iter().map(|(_, choice)| *choice).collect();
            DecisionContext {
                first: Preference::majority(&first),
                label: panel.label,
                kept: row.winner,
            }
        });
        Decision { item: row.item, why: *why, decided: Preference::majority(choices), known }
    });
    adjudication_report(decisions)
}

/// Reports decisions; `None` where there are none.
pub(crate) fn adjudication_report<T: PartialEq>(
    decisions: impl ExactSizeIterator<Item = Decision<T>>,
) -> Option<AdjudicationReport> {
    if decisions.len() == 0 {
        return None;
    }
    let mut people = AdjudicatedLabels::default();
    let mut judge = VerdictCounts::default();
    let mut without_labels = 0;
    for Decision { item, why, decided, known } in decisions {
        match (known, why) {
            (None, _) => without_labels += 1,
            (Some(known), Disagreement::People) => people.add(&known, decided.as_ref()),
            (Some(known), Disagreement::Judge) => judge.add(&known, decided.as_ref(), item),
        }
    }
    Some(AdjudicationReport { people, judge: judge.report(), without_labels })
}

impl AdjudicatedLabels {
    fn add<T: PartialEq>(&mut self, known: &DecisionContext<T>, decided: Option<&T>) {
        self.comparisons += 1;
        match (&known.first, decided) {
            (_, None) => self.no_majority += 1,
            (None, Some(_)) => self.settled += 1,
            (Some(_), Some(_)) => self.changed += u64::from(known.first != known.label),
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
    fn add<T: PartialEq>(&mut self, known: &DecisionContext<T>, decided: Option<&T>, item: u32) {
        let (Some(kept), Some(label)) = (&known.kept, &known.label) else {
            self.not_compared += 1;
            return;
        };
        if kept == label {
            self.not_compared += 1;
            return;
        }
        let is = |one: &T| decided == Some(one);
        self.with_judge.push(f64::from(is(kept)), item);
        self.with_people.push(f64::from(is(label)), item);
        self.neither += u64::from(!is(kept) && !is(label));
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
