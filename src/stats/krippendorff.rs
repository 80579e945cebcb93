//! Krippendorff's α: do any number of raters agree beyond chance, with ratings missing and on any scale?
//!
//! α is computed from coincidences: how often each pair of values was given to the same unit. They add up over
//! units, so a bootstrap over units (or clusters of them) sums the contribution of each. α
//! measures how reproducible the ratings are, not whether they are correct, and it depends on how common the
//! values are.

use super::StatError;
use super::kappa::ROUNDING;

/// How far apart two values are, as a squared distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Metric {
    /// 1 for different values: categories without an order.
    Nominal,
    /// `(Σ_{g=c..d} n_g − (n_c + n_d)/2)²` for how often each value was given: ranks.
    Ordinal,
    /// `(c − d)²`: differences have a meaning.
    Interval,
    /// `((c − d)/(c + d))²`: ratios have a meaning; values of 0 or more.
    Ratio,
}

/// The coincidence matrix: how often each pair of values was given to the same unit.
///
/// A unit that `m` raters gave values to adds `1/(m − 1)` for each ordered pair of its ratings, so `m` in all.
/// A unit with fewer than two ratings adds nothing and is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Coincidences {
    values: Vec<f64>,
    cells: Vec<f64>,
    units: u64,
    skipped: u64,
}

impl Coincidences {
    /// Returns empty coincidences of the values that may be given, in any order.
    ///
    /// A value that is never given does not change α.
    ///
    /// # Errors
    ///
    /// [`StatError::Empty`] without values, [`StatError::OutOfRange`] if one is not finite.
    pub fn new(values: &[f64]) -> Result<Self, StatError> {
        if values.is_empty() {
            return Err(StatError::Empty);
        }
        if !values.iter().all(|value| value.is_finite()) {
            return Err(StatError::OutOfRange);
        }
        // Adding 0 turns −0 into 0.
        let mut values: Vec<f64> = values.iter().map(|value| value + 0.0).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let cells = vec![0.0; values.len() * values.len()];
        Ok(Self { values, cells, units: 0, skipped: 0 })
    }

    /// Adds the ratings of a unit, in any order; missing ones are omitted.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if a rating is not one of the values; the unit is then not added.
    pub fn add(&mut self, ratings: &[f64]) -> Result<(), StatError> {
        let mut counts = vec![0.0; self.values.len()];
        for rating in ratings {
            let at = self.values.binary_search_by(|value| value.total_cmp(&(rating + 0.0)));
            let count = at.ok().and_then(|at| counts.get_mut(at)).ok_or(StatError::OutOfRange)?;
            *count += 1.0;
        }
        if ratings.len() < 2 {
            self.skipped += 1;
            return Ok(());
        }
        self.units += 1;
        let others = ratings.len() as f64 - 1.0;
        for (c, row) in self.cells.chunks_exact_mut(counts.len()).enumerate() {
            for (d, (cell, count)) in row.iter_mut().zip(&counts).enumerate() {
                *cell += counts[c] * (count - f64::from(c == d)) / others;
            }
        }
        Ok(())
    }

    /// Returns the values, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the coincidences, row by row: symmetric, one row and one column for each of the values.
    pub fn cells(&self) -> &[f64] {
        &self.cells
    }

    /// Returns the number of units with two ratings or more.
    pub fn units(&self) -> u64 {
        self.units
    }

    /// Returns the number of units with fewer than two ratings, which do not count.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// Returns Krippendorff's α.
///
/// `α = 1 − D_o/D_e` with the observed disagreement `D_o = Σ o_cd·δ_cd / n` and the expected
/// `D_e = Σ n_c·n_d·δ_cd / (n(n − 1))`, for the coincidences `o_cd`, their margins `n_c`, their sum `n` and the
/// squared distance `δ_cd` of the [`Metric`]. 1 is perfect, 0 is chance, and it can be below 0. The order of
/// units and raters does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without units; [`StatError::TooFew`] if none has two ratings;
/// [`StatError::NoVariation`] if only one value was given; [`StatError::OutOfRange`] if a value is negative
/// and the metric is [`Metric::Ratio`].
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Coincidences, Metric, krippendorff_alpha};
///
/// let mut coincidences = Coincidences::new(&[0.0, 1.0])?;
/// for unit in [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]] {
///     coincidences.add(&unit)?;
/// }
/// assert!((krippendorff_alpha(&coincidences, Metric::Nominal)? - 4.0 / 9.0).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. University of Pennsylvania,
/// Annenberg School for Communication. Krippendorff, K. (2004). *Content Analysis: An Introduction to Its
/// Methodology*, second edition, chapter 11. Sage.
pub fn krippendorff_alpha(coincidences: &Coincidences, metric: Metric) -> Result<f64, StatError> {
    let Coincidences { values, cells, units, skipped } = coincidences;
    match units {
        0 if *skipped == 0 => Err(StatError::Empty),
        0 => Err(StatError::TooFew),
        _ => alpha_of_cells(values, cells, metric),
    }
}

