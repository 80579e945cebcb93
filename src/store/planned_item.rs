//! A planned item with its subjects, as the run file stores it, and the part of it that has its tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::input::Item;
use crate::trial::{Plan, Subject};

/// One planned item with what is judged of it.
#[derive(Debug)]
pub struct PlannedItem {
    /// The item.
    pub item: Arc<Item>,
    /// Its number among the planned items, counted from 1.
    pub ordinal: i64,
    /// Its comparisons, or the responses that are graded, each with its number among all of the plan, counted from 1.
    pub subjects: Vec<(i64, Subject)>,
    /// The item as a run stores it.
    pub(super) json: String,
    /// The digest of `json`.
    pub(super) digest: [u8; 32],
}

/// The part of a stored item that its tags are read from.
#[derive(Deserialize)]
pub(super) struct TaggedItem {
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
}

impl PlannedItem {
    /// Returns an item with its subjects of every shard, not numbered yet: every ordinal is 0.
    ///
    /// # Errors
    ///
    /// The item cannot be encoded, which is a fault of evenhand.
    pub(crate) fn new(plan: &Plan, item: Arc<Item>) -> Result<Self> {
        let json = encode(&*item)?;
        let digest = *blake3::hash(json.as_bytes()).as_bytes();
        let subjects = plan.subjects(&item).into_iter().map(|subject| (0, subject));
        Ok(Self { subjects: subjects.collect(), item, ordinal: 0, json, digest })
    }
}

/// Encodes a value as the run file stores it.
pub(super) fn encode<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal(format!("cannot write JSON: {error}")).caused_by(error))
}
