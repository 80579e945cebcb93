//! `LMArena`'s layout: conversations of people with two models, and which they preferred.

use serde_json::Value;

use super::collected::{Collected, Collector, add_response};
use super::conversations::take_conversation;
use super::source::Source;
use super::tags;
use crate::error::Result;
use crate::input::conversation::{Content, Turn};
use crate::input::jsonl::Record;

const BOTH_BAD: (&str, &str) = (
    "preference says that both are bad and is imported as a tie",
    "preferences say that both are bad and are imported as ties",
);
const SAME_MODEL: (&str, &str) = (
    "preference compares a model with itself; its responses are called (1) and (2)",
    "preferences compare a model with itself; their responses are called (1) and (2)",
);

/// Reads the preferences.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let mut collector = Collector::default();
    let mut number = 0;
    for record in sources.into_iter().flat_map(|source| source.records) {
        number += 1;
        read(&mut collector, record, number)?;
    }
    Ok(collector.finish())
}

fn read(collector: &mut Collector, mut record: Record, number: usize) -> Result<()> {
    let named = ["question_id", "id"].into_iter().find(|field| record.has(field));
    let id = match named {
        Some(field) => record.take_id_field(field)?,
        None => format!("arena-{number:05}"),
    };
    if collector.known(&id).is_some() {
        return Err(record.error(format!("{id} occurs twice")).hint("give each file once"));
    }
    let mut systems = [record.take_name("model_a")?, record.take_name("model_b")?];
    if systems[0] == systems[1] {
        collector.notice(SAME_MODEL, &id);
        let name = &systems[0];
        systems = [format!("{name} (1)"), format!("{name} (2)")];
    }
    let (prompt, response_a) = take_conversation(&mut record, "conversation_a")?;
    let (prompt_b, response_b) = take_conversation(&mut record, "conversation_b")?;
    if prompt != prompt_b {
        return Err(record.error("conversation_b: begins with another prompt than conversation_a"));
    }
    let found = tags([
        ("language", record.take_optional_text("language")?),
        ("turns", Some(turns(&response_a).to_string())),
    ]);
    let item = collector.item(&record.place, &id, prompt)?;
    item.tags = found;
    for (system, response) in systems.iter().zip([response_a, response_b]) {
        add_response(item, &record.place, system, response)?;
    }
    let pair = systems.each_ref().map(String::as_str);
    let winner = match record.take_text("winner")?.as_str() {
        "model_a" => Some(pair[0]),
        "model_b" => Some(pair[1]),
        "tie" => None,
        "both_bad" | "tie (bothbad)" => {
            collector.notice(BOTH_BAD, &id);
            None
        }
        other => {
            return Err(record.error(format!(
                "winner: expected model_a, model_b, tie or both_bad, found `{other}`"
            )));
        }
    };
    let annotator = record.take("judge");
    let annotator = annotator.as_ref().and_then(Value::as_str).filter(|name| !name.is_empty());
    collector.label(&id, annotator.unwrap_or("arena"), pair, winner);
    Ok(())
}

/// Returns the number of answers in a response.
fn turns(response: &Content) -> usize {
    let is_answer = |turn: &&Turn| turn.role == "assistant";
    response.turns().iter().filter(is_answer).count().max(1)
}
