//! What ships with the program: rubrics, prompts and the sample, so that an installed evenhand has them.

use super::rubric::PromptSource;

/// A file that is built into the program.
#[derive(Debug, Clone, Copy)]
pub struct ShippedFile {
    /// Where `evenhand init` puts it, relative to the new folder.
    pub path: &'static str,
    /// What is in it.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($path:literal),* $(,)?) => {
        &[$(ShippedFile { path: $path, text: include_str!(concat!("../../", $path)) }),*]
    };
}

const RUBRICS: &[ShippedFile] = shipped![
    "rubrics/factual-accuracy.toml",
    "rubrics/helpfulness.toml",
    "rubrics/instruction-following.toml",
    "rubrics/summary-quality.toml",
];

const PROMPTS: &[ShippedFile] = shipped![
    "prompts/pairwise.j2",
    "prompts/pairwise-multi-turn.j2",
    "prompts/pairwise-reference.j2",
    "prompts/pairwise-terse.j2",
];

/// The sample: support tickets with three summaries each, and labels by construction.
const SAMPLE_FILES: &[ShippedFile] = shipped![
    "calibration/tickets/README.md",
    "calibration/tickets/defects.jsonl",
    "calibration/tickets/items.jsonl",
    "calibration/tickets/labels.jsonl",
];

/// Returns the text of the shipped rubric `name`.
pub(super) fn rubric(name: &str) -> Option<&'static str> {
    RUBRICS.iter().find(|file| stem(file) == name).map(|file| file.text)
}

/// Returns the names of the shipped rubrics.
pub(super) fn rubric_names() -> Vec<&'static str> {
    RUBRICS.iter().map(stem).collect()
}

/// Returns the shipped prompts.
pub(super) fn prompts() -> Vec<PromptSource> {
    let source = |file: &ShippedFile| PromptSource {
        name: file.path.trim_start_matches("prompts/").to_owned(),
        text: file.text.to_owned(),
    };
    PROMPTS.iter().map(source).collect()
}

/// Returns every file of a starting folder but the settings: rubrics, prompts and the sample.
pub fn starting_files() -> impl Iterator<Item = &'static ShippedFile> {
    RUBRICS.iter().chain(PROMPTS).chain(SAMPLE_FILES)
}

fn stem(file: &ShippedFile) -> &'static str {
    file.path.trim_start_matches("rubrics/").trim_end_matches(".toml")
}
