//! A graded response as the page shows it: the JSON of its view, and what filters and sorting need of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::page_case::{
    PageCase, judges_of_both, keep, opening_of, redact_labels, redact_replies, right_by_people,
    without_change,
};
use crate::cases::{GradeCase, GradeCases};
use crate::diff::{ChangedGrade, ComparedGrades, GradeChange};
use crate::overview::Redaction;
use crate::report::cases::grade_case_value;
use crate::report::diff::{changed_grade_value, grade_change_words};
use crate::store::GradeRecord;
use crate::trial::Unit;
use crate::verdict::Ballot;

impl PageCase {
    /// Returns a graded response; with a redaction, only its names and numbers.
    pub(super) fn of_grade(
        cases: &GradeCases,
        case: &GradeCase,
        redaction: Option<&Redaction>,
    ) -> Self {
        let (record, item, scale) = (&case.record, &case.item, cases.run().scale());
        let judged: Vec<&GradeRecord> = cases.judged(case).map(|(_, judged)| judged).collect();
        let response = item.responses.get(&record.system);
        let mut view = grade_case_value(cases, case);
        match redaction {
            Some(redaction) => redact(&mut view, redaction),
            // As comparisons have them.
            None => view["responses"] = json!({ record.system.as_str(): view["response"].take() }),
        }
        Self {
            id: record.id.clone(),
            between: vec![record.system.clone()],
            state: case.verdict.outcome.as_str(),
            winner: None,
            verdict: case.verdict.grade.map_or("–", |grade| scale.name_of(grade)).to_owned(),
            people: cases.has_labels().then(|| case.verdict_and_people().as_str(Unit::Response)),
            tags: item.tags.clone(),
            flips: judged.iter().flat_map(|judged| changed_criteria(judged)).collect(),
            margin: mean_step(&judged),
            length: response.map_or(0, |response| response.to_text().chars().count()),
            outcomes: match judged.as_slice() {
                [_] => Vec::new(),
                several => several.iter().map(|one| one.verdict.outcome.as_str()).collect(),
            },
            opening: redaction.is_none().then(|| opening_of(item)),
            view,
        }
    }
}

impl PageCase {
    /// Returns a response with the grades of two runs. Its `judges` are those of both, each with the word for its run.
    pub(super) fn of_changed_grade(compared: &ComparedGrades, case: &ChangedGrade) -> Self {
        let GradeCase { record, item, .. } = &case.before;
        let mut view = changed_grade_value(compared, case);
        if !compared.diff.redacted {
            view["responses"] = json!({ record.system.as_str(): view["response"].take() });
        }
        view["judges"] = judges_of_both(&mut view).into();
        let judged: Vec<&GradeRecord> =
            compared.judged(1, &case.after).map(|(_, judged)| judged).collect();
        let response = item.responses.get(&record.system);
        Self {
            id: record.id.clone(),
            between: vec![record.system.clone()],
            state: match case.change {
                GradeChange::None => "same",
                change => change.as_str(),
            },
            winner: None,
            verdict: without_change(&grade_change_words(compared, case), case.change.is_change()),
            people: compared.has_labels().then(|| right_by_people(case.right)),
            tags: item.tags.clone(),
            flips: judged.iter().flat_map(|judged| changed_criteria(judged)).collect(),
            margin: mean_step(&judged),
            length: response.map_or(0, |response| response.to_text().chars().count()),
            outcomes: Vec::new(),
            opening: (!compared.diff.redacted).then(|| opening_of(item)),
            view,
        }
    }
}

/// Returns the criteria whose grade changed with the direction of the scale.
fn changed_criteria(judged: &GradeRecord) -> BTreeSet<String> {
    let [written, reversed] = judged.orders.as_slice() else { return BTreeSet::new() };
    let (Some(one), Some(other)) = (written.reading(), reversed.reading()) else {
        return BTreeSet::new();
    };
    let changed = one.criteria.iter().filter(|(criterion, grade)| {
        other.criteria.get(*criterion).is_some_and(|other| other != *grade)
    });
    changed.map(|(criterion, _)| criterion.clone()).collect()
}

/// Returns the mean step over all judges and directions, counted from 1; `None` without one.
fn mean_step(judged: &[&GradeRecord]) -> Option<f64> {
    let steps = judged.iter().flat_map(|judged| &judged.orders).filter_map(|order| {
        let Ballot::Cast(grade) = order.ballot else { return None };
        grade.step().map(f64::from)
    });
    let (sum, n) = steps.fold((0.0, 0.0), |(sum, n), step| (sum + step, n + 1.0));
    (n > 0.0).then(|| sum / n + 1.0)
}

/// Keeps of the view of a case only what is no text, and numbers in place of the names of annotators.
fn redact(view: &mut Value, redaction: &Redaction) {
    keep(view, &["id", "system", "outcome", "grade", "tags", "labels", "judges"]);
    redact_labels(view, redaction, &["annotator", "grade", "adjudicated"]);
    redact_replies(view);
}
