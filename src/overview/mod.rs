//! Everything that is known of one run: what a report shows, computed.
//!
//! [`overview`] looks at one judge of a run, or at its jury, and computes all numbers of a report. The formats in
//! [`report`](crate::report) render an [`Overview`] and compute nothing, so that every format shows the same
//! numbers. What an accumulator of [`summary`](crate::summary) or a table of
//! [`calibration`](crate::calibration) computes elsewhere is computed by the same one here.
//!
//! ```text
//! RunFile ─BallotRecord→ ComparisonTable ┬ order_tables, margins, checklist ┐
//! Labels ─calibrate→ Calibration, panels ┤                                  │
//! RunFile ─ComparisonRecord→ summary, criteria                              ├→ Overview
//! RunFile ─Item→ ItemTexts ──────────────┴ closeness, lengths, tags, generated
//! RunFile ─AttemptNumbers→ requests                                         ┘
//! ```
//!
//! [`grade_overview`] does the same for a run of grades.
//!
//! Texts are read one after another; what stays in memory of a comparison is a few numbers.

mod annotators;
mod bands;
mod checklist;
mod closeness;
mod criteria;
mod generated;
mod grades;
mod judged;
mod lengths;
mod margins;
mod options;
mod order_tables;
mod redaction;
mod requests;
mod results;
mod run_description;
mod subset;
mod tags;
mod texts;
mod undefined;

pub use annotators::AnnotatorReport;
pub(crate) use checklist::names_version;
pub use checklist::{Check, CheckState, ChecklistEntry, GapRemedy};
pub use closeness::{Closeness, ClosenessBand, ClosenessMeasure};
pub use criteria::CriterionReport;
pub use generated::{GeneratedReport, GeneratedSystem, GeneratingModel, Quality, ResponseLatency};
pub use grades::{
    ChangedGrade, DirectionTable, GradeCriterionDescription, GradeCriterionReport, GradeLengthBand,
    GradeLengthReport, GradeOverview, GradeOverviewOptions, GradeRubricDescription,
    GradeRunDescription, GradeTagReport, LengthCorrelation, grade_overview,
};
pub use lengths::{LengthBand, LengthReport};
pub use margins::{DroppedMargin, Margin, Reversals};
pub use options::OverviewOptions;
pub use order_tables::OrderTable;
pub use redaction::Redaction;
pub(crate) use redaction::{file_name, redact_model, redact_value};
pub use requests::{ErrorCount, Latencies, RequestReport, RequestSegment};
pub use results::{Overview, SCHEMA};
pub use run_description::{
    CriterionDescription, JudgeDescription, RubricDescription, RunDescription,
};
pub use tags::TagReport;

use annotators::annotators;
use checklist::{Checked, checklist};
use closeness::closeness;
use criteria::CriteriaScores;
use generated::generated;
use judged::Judged;
use lengths::lengths;
use margins::margins;
use order_tables::order_tables;
use requests::{ReplyTotals, requests};
use tags::tags;
use texts::ItemTexts;

use crate::calibration::{
    CalibrationOptions, ComparisonTable, Part, calibrate_table, categories, sent_only,
};
use crate::error::{Error, Result};
use crate::ranking::{RankOptions, Ranking, rank};
use crate::store::{JudgeChoice, RunFile};
use crate::summary::summarise;

/// Computes everything that is known of one judge of a run, or of its jury.
///
/// With a part, the run reads only the comparisons of that part from then on, as the overview does.
///
/// # Errors
///
/// The run or the labels cannot be read, the run has no such judge, or no label matches a comparison in it.
pub fn overview(run: &mut RunFile, options: OverviewOptions<'_>) -> Result<Overview> {
    let OverviewOptions { judge, labels, part, margin_max_error, selection } = options;
    let choice = run.choose_judge(judge)?;
    let table = ComparisonTable::read(run, judge, part)?;
    let calibrated = match labels {
        Some(labels) => {
            let options = CalibrationOptions {
                judge,
                part,
                margin_max_error,
                ..CalibrationOptions::default()
            };
            Some(calibrate_table(run, &table, labels, options)?)
        }
        None => None,
    };
    if let Some(part) = part {
        let rows = run.rows_where(|comparison| Part::of(&comparison.id) == part)?;
        run.select(rows);
    }
    let (calibration, panels) = calibrated.unzip();
    let categories = panels.as_ref().map(|panels| categories(&table, panels)).unwrap_or_default();
    let people = panels.as_ref().map(|panels| (panels, categories.as_slice()));
    let judged = Judged::new(&table, choice == JudgeChoice::Jury, people);
    let mut criteria = CriteriaScores::new(run, choice);
    let summary = summarise(run, |record| criteria.add(record, &judged))?;
    let texts = ItemTexts::read(run, &judged)?;
    let (annotators, annotators_left_out) = annotators(&judged, calibration.as_ref());
    let (tags, tags_left_out) = tags(&judged, &texts);
    let judge = run.name_of(choice).to_owned();
    let totals: Vec<ReplyTotals> = summary.judges.iter().map(ReplyTotals::of).collect();
    let ranking = ranking(run, choice, table.pairs.len())?;
    let (ranking, ranking_pairs, ranking_warnings) = ranking
        .map(|ranking| (ranking.systems, ranking.pairs, ranking.warnings))
        .unwrap_or_default();
    let mut overview = Overview {
        schema: SCHEMA,
        evenhand: env!("CARGO_PKG_VERSION"),
        run: RunDescription::of(run, part, selection)?,
        judge,
        ranking,
        ranking_pairs,
        ranking_warnings,
        sent_only: sent_only(run).map(|finding| finding.warning()),
        margins: margins(&judged),
        order_tables: order_tables(&judged),
        annotators,
        annotators_left_out,
        criteria: criteria.reports(&judged),
        closeness: closeness(&judged, &texts),
        tags,
        tags_left_out,
        lengths: lengths(&judged, &texts),
        generated: generated(&judged, &texts.generated),
        requests: requests(run, choice, &totals)?,
        checklist: Vec::new(),
        summary,
        calibration,
    };
    let summary = overview.judge_summary();
    let summary = summary.ok_or_else(|| Error::internal("the judge has no summary"))?;
    let calibration = overview.calibration.as_ref();
    let checked = Checked { judged: &judged, summary, calibration, part };
    overview.checklist = checklist(run, choice, &checked)?;
    Ok(overview)
}

/// Ranks the systems, if there are more than two.
fn ranking(run: &RunFile, choice: JudgeChoice, pairs: usize) -> Result<Option<Ranking>> {
    if pairs < 2 {
        return Ok(None);
    }
    let judges = match choice {
        JudgeChoice::One(_) => vec![run.name_of(choice).to_owned()],
        JudgeChoice::Jury => Vec::new(),
    };
    let options = RankOptions { judges, ..RankOptions::default() };
    rank(std::slice::from_ref(run), &options).map(Some)
}
