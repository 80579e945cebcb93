//! What a command has observed of one judge's endpoint, behind one lock.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::report::JudgeReport;
use super::retry::StopReason;
use crate::judge::{CallError, CallErrorKind, ServerProfile};

/// How an endpoint is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outage {
    /// It cannot be reached.
    Unreachable,
    /// It asks every request to wait.
    Throttled,
}

/// What is observed of an endpoint, and the judge's report.
#[derive(Debug)]
pub(super) struct EndpointHealth(Mutex<HealthState>);

#[derive(Debug)]
struct HealthState {
    last_reply: Option<Instant>,
    /// Whether the last request found the endpoint down, and how.
    outage: Option<Outage>,
    /// What the run file contains about the server.
    stored_profile: ServerProfile,
    report: JudgeReport,
}

impl EndpointHealth {
    /// Returns the state before the first request.
    pub(super) fn new(judge: &str, stored_profile: ServerProfile) -> Self {
        let report = JudgeReport {
            judge: judge.to_owned(),
            stops: BTreeMap::new(),
            replies: 0,
            last_error: None,
            missing_recordings: 0,
            first_missing_recording: None,
            sustained_in_flight: None,
        };
        Self(Mutex::new(HealthState { last_reply: None, outage: None, stored_profile, report }))
    }

    /// Records a reply.
    pub(super) fn record_reply(&self) {
        self.update(|state| {
            state.last_reply = Some(Instant::now());
            state.outage = None;
            state.report.replies += 1;
        });
    }

    /// Records an error.
    pub(super) fn record_error(&self, error: &CallError) {
        self.update(|state| {
            state.outage = match error.kind {
                CallErrorKind::Unreachable => Some(Outage::Unreachable),
                CallErrorKind::Throttled => Some(Outage::Throttled),
                _ => None,
            };
            state.report.last_error = Some(error.message.clone());
            if error.kind == CallErrorKind::NotRecorded {
                state.report.missing_recordings += 1;
                state.report.first_missing_recording.get_or_insert_with(|| error.message.clone());
            }
        });
    }

    /// Records that the judge is stopped; the first message for each reason stays.
    pub(super) fn record_stop(&self, reason: StopReason, message: impl FnOnce() -> String) {
        self.update(|state| {
            state.report.stops.entry(reason).or_insert_with(message);
        });
    }

    /// Returns when the last reply arrived.
    pub(super) fn last_reply(&self) -> Option<Instant> {
        self.update(|state| state.last_reply)
    }

    /// Returns how the endpoint is down, if the last request found it unreachable or was throttled.
    pub(super) fn outage(&self) -> Option<Outage> {
        self.update(|state| state.outage)
    }

    /// Replaces the stored profile; returns the new one if it differs.
    pub(super) fn replace_profile(&self, now: ServerProfile) -> Option<ServerProfile> {
        self.update(|state| {
            let changed = state.stored_profile != now;
            state.stored_profile = now;
            changed.then_some(now)
        })
    }

    /// Returns the stored profile.
    pub(super) fn stored_profile(&self) -> ServerProfile {
        self.update(|state| state.stored_profile)
    }

    /// Returns the report of the judge.
    pub(super) fn into_report(self) -> JudgeReport {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).report
    }

    fn update<T>(&self, update: impl FnOnce(&mut HealthState) -> T) -> T {
        update(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
