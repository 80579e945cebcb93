//! The result: everything that a report shows.

use serde::Serialize;

use super::annotators::AnnotatorReport;
use super::checklist::{Check, ChecklistEntry, test_part};
use super::closeness::Closeness;
use super::criteria::CriterionReport;
use super::generated::GeneratedReport;
use super::lengths::LengthReport;
use super::margins::Margin;
use super::order_tables::OrderTable;
use super::requests::RequestReport;
use super::run_description::RunDescription;
use super::tags::TagReport;
use crate::calibration::Calibration;
use crate::error::Warning;
use crate::ranking::{PairResult, RankedSystem};
use crate::summary::{JudgeSummary, RunSummary};

/// The version of the report's JSON document. It is raised when a key is removed or changes its meaning; new keys
/// may appear without that.
pub const SCHEMA: u32 = 1;

/// Everything that is known of one judge of a run, or of its jury.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Overview {
    /// The version of the document that it serializes as.
    pub schema: u32,
    /// The version of this program.
    pub evenhand: &'static str,
    /// The run: its rubric, judges, systems and size.
    pub run: RunDescription,
    /// The judge that the numbers are about: its name, or `jury`.
    pub judge: String,
    /// The numbers without labels, of every judge of the run.
    pub summary: RunSummary,
    /// The judge against people; `None` without labels.
    pub calibration: Option<Calibration>,
    /// The systems, the strongest first, by every judge of a jury; empty for two systems.
    pub ranking: Vec<RankedSystem>,
    /// The results of every pair of these systems, by every judge of a jury; empty for two systems.
    pub ranking_pairs: Vec<PairResult>,
    /// That the judge is the strong one of a cascade and has answered a selection, if so; it is among
    /// [`Overview::warnings`].
    #[serde(skip)]
    pub sent_only: Option<Warning>,
    /// What may be wrong with the ranking; they are among [`Overview::warnings`].
    #[serde(skip)]
    pub ranking_warnings: Vec<Warning>,
    /// How many verdicts would have to change to change the winner, for each pair of systems.
    pub margins: Vec<Margin>,
    /// What the two orders of each comparison prefer, for each pair of systems; empty for a jury.
    pub order_tables: Vec<OrderTable>,
    /// How often the judge, and the other annotators, agree with each annotator; empty without labels.
    pub annotators: Vec<AnnotatorReport>,
    /// Annotators with few labels that are not listed.
    pub annotators_left_out: u64,
    /// The votes on single criteria; empty where replies have none.
    pub criteria: Vec<CriterionReport>,
    /// Consistency and agreement by how close a comparison is; one for each measure that is known.
    pub closeness: Vec<Closeness>,
    /// The numbers by tag of the items: the values with the most comparisons first.
    pub tags: Vec<TagReport>,
    /// Tag values that are not listed, because they are too rare or there are too many.
    pub tags_left_out: u64,
    /// Whether the longer response is preferred.
    pub lengths: LengthReport,
    /// Quality beside price and latency; `None` unless it is known of some system how its responses were generated.
    pub generated: Option<GeneratedReport>,
    /// What was asked: attempts, tokens, cost, latencies.
    pub requests: RequestReport,
    /// What was validated and what was not.
    pub checklist: Vec<ChecklistEntry>,
}

impl Overview {
    /// Returns whether the numbers are about a jury rather than one judge.
    pub fn is_jury(&self) -> bool {
        self.judge_summary().is_some_and(JudgeSummary::is_jury)
    }

    /// Returns whether the numbers are about several judges together: a jury or a cascade, beside which each of them is
    /// shown.
    pub fn shows_all_judges(&self) -> bool {
        self.is_jury() || self.summary.cascade.is_some()
    }

    /// Records how often the test part has been looked at with this rubric, this time included.
    pub fn record_test_look(&mut self, looks: u64) {
        if let Some(calibration) = &mut self.calibration {
            calibration.record_test_look(looks);
        }
        for entry in &mut self.checklist {
            if entry.code == Check::TestPart {
                *entry = test_part(self.run.part, Some(looks));
            }
        }
    }

    /// Returns the numbers without labels of the judge that the overview is about.
    pub fn judge_summary(&self) -> Option<&JudgeSummary> {
        self.summary.judges.iter().find(|judge| judge.judge == self.judge)
    }
}
