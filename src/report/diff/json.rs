//! The difference between two runs as JSON: one document that is written case by case.

use serde_json::{Value, json};

use super::sentences::diff_headline;
use crate::cases::Case;
use crate::diff::{ChangedCase, ComparedRuns};
use crate::error::{Error, Result};
use crate::report::cases::{judged_value, label_value, preference_name};
use crate::report::escape::json_line;

/// Writes the documented JSON document with the first `limit` comparisons, piece by piece.
///
/// # Errors
///
/// A run cannot be read, and whatever `write` returns.
pub fn diff_json(
    compared: &ComparedRuns,
    limit: u64,
    mut write: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let head = serde_json::to_value(&compared.diff).map_err(|error| {
        Error::internal(format!("cannot write the difference as JSON: {error}"))
    })?;
    let Value::Object(mut head) = head else {
        return Err(Error::internal("the difference is no JSON object"));
    };
    head.insert("headline".to_owned(), json!(diff_headline(&compared.diff).join(" ")));
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

/// Returns a comparison with the replies of both runs as the documented object.
pub(in crate::report) fn changed_case_value(compared: &ComparedRuns, case: &ChangedCase) -> Value {
    let redacted = compared.diff.redacted;
    let Case { item, record, labels, .. } = &case.before;
    let between = &record.between;
    let side = |run: usize, case: &Case| {
        let judges = compared.judged(run, case);
        let judges = judges.map(|(judge, judged)| judged_value(case, judge, judged, !redacted));
        let winner = case.verdict.winner.map(|winner| preference_name(winner, between));
        json!({
            "outcome": case.verdict.outcome,
            "winner": winner,
            "judges": judges.collect::<Vec<_>>(),
        })
    };
    let labels: Vec<Value> = labels.iter().map(|label| label_value(label, between)).collect();
    let mut value = json!({
        "id": record.id,
        "between": between,
        "change": case.change,
        "before": side(0, &case.before),
        "after": side(1, &case.after),
        "labels": compared.has_labels().then_some(labels),
        "right": case.right.map(|[before, after]| json!({ "before": before, "after": after })),
        "tags": item.tags,
    });
    if !redacted {
        let responses =
            between.iter().map(|system| (system.clone(), json!(item.responses.get(system))));
        value["prompt"] = json!(item.prompt);
        value["reference"] = json!(item.reference);
        value["context"] = json!(item.context);
        value["responses"] = responses.collect::<serde_json::Map<_, _>>().into();
    }
    value
}
