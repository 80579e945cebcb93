//! The words in which other programs hold an answer, and the answer that follows from all of its controls.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::{LabelSide, SkipReason, parse_unique};
use crate::labelling::PageAnswer;

/// The controls whose values must be words of an answer.
const ANSWER_CONTROLS: [&str; 4] = ["winner", "otherwise", "skipped", "skip"];

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Side(LabelSide),
    Skip(SkipReason),
    BothAcceptable,
}

/// Returns what a value says; upper and lower case are the same, as are spaces, underscores and hyphens.
fn word(value: &str) -> Option<Word> {
    let value = normal(value);
    let value =
        value.strip_prefix("skip").map_or(&*value, |rest| rest.trim_start_matches([':', '-']));
    let sides = [LabelSide::Left, LabelSide::Right, LabelSide::Tie];
    let side = sides.into_iter().find(|side| side.as_str() == value).map(Word::Side);
    let skip = || SkipReason::ALL.into_iter().find(|reason| reason.as_str() == value);
    let both = || (value == "both-acceptable").then_some(Word::BothAcceptable);
    side.or_else(|| skip().map(Word::Skip)).or_else(both)
}

fn normal(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace([' ', '_'], "-")
}

/// Returns what a value says of yes and no.
fn flag(value: &str) -> Option<bool> {
    match &*normal(value) {
        "true" | "yes" | "x" | "1" | "both-acceptable" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// What the controls of one answer say, control by control.
#[derive(Debug, Default)]
pub(super) struct Collected {
    answer: PageAnswer,
    /// Controls that mean nothing here.
    pub(super) ignored: BTreeSet<String>,
}

impl Collected {
    /// Adds all values of a control, as [`Self::add`] does.
    ///
    /// # Errors
    ///
    /// As there.
    pub(super) fn add_all(
        &mut self,
        place: &str,
        control: &str,
        value: &Value,
        systems: Option<[&str; 2]>,
    ) -> Result<()> {
        // A remark is a text, whatever it looks like.
        if let (Value::String(text), "note") = (value, &*normal(control)) {
            return self.add(place, control, text, systems);
        }
        texts_of_cell(value).iter().try_for_each(|text| self.add(place, control, text, systems))
    }

    /// Adds a value of a control. `systems` are those on the left and on the right, where they are known: they may be
    /// named in place of their sides.
    ///
    /// # Errors
    ///
    /// The value is no answer, or contradicts another one.
    fn add(
        &mut self,
        place: &str,
        control: &str,
        value: &str,
        systems: Option<[&str; 2]>,
    ) -> Result<()> {
        if value.trim().is_empty() {
            return Ok(());
        }
        let name = normal(control);
        if name == "note" {
            let note = self.answer.note.get_or_insert_default();
            if !note.is_empty() {
                note.push('\n');
            }
            note.push_str(value);
            return Ok(());
        }
        if name == "both-acceptable" {
            let both = flag(value).ok_or_else(|| unknown(place, control, value, "yes or no"))?;
            self.answer.both_acceptable = Some(both);
            return Ok(());
        }
        if let Some(criterion) = criterion_of(control) {
            let Some(Word::Side(side)) = word_or_system(value, systems) else {
                return Err(unknown(place, control, value, "left, right or tie"));
            };
            self.answer.criteria.insert(criterion.to_owned(), side);
            return Ok(());
        }
        let is_answer = ANSWER_CONTROLS.contains(&&*name);
        match word_or_system(value, systems) {
            Some(Word::Side(side)) => {
                self.check_only(place, value, Some(side), None)?;
                self.answer.choice = Some(side);
            }
            Some(Word::Skip(reason)) => {
                self.check_only(place, value, None, Some(reason))?;
                self.answer.skipped = Some(reason);
            }
            Some(Word::BothAcceptable) => self.answer.both_acceptable = Some(true),
            None if is_answer => {
                let words = "left, right, tie, unclear, both-wrong or cannot-judge";
                return Err(unknown(place, control, value, words));
            }
            None => {
                self.ignored.insert(control.to_owned());
            }
        }
        Ok(())
    }

    /// Fails if there is another answer already.
    fn check_only(
        &self,
        place: &str,
        value: &str,
        choice: Option<LabelSide>,
        skipped: Option<SkipReason>,
    ) -> Result<()> {
        let PageAnswer { choice: has_choice, skipped: has_skipped, .. } = &self.answer;
        let is_first = has_choice.is_none() && has_skipped.is_none();
        if is_first || (*has_choice == choice && *has_skipped == skipped) {
            return Ok(());
        }
        let earlier = has_choice.map(LabelSide::as_str).or(has_skipped.map(SkipReason::as_str));
        Err(Error::input(format!(
            "{place}: one answer says both `{}` and `{}`",
            earlier.unwrap_or_default(),
            value.trim()
        ))
        .hint("keep the one that is meant"))
    }

    /// Returns the answer; `None` if no control decides or skips.
    pub(super) fn answer(self, seconds: Option<f64>, at: Option<String>) -> Option<PageAnswer> {
        let answer = self.answer;
        let is_answered = answer.choice.is_some() || answer.skipped.is_some();
        is_answered.then_some(PageAnswer { seconds, at, ..answer })
    }
}

/// Returns the texts of a value, or of the JSON in a cell of a table.
fn texts_of_cell(value: &Value) -> Vec<String> {
    if let Value::String(text) = value
        && text.starts_with(['[', '{'])
        && let Ok(value) = parse_unique(text)
    {
        let texts = texts(&value);
        if !texts.is_empty() {
            return texts;
        }
    }
    texts(value)
}

/// Returns the texts of a value: a text itself, what was selected or chosen, and what was written; of a list those of
/// all entries.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(fields) => ["selected", "choices", "text", "value"]
            .into_iter()
            .filter_map(|field| fields.get(field))
            .flat_map(texts)
            .collect(),
        Value::Null => Vec::new(),
    }
}

