//! Bets on the mean of bounded observations: tests and intervals that hold at every look.
//!
//! Observations lie in `[0, 1]` and arrive one after the other. Whoever bets that their mean is above or below `m`, a
//! part of the capital each time, cannot expect to gain if it is `m`: the capital stays below `1/α` for ever with
//! probability `1 − α`. So a large capital is evidence, at whatever time it is looked at.

use super::distribution::probability;
use super::{Interval, StatError};

/// The largest part of what the worst observation could cost that is bet.
const TRUNCATION: f64 = 0.5;

/// Returns how much to bet before each observation, from those before it.
///
/// `λ_t = √(2·ln(1/level)/(t·ln(1 + t)·σ̂²))`, where `σ̂² = (¼ + Σ(x_i − μ̂_i)²)/t` and `μ̂_i = (½ + Σx)/(i + 1)`
/// come from the `t − 1` earlier observations. A bet is cut to what the caller can afford.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if an observation is not in `[0, 1]` or `level` not in `(0, 1)`.
///
/// # References
///
/// Waudby-Smith, I. and Ramdas, A. (2024). Estimating means of bounded random variables by betting. *Journal of the
/// Royal Statistical Society B* 86, 1–27.
pub fn predictable_bets(observations: &[f64], level: f64) -> Result<Vec<f64>, StatError> {
    let mut bets = PredictableBets::new(level)?;
    observations.iter().map(|x| bets.bet_on(*x)).collect()
}

/// The bets of [`predictable_bets`], one after the other.
#[derive(Debug, Clone)]
struct PredictableBets {
    /// `2·ln(1/level)`.
    evidence: f64,
    observed: f64,
    sum: f64,
    squares: f64,
    variance: f64,
}

impl PredictableBets {
    fn new(level: f64) -> Result<Self, StatError> {
        let evidence = 2.0 * (1.0 / probability(level)?).ln();
        Ok(Self { evidence, observed: 0.0, sum: 0.0, squares: 0.25, variance: 0.25 })
    }

    /// Returns the bet before an observation, which is then known.
    fn bet_on(&mut self, x: f64) -> Result<f64, StatError> {
        if !(0.0..=1.0).contains(&x) {
            return Err(StatError::OutOfRange);
        }
        let t = self.observed + 1.0;
        let bet = (self.evidence / (t * (1.0 + t).ln() * self.variance)).sqrt();
        self.observed = t;
        self.sum += x;
        self.squares += (x - (0.5 + self.sum) / (t + 1.0)).powi(2);
        self.variance = self.squares / (t + 1.0);
        Ok(bet)
    }
}

/// The capital of who bets that a mean is above a number, after each observation: see [`one_sided_capital`].
#[derive(Debug, Clone)]
pub(super) struct OneSidedCapital {
    bets: PredictableBets,
    mean: f64,
    capital: f64,
}

impl OneSidedCapital {
    pub(super) fn new(mean: f64, level: f64) -> Result<Self, StatError> {
        Ok(Self { bets: PredictableBets::new(level)?, mean: probability(mean)?, capital: 1.0 })
    }

    /// Returns the capital after an observation.
    pub(super) fn observe(&mut self, x: f64) -> Result<f64, StatError> {
        let bet = self.bets.bet_on(x)?;
        self.capital *= 1.0 + bet.min(TRUNCATION / self.mean) * (x - self.mean);
        Ok(self.capital)
    }

    pub(super) fn capital(&self) -> f64 {
        self.capital
    }
}

/// Returns the capital after each observation of who bets that the mean is above `mean`: an e-process.
///
/// `Π(1 + λ_t·(x_t − m))` with [`predictable_bets`] of level `alpha`, cut to `½/m`. If the mean of each observation,
/// given those before it, is at most `m`, the capital ever reaches `1/alpha` with a probability of at most `alpha`.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if an observation is not in `[0, 1]`, or `mean` or `alpha` not in `(0, 1)`.
///
/// # References
///
/// As for [`predictable_bets`].
pub fn one_sided_capital(
    observations: &[f64],
    mean: f64,
    alpha: f64,
) -> Result<Vec<f64>, StatError> {
    let mut capital = OneSidedCapital::new(mean, alpha)?;
    observations.iter().map(|x| capital.observe(*x)).collect()
}

