//! The items that the responses make, and how the responses of each system have ended.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use super::session::GenerationSession;
use super::stored_responses::{Sample, SampleState};
use crate::error::{Error, Result};
use crate::input::{Generated, Item, Occurrences, ResponseMark};
use crate::run::prepared_judge::PreparedJudge;
use crate::stats::quantile;
use crate::store::{Attempt, WrittenItems};
use crate::trial::{Order, Subject};
use crate::vote::Response;

/// How the responses of a plan have ended so far.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GenerationSummary {
    /// Each system, in the order they were given.
    pub systems: Vec<SystemSummary>,
    /// Items that are written, over all samples.
    pub items: u64,
    /// Items that are left out, over all samples: they lack a response, or one to be compared with.
    pub left_out: u64,
    /// The id of the first of them.
    pub first_left_out: Option<String>,
    /// Whether every item that is written has two responses or more, so that they can be compared.
    pub is_comparable: bool,
}

/// How the responses of one system have ended so far.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct SystemSummary {
    /// The system's name.
    pub system: String,
    /// Responses of the plan. The next four add up to it.
    pub planned: u64,
    /// Of those, given.
    pub responded: u64,
    /// Of those, failed: every attempt was rejected, or the attempts are used up.
    pub failed: u64,
    /// Of those, broken off by the server each time.
    pub broken_off: u64,
    /// Of those, not asked yet or without an answer.
    pub pending: u64,
    /// Of the responses given, those that ended at the limit of their length.
    pub cut_off: u64,
    /// Of the responses given, those that ended before their end for another reason.
    pub unfinished: u64,
    /// Of the responses given, refusals.
    pub refused: u64,
    /// Of the responses given, those without text.
    pub empty: u64,
    /// Of the responses given, those whose reply began with reasoning, which was left out.
    pub reasoning_removed: u64,
    /// Failures that may be temporary: a later command asks them again.
    pub temporary: u64,
    /// The item and the error of the first failure.
    pub first_failure: Option<(String, String)>,
    /// The model that the server named in the first response.
    pub model: Option<String>,
    /// What the requests that were answered with a response cost, in USD; `None` where no price or no count of tokens is
    /// known of one of them.
    pub cost: Option<f64>,
    /// Responses whose tokens the server counted.
    pub counted: u64,
    /// The tokens of their prompts.
    pub prompt_tokens: u64,
    /// The tokens of these responses.
    pub completion_tokens: u64,
    /// The median time from the request to the answer, in milliseconds; `None` without a response.
    pub median_latency_ms: Option<f64>,
}

impl GenerationSession {
    /// Counts how the responses of all samples have ended, and the items that they make.
    ///
    /// # Errors
    ///
    /// The run file cannot be read.
    pub fn summary(&self) -> Result<GenerationSummary> {
        let mut summary = GenerationSummary { is_comparable: true, ..Default::default() };
        for system in self.task.systems() {
            let system = system.name.clone();
            let counts = SystemSummary { system, cost: Some(0.0), ..SystemSummary::default() };
            summary.systems.push(counts);
        }
        let mut left_out = Occurrences::default();
        let mut latencies: Vec<Vec<f64>> = vec![Vec::new(); summary.systems.len()];
        self.for_each_item(None, |item, stored| {
            for number in 0..self.task.samples {
                let mut responses = item.responses.len();
                let systems = summary.systems.iter_mut().zip(&mut latencies).zip(stored);
                let systems = systems.zip(&self.task.systems);
                for (((counts, latencies), (request, attempts)), system) in systems {
                    let state = Sample::read(attempts, number, request).state;
                    counts.add(&state, &item.id, system);
                    if let SampleState::Responded(_, attempt) = state {
                        responses += 1;
                        latencies.push(attempt.latency_ms);
                    }
                }
                if responses < self.least_responses(item) {
                    left_out.record(&item.id);
                } else {
                    summary.items += 1;
                    summary.is_comparable &= responses > 1;
                }
            }
            Ok(())
        })?;
        summary.left_out = left_out.count as u64;
        summary.first_left_out = (left_out.count > 0).then_some(left_out.first);
        for (system, mut latencies) in summary.systems.iter_mut().zip(latencies) {
            latencies.sort_by(f64::total_cmp);
            system.median_latency_ms = quantile(&latencies, 0.5).ok();
            system.cost = system.cost.filter(|_| system.responded > 0);
        }
        Ok(summary)
    }

