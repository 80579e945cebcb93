//! How well scores order observations as ordered grades do, from a table of how often each pair is there.
//!
//! A statistic of a table can be computed on weights and on every resample of a bootstrap without listing the pairs.

use super::StatError;

/// A smaller share of a total is what rounding leaves of nothing, where weights were added and subtracted.
const ROUNDING: f64 = 1e-12;

/// A table of how often each score occurs with each grade.
///
/// `cells[i·k + j]` is how often the `i`-th score occurs with the `j`-th of `k` grades, both ascending. Cells may be
/// fractional, for observations with weights. Scores and grades that never occur change nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderedTable<'a> {
    grades: usize,
    cells: &'a [f64],
}

impl<'a> OrderedTable<'a> {
    /// Returns a view of `cells` as a table with so many grades, score by score.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if there are no grades, the last score has not all of its cells, or a cell is negative
    /// by more than rounding, or not finite.
    pub fn new(grades: usize, cells: &'a [f64]) -> Result<Self, StatError> {
        let complete = grades > 0 && cells.len().is_multiple_of(grades);
        let total: f64 = cells.iter().sum();
        let is_count = |cell: &f64| cell.is_finite() && *cell >= -ROUNDING * total.abs().max(1.0);
        if complete && cells.iter().all(is_count) {
            Ok(Self { grades, cells })
        } else {
            Err(StatError::OutOfRange)
        }
    }

    /// Returns how often an observation of the better of two grades has the higher score, in `[0, 1]`.
    ///
    /// The share of pairs of an observation of each grade in which the second grade has the higher score, an equal score
    /// counting half: the area under the receiver operating characteristic. ½ is chance.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] unless there are two grades; [`StatError::Empty`] without observations;
    /// [`StatError::NoVariation`] if all have the same grade.
    ///
    /// # Examples
    ///
    /// ```
    /// // Three scores: the lowest failed twice, the next failed and passed, the highest passed.
    /// let cells = [2.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    /// let area = evenhand::stats::OrderedTable::new(2, &cells)?.auroc()?;
    /// assert!((area - 5.5 / 6.0).abs() < 1e-12);
    /// # Ok::<(), evenhand::stats::StatError>(())
    /// ```
    ///
    /// # References
    ///
    /// Bamber, D. (1975). The area above the ordinal dominance graph and the area below the receiver operating
    /// characteristic graph. *Journal of Mathematical Psychology* 12, 387–415.
    pub fn auroc(&self) -> Result<f64, StatError> {
        if self.grades != 2 {
            return Err(StatError::OutOfRange);
        }
        let total = self.total()?;
        let [failed, passed] = [0, 1].map(|grade| self.of_grade(grade));
        if failed.min(passed) <= ROUNDING * total {
            return Err(StatError::NoVariation);
        }
        Ok(f64::midpoint(1.0, (self.surplus() / (failed * passed)).clamp(-1.0, 1.0)))
    }

    /// Returns Spearman's rank correlation of scores and grades, in `[-1, 1]`.
    ///
    /// It is that of [`spearman`](super::spearman), where an observation is listed as often as its cell says.
    ///
    /// # Errors
    ///
    /// [`StatError::Empty`] without observations; [`StatError::NoVariation`] if all have the same score, or the same grade.
    pub fn spearman(&self) -> Result<f64, StatError> {
        let total = self.total()?;
        let scores = Margin::of(self.rows().map(|row| row.iter().sum()), total);
        let grades = Margin::of((0..self.grades).map(|grade| self.of_grade(grade)), total);
        let scale = scores.variance(total)?.sqrt() * grades.variance(total)?.sqrt();
        let of_row = |(row, rank): (&[f64], &f64)| {
            let of_cell = |(cell, other): (&f64, &f64)| cell * rank * other;
            row.iter().zip(&grades.ranks).map(of_cell).sum::<f64>()
        };
        let product: f64 = self.rows().zip(&scores.ranks).map(of_row).sum();
        Ok((product / scale).clamp(-1.0, 1.0))
    }

    /// Returns Kendall's τ-b of scores and grades, in `[-1, 1]`.
    ///
    /// It is that of [`kendall_tau_b`](super::kendall_tau_b), where an observation is listed as often as its cell says.
    ///
    /// # Errors
    ///
    /// As for [`OrderedTable::spearman`].
    pub fn kendall_tau_b(&self) -> Result<f64, StatError> {
        let total = self.total()?;
        let different = |tied: f64| {
            let pairs = (total * total - tied) / 2.0;
            if pairs > ROUNDING * total * total { Ok(pairs) } else { Err(StatError::NoVariation) }
        };
        let by_score: f64 = self.rows().map(|row| row.iter().sum::<f64>().powi(2)).sum();
        let by_grade: f64 = (0..self.grades).map(|grade| self.of_grade(grade).powi(2)).sum();
        let scale = different(by_score)?.sqrt() * different(by_grade)?.sqrt();
        Ok((self.surplus() / scale).clamp(-1.0, 1.0))
    }

    fn rows(&self) -> std::slice::ChunksExact<'a, f64> {
        self.cells.chunks_exact(self.grades)
    }

    fn of_grade(&self, grade: usize) -> f64 {
        self.rows().map(|row| row[grade]).sum()
    }

    fn total(&self) -> Result<f64, StatError> {
        let total: f64 = self.cells.iter().sum();
        if total > 0.0 { Ok(total) } else { Err(StatError::Empty) }
    }

    /// Returns how many pairs of observations scores and grades order alike, minus how many they order differently.
    fn surplus(&self) -> f64 {
        let mut lower = vec![0.0; self.grades];
        let mut surplus = 0.0;
        for row in self.rows() {
            let (mut worse, mut better) = (0.0, lower.iter().sum::<f64>());
            for (cell, below) in row.iter().zip(&lower) {
                better -= below;
                surplus += cell * (worse - better);
                worse += below;
            }
            lower.iter_mut().zip(row).for_each(|(below, cell)| *below += cell);
        }
        surplus
    }
}

/// How often each of some ordered values occurs.
struct Margin {
    counts: Vec<f64>,
    /// The ranks of the values, from which the mean rank is subtracted; equal values share the mean of their ranks.
    ranks: Vec<f64>,
}

impl Margin {
    fn of(counts: impl Iterator<Item = f64>, total: f64) -> Self {
        let counts: Vec<f64> = counts.collect();
        let mut before = 0.0;
        let rank = |count: &f64| {
            let rank = before + (count - total) / 2.0;
            before += count;
            rank
        };
        Self { ranks: counts.iter().map(rank).collect(), counts }
    }

    fn variance(&self, total: f64) -> Result<f64, StatError> {
        let squares = self.counts.iter().zip(&self.ranks).map(|(count, rank)| count * rank * rank);
        let variance: f64 = squares.sum();
        if variance > ROUNDING * total.powi(3) { Ok(variance) } else { Err(StatError::NoVariation) }
    }
}
