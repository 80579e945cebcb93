//! Quality beside price and latency, where the quality is the pass rate or the mean step.

use std::collections::{BTreeSet, HashSet};

use super::texts::ResponseTexts;
use crate::grading::{GradeTable, SystemGrades, system_grades_of};
use crate::overview::generated::{GeneratedReport, GeneratedSystem, Quality};

/// Computes quality, price and latency; `None` unless it is known of some system how its responses were generated.
pub(super) fn generated(table: &GradeTable, texts: &ResponseTexts) -> Option<GeneratedReport> {
    let numbers = &texts.generated;
    if numbers.is_empty() {
        return None;
    }
    let grades = system_grades_of(table, 0..table.rows.len());
    let of_grades = |system: GeneratedSystem| {
        let known = grades.iter().find(|grades| grades.system == system.system);
        let pass_rate = |grades: &SystemGrades| grades.pass_rate.as_ref().map(|rate| rate.averaged);
        GeneratedSystem {
            pass_rate: known.and_then(pass_rate),
            mean_step: known.map(|grades| grades.mean_step),
            ..system
        }
    };
    let mut items: Vec<HashSet<u32>> = vec![HashSet::new(); table.systems.len()];
    for row in &table.rows {
        items[row.system as usize].insert(row.item);
    }
    let with_items = || items.iter().zip(&table.systems).filter(|(items, _)| !items.is_empty());
    let names: BTreeSet<&str> = with_items().map(|(_, name)| name.as_str()).collect();
    let same_items =
        with_items().zip(with_items().skip(1)).all(|((one, _), (other, _))| one == other);
    let quality = match table.scale.pass_from {
        Some(_) => Quality::PassRate,
        None => Quality::MeanStep,
    };
    let systems = numbers.systems().into_iter().map(of_grades).collect();
    Some(GeneratedReport::of(quality, systems, &names, same_items))
}
