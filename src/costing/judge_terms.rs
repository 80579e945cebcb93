//! What a judge charges, before and after a pilot.

use super::pilot::Pilot;
use super::ways::Amount;
use crate::input::{JudgeSettings, Price};
use crate::judge::Usage;
use crate::run::{JudgeForecast, PromptTokens};

/// A judge with what it charges.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JudgeTerms {
    /// Its name.
    pub name: String,
    /// What it charges for tokens; `None` if that is unknown.
    pub price: Option<Price>,
    /// What it charges for them in a batch; `None` where there are no batches.
    pub batch_price: Option<Price>,
    /// Whether that is assumed to be half of the price of single requests.
    pub is_batch_price_assumed: bool,
    /// Whether it answers here, and costs nothing.
    pub is_local: bool,
    /// The most tokens of a reply; `None` where the server chooses.
    pub max_tokens: Option<u64>,
    /// The likely tokens of a prompt.
    pub prompt_tokens: f64,
    /// Of the comparisons, how many it has answered in the pilots.
    pub answered: u64,
}

impl JudgeTerms {
    /// Returns the terms of a judge, by its settings, what is open and the tokens of all prompts. `trials` is how many
    /// trials a comparison has.
    pub fn of(
        settings: &JudgeSettings,
        forecast: &JudgeForecast,
        tokens: PromptTokens,
        trials: u64,
    ) -> Self {
        Self {
            name: settings.name.clone(),
            price: settings.price,
            batch_price: batch_price(settings),
            is_batch_price_assumed: settings.batch_price.is_none(),
            is_local: settings.is_local(),
            max_tokens: settings.max_tokens,
            prompt_tokens: tokens.total as f64 / tokens.prompts.max(1) as f64,
            answered: (forecast.answered + forecast.copied) / trials.max(1),
        }
    }

    /// Returns what a comparison costs, in USD; `None` if that is unknown.
    pub(super) fn usd(&self, pilot: Option<&Pilot>, trials: f64, is_batch: bool) -> Option<Amount> {
        if self.is_local {
            return Some(Amount::exactly(0.0));
        }
        let price = if is_batch { self.batch_price? } else { self.price? };
        if let Some(usd) = pilot.and_then(|pilot| pilot.usd(price)) {
            return Some(usd.times(trials));
        }
        let prompt = self.prompt_tokens.round() as u64;
        let of = |completion| Usage { prompt, completion, ..Usage::default() }.cost(price) * trials;
        Some(Amount { expected: None, low: of(0), high: self.max_tokens.map(of) })
    }
}

/// Returns what a judge charges in a batch; `None` where its price is unknown or it takes no batches.
fn batch_price(settings: &JudgeSettings) -> Option<Price> {
    // Batches are never divided over replicas.
    settings.endpoint().filter(|endpoint| endpoint.base_urls().len() == 1)?;
    settings.price_in_batches()
}
