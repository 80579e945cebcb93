//! Run files: what they hold, what they refuse, and how they are merged.

mod merge;
mod merge_properties;
mod run_file;
