//! Reference metrics: how close a response is to a reference, one metric a file.
//!
//! Metrics compare two texts and know nothing of judges; the judge `builtin:lexical` is one of them put
//! to use.

mod chrf;

pub use chrf::chrf;
