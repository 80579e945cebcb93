//! How many tokens a request is likely to cost, learnt from what the server counted.

use super::Usage;

/// What a new reply counts for at least, once there are several.
const WEIGHT: f64 = 0.1;
/// Replies are expected to be this long at most before any has come.
const FIRST_GUESS: u64 = 512;
/// The guess of a prompt is its bytes over four, so no prompt has more than four times as many tokens; and
/// a server that counts a tenth does not count.
const LEAST_RATIO: f64 = 0.1;
const MOST_RATIO: f64 = 4.0;

/// Moving averages of what the prompts and the replies of a model amount to.
#[derive(Debug)]
pub(super) struct TokenEstimate {
    /// Tokens of a prompt for each that was guessed.
    ratio: f64,
    /// Tokens of a reply.
    completion: f64,
    /// The most that a reply can have.
    most: f64,
    replies: u32,
}

impl TokenEstimate {
    /// Returns a guess that knows nothing but the most tokens that a reply may have.
    pub(super) fn new(max_tokens: u64) -> Self {
        let completion = max_tokens.min(FIRST_GUESS) as f64;
        Self { ratio: 1.0, completion, most: max_tokens as f64, replies: 0 }
    }

    /// Returns the tokens that a request is likely to cost, prompt and reply together, where a guess of its
    /// prompt is `prompt` tokens.
    pub(super) fn of(&self, prompt: u64) -> u64 {
        (prompt as f64 * self.ratio + self.completion).ceil() as u64
    }

    /// Learns from a reply whose prompt had been guessed at `prompt` tokens.
    pub(super) fn learn(&mut self, prompt: u64, used: Usage) {
        self.replies = self.replies.saturating_add(1);
        let weight = (1.0 / f64::from(self.replies)).max(WEIGHT);
        if prompt > 0 && used.prompt > 0 {
            let ratio = (used.prompt as f64 / prompt as f64).clamp(LEAST_RATIO, MOST_RATIO);
            self.ratio += weight * (ratio - self.ratio);
        }
        self.completion += weight * ((used.completion as f64).min(self.most) - self.completion);
    }
}
