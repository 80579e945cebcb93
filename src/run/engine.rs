//! The engine: asks what is outstanding, both orders of a comparison at once, and stores every answer.
//!
//! Everything concurrent happens in one stream of comparisons; what becomes of a single trial is in
//! `trial_loop.rs`. The endpoint that refuses everything stops its judge. When asked to stop,
//! nothing new leaves and what is on its way comes home.

use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::outstanding::OpenTrial;
use super::prefetch::{Feed, Ready, ReadyPage};
use super::progress::Tally;
use super::reservation::Budget;
use super::trial::UnderWay;
use super::validate::most_prompt_tokens;
use crate::error::Result;
use crate::input::{JudgeSettings, Message, Rubric};
use crate::judge::{CallErrorKind, ChatModel, ServerProfile};
use crate::pace::Pacer;
use crate::store::{AttemptWriter, TrialKey};
use crate::trial::Trial;
use crate::verdict::{majority, reconcile};

/// How often this process looks at how late it is.
const HEARTBEAT: Duration = Duration::from_millis(20);

/// A judge that is to be asked.
#[derive(Debug)]
pub struct Asking<'a> {
    /// Its row in the run file.
    pub row: i64,
    /// Its settings.
    pub settings: &'a JudgeSettings,
    /// What answers.
    pub model: &'a dyn ChatModel,
    /// When a request may leave.
    pub pacer: &'a Pacer,
    /// How its replies are read.
    pub rubric: Rubric,
    /// The seed of the orders.
    pub seed: u64,
    /// How often each order is asked.
    pub repeat: u32,
    /// What the run file knows of its server.
    pub learnt: ServerProfile,
}

impl Asking<'_> {
    /// Returns how many requests in flight its endpoint bears, where that was learnt. What is no endpoint
    /// bears any number.
    pub fn settled(&self) -> Option<u32> {
        self.pacer.sustained_in_flight().filter(|_| !self.model.is_deterministic())
    }
}

/// What all judges of a command share.
#[derive(Debug)]
pub struct Shared<'a> {
    /// Where attempts are stored.
    pub writer: &'a AttemptWriter,
    /// What may be spent.
    pub budget: &'a Budget,
    /// What is going on.
    pub tally: &'a Tally,
    /// Set when nothing new shall leave.
    pub stop: &'a CancellationToken,
}

/// Why a judge was left before everything was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// The endpoint refuses everything: what it said.
    pub refused: Option<String>,
    /// The endpoint cannot be reached: what happened.
    pub unreachable: Option<String>,
    /// The endpoint asks to wait for longer than a trial lives: what it said.
    pub asks_to_wait: Option<String>,
    /// Replies that came.
    pub replies: u64,
    /// What the last request without a reply brought instead.
    pub last_error: Option<String>,
    /// Trials that a recording has no reply to.
    pub not_recorded: u64,
    /// A message about the first of them.
    pub first_not_recorded: Option<String>,
}

