//! `evenhand monitor check`: the newest run of a history against its baseline.

use evenhand::monitor::{Check, CheckOptions, CheckResult, History, RateKind, check};
use evenhand::report::{Wording, check_json, check_table};
use evenhand::{ExitCode, Result, Warning};

use crate::cli::arguments::{CheckArguments, Format, Inconclusive, MonitorCheck};
use crate::cli::heartbeat::Heartbeat;
use crate::cli::{print, print_json};

/// Checks a history and says by the exit code what came of it.
pub(super) fn run(arguments: &MonitorCheck) -> Result<ExitCode> {
    let (_, found) = checked(&arguments.check)?;
    match arguments.format {
        Format::Table => print(&check_table(&found, wording(found.rate)))?,
        Format::Json => print_json(&check_json(&found, wording(found.rate))?)?,
    };
    Ok(match (found.result, arguments.inconclusive) {
        (CheckResult::Alarm, _) => ExitCode::GateMissed,
        (CheckResult::Inconclusive, Inconclusive::Fail) => ExitCode::GateInconclusive,
        (CheckResult::Inconclusive, Inconclusive::Pass) | (CheckResult::NoAlarm, _) => {
            ExitCode::Done
        }
    })
}

/// Reads a history and checks its newest entry.
pub(super) fn checked(arguments: &CheckArguments) -> Result<(History, Check)> {
    let _busy = Heartbeat::start("checking the history");
    let history = History::read(&arguments.history)?;
    let options = CheckOptions {
        baseline: arguments.baseline.as_deref(),
        false_alarm_every: f64::from(arguments.false_alarm_every),
        visible_change: arguments.visible_change,
    };
    let found = check(&arguments.history, &history, options)?;
    Ok((history, found))
}

/// Returns how a report of a history with rates of a kind refers to flags and commands.
pub(super) fn wording(rate: RateKind) -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording.remedy = match rate {
        RateKind::WinRate => remedy,
        RateKind::PassRate | RateKind::MeanStep => |warning| match warning.code {
            "noise-unknown" => {
                Some("`evenhand monitor add RUN --baseline`, or `evenhand grade --repeat 3`")
            }
            "unanswered" => Some("run the `evenhand grade` command again, and add the run again"),
            _ => remedy(warning),
        },
    };
    wording
}

/// Returns what to do about a warning in a history of comparisons.
fn remedy(warning: &Warning) -> Option<&'static str> {
    match warning.code {
        "nothing-to-compare" => Some("`evenhand monitor add RUN` adds one"),
        "judge-settings-changed" | "scale-changed" => {
            Some("`evenhand monitor add RUN --new-baseline`")
        }
        "noise-unknown" => {
            Some("`evenhand monitor add RUN --baseline`, or `evenhand judge --repeat 3`")
        }
        "metrics-without-items" => Some("`evenhand metrics --per-item --format json`"),
        "no-labels" => Some("`evenhand monitor add RUN --labels FILE`"),
        "unanswered" => Some("run the `evenhand judge` command again, and add the run again"),
        _ => None,
    }
}
