//! What an answer of another program is about.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::input::{Disagreement, LabelTask};

/// How many hexadecimal digits of a form's digest a reference has.
const DIGITS: usize = 16;

/// A place in the form of an annotator: `DIGEST/ANNOTATOR/PLACE`, where special characters of the name are `%XX`.
///
/// It says nothing of systems, so that it can be shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskReference {
    /// The first 16 hexadecimal digits of the form's digest.
    pub form: String,
    /// The annotator; empty in a form that anybody may fill in.
    pub annotator: String,
    /// The place in the form, counted from 0.
    pub place: usize,
}

/// What an answer of another program is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForeignTask {
    /// A place in a form.
    Form(TaskReference),
    /// A comparison by the names of its systems.
    Systems {
        /// The id of the item.
        id: String,
        /// The two systems, in byte order.
        between: [String; 2],
        /// The systems on the left and on the right: the same one twice where both sides showed one response.
        sides: [String; 2],
        /// What was asked.
        task: LabelTask,
        /// Who was asked, if it is said.
        annotator: Option<String>,
    },
    /// A single response by the name of its system.
    Response {
        /// The id of the item.
        id: String,
        /// The system that gave the response.
        system: String,
        /// What was asked.
        task: LabelTask,
        /// Who was asked, if it is said.
        annotator: Option<String>,
    },
}

impl TaskReference {
    /// Returns the reference to a place in a form with this digest.
    pub fn new(form: &[u8; 32], annotator: &str, place: usize) -> Self {
        Self { form: digits_of(form), annotator: annotator.to_owned(), place }
    }

    /// Returns whether the reference is to a form with this digest.
    pub fn is_of(&self, form: &[u8; 32]) -> bool {
        self.form == digits_of(form)
    }

    /// Reads a reference; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (form, rest) = text.trim().split_once('/')?;
        let (annotator, place) = rest.rsplit_once('/')?;
        let is_hex = form.len() == DIGITS
            && form.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_number = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit());
        if !is_hex || !is_number {
            return None;
        }
        let annotator = decoded(annotator)?;
        Some(Self { form: form.to_owned(), annotator, place: place.parse().ok()? })
    }
}

impl std::fmt::Display for TaskReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.form, encoded(&self.annotator), self.place)
    }
}

impl ForeignTask {
    /// Returns the task that the fields of a record name; `None` if they name none. Where `own_id` is false, `id` is a
    /// number of the other program.
    pub(super) fn of(fields: &Map<String, Value>, own_id: bool) -> Option<Self> {
        let text = |field: &str| match fields.get(field)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        if let Some(reference) = text("evenhand").as_deref().and_then(TaskReference::parse) {
            return Some(Self::Form(reference));
        }
        let id = text("item_id").or_else(|| text("id").filter(|_| own_id))?;
        let annotator = text("annotator");
        let asked = match text("adjudicated").as_deref() {
            Some("people") => LabelTask::Adjudicate(Disagreement::People),
            Some("judge") => LabelTask::Adjudicate(Disagreement::Judge),
            _ if fields.get("repeat") == Some(&Value::Bool(true)) => LabelTask::Repeat,
            _ => LabelTask::Compare,
        };
        let Some((left, right)) = text("left_system").zip(text("right_system")) else {
            return Some(Self::Response { id, system: text("system")?, task: asked, annotator });
        };
        let other = text("other_system");
        let task = match (asked, &other) {
            (LabelTask::Compare | LabelTask::Repeat, Some(_)) => {
                LabelTask::Equal(left.as_str().into())
            }
            (asked, _) => asked,
        };
        let mut between = [left.clone(), other.unwrap_or_else(|| right.clone())];
        between.sort();
        Some(Self::Systems { id, between, sides: [left, right], task, annotator })
    }

    /// Returns the systems on the left and on the right, where they are named.
    pub(super) fn systems(&self) -> Option<[&str; 2]> {
        match self {
            Self::Form(_) | Self::Response { .. } => None,
            Self::Systems { sides, .. } => Some(sides.each_ref().map(String::as_str)),
        }
    }
}

fn digits_of(form: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*form).to_hex()[..DIGITS].to_owned()
}

fn encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn decoded(name: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(name.len()), name.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
