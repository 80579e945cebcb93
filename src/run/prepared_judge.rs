//! A judge or a system that is ready to be asked: its model built, its prompt compiled.

use std::sync::Arc;

use super::judge::{Judge, JudgeModel};
use super::subject::SubjectRenderer;
use super::tokens::PromptTokens;
use crate::error::{Error, Remedy, Result};
use crate::input::{Connection, JudgeSettings, LoadedRubric, NO_LIMIT_ABOVE, Rubric};
use crate::judge::{
    BuiltEndpoint, Builtin, ChatModel, Recorded, RequestedOutput, Secrets, ServerProfile,
    StartsServers, build_endpoint, program_model,
};
use crate::keyed_hash::KeyedHash;
use crate::metrics::BertScore;
use crate::pace::{Pacer, QuotaTerms};
use crate::prompt::{Prompt, SystemPrompt};
use crate::store::{JudgeRecord, RequestRenderer, ResponseRenderer};
use crate::trial::Shard;

/// The longest URLs that the name of a shared quota repeats, in bytes.
const MAX_NAMED_URLS: usize = 500;

/// A judge or a system whose model and prompt are set up; a [`Judge`] is only described.
#[derive(Debug)]
pub(super) struct PreparedJudge {
    /// Its settings, with its part of the quotas where there are shards.
    pub(super) settings: JudgeSettings,
    pub(super) record: JudgeRecord,
    pub(super) renderer: SubjectRenderer,
    pub(super) model: Arc<dyn ChatModel>,
    /// What starts the servers of the model; `None` for a model without such.
    pub(super) starter: Option<Arc<dyn StartsServers>>,
    /// `None` for a model that the caller supplies.
    secrets: Option<Secrets>,
    bert_score: Option<Arc<BertScore>>,
}

impl PreparedJudge {
    /// Builds the model again from the settings, unless the caller supplied it; `profile` is what is known about its
    /// server.
    pub(super) fn rebuild(
        &mut self,
        asked_for: AskedFor<'_>,
        profile: ServerProfile,
    ) -> Result<()> {
        if let Some(secrets) = &self.secrets {
            (self.model, self.starter) =
                build_model(&self.settings, secrets, self.bert_score.as_ref(), asked_for, profile)?;
        }
        Ok(())
    }

    /// Returns whether it is behind an endpoint or a program and has no price.
    pub(super) fn has_unknown_price(&self) -> bool {
        is_external(&self.settings) && self.settings.price.is_none()
    }

    /// Returns whether it is behind an endpoint or a program and its replies have no maximum length.
    pub(super) fn has_unlimited_cost(&self) -> bool {
        let is_sent =
            self.settings.max_tokens.is_some() && !self.model.server_profile().rejects_max_tokens;
        is_external(&self.settings) && !is_sent
    }

    /// Returns how often an unreadable reply is asked again: never where the reply would be the same.
    pub(super) fn max_parse_retries(&self) -> u32 {
        if self.model.is_deterministic() { 0 } else { self.settings.max_parse_attempts }
    }

    /// Returns how many replies a trial may take.
    pub(super) fn most_replies(&self) -> u64 {
        u64::from(self.max_parse_retries()) + 1
    }

    /// Returns the most tokens of the replies to so many requests, when each is of full length and asked again as often as
    /// possible; `None` where the server chooses the length.
    pub(super) fn max_completion_tokens(&self, requests: u64) -> Option<u64> {
        self.settings.max_tokens.map(|tokens| requests * tokens * self.most_replies())
    }

    /// Returns whether two judges are one model at one endpoint, asked with one key: providers have one quota
    /// for each of these.
    pub(super) fn shares_quota(&self, other: &Self) -> bool {
        let same_secrets = match (&self.secrets, &other.secrets) {
            (Some(one), Some(two)) => one.same_credentials(two),
            _ => false,
        };
        match (self.settings.endpoint(), other.settings.endpoint()) {
            (Some(one), Some(two)) => {
                let shared = one.base_urls().iter().any(|url| two.base_urls().contains(url));
                one.model == two.model && shared && same_secrets
            }
            _ => false,
        }
    }

