//! The pacers of a session: one for each key of an endpoint and model, however many judges share it.

use super::prepared::PreparedJudge;
use crate::pace::Pacer;

/// Pacers, and the one that each judge uses.
#[derive(Debug)]
pub(super) struct Pacers {
    pacers: Vec<Pacer>,
    /// The index of each judge's pacer.
    of_judge: Vec<usize>,
}

impl Pacers {
    /// Returns the pacers of all judges, whose prompts have about `prompt_tokens` tokens; `seed` determines
    /// the jitter of delays.
    pub(super) fn new(judges: &[PreparedJudge], prompt_tokens: u64, seed: u64) -> Self {
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
        let pacer = |(at, group): (u64, &Vec<usize>)| {
            let settings =
                group.iter().fold(judges[group[0]].settings.clone(), |settings, judge| {
                    Pacer::merge_limits(&settings, &judges[*judge].settings)
                });
            let in_flight = group
                .iter()
                .filter_map(|judge| judges[*judge].model.server_profile().in_flight)
                .min();
            Pacer::new(&settings, prompt_tokens, in_flight, seed.wrapping_add(at))
        };
        Self { pacers: (0..).zip(&groups).map(pacer).collect(), of_judge }
    }

    /// Returns the pacer of a judge.
    pub(super) fn of(&self, judge: usize) -> &Pacer {
        &self.pacers[self.of_judge[judge]]
    }
}
