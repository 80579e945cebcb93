//! The rubrics, prompts, systems and sample data that are built into the program.

/// A file that is built into the program.
#[derive(Debug, Clone, Copy)]
pub struct ShippedFile {
    /// The path at which `evenhand init` creates it, relative to the new folder, with `/`.
    pub path: &'static str,
    /// The contents.
    pub text: &'static str,
}

impl ShippedFile {
    /// Returns the last part of the path.
    pub(super) fn file_name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
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
    "rubrics/pass-fail.toml",
    "rubrics/summary-grade.toml",
    "rubrics/summary-quality.toml",
];

/// The prompts that ship with evenhand.
pub(super) const PROMPTS: &[ShippedFile] = shipped![
    "prompts/grade.j2",
    "prompts/grade-reference.j2",
    "prompts/pairwise.j2",
    "prompts/pairwise-multi-turn.j2",
    "prompts/pairwise-reference.j2",
    "prompts/pairwise-terse.j2",
];

/// The sample: support tickets with three summaries each; which summary is better, and the grade of each, are known by
/// construction.
const SAMPLE_FILES: &[ShippedFile] = shipped![
    "calibration/tickets/README.md",
    "calibration/tickets/defects.jsonl",
    "calibration/tickets/grades.jsonl",
    "calibration/tickets/items.jsonl",
    "calibration/tickets/labels.jsonl",
];

/// The prompts of two systems, and prompts to ask them: they are in a folder of their own, since the templates beside a
/// rubric's prompt are compiled with it.
const SYSTEM_FILES: &[ShippedFile] =
    shipped!["systems/prompts.jsonl", "systems/reply-guided.j2", "systems/reply-short.j2"];

/// Returns the text of the rubric `name` that ships with evenhand, or `None` if there is no such rubric.
pub(super) fn rubric(name: &str) -> Option<&'static str> {
    RUBRICS.iter().find(|file| stem(file) == name).map(|file| file.text)
}

/// Returns the names of the rubrics that ship with evenhand.
pub(super) fn rubric_names() -> Vec<&'static str> {
    RUBRICS.iter().map(stem).collect()
}

/// Returns the files that `evenhand init` creates, except the settings: rubrics, prompts, systems and the sample.
pub fn starter_files() -> impl Iterator<Item = &'static ShippedFile> {
    RUBRICS.iter().chain(PROMPTS).chain(SYSTEM_FILES).chain(SAMPLE_FILES)
}

fn stem(file: &ShippedFile) -> &'static str {
    file.file_name().trim_end_matches(".toml")
}
