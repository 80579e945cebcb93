//! Rubrics: what "better" or "good" means, which prompt asks for it, and how votes and grades are read from replies.
//!
//! A rubric either compares two responses or grades single ones on a [`Scale`].

mod known_steps;
mod load;
mod parse;
mod scale;
mod step_table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::error::Warning;

pub(in crate::input) use known_steps::KnownSteps;
pub use load::load_rubric;
pub(super) use load::neighbours;
pub(crate) use parse::parse_stored_rubric;
pub use scale::{Grade, Scale, Step};
pub(in crate::input) use scale::{MOST_STEPS, is_cannot_assess, scale_of};

/// One named aspect of a rubric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Criterion {
    /// The name, as replies write it.
    pub name: String,
    /// What is asked, in one sentence.
    pub description: String,
    /// How much it counts where the grade of a response is computed from those on its criteria; from 10⁻⁶ to 10⁶.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// What a response of a grade is like in this aspect, by the name of the step; of some steps, or none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, String>,
}

impl Criterion {
    /// Returns a criterion without a weight.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        let (name, description) = (name.into(), description.into());
        Self { name, description, weight: None, steps: BTreeMap::new() }
    }
}

/// Which vote counts if a reply contains more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// The one that starts first.
    First,
    /// The one that starts last.
    #[default]
    Last,
    /// The common one if all matches are the same vote; otherwise the reply is unreadable.
    Only,
}

/// How a vote is written in a reply.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ReplyFormat {
    /// One JSON object with `reasoning`, `criteria`, and `vote` or `grade`.
    Json {
        /// Which object counts if there are several.
        take: Take,
    },
    /// One regular expression per vote, searched in the reply.
    Pattern {
        /// Votes for the response shown first.
        first: Regex,
        /// Votes for the response shown second.
        second: Regex,
        /// Votes for a tie.
        tie: Option<Regex>,
        /// Which match counts if there are several.
        take: Take,
    },
    /// One regular expression, searched in the reply, whose first group is the name of a grade.
    GradePattern {
        /// The expression.
        grade: Regex,
        /// Which match counts if there are several.
        take: Take,
    },
    /// The more likely of two answers of one token each, by log-probability.
    Logprobs {
        /// Votes for the response shown first.
        first: String,
        /// Votes for the response shown second.
        second: String,
    },
}

impl ReplyFormat {
    /// Returns the name of the format in a rubric.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json { .. } => "json",
            Self::Pattern { .. } | Self::GradePattern { .. } => "pattern",
            Self::Logprobs { .. } => "logprobs",
        }
    }
}

/// What "better" or "good" means and how a reply is read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rubric {
    /// The name, which appears in reports and in the run file's name.
    pub name: String,
    /// The version, for information only.
    pub version: String,
    /// The question to the judge, in one sentence.
    pub description: String,
    /// Whether the judge may answer "tie"; without a meaning where single responses are graded.
    pub ties: bool,
    /// The named aspects, in the order in which they are asked.
    pub criteria: Vec<Criterion>,
    /// How a vote or a grade is read from a reply.
    pub reply: ReplyFormat,
    /// The grades of single responses; `None` for a rubric that compares two.
    pub scale: Option<Scale>,
}

impl Rubric {
    /// Returns whether the grade of a response is computed from those on its criteria by their weights, and not asked
    /// for: all criteria have a weight then.
    pub fn is_weighted(&self) -> bool {
        self.scale.is_some() && self.criteria.iter().any(|criterion| criterion.weight.is_some())
    }
}

/// The name and text of a prompt template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSource {
    /// The file's name in the prompts folder.
    pub name: String,
    /// The text of the template.
    pub text: String,
}

/// A rubric with the source texts of itself and its prompt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadedRubric {
    /// Where the text is from, for messages: the rubric's file, or the run file that holds it.
    pub path: PathBuf,
    /// The parsed rubric.
    pub rubric: Rubric,
    /// The text of the rubric file.
    pub text: String,
    /// The prompt template that the rubric names, then the other templates of its folder, which it may include.
    pub prompts: Vec<PromptSource>,
    /// The warning about a name that is not that of its file.
    pub warning: Option<Warning>,
}
