//! Imports what other programs and public data sets hold (items, labels, judgments) as items, labels and recorded
//! replies.
//!
//! Nothing is downloaded. A file is recognised by the keys of its first record ([`layouts`]). Judgments become recorded
//! answers in the order in which they were asked: the text of the reply where the file has it and a rubric reads it,
//! else the vote and its probability. Judgments of people become labels. Unusual entries of a file are counted and
//! reported; an entry that contradicts the layout is an error that names the entry. The result is a list of files with
//! their contents, the same for the same input, so that it can be compared with an existing folder before anything is
//! written.

mod alpaca_eval;
mod arena_hard;
mod collected;
mod conversations;
mod folder;
mod inspect;
mod instructions;
mod judgebench;
mod layouts;
mod llmbar;
mod lmarena;
mod mt_bench;
mod pandalm;
mod promptfoo;
mod promptfoo_tests;
mod published;
mod rewardbench;
mod source;
mod verdict_table;
mod yaml;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use serde::Serialize;

use super::items::Item;
use super::recording::RecordedReply;
use super::shipped::ShippedFile;
use crate::error::{Error, Result, counted};
use collected::{Collected, JudgeRecording, VOTE_RUBRIC};

pub use folder::write_imported;

/// A program or a data set whose files can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportFormat {
    /// `alpaca_eval`: outputs, annotations of a judge with a preference from 1 to 2, and annotations of people.
    AlpacaEval,
    /// Arena-Hard: questions, answers, and judgments in both orders.
    ArenaHard,
    /// A table with two responses and who is better.
    Csv,
    /// Logs of Inspect, one for each model.
    Inspect,
    /// `JudgeBench`: pairs with a label, and judgments in both orders.
    JudgeBench,
    /// `LLMBar`: instructions with two outputs and one gold label, and results of judges in both orders.
    Llmbar,
    /// Preferences of people from `LMArena`.
    LmArena,
    /// MT-bench: questions, answers, judgments of pairs in both orders, and judgments of people.
    MtBench,
    /// `PandaLM`: instructions with two responses, labels of three annotators, and results of judges in one order.
    Pandalm,
    /// Results of promptfoo, and tests of it that hold outputs.
    Promptfoo,
    /// `RewardBench`: prompts with chosen and rejected responses.
    RewardBench,
}

impl ImportFormat {
    /// Every format, in the order of their names.
    pub const ALL: [Self; 11] = [
        Self::AlpacaEval,
        Self::ArenaHard,
        Self::Csv,
        Self::Inspect,
        Self::JudgeBench,
        Self::Llmbar,
        Self::LmArena,
        Self::MtBench,
        Self::Pandalm,
        Self::Promptfoo,
        Self::RewardBench,
    ];

    /// Returns its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlpacaEval => "alpaca_eval",
            Self::ArenaHard => "arena-hard",
            Self::Csv => "csv",
            Self::Inspect => "inspect",
            Self::JudgeBench => "judgebench",
            Self::Llmbar => "llmbar",
            Self::LmArena => "lmarena",
            Self::MtBench => "mtbench",
            Self::Pandalm => "pandalm",
            Self::Promptfoo => "promptfoo",
            Self::RewardBench => "rewardbench",
        }
    }

    /// Returns the name of the rubric with which a new judge can be asked, and the files that it needs.
    fn rubric(self) -> (&'static str, &'static [ShippedFile]) {
        match self {
            Self::Llmbar => (llmbar::RUBRIC, llmbar::EXTRAS),
            Self::Pandalm => (pandalm::RUBRIC, pandalm::EXTRAS),
            _ => (VOTE_RUBRIC, &[]),
        }
    }
}

/// What to import.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// The format of the files; recognised by their keys if it is not set.
    pub format: Option<ImportFormat>,
    /// The system that judgments of Arena-Hard compare others with, where the file does not say it.
    pub baseline: Option<String>,
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
    /// The comparisons with a reply in both orders.
    pub in_both_orders: usize,
    /// The comparisons with replies in one order only.
    pub in_one_order: usize,
    /// The replies of which the files do not say which response was shown first.
    pub of_unknown_order: usize,
}

/// The files of an imported data set, and what they contain.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Imported {
    /// The format that was recognised.
    pub format: ImportFormat,
    /// The path of each file relative to the folder, with `/`, and its text.
    pub files: Vec<(String, String)>,
    /// The number of items.
    pub items: usize,
    /// The number of labels.
    pub labels: usize,
    /// The judges whose replies were recorded, in the order of their files.
    pub judges: Vec<ImportedJudge>,
    /// The system that every comparison of the recorded judges and the labels contains, where items have more than two
    /// responses: the other pairs need not be planned.
    pub baseline: Option<String>,
    /// The name of the rubric with which a new judge can be asked.
    pub rubric: &'static str,
    /// One sentence for each kind of unusual entry, with its count.
    pub notices: Vec<String>,
}

