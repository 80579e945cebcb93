//! Where exported data come from, and how far their judge can be trusted: the file beside them.

use serde::Serialize;

use super::ExportCounts;
use crate::calibration::{
    Calibration, CalibrationOptions, KeptAgreement, OrderAgreement, calibrate,
};
use crate::cases::Cases;
use crate::error::{Result, Warning};
use crate::input::DataFile;
use crate::stats::Estimate;

/// Where exported data come from, and how well their judge agrees with people.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Provenance {
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
    pub agreement: Option<MeasuredAgreement>,
}

/// How well the judge agrees with the labels.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct MeasuredAgreement {
    /// The label file.
    pub labels: String,
    /// Labelled comparisons.
    pub labelled: u64,
    /// Kept of all planned.
    pub coverage: Estimate,
    /// On kept verdicts: what the pairs are.
    pub kept: KeptAgreement,
    /// On every single reply.
    pub orders: OrderAgreement,
    /// What changes how these numbers may be used.
    pub warnings: Vec<Warning>,
}

impl Provenance {
    /// Describes an export, and measures its judge against labels where there are any.
    ///
    /// # Errors
    ///
    /// The run or the labels cannot be read.
    pub fn of(
        cases: &Cases,
        layout: &str,
        counts: ExportCounts,
        labels: Option<&DataFile>,
    ) -> Result<Self> {
        let run = cases.run();
        let rubric = run.rubric();
        let agreement = labels.map(|file| -> Result<MeasuredAgreement> {
            let options =
                CalibrationOptions { judge: cases.filter().judge.as_deref(), ..Default::default() };
            let measured = calibrate(run, file, options)?;
            Ok(MeasuredAgreement::of(measured, file))
        });
        Ok(Self {
            evenhand: env!("CARGO_PKG_VERSION"),
            layout: layout.to_owned(),
            run: run.path().display().to_string(),
            rubric: [rubric.name.clone(), rubric.version.clone()],
            judge: run.name_of(cases.judge()).to_owned(),
            models: run.asked_judges().iter().map(|judge| judge.record.model.clone()).collect(),
            counts,
            agreement: agreement.transpose()?,
        })
    }
}

impl MeasuredAgreement {
    fn of(measured: Calibration, file: &DataFile) -> Self {
        let warnings = measured.warnings();
        Self {
            labels: file.path().display().to_string(),
            labelled: measured.labelled,
            coverage: measured.coverage,
            kept: measured.kept,
            orders: measured.orders,
            warnings,
        }
    }
}
