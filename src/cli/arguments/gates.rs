//! The gates that a run must pass, for `judge`, `grade` and `calibrate`.

use clap::{Args, ValueEnum};

use super::values::{share, system_share};

#[derive(Debug, Args)]
pub(crate) struct GateArguments {
    /// Exit 6 if coverage, a share from 0 to 1, is below X, 8 if its interval contains X
    #[arg(long, value_name = "X", value_parser = share, env = "EVENHAND_MIN_COVERAGE", help_heading = "Gates")]
    pub(crate) min_coverage: Option<f64>,
    /// The same for position consistency; of grades, for how often both directions of the scale agree
    #[arg(long, value_name = "X", value_parser = share, env = "EVENHAND_MIN_CONSISTENCY", help_heading = "Gates")]
    pub(crate) min_consistency: Option<f64>,
    /// The same for the win rate of SYSTEM against every system that it is compared with; can be repeated
    #[arg(long, value_name = "SYSTEM=X", value_parser = system_share, env = "EVENHAND_MIN_WIN_RATE", help_heading = "Gates")]
    pub(crate) min_win_rate: Vec<(String, f64)>,
    /// The same for the pass rate of SYSTEM, where single responses are graded; can be repeated
    #[arg(long, value_name = "SYSTEM=X", value_parser = system_share, env = "EVENHAND_MIN_PASS_RATE", help_heading = "Gates")]
    pub(crate) min_pass_rate: Vec<(String, f64)>,
    /// What to do if the interval contains the threshold, or no verdict was kept: fail (exit 8) or pass
    #[arg(long, value_enum, env = "EVENHAND_INCONCLUSIVE", default_value_t = Inconclusive::Fail, help_heading = "Gates")]
    pub(crate) inconclusive: Inconclusive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Inconclusive {
    /// Exit 8
    Fail,
    /// Exit 0
    Pass,
}
