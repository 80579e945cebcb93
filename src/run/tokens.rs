//! Estimates of prompt tokens from bytes, before any server has counted them.

use crate::input::{Api, JudgeSettings, Message, Price};
use crate::judge::Usage;

/// A generous number of tokens that a chat template adds to a message.
const TEMPLATE_TOKENS: u64 = 16;

/// The tokens of a number of prompts.
#[derive(Debug, Clone, Copy, Default)]
pub struct PromptTokens {
    /// The number of prompts.
    pub prompts: u64,
    /// The likely tokens of all of them together.
    pub total: u64,
    /// The likely tokens of the largest one that is new to the run.
    pub largest: u64,
    /// An upper bound of the tokens of all of them together.
    pub upper_bound: u64,
}

impl PromptTokens {
    /// Returns the likely tokens of one prompt: the mean.
    pub fn mean(&self) -> u64 {
        self.total.checked_div(self.prompts).unwrap_or(0)
    }

    /// Returns the share of a number of these tokens that belongs to so many requests; prompts are of similar size.
    pub(super) fn share(&self, tokens: u64, requests: u64) -> u64 {
        let share = u128::from(tokens) * u128::from(requests) / u128::from(self.prompts.max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// Adds a prompt.
    pub(super) fn add(&mut self, messages: &[Message]) {
        let likely = likely_prompt_tokens(messages);
        self.prompts += 1;
        self.total += likely;
        self.largest = self.largest.max(likely);
        self.upper_bound += max_prompt_tokens(messages);
    }

    /// Adds other prompts.
    pub(super) fn merge(&mut self, other: Self) {
        self.prompts += other.prompts;
        self.total += other.total;
        self.largest = self.largest.max(other.largest);
        self.upper_bound += other.upper_bound;
    }
}

/// Returns an upper bound of a prompt's tokens: no token is shorter than a byte.
pub(super) fn max_prompt_tokens(messages: &[Message]) -> u64 {
    messages.iter().map(|message| message.content.len() as u64 + TEMPLATE_TOKENS).sum()
}

/// Returns the likely tokens of a prompt: four bytes each.
pub fn likely_prompt_tokens(messages: &[Message]) -> u64 {
    messages.iter().map(|message| (message.content.len() as u64).div_ceil(4) + 4).sum()
}

/// Returns the most that one request can cost, in USD; a cost is limited only where the length of replies is.
pub(super) fn max_request_cost(settings: &JudgeSettings, messages: &[Message]) -> f64 {
    max_request_cost_at(settings.price, settings, messages)
}

/// As [`max_request_cost`], at another price.
pub(super) fn max_request_cost_at(
    price: Option<Price>,
    settings: &JudgeSettings,
    messages: &[Message],
) -> f64 {
    let completion = settings.max_tokens.unwrap_or(0);
    let usage = max_usage(settings, max_prompt_tokens(messages), completion);
    price.map_or(0.0, |price| usage.cost(price))
}

/// Returns the usage that costs most for so many tokens: where writing the cache costs more, the whole prompt is
/// written into it.
pub(super) fn max_usage(settings: &JudgeSettings, prompt: u64, completion: u64) -> Usage {
    let is_cached = settings.endpoint().is_some_and(|endpoint| endpoint.api == Api::Anthropic);
    let cache_written = if is_cached { prompt } else { 0 };
    Usage { prompt, completion, cache_written, ..Usage::default() }
}
