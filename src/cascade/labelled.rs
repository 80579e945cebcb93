//! The labels of the comparisons that both judges were asked about.

use super::join::Joined;
use crate::calibration::{
    ComparisonTable, LabelPanels, LabelledComparisons, LabelledIn, Panel, Part, ReplyChoice,
    categories, no_label_matches,
};
use crate::error::Result;
use crate::input::{DataFile, Labels, read_labels};

/// The labels with the categories of each pair of systems.
#[derive(Debug)]
pub(super) struct JoinedLabels {
    pub(super) read: Labels,
    pub(super) panels: LabelPanels,
    categories: Vec<usize>,
}

/// The labelled comparisons of a part.
#[derive(Debug)]
pub(super) struct LabelledPart<'a> {
    /// Those that both judges have replied to, sorted by item.
    pub(super) panels: Vec<&'a Panel>,
    /// How many are labelled.
    pub(super) labelled: u64,
    /// Of those, without a reply of one of the judges.
    pub(super) unanswered: u64,
    /// Of those that both judges have replied to, without a majority of annotators.
    pub(super) no_majority: u64,
}

impl JoinedLabels {
    /// Joins the labels in a file to the comparisons.
    ///
    /// # Errors
    ///
    /// The labels cannot be read, or none matches a comparison.
    pub(super) fn read(joined: &Joined, file: &DataFile) -> Result<Self> {
        let table = table(joined);
        let read = read_labels(file, &table.items)?;
        let panels = LabelPanels::join(&read, table, None);
        if panels.panels.is_empty() {
            return Err(no_label_matches(file.path(), &read, &panels, table, LabelledIn::Run));
        }
        let categories = categories(table, &panels);
        Ok(Self { read, panels, categories })
    }

    /// Returns the labels with their comparisons.
    pub(super) fn of<'a>(&'a self, joined: &'a Joined) -> LabelledComparisons<'a> {
        LabelledComparisons::new(table(joined), &self.panels, &self.categories)
    }

    /// Returns the labelled comparisons of a part.
    pub(super) fn of_part(&self, joined: &Joined, part: Part) -> LabelledPart<'_> {
        let has_reply = |side: usize, panel: &Panel| {
            let mut replies = joined.replies(side, panel.row as usize).into_iter();
            replies.any(|choice| choice != ReplyChoice::Absent)
        };
        let of_part = |panel: &&Panel| joined.compared[panel.row as usize].part == part;
        let all: Vec<&Panel> = self.panels.panels.iter().filter(of_part).collect();
        let answered =
            all.iter().copied().filter(|panel| [0, 1].iter().all(|side| has_reply(*side, panel)));
        let panels: Vec<&Panel> = answered.collect();
        LabelledPart {
            labelled: all.len() as u64,
            unanswered: (all.len() - panels.len()) as u64,
            no_majority: panels.iter().filter(|panel| panel.label.is_none()).count() as u64,
            panels,
        }
    }
}

/// Returns the table whose rows the labels are joined to.
fn table(joined: &Joined) -> &ComparisonTable {
    &joined.tables[0]
}
