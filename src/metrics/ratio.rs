//! A ratio of two sums: the form of every metric whose score is a mean.

use std::ops::AddAssign;

/// A part and the whole that it is of, each summed over items.
///
/// The mean of per-item scores is the sum of the scores over the sum of ones.
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
    /// The sum above the line.
    pub part: f64,
    /// The sum below the line.
    pub whole: f64,
}

impl Ratio {
    /// Returns what an item with this score contributes to a mean.
    pub fn of_score(score: f64) -> Self {
        Self { part: score, whole: 1.0 }
    }

    /// Returns part / whole, or `None` if the whole is 0 or numbers were too large to add up.
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
