//! The flags of every command about what is printed to stderr.

use clap::{ArgAction, Args, ValueEnum};

use super::values::switch;
use crate::cli::environment::FORMAT_VARIABLE;

#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Messages on stderr")]
pub(crate) struct MessageArguments {
    /// Print no progress, notes or next steps; errors, warnings and gates are still printed
    #[arg(short, long, global = true, env = "EVENHAND_QUIET", action = ArgAction::SetTrue, value_parser = switch)]
    pub(crate) quiet: bool,
    #[arg(short, long, global = true, action = ArgAction::Count, help = "Log what happens, with -vv also each request [env: EVENHAND_LOG=info, EVENHAND_LOG=debug]")]
    pub(crate) verbose: u8,
    /// The format of the log; with json, every line on stderr is a JSON object
    #[arg(long, global = true, value_enum, value_name = "FORMAT", env = FORMAT_VARIABLE, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    // Without help of their own, values are listed in one line: these flags are in the help of every command.
    Text,
    Json,
}
