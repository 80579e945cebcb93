//! Prompts and responses: a text, or the turns of a conversation with the calls of tools and their results.
//!
//! A turn has one form, whatever form it was written in (see `read_conversation`). In JSON an absent field is left
//! out, so that a turn without tools is `{"role", "content"}` in run files of every version.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// One turn of the conversation of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The speaker: `system`, `user`, `assistant`, `tool`, …
    pub role: String,
    /// The text of the turn; empty where it only calls tools. For a tool it is the result.
    pub content: String,
    /// The tools that the turn calls, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// The id of the call that this turn is the result of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The name of the speaker; for the result of a tool, the name of the tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A call of a tool by an assistant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The id by which a result refers to the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name of the tool.
    pub name: String,
    /// The arguments: JSON without white space between its tokens, or the text as it was written if that is not
    /// valid JSON. Empty if there are none.
    pub arguments: String,
}

impl Turn {
    /// Returns a turn that only has a text.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            content: content.into(),
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
        }
    }

    /// Returns whether the turn has no text and calls no tool.
    fn is_empty(&self) -> bool {
        self.content.is_empty() && self.tool_calls.is_empty()
    }

    /// Returns every text but the role: the content, then what belongs to tools, and the name.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let calls = self.tool_calls.iter().flat_map(|call| {
            call.id.as_deref().into_iter().chain([call.name.as_str(), call.arguments.as_str()])
        });
        let content = std::iter::once(self.content.as_str());
        content.chain(calls).chain(self.tool_call_id.as_deref()).chain(self.name.as_deref())
    }

    /// Returns the lines that a reader sees: the content, and the names and the arguments of the calls. What is
    /// empty beside a call is left out.
    fn lines(&self) -> impl Iterator<Item = &str> {
        let calls = self.tool_calls.iter();
        let calls = calls.flat_map(|call| [call.name.as_str(), call.arguments.as_str()]);
        let lines = std::iter::once(self.content.as_str()).chain(calls);
        lines.filter(|line| self.tool_calls.is_empty() || !line.is_empty())
    }

    fn equals_apart_from_ids(&self, other: &Self) -> bool {
        fn visible(turn: &Turn) -> impl Iterator<Item = (&str, &str)> {
            turn.tool_calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str()))
        }
        (&self.role, &self.content, &self.name) == (&other.role, &other.content, &other.name)
            && visible(self).eq(visible(other))
    }
}

/// A prompt or a response: one text, or the turns of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// A single text.
    Text(String),
    /// A conversation of at least one turn.
    Turns(Vec<Turn>),
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Turn>> for Content {
    fn from(turns: Vec<Turn>) -> Self {
        Self::Turns(turns)
    }
}

impl Content {
    /// Returns whether all of its text is empty and no tool is called.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Turns(turns) => turns.iter().all(Turn::is_empty),
        }
    }

    /// Returns the turns; a single text has none.
    pub fn turns(&self) -> &[Turn] {
        match self {
            Self::Text(_) => &[],
            Self::Turns(turns) => turns,
        }
    }

    /// Returns the single text, or the texts of each turn in order: its content, then the ids, names and arguments
    /// of calls, the id of the call that it answers, and its name.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let text = match self {
            Self::Text(text) => Some(text.as_str()),
            Self::Turns(_) => None,
        };
        text.into_iter().chain(self.turns().iter().flat_map(Turn::texts))
    }

    /// Returns the role of each turn; a single text has none.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.turns().iter().map(|turn| turn.role.as_str())
    }

    /// Returns the text that the system itself wrote, without calls of tools and their results.
    ///
    /// Of a conversation these are the texts of the turns of the role `assistant`, joined by line breaks; of all
    /// turns if none has that role.
    pub fn answer(&self) -> Cow<'_, str> {
        let turns = match self {
            Self::Text(text) => return text.into(),
            Self::Turns(turns) => turns,
        };
        let is_own = |turn: &Turn| turn.role == "assistant";
        let any_own = turns.iter().any(is_own);
        let texts = turns.iter().filter(|turn| is_own(turn) || !any_own);
        // A turn that only calls tools has no text, not an empty line.
        let texts = texts.filter(|turn| !turn.content.is_empty() || turn.tool_calls.is_empty());
        texts.map(|turn| turn.content.as_str()).collect::<Vec<_>>().join("\n").into()
    }

    /// Returns the whole text. Of a conversation these are the texts of the turns with the names and arguments of
    /// their calls, joined by line breaks.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Turns(turns) => {
                turns.iter().flat_map(Turn::lines).collect::<Vec<_>>().join("\n").into()
            }
        }
    }

    /// Returns whether two contents are equal apart from the ids of calls, which are random: only which result
    /// belongs to which call counts.
    pub(super) fn equals_apart_from_ids(&self, other: &Self) -> bool {
        let (Self::Turns(one), Self::Turns(two)) = (self, other) else { return self == other };
        one.len() == two.len()
            && one.iter().zip(two).all(|(one, two)| one.equals_apart_from_ids(two))
            && id_numbers(one) == id_numbers(two)
    }
}

/// Returns every place where an id may stand, with the number of the id: ids are numbered as they first occur.
fn id_numbers(turns: &[Turn]) -> Vec<Option<usize>> {
    let mut numbers = HashMap::new();
    let ids = turns.iter().flat_map(|turn| {
        std::iter::once(&turn.tool_call_id).chain(turn.tool_calls.iter().map(|call| &call.id))
    });
    let number = |id: &Option<String>| {
        let next = numbers.len();
        id.clone().map(|id| *numbers.entry(id).or_insert(next))
    };
    ids.map(number).collect()
}
