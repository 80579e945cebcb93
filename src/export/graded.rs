//! Grades of single responses as tables, and where they come from.
//!
//! | table | columns; `?` may have nothing |
//! | --- | --- |
//! | items | those of a run of comparisons |
//! | labels | texts `id`, `annotator`, `system`, `grade` |
//! | grades | those of [`GRADE_CSV_HEADER`]; the step is a number from 1, the worst, on |

use std::io::Write;

use serde::Serialize;

use super::ExportCounts;
use super::table::{Cell, Column, ColumnType};
use super::table_format::TableFormat;
use super::tables::{EachItem, items_table};
use crate::cases::{GradeCase, GradeCases};
use crate::error::{Result, Warning};
use crate::grading::{
    GradeCalibration, GradeCalibrationOptions, GradeReplies, KeptGrades, calibrate_grades,
};
use crate::input::{DataFile, Grade};
use crate::report::GRADE_CSV_HEADER;
use crate::stats::Estimate;
use crate::store::{JudgeChoice, OrderRecord};
use crate::verdict::Ballot;
use crate::vote::GradeReading;

/// What a table of a run of grades holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportedGrades {
    /// The items of the selected responses, each once.
    Items,
    /// The labels of the selected responses.
    Labels,
    /// The grades of the chosen judge, or of the jury, of the selected responses.
    Grades,
}

impl ExportedGrades {
    /// Returns the name of its file, without the ending.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Labels => "labels",
            Self::Grades => "grades",
        }
    }
}

/// Writes one table.
///
/// # Errors
///
/// The run cannot be read, the output not written, or this build does not write the format.
pub fn export_grades(
    cases: &GradeCases,
    table: ExportedGrades,
    format: TableFormat,
    output: &mut (dyn Write + Send),
) -> Result<ExportCounts> {
    match table {
        ExportedGrades::Items => {
            let each =
                |call: &mut EachItem<'_>| cases.for_each(|case| call(case.record.item, case.item));
            items_table(&cases.run().file().systems()?, &each, format, output)
        }
        ExportedGrades::Labels => {
            let columns = ["id", "annotator", "system", "grade"];
            let columns = columns.map(|name| Column::new(name, ColumnType::Text));
            let mut decisions = 0;
            let counts = rows(cases, &columns, format, output, |case, write| {
                case.labels.iter().try_for_each(|label| {
                    // Read as a label it would be the opinion of one more annotator.
                    if label.adjudicated.is_some() {
                        decisions += 1;
                        return Ok(());
                    }
                    let grade = cases.run().scale().name_of(label.grade);
                    let record = &case.record;
                    let row = [&record.id, label.annotator.as_ref(), &record.system, grade];
                    write(row.map(Cell::from).into())
                })
            })?;
            Ok(ExportCounts { decisions_not_in_table: decisions, ..counts })
        }
        ExportedGrades::Grades => {
            let columns = GRADE_CSV_HEADER.map(|name| Column::new(name, type_of(name)));
            rows(cases, &columns, format, output, |case, write| write(grade_row(cases, case)))
        }
    }
}

/// Writes the rows of every case.
fn rows(
    cases: &GradeCases,
    columns: &[Column],
    format: TableFormat,
    output: &mut (dyn Write + Send),
    mut of_case: impl FnMut(&GradeCase, &mut dyn FnMut(Vec<Cell>) -> Result<()>) -> Result<()>,
) -> Result<ExportCounts> {
    let mut rows = format.begin(columns, output)?;
    let mut counts = ExportCounts::default();
    cases.for_each(|case| {
        of_case(&case, &mut |cells| {
            counts.written += 1;
            rows.row(cells)
        })
    })?;
    rows.end()?;
    Ok(counts)
}

/// Returns the type of a column of the grades.
fn type_of(name: &str) -> ColumnType {
    match name {
        "id" | "system" | "judge" | "outcome" => ColumnType::Text,
        "step" => ColumnType::OptionalNumber,
        _ => ColumnType::OptionalText,
    }
}

