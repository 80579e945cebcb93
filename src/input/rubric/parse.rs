//! Reads the text of a rubric file.

use std::ops::RangeInclusive;
use std::path::Path;

use regex::Regex;
use serde::Deserialize;

use super::scale::{Scale, check_described_steps, parse_scale};
use super::step_table::{StepName, StepTable};
use super::{Criterion, ReplyFormat, Rubric, Take};
use crate::error::{Error, Result};
use crate::input::toml::parse;

/// The weights that a criterion may have; sums of others could be infinite or 0.
const WEIGHTS: RangeInclusive<f64> = 1e-6..=1e6;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RubricFile {
    name: String,
    #[serde(default = "first_version")]
    version: String,
    description: String,
    #[serde(default)]
    mode: Mode,
    prompt: Option<String>,
    ties: Option<bool>,
    scale: Option<Vec<StepTable>>,
    pass_from: Option<StepName>,
    cannot_assess: Option<bool>,
    #[serde(default)]
    criteria: Vec<Criterion>,
    #[serde(default)]
    reply: ReplyTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ReplyTable {
    #[serde(default)]
    format: FormatName,
    first: Option<String>,
    second: Option<String>,
    tie: Option<String>,
    grade: Option<String>,
    take: Option<Take>,
}

/// What is judged.
#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Two responses, against each other.
    #[default]
    Compare,
    /// One response.
    Grade,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum FormatName {
    #[default]
    Json,
    Pattern,
    Logprobs,
}

fn first_version() -> String {
    "0.0.0".to_owned()
}

/// Parses the text of a rubric that a run file holds; `path` is for messages.
///
/// # Errors
///
/// The rubric is malformed.
pub(crate) fn parse_stored_rubric(path: &Path, text: &str) -> Result<Rubric> {
    parse_rubric(path, text).map(|(rubric, _)| rubric)
}

/// Parses the text of a rubric and returns it with the name of its prompt; `path` is for messages.
pub(super) fn parse_rubric(path: &Path, text: &str) -> Result<(Rubric, String)> {
    let file: RubricFile = parse(path, text)?;
    let place = path.display();
    if file.name.is_empty() {
        return Err(Error::input(format!("{place}: name is empty"))
            .hint("name it as its file, without .toml"));
    }
    let mut names = std::collections::HashSet::new();
    for criterion in &file.criteria {
        if criterion.name.is_empty() || !names.insert(criterion.name.as_str()) {
            return Err(Error::input(format!(
                "{place}: criteria: the name `{}` is empty or repeated",
                criterion.name
            ))
            .hint("give every criterion its own name"));
        }
    }
    let reply = read_reply(path, &file)?;
    let scale = read_scale(path, &file)?;
    check_criteria(path, &file.criteria, scale.as_ref())?;
    let default_prompt = if scale.is_some() { "grade.j2" } else { "pairwise.j2" };
    let rubric = Rubric {
        name: file.name,
        version: file.version,
        description: file.description,
        ties: file.ties.unwrap_or(true) && scale.is_none(),
        criteria: file.criteria,
        reply,
        scale,
    };
    Ok((rubric, file.prompt.unwrap_or_else(|| default_prompt.to_owned())))
}

/// Reads what only a rubric that grades has; `None` for one that compares.
fn read_scale(path: &Path, file: &RubricFile) -> Result<Option<Scale>> {
    let place = path.display();
    if file.mode == Mode::Compare {
        let fields = [
            ("scale", file.scale.is_some()),
            ("pass_from", file.pass_from.is_some()),
            ("cannot_assess", file.cannot_assess.is_some()),
        ];
        return match fields.iter().find(|(_, is_present)| *is_present) {
            Some((field, _)) => Err(Error::input(format!(
                "{place}: {field} is only used where single responses are graded"
            ))
            .in_field(field)
            .hint("set mode = \"grade\", or remove the key")),
            None => Ok(None),
        };
    }
    if file.ties.is_some() {
        return Err(Error::input(format!(
            "{place}: ties is only used where responses are compared"
        ))
        .in_field("ties")
        .hint("remove the key, or remove mode = \"grade\""));
    }
    let Some(steps) = file.scale.clone() else {
        return Err(Error::input(format!("{place}: scale is missing; mode = \"grade\" needs it"))
            .in_field("scale")
            .hint(
                "list the steps from the worst to the best, such as scale = [\"fail\", \"pass\"]",
            ));
    };
    let cannot_assess = file.cannot_assess.unwrap_or(false);
    let pass_from = file.pass_from.as_ref().map(|StepName(name)| name.as_str());
    parse_scale(path, steps, pass_from, cannot_assess).map(Some)
}

/// Checks weights and descriptions of steps.
fn check_criteria(path: &Path, criteria: &[Criterion], scale: Option<&Scale>) -> Result<()> {
    let weighted = criteria.iter().find(|criterion| criterion.weight.is_some());
    for criterion in criteria {
        let place = format!("{}: criteria.{}", path.display(), criterion.name);
        let Some(scale) = scale else {
            let field = match (criterion.weight, criterion.steps.is_empty()) {
                (Some(_), _) => "weight",
                (None, false) => "steps",
                (None, true) => continue,
            };
            return Err(Error::input(format!(
                "{place}.{field} is only used where single responses are graded"
            ))
            .hint("set mode = \"grade\" and a scale, or remove the key"));
        };
        check_described_steps(&place, &criterion.steps, scale)?;
        match (criterion.weight, weighted) {
            (Some(weight), _) if !WEIGHTS.contains(&weight) => {
                return Err(Error::input(format!(
                    "{place}.weight: expected a number from {} to {}, found {weight}",
                    WEIGHTS.start(),
                    WEIGHTS.end()
                ))
                .hint(
                    "only the ratio of the weights matters; remove a criterion that does not count",
                ));
            }
            (None, Some(weighted)) => {
                return Err(Error::input(format!(
                    "{place}.weight is missing, though `{}` has one",
                    weighted.name
                ))
                .hint(
                    "give every criterion a weight, or none: then the judge is asked for the grade",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reads the `[reply]` table.
fn read_reply(path: &Path, file: &RubricFile) -> Result<ReplyFormat> {
    let place = path.display();
    let table = &file.reply;
    if file.mode == Mode::Grade {
        return read_grade_reply(path, file);
    }
    let needed = |key: &str, value: &Option<String>| {
        value.clone().filter(|text| !text.is_empty()).ok_or_else(|| {
            Error::input(format!("{place}: reply.{key} is missing"))
                .hint("this reply format needs the keys `first` and `second`")
        })
    };
    let unwanted = |key: &str, present: bool| {
        if present {
            return Err(Error::input(format!(
                "{place}: reply.{key} is not used by this reply format"
            ))
            .hint("remove the key, or set reply.format = \"pattern\" or \"logprobs\""));
        }
        Ok(())
    };
    unwanted("grade", table.grade.is_some())?;
    match table.format {
        FormatName::Json => {
            unwanted("first", table.first.is_some())?;
            unwanted("second", table.second.is_some())?;
            unwanted("tie", table.tie.is_some())?;
            Ok(ReplyFormat::Json { take: table.take.unwrap_or_default() })
        }
        FormatName::Pattern => {
            let first = compile(path, "first", &needed("first", &table.first)?)?;
            let second = compile(path, "second", &needed("second", &table.second)?)?;
            let tie = table.tie.as_ref().map(|tie| compile(path, "tie", tie)).transpose()?;
            Ok(ReplyFormat::Pattern { first, second, tie, take: table.take.unwrap_or_default() })
        }
        FormatName::Logprobs => {
            unwanted("tie", table.tie.is_some())?;
            unwanted("take", table.take.is_some())?;
            if file.ties.unwrap_or(true) {
                return Err(Error::input(format!(
                    "{place}: reply.format = \"logprobs\" needs ties = false"
                ))
                .hint("the more likely of two tokens is never a tie; set ties = false"));
            }
            let first = needed("first", &table.first)?;
            let second = needed("second", &table.second)?;
            if first.trim() == second.trim() {
                return Err(Error::input(format!(
                    "{place}: reply.first and reply.second are the same token"
                ))
                .hint("use two different answers, for example \"A\" and \"B\""));
            }
            Ok(ReplyFormat::Logprobs { first, second })
        }
    }
}

/// Reads the `[reply]` table of a rubric that grades.
fn read_grade_reply(path: &Path, file: &RubricFile) -> Result<ReplyFormat> {
    let (place, table) = (path.display(), &file.reply);
    let votes = [("first", &table.first), ("second", &table.second), ("tie", &table.tie)];
    if let Some((key, _)) = votes.iter().find(|(_, value)| value.is_some()) {
        return Err(Error::input(format!(
            "{place}: reply.{key} is only used where responses are compared"
        ))
        .hint("remove the key; a pattern of grades is reply.grade"));
    }
    let take = table.take.unwrap_or_default();
    match (table.format, table.grade.as_deref().filter(|pattern| !pattern.is_empty())) {
        (FormatName::Json, None) => Ok(ReplyFormat::Json { take }),
        (FormatName::Json, Some(_)) => {
            Err(Error::input(format!("{place}: reply.grade is not used by this reply format"))
                .hint("remove the key, or set reply.format = \"pattern\""))
        }
        (FormatName::Pattern, None) => Err(Error::input(format!(
            "{place}: reply.grade is missing"
        ))
        .hint(
            "it is a regular expression whose first group is the grade, such as 'Grade: (\\w+)'",
        )),
        (FormatName::Pattern, Some(pattern)) => {
            let weighted = file.criteria.iter().find(|criterion| criterion.weight.is_some());
            if let Some(criterion) = weighted {
                return Err(Error::input(format!(
                    "{place}: criteria.{}.weight: a pattern reads one grade, not one of each criterion",
                    criterion.name
                ))
                .hint("remove the weights, or set reply.format = \"json\""));
            }
            let grade = compile(path, "grade", pattern)?;
            if grade.captures_len() < 2 {
                return Err(Error::input(format!("{place}: reply.grade has no group"))
                    .detail(format!("pattern: {pattern}"))
                    .hint(
                        "put the part that is the grade in parentheses, such as 'Grade: (\\w+)'",
                    ));
            }
            Ok(ReplyFormat::GradePattern { grade, take })
        }
        (FormatName::Logprobs, _) => Err(Error::input(format!(
            "{place}: reply.format = \"logprobs\" is only used where responses are compared"
        ))
        .hint("use \"json\" or \"pattern\"")),
    }
}

/// Compiles the pattern of a vote or a grade.
fn compile(path: &Path, key: &str, pattern: &str) -> Result<Regex> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::input(format!("{}: reply.{key}: {why}", path.display()))
            .detail(format!("pattern: {pattern}"))
    };
    let regex = Regex::new(pattern).map_err(|error| {
        failed(&error).hint(
            "correct the regular expression; it can have no look-around and no back-references",
        )
    })?;
    if regex.is_match("") {
        return Err(failed(&"the pattern matches an empty text, so it would match every reply")
            .hint("let it require a word that only the answer has"));
    }
    Ok(regex)
}
