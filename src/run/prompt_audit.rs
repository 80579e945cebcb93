//! Finds prompts that a server cut without saying so.
//!
//! Some servers cut a prompt to their context length and judge what is left (Ollama, to `num_ctx`). The count of
//! tokens that they report shows it: it is smaller than any tokenizer gives for so many bytes, or the same for
//! prompts of quite different lengths.

/// More bytes than this in a token, on average over a whole prompt, are not plausible: text has three to five.
const MAX_BYTES_PER_TOKEN: f64 = 16.0;
/// Shorter prompts are not looked at: a few long tokens would decide.
const MIN_BYTES: u64 = 4096;
/// Counts this close to the largest one count as the same as it: servers keep a few tokens for their template.
const SAME: f64 = 0.995;
/// Prompts of the same count must differ in length by this factor.
const SPREAD: f64 = 1.5;
/// The fewest replies that show the same count.
const MIN_SAME: u64 = 6;

/// Prompts that were probably cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CutPrompts {
    /// How many replies show it.
    pub replies: u64,
    /// The tokens that the server counted for the longest of these prompts.
    pub tokens: u64,
    /// The bytes of the shortest of these prompts.
    pub min_bytes: u64,
    /// The bytes of the longest of these prompts.
    pub max_bytes: u64,
}

/// What is known of the lengths of prompts and their token counts.
#[derive(Debug, Default)]
pub(super) struct PromptAudit {
    /// Prompts with fewer tokens than is plausible.
    implausible: Option<CutPrompts>,
    /// Prompts with the largest count of all.
    longest: Option<CutPrompts>,
}

impl PromptAudit {
    /// Adds a reply to a prompt of so many bytes, for which the server counted so many tokens.
    pub(super) fn add(&mut self, bytes: u64, tokens: u64) {
        if tokens == 0 || bytes < MIN_BYTES {
            return;
        }
        if bytes as f64 / tokens as f64 > MAX_BYTES_PER_TOKEN {
            add(&mut self.implausible, bytes, tokens);
        }
        let largest = self.longest.map_or(0, |longest| longest.tokens);
        if tokens as f64 * SAME > largest as f64 {
            self.longest = None;
        }
        if tokens as f64 >= largest as f64 * SAME {
            add(&mut self.longest, bytes, tokens);
        }
    }

    /// Returns the prompts that were probably cut, if any were.
    pub(super) fn cut_prompts(&self) -> Option<CutPrompts> {
        let is_cut = |same: &CutPrompts| {
            same.replies >= MIN_SAME && same.max_bytes as f64 >= same.min_bytes as f64 * SPREAD
        };
        self.implausible.or_else(|| self.longest.filter(is_cut))
    }
}

fn add(cut: &mut Option<CutPrompts>, bytes: u64, tokens: u64) {
    let cut = cut.get_or_insert(CutPrompts { replies: 0, tokens, min_bytes: bytes, max_bytes: 0 });
    cut.replies += 1;
    if bytes > cut.max_bytes {
        (cut.max_bytes, cut.tokens) = (bytes, tokens);
    }
    cut.min_bytes = cut.min_bytes.min(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audited(replies: &[(u64, u64)]) -> Option<CutPrompts> {
        let mut audit = PromptAudit::default();
        for (bytes, tokens) in replies {
            audit.add(*bytes, *tokens);
        }
        audit.cut_prompts()
    }

    #[test]
    fn fewer_tokens_than_any_tokenizer_gives_are_a_cut() {
        let cut = audited(&[(8_000, 2_000), (70_000, 2_050), (72_000, 2_050)]).unwrap();
        assert_eq!((cut.replies, cut.tokens), (2, 2_050));
        assert_eq!((cut.min_bytes, cut.max_bytes), (70_000, 72_000));
        assert_eq!(audited(&[(3_000, 10)]), None, "too short to say anything");
        assert_eq!(audited(&[(70_000, 0)]), None, "no count");
        assert_eq!(audited(&[(32_000, 2_001)]), None);
    }

    #[test]
    fn the_same_count_for_prompts_of_different_lengths_is_a_cut() {
        let lengths = [9_000, 12_000, 10_000, 9_500, 20_000, 14_000];
        let same: Vec<(u64, u64)> = lengths.into_iter().map(|bytes| (bytes, 2_048)).collect();
        let cut = audited(&same).unwrap();
        assert_eq!((cut.replies, cut.min_bytes, cut.max_bytes), (6, 9_000, 20_000));
        let nearly: Vec<(u64, u64)> =
            same.iter().enumerate().map(|(at, (bytes, _))| (*bytes, 2_042 + at as u64)).collect();
        assert!(audited(&nearly).is_some());
        assert_eq!(audited(&same[..5]), None, "too few");
        let in_proportion: Vec<(u64, u64)> =
            lengths.into_iter().map(|bytes| (bytes, bytes / 4)).collect();
        assert_eq!(audited(&in_proportion), None);
        // A longer prompt whose count is larger shows that nothing was cut at 2,048.
        let mut longer = same;
        longer.push((40_000, 9_000));
        assert_eq!(audited(&longer), None);
    }
}
