//! Which grades people gave by their labels alone, whatever a judge says.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Result;
use crate::input::{DataFile, Disagreement, Grade, KnownItems, Scale, read_grade_labels};
use crate::vote::settled_choice;

/// The labels of the responses of one system. A response counts once: by the grade that more than half of its annotators
/// gave, or by what was decided where they disagreed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GradeCounts {
    /// The system.
    pub system: String,
    /// How many responses have each step of the scale, worst first.
    pub steps: Vec<u64>,
    /// How many responses cannot be assessed.
    pub cannot_assess: u64,
    /// How many responses have no grade that more than half of the annotators gave.
    pub no_majority: u64,
}

/// What was said about a response.
#[derive(Default)]
struct Grades {
    people: Vec<Grade>,
    /// Of those who decided it where people disagreed.
    deciders: Vec<Grade>,
}

/// Returns the labels in a file by system, in byte order of their names.
///
/// # Errors
///
/// As for [`read_grade_labels`].
pub fn grade_counts(
    file: &DataFile,
    items: &KnownItems,
    scale: &Scale,
) -> Result<Vec<GradeCounts>> {
    let read = read_grade_labels(file, items, scale)?;
    let decided = read.adjudicated.into_iter().filter(|(_, why)| *why == Disagreement::People);
    let labels = read.labels.into_iter().map(|label| (label, false));
    let mut systems: BTreeMap<Arc<str>, BTreeMap<u32, Grades>> = BTreeMap::new();
    for (label, is_decision) in labels.chain(decided.map(|(label, _)| (label, true))) {
        let grades = systems.entry(label.system).or_default().entry(label.item).or_default();
        let of_kind = if is_decision { &mut grades.deciders } else { &mut grades.people };
        of_kind.push(label.grade);
    }
    let counts = |(system, responses): (Arc<str>, BTreeMap<u32, Grades>)| {
        let mut counts = GradeCounts {
            system: system.to_string(),
            steps: vec![0; scale.len()],
            cannot_assess: 0,
            no_majority: 0,
        };
        for grades in responses.values().filter(|grades| !grades.people.is_empty()) {
            match settled_choice(&grades.people, &grades.deciders) {
                Some(Grade::Step(step)) => counts.steps[usize::from(step)] += 1,
                Some(Grade::CannotAssess) => counts.cannot_assess += 1,
                None => counts.no_majority += 1,
            }
        }
        counts
    };
    Ok(systems.into_iter().map(counts).collect())
}
