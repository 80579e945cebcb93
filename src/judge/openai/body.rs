//! The body of a request, serialized from borrowed data.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};

use crate::input::Message;
use crate::judge::RequestedOutput;

/// How many of the likeliest tokens are requested.
const TOP_LOGPROBS: u64 = 20;

/// The content of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a> {
    /// The model's name.
    pub(super) model: &'a str,
    /// The prompt.
    pub(super) messages: &'a [Message],
    /// The sampling temperature; `None` for a server that rejects it.
    pub(super) temperature: Option<f64>,
    /// The name of the parameter that limits the tokens of the reply, and the limit.
    pub(super) limit: (&'static str, u64),
    /// The form of reply that is requested.
    pub(super) form: &'a RequestedOutput,
    /// Whether JSON is requested by its schema.
    pub(super) request_schema: bool,
    /// Additional fields, none of which is among those above.
    pub(super) extra: &'a Map<String, Value>,
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
        body.serialize_entry("messages", self.messages)?;
        if let Some(temperature) = self.temperature {
            body.serialize_entry("temperature", &temperature)?;
        }
        let (name, limit) = self.limit;
        body.serialize_entry(name, &limit)?;
        match self.form {
            RequestedOutput::Json(schema) if self.request_schema => {
                let json_schema = Named { name: "verdict", strict: true, schema };
                let format = ResponseFormat { r#type: "json_schema", json_schema };
                body.serialize_entry("response_format", &format)?;
            }
            RequestedOutput::Token => {
                body.serialize_entry("logprobs", &true)?;
                body.serialize_entry("top_logprobs", &TOP_LOGPROBS)?;
            }
            RequestedOutput::Json(_) | RequestedOutput::Text => {}
        }
        for (name, value) in self.extra {
            body.serialize_entry(name, value)?;
        }
        body.end()
    }
}
