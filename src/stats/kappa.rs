//! Cohen's κ: agreement of a judge with people beyond what their label frequencies alone predict.
//!
//! κ depends on how common the categories are, so it must not be compared between data sets, and it has no
//! universal grades like "substantial". Where one rater uses a single category it is 0 by construction,
//! which is no information about the judge. The formulas for its standard error assume independent
//! observations, and intervals from them are too narrow below about 50 observations: prefer a cluster
//! bootstrap, with [`kappa_interval`] as the fallback.

use super::{Interval, StatError, Table, normal_quantile, wilson};

/// A smaller difference of two shares is rounding error.
pub(super) const ROUNDING: f64 = 1e-12;

/// How much two categories count as the same, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Weights {
    /// 1 for the same category, else 0: categories without an order.
    Identity,
    /// `1 − |i − j|/(k − 1)`: categories in an order.
    Linear,
    /// `1 − (i − j)²/(k − 1)²`: categories in an order, where far disagreement counts more than in
    /// proportion.
    Quadratic,
}

impl Weights {
    /// Returns how much categories `i` and `j` of `categories` count as the same.
    pub fn weight(self, i: usize, j: usize, categories: usize) -> f64 {
        if i == j {
            return 1.0;
        }
        // With i ≠ j there are at least two categories.
        let distance = i.abs_diff(j) as f64 / (categories.max(2) - 1) as f64;
        match self {
            Self::Identity => 0.0,
            Self::Linear => 1.0 - distance,
            Self::Quadratic => 1.0 - distance * distance,
        }
    }
}

/// Cohen's κ with the quantities that should be reported beside it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Kappa {
    /// κ, from −1 to 1.
    pub value: f64,
    /// The observed (weighted) agreement, `p_o`.
    pub observed: f64,
    /// The agreement expected from the margins, `p_e`.
    pub expected: f64,
    /// The large-sample standard error, for an interval. It is 0, which stands for unknown, where
    /// agreement is perfect or a rater constant.
    pub standard_error: f64,
    /// The standard error under the hypothesis κ = 0, for a test of that hypothesis only.
    pub null_standard_error: f64,
    /// The largest κ that these margins allow; for unweighted κ only.
    pub maximum: Option<f64>,
}

/// Returns the number of observations in a table, which is above 0 and finite.
pub(super) fn observations(table: &Table<'_>) -> Result<f64, StatError> {
    let n = table.total();
    match n {
        _ if !n.is_finite() => Err(StatError::OutOfRange),
        // Adding and subtracting the same counts, as a jackknife does, may leave a rounding error.
        _ if n < ROUNDING => Err(StatError::Empty),
        _ => Ok(n),
    }
}

/// Returns `(observed − expected)/(1 − expected)`, undefined where the expected agreement is 1.
pub(super) fn beyond_chance(observed: f64, expected: f64) -> Result<f64, StatError> {
    if 1.0 - expected < ROUNDING {
        return Err(StatError::NoVariation);
    }
    Ok((observed - expected) / (1.0 - expected))
}

/// Returns the (weighted) share of observations on which the two raters agree.
pub(super) fn observed_agreement(table: &Table<'_>, weights: Weights, n: f64) -> f64 {
    if weights == Weights::Identity {
        return table.diagonal() / n;
    }
    let k = table.categories();
    let pairs = (0..k).flat_map(|i| (0..k).map(move |j| (i, j)));
    pairs.map(|(i, j)| weights.weight(i, j, k) * table.cell(i, j)).sum::<f64>() / n
}

