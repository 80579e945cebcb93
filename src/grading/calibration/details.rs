//! What one more pass over the run reads of the labelled responses: the tags of their items, and the judge's grades on
//! single criteria.

use std::collections::BTreeMap;

use super::panels::LabelledGrades;
use crate::error::Result;
use crate::store::{GradeRun, GradedResponse};
use crate::vote::Grade;

/// What the table does not hold.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// By tag and value: the places of the panels whose item has it, ascending.
    pub(super) tags: BTreeMap<(String, String), Vec<u32>>,
    /// By criterion: the row of a response, and a grade that a reply gives it by the criterion.
    pub(super) criteria: BTreeMap<String, Vec<(u32, Grade)>>,
}

impl Details {
    /// Reads them from the run.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn read(run: &GradeRun, labelled: LabelledGrades<'_>) -> Result<Self> {
        let (table, labels) = (labelled.table, labelled.labels);
        let rows = table.row_index();
        let mut details = Self::default();
        run.for_each_with_tags(|record, tags| {
            let place = table.items.number(&record.id).zip(table.system_number(&record.system));
            let row = place.and_then(|place| rows.get(&place).copied());
            let Some((row, panel)) = row.and_then(|row| Some((row, labels.place(row)?))) else {
                return Ok(());
            };
            for tag in tags {
                details.tags.entry(tag).or_default().push(panel);
            }
            if !labels.by_criterion.is_empty() {
                details.add_criteria(row, &record, labelled);
            }
            Ok(())
        })?;
        details.tags.values_mut().for_each(|panels| panels.sort_unstable());
        Ok(details)
    }

    fn add_criteria(&mut self, row: u32, record: &GradedResponse, labelled: LabelledGrades<'_>) {
        let judged = &record.judged[labelled.table.judges()];
        let orders = judged.iter().flat_map(|judged| &judged.orders);
        let trials = orders.flat_map(|order| &order.trials);
        for reading in trials.filter_map(|trial| trial.reading.as_ref()) {
            for (criterion, grade) in &reading.criteria {
                let is_labelled = |rows: &BTreeMap<u32, Vec<Grade>>| rows.contains_key(&row);
                if labelled.labels.by_criterion.get(criterion).is_some_and(is_labelled) {
                    self.criteria.entry(criterion.clone()).or_default().push((row, *grade));
                }
            }
        }
    }
}
