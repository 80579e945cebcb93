//! Asking in batches: requests are given to a provider many at once, and answered within a day for less money.
//!
//! A batch goes through the run file at each step, so that a process may be killed between any two of them:
//!
//! ```text
//! Outstanding ─form→ NewBatch ─store→ Batch(Uploading) ─upload→ Batch(Creating) ─create→ Batch(Submitted)
//!   ─follow→ BatchStatus ─collect→ Attempts and Batch(Collected), in one transaction
//! ```
//!
//! 1. `session` repeats the steps until nothing is open, or only once where nobody waits.
//! 2. `follow` finds out how far each batch of the run file is. One of which only the provider knows whether it was created
//!    is looked up there, and counts as open until that is known.
//! 3. `collect` turns answers into attempts. They are matched by number, whatever their order; a request without an answer is
//!    asked again in a later batch.
//! 4. `form` takes what is outstanding and in no open batch, both orders of a comparison together, within the budget.
//! 5. `submit` uploads and creates.
//!
//! Before the first batch of a judge whose server is not known yet, one comparison is asked directly: a wrong key, a wrong
//! model or a parameter that the server rejects is found out with two requests, and not with a batch.

mod calls;
mod collect;
mod follow;
mod form;
mod judge;
mod report;
mod session;
mod submit;

use std::time::Duration;

pub use report::BatchReport;

/// How batches are asked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchOptions {
    /// Whether to wait until every batch has ended and nothing is left to ask.
    pub wait: bool,
    /// How long to wait before the batches are looked at for the second time; each further wait is longer, up to
    /// [`BatchOptions::MAX_POLL`].
    pub first_poll: Duration,
    /// How long after its creation was requested a batch may first be seen at the provider.
    pub settle: Duration,
}

impl BatchOptions {
    /// The longest time between two looks at the batches.
    pub const MAX_POLL: Duration = Duration::from_mins(5);
}

impl Default for BatchOptions {
    fn default() -> Self {
        let (first_poll, settle) = (Duration::from_secs(2), Duration::from_mins(1));
        Self { wait: false, first_poll, settle }
    }
}
