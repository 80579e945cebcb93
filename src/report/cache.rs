//! What servers read from their caches, in words and as JSON.

use serde_json::{Value, json};

use super::escape::for_terminal;
use super::number_format::percent;
use super::quantities::{count, counted, usd};
use crate::input::Price;
use crate::summary::TokenCounts;

/// Returns the share of the prompts' tokens that came from a cache, without a full stop; `None` where servers report none.
pub(super) fn cache_sentence(tokens: &TokenCounts) -> Option<String> {
    let share = tokens.cached_share()?;
    Some(format!(
        "{} of {} came from the server's cache (n = {})",
        percent(Some(share)),
        counted(tokens.prompt, "prompt token"),
        counted(tokens.counted, "reply")
    ))
}

/// Returns the line about a judge: how much came from its server's cache and what that saved, or lost where writing it cost
/// more, if the price is known; `None` where the server reports none.
pub fn cache_line(name: &str, tokens: &TokenCounts, price: Option<Price>) -> Option<String> {
    let share = percent(Some(tokens.cached_share()?));
    let (name, n) = (for_terminal(name, false), count(tokens.counted));
    let prompt = counted(tokens.prompt, "prompt token");
    let saved = match saved(tokens, price) {
        Some(saved) if saved < 0.0 => format!(", lost {}", usd(-saved)),
        Some(saved) => format!(", saved {}", usd(saved)),
        None => String::new(),
    };
    Some(format!("{name}: {share} of {prompt} from the cache (n = {n}){saved}"))
}

/// Returns the same as JSON; `None` where the server reports none.
pub fn cache_json(name: &str, tokens: &TokenCounts, price: Option<Price>) -> Option<Value> {
    Some(json!({
        "judge": name,
        "share": tokens.cached_share()?,
        "n": tokens.counted,
        "cached_tokens": tokens.cached,
        "prompt_tokens": tokens.prompt,
        "saved_usd": saved(tokens, price),
    }))
}

/// Returns what the cache saved, in USD; `None` where the price of cached tokens is not known.
fn saved(tokens: &TokenCounts, price: Option<Price>) -> Option<f64> {
    let price = price.filter(|price| price.cached_input_per_million.is_some())?;
    Some(tokens.saved_by_cache(price))
}
