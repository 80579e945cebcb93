//! Imports public data sets with human labels, in the layouts of their authors, as items, labels and recorded
//! replies.
//!
//! Nothing is downloaded. Unusual entries of a published file are counted and reported; an entry that
//! contradicts the layout is an error that names the entry. The result is a list of files with their contents,
//! the same for the same input, so that it can be compared with an existing folder before anything is written.

mod folder;
mod llmbar;
mod pandalm;
mod published;

use std::path::PathBuf;

use serde::Serialize;

use super::items::Item;
use super::recording::RecordedReply;
use crate::error::{Error, Result};

pub use folder::write_imported;

/// A public data set whose layout is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishedSet {
    /// `LLMBar`: instructions with two outputs and one gold label, and results of judges in both orders.
    Llmbar,
    /// `PandaLM`: instructions with two responses, labels of three annotators, and results of judges in one order.
    Pandalm,
}

/// A judge whose replies were recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportedJudge {
    /// Its name in the settings.
    pub name: String,
    /// The name of the rubric that reads its replies.
    pub rubric: &'static str,
    /// The number of replies; both orders are counted.
    pub replies: usize,
}

/// The files of an imported data set, and what they contain.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Imported {
    /// The path of each file relative to the folder, with `/`, and its text.
    pub files: Vec<(String, String)>,
    /// The number of items.
    pub items: usize,
    /// The number of labels.
    pub labels: usize,
    /// The judges whose replies were recorded, in the order of their files.
    pub judges: Vec<ImportedJudge>,
    /// Whether the judges were asked in both orders; verdicts need both.
    pub both_orders: bool,
    /// The name of the rubric with which a new judge can be asked.
    pub rubric: &'static str,
    /// One sentence for each kind of unusual entry, with its count.
    pub notices: Vec<String>,
}

/// The contents of a data set, before they are written to files.
#[derive(Debug)]
struct Collected {
    items: Vec<Item>,
    labels: Vec<LabelLine>,
    judges: Vec<Recording>,
    notices: Vec<String>,
}

/// One line of the label file.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct LabelLine {
    id: String,
    annotator: String,
    winner: &'static str,
}

/// The replies of one judge.
#[derive(Debug)]
struct Recording {
    judge: String,
    rubric: &'static str,
    replies: Vec<RecordedReply>,
}

/// Reads published files of one data set; the kind of each file is recognised by its contents.
///
/// # Errors
///
/// A file cannot be read or has another layout, a field of an entry is missing, of the wrong type or out of
/// range, an entry or a file is repeated, or results do not belong to the data.
pub fn import_published(set: PublishedSet, paths: &[PathBuf]) -> Result<Imported> {
    let (collected, rubric, extras, both_orders) = match set {
        PublishedSet::Llmbar => (llmbar::collect(paths)?, llmbar::RUBRIC, llmbar::EXTRAS, true),
        PublishedSet::Pandalm => {
            (pandalm::collect(paths)?, pandalm::RUBRIC, pandalm::EXTRAS, false)
        }
    };
    let mut notices = collected.notices;
    let mut files = vec![
        ("items.jsonl".to_owned(), lines(&collected.items)?),
        ("labels.jsonl".to_owned(), lines(&collected.labels)?),
    ];
    let mut judges = Vec::new();
    for recording in collected.judges {
        let Recording { judge, rubric, replies } = recording;
        let orders = if both_orders { 2 } else { 1 };
        let answered = replies.len() / orders;
        if answered < collected.items.len() {
            let all = collected.items.len();
            notices.push(format!(
                "{judge} has replies to {answered} of {all} items; the other items will stay pending"
            ));
        }
        files.push((format!("replies/{judge}.jsonl"), lines(&replies)?));
        judges.push(ImportedJudge { name: judge, rubric, replies: replies.len() });
    }
    if !judges.is_empty() {
        files.push(("evenhand.toml".to_owned(), settings(&judges)));
    }
    files.extend(extras.iter().map(|file| (file.path.to_owned(), file.text.to_owned())));
    Ok(Imported {
        files,
        items: collected.items.len(),
        labels: collected.labels.len(),
        judges,
        both_orders,
        rubric,
        notices,
    })
}

/// Returns the text of a settings file with every recorded judge.
fn settings(judges: &[ImportedJudge]) -> String {
    let head = "# Judges that replay recorded replies: no API key, no network.\n".to_owned();
    let table = |ImportedJudge { name, rubric, .. }: &ImportedJudge| {
        format!(
            "\n[judges.\"{name}\"]    # --rubric {rubric}\nrecorded = \"replies/{name}.jsonl\"\n"
        )
    };
    std::iter::once(head).chain(judges.iter().map(table)).collect::<Vec<_>>().concat()
}

/// Returns the values as JSONL.
fn lines<T: Serialize>(values: &[T]) -> Result<String> {
    let mut text = String::new();
    for value in values {
        let line = serde_json::to_string(value)
            .map_err(|error| Error::internal(format!("cannot write a line of JSON: {error}")))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// Returns a judge's name made of `text` that is valid as a file name and in the settings; `None` if it is
/// reserved or does not begin with a letter or digit.
fn judge_name(text: &str) -> Option<String> {
    let replace = |char: char| match char {
        'a'..='z' | '0'..='9' | '-' | '.' => char,
        _ => '-',
    };
    let name: String = text.to_ascii_lowercase().chars().map(replace).collect();
    let valid = name.starts_with(|char: char| char.is_ascii_alphanumeric());
    (valid && name != "all" && name != "jury").then_some(name)
}

/// Returns two responses by system: `a` is the one that is published first, `b` the second.
fn responses(first: String, second: String) -> std::collections::BTreeMap<String, super::Content> {
    let text = super::Content::Text;
    [("a".to_owned(), text(first)), ("b".to_owned(), text(second))].into()
}
