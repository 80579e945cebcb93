//! The words in which other programs hold an answer, and the answer that follows from all of its controls.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::{Grade, LabelSide, Scale, SkipReason, normal_word, parse_unique};
use crate::labelling::PageAnswer;

/// The controls whose values must be words of an answer: to which response is better, or to what grade one deserves.
const SIDE_CONTROLS: [&str; 4] = ["winner", "otherwise", "skipped", "skip"];
const GRADE_CONTROLS: [&str; 4] = ["grade", "otherwise", "skipped", "skip"];

/// What answers say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// Which of two responses is better.
    Side,
    /// The grade of one response, on this scale.
    Grade(&'a Scale),
}

/// What a word says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Side(LabelSide),
    /// By its name.
    Grade(String),
    Skip(SkipReason),
    BothAcceptable,
}

/// Returns what a value says of two responses; upper and lower case are the same, as are spaces, underscores and hyphens.
fn side_word(value: &str) -> Option<Word> {
    let value = normal_word(value);
    let sides = [LabelSide::Left, LabelSide::Right, LabelSide::Tie];
    let side = sides.into_iter().find(|side| side.as_str() == value).map(Word::Side);
    let both = || (value == "both-acceptable").then_some(Word::BothAcceptable);
    let skip = || SkipReason::named(&value, &SkipReason::ALL).map(Word::Skip);
    side.or_else(skip).or_else(both)
}

