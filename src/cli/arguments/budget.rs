//! How much a command may ask.

use clap::Args;

use super::values::{amount, positive};

/// How much a command may ask: shared by the commands that ask judges.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct BudgetArguments {
    /// Stop before the run, with all earlier invocations, costs more than this
    #[arg(long, value_name = "USD", value_parser = amount, env = "EVENHAND_MAX_COST", help_heading = "Budget")]
    pub(crate) max_cost: Option<f64>,
    /// Send at most N requests, then stop; a comparison is asked in both orders or in neither, a prompt of all systems or
    /// of none
    #[arg(long, value_name = "N", value_parser = positive, env = "EVENHAND_MAX_REQUESTS", help_heading = "Budget")]
    pub(crate) max_requests: Option<u64>,
}
