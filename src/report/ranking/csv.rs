//! A ranking as CSV: one number per row.

use crate::ranking::{AdjustedStrengths, PairDifference, PairResult, RankedSystem, Ranking};
use crate::report::csv_cell;
use crate::stats::Estimate;
use crate::trial::other_system;

/// The columns of [`ranking_csv`].
const COLUMNS: [&str; 20] = [
    "kind",
    "system",
    "against",
    "value",
    "low",
    "high",
    "n",
    "rank",
    "rank_low",
    "rank_high",
    "component",
    "wins",
    "losses",
    "ties",
    "one_order",
    "inconsistent",
    "missing",
    "standard_error",
    "p_value",
    "p_adjusted",
];

/// Calls `each` with the rows of a CSV file, the first of which is the header.
///
/// The column `kind` is the kind of a row: `strength` of a system, with its rank; `order_adjusted`, `length_adjusted`,
/// `davidson` and `soft` strengths; `win_rate` over decided comparisons of `system` against another one, with the
/// counts; `all_votes`, `soft_win_rate` and `length_adjusted_win_rate` of them; and `difference` of the strengths of
/// two systems (`system` minus `against`). Warnings are not included.
///
/// # Errors
///
/// `each` returns an error, which is passed on.
pub fn ranking_csv<E>(
    ranking: &Ranking,
    mut each: impl FnMut(Vec<String>) -> Result<(), E>,
) -> Result<(), E> {
    each(COLUMNS.map(ToOwned::to_owned).to_vec())?;
    for system in &ranking.systems {
        each(Row::of_system(system).cells())?;
    }
    for (kind, model) in [
        ("order_adjusted", &ranking.order_adjusted),
        ("length_adjusted", &ranking.length_adjusted),
        ("davidson", &ranking.davidson),
        ("soft", &ranking.soft),
    ] {
        for row in adjusted_rows(kind, model) {
            each(row.cells())?;
        }
    }
    for pair in &ranking.pairs {
        for row in pair_rows(pair) {
            each(row.cells())?;
        }
    }
    for difference in &ranking.differences {
        each(Row::of_difference(difference).cells())?;
    }
    Ok(())
}

/// One row; what does not apply is empty.
#[derive(Default)]
struct Row<'a> {
    kind: &'static str,
    system: &'a str,
    against: &'a str,
    estimate: Option<Estimate>,
    /// Rank, low, high, component.
    rank: [Option<u64>; 4],
    /// Wins, losses, ties, asked in one order, inconsistent, missing.
    counts: Option<[u64; 6]>,
    /// Standard error, p-value, adjusted p-value.
    numbers: [Option<f64>; 3],
}

impl<'a> Row<'a> {
    fn of_system(system: &'a RankedSystem) -> Self {
        let rank = system.rank;
        Self {
            kind: "strength",
            system: &system.system,
            estimate: Some(system.strength),
            rank: [rank.value, rank.low, rank.high, Some(u64::from(system.component))],
            ..Self::default()
        }
    }

    fn of_difference(pair: &'a PairDifference) -> Self {
        Self {
            kind: "difference",
            system: &pair.system,
            against: other_system(&pair.between, &pair.system),
            estimate: Some(pair.difference),
            numbers: [None, pair.p_value, pair.p_adjusted],
            ..Self::default()
        }
    }

    fn cells(&self) -> Vec<String> {
        let estimate = self.estimate.unwrap_or(Estimate::undefined(0));
        let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let whole = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
        let mut cells = vec![
            self.kind.to_owned(),
            csv_cell(self.system).into_owned(),
            csv_cell(self.against).into_owned(),
            number(estimate.value),
            number(estimate.low),
            number(estimate.high),
            whole(self.estimate.map(|estimate| estimate.n)),
        ];
        cells.extend(self.rank.map(whole));
        cells.extend((0..6).map(|at| whole(self.counts.map(|counts| counts[at]))));
        cells.extend(self.numbers.map(number));
        cells
    }
}

fn adjusted_rows<'a>(
    kind: &'static str,
    model: &'a AdjustedStrengths,
) -> impl Iterator<Item = Row<'a>> {
    model.strengths.iter().map(move |one| Row {
        kind,
        system: &one.system,
        estimate: Some(one.strength),
        ..Row::default()
    })
}

fn pair_rows(pair: &PairResult) -> impl Iterator<Item = Row<'_>> {
    let row = |kind, estimate| Row {
        kind,
        system: &pair.system,
        against: other_system(&pair.between, &pair.system),
        estimate: Some(estimate),
        ..Row::default()
    };
    let PairResult { wins, losses, ties, one_order, inconsistent, missing, .. } = *pair;
    let decided = Row {
        counts: Some([wins, losses, ties, one_order, inconsistent, missing]),
        ..row("win_rate", pair.win_rate)
    };
    let soft = pair.soft_win_rate.map(|soft| Row {
        numbers: [pair.soft_standard_error, None, None],
        ..row("soft_win_rate", soft)
    });
    let length = pair.length_adjusted_win_rate.map(|rate| row("length_adjusted_win_rate", rate));
    [decided, row("all_votes", pair.all_votes)].into_iter().chain(soft).chain(length)
}
