//! Run files: what they hold, what they refuse, and how they are merged.

mod changed_rubric;
mod merge;
mod merge_properties;
mod previous_version;
mod run_file;
