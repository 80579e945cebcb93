//! Inverse document frequencies of tokens.

use std::collections::{HashMap, HashSet};

/// How rare each token is in the references.
///
/// The weight of a token is `ln((N + 1) / (n + 1))`, where n of the N references have it. The tokens at the start and
/// the end of every text therefore have the weight 0. Every reference of every item counts once, also if several are
/// equal.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::Idf;
///
/// let mut idf = Idf::default();
/// idf.add(&[101, 7, 7, 102]);
/// idf.add(&[101, 8, 102]);
/// assert_eq!(idf.weight(101), 0.0);
/// assert_eq!(idf.weight(7), (3.0_f64 / 2.0).ln());
/// assert_eq!(idf.weight(9), 3.0_f64.ln());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Idf {
    texts: u64,
    /// By token: the number of references that have it.
    with_token: HashMap<u32, u64>,
}

impl Idf {
    /// Adds the tokens of a reference.
    pub fn add(&mut self, tokens: &[u32]) {
        self.texts += 1;
        let distinct: HashSet<u32> = tokens.iter().copied().collect();
        for token in distinct {
            *self.with_token.entry(token).or_default() += 1;
        }
    }

    /// Returns the weight of a token.
    pub fn weight(&self, token: u32) -> f64 {
        let with_token = self.with_token.get(&token).copied().unwrap_or(0);
        ((self.texts + 1) as f64 / (with_token + 1) as f64).ln()
    }
}
