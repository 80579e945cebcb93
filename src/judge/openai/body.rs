//! The body of a request, serialized from borrowed data.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::judge::endpoint::Request;

/// The body of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a>(pub(super) Request<'a>);

/// What a stream contains beside the text.
#[derive(serde::Serialize)]
struct StreamOptions {
    include_usage: bool,
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
        if let Some(format) = wishes.output.response_format()
            && form.requests_schema(wishes)
        {
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
