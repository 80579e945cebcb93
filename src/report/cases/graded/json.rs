//! Graded responses as JSON: one document that is written case by case.

use serde_json::{Value, json};

use crate::cases::{GradeCase, GradeCaseLabel, GradeCases};
use crate::input::Scale;
use crate::report::escape::json_line;
use crate::report::grading::{GradeVerdictLine, json_grade_verdict};
use crate::store::{GradeRecord, StoredJudge};

/// Returns the beginning of the document, up to its first case; it ends as that of comparisons does.
pub fn grade_cases_json_begin(cases: &GradeCases) -> String {
    let run = cases.run().file();
    let rubric = run.rubric();
    let head = json!({
        "run": run.path().display().to_string(),
        "judge": run.name_of(cases.judge()),
        "rubric": { "name": rubric.name, "version": rubric.version },
        "scale": cases.run().scale(),
        "outcomes": cases.outcomes(),
        "matching": cases.matching(),
        "shown": cases.shown(),
        "cases": [],
    });
    let head = json_line(&head.to_string()).into_owned();
    head.trim_end_matches("]}").to_owned()
}

/// Returns a graded response as the documented object, in a line of its own.
pub fn json_grade_case(cases: &GradeCases, case: &GradeCase) -> String {
    let comma = if case.number > 1 { "," } else { "" };
    format!("{comma}\n{}", json_line(&grade_case_value(cases, case).to_string()))
}

/// Returns what a judge said of a response, without what all judges of the case have in common; `replies` adds every
/// stored attempt.
pub(in crate::report) fn judged_value(
    GradeCase { item, record, .. }: &GradeCase,
    judge: &StoredJudge,
    judged: &GradeRecord,
    scale: &Scale,
    replies: bool,
) -> Value {
    let line = GradeVerdictLine {
        id: &record.id,
        system: &record.system,
        judge: &judge.record.name,
        tags: &item.tags,
        record: judged,
        scale,
    };
    let mut grade = json_grade_verdict(line, replies);
    if let Some(grade) = grade.as_object_mut() {
        grade.retain(|key, _| !["id", "system", "tags"].contains(&key.as_str()));
    }
    grade
}

/// Returns a label, in which a note and who disagreed before are left out where there are none.
pub(in crate::report) fn label_value(label: &GradeCaseLabel, scale: &Scale) -> Value {
    let grade = scale.name_of(label.grade);
    let mut value = json!({ "annotator": label.annotator, "grade": grade });
    if let Some(why) = label.adjudicated {
        value["adjudicated"] = why.as_str().into();
    }
    if let Some(note) = &label.note {
        value["note"] = json!(note);
    }
    value
}

/// Returns a graded response as the documented object.
pub(in crate::report) fn grade_case_value(cases: &GradeCases, case: &GradeCase) -> Value {
    let (record, item, scale) = (&case.record, &case.item, cases.run().scale());
    let judges =
        cases.judged(case).map(|(judge, judged)| judged_value(case, judge, judged, scale, true));
    let label = |label: &GradeCaseLabel| label_value(label, scale);
    json!({
        "id": record.id,
        "system": record.system,
        "outcome": case.verdict.outcome,
        "grade": case.verdict.grade.map(|grade| scale.name_of(grade)),
        "tags": item.tags,
        "prompt": item.prompt,
        "reference": item.reference,
        "context": item.context,
        "response": item.responses.get(&record.system),
        "labels": cases.has_labels().then(|| case.labels.iter().map(label).collect::<Vec<_>>()),
        "judges": judges.collect::<Vec<_>>(),
    })
}
