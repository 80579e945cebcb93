//! `LLMBar`'s layout: `SUBSET/dataset.json` with instructions, two outputs and a gold label, and
//! `SUBSET/evaluators/JUDGE/PROMPT/result.json` with the same data and the judge's replies in both orders.
//!
//! The layout has no ids: an item is identified by its subset and its index in the list, which the results
//! share. Results repeat the data, so they are checked against the dataset, or used in its place if no dataset is
//! given.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::collected::{Collected, JudgeRecording, LabelLine, judge_name, responses};
use super::published::{Entry, PublishedFile, read_published};
use crate::error::{Error, Result};
use crate::input::conversation::Content;
use crate::input::items::Item;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::recording::RecordedReply;
use crate::input::shipped::ShippedFile;

/// The rubric that reads replies which are only an answer.
pub(super) const RUBRIC: &str = "llmbar";
/// The rubric that reads replies with an explanation before the answer.
const RUBRIC_WITH_EXPLANATION: &str = "llmbar-cot";

/// The rubrics that read the published replies, and the prompts that ask for replies of this form.
pub(super) const EXTRAS: &[ShippedFile] = &[
    ShippedFile { path: "rubrics/llmbar.toml", text: include_str!("llmbar.toml") },
    ShippedFile { path: "rubrics/llmbar-cot.toml", text: include_str!("llmbar-cot.toml") },
    ShippedFile { path: "prompts/llmbar.j2", text: include_str!("llmbar.j2") },
    ShippedFile { path: "prompts/llmbar-cot.j2", text: include_str!("llmbar-cot.j2") },
];

/// One subset of the collection: `Natural`, `Neighbor`…
struct Subset {
    name: String,
    source: PathBuf,
    items: Vec<Item>,
    labels: Vec<LabelLine>,
}

/// What the path of a result says about it.
struct ResultPath {
    subset: String,
    judge: String,
    rubric: &'static str,
}

/// Reads datasets and results, in the order given.
pub(super) fn collect(paths: &[PathBuf]) -> Result<Collected> {
    let mut subsets: Vec<Subset> = Vec::new();
    let (mut results, mut pointwise) = (Vec::new(), Vec::new());
    for path in paths {
        let file = read_published(path)?;
        let first = file.first()?;
        if is_pointwise(first) {
            pointwise.push(path);
        } else if first.has("results") {
            results.push(file);
        } else if first.has("output_1") || first.has("output_2") {
            let subset = read_subset(&file, subset_name(path)?)?;
            if let Some(other) = subsets.iter().find(|other| other.name == subset.name) {
                return Err(duplicate(path, &format!("subset `{}`", subset.name), &other.source));
            }
            subsets.push(subset);
        } else {
            return Err(unknown_layout(path, first));
        }
    }
    let mut judges: Vec<JudgeRecording> = Vec::new();
    let mut seen: HashMap<(String, String), PathBuf> = HashMap::new();
    for file in results {
        let result = parse_result_path(&file.path)?;
        let key = (result.subset.clone(), result.judge.clone());
        if let Some(other) = seen.insert(key, file.path.clone()) {
            let what = format!("`{}` on `{}`", result.judge, result.subset);
            return Err(duplicate(&file.path, &what, &other));
        }
        let replies = read_replies(&file, &result.subset)?;
        let repeated = read_subset(&file, result.subset)?;
        match subsets.iter().find(|subset| subset.name == repeated.name) {
            Some(subset) => check_same_data(&file, &repeated, subset)?,
            None => subsets.push(repeated),
        }
        match judges.iter_mut().find(|recording| recording.judge == result.judge) {
            Some(recording) => recording.replies.extend(replies),
            None => {
                judges.push(JudgeRecording { judge: result.judge, rubric: result.rubric, replies });
            }
        }
    }
    let mut notices = Vec::new();
    if let Some(first) = pointwise.first() {
        let files = match pointwise.len() {
            1 => "1 file rates each output separately, has no replies to pairs and is".to_owned(),
            count => {
                format!(
                    "{count} files rate each output separately, have no replies to pairs and are"
                )
            }
        };
        notices.push(format!("{files} left out (first: {})", first.display()));
    }
    if subsets.is_empty() {
        return Err(Error::input(
            "there is nothing to import: the files have neither a dataset nor replies to pairs",
        )
        .hint("give the dataset.json of a subset"));
    }
    let mut collected = Collected { judges, notices, ..Collected::default() };
    for subset in subsets {
        collected.items.extend(subset.items);
        collected.labels.extend(subset.labels);
    }
    Ok(collected)
}

/// Reads instructions, outputs and labels, which a result has in the same fields as a dataset.
fn read_subset(file: &PublishedFile, name: String) -> Result<Subset> {
    let mut subset =
        Subset { name, source: file.path.clone(), items: Vec::new(), labels: Vec::new() };
    let mut seen: HashMap<[&str; 3], usize> = HashMap::new();
    for (index, entry) in file.entries.iter().enumerate() {
        let texts = [entry.text("input")?, entry.text("output_1")?, entry.text("output_2")?];
        let label = entry.number("label", "1 or 2", |label| label == 1 || label == 2)?;
        if let Some(earlier) = seen.insert(texts, index) {
            return Err(entry
                .error("input", format!("the same input and outputs are already entry {earlier}"))
                .hint("remove the repeated entry, because every item counts once"));
        }
        let [input, first, second] = texts.map(ToOwned::to_owned);
        let id = item_id(&subset.name, index);
        subset.labels.push(LabelLine {
            id: id.clone(),
            annotator: "gold".to_owned(),
            between: None,
            winner: if label == 1 { "a" } else { "b" }.to_owned(),
        });
        subset.items.push(Item {
            id,
            prompt: Content::Text(input),
            responses: responses(first, second),
            reference: None,
            context: None,
            tags: std::collections::BTreeMap::new(),
            generated: std::collections::BTreeMap::new(),
            place: entry.place.clone(),
        });
    }
    Ok(subset)
}

