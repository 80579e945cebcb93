//! What is changed in a request that a server has rejected, and what its sentence asks to change.

use super::token_limit::{LowerLimit, lower_limit};
use super::{RequestForm, Wishes};
use crate::input::Api;
use crate::judge::{Rejection, ServerProfile};

/// One change of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The limit of the reply is sent as `max_completion_tokens`, or again as `max_tokens`.
    NameLimit { as_completion: bool },
    /// No limit of the reply is sent.
    OmitLimit,
    /// The limit of the reply is lowered for all requests.
    LowerLimit(u64),
    /// The limit of the reply is lowered for this request, whose prompt leaves no more room.
    LowerLimitOfRequest(u64),
    /// No temperature is sent.
    OmitTemperature,
    /// JSON is not requested by its schema.
    OmitSchema,
    /// The system message is put in front of the user's.
    MergeSystem,
    /// Fewer likely tokens are requested; 0 is none.
    LowerLogprobs(u64),
    /// The answer is requested as a stream, or again as a whole.
    Stream(bool),
    /// A field of `extra`, or another one that a server can do without, is not sent.
    OmitField(String),
}

impl Change {
    /// Applies the change to the form of one request.
    pub(super) fn apply(&self, form: &mut RequestForm) {
        match self {
            Self::LowerLimitOfRequest(limit) => form.own_limit = Some(*limit),
            change => change.learn(&mut form.profile),
        }
    }

    /// Adds the change to what is known about a server. What one request needed says nothing about others.
    pub(super) fn learn(&self, profile: &mut ServerProfile) {
        match self {
            Self::NameLimit { as_completion } => {
                profile.needs_max_completion_tokens = *as_completion;
            }
            Self::OmitLimit => profile.rejects_max_tokens = true,
            Self::LowerLimit(limit) => profile.largest_max_tokens = Some(*limit),
            Self::LowerLimitOfRequest(_) => {}
            Self::OmitTemperature => profile.rejects_temperature = true,
            Self::OmitSchema => profile.json_schema = Some(false),
            Self::MergeSystem => profile.rejects_system_role = true,
            Self::LowerLogprobs(most) => profile.top_logprobs = Some(*most),
            Self::Stream(streams) => profile.needs_stream = *streams,
            Self::OmitField(field) => {
                profile.rejected_extra.insert(field.clone());
            }
        }
    }
}

/// Returns the change that a rejection asks for: the first thing that it names and that the request contains.
///
/// Only the server's own sentence and the parameter that it names count, not the rest of the body, which may
/// echo the request.
pub(super) fn propose(
    rejection: &Rejection,
    sent: &RequestForm,
    wishes: &Wishes,
    has_system: bool,
) -> Option<Change> {
    let parameter = rejection.parameter.as_deref().unwrap_or_default();
    let text = format!("{} {parameter}", rejection.message).to_lowercase();
    let mentions = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_messages = wishes.api == Api::Anthropic;
    stream(&text, sent, &mentions)
        .filter(|_| !is_messages)
        .or_else(|| limit(&text, sent, wishes))
        .or_else(|| {
            let named = mentions(&["temperature"]) && sent.temperature(wishes).is_some();
            named.then_some(Change::OmitTemperature)
        })
        .or_else(|| logprobs(&text, sent, wishes))
        .or_else(|| {
            const SCHEMA: [&str; 7] = [
                "response_format",
                "response format",
                "json_schema",
                "json schema",
                "structured output",
                "guided",
                "grammar",
            ];
            // The schema is that of a tool, which a model must not be forced to use while it thinks.
            let names_tool = is_messages && mentions(&["tool", "input_schema"]);
            let is_named = names_tool || mentions(&SCHEMA);
            (is_named && sent.requests_schema(wishes)).then_some(Change::OmitSchema)
        })
        .or_else(|| {
            let named = is_messages && mentions(&["cache_control"]);
            let field = "cache_control".to_owned();
            (named && sent.sends(&field)).then_some(Change::OmitField(field))
        })
        .or_else(|| system(sent, wishes, has_system, parameter, &mentions))
        .or_else(|| {
            let sent = wishes.extra.keys().filter(|field| sent.sends(field));
            let mut named = sent.filter(|field| names(&text, &field.to_lowercase()));
            named.next().map(|field| Change::OmitField(field.clone()))
        })
}

