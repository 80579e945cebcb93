//! One line per comparison, as JSON or CSV.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::escape::csv_cell;
use crate::judge::Reply;
use crate::store::{OrderRecord, TrialRecord, VerdictRecord};
use crate::trial::Order;
use crate::verdict::{Ballot, DecisionRule, Outcome, Verdict};
use crate::vote::Answer;

/// The verdict on one comparison, as `verdicts` prints it.
#[derive(Debug, Clone, Copy)]
pub struct VerdictLine<'a> {
    /// The item's id.
    pub id: &'a str,
    /// The two systems, in byte order.
    pub between: &'a [String; 2],
    /// The judge, or `jury`; of a cascade the judge that gave the verdict.
    pub judge: &'a str,
    /// The tags of the item.
    pub tags: &'a BTreeMap<String, String>,
    /// The verdict, with what both orders said.
    pub record: &'a VerdictRecord,
    /// The rule by which `outcome` and `winner` are those of the line.
    pub rule: DecisionRule,
}

/// The columns of [`csv_row`].
pub const CSV_HEADER: [&str; 18] = [
    "id",
    "a",
    "b",
    "judge",
    "outcome",
    "winner",
    "a_first_vote",
    "a_first_preference",
    "a_first_confidence",
    "b_first_vote",
    "b_first_preference",
    "b_first_confidence",
    "a_probability",
    "b_probability",
    "tie_probability",
    "margin",
    "decided_by",
    "tags",
];

fn winner(verdict: Verdict, between: &[String; 2]) -> Option<&str> {
    let kept = verdict.winner.filter(|_| verdict.outcome == Outcome::Kept);
    kept.map(|winner| winner.name_in(between))
}

/// Returns a verdict as the documented JSON object; `replies` adds every stored attempt to each order.
pub fn json_verdict(line: VerdictLine<'_>, replies: bool) -> Value {
    let VerdictLine { id, between, judge, tags, record, rule } = line;
    let (verdict, mean) = (record.verdict_by(rule), record.distribution());
    let [a, b] = between;
    let orders: Vec<Value> =
        record.orders.iter().map(|order| json_order(order, between, replies)).collect();
    let mut line = json!({
        "id": id,
        "between": between,
        "judge": judge,
        "outcome": verdict.outcome,
        "winner": winner(verdict, between),
        "decided_by": rule,
        "probability": mean.map(|mean| json!({ a: mean.a, b: mean.b, "tie": mean.tie })),
        "margin": mean.map(|mean| mean.margin()),
        "tags": tags,
        "orders": orders,
    });
    if let Some(given_by) = record.given_by {
        line["given_by"] = json!(given_by);
    }
    line
}

fn json_order(judged: &OrderRecord, between: &[String; 2], replies: bool) -> Value {
    let (first, second) = match judged.order {
        Order::AFirst => (&between[0], &between[1]),
        Order::BFirst => (&between[1], &between[0]),
    };
    let vote = |ballot: Ballot| match ballot {
        Ballot::Cast(vote) => Some(vote),
        _ => None,
    };
    let reading = judged.reading();
    let mut order = Map::new();
    let mut set = |key: &str, value: Value| order.insert(key.to_owned(), value);
    set("first", json!(first));
    set("second", json!(second));
    set("preference", json!(judged.preference().map(|preference| preference.name_in(between))));
    set("vote", json!(vote(judged.ballot)));
    set("confidence", json!(reading.and_then(|reading| reading.confidence)));
    set("criteria", json!(reading.map(|reading| reading.criteria.clone()).unwrap_or_default()));
    if let Some(reason) = judged.pending_reason() {
        set("pending", json!(reason));
    }
    if judged.trials.len() > 1 {
        let votes: Vec<_> = judged.trials.iter().map(|trial| vote(trial.ballot)).collect();
        set("votes", json!(votes));
    }
    if replies {
        set("replies", json_attempts(judged, recorded_fields));
    }
    Value::Object(order)
}

/// Returns every stored attempt at the trials of an order, or of a direction of a scale; `recorded` returns the fields of
/// what a reply says without any text.
pub(super) fn json_attempts<A: Answer>(
    judged: &OrderRecord<A>,
    recorded: impl Fn(&Reply) -> Value,
) -> Value {
    let attempts = judged.trials.iter().flat_map(TrialRecord::attempts_with_reasons);
    let attempts = attempts.map(|(attempt, unreadable)| {
        let reply = &attempt.reply;
        let begin = json!({
            "repeat": attempt.key.repeat,
            "attempt": attempt.number,
            "ending": attempt.result.as_str(),
            "reply": reply.text,
        });
        let end = json!({
            "unreadable": unreadable,
            "reasoning": reply.reasoning,
            "refusal": reply.refusal,
            "error": attempt.error,
            "status": reply.status,
            "finish_reason": reply.finish_reason,
            "prompt_tokens": reply.usage.map(|usage| usage.prompt),
            "cached_prompt_tokens": reply.usage.map(|usage| usage.cached),
            "completion_tokens": reply.usage.map(|usage| usage.completion),
            "reasoning_tokens": reply.usage.map(|usage| usage.reasoning),
            "cost_usd": attempt.cost,
            "latency_ms": (!attempt.batched).then_some(attempt.latency_ms),
            "model": reply.model,
            "fingerprint": reply.fingerprint,
            "reused": attempt.reused,
        });
        let fields = [begin, recorded(reply), end].into_iter().filter_map(|part| match part {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        Value::Object(fields.flatten().collect())
    });
    attempts.collect()
}

/// Returns what a reply to a comparison says without any text.
fn recorded_fields(reply: &Reply) -> Value {
    json!({
        "recorded_vote": reply.recorded_vote.map(|recorded| {
            json!({ "vote": recorded.vote, "probability": recorded.probability })
        }),
        "order_unknown": reply.is_order_unknown,
    })
}

/// Returns a verdict as a CSV row, escaped for spreadsheets; the columns are [`CSV_HEADER`].
pub fn csv_row(line: VerdictLine<'_>) -> Vec<String> {
    let VerdictLine { id, between, judge, tags, record, rule } = line;
    let verdict = record.verdict_by(rule);
    let text = |text: &str| csv_cell(text).into_owned();
    let mut row = vec![
        text(id),
        text(&between[0]),
        text(&between[1]),
        text(judge),
        verdict.outcome.as_str().to_owned(),
        winner(verdict, between).map(text).unwrap_or_default(),
    ];
    for judged in &record.orders {
        let vote = match judged.ballot {
            Ballot::Cast(vote) => vote.as_str(),
            _ => "",
        };
        row.push(vote.to_owned());
        row.push(
            judged
                .preference()
                .map(|preference| text(preference.name_in(between)))
                .unwrap_or_default(),
        );
        let confidence = judged.reading().and_then(|reading| reading.confidence);
        row.push(confidence.map(|confidence| confidence.to_string()).unwrap_or_default());
    }
    row.resize(CSV_HEADER.len() - 6, String::new());
    match record.distribution() {
        Some(mean) => {
            row.extend([mean.a, mean.b, mean.tie, mean.margin()].map(|share| share.to_string()));
        }
        None => row.extend([const { String::new() }; 4]),
    }
    row.push(rule.as_str().to_owned());
    row.push(if tags.is_empty() { String::new() } else { text(&json!(tags).to_string()) });
    row
}
