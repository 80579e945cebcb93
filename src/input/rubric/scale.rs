//! Scales: the grades that a judge may give to a single response, and which of them pass.

use std::collections::BTreeMap;
use std::path::Path;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::step_table::StepTable;
use crate::error::{Error, Remedy, Result, nearest};

/// The most steps that a scale may have.
pub(in crate::input) const MOST_STEPS: usize = 20;

/// A grade of one response.
///
/// Steps are ordered, worst first; that a response cannot be assessed is neither better nor worse than any step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grade {
    /// The step of the scale at this place, counted from 0.
    Step(u8),
    /// The response cannot be assessed.
    CannotAssess,
}

impl Grade {
    /// The word for a response that cannot be assessed, in replies, labels and reports.
    pub const CANNOT_ASSESS: &'static str = "cannot assess";

    /// Returns the place of the step, counted from 0; `None` if the response cannot be assessed.
    pub fn step(self) -> Option<u8> {
        match self {
            Self::Step(step) => Some(step),
            Self::CannotAssess => None,
        }
    }
}

/// One step of a scale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The name, as replies and labels write it.
    pub name: String,
    /// What a response of this grade is like; `None` if the name says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The grades that a rubric allows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scale {
    /// The steps, worst first; two or more.
    pub steps: Vec<Step>,
    /// The place of the lowest step that passes, from 1 on; `None` if the rubric does not say what passes.
    pub pass_from: Option<u8>,
    /// Whether the judge may say that a response cannot be assessed.
    pub cannot_assess: bool,
}

impl Scale {
    /// Returns the scale of steps that a user named, worst first; of two, the better one passes. `what` begins the message
    /// about others.
    ///
    /// # Errors
    ///
    /// There are too few or too many, or one has no name, that of another, or one that replies could not write.
    pub fn of_names(what: &str, names: &[String]) -> Result<Self> {
        let step = |name: &String| Step { name: name.trim().to_owned(), description: None };
        let steps: Vec<Step> = names.iter().map(step).collect();
        match wrong_steps(&steps) {
            None => Ok(Self::of_steps(steps)),
            Some((why, _)) => {
                Err(Error::usage(format!("{what}: {why}")).suggest(Remedy::NameSteps))
            }
        }
    }

    /// Returns the scale of steps that were checked.
    fn of_steps(steps: Vec<Step>) -> Self {
        // Of two steps, only the better one can pass alone.
        let pass_from = (steps.len() == 2).then_some(1);
        Self { steps, pass_from, cannot_assess: false }
    }

    /// Returns the number of steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Returns whether there are no steps, which no rubric allows.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns the grade of a name; case and white space around it do not matter, and 4.0 is the step 4. `None` for any
    /// other word, and for [`Grade::CANNOT_ASSESS`] where the rubric does not allow it.
    pub fn grade_named(&self, name: &str) -> Option<Grade> {
        let name = name.trim();
        if is_cannot_assess(name) {
            return self.cannot_assess.then_some(Grade::CannotAssess);
        }
        let at = self.steps.iter().position(|step| is_same(&step.name, name))?;
        Some(Grade::Step(at as u8))
    }

    /// Returns the grade of a name in a label: people may say that a response cannot be assessed whatever the rubric allows,
    /// and programs for tables write a whole number as `4.0` where a column has empty cells.
    pub fn grade_in_label(&self, name: &str) -> Option<Grade> {
        if is_cannot_assess(name) {
            return Some(Grade::CannotAssess);
        }
        let name = name.trim();
        let whole = || {
            let whole = name.trim_end_matches('0').strip_suffix('.')?;
            name.parse::<f64>().is_ok().then_some(whole)
        };
        self.grade_named(name).or_else(|| self.grade_named(whole()?))
    }

    /// Returns the name of a grade.
    ///
    /// # Panics
    ///
    /// The scale has no such step.
    pub fn name_of(&self, grade: Grade) -> &str {
        match grade {
            Grade::Step(step) => &self.steps[usize::from(step)].name,
            Grade::CannotAssess => Grade::CANNOT_ASSESS,
        }
    }

    /// Returns the names of all grades that the rubric allows, worst first; that a response cannot be assessed comes
    /// last.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let steps = self.steps.iter().map(|step| step.name.as_str());
        steps.chain(self.cannot_assess.then_some(Grade::CANNOT_ASSESS))
    }

    /// Returns whether a grade passes; `None` if the rubric does not say what passes, or the response cannot be
    /// assessed.
    pub fn passes(&self, grade: Grade) -> Option<bool> {
        Some(grade.step()? >= self.pass_from?)
    }
}

/// It serializes as `{"steps", "pass_from", "cannot_assess"}`, the lowest step that passes by its name.
impl Serialize for Scale {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut scale = serializer.serialize_struct("Scale", 3)?;
        scale.serialize_field("steps", &self.steps)?;
        let pass_from = self.pass_from.map(|step| self.name_of(Grade::Step(step)));
        scale.serialize_field("pass_from", &pass_from)?;
        scale.serialize_field("cannot_assess", &self.cannot_assess)?;
        scale.end()
    }
}

