//! Several means, each tested after every observation until it is decided on which side of a number it lies.
//!
//! A mean of observations in `[0, 1]` is above the number, below it, or, where a margin is given, within that margin of
//! it. The evidence is the capital of bets ([`one_sided_capital`](super::one_sided_capital)), so it may be looked at after
//! every observation. A mean that is decided is not observed any more.
//!
//! The probability that any finding is wrong is at most `alpha`. One mean alone is decided when the capital of a side
//! reaches `2/alpha`. Several are decided by Holm's procedure on the capitals: while `k` of them are undecided, each needs
//! `2·k/alpha`. All sides of a mean bet alike at every `k`, so a capital that is enough stays a rare event, whatever was
//! decided before.

use serde::Serialize;

use super::betting::{OneSidedCapital, interval_of_bounds};
use super::distribution::probability;
use super::{Interval, StatError};

/// Where a mean lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MeanFinding {
    /// Above the number.
    Above,
    /// Below the number.
    Below,
    /// Less than the margin away from the number.
    Within,
}

/// What was found of a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DecidedMean {
    /// Where it lies.
    pub finding: MeanFinding,
    /// After how many of its observations.
    pub n: u64,
}

/// Several means that are tested after every observation.
#[derive(Debug, Clone)]
pub struct SequentialMeans {
    alpha: f64,
    /// What the bets are tuned to; it does not change.
    level: f64,
    means: Vec<SequentialMean>,
}

/// One of the means.
#[derive(Debug, Clone)]
struct SequentialMean {
    above: OneSidedCapital,
    below: OneSidedCapital,
    /// That it is above the lower end of the margin, and below the upper one.
    within: Option<[OneSidedCapital; 2]>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    decided: Option<DecidedMean>,
    /// How many were undecided when it was decided.
    among: usize,
}

impl SequentialMeans {
    /// Returns `count` means without observations, each to be compared with `number`.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if `number` or `alpha` is not in `(0, 1)`, or an end of the margin is not;
    /// [`StatError::Empty`] if `count` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenhand::stats::{MeanFinding, SequentialMeans};
    ///
    /// let mut means = SequentialMeans::new(1, 0.5, None, 0.05)?;
    /// while means.decided(0).is_none() {
    ///     means.observe(0, [1.0; 2])?;
    ///     means.decide();
    /// }
    /// let decided = means.decided(0).ok_or(evenhand::stats::StatError::Empty)?;
    /// assert_eq!((decided.finding, decided.n), (MeanFinding::Above, 10));
    /// # Ok::<(), evenhand::stats::StatError>(())
    /// ```
    ///
    /// # References
    ///
    /// Waudby-Smith, I. and Ramdas, A. (2024). Estimating means of bounded random variables by betting. *Journal of the
    /// Royal Statistical Society B* 86, 1–27. Holm, S. (1979). A simple sequentially rejective multiple test procedure.
    /// *Scandinavian Journal of Statistics* 6, 65–70.
    pub fn new(
        count: usize,
        number: f64,
        margin: Option<f64>,
        alpha: f64,
    ) -> Result<Self, StatError> {
        if count == 0 {
            return Err(StatError::Empty);
        }
        let level = probability(alpha)? / count as f64 / 2.0;
        let above = |number: f64| OneSidedCapital::new(number, level);
        let below = |number: f64| OneSidedCapital::new(1.0 - number, level);
        let ends = |margin: f64| {
            if margin > 0.0 {
                Ok([above(number - margin)?, below(number + margin)?])
            } else {
                Err(StatError::OutOfRange)
            }
        };
        let mean = SequentialMean {
            above: above(number)?,
            below: below(number)?,
            within: margin.map(ends).transpose()?,
            lower: Vec::new(),
            upper: Vec::new(),
            decided: None,
            among: count,
        };
        Ok(Self { alpha, level, means: vec![mean; count] })
    }

