//! The scores of a log of Inspect: those of model graders are grades, and edits of them are labels.
//!
//! `scores` of a sample has a score for each scorer: `value`, `explanation` (the reply of the grader), and a `history` if it
//! was edited: the first entry is then what the scorer gave, and the others say who changed it (`provenance`). A scorer is
//! a model grader by its name, or if its scores hold the messages to the grader (`metadata.grading`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::collected::{Collected, Collector};
use super::graded::{GradeLabelLine, GradeRecording, GradeRubric};
use crate::error::{Error, Result, counted, listed};
use crate::input::rubric::Grade;

/// The steps, worst first, with the values that Inspect has for them.
const STEPS: [(&str, &str); 3] = [("I", "incorrect"), ("P", "partially correct"), ("C", "correct")];

const NO_ANSWER: (&str, &str) = (
    "score is `N`, no answer, which is recorded as \"cannot assess\" and is in no pass rate; Inspect counts it as incorrect",
    "scores are `N`, no answer, which is recorded as \"cannot assess\" and is in no pass rate; Inspect counts it as incorrect",
);
const NOT_FOUND: (&str, &str) = (
    "reply of a model grader has no grade and is recorded as unreadable; Inspect may have counted it as incorrect",
    "replies of model graders have no grade and are recorded as unreadable; Inspect may have counted them as incorrect",
);
const OTHER_VALUE: (&str, &str) = (
    "score of a model grader is none of C, P, I and N and is left out",
    "scores of model graders are none of C, P, I and N and are left out",
);
const ORIGINAL_UNKNOWN: (&str, &str) = (
    "score was edited and the log does not hold what the grader gave: only the edit is imported",
    "scores were edited and the log does not hold what the grader gave: only the edits are imported",
);
const REPLACED: (&str, &str) = (
    "edit of a score was replaced by a later edit and is left out",
    "edits of scores were replaced by later edits and are left out",
);
const BY_RULE: (&str, &str) = (
    "score is not by a model grader and is left out",
    "scores are not by model graders and are left out",
);

/// What the scores of all logs have in common, by scorer.
#[derive(Default)]
pub(super) struct Graders(BTreeMap<String, Grader>);

/// What the scores of one scorer have in common.
#[derive(Default)]
struct Grader {
    /// The models that graded, with the systems that they graded.
    models: BTreeMap<String, BTreeSet<String>>,
    /// Whether any score is partial credit.
    has_partial: bool,
    /// Whether any response has no answer.
    cannot_assess: bool,
}

/// What a log says of its scorers.
pub(super) struct LogScorers {
    /// The model that grades, by scorer, where the log says it.
    models: HashMap<String, String>,
    /// The model that grades where a scorer names none.
    role: Option<String>,
    /// Those that hold the messages to a grader in some sample.
    asking: BTreeSet<String>,
}

impl LogScorers {
    /// Reads the head of a log and looks through its samples.
    pub(super) fn of(eval: &Value, samples: &[Value]) -> Self {
        let name_of = |model: &Value| {
            model.as_str().or_else(|| model.get("model")?.as_str()).map(ToOwned::to_owned)
        };
        let scorers = eval.get("scorers").and_then(Value::as_array);
        let models = scorers.into_iter().flatten().filter_map(|scorer| {
            let name = scorer.get("name")?.as_str()?;
            Some((short(name).to_owned(), name_of(scorer.pointer("/options/model")?)?))
        });
        let mut asking = BTreeSet::new();
        for scores in samples.iter().filter_map(|sample| sample.get("scores")?.as_object()) {
            let asks =
                |score: &Value| score.pointer("/metadata/grading").is_some_and(Value::is_array);
            let names =
                scores.iter().filter(|(_, score)| asks(score)).map(|(name, _)| name.clone());
            asking.extend(names);
        }
        let role = eval.pointer("/model_roles/grader").and_then(name_of);
        Self { models: models.collect(), role, asking }
    }

    fn is_grader(&self, scorer: &str) -> bool {
        short(scorer).starts_with("model_graded_") || self.asking.contains(scorer)
    }

