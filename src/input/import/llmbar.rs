//! `LLMBar`'s layout: `SUBSET/dataset.json` with instructions, two outputs and a gold label, and
//! `SUBSET/evaluators/JUDGE/PROMPT/result.json` with the same and what the judge said in both orders.
//!
//! The layout has no ids: an item is named by its subset and its place in the list, which the results
//! share. Results repeat the data, so they are checked against it, or stand for it where it is not given.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::published::{Entry, Published, read_published};
use super::{Collected, LabelLine, Recording, judge_name, named};
use crate::error::{Error, Result};
use crate::input::items::{Content, Item};
use crate::input::recording::RecordedReply;
use crate::input::shipped::ShippedFile;

/// Reads an answer that stands alone.
pub(super) const RUBRIC: &str = "llmbar";
/// Reads an answer behind an explanation.
const EXPLAINED: &str = "llmbar-cot";

/// The rubrics that read the published replies, with the prompts that ask for such.
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

/// Where a result stands in the published folders.
struct ResultPlace {
    subset: String,
    judge: String,
    rubric: &'static str,
}

/// Reads datasets and results, in the order given.
pub(super) fn collect(paths: &[PathBuf]) -> Result<Collected> {
    let mut subsets: Vec<Subset> = Vec::new();
    let (mut results, mut rated) = (Vec::new(), Vec::new());
    for path in paths {
        let file = read_published(path)?;
        let first = file.first()?;
        if rates_each_alone(first) {
            rated.push(path);
        } else if first.has("results") {
            results.push(file);
        } else if first.has("output_1") || first.has("output_2") {
            let subset = read_subset(&file, subset_of_dataset(path)?)?;
            if let Some(other) = subsets.iter().find(|other| other.name == subset.name) {
                return Err(twice(path, &format!("subset `{}`", subset.name), &other.source));
            }
            subsets.push(subset);
        } else {
            return Err(unknown_layout(path, first));
        }
    }
    let mut judges: Vec<Recording> = Vec::new();
    let mut seen: HashMap<(String, String), PathBuf> = HashMap::new();
    for file in results {
        let place = place_of_result(&file.path)?;
        let key = (place.subset.clone(), place.judge.clone());
        if let Some(other) = seen.insert(key, file.path.clone()) {
            let what = format!("`{}` on `{}`", place.judge, place.subset);
            return Err(twice(&file.path, &what, &other));
        }
        let replies = read_replies(&file, &place.subset)?;
        let told = read_subset(&file, place.subset)?;
        match subsets.iter().find(|subset| subset.name == told.name) {
            Some(subset) => compare(&file, &told, subset)?,
            None => subsets.push(told),
        }
        match judges.iter_mut().find(|recording| recording.judge == place.judge) {
            Some(recording) => recording.replies.extend(replies),
            None => judges.push(Recording { judge: place.judge, rubric: place.rubric, replies }),
        }
    }
    let mut notices = Vec::new();
    if let Some(first) = rated.first() {
        notices.push(format!(
            "{} files rate each output alone and have no reply to a pair, left out, first: {}",
            rated.len(),
            first.display()
        ));
    }
    if subsets.is_empty() {
        return Err(Error::input("there is nothing to import: no dataset and no reply to a pair")
            .hint("give dataset.json of a subset"));
    }
    let (items, labels) = (Vec::new(), Vec::new());
    let mut collected = Collected { items, labels, judges, notices };
    for subset in subsets {
        collected.items.extend(subset.items);
        collected.labels.extend(subset.labels);
    }
    Ok(collected)
}

/// Reads instructions, outputs and labels; a result holds them just like a dataset.
fn read_subset(file: &Published, name: String) -> Result<Subset> {
    let mut subset =
        Subset { name, source: file.path.clone(), items: Vec::new(), labels: Vec::new() };
    let mut seen: HashMap<[&str; 3], usize> = HashMap::new();
    for (index, entry) in file.entries.iter().enumerate() {
        let texts = [entry.text("input")?, entry.text("output_1")?, entry.text("output_2")?];
        let label = entry.number("label", "1 or 2", |label| label == 1 || label == 2)?;
        if let Some(earlier) = seen.insert(texts, index) {
            return Err(entry
                .error("input", format!("the same input and outputs are already entry {earlier}"))
                .hint("an item counts once; take the repeated entry out"));
        }
        let [input, first, second] = texts.map(ToOwned::to_owned);
        let id = item_id(&subset.name, index);
        subset.labels.push(LabelLine {
            id: id.clone(),
            annotator: "gold".to_owned(),
            winner: if label == 1 { "a" } else { "b" },
        });
        subset.items.push(Item {
            id,
            prompt: Content::Text(input),
            responses: named(first, second),
            reference: None,
            context: None,
            tags: std::collections::BTreeMap::new(),
            place: entry.place.clone(),
        });
    }
    Ok(subset)
}

