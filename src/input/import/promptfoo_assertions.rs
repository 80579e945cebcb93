//! What the assertions of promptfoo say about one output: the grades of models, the rating of a person, and which of
//! several outputs is best.
//!
//! `gradingResult.componentResults` has one result for each assertion: `pass`, a `reason`, and the `assertion` with its
//! `type` and `metric`. A model's `pass` is a grade. What a rule decides is none. A person's rating is a result of the type
//! `human`.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::collected::Collector;
use super::graded::{GradeRecording, GradeRubric};
use crate::error::{Error, Result};
use crate::input::jsonl::kind_of;

/// Begins the type of an assertion that passes where the one without it fails.
const NEGATION: &str = "not-";

/// The types of assertions that ask a model about one output, without [`NEGATION`].
const MODEL_GRADED: [&str; 15] = [
    "agent-rubric",
    "answer-relevance",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "conversation-relevance",
    "factuality",
    "g-eval",
    "llm-rubric",
    "model-graded-closedqa",
    "model-graded-factuality",
    "pi",
    "search-rubric",
    "trajectory:goal-success",
    "video-rubric",
];

/// The beginning of the types that ask a model about attacks.
const RED_TEAM: &str = "promptfoo:redteam:";

/// Those whose value is the criterion by which the model graded.
const BY_CRITERION: [&str; 5] =
    ["agent-rubric", "g-eval", "llm-rubric", "model-graded-closedqa", "search-rubric"];

/// Those whose value is the answer that the output was held against.
const BY_REFERENCE: [&str; 2] = ["factuality", "model-graded-factuality"];

const CHECKED_BY_RULES: (&str, &str) = (
    "output was checked by rules such as `contains`, not by a model; these results are not imported",
    "outputs were checked by rules such as `contains`, not by a model; these results are not imported",
);
const RATED_AS_A_WHOLE: (&str, &str) = (
    "output with several checks was rated by a person as a whole: a judge that was asked for one assertion may be right where it differs from the rating",
    "outputs with several checks were rated by a person as a whole: a judge that was asked for one assertion may be right where it differs from the rating",
);
const GRADER_FAILED: (&str, &str) = (
    "grade is missing, because the grader failed or its reply could not be read; it is recorded as an unreadable reply",
    "grades are missing, because the grader failed or its reply could not be read; they are recorded as unreadable replies",
);

/// What was said about one output.
#[derive(Default)]
pub(super) struct Assessed {
    /// Whether `select-best` chose it, and what the judge said.
    pub(super) best: Option<(bool, Option<String>)>,
    pub(super) grades: Vec<Graded>,
    pub(super) rating: Option<Rating>,
}

/// The grade of a model.
pub(super) struct Graded {
    /// The metric, or the type of the assertion; numbered where an output has several.
    pub(super) judge: String,
    /// Whether it passes; `None` where the grader failed.
    pub(super) pass: Option<bool>,
    pub(super) reason: Option<String>,
}

/// The rating of a person.
pub(super) struct Rating {
    pub(super) pass: bool,
    pub(super) comment: Option<String>,
}

/// The names of the steps.
pub(super) fn step(pass: bool) -> &'static str {
    if pass { "pass" } else { "fail" }
}

/// What each judge was asked, by its name, where it is the same about every output.
#[derive(Default)]
pub(super) struct Questions(HashMap<String, Question>);

/// What a judge was asked.
#[derive(Clone, PartialEq)]
enum Question {
    /// Whether an output meets this criterion or, if it is negated, does not meet it.
    Criterion { text: String, is_negated: bool },
    /// Whether it says the same as the reference.
    Reference,
    /// Something that is not known, or differs by test.
    Unknown,
}

impl Questions {
    fn add(&mut self, judge: &str, kind: &str, value: Option<&Value>) {
        let (kind, is_negated) = match kind.strip_prefix(NEGATION) {
            Some(kind) => (kind, true),
            None => (kind, false),
        };
        let criterion = || {
            let text = match value? {
                Value::String(text) => text.clone(),
                Value::Array(list) => {
                    let texts = list.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
                    texts.join("; ")
                }
                _ => return None,
            };
            // A variable in it is another text in each test.
            (!text.trim().is_empty() && !text.contains("{{"))
                .then_some(Question::Criterion { text, is_negated })
        };
        let question = if BY_REFERENCE.contains(&kind) && !is_negated {
            Question::Reference
        } else {
            criterion().filter(|_| BY_CRITERION.contains(&kind)).unwrap_or(Question::Unknown)
        };
        let known = self.0.entry(judge.to_owned()).or_insert_with(|| question.clone());
        if *known != question {
            *known = Question::Unknown;
        }
    }