fn stream(text: &str, sent: &RequestForm, mentions: &impl Fn(&[&str]) -> bool) -> Option<Change> {
    if sent.streams() && mentions(&["stream_options"]) && sent.sends("stream_options") {
        return Some(Change::OmitField("stream_options".to_owned()));
    }
    // Not the "upstream" of gateways.
    let is_named = ["stream", "streaming", "streamed"].iter().any(|name| names(text, name));
    let is_demand = mentions(&["mode", "only", "parameter", "must", "true", "support", "require"]);
    // A server that has no streams cannot mean a request that asks for none.
    let has_none = mentions(&["not support", "unsupported", "not available", "not allowed"])
        && !mentions(&["non-stream", "non stream", "only", "true", "must", "enable"]);
    let streams = !sent.streams();
    (is_named && is_demand && !(streams && has_none)).then_some(Change::Stream(streams))
}

/// Returns the change of the reply's limit: its value where the sentence is about a size, else its name.
fn limit(text: &str, sent: &RequestForm, wishes: &Wishes) -> Option<Change> {
    let limit = sent.max_tokens(wishes)?;
    if let Some(lower) = lower_limit(text, limit) {
        return Some(match lower {
            LowerLimit::OfAll(limit) => Change::LowerLimit(limit),
            LowerLimit::OfRequest(limit) => Change::LowerLimitOfRequest(limit),
        });
    }
    if wishes.api == Api::Anthropic {
        // There it has this one name and must not be left out.
        return None;
    }
    let names_completion = text.contains("max_completion_tokens");
    let names_other = text.replace("max_completion_tokens", "").contains("max_tokens");
    match sent.uses_max_completion_tokens() {
        false if names_completion => Some(Change::NameLimit { as_completion: true }),
        true if names_completion && !sent.profile.is_accepted => {
            Some(Change::NameLimit { as_completion: false })
        }
        _ if names_other || text.contains("max_output_tokens") => Some(Change::OmitLimit),
        _ => None,
    }
}

fn logprobs(text: &str, sent: &RequestForm, wishes: &Wishes) -> Option<Change> {
    let most = sent.top_logprobs(wishes)?;
    if !text.contains("logprobs") {
        return None;
    }
    let numbers =
        text.split(|char: char| !char.is_ascii_digit()).filter_map(|word| word.parse().ok());
    let largest = numbers.filter(|number| (1..most).contains(number)).max();
    Some(Change::LowerLogprobs(largest.unwrap_or(0)))
}

fn system(
    sent: &RequestForm,
    wishes: &Wishes,
    has_system: bool,
    parameter: &str,
    mentions: &impl Fn(&[&str]) -> bool,
) -> Option<Change> {
    if !has_system || sent.merges_system(wishes) {
        return None;
    }
    let names_role = mentions(&["system", "developer"])
        && mentions(&["role", "message", "instruction", "prompt"]);
    let names_order = mentions(&["role"])
        && (mentions(&["alternate", "only user and assistant"]) || parameter.contains("role"));
    (names_role || names_order).then_some(Change::MergeSystem)
}

