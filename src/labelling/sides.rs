//! Which response is on the left: drawn with equal probabilities for each annotator and comparison, and the same each time
//! the comparison is shown.

use std::sync::Arc;

use super::entry::FormEntry;
use crate::input::{LabelSide, LabelTask};
use crate::keyed_hash::KeyedHash;

/// The context of the hash. It must not change, so that a form that was begun keeps its sides.
const SIDE: &str = "evenhand: side of a response on the page of labels";

/// The systems on the two sides of the screen; the same one twice in an equal pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sides {
    pub(super) left: Arc<str>,
    pub(super) right: Arc<str>,
}

impl Sides {
    /// Returns the sides on which an annotator sees the responses of an entry. A repeat has them the other way round than
    /// the first showing.
    pub(super) fn of(annotator: &str, id: &str, entry: &FormEntry) -> Self {
        let [a, b] = &entry.key.between;
        let (task, is_turned) = match &entry.task {
            LabelTask::Repeat => (&LabelTask::Compare, true),
            LabelTask::Equal(system) => {
                return Self { left: Arc::clone(system), right: Arc::clone(system) };
            }
            task => (task, false),
        };
        let hash = KeyedHash::new(SIDE).text(annotator).text(id).texts([&**a, b]);
        let a_is_left = hash.text(task_word(task)).bit() != is_turned;
        let (left, right) = if a_is_left { (a, b) } else { (b, a) };
        Self { left: Arc::clone(left), right: Arc::clone(right) }
    }

    /// Returns the system on a side; `None` for neither.
    pub(super) fn system(&self, side: LabelSide) -> Option<Arc<str>> {
        match side {
            LabelSide::Left => Some(Arc::clone(&self.left)),
            LabelSide::Right => Some(Arc::clone(&self.right)),
            LabelSide::Tie => None,
        }
    }

    /// Returns the side of a system.
    pub(super) fn side(&self, system: Option<&str>) -> LabelSide {
        match system {
            None => LabelSide::Tie,
            Some(system) if *system == *self.left => LabelSide::Left,
            Some(_) => LabelSide::Right,
        }
    }
}

/// Returns the word for a task in hashes.
pub(super) fn task_word(task: &LabelTask) -> &'static str {
    match task {
        LabelTask::Compare => "compare",
        LabelTask::Repeat => "repeat",
        LabelTask::Equal(_) => "equal",
        // One word for both, so that the side does not depend on why it is asked.
        LabelTask::Adjudicate(_) => "adjudicate",
    }
}
