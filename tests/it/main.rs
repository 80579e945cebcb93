//! All integration tests in one binary. The folders are named after the modules of `src`.
//!
//! A test belongs to the module whose behaviour it checks, also where it runs the whole program to do so:
//! a budget is tested in `run`, a learnt quota in `pace`, a refused settings file in `input`. A test of a
//! command as a whole (its flags, its help, its output and exit code) belongs to `cli`. What tests share is
//! in `support`.
//!
//! A test that needs something that is not in this repository is ignored, so that no test passes without
//! having run. It is in a module whose name says what it needs (`needs_shared_data`, `needs_python3`); `.ci/run`
//! runs those whose needs are met, and says which were not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod architecture;
mod calibration;
mod cascade;
mod cli;
mod costing;
mod diff;
mod docs;
mod export;
mod grading;
mod input;
mod judge;
mod labelling;
mod lint;
mod metrics;
mod models;
mod monitor;
mod overview;
mod pace;
mod prompt;
mod ranking;
mod report;
mod run;
mod stats;
mod store;
mod summary;
mod support;
mod traffic;
mod trial;
mod tries;
mod verdict;
mod vote;
