//! An attempt as a row of the run file.

use std::sync::LazyLock;

use super::attempt::{Attempt, Ending, TrialKey};
use super::store::{Database, Queried, Row, ToSql, unreadable};
use crate::judge::{Reply, TokenLogprob, Usage};
use crate::trial::Order;

/// The columns of an attempt, in the order in which they are written and read.
pub(super) const COLUMNS: &str = "comparison, judge, b_first, repeat, number, ending, request, by_schema, reply, \
     refusal, logprobs, error, status, finish_reason, prompt_tokens, completion_tokens, cost, \
     latency_ms, model, fingerprint, reused, unsettled";

static INSERT: LazyLock<String> =
    LazyLock::new(|| format!("INSERT INTO attempt ({COLUMNS}) VALUES ({}?)", "?, ".repeat(21)));

/// Writes an attempt.
pub(super) fn insert(database: &Database, attempt: &Attempt) -> Queried<()> {
    let mut statement = database.cached(&INSERT)?;
    let (key, reply) = (&attempt.key, &attempt.reply);
    let values: [&dyn ToSql; 22] = [
        &key.comparison,
        &key.judge,
        &(key.order == Order::BFirst),
        &key.repeat,
        &attempt.number,
        &attempt.ending.as_str(),
        &attempt.request,
        &reply.schema_requested,
        &reply.text,
        &reply.refusal,
        &logprobs_to_text(&reply.logprobs),
        &attempt.error,
        &reply.status,
        &reply.finish_reason,
        &reply.usage.map(|usage| usage.prompt as i64),
        &reply.usage.map(|usage| usage.completion as i64),
        &attempt.cost,
        &attempt.latency_ms,
        &reply.model,
        &reply.fingerprint,
        &attempt.reused,
        &attempt.unsettled,
    ];
    statement.execute(values.as_slice()).map(|_| ())
}

/// Reads an attempt from a row that begins with [`COLUMNS`].
pub(super) fn read_attempt(row: &Row<'_>) -> Queried<Attempt> {
    let order = if row.get::<_, bool>(2)? { Order::BFirst } else { Order::AFirst };
    let ending = Ending::from_word(row.get_ref(5)?.as_str()?);
    let ending = ending.ok_or_else(unreadable)?;
    let logprobs: Option<String> = row.get(10)?;
    let prompt: Option<i64> = row.get(14)?;
    let completion: Option<i64> = row.get(15)?;
    let tokens = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok(Attempt {
        key: TrialKey { comparison: row.get(0)?, judge: row.get(1)?, order, repeat: row.get(3)? },
        number: row.get(4)?,
        ending,
        request: row.get(6)?,
        reply: Reply {
            schema_requested: row.get(7)?,
            text: row.get(8)?,
            refusal: row.get(9)?,
            logprobs: logprobs
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
            status: row.get(12)?,
            finish_reason: row.get(13)?,
            usage: prompt.map(|prompt| Usage {
                prompt: tokens(prompt),
                completion: tokens(completion.unwrap_or(0)),
            }),
            model: row.get(18)?,
            fingerprint: row.get(19)?,
            ..Reply::default()
        },
        error: row.get(11)?,
        cost: row.get(16)?,
        latency_ms: row.get(17)?,
        reused: row.get(20)?,
        unsettled: row.get(21)?,
    })
}

/// Encodes the log probabilities of a reply.
fn logprobs_to_text(logprobs: &[TokenLogprob]) -> Option<String> {
    if logprobs.is_empty() { None } else { serde_json::to_string(logprobs).ok() }
}
