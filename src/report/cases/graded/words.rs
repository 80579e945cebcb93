//! Grades and labels of grades in words.

use crate::cases::{GradeCase, GradeCases};
use crate::input::Scale;
use crate::report::cases::words::{SaidByPerson, people_words};
use crate::report::outcomes::outcome_list;
use crate::report::quantities::{count, counted};
use crate::verdict::GradeVerdict;

/// Returns what the cases are: `falcon, rubric helpfulness 1.0.0, 84 of 100 responses: changed`.
pub(super) fn title(cases: &GradeCases) -> String {
    let run = cases.run().file();
    let (judge, rubric) = (run.name_of(cases.judge()), run.rubric());
    let all: u64 = cases.outcomes().iter().map(|(_, number)| number).sum();
    let responses = counted(all, "response");
    let (number, outcome) = match cases.filter().outcome {
        Some(outcome) => (
            format!("{} of {responses}", count(cases.matching())),
            format!(": {}", outcome.as_str()),
        ),
        None => (responses, String::new()),
    };
    format!("{judge}, rubric {} {}, {number}{outcome}", rubric.name, rubric.version)
}

/// Returns which of the cases follow, and the grades that the rubric allows, in sentences.
pub(super) fn selection(cases: &GradeCases) -> [String; 2] {
    let mut outcomes = outcome_list(cases.outcomes());
    if cases.shown() < cases.matching() {
        let [shown, matching] = [cases.shown(), cases.matching()].map(count);
        outcomes = format!("{outcomes}; shown: {shown} of {matching}");
    }
    let scale = cases.run().scale();
    let steps: Vec<&str> = scale.steps.iter().map(|step| step.name.as_str()).collect();
    let passing = scale.pass_from.map(|step| steps[usize::from(step)]);
    let passing = passing.map(|step| format!("; passes from {step}")).unwrap_or_default();
    [outcomes, format!("scale: {}{passing}", steps.join(" < "))]
}

/// Returns the place of a case: `3 of 84`.
pub(super) fn place(cases: &GradeCases, case: &GradeCase) -> String {
    format!("{} of {}", count(case.number), count(cases.matching()))
}

/// Returns how the grading of a response ended: `changed`, `kept: good`.
pub(in crate::report) fn verdict(verdict: GradeVerdict, scale: &Scale) -> String {
    let outcome = verdict.outcome.as_str();
    match verdict.grade {
        Some(grade) => format!("{outcome}: {}", scale.name_of(grade)),
        None => outcome.to_owned(),
    }
}

/// Returns the tags of a case: `lang=en, topic=advice`.
pub(super) fn tags(case: &GradeCase) -> String {
    let tags = case.item.tags.iter().map(|(tag, value)| format!("{tag}={value}"));
    tags.collect::<Vec<_>>().join(", ")
}

/// Returns the grades of people, in the words of [`people_words`]: `ana: good, ben: fair; no majority`.
pub(in crate::report) fn people(case: &GradeCase, scale: &Scale) -> String {
    let said = case.labels.iter().map(|label| SaidByPerson {
        annotator: &label.annotator,
        choice: scale.name_of(label.grade),
        adjudicated: label.adjudicated,
    });
    let most = case.people_grade().map(|grade| scale.name_of(grade));
    people_words(&said.collect::<Vec<_>>(), most)
}

/// Returns the notes of annotators, each with the name.
pub(super) fn notes(case: &GradeCase) -> impl Iterator<Item = (&str, &str)> {
    case.labels.iter().filter_map(|label| Some((&*label.annotator, label.note.as_deref()?)))
}
