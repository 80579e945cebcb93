//! What a run holds in the layouts of other programs: pairs of responses for training, annotations of `alpaca_eval`,
//! judgments of `JudgeBench`, and tables (CSV, Parquet); and what people label, and have labelled, in the layouts of Label
//! Studio, Argilla and tables.
//!
//! The grades of single responses are written as tables ([`export_grades`]).
//!
//! Every function writes one document while it reads the cases, in constant memory, and returns what it wrote and what it
//! left out. [`Provenance`] says how far the judge can be trusted that made the data: it belongs beside every exported
//! file, so that a training set is not used without it.

mod alpaca_eval;
mod csv_table;
mod graded;
mod judgebench;
mod label_tasks;
#[cfg(feature = "parquet")]
mod parquet_table;
mod preferences;
mod provenance;
mod table;
mod table_format;
mod tables;

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use crate::cases::{Case, Cases};
use crate::error::{Error, Result, counted};
use crate::input::Content;
use crate::report::json_line;
use crate::store::{JudgeChoice, OrderRecord, StoredJudge, VerdictRecord};
use crate::trial::Side;

pub use alpaca_eval::export_alpaca_eval;
pub use graded::{ExportedGrades, GradeProvenance, MeasuredGrades, export_grades};
pub use judgebench::export_judgebench;
pub use label_tasks::{LabelLayout, export_label_tasks, export_labels, export_tasks_for_anybody};
pub use preferences::{PreferenceForm, export_preferences};
pub use provenance::Provenance;
pub use table_format::TableFormat;
pub use tables::{ExportedTable, export_table};

/// How much was written, and what was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ExportCounts {
    /// Records that were written.
    pub written: u64,
    /// Comparisons whose verdict is not kept.
    pub not_kept: u64,
    /// Comparisons that are ties, where a record needs a winner.
    pub ties: u64,
    /// Comparisons with a conversation, where the layout has texts only.
    pub conversations: u64,
    /// Comparisons without any readable vote, which were written without a preference.
    pub without_vote: u64,
    /// Comparisons without a label, where the layout needs one.
    pub unlabelled: u64,
    /// Comparisons of two equal responses, of which neither can be the better one.
    pub equal: u64,
    /// Comparisons that were asked in the second order only, where the layout begins with the first.
    pub second_order_only: u64,
    /// Items that a table for spreadsheets cannot hold.
    pub items_not_in_table: u64,
    /// Decisions about disagreements, which a table of labels does not have.
    pub decisions_not_in_table: u64,
}

impl ExportCounts {
    /// Returns what was left out or is incomplete, in words; nothing if all comparisons were written whole.
    pub fn remarks(&self) -> Vec<String> {
        let of = |count: u64, what: &str| {
            (count > 0).then(|| format!("{} {what}", counted(count, "comparison", "comparisons")))
        };
        let remarks = [
            of(self.not_kept, "without a kept verdict: left out"),
            of(self.ties, "with a tie: left out, because this layout needs a better response"),
            of(
                self.conversations,
                "with a conversation: left out, because this layout has texts only",
            ),
            of(self.without_vote, "without a readable vote: written without a preference"),
            of(self.unlabelled, "without a label that most people chose: left out"),
            of(self.equal, "of two equal responses: left out, because neither is the better one"),
            of(
                self.second_order_only,
                "asked in the second order only: left out, because this layout begins with the first",
            ),
            (self.items_not_in_table > 0).then(|| {
                let items = counted(
                    self.items_not_in_table,
                    "item has a conversation or a reference that is no text, which a table cannot hold, and is",
                    "items have a conversation or a reference that is no text, which a table cannot hold, and are",
                );
                format!("{items} left out of items.csv: keep the JSONL of the items to judge them again")
            }),
            (self.decisions_not_in_table > 0).then(|| {
                let decisions = counted(
                    self.decisions_not_in_table,
                    "decision about a disagreement is",
                    "decisions about disagreements are",
                );
                format!("{decisions} left out of the table of labels: a decision is not a label of its own")
            }),
        ];
        remarks.into_iter().flatten().collect()
    }
}

/// Checks that one judge is chosen, before anything is written.
///
/// # Errors
///
/// The run has several judges and none was chosen.
fn check_one_judge(cases: &Cases) -> Result<()> {
    match cases.judge() {
        JudgeChoice::One(_) => Ok(()),
        JudgeChoice::Jury => Err(several_judges(cases)),
    }
}

/// Returns the only chosen judge with its verdict.
///
/// # Errors
///
/// The run has several judges and none was chosen.
fn one_judge<'a>(cases: &'a Cases, case: &'a Case) -> Result<(&'a StoredJudge, &'a VerdictRecord)> {
    let mut judged = cases.deciding(case);
    if let (Some(one), None) = (judged.next(), judged.next()) {
        return Ok(one);
    }
    Err(several_judges(cases))
}

fn several_judges(cases: &Cases) -> Error {
    let names = cases.run().judges().iter().map(|judge| judge.record.name.as_str());
    Error::usage("this layout has the votes of one judge, and the run has several")
        .hint(format!("name one of its judges: {}", names.collect::<Vec<_>>().join(", ")))
}

/// Returns the texts of a prompt and of two responses; `None` if one of them is a conversation.
fn texts<'a>(case: &'a Case, sides: [Side; 2]) -> Option<(&'a str, [&'a str; 2])> {
    let text = |content: &'a Content| match content {
        Content::Text(text) => Some(text.as_str()),
        Content::Turns(_) => None,
    };
    let response = |side: Side| text(response(case, side)?);
    Some((text(&case.item.prompt)?, [response(sides[0])?, response(sides[1])?]))
}

fn response(case: &Case, side: Side) -> Option<&Content> {
    case.item.responses.get(system(case, side))
}

fn system(case: &Case, side: Side) -> &str {
    let [a, b] = &case.record.between;
    match side {
        Side::A => a,
        Side::B => b,
    }
}

/// Returns the probability that an order gives to side B, or what its vote is worth; `None` without a vote.
fn worth_of_b(order: &OrderRecord) -> Option<f64> {
    let reading = order.reading()?;
    match (reading.first_probability, order.preference()?) {
        (Some(first), _) => Some(match order.order.first() {
            Side::A => 1.0 - first,
            Side::B => first,
        }),
        (None, preference) => Some(preference.worth(Side::B)),
    }
}

/// Writes a value as one line of JSON.
fn write_line(output: &mut dyn Write, value: &impl Serialize) -> Result<()> {
    let line = serde_json::to_string(value).map_err(internal)?;
    write_text(output, &json_line(&line))?;
    write_text(output, "\n")
}

/// Writes the entries of a JSON list, one a line.
struct JsonList<'a> {
    output: &'a mut dyn Write,
    is_empty: bool,
}

impl<'a> JsonList<'a> {
    fn begin(output: &'a mut dyn Write) -> Result<Self> {
        write_text(output, "[")?;
        Ok(Self { output, is_empty: true })
    }

    fn entry(&mut self, value: &Value) -> Result<()> {
        let separator = if self.is_empty { "\n" } else { ",\n" };
        self.is_empty = false;
        write_text(self.output, separator)?;
        write_text(self.output, &json_line(&value.to_string()))
    }

    fn end(self) -> Result<()> {
        write_text(self.output, if self.is_empty { "]\n" } else { "\n]\n" })
    }
}

fn write_text(output: &mut dyn Write, text: &str) -> Result<()> {
    output.write_all(text.as_bytes()).map_err(Error::unwritten)
}

fn internal(error: serde_json::Error) -> Error {
    Error::internal(format!("cannot write JSON: {error}")).caused_by(error)
}
