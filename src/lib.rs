//! evenhand asks a judge model which of two responses is better, in both orders, keeps the verdicts
//! on which both orders agree, shows what that leaves out, and measures the judge against people.
//!
//! The modules stand in the order in which data flows; each may use only those before it (a test
//! enforces this), with [`error`] beside them:
//!
//! ```text
//! input < stats < metrics < trial < prompt < judge < pace < vote < verdict < store < run < calibration
//!       < report
//! ```
//!
//! - [`input`]: what people write: items, labels, rubrics, settings.
//! - [`stats`]: numbers in, estimates out.
//! - [`metrics`]: how close responses are to references, or how good by a program of the user's.
//! - [`trial`]: comparisons, presentation orders and the plan.
//! - [`prompt`]: templates to messages.
//! - [`judge`]: everything that answers trials.
//! - [`pace`]: decides when each request may be sent.
//! - [`vote`]: from a raw reply to a vote by position, and to a preference by system.
//! - [`verdict`]: the votes of both orders, reconciled.
//! - [`store`]: the run file.
//! - [`run`]: validating, planning, asking and resuming a run.
//! - [`calibration`]: judge against people.
//! - [`report`]: what people and programs get to see.
//!
//! The library never prints, exits, reads the environment or the wall clock; the binary does. Time is
//! tokio's clock, randomness is a keyed hash or a generator that the caller passes in.

pub mod calibration;
pub mod error;
pub mod input;
pub mod judge;
mod keyed_hash;
pub mod metrics;
pub mod pace;
pub mod prompt;
pub mod report;
pub mod run;
pub mod stats;
pub mod store;
pub mod trial;
pub mod verdict;
pub mod vote;

pub use error::{Error, ErrorKind, ExitCode, Remedy, Result, Warning};
