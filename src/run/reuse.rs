//! Copying replies from another run: a request that was answered there is not paid for again.

use super::outstanding::Open;
use crate::error::Result;
use crate::store::{Attempt, AttemptResult, Requests, RunFile, TrialKey};
use crate::trial::Order;

/// How much of a request's digest is kept in memory; the rest is compared when the reply is read.
type Prefix = [u8; 12];

fn prefix(request: &[u8; 32]) -> Prefix {
    std::array::from_fn(|at| request[at])
}

fn digest_of(id: &str) -> u32 {
    let digest = blake3::hash(id.as_bytes());
    u32::from_le_bytes(std::array::from_fn(|at| digest.as_bytes()[at]))
}

/// A trial of the other run that has replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Answered {
    request: Prefix,
    repeat: u32,
    by_schema: bool,
    /// A digest of the item's id.
    item: u32,
    b_first: bool,
    /// The comparison's row.
    comparison: i64,
    judge: i64,
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
        from.for_each_reply(|request, key, by_schema, id| {
            answered.push(Answered {
                request: prefix(request),
                repeat: key.repeat,
                by_schema,
                item: digest_of(id),
                b_first: key.order == Order::BFirst,
                comparison: key.comparison,
                judge: key.judge,
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
                    possible_cost: 0.0,
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
        let b_first = order == Order::BFirst;
        let wanted = (prefix(request), repeat, by_schema);
        let same = |one: &Answered| (one.request, one.repeat, one.by_schema);
        let from = self.answered.partition_point(|one| same(one) < wanted);
        let until = self.answered.partition_point(|one| same(one) <= wanted);
        let all = &self.answered[from..until];
        let item = (digest_of(id), b_first);
        let own = all.partition_point(|one| (one.item, one.b_first) < item);
        // Its own first; of the others one is as good as any.
        let candidates = all[own..].iter().take_while(|one| (one.item, one.b_first) == item);
        for one in candidates.chain(all.first()) {
            let mut attempts = self.from.attempts_at(one.comparison, one.judge)?;
            attempts.retain(|attempt| {
                attempt.key.repeat == repeat
                    && (attempt.key.order == Order::BFirst) == one.b_first
                    && attempt.result == AttemptResult::Replied
                    && attempt.reply.schema_requested == by_schema
            });
            if attempts.first().is_some_and(|first| first.request == *request) {
                return Ok(attempts);
            }
        }
        Ok(Vec::new())
    }
}
