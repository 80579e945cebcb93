//! The body of a request, serialized from borrowed data.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use crate::input::Message;
use crate::judge::RequestedOutput;
use crate::judge::endpoint::Request;

/// The name of the tool whose input is the verdict.
pub(super) const TOOL: &str = "verdict";
/// The description of that tool in the request.
const TOOL_DESCRIPTION: &str = "Gives the verdict: the reasoning first, then the votes.";

/// The body of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a>(pub(super) Request<'a>);

/// A text of the system. What stands before its end is the same in every request of a judge, tools included, and is
/// worth caching.
#[derive(serde::Serialize)]
struct SystemText<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(serde::Serialize)]
struct CacheControl {
    r#type: &'static str,
}

#[derive(serde::Serialize)]
struct Tool<'a> {
    name: &'static str,
    description: &'static str,
    input_schema: &'a Value,
}

#[derive(serde::Serialize)]
struct ToolChoice {
    r#type: &'static str,
    name: &'static str,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Request { model, wishes, form, .. } = self.0;
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("model", model)?;
        if let Some(limit) = self.0.max_tokens() {
            body.serialize_entry("max_tokens", &limit)?;
        }
        let messages = self.0.accepted_messages();
        let (system, others): (Vec<&Message>, Vec<&Message>) =
            messages.iter().partition(|message| message.role == "system");
        // The API rejects an empty text.
        let system = system.into_iter().filter(|message| !message.content.trim().is_empty());
        let is_cached = form.sends("cache_control");
        let system: Vec<SystemText<'_>> =
            system.map(|message| system_text(message, is_cached)).collect();
        if !system.is_empty() {
            body.serialize_entry("system", &system)?;
        }
        body.serialize_entry("messages", &others)?;
        if let Some(temperature) = form.temperature(wishes) {
            body.serialize_entry("temperature", &temperature)?;
        }
        if let RequestedOutput::Json(schema) = &wishes.output
            && form.requests_schema(wishes)
        {
            let tool = Tool { name: TOOL, description: TOOL_DESCRIPTION, input_schema: schema };
            body.serialize_entry("tools", &[tool])?;
            body.serialize_entry("tool_choice", &ToolChoice { r#type: "tool", name: TOOL })?;
        }
        for (name, value) in &wishes.extra {
            if form.sends(name) {
                body.serialize_entry(name, value)?;
            }
        }
        body.end()
    }
}

fn system_text(message: &Message, is_cached: bool) -> SystemText<'_> {
    let cache_control = is_cached.then_some(CacheControl { r#type: "ephemeral" });
    SystemText { r#type: "text", text: &message.content, cache_control }
}