fn item_id(subset: &str, index: usize) -> String {
    format!("{subset}-{index:03}")
}

/// Returns whether an entry has a score of each output instead of replies to the pair.
fn is_pointwise(entry: &Entry) -> bool {
    let steps = entry.get("results").and_then(Value::as_array);
    steps.and_then(|steps| steps.last()).is_some_and(|last| last.get("score_1").is_some())
}

/// Checks that the data in a result equal those of the dataset.
fn check_same_data(file: &PublishedFile, repeated: &Subset, subset: &Subset) -> Result<()> {
    let source = subset.source.display();
    let (here, there) = (repeated.items.len(), subset.items.len());
    if here != there {
        return Err(Error::input(format!(
            "{}: found {here} entries, but {source} has {there}",
            file.path.display()
        ))
        .hint("give a dataset and results of the same subset and version"));
    }
    let all =
        repeated.items.iter().zip(&subset.items).zip(repeated.labels.iter().zip(&subset.labels));
    for (((mine, theirs), labels), entry) in all.zip(&file.entries) {
        let field = if mine.prompt != theirs.prompt {
            "input"
        } else if mine.responses["a"] != theirs.responses["a"] {
            "output_1"
        } else if mine.responses["b"] != theirs.responses["b"] {
            "output_2"
        } else if labels.0 != labels.1 {
            "label"
        } else {
            continue;
        };
        return Err(entry
            .error(field, format!("differs from the same entry in {source}"))
            .hint("give a dataset and results of the same subset and version"));
    }
    Ok(())
}

/// Reads the judge's last reply in each order, which is its answer; earlier ones are intermediate steps.
fn read_replies(file: &PublishedFile, subset: &str) -> Result<Vec<RecordedReply>> {
    let mut replies = Vec::with_capacity(2 * file.entries.len());
    for (index, entry) in file.entries.iter().enumerate() {
        let steps = match entry.get("results") {
            Some(Value::Array(steps)) => steps,
            Some(other) => return Err(entry.expected("results", "a list", other)),
            None => return Err(entry.missing("results")),
        };
        let Some((at, Value::Object(answer))) = steps.iter().enumerate().next_back() else {
            return Err(entry
                .error("results", "expected a list that ends with an object of replies")
                .hint("the file is truncated or was not written by LLMBar; download it again"));
        };
        for (key, first, second) in [("swap = False", "a", "b"), ("swap = True", "b", "a")] {
            let field = format!("results[{at}].\"{key}\".completion");
            let completion = answer.get(key).and_then(|order| order.get("completion"));
            let Some(reply) = completion.and_then(|completion| completion.get(0)) else {
                return Err(entry
                    .error(&field, "expected a list that begins with the reply")
                    .hint("download the file again"));
            };
            let Value::String(reply) = reply else {
                return Err(entry.expected(&format!("{field}[0]"), "a string", reply));
            };
            replies.push(RecordedReply {
                id: item_id(subset, index),
                first: first.to_owned(),
                second: second.to_owned(),
                answer: RecordedAnswer::of_text(reply.clone()),
            });
        }
    }
    Ok(replies)
}

/// Returns the name of a dataset: that of its folder, or its own if it is not called `dataset.json`.
fn subset_name(path: &Path) -> Result<String> {
    let parts = path_components(path)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name =
        if stem == "dataset" { parts.iter().nth_back(1).map(String::as_str) } else { Some(stem) };
    name.filter(|name| !name.is_empty()).map(ToOwned::to_owned).ok_or_else(|| {
        Error::input(format!("{}: the path does not name the subset", path.display()))
            .hint("keep the published folder structure: SUBSET/dataset.json")
    })
}

/// Reads subset, judge and prompt from the path of a result.
fn parse_result_path(path: &Path) -> Result<ResultPath> {
    let parts = path_components(path)?;
    if let [.., subset, evaluators, judge, prompt, _] = parts.as_slice()
        && evaluators == "evaluators"
        && let Some(name) = judge_name(&format!("{judge}-{prompt}"))
    {
        let explained = name.contains("cot") || name.contains("swap");
        let rubric = if explained { RUBRIC_WITH_EXPLANATION } else { RUBRIC };
        return Ok(ResultPath { subset: subset.clone(), judge: name, rubric });
    }
    Err(Error::input(format!("{}: the path does not name the judge", path.display()))
        .hint("keep the published folder structure: SUBSET/evaluators/JUDGE/PROMPT/result.json"))
}

/// Returns the names of the folders of a path from the root, and its file name.
fn path_components(path: &Path) -> Result<Vec<String>> {
    let whole = std::path::absolute(path)
        .map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
    let name = |part: std::path::Component<'_>| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    Ok(whole.components().filter_map(name).collect())
}

fn duplicate(path: &Path, what: &str, other: &Path) -> Error {
    Error::input(format!("{}: {what} is already in {}", path.display(), other.display()))
        .hint("give each file once")
}

fn unknown_layout(path: &Path, first: &Entry) -> Error {
    let error = Error::input(format!(
        "{}: expected a dataset (input, output_1, output_2, label) or the results of a judge",
        path.display()
    ))
    .detail(format!(
        "its entries have the fields: {}",
        first.names().collect::<Vec<_>>().join(", ")
    ));
    if first.has("response1") || first.names().any(|name| name.ends_with("_result")) {
        return error.hint("this looks like the layout of PandaLM: import it as `pandalm`");
    }
    error.hint("give the dataset.json of a subset and the result.json of its evaluators")
}
