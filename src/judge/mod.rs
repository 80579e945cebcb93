//! Judges: everything that answers trials.
//!
//! [`ChatModel`] is the one interface between the engine and the world: it gets a trial with its rendered
//! messages and returns a raw reply; the same models grade single responses, and respond to prompts, as the systems whose responses are compared.
//! Endpoints, programs, recordings and built-in judges implement it alike. One call is one request; the engine decides
//! whether and when to retry.

mod anthropic;
mod batch;
mod builtin;
mod call_error;
mod endpoint;
mod family;
mod http;
mod negotiation;
mod openai;
mod program;
mod rate_hints;
mod reasoning_marks;
mod recorded;
mod reply;
mod requested_output;
mod sample;
mod server_profile;
mod started;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::Result;
use crate::input::{Api, EndpointSettings, JudgeProgram, JudgeSettings, Message};
use crate::trial::{Comparison, GradeTrial, Trial};
use anthropic::MessagesServer;
use endpoint::{Endpoint, Server};
use openai::OpenAiServer;
use program::ProgramJudge;

pub use batch::{
    BatchAnswer, BatchApi, BatchFuture, BatchLimits, BatchLine, BatchPhase, BatchResults,
    BatchStatus, FoundBatch, SoughtBatch,
};
pub use builtin::{Builtin, builtin_names};
pub use call_error::{CallError, CallErrorKind, FailedReplica, Rejection};
pub use family::{shared_family, shared_family_of_any};
pub use http::{Secrets, retry_after};
pub use rate_hints::{QuotaHint, RateHints};
pub(crate) use reasoning_marks::{
    LeadingReasoning, answer_range, leading_reasoning, reasoning_is_marked,
};
pub use recorded::Recorded;
pub use reply::{Reply, TokenLogprob, Usage};
pub use requested_output::RequestedOutput;
pub use sample::Sample;
pub use server_profile::ServerProfile;
pub(crate) use started::{Ports, StartError, StartedServers, StartsServers};

/// The future that [`ChatModel::complete`] returns.
pub type ReplyFuture<'a> =
    Pin<Box<dyn Future<Output = std::result::Result<Reply, CallError>> + Send + 'a>>;

/// The future that [`ChatModel::end`] returns.
pub type EndFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A model that answers trials.
pub trait ChatModel: Send + Sync + std::fmt::Debug {
    /// Asks the model one trial, given its rendered messages. One call is one request, without retries. The reply may
    /// have at most `max_tokens` tokens, if that is given and the model can be limited: the settings may allow more.
    ///
    /// # Errors
    ///
    /// A [`CallError`] if no reply was obtained; its kind says whether a retry can help.
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a>;