/// The shares of the categories, by rater.
struct Margins {
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl Margins {
    fn of(table: &Table<'_>, n: f64) -> Self {
        let k = table.categories();
        Self {
            rows: (0..k).map(|i| table.row(i) / n).collect(),
            columns: (0..k).map(|j| table.column(j) / n).collect(),
        }
    }

    /// Sums a function of two categories over both, weighted by how often each rater uses them.
    fn mean(&self, value: impl Fn(usize, usize) -> f64) -> f64 {
        let row = |(i, share): (usize, &f64)| {
            let columns = self.columns.iter().enumerate();
            share * columns.map(|(j, other)| other * value(i, j)).sum::<f64>()
        };
        self.rows.iter().enumerate().map(row).sum()
    }
}

/// Returns the value of Cohen's κ of a table without its standard errors, for callers that need it many
/// times, such as a bootstrap.
///
/// It equals [`Kappa::value`] of [`cohen_kappa`].
///
/// # Errors
///
/// As for [`cohen_kappa`].
///
/// # References
///
/// As for [`cohen_kappa`].
pub fn cohen_kappa_value(table: Table<'_>, weights: Weights) -> Result<f64, StatError> {
    let n = observations(&table)?;
    let k = table.categories();
    let expected = if weights == Weights::Identity {
        (0..k).map(|i| table.row(i) / n * (table.column(i) / n)).sum()
    } else {
        Margins::of(&table, n).mean(|i, j| weights.weight(i, j, k))
    };
    beyond_chance(observed_agreement(&table, weights, n), expected)
}

/// Returns the value of Cohen's κ of a table by any weights, such as those of a scale with a category beside it that is
/// no step of it.
///
/// `weight(i, j)` says how much categories `i` (of the first rater) and `j` (of the second) count as the same, from 0 to
/// 1. With those of [`Weights`] it equals [`cohen_kappa_value`].
///
/// # Errors
///
/// As for [`cohen_kappa`]; [`StatError::OutOfRange`] also if a weight is not in `[0, 1]`.
///
/// # References
///
/// Cohen, J. (1968), as for [`cohen_kappa`].
pub fn cohen_kappa_by(
    table: Table<'_>,
    weight: impl Fn(usize, usize) -> f64,
) -> Result<f64, StatError> {
    let n = observations(&table)?;
    let k = table.categories();
    let pairs = || (0..k).flat_map(|i| (0..k).map(move |j| (i, j)));
    if !pairs().all(|(i, j)| (0.0..=1.0).contains(&weight(i, j))) {
        return Err(StatError::OutOfRange);
    }
    let observed = pairs().map(|(i, j)| weight(i, j) * table.cell(i, j)).sum::<f64>() / n;
    beyond_chance(observed, Margins::of(&table, n).mean(weight))
}

/// Returns Cohen's κ of a table, with its standard errors.
///
/// `κ = (p_o − p_e)/(1 − p_e)` with `p_o = Σ w_ij·p_ij` and `p_e = Σ w_ij·p_i·q_j`, for the shares `p_ij` of
/// the cells, the margins `p_i` and `q_j` of the two raters and the weights `w_ij`. It runs from −1 to 1. The
/// raters may be exchanged; the order of the categories matters to weighted κ alone. Where one rater used a
/// single category, κ and its standard error are 0: no information, not a bad judge.
///
/// With `u_ij = Σ_l q_l·w_il + Σ_l p_l·w_lj`, the standard error is that of a mean of
/// `(w_ij − u_ij·(1 − κ))/(1 − p_e)` over the observations, and under κ = 0 that of `(w_ij − u_ij)/(1 − p_e)`
/// over independent margins.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::NoVariation`] if both raters used one and the
/// same category throughout, so that κ is 0/0; [`StatError::OutOfRange`] if the table is too large to add.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Table, Weights, cohen_kappa};
///
/// let kappa = cohen_kappa(Table::new(2, &[20.0, 5.0, 10.0, 15.0])?, Weights::Identity)?;
/// assert!((kappa.value - 0.4).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Cohen, J. (1960). A coefficient of agreement for nominal scales. *Educational and Psychological
/// Measurement* 20, 37–46. Cohen, J. (1968). Weighted kappa: nominal scale agreement with provision for
/// scaled disagreement or partial credit. *Psychological Bulletin* 70, 213–220. Fleiss, J. L., Cohen, J. and
/// Everitt, B. S. (1969). Large sample standard errors of kappa and weighted kappa. *Psychological Bulletin*
/// 72, 323–327.
pub fn cohen_kappa(table: Table<'_>, weights: Weights) -> Result<Kappa, StatError> {
    let n = observations(&table)?;
    let k = table.categories();
    let weight = |i: usize, j: usize| weights.weight(i, j, k);
    let margins = Margins::of(&table, n);
    let observed = observed_agreement(&table, weights, n);
    let expected = margins.mean(weight);
    let value = beyond_chance(observed, expected)?;

    let dot = |shares: &[f64], weight: &dyn Fn(usize) -> f64| -> f64 {
        shares.iter().enumerate().map(|(at, share)| share * weight(at)).sum()
    };
    let by_row: Vec<f64> = (0..k).map(|i| dot(&margins.columns, &|j| weight(i, j))).collect();
    let by_column: Vec<f64> = (0..k).map(|j| dot(&margins.rows, &|i| weight(i, j))).collect();

    // Centred at their means, so that rounding cannot make a variance negative.
    let centre = value - expected * (1.0 - value);
    let mut variance = 0.0;
    let mut null_variance = 0.0;
    for (i, (row, share)) in by_row.iter().zip(&margins.rows).enumerate() {
        for (j, (column, other)) in by_column.iter().zip(&margins.columns).enumerate() {
            let spread = weight(i, j) - (row + column) * (1.0 - value) - centre;
            variance += table.cell(i, j) / n * spread * spread;
            let null_spread = weight(i, j) - (row + column) + expected;
            null_variance += share * other * null_spread * null_spread;
        }
    }
    let error = |variance: f64| match (variance / n).sqrt() / (1.0 - expected) {
        rounding if rounding < ROUNDING => 0.0,
        error => error,
    };
    let maximum = (weights == Weights::Identity).then(|| {
        let most = margins.rows.iter().zip(&margins.columns).map(|(row, column)| row.min(*column));
        (most.sum::<f64>() - expected) / (1.0 - expected)
    });
    Ok(Kappa {
        value,
        observed,
        expected,
        standard_error: error(variance),
        null_standard_error: error(null_variance),
        maximum,
    })
}

/// Returns an interval for κ from its standard error.
///
/// `tanh(atanh κ ± z·s/(1 − κ²))` for the standard error `s`: symmetric on Fisher's scale, so that it stays
/// inside `(−1, 1)` and covers better than `κ ± z·s` near 1. Where agreement is perfect `s` is 0; then it is
/// `[(l − p_e)/(1 − p_e), 1]` with the lower end `l` of Wilson's interval for `n` agreements of `n`. `n` is
/// the number of observations of the table.
///
/// # Errors
///
/// [`StatError::NoVariation`] if the standard error is 0 though agreement is not perfect (a constant rater);
/// [`StatError::Empty`] if `n` is 0; [`StatError::OutOfRange`] if `n`, `confidence` or a field of `kappa` is
/// out of its range.
///
/// # References
///
/// Fleiss, J. L., Cohen, J. and Everitt, B. S. (1969), as for [`cohen_kappa`], for the error; the
/// transformation is R. A. Fisher's for correlations (1921). On the "probable error" of a coefficient of
/// correlation deduced from a small sample. *Metron* 1, 3–32.
pub fn kappa_interval(kappa: &Kappa, n: f64, confidence: f64) -> Result<Interval, StatError> {
    let Kappa { value, observed, expected, standard_error, .. } = *kappa;
    if n == 0.0 {
        return Err(StatError::Empty);
    }
    let in_range = value.abs() <= 1.0 + ROUNDING && standard_error >= 0.0 && n > 0.0;
    if !in_range || !standard_error.is_finite() || !n.is_finite() {
        return Err(StatError::OutOfRange);
    }
    let z = normal_quantile(confidence)?;
    if 1.0 - observed < ROUNDING {
        let low = beyond_chance(wilson(n, n, confidence)?.low, expected)?;
        return Ok(Interval { low: low.max(-1.0), high: 1.0 });
    }
    if standard_error == 0.0 || value.abs() >= 1.0 {
        return Err(StatError::NoVariation);
    }
    let half = z * standard_error / (1.0 - value * value);
    Ok(Interval { low: (value.atanh() - half).tanh(), high: (value.atanh() + half).tanh() })
}

/// Returns one κ for several strata, each with margins of its own.
///
/// `Σ n·(p_o − p_e) / Σ n·(1 − p_e)` over the tables: the mean of their κ, weighted by `n·(1 − p_e)`.
/// Agreement that is due only to frequencies differing between strata does not count. A stratum in which
/// both raters used one and the same category contributes nothing, and neither does an empty one. The order
/// of the strata does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::NoVariation`] if no stratum defines κ;
/// [`StatError::OutOfRange`] as for [`cohen_kappa`].
///
/// # References
///
/// Barlow, W., Lai, M.-Y. and Azen, S. P. (1991). A comparison of methods for calculating a stratified
/// kappa. *Statistics in Medicine* 10, 1465–1472; they compare other weights, too.
pub fn stratified_kappa<'a>(strata: impl IntoIterator<Item = Table<'a>>) -> Result<f64, StatError> {
    let mut sums = KappaSums::default();
    strata.into_iter().try_for_each(|table| sums.add(&table))?;
    sums.kappa()
}

