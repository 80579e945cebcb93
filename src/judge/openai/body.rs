//! The body of a request, serialized from borrowed data.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use crate::judge::RequestedOutput;
use crate::judge::endpoint::Request;

/// The body of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a>(pub(super) Request<'a>);

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
        let Request { model, wishes, form, .. } = self.0;
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("model", model)?;
        body.serialize_entry("messages", &self.0.accepted_messages())?;
        if let Some(temperature) = form.temperature(wishes) {
            body.serialize_entry("temperature", &temperature)?;
        }
        if let Some(limit) = self.0.max_tokens() {
            let by_completion = form.uses_max_completion_tokens();
            let name = if by_completion { "max_completion_tokens" } else { "max_tokens" };
            body.serialize_entry(name, &limit)?;
        }
        if let RequestedOutput::Json(schema) = &wishes.output
            && form.requests_schema(wishes)
        {
            let json_schema = Named { name: "verdict", strict: true, schema };
            let format = ResponseFormat { r#type: "json_schema", json_schema };
            body.serialize_entry("response_format", &format)?;
        }
        if let Some(most) = form.top_logprobs(wishes) {
            body.serialize_entry("logprobs", &true)?;
            body.serialize_entry("top_logprobs", &most)?;
        }
        if form.streams() {
            body.serialize_entry("stream", &true)?;
            if form.sends("stream_options") {
                body.serialize_entry("stream_options", &StreamOptions { include_usage: true })?;
            }
        }
        for (name, value) in &wishes.extra {
            if form.sends(name) {
                body.serialize_entry(name, value)?;
            }
        }
        body.end()
    }
}
