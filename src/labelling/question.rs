//! What people are asked about every comparison or response, in the words that the judge gets.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::Error;
use crate::input::{LoadedRubric, Rubric, Scale};
use crate::prompt::Prompt;

/// The question where no rubric asks one.
const WITHOUT_RUBRIC: &str = "Which response is better?";

/// What people are asked about every comparison, or about every response that is graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Question {
    /// The question, in one sentence.
    pub text: String,
    /// The aspects that people may decide one by one, in the order in which they are asked.
    pub criteria: Vec<QuestionCriterion>,
    /// Whether the judge may answer "tie". People always may: where the judge is forced to choose, it matters how often
    /// they see no difference.
    pub ties: bool,
    /// The grades that people may give to a response; `None` where two are compared. People may always say that a response
    /// cannot be assessed. As JSON it is `steps`, without what passes: people should not grade towards it.
    #[serde(rename = "steps", serialize_with = "steps", skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
}

/// One aspect of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QuestionCriterion {
    /// The name.
    pub name: String,
    /// What is asked, in one sentence.
    pub description: String,
    /// What a response of a grade is like in this aspect, by the name of the step; of some steps, or none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, String>,
}

#[expect(clippy::ref_option, reason = "the signature that serde requires")]
fn steps<S: Serializer>(scale: &Option<Scale>, serializer: S) -> Result<S::Ok, S::Error> {
    scale.as_ref().map(|scale| &scale.steps).serialize(serializer)
}

impl Question {
    /// Returns the question of a rubric, or a general one.
    pub(super) fn of(rubric: Option<&Rubric>) -> Self {
        let Some(rubric) = rubric else {
            let (text, criteria) = (WITHOUT_RUBRIC.to_owned(), Vec::new());
            return Self { text, criteria, ties: true, scale: None };
        };
        let criteria = rubric.criteria.iter().map(|criterion| QuestionCriterion {
            name: criterion.name.clone(),
            description: criterion.description.clone(),
            steps: criterion.steps.clone(),
        });
        Self {
            text: rubric.description.clone(),
            criteria: criteria.collect(),
            ties: rubric.ties,
            scale: rubric.scale.clone(),
        }
    }
}

/// Which fields of an item are shown beside its prompt and the responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShownFields {
    pub(super) reference: bool,
    pub(super) context: bool,
}

impl ShownFields {
    /// Returns the fields that the judge's prompt shows, so that people see what the judge sees; all of them where there
    /// is no rubric.
    ///
    /// # Errors
    ///
    /// The prompt does not compile.
    pub(super) fn of(rubric: Option<&LoadedRubric>) -> crate::Result<Self> {
        let Some(rubric) = rubric else { return Ok(Self { reference: true, context: true }) };
        let fields = Prompt::compile(rubric)?.used_fields()?;
        let uses = |field: &str| {
            fields.iter().any(|one| match one.path.as_slice() {
                [item] => item == "item",
                [item, name, ..] => item == "item" && name == field,
                [] => false,
            })
        };
        Ok(Self { reference: uses("reference"), context: uses("context") })
    }
}

/// Returns the error about a criterion that the question does not have.
pub(super) fn unknown_criterion(question: &Question, name: &str) -> Error {
    let error = Error::input(format!("criteria.{name}: the question has no such criterion"));
    let names: Vec<&str> =
        question.criteria.iter().map(|criterion| criterion.name.as_str()).collect();
    if names.is_empty() {
        error.hint("it has no criteria: leave them out")
    } else {
        error.hint(format!("its criteria are: {}", names.join(", ")))
    }
}