/// Reads files of one format; the kind of each file is recognised by its contents.
///
/// # Errors
///
/// A file cannot be read or has another layout, a field of an entry is missing, of the wrong type or out of
/// range, an entry or a file is repeated, judgments do not belong to the data, or nothing can be compared.
pub fn import_files(paths: &[PathBuf], options: &ImportOptions) -> Result<Imported> {
    let format = source::format_of(paths, options.format)?;
    if options.baseline.is_some() && format != ImportFormat::ArenaHard {
        return Err(Error::usage(format!(
            "a baseline is for judgments of Arena-Hard that do not name it, and these files are of {}",
            format.as_str()
        ))
        .hint("leave it out here, and name the baseline when the items are judged"));
    }
    let sources = || source::read_sources(paths, format);
    let mut collected = match format {
        ImportFormat::AlpacaEval => alpaca_eval::collect(sources()?)?,
        ImportFormat::ArenaHard => arena_hard::collect(sources()?, options.baseline.as_deref())?,
        ImportFormat::Csv => verdict_table::collect(sources()?)?,
        ImportFormat::Inspect => inspect::collect(sources()?)?,
        ImportFormat::JudgeBench => judgebench::collect(sources()?)?,
        ImportFormat::Llmbar => llmbar::collect(paths)?,
        ImportFormat::LmArena => lmarena::collect(sources()?)?,
        ImportFormat::MtBench => mt_bench::collect(sources()?)?,
        ImportFormat::Pandalm => pandalm::collect(paths)?,
        ImportFormat::Promptfoo => promptfoo::collect(sources()?)?,
        ImportFormat::RewardBench => rewardbench::collect(sources()?)?,
    };
    let prompts = collected.items.len();
    drop_unpaired(&mut collected);
    if collected.items.is_empty() {
        return Err(Error::input(format!(
            "these files of {} have nothing to compare: no prompt has two responses",
            format.as_str()
        ))
        .detail(format!("found {}", counted(prompts as u64, "prompt", "prompts")))
        .hint("give the responses of two or more systems to the same prompts in one command"));
    }
    assemble(format, collected)
}

/// Leaves out items that have nothing to compare, with a notice: they come from files of prompts alone, or of one system.
fn drop_unpaired(collected: &mut Collected) {
    let of = |number: usize| {
        collected.items.iter().filter(|item| item.responses.len() == number).count() as u64
    };
    for (count, why) in
        [(of(0), "no response to it was given"), (of(1), "only one response to it was given")]
    {
        if count > 0 {
            let prompts = counted(count, "prompt is", "prompts are");
            collected.notices.push(format!("{prompts} left out: {why}"));
        }
    }
    collected.items.retain(|item| item.responses.len() > 1);
}

/// How many judges with replies to some of the items are named one by one.
const MOST_JUDGES_NAMED: usize = 5;

/// Writes what was collected as the texts of files.
fn assemble(format: ImportFormat, collected: Collected) -> Result<Imported> {
    let baseline = baseline(&collected);
    let mut notices = collected.notices;
    let mut files = vec![("items.jsonl".to_owned(), lines(&collected.items)?)];
    if !collected.labels.is_empty() {
        files.push(("labels.jsonl".to_owned(), lines(&collected.labels)?));
    }
    let (mut judges, mut incomplete) = (Vec::new(), Vec::new());
    for recording in collected.judges {
        let judge = described(&recording);
        let ids: BTreeSet<&str> = recording.replies.iter().map(|reply| reply.id.as_str()).collect();
        if ids.len() < collected.items.len() {
            incomplete.push(format!(
                "{} has replies to {} of {} items; the other items will stay pending",
                judge.name,
                ids.len(),
                collected.items.len()
            ));
        }
        files.push((format!("replies/{}.jsonl", judge.name), lines(&recording.replies)?));
        judges.push(judge);
    }
    let further = incomplete.len().saturating_sub(MOST_JUDGES_NAMED);
    notices.extend(incomplete.into_iter().take(MOST_JUDGES_NAMED));
    if further > 0 {
        let judges = counted(further as u64, "further judge has", "further judges have");
        notices.push(format!("{judges} replies to some of the items only"));
    }
    if !judges.is_empty() {
        files.push(("evenhand.toml".to_owned(), settings(&judges)));
    }
    let (rubric, extras) = format.rubric();
    files.extend(extras.iter().map(|file| (file.path.to_owned(), file.text.to_owned())));
    Ok(Imported {
        format,
        files,
        items: collected.items.len(),
        labels: collected.labels.len(),
        judges,
        baseline,
        rubric,
        notices,
    })
}

/// Counts the comparisons of a judge by the orders in which it was asked.
fn described(recording: &JudgeRecording) -> ImportedJudge {
    let mut orders: HashMap<(&str, [&str; 2]), BTreeSet<bool>> = HashMap::new();
    for RecordedReply { id, first, second, .. } in &recording.replies {
        let is_swapped = first > second;
        let pair = if is_swapped { [second.as_str(), first] } else { [first.as_str(), second] };
        orders.entry((id.as_str(), pair)).or_default().insert(is_swapped);
    }
    let in_both_orders = orders.values().filter(|orders| orders.len() == 2).count();
    ImportedJudge {
        name: recording.judge.clone(),
        rubric: recording.rubric,
        replies: recording.replies.len(),
        in_both_orders,
        in_one_order: orders.len() - in_both_orders,
        of_unknown_order: recording
            .replies
            .iter()
            .filter(|reply| reply.answer.is_order_unknown)
            .count(),
    }
}

/// Returns the system that takes part in every judged or labelled comparison, where some item has further responses.
fn baseline(collected: &Collected) -> Option<String> {
    if collected.items.iter().all(|item| item.responses.len() <= 2) {
        return None;
    }
    let judged = collected.judges.iter().flat_map(|judge| &judge.replies);
    let mut pairs = judged.map(|reply| [&reply.first, &reply.second]).chain(
        collected.labels.iter().filter_map(|label| label.between.as_ref().map(|[a, b]| [a, b])),
    );
    let mut common: Vec<&String> = pairs.next()?.into();
    for pair in pairs {
        common.retain(|system| pair.contains(system));
    }
    let [only] = common.as_slice() else { return None };
    let has = |item: &Item| item.responses.contains_key(*only);
    collected.items.iter().all(has).then(|| (*only).clone())
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

/// Returns tags without those that have no value.
fn tags<const N: usize>(tags: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    let present = tags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    present.filter(|(_, value)| !value.is_empty()).collect()
}
