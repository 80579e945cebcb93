//! The texts of a task as other programs show them.

use serde_json::{Map, Value};

use crate::labelling::ShownTask;
use crate::report::{content_text, reference_texts};

/// Returns the texts of a task by the names of their fields; a conversation is one text, with the role before each turn.
pub(super) fn texts(shown: &ShownTask) -> Vec<(&'static str, String)> {
    let mut texts = vec![("prompt", content_text(&shown.prompt))];
    let responses = shown.responses.named();
    texts.extend(responses.into_iter().map(|(name, response)| (name, content_text(response))));
    if let Some(reference) = &shown.reference {
        texts.push(("reference", reference_texts(reference).join("\n\n")));
    }
    if let Some(context) = &shown.context {
        let text = context.as_str().map_or_else(|| context.to_string(), ToOwned::to_owned);
        texts.push(("context", text));
    }
    texts
}

/// Returns the same as fields of an object.
pub(super) fn fields(shown: &ShownTask) -> Map<String, Value> {
    let texts = texts(shown).into_iter();
    texts.map(|(name, text)| (name.to_owned(), Value::from(text))).collect()
}