/// Returns the row of a response, in the order of [`GRADE_CSV_HEADER`].
fn grade_row(cases: &GradeCases, case: &GradeCase) -> Vec<Cell> {
    let (run, scale) = (cases.run(), cases.run().scale());
    let orders: &[OrderRecord<GradeReading>] = match cases.judge() {
        JudgeChoice::One(at) => &case.record.judged[at].orders,
        JudgeChoice::Jury => &[],
    };
    let direction = |at: usize| match orders.get(at)?.ballot {
        Ballot::Cast(grade) => Some(scale.name_of(grade)),
        _ => None,
    };
    let grade = case.verdict.grade;
    let step = grade
        .and_then(Grade::step)
        .map_or(Cell::Nothing, |step| Cell::Number(f64::from(step) + 1.0));
    let passes = grade.and_then(|grade| scale.passes(grade)).map(|passes| passes.to_string());
    let tags = &case.item.tags;
    let tags = (!tags.is_empty()).then(|| serde_json::json!(tags).to_string());
    vec![
        case.record.id.as_str().into(),
        case.record.system.as_str().into(),
        run.file().name_of(cases.judge()).into(),
        case.verdict.outcome.as_str().into(),
        grade.map(|grade| scale.name_of(grade)).into(),
        step,
        passes.into(),
        direction(0).into(),
        direction(1).into(),
        tags.into(),
    ]
}

/// Where exported grades come from, and how well their judge agrees with people.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct GradeProvenance {
    /// The version of the program that exported them.
    pub evenhand: &'static str,
    /// The layout.
    pub layout: String,
    /// The run file.
    pub run: String,
    /// The rubric, and its version.
    pub rubric: [String; 2],
    /// The judge, or `jury`.
    pub judge: String,
    /// The models of the judges, by the names that were requested.
    pub models: Vec<String>,
    /// What was written and left out.
    pub counts: ExportCounts,
    /// How well the judge agrees with people; `None` without labels.
    pub agreement: Option<MeasuredGrades>,
}

/// How well the judge agrees with labels of grades.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct MeasuredGrades {
    /// The label file.
    pub labels: String,
    /// Labelled responses.
    pub labelled: u64,
    /// Kept of all planned.
    pub coverage: Estimate,
    /// On kept grades.
    pub kept: KeptGrades,
    /// On every single reply.
    pub replies: GradeReplies,
    /// What changes how these numbers may be used.
    pub warnings: Vec<Warning>,
}

impl GradeProvenance {
    /// Describes an export, and measures its judge against labels where there are any.
    ///
    /// # Errors
    ///
    /// The run or the labels cannot be read.
    pub fn of(
        cases: &GradeCases,
        layout: &str,
        counts: ExportCounts,
        labels: Option<&DataFile>,
    ) -> Result<Self> {
        let run = cases.run().file();
        let rubric = run.rubric();
        let measure = |file: &DataFile| -> Result<MeasuredGrades> {
            let judge = cases.filter().judge.as_deref();
            let options = GradeCalibrationOptions { judge, part: None };
            let measured = calibrate_grades(cases.run(), file, options)?;
            Ok(MeasuredGrades::of(measured, file))
        };
        Ok(Self {
            evenhand: env!("CARGO_PKG_VERSION"),
            layout: layout.to_owned(),
            run: run.path().display().to_string(),
            rubric: [rubric.name.clone(), rubric.version.clone()],
            judge: run.name_of(cases.judge()).to_owned(),
            models: run.judges().iter().map(|judge| judge.record.model.clone()).collect(),
            counts,
            agreement: labels.map(measure).transpose()?,
        })
    }
}

impl MeasuredGrades {
    fn of(measured: GradeCalibration, file: &DataFile) -> Self {
        let warnings = measured.warnings();
        Self {
            labels: file.path().display().to_string(),
            labelled: measured.labelled,
            coverage: measured.coverage,
            kept: measured.kept,
            replies: measured.replies,
            warnings,
        }
    }
}
