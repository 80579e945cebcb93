//! Cases as JSON: one document that is written case by case.

use serde_json::{Value, json};

use super::words::preferred;
use crate::cases::{Case, CaseLabel, Cases};
use crate::report::escape::json_line;
use crate::report::verdicts::{VerdictLine, json_verdict};
use crate::store::{StoredJudge, VerdictRecord};
use crate::verdict::DecisionRule;

/// Returns the beginning of the document, up to its first case.
pub fn cases_json_begin(cases: &Cases) -> String {
    let (run, rubric) = (cases.run(), cases.run().rubric());
    let head = json!({
        "run": run.path().display().to_string(),
        "judge": run.name_of(cases.judge()),
        "rubric": { "name": rubric.name, "version": rubric.version },
        "outcomes": cases.outcomes(),
        "matching": cases.matching(),
        "shown": cases.shown(),
        "cases": [],
    });
    let head = json_line(&head.to_string()).into_owned();
    head.trim_end_matches("]}").to_owned()
}

/// Returns a case as the documented object, in a line of its own.
pub fn json_case(cases: &Cases, case: &Case) -> String {
    let value = case_value(cases, case);
    let comma = if case.number > 1 { "," } else { "" };
    format!("{comma}\n{}", json_line(&value.to_string()))
}

/// Returns the end of the document.
pub fn cases_json_end() -> &'static str {
    "\n]}\n"
}

/// Returns the verdict of a judge on a case, without what all judges of the case have in common; `replies` adds every
/// stored attempt.
pub(in crate::report) fn judged_value(
    Case { item, record, .. }: &Case,
    judge: &StoredJudge,
    judged: &VerdictRecord,
    replies: bool,
) -> Value {
    let line = VerdictLine {
        id: &record.id,
        between: &record.between,
        judge: &judge.record.name,
        tags: &item.tags,
        record: judged,
        rule: DecisionRule::BothOrders,
    };
    let mut verdict = json_verdict(line, replies);
    if let Some(verdict) = verdict.as_object_mut() {
        verdict.retain(|key, _| !["id", "between", "tags"].contains(&key.as_str()));
    }
    verdict
}

/// Returns a label, in which a note and who disagreed before are left out where there are none.
pub(in crate::report) fn label_value(label: &CaseLabel, between: &[String; 2]) -> Value {
    let winner = preferred(label.preference, between);
    let mut value = json!({ "annotator": label.annotator, "winner": winner });
    if let Some(why) = label.adjudicated {
        value["adjudicated"] = why.as_str().into();
    }
    if let Some(note) = &label.note {
        value["note"] = json!(note);
    }
    value
}

/// Returns a case as the documented object.
pub(in crate::report) fn case_value(cases: &Cases, case: &Case) -> Value {
    let (record, item) = (&case.record, &case.item);
    let between = &record.between;
    let judges = cases.judged(case).map(|(judge, judged)| judged_value(case, judge, judged, true));
    let label = |label: &CaseLabel| label_value(label, between);
    let responses =
        between.iter().map(|system| (system.clone(), json!(item.responses.get(system))));
    json!({
        "id": record.id,
        "between": between,
        "outcome": case.verdict.outcome,
        "winner": case.verdict.winner.map(|winner| preferred(winner, between)),
        "tags": item.tags,
        "prompt": item.prompt,
        "reference": item.reference,
        "context": item.context,
        "responses": responses.collect::<serde_json::Map<_, _>>(),
        "labels": cases.has_labels().then(|| case.labels.iter().map(label).collect::<Vec<_>>()),
        "judges": judges.collect::<Vec<_>>(),
    })
}
