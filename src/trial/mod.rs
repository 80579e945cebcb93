//! Subjects, presentation orders and trials: the units of judging.
//!
//! What is judged is a [`Subject`]: a comparison, or a single response that is graded.
//!
//! A comparison is one item with two of its systems in byte order of their names: [`Side::A`] has the earlier
//! name. A judge is asked about it in both [`Order`]s. Which order is asked first comes from a keyed hash of
//! the seed and the comparison, so it depends on neither file order, filtering, concurrency nor resuming.

mod chosen;
mod direction;
mod plan;
mod shard;
mod subject;

use std::sync::Arc;

pub use chosen::ChosenSubjects;
pub use direction::Direction;
pub(crate) use plan::sample_rank;
pub use plan::{BaselineCheck, Pilot, Plan, Unit};
pub use shard::Shard;
pub use subject::{GradeTrial, ScaleOrder, Subject, SystemResponse};

use crate::input::{Content, Item};
use crate::keyed_hash::KeyedHash;

/// One of the two systems of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The system whose name comes first in byte order.
    A,
    /// The system whose name comes second.
    B,
}

impl Side {
    /// Returns the other side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A presentation order: which response is shown first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Order {
    /// Side A is shown first.
    AFirst,
    /// Side B is shown first.
    BFirst,
}

impl Order {
    /// Both orders.
    pub const BOTH: [Self; 2] = [Self::AFirst, Self::BFirst];

    /// Returns the side that is shown first.
    pub fn first(self) -> Side {
        match self {
            Self::AFirst => Side::A,
            Self::BFirst => Side::B,
        }
    }

    /// Returns the opposite order.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::AFirst => Self::BFirst,
            Self::BFirst => Self::AFirst,
        }
    }
}

/// Returns the system of a pair that is not `system`.
pub fn other_system<'a>(between: &'a [String; 2], system: &str) -> &'a str {
    &between[usize::from(between[0] == system)]
}

/// One item with two of its systems.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The item.
    pub item: Arc<Item>,
    /// The two systems, in byte order of their names.
    pub between: [String; 2],
}

impl Comparison {
    /// Returns the name of the system on a side.
    pub fn system(&self, side: Side) -> &str {
        match side {
            Side::A => &self.between[0],
            Side::B => &self.between[1],
        }
    }

    /// Returns the response of the system on a side.
    ///
    /// # Panics
    ///
    /// Panics if the item has no response of that system; a [`Plan`] makes no such comparison.
    pub fn response(&self, side: Side) -> &Content {
        &self.item.responses[self.system(side)]
    }

    /// Returns which order is asked first: one bit of a keyed hash of the seed and the comparison.
    pub fn asked_first(&self, seed: u64) -> Order {
        let [a, b] = &self.between;
        let hash = KeyedHash::new("evenhand: which order is asked first").seed(seed);
        if hash.texts([&self.item.id, a, b].map(String::as_str)).bit() {
            Order::BFirst
        } else {
            Order::AFirst
        }
    }
}

/// One comparison in one order and one repeat, as a judge is asked about it.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// The comparison.
    pub comparison: &'a Comparison,
    /// The presentation order.
    pub order: Order,
    /// The number of the repeat, from 0.
    pub repeat: u32,
    /// The number of the attempt, from 1; it says nothing to a judge that gives the same reply to every attempt.
    pub attempt: u32,
}

impl<'a> Trial<'a> {
    /// Returns the system whose response is shown first.
    pub fn first_system(&self) -> &'a str {
        self.comparison.system(self.order.first())
    }

    /// Returns the system whose response is shown second.
    pub fn second_system(&self) -> &'a str {
        self.comparison.system(self.order.first().other())
    }

    /// Returns the response that is shown first.
    pub fn first(&self) -> &'a Content {
        self.comparison.response(self.order.first())
    }

    /// Returns the response that is shown second.
    pub fn second(&self) -> &'a Content {
        self.comparison.response(self.order.first().other())
    }
}
