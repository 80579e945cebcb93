//! One line per graded response, as JSON or CSV.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::input::{Grade, Scale};
use crate::report::escape::csv_cell;
use crate::report::verdicts::json_attempts;
use crate::store::{GradeRecord, OrderRecord};
use crate::trial::ScaleOrder;
use crate::verdict::{Ballot, GradeVerdict};
use crate::vote::GradeReading;

/// The grade of one response, as `verdicts` prints it.
#[derive(Debug, Clone, Copy)]
pub struct GradeVerdictLine<'a> {
    /// The item's id.
    pub id: &'a str,
    /// The system that gave the response.
    pub system: &'a str,
    /// The judge, or `jury`.
    pub judge: &'a str,
    /// The tags of the item.
    pub tags: &'a BTreeMap<String, String>,
    /// The grade, with what both directions of the scale said.
    pub record: &'a GradeRecord,
    /// The grades that the rubric allows.
    pub scale: &'a Scale,
}

/// The columns of [`grade_csv_row`].
pub const GRADE_CSV_HEADER: [&str; 10] = [
    "id",
    "system",
    "judge",
    "outcome",
    "grade",
    "step",
    "passes",
    "written_grade",
    "reversed_grade",
    "tags",
];

/// Returns the name of the grade that a ballot casts.
pub(in crate::report) fn ballot_grade(ballot: Ballot<Grade>, scale: &Scale) -> Option<&str> {
    match ballot {
        Ballot::Cast(grade) => Some(scale.name_of(grade)),
        _ => None,
    }
}

/// Returns the grade of a response as the documented JSON object; `replies` adds every stored attempt to each direction.
pub fn json_grade_verdict(line: GradeVerdictLine<'_>, replies: bool) -> Value {
    let GradeVerdictLine { id, system, judge, tags, record, scale } = line;
    let GradeVerdict { outcome, grade } = record.verdict;
    let orders: Vec<Value> =
        record.orders.iter().map(|order| json_direction(order, scale, replies)).collect();
    json!({
        "id": id,
        "system": system,
        "judge": judge,
        "outcome": outcome,
        "grade": grade.map(|grade| scale.name_of(grade)),
        "tags": tags,
        "orders": orders,
    })
}

fn json_direction(judged: &OrderRecord<GradeReading>, scale: &Scale, replies: bool) -> Value {
    let criteria: Map<String, Value> = judged
        .reading()
        .into_iter()
        .flat_map(|reading| &reading.criteria)
        .map(|(criterion, grade)| (criterion.clone(), scale.name_of(*grade).into()))
        .collect();
    let mut direction = Map::new();
    let mut set = |key: &str, value: Value| direction.insert(key.to_owned(), value);
    set("scale", ScaleOrder::from(judged.order).as_str().into());
    set("grade", json!(ballot_grade(judged.ballot, scale)));
    set("criteria", criteria.into());
    if let Some(reason) = judged.pending_reason() {
        set("pending", json!(reason));
    }
    if judged.trials.len() > 1 {
        let votes = judged.trials.iter().map(|trial| json!(ballot_grade(trial.ballot, scale)));
        set("votes", votes.collect());
    }
    if replies {
        set(
            "replies",
            json_attempts(judged, |reply| json!({ "recorded_grade": reply.recorded_grade })),
        );
    }
    Value::Object(direction)
}

/// Returns the grade of a response as a CSV row, escaped for spreadsheets; the columns are [`GRADE_CSV_HEADER`].
///
/// `step` counts from 1, the worst; it is empty where the response cannot be assessed, and so is `passes`, which is also
/// empty where the rubric does not say what passes.
pub fn grade_csv_row(line: GradeVerdictLine<'_>) -> Vec<String> {
    let GradeVerdictLine { id, system, judge, tags, record, scale } = line;
    let GradeVerdict { outcome, grade } = record.verdict;
    let text = |text: &str| csv_cell(text).into_owned();
    let step = grade.and_then(Grade::step).map(|step| (u32::from(step) + 1).to_string());
    let passes = grade.and_then(|grade| scale.passes(grade)).map(|passes| passes.to_string());
    let mut row = vec![
        text(id),
        text(system),
        text(judge),
        outcome.as_str().to_owned(),
        grade.map(|grade| text(scale.name_of(grade))).unwrap_or_default(),
        step.unwrap_or_default(),
        passes.unwrap_or_default(),
    ];
    let directions = record.orders.iter();
    row.extend(
        directions.map(|order| ballot_grade(order.ballot, scale).map(text).unwrap_or_default()),
    );
    row.resize(GRADE_CSV_HEADER.len() - 1, String::new());
    row.push(if tags.is_empty() { String::new() } else { text(&json!(tags).to_string()) });
    row
}
