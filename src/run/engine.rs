//! The engine: asks what is outstanding, all trials of a subject together, and stores every answer.
//!
//! Everything concurrent happens in one stream of subjects: comparisons, or prompts; a single trial is asked in `trial.rs`. An
//! endpoint that rejects everything stops its judge. After a cancellation no new request is sent, and the
//! requests in flight finish.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::health::Active;
use super::outstanding::TrialToAsk;
use super::prefetch::{Prefetch, ReadySubject};
use super::prefix_cache::is_worth_waiting;
use super::refusal::MAX_REFUSED;
use super::report::JudgeReport;
use super::retry::RetryCounts;
use super::subject::TrialEnd;
use super::trial_state::TrialState;
use super::until_decided::{Admission, JudgeGate};
use super::worker::{AskContext, AskedJudge, JudgeWorker};
use crate::error::Result;
use crate::judge::ServerProfile;
use crate::pace::Pacer;
use crate::store::TrialKey;
use crate::trial::Subject;
use crate::verdict::{Ballot, grade_of_repeats, verdict_of_repeats};
use crate::vote::Grade;

/// Consecutive subjects that have something to ask; never empty.
type OpenPage = Vec<ReadySubject>;

/// How often the lag of this process is measured.
const LAG_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Asks everything that is outstanding for one judge.
///
/// # Errors
///
/// The run file cannot be read, a prompt cannot be rendered, or the command of the judge's server cannot be started.
/// What has been asked until then is stored.
pub(super) async fn ask_judge(
    judge: &AskedJudge<'_>,
    context: &AskContext<'_>,
    mut prefetch: Prefetch,
) -> Result<JudgeReport> {
    let worker = JudgeWorker::new(judge, context);
    // Enough comparisons to fill every slot in flight even while only one order of each is still asked, and more than are
    // refused before the judge is stopped; the pacer decides when the next one may begin.
    let to_fill_slots = judge.pacer.max_in_flight().div_ceil(judge.repeat as usize);
    let comparisons_at_once = to_fill_slots.max(MAX_REFUSED + 1);
    let first_page = worker.next_open_page(&mut prefetch).await;
    let is_anything_open = first_page.is_some();
    let asking = async {
        let comparisons = pin!(worker.subjects(prefetch, first_page));
        let mut results = comparisons
            .map(async |ready| {
                let asked = worker.ask_subject(&ready?).await;
                if let Some(JudgeGate { gate, judge }) = judge.gate {
                    gate.end(judge);
                }
                asked
            })
            .buffer_unordered(comparisons_at_once);
        while let Some(result) = results.next().await {
            result?;
        }
        Ok(())
    };
    let asking = async {
        let asked = asking.await;
        if let Some(JudgeGate { gate, judge }) = judge.gate {
            gate.finish(judge);
        }
        asked
    };
    // Lag is measured from the first page on, with the servers running: until then the engine waits for others.
    let asking = async {
        tokio::select! {
            biased;
            result = asking => result,
            () = measure_lag(judge.pacer) => Ok(()),
        }
    };
    if is_anything_open {
        worker.with_servers(asking).await?;
    } else {
        asking.await?;
    }
    worker.store_sustained_in_flight().await;
    let latency = worker.latencies.into_tail().filter(|_| judge.has_latency());
    let report = worker.health.into_report();
    Ok(JudgeReport {
        sustained_in_flight: judge.sustained_in_flight(),
        failed_replicas: judge.model.failed_replicas(),
        latency,
        ..report
    })
}

/// Measures how late this process wakes up, again and again; never ends by itself.
async fn measure_lag(pacer: &Pacer) {
    loop {
        let due = Instant::now() + LAG_CHECK_INTERVAL;
        sleep_until(due).await;
        pacer.record_lag(due.elapsed());
    }
}

