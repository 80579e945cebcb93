//! `evenhand monitor report`: a history over time.

use evenhand::monitor::trends;
use evenhand::report::{check_json, json_line, monitor_json, trend_table, write_html_history};
use evenhand::{Error, ExitCode, Result};

use super::check::{checked, wording};
use crate::cli::arguments::{HistoryFormat, MonitorReport};
use crate::cli::output_file::{chosen_format, write_output};
use crate::cli::terminal::refuse_terminal;
use crate::cli::{print, print_note};

/// The endings of files by format, the default format first.
const ENDINGS: [(&str, HistoryFormat); 4] = [
    ("txt", HistoryFormat::Table),
    ("html", HistoryFormat::Html),
    ("htm", HistoryFormat::Html),
    ("json", HistoryFormat::Json),
];

/// Shows a history. A check that raises an alarm is shown, and changes no exit code: that is the task of `check`.
pub(super) fn run(arguments: &MonitorReport) -> Result<ExitCode> {
    let format = chosen_format(arguments.format, arguments.output.as_deref(), &ENDINGS)?;
    if format == HistoryFormat::Html && arguments.output.is_none() {
        refuse_terminal("write it to a file: --output FILE.html")?;
    }
    let (history, found) = checked(&arguments.check)?;
    let numbers = trends(&history);
    let document = match format {
        HistoryFormat::Table => {
            trend_table(&history, &numbers, &found, wording(found.rate)).into_bytes()
        }
        HistoryFormat::Json => {
            let check = check_json(&found, wording(found.rate))?;
            let document = monitor_json(&history, &numbers, &check).to_string();
            format!("{}\n", json_line(&document)).into_bytes()
        }
        HistoryFormat::Html => {
            let mut page = Vec::new();
            write_html_history(&mut page, &history, &numbers, &found)?;
            page
        }
    };
    match &arguments.output {
        Some(path) => {
            write_output(path, |output| output.write_all(&document).map_err(Error::unwritten))?;
            print_note(format_args!("report written to {}", path.display()));
        }
        None => {
            print(&String::from_utf8_lossy(&document))?;
        }
    }
    Ok(ExitCode::Done)
}
