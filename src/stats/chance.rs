//! Agreement beyond chance with other definitions of chance than Cohen's: Scott's π, Gwet's AC1 and AC2, PABAK.
//!
//! They show how much of κ is due to its definition of chance: where one category is rare, κ and π fall and
//! AC1 stays high. A high AC1 with a κ near 0 means "not tested on the rare category", so report both. PABAK
//! is a rescaled agreement and adds no information.

use super::kappa::{ROUNDING, Weights, beyond_chance, observations, observed_agreement};
use super::{Interval, StatError, Table, student_quantile, wilson};

/// A coefficient of agreement corrected for chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChanceCorrected {
    /// The coefficient, from −1 to 1.
    pub value: f64,
    /// The observed (weighted) agreement.
    pub observed: f64,
    /// The agreement expected by chance.
    pub expected: f64,
    /// The linearised standard error; 0, which stands for unknown, where all units are alike.
    pub standard_error: f64,
    /// The interval, inside `[−1, 1]`; its width is never 0.
    pub interval: Interval,
}

/// A number of units with equal ratings.
struct Unit {
    count: f64,
    /// The agreement of their raters; none with fewer than two.
    observed: Option<f64>,
    /// The chance agreement that their ratings alone would give, to first order.
    expected: f64,
}

/// Builds a coefficient from its units: the error is that of the mean of their linearised values.
fn linearised(
    units: &[Unit],
    observed: f64,
    expected: f64,
    confidence: f64,
) -> Result<ChanceCorrected, StatError> {
    let value = beyond_chance(observed, expected)?;
    let n: f64 = units.iter().map(|unit| unit.count).sum();
    let paired = units.iter().filter(|unit| unit.observed.is_some());
    let paired: f64 = paired.map(|unit| unit.count).sum();
    if n <= 1.0 {
        return Err(StatError::TooFew);
    }
    let squares = units.iter().map(|unit| {
        let agreement = unit.observed.map_or(0.0, |own| n / paired * (own - expected));
        let chance = 2.0 * (1.0 - value) * (unit.expected - expected);
        let spread = (agreement - chance) / (1.0 - expected) - value;
        unit.count * spread * spread
    });
    let error = (squares.sum::<f64>() / (n * (n - 1.0))).sqrt();
    let (standard_error, interval) = if error < ROUNDING {
        // Units without spread do not prove perfect agreement: Wilson's interval of agreement is carried over.
        let Interval { low, high } = wilson((observed * paired).min(paired), paired, confidence)?;
        let (low, high) = (beyond_chance(low, expected)?, beyond_chance(high, expected)?);
        (0.0, Interval { low, high })
    } else {
        let half = student_quantile(confidence, n - 1.0)? * error;
        (error, Interval { low: value - half, high: value + half })
    };
    let interval = interval.within(-1.0, 1.0);
    Ok(ChanceCorrected { value, observed, expected, standard_error, interval })
}

/// Returns the mean share of category `i` over both raters.
fn share(table: &Table<'_>, i: usize, n: f64) -> f64 {
    f64::midpoint(table.row(i) / n, table.column(i) / n)
}

/// Returns the units of a table, those of one cell as one. `expected` is their chance term.
fn cells(table: &Table<'_>, weights: Weights, expected: impl Fn(usize, usize) -> f64) -> Vec<Unit> {
    let k = table.categories();
    let pairs = (0..k).flat_map(|i| (0..k).map(move |j| (i, j)));
    let unit = |(i, j)| Unit {
        count: table.cell(i, j),
        observed: Some(weights.weight(i, j, k)),
        expected: expected(i, j),
    };
    pairs.map(unit).filter(|unit| unit.count > 0.0).collect()
}

/// Returns Scott's π of a table, with its standard error and interval.
///
/// `π = (p_o − p_e)/(1 − p_e)` with `p_e = Σ p̄_i²` for the mean `p̄_i` of the two raters' shares of category
/// `i`: both are taken to have one and the same distribution. The interval is `π ± t(n − 1)·s` cut to
/// `[−1, 1]`; where all units are alike it is Wilson's interval of agreement, corrected by `p_e`. The raters
/// may be exchanged, and the categories renamed.
///
/// # Errors
///
/// [`StatError::Empty`] without observations, [`StatError::TooFew`] with one; [`StatError::NoVariation`] if
/// both raters used one and the same category throughout; [`StatError::OutOfRange`] if `confidence` is not
/// in `(0, 1)` or the table is too large to add.
///
/// # References
///
/// Scott, W. A. (1955). Reliability of content analysis: the case of nominal scale coding. *Public Opinion
/// Quarterly* 19, 321–325. The standard error: Gwet, K. L. (2008), as for [`gwet_ac1`].
pub fn scott_pi(table: Table<'_>, confidence: f64) -> Result<ChanceCorrected, StatError> {
    let n = observations(&table)?;
    let shares: Vec<f64> = (0..table.categories()).map(|i| share(&table, i, n)).collect();
    let expected = shares.iter().map(|share| share * share).sum();
    let units = cells(&table, Weights::Identity, |i, j| f64::midpoint(shares[i], shares[j]));
    linearised(&units, table.diagonal() / n, expected, confidence)
}

