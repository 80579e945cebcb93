//! What a try is made of, as digests: whether anything has changed since another try.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::selection::TrySelection;
use crate::error::{Error, Result};
use crate::input::{Connection, JudgeSettings, LoadedRubric, ReplyFormat, Scale};
use crate::keyed_hash::KeyedHash;
use crate::store::{JudgeRecord, reading_of, rendering_digest};

/// Digests of what a try is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TryInputs {
    /// The rubric, its prompts, and how replies are read.
    pub rubric: String,
    /// The judges, with the contents of recordings, the number of repeats and the seed.
    pub judges: String,
    /// The comparisons or responses with their texts.
    #[serde(rename = "comparisons")]
    pub subjects: String,
    /// The labels of these.
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
        let (repeat, seed) = asked;
        let mut of_judges = KeyedHash::new("evenhand: judges of a try")
            .text(&format!("{repeat} times, seed {seed}"));
        for judge in judges {
            let record = serde_json::to_value(JudgeRecord::of(judge))
                .map_err(|error| Error::internal(format!("cannot describe a judge: {error}")))?;
            of_judges = of_judges.text(&json!(record).to_string());
            if let Connection::Recorded(path) = &judge.connection {
                let recording =
                    std::fs::read(path).map_err(|error| Error::unreadable(path, error))?;
                of_judges = of_judges.bytes(blake3::hash(&recording).as_bytes());
            }
        }
        let rubric = of_rubric(
            &rendering_digest(rubric),
            &rubric.rubric.reply,
            rubric.rubric.scale.as_ref(),
        );
        Ok(Self {
            rubric: shown(&rubric),
            judges: shown(&of_judges),
            subjects: shown(&selection.texts),
            labels: shown(&selection.labels),
        })
    }
}

/// Returns the hash of what a rubric asks and of how replies to it are read.
fn of_rubric(rendering: &str, reply: &ReplyFormat, scale: Option<&Scale>) -> KeyedHash {
    let reading = reading_of(reply).to_string();
    let hash = KeyedHash::new("evenhand: rubric of a try").text(rendering).text(&reading);
    match scale {
        None => hash,
        // Which steps pass is in no request.
        Some(scale) => hash.text(&json!({ "pass_from": scale.pass_from }).to_string()),
    }
}

/// Returns a hash as it is written: enough digits that no two are equal by chance.
fn shown(hash: &KeyedHash) -> String {
    format!("{:016x}", hash.number())
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::input::Take;

    /// Digests are stored in histories: a change would make every rubric look changed.
    #[test]
    fn the_digest_of_a_rubric_is_fixed() {
        let pattern = |text: &str| Regex::new(text).unwrap();
        let formats = [
            ReplyFormat::Json { take: Take::Last },
            ReplyFormat::Pattern {
                first: pattern("^A"),
                second: pattern("^B"),
                tie: Some(pattern("\\btie\\b")),
                take: Take::Only,
            },
            ReplyFormat::Logprobs { first: "A".to_owned(), second: "B".to_owned() },
        ];
        let texts = formats.each_ref().map(|reply| reading_of(reply).to_string());
        assert_eq!(
            texts,
            [
                r#"{"format":"json","take":"last"}"#,
                r#"{"format":"pattern","first":"^A","second":"^B","tie":"\\btie\\b","take":"only"}"#,
                r#"{"format":"logprobs","first":"A","second":"B"}"#,
            ]
        );
        let digests =
            formats.each_ref().map(|reply| shown(&of_rubric("what is asked", reply, None)));
        assert_eq!(digests, ["59f654f6e9f478d4", "1e08aed51cc5252c", "22f9e69994029655"]);
    }
}
