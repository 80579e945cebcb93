//! The page on which people label.

mod forms;
mod ugly;
