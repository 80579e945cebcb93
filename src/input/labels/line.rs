//! One line of a label file: a form that is not filled in, an answer, or the withdrawal of one.
//!
//! Lines are only ever added to a file while people label. A line without an answer says what somebody is to be asked;
//! the line of the answer follows later and repeats what it answers. [`Labels`](super::Labels) follows from all of
//! them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Identifies a comparison: the number of its item among the known ones, and the two systems in byte order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ComparisonKey {
    pub(crate) item: u32,
    pub(crate) between: [Arc<str>; 2],
}

impl ComparisonKey {
    /// Returns the key of a single response, which is that of a comparison whose second system has no name.
    pub(crate) fn of_response(item: u32, system: &Arc<str>) -> Self {
        Self { item, between: [Arc::clone(system), Arc::default()] }
    }

    /// Returns whether it is the key of a single response.
    pub(crate) fn is_response(&self) -> bool {
        self.between[1].is_empty()
    }
}

/// One line of a label file.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelLine {
    /// The id of the item.
    pub id: Arc<str>,
    /// The annotator; empty in a form that anybody may fill in.
    pub annotator: Arc<str>,
    /// The two systems, in byte order of their names.
    pub between: [Arc<str>; 2],
    /// The probability with which the comparison was drawn for labelling, in `(0, 1]`; `None` if unknown.
    pub probability: Option<f64>,
    /// What the annotator is asked.
    pub task: LabelTask,
    /// What the annotator answered.
    pub answer: LabelAnswer,
    /// How the answer was given.
    pub details: LabelDetails,
}

/// What an annotator is asked about a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LabelTask {
    /// Which response is better.
    Compare,
    /// The same question again, which shows how often the annotator gives the same answer. The answer is not a label.
    Repeat,
    /// Which of two copies of the response of this system is better, which shows whether the annotator prefers a side. The
    /// answer is not a label.
    Equal(Arc<str>),
    /// To decide a comparison on which others disagree.
    Adjudicate(Disagreement),
}

/// Who disagreed about a comparison or a response before it was adjudicated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Disagreement {
    /// Annotators with each other.
    People,
    /// The judge with the annotators, who agreed.
    Judge,
}

/// What an annotator answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelAnswer {
    /// Nothing yet: the form is not filled in.
    Blank,
    /// This system, or neither of the two.
    Winner(Option<Arc<str>>),
    /// Of two copies of one response, the one on this side.
    Side(LabelSide),
    /// The annotator did not want to choose.
    Skipped(SkipReason),
    /// The last answer to the same task is withdrawn.
    Undone,
}

/// A side of the screen, where the answer is no system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelSide {
    /// The response on the left.
    Left,
    /// The response on the right.
    Right,
    /// Neither.
    Tie,
}

/// Why an annotator skipped a comparison or a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// The prompt or a response cannot be understood.
    Unclear,
    /// Neither response is acceptable.
    BothWrong,
    /// It takes knowledge that the annotator does not have.
    CannotJudge,
}

/// How an answer was given: everything but the choice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelDetails {
    /// The system whose response was on the left.
    pub left: Option<Arc<str>>,
    /// How long the annotator looked at the comparison, in seconds: at least 0.
    pub seconds: Option<f64>,
    /// When the answer was given, as RFC 3339 in UTC.
    pub at: Option<String>,
    /// Whether the annotator finds both responses acceptable, whichever is better; `None` if that was not asked.
    pub both_acceptable: Option<bool>,
    /// The system that is better by each criterion of the rubric, or `None` for neither.
    pub criteria: BTreeMap<String, Option<Arc<str>>>,
    /// A remark of the annotator.
    pub note: Option<String>,
}

/// Returns a word of an answer such that upper and lower case are the same, as are spaces, underscores and hyphens.
pub(crate) fn normal_word(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace([' ', '_'], "-")
}

impl Disagreement {
    pub(crate) const ALL: [Self; 2] = [Self::People, Self::Judge];

    /// Returns the word for it in a label file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Judge => "judge",
        }
    }
}

impl LabelSide {
    /// Returns the word for it in a label file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Tie => "tie",
        }
    }
}

impl SkipReason {
    /// All reasons, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Unclear, Self::BothWrong, Self::CannotJudge];
    /// The reasons for which a single response can be skipped, in the order in which they are offered.
    pub const OF_RESPONSE: [Self; 2] = [Self::Unclear, Self::CannotJudge];

    /// Returns which of these reasons a word of an answer is, which may begin with `skip`.
    pub(crate) fn named(word: &str, reasons: &[Self]) -> Option<Self> {
        let word = normal_word(word);
        let word =
            word.strip_prefix("skip").map_or(&*word, |rest| rest.trim_start_matches([':', '-']));
        reasons.iter().find(|reason| reason.as_str() == word).copied()
    }

    /// Returns the word for it in a label file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unclear => "unclear",
            Self::BothWrong => "both-wrong",
            Self::CannotJudge => "cannot-judge",
        }
    }
}

impl LabelLine {
    /// Returns a form that is not filled in.
    pub fn blank(
        id: Arc<str>,
        annotator: Arc<str>,
        between: [Arc<str>; 2],
        probability: Option<f64>,
        task: LabelTask,
    ) -> Self {
        let (answer, details) = (LabelAnswer::Blank, LabelDetails::default());
        Self { id, annotator, between, probability, task, answer, details }
    }

    /// Returns the line as JSON, in which fields without a value are left out; `winner` is always there.
    pub fn to_json(&self) -> Value {
        let mut line = Map::new();
        let mut add = |field: &str, value: Value| {
            line.insert(field.to_owned(), value);
        };
        let name = |system: &Option<Arc<str>>| json!(system.as_deref().unwrap_or("tie"));
        add("id", json!(*self.id));
        add("annotator", json!(*self.annotator));
        add("between", json!(self.between.each_ref().map(|system| &**system)));
        let winner = match &self.answer {
            LabelAnswer::Winner(winner) => name(winner),
            _ => Value::Null,
        };
        add("winner", winner);
        if let Some(probability) = self.probability {
            add("probability", json!(probability));
        }
        match &self.task {
            LabelTask::Compare => {}
            LabelTask::Repeat => add("repeat", json!(true)),
            LabelTask::Equal(system) => add("equal", json!(**system)),
            LabelTask::Adjudicate(why) => add("adjudicated", json!(why.as_str())),
        }
        match &self.answer {
            LabelAnswer::Side(side) => add("choice", json!(side.as_str())),
            LabelAnswer::Skipped(reason) => add("skipped", json!(reason.as_str())),
            LabelAnswer::Undone => add("undone", json!(true)),
            LabelAnswer::Blank | LabelAnswer::Winner(_) => {}
        }
        let LabelDetails { left, seconds, at, both_acceptable, criteria, note } = &self.details;
        if let Some(left) = left {
            add("left", json!(**left));
        }
        if let Some(seconds) = seconds {
            add("seconds", json!(seconds));
        }
        if let Some(at) = at {
            add("at", json!(at));
        }
        if let Some(both) = both_acceptable {
            add("both_acceptable", json!(both));
        }
        if !criteria.is_empty() {
            let criteria =
                criteria.iter().map(|(criterion, winner)| (criterion.clone(), name(winner)));
            add("criteria", Value::Object(criteria.collect()));
        }
        if let Some(note) = note {
            add("note", json!(note));
        }
        Value::Object(line)
    }
}
