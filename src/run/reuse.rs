//! Copying replies from another run: a request that was answered there is not paid for again.

use super::attempt::{Attempt, Ending, TrialKey};
use super::identity::Requests;
use super::outstanding::Open;
use super::read::RunFile;
use crate::error::Result;
use crate::trial::Order;

/// How much of a request's digest is kept in memory; the rest is compared when the reply is read.
type Prefix = [u8; 12];

fn prefix(request: &[u8; 32]) -> Prefix {
    std::array::from_fn(|at| request[at])
}

/// A trial of the other run that has replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Answered {
    request: Prefix,
    repeat: u32,
    /// The comparison's row.
    comparison: i64,
    judge: i64,
    b_first: bool,
}

/// Another run whose replies are copied where the request is the same.
#[derive(Debug)]
pub struct Reuse<'a> {
    from: &'a RunFile,
    /// Sorted, in the order of the run where the request is the same.
    answered: Vec<Answered>,
}

impl<'a> Reuse<'a> {
    /// Reads which requests a run has answered; 40 bytes of memory for each trial.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub fn read(from: &'a RunFile) -> Result<Self> {
        let mut answered = Vec::new();
        from.database().answered(|request, key| {
            answered.push(Answered {
                request: prefix(request),
                repeat: key.repeat,
                comparison: key.comparison,
                judge: key.judge,
                b_first: key.order == Order::BFirst,
            });
        })?;
        answered.sort_unstable();
        answered.dedup();
        Ok(Self { from, answered })
    }

    /// Returns copies of the stored replies that answer trials of an open comparison: those whose request
    /// and repeat are equal; with how many trials they answer.
    ///
    /// Model, messages and parameters are in the request's digest; `by_schema` is what this judge would
    /// send now. Where a reply came from is of no matter.
    ///
    /// # Errors
    ///
    /// The other run cannot be read, or a prompt cannot be rendered.
    pub fn copies(
        &self,
        judge: i64,
        requests: &Requests,
        by_schema: bool,
        open: &Open,
    ) -> Result<(Vec<Attempt>, u64)> {
        let (mut copied, mut trials) = (Vec::new(), 0);
        for trial in open.trials.iter().filter(|trial| trial.unreadable == 0) {
            let request = requests.request(&open.comparison, trial.order)?.digest;
            let id = &open.comparison.item.id;
            let source = self.source(id, &request, trial.order, trial.repeat, by_schema)?;
            if source.is_empty() {
                continue;
            }
            trials += 1;
            let key =
                TrialKey { comparison: open.row, judge, order: trial.order, repeat: trial.repeat };
            for (number, attempt) in (trial.attempts + 1..).zip(source) {
                copied.push(Attempt {
                    key,
                    number,
                    reused: true,
                    cost: None,
                    unsettled: 0.0,
                    ..attempt
                });
            }
        }
        Ok((copied, trials))
    }

    /// Two trials may have the same request, say where two responses are equal: that of the same item and
    /// order comes first.
    fn source(
        &self,
        id: &str,
        request: &[u8; 32],
        order: Order,
        repeat: u32,
        by_schema: bool,
    ) -> Result<Vec<Attempt>> {
        let wanted = (prefix(request), repeat);
        let from = self.answered.partition_point(|one| (one.request, one.repeat) < wanted);
        let same =
            self.answered[from..].iter().take_while(|one| (one.request, one.repeat) == wanted);
        let mut best = Vec::new();
        for one in same {
            let database = self.from.database();
            let rows = one.comparison..=one.comparison;
            let mut attempts = database.attempts(rows, one.judge)?;
            attempts.retain(|attempt| {
                attempt.key.repeat == repeat
                    && (attempt.key.order == Order::BFirst) == one.b_first
                    && attempt.ending == Ending::Reply
                    && attempt.reply.by_schema == by_schema
            });
            if attempts.first().is_none_or(|first| first.request != *request) {
                continue;
            }
            let own = attempts[0].key.order == order
                && database.id_of(one.comparison)?.as_deref() == Some(id);
            if own {
                return Ok(attempts);
            }
            if best.is_empty() {
                best = attempts;
            }
        }
        Ok(best)
    }
}
