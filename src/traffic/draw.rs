//! Drawing items from traffic of any length, in one pass and with bounded memory.
//!
//! Each prompt has a random number, a keyed hash of its text, and a stratum. Of each stratum the `n` smallest numbers are
//! kept, so a prompt that comes again has the number that it had, and counts once. At the end `n` items are taken, as
//! equally from all strata as these allow. A stratum of which `k` are taken and which has more keeps those whose numbers
//! are below that of the next one; that number, as a share of all numbers, is the probability with which each of them was
//! drawn, given the others. Means over the items are unbiased for the distinct prompts of the traffic when each is
//! weighted by the inverse of its probability.
//!
//! References: Cohen, E. and Kaplan, H. (2007). Summarizing data using bottom-k sketches. *PODC*, 225–234.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::exchange::Exchange;
use super::language::language;
use super::mask::Masker;
use crate::error::{Error, Result};
use crate::input::check_system_name;
use crate::keyed_hash::KeyedHash;

/// The most strata; what belongs to further ones is drawn together.
const MOST_STRATA: usize = 100;
/// The most bytes of all texts that may still be drawn, unless the options say another number.
const MOST_BYTES: usize = 512 << 20;
/// The tag with the probability with which an item was drawn.
const PROBABILITY: &str = "probability";
/// The tag with how often the prompt came.
const OCCURRENCES: &str = "occurrences";
/// The tags that say how an item was drawn, and nothing of the item itself.
pub(crate) const TAGS_OF_DRAWING: [&str; 2] = [PROBABILITY, OCCURRENCES];
/// The tags that drawing adds beside these: what it divides by.
pub(crate) const TAGS_OF_SAMPLES: [&str; 3] = ["language", "length", "model"];
/// The ends of the classes of length, in characters.
const LENGTHS: [(usize, &str); 3] = [(200, "short"), (1_000, "medium"), (usize::MAX, "long")];

/// By what traffic is divided before items are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StratifyBy {
    /// By the language of the prompt.
    Language,
    /// By the length of the prompt: below 200 characters, below 1,000, longer.
    Length,
    /// By the model that answered.
    Model,
}

/// What items are drawn.
#[derive(Debug, Clone)]
pub struct DrawOptions {
    n: usize,
    seed: u64,
    by: Vec<StratifyBy>,
    system: String,
    most_bytes: usize,
}

impl DrawOptions {
    /// Returns options to draw `n` items from all of the traffic together; the responses are those of `system`.
    ///
    /// # Errors
    ///
    /// A system cannot have this name.
    pub fn new(n: usize, seed: u64, system: &str) -> Result<Self> {
        check_system_name(system).map_err(Error::usage)?;
        Ok(Self { n, seed, by: Vec::new(), system: system.to_owned(), most_bytes: MOST_BYTES })
    }

    /// Divides the traffic before items are drawn.
    #[must_use]
    pub fn by(self, by: Vec<StratifyBy>) -> Self {
        Self { by, ..self }
    }

    /// Sets the most bytes of all texts that may still be drawn, by default 512 MiB.
    #[must_use]
    pub fn most_bytes(self, most_bytes: usize) -> Self {
        Self { most_bytes, ..self }
    }
}

/// Items that were drawn.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Drawn {
    /// The items, as lines of an item file, in a random order.
    pub items: Vec<Value>,
    /// The strata, with how many items each gave.
    pub strata: Vec<(String, u64)>,
}

impl Drawn {
    /// Returns the strata that gave no item, since there are more strata than items: nothing drawn stands for them.
    pub fn left_out(&self) -> Vec<&str> {
        self.strata.iter().filter(|(_, n)| *n == 0).map(|(name, _)| name.as_str()).collect()
    }
}

/// An exchange that may be drawn.
#[derive(Debug)]
struct Candidate {
    exchange: Exchange,
    language: &'static str,
    length: &'static str,
    occurrences: u64,
    /// The bytes of its texts.
    bytes: usize,
}

/// Draws items from exchanges that are passed one by one.
#[derive(Debug)]
pub struct Draw {
    options: DrawOptions,
    strata: BTreeMap<String, BTreeMap<u64, Candidate>>,
    /// The bytes of all texts in them.
    bytes: usize,
}

impl Draw {
    /// Returns a draw from no exchange yet.
    pub fn new(options: DrawOptions) -> Self {
        Self { options, strata: BTreeMap::new(), bytes: 0 }
    }

