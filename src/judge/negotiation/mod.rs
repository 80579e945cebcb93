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
#[derive(Debug, Clone, PartialEq)]
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
        let wished = wishes.max_tokens.filter(|_| !self.profile.rejects_max_tokens)?;
        Some(limits.into_iter().flatten().fold(wished, u64::min))
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
    /// What is changed in requests that were rejected, until they succeed or are rejected for good.
    tried: HashMap<RequestHash, Vec<Change>>,
}

impl Negotiator {
    /// Returns what negotiates the requests of a judge; `profile` is what is known about the server.
    pub(super) fn new(wishes: Wishes, profile: ServerProfile) -> Self {
        Self { wishes, state: Mutex::new(State { profile, tried: HashMap::new() }) }
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
        RequestForm { profile: self.profile(), own_limit: None }.requests_schema(&self.wishes)
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
            changes.iter().for_each(|change| change.learn(&mut state.profile));
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
        if !matches!(error.status, Some(400..=499)) || error.kind == CallErrorKind::Throttled {
            return false;
        }
        let hash = RequestHash::of(messages);
        let mut state = self.state();
        // A form that was learnt or is tried since this request was sent.
        if state.form(Some(hash)) != *sent {
            return true;
        }
        let has_system = messages.iter().any(|message| message.role == "system");
        let proposed = propose(rejection, sent, &self.wishes, has_system);
        let proposed = proposed.or_else(|| self.suspect(error, sent, &state.profile));
        let tried = state.tried.entry(hash).or_default();
        match proposed.filter(|change| !tried.contains(change)) {
            Some(change) => {
                tried.push(change);
                true
            }
            None => {
                state.tried.remove(&hash);
                false
            }
        }
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
        let mut present = self.form(None);
        present.profile.json_schema = form.profile.json_schema;
        present.profile.is_accepted = form.profile.is_accepted;
        present.profile.in_flight = form.profile.in_flight;
        self.profile.is_accepted |= present == *form;
    }
}
