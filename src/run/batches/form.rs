//! Forming batches: what is outstanding becomes lines, both orders of a comparison together.

use std::sync::Arc;

use super::judge::{BatchJudge, BatchState};
use crate::error::{Error, Result};
use crate::judge::BatchLimits;
use crate::keyed_hash::KeyedHash;
use crate::run::outstanding::{AskSelection, Outstanding, RetryScope, SubjectToAsk};
use crate::run::prefetch::ReadySubject;
use crate::run::tokens::max_request_cost_at;
use crate::store::{BatchRequest, NewBatch, RowSet, RunFile, TrialKey};

/// A batch that is ready to be submitted.
pub(super) struct FormedBatch {
    pub(super) new: NewBatch,
    /// Its requests, one a line.
    pub(super) lines: Vec<u8>,
}

/// What a command may still spend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// USD; `None` is no limit.
    pub(super) usd: Option<f64>,
    /// Requests; `None` is no limit.
    pub(super) requests: Option<u64>,
    /// Whether something was not submitted for want of it.
    pub(super) is_exhausted: bool,
}

impl Allowance {
    /// Takes what a comparison may cost; returns whether that was allowed.
    fn take(&mut self, usd: f64, requests: u64) -> bool {
        let has_money = self.usd.is_none_or(|left| usd <= left);
        let has_requests = self.requests.is_none_or(|left| requests <= left);
        if !has_money || !has_requests {
            self.is_exhausted = true;
            return false;
        }
        self.usd = self.usd.map(|left| left - usd);
        self.requests = self.requests.map(|left| left - requests);
        true
    }
}

/// What the next batches of a judge are formed of, read page by page.
pub(super) struct Forming<'a> {
    judge: &'a BatchJudge<'a>,
    outstanding: Outstanding,
    /// What was read and is in no batch yet.
    waiting: std::vec::IntoIter<SubjectToAsk>,
    left_over: Option<ReadySubject>,
    limits: BatchLimits,
    seed: u64,
    now: u64,
    /// How many batches the run file has.
    written: u64,
}

impl<'a> Forming<'a> {
    /// Returns what forms batches of the outstanding comparisons of some rows. `seed` and `now` make the names of the
    /// batches different from those of others.
    pub(super) fn new(
        judge: &'a BatchJudge<'a>,
        state: &BatchState,
        run: RunFile,
        (rows, scope, repeat): (Arc<RowSet>, RetryScope, u32),
        (seed, now): (u64, u64),
    ) -> Result<Self> {
        let selection = AskSelection {
            rows,
            scope,
            judge: judge.row,
            max_parse_retries: judge.max_parse_retries,
            repeat,
            order: None,
        };
        let written = run.batches()?.len() as u64;
        let outstanding = Outstanding::new(run, selection)?;
        let mut limits = judge.api.limits();
        let smaller = [judge.settings.batch_requests, state.most_requests];
        limits.requests = smaller.into_iter().flatten().fold(limits.requests, u64::min);
        let waiting = Vec::new().into_iter();
        Ok(Self { judge, outstanding, waiting, left_over: None, limits, seed, now, written })
    }

    /// Returns the next comparison with something to ask; `None` at the end.
    ///
    /// # Errors
    ///
    /// The run file cannot be read, or a prompt cannot be rendered.
    pub(super) fn next_subject(&mut self) -> Result<Option<ReadySubject>> {
        if let Some(ready) = self.left_over.take() {
            return Ok(Some(ready));
        }
        loop {
            if let Some(open) = self.waiting.next() {
                return ReadySubject::render(open, self.judge.renderer).map(Some);
            }
            match self.outstanding.next_page()? {
                Some(page) => self.waiting = page.open.into_iter(),
                None => return Ok(None),
            }
        }
    }

    /// Returns the next batch; `None` where nothing is left to ask or nothing more may be spent.
    ///
    /// # Errors
    ///
    /// As for [`Forming::next_subject`]; or a request cannot be written as JSON.
    pub(super) fn next_batch(&mut self, allowance: &mut Allowance) -> Result<Option<FormedBatch>> {
        let token = self.token();
        let (mut lines, mut requests) = (Vec::new(), Vec::new());
        while !allowance.is_exhausted {
            let Some(ready) = self.next_subject()? else { break };
            let (added, added_requests) = self.render(&token, requests.len() as u64, &ready)?;
            let is_full = (requests.len() + added_requests.len()) as u64 > self.limits.requests
                || (lines.len() + added.len()) as u64 > self.limits.bytes;
            // A comparison is never divided, even where a batch of it alone is too large.
            if is_full && !requests.is_empty() {
                self.left_over = Some(ready);
                break;
            }
            let usd = added_requests.iter().map(|request| request.max_cost).sum();
            if !allowance.take(usd, added_requests.len() as u64) {
                break;
            }
            lines.extend(added);
            requests.extend(added_requests);
        }
        if requests.is_empty() {
            return Ok(None);
        }
        self.written += 1;
        let new = NewBatch { judge: self.judge.row, token, created: self.now, requests };
        Ok(Some(FormedBatch { new, lines }))
    }

    /// Returns the lines of a comparison, and what the run file keeps of them.
    fn render(
        &self,
        token: &str,
        first: u64,
        ready: &ReadySubject,
    ) -> Result<(Vec<u8>, Vec<BatchRequest>)> {
        let (mut lines, mut requests) = (Vec::new(), Vec::new());
        for (number, trial) in (first..).zip(&ready.open.trials) {
            let Some(request) = &ready.requests[trial.order as usize] else { continue };
            let line = self.judge.api.line(token, number, &request.messages).map_err(|error| {
                Error::internal(format!("a request cannot be written as JSON: {error}"))
            })?;
            lines.extend(line.json);
            lines.push(b'\n');
            let price = self.judge.price();
            requests.push(BatchRequest {
                number,
                key: TrialKey {
                    comparison: ready.open.row,
                    judge: self.judge.row,
                    order: trial.order,
                    repeat: trial.repeat,
                },
                attempt: trial.last_attempt + 1,
                digest: request.digest,
                schema_requested: line.schema_requested,
                max_cost: max_request_cost_at(price, self.judge.settings, &request.messages),
            });
        }
        Ok((lines, requests))
    }

    /// Returns a name that no other batch has.
    fn token(&self) -> String {
        let hash = KeyedHash::new("evenhand 2026-12 name of a batch").text(self.judge.name());
        let hash = hash.seed(self.seed).seed(self.now).seed(self.written);
        format!("eh{:016x}", hash.number())
    }
}
