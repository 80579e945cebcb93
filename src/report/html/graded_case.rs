//! A graded response as the page shows it: the JSON of its view, and what filters and sorting need of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::page_case::{PageCase, keep, opening_of, redact_reply};
use crate::input::{Item, Scale};
use crate::overview::Redaction;
use crate::report::grading::{GradeVerdictLine, json_grade_verdict};
use crate::store::{GradeRecord, GradeRun, GradedResponse, JudgeChoice};
use crate::verdict::Ballot;

impl PageCase {
    /// Returns a graded response; with a redaction, only its names and numbers.
    pub(super) fn of_grade(
        run: &GradeRun,
        choice: JudgeChoice,
        record: &GradedResponse,
        item: &Item,
        redaction: Option<&Redaction>,
    ) -> Self {
        let scale = run.scale();
        let names = run.file().judges().iter().map(|judge| judge.record.name.as_str());
        let all: Vec<(&str, &GradeRecord)> = names.zip(&record.judged).collect();
        let judged = match choice {
            JudgeChoice::One(at) => &all[at..=at],
            JudgeChoice::Jury => &all,
        };
        let verdict = match choice {
            JudgeChoice::One(at) => record.judged[at].verdict,
            JudgeChoice::Jury => record.jury().verdict,
        };
        let grade = verdict.grade.map_or("–", |grade| scale.name_of(grade));
        let response = item.responses.get(&record.system);
        let mut view = json!({
            "id": record.id,
            "system": record.system,
            "outcome": verdict.outcome,
            "grade": verdict.grade.map(|grade| scale.name_of(grade)),
            "tags": item.tags,
            "prompt": item.prompt,
            "reference": item.reference,
            "context": item.context,
            "responses": { record.system.as_str(): response },
            "judges": judged.iter().map(|one| judge_value(record, item, scale, *one)).collect::<Vec<_>>(),
        });
        if redaction.is_some() {
            redact(&mut view);
        }
        Self {
            id: record.id.clone(),
            between: vec![record.system.clone()],
            state: verdict.outcome.as_str(),
            winner: None,
            verdict: grade.to_owned(),
            people: None,
            tags: item.tags.clone(),
            flips: judged.iter().flat_map(|(_, judged)| changed_criteria(judged)).collect(),
            margin: mean_step(judged),
            length: response.map_or(0, |response| response.to_text().chars().count()),
            outcomes: match judged {
                [_] => Vec::new(),
                several => several.iter().map(|(_, one)| one.verdict.outcome.as_str()).collect(),
            },
            opening: redaction.is_none().then(|| opening_of(item)),
            view,
        }
    }
}

/// Returns the grade of a judge, without what all judges of the response have in common.
fn judge_value(
    record: &GradedResponse,
    item: &Item,
    scale: &Scale,
    (judge, judged): (&str, &GradeRecord),
) -> Value {
    let line = GradeVerdictLine {
        id: &record.id,
        system: &record.system,
        judge,
        tags: &item.tags,
        record: judged,
        scale,
    };
    let mut value = json_grade_verdict(line, true);
    if let Some(value) = value.as_object_mut() {
        value.retain(|key, _| !["id", "system", "tags"].contains(&key.as_str()));
    }
    value
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
fn mean_step(judged: &[(&str, &GradeRecord)]) -> Option<f64> {
    let steps = judged.iter().flat_map(|(_, judged)| &judged.orders).filter_map(|order| {
        let Ballot::Cast(grade) = order.ballot else { return None };
        grade.step().map(f64::from)
    });
    let (sum, n) = steps.fold((0.0, 0.0), |(sum, n), step| (sum + step, n + 1.0));
    (n > 0.0).then(|| sum / n + 1.0)
}

/// Keeps of the view of a case only what is no text.
fn redact(view: &mut Value) {
    keep(view, &["id", "system", "outcome", "grade", "tags", "judges"]);
    let judges = view["judges"].as_array_mut().into_iter().flatten();
    let orders = judges.flat_map(|judge| judge["orders"].as_array_mut().into_iter().flatten());
    orders
        .flat_map(|order| order["replies"].as_array_mut().into_iter().flatten())
        .for_each(redact_reply);
}
