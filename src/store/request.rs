//! Renders requests: the messages for a subject in one order, and their digest.

use std::sync::Arc;

use serde_json::{Value, json};

use super::manifest::JudgeRecord;
use crate::error::Result;
use crate::input::{Item, LoadedRubric, Message, ReplyFormat};
use crate::judge::RequestedOutput;
use crate::keyed_hash::KeyedHash;
use crate::prompt::{Prompt, SystemPrompt};
use crate::trial::{Order, Subject};

/// Renders the requests of one judge.
#[derive(Debug, Clone)]
pub struct RequestRenderer {
    prompt: Arc<Prompt>,
    /// The hash of the parameters, to which the messages are added.
    parameters: KeyedHash,
}

/// One rendered request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The rendered prompt.
    pub messages: Vec<Message>,
    /// The digest of the messages and the request's parameters.
    pub digest: [u8; 32],
}

impl RequestRenderer {
    /// Returns what renders the requests of a judge under a rubric and its compiled prompt.
    pub fn new(judge: &JudgeRecord, rubric: &LoadedRubric, prompt: &Arc<Prompt>) -> Self {
        let form = RequestedOutput::of(&judge.reading_rubric(&rubric.rubric));
        Self { prompt: Arc::clone(prompt), parameters: hash_parameters(judge, &form) }
    }

    /// Renders a comparison, or a response that is graded, in one order.
    ///
    /// # Errors
    ///
    /// The template uses something that the item does not have.
    pub fn render(&self, subject: &Subject, order: Order) -> Result<Request> {
        let messages = self.prompt.render_subject(subject, order)?;
        Ok(Request { digest: digest(&self.parameters, &messages), messages })
    }
}

/// Renders the requests to one system.
#[derive(Debug, Clone)]
pub struct ResponseRenderer {
    prompt: Arc<SystemPrompt>,
    /// The hash of the parameters, to which the messages are added.
    parameters: KeyedHash,
}

impl ResponseRenderer {
    /// Returns what renders the requests to a system with its compiled prompt.
    pub fn new(system: &JudgeRecord, prompt: &Arc<SystemPrompt>) -> Self {
        let mut parameters = hash_parameters(system, &RequestedOutput::Text);
        // The name of a model at a server that is started says less about the model than the command does.
        if let Some(command) = &system.start {
            parameters = parameters.text(command);
        }
        Self { prompt: Arc::clone(prompt), parameters }
    }

    /// Renders the prompt of an item.
    ///
    /// # Errors
    ///
    /// The template uses something that the item does not have, or the prompt cannot be sent.
    pub fn render(&self, item: &Item) -> Result<Request> {
        let messages = self.prompt.render(item)?;
        Ok(Request { digest: digest(&self.parameters, &messages), messages })
    }
}

fn digest(parameters: &KeyedHash, messages: &[Message]) -> [u8; 32] {
    let hash = messages
        .iter()
        .fold(parameters.clone(), |hash, message| hash.text(&message.role).text(&message.content));
    hash.digest()
}

fn hash_parameters(judge: &JudgeRecord, form: &RequestedOutput) -> KeyedHash {
    let mut extra = judge.extra.clone();
    extra.sort_keys();
    let mut parameters = json!({
        "model": judge.model,
        "temperature": judge.temperature,
        "max_tokens": judge.max_tokens,
        "extra": extra,
        "reply": form.describe(),
    });
    // The model of a program is only a name: another command may be another model.
    if let Some(command) = &judge.command {
        parameters["command"] = json!(command);
    }
    KeyedHash::new("evenhand: request").text(&parameters.to_string())
}

/// Returns a digest of everything that decides what requests contain, apart from judge and item.
pub fn rendering_digest(rubric: &LoadedRubric) -> String {
    let contents = &rubric.rubric;
    let prompts: Vec<Value> =
        rubric.prompts.iter().map(|source| json!([source.name, source.text])).collect();
    let mut everything = json!([
        contents.name,
        contents.version,
        contents.description,
        contents.ties,
        contents.criteria,
        RequestedOutput::of(contents).describe(),
        prompts,
    ]);
    if let (Some(scale), Some(all)) = (&contents.scale, everything.as_array_mut()) {
        all.push(json!([scale.steps, scale.cannot_assess]));
    }
    blake3::hash(everything.to_string().as_bytes()).to_hex().to_string()
}

/// Returns how replies are read. Its text is hashed into stored digests: it must not change for the same rubric.
pub(crate) fn reading_of(reply: &ReplyFormat) -> Value {
    let format = reply.name();
    match reply {
        ReplyFormat::Json { take } => json!({ "format": format, "take": take }),
        ReplyFormat::Pattern { first, second, tie, take } => json!({
            "format": format, "first": first.as_str(), "second": second.as_str(),
            "tie": tie.as_ref().map(regex::Regex::as_str), "take": take,
        }),
        ReplyFormat::GradePattern { grade, take } => {
            json!({ "format": format, "grade": grade.as_str(), "take": take })
        }
        ReplyFormat::Logprobs { first, second } => {
            json!({ "format": format, "first": first, "second": second })
        }
    }
}
