//! What an import has read about single responses: grades of judges, labels of people, and the rubrics that name the
//! steps.
//!
//! Other programs ask about a response once. The steps are recorded as listed in the rubric (`written`), so no grade has a
//! second direction that confirms it.

use serde::Serialize;
use toml::Value;

use crate::input::recorded_grade::RecordedGrade;

/// The grades that one judge gave.
#[derive(Debug)]
pub(super) struct GradeRecording {
    /// Its name in the settings.
    pub(super) judge: String,
    /// Its name in the files.
    pub(super) source: String,
    /// The name of the rubric that has the steps; empty until it is known.
    pub(super) rubric: String,
    pub(super) grades: Vec<RecordedGrade>,
}

/// One line of a file of labels of grades.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct GradeLabelLine {
    pub(super) id: String,
    pub(super) annotator: String,
    pub(super) system: String,
    pub(super) grade: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

/// The labels of grades that belong into one file.
#[derive(Debug)]
pub(super) struct GradeLabels {
    /// The judge whose question they answer, by its name in the settings; `None` where they are about a response as a
    /// whole.
    pub(super) judge: Option<String>,
    pub(super) lines: Vec<GradeLabelLine>,
}

impl GradeLabels {
    /// Returns the path of their file in the folder of an import.
    pub(super) fn path(&self) -> String {
        match &self.judge {
            None => "labels.jsonl".to_owned(),
            Some(judge) => format!("labels/{judge}.jsonl"),
        }
    }
}

/// A rubric that grades, to be written beside grades that were given by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GradeRubric {
    pub(super) name: String,
    /// What a reader of the file must know before a judge is asked with it.
    pub(super) note: Option<&'static str>,
    /// The question to the judge.
    pub(super) description: String,
    /// The names of the steps, worst first.
    pub(super) steps: Vec<String>,
    /// The lowest step that passes, where it is known.
    pub(super) pass_from: Option<String>,
    /// Whether some response could not be assessed.
    pub(super) cannot_assess: bool,
    /// Whether the reference of each item belongs to the question.
    pub(super) shows_reference: bool,
}

impl GradeRubric {
    /// Returns the path of its file in the folder of an import.
    pub(super) fn path(&self) -> String {
        format!("rubrics/{}.toml", self.name)
    }

    /// Returns the text of its file.
    pub(super) fn text(&self) -> String {
        let text = |value: &str| Value::String(value.to_owned());
        let prompt = if self.shows_reference { "grade-reference.j2" } else { "grade.j2" };
        let note = self.note.map(|note| format!("# {note}\n")).unwrap_or_default();
        let pass_from = match &self.pass_from {
            Some(step) => format!("pass_from = {}", text(step)),
            None if self.steps.len() == 2 => "# Of two steps the better one passes, which is the last.".to_owned(),
            None => "# pass_from = \"STEP\"    # the lowest step that passes: without it there is no pass rate"
                .to_owned(),
        };
        format!(
            "# The steps of grades that were given elsewhere, worst first.\n{note}\
             name = {}\nversion = \"1.0.0\"\ndescription = {}\nmode = \"grade\"\nprompt = \"{prompt}\"\n\
             scale = {}\n{pass_from}\ncannot_assess = {}\n",
            text(&self.name),
            text(&self.description),
            Value::Array(self.steps.iter().map(|step| text(step)).collect()),
            self.cannot_assess,
        )
    }
}
