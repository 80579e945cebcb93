//! The form of reply that a request asks for.

use serde::Serialize;
use serde_json::{Value, json};

use crate::input::{ReplyFormat, Rubric, Scale};

/// The form of reply that a request asks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RequestedOutput {
    /// A JSON object with this schema.
    Json(Value),
    /// Text.
    Text,
    /// One token, with the probabilities of the likeliest tokens.
    Token,
}

impl RequestedOutput {
    /// Returns the form that a rubric asks for.
    pub fn of(rubric: &Rubric) -> Self {
        match &rubric.reply {
            ReplyFormat::Json { .. } => Self::Json(match &rubric.scale {
                None => schema(rubric),
                Some(scale) => schema_of_grades(rubric, scale),
            }),
            ReplyFormat::Pattern { .. } | ReplyFormat::GradePattern { .. } => Self::Text,
            ReplyFormat::Logprobs { .. } => Self::Token,
        }
    }

    /// Returns the form in the words of chat completions; `None` if it is not JSON.
    pub(super) fn response_format(&self) -> Option<ResponseFormat<'_>> {
        let Self::Json(schema) = self else { return None };
        let json_schema = NamedSchema { name: "verdict", strict: true, schema };
        Some(ResponseFormat { r#type: "json_schema", json_schema })
    }

    /// Returns the form as JSON, for the digest of the request.
    pub fn describe(&self) -> Value {
        match self {
            Self::Json(schema) => json!({ "json_schema": schema }),
            Self::Text => json!("text"),
            Self::Token => json!("logprobs"),
        }
    }
}

/// A JSON object with a schema as the form of reply, in the words of chat completions.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: NamedSchema<'a>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct NamedSchema<'a> {
    name: &'static str,
    strict: bool,
    schema: &'a Value,
}

/// Returns the JSON schema of a verdict.
fn schema(rubric: &Rubric) -> Value {
    let votes: &[&str] =
        if rubric.ties { &["first", "second", "tie"] } else { &["first", "second"] };
    schema_with(rubric, votes, Some("vote"))
}

/// Returns the JSON schema of a grade. Its names are in byte order, since one schema serves both directions of the scale;
/// where the grade is computed from those on the criteria, it is not asked for.
fn schema_of_grades(rubric: &Rubric, scale: &Scale) -> Value {
    let mut names: Vec<&str> = scale.names().collect();
    names.sort_unstable();
    schema_with(rubric, &names, (!rubric.is_weighted()).then_some("grade"))
}

/// Returns the JSON schema of an object with some choices for each criterion and, if it is named, for the whole. The
/// reasoning comes first, so that what is chosen can follow from it.
fn schema_with(rubric: &Rubric, choices: &[&str], whole: Option<&str>) -> Value {
    let vote = json!({ "type": "string", "enum": choices });
    let names: Vec<&str> =
        rubric.criteria.iter().map(|criterion| criterion.name.as_str()).collect();
    let criteria: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), vote.clone())).collect();
    let mut schema = json!({
        "type": "object",
        "properties": {
            "reasoning": { "type": "string" },
            "criteria": {
                "type": "object",
                "properties": criteria,
                "required": names,
                "additionalProperties": false
            }
        },
        "required": ["reasoning", "criteria"],
        "additionalProperties": false
    });
    if let Some(whole) = whole {
        schema["properties"][whole] = vote;
        if let Some(required) = schema["required"].as_array_mut() {
            required.push(whole.into());
        }
    }
    schema
}
