//! The body of a request: a view of what is asked, written out once and never copied before.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};

use crate::input::Message;
use crate::judge::ReplyForm;

/// Rivals of the first token that are asked for.
const TOP_LOGPROBS: u64 = 20;

/// What one request says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a> {
    /// The model's name as the server knows it.
    pub(super) model: &'a str,
    /// The prompt.
    pub(super) messages: &'a [Message],
    /// Sampling temperature; `None` for a server that takes none.
    pub(super) temperature: Option<f64>,
    /// The most tokens the reply may have, under the name that the server has for it.
    pub(super) limit: (&'static str, u64),
    /// What form of reply is wanted.
    pub(super) form: &'a ReplyForm,
    /// Whether JSON is asked for by its schema.
    pub(super) request_schema: bool,
    /// Further fields, none of which is among those above.
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
            ReplyForm::Json(schema) if self.request_schema => {
                let json_schema = Named { name: "verdict", strict: true, schema };
                let format = ResponseFormat { r#type: "json_schema", json_schema };
                body.serialize_entry("response_format", &format)?;
            }
            ReplyForm::Token => {
                body.serialize_entry("logprobs", &true)?;
                body.serialize_entry("top_logprobs", &TOP_LOGPROBS)?;
            }
            ReplyForm::Json(_) | ReplyForm::Text => {}
        }
        for (name, value) in self.extra {
            body.serialize_entry(name, value)?;
        }
        body.end()
    }
}
