//! A task that is ready to be checked or asked: its prompt compiled, its judges set up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::open_run::ExpectedRun;
use super::prepared_judge::{AskedFor, PreparedJudge, check_size};
use super::reused_file::ReusedFile;
use super::subject::SubjectRenderer;
use super::tokens::PromptTokens;
use super::validate::ValidationInput;
use crate::error::{Result, Warning, counted};
use crate::input::{EARLIER_MAX_TOKENS, ItemSource, JudgeSettings, LoadedRubric};
use crate::judge::ServerProfile;
use crate::pace::QuotaServer;
use crate::prompt::Prompt;
use crate::store::{JudgeCascade, JudgeRecord, RequestRenderer, StoredJudge, UntilDecided};
use crate::trial::{Plan, Subject, Unit};

/// A task that is ready to be checked or asked.
#[derive(Debug)]
pub struct PreparedTask {
    pub(super) items: ItemSource,
    pub(super) rubric: LoadedRubric,
    pub(super) prompt: Arc<Prompt>,
    pub(super) plan: Plan,
    pub(super) judges: Vec<PreparedJudge>,
    pub(super) run: Option<PathBuf>,
    pub(super) seed: u64,
    pub(super) repeat: Option<u32>,
    pub(super) until_decided: Option<UntilDecided>,
    pub(super) cascade: Option<JudgeCascade>,
    pub(super) reuse: Vec<ReusedFile>,
    pub(super) quota_server: Option<QuotaServer>,
}

impl PreparedTask {
    /// Returns the settings of the judges, with their part of the quotas where there are shards.
    pub fn judges(&self) -> impl Iterator<Item = &JudgeSettings> {
        self.judges.iter().map(|judge| &judge.settings)
    }

    /// Returns a warning for each judge some of whose answers are of an unknown order.
    pub fn order_warnings(&self) -> Vec<Warning> {
        let unknown = |judge: &PreparedJudge| {
            let count = judge.model.answers_of_unknown_order();
            let answers = counted(count as u64, "answer", "answers");
            (count > 0).then(|| {
                Warning::new(
                    "order-unknown",
                    format!(
                        "{}: of {answers} in the recording nobody knows which response was shown first: they are in \
                         no number about positions, here and in every report of this run",
                        judge.settings.name
                    ),
                )
            })
        };
        self.judges.iter().filter_map(unknown).collect()
    }

    /// Returns what is judged of each item.
    pub fn unit(&self) -> Unit {
        self.plan.unit
    }

    /// Returns the path of the run file; `None` if there is neither a path nor a judge.
    pub fn run_path(&self) -> Option<&Path> {
        self.run.as_deref()
    }

    /// Returns the database through which quotas are shared.
    pub fn quota_server(&self) -> Option<&QuotaServer> {
        self.quota_server.as_ref()
    }

    /// Returns the names of the judges whose quotas are shared through that database.
    pub fn judges_that_share(&self) -> impl Iterator<Item = &str> {
        let shares =
            |judge: &&PreparedJudge| self.quota_server.is_some() && judge.has_sharable_quota();
        self.judges.iter().filter(shares).map(|judge| judge.settings.name.as_str())
    }

    /// Returns the rubric.
    pub fn rubric(&self) -> &LoadedRubric {
        &self.rubric
    }

    /// Returns the compiled prompt.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Returns the name of the first judge behind an endpoint or a program that has no price; a limit of the cost needs
    /// one.
    pub fn unpriced_judge(&self) -> Option<&str> {
        self.judges
            .iter()
            .find(|judge| judge.has_unknown_price())
            .map(|judge| judge.settings.name.as_str())
    }

    /// Returns the name of the first judge that takes no batches.
    pub fn judge_without_batches(&self) -> Option<&str> {
        self.judges
            .iter()
            .find(|judge| judge.model.batches().is_none())
            .map(|judge| judge.settings.name.as_str())
    }