    /// Writes the items of a sample, counted from 0: a line of JSON each, in the order of the prompts. Returns what was
    /// written.
    ///
    /// An item has the responses that there are. One with fewer than two is left out, unless no other system is there to
    /// be compared with.
    ///
    /// # Errors
    ///
    /// The run file cannot be read, or the writer fails.
    pub fn write_items(&self, sample: u32, output: &mut dyn Write) -> Result<WrittenItems> {
        let mut written = WrittenItems::default();
        let mut digest = blake3::Hasher::new();
        let mut systems = BTreeSet::new();
        self.for_each_item(Some(sample), |item, stored| {
            let mut item = item.clone();
            let least = self.least_responses(&item);
            for (system, (request, attempts)) in self.task.systems.iter().zip(stored) {
                let sample = Sample::read(attempts, sample, request);
                if let SampleState::Responded(response, attempt) = sample.state {
                    let name = &system.settings.name;
                    item.generated.insert(name.clone(), generated(system, &response, attempt));
                    item.responses.insert(name.clone(), response.text.into());
                }
            }
            if item.responses.len() < least {
                return Ok(());
            }
            written.items += 1;
            systems.extend(item.responses.keys().cloned());
            let line = line(&item)?;
            digest.update(&line);
            output.write_all(&line).map_err(Error::unwritten)
        })?;
        written.systems = systems.into_iter().collect();
        written.digest = digest.finalize().to_hex().to_string();
        Ok(written)
    }

    /// Returns how many responses an item needs to be written.
    fn least_responses(&self, item: &Item) -> usize {
        let most = if self.task.keep_single { 1 } else { 2 };
        (item.responses.len() + self.task.systems.len()).clamp(1, most)
    }

    /// Calls `each` with every item of the plan, in the order of the file, and for every system with the digest of its
    /// request and its attempts: those of one sample, or of all.
    fn for_each_item(
        &self,
        sample: Option<u32>,
        mut each: impl FnMut(&Item, &[([u8; 32], Vec<Attempt>)]) -> Result<()>,
    ) -> Result<()> {
        let file = self.stored()?;
        for row in &self.prompts {
            let subject = Subject::Prompt(Arc::new(file.item_at(*row)?));
            let systems = self.task.systems.iter().zip(&self.systems);
            let stored = systems.map(|(system, (system_row, _))| {
                let request = system.renderer.render(&subject, Order::AFirst)?.digest;
                Ok((request, file.attempts_at(*row, *system_row, sample)?))
            });
            each(subject.item(), &stored.collect::<Result<Vec<_>>>()?)?;
        }
        Ok(())
    }
}

impl GenerationSummary {
    /// Returns how many responses are still to be asked for: pending, or failed for a reason that may be temporary.
    pub fn open(&self) -> u64 {
        self.systems.iter().map(|system| system.pending + system.temporary).sum()
    }
}

impl SystemSummary {
    fn add(&mut self, state: &SampleState<'_>, id: &str, system: &PreparedJudge) {
        self.planned += 1;
        match state {
            SampleState::Responded(response, attempt) => {
                self.add_response(response, attempt, cost(system, attempt));
            }
            SampleState::BrokenOff => self.broken_off += 1,
            SampleState::Failed { error, is_temporary } => {
                self.failed += 1;
                self.temporary += u64::from(*is_temporary);
                if self.first_failure.is_none() {
                    self.first_failure = Some((id.to_owned(), (*error).to_owned()));
                }
            }
            SampleState::Pending => self.pending += 1,
        }
    }

    fn add_response(&mut self, response: &Response, attempt: &Attempt, cost: Option<f64>) {
        self.responded += 1;
        match response.mark {
            Some(ResponseMark::CutOff) => self.cut_off += 1,
            Some(ResponseMark::Unfinished) => self.unfinished += 1,
            Some(ResponseMark::Refused) => self.refused += 1,
            Some(ResponseMark::Empty) => self.empty += 1,
            None => {}
        }
        self.reasoning_removed += u64::from(response.reasoning_removed);
        if self.model.is_none() {
            self.model.clone_from(&attempt.reply.model);
        }
        self.cost = self.cost.zip(cost).map(|(sum, cost)| sum + cost);
        if let Some(usage) = attempt.reply.usage {
            self.counted += 1;
            self.prompt_tokens += usage.prompt;
            self.completion_tokens += usage.completion;
        }
    }
}

/// Returns what a response costs at the price that the system has now; without one, what it cost when it was given.
fn cost(system: &PreparedJudge, attempt: &Attempt) -> Option<f64> {
    let now = attempt.reply.usage.zip(system.settings.price);
    now.map(|(usage, price)| usage.cost(price)).or(attempt.cost)
}

fn generated(system: &PreparedJudge, response: &Response, attempt: &Attempt) -> Generated {
    let (reply, model) = (&attempt.reply, &system.record.model);
    let mut generated = Generated::new(reply.model.clone().unwrap_or_else(|| model.clone()));
    generated.mark = response.mark;
    generated.reasoning_removed = response.reasoning_removed;
    generated.finish_reason.clone_from(&reply.finish_reason);
    generated.prompt_tokens = reply.usage.map(|usage| usage.prompt);
    generated.completion_tokens = reply.usage.map(|usage| usage.completion);
    // Digits beyond these are noise of the arithmetic.
    generated.cost = cost(system, attempt).map(|cost| (cost * 1e12).round() / 1e12);
    generated.latency_ms = Some((attempt.latency_ms * 1e3).round() / 1e3);
    generated
}

fn line(item: &Item) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(item)
        .map_err(|error| Error::internal(format!("cannot write JSON: {error}")).caused_by(error))?;
    line.push(b'\n');
    Ok(line)
}
