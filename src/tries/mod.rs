//! The history of tries.
