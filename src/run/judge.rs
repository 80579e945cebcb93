//! A judge of a task: its settings, and the model behind it.

use std::sync::Arc;

use crate::input::JudgeSettings;
use crate::judge::{ChatModel, Secrets};

/// A judge of a task: its settings, and the model behind it.
#[derive(Debug, Clone)]
pub struct Judge {
    pub(super) settings: JudgeSettings,
    pub(super) model: JudgeModel,
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
        Self { settings, model: JudgeModel::FromSettings(secrets) }
    }

    /// Returns a judge with a model of the caller. Its connection should be
    /// [`Connection::Supplied`](crate::input::Connection::Supplied), whose name identifies the model in run files.
    pub fn with_model(settings: JudgeSettings, model: Arc<dyn ChatModel>) -> Self {
        Self { settings, model: JudgeModel::Supplied(model) }
    }

    /// Returns the settings.
    pub fn settings(&self) -> &JudgeSettings {
        &self.settings
    }
}
