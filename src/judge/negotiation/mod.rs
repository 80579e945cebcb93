//! Negotiation: which form of request a server accepts, learnt from its answers.
//!
//! A rejection whose sentence names something that the request contains is answered by one request without it or
//! with less of it. What was changed is learnt only when that request succeeds, and only as long as no request
//! of the present form has succeeded: one trial that the server rejects for another reason must not change how
//! the others are asked.

mod change;
mod token_limit;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::input::{Api, JudgeSettings, Message};
use crate::judge::{CallError, CallErrorKind, RequestedOutput, ServerProfile};
use crate::keyed_hash::KeyedHash;
use change::{Change, propose};

/// The most changes of one request; the engine gives up after one more.
const MAX_CHANGES: usize = 7;
/// How many likely tokens are requested unless the server accepts fewer.
const TOP_LOGPROBS: u64 = 20;

/// Identifies a request by its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct RequestHash([u8; 32]);

impl RequestHash {
    fn of(messages: &[Message]) -> Self {
        let texts = messages.iter().map(|message| message.content.as_str());
        Self(KeyedHash::new("evenhand: negotiated request").texts(texts).digest())
    }
}

/// What a judge asks for, before any server has objected.
#[derive(Debug)]
pub(super) struct Wishes {
    /// The form of requests, which decides what can be asked for and left out.
    pub(super) api: Api,
    pub(super) temperature: Option<f64>,
    pub(super) max_tokens: Option<u64>,
    pub(super) merge_system: bool,
    pub(super) output: RequestedOutput,
    pub(super) extra: serde_json::Map<String, serde_json::Value>,
}

impl Wishes {
    /// Returns what the settings of a judge ask for.
    pub(super) fn of(settings: &JudgeSettings, output: RequestedOutput) -> Self {
        Self {
            api: settings.endpoint().map(|endpoint| endpoint.api).unwrap_or_default(),
            temperature: settings.temperature,
            max_tokens: settings.max_tokens,
            merge_system: settings.merge_system,
            output,
            extra: settings.extra.clone(),
        }
    }
}

/// The form in which one request is sent.
#[derive(Debug, Clone)]
pub(super) struct RequestForm {
    profile: ServerProfile,
    /// The limit of this request's reply where it is lower than that of others.
    own_limit: Option<u64>,
}

impl RequestForm {
    pub(super) fn temperature(&self, wishes: &Wishes) -> Option<f64> {
        wishes.temperature.filter(|_| !self.profile.rejects_temperature)
    }

    /// Returns the limit of the reply's length.
    pub(super) fn max_tokens(&self, wishes: &Wishes) -> Option<u64> {
        let limits = [self.profile.largest_max_tokens, self.own_limit];
        let most = wishes.max_tokens.filter(|_| !self.profile.rejects_max_tokens)?;
        Some(limits.into_iter().flatten().fold(most, u64::min))
    }

    /// Returns whether the limit is sent as `max_completion_tokens`.
    pub(super) fn uses_max_completion_tokens(&self) -> bool {
        self.profile.needs_max_completion_tokens
    }

    /// Returns whether JSON is requested by its schema.
    pub(super) fn requests_schema(&self, wishes: &Wishes) -> bool {
        matches!(wishes.output, RequestedOutput::Json(_)) && self.profile.json_schema != Some(false)
    }

    /// Returns how many likely tokens are requested; `None` if no probabilities are.
    pub(super) fn top_logprobs(&self, wishes: &Wishes) -> Option<u64> {
        // The Messages API has no probabilities; the reply's text is read instead.
        let requested =
            wishes.api == Api::OpenAi && matches!(wishes.output, RequestedOutput::Token);
        let most = self.profile.top_logprobs.unwrap_or(TOP_LOGPROBS);
        (requested && most > 0).then_some(most)
    }

    /// Returns whether the system message is put in front of the user's.
    pub(super) fn merges_system(&self, wishes: &Wishes) -> bool {
        wishes.merge_system || self.profile.rejects_system_role
    }

    /// Returns whether the answer is requested as a stream.
    pub(super) fn streams(&self) -> bool {
        self.profile.needs_stream
    }

    /// Returns whether a request in this form is the same as in the other, whatever else is known of the server.
    fn is_sent_like(&self, other: &Self) -> bool {
        let sent = |form: &Self| ServerProfile {
            json_schema: Some(form.profile.json_schema != Some(false)),
            is_accepted: false,
            in_flight: None,
            ..form.profile.clone()
        };
        self.own_limit == other.own_limit && sent(self) == sent(other)
    }

    /// Returns whether a field of the request that no other method names may be sent.
    pub(super) fn sends(&self, field: &str) -> bool {
        !self.profile.rejected_extra.contains(field)
    }
}

/// What is known of the form that a server accepts, and what is tried for single requests.
#[derive(Debug)]
pub(super) struct Negotiator {
    wishes: Wishes,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    profile: ServerProfile,
    /// Whether the limit of the reply's length must be sent.
    keeps_limit: bool,
    /// What is changed in requests that were rejected, until they succeed or are rejected for good.
    tried: HashMap<RequestHash, Vec<Change>>,
}

