//! Comparing two runs of grades.

use super::cases::{ComparedGrades, GradeDiffCases};
use super::matched::MatchedGrades;
use super::results::{GradeDiff, LabelledGradeAgreement};
use super::systems::system_changes;
use super::warnings::warnings;
use crate::calibration::CorrectVerdicts;
use crate::cases::GradeCaseLabels;
use crate::diff::agreement::PairedEstimates;
use crate::diff::compare::DiffOptions;
use crate::diff::manifest::{changed_fields, prompt_diff, rubric_diff};
use crate::diff::results::{RubricVersion, SCHEMA};
use crate::error::{Error, Result, counted, listed};
use crate::grading::{GradeAgreementChange, grade_agreement_change};
use crate::input::{DataFile, GradeLabels, read_grade_labels};
use crate::stats::mcnemar;
use crate::store::{GradeRun, RunFile};

/// Compares the grades that two runs read.
///
/// # Errors
///
/// A run or the labels cannot be read, a run has no such judge, the runs grade on other steps, they have no response in
/// common, or no label is about one of these.
pub fn compare_grades(
    mut before: GradeRun,
    mut after: GradeRun,
    options: DiffOptions<'_>,
) -> Result<ComparedGrades> {
    let DiffOptions { judge, judge_after, part, labels } = options;
    check_scales([&before, &after])?;
    let judges = [judge, judge_after.or(judge)];
    let matched = MatchedGrades::join([&before, &after], judges, part)?;
    if matched.responses.is_empty() {
        return Err(nothing_in_common([before.file(), after.file()], &matched));
    }
    before.file_mut().select(matched.rows(0));
    after.file_mut().select(matched.rows(1));
    let runs = [before.file(), after.file()];
    let rubrics = runs.map(RunFile::loaded_rubric);
    let manifest = changed_fields(runs, matched.judges.each_ref().map(Vec::as_slice))?;
    let read = labels
        .map(|file| read_grade_labels(file, &matched.tables[0].items, before.scale()))
        .transpose()?;
    let change = match (&read, labels) {
        (Some(read), Some(file)) => {
            let [one, other] = &matched.tables;
            let change = grade_agreement_change([one, other], read, part);
            Some(change.ok_or_else(|| no_label(file, read))?)
        }
        _ => None,
    };
    let (agreement, kappa) = change.as_ref().map(agreement).unzip();
    let number = |is: &dyn Fn(usize) -> bool| {
        (0..matched.responses.len()).filter(|at| is(*at)).count() as u64
    };
    let mut diff = GradeDiff {
        schema: SCHEMA,
        runs: runs.map(|run| run.path().display().to_string()),
        begun: runs.map(|run| run.manifest().created),
        judges: [0, 1].map(|side| runs[side].name_of(matched.choices[side]).to_owned()),
        rubrics: runs.map(|run| RubricVersion::new(&run.rubric().name, &run.rubric().version)),
        scales: matched.tables.each_ref().map(|table| table.scale.clone()),
        repeats: runs.map(|run| run.manifest().repeat),
        part,
        looks: None,
        changed: manifest.iter().map(|change| change.field.clone()).collect(),
        manifest,
        rubric_diff: rubric_diff(rubrics),
        prompt_diff: prompt_diff(rubrics),
        responses: matched.responses.len() as u64,
        items: matched.items(),
        only_before: matched.only[0],
        only_after: matched.only[1],
        texts_changed: matched.texts_changed.0,
        texts_changed_ids: matched.texts_changed.1.iter().map(ToString::to_string).collect(),
        asked: number(&|at| matched.responses[at].asked),
        copied: number(&|at| matched.responses[at].copied),
        changes: matched.changes(),
        coverage: matched.coverage(),
        systems: system_changes(&matched),
        agreement,
        kappa,
        redacted: false,
        warnings: Vec::new(),
    };
    diff.warnings = warnings(&diff, &matched);
    let annotators = read.as_ref().map(GradeLabels::annotator_names).unwrap_or_default();
    let labels = read.as_ref().map(|read| GradeCaseLabels::new(read, &matched.tables[0].items));
    let cases = GradeDiffCases::new([before, after], &matched, labels, annotators);
    Ok(ComparedGrades::new(diff, cases))
}

/// Checks that both runs grade on the same steps; what the steps mean, and which of them pass, may differ.
fn check_scales(runs: [&GradeRun; 2]) -> Result<()> {
    let steps = runs.map(|run| -> Vec<&str> {
        run.scale().steps.iter().map(|step| step.name.as_str()).collect()
    });
    if steps[0] == steps[1] {
        return Ok(());
    }
    let [before, after] = runs.map(|run| run.file().path().display());
    Err(Error::input(format!("{after}: this run grades on other steps than {before}"))
        .detail(format!("{before} has {}", listed(&steps[0])))
        .detail(format!("{after} has {}", listed(&steps[1])))
        .hint("compare runs whose rubrics have the same steps"))
}

fn agreement(change: &GradeAgreementChange) -> (LabelledGradeAgreement, PairedEstimates) {
    let [before, after] = change.kappa;
    let kappa = PairedEstimates::new(before, after, change.kappa_difference);
    let [before, after] = change.agreement;
    let CorrectVerdicts { both, only_before, only_after, neither } = change.correct;
    let any = both + only_before + only_after + neither > 0;
    let agreement = LabelledGradeAgreement {
        before,
        after,
        difference: change.difference,
        mcnemar_mid_p: mcnemar(only_before, only_after).ok().filter(|_| any).map(|test| test.mid_p),
        correct: change.correct,
        labelled: change.labelled,
        no_majority: change.no_majority,
        annotators: change.annotators,
        labels_unmatched: change.labels_unmatched,
        labels_blank: change.labels_blank,
    };
    (agreement, kappa)
}

fn no_label(file: &DataFile, read: &GradeLabels) -> Error {
    let error =
        Error::input(format!("{}: no label is about a response that both runs have", file.shown()));
    match (read.labels.len() + read.unmatched_ids.len(), read.blank) {
        (0, blank) if blank > 0 => error
            .detail(format!("{blank} are not filled in: their `grade` is null"))
            .hint("write the name of a step into `grade`, and a name into `annotator`"),
        (0, _) => Error::input(format!("{}: the file has no labels", file.shown()))
            .hint("give a file with the labels of responses that both runs have"),
        (labels, _) => error.detail(counted(
            labels as u64,
            "label is about another response",
            "labels are about other responses",
        )),
    }
}

fn nothing_in_common(runs: [&RunFile; 2], matched: &MatchedGrades) -> Error {
    let [before, after] = runs.map(|run| run.path().display());
    let error = Error::input(format!("{after}: no response is the same as in {before}"));
    let (changed, ids) = &matched.texts_changed;
    if *changed > 0 {
        let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
        return error
            .detail(format!(
                "{changed} have the same id and system, but another prompt, response, reference or context: {}",
                listed(&ids)
            ))
            .hint("compare runs of the same items: what changed here is not the judge alone");
    }
    let [only_before, only_after] = matched.only;
    error
        .detail(format!("{before} has {only_before} other responses, {after} {only_after}"))
        .hint("compare runs of the same items, with the same ids and names of systems")
}