fn item_id(subset: &str, index: usize) -> String {
    format!("{subset}-{index:03}")
}

/// Returns whether an entry holds a score of each output instead of replies to the pair.
fn rates_each_alone(entry: &Entry) -> bool {
    let steps = entry.get("results").and_then(Value::as_array);
    steps.and_then(|steps| steps.last()).is_some_and(|last| last.get("score_1").is_some())
}

/// Makes sure that results are about the comparisons of their dataset.
fn compare(file: &Published, told: &Subset, subset: &Subset) -> Result<()> {
    let source = subset.source.display();
    let (here, there) = (told.items.len(), subset.items.len());
    if here != there {
        return Err(Error::input(format!(
            "{}: expected as many entries as {source}, found {here} and {there} there",
            file.path.display()
        ))
        .hint("give results and dataset of one subset and one version"));
    }
    let all = told.items.iter().zip(&subset.items).zip(told.labels.iter().zip(&subset.labels));
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
            .hint("give results and dataset of one subset and one version"));
    }
    Ok(())
}

/// Reads what the judge said last, which is its answer: what stands before are its own notes.
fn read_replies(file: &Published, subset: &str) -> Result<Vec<RecordedReply>> {
    let mut replies = Vec::with_capacity(2 * file.entries.len());
    for (index, entry) in file.entries.iter().enumerate() {
        let steps = match entry.get("results") {
            Some(Value::Array(steps)) => steps,
            Some(other) => return Err(entry.expected("results", "a list", other)),
            None => return Err(entry.missing("results")),
        };
        let Some((at, Value::Object(answer))) = steps.iter().enumerate().next_back() else {
            return Err(entry
                .error("results", "expected an object with the replies at its end")
                .hint("the file was cut off, or was not written by the set's own program"));
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
                reply: reply.clone(),
            });
        }
    }
    Ok(replies)
}

/// A dataset is called after its folder, or after itself where it has another name than `dataset.json`.
fn subset_of_dataset(path: &Path) -> Result<String> {
    let parts = parts(path)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name =
        if stem == "dataset" { parts.iter().nth_back(1).map(String::as_str) } else { Some(stem) };
    name.filter(|name| !name.is_empty()).map(ToOwned::to_owned).ok_or_else(|| {
        Error::input(format!("{}: the path does not say which subset this is", path.display()))
            .hint("keep the published folder: SUBSET/dataset.json")
    })
}

/// Reads subset, judge and prompt off the folders of a result.
fn place_of_result(path: &Path) -> Result<ResultPlace> {
    let parts = parts(path)?;
    if let [.., subset, evaluators, judge, prompt, _] = parts.as_slice()
        && evaluators == "evaluators"
        && let Some(name) = judge_name(&format!("{judge}-{prompt}"))
    {
        let explained = name.contains("cot") || name.contains("swap");
        let rubric = if explained { EXPLAINED } else { RUBRIC };
        return Ok(ResultPlace { subset: subset.clone(), judge: name, rubric });
    }
    Err(Error::input(format!("{}: the path does not say whose replies these are", path.display()))
        .hint("keep the published folders: SUBSET/evaluators/JUDGE/PROMPT/result.json"))
}

/// Returns the names on the way to a file, from the top.
fn parts(path: &Path) -> Result<Vec<String>> {
    let whole = std::path::absolute(path)
        .map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
    let name = |part: std::path::Component<'_>| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    Ok(whole.components().filter_map(name).collect())
}

fn twice(path: &Path, what: &str, other: &Path) -> Error {
    Error::input(format!("{}: {what} is already in {}", path.display(), other.display()))
        .hint("give each file once")
}

fn unknown_layout(path: &Path, first: &Entry) -> Error {
    let error = Error::input(format!(
        "{}: neither a dataset (input, output_1, output_2, label) nor results of a judge",
        path.display()
    ))
    .detail(format!("its entries have: {}", first.names().collect::<Vec<_>>().join(", ")));
    if first.has("response1") || first.names().any(|name| name.ends_with("_result")) {
        return error.hint("this looks like PandaLM's layout: --from pandalm");
    }
    error.hint("give dataset.json of a subset and result.json of its evaluators")
}