/// Returns the hedged capital after all observations of who bets half on a mean above `mean` and half on one below.
///
/// `max(½·Π(1 + λ⁺_t·(x_t − m)), ½·Π(1 − λ⁻_t·(x_t − m)))` with [`predictable_bets`] of level `alpha/2`, cut to `½/m`
/// and to `½/(1 − m)`.
///
/// # Errors
///
/// As for [`one_sided_capital`].
///
/// # References
///
/// As for [`predictable_bets`].
pub fn hedged_capital(observations: &[f64], mean: f64, alpha: f64) -> Result<f64, StatError> {
    let bets = predictable_bets(observations, probability(alpha)? / 2.0)?;
    Ok(hedged(observations, &bets, probability(mean)?).into_iter().fold(0.0, f64::max))
}

/// Returns what is left of each half of a hedged capital: of that on a mean above `m`, and of that on one below.
fn hedged(observations: &[f64], bets: &[f64], m: f64) -> [f64; 2] {
    let mut capital = [0.5, 0.5];
    for (x, bet) in observations.iter().zip(bets) {
        capital[0] *= 1.0 + bet.min(TRUNCATION / m) * (x - m);
        capital[1] *= 1.0 - bet.min(TRUNCATION / (1.0 - m)) * (x - m);
    }
    capital
}

/// Returns an interval for the mean of bounded observations that holds at every look: a confidence sequence.
///
/// It contains every mean of which the [`hedged_capital`] is below `1/alpha`. Computed anew after each observation, all
/// these intervals contain the mean with probability `1 − alpha`, so looking often, or stopping when it suits, does no
/// harm. It is wider than an interval for one look.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::OutOfRange`] as for [`one_sided_capital`].
///
/// # Examples
///
/// ```
/// let half_won = [1.0, 0.0].repeat(100);
/// let interval = evenhand::stats::betting_interval(&half_won, 0.05)?;
/// assert!(interval.contains(0.5) && !interval.contains(0.7));
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// As for [`predictable_bets`].
pub fn betting_interval(observations: &[f64], alpha: f64) -> Result<Interval, StatError> {
    interval_of_bounds([observations; 2], probability(alpha)? / 2.0, alpha)
}

/// Returns the interval of [`betting_interval`] where each observation is known to lie between two numbers only: its low
/// end is that of the lower numbers, its high end that of the upper ones. The bets are those of `level`.
pub(super) fn interval_of_bounds(
    [lower, upper]: [&[f64]; 2],
    level: f64,
    alpha: f64,
) -> Result<Interval, StatError> {
    if lower.is_empty() {
        return Err(StatError::Empty);
    }
    let enough = 1.0 / probability(alpha)?;
    // A bet on a mean above m gains less the larger m is, and one on a mean below it the more.
    let end = |side: usize, observations: &[f64], way: [f64; 2]| {
        let bets = predictable_bets(observations, level)?;
        Ok(boundary(|m| hedged(observations, &bets, m)[side] >= enough, way))
    };
    let (low, high) = (end(0, lower, [0.0, 1.0])?, end(1, upper, [1.0, 0.0])?);
    Ok(if low <= high { Interval { low, high } } else { Interval { low: high, high: low } })
}

