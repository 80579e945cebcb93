//! A sample: one response that is asked of a system.

use crate::input::Item;

/// One response to the prompt of an item, as a system is asked for it.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// The item.
    pub item: &'a Item,
    /// The number of the sample, from 0: a system may be asked several times.
    pub number: u32,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}
