//! The plan of a generation: every prompt is read and rendered for every system before anything is asked.

use std::sync::Arc;

use rayon::prelude::*;
use serde_json::{Map, Value};

use super::stored_responses::{Sample, SampleState, has_response};
use super::task::PreparedGeneration;
use crate::error::{Error, Result, Warning};
use crate::input::{Item, Message, TagCheck};
use crate::run::check::CostForecast;
use crate::run::outstanding::RetryScope;
use crate::run::prepared_judge::{PreparedJudge, check_size};
use crate::run::tokens::{PromptTokens, max_request_cost};
use crate::store::{Attempt, GenerationFile, Request, row_of};
use crate::trial::{Order, Subject};

/// What a plan of responses contains.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct GenerationPlan {
    /// Prompts of this command.
    pub prompts: u64,
    /// Items without the tags that were asked for.
    pub without_tags: u64,
    /// Items that a limit left out.
    pub left_out: u64,
    /// How many responses each system gives to each prompt.
    pub samples: u32,
    /// Each system, in the order they were given.
    pub systems: Vec<SystemPlan>,
    /// One warning for each kind of irregularity in the items, with its count.
    pub warnings: Vec<Warning>,
    /// For each prompt, in the order of the items file, the responses of all systems that are to be asked for.
    pub(super) open_at: Vec<u32>,
}

/// What one system is asked.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SystemPlan {
    /// The system's name.
    pub system: String,
    /// Responses of the plan.
    pub responses: u64,
    /// Of those, stored in the run file.
    pub stored: u64,
    /// Of the open ones, those that were given to an earlier prompt, template or parameter, or by another server.
    pub asked_again: u64,
    /// Responses that are to be asked for.
    pub open: u64,
    /// The tokens of the prompts, each counted once.
    pub tokens: PromptTokens,
    /// The most that one request can cost, in USD; 0 without a price.
    pub max_request_cost: f64,
    /// The id of the first item, with the messages that the system is sent for it.
    pub first: Option<(String, Vec<Message>)>,
}

/// What asking one system would cost.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GenerationForecast {
    /// The system's name.
    pub system: String,
    /// The fields of a request apart from its messages, as far as is known now.
    pub request: Option<Map<String, Value>>,
    /// Requests, when every one is answered.
    pub requests: u64,
    /// The likely tokens of their prompts.
    pub prompt_tokens: u64,
    /// The most tokens of all replies, when each is of full length, broken off and asked again; `None` where the server
    /// chooses the length.
    pub max_completion_tokens: Option<u64>,
    /// What that costs; `None` without a price.
    pub cost: Option<CostForecast>,
}

impl GenerationPlan {
    /// Returns how many requests the next prompt takes, of all systems and samples; `None` if nothing is open.
    pub fn requests_of_next_prompt(&self) -> Option<u64> {
        self.open_at.iter().find(|open| **open > 0).map(|open| u64::from(*open))
    }
}

impl PreparedGeneration {
    /// Reads and renders everything and counts what would be asked with this scope. It writes nothing and calls no
    /// endpoint.
    ///
    /// # Errors
    ///
    /// As for [`GenerationSession::plan`](super::GenerationSession::plan), except that nothing has to be writable.
    pub fn check(&self, scope: RetryScope) -> Result<(GenerationPlan, Vec<GenerationForecast>)> {
        let stored = self.stored()?;
        let plan = self.read_prompts(stored.as_ref(), scope, |_, _| Ok(()))?;
        let forecasts = self.systems.iter().zip(&plan.systems);
        let forecasts = forecasts.map(|(system, plan)| forecast(system, plan)).collect();
        Ok((plan, forecasts))
    }