    /// Returns the model that gave a score, as far as the log says it.
    fn model(&self, scorer: &str, score: &Value) -> Option<String> {
        let grading = score.pointer("/metadata/grading").and_then(Value::as_array);
        let answered = grading.and_then(|messages| messages.last()?.get("model")?.as_str());
        let answered = answered.map(ToOwned::to_owned);
        answered
            .or_else(|| self.models.get(short(scorer).trim_end_matches(char::is_numeric)).cloned())
            .or_else(|| self.models.get(short(scorer)).cloned())
            .or_else(|| self.role.clone())
    }
}

/// Returns the name of a scorer without that of its package.
fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

impl Graders {
    /// Adds the scores of a sample.
    ///
    /// # Errors
    ///
    /// A score is no object, or has no value.
    pub(super) fn add(
        &mut self,
        collector: &mut Collector,
        log: &LogScorers,
        place: &str,
        response: [&str; 2],
        scores: &Value,
    ) -> Result<()> {
        for (scorer, score) in scores.as_object().into_iter().flatten() {
            if !log.is_grader(scorer) {
                collector.notice(BY_RULE, &format!("{scorer} of {place}"));
                continue;
            }
            let place = format!("{place}.scores.{scorer}");
            let Some(score_fields) = score.as_object() else {
                return Err(Error::input(format!("{place}: expected an object")));
            };
            if !score_fields.contains_key("value") {
                return Err(Error::input(format!("{place}.value is missing"))
                    .hint("write the whole log: inspect log dump FILE"));
            }
            let grader = self.0.entry(scorer.clone()).or_default();
            if let Some(model) = log.model(scorer, score) {
                grader.models.entry(model).or_default().insert(response[1].to_owned());
            }
            grader.add(collector, &place, scorer, response, score)?;
        }
        Ok(())
    }

    /// Names the rubrics of the graders, and says what a reader must know of their models and of the labels.
    pub(super) fn finish(self, collected: &mut Collected) {
        let has_references = collected.items.iter().all(|item| item.reference.is_some());
        let unknown = Grader::default();
        collected.set_rubrics(|recording| {
            self.0.get(&recording.source).unwrap_or(&unknown).rubric(recording, has_references)
        });
        // A scorer of which only edits are known is no judge, but its labels need the rubric.
        collected.graders.retain(|recording| !recording.grades.is_empty());
        for (scorer, grader) in self.0.iter().filter(|(_, grader)| grader.models.len() > 1) {
            let asked: Vec<String> = grader
                .models
                .iter()
                .map(|(model, systems)| {
                    let systems: Vec<&str> = systems.iter().map(String::as_str).collect();
                    format!("{model} graded {}", listed(&systems))
                })
                .collect();
            collected.notices.push(format!(
                "{scorer} is not the same model everywhere: {}; a difference between the systems may be one between \
                 their graders",
                asked.join(", ")
            ));
        }
        collected.labels_are_corrections = !collected.grade_labels.is_empty();
        for labels in &collected.grade_labels {
            let edits = counted(
                labels.lines.len() as u64,
                "label is an edit of a score",
                "labels are edits of scores",
            );
            collected.notices.push(format!(
                "{}: {edits}. People edit the scores that they find wrong, so agreement with these labels does not say \
                 how often the grader is right: have people grade responses that were drawn at random",
                labels.path()
            ));
        }
    }
}

