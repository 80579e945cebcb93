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

#[cfg(test)]
mod tests {
    use super::*;

    fn after(replies: u32, prompt: u64, used: Usage) -> TokenEstimate {
        let mut estimate = TokenEstimate::new(1024);
        (0..replies).for_each(|_| estimate.learn(prompt, used));
        estimate
    }

    #[test]
    fn the_first_reply_says_more_than_the_guess_and_later_ones_shift_it() {
        assert_eq!(TokenEstimate::new(1024).of(100), 612);
        assert_eq!(TokenEstimate::new(20).of(100), 120);
        let mut estimate = after(1, 100, Usage { prompt: 150, completion: 20 });
        assert_eq!(estimate.of(1000), 1520);
        for _ in 0..100 {
            estimate.learn(100, Usage { prompt: 200, completion: 40 });
        }
        assert!((2035..=2041).contains(&estimate.of(1000)), "{}", estimate.of(1000));
    }

    #[test]
    fn counts_that_cannot_be_do_not_lead_astray() {
        let absurd = Usage { prompt: 1_000_000_000, completion: 1_000_000_000 };
        assert_eq!(after(50, 100, absurd).of(100), 400 + 1024);
        assert_eq!(after(50, 100, Usage { prompt: 1, completion: 0 }).of(100), 10);
        assert_eq!(after(50, 0, Usage { prompt: 9, completion: 5 }).of(100), 105);
        assert_eq!(after(50, 100, Usage { prompt: 0, completion: 5 }).of(100), 105);
    }
}