/// Returns the value of Scott's π of a table without its interval, for callers that need it many times, such
/// as a bootstrap.
///
/// # Errors
///
/// As for [`scott_pi`], but one observation is enough.
///
/// # References
///
/// As for [`scott_pi`].
pub fn scott_pi_value(table: Table<'_>) -> Result<f64, StatError> {
    let n = observations(&table)?;
    let expected = (0..table.categories()).map(|i| share(&table, i, n).powi(2)).sum();
    beyond_chance(table.diagonal() / n, expected)
}

/// Returns the factor `T/(k(k − 1))` of Gwet's chance agreement, for the sum `T` of all weights.
fn gwet_factor(weights: Weights, categories: usize) -> Result<f64, StatError> {
    if categories < 2 {
        return Err(StatError::NoVariation);
    }
    let k = categories as f64;
    let pairs = (0..categories).flat_map(|i| (0..categories).map(move |j| (i, j)));
    let total: f64 = pairs.map(|(i, j)| weights.weight(i, j, categories)).sum();
    Ok(total / (k * (k - 1.0)))
}

/// Returns Gwet's AC1 of a table, with its standard error and interval.
///
/// `AC1 = (p_o − p_e)/(1 − p_e)` with `p_e = Σ p̄_i(1 − p̄_i)/(k − 1)` for the mean `p̄_i` of the two raters'
/// shares of category `i` of `k`. Chance agreement is small where one category is rare, where κ's is large.
/// The number of categories matters, used or not. The interval is `AC1 ± t(n − 1)·s` cut to `[−1, 1]`; where
/// all units are alike it is Wilson's interval of agreement, corrected by `p_e`. The raters may be
/// exchanged, and the categories renamed.
///
/// # Errors
///
/// [`StatError::Empty`] without observations, [`StatError::TooFew`] with one; [`StatError::NoVariation`] if
/// there is one category to choose from; [`StatError::OutOfRange`] if `confidence` is not in `(0, 1)` or the
/// table is too large to add.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Table, gwet_ac1};
///
/// let rare = Table::new(2, &[90.0, 5.0, 5.0, 0.0])?;
/// assert!((gwet_ac1(rare, 0.95)?.value - 0.8895).abs() < 1e-4);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high
/// agreement. *British Journal of Mathematical and Statistical Psychology* 61, 29–48.
pub fn gwet_ac1(table: Table<'_>, confidence: f64) -> Result<ChanceCorrected, StatError> {
    gwet_ac2(table, Weights::Identity, confidence)
}

/// Returns the value of Gwet's AC1 of a table without its interval, for callers that need it many times, such
/// as a bootstrap.
///
/// # Errors
///
/// As for [`gwet_ac1`], but one observation is enough.
///
/// # References
///
/// As for [`gwet_ac1`].
pub fn gwet_ac1_value(table: Table<'_>) -> Result<f64, StatError> {
    let n = observations(&table)?;
    let factor = gwet_factor(Weights::Identity, table.categories())?;
    let shares = (0..table.categories()).map(|i| share(&table, i, n));
    let expected: f64 = shares.map(|share| share * (1.0 - share)).sum();
    beyond_chance(table.diagonal() / n, factor * expected)
}

/// Returns Gwet's AC2 of a table: AC1 with partial credit for categories that are near each other.
///
/// As [`gwet_ac1`], with `p_o = Σ w_ij·p_ij` and `p_e = T/(k(k − 1))·Σ p̄_i(1 − p̄_i)` for the sum `T` of all
/// weights `w_ij`. The order of the categories matters.
///
/// # Errors
///
/// As for [`gwet_ac1`].
///
/// # References
///
/// Gwet, K. L. (2014). *Handbook of Inter-Rater Reliability*, fourth edition. Advanced Analytics.
pub fn gwet_ac2(
    table: Table<'_>,
    weights: Weights,
    confidence: f64,
) -> Result<ChanceCorrected, StatError> {
    let n = observations(&table)?;
    let factor = gwet_factor(weights, table.categories())?;
    let shares: Vec<f64> = (0..table.categories()).map(|i| share(&table, i, n)).collect();
    let expected: f64 = shares.iter().map(|share| share * (1.0 - share)).sum();
    let chance = |i: usize, j: usize| factor * (1.0 - f64::midpoint(shares[i], shares[j]));
    let units = cells(&table, weights, chance);
    linearised(&units, observed_agreement(&table, weights, n), factor * expected, confidence)
}

