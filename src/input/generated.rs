//! How a response was generated: what is known of it beside its text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::jsonl::{Path, Record};
use super::system_name::check_system_name;
use crate::error::Result;

/// How the response of a system was generated. Judges never see it; reports show it beside the system's win rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Generated {
    /// The model that the server named, or the one that it was asked for.
    pub model: String,
    /// Why the response is not a full answer; `None` for one that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<ResponseMark>,
    /// Why the model stopped, in the words of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Tokens of the prompt, as the server counted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Tokens of the response with those of its reasoning, as the server counted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// What the request that was answered costs in USD, where price and tokens are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Whether the reply began with reasoning, which is not part of the response.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reasoning_removed: bool,
    /// The time from the request to the whole answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
}

/// Why a response that a system gave is not a full answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ResponseMark {
    /// It ended at the limit of its length.
    CutOff,
    /// The model or a filter of its server refused to respond.
    Refused,
    /// It ended before its end for another reason.
    Unfinished,
    /// It has no text.
    Empty,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Generated {
    /// Returns what is known of a response of a model, with nothing but its name.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            mark: None,
            finish_reason: None,
            prompt_tokens: None,
            completion_tokens: None,
            cost: None,
            reasoning_removed: false,
            latency_ms: None,
        }
    }
}

/// Takes the field `generated` of an item: for systems, how their response was generated. A value that is no object is
/// ignored, as any field without a meaning.
///
/// # Errors
///
/// A system is described by something else, a number is negative or not finite, or a system has a reserved name.
pub(super) fn take_generated(record: &mut Record) -> Result<BTreeMap<String, Generated>> {
    let given = match record.take("generated") {
        None => return Ok(BTreeMap::new()),
        Some(Value::Object(given)) => given,
        Some(_) => {
            record.ignore(&Path::new("generated"));
            return Ok(BTreeMap::new());
        }
    };
    let mut read = BTreeMap::new();
    for (system, value) in given {
        check_system_name(&system).map_err(|why| record.error(format!("generated: {why}")))?;
        let field = format!("generated.{system}");
        let generated: Generated = serde_json::from_value(value)
            .map_err(|error| record.error(format!("{field}: {error}")).in_field(&field))?;
        let amounts = [("cost", generated.cost), ("latency_ms", generated.latency_ms)];
        for (name, amount) in amounts {
            if amount.is_some_and(|amount| !amount.is_finite() || amount < 0.0) {
                let message = format!("{field}.{name}: expected a number, 0 or more");
                return Err(record.error(message).in_field(format!("{field}.{name}")));
            }
        }
        read.insert(system, generated);
    }
    Ok(read)
}
