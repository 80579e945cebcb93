//! Identity: when two commands mean the same run.
//!
//! A run is what its requests are: model, endpoint, parameters, what rubric and prompt render to, seed,
//! format. A change there is another run. What the rubric only uses for reading (patterns, `take`) is not
//! part of it, nor are rates, prices and keys.

use std::sync::Arc;

use serde_json::{Value, json};

use super::manifest::{JudgeRecord, Manifest};
use crate::error::{Error, Result};
use crate::input::{Item, LoadedRubric, Message};
use crate::judge::ReplyForm;
use crate::prompt::Prompt;
use crate::trial::{Comparison, Order};

/// Makes requests of one judge out of comparisons: what is sent, and its digest.
#[derive(Debug, Clone)]
pub struct Requests {
    prompt: Arc<Prompt>,
    parameters: blake3::Hasher,
}

/// What is sent, and its digest.
#[derive(Debug, Clone)]
pub struct Request {
    /// The rendered prompt.
    pub messages: Vec<Message>,
    /// The digest of it and of the parameters.
    pub digest: [u8; 32],
}

impl Requests {
    /// Returns the requests of a judge under a rubric whose prompt is compiled already.
    pub fn new(judge: &JudgeRecord, rubric: &LoadedRubric, prompt: &Arc<Prompt>) -> Self {
        let form = ReplyForm::of(&judge.reading(&rubric.rubric));
        Self { prompt: Arc::clone(prompt), parameters: parameters(judge, &form) }
    }

    /// Renders a comparison in one order.
    ///
    /// # Errors
    ///
    /// The template uses something that the item does not have.
    pub fn request(&self, comparison: &Comparison, order: Order) -> Result<Request> {
        let messages = self.prompt.render(comparison, order)?;
        let digest = request_digest(&self.parameters, &messages);
        Ok(Request { messages, digest })
    }
}

fn parameters(judge: &JudgeRecord, form: &ReplyForm) -> blake3::Hasher {
    let mut extra = judge.extra.clone();
    extra.sort_keys();
    let parameters = json!({
        "model": judge.model,
        "temperature": judge.temperature,
        "max_tokens": judge.max_tokens,
        "extra": extra,
        "reply": form.describe(),
    });
    let mut hasher = blake3::Hasher::new_derive_key("evenhand: request");
    part(&mut hasher, &parameters.to_string());
    hasher
}

/// Returns the digest of a request: its parameters and its messages.
fn request_digest(parameters: &blake3::Hasher, messages: &[Message]) -> [u8; 32] {
    let mut hasher = parameters.clone();
    for message in messages {
        part(&mut hasher, &message.role);
        part(&mut hasher, &message.content);
    }
    *hasher.finalize().as_bytes()
}

/// Adds a text with its length, so that no two lists of texts look alike.
fn part(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// Returns a digest of all that goes into rendering and into the form of the reply.
pub fn rendering_digest(rubric: &LoadedRubric) -> String {
    let view = &rubric.rubric;
    let prompts: Vec<Value> =
        rubric.prompts.iter().map(|source| json!([source.name, source.text])).collect();
    let everything = json!([
        view.name,
        view.version,
        view.description,
        view.ties,
        view.criteria,
        ReplyForm::of(view).describe(),
        prompts,
    ]);
    blake3::hash(everything.to_string().as_bytes()).to_hex().to_string()
}

/// Checks that a command means the run that the file holds.
///
/// # Errors
///
/// Another seed, other judges, or a judge with another model, endpoint or parameter; the message names
/// the field and both values. What the prompt renders to is checked request by request, elsewhere.
pub fn check_identity(
    path: &std::path::Path,
    stored: &Manifest,
    stored_judges: &[JudgeRecord],
    seed: u64,
    judges: &[JudgeRecord],
) -> Result<()> {
    if stored.seed != seed {
        return Err(differs(path, "seed", &stored.seed.to_string(), &seed.to_string()));
    }
    let names = |judges: &[JudgeRecord]| {
        judges.iter().map(|judge| judge.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let mut sorted: [Vec<&JudgeRecord>; 2] =
        [stored_judges.iter().collect(), judges.iter().collect()];
    for judges in &mut sorted {
        judges.sort_by(|one, two| one.name.cmp(&two.name));
    }
    let [before, now] = &sorted;
    if before.len() != now.len() || before.iter().zip(now).any(|(one, two)| one.name != two.name) {
        return Err(differs(path, "judge", &names(stored_judges), &names(judges)));
    }
    for (one, two) in before.iter().zip(now) {
        if let Some((field, was, is)) = one.difference(two) {
            return Err(differs(path, &format!("judges.{}.{field}", one.name), &was, &is));
        }
    }
    Ok(())
}

/// Returns the refusal of a run in which an item has another text.
pub(super) fn item_changed(path: &std::path::Path, item: &Item, field: &str) -> Error {
    let path = path.display();
    Error::identity(format!(
        "{path}: {field} of item {} is not what this run was judged on",
        item.id
    ))
    .detail(format!("it was changed in {}", item.place))
    .hint(format!(
        "give another --run (--reuse {path} copies what has not changed), or give the changed item a new id"
    ))
}

/// Names the first part of a rubric or its prompts in which two differ and that goes into requests.
pub(crate) fn changed_part(before: &LoadedRubric, now: &LoadedRubric) -> String {
    let (one, two) = (&before.rubric, &now.rubric);
    let form = |rubric| ReplyForm::of(rubric).describe();
    let parts = [
        ("rubric.name", one.name == two.name),
        ("rubric.version", one.version == two.version),
        ("rubric.description", one.description == two.description),
        ("rubric.ties", one.ties == two.ties),
        ("rubric.criteria", one.criteria == two.criteria),
        ("rubric.reply.format", form(one) == form(two)),
    ];
    if let Some((part, _)) = parts.iter().find(|(_, same)| !same) {
        return (*part).to_owned();
    }
    let changed = now.prompts.iter().find(|source| !before.prompts.contains(source));
    changed.map_or("prompt".to_owned(), |source| format!("prompts/{}", source.name))
}

/// Returns the refusal of a run whose identity differs in a field.
pub(crate) fn differs(path: &std::path::Path, field: &str, was: &str, is: &str) -> Error {
    let path = path.display();
    Error::identity(format!("{path}: this is another run: {field} differs"))
        .detail(format!("the run file has {was}"))
        .detail(format!("this command has {is}"))
        .hint(format!(
            "give another --run; --reuse {path} copies the replies whose request is still the same"
        ))
}
