//! What is unusual about labels before any judge has answered.

use super::comparisons::ComparisonTable;
use super::findings::Finding;
use super::panels::LabelPanels;
use super::ties;
use crate::error::{Result, Warning, counted};
use crate::input::{KnownItems, Labels};

/// Returns the warnings about labels of some items, which are to be compared with a judge. `ties` says whether its
/// rubric allows a tie.
///
/// # Errors
///
/// Those of listing the comparisons; names in memory have none.
pub fn label_warnings(read: &Labels, items: &KnownItems, ties: bool) -> Result<Vec<Warning>> {
    let mut warnings: Vec<Warning> =
        read.warnings.iter().map(|field| Warning::new("unused-label-field", field)).collect();
    if let Some(alike) = &read.alike_ids {
        let ids = counted(
            read.unmatched as u64,
            "label has an id that is not among the items",
            "labels have an id that is not among the items",
        );
        warnings.push(Warning::new("labels-unmatched", format!("{ids}; {alike}")));
    }
    if let Some(annotators) = &read.alike_annotators {
        let annotators = annotators.each_ref().map(ToString::to_string);
        warnings.push(Finding::SimilarAnnotators { annotators }.warning());
    }
    let comparisons = ComparisonTable::of_items(|each| {
        for number in 0..items.len() as u32 {
            let mut systems: Vec<&str> = items.systems(number).iter().map(|one| &**one).collect();
            each(items.id(number), &mut systems);
        }
        Ok(())
    })?;
    let labels = LabelPanels::join(read, &comparisons, None);
    let found = ties::finding_without_replies(&labels, ties);
    warnings.extend(found.map(|finding| finding.warning()));
    if read.blank > 0 {
        warnings.push(Finding::LabelsBlank { lines: read.blank as u64 }.warning());
    }
    Ok(warnings)
}
