//! The items that the responses make, and what happened to the responses of each system.

use std::io::Write;
use std::sync::Arc;

use super::session::GenerationSession;
use super::stored_responses::{Sample, SampleState};
use crate::error::{Error, Result};
use crate::input::{Generated, Item, Occurrences, ResponseMark};
use crate::run::subject::Subject;
use crate::store::Attempt;
use crate::trial::Order;
use crate::vote::Response;

/// What has become of the responses of a plan.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GenerationSummary {
    /// Each system, in the order they were given.
    pub systems: Vec<SystemSummary>,
    /// Items that were written, over all samples.
    pub items: u64,
    /// Items that were left out, because they lack a response to be compared with.
    pub left_out: u64,
    /// The id of the first of them.
    pub first_left_out: Option<String>,
}

/// What has become of the responses of one system.
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
    /// Of the responses given, refusals.
    pub refused: u64,
    /// Of the responses given, those without text.
    pub empty: u64,
    /// Failures that may be temporary: the same command asks them again.
    pub temporary: u64,
    /// The item and the error of the first failure.
    pub first_failure: Option<(String, String)>,
    /// The model that the server named in the first response.
    pub model: Option<String>,
    /// What the requests that were answered with a response cost, in USD; `None` where no price or no count of tokens is
    /// known of one of them.
    pub cost: Option<f64>,
    /// The tokens of the prompts and of the responses, where the server counted them.
    pub tokens: (u64, u64),
    /// The median time from the request to the answer, in milliseconds; `None` without a response.
    pub median_latency_ms: Option<f64>,
    latencies: Vec<f64>,
}

impl GenerationSession {
    /// Counts what has become of the responses of all samples, and the items that they make.
    ///
    /// # Errors
    ///
    /// The run file cannot be read.
    pub fn summary(&self) -> Result<GenerationSummary> {
        let mut summary = GenerationSummary::default();
        for system in self.task.systems() {
            let system = system.name.clone();
            let counts = SystemSummary { system, cost: Some(0.0), ..SystemSummary::default() };
            summary.systems.push(counts);
        }
        let mut left_out = Occurrences::default();
        for number in 0..self.task.samples {
            self.for_each_item(number, |item, samples| {
                let mut responses = item.responses.len();
                for (counts, sample) in summary.systems.iter_mut().zip(samples) {
                    counts.add(&sample.state, &item.id);
                    responses += usize::from(matches!(sample.state, SampleState::Responded(..)));
                }
                if responses < self.least_responses(item) {
                    left_out.record(&item.id);
                } else {
                    summary.items += 1;
                }
                Ok(())
            })?;
        }
        summary.left_out = left_out.count as u64;
        summary.first_left_out = (left_out.count > 0).then_some(left_out.first);
        summary.systems.iter_mut().for_each(SystemSummary::finish);
        Ok(summary)
    }

    /// Writes the items of a sample, counted from 0: a line of JSON each, in the order of the prompts.
    ///
    /// An item has the responses that there are. One with fewer than two is left out, unless no other system is there to
    /// be compared with.
    ///
    /// # Errors
    ///
    /// The run file cannot be read, or the writer fails.
    pub fn write_items(&self, sample: u32, output: &mut dyn Write) -> Result<()> {
        self.for_each_item(sample, |item, samples| {
            let mut written = item.clone();
            for (system, sample) in self.task.systems.iter().zip(samples) {
                if let SampleState::Responded(response, attempt) = &sample.state {
                    let made = generated(&system.record.model, response, attempt);
                    let name = &system.settings.name;
                    written.generated.insert(name.clone(), made);
                    written.responses.insert(name.clone(), response.text.clone().into());
                }
            }
            if written.responses.len() < self.least_responses(item) {
                return Ok(());
            }
            write_line(output, &written)
        })
    }

    /// Returns how many responses an item needs to be written.
    fn least_responses(&self, item: &Item) -> usize {
        (item.responses.len() + self.task.systems.len()).clamp(1, 2)
    }

    /// Calls `each` with every item of the plan, in the order of the file, and one sample of every system.
    fn for_each_item(
        &self,
        number: u32,
        mut each: impl FnMut(&Item, &[Sample<'_>]) -> Result<()>,
    ) -> Result<()> {
        let file = self.stored()?;
        for row in &self.prompts {
            let subject = Subject::Prompt(Arc::new(file.item_at(*row)?));
            let systems = self.task.systems.iter().zip(&self.systems);
            let stored = systems.map(|(system, (system_row, _))| {
                let request = system.renderer.render(&subject, Order::AFirst)?.digest;
                Ok((request, file.attempts_at(*row, *system_row)?))
            });
            let stored = stored.collect::<Result<Vec<_>>>()?;
            let samples = stored.iter().map(|(now, attempts)| Sample::read(attempts, number, now));
            each(subject.item(), &samples.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

impl GenerationSummary {
    /// Returns how many responses the same command would ask for.
    pub fn open(&self) -> u64 {
        self.systems.iter().map(|system| system.pending + system.temporary).sum()
    }
}

impl SystemSummary {
    fn add(&mut self, state: &SampleState<'_>, id: &str) {
        self.planned += 1;
        match state {
            SampleState::Responded(response, attempt) => self.add_response(response, attempt),
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

    fn add_response(&mut self, response: &Response, attempt: &Attempt) {
        self.responded += 1;
        match response.mark {
            Some(ResponseMark::CutOff) => self.cut_off += 1,
            Some(ResponseMark::Refused) => self.refused += 1,
            Some(ResponseMark::Empty) => self.empty += 1,
            None => {}
        }
        if self.model.is_none() {
            self.model.clone_from(&attempt.reply.model);
        }
        self.cost = self.cost.zip(attempt.cost).map(|(sum, cost)| sum + cost);
        let usage = attempt.reply.usage.unwrap_or_default();
        self.tokens = (self.tokens.0 + usage.prompt, self.tokens.1 + usage.completion);
        self.latencies.push(attempt.latency_ms);
    }

    fn finish(&mut self) {
        let mut latencies = std::mem::take(&mut self.latencies);
        latencies.sort_by(f64::total_cmp);
        let (low, high) = (latencies.len().saturating_sub(1) / 2, latencies.len() / 2);
        self.median_latency_ms = latencies
            .get(low)
            .zip(latencies.get(high))
            .map(|(low, high)| f64::midpoint(*low, *high));
        self.cost = self.cost.filter(|_| self.responded > 0);
    }
}

fn generated(model: &str, response: &Response, attempt: &Attempt) -> Generated {
    let reply = &attempt.reply;
    let mut generated = Generated::new(reply.model.clone().unwrap_or_else(|| model.to_owned()));
    generated.mark = response.mark;
    generated.finish_reason.clone_from(&reply.finish_reason);
    generated.prompt_tokens = reply.usage.map(|usage| usage.prompt);
    generated.completion_tokens = reply.usage.map(|usage| usage.completion);
    // Digits beyond these are noise of the arithmetic.
    generated.cost = attempt.cost.map(|cost| (cost * 1e12).round() / 1e12);
    generated.latency_ms = Some((attempt.latency_ms * 1e3).round() / 1e3);
    generated
}

fn write_line(output: &mut dyn Write, item: &Item) -> Result<()> {
    let mut line = serde_json::to_vec(item)
        .map_err(|error| Error::internal(format!("cannot write JSON: {error}")).caused_by(error))?;
    line.push(b'\n');
    output
        .write_all(&line)
        .map_err(|error| Error::internal(format!("cannot write items: {error}")).caused_by(error))
}