/// Returns an interval for the mean of bounded observations that holds at every look, in closed form.
///
/// `Σλx/Σλ ± (ln(2/α) + Σ(x_t − x̄_{t−1})²·ψ(λ_t))/Σλ` with [`predictable_bets`] of level `alpha/2`, cut to ½, the mean
/// `x̄_{t−1}` of the earlier observations and `ψ(λ) = −ln(1 − λ) − λ`, cut to `[0, 1]`. Before the first observation the
/// mean is 0 for the lower end, and 1 for the upper one. Below about a hundred observations it is much wider than
/// [`betting_interval`].
///
/// # Errors
///
/// As for [`betting_interval`].
///
/// # References
///
/// As for [`predictable_bets`].
pub fn empirical_bernstein_interval(
    observations: &[f64],
    alpha: f64,
) -> Result<Interval, StatError> {
    if observations.is_empty() {
        return Err(StatError::Empty);
    }
    let bets = predictable_bets(observations, probability(alpha)? / 2.0)?;
    let (mut weighted, mut weights, mut spreads, mut sum) = (0.0, 0.0, [0.0; 2], 0.0);
    for (before, (x, bet)) in observations.iter().zip(bets).enumerate() {
        let bet = bet.min(TRUNCATION);
        let means = if before == 0 { [0.0, 1.0] } else { [sum / before as f64; 2] };
        for (spread, mean) in spreads.iter_mut().zip(means) {
            *spread += (x - mean).powi(2) * (-(-bet).ln_1p() - bet);
        }
        weighted += bet * x;
        weights += bet;
        sum += x;
    }
    let centre = weighted / weights;
    let [below, above] = spreads.map(|spread| ((2.0 / alpha).ln() + spread) / weights);
    Ok(Interval { low: centre - below, high: centre + above }.within(0.0, 1.0))
}

/// Returns an interval for the share of successes that holds at every look, from the mixture of all shares.
///
/// It contains every share `m` of which `B(1 + s, 1 + n − s)/(m^s·(1 − m)^{n − s})` is below `1/alpha`, for `s` of `n`
/// successes and the beta function B: the evidence of a uniform mixture of shares against `m`.
///
/// # Errors
///
/// [`StatError::Empty`] if `n` is 0; [`StatError::OutOfRange`] if `successes > n` or `alpha` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// let interval = evenhand::stats::beta_binomial_interval(70, 100, 0.05)?;
/// assert!(!interval.contains(0.5));
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Robbins, H. (1970). Statistical methods related to the law of the iterated logarithm. *Annals of Mathematical
/// Statistics* 41, 1397–1409.
pub fn beta_binomial_interval(successes: u64, n: u64, alpha: f64) -> Result<Interval, StatError> {
    if n == 0 {
        return Err(StatError::Empty);
    }
    let limit = -probability(alpha)?.ln();
    let share = successes as f64 / n as f64;
    beta_binomial_evidence(successes, n, 0.5)?;
    let rejected =
        |m: f64| beta_binomial_evidence(successes, n, m).is_ok_and(|evidence| evidence >= limit);
    Ok(Interval {
        low: if successes == 0 { 0.0 } else { boundary(rejected, [0.0, share]) },
        high: if successes == n { 1.0 } else { boundary(rejected, [1.0, share]) },
    })
}

/// Returns the logarithm of the evidence of a uniform mixture of shares against one share.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `successes > n` or `share` is not in `(0, 1)`.
///
/// # References
///
/// As for [`beta_binomial_interval`].
pub fn beta_binomial_evidence(successes: u64, n: u64, share: f64) -> Result<f64, StatError> {
    if successes > n {
        return Err(StatError::OutOfRange);
    }
    let share = probability(share)?;
    let (won, lost) = (successes as f64, (n - successes) as f64);
    let mixture = statrs::function::beta::ln_beta(1.0 + won, 1.0 + lost);
    Ok(mixture - won * share.ln() - lost * (1.0 - share).ln())
}

/// Returns where a condition that holds near the first end stops to hold on the way to the second; the first end if it
/// holds nowhere.
fn boundary(holds: impl Fn(f64) -> bool, [mut outside, mut inside]: [f64; 2]) -> f64 {
    let (end, mut held) = (outside, false);
    // Each step halves the interval; after so many it is narrower than numbers are apart.
    for _ in 0..80 {
        let middle = f64::midpoint(outside, inside);
        if middle <= 0.0 || middle >= 1.0 {
            break;
        }
        if holds(middle) {
            (outside, held) = (middle, true);
        } else {
            inside = middle;
        }
    }
    if held { inside } else { end }
}
