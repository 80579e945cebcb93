//! The flags of `evenhand labels` and its subcommands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct LabelsArguments {
    #[command(subcommand)]
    pub(crate) command: LabelsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabelsCommand {
    /// Merge answers of exported pages, Label Studio, Argilla, tables and label files into the label file
    ///
    /// All files are merged, or none: nothing is written if a file is damaged or belongs to another sample, or if an
    /// answer differs from the one that stands. The same file can be merged again.
    Merge(LabelsMerge),
    /// Write labels, or open tasks for anybody, as a table or for Label Studio or Argilla
    Export(LabelsExport),
}

/// What labels are about.
#[derive(Debug, Args)]
pub(crate) struct LabelSource {
    /// What was labelled: a run file, or items
    #[arg(value_name = "RUN|ITEMS")]
    pub(crate) source: PathBuf,
    /// The rubric of the page or the tasks [default: that of the run; for items, none]
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: Option<String>,
    /// Items: the system that the others were compared with [default: every pair]
    #[arg(long, value_name = "SYSTEM", help_heading = "Input")]
    pub(crate) baseline: Option<String>,
    /// The label file, which has the forms
    #[arg(long, value_name = "FILE", default_value = "labels.jsonl", help_heading = "Input")]
    pub(crate) labels: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct LabelsMerge {
    #[command(flatten)]
    pub(crate) source: LabelSource,
    /// The files with answers
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Where the files come from [default: each is recognised]
    #[arg(long, value_enum, value_name = "PROGRAM", help_heading = "Input")]
    pub(crate) from: Option<AnswersFrom>,
    /// Who somebody is whom another program knows by a number, an address or another name; can be repeated
    #[arg(long, value_name = "WHO=NAME", value_parser = person, help_heading = "Input")]
    pub(crate) person: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct LabelsExport {
    #[command(flatten)]
    pub(crate) source: LabelSource,
    /// The file to write
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: PathBuf,
    /// What the file is
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) layout: ProgramLayout,
    /// Write what nobody has labelled yet, for anybody and blind, instead of labels
    #[arg(long, help_heading = "Output")]
    pub(crate) open: bool,
}

/// Where a file with answers comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswersFrom {
    /// A page of `evenhand label --export`
    Page,
    /// Label Studio: JSON, JSON-MIN or CSV
    LabelStudio,
    /// Argilla: records as JSON
    Argilla,
    /// A table of tasks that was filled in
    Csv,
    /// Another label file, as JSONL or a table
    Labels,
}

/// The layout of tasks and labels for other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgramLayout {
    /// A table: labels as one that is read as a label file, tasks as one to fill in
    Csv,
    /// Tasks of Label Studio
    LabelStudio,
    /// Records of Argilla
    Argilla,
}

fn person(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((who, name)) if !who.is_empty() && !name.is_empty() => {
            Ok((who.to_owned(), name.to_owned()))
        }
        _ => Err("expected WHO=NAME, such as 3=ana".to_owned()),
    }
}
