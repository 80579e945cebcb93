//! Mean and variance of a stream of values, without storing them.

use super::StatError;

/// The number, mean and variance of the values added so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Returns the moments of some values, which must be finite.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if a value is not finite. An empty slice is not an error.
    pub fn of(values: &[f64]) -> Result<Self, StatError> {
        let mut moments = Self::default();
        for value in values {
            moments.push(*value)?;
        }
        Ok(moments)
    }

    /// Adds a value, in constant time and space.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if the value is not finite; it is then not added.
    ///
    /// # References
    ///
    /// Welford, B. P. (1962). Note on a method for calculating corrected sums of squares and products.
    /// *Technometrics* 4, 419–420.
    pub fn push(&mut self, value: f64) -> Result<(), StatError> {
        if !value.is_finite() {
            return Err(StatError::OutOfRange);
        }
        self.n += 1;
        let from_old = value - self.mean;
        self.mean += from_old / self.n as f64;
        self.squares += from_old * (value - self.mean);
        Ok(())
    }

    /// Merges other moments, as if each of their values had been added by [`Moments::push`].
    pub fn join(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let (here, there) = (self.n as f64, other.n as f64);
        let apart = other.mean - self.mean;
        self.n += other.n;
        self.mean += apart * there / (here + there);
        self.squares += other.squares + apart * apart * here * there / (here + there);
    }

    /// Returns the number of values.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Returns their mean, or `None` without values.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// Returns the sample variance, whose divisor is n − 1, or `None` with fewer than two values.
    pub fn sample_variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.squares / (self.n - 1) as f64)
    }

    /// Returns the mean squared deviation from the mean, or `None` without values.
    ///
    /// The divisor is n, not n − 1.
    pub fn variance(&self) -> Option<f64> {
        (self.n > 0).then(|| self.squares / self.n as f64)
    }
}
