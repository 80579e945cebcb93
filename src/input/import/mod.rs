//! Imports what other programs and public data sets hold (items, labels, judgments) as items, labels and recorded
//! replies.
//!
//! Nothing is downloaded. A file is recognised by the keys of its first record ([`layouts`]). Judgments become recorded
//! answers in the order in which they were asked: the text of the reply where the file has it and a rubric reads it,
//! else the vote and its probability, or the grade. Judgments of people become labels. Unusual entries of a file are counted and
//! reported; an entry that contradicts the layout is an error that names the entry. The result is a list of files with
//! their contents, the same for the same input, so that it can be compared with an existing folder before anything is
//! written.

mod alpaca_eval;
mod arena_hard;
mod assemble;
mod cells;
mod collected;
mod conversations;
mod folder;
mod grade_steps;
mod grade_table;
mod graded;
mod inspect;
mod inspect_scores;
mod instructions;
mod judgebench;
mod layouts;
mod llmbar;
mod lmarena;
mod mt_bench;
mod pandalm;
mod promptfoo;
mod promptfoo_assertions;
mod promptfoo_tests;
mod published;
mod rewardbench;
mod source;
mod verdict_table;
mod yaml;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::items::Item;
use super::rubric::Scale;
use super::shipped::ShippedFile;
use crate::error::{Error, Result, counted};
use collected::{Collected, VOTE_RUBRIC};
use layouts::FileKind;

pub use folder::write_imported;

/// A program or a data set whose files can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportFormat {
    /// `alpaca_eval`: outputs, annotations of a judge with a preference from 1 to 2, and annotations of people.
    AlpacaEval,
    /// Arena-Hard: questions, answers, and judgments in both orders.
    ArenaHard,
    /// A table with two responses and who is better, or with one response and its grade.
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
    /// The scale of the grades in a table; without it, it is taken from the grades.
    pub scale: Option<Scale>,
}

/// A judge whose replies were recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportedJudge {
    /// Its name in the settings.
    pub name: String,
    /// The name of the rubric that reads its replies.
    pub rubric: String,
    /// Whether it graded single responses: a direction of the scale is then what an order is of comparisons.
    pub grades: bool,
    /// The number of replies; both orders are counted.
    pub replies: usize,
    /// The comparisons or responses with a reply in both orders.
    pub in_both_orders: usize,
    /// The comparisons or responses with replies in one order only.
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
    /// Whether the labels are grades of single responses.
    pub labels_are_grades: bool,
    /// Whether people labelled what a judge seemed wrong about, so that the labels do not say how often it is right.
    pub labels_are_corrections: bool,
    /// The judges whose replies were recorded, in the order of their files; those that compared come first.
    pub judges: Vec<ImportedJudge>,
    /// The system that every comparison of the recorded judges and the labels contains, where items have more than two
    /// responses: the other pairs need not be planned.
    pub baseline: Option<String>,
    /// The name of the rubric with which a new judge can be asked.
    pub rubric: String,
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
    if options.scale.is_some() && format != ImportFormat::Csv {
        return Err(Error::usage(format!(
            "the steps of a scale are given, and these files are of {}, which has its own",
            format.as_str()
        ))
        .hint("leave them out: they are for tables of grades"));
    }
    let sources = || source::read_sources(paths, format);
    let mut collected = match format {
        ImportFormat::AlpacaEval => alpaca_eval::collect(sources()?)?,
        ImportFormat::ArenaHard => arena_hard::collect(sources()?, options.baseline.as_deref())?,
        ImportFormat::Csv => collect_table(sources()?, options.scale.as_ref())?,
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
    assemble::assemble(format, collected)
}

/// Reads tables, which are all of verdicts or all of grades.
fn collect_table(sources: Vec<source::Source>, scale: Option<&Scale>) -> Result<Collected> {
    if let Some(source) = sources.iter().find(|source| source.kind == FileKind::GradesAlone) {
        return Err(Error::input(format!(
            "{}: the table has grades, but not the prompts and responses that they are of",
            source.shown
        ))
        .detail(
            "grades of items that you have are used without being imported: as a file of labels if people gave them, \
             or as what `recorded` of a judge names in the settings",
        )
        .hint("or add the columns `prompt` and `response`"));
    }
    let of_grades = |source: &source::Source| source.kind != FileKind::VerdictTable;
    match sources.iter().filter(|source| of_grades(source)).count() {
        0 if scale.is_some() => Err(Error::usage(
            "the steps of a scale are given, and the tables have verdicts, not grades",
        )
        .hint("leave them out: they are for tables of grades")),
        0 => verdict_table::collect(sources),
        all if all == sources.len() => grade_table::collect(sources, scale),
        _ => Err(Error::input("some of these tables have verdicts, and others have grades")
            .hint("import each kind into a folder of its own")),
    }
}

/// Leaves out items of which nothing can be judged, with a notice: they come from files of prompts alone, or of one system.
/// A single response is kept if it has a grade.
fn drop_unpaired(collected: &mut Collected) {
    let recorded = collected.graders.iter().flat_map(|grader| &grader.grades);
    let labelled = collected.grade_labels.iter().flat_map(|file| &file.lines);
    let graded: HashSet<&str> = recorded
        .map(|grade| grade.id.as_str())
        .chain(labelled.map(|label| label.id.as_str()))
        .collect();
    let is_kept = |item: &Item| match item.responses.len() {
        0 => false,
        1 => graded.contains(item.id.as_str()),
        _ => true,
    };
    let of = |number: usize| {
        let items = collected.items.iter().filter(|item| item.responses.len() == number);
        items.filter(|item| !is_kept(item)).count() as u64
    };
    for (count, why) in
        [(of(0), "no response to it was given"), (of(1), "only one response to it was given")]
    {
        if count > 0 {
            let prompts = counted(count, "prompt is", "prompts are");
            collected.notices.push(format!("{prompts} left out: {why}"));
        }
    }
    let kept: Vec<bool> = collected.items.iter().map(is_kept).collect();
    let mut kept = kept.into_iter();
    collected.items.retain(|_| kept.next().unwrap_or(false));
}

/// Returns tags without those that have no value.
fn tags<const N: usize>(tags: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    let present = tags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    present.filter(|(_, value)| !value.is_empty()).collect()
}