    /// Returns the name of the first judge behind an endpoint or a program whose replies have no maximum length; a limit of
    /// the cost needs one.
    pub fn unlimited_judge(&self) -> Option<&str> {
        self.judges
            .iter()
            .find(|judge| judge.has_unlimited_cost())
            .map(|judge| judge.settings.name.as_str())
    }

    /// Lets judges whose settings do not set `max_tokens` keep the default with which a stored run was begun.
    pub(super) fn keep_earlier_defaults(&mut self, stored: &[StoredJudge]) -> Result<()> {
        let votes = AskedFor::Votes { rubric: &self.rubric.rubric, seed: self.seed };
        for judge in &mut self.judges {
            let stored = stored.iter().find(|stored| stored.record.name == judge.settings.name);
            let stored = stored.and_then(|stored| stored.record.max_tokens);
            let is_earlier = stored.is_some_and(|tokens| EARLIER_MAX_TOKENS.contains(&tokens));
            if !judge.settings.max_tokens_is_default || !is_earlier {
                continue;
            }
            judge.settings.max_tokens = stored;
            judge.record = JudgeRecord::of(&judge.settings);
            let renderer = RequestRenderer::new(&judge.record, &self.rubric, &self.prompt);
            judge.renderer = SubjectRenderer::Judged(renderer);
            let profile = judge.model.server_profile();
            judge.rebuild(votes, profile)?;
        }
        Ok(())
    }

    /// Returns what identifies the run of this task.
    pub(super) fn expected_run(&self) -> ExpectedRun<'_> {
        ExpectedRun {
            rubric: &self.rubric,
            judges: self.judges.iter().map(|judge| judge.record.clone()).collect(),
            seed: self.seed,
            repeat: self.repeat,
            baseline: self.plan.baseline.as_deref(),
            until_decided: self.until_decided.as_ref(),
            cascade: self.cascade.as_ref(),
            listed: self.items.listed_systems().map(ToOwned::to_owned).collect(),
        }
    }

    /// Calls `run` with everything that the validation of the items needs.
    pub(super) fn with_validation<T>(&self, run: impl FnOnce(&ValidationInput<'_>) -> T) -> T {
        run(&ValidationInput {
            items: &self.items,
            plan: &self.plan,
            prompt: &self.prompt,
            check_subject: &|subject| self.check_subject(subject),
            check_size: &|tokens| self.check_size(tokens),
        })
    }

    fn check_subject(&self, subject: &Subject) -> Result<()> {
        let Subject::Comparison(comparison) = subject else { return Ok(()) };
        self.judges.iter().try_for_each(|judge| judge.model.check_comparison(comparison))
    }

    fn check_size(&self, tokens: PromptTokens) -> Result<()> {
        check_size(self.judges(), tokens, self.plan.shard.filter(|_| self.quota_server.is_none()))
    }

    /// Gives each judge what is known about its server: from the run itself, whose profiles are `stored` in the
    /// order of the judges, or else from the runs whose replies are copied.
    pub(super) fn apply_profiles(&mut self, stored: &[ServerProfile]) -> Result<()> {
        let votes = AskedFor::Votes { rubric: &self.rubric.rubric, seed: self.seed };
        for (judge, stored) in self.judges.iter_mut().zip(stored) {
            let profile = known_profile(stored.clone(), judge, &self.reuse);
            if profile != ServerProfile::default() {
                judge.rebuild(votes, profile)?;
            }
        }
        Ok(())
    }
}

fn known_profile(
    stored: ServerProfile,
    judge: &PreparedJudge,
    reuse: &[ReusedFile],
) -> ServerProfile {
    if !stored.parameters_unknown() {
        return stored;
    }
    let mut of_same_server = reuse.iter().flat_map(|reuse| &reuse.judges).filter(|other| {
        let (one, two) = (&judge.record, &other.record);
        one.model == two.model && one.api == two.api && one.shares_servers(two)
    });
    let other =
        of_same_server.next_back().map(|other| other.server_profile.clone()).unwrap_or_default();
    ServerProfile { in_flight: stored.in_flight.or(other.in_flight), ..other }
}
