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
//! RunFile ─Item→ ItemFeatures ───────────┴ closeness, lengths, tags         │
//! RunFile ─AttemptNumbers→ requests                                         ┘
//! ```
//!
//! Texts are read one after another; what stays in memory of a comparison is a few numbers.

mod checklist;
mod closeness;
mod criteria;
mod lengths;
mod margins;
mod options;
mod order_tables;
mod requests;
mod results;
mod run_description;
mod tags;

pub use checklist::{Check, CheckState, ChecklistEntry, GapRemedy};
pub use closeness::{Closeness, ClosenessBand, ClosenessMeasure};
pub use criteria::CriterionReport;
pub use lengths::{LengthBand, LengthReport};
pub use margins::{DroppedMargin, Margin, Reversals};
pub use options::OverviewOptions;
pub use order_tables::OrderTable;
pub use requests::{ErrorCount, Latencies, RequestReport, RequestSegment};
pub use results::{Overview, SCHEMA};
pub use run_description::{
    CriterionDescription, JudgeDescription, RubricDescription, RunDescription,
};
pub use tags::TagReport;

use crate::calibration::{CalibrationOptions, Part, calibrate};
use crate::error::Result;
use crate::store::RunFile;
use crate::summary::summarise;

/// Computes everything that is known of one judge of a run, or of its jury.
///
/// With a part, the run reads only the comparisons of that part from then on, as the overview does.
///
/// # Errors
///
/// The run or the labels cannot be read, the run has no such judge, or no label matches a comparison in it.
pub fn overview(run: &mut RunFile, options: OverviewOptions<'_>) -> Result<Overview> {
    let OverviewOptions { judge, labels, part, selection } = options;
    let judge_name = run.name_of(run.choose_judge(judge)?).to_owned();
    let calibration = match labels {
        Some(labels) => {
            Some(calibrate(run, labels, CalibrationOptions { judge, part, error_rates: None })?)
        }
        None => None,
    };
    if let Some(part) = part {
        let rows = run.rows_where(|comparison| Part::of(&comparison.id) == part)?;
        run.select(rows);
    }
    let summary = summarise(run, |_| {})?;
    Ok(Overview {
        schema: SCHEMA,
        evenhand: env!("CARGO_PKG_VERSION"),
        run: RunDescription::of(run, part, selection)?,
        judge: judge_name,
        summary,
        calibration,
        margins: Vec::new(),
        order_tables: Vec::new(),
        criteria: Vec::new(),
        closeness: Vec::new(),
        tags: Vec::new(),
        tags_left_out: 0,
        lengths: LengthReport::default(),
        requests: RequestReport::default(),
        checklist: Vec::new(),
    })
}
