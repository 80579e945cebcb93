//! Two judges one after another: a cheap one is asked about everything, a strong one about what the cheap one did not
//! keep or was unsure of. What would that cost, and how often would it agree with people?
//!
//! [`replay_cascade`] answers this from the stored replies of two finished runs over the same comparisons. It asks no
//! judge anything.
//!
//! - **A rule** ([`CascadeRule`]) says which comparisons the strong judge decides: none, those without a kept verdict of
//!   the cheap judge, also those with a kept verdict whose margin is below a threshold, or all. The margin is that of
//!   [`Distribution`](crate::verdict::Distribution), from probabilities or from the shares of repeats; a run with neither
//!   has no thresholds, and a kept verdict without a margin stays with the cheap judge.
//! - **The verdict** on a comparison is that of the judge that decides it. The replies of the other judge do not count.
//! - **Agreement** is over every labelled comparison, kept or not: the share of the deciding judge's replies that agree
//!   with people. A rule cannot improve it by leaving out what is hard. Comparisons that one of the judges has not replied
//!   to at all are left out for every rule, so that all are measured on the same ones.
//! - **The dev part chooses** the rule: the cheapest of those whose agreement is within a stated loss of the best. The
//!   thresholds are the margins of the dev part, too. **The test part reports** on it, beside each judge alone, so that no
//!   number on it is flattered by the choice.
//!
//! ```text
//! RunFile ─diff::Answers┬→ Matched ─join→ Joined ─rule→ for each rule: who decides ┐
//! RunFile ─diff::Answers┘    attempts ─cost→ requests, USD of each comparison ─────┼→ measure → CascadeNumbers
//!                            Labels ─→ LabelPanels ────────────────────────────────┘      │ dev: choose, test: report
//!                                                                                         ▼
//!                                                              Cascade ─verdicts→ one verdict for each comparison
//! ```

mod choose;
mod cost;
mod join;
mod labelled;
mod measure;
mod replay;
mod results;
mod rule;
mod verdicts;
mod warnings;

pub use replay::{CascadeOptions, CascadeSide, replay_cascade};
pub use results::{
    AgainstStrong, CascadeNumbers, CascadeReport, ChosenRule, CostSource, DevNumbers, SCHEMA,
    TestNumbers,
};
pub use verdicts::{Cascade, CascadeVerdict};

pub use crate::verdict::{CascadeRule, GivenBy};
