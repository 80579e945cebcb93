//! Whether the judge will still be the same model tomorrow.

use std::sync::LazyLock;

use regex::Regex;

use super::entry::{Check, CheckState, ChecklistEntry};
use crate::error::{Result, counted, listed};
use crate::store::{RunFile, ServedModel, StoredJudge};

/// A part of a model's name that fixes its version: a date, or a number of three digits or more. A number with fewer
/// digits names a family, whose members change.
static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[-_.@:/])(?:\d{3,8}|\d{4}-\d{2}(?:-\d{2})?|\d{2}-\d{2,4}|sha256[:-]?[0-9a-f]+)(?:$|[-_.@:/])").ok()
});

/// Returns the entry about the version of the judge's model; of a jury, about the judge with the least certain one.
///
/// # Errors
///
/// The run cannot be read.
pub(super) fn pinned_model(run: &RunFile, judges: &[StoredJudge]) -> Result<ChecklistEntry> {
    let mut worst: Option<ChecklistEntry> = None;
    for judge in judges {
        let served = run.served_models(&judge.record.name)?;
        let entry = of_judge(judge, &served);
        if worst.as_ref().is_none_or(|worst| rank(entry.state) > rank(worst.state)) {
            worst = Some(entry);
        }
    }
    let none =
        || ChecklistEntry::new(Check::PinnedModel, CheckState::Missing, "There is no judge.", None);
    Ok(worst.unwrap_or_else(none))
}

fn rank(state: CheckState) -> u8 {
    match state {
        CheckState::Done => 0,
        CheckState::Partly => 1,
        CheckState::Missing => 2,
    }
}

fn of_judge(judge: &StoredJudge, served: &[ServedModel]) -> ChecklistEntry {
    let (name, model) = (&judge.record.name, &judge.record.model);
    let entry =
        |state, sentence: String| ChecklistEntry::new(Check::PinnedModel, state, sentence, None);
    if !judge.record.is_external() {
        return match model.split_once(':') {
            Some(("builtin", _)) => {
                entry(CheckState::Done, format!("{name} is a rule, which does not change."))
            }
            Some(("recorded", _)) => entry(
                CheckState::Partly,
                format!(
                    "The replies of {name} were recorded; the run does not know which model gave them."
                ),
            ),
            _ => entry(CheckState::Partly, format!("The run does not know the version of {name}.")),
        };
    }
    let mut names: Vec<&str> = served.iter().filter_map(|one| one.model.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    let fingerprints = served.iter().filter_map(|one| one.fingerprint.as_deref());
    let fingerprints = fingerprints.collect::<std::collections::BTreeSet<_>>().len() as u64;
    match names.as_slice() {
        [_, _, ..] => entry(
            CheckState::Missing,
            format!(
                "The server of {name} answered under {}: {}.",
                counted(names.len() as u64, "name", "names"),
                listed(&names)
            ),
        ),
        _ if fingerprints > 1 => entry(
            CheckState::Partly,
            format!(
                "The server of {name} changed while it was asked: its replies have {fingerprints} fingerprints."
            ),
        ),
        _ if names_version(model) => {
            entry(CheckState::Done, format!("The name `{model}` fixes the version of the model."))
        }
        [only] if names_version(only) => entry(
            CheckState::Partly,
            format!(
                "The name `{model}` fixes no version. Every reply came from `{only}`; ask for that to judge again \
                 with the same model."
            ),
        ),
        _ => entry(
            CheckState::Missing,
            format!("The name `{model}` fixes no version, so it may be another model tomorrow."),
        ),
    }
}

/// Returns whether the name of a model fixes its version.
pub(crate) fn names_version(model: &str) -> bool {
    VERSION.as_ref().is_some_and(|version| version.is_match(model))
}

#[cfg(test)]
mod tests {
    use super::names_version;

    #[test]
    fn a_date_or_a_long_number_fixes_the_version() {
        for model in [
            "gpt-4-0613",
            "gpt-4o-2024-08-06",
            "claude-sonnet-4-5-20250929",
            "anthropic.claude-3-haiku-20240307-v1:0",
            "claude-3-5-sonnet@20240620",
            "gemini-1.5-pro-002",
            "mistral-large-2407",
            "gemini-2.5-flash-preview-09-2025",
        ] {
            assert!(names_version(model), "{model}");
        }
    }

    #[test]
    fn the_name_of_a_family_does_not() {
        for model in [
            "gpt-4o-mini",
            "gpt-4.1",
            "claude-sonnet-4-5",
            "claude-3-7-sonnet-latest",
            "gemini-2.5-flash",
            "llama-3.1-8b-instruct",
            "o3",
            "",
        ] {
            assert!(!names_version(model), "{model}");
        }
    }
}