    /// Adds an exchange, masked. Of several with the same prompt the first one is drawn.
    ///
    /// # Errors
    ///
    /// The texts that may still be drawn are longer together than the options allow.
    pub fn add(&mut self, mut exchange: Exchange, masker: &mut Masker) -> Result<()> {
        masker.mask_value(&mut exchange.prompt);
        let text = exchange.prompt.to_string();
        let key = KeyedHash::new("evenhand: items drawn from traffic")
            .seed(self.options.seed)
            .text(&text)
            .number();
        let words = words_of_users(&exchange.prompt);
        let language = language(&words);
        let length = class_of(words.chars().count());
        // The same prompt may have been answered by two models, and be in the group of the first.
        if let Some(known) = self.strata.values_mut().find_map(|kept| kept.get_mut(&key)) {
            known.occurrences += 1;
            return Ok(());
        }
        let stratum = self.stratum(&exchange, language, length);
        let kept = self.strata.entry(stratum).or_default();
        // One more than may be taken: its number is the limit of those that are.
        let most = self.options.n + 1;
        if kept.len() >= most && kept.last_key_value().is_some_and(|(last, _)| key > *last) {
            return Ok(());
        }
        exchange.response = masker.mask(&exchange.response);
        for (_, value) in &mut exchange.tags {
            *value = masker.mask(value);
        }
        let bytes = text.len() + exchange.response.len();
        kept.insert(key, Candidate { exchange, language, length, occurrences: 1, bytes });
        self.bytes += bytes;
        if kept.len() > most
            && let Some((_, last)) = kept.pop_last()
        {
            self.bytes -= last.bytes;
        }
        let most = self.options.most_bytes;
        if self.bytes > most {
            let most = if most < 1 << 20 {
                format!("{most} bytes")
            } else {
                format!("{} MiB", most >> 20)
            };
            return Err(Error::input(format!(
                "the texts that may still be drawn are longer than {most} together"
            ))
            .hint("draw fewer items, from fewer groups, or from a part of the traffic"));
        }
        Ok(())
    }

    fn stratum(&self, exchange: &Exchange, language: &str, length: &str) -> String {
        let part = |by: &StratifyBy| match by {
            StratifyBy::Language => language.to_owned(),
            StratifyBy::Length => length.to_owned(),
            StratifyBy::Model => exchange.model.clone().unwrap_or_else(|| "unknown".to_owned()),
        };
        let name = self.options.by.iter().map(part).collect::<Vec<_>>().join(", ");
        if self.strata.contains_key(&name) || self.strata.len() < MOST_STRATA {
            name
        } else {
            "other".to_owned()
        }
    }

    /// Takes the items.
    pub fn finish(self) -> Drawn {
        let sizes: Vec<usize> = self.strata.values().map(BTreeMap::len).collect();
        let shares = shares(self.options.n, &sizes);
        let mut drawn: Vec<(u64, Value)> = Vec::new();
        let mut strata = Vec::new();
        for ((name, candidates), take) in self.strata.into_iter().zip(shares) {
            let limit = candidates.keys().nth(take).copied();
            // The number of keys below a limit, as a share of all keys.
            let probability = limit.map_or(1.0, |limit| (limit as f64 / 2_f64.powi(64)).min(1.0));
            strata.push((name.clone(), take as u64));
            for (key, one) in candidates.into_iter().take(take) {
                drawn.push((key, item(&self.options.system, key, one, probability)));
            }
        }
        drawn.sort_unstable_by_key(|(key, _)| *key);
        Drawn { items: drawn.into_iter().map(|(_, item)| item).collect(), strata }
    }
}

/// Divides `n` among strata as equally as their sizes allow.
fn shares(n: usize, sizes: &[usize]) -> Vec<usize> {
    let mut shares = vec![0; sizes.len()];
    let mut left = n;
    loop {
        let open: Vec<usize> = (0..sizes.len()).filter(|at| shares[*at] < sizes[*at]).collect();
        if left == 0 || open.is_empty() {
            return shares;
        }
        let each = (left / open.len()).max(1);
        for at in open {
            let more = each.min(sizes[at] - shares[at]).min(left);
            shares[at] += more;
            left -= more;
        }
    }
}

fn item(system: &str, key: u64, one: Candidate, probability: f64) -> Value {
    let Candidate { exchange, language, length, occurrences, bytes: _ } = one;
    let mut tags = serde_json::Map::new();
    for (tag, value) in &exchange.tags {
        tags.insert(tag.clone(), json!(value));
    }
    tags.insert("language".to_owned(), json!(language));
    tags.insert("length".to_owned(), json!(length));
    if let Some(model) = &exchange.model {
        tags.insert("model".to_owned(), json!(model));
    }
    // Tags are shown to no judge, and are no part of the text by which an item is known again.
    tags.insert(PROBABILITY.to_owned(), json!(probability.to_string()));
    tags.insert(OCCURRENCES.to_owned(), json!(occurrences.to_string()));
    json!({
        "id": format!("traffic-{key:016x}"),
        "prompt": exchange.prompt,
        "responses": { system: exchange.response },
        "tags": tags,
    })
}

/// Returns the probability with which an item was drawn, by its tags; `None` if they do not say it.
pub(crate) fn probability_of(tags: &BTreeMap<String, String>) -> Option<f64> {
    let probability: f64 = tags.get(PROBABILITY)?.parse().ok()?;
    (1e-30..=1.0).contains(&probability).then_some(probability)
}

/// Returns what users say in a prompt: a text, or the messages of a conversation.
pub(crate) fn words_of_users(prompt: &Value) -> String {
    match prompt {
        Value::String(text) => text.clone(),
        Value::Array(messages) => {
            // Instructions are the same for all users.
            let said = messages.iter().filter(|one| one["role"] == "user");
            let texts: Vec<&str> = said.filter_map(|one| one["content"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

fn class_of(length: usize) -> &'static str {
    LENGTHS.iter().find(|(end, _)| length < *end).map_or("long", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn what_small_strata_do_not_have_comes_from_the_others() {
        assert_eq!(shares(10, &[100, 2, 100]), [4, 2, 4]);
        assert_eq!(shares(2, &[5, 5, 5]), [1, 1, 0]);
        assert_eq!(shares(100, &[5, 6]), [5, 6]);
        assert_eq!(shares(3, &[]), [] as [usize; 0]);
    }
}
