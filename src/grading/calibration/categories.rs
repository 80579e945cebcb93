//! The categories of grades, and what two raters chose among them.

use super::panels::{GradePanel, GradeReply, LabelledGrades};
use crate::vote::Grade;

/// The categories of a scale: its steps, worst first, then that a response cannot be assessed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Categories {
    /// How many steps there are.
    pub(crate) steps: usize,
    /// How many categories there are: the steps, and one more where the rubric allows, or somebody said, that a response
    /// cannot be assessed.
    pub(crate) count: usize,
}

impl Categories {
    /// Returns the categories of the labelled responses.
    pub(crate) fn of(labelled: LabelledGrades<'_>) -> Self {
        let steps = labelled.table.scale.len();
        let panels = &labelled.labels.panels;
        let is_beside = |grade: Grade| grade == Grade::CannotAssess;
        let judgements = panels.iter().flat_map(|panel| labelled.labels.judgements(panel));
        // A label that was decided between people may be one that none of them gave.
        let decided = panels.iter().filter_map(|panel| panel.label);
        let mut by_people = judgements.map(|(_, grade)| *grade).chain(decided);
        let beside = labelled.table.scale.cannot_assess || by_people.any(is_beside);
        Self { steps, count: steps + usize::from(beside) }
    }

    /// Returns the number of a grade.
    pub(crate) fn number(&self, grade: Grade) -> usize {
        grade.step().map_or(self.steps, usize::from)
    }

    /// Returns the number for a reply without a readable grade, which people never use.
    pub(crate) fn unreadable(&self) -> usize {
        self.count
    }

    /// Returns the number of what a reply says.
    pub(crate) fn of_reply(&self, reply: GradeReply) -> usize {
        match reply {
            GradeReply::Given(grade) => self.number(grade),
            GradeReply::Unreadable => self.unreadable(),
        }
    }
}

/// What two raters chose for one response: the judge, or one person, and people, or another person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observation {
    /// The number of the item.
    pub(crate) item: u32,
    /// The category of the first; that of unreadable replies where it has none.
    pub(crate) judge: usize,
    /// The category of the second.
    pub(crate) label: usize,
    /// How many responses it represents.
    pub(crate) weight: f64,
}

/// Returns what every reply to some labelled responses says beside the label; those without a label are left out.
pub(crate) fn reply_observations<'a>(
    labelled: LabelledGrades<'a>,
    categories: Categories,
    panels: impl Iterator<Item = &'a GradePanel>,
) -> Vec<Observation> {
    let mut found = Vec::new();
    for panel in panels {
        let Some(label) = panel.label.map(|grade| categories.number(grade)) else { continue };
        let (item, weight) = (labelled.row(panel).item, labelled.weight(panel));
        for reply in labelled.replies(panel) {
            found.push(Observation { item, judge: categories.of_reply(reply), label, weight });
        }
    }
    found
}
