//! The flags that say what the columns of a CSV or TSV file mean.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use evenhand::input::{DataFile, EmptyCells, ItemColumns, ItemSource, LabelColumns};
use evenhand::{Error, Result};

use super::values::system_column;

const HEADING: &str = "Columns of a CSV or TSV file";

/// What the columns of a table of items mean: shared by the commands that read items.
#[derive(Debug, Clone, Args)]
pub(crate) struct TableArguments {
    /// The column of the ids [default: id, or the row numbers if there is no such column]
    #[arg(long, value_name = "COLUMN", help_heading = HEADING)]
    pub(crate) id_column: Option<String>,
    /// The column of the prompts [default: prompt]
    #[arg(long, value_name = "COLUMN", help_heading = HEADING)]
    pub(crate) prompt_column: Option<String>,
    /// A column with the responses of a system; can be repeated [default: all columns without another meaning, and of prompts none]
    #[arg(long, value_name = "[SYSTEM=]COLUMN", value_parser = system_column, help_heading = HEADING)]
    pub(crate) response: Vec<(String, String)>,
    /// A column with the winners that one annotator chose, which is no response; can be repeated
    #[arg(long, value_name = "COLUMN", help_heading = HEADING)]
    pub(crate) label_column: Vec<String>,
    /// What an empty cell in the column of a response means
    #[arg(long, value_enum, default_value_t = EmptyCellMeaning::Error, help_heading = HEADING)]
    pub(crate) empty_cells: EmptyCellMeaning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EmptyCellMeaning {
    /// It is an error, which names the row
    Error,
    /// An empty response
    Empty,
    /// No response of this system
    Missing,
}

impl TableArguments {
    /// Returns whether any of the flags is given.
    pub(crate) fn is_given(&self) -> bool {
        self.id_column.is_some()
            || self.prompt_column.is_some()
            || !self.response.is_empty()
            || !self.label_column.is_empty()
            || self.empty_cells != EmptyCellMeaning::Error
    }

    /// Returns the items in a file, with the responses of files of their own. `labels` is the label file of the
    /// command, if it takes one and has one.
    ///
    /// # Errors
    ///
    /// Two of the files are standard input, or a response file is invalid.
    pub(crate) fn source(
        &self,
        items: &PathBuf,
        responses: &[(String, PathBuf)],
        labels: Option<&PathBuf>,
    ) -> Result<ItemSource> {
        self.source_of(items, responses, labels, false)
    }

    /// Returns the items of a file of prompts, in which only the columns that are named are responses.
    ///
    /// # Errors
    ///
    /// None of those of [`TableArguments::source`] can occur with one file.
    pub(crate) fn prompts(&self, items: &PathBuf) -> Result<ItemSource> {
        self.source_of(items, &[], None, true)
    }

    fn source_of(
        &self,
        items: &PathBuf,
        responses: &[(String, PathBuf)],
        labels: Option<&PathBuf>,
        only_named_responses: bool,
    ) -> Result<ItemSource> {
        let files = responses.iter().map(|(_, file)| file).chain([items]).chain(labels);
        if files.filter(|file| is_stdin(file)).count() > 1 {
            return Err(stdin_twice());
        }
        let empty_cells = match self.empty_cells {
            EmptyCellMeaning::Error => EmptyCells::Error,
            EmptyCellMeaning::Empty => EmptyCells::EmptyResponse,
            EmptyCellMeaning::Missing => EmptyCells::NoResponse,
        };
        let mut columns = ItemColumns::default();
        columns.id.clone_from(&self.id_column);
        columns.prompt.clone_from(&self.prompt_column);
        columns.responses.clone_from(&self.response);
        columns.only_named_responses = only_named_responses;
        columns.empty_cells = empty_cells;
        if labels.is_none_or(|labels| labels == items) {
            columns.labels.clone_from(&self.label_column);
        }
        let responses = responses.iter().map(|(system, file)| {
            (system.clone(), or_stdin(DataFile::responses(file, empty_cells)))
        });
        ItemSource::of(or_stdin(DataFile::items(items, columns)), responses)
    }

    /// Returns the label file: the one that is given, or else the table of items if it has columns of labels.
    ///
    /// # Errors
    ///
    /// The items are standard input, which cannot be read again for the labels.
    pub(crate) fn labels(
        &self,
        items: &PathBuf,
        labels: Option<&PathBuf>,
    ) -> Result<Option<DataFile>> {
        let from_items = (!self.label_column.is_empty()).then_some(items);
        let Some(file) = labels.or(from_items) else { return Ok(None) };
        if labels.is_none() && is_stdin(items) {
            return Err(stdin_twice());
        }
        // The ids of a file of labels alone have the name that they have there.
        let id = self.id_column.as_deref().filter(|_| !self.label_column.is_empty());
        let mut columns = LabelColumns::default();
        columns.id = id.map(ToOwned::to_owned);
        columns.winners.clone_from(&self.label_column);
        columns.responses.clone_from(&self.response);
        Ok(Some(or_stdin(DataFile::labels(file, columns))))
    }
}

/// Returns whether a path stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns a file that is read from standard input if its path is `-`.
pub(crate) fn or_stdin(file: DataFile) -> DataFile {
    if is_stdin(file.path()) { file.read_from("stdin", std::io::stdin()) } else { file }
}

/// Returns the error for a command of which two files are standard input.
pub(crate) fn stdin_twice() -> Error {
    Error::usage("standard input (`-`) is needed twice, but can be read only once")
        .hint("write it to a file first")
}