/// Returns what a value says of yes and no.
fn flag(value: &str) -> Option<bool> {
    match &*normal_word(value) {
        "true" | "yes" | "x" | "1" | "both-acceptable" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// What the controls of one answer say, control by control.
#[derive(Debug)]
pub(super) struct Collected<'a> {
    /// Where the answer is, for messages.
    place: &'a str,
    asked: Asked<'a>,
    /// The systems on the left and on the right, where they are known: they may be named in place of their sides.
    systems: Option<[&'a str; 2]>,
    answer: PageAnswer,
    /// Controls that mean nothing here.
    pub(super) ignored: BTreeSet<String>,
    /// A control that answers the question that is not asked here.
    of_other_kind: Option<String>,
}

impl<'a> Collected<'a> {
    /// Returns what no control says yet. `systems` are those on the left and on the right, where they are known.
    pub(super) fn new(place: &'a str, asked: Asked<'a>, systems: Option<[&'a str; 2]>) -> Self {
        let (answer, ignored) = (PageAnswer::default(), BTreeSet::new());
        Self { place, asked, systems, answer, ignored, of_other_kind: None }
    }

    /// Adds all values of a control, as [`Self::add`] does.
    ///
    /// # Errors
    ///
    /// As there.
    pub(super) fn add_all(&mut self, control: &str, value: &Value) -> Result<()> {
        // A remark is a text, whatever it looks like.
        if let (Value::String(text), "note") = (value, &*normal_word(control)) {
            return self.add(control, text);
        }
        texts_of_cell(value).iter().try_for_each(|text| self.add(control, text))
    }

    /// Adds a value of a control.
    ///
    /// # Errors
    ///
    /// The value is no answer, or contradicts another one.
    fn add(&mut self, control: &str, value: &str) -> Result<()> {
        if value.trim().is_empty() {
            return Ok(());
        }
        let name = normal_word(control);
        if name == "note" {
            let note = self.answer.note.get_or_insert_default();
            if !note.is_empty() {
                note.push('\n');
            }
            note.push_str(value);
            return Ok(());
        }
        if let (Asked::Side, "both-acceptable") = (self.asked, &*name) {
            let both = flag(value).ok_or_else(|| self.unknown(control, value, "yes or no"))?;
            self.answer.both_acceptable = Some(both);
            return Ok(());
        }
        if let Some(criterion) = criterion_of(control) {
            return self.add_criterion(control, criterion, value);
        }
        let (controls, other) = match self.asked {
            Asked::Side => (SIDE_CONTROLS, "grade"),
            Asked::Grade(_) => (GRADE_CONTROLS, "winner"),
        };
        let is_answer = controls.contains(&&*name);
        if name == other {
            self.of_other_kind = Some(control.to_owned());
        }
        match self.word(&name, value) {
            Some(Word::BothAcceptable) => self.answer.both_acceptable = Some(true),
            Some(word) => self.answer(value, word)?,
            None if is_answer => {
                let words = match self.asked {
                    Asked::Side => {
                        "left, right, tie, unclear, both-wrong or cannot-judge".to_owned()
                    }
                    Asked::Grade(_) if name == "skipped" || name == "skip" => {
                        "unclear or cannot-judge".to_owned()
                    }
                    Asked::Grade(scale) => {
                        format!("{}, unclear or cannot-judge", grades(scale))
                    }
                };
                return Err(self.unknown(control, value, &words));
            }
            None => {
                self.ignored.insert(control.to_owned());
            }
        }
        Ok(())
    }

    fn add_criterion(&mut self, control: &str, criterion: &str, value: &str) -> Result<()> {
        match self.asked {
            Asked::Side => {
                let Some(Word::Side(side)) = self.side_or_system(value) else {
                    return Err(self.unknown(control, value, "left, right or tie"));
                };
                self.answer.criteria.insert(criterion.to_owned(), side);
            }
            Asked::Grade(scale) => {
                let Some(grade) = grade_of(value, scale) else {
                    return Err(self.unknown(control, value, &grades(scale)));
                };
                self.answer.grades.insert(criterion.to_owned(), grade);
            }
        }
        Ok(())
    }

    /// Returns what a value of a control says that is not about a criterion.
    fn word(&self, control: &str, value: &str) -> Option<Word> {
        match self.asked {
            Asked::Side => self.side_or_system(value),
            // Any other control may have the words of a scale for something else.
            Asked::Grade(_) if !GRADE_CONTROLS.contains(&control) => None,
            Asked::Grade(scale) => {
                let skip = || SkipReason::named(value, &SkipReason::OF_RESPONSE).map(Word::Skip);
                // A step may be called like a reason to skip.
                let grade = || grade_of(value, scale).map(Word::Grade);
                if control == "grade" { grade().or_else(skip) } else { skip() }
            }
        }
    }

    fn side_or_system(&self, value: &str) -> Option<Word> {
        side_word(value).or_else(|| {
            let [left, right] = self.systems?;
            let side = match value.trim() {
                system if system == left => LabelSide::Left,
                system if system == right => LabelSide::Right,
                _ => return None,
            };
            Some(Word::Side(side))
        })
    }

    /// Takes the word that answers the question.
    ///
    /// # Errors
    ///
    /// There is another answer already.
    fn answer(&mut self, value: &str, word: Word) -> Result<()> {
        let answer = &self.answer;
        let earlier = (answer.choice.map(Word::Side))
            .or_else(|| answer.grade.clone().map(Word::Grade))
            .or_else(|| answer.skipped.map(Word::Skip));
        if let Some(earlier) = earlier.filter(|earlier| *earlier != word) {
            let earlier = match &earlier {
                Word::Side(side) => side.as_str(),
                Word::Grade(grade) => grade,
                Word::Skip(reason) => reason.as_str(),
                Word::BothAcceptable => "both-acceptable",
            };
            return Err(Error::input(format!(
                "{}: one answer says both `{earlier}` and `{}`",
                self.place,
                value.trim()
            ))
            .hint("keep the one that is meant"));
        }
        match word {
            Word::Side(side) => self.answer.choice = Some(side),
            Word::Grade(grade) => self.answer.grade = Some(grade),
            Word::Skip(reason) => self.answer.skipped = Some(reason),
            Word::BothAcceptable => self.answer.both_acceptable = Some(true),
        }
        Ok(())
    }

    /// Returns the answer; `None` if no control decides or skips.
    ///
    /// # Errors
    ///
    /// What a control answers is the question that is not asked here.
    pub(super) fn finish(
        self,
        seconds: Option<f64>,
        at: Option<String>,
    ) -> Result<Option<PageAnswer>> {
        let Self { place, asked, answer, of_other_kind, .. } = self;
        let is_answered =
            answer.choice.is_some() || answer.grade.is_some() || answer.skipped.is_some();
        if is_answered {
            return Ok(Some(PageAnswer { seconds, at, ..answer }));
        }
        let Some(control) = of_other_kind else { return Ok(None) };
        let what = match asked {
            Asked::Side => "grades a single response, and responses are compared here",
            Asked::Grade(_) => "compares two responses, and single responses are graded here",
        };
        Err(Error::input(format!("{place}: `{control}` {what}"))
            .hint("merge labels of comparisons and of grades into a label file each"))
    }

    fn unknown(&self, control: &str, value: &str, expected: &str) -> Error {
        let shown: String = value.trim().chars().take(40).collect();
        Error::input(format!("{}: {control}: expected {expected}, found `{shown}`", self.place))
    }
}

/// Returns the name of the grade that a value names.
fn grade_of(value: &str, scale: &Scale) -> Option<String> {
    // Some programs allow no spaces in values.
    let grade = scale.grade_in_label(value).or_else(|| {
        (normal_word(value) == normal_word(Grade::CANNOT_ASSESS)).then_some(Grade::CannotAssess)
    })?;
    Some(scale.name_of(grade).to_owned())
}

/// Returns the names of the grades that people may give.
fn grades(scale: &Scale) -> String {
    let steps = scale.steps.iter().map(|step| step.name.as_str());
    steps.chain([Grade::CANNOT_ASSESS]).collect::<Vec<_>>().join(", ")
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

/// Returns the texts of a value: a text itself, what was selected, chosen or rated, and what was written; of a list those
/// of all entries.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(fields) => ["selected", "choices", "rating", "number", "text", "value"]
            .into_iter()
            .filter_map(|field| fields.get(field))
            .flat_map(texts)
            .collect(),
        Value::Null => Vec::new(),
    }
}

/// Returns the criterion that a control is about: `criteria.NAME`, or `criteria-NAME` where the program allows no dot.
fn criterion_of(control: &str) -> Option<&str> {
    let rest = control.trim().strip_prefix("criteria")?;
    rest.strip_prefix(['.', ':', '-', '_']).filter(|name| !name.is_empty())
}

/// Gives criteria the names that the rubric has: some programs allow only small letters, digits and hyphens in names.
pub(in crate::labelling) fn use_known_criteria<T>(
    criteria: BTreeMap<String, T>,
    known: &[&str],
) -> BTreeMap<String, T> {
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
    criteria.into_iter().map(|(criterion, said)| (name(criterion), said)).collect()
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