/// Checks the scale of a rubric file; `path` is for messages.
pub(super) fn parse_scale(
    path: &Path,
    steps: Vec<StepTable>,
    pass_from: Option<&str>,
    cannot_assess: bool,
) -> Result<Scale> {
    let place = format!("{}: scale", path.display());
    let steps = steps.into_iter().map(|StepTable { name, description }| Step { name, description });
    let mut scale = scale_of(&place, steps.collect())?;
    scale.cannot_assess = cannot_assess;
    scale.pass_from = match pass_from {
        Some(name) => Some(lowest_passing(path, &scale, name)?),
        None => scale.pass_from,
    };
    Ok(scale)
}

/// Checks steps, worst first, that stand at `place`, and returns the scale: of two, the better one passes.
///
/// # Errors
///
/// There are too few or too many, or one has no name, that of another, or one that replies could not write.
pub(in crate::input) fn scale_of(place: &str, steps: Vec<Step>) -> Result<Scale> {
    match wrong_steps(&steps) {
        None => Ok(Scale::of_steps(steps)),
        Some((why, hint)) => {
            Err(Error::input(format!("{place}: {why}")).in_field("scale").hint(hint))
        }
    }
}

/// Returns why steps are no scale, and what to do about it in a rubric; `None` if they are one.
fn wrong_steps(steps: &[Step]) -> Option<(String, &'static str)> {
    const OWN_NAME: &str = "give every step its own name";
    if !(2..=MOST_STEPS).contains(&steps.len()) {
        return Some((
            format!("expected 2 to {MOST_STEPS} steps, found {}", steps.len()),
            "list the steps from the worst to the best, such as scale = [\"fail\", \"pass\"]",
        ));
    }
    steps.iter().enumerate().find_map(|(at, step)| {
        let earlier = steps[..at].iter().find(|earlier| is_same(&earlier.name, &step.name));
        let (why, hint) = if step.name.is_empty() {
            ("a step has no name".to_owned(), OWN_NAME)
        } else if is_cannot_assess(&step.name) {
            let hint = "remove the step, and set cannot_assess = true to allow it as an answer";
            ("`cannot assess` is no step of a scale".to_owned(), hint)
        } else if step.name.contains('"') || step.name.contains(char::is_control) {
            let why = "the name of a step has a quotation mark, a tab or a line break";
            (why.to_owned(), "prompts put names in quotation marks: write it without")
        } else if let Some(earlier) = earlier {
            (format!("the names of two steps are read alike, after `{}`", earlier.name), OWN_NAME)
        } else {
            return None;
        };
        Some((format!("{why}: `{}`", step.name.escape_debug()), hint))
    })
}

fn lowest_passing(path: &Path, scale: &Scale, name: &str) -> Result<u8> {
    let failed = |why: &str| {
        Error::input(format!("{}: pass_from: {why}: `{name}`", path.display()))
            .in_field("pass_from")
    };
    match scale.grade_named(name) {
        Some(Grade::Step(0)) => {
            Err(failed("every response would pass, since this is the worst step")
                .hint("name the lowest step that passes"))
        }
        Some(Grade::Step(step)) => Ok(step),
        _ => {
            let names: Vec<&str> = scale.steps.iter().map(|step| step.name.as_str()).collect();
            let error = failed("the scale has no such step");
            Err(match nearest(name, names.iter().copied()) {
                Some(close) => error.hint(format!("did you mean `{close}`?")),
                None => error.hint(format!("the steps are: {}", names.join(", "))),
            })
        }
    }
}

/// Checks that the steps that a criterion describes are those of the scale; `place` is for messages.
pub(super) fn check_described_steps(
    place: &str,
    steps: &BTreeMap<String, String>,
    scale: &Scale,
) -> Result<()> {
    let names: Vec<&str> = scale.steps.iter().map(|step| step.name.as_str()).collect();
    for name in steps.keys() {
        if !names.contains(&name.as_str()) {
            let error = Error::input(format!("{place}.steps: the scale has no step `{name}`"));
            return Err(match nearest(name, names.iter().copied()) {
                Some(close) => error.hint(format!("did you mean `{close}`?")),
                None => error.hint(format!("the steps are: {}", names.join(", "))),
            });
        }
    }
    Ok(())
}

/// Returns whether two names are the same: apart from case, or as numbers, since some judges write 4.0 for 4.
fn is_same(one: &str, other: &str) -> bool {
    let number = |name: &str| name.parse::<f64>().ok().filter(|number| number.is_finite());
    one.to_lowercase() == other.to_lowercase()
        || number(one).is_some_and(|one| number(other) == Some(one))
}

/// Returns whether a word says that a response cannot be assessed, with whatever stands between its two words.
pub(in crate::input) fn is_cannot_assess(word: &str) -> bool {
    let word: String = word.to_lowercase().replace(['_', '-'], " ");
    word.split_whitespace().eq(["cannot", "assess"])
}