    /// Adds an observation of a mean, of which two numbers are known between which it lies. What is undecided among them
    /// counts against every finding. A mean that is decided is left as it is.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if one of the numbers is not in `[0, 1]`.
    ///
    /// # Panics
    ///
    /// There is no such mean.
    pub fn observe(&mut self, mean: usize, [lower, upper]: [f64; 2]) -> Result<(), StatError> {
        let mean = &mut self.means[mean];
        if mean.decided.is_some() {
            return Ok(());
        }
        mean.above.observe(lower)?;
        mean.below.observe(1.0 - upper)?;
        if let Some([above, below]) = &mut mean.within {
            above.observe(lower)?;
            below.observe(1.0 - upper)?;
        }
        mean.lower.push(lower);
        mean.upper.push(upper);
        Ok(())
    }

    /// Decides every mean of which the observations so far are enough.
    pub fn decide(&mut self) {
        loop {
            let among = self.undecided();
            let enough = 2.0 * among as f64 / self.alpha;
            let undecided = self.means.iter_mut().filter(|mean| mean.decided.is_none());
            let found = undecided.filter_map(|mean| Some((mean.finding(enough)?, mean)));
            // One after the other: each lowers what the others need.
            let Some((finding, mean)) = { found }.next() else { return };
            mean.decided = Some(DecidedMean { finding, n: mean.lower.len() as u64 });
            mean.among = among;
        }
    }

    /// Returns how many means are undecided.
    pub fn undecided(&self) -> usize {
        self.means.iter().filter(|mean| mean.decided.is_none()).count()
    }

    /// Returns what was found of a mean, if it is decided.
    ///
    /// # Panics
    ///
    /// There is no such mean.
    pub fn decided(&self, mean: usize) -> Option<DecidedMean> {
        self.means[mean].decided
    }

    /// Returns the number of observations of a mean.
    ///
    /// # Panics
    ///
    /// There is no such mean.
    pub fn n(&self, mean: usize) -> u64 {
        self.means[mean].lower.len() as u64
    }

    /// Returns the interval of a mean that holds at every look with a probability of `1 − alpha`: a confidence sequence.
    ///
    /// # Errors
    ///
    /// [`StatError::Empty`] without observations; [`StatError::OutOfRange`] if `alpha` is not in `(0, 1)`.
    ///
    /// # Panics
    ///
    /// There is no such mean.
    pub fn interval_at(&self, mean: usize, alpha: f64) -> Result<Interval, StatError> {
        let mean = &self.means[mean];
        interval_of_bounds([&mean.lower, &mean.upper], self.level, alpha)
    }

    /// Returns the error that a mean is tested with: `alpha/k` where `k` means were undecided when this one was decided, or
    /// are now.
    ///
    /// # Panics
    ///
    /// There is no such mean.
    pub fn error_of(&self, mean: usize) -> f64 {
        let mean = &self.means[mean];
        let among = if mean.decided.is_some() { mean.among } else { self.undecided() };
        self.alpha / among as f64
    }

    /// Returns the interval of a mean that holds at every look with the [error](Self::error_of) of its test. It excludes the
    /// number, or lies within the margin, exactly if that was found.
    ///
    /// # Errors
    ///
    /// [`StatError::Empty`] without observations.
    ///
    /// # Panics
    ///
    /// There is no such mean.
    pub fn interval(&self, mean: usize) -> Result<Interval, StatError> {
        self.interval_at(mean, self.error_of(mean))
    }
}

impl SequentialMean {
    /// Returns where the mean lies, if each capital that says so is large enough.
    fn finding(&self, enough: f64) -> Option<MeanFinding> {
        let reached = |capital: &OneSidedCapital| capital.capital() >= enough;
        let is_within = self.within.as_ref().is_some_and(|ends| ends.iter().all(reached));
        if reached(&self.above) {
            Some(MeanFinding::Above)
        } else if reached(&self.below) {
            Some(MeanFinding::Below)
        } else if is_within {
            Some(MeanFinding::Within)
        } else {
            None
        }
    }
}