/// Asks everything that is open for one judge, as it comes in.
///
/// # Errors
///
/// The run file cannot be read, or a prompt cannot be rendered, which rendering every prompt of the plan has
/// shown before. What has been asked until then is stored.
pub async fn ask(judge: &Asking<'_>, shared: &Shared<'_>, mut feed: Feed) -> Result<Ended> {
    let worker = Worker {
        judge,
        shared,
        halt: shared.stop.child_token(),
        closed: AtomicBool::new(false),
        learnt: Mutex::new(judge.learnt),
        ended: Mutex::new(Ended::default()),
        last_reply: Mutex::new(None),
        away: Mutex::new(None),
    };
    // Enough to keep every place taken; the pacer says when the next one may begin.
    let width = judge.pacer.max_in_flight().div_ceil(judge.repeat as usize).max(1);
    // What is late before the first page is there is the disk.
    let first = worker.unless_halted(feed.next_page()).await.flatten();
    let asked = async {
        let comparisons = pin!(worker.comparisons(feed, first));
        let mut results =
            comparisons.map(async |ready| worker.comparison(ready?).await).buffer_unordered(width);
        while let Some(result) = results.next().await {
            result?;
        }
        Ok(())
    };
    tokio::select! {
        biased;
        asked = asked => asked?,
        () = heartbeat(judge.pacer) => {}
    }
    worker.remember_what_it_settled_on().await;
    Ok(worker.ended.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Tells the pacer how late this process is, again and again; never ends by itself.
async fn heartbeat(pacer: &Pacer) {
    loop {
        let due = Instant::now() + HEARTBEAT;
        sleep_until(due).await;
        pacer.record_lag(due.elapsed());
    }
}

/// One judge at work.
pub(super) struct Worker<'a> {
    pub(super) judge: &'a Asking<'a>,
    pub(super) shared: &'a Shared<'a>,
    /// Nothing new leaves, not even for a comparison that is under way.
    pub(super) halt: CancellationToken,
    /// No comparison is begun any more; those under way go on.
    pub(super) closed: AtomicBool,
    /// What the run file knows of the server.
    pub(super) learnt: Mutex<ServerProfile>,
    pub(super) ended: Mutex<Ended>,
    /// When the last reply came.
    pub(super) last_reply: Mutex<Option<Instant>>,
    /// What the last request to come back met with, if that was an endpoint that is away or asks to wait.
    pub(super) away: Mutex<Option<CallErrorKind>>,
}

impl Worker<'_> {
    /// Takes the open comparisons out of their pages, until there are no more or nothing new may begin.
    fn comparisons(
        &self,
        feed: Feed,
        first: Option<Result<ReadyPage>>,
    ) -> impl Stream<Item = Result<Ready>> {
        stream::unfold(
            (feed, first, Vec::new().into_iter()),
            async |(mut feed, first, mut page)| {
                let mut next = first;
                loop {
                    if self.is_over() {
                        return None;
                    }
                    if let Some(ready) = page.next() {
                        return Some((Ok(ready), (feed, next, page)));
                    }
                    let turned = match next.take() {
                        Some(turned) => turned,
                        None => self.unless_halted(feed.next_page()).await??,
                    };
                    match turned {
                        Ok(turned) => {
                            self.shared.tally.withdraw(turned.settled);
                            page = turned.ready.into_iter();
                        }
                        Err(error) => return Some((Err(error), (feed, None, page))),
                    }
                }
            },
        )
    }

    /// Returns whether no comparison may be begun any more.
    fn is_over(&self) -> bool {
        self.halt.is_cancelled() || self.closed.load(Ordering::Relaxed)
    }

    async fn comparison(&self, ready: Ready) -> Result<()> {
        // A trial's time runs while it waits, so nothing is begun that would only wait.
        if self.unless_halted(self.judge.pacer.wait_for_capacity()).await.is_none()
            || self.is_over()
        {
            return Ok(());
        }
        let Ready { open, requests } = ready;
        let comparison = &open.comparison;
        let costs = requests.iter().flatten().map(|request| self.worst(&request.messages));
        let worst = costs.fold(0.0, f64::max);
        // Both orders or neither: half a comparison is worth nothing.
        let reserve = self.shared.budget.reserve(open.trials.len() as u64, worst);
        match self.unless_halted(reserve).await {
            Some(true) => {}
            Some(false) => {
                self.closed.store(true, Ordering::Relaxed);
                return Ok(());
            }
            None => return Ok(()),
        }
        let mut trials: Vec<&OpenTrial> = open.trials.iter().collect();
        let first = comparison.asked_first(self.judge.seed);
        trials.sort_by_key(|trial| (trial.repeat, trial.order != first));
        let asked = trials.into_iter().filter_map(|trial| {
            let (order, repeat) = (trial.order, trial.repeat);
            let request = requests[order as usize].as_ref()?;
            let key = TrialKey { comparison: open.row, judge: self.judge.row, order, repeat };
            let under_way = UnderWay {
                trial: Trial { comparison, order, repeat },
                key,
                messages: &request.messages,
                request: request.digest,
                number: trial.attempts,
                unreadable: trial.unreadable,
                last_error: None,
                reserved: Some(worst),
                unsettled: 0.0,
            };
            Some(async move { (order, repeat, self.trial(under_way).await) })
        });
        let mut ballots = open.ballots.clone();
        // All at once: one that has reserved and cannot begin would keep its money from the others.
        for (order, repeat, ballot) in join_all(asked).await {
            ballots[order as usize][repeat as usize] = ballot;
        }
        let verdict = reconcile(majority(&ballots[0]), majority(&ballots[1]));
        self.shared.tally.ended(verdict.outcome);
        Ok(())
    }

    /// The most that one request can cost, in USD.
    pub(super) fn worst(&self, messages: &[Message]) -> f64 {
        let settings = self.judge.settings;
        settings
            .price
            .map_or(0.0, |price| price.of(most_prompt_tokens(messages), settings.max_tokens))
    }

    /// Waits for `future`, but not beyond a halt.
    pub(super) async fn unless_halted<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.halt.cancelled() => None,
            output = future => Some(output),
        }
    }
}
