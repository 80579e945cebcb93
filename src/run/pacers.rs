//! The pacers of a session: one for each key of an endpoint and model, however many judges share it.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use futures_util::future::join_all;

use tokio::time::{Instant, sleep};

use super::prepared_judge::PreparedJudge;
use super::progress::Progress;
use crate::error::Result;
use crate::input::JudgeSettings;
use crate::pace::{Pacer, QuotaServer, QuotaTerms};

/// How often is reported that no turn of a shared quota can be booked.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Pacers, and the one that each judge uses.
#[derive(Debug)]
pub(super) struct Pacers {
    pacers: Vec<Pacer>,
    /// The index of each judge's pacer.
    of_judge: Vec<usize>,
}

impl Pacers {
    /// Returns the pacers of all judges, whose prompts have about `prompt_tokens` tokens; `seed` determines the jitter of
    /// delays. With a server, their quotas are those of all processes that use it.
    ///
    /// # Errors
    ///
    /// The server cannot be used.
    pub(super) async fn new(
        judges: &[PreparedJudge],
        prompt_tokens: u64,
        seed: u64,
        server: Option<&QuotaServer>,
    ) -> Result<Self> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut of_judge = Vec::new();
        for (at, judge) in judges.iter().enumerate() {
            let shared = groups.iter().position(|group| judges[group[0]].shares_quota(judge));
            let group = shared.unwrap_or(groups.len());
            of_judge.push(group);
            match groups.get_mut(group) {
                Some(members) => members.push(at),
                None => groups.push(vec![at]),
            }
        }
        let mut pacers = Vec::new();
        for (at, group) in (0..).zip(&groups) {
            let first = &judges[group[0]];
            let settings = group.iter().fold(first.settings.clone(), |settings, judge| {
                Pacer::merge_limits(&settings, &judges[*judge].settings)
            });
            let in_flight = group
                .iter()
                .filter_map(|judge| judges[*judge].model.server_profile().in_flight)
                .min();
            let seed = seed.wrapping_add(at);
            pacers.push(match shared_quota(first, &settings, server) {
                Some((server, name, terms)) => {
                    let quota = server.share(&name, terms).await?;
                    tracing::info!(judge = settings.name, quota = name, "quota shared");
                    Pacer::sharing(&settings, prompt_tokens, in_flight, seed, quota)
                }
                None => Pacer::new(&settings, prompt_tokens, in_flight, seed),
            });
        }
        Ok(Self { pacers, of_judge })
    }

    /// Returns the pacer of a judge.
    pub(super) fn of(&self, judge: usize) -> &Pacer {
        &self.pacers[self.of_judge[judge]]
    }

    /// Books turns of shared quotas, as long as the future is polled, and reports why requests wait if none can be booked.
    pub(super) async fn book_leases(&self, progress: &Progress) -> Infallible {
        let shared: Vec<&Pacer> = self.pacers.iter().filter(|pacer| pacer.is_shared()).collect();
        if shared.is_empty() {
            return pending().await;
        }
        let report = async {
            loop {
                sleep(REPORT_INTERVAL).await;
                for trouble in shared.iter().filter_map(|pacer| pacer.lease_trouble()) {
                    // It ends by itself soon after the last report.
                    progress.record_wait(Some(Instant::now() + 2 * REPORT_INTERVAL), trouble);
                }
            }
        };
        let book = join_all(shared.iter().map(|pacer| pacer.book_leases()));
        tokio::select! {
            _ends_never = book => pending().await,
            never = report => never,
        }
    }
}

/// Returns the server, the name and the numbers of the quota that a judge with these settings shares, if it does.
fn shared_quota<'a>(
    judge: &PreparedJudge,
    settings: &JudgeSettings,
    server: Option<&'a QuotaServer>,
) -> Option<(&'a QuotaServer, String, QuotaTerms)> {
    Some((server?, judge.quota_name()?, QuotaTerms::of(settings)?))
}
