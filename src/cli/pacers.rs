//! The pacers of a command: one for each key of an endpoint and model, however many judges share it.

use evenhand::input::JudgeSettings;
use evenhand::pace::Pacer;

use super::setup::Setup;

/// Pacers, and which one each judge goes through.
#[derive(Debug)]
pub(super) struct Pacers {
    pacers: Vec<Pacer>,
    of_judge: Vec<usize>,
}

impl Pacers {
    /// Makes the pacers of all judges, whose prompts have about `prompt_tokens` tokens; `seed` is for the
    /// jitter of their delays.
    pub(super) fn new(setup: &Setup, prompt_tokens: u64, seed: u64) -> Self {
        let mut firsts: Vec<usize> = Vec::new();
        let mut of_judge = Vec::new();
        for judge in 0..setup.judges.len() {
            let shared = firsts.iter().position(|first| setup.share_a_quota(*first, judge));
            of_judge.push(shared.unwrap_or(firsts.len()));
            if shared.is_none() {
                firsts.push(judge);
            }
        }
        let pacer = |(at, first): (usize, &usize)| {
            let mine = || (0..of_judge.len()).filter(|judge| of_judge[*judge] == at);
            let settings: JudgeSettings = mine()
                .fold(setup.judges[*first].clone(), |settings, judge| {
                    Pacer::merge_limits(&settings, &setup.judges[judge])
                });
            let settled =
                mine().filter_map(|judge| setup.models[judge].server_profile().in_flight).min();
            Pacer::new(&settings, prompt_tokens, settled, seed.wrapping_add(at as u64))
        };
        Self { pacers: firsts.iter().enumerate().map(pacer).collect(), of_judge }
    }

    /// Returns the pacer of a judge.
    pub(super) fn of(&self, judge: usize) -> &Pacer {
        &self.pacers[self.of_judge[judge]]
    }
}
