//! Public sets with human labels, in the layouts in which their authors published them, turned into
//! items, labels and recordings.
//!
//! Nothing here knows the texts of a set, only its layout, and nothing is downloaded. What is odd in a
//! published file is counted and told; what contradicts its layout is an error that names the entry.
//! The result is a list of files with their texts, the same for the same input, so that it can be
//! compared with what a folder already holds before anything is written.

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

/// A public set whose layout is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedSet {
    /// `LLMBar`: instructions with two outputs, one gold label, results of judges in both orders.
    Llmbar,
    /// `PandaLM`: instructions with two responses, three people each, judges in one order.
    Pandalm,
}

/// A judge whose replies were recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedJudge {
    /// Its name in the settings.
    pub name: String,
    /// The name of the rubric that reads its replies.
    pub rubric: &'static str,
    /// How many replies there are, each order counted.
    pub replies: usize,
}

/// What a folder is to hold, and what is to be said about it.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Each file's path in the folder, with `/`, and its text.
    pub files: Vec<(String, String)>,
    /// How many items there are.
    pub items: usize,
    /// How many labels there are.
    pub labels: usize,
    /// The judges whose replies were recorded, in the order of their files.
    pub judges: Vec<ImportedJudge>,
    /// Whether the replies show each response first once; else evenhand cannot reconcile them.
    pub both_orders: bool,
    /// The name of the rubric that asks for a new judge's opinion.
    pub rubric: &'static str,
    /// One sentence for each kind of oddity, with its count.
    pub notices: Vec<String>,
}

/// What the files of a set say, before it is put into files.
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

/// Reads published files of one set. Which kind each is, is seen from its contents.
///
/// # Errors
///
/// A file cannot be read or has another layout, an entry lacks a field or has one of the wrong type or
/// range, an entry or a file is there twice, or results do not belong to the data.
pub fn import_published(set: PublishedSet, paths: &[PathBuf]) -> Result<Imported> {
    let (collected, extras, both_orders) = match set {
        PublishedSet::Llmbar => (llmbar::collect(paths)?, llmbar::EXTRAS, true),
        PublishedSet::Pandalm => (pandalm::collect(paths)?, pandalm::EXTRAS, false),
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
                "{judge} has replies to {answered} of {all} items; the others would stay pending"
            ));
        }
        files.push((format!("replies/{judge}.jsonl"), lines(&replies)?));
        judges.push(ImportedJudge { name: judge, rubric, replies: replies.len() });
    }
    if !judges.is_empty() {
        files.push(("evenhand.toml".to_owned(), settings(&judges)));
    }
    files.extend(extras.iter().map(|file| (file.path.to_owned(), file.text.to_owned())));
    let rubric = match set {
        PublishedSet::Llmbar => llmbar::RUBRIC,
        PublishedSet::Pandalm => pandalm::RUBRIC,
    };
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

/// Settings in which every recorded judge is played back.
fn settings(judges: &[ImportedJudge]) -> String {
    let head =
        "# Judges whose replies were recorded, played back: no key, no network.\n".to_owned();
    let table = |ImportedJudge { name, rubric, .. }: &ImportedJudge| {
        format!(
            "\n[judges.\"{name}\"]    # --rubric {rubric}\nrecorded = \"replies/{name}.jsonl\"\n"
        )
    };
    std::iter::once(head).chain(judges.iter().map(table)).collect::<Vec<_>>().concat()
}

/// Writes each value as one line of JSON.
fn lines<T: Serialize>(values: &[T]) -> Result<String> {
    let mut text = String::new();
    for value in values {
        let line = serde_json::to_string(value)
            .map_err(|error| Error::internal(format!("a line of JSON: {error}")))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// Makes a judge's name from a name in the file system, so that it can be a file and a setting.
fn judge_name(text: &str) -> Option<String> {
    let letter = |char: char| match char {
        'a'..='z' | '0'..='9' | '-' | '.' => char,
        _ => '-',
    };
    let name: String = text.to_ascii_lowercase().chars().map(letter).collect();
    let usable = name.starts_with(|char: char| char.is_ascii_alphanumeric());
    (usable && name != "all" && name != "jury").then_some(name)
}

/// Returns the systems' names by position: `a` is published first, `b` second.
fn named(first: String, second: String) -> std::collections::BTreeMap<String, super::Content> {
    let text = super::Content::Text;
    [("a".to_owned(), text(first)), ("b".to_owned(), text(second))].into()
}
