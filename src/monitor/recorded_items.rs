//! What an entry takes of a run: its items, without any text, and what was judged.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::entry::{EntryItem, EntryUnit, short_digest};
use crate::input::{Content, Item};
use crate::keyed_hash::KeyedHash;
use crate::traffic::{TAGS_OF_DRAWING, language, probability_of, words_of_users};

/// What an entry takes of a run.
#[derive(Debug, Default)]
pub(super) struct RecordedUnits {
    pub(super) items: Vec<EntryItem>,
    pub(super) units: Vec<EntryUnit>,
    /// How many units have a label of a majority.
    pub(super) labelled: u64,
    places: HashMap<String, u32>,
}

impl RecordedUnits {
    /// Returns the place of an item, which is added if it is new.
    pub(super) fn place_of(&mut self, item: &Item) -> u32 {
        let next = self.items.len() as u32;
        *self.places.entry(item.id.clone()).or_insert_with(|| {
            let prompt = item.prompt.to_text();
            let tags = item.tags.iter();
            self.items.push(EntryItem {
                id: item.id.clone(),
                text: text_digest(&json!([item.prompt, item.reference, item.context])),
                length: prompt.chars().count() as u64,
                language: language(&words_of_users(&json!(item.prompt))).to_owned(),
                weight: probability_of(&item.tags).map(|probability| 1.0 / probability),
                tags: tags
                    .filter(|(tag, _)| !TAGS_OF_DRAWING.contains(&tag.as_str()))
                    .map(|(tag, value)| (tag.clone(), value.clone()))
                    .collect(),
            });
            next
        })
    }
}

/// Returns the digest of a response.
pub(super) fn digest_of_response(response: Option<&Content>) -> String {
    text_digest(&json!(response))
}

fn text_digest(value: &Value) -> String {
    short_digest(&KeyedHash::new("evenhand: text of a history").text(&value.to_string()))
}

/// Returns the share of pairs of repeats whose verdicts differ; `None` without repeats, or while one is missing.
pub(super) fn share_of_changes<V: PartialEq>(
    verdicts: impl Iterator<Item = Option<V>>,
) -> Option<f64> {
    let verdicts: Vec<V> = verdicts.collect::<Option<_>>()?;
    let pairs = verdicts
        .iter()
        .enumerate()
        .flat_map(|(at, one)| verdicts[at + 1..].iter().map(move |other| one != other));
    let (mut different, mut all) = (0_u32, 0_u32);
    for is_different in pairs {
        different += u32::from(is_different);
        all += 1;
    }
    (all > 0).then(|| f64::from(different) / f64::from(all))
}
