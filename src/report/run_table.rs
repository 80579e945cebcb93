//! The runs of a folder, for people and for programs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::columns::wrap;
use super::escape::for_terminal;
use super::quantities::{bytes, count, counted};
use crate::run::{ListedRun, RunList, RunState};

const WIDTH: usize = 80;

/// Returns the runs of a folder as text.
pub fn run_table(list: &RunList) -> String {
    let mut lines = Vec::new();
    for run in &list.runs {
        lines.extend(run_lines(run));
        lines.push(String::new());
    }
    let size = bytes(list.runs.iter().map(|run| run.bytes).sum());
    let others = match list.other_files {
        0 => String::new(),
        others => format!(
            "; {} here that {} no run",
            counted(others, "file"),
            if others == 1 { "is" } else { "are" }
        ),
    };
    lines.push(format!("{}, {size}{others}", counted(list.runs.len() as u64, "run")));
    lines.join("\n") + "\n"
}

/// Returns the lines about one run: its path as it is named in commands, its state and size, and what it contains.
fn run_lines(run: &ListedRun) -> Vec<String> {
    let path = for_terminal(&run.path.display().to_string(), false).into_owned();
    let state = state(&run.state);
    // The path is never shortened, since it is copied into commands.
    let gap = WIDTH.saturating_sub(path.width() + state.width());
    let mut lines = if gap >= 2 {
        vec![format!("{path}{:gap$}{state}", "")]
    } else {
        vec![path, format!("  {state}")]
    };
    let comparisons = run.contents.as_ref().map(|contents| {
        let unit = if contents.is_graded { "response" } else { "comparison" };
        counted(contents.comparisons, unit)
    });
    let written = run.written.map(|written| format!("last written {}", date(written)));
    let parts = comparisons.into_iter().chain([bytes(run.bytes)]).chain(written);
    lines.push(format!("  {}", parts.collect::<Vec<_>>().join(", ")));
    if let Some(contents) = &run.contents {
        let (name, version) = &contents.rubric;
        let started = UNIX_EPOCH.checked_add(Duration::from_secs(contents.started));
        let started = started.map(|started| format!(", started {}", date(started)));
        let about = format!(
            "rubric {name} {version}, {} {}{}",
            if contents.judges.len() == 1 { "judge" } else { "judges" },
            contents.judges.join(if contents.is_cascade { ", then " } else { " + " }),
            started.unwrap_or_default()
        );
        let about = for_terminal(&about, false);
        lines.extend(wrap(&about, WIDTH - 2).into_iter().map(|line| format!("  {line}")));
    }
    let reason = match &run.state {
        RunState::Unreadable(reason) => reason,
        RunState::Interrupted => "run the command that wrote it again, which resumes it",
        _ => return lines,
    };
    let reason = for_terminal(reason, false);
    lines.extend(wrap(&reason, WIDTH - 2).into_iter().map(|line| format!("  {line}")));
    lines
}

fn state(state: &RunState) -> String {
    match state {
        RunState::Complete => "complete".to_owned(),
        RunState::Open(open) => format!("{} open", count(*open)),
        RunState::Responses => "generated responses".to_owned(),
        RunState::Running => "being written now".to_owned(),
        RunState::Interrupted => "interrupted".to_owned(),
        RunState::NewerFormat(format) => format!("format {format}, of a newer version"),
        RunState::Unreadable(_) => "cannot be read".to_owned(),
    }
}

/// Returns a moment as date and time in UTC, to the minute.
pub fn date(moment: SystemTime) -> String {
    match rfc3339(moment) {
        Some(text) => {
            text.chars().take(16).map(|char| if char == 'T' { ' ' } else { char }).collect()
        }
        None => "at an unknown time".to_owned(),
    }
}

/// Returns a moment for programs; `None` before 1970 or after the year 9999, which a file system can claim.
fn rfc3339(moment: SystemTime) -> Option<String> {
    const YEAR_10000: u64 = 253_402_300_800;
    let since = moment.duration_since(UNIX_EPOCH).ok()?.as_secs();
    (since < YEAR_10000).then(|| humantime::format_rfc3339_seconds(moment).to_string())
}

/// Returns the runs of a folder as JSON.
pub fn run_list_json(list: &RunList) -> Value {
    json!({ "runs": list.runs.iter().map(run_json).collect::<Vec<_>>(), "other_files": list.other_files })
}

fn run_json(run: &ListedRun) -> Value {
    let contents = run.contents.as_ref();
    let started = contents
        .and_then(|contents| UNIX_EPOCH.checked_add(Duration::from_secs(contents.started)))
        .and_then(rfc3339);
    json!({
        "run": run.path.display().to_string(),
        "state": run.state.as_str(),
        "open": match run.state {
            RunState::Complete => Some(0),
            RunState::Open(open) => Some(open),
            _ => None,
        },
        "items": contents.map(|contents| contents.items),
        "comparisons": contents.filter(|contents| !contents.is_graded).map(|contents| contents.comparisons),
        "graded_responses": contents.filter(|contents| contents.is_graded).map(|contents| contents.comparisons),
        "judges": contents.map(|contents| &contents.judges),
        "rubric": contents.map(|contents| {
            json!({ "name": contents.rubric.0, "version": contents.rubric.1 })
        }),
        "bytes": run.bytes,
        "started": started,
        "last_written": run.written.and_then(rfc3339),
        "problem": match &run.state {
            RunState::Unreadable(reason) => Some(reason.clone()),
            RunState::NewerFormat(format) => Some(format!("format {format} is newer than this program")),
            _ => None,
        },
    })
}