/// Returns Krippendorff's α from a matrix of coincidences, for callers that need it many times.
///
/// `cells` holds the coincidences of `values`, which ascend, row by row, as [`Coincidences::cells`] does, or a sum of
/// several with weights; the same value as [`krippendorff_alpha`] has.
///
/// # Errors
///
/// [`StatError::Empty`] without coincidences; [`StatError::NoVariation`] if only one value was given;
/// [`StatError::OutOfRange`] if there is not one cell for each pair of values, or a value is negative and the metric is
/// [`Metric::Ratio`].
///
/// # References
///
/// As for [`krippendorff_alpha`].
pub fn alpha_of_cells(values: &[f64], cells: &[f64], metric: Metric) -> Result<f64, StatError> {
    if values.is_empty() || cells.len() != values.len() * values.len() {
        return Err(StatError::OutOfRange);
    }
    // What was added and taken away again, as a jackknife does, may leave rounding.
    if cells.iter().sum::<f64>() < ROUNDING {
        return Err(StatError::Empty);
    }
    if metric == Metric::Ratio && values.iter().any(|value| *value < 0.0) {
        return Err(StatError::OutOfRange);
    }
    let margins: Vec<f64> = cells.chunks_exact(values.len()).map(|row| row.iter().sum()).collect();
    // How often a value up to half of the value itself was given: differences are the ordinal distance.
    let mut given = 0.0;
    let ranks: Vec<f64> = margins
        .iter()
        .map(|margin| {
            given += margin;
            given - margin / 2.0
        })
        .collect();
    let distance = |c: usize, d: usize| match metric {
        Metric::Nominal => 1.0,
        Metric::Ordinal => (ranks[c] - ranks[d]).powi(2),
        Metric::Interval => (values[c] - values[d]).powi(2),
        Metric::Ratio => ((values[c] - values[d]) / (values[c] + values[d])).powi(2),
    };
    let (mut observed, mut expected) = (0.0, 0.0);
    for (c, row) in cells.chunks_exact(values.len()).enumerate() {
        // The matrix is symmetric, and the distance of a value from itself is 0.
        for (d, cell) in row.iter().enumerate().take(c) {
            observed += cell * distance(c, d);
            expected += margins[c] * margins[d] * distance(c, d);
        }
    }
    if expected <= 0.0 {
        return Err(StatError::NoVariation);
    }
    let alpha = 1.0 - (given - 1.0) * observed / expected;
    if alpha.is_finite() { Ok(alpha) } else { Err(StatError::OutOfRange) }
}

/// Returns Krippendorff's α of nominal values from a matrix of coincidences, for callers that need it many times.
///
/// `cells` holds the coincidences of `categories` values row by row, as [`Coincidences::cells`] does, or a
/// sum of several. `α = 1 − (n − 1)(n − Σ o_cc)/(n² − Σ n_c²)`; the same value as [`krippendorff_alpha`] has.
///
/// # Errors
///
/// [`StatError::Empty`] without coincidences; [`StatError::NoVariation`] if only one value was given;
/// [`StatError::OutOfRange`] if there are not `categories²` cells, one is negative or their sum is not
/// finite.
///
/// # References
///
/// As for [`krippendorff_alpha`].
pub fn alpha_nominal(categories: usize, cells: &[f64]) -> Result<f64, StatError> {
    if categories == 0 || cells.len() != categories * categories {
        return Err(StatError::OutOfRange);
    }
    let n: f64 = cells.iter().sum();
    // What was added and taken away again, as a jackknife does, may leave rounding.
    if !n.is_finite() || !cells.iter().all(|cell| *cell >= -ROUNDING) {
        return Err(StatError::OutOfRange);
    }
    if n < ROUNDING {
        return Err(StatError::Empty);
    }
    let same: f64 = cells.iter().step_by(categories + 1).sum();
    let margins = cells.chunks_exact(categories).map(|row| row.iter().sum::<f64>() / n);
    let alike: f64 = margins.map(|margin| margin * margin).sum();
    if 1.0 - alike < ROUNDING {
        return Err(StatError::NoVariation);
    }
    Ok(1.0 - (n - 1.0) / n * (1.0 - same / n) / (1.0 - alike))
}