/// Returns whether a text contains a name as a whole word.
fn names(text: &str, name: &str) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    name.len() > 2
        && text.match_indices(name).any(|(at, _)| {
            !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::judge::RequestedOutput;

    fn wishes(output: RequestedOutput) -> Wishes {
        let mut extra = Map::new();
        extra.insert("reasoning_effort".to_owned(), json!("low"));
        extra.insert("n_ctx".to_owned(), json!(1));
        Wishes {
            api: Api::OpenAi,
            temperature: Some(0.0),
            max_tokens: Some(4096),
            merge_system: false,
            output,
            extra,
        }
    }

    fn proposed(message: &str, output: RequestedOutput, profile: ServerProfile) -> Option<Change> {
        let form = RequestForm { profile, own_limit: None };
        let rejection = Rejection { message: message.to_owned(), ..Rejection::default() };
        propose(&rejection, &form, &wishes(output), true)
    }

    #[test]
    fn a_sentence_proposes_the_change_of_what_it_names() {
        let omit_field = |field: &str| Some(Change::OmitField(field.to_owned()));
        for (message, expected) in [
            ("`temperature` is deprecated for this model.", Some(Change::OmitTemperature)),
            (
                "The value of temperature must be 1 when thinking is enabled.",
                Some(Change::OmitTemperature),
            ),
            (
                "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
                Some(Change::NameLimit { as_completion: true }),
            ),
            ("max_tokens: Extra inputs are not permitted", Some(Change::OmitLimit)),
            (
                "max_tokens is too large: 5000. This model supports at most 2048 completion tokens",
                Some(Change::LowerLimit(2048)),
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context \
                 length is 4096 tokens and your request has 3500 input tokens (4096 > 4096 - 3500).",
                Some(Change::LowerLimitOfRequest(596)),
            ),
            ("response_format json_schema is not available", Some(Change::OmitSchema)),
            ("Structured outputs are not supported", Some(Change::OmitSchema)),
            ("System role not supported", Some(Change::MergeSystem)),
            ("Developer instruction is not enabled for models/gemma", Some(Change::MergeSystem)),
            (
                "Conversation roles must alternate user/assistant/user/assistant/...",
                Some(Change::MergeSystem),
            ),
            ("Only user and assistant roles are supported!", Some(Change::MergeSystem)),
            (
                "This model only support stream mode, please enable the stream parameter",
                Some(Change::Stream(true)),
            ),
            ("Streaming is not supported for this model", None),
            ("upstream server must be restarted", None),
            (
                "Non-streaming requests are not supported, set stream=true",
                Some(Change::Stream(true)),
            ),
            ("Unknown argument: reasoning_effort", omit_field("reasoning_effort")),
            ("n_ctxt is not a field", None),
            ("Nobody understands you", None),
            ("The prompt is too long: 9000 tokens", None),
            ("top_logprobs must be between 0 and 5", None),
        ] {
            let json = RequestedOutput::Json(json!({}));
            assert_eq!(proposed(message, json, ServerProfile::default()), expected, "{message}");
        }
        for (message, expected) in [
            ("top_logprobs must be between 0 and 5", Some(Change::LowerLogprobs(5))),
            ("logprobs is not supported", Some(Change::LowerLogprobs(0))),
            ("response_format is not supported", None),
        ] {
            let change = proposed(message, RequestedOutput::Token, ServerProfile::default());
            assert_eq!(change, expected, "{message}");
        }
    }

    #[test]
    fn the_sentences_of_the_messages_api_propose_changes_of_its_fields() {
        for (message, expected) in [
            (
                "Thinking may not be enabled when tool_choice forces tool use.",
                Some(Change::OmitSchema),
            ),
            (
                "tools.0.custom.input_schema.properties: Property keys should match pattern '^[a-z]$'",
                Some(Change::OmitSchema),
            ),
            (
                "`temperature` may only be set to 1 when thinking is enabled.",
                Some(Change::OmitTemperature),
            ),
            (
                "max_tokens: 4096 > 2048, which is the maximum allowed number of output tokens for m",
                Some(Change::LowerLimit(2048)),
            ),
            ("max_tokens: Field required", None),
            ("n_ctx: Extra inputs are not permitted", Some(Change::OmitField("n_ctx".to_owned()))),
            ("prompt is too long: 210000 tokens > 200000 maximum", None),
            ("only streaming is supported", None),
        ] {
            let output = RequestedOutput::Json(json!({}));
            let wishes = Wishes { api: Api::Anthropic, ..wishes(output) };
            let form = RequestForm { profile: ServerProfile::default(), own_limit: None };
            let rejection = Rejection { message: message.to_owned(), ..Rejection::default() };
            assert_eq!(propose(&rejection, &form, &wishes, true), expected, "{message}");
        }
    }

    #[test]
    fn what_is_not_sent_is_not_changed() {
        let profile = ServerProfile {
            rejects_temperature: true,
            rejects_max_tokens: true,
            rejects_system_role: true,
            json_schema: Some(false),
            ..ServerProfile::default()
        };
        for message in [
            "temperature is unsupported",
            "max_tokens is too large",
            "no system role",
            "no json_schema",
        ] {
            let json = RequestedOutput::Json(json!({}));
            assert_eq!(proposed(message, json, profile.clone()), None, "{message}");
        }
    }
}
