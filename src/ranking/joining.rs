//! Whether several runs are about the same items: their texts, and what each judge was asked.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::input::{Content, Item};
use crate::store::RunFile;

/// The number of a text's characters, with a digest of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Text {
    digest: [u8; 16],
    characters: u32,
    /// The run that it was first seen in.
    run: u32,
}

/// The texts of the items of all runs that were added, as far as needed to see whether two are equal.
#[derive(Debug, Default)]
pub(super) struct ItemTexts {
    /// By the item's id.
    items: HashMap<String, ItemText>,
    runs: Vec<String>,
}

#[derive(Debug)]
struct ItemText {
    prompt: Text,
    /// By the system's name.
    responses: HashMap<String, Text>,
}

impl ItemTexts {
    /// Adds the items of a run.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or an item is another one than in an earlier run.
    pub(super) fn add(&mut self, run: &RunFile) -> Result<()> {
        let number = self.runs.len() as u32;
        self.runs.push(run.path().display().to_string());
        let read = |item: Item| {
            let responses = item.responses.iter();
            let responses: Vec<(String, Text)> =
                responses.map(|(system, text)| (system.clone(), Text::of(text, number))).collect();
            (item.id, Text::of(&item.prompt, number), responses)
        };
        let mut result = Ok(());
        run.map_items(
            |_| true,
            read,
            |(id, prompt, responses)| {
                if result.is_ok() {
                    result = self.add_item(id, prompt, responses);
                }
            },
        )?;
        result
    }

    fn add_item(&mut self, id: String, prompt: Text, responses: Vec<(String, Text)>) -> Result<()> {
        let Some(known) = self.items.get_mut(&id) else {
            self.items.insert(id, ItemText { prompt, responses: responses.into_iter().collect() });
            return Ok(());
        };
        if !known.prompt.is_same(prompt) {
            return Err(differs(&self.runs, &id, "prompt", known.prompt.run, prompt.run));
        }
        for (system, text) in responses {
            let response = *known.responses.entry(system.clone()).or_insert(text);
            if !response.is_same(text) {
                let field = format!("response of `{system}`");
                return Err(differs(&self.runs, &id, &field, response.run, text.run));
            }
        }
        Ok(())
    }

    /// Returns the number of characters of a response.
    pub(super) fn length(&self, id: &str, system: &str) -> Option<u32> {
        self.items.get(id)?.responses.get(system).map(|text| text.characters)
    }
}

impl Text {
    fn of(content: &Content, run: u32) -> Self {
        let text = content.to_text();
        let digest = blake3::hash(text.as_bytes());
        Self {
            digest: std::array::from_fn(|at| digest.as_bytes()[at]),
            characters: text.chars().count() as u32,
            run,
        }
    }

    fn is_same(self, other: Self) -> bool {
        self.digest == other.digest
    }
}

fn differs(runs: &[String], id: &str, field: &str, before: u32, now: u32) -> Error {
    let [before, now] = [before, now].map(|run| &runs[run as usize]);
    Error::input(format!("{now}: item {id}: the {field} is not the one in {before}"))
        .detail("runs are joined by the ids of their items, so equal ids must be equal items")
        .hint(
            "rank runs over the same items; give other items ids of their own and judge them again",
        )
}
