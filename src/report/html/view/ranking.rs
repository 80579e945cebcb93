//! More than two systems: their strengths and the matrix of their win rates.

use super::parts::{Figure, Part};
use super::plots::strength_forest;
use crate::overview::Overview;
use crate::report::plot::WinMatrix;
use crate::report::ranking::Matrix;

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
         win rate of 73 %. A rank has the range of 95 % of resamples of the items. In the win rates a comparison has the \
         mean of its orders, so that one whose orders contradict each other is one half."
            .to_owned(),
    ];
    if overview.is_jury() {
        notes.push("Each judge of the jury counts once, whatever the jury decided.".to_owned());
    }
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
    let pairs = Matrix::of(&overview.ranking_pairs);
    let rate = |one: &String, other: &String| pairs.rate(one, other);
    let rates =
        names.iter().map(|one| names.iter().map(|other| rate(one, other)).collect()).collect();
    let title = "Win rates over all votes, row against column".to_owned();
    let matrix = WinMatrix { title, systems: names, rates };
    Some(Part {
        heading: "All systems".to_owned(),
        figures: vec![strength_forest(shown), Figure::matrix(&matrix.html())],
        notes,
        ..Part::default()
    })
}
