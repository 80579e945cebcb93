//! What files look like, by the keys of their first record, so that a file is recognised without being told.

use serde_json::Value;

use super::ImportFormat;
use crate::error::{Error, Result, listed, nearest};
use crate::input::jsonl::Record;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    AlpacaOutputs,
    AlpacaAnnotations,
    ArenaHardQuestions,
    ArenaHardAnswers,
    ArenaHardJudgments,
    GradeTable,
    GradesAlone,
    InspectLog,
    JudgeBenchPairs,
    Llmbar,
    LmArena,
    MtBenchQuestions,
    MtBenchAnswers,
    MtBenchJudgments,
    MtBenchHuman,
    Pandalm,
    Promptfoo,
    PromptfooConfig,
    PromptfooLines,
    PromptfooTests,
    RewardBench,
    VerdictTable,
}

/// How a kind of file is recognised.
struct Layout {
    kind: FileKind,
    format: ImportFormat,
    /// What it is called in messages.
    name: &'static str,
    /// The fields that it must have; `|` separates names of which one is enough.
    keys: &'static [&'static str],
    /// Whether the values of the fields are those of this kind, where another has the same keys.
    fits: fn(&Record) -> bool,
}

fn always(_: &Record) -> bool {
    true
}

/// Returns whether the first turn of a question, or of the first choice of an answer, is a plain string.
fn has_plain_turns(record: &Record) -> bool {
    let choice = record.get("choices").and_then(|choices| choices.get(0));
    let turns = choice.and_then(|choice| choice.get("turns")).or_else(|| record.get("turns"));
    turns.and_then(|turns| turns.get(0)).is_some_and(Value::is_string)
}

fn has_turns_as_objects(record: &Record) -> bool {
    !has_plain_turns(record)
}

fn has_number_as_question(record: &Record) -> bool {
    record.get("question_id").is_some_and(Value::is_number) && !record.has("language")
}

fn has_list_of_results(record: &Record) -> bool {
    let results = record.get("results");
    results.is_some_and(|results| results.is_array() || results.get("results").is_some())
}

/// Returns whether prompts and tests are such as promptfoo is configured with: lists, or names of files.
fn has_lists_of_tests(record: &Record) -> bool {
    ["prompts", "tests"]
        .iter()
        .filter_map(|field| record.get(field))
        .all(|value| value.is_array() || value.is_string() || value.is_object())
}

fn has_variables(record: &Record) -> bool {
    record.get("vars").is_some_and(|vars| vars.is_object() || vars.is_string())
}

fn has_result_of_judge(record: &Record) -> bool {
    record.has("response1") || record.names().any(|name| name.ends_with("_result"))
}

