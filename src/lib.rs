//! evenhand asks an LLM judge which of two responses is better, in both orders, keeps the verdicts on which both
//! orders agree, shows what that leaves out, and measures the judge against people.
//!
//! # Examples
//!
//! Judge a file of items, and print how often the later system wins:
//!
//! ```
//! use std::path::Path;
//!
//! use evenhand::input::{ItemSource, Settings, load_rubric};
//! use evenhand::judge::Secrets;
//! use evenhand::run::{AskOptions, Judge, Progress, Session, Task};
//! use tokio_util::sync::CancellationToken;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let items = ItemSource::open(Path::new("calibration/tickets/items.jsonl"), &[])?;
//! let rubric = load_rubric("summary-quality", Path::new("."))?;
//! let settings = Settings::default().judge("builtin:lexical")?;
//! let mut task = Task::new(items, rubric, vec![Judge::new(settings, Secrets::default())]);
//! task.run = Some(folder.path().join("run.db"));
//!
//! // Writes the validated plan; the same task again resumes the run. 0 is the time, in seconds since 1970.
//! let mut session = Session::plan(task.prepare()?, 0)?;
//! let (progress, cancel) = (Progress::default(), CancellationToken::new());
//! session.ask(&AskOptions::default(), &progress, &cancel).await?;
//!
//! let summary = session.summary()?;
//! for rate in &summary.judges[0].win_rates {
//!     println!("{} of {:?}: {:?}", rate.system, rate.between, rate.order_averaged);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A single pair needs no run file: see [`run::judge_pair`]. The folder `examples/` has more.
//!
//! # Modules
//!
//! In the order in which data flows; each may use only those before it (a test enforces this). [`error`] and the
//! private modules for keyed hashes and for HTTP clients are beside them.
//!
//! ```text
//! input < traffic < stats < models < programs < metrics < encoder < trial < prompt < judge < pace < vote
//!       < verdict < store < deciding < run < lint < summary < ranking < cases < calibration < grading < overview < diff < cascade < costing < tries
//!       < monitor < labelling < report < export
//! ```
//!
//! - [`input`]: the files that people write: items, labels, rubrics, settings.
//! - [`traffic`]: production traffic, drawn into items.
//! - [`stats`]: statistics: numbers in, estimates out.
//! - [`models`]: models on this machine, fetched by name.
//! - `programs`: programs of the user, which exchange lines with evenhand; private.
//! - [`metrics`]: scores of responses against references, or by a program of the user.
//! - `encoder`: text encoders that run in this process, with the cargo feature `local`.
//! - [`trial`]: comparisons, presentation orders and the plan.
//! - [`prompt`]: templates to messages.
//! - [`judge`]: everything that answers trials.
//! - [`pace`]: when each request may be sent.
//! - [`vote`]: from a raw reply to a vote by position, and to a preference by system; or to a grade.
//! - [`verdict`]: the votes of both orders, or the grades of both directions of a scale, reconciled.
//! - [`store`]: the run file.
//! - [`deciding`]: whether verdicts decide the question that ends a run.
//! - [`run`]: validating, planning, asking and resuming a run.
//! - [`lint`]: faults of a rubric and its prompt.
//! - [`summary`]: the numbers of a run without labels.
//! - [`ranking`]: several systems in order.
//! - [`cases`]: single comparisons with everything that is known of them.
//! - [`calibration`]: the judge measured against people.
//! - [`grading`]: the numbers of grades, without labels and against people.
//! - [`overview`]: everything that is known of one run, computed for a report.
//! - [`diff`]: two runs over the same comparisons.
//! - [`cascade`]: two judges one after another, replayed from two runs.
//! - [`costing`]: the ways to answer a question, and what each costs.
//! - [`tries`]: the history of a rubric author's tries.
//! - [`monitor`]: the same evaluation over time, and what has changed.
//! - [`labelling`]: labels from people, blind.
//! - [`report`]: tables, JSON, CSV and Markdown.
//! - [`export`]: the layouts of other programs.
//!
//! The types along the way, from a line of the items file to the summary (`SubjectToAsk` and `ReadySubject`
//! are private):
//!
//! ```text
//! Item ─run::validate→ PlannedItem(Subject) ─store→ rows
//!   ─run::outstanding→ SubjectToAsk ─run::prefetch→ ReadySubject → Trial ×2
//!   ─pace→ Permit ─judge→ Reply | CallError ─store→ Attempt
//!   ─vote→ Reading(Vote) → Ballot ─verdict→ Verdict ─store→ ComparisonRecord
//!   ─summary→ RunSummary ─calibration→ Calibration ─overview→ Overview ─report→ text, JSON
//! ```
//!
//! The library never prints, exits, or reads the environment or the wall clock; the binary does. Time is tokio's
//! clock, and randomness is a keyed hash or a generator that the caller passes in.

pub mod calibration;
pub mod cascade;
pub mod cases;
pub mod costing;
pub mod deciding;
pub mod diff;
#[cfg(feature = "local")]
pub mod encoder;
pub mod error;
pub mod export;
pub mod grading;
mod http_client;
pub mod input;
pub mod judge;
mod keyed_hash;
pub mod labelling;
pub mod lint;
pub mod metrics;
pub mod models;
pub mod monitor;
pub mod overview;
pub mod pace;
mod programs;
pub mod prompt;
pub mod ranking;
pub mod report;
pub mod run;
pub mod stats;
pub mod store;
pub mod summary;
pub mod traffic;
pub mod trial;
pub mod tries;
pub mod verdict;
pub mod vote;

pub use error::{Error, ErrorKind, ExitCode, InputPlace, Remedy, Result, Warning};