/// Returns Gwet's AC2 of any number of raters, some of whose ratings may be missing.
///
/// `units[u][c]` is how many raters put unit `u` in category `c`, the same categories for every unit. A unit
/// with one rating counts for chance agreement alone; one without any is omitted. With two ratings of each
/// unit this is [`gwet_ac2`]. The order of the units does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without ratings; [`StatError::TooFew`] if at most one unit has ratings, or none has
/// two; [`StatError::NoVariation`] if there is one category to choose from; [`StatError::OutOfRange`] if the
/// units differ in their number of categories, a count is negative or not finite, or `confidence` is not in
/// `(0, 1)`.
///
/// # References
///
/// Gwet, K. L. (2014), as for [`gwet_ac2`].
pub fn gwet_ac2_units<U: AsRef<[f64]>>(
    units: &[U],
    weights: Weights,
    confidence: f64,
) -> Result<ChanceCorrected, StatError> {
    let Some(k) = units.first().map(|unit| unit.as_ref().len()) else {
        return Err(StatError::Empty);
    };
    let valid = |unit: &U| {
        unit.as_ref().len() == k && unit.as_ref().iter().all(|n| n.is_finite() && *n >= 0.0)
    };
    if !units.iter().all(valid) {
        return Err(StatError::OutOfRange);
    }
    let factor = gwet_factor(weights, k)?;
    let rated: Vec<(&[f64], f64)> = units
        .iter()
        .map(|unit| (unit.as_ref(), unit.as_ref().iter().sum::<f64>()))
        .filter(|(_, ratings)| *ratings > 0.0)
        .collect();
    if rated.is_empty() {
        return Err(StatError::Empty);
    }
    let mut shares = vec![0.0; k];
    for (counts, ratings) in &rated {
        for (share, count) in shares.iter_mut().zip(*counts) {
            *share += count / ratings / rated.len() as f64;
        }
    }
    let agreement = |counts: &[f64], ratings: f64| {
        let near = |i: usize| -> f64 {
            counts.iter().enumerate().map(|(j, count)| weights.weight(i, j, k) * count).sum()
        };
        let pairs = counts.iter().enumerate().map(|(i, count)| count * (near(i) - 1.0));
        pairs.sum::<f64>() / (ratings * (ratings - 1.0))
    };
    let described: Vec<Unit> = rated
        .iter()
        .map(|(counts, ratings)| {
            let own = counts.iter().zip(&shares).map(|(count, share)| count * (1.0 - share));
            Unit {
                count: 1.0,
                observed: (*ratings >= 2.0).then(|| agreement(counts, *ratings)),
                expected: factor * own.sum::<f64>() / ratings,
            }
        })
        .collect();
    let agreements: Vec<f64> = described.iter().filter_map(|unit| unit.observed).collect();
    if agreements.is_empty() {
        return Err(StatError::TooFew);
    }
    let observed = agreements.iter().sum::<f64>() / agreements.len() as f64;
    let expected: f64 = shares.iter().map(|share| share * (1.0 - share)).sum();
    linearised(&described, observed, factor * expected, confidence)
}

/// Returns the prevalence-adjusted bias-adjusted κ of a table: agreement on a scale where chance is 0.
///
/// `(k·p_o − 1)/(k − 1)` for `k` categories, from `−1/(k − 1)` to 1. It is a linear function of agreement and
/// adds no information.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::NoVariation`] if there is one category to choose
/// from; [`StatError::OutOfRange`] if the table is too large to add.
///
/// # References
///
/// Byrt, T., Bishop, J. and Carlin, J. B. (1993). Bias, prevalence and kappa. *Journal of Clinical
/// Epidemiology* 46, 423–429.
pub fn pabak(table: Table<'_>) -> Result<f64, StatError> {
    let n = observations(&table)?;
    if table.categories() < 2 {
        return Err(StatError::NoVariation);
    }
    let k = table.categories() as f64;
    Ok((k * table.diagonal() / n - 1.0) / (k - 1.0))
}