/// Every kind; of two that fit equally well, the first counts.
const LAYOUTS: [Layout; 23] = [
    Layout {
        kind: FileKind::AlpacaAnnotations,
        format: ImportFormat::AlpacaEval,
        name: "annotations of alpaca_eval",
        keys: &["instruction", "output_1", "output_2", "preference"],
        fits: always,
    },
    // Before outputs for alpaca_eval, which have no grades.
    Layout {
        kind: FileKind::GradeTable,
        format: ImportFormat::Csv,
        name: "a table of grades",
        keys: super::grade_table::KEYS,
        fits: always,
    },
    Layout {
        kind: FileKind::AlpacaOutputs,
        format: ImportFormat::AlpacaEval,
        name: "outputs for alpaca_eval",
        keys: &["instruction", "output", "generator"],
        fits: always,
    },
    Layout {
        kind: FileKind::ArenaHardJudgments,
        format: ImportFormat::ArenaHard,
        name: "judgments of Arena-Hard",
        keys: &["uid|question_id", "judge", "model", "games"],
        fits: always,
    },
    Layout {
        kind: FileKind::MtBenchAnswers,
        format: ImportFormat::MtBench,
        name: "answers of MT-bench",
        keys: &["question_id", "model_id", "choices"],
        fits: has_plain_turns,
    },
    Layout {
        kind: FileKind::ArenaHardAnswers,
        format: ImportFormat::ArenaHard,
        name: "answers of Arena-Hard",
        keys: &["uid|question_id", "model|model_id", "messages|choices"],
        fits: has_turns_as_objects,
    },
    Layout {
        kind: FileKind::MtBenchQuestions,
        format: ImportFormat::MtBench,
        name: "questions of MT-bench",
        keys: &["question_id", "turns"],
        fits: has_plain_turns,
    },
    Layout {
        kind: FileKind::ArenaHardQuestions,
        format: ImportFormat::ArenaHard,
        name: "questions of Arena-Hard",
        keys: &["uid|question_id", "prompt|turns"],
        fits: has_turns_as_objects,
    },
    Layout {
        kind: FileKind::MtBenchJudgments,
        format: ImportFormat::MtBench,
        name: "pair judgments of MT-bench",
        keys: &["question_id", "model_1", "model_2", "g1_winner", "g2_winner", "judge"],
        fits: always,
    },
    Layout {
        kind: FileKind::MtBenchHuman,
        format: ImportFormat::MtBench,
        name: "human judgments of MT-bench",
        keys: &[
            "question_id",
            "model_a",
            "model_b",
            "winner",
            "judge",
            "turn",
            "conversation_a",
            "conversation_b",
        ],
        fits: has_number_as_question,
    },
    Layout {
        kind: FileKind::LmArena,
        format: ImportFormat::LmArena,
        name: "preferences of LMArena",
        keys: &["model_a", "model_b", "winner", "conversation_a", "conversation_b"],
        fits: always,
    },
    Layout {
        kind: FileKind::JudgeBenchPairs,
        format: ImportFormat::JudgeBench,
        name: "pairs of JudgeBench",
        keys: &["pair_id", "question", "response_A", "response_B", "label"],
        fits: always,
    },
    Layout {
        kind: FileKind::Llmbar,
        format: ImportFormat::Llmbar,
        name: "a dataset or results of LLMBar",
        keys: &["input", "output_1", "output_2", "label"],
        fits: always,
    },
    Layout {
        kind: FileKind::Llmbar,
        format: ImportFormat::Llmbar,
        name: "results of LLMBar",
        keys: &["input", "results"],
        fits: always,
    },
    Layout {
        kind: FileKind::Pandalm,
        format: ImportFormat::Pandalm,
        name: "a test set or results of PandaLM",
        keys: &["idx"],
        fits: has_result_of_judge,
    },
    Layout {
        kind: FileKind::RewardBench,
        format: ImportFormat::RewardBench,
        name: "RewardBench",
        keys: &["prompt", "chosen", "rejected", "id"],
        fits: always,
    },
    Layout {
        kind: FileKind::Promptfoo,
        format: ImportFormat::Promptfoo,
        name: "results of promptfoo",
        keys: &["results", "config|evalId|version|stats"],
        fits: has_list_of_results,
    },
    Layout {
        kind: FileKind::PromptfooLines,
        format: ImportFormat::Promptfoo,
        name: "results of promptfoo, one a line",
        keys: &["testIdx", "promptIdx", "provider", "response|error"],
        fits: always,
    },
    Layout {
        kind: FileKind::PromptfooConfig,
        format: ImportFormat::Promptfoo,
        name: "a configuration of promptfoo",
        keys: &["prompts|tests", "providers|targets|tests|defaultTest|scenarios"],
        fits: has_lists_of_tests,
    },
    Layout {
        kind: FileKind::PromptfooTests,
        format: ImportFormat::Promptfoo,
        name: "tests of promptfoo",
        keys: &["vars"],
        fits: has_variables,
    },
    Layout {
        kind: FileKind::InspectLog,
        format: ImportFormat::Inspect,
        name: "a log of Inspect",
        keys: &["eval", "samples"],
        fits: always,
    },
    Layout {
        kind: FileKind::VerdictTable,
        format: ImportFormat::Csv,
        name: "a table of verdicts",
        keys: super::verdict_table::KEYS,
        fits: always,
    },
    Layout {
        kind: FileKind::GradesAlone,
        format: ImportFormat::Csv,
        name: "grades without texts",
        keys: super::grade_table::KEYS_WITHOUT_TEXTS,
        fits: always,
    },
];