    /// Returns the rubric of a judge; `has_references` says whether every item has one.
    pub(super) fn rubric(&self, grader: &GradeRecording, has_references: bool) -> GradeRubric {
        let question = self.0.get(&grader.source).unwrap_or(&Question::Unknown);
        let (description, note) = match question {
            Question::Criterion { text, is_negated: true } => {
                (format!("Does the response not meet this criterion? {text}"), None)
            }
            Question::Criterion { text, is_negated: false } => {
                (format!("Does the response meet this criterion? {text}"), None)
            }
            Question::Reference if has_references => {
                ("Is the response right, held against the reference?".to_owned(), None)
            }
            Question::Reference | Question::Unknown => (
                format!("Does the response pass the assertion `{}`?", grader.source),
                Some(
                    "Before another judge is asked, write into `description` what the assertion asks: it differs by \
                      test, or the results do not say it.",
                ),
            ),
        };
        GradeRubric {
            name: format!("graded-{}", grader.judge),
            note,
            description,
            steps: steps(),
            pass_from: Some(step(true).to_owned()),
            cannot_assess: false,
            shows_reference: *question == Question::Reference && has_references,
        }
    }
}

/// Returns the rubric of ratings where no model graded an output.
pub(super) fn rubric_of_ratings() -> GradeRubric {
    GradeRubric {
        name: "graded".to_owned(),
        note: Some(
            "Before a judge is asked, write into `description` what makes an output good: the ratings do not say it.",
        ),
        description: "Is the response good?".to_owned(),
        steps: steps(),
        pass_from: Some(step(true).to_owned()),
        cannot_assess: false,
        shows_reference: false,
    }
}

fn steps() -> Vec<String> {
    [false, true].map(|pass| step(pass).to_owned()).into()
}

/// Reads the results of the assertions about one output.
///
/// # Errors
///
/// The grade of a model or a person does not say whether the output passes.
pub(super) fn read(
    collector: &mut Collector,
    questions: &mut Questions,
    place: &str,
    grading: Option<&Value>,
) -> Result<Assessed> {
    let mut assessed = Assessed::default();
    let Some(grading) = grading else { return Ok(assessed) };
    let components = grading.get("componentResults").and_then(Value::as_array);
    let components = components.map_or(&[][..], Vec::as_slice);
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut has_rules = false;
    for (at, component) in components.iter().enumerate() {
        // The result of a set of assertions has no assertion of its own; those of its members follow it.
        let assertion = component.get("assertion");
        let Some(kind) = assertion.and_then(|one| one.get("type")).and_then(Value::as_str) else {
            continue;
        };
        let text =
            |field: &str| component.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
        let pass = || {
            match component.get("pass") {
            Some(Value::Bool(pass)) => Ok(*pass),
            found => Err(Error::input(format!(
                "{place}.gradingResult.componentResults[{at}].pass: expected true or false, found {}",
                found.map_or("nothing", kind_of)
            ))
            .hint("export the results again: promptfoo export eval ID -o results.json")),
        }
        };
        if kind == "select-best" {
            assessed.best =
                Some((component.get("pass") == Some(&Value::Bool(true)), text("reason")));
        } else if kind == "human" {
            let comment = text("comment")
                .or_else(|| grading.get("comment").and_then(Value::as_str).map(ToOwned::to_owned));
            let comment = comment.filter(|comment| !comment.trim().is_empty());
            assessed.rating = Some(Rating { pass: pass()?, comment });
        } else if is_model_graded(kind) {
            let metric = assertion.and_then(|one| one.get("metric")).and_then(Value::as_str);
            let name = metric.filter(|metric| !metric.trim().is_empty()).unwrap_or(kind);
            let number = numbers.entry(name.to_owned()).or_default();
            *number += 1;
            let judge = if *number == 1 { name.to_owned() } else { format!("{name} {number}") };
            questions.add(&judge, kind, assertion.and_then(|one| one.get("value")));
            let pass = if has_failed(component) {
                collector.notice(GRADER_FAILED, place);
                None
            } else {
                Some(pass()?)
            };
            assessed.grades.push(Graded { judge, pass, reason: text("reason") });
        } else {
            has_rules = true;
        }
    }
    if has_rules {
        collector.notice(CHECKED_BY_RULES, place);
    }
    let has_several = assessed.grades.len() + usize::from(has_rules) > 1;
    if assessed.rating.is_some() && !assessed.grades.is_empty() && has_several {
        collector.notice(RATED_AS_A_WHOLE, place);
    }
    Ok(assessed)
}

fn is_model_graded(kind: &str) -> bool {
    let kind = kind.strip_prefix(NEGATION).unwrap_or(kind);
    MODEL_GRADED.contains(&kind) || kind.starts_with(RED_TEAM)
}

/// Returns whether there is no decision of the model, for which promptfoo writes that the output failed. Versions before
/// `graderError` say so in the reason alone.
fn has_failed(component: &Value) -> bool {
    if let Some(failed) = component.pointer("/metadata/graderError").and_then(Value::as_bool) {
        return failed;
    }
    let reason = component.get("reason").and_then(Value::as_str).unwrap_or_default();
    component.get("pass") == Some(&Value::Bool(false))
        && (reason.starts_with("Could not extract JSON from ")
            || reason.contains(" produced malformed response"))
}
