//! What each comparison took of each judge: requests, and USD.
//!
//! The cost is that of the stored replies, from their tokens and the price that the judge had. It is known for all
//! comparisons of a run or for none: with a few unknown ones left out, a rule that sends these would look cheap.

use std::collections::HashMap;

use super::join::{Joined, Side};
use crate::error::Result;
use crate::store::AttemptResult;

/// What the comparisons took of one judge.
#[derive(Debug)]
pub(super) struct JudgeCosts {
    /// By comparison: the stored attempts, replies that were copied from another run among them, since a new run would
    /// have to send them.
    pub(super) requests: Vec<u64>,
    /// By comparison, in USD; `None` if the cost of any of them is not known.
    pub(super) usd: Option<Vec<f64>>,
    /// Whether the cost was given and not read from the run.
    pub(super) is_given: bool,
    /// Replies without a cost: tokens or price were unknown.
    pub(super) without_cost: u64,
    /// Replies that were copied from another run, which does not say what they have cost.
    pub(super) copied: u64,
}

impl JudgeCosts {
    /// Reads what the joined comparisons took of one of the judges. `given` is what a comparison costs, in USD, in place
    /// of what the run says.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn read(joined: &Joined, side: usize, given: Option<f64>) -> Result<Self> {
        let Side { run, judge } = &joined.sides[side];
        let judge = run.judges()[*judge].row;
        let places: HashMap<i64, usize> =
            joined.compared.iter().enumerate().map(|(at, one)| (one.stored[side], at)).collect();
        let n = joined.compared.len();
        let (mut requests, mut usd) = (vec![0; n], vec![0.0; n]);
        let (mut without_cost, mut copied) = (0, 0);
        run.for_each_attempt(|attempt| {
            let Some(&at) = places.get(&attempt.key.comparison) else { return };
            if attempt.key.judge != judge {
                return;
            }
            requests[at] += 1;
            if attempt.result != AttemptResult::Replied {
                return;
            }
            match attempt.cost {
                Some(cost) => usd[at] += cost,
                None if attempt.reused => copied += 1,
                None => without_cost += 1,
            }
        })?;
        let usd = match given {
            Some(of_one) => Some(vec![of_one; n]),
            None => (without_cost + copied == 0).then_some(usd),
        };
        Ok(Self { requests, usd, is_given: given.is_some(), without_cost, copied })
    }
}