fn has_key(record: &Record, key: &str) -> bool {
    key.split('|').any(|name| record.has(name))
}

/// Returns what a file holds whose first record this is; `format` restricts what it may be.
///
/// # Errors
///
/// It is nothing known. The message names the layout that is nearest, and what is missing from it.
pub(super) fn recognise(
    record: &Record,
    shown: &str,
    format: Option<ImportFormat>,
) -> Result<(FileKind, ImportFormat)> {
    let layouts =
        LAYOUTS.iter().filter(|layout| format.is_none_or(|format| format == layout.format));
    let mut best: Option<&Layout> = None;
    let mut nearest_layout: Option<(&Layout, usize)> = None;
    for layout in layouts {
        let found = layout.keys.iter().filter(|key| has_key(record, key)).count();
        let is_complete = found == layout.keys.len() && (layout.fits)(record);
        if is_complete && best.is_none_or(|best| layout.keys.len() > best.keys.len()) {
            best = Some(layout);
        }
        // Of two that have as many fields, the one that lacks fewer is nearer.
        let is_nearer = |(nearest, most): (&Layout, usize)| {
            found > most || (found == most && layout.keys.len() < nearest.keys.len())
        };
        if !is_complete && nearest_layout.is_none_or(is_nearer) {
            nearest_layout = Some((layout, found));
        }
    }
    if let Some(best) = best {
        return Ok((best.kind, best.format));
    }
    let fields: Vec<String> = record.names().map(|name| format!("`{name}`")).collect();
    let fields = listed(&fields);
    if let Some(other) = format.and_then(|_| recognise(record, shown, None).ok()) {
        return Err(Error::input(format!(
            "{shown}: this looks like {}, not like the format that was named",
            other.1.as_str()
        ))
        .detail(format!("its first record has the fields {fields}"))
        .hint("name no format, so that it is recognised"));
    }
    if let Some((layout, found)) = nearest_layout.filter(|(_, found)| *found >= 2) {
        let (present, missing): (Vec<&str>, Vec<&str>) =
            layout.keys.iter().partition(|key| has_key(record, key));
        let quoted = |keys: &[&str]| {
            let keys = keys.iter().map(|key| format!("`{}`", key.replace('|', "` or `")));
            listed(&keys.collect::<Vec<_>>())
        };
        if missing.is_empty() {
            return Err(Error::input(format!(
                "{shown}: this has the fields of {}, but their values are of another kind",
                layout.name
            ))
            .detail(format!("its first record has the fields {fields}"))
            .hint("use the file as that program writes it"));
        }
        let error = Error::input(format!(
            "{shown}: this looks like {} ({found} of {} fields: {}), but lacks {}",
            layout.name,
            layout.keys.len(),
            quoted(&present),
            quoted(&missing)
        ))
        .detail(format!("its first record has the fields {fields}"));
        let misspelt = missing.iter().flat_map(|key| key.split('|')).find_map(|name| {
            let is_known = |other: &&str| {
                layout.keys.iter().any(|key| key.split('|').any(|name| name == *other))
            };
            let others = record.names().filter(|other| !is_known(other));
            // `output` is no misspelling of `output_1`.
            let close = nearest(name, others).filter(|close| !name.starts_with(close));
            close.map(|close| (close.to_owned(), name))
        });
        return Err(match misspelt {
            Some((close, name)) => {
                error.hint(format!("`{close}` looks like a misspelling of `{name}`"))
            }
            None => {
                error.hint("add the missing fields, or use the files as their program writes them")
            }
        });
    }
    let known = LAYOUTS.iter().filter(|layout| format.is_none_or(|format| format == layout.format));
    let mut known: Vec<&str> = known.map(|layout| layout.name).collect();
    known.dedup();
    Err(Error::input(format!("{shown}: the layout of this file is not known"))
        .detail(format!("its first record has the fields {fields}"))
        .detail(format!("known are {}", known.join(", ")))
        .hint("rename the columns of a table as the guide says under \"A table of verdicts\" and \"A table of grades\", or write items.jsonl yourself"))
}