impl Negotiator {
    /// Returns what negotiates the requests of a judge; `profile` is what is known about the server.
    pub(super) fn new(wishes: Wishes, profile: ServerProfile) -> Self {
        Self {
            wishes,
            state: Mutex::new(State { profile, keeps_limit: false, tried: HashMap::new() }),
        }
    }

    /// Returns what the judge asks for.
    pub(super) fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Returns what is known about the server.
    pub(super) fn profile(&self) -> ServerProfile {
        self.state().profile.clone()
    }

    /// Returns whether requests ask for JSON by a schema, as far as is known now.
    pub(super) fn requests_schema(&self) -> bool {
        self.state().form(None).requests_schema(&self.wishes)
    }

    /// Never leaves out the limit of the reply's length from now on.
    pub(super) fn keep_token_limit(&self) {
        self.state().keeps_limit = true;
    }

    /// Returns the form in which a request is to be sent.
    pub(super) fn form(&self, messages: &[Message]) -> RequestForm {
        let nothing_tried = {
            let state = self.state();
            state.tried.is_empty().then(|| state.form(None))
        };
        // Only where something is tried are requests identified; the lock is free meanwhile, since prompts may be
        // long.
        nothing_tried.unwrap_or_else(|| {
            let hash = RequestHash::of(messages);
            self.state().form(Some(hash))
        })
    }

    /// Learns from the success of a request.
    pub(super) fn record_success(&self, messages: &[Message], form: &RequestForm) {
        let schema_requested = form.requests_schema(&self.wishes);
        {
            let mut state = self.state();
            if state.tried.is_empty() {
                return state.record_accepted(form, schema_requested);
            }
        }
        let hash = RequestHash::of(messages);
        let mut state = self.state();
        let Some(changes) = state.tried.remove(&hash) else {
            return state.record_accepted(form, schema_requested);
        };
        if !state.profile.is_accepted {
            for change in &changes {
                tracing::info!(change = ?change, "all requests are changed, as this one was accepted");
                change.learn(&mut state.profile);
            }
            state.record_accepted(form, schema_requested);
        }
    }

    /// Learns from a rejection; returns whether the same request is to be sent once more, in the form that
    /// [`Self::form`] returns now.
    pub(super) fn learn_from_rejection(
        &self,
        messages: &[Message],
        sent: &RequestForm,
        error: &CallError,
    ) -> bool {
        let Some(rejection) = &error.rejection else { return false };
        let is_rejection = matches!(rejection.status, Some(400..=499))
            && error.kind != CallErrorKind::Throttled
            && !error.account;
        if !is_rejection {
            return false;
        }
        let hash = RequestHash::of(messages);
        let mut state = self.state();
        // A form that was learnt or is tried since this request was sent.
        if !state.form(Some(hash)).is_sent_like(sent) {
            return true;
        }
        let has_system = messages.iter().any(|message| message.role == "system");
        let proposed = propose(rejection, sent, &self.wishes, has_system);
        let proposed = proposed.or_else(|| self.suspect(error, sent, &state.profile));
        let keeps_limit = state.keeps_limit;
        let tried = state.tried.entry(hash).or_default();
        let is_new = |change: &Change| {
            !tried.contains(change)
                && tried.len() < MAX_CHANGES
                && !(keeps_limit && *change == Change::OmitLimit)
        };
        let Some(change) = proposed.filter(is_new) else {
            state.tried.remove(&hash);
            return false;
        };
        tracing::info!(change = ?change, "a request was rejected and is sent once more, changed");
        tried.push(change);
        true
    }