fn unknown(place: &str, control: &str, value: &str, expected: &str) -> Error {
    let shown: String = value.trim().chars().take(40).collect();
    Error::input(format!("{place}: {control}: expected {expected}, found `{shown}`"))
}

fn word_or_system(value: &str, systems: Option<[&str; 2]>) -> Option<Word> {
    word(value).or_else(|| {
        let [left, right] = systems?;
        let side = match value.trim() {
            system if system == left => LabelSide::Left,
            system if system == right => LabelSide::Right,
            _ => return None,
        };
        Some(Word::Side(side))
    })
}

/// Returns the criterion that a control is about: `criteria.NAME`, or `criteria-NAME` where the program allows no dot.
fn criterion_of(control: &str) -> Option<&str> {
    let rest = control.trim().strip_prefix("criteria")?;
    rest.strip_prefix(['.', ':', '-', '_']).filter(|name| !name.is_empty())
}

/// Gives criteria the names that the rubric has: some programs allow only small letters, digits and hyphens in names.
pub(in crate::labelling) fn use_known_criteria(
    criteria: BTreeMap<String, LabelSide>,
    known: &[&str],
) -> BTreeMap<String, LabelSide> {
    let name = |given: String| {
        if known.contains(&&*given) {
            return given;
        }
        let mut alike = known.iter().filter(|name| slug(name) == slug(&given));
        match (alike.next(), alike.next()) {
            (Some(only), None) => (*only).to_owned(),
            _ => given,
        }
    };
    criteria.into_iter().map(|(criterion, side)| (name(criterion), side)).collect()
}

/// Returns a name in small letters and digits, with hyphens between them.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for char in name.chars().flat_map(char::to_lowercase) {
        if char.is_alphanumeric() {
            slug.push(char);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Returns a time as RFC 3339 in UTC; `None` if it is anything else.
pub(super) fn utc(time: &str) -> Option<String> {
    let time = time.trim();
    let bare = time.strip_suffix('Z').or_else(|| time.strip_suffix("+00:00")).unwrap_or(time);
    humantime::parse_rfc3339_weak(bare).ok()?;
    Some(format!("{}Z", bare.replacen(' ', "T", 1)))
}
