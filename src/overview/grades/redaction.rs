//! An overview of grades without texts, to share outside the team.

use super::results::GradeOverview;
use crate::overview::redaction::{
    Redaction, file_name, redact_judges, redact_model, redact_selection,
};

impl GradeOverview {
    /// Leaves out every text, folders and addresses; returns how annotators are named instead.
    pub fn redact(&mut self) -> Redaction {
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
        Redaction::default()
    }
}