    /// Returns the change to try where a server rejects a request without a reason: the schema, if it was never
    /// accepted.
    fn suspect(
        &self,
        error: &CallError,
        sent: &RequestForm,
        profile: &ServerProfile,
    ) -> Option<Change> {
        let may_be_schema = error.kind == CallErrorKind::RequestRejected
            && error.status != Some(413)
            && profile.json_schema.is_none()
            && sent.requests_schema(&self.wishes);
        may_be_schema.then_some(Change::OmitSchema)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn form(&self, hash: Option<RequestHash>) -> RequestForm {
        let mut form = RequestForm { profile: self.profile.clone(), own_limit: None };
        for change in hash.and_then(|hash| self.tried.get(&hash)).into_iter().flatten() {
            change.apply(&mut form);
        }
        form
    }

    fn record_accepted(&mut self, form: &RequestForm, schema_requested: bool) {
        if schema_requested && self.profile.json_schema.is_none() {
            self.profile.json_schema = Some(true);
        }
        self.profile.is_accepted |= self.form(None).is_sent_like(form);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::judge::Rejection;

    fn negotiator() -> Negotiator {
        let wishes = Wishes {
            api: Api::OpenAi,
            temperature: Some(0.0),
            max_tokens: Some(4096),
            merge_system: false,
            output: RequestedOutput::Json(json!({})),
            extra: Map::new(),
        };
        Negotiator::new(wishes, ServerProfile::default())
    }

    fn messages(text: &str) -> Vec<Message> {
        let message = |role: &str, content: &str| Message {
            role: role.to_owned(),
            content: content.to_owned(),
        };
        vec![message("system", "Judge."), message("user", text)]
    }

    fn rejected(message: &str) -> CallError {
        let rejection =
            Rejection { message: message.to_owned(), status: Some(400), ..Rejection::default() };
        CallError {
            status: Some(400),
            rejection: Some(Box::new(rejection)),
            ..CallError::new(CallErrorKind::RequestRejected, format!("HTTP 400: {message}"))
        }
    }

    const TEMPERATURE: &str = "temperature is not supported";

    #[test]
    fn a_change_is_learnt_only_when_the_request_succeeds() {
        let negotiator = negotiator();
        let (one, two) = (messages("one"), messages("two"));
        let form = negotiator.form(&one);
        assert!(negotiator.learn_from_rejection(&one, &form, &rejected(TEMPERATURE)));
        let changed = negotiator.form(&one);
        assert_eq!(changed.temperature(negotiator.wishes()), None);
        let other = negotiator.form(&two);
        assert_eq!(other.temperature(negotiator.wishes()), Some(0.0), "not learnt yet");
        negotiator.record_success(&one, &changed);
        assert_eq!(negotiator.form(&two).temperature(negotiator.wishes()), None);
        assert!(negotiator.profile().rejects_temperature && negotiator.profile().is_accepted);
    }

    #[test]
    fn nothing_is_learnt_against_a_form_that_has_succeeded() {
        let negotiator = negotiator();
        let (one, two) = (messages("one"), messages("two"));
        let form = negotiator.form(&one);
        negotiator.record_success(&one, &form);
        assert!(negotiator.learn_from_rejection(&two, &form, &rejected(TEMPERATURE)));
        let changed = negotiator.form(&two);
        assert_eq!(changed.temperature(negotiator.wishes()), None, "it is tried");
        negotiator.record_success(&two, &changed);
        assert_eq!(negotiator.form(&two).temperature(negotiator.wishes()), Some(0.0));
    }

    #[test]
    fn each_change_is_tried_once_and_forgotten_after_a_final_rejection() {
        let negotiator = negotiator();
        let one = messages("one");
        let form = negotiator.form(&one);
        assert!(negotiator.learn_from_rejection(&one, &form, &rejected(TEMPERATURE)));
        let changed = negotiator.form(&one);
        // The temperature is no longer sent; without a reason, the schema is suspected.
        assert!(negotiator.learn_from_rejection(&one, &changed, &rejected(TEMPERATURE)));
        let without_schema = negotiator.form(&one);
        assert!(!without_schema.requests_schema(negotiator.wishes()));
        assert!(!negotiator.learn_from_rejection(&one, &without_schema, &rejected(TEMPERATURE)));
        assert!(negotiator.form(&one).is_sent_like(&form));
        assert_eq!(negotiator.profile(), ServerProfile::default());
    }

    #[test]
    fn a_rejection_of_a_form_that_was_sent_before_a_change_is_retried_in_the_new_form() {
        let negotiator = negotiator();
        let (one, two) = (messages("one"), messages("two"));
        let form = negotiator.form(&one);
        assert!(negotiator.learn_from_rejection(&one, &form, &rejected(TEMPERATURE)));
        negotiator.record_success(&one, &negotiator.form(&one));
        assert!(negotiator.learn_from_rejection(&two, &form, &rejected("no")), "it is late");
        // What only says that the server accepts requests makes no new form.
        let form = negotiator.form(&two);
        let known = negotiator.profile();
        assert_eq!((known.json_schema, known.is_accepted), (Some(true), true));
        assert!(!negotiator.learn_from_rejection(&two, &form, &rejected("no")));
    }

    #[test]
    fn a_limit_that_one_prompt_needs_is_not_learnt() {
        let negotiator = negotiator();
        let (one, two) = (messages("one"), messages("two"));
        let form = negotiator.form(&one);
        let sentence = "max_tokens is too large: maximum context length is 4096 tokens and your request has \
                        3500 input tokens";
        assert!(negotiator.learn_from_rejection(&one, &form, &rejected(sentence)));
        let changed = negotiator.form(&one);
        assert_eq!(changed.max_tokens(negotiator.wishes()), Some(596));
        negotiator.record_success(&one, &changed);
        assert_eq!(negotiator.form(&two).max_tokens(negotiator.wishes()), Some(4096));
    }

    #[test]
    fn errors_that_are_no_rejection_change_nothing() {
        let negotiator = negotiator();
        let one = messages("one");
        let form = negotiator.form(&one);
        for (kind, status) in [
            (CallErrorKind::Throttled, Some(429)),
            (CallErrorKind::Transient, Some(500)),
            (CallErrorKind::Unreachable, None),
        ] {
            let mut error = CallError { kind, status, ..rejected(TEMPERATURE) };
            error.rejection.as_mut().unwrap().status = status;
            assert!(!negotiator.learn_from_rejection(&one, &form, &error), "{kind:?}");
        }
        let account = CallError { account: true, ..rejected("temperature and your API key") };
        assert!(!negotiator.learn_from_rejection(&one, &form, &account));
    }
}
