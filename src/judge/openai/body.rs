//! The body of a request, serialized from borrowed data.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use crate::input::Message;
use crate::judge::RequestedOutput;
use crate::judge::negotiation::{RequestForm, Wishes};

/// The content of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a> {
    /// The model's name.
    pub(super) model: &'a str,
    /// The prompt.
    pub(super) messages: &'a [Message],
    /// What the judge asks for.
    pub(super) wishes: &'a Wishes,
    /// The form in which the server accepts it.
    pub(super) form: &'a RequestForm,
}

/// What a stream contains beside the text.
#[derive(serde::Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(serde::Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: Named<'a>,
}

#[derive(serde::Serialize)]
struct Named<'a> {
    name: &'static str,
    strict: bool,
    schema: &'a Value,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("model", self.model)?;
        let merged = self.form.merges_system(self.wishes).then(|| merge_system(self.messages));
        body.serialize_entry("messages", merged.as_deref().unwrap_or(self.messages))?;
        if let Some(temperature) = self.form.temperature(self.wishes) {
            body.serialize_entry("temperature", &temperature)?;
        }
        if let Some(limit) = self.form.max_tokens(self.wishes) {
            let by_completion = self.form.uses_max_completion_tokens();
            let name = if by_completion { "max_completion_tokens" } else { "max_tokens" };
            body.serialize_entry(name, &limit)?;
        }
        if let RequestedOutput::Json(schema) = &self.wishes.output
            && self.form.requests_schema(self.wishes)
        {
            let json_schema = Named { name: "verdict", strict: true, schema };
            let format = ResponseFormat { r#type: "json_schema", json_schema };
            body.serialize_entry("response_format", &format)?;
        }
        if let Some(most) = self.form.top_logprobs(self.wishes) {
            body.serialize_entry("logprobs", &true)?;
            body.serialize_entry("top_logprobs", &most)?;
        }
        if self.form.streams() {
            body.serialize_entry("stream", &true)?;
            if self.form.sends("stream_options") {
                body.serialize_entry("stream_options", &StreamOptions { include_usage: true })?;
            }
        }
        for (name, value) in &self.wishes.extra {
            if self.form.sends(name) {
                body.serialize_entry(name, value)?;
            }
        }
        body.end()
    }
}

/// Puts the system message in front of the user's, for a model without that role.
fn merge_system(messages: &[Message]) -> Vec<Message> {
    let (system, mut others): (Vec<Message>, Vec<Message>) =
        messages.iter().cloned().partition(|message| message.role == "system");
    let system: Vec<String> = system.into_iter().map(|message| message.content).collect();
    if let Some(first) = others.first_mut().filter(|_| !system.is_empty()) {
        first.content = format!("{}\n\n{}", system.join("\n\n"), first.content);
    }
    others
}
