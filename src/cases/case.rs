//! One comparison with everything that is known of it.

use std::sync::Arc;

use crate::input::Item;
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
    /// What people prefer, in the order of the label file.
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
}

impl Case {
    /// Returns what more than half of the people prefer, if they do.
    pub fn people_prefer(&self) -> Option<Preference> {
        let choices: Vec<Preference> = self.labels.iter().map(|label| label.preference).collect();
        Preference::majority(&choices)
    }
}
