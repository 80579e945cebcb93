//! The limit of a reply's length that a server's sentence leaves.

use std::sync::LazyLock;

use regex::Regex;

/// A limit below this leaves no room for a verdict and is not tried.
const SMALLEST: u64 = 128;

/// A lower limit of a reply's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LowerLimit {
    /// For all requests.
    OfAll(u64),
    /// For this request, whose prompt leaves no more room.
    OfRequest(u64),
}

/// Returns how the limit must be lowered if a sentence, in lower case, says that it is too large: for this request
/// where its prompt and the reply exceed the model's context, else for all requests. `limit` is what was sent.
pub(super) fn lower_limit(text: &str, limit: u64) -> Option<LowerLimit> {
    let names_limit =
        ["max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens"]
            .iter()
            .any(|name| text.contains(name));
    let names_completion = text.contains("completion") || text.contains("output tokens");
    if !names_limit && !names_completion {
        return None;
    }
    // Commas within numbers.
    let text = &text.replace(',', "");
    let words = text.split(|char: char| !char.is_ascii_digit());
    let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
    match room_in_context(text, &numbers, limit) {
        Some(room) if (SMALLEST..limit).contains(&room) => {
            return Some(LowerLimit::OfRequest(room));
        }
        // The prompt alone leaves no room.
        Some(0) => return None,
        _ => {}
    }
    let is_about_size = [
        "too large",
        "too high",
        "too big",
        "at most",
        "less than",
        "exceed",
        "maximum",
        "range",
        "between",
        "<=",
        ">",
        "cannot be greater",
        "must be ≤",
        "up to",
    ];
    if !names_limit || !is_about_size.iter().any(|words| text.contains(words)) {
        return None;
    }
    let named = numbers.iter().copied().filter(|number| (SMALLEST..limit).contains(number)).max();
    let half = (limit / 2 >= SMALLEST).then_some(limit / 2);
    named.or(half).map(LowerLimit::OfAll)
}

/// Returns what the model's context leaves for the reply, where a sentence gives the sizes of context and prompt.
fn room_in_context(text: &str, numbers: &[u64], limit: u64) -> Option<u64> {
    static PROMPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?x) (\d+) [^\d]{0,3} (?:`?inputs?`?|prompt|input) \s tokens | (\d+) \s (?:tokens\s)? (?:in|from) \s (?:the|your)
              \s (?:messages|prompt|input) | (\d+) \s \+ \s \d+ \s > | (?:inputs?|prompt) [^\d.]{0,40}? (\d+) \s tokens
              | - \s (\d+) \)",
        )
        .ok()
    });
    static CONTEXT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?x) context \s (?:length|window|size|limit) [^\d]{0,40}? (\d+) | (?:<=|≤) \s? `? (\d+)",
        )
        .ok()
    });
    // In "197202 + 21333 > 200000" the context is named after the sum.
    static AFTER_SUM: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\d+ \+ \d+ > (\d+)").ok());
    let first = |pattern: &LazyLock<Option<Regex>>| -> Option<u64> {
        let found = pattern.as_ref()?.captures(text)?;
        found.iter().skip(1).flatten().next()?.as_str().parse().ok()
    };
    // A sentence may name only the sum of both instead of the prompt.
    let prompt = first(&PROMPT).or_else(|| {
        let sum = numbers.iter().copied().filter(|sum| *sum > limit).max()?;
        text.contains("requested").then(|| sum - limit)
    })?;
    let context = first(&AFTER_SUM).or_else(|| first(&CONTEXT))?;
    Some(context.saturating_sub(prompt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentences_of_servers_give_the_limit() {
        let all = |limit| Some(LowerLimit::OfAll(limit));
        let own = |limit| Some(LowerLimit::OfRequest(limit));
        for (text, limit, expected) in [
            (
                "this model's maximum context length is 4097 tokens. however, you requested 5000 tokens \
                 (904 in the messages, 4096 in the completion). please reduce the length of the messages or \
                 completion.",
                4096,
                own(3193),
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 1024. this model's maximum context \
                 length is 4096 tokens and your request has 3500 input tokens (1024 > 4096 - 3500).",
                1024,
                own(596),
            ),
            (
                "input length and `max_tokens` exceed context limit: 197202 + 21333 > 200000, decrease \
                 input length or `max_tokens` and try again",
                21_333,
                own(2_798),
            ),
            (
                "`inputs` tokens + `max_new_tokens` must be <= 8193. given: 5000 `inputs` tokens and 4096 \
                 `max_new_tokens`",
                4096,
                own(3193),
            ),
            (
                "this model's maximum context length is 8,192 tokens. however, you requested 4,096 output \
                 tokens and your prompt contains at least 5,000 input tokens",
                4096,
                own(3192),
            ),
            (
                "max_tokens is too large: 5000. this model supports at most 4096 completion tokens, \
                 whereas you provided 5000.",
                5000,
                all(4096),
            ),
            (
                "max_tokens: 10000 > 4096, which is the maximum allowed number of output tokens for m",
                10_000,
                all(4096),
            ),
            (
                "invalid max_tokens value, the valid range of max_tokens is [1, 2048]",
                4096,
                all(2048),
            ),
            ("`max_tokens` must be less than or equal to `2048`", 4096, all(2048)),
            ("max_tokens is too large", 4096, all(2048)),
            ("this model's maximum context length is 8192 tokens", 4096, None),
            (
                "this model's maximum context length is 8192 tokens, your prompt has 9000",
                4096,
                None,
            ),
            ("unsupported parameter: 'max_tokens'", 4096, None),
            ("max_tokens must be at most 8", 128, None),
            // The prompt alone is too long.
            (
                "'max_tokens' is too large: 4096. this model's maximum context length is 4096 tokens and \
                 your request has 5000 input tokens",
                4096,
                None,
            ),
            (
                "maximum context length is 4096 tokens, you requested 8096 tokens (4000 in the completion, \
                 4096 in the messages)",
                4000,
                None,
            ),
        ] {
            assert_eq!(lower_limit(text, limit), expected, "{text}");
        }
    }
}
