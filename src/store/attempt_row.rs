//! An attempt as a row of the run file.

use std::sync::LazyLock;

use rusqlite::Row;
use rusqlite::types::{FromSql, ToSql};

use super::attempt::{Attempt, AttemptResult, TrialKey};
use super::columns::{COLUMNS, Column, NAMES};
use super::database::{Database, damaged_value};
use crate::input::{RecordedVote, Vote};
use crate::judge::{Reply, TokenLogprob, Usage};
use crate::trial::Order;

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let values = vec!["?"; NAMES.len()].join(", ");
    format!("INSERT INTO attempt ({}) VALUES ({values})", *COLUMNS)
});

/// Writes an attempt.
pub(super) fn insert_attempt(database: &Database, attempt: &Attempt) -> rusqlite::Result<()> {
    let mut statement = database.cached(&INSERT)?;
    let (key, reply) = (&attempt.key, &attempt.reply);
    let values: [&dyn ToSql; NAMES.len()] = [
        &key.comparison,
        &key.judge,
        &(key.order == Order::BFirst),
        &key.repeat,
        &attempt.number,
        &attempt.result.as_str(),
        &attempt.request,
        &reply.schema_requested,
        &reply.text,
        &reply.refusal,
        &encode_logprobs(&reply.logprobs),
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
        &attempt.possible_cost,
        &reply.usage.map(|usage| usage.cached as i64),
        &reply.usage.map(|usage| usage.cache_written as i64),
        &reply.usage.map(|usage| usage.reasoning as i64),
        &reply.reasoning,
        &reply.recorded_vote.map(|recorded| recorded.vote.as_str()),
        &reply.recorded_vote.and_then(|recorded| recorded.probability),
        &reply.is_order_unknown.then_some(true),
        &reply.recorded_grade,
        &attempt.batched.then_some(true),
    ];
    statement.execute(values.as_slice()).map(|_| ())
}

fn get<T: FromSql>(row: &Row<'_>, column: Column) -> rusqlite::Result<T> {
    row.get(column as usize)
}

/// Returns whether a row that begins with [`COLUMNS`] has an attempt; an outer join gives rows without one.
pub(super) fn has_attempt(row: &Row<'_>) -> rusqlite::Result<bool> {
    get::<Option<i64>>(row, Column::Comparison).map(|comparison| comparison.is_some())
}

/// Reads an attempt from a row that begins with [`COLUMNS`].
pub(super) fn read_attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let b_first: bool = get(row, Column::BFirst)?;
    let result = AttemptResult::from_word(row.get_ref(Column::Result as usize)?.as_str()?);
    let logprobs: Option<String> = get(row, Column::Logprobs)?;
    let prompt: Option<i64> = get(row, Column::PromptTokens)?;
    let completion: Option<i64> = get(row, Column::CompletionTokens)?;
    let tokens = |count: i64| u64::try_from(count).unwrap_or(0);
    let added = |column| get::<Option<i64>>(row, column).map(|count| tokens(count.unwrap_or(0)));
    Ok(Attempt {
        key: TrialKey {
            comparison: get(row, Column::Comparison)?,
            judge: get(row, Column::Judge)?,
            order: if b_first { Order::BFirst } else { Order::AFirst },
            repeat: get(row, Column::Repeat)?,
        },
        number: get(row, Column::Number)?,
        result: result.ok_or_else(damaged_value)?,
        request: get(row, Column::Request)?,
        reply: Reply {
            schema_requested: get(row, Column::BySchema)?,
            text: get(row, Column::Reply)?,
            refusal: get(row, Column::Refusal)?,
            logprobs: logprobs
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
            status: get(row, Column::Status)?,
            finish_reason: get(row, Column::FinishReason)?,
            reasoning: get(row, Column::Reasoning)?,
            recorded_vote: read_vote(row)?,
            recorded_grade: get(row, Column::Grade)?,
            is_order_unknown: get::<Option<bool>>(row, Column::OrderUnknown)?.unwrap_or(false),
            usage: match prompt {
                Some(prompt) => Some(Usage {
                    prompt: tokens(prompt),
                    completion: tokens(completion.unwrap_or(0)),
                    cached: added(Column::CachedTokens)?,
                    cache_written: added(Column::CacheWriteTokens)?,
                    reasoning: added(Column::ReasoningTokens)?,
                }),
                None => None,
            },
            model: get(row, Column::Model)?,
            fingerprint: get(row, Column::Fingerprint)?,
            ..Reply::default()
        },
        error: get(row, Column::Error)?,
        cost: get(row, Column::Cost)?,
        latency_ms: get(row, Column::LatencyMs)?,
        batched: get::<Option<bool>>(row, Column::Batched)?.unwrap_or(false),
        reused: get(row, Column::Reused)?,
        possible_cost: get(row, Column::Unsettled)?,
    })
}

/// Reads the recorded vote of a row, if it has one.
fn read_vote(row: &Row<'_>) -> rusqlite::Result<Option<RecordedVote>> {
    let Some(word) = get::<Option<String>>(row, Column::Vote)? else { return Ok(None) };
    let vote = Vote::from_word(&word).ok_or_else(damaged_value)?;
    Ok(Some(RecordedVote { vote, probability: get(row, Column::Probability)? }))
}

/// Encodes the log probabilities of a reply; none are null.
fn encode_logprobs(logprobs: &[TokenLogprob]) -> Option<String> {
    if logprobs.is_empty() { None } else { serde_json::to_string(logprobs).ok() }
}
