//! Subjects: what a model is asked about.
//!
//! A judge compares two responses to the prompt of an item, or grades a single one; a system responds to the prompt.
//! Planning, asking and storing are the same for all three and look only at what this module says.

use std::sync::Arc;

use super::{Comparison, Order};
use crate::input::{Content, Item};
use crate::keyed_hash::KeyedHash;

/// One item with the response of one of its systems, which is graded by itself.
#[derive(Debug, Clone)]
pub struct SystemResponse {
    /// The item.
    pub item: Arc<Item>,
    /// The system.
    pub system: String,
}

impl SystemResponse {
    /// Returns the text of the response.
    ///
    /// # Panics
    ///
    /// Panics if the item has no response of that system; a [`Plan`](super::Plan) makes no such subject.
    pub fn content(&self) -> &Content {
        &self.item.responses[&self.system]
    }
}

/// The direction in which a judge is shown the steps of a scale, and the criteria.
///
/// It is to grades what the presentation order is to comparisons: a grade that depends on it says more about the prompt
/// than about the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScaleOrder {
    /// As the rubric lists them.
    Written,
    /// From the last to the first.
    Reversed,
}

impl ScaleOrder {
    /// Both directions.
    pub const BOTH: [Self; 2] = [Self::Written, Self::Reversed];

    /// Returns the word for it in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Reversed => "reversed",
        }
    }
}

/// A run file has one place for both.
impl From<Order> for ScaleOrder {
    fn from(order: Order) -> Self {
        match order {
            Order::AFirst => Self::Written,
            Order::BFirst => Self::Reversed,
        }
    }
}

/// One response in one direction of the scale and one repeat, as a judge is asked to grade it.
#[derive(Debug, Clone, Copy)]
pub struct GradeTrial<'a> {
    /// The response.
    pub response: &'a SystemResponse,
    /// The direction of the scale.
    pub order: ScaleOrder,
    /// The number of the repeat, from 0.
    pub repeat: u32,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

/// What a model is asked about.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A judge is asked which response of a comparison is better, in both orders.
    Comparison(Comparison),
    /// A judge is asked for the grade of a response, in both directions of the scale.
    Response(SystemResponse),
    /// A system is asked to respond to the prompt of an item. Its trials are samples; all of them have the order
    /// [`Order::AFirst`], which means nothing here.
    Prompt(Arc<Item>),
}

impl Subject {
    /// Returns the item that it is about.
    pub fn item(&self) -> &Item {
        match self {
            Self::Comparison(comparison) => &comparison.item,
            Self::Response(response) => &response.item,
            Self::Prompt(item) => item,
        }
    }

    /// Returns the systems whose responses are shown, in byte order; one that is missing is an empty name, which no
    /// system has.
    pub fn systems(&self) -> [&str; 2] {
        match self {
            Self::Comparison(comparison) => comparison.between.each_ref().map(String::as_str),
            Self::Response(response) => [&response.system, ""],
            Self::Prompt(_) => ["", ""],
        }
    }

    /// Returns the responses that are shown.
    pub(crate) fn responses(&self) -> impl Iterator<Item = &Content> {
        let systems = self.systems().into_iter().filter(|system| !system.is_empty());
        systems.map(|system| &self.item().responses[system])
    }

    /// Returns the system whose response is shown first; `None` if none is shown.
    pub(crate) fn first_system(&self, order: Order) -> Option<&str> {
        match self {
            Self::Comparison(comparison) => Some(comparison.system(order.first())),
            Self::Response(response) => Some(&response.system),
            Self::Prompt(_) => None,
        }
    }

    /// Returns which order is asked first: one bit of a keyed hash of the seed and the subject.
    pub fn asked_first(&self, seed: u64) -> Order {
        match self {
            Self::Comparison(comparison) => comparison.asked_first(seed),
            Self::Response(response) => {
                let hash = KeyedHash::new("evenhand: which direction is asked first").seed(seed);
                let hash = hash.texts([&response.item.id, &response.system].map(String::as_str));
                if hash.bit() { Order::BFirst } else { Order::AFirst }
            }
            Self::Prompt(_) => Order::AFirst,
        }
    }
}

impl From<Comparison> for Subject {
    fn from(comparison: Comparison) -> Self {
        Self::Comparison(comparison)
    }
}