/// What strata add to a [`stratified_kappa`]. A stratum whose cells are all multiplied by a number adds as many times as
/// much.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct KappaSums {
    /// `Σ n`: how many observations there are.
    pub observations: f64,
    /// `Σ n·(p_o − p_e)`.
    pub beyond: f64,
    /// `Σ n·(1 − p_e)`.
    pub possible: f64,
}

impl KappaSums {
    /// Adds a stratum.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] as for [`cohen_kappa`].
    pub fn add(&mut self, table: &Table<'_>) -> Result<(), StatError> {
        let here = match observations(table) {
            Err(StatError::Empty) => return Ok(()),
            here => here?,
        };
        let margins = (0..table.categories()).map(|i| table.row(i) / here * table.column(i));
        let expected: f64 = margins.sum();
        self.observations += here;
        self.beyond += table.diagonal() - expected;
        self.possible += here - expected;
        Ok(())
    }

    /// Returns κ of all strata that were added.
    ///
    /// # Errors
    ///
    /// As for [`stratified_kappa`].
    pub fn kappa(&self) -> Result<f64, StatError> {
        let Self { observations, beyond, possible } = *self;
        match observations {
            n if n <= 0.0 => Err(StatError::Empty),
            n if !n.is_finite() => Err(StatError::OutOfRange),
            n if possible < ROUNDING * n => Err(StatError::NoVariation),
            _ => Ok(beyond / possible),
        }
    }
}
