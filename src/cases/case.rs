//! One comparison with everything that is known of it.

use std::sync::Arc;

use crate::input::{Disagreement, Item};
use crate::store::ComparisonRecord;
use crate::verdict::Verdict;
use crate::vote::Preference;

/// One comparison with everything that is known of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Case {
    /// Its number among the selected cases, counted from 1.
    pub number: u64,
    /// The item, with its prompt, responses, reference and tags.
    pub item: Item,
    /// The replies and the verdict of every judge.
    pub record: ComparisonRecord,
    /// The verdict of the chosen judge, or of the jury.
    pub verdict: Verdict,
    /// What people prefer, in the order of the label file; what was decided where they disagreed is after that.
    pub labels: Vec<CaseLabel>,
}

/// What one person prefers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseLabel {
    /// Who gave the label.
    pub annotator: Arc<str>,
    /// The preference.
    pub preference: Preference,
    /// Who disagreed before, where the label is a decision about that.
    pub adjudicated: Option<Disagreement>,
    /// A remark of the annotator.
    pub note: Option<Arc<str>>,
}

impl Case {
    /// Returns what more than half of the people prefer, if they do; where they disagreed and somebody decided, that.
    pub fn people_prefer(&self) -> Option<Preference> {
        let chosen = |why: Option<Disagreement>| -> Vec<Preference> {
            let labels = self.labels.iter().filter(|label| label.adjudicated == why);
            labels.map(|label| label.preference).collect()
        };
        Preference::settled(&chosen(None), &chosen(Some(Disagreement::People)))
    }

    /// Returns whether anybody labelled it, other than to decide between others.
    pub fn is_labelled(&self) -> bool {
        self.labels.iter().any(|label| label.adjudicated.is_none())
    }
}