impl JudgeWorker<'_> {
    /// Returns the subjects of all pages, until there are no more or none may begin.
    fn subjects(
        &self,
        prefetch: Prefetch,
        first_page: Option<Result<OpenPage>>,
    ) -> impl Stream<Item = Result<ReadySubject>> {
        stream::unfold(
            (prefetch, first_page, Vec::new().into_iter()),
            async |(mut prefetch, mut waiting_page, mut subjects)| {
                loop {
                    if !self.may_begin_comparison() {
                        self.health.record_all_begun();
                        return None;
                    }
                    if let Some(ready) = subjects.next() {
                        match self.admit(&ready).await {
                            Some(Admission::Begin) => {
                                return Some((Ok(ready), (prefetch, waiting_page, subjects)));
                            }
                            // No request may be sent any more, which the next turn sees.
                            Some(Admission::Skip) | None => continue,
                            Some(Admission::End) => {
                                self.health.record_all_begun();
                                return None;
                            }
                        }
                    }
                    let page = if waiting_page.is_some() {
                        waiting_page.take()
                    } else {
                        self.next_open_page(&mut prefetch).await
                    };
                    match page {
                        None => {
                            self.health.record_all_begun();
                            return None;
                        }
                        Some(Ok(page)) => subjects = page.into_iter(),
                        Some(Err(error)) => {
                            return Some((Err(error), (prefetch, None, subjects)));
                        }
                    }
                }
            },
        )
    }

    /// Waits until it is known whether a subject may begin; `None` once no request may be sent any more.
    async fn admit(&self, ready: &ReadySubject) -> Option<Admission> {
        let Some(gate) = self.judge.gate else { return Some(Admission::Begin) };
        loop {
            let (mut progress, mut health) = (pin!(gate.changed()), pin!(self.health.changed()));
            // What changes from here on is not missed.
            progress.as_mut().enable();
            health.as_mut().enable();
            // What was refused waits for others, which must be able to begin.
            let is_stuck = self.health.is_waiting_for_others();
            if let Some(admission) = gate.admission(ready.open.row, is_stuck) {
                return Some(admission);
            }
            let changed = async {
                tokio::select! {
                    () = progress => (),
                    () = health => (),
                }
            };
            self.unless_stopped(changed).await?;
        }
    }

    /// Waits for the next page that has open subjects, and records what the pages until then have answered. Returns
    /// `None` at the end of the plan, or when no request may be sent any more.
    async fn next_open_page(&self, prefetch: &mut Prefetch) -> Option<Result<OpenPage>> {
        loop {
            let page = match self.unless_stopped(prefetch.next_page()).await.flatten()? {
                Ok(page) => page,
                Err(error) => return Some(Err(error)),
            };
            self.context.progress.remove_answered(page.answered);
            if page.has_readable {
                self.health.record_stored_readable();
            }
            if !page.subjects.is_empty() {
                return Some(Ok(page.subjects));
            }
        }
    }

    /// Asks the trials of a subject and counts its outcome.
    async fn ask_subject(&self, ready: &ReadySubject) -> Result<()> {
        let active = self.health.activate();
        // A trial's time runs while it waits, so nothing begins that would only wait.
        if self.unless_stopped(self.judge.pacer.wait_for_capacity()).await.is_none()
            || !self.may_begin_comparison()
        {
            return Ok(());
        }
        let Some(ends) = self.ask_trials(ready, active).await else { return Ok(()) };
        if let Some(gate) = self.judge.gate {
            gate.record(ready.open.row, &ends)?;
        }
        match &ready.open.subject {
            Subject::Comparison(comparison) => {
                let ballots = |ends: &Vec<TrialEnd>| -> Vec<Ballot> {
                    ends.iter().map(|end| end.ballot()).collect()
                };
                let [a_first, b_first] = ends.each_ref().map(ballots);
                let verdict = verdict_of_repeats(&a_first, &b_first);
                let judge = &self.judge.settings.name;
                self.context.progress.record_verdict(judge, comparison, verdict);
            }
            Subject::Response(response) => {
                let ballots = |ends: &Vec<TrialEnd>| -> Vec<Ballot<Grade>> {
                    ends.iter().map(|end| end.grade_ballot()).collect()
                };
                let [written, reversed] = ends.each_ref().map(ballots);
                let verdict = grade_of_repeats(&written, &reversed);
                let judge = &self.judge.settings.name;
                self.context.progress.record_grade(judge, response, verdict);
            }
            Subject::Prompt(_) => {
                let [ends, _] = &ends;
                self.context.progress.record_responses(ends);
            }
        }
        Ok(())
    }

    /// Asks the trials of a subject; returns how all of them ended, for each order, or `None` if the budget does not
    /// allow it or no request may be sent any more. The subject is `active` until its trials are.
    pub(super) async fn ask_trials(
        &self,
        ready: &ReadySubject,
        active: Active<'_>,
    ) -> Option<[Vec<TrialEnd>; 2]> {
        let ReadySubject { open, requests } = ready;
        let max_request_cost =
            ready.messages().map(|messages| self.max_request_cost(messages)).fold(0.0, f64::max);
        let smallest = ready.messages().try_fold(0.0, |largest, messages| {
            Some(f64::max(largest, self.smallest_request_cost(messages)?))
        });
        // Both orders or neither: half a comparison has no verdict.
        let reserved =
            self.context.budget.reserve(open.trials.len() as u64, max_request_cost, smallest);
        let Some(reservations) = self.unless_stopped(reserved).await? else {
            self.stop_new_comparisons();
            return None;
        };
        let mut trials: Vec<&TrialToAsk> = open.trials.iter().collect();
        let first = open.subject.asked_first(self.judge.seed);
        trials.sort_by_key(|trial| (trial.repeat, trial.order != first));
        let mut answered = self.first_goes_alone(ready, &trials).then(CancellationToken::new);
        let wait_for = answered.clone();
        let asked = trials.into_iter().zip(reservations).filter_map(|(trial, reservation)| {
            let TrialToAsk { order, repeat, last_attempt, unreadable } = *trial;
            let state = TrialState {
                subject: &open.subject,
                key: TrialKey { comparison: open.row, judge: self.judge.row, order, repeat },
                request: requests[order as usize].as_ref()?,
                last_attempt,
                unreadable,
                last_error: None,
                reservation: Some(reservation),
                possible_cost: 0.0,
                counts: RetryCounts::default(),
                refusals: 0,
                is_blamed: false,
                throttled: None,
                request_number: 0,
                lowered_limit: None,
                goes_first: true,
                given_up_after: Duration::ZERO,
                unanswered: answered.take().map(CancellationToken::drop_guard),
                is_decided: true,
            };
            let active = self.health.activate();
            let wait_for = wait_for.clone().filter(|_| state.unanswered.is_none());
            Some(async move {
                if let Some(answered) = wait_for {
                    // Where no request may be sent any more, the trial finds out by itself.
                    let _is_stopped = self.unless_stopped(answered.cancelled()).await.is_none();
                }
                (order, repeat, self.ask_trial(state, active).await)
            })
        });
        let asked: Vec<_> = asked.collect();
        drop(active);
        let mut ends = open.ends.clone();
        let mut all_decided = true;
        // All trials at once, or as soon as the first request is answered: one that held a reservation and had not
        // begun would keep money from other comparisons.
        for (order, repeat, (end, is_decided)) in join_all(asked).await {
            ends[order as usize][repeat as usize] = end;
            all_decided &= is_decided;
        }
        if all_decided {
            self.record_decided(open.row);
        }
        Some(ends)
    }

    /// Returns whether the first of some trials is sent before the others, so that these find the beginning of their
    /// prompts in the server's cache: where that beginning is long, and there is enough else to send.
    fn first_goes_alone(&self, ready: &ReadySubject, trials: &[&TrialToAsk]) -> bool {
        let is_cached =
            !self.judge.model.is_deterministic() && self.judge.settings.program().is_none();
        // With a gate, few comparisons may be in flight, and each answer counts.
        if !is_cached || self.judge.gate.is_some() || !self.judge.pacer.is_busy() {
            return false;
        }
        let mut prompts = trials.iter().filter_map(|trial| {
            let request = ready.requests[trial.order as usize].as_ref()?;
            Some(request.messages.as_slice())
        });
        prompts.next().is_some_and(|first| is_worth_waiting(first, prompts))
    }

    /// Stores how many requests in flight the endpoint sustained, for the next command to begin with.
    async fn store_sustained_in_flight(&self) {
        let stored = self.health.stored_profile();
        let in_flight = self.judge.sustained_in_flight();
        if in_flight.is_some() && in_flight != stored.in_flight {
            let profile = ServerProfile { in_flight, ..stored };
            self.context.sink.store_profile(self.judge.row, profile).await;
        }
    }
}
