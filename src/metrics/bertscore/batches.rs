//! Which texts `bert_score` pads: in batches of pairs, those that are shorter than the longest.

use std::collections::HashMap;

use crate::error::{Error, Result};

/// The number of pairs of a batch, by default in `bert_score`.
pub(super) const BATCH: usize = 64;

/// Which texts of a pair are padded in its batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PairPadding {
    /// Whether the response is.
    pub response: bool,
    /// Whether the reference is.
    pub reference: bool,
}

/// The longest texts of each batch, by system.
///
/// The pairs of a system are those of its responses with each of their references, in the order of the items, as in
/// one call of `bert_score` for the system.
#[derive(Debug, Clone, Default)]
pub struct Batches {
    systems: HashMap<String, BatchesOfSystem>,
    pairs: u64,
}

/// The longest texts of each batch of one system.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::BatchesOfSystem;
///
/// let mut batches = BatchesOfSystem::default();
/// batches.add(5, 9);
/// batches.add(7, 3);
/// let padding = batches.padding(0, 5, 9).unwrap();
/// assert!(padding.response && !padding.reference);
/// ```
#[derive(Debug, Clone, Default)]
pub struct BatchesOfSystem {
    pairs: usize,
    /// By batch: the numbers of tokens of its longest response and reference.
    longest: Vec<[u32; 2]>,
}

impl BatchesOfSystem {
    /// Adds the next pair, by the number of tokens of its response and its reference.
    pub fn add(&mut self, response: usize, reference: usize) {
        if self.pairs.is_multiple_of(BATCH) {
            self.longest.push([0, 0]);
        }
        self.pairs += 1;
        if let Some(longest) = self.longest.last_mut() {
            *longest = [longest[0].max(response as u32), longest[1].max(reference as u32)];
        }
    }

    /// Returns which texts of the pair at a place are padded; `None` if there is no such pair.
    pub fn padding(&self, at: usize, response: usize, reference: usize) -> Option<PairPadding> {
        let [longest_response, longest_reference] = *self.longest.get(at / BATCH)?;
        (at < self.pairs).then_some(PairPadding {
            response: response < longest_response as usize,
            reference: reference < longest_reference as usize,
        })
    }
}

impl Batches {
    /// Adds the next pair of a system.
    pub fn add(&mut self, system: &str, response: usize, reference: usize) {
        self.pairs += 1;
        if let Some(batches) = self.systems.get_mut(system) {
            batches.add(response, reference);
        } else {
            let mut batches = BatchesOfSystem::default();
            batches.add(response, reference);
            self.systems.insert(system.to_owned(), batches);
        }
    }

    /// Returns the number of pairs of all systems.
    pub fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Returns which texts of a system's pair are padded.
    ///
    /// # Errors
    ///
    /// The pair was not added: the items are not those that were counted.
    pub fn padding(
        &self,
        system: &str,
        at: usize,
        response: usize,
        reference: usize,
    ) -> Result<PairPadding> {
        let batches = self.systems.get(system);
        batches.and_then(|batches| batches.padding(at, response, reference)).ok_or_else(|| {
            Error::input("the items changed while they were scored")
                .hint("run the command again when the file is no longer written")
        })
    }
}
