//! Running a judgement: validated, planned, asked, and resumed.

pub mod engine;

mod open;
mod outstanding;
mod prefetch;
mod progress;
mod reservation;
mod reuse;
mod trial;
mod validate;

pub use open::{Beginning, Begun, begin, is_same_run};
pub use outstanding::{Again, Asked, Open, OpenTrial, Outstanding, Page, open_trials};
pub use prefetch::Feed;
pub use progress::{Snapshot, Tally};
pub use reservation::Budget;
pub use reuse::Reuse;
pub use validate::{Planning, PromptTokens, Survey, survey};