    /// Reads every prompt, renders it for every system, compares it with what is stored, and calls `each` with its number
    /// in the plan, from 1, and the item.
    ///
    /// # Errors
    ///
    /// An item is invalid or has a response of one of the systems, a prompt cannot be rendered or is larger than a quota
    /// allows, no item has the tags; or those of `each`.
    pub(super) fn read_prompts(
        &self,
        stored: Option<&GenerationFile>,
        scope: RetryScope,
        mut each: impl FnMut(i64, &Item) -> Result<()>,
    ) -> Result<GenerationPlan> {
        let mut reader = self.prompts.read()?;
        let names = self.systems().map(|system| system.name.clone());
        let systems = names.map(|system| SystemPlan { system, ..SystemPlan::default() }).collect();
        let mut plan = GenerationPlan { samples: self.samples, systems, ..Default::default() };
        let mut tags = TagCheck::default();
        while let Some(batch) = reader.next_batch()? {
            let mut items = Vec::with_capacity(batch.len());
            for item in batch {
                tags.add(&self.plan.tags, &item.tags);
                if self.plan.includes_item(&item) {
                    items.push(Arc::new(item));
                    continue;
                }
                let has_tags = self.plan.tags.matches(&item.tags);
                plan.left_out += u64::from(has_tags);
                plan.without_tags += u64::from(!has_tags);
            }
            let rendered: Vec<Result<Vec<Request>>> =
                items.par_iter().map(|item| self.render(item)).collect();
            for (item, requests) in items.iter().zip(rendered) {
                plan.prompts += 1;
                let open = self.add(&mut plan.systems, item, requests?, stored, scope)?;
                plan.open_at.push(open);
                each(plan.prompts as i64, item)?;
            }
        }
        tags.finish(&self.plan.tags)?;
        if !self.plan.tags.is_empty() && plan.prompts == 0 {
            let path = self.prompts.path().display();
            return Err(Error::input(format!(
                "{path}: no item has all the tags that were asked for"
            ))
            .hint("ask for fewer tags; values of the same tag are alternatives"));
        }
        plan.warnings = reader.finish()?;
        for (system, planned) in self.systems.iter().zip(&plan.systems) {
            check_size([&system.settings].into_iter(), planned.tokens, None)?;
        }
        Ok(plan)
    }

    fn render(&self, item: &Arc<Item>) -> Result<Vec<Request>> {
        self.check_item(item)?;
        let subject = Subject::Prompt(Arc::clone(item));
        self.systems.iter().map(|system| system.renderer.render(&subject, Order::AFirst)).collect()
    }

    /// Adds a prompt to the plan of each system; returns how many responses to it are open.
    fn add(
        &self,
        plans: &mut [SystemPlan],
        item: &Item,
        requests: Vec<Request>,
        stored: Option<&GenerationFile>,
        scope: RetryScope,
    ) -> Result<u32> {
        let mut open = 0;
        let row = stored.map(|file| file.row_of(&item.id)).transpose()?.flatten();
        for ((system, plan), request) in self.systems.iter().zip(plans).zip(requests) {
            plan.responses += u64::from(self.samples);
            plan.tokens.add(&request.messages);
            let most = max_request_cost(&system.settings, &request.messages);
            plan.max_request_cost = plan.max_request_cost.max(most);
            let attempts = match (stored, row) {
                (Some(file), Some(row)) => Stored::read(file, row, system)?,
                _ => Stored::default(),
            };
            for number in 0..self.samples {
                let sample = Sample::read(&attempts.now, number, &request.digest);
                plan.stored += u64::from(matches!(sample.state, SampleState::Responded(..)));
                if sample.is_open(scope, system.max_parse_retries()) {
                    plan.open += 1;
                    open += 1;
                    let has_earlier =
                        sample.has_earlier_response || has_response(&attempts.elsewhere, number);
                    plan.asked_again += u64::from(has_earlier);
                }
            }
            if plan.first.is_none() {
                plan.first = Some((item.id.clone(), request.messages));
            }
        }
        Ok(open)
    }
}

/// The attempts of a system at a prompt.
#[derive(Debug, Default)]
struct Stored {
    /// At the server that would be asked now.
    now: Vec<Attempt>,
    /// At others.
    elsewhere: Vec<Attempt>,
}

impl Stored {
    fn read(file: &GenerationFile, prompt: i64, system: &PreparedJudge) -> Result<Self> {
        let mut stored = Self::default();
        let name = &system.record.name;
        let now = row_of(file.systems(), &system.record).map(|known| known.row);
        for known in file.systems().iter().filter(|known| known.record.name == *name) {
            let attempts = file.attempts_at(prompt, known.row, None)?;
            if Some(known.row) == now {
                stored.now = attempts;
            } else {
                stored.elsewhere.extend(attempts);
            }
        }
        Ok(stored)
    }
}

fn forecast(system: &PreparedJudge, plan: &SystemPlan) -> GenerationForecast {
    GenerationForecast {
        system: system.settings.name.clone(),
        request: system.model.request_fields(),
        requests: plan.open,
        prompt_tokens: plan.tokens.share(plan.tokens.total, plan.open),
        max_completion_tokens: system.max_completion_tokens(plan.open),
        cost: CostForecast::of(system, plan.tokens, plan.open),
    }
}
