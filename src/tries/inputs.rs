//! What a try is made of, as digests: whether anything has changed since another try.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::selection::TrySelection;
use crate::error::{Error, Result};
use crate::input::{Connection, JudgeSettings, LoadedRubric};
use crate::keyed_hash::KeyedHash;
use crate::store::{JudgeRecord, rendering_digest};

/// Digests of what a try is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TryInputs {
    /// The rubric, its prompts, and how replies are read.
    pub rubric: String,
    /// The judges, with the contents of recordings, the number of repeats and the seed.
    pub judges: String,
    /// The comparisons with their texts.
    pub comparisons: String,
    /// The labels of these comparisons.
    pub labels: String,
}

impl TryInputs {
    /// Returns the digests of a try that is about to be made.
    ///
    /// # Errors
    ///
    /// A recording cannot be read.
    pub fn of<'a>(
        rubric: &LoadedRubric,
        judges: impl IntoIterator<Item = &'a JudgeSettings>,
        asked: (u32, u64),
        selection: &TrySelection,
    ) -> Result<Self> {
        let reading = format!("{:?}", rubric.rubric.reply);
        let (repeat, seed) = asked;
        let mut of_judges = KeyedHash::new("evenhand: judges of a try")
            .text(&format!("{repeat} times, seed {seed}"));
        for judge in judges {
            let record = serde_json::to_value(JudgeRecord::of(judge))
                .map_err(|error| Error::internal(format!("cannot describe a judge: {error}")))?;
            of_judges = of_judges.text(&json!(record).to_string());
            if let Connection::Recorded(path) = &judge.connection {
                let recording = std::fs::read(path).map_err(|error| {
                    Error::input(format!("{}: {error}", path.display())).caused_by(error)
                })?;
                of_judges = of_judges.bytes(blake3::hash(&recording).as_bytes());
            }
        }
        let rubric = KeyedHash::new("evenhand: rubric of a try")
            .text(&rendering_digest(rubric))
            .text(&reading);
        Ok(Self {
            rubric: shown(&rubric),
            judges: shown(&of_judges),
            comparisons: shown(&selection.texts),
            labels: shown(&selection.labels),
        })
    }
}

/// Returns a hash as it is written: enough digits that no two are equal by chance.
fn shown(hash: &KeyedHash) -> String {
    format!("{:016x}", hash.number())
}
