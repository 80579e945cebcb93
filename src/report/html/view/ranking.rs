//! More than two systems: their strengths and the matrix of their win rates.

use std::collections::HashMap;

use super::parts::{Figure, Part};
use super::plots::strength_forest;
use crate::overview::Overview;
use crate::report::plot::WinMatrix;
use crate::stats::Estimate;

/// The most systems that are shown; the JSON document has all.
const MOST: usize = 12;

/// Returns the systems in order, the strongest first; `None` for two systems.
pub(super) fn ranking(overview: &Overview) -> Option<Part> {
    if overview.ranking.len() < 3 {
        return None;
    }
    let shown = &overview.ranking[..overview.ranking.len().min(MOST)];
    let names: Vec<String> = shown.iter().map(|system| system.system.clone()).collect();
    let mut notes = vec![
        "Strengths are log-odds by the model of Bradley and Terry over every readable vote: a difference of 1 is a \
         win rate of 73 %. A rank has the range of 95 % of resamples of the items."
            .to_owned(),
    ];
    if overview.ranking.last().is_some_and(|last| last.component > 0) {
        notes.push(
            "No comparison connects some of the systems: strengths and ranks are within each group."
                .to_owned(),
        );
    }
    if shown.len() < overview.ranking.len() {
        notes.push(format!(
            "The first {MOST} of {} systems are shown; the JSON document has all.",
            overview.ranking.len()
        ));
    }
    let rates = rates(overview, &names);
    let matrix =
        WinMatrix { title: "Win rates, row against column".to_owned(), systems: names, rates };
    Some(Part {
        heading: "All systems".to_owned(),
        figures: vec![strength_forest(shown), Figure::matrix(&matrix.html())],
        notes,
        ..Part::default()
    })
}

/// Returns the win rates of each system against each other one: the order-averaged ones, or for a jury those over kept
/// verdicts.
fn rates(overview: &Overview, names: &[String]) -> Vec<Vec<Option<Estimate>>> {
    let judge = overview.judge_summary();
    let rates = judge.map(|judge| judge.win_rates.as_slice()).unwrap_or_default();
    let key = |rate: &crate::summary::WinRate| {
        let quoted = if overview.is_jury() { rate.kept } else { rate.order_averaged };
        let is_first = rate.system == rate.between[0];
        (rate.between.clone(), if is_first { quoted } else { quoted.complement() })
    };
    // By the two systems, of which the wins of the first are counted.
    let of_first: HashMap<[String; 2], Estimate> = rates.iter().map(key).collect();
    let rate = |one: &String, other: &String| {
        if one < other {
            of_first.get(&[one.clone(), other.clone()]).copied()
        } else {
            of_first.get(&[other.clone(), one.clone()]).map(Estimate::complement)
        }
    };
    names.iter().map(|one| names.iter().map(|other| rate(one, other)).collect()).collect()
}
