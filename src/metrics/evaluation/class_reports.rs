//! The scores and confusions of each class, by system.

use super::family::class_counts;
use super::results::{ClassReport, ClassRow};
use super::totals::Totals;

/// Returns a report for each system. `systems` are numbers and names; `classes` are the numbers of the classes of
/// the references, in the order in which they are reported.
pub(super) fn class_reports(
    totals: &Totals,
    systems: &[(u32, &str)],
    classes: &[u32],
) -> Vec<ClassReport> {
    if classes.is_empty() {
        return Vec::new();
    }
    systems.iter().map(|(system, name)| class_report(totals, *system, name, classes)).collect()
}

fn class_report(totals: &Totals, system: u32, name: &str, classes: &[u32]) -> ClassReport {
    let count = |predicted, actual| {
        totals.confusion.get(&(system, predicted, actual)).copied().unwrap_or_default()
    };
    let mut elsewhere = vec![0; classes.len()];
    for ((of, predicted, actual), counted) in &totals.confusion {
        if *of == system && !classes.contains(predicted) {
            let actual = classes.iter().position(|class| class == actual);
            elsewhere[actual.unwrap_or_default()] += counted;
        }
    }
    let confusion: Vec<Vec<u64>> = classes
        .iter()
        .map(|predicted| classes.iter().map(|actual| count(*predicted, *actual)).collect())
        .collect();
    let rows = classes.iter().enumerate().map(|(at, class)| {
        let true_positives = confusion[at][at];
        let predicted: u64 = confusion[at].iter().sum();
        let actual: u64 = confusion.iter().map(|row| row[at]).sum::<u64>() + elsewhere[at];
        let counts = class_counts([true_positives, predicted, actual].map(|count| count as f64));
        ClassRow {
            class: totals.classes.names[*class as usize].clone(),
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            n: actual,
        }
    });
    let rows = rows.collect();
    ClassReport { system: name.to_owned(), classes: rows, confusion, elsewhere }
}
