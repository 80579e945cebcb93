//! An overview of grades without texts, to share outside the team.

use super::results::GradeOverview;
use crate::grading::{GradeCalibration, GradeFinding};
use crate::overview::redaction::{
    Redaction, file_name, redact_differences, redact_judges, redact_model, redact_provenance,
    redact_selection,
};

impl GradeOverview {
    /// Leaves out every text, names of annotators, folders and addresses; returns how annotators are named instead.
    pub fn redact(&mut self) -> Redaction {
        let names = self.calibration.as_ref().map(|results| results.annotator_names.clone());
        let redaction = Redaction::of(names.unwrap_or_default());
        let run = &mut self.run;
        run.file = file_name(&run.file).to_owned();
        run.rubric.description = None;
        for criterion in &mut run.rubric.criteria {
            criterion.description = None;
        }
        for step in run.rubric.scale.steps.iter_mut().chain(&mut self.summary.scale.steps) {
            step.description = None;
        }
        redact_selection(&mut run.selection);
        redact_judges(&mut run.judges);
        let systems = self.generated.iter_mut().flat_map(|generated| &mut generated.systems);
        systems.flat_map(|system| &mut system.models).for_each(|one| redact_model(&mut one.model));
        for judge in &mut self.summary.judges {
            judge.unreadable_example = None;
        }
        if let Some(calibration) = &mut self.calibration {
            redact_calibration(calibration, &redaction);
        }
        redaction
    }
}

fn redact_calibration(results: &mut GradeCalibration, redaction: &Redaction) {
    redact_provenance(&mut results.provenance);
    let rename = |name: &mut String| *name = redaction.annotator(name);
    if let Some(human) = &mut results.human {
        human.pairwise_kappa.iter_mut().flat_map(|pair| &mut pair.annotators).for_each(rename);
    }
    let labelling = &mut results.labelling;
    labelling.annotators.iter_mut().map(|report| &mut report.annotator).for_each(rename);
    redact_differences(&mut labelling.differences, redaction);
    for finding in &mut results.findings {
        match finding {
            GradeFinding::SimilarAnnotators { annotators } => {
                annotators.iter_mut().for_each(rename);
            }
            GradeFinding::SkippedResponses { annotators, .. } => {
                annotators.iter_mut().for_each(rename);
            }
            _ => {}
        }
    }
    // Which fields a label file has is its owner's affair, and the message names the file.
    results.findings.retain(|finding| !matches!(finding, GradeFinding::UnusedLabelField { .. }));
    results.annotator_names.clear();
}
