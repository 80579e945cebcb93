//! Delays between attempts: exponential, with jitter.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const FIRST_DELAY: Duration = Duration::from_millis(500);
const MAX_DELAY: Duration = Duration::from_mins(1);
const MAX_JITTER_MS: u64 = 250;

/// A source of delays.
#[derive(Debug)]
pub(super) struct Delays {
    random: StdRng,
}

impl Delays {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed) }
    }

    /// Returns the delay before the attempt that follows `failures` failures.
    ///
    /// It doubles with every failure up to one minute, and is multiplied by a random factor of 0.5 to 1.
    pub(super) fn after(&mut self, failures: u32) -> Duration {
        let mut growth = ExponentialBackoff {
            current_interval: FIRST_DELAY,
            initial_interval: FIRST_DELAY,
            randomization_factor: 0.0,
            multiplier: 2.0,
            max_interval: MAX_DELAY,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        let mut delay = FIRST_DELAY;
        for _ in 0..failures.clamp(1, 16) {
            delay = growth.next_backoff().unwrap_or(MAX_DELAY);
        }
        delay.mul_f64(self.random.random_range(0.5..=1.0))
    }

    /// Returns up to 250 ms to add to a delay that the server asked for, so that its clients do not all
    /// retry at the same moment.
    pub(super) fn jitter(&mut self) -> Duration {
        Duration::from_millis(self.random.random_range(0..=MAX_JITTER_MS))
    }
}
