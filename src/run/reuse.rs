//! Copies replies from other runs: a request that was answered there is not paid for again.
//!
//! A recording is a source too, so that a judge that was asked in one order by another program is asked in the other
//! order only. It has no requests: its answers are copied by item, order and repeat, and who names it says that it is
//! of the same judge.

use std::sync::Arc;

use super::outstanding::SubjectToAsk;
use super::subject::SubjectRenderer;
use crate::error::Result;
use crate::input::Recording;
use crate::judge::Reply;
use crate::store::{Attempt, AttemptResult, RunFile, TrialKey};
use crate::trial::{Order, Subject};

/// The part of a request's digest that is kept in memory; the rest is compared when the reply is read.
type Prefix = [u8; 12];

fn prefix(request: &[u8; 32]) -> Prefix {
    std::array::from_fn(|at| request[at])
}

fn digest_of(id: &str) -> u32 {
    let digest = blake3::hash(id.as_bytes());
    u32::from_le_bytes(std::array::from_fn(|at| digest.as_bytes()[at]))
}

/// A trial of the source run that has replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Answered {
    request: Prefix,
    repeat: u32,
    schema_requested: bool,
    /// A digest of the item's id.
    item: u32,
    b_first: bool,
    /// The comparison's row.
    comparison: i64,
    judge: i64,
}

/// An opened run or recording whose replies are copied.
#[derive(Debug)]
pub(super) enum ReusedReplies {
    Run(Box<RunFile>),
    Recording(Arc<Recording>),
}

/// Runs and recordings whose replies are copied. An earlier one is preferred.
#[derive(Debug)]
pub(super) struct Reuse<'a> {
    sources: Vec<ReuseSource<'a>>,
}

#[derive(Debug)]
enum ReuseSource<'a> {
    Run(ReusedRun<'a>),
    Recording(&'a Recording),
}

/// One run whose replies are copied.
#[derive(Debug)]
struct ReusedRun<'a> {
    run: &'a RunFile,
    /// Sorted; where the request is the same, in the order of the run.
    answered: Vec<Answered>,
}

impl<'a> Reuse<'a> {
    /// Reads which requests the runs have answered, at 40 bytes of memory for each trial.
    ///
    /// # Errors
    ///
    /// A run cannot be read.
    pub(super) fn read(sources: &'a [ReusedReplies]) -> Result<Self> {
        let source = |source: &'a ReusedReplies| match source {
            ReusedReplies::Run(run) => ReusedRun::read(run).map(ReuseSource::Run),
            ReusedReplies::Recording(recording) => Ok(ReuseSource::Recording(recording)),
        };
        Ok(Self { sources: sources.iter().map(source).collect::<Result<_>>()? })
    }

    /// Returns copies of the stored replies that answer trials of an open subject, and the number of these
    /// trials. A reply of a run answers a trial if request and repeat are equal, one of a recording if item, order and
    /// repeat are.
    ///
    /// Model, messages and parameters are in the request's digest; `schema_requested` says whether this judge
    /// would request a JSON schema now. Endpoint and judge's name do not matter.
    ///
    /// # Errors
    ///
    /// A source run cannot be read, or a prompt cannot be rendered.
    pub(super) fn copies(
        &self,
        judge: i64,
        renderer: &SubjectRenderer,
        schema_requested: bool,
        open: &SubjectToAsk,
    ) -> Result<(Vec<Attempt>, u64)> {
        let (mut copied, mut trials) = (Vec::new(), 0);
        for trial in open.trials.iter().filter(|trial| trial.unreadable == 0) {
            let request = renderer.render(&open.subject, trial.order)?.digest;
            let key =
                TrialKey { comparison: open.row, judge, order: trial.order, repeat: trial.repeat };
            let mut source = Vec::new();
            for one in &self.sources {
                source = match one {
                    ReuseSource::Run(run) => {
                        let id = &open.subject.item().id;
                        run.stored_replies(id, &request, key.order, key.repeat, schema_requested)?
                    }
                    ReuseSource::Recording(recording) => {
                        recorded_reply(recording, &open.subject, key, request)?
                            .into_iter()
                            .collect()
                    }
                };
                if !source.is_empty() {
                    break;
                }
            }
            if source.is_empty() {
                continue;
            }
            trials += 1;
            for (number, attempt) in (trial.last_attempt + 1..).zip(source) {
                copied.push(Attempt {
                    key,
                    number,
                    reused: true,
                    cost: None,
                    possible_cost: 0.0,
                    ..attempt
                });
            }
        }
        Ok((copied, trials))
    }
}

/// Returns the recorded answer to a trial as an attempt, if there is one.
fn recorded_reply(
    recording: &Recording,
    subject: &Subject,
    key: TrialKey,
    request: [u8; 32],
) -> Result<Option<Attempt>> {
    let (id, repeat) = (&subject.item().id, key.repeat);
    let answer = match (subject, subject.systems(), key.order) {
        (Subject::Comparison(_), [a, b], Order::AFirst) => recording.answer(id, a, b, repeat)?,
        (Subject::Comparison(_), [a, b], Order::BFirst) => recording.answer(id, b, a, repeat)?,
        (Subject::Response(_), [system, _], order) => {
            recording.grade(id, system, order == Order::BFirst, repeat)?
        }
        (Subject::Prompt(_), ..) => None,
    };
    Ok(answer.map(|answer| Attempt {
        key,
        number: 1,
        result: AttemptResult::Replied,
        request,
        reply: Reply::from_recorded(answer),
        error: None,
        cost: None,
        possible_cost: 0.0,
        latency_ms: 0.0,
        batched: false,
        reused: true,
    }))
}

impl<'a> ReusedRun<'a> {
    fn read(run: &'a RunFile) -> Result<Self> {
        let mut answered = Vec::new();
        run.for_each_reply(|request, key, schema_requested, id| {
            answered.push(Answered {
                request: prefix(request),
                repeat: key.repeat,
                schema_requested,
                item: digest_of(id),
                b_first: key.order == Order::BFirst,
                comparison: key.comparison,
                judge: key.judge,
            });
        })?;
        answered.sort_unstable();
        answered.dedup();
        Ok(Self { run, answered })
    }

    /// Returns the stored replies to a request. Several trials can have the same request, for example where
    /// two responses are equal: the trial of the same item and order is preferred.
    fn stored_replies(
        &self,
        id: &str,
        request: &[u8; 32],
        order: Order,
        repeat: u32,
        schema_requested: bool,
    ) -> Result<Vec<Attempt>> {
        let b_first = order == Order::BFirst;
        let wanted = (prefix(request), repeat, schema_requested);
        let same = |one: &Answered| (one.request, one.repeat, one.schema_requested);
        let from = self.answered.partition_point(|one| same(one) < wanted);
        let until = self.answered.partition_point(|one| same(one) <= wanted);
        let all = &self.answered[from..until];
        let item = (digest_of(id), b_first);
        let own = all.partition_point(|one| (one.item, one.b_first) < item);
        // Of the trials of other items, any will do.
        let candidates = all[own..].iter().take_while(|one| (one.item, one.b_first) == item);
        for one in candidates.chain(all.first()) {
            let mut attempts = self.run.attempts_at(one.comparison, one.judge)?;
            attempts.retain(|attempt| {
                attempt.key.repeat == repeat
                    && (attempt.key.order == Order::BFirst) == one.b_first
                    && attempt.result == AttemptResult::Replied
                    && attempt.reply.schema_requested == schema_requested
            });
            if attempts.first().is_some_and(|first| first.request == *request) {
                return Ok(attempts);
            }
        }
        Ok(Vec::new())
    }
}