    /// Asks the model for a response to the prompt of an item, given the messages that it is sent. One call is one
    /// request, as for [`ChatModel::complete`].
    ///
    /// # Errors
    ///
    /// As for [`ChatModel::complete`]; a model that only judges rejects the request.
    fn respond<'a>(
        &'a self,
        sample: Sample<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        let message = format!("item {}: this model only judges responses", sample.item.id);
        let error = CallError::new(CallErrorKind::EndpointRejected, message);
        Box::pin(std::future::ready(Err(error)))
    }

    /// Asks the model for the grade of a single response, given the rendered messages. One call is one request, as for
    /// [`ChatModel::complete`].
    ///
    /// # Errors
    ///
    /// As for [`ChatModel::complete`]; a model that only compares rejects the request.
    fn grade<'a>(
        &'a self,
        trial: GradeTrial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        let message =
            format!("item {}: this model only compares responses", trial.response.item.id);
        let error = CallError::new(CallErrorKind::EndpointRejected, message);
        Box::pin(std::future::ready(Err(error)))
    }

    /// Never sends a request without a limit of its reply's length from now on, even to a server that rejects every
    /// limit: a cost is to be limited.
    fn keep_token_limit(&self) {}

    /// Checks that a comparison has everything that this judge needs.
    ///
    /// # Errors
    ///
    /// Something is missing; the message names the item.
    fn check_comparison(&self, _comparison: &Comparison) -> Result<()> {
        Ok(())
    }

    /// Returns the number of recorded answers of which nobody knows which response was shown first.
    fn answers_of_unknown_order(&self) -> usize {
        0
    }

    /// Returns whether the same trial always gets the same reply, so that a retry cannot help.
    fn is_deterministic(&self) -> bool {
        false
    }

    /// Returns whether requests ask for JSON by a schema, as far as is known now.
    fn requests_json_schema(&self) -> bool {
        false
    }

    /// Returns the fields of a request apart from its messages, as far as is known now; `None` for a model that is
    /// sent none.
    fn request_fields(&self) -> Option<Map<String, Value>> {
        None
    }

    /// Returns how the model is given batches; `None` for one that takes none.
    fn batches(&self) -> Option<&dyn BatchApi> {
        None
    }

    /// Returns whether the model has several servers, of which one may be asked now: a request that was given up for
    /// lack of an answer can be sent to that one at once.
    fn can_ask_another_server(&self) -> bool {
        false
    }

    /// Records that a request about an item, which is dropped right after this, is given up since it takes much longer
    /// than others: a model with several servers asks another one next.
    fn record_given_up(&self, _item: &str) {}

    /// Returns the replicas that have failed and have not answered since, while others answer; nothing for a model
    /// without replicas.
    fn failed_replicas(&self) -> Vec<FailedReplica> {
        Vec::new()
    }

    /// Returns the address of the model's requests, for messages; `None` for a model that has none, or several.
    fn address(&self) -> Option<String> {
        None
    }

    /// Returns whether an answer that does not come within the time limit of a request is an error of the model itself,
    /// which says more about it than the caller can.
    fn keeps_time_limit(&self) -> bool {
        false
    }

    /// Ends what runs for the model; nothing is asked meanwhile. The next trial starts it again.
    fn end(&self) -> EndFuture<'_> {
        Box::pin(std::future::ready(()))
    }

    /// Returns what is known about the server so far.
    fn server_profile(&self) -> ServerProfile {
        ServerProfile::default()
    }
}

/// Returns the model behind an endpoint whose servers run, which is called in the form of its API; `profile` is what is
/// known about its server.
///
/// # Errors
///
/// The API does not allow the settings, a URL is none, or the key, the name or the value of a header cannot be sent
/// over HTTP; the message shows no value.
pub fn endpoint_model(
    settings: &JudgeSettings,
    endpoint: &EndpointSettings,
    secrets: Secrets,
    output: RequestedOutput,
    profile: ServerProfile,
) -> Result<Arc<dyn ChatModel>> {
    Ok(build_endpoint(settings, endpoint, secrets, output, profile)?.model)
}

/// Returns the judge that a program is; no process is started yet.
pub fn program_model(
    settings: &JudgeSettings,
    program: &JudgeProgram,
    output: RequestedOutput,
) -> Arc<dyn ChatModel> {
    Arc::new(ProgramJudge::new(settings, program, output))
}

/// The model behind an endpoint, and what starts its servers.
#[derive(Debug)]
pub(crate) struct BuiltEndpoint {
    pub(crate) model: Arc<dyn ChatModel>,
    /// `None` where the servers run already.
    pub(crate) starter: Option<Arc<dyn StartsServers>>,
}

/// As [`endpoint_model`], for an endpoint whose servers may have to be started.
pub(crate) fn build_endpoint(
    settings: &JudgeSettings,
    endpoint: &EndpointSettings,
    secrets: Secrets,
    output: RequestedOutput,
    profile: ServerProfile,
) -> Result<BuiltEndpoint> {
    match endpoint.api {
        Api::OpenAi => Endpoint::<OpenAiServer>::new(settings, endpoint, secrets, output, profile)
            .map(|model| built(model, endpoint)),
        Api::Anthropic => {
            anthropic::check_settings(settings)?;
            Endpoint::<MessagesServer>::new(settings, endpoint, secrets, output, profile)
                .map(|model| built(model, endpoint))
        }
    }
}

fn built<S: Server + 'static>(model: Endpoint<S>, endpoint: &EndpointSettings) -> BuiltEndpoint {
    let model = Arc::new(model);
    let starter = endpoint.server_command().map(|_| Arc::clone(&model) as Arc<dyn StartsServers>);
    BuiltEndpoint { model, starter }
}
