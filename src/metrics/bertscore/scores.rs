//! From the best similarities of tokens to precision, recall and F1.

/// Precision, recall and F1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BertScores {
    /// The weighted mean similarity of the response's tokens; `None` where all their weights are 0.
    pub precision: Option<f64>,
    /// The weighted mean similarity of the reference's tokens; `None` where all their weights are 0.
    pub recall: Option<f64>,
    /// The harmonic mean of both; 0 if it is undefined.
    pub f1: Option<f64>,
}

/// The tokens of one text of a pair, those at its start and end included.
#[derive(Debug, Clone, Copy)]
pub struct Matched<'a> {
    /// The similarity of each token to the most similar token of the other text.
    pub best: &'a [f64],
    /// The weight of each token.
    pub weights: &'a [f64],
}

/// A text of no more tokens than these has only its start and its end.
pub(super) const EMPTY: usize = 2;

impl BertScores {
    /// The scores where one of two texts is empty.
    const EMPTY: Self = Self { precision: Some(0.0), recall: Some(0.0), f1: Some(0.0) };

    /// Returns the scores of a response and a reference.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenhand::metrics::{BertScores, Matched};
    ///
    /// let response = Matched { best: &[0.9, 0.8, 0.6, 0.9], weights: &[0.0, 1.0, 1.0, 0.0] };
    /// let reference = Matched { best: &[0.9, 0.8, 0.9], weights: &[0.0, 1.0, 0.0] };
    /// let scores = BertScores::of(response, reference);
    /// assert_eq!(scores.precision, Some(0.7));
    /// assert_eq!(scores.recall, Some(0.8));
    /// ```
    pub fn of(response: Matched<'_>, reference: Matched<'_>) -> Self {
        if response.best.len() <= EMPTY || reference.best.len() <= EMPTY {
            return Self::EMPTY;
        }
        let (precision, recall) = (response.mean(), reference.mean());
        let f1 = match (precision, recall) {
            (Some(precision), Some(recall)) => {
                let f1 = 2.0 * precision * recall / (precision + recall);
                if f1.is_nan() { Some(0.0) } else { Some(f1).filter(|f1| f1.is_finite()) }
            }
            _ => Some(0.0),
        };
        Self { precision, recall, f1 }
    }

    /// Returns the best precision, recall and F1 over several references, each by itself. A precision or recall that
    /// is undefined for one reference is undefined.
    pub(super) fn best(all: impl IntoIterator<Item = Self>) -> Self {
        let larger = |one: Option<f64>, other: Option<f64>| Some(one?.max(other?));
        all.into_iter()
            .reduce(|one, other| Self {
                precision: larger(one.precision, other.precision),
                recall: larger(one.recall, other.recall),
                f1: larger(one.f1, other.f1),
            })
            .unwrap_or(Self { precision: None, recall: None, f1: None })
    }
}

impl Matched<'_> {
    /// Returns the weighted mean; `None` if it is undefined.
    fn mean(&self) -> Option<f64> {
        let weights: f64 = self.weights.iter().sum();
        let products = self.best.iter().zip(self.weights).map(|(best, weight)| best * weight);
        Some(products.sum::<f64>() / weights).filter(|mean| mean.is_finite())
    }
}