    /// Returns whether it has a quota that processes can share.
    pub(super) fn has_sharable_quota(&self) -> bool {
        QuotaTerms::of(&self.settings).is_some() && self.quota_name().is_some()
    }

    /// Returns the name under which processes share the quota of this judge: it tells model, endpoint and which key, but
    /// not the key. `None` for a model that no other process can ask.
    pub(super) fn quota_name(&self) -> Option<String> {
        if self.settings.program().is_some() {
            return Some(format!("the program of judge {}", self.settings.name));
        }
        let endpoint =
            self.settings.endpoint().filter(|endpoint| !endpoint.base_urls().is_empty())?;
        let mut urls = endpoint.base_urls().to_vec();
        urls.sort();
        // A name is the key of a table, which may not be long.
        let servers = match urls.join(" ") {
            urls if urls.len() <= MAX_NAMED_URLS => urls,
            _ => {
                let hash = KeyedHash::new("evenhand 2026-11 servers of a shared quota");
                let hash = hash.texts(urls.iter().map(String::as_str)).number();
                format!("{} servers {hash:016x}", urls.len())
            }
        };
        let key = self.secrets.as_ref().and_then(Secrets::fingerprint);
        let key = key.map(|key| format!(", key {key}")).unwrap_or_default();
        Some(format!("{} at {servers}{key}", endpoint.model))
    }
}

/// Sets up a judge: divides its quotas by the shards and builds its model.
pub(super) fn prepare_judge(
    mut judge: Judge,
    rubric: &LoadedRubric,
    prompt: &Arc<Prompt>,
    seed: u64,
    shard: Option<Shard>,
) -> Result<PreparedJudge> {
    if let Some(shard) = shard {
        divide_quotas(&mut judge.settings, shard)?;
    }
    let renderer = |record: &JudgeRecord| {
        SubjectRenderer::Judged(RequestRenderer::new(record, rubric, prompt))
    };
    prepare(judge, AskedFor::Votes { rubric: &rubric.rubric, seed }, renderer)
}

/// Sets up a system: builds its model.
pub(super) fn prepare_system(judge: Judge, prompt: &Arc<SystemPrompt>) -> Result<PreparedJudge> {
    let renderer =
        |record: &JudgeRecord| SubjectRenderer::Prompts(ResponseRenderer::new(record, prompt));
    prepare(judge, AskedFor::Responses, renderer)
}

fn prepare(
    Judge { settings, model, bert_score }: Judge,
    asked_for: AskedFor<'_>,
    renderer: impl FnOnce(&JudgeRecord) -> SubjectRenderer,
) -> Result<PreparedJudge> {
    let record = JudgeRecord::of(&settings);
    let renderer = renderer(&record);
    let ((model, starter), secrets) = match model {
        JudgeModel::Supplied(model) => ((model, None), None),
        JudgeModel::FromSettings(secrets) => {
            let profile = ServerProfile::default();
            let model = build_model(&settings, &secrets, bert_score.as_ref(), asked_for, profile)?;
            (model, Some(secrets))
        }
    };
    Ok(PreparedJudge { settings, record, renderer, model, starter, secrets, bert_score })
}

/// Checks that no request is larger than a minute's quota of tokens: it would wait for ever. `divided_by` is the shard
/// that the quotas were divided for.
pub(super) fn check_size<'a>(
    models: impl Iterator<Item = &'a JudgeSettings>,
    tokens: PromptTokens,
    divided_by: Option<Shard>,
) -> Result<()> {
    for model in models.filter(|model| is_external(model)) {
        // Only its estimate of tokens is used.
        let pacer = Pacer::new(model, tokens.mean(), None, 0);
        let largest = pacer.estimate_tokens(tokens.largest);
        if model.tokens_per_minute.is_none_or(|quota| largest <= quota) {
            continue;
        }
        let error = Error::input(format!(
            "{}.tokens_per_minute: the largest request needs about {largest} tokens with its reply, more than the quota of a minute",
            model.place
        ));
        return Err(match divided_by {
            Some(shard) => error.suggest(Remedy::FewerShards { shards: shard.of() }),
            None => error.hint("raise the quota, or shorten or remove the longest items"),
        });
    }
    Ok(())
}

