//! A response as judges are asked to grade it.

use serde::Serialize;

use super::preview::PreviewedMessage;
use crate::error::Result;
use crate::prompt::Prompt;
use crate::run::likely_prompt_tokens;
use crate::trial::{ScaleOrder, SystemResponse};

/// One response as a judge is asked to grade it, in both directions of the scale.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct GradePreview {
    /// The item's id.
    pub id: String,
    /// The system that gave the response; the judge is not told.
    pub system: String,
    /// What is asked in each direction, that of the rubric first.
    pub directions: Vec<PreviewedDirection>,
}

/// What is asked in one direction of the scale.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct PreviewedDirection {
    /// `written` or `reversed`.
    pub scale: &'static str,
    /// What is sent.
    pub messages: Vec<PreviewedMessage>,
    /// The tokens of all messages, estimated.
    pub tokens_estimated: u64,
}

impl GradePreview {
    /// Renders a response in both directions.
    ///
    /// # Errors
    ///
    /// The prompt cannot be rendered for the item.
    pub fn of(prompt: &Prompt, response: &SystemResponse) -> Result<Self> {
        let direction = |order: ScaleOrder| -> Result<PreviewedDirection> {
            let messages = prompt.render_response(response, order)?;
            Ok(PreviewedDirection {
                scale: order.as_str(),
                tokens_estimated: likely_prompt_tokens(&messages),
                messages: messages.into_iter().map(PreviewedMessage::from).collect(),
            })
        };
        Ok(Self {
            id: response.item.id.clone(),
            system: response.system.clone(),
            directions: ScaleOrder::BOTH.into_iter().map(direction).collect::<Result<_>>()?,
        })
    }
}
