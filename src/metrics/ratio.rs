//! The ratio of two sums, which is the form of every metric whose score is a mean.

use std::ops::AddAssign;

/// A ratio whose numerator and denominator are summed over items.
///
/// The mean of the scores of items is the sum of the scores over the number of items.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{Ratio, total};
///
/// assert_eq!(total([0.25, 0.75].map(Ratio::of_score)).value(), Some(0.5));
/// assert_eq!(Ratio::default().value(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ratio {
    /// The numerator.
    pub part: f64,
    /// The denominator.
    pub whole: f64,
}

impl Ratio {
    /// Returns the contribution of an item with this score to a mean.
    pub fn of_score(score: f64) -> Self {
        Self { part: score, whole: 1.0 }
    }

    /// Returns `part / whole`, or `None` if `whole` is 0 or the quotient is not finite.
    pub fn value(&self) -> Option<f64> {
        (self.whole != 0.0).then(|| self.part / self.whole).filter(|value| value.is_finite())
    }
}

impl AddAssign for Ratio {
    fn add_assign(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }
}
