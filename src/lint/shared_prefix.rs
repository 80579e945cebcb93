//! How much of the prompt a server can keep in a cache: the beginning that all requests share.
//!
//! Providers cache beginnings of prompts of at least 1024 tokens, in steps of 128 (for `OpenAI`: its guide on prompt
//! caching). So what is the same in all requests should stand before the item. Where it is shorter than that, nothing of
//! it is cached wherever it stands, and there is nothing to say.

use super::Inspected;
use super::finding::Findings;
use super::sample::{RenderedPrompt, SAMPLE_WORD};

/// About how many bytes a token has.
const BYTES_PER_TOKEN: usize = 4;
/// The shortest beginning that is cached, in tokens.
const MIN_CACHED: usize = 1024;
/// What is cached is a multiple of this, in tokens.
const STEP: usize = 128;

/// The lengths of one prompt, in tokens.
#[derive(Clone, Copy)]
struct Lengths {
    /// Before the first text of the item.
    shared: usize,
    /// Of all texts that are not those of the item.
    constant: usize,
}

/// Checks that the prompt does not show the item before a long constant text.
pub(super) fn check(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    let lengths = inspected.rendered.prompts.iter().map(lengths);
    let Some(Lengths { shared, constant }) = lengths.min_by_key(|lengths| lengths.shared) else {
        return;
    };
    // A short sentence after the item is usual, and often better there.
    if cached(shared) >= cached(constant) || shared * 4 > constant * 3 {
        return;
    }
    let reused = match cached(shared) {
        0 => "nothing of them".to_owned(),
        tokens => format!("only {tokens} of them"),
    };
    let message = format!(
        "the item is shown after about {shared} of {constant} tokens that are the same in every request, so that a \
         provider can reuse {reused} from its cache (beginnings of {MIN_CACHED} tokens or more): show the item, with \
         {{{{ fence }}}} and the responses, after the constant text"
    );
    let shows_item = |line: &str| {
        ["item.", "{{ first", "{{ second", "{{ response", "{{ fence"]
            .into_iter()
            .any(|variable| line.contains(variable))
    };
    let place = inspected.places.template_line(shows_item);
    findings.add("item-before-constant", place, message);
}

fn lengths(prompt: &RenderedPrompt) -> Lengths {
    let text = prompt.text();
    let starts = [text.find(SAMPLE_WORD), text.find(&prompt.fence)];
    let shared = starts.into_iter().flatten().min().unwrap_or(text.len());
    let of_item = |char: char| char.is_alphanumeric() || char == '-';
    let words = text.split(|char| !of_item(char));
    let item: usize = words
        .filter(|word| word.contains(SAMPLE_WORD) || *word == prompt.fence)
        .map(str::len)
        .sum();
    let tokens = |bytes: usize| bytes / BYTES_PER_TOKEN;
    Lengths { shared: tokens(shared), constant: tokens(text.len() - item) }
}

/// Returns how many of so many tokens at the beginning of a prompt are cached.
fn cached(tokens: usize) -> usize {
    if tokens < MIN_CACHED { 0 } else { tokens / STEP * STEP }
}
