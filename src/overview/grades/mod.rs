//! Everything that is known of a run of grades: what a report on it shows, computed.
//!
//! ```text
//! GradeRun ─GradedResponse→ GradeTable ┬ directions ┐
//! Labels ─calibrate_grades→ GradeCalibration        │
//! GradeRun ─GradedResponse→ summary, criteria       ├→ GradeOverview
//! GradeRun ─Item→ ResponseTexts ───────┴ tags, lengths, generated
//! GradeRun ─AttemptNumbers→ requests                ┘
//! ```

mod criteria;
mod description;
mod directions;
mod generated;
mod lengths;
mod redaction;
mod results;
mod tags;
mod texts;

pub use criteria::GradeCriterionReport;
pub use description::{GradeCriterionDescription, GradeRubricDescription, GradeRunDescription};
pub use directions::{ChangedGrade, DirectionTable};
pub use lengths::{GradeLengthBand, GradeLengthReport, LengthCorrelation};
pub use results::{GradeOverview, GradeOverviewOptions};
pub use tags::GradeTagReport;

use criteria::CriteriaGrades;
use directions::{changed, directions};
use generated::generated;
use lengths::lengths;
use tags::tags;
use texts::ResponseTexts;

use super::requests::{ReplyTotals, requests};
use super::results::SCHEMA;
use crate::calibration::Part;
use crate::error::Result;
use crate::grading::{GradeCalibrationOptions, GradeTable, calibrate_grades, summarise_grades};
use crate::store::{GradeRun, JudgeChoice};

/// Computes everything that is known of one judge of a run of grades, or of its jury.
///
/// With a part, the run reads only the responses of that part from then on, as the overview does.
///
/// # Errors
///
/// The run or the labels cannot be read, the run has no such judge, or no label matches a response in it.
pub fn grade_overview(
    run: &mut GradeRun,
    options: GradeOverviewOptions<'_>,
) -> Result<GradeOverview> {
    let GradeOverviewOptions { judge, labels, part, selection } = options;
    let choice = run.file().choose_judge(judge)?;
    // Before a part is selected, since thresholds are chosen on the other one.
    let calibration = match labels {
        Some(labels) => {
            Some(calibrate_grades(run, labels, GradeCalibrationOptions { judge, part })?)
        }
        None => None,
    };
    if let Some(part) = part {
        let rows = run.file().rows_where(|response| Part::of(&response.id) == part)?;
        run.file_mut().select(rows);
    }
    let table = GradeTable::read(run, judge, None)?;
    let mut criteria = CriteriaGrades::new(run, choice);
    let summary = summarise_grades(run, |record| criteria.add(record))?;
    let texts = ResponseTexts::read(run, &table)?;
    let (changed, changed_left_out) = changed(run, &table);
    let (tags, tags_left_out) = tags(&table, &texts, choice == JudgeChoice::Jury);
    let totals: Vec<ReplyTotals> = summary.judges.iter().map(ReplyTotals::of_grades).collect();
    Ok(GradeOverview {
        schema: SCHEMA,
        evenhand: env!("CARGO_PKG_VERSION"),
        run: GradeRunDescription::of(run, part, selection)?,
        judge: run.file().name_of(choice).to_owned(),
        directions: directions(&table),
        changed,
        changed_left_out,
        criteria: criteria.reports(),
        tags,
        tags_left_out,
        lengths: lengths(&table, &texts),
        generated: generated(&table, &texts),
        requests: requests(run.file(), choice, &totals)?,
        summary,
        calibration,
    })
}
