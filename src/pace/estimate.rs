//! Estimates how many tokens a request is likely to use, from what the server counted before.

use crate::judge::Usage;

/// The weight of a new reply once there are ten; before that it is one over their number.
const WEIGHT: f64 = 0.1;
/// The expected tokens of a reply before any has arrived, unless `max_tokens` is smaller.
const INITIAL_COMPLETION: u64 = 512;
/// The guess is one token for four bytes. A token has at least one byte, so the true count is at most four times
/// the guess; a reported ratio below a tenth is taken for a tenth.
const MIN_RATIO: f64 = 0.1;
const MAX_RATIO: f64 = 4.0;

/// Moving averages of the tokens of a model's prompts and replies.
#[derive(Debug)]
pub(super) struct TokenEstimate {
    /// Counted tokens of a prompt per guessed token.
    ratio: f64,
    /// Tokens of a reply.
    completion: f64,
    /// The most tokens of a reply.
    max_completion: f64,
    replies: u32,
}

impl TokenEstimate {
    /// Returns the estimate before any reply, for replies of at most `max_tokens` tokens.
    pub(super) fn new(max_tokens: u64) -> Self {
        let completion = max_tokens.min(INITIAL_COMPLETION) as f64;
        Self { ratio: 1.0, completion, max_completion: max_tokens as f64, replies: 0 }
    }

    /// Returns the tokens that a request is likely to use, prompt and reply together, where its prompt is
    /// guessed at `prompt_tokens` tokens.
    pub(super) fn of(&self, prompt_tokens: u64) -> u64 {
        (prompt_tokens as f64 * self.ratio + self.completion).ceil() as u64
    }

    /// Learns from a reply whose prompt was guessed at `prompt_tokens` tokens.
    pub(super) fn learn(&mut self, prompt_tokens: u64, usage: Usage) {
        self.replies = self.replies.saturating_add(1);
        let weight = (1.0 / f64::from(self.replies)).max(WEIGHT);
        if prompt_tokens > 0 && usage.prompt > 0 {
            let ratio = (usage.prompt as f64 / prompt_tokens as f64).clamp(MIN_RATIO, MAX_RATIO);
            self.ratio += weight * (ratio - self.ratio);
        }
        let completion = (usage.completion as f64).min(self.max_completion);
        self.completion += weight * (completion - self.completion);
    }
}
