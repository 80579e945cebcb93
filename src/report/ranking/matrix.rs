//! The matrix of win rates: every system against every other one.

use std::collections::HashMap;

use super::shown::names;
use crate::ranking::{PairResult, Ranking};
use crate::report::columns::{pad_left, pad_right};
use crate::report::text_report::TextReport;
use crate::stats::Estimate;

/// The most systems of the text's matrix.
const MOST: usize = 6;
/// Columns of a name.
const NAME: usize = 15;
/// Columns of a cell.
const CELL: usize = 9;

/// The pairs of a ranking by their systems.
pub(in crate::report) struct Matrix<'a>(HashMap<[&'a str; 2], &'a PairResult>);

impl<'a> Matrix<'a> {
    pub(in crate::report) fn of(pairs: &'a [PairResult]) -> Self {
        let key = |pair: &'a PairResult| (pair.between.each_ref().map(String::as_str), pair);
        Self(pairs.iter().map(key).collect())
    }

    /// Returns how often one system wins against another one, over all votes; `None` if they were not compared.
    pub(in crate::report) fn rate(&self, system: &str, other: &str) -> Option<Estimate> {
        let key = if system < other { [system, other] } else { [other, system] };
        let pair = self.0.get(&key)?;
        Some(if pair.system == system { pair.all_votes } else { pair.all_votes.complement() })
    }

    /// Returns the result of a pair.
    pub(super) fn pair(&self, one: &str, other: &str) -> Option<&'a PairResult> {
        let key = if one < other { [one, other] } else { [other, one] };
        self.0.get(&key).copied()
    }
}

/// Writes the matrix of the first systems, if at least half of their pairs were compared.
pub(super) fn write_matrix(output: &mut TextReport, ranking: &Ranking, matrix: &Matrix<'_>) {
    let systems = ranking.systems.len().min(MOST);
    let name = |at: usize| ranking.systems[at].system.as_str();
    let compared =
        |row: usize| (0..row).filter(move |at| matrix.rate(name(row), name(*at)).is_some());
    let known: usize = (0..systems).map(|row| compared(row).count()).sum();
    // Of a few pairs among many a matrix shows almost nothing.
    if known * 4 < systems * systems.saturating_sub(1) {
        return;
    }
    let which = if systems < ranking.systems.len() {
        format!(" of the first {systems}")
    } else {
        String::new()
    };
    output.line(format_args!("win rates{which}, row against column: % of all votes (comparisons)"));
    let names = names(ranking, NAME);
    let titles = (1..=systems).map(|number| pad_left(&number.to_string(), CELL + 1));
    output.line(format_args!("  {}{}", " ".repeat(NAME + 3), titles.collect::<String>()));
    for (row, name) in names.iter().enumerate().take(systems) {
        let cells = (0..systems).map(|column| {
            let [one, other] = [row, column].map(|at| ranking.systems[at].system.as_str());
            let rate = matrix.rate(one, other).filter(|_| row != column);
            let cell = match rate {
                Some(Estimate { value: Some(value), n, .. }) => {
                    format!("{:.0} ({n})", value * 100.0)
                }
                _ => "·".to_owned(),
            };
            pad_left(&cell, CELL + 1)
        });
        let cells: String = cells.collect();
        output.line(format_args!("  {:>2} {}{cells}", row + 1, pad_right(name, NAME)));
    }
    output.blank();
}
