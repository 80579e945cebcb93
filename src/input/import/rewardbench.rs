//! `RewardBench`'s layout: a prompt with a chosen and a rejected response; in version 2 lists of them.
//!
//! The responses become `a` and `b`, which of them is the chosen one being a hash of the id: if the better one always
//! had the same name, agreement beyond chance would not be defined. Each chosen response with each rejected one is an
//! item; those of one prompt have the tag `prompt`.

use serde_json::Value;

use super::collected::{Collected, Collector, add_response};
use super::source::Source;
use super::tags;
use crate::error::Result;
use crate::input::conversation::Content;
use crate::input::jsonl::{Path, Record};
use crate::input::read_conversation::read_content;
use crate::keyed_hash::KeyedHash;

/// The largest number of pairs of one prompt: of version 2, prompts have some hundred at most.
const MOST_PAIRS: usize = 400;
const EQUAL: (&str, &str) = (
    "pair has a chosen response that equals the rejected one and is left out",
    "pairs have a chosen response that equals the rejected one and are left out",
);
const SEVERAL: (&str, &str) = (
    "prompt has several chosen or rejected responses; each pair is an item of its own, and intervals treat these as \
     independent",
    "prompts have several chosen or rejected responses; each pair is an item of its own, and intervals treat these as \
     independent",
);

/// Reads the pairs.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let mut collector = Collector::default();
    for record in sources.into_iter().flat_map(|source| source.records) {
        read(&mut collector, record)?;
    }
    Ok(collector.finish())
}

fn read(collector: &mut Collector, mut record: Record) -> Result<()> {
    let name = record.take_id_field("id")?;
    let subset = record.take_optional_text("subset")?;
    // The same id may occur in several subsets.
    let name = match &subset {
        Some(subset) => format!("{subset}-{name}"),
        None => name,
    };
    let prompt = record.take("prompt").ok_or_else(|| record.missing("prompt"))?;
    let prompt = read_content(&mut record, &Path::new("prompt"), prompt)?;
    let chosen = take_responses(&mut record, "chosen")?;
    let rejected = take_responses(&mut record, "rejected")?;
    let is_single = chosen.len() == 1 && rejected.len() == 1;
    if !is_single {
        collector.notice(SEVERAL, &name);
    }
    let pairs = chosen.len().saturating_mul(rejected.len());
    if pairs > MOST_PAIRS {
        return Err(record
            .error(format!(
                "chosen and rejected: {} and {} responses make {pairs} pairs of one prompt, more than {MOST_PAIRS}",
                chosen.len(),
                rejected.len()
            ))
            .hint("divide the prompt, or leave some of its responses out"));
    }
    let pairs = chosen.iter().flat_map(|one| rejected.iter().map(move |other| (one, other)));
    for (number, (better, worse)) in (1..).zip(pairs) {
        let id = if is_single { name.clone() } else { format!("{name}-{number}") };
        if better == worse {
            collector.notice(EQUAL, &id);
            continue;
        }
        if collector.known(&id).is_some() {
            return Err(record.error(format!("id: {id} occurs twice")).hint(
                "give each file once; the id of a pair is the subset, the id and the number of the pair, joined by dashes",
            ));
        }
        let swapped = KeyedHash::new("evenhand: rewardbench").text(&id).bit();
        let (a, b) = if swapped { (worse, better) } else { (better, worse) };
        let of_prompt = (!is_single).then(|| name.clone());
        let item = collector.item(&record.place, &id, prompt.clone())?;
        item.tags = tags([("subset", subset.clone()), ("prompt", of_prompt)]);
        add_response(item, &record.place, "a", a.clone())?;
        add_response(item, &record.place, "b", b.clone())?;
        collector.label(&id, "gold", ["a", "b"], Some(if swapped { "b" } else { "a" }));
    }
    Ok(())
}

/// Reads a response or a list of responses; a list of messages is one response.
fn take_responses(record: &mut Record, field: &str) -> Result<Vec<Content>> {
    let value = record.take(field).ok_or_else(|| record.missing(field))?;
    let is_message = |value: &Value| value.get("role").is_some();
    match value {
        Value::Array(entries) if !entries.first().is_some_and(is_message) => {
            if entries.is_empty() {
                return Err(record.error(format!("{field}: the list has no response")));
            }
            let path = Path::new(field);
            let read = |(at, entry)| read_content(record, &path.index(at), entry);
            entries.into_iter().enumerate().map(read).collect()
        }
        value => Ok(vec![read_content(record, &Path::new(field), value)?]),
    }
}
