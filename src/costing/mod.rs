//! What an answer costs: the ways to find out how often one system wins against others, before anything is asked.
//!
//! [`cost_ways`] gets a question (a system, a margin, a probability of error), the comparisons that could be judged, and
//! judges with their prices; and, if there are any, pilot runs and labels. It returns every [`Way`] with its cost, requests
//! and people's hours, how near the win rate will be known, and what the way leaves uncertain. It asks nothing.
//!
//! - **A win rate is known to the margin** if its interval, with the error of the question divided by the number of pairs,
//!   reaches at most that far to each side: `z·σ/√n` for `n` comparisons whose order-averaged scores have the standard
//!   deviation `σ`. A pilot shows `σ`; one win and one loss are added to its scores, since a few that are all the same do
//!   not show that all are. Without a pilot `σ` is ½, the largest that there is.
//! - **Until decided**: the sequence of [`deciding`](crate::deciding) is simulated to its end, with scores that are drawn
//!   from the pilot's items by a Bayesian bootstrap, so that what the pilot does not show of the win rate counts too.
//!   Without a pilot every comparison is won with one probability, one half plus the margin if no other is given.
//! - **A cascade** is that which asks the strong judge about everything that the cheap one does not keep, joined from the
//!   pilots of both.
//! - **Labels** correct the win rate of a judge: how many it takes follows from the correlation of the judge's scores with
//!   people's, as for [`plan_labels`](crate::calibration::plan_labels).
//! - **What is answered**: a judge alone answers what *it* prefers. It answers what people prefer only if labels show that
//!   its win rate, with all of its interval, is less than the margin off; and nothing if they show that it is further off.
//!
//! ```text
//! JudgeTerms ──────────────┐
//! RunFile ─pilot→ Pilot ───┼→ judge_ways, cascade_way, label_ways → Way ─plan→ CostReport
//! Labels ─people→ Bias ────┘      simulation
//! ```
//!
//! # References
//!
//! Rubin, D. B. (1981). The Bayesian bootstrap. *Annals of Statistics* 9, 130–134.

mod cascade_way;
mod judge_terms;
mod judge_ways;
mod label_ways;
mod people;
mod pilot;
mod plan;
mod planned;
mod question;
mod results;
mod simulation;
mod ways;

pub use judge_terms::JudgeTerms;
pub use people::{PairBias, PeopleFacts};
pub use pilot::{PilotFacts, PilotRate};
pub use plan::cost_ways;
pub use question::{CostOptions, CostQuestion, PlannedComparisons, PlannedPair};
pub use results::{CostReport, JudgeFacts, Needed, SCHEMA};
pub use simulation::{DecidedAfter, SimulatedScores, simulate_until_decided};
pub use ways::{Amount, Answers, Leaves, Way, WayKind};
