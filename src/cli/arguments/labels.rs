//! The label file of a command, and what the columns of a table of labels mean.

use std::path::{Path, PathBuf};

use clap::Args;
use evenhand::input::{DataFile, LabelColumns};

use super::table::or_stdin;
use super::values::system_column;

/// A label file that a command may have.
#[derive(Debug, Args)]
pub(crate) struct LabelArguments {
    /// Human labels: JSONL or CSV, one per line or row; `-` is stdin
    #[arg(id = "labels", long = "labels", value_name = "FILE", help_heading = "Input")]
    pub(crate) path: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) columns: LabelColumnArguments,
}

/// What the columns of a table of labels mean.
#[derive(Debug, Args)]
pub(crate) struct LabelColumnArguments {
    /// In a CSV or TSV file: a column with the winners that one annotator chose; can be repeated
    #[arg(long, value_name = "COLUMN", requires = "labels", help_heading = "Input")]
    pub(crate) label_column: Vec<String>,
    /// In a CSV or TSV file: the column of the ids [default: id]
    #[arg(long, value_name = "COLUMN", requires = "labels", help_heading = "Input")]
    pub(crate) id_column: Option<String>,
    /// In a CSV or TSV file: the column of a system's responses, by which labels may name it; can be repeated
    #[arg(long, value_name = "SYSTEM=COLUMN", value_parser = system_column, requires = "labels", help_heading = "Input")]
    pub(crate) response: Vec<(String, String)>,
}

impl LabelArguments {
    /// Returns the label file, if the command has one.
    pub(crate) fn file(&self) -> Option<DataFile> {
        self.path.as_ref().map(|path| self.columns.of(path))
    }
}

impl LabelColumnArguments {
    /// Returns a label file with these columns.
    pub(crate) fn of(&self, path: &Path) -> DataFile {
        or_stdin(DataFile::labels(path, self.columns()))
    }

    /// Returns the columns.
    pub(crate) fn columns(&self) -> LabelColumns {
        let mut columns = LabelColumns::default();
        columns.id.clone_from(&self.id_column);
        columns.winners.clone_from(&self.label_column);
        columns.responses.clone_from(&self.response);
        columns
    }
}
