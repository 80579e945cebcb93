//! A judge of a task: its settings, and the model behind it.

use std::sync::Arc;

use crate::input::JudgeSettings;
use crate::judge::{ChatModel, Secrets};
use crate::metrics::BertScore;

/// A judge of a task: its settings, and the model behind it.
#[derive(Debug, Clone)]
pub struct Judge {
    pub(super) settings: JudgeSettings,
    pub(super) model: JudgeModel,
    /// What `builtin:bertscore` votes by.
    pub(super) bert_score: Option<Arc<BertScore>>,
}

/// The model behind a judge.
#[derive(Debug, Clone)]
pub(super) enum JudgeModel {
    /// The model that the settings name, with the secrets that its endpoint needs.
    FromSettings(Secrets),
    /// A model that the caller supplies.
    Supplied(Arc<dyn ChatModel>),
}

impl Judge {
    /// Returns a judge with the secrets that its settings refer to. The library reads no environment: the
    /// caller resolves `api_key_env` and headers.
    pub fn new(settings: JudgeSettings, secrets: Secrets) -> Self {
        Self { settings, model: JudgeModel::FromSettings(secrets), bert_score: None }
    }

    /// Returns a judge with a model of the caller. Its connection should be
    /// [`Connection::Supplied`](crate::input::Connection::Supplied), whose name identifies the model in run files.
    pub fn with_model(settings: JudgeSettings, model: Arc<dyn ChatModel>) -> Self {
        Self { settings, model: JudgeModel::Supplied(model), bert_score: None }
    }

    /// Sets what `builtin:bertscore` votes by. The encoder becomes part of what identifies the judge in run files.
    #[must_use]
    pub fn with_bert_score(mut self, bert_score: BertScore) -> Self {
        let encoder = bert_score.encoder.identity();
        self.settings.extra.insert("encoder".to_owned(), encoder.digest.clone().into());
        self.settings.extra.insert("layer".to_owned(), encoder.layer.into());
        self.bert_score = Some(Arc::new(bert_score));
        self
    }

    /// Returns the settings.
    pub fn settings(&self) -> &JudgeSettings {
        &self.settings
    }
}
