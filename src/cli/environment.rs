//! Environment variables that stand for flags: a flag takes precedence over its variable, a variable over the
//! settings file.
//!
//! The variables are declared with the flags. One that is set and empty counts as not set, because that is how CI
//! systems pass a variable that has no value.

use std::collections::BTreeSet;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, CommandFactory as _};
use evenhand::error::nearest;

use super::arguments::Arguments;
use super::messages::print_warning;

const PREFIX: &str = "EVENHAND_";
/// The variable with the filter of the log, which is no flag.
pub(super) const FILTER_VARIABLE: &str = "EVENHAND_LOG";
/// The variable of `--log-format`, which is also read where the command line cannot be parsed.
pub(super) const FORMAT_VARIABLE: &str = "EVENHAND_LOG_FORMAT";
/// The variable with the program that pages, which is no flag either.
pub(super) const PAGER_VARIABLE: &str = "EVENHAND_PAGER";

/// The variable with the folder of what can be fetched again, which is no flag either.
pub(super) const CACHE_VARIABLE: &str = "EVENHAND_CACHE_DIR";

/// Returns the value of a variable; `None` if it is not set or empty.
#[expect(clippy::disallowed_methods, reason = "the binary is what reads the environment")]
pub(super) fn optional_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the command without the variables that are set and empty. Its help names variables, not their values.
#[expect(clippy::disallowed_methods, reason = "the binary is what reads the environment")]
pub(super) fn without_empty_variables(command: Command) -> Command {
    let without = |arg: Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        let arg = arg.hide_env_values(true);
        if value.is_some_and(|value| value.is_empty()) { arg.env(None::<&str>) } else { arg }
    };
    command.mut_args(without).mut_subcommands(without_empty_variables)
}

/// Returns the variable that an invalid value comes from; `None` if it comes from the command line.
pub(super) fn variable_of_invalid_value(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else { return None };
    let command = built();
    let args = args(&command);
    let arg = args.into_iter().find(|arg| arg.get_env().is_some() && arg.to_string() == *shown)?;
    let is_given = is_on_command_line(arg.get_long()?);
    arg.get_env().filter(|_| !is_given).map(|name| name.to_string_lossy().into_owned())
}

/// Returns whether a long flag, named without its dashes, is on the command line, and does not come from its variable.
pub(super) fn is_on_command_line(flag: &str) -> bool {
    std::env::args_os().skip(1).any(|given| {
        let given = given.to_string_lossy();
        let rest = given.strip_prefix("--").and_then(|given| given.strip_prefix(flag));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

/// Returns the command with everything that clap derives for each argument.
fn built() -> Command {
    let mut command = Arguments::command();
    command.build();
    command
}

/// Returns the arguments of a command and of all its subcommands.
fn args(command: &Command) -> Vec<&Arg> {
    let subcommands = command.get_subcommands().flat_map(args);
    command.get_arguments().chain(subcommands).collect()
}

/// Warns of variables that are probably misspelt: a budget that is not applied must not go unnoticed.
pub(super) fn warn_of_misspelt_variables() {
    let command = Arguments::command();
    let args = args(&command);
    let known = args.iter().filter_map(|arg| arg.get_env()?.to_str());
    let known: BTreeSet<&str> =
        known.chain([FILTER_VARIABLE, PAGER_VARIABLE, CACHE_VARIABLE]).collect();
    let suffixes = || known.iter().filter_map(|name| name.strip_prefix(PREFIX));
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| !known.contains(name)) else { continue };
        let Some(suffix) = name.strip_prefix(PREFIX) else { continue };
        if let Some(meant) = nearest(suffix, suffixes()) {
            print_warning(&format!(
                "the environment variable {name} has no meaning; did you mean {PREFIX}{meant}?"
            ));
        }
    }
}
