//! The difference between two runs of grades as JSON: one document that is written case by case.

use serde_json::{Value, json};

use super::sentences::grade_diff_headline;
use crate::cases::GradeCase;
use crate::diff::{ChangedGrade, ComparedGrades};
use crate::error::{Error, Result};
use crate::report::cases::{grade_judged_value, grade_label_value};
use crate::report::escape::json_line;

/// Writes the documented JSON document with the first `limit` responses, piece by piece.
///
/// # Errors
///
/// A run cannot be read, and whatever `write` returns.
pub fn grade_diff_json(
    compared: &ComparedGrades,
    limit: u64,
    mut write: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let head = serde_json::to_value(&compared.diff).map_err(|error| {
        Error::internal(format!("cannot write the difference as JSON: {error}"))
    })?;
    let Value::Object(mut head) = head else {
        return Err(Error::internal("the difference is no JSON object"));
    };
    head.insert("headline".to_owned(), json!(grade_diff_headline(&compared.diff).join(" ")));
    head.insert("cases".to_owned(), json!([]));
    let head = Value::Object(head).to_string();
    write(json_line(&head).trim_end_matches("]}"))?;
    compared.for_each_case(limit, |case| {
        let comma = if case.before.number > 1 { "," } else { "" };
        let value = changed_case_value(compared, &case);
        write(&format!("{comma}\n{}", json_line(&value.to_string())))
    })?;
    write("\n]}\n")
}

/// Returns a response with the replies of both runs as the documented object.
pub(in crate::report) fn changed_case_value(
    compared: &ComparedGrades,
    case: &ChangedGrade,
) -> Value {
    let redacted = compared.diff.redacted;
    let GradeCase { item, record, labels, .. } = &case.before;
    let side = |run: usize, case: &GradeCase| {
        let scale = compared.runs()[run].scale();
        let judges = compared.judged(run, case);
        let judges =
            judges.map(|(judge, judged)| grade_judged_value(case, judge, judged, scale, !redacted));
        json!({
            "outcome": case.verdict.outcome,
            "grade": case.verdict.grade.map(|grade| scale.name_of(grade)),
            "judges": judges.collect::<Vec<_>>(),
        })
    };
    let scale = &compared.diff.scales[0];
    let labels: Vec<Value> = labels.iter().map(|label| grade_label_value(label, scale)).collect();
    let mut value = json!({
        "id": record.id,
        "system": record.system,
        "change": case.change,
        "before": side(0, &case.before),
        "after": side(1, &case.after),
        "labels": compared.has_labels().then_some(labels),
        "right": case.right.map(|[before, after]| json!({ "before": before, "after": after })),
        "tags": item.tags,
    });
    if !redacted {
        value["prompt"] = json!(item.prompt);
        value["reference"] = json!(item.reference);
        value["context"] = json!(item.context);
        value["response"] = json!(item.responses.get(&record.system));
    }
    value
}
