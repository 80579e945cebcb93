//! The page on which people label.

mod forms;
mod tmp_write;
mod ugly;