/// Returns whether a judge is a model at an endpoint or a program of the user.
fn is_external(judge: &JudgeSettings) -> bool {
    judge.asked_model().is_some()
}

/// What a model is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum AskedFor<'a> {
    /// Votes, as a rubric says; the seed is that of the orders.
    Votes { rubric: &'a Rubric, seed: u64 },
    /// Responses.
    Responses,
}

impl AskedFor<'_> {
    fn output(self) -> RequestedOutput {
        match self {
            Self::Votes { rubric, .. } => RequestedOutput::of(rubric),
            Self::Responses => RequestedOutput::Text,
        }
    }
}

fn only_judges(settings: &JudgeSettings) -> Error {
    Error::internal(format!("{}: this only judges responses", settings.place))
}

/// The model behind a judge, and what starts its servers.
type Model = (Arc<dyn ChatModel>, Option<Arc<dyn StartsServers>>);

/// Returns the model behind a judge.
fn build_model(
    settings: &JudgeSettings,
    secrets: &Secrets,
    bert_score: Option<&Arc<BertScore>>,
    asked_for: AskedFor<'_>,
    profile: ServerProfile,
) -> Result<Model> {
    Ok(match &settings.connection {
        Connection::Builtin(name) => {
            let AskedFor::Votes { rubric, seed } = asked_for else {
                return Err(only_judges(settings));
            };
            if rubric.scale.is_some() {
                return Err(Error::usage(format!(
                    "builtin:{name} only compares responses, and the rubric grades single ones"
                ))
                .hint("grade with a model, a program or recorded replies"));
            }
            let ties = rubric.ties;
            let builtin = match bert_score.filter(|_| name == Builtin::BERT_SCORE) {
                Some(bert_score) => Builtin::of_bert_score(Arc::clone(bert_score), ties),
                None => Builtin::new(name, ties, seed)?,
            };
            (Arc::new(builtin), None)
        }
        Connection::Recorded(path) => {
            let AskedFor::Votes { rubric, .. } = asked_for else {
                return Err(only_judges(settings));
            };
            (Arc::new(Recorded::read(path, rubric.scale.as_ref())?), None)
        }
        Connection::Endpoint(endpoint) => {
            let output = asked_for.output();
            let BuiltEndpoint { model, starter } =
                build_endpoint(settings, endpoint, secrets.clone(), output, profile)?;
            (model, starter)
        }
        Connection::Program(program) => {
            let output = asked_for.output();
            (program_model(settings, program, output), None)
        }
        Connection::Supplied(name) => {
            return Err(Error::usage(format!(
                "judge {}: the model `{name}` was not supplied",
                settings.name
            ))
            .hint("create the judge with its model"));
        }
    })
}

/// Divides the quotas of a judge by the number of shards.
fn divide_quotas(judge: &mut JudgeSettings, shard: Shard) -> Result<()> {
    let shards = u64::from(shard.of());
    let name = judge.name.clone();
    for (key, quota) in [
        ("requests_per_minute", &mut judge.requests_per_minute),
        ("tokens_per_minute", &mut judge.tokens_per_minute),
    ] {
        let Some(quota) = quota.as_mut().filter(|quota| **quota <= NO_LIMIT_ABOVE) else {
            continue;
        };
        if *quota < shards {
            return Err(Error::input(format!(
                "judges.{name}.{key}: {quota} a minute cannot be divided among {shards} shards"
            ))
            .hint("use fewer shards"));
        }
        *quota /= shards;
    }
    Ok(())
}