impl Grader {
    fn add(
        &mut self,
        collector: &mut Collector,
        place: &str,
        scorer: &str,
        response: [&str; 2],
        score: &Value,
    ) -> Result<()> {
        let history = score.get("history").and_then(Value::as_array);
        let history = history.map_or(&[][..], Vec::as_slice);
        let author = |edit: &Value| {
            edit.pointer("/provenance/author").and_then(Value::as_str).map(ToOwned::to_owned)
        };
        let is_changed = |edit: &Value| edit.get("value").is_some_and(|value| value != "UNCHANGED");
        let mut edits =
            history.iter().rev().filter(|edit| author(edit).is_some() && is_changed(edit));
        let edit = edits.next();
        edits.for_each(|_| collector.notice(REPLACED, place));
        let original = match (edit, history.first()) {
            (None, _) => Some(score),
            (Some(_), Some(first)) if author(first).is_none() => Some(first),
            (Some(_), _) => None,
        };
        match original {
            None => collector.notice(ORIGINAL_UNKNOWN, place),
            Some(original) => {
                let text = |field: &str| {
                    let text = original.get(field).and_then(Value::as_str);
                    text.filter(|text| !text.is_empty() && *text != "UNCHANGED")
                        .map(ToOwned::to_owned)
                };
                let explanation = text("explanation");
                let has_no_grade = explanation
                    .as_deref()
                    .is_some_and(|text| text.starts_with("Grade not found in model output"));
                let value = original.get("value").unwrap_or(&Value::Null);
                // A score that is not a number stands for none, and is written as `NaN`.
                if has_no_grade || value.is_null() {
                    collector.notice(NOT_FOUND, place);
                    collector.grade(place, scorer, response, None, explanation)?;
                } else if let Some(grade) = self.grade(collector, place, value) {
                    collector.grade(place, scorer, response, Some(grade), explanation)?;
                } else {
                    collector.notice(OTHER_VALUE, place);
                }
            }
        }
        let Some((edit, annotator)) = edit.and_then(|edit| Some((edit, author(edit)?))) else {
            return Ok(());
        };
        let value = score.get("value").unwrap_or(&Value::Null);
        let Some(grade) = self.grade(collector, place, value) else {
            collector.notice(OTHER_VALUE, place);
            return Ok(());
        };
        let note = edit.pointer("/provenance/reason").and_then(Value::as_str);
        let note = note.filter(|note| !note.is_empty()).map(ToOwned::to_owned);
        let [id, system] = response.map(ToOwned::to_owned);
        collector.grade_label(
            place,
            Some(scorer),
            GradeLabelLine { id, annotator, system, grade, note },
        )
    }

    /// Returns the name of the grade that a value stands for, as Inspect reads values; `None` for one that is no grade.
    fn grade(&mut self, collector: &mut Collector, place: &str, value: &Value) -> Option<String> {
        let word = match value {
            Value::String(word) => word.clone(),
            Value::Bool(true) => "C".to_owned(),
            Value::Bool(false) => "I".to_owned(),
            Value::Number(number) => match number.as_f64() {
                Some(1.0) => "C".to_owned(),
                Some(0.5) => "P".to_owned(),
                Some(0.0) => "I".to_owned(),
                _ => return None,
            },
            _ => return None,
        };
        if word == "N" {
            collector.notice(NO_ANSWER, place);
            self.cannot_assess = true;
            return Some(Grade::CANNOT_ASSESS.to_owned());
        }
        let (value, name) = STEPS.iter().find(|(value, _)| *value == word)?;
        self.has_partial |= *value == "P";
        Some((*name).to_owned())
    }

    fn rubric(&self, grader: &GradeRecording, has_references: bool) -> GradeRubric {
        let (description, note) = match short(&grader.source).trim_end_matches(char::is_numeric) {
            "model_graded_qa" if has_references => {
                ("Does the response meet the criterion that the reference states?", None)
            }
            "model_graded_fact" if has_references => {
                ("Does the response contain the content of the reference?", None)
            }
            _ => (
                "Is the response correct?",
                Some(
                    "Before another judge is asked, write into `description` what the scorer asks: the log does not \
                      say it, or not of every sample.",
                ),
            ),
        };
        let steps = STEPS.iter().filter(|(value, _)| *value != "P" || self.has_partial);
        GradeRubric {
            name: format!("graded-{}", grader.judge),
            note,
            description: description.to_owned(),
            steps: steps.map(|(_, name)| (*name).to_owned()).collect(),
            pass_from: Some(STEPS[2].1.to_owned()),
            cannot_assess: self.cannot_assess,
            shows_reference: has_references,
        }
    }
}
