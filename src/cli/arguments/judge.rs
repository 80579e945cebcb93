//! The flags of `evenhand judge` and `evenhand grade`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use evenhand::run::RetryScope;
use evenhand::verdict::CascadeRule;

use super::budget::BudgetArguments;
use super::gates::GateArguments;
use super::task::TaskArguments;

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the field is the flag --judge")]
pub(crate) struct Judge {
    #[command(flatten)]
    pub(crate) task: TaskArguments,
    /// A judge from evenhand.toml, openai:MODEL or builtin:NAME (bleu, ter…); several form a jury
    #[arg(long, value_name = "JUDGE", required = true, help_heading = "Judge")]
    pub(crate) judge: Vec<String>,
    /// A stronger judge, which is asked only about what --when sends to it, after --judge; the final verdict on a comparison
    /// is that of the judge that decides it
    #[arg(long, value_name = "JUDGE", conflicts_with = "until_decided", help_heading = "Judge")]
    pub(crate) then: Option<String>,
    /// What --then is asked about: `not-kept`, what --judge did not keep (flipped, split, unreadable or failed; `flipped` is
    /// the same rule), or `margin<X`, also what it kept with a margin below X [default: not-kept]
    #[arg(long, value_name = "RULE", requires = "then", help_heading = "Judge")]
    pub(crate) when: Option<CascadeRule>,
    /// Retry only what failed or has no readable answer
    #[arg(long, help_heading = "Run")]
    pub(crate) retry_failed: bool,
    /// Ask in random order, and stop as soon as it is decided whether SYSTEM wins more or less often than half against each
    /// other system, or than --min-win-rate says
    #[arg(long, value_name = "SYSTEM", conflicts_with = "retry_failed", help_heading = "Run")]
    pub(crate) until_decided: Option<String>,
    /// Stop also when a win rate is less than M away from half, such as 0.05
    #[arg(long, value_name = "M", requires = "until_decided", help_heading = "Run")]
    pub(crate) margin: Option<f64>,
    /// The probability that a decision is wrong, at most
    #[arg(
        long,
        value_name = "P",
        default_value_t = 0.05,
        requires = "until_decided",
        help_heading = "Run"
    )]
    pub(crate) error: f64,
    #[command(flatten)]
    pub(crate) batches: BatchArguments,
    /// Write the replies to a file, which a judge with `recorded` replays
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub(crate) record: Option<PathBuf>,
    /// Share the quotas with other processes through a PostgreSQL database, `postgres://USER@HOST/DATABASE`, instead of
    /// giving each shard an equal part
    #[arg(long, value_name = "URL", env = "EVENHAND_QUOTA_FROM", help_heading = "Run")]
    pub(crate) quota_from: Option<String>,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    #[command(flatten)]
    pub(crate) gates: GateArguments,
    /// Count only what this command plans, not others that the run has: those of items that left the
    /// file, and those that --tag, --limit, --shard or --baseline leave out
    #[arg(long, help_heading = "Output")]
    pub(crate) only_planned: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = JudgeFormat::Table, help_heading = "Output")]
    pub(crate) format: JudgeFormat,
}

/// Whether requests are asked in batches.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct BatchArguments {
    /// Give the requests to the provider in batches, which it answers within a day; the same command again collects what
    /// has ended
    #[arg(long, conflicts_with = "until_decided", help_heading = "Run")]
    pub(crate) batch: bool,
    /// Wait until every batch has ended and nothing is left to ask
    #[arg(long, requires = "batch", help_heading = "Run")]
    pub(crate) wait: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgeFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// For programs that follow a run: a line for each event as it happens, the result last
    Jsonl,
    /// For a pull request
    Markdown,
}

impl Judge {
    /// Returns the judges in the order in which they are asked.
    pub(crate) fn judges(&self) -> Vec<String> {
        self.judge.iter().chain(&self.then).cloned().collect()
    }

    /// Returns what the judge of --then is asked about.
    pub(crate) fn cascade(&self) -> Option<CascadeRule> {
        self.then.as_ref().map(|_| self.when.unwrap_or(CascadeRule::NotKept))
    }

    /// Returns which trials the command asks.
    pub(crate) fn scope(&self) -> RetryScope {
        if self.retry_failed { RetryScope::Failed } else { RetryScope::Open }
    }
}
