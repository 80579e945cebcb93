//! The first row of a table: the names of its columns.

use super::rows::Row;
use crate::error::{Error, Result, listed, nearest};
use crate::input::text::not_utf8;
use std::path::Path;

/// The names of the columns.
#[derive(Debug)]
pub(super) struct Header {
    /// `file:line`, for messages.
    pub(super) place: String,
    /// By column, without surrounding white space; empty for a column without a name.
    pub(super) names: Vec<String>,
}

impl Header {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// It is not UTF-8, or two columns have the same name.
    pub(super) fn read(path: &Path, place: String, row: &Row) -> Result<Self> {
        let mut names: Vec<String> = Vec::with_capacity(row.cells.len());
        for cell in &row.cells {
            let name =
                std::str::from_utf8(cell).map_err(|_| not_utf8(&place, "the header", path))?.trim();
            let same = names.iter().position(|earlier| earlier == name && !name.is_empty());
            if let Some(earlier) = same {
                return Err(Error::input(format!(
                    "{place}: columns {} and {} have the same name, `{name}`",
                    earlier + 1,
                    names.len() + 1
                ))
                .hint("rename or remove one of them"));
            }
            names.push(name.to_owned());
        }
        Ok(Self { place, names })
    }

    /// Returns the column of a name that evenhand gives a meaning; upper and lower case are the same.
    pub(super) fn known(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|column| column == name);
        exact.or_else(|| self.names.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }

    /// Returns the same column, which must exist.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn require_known(&self, name: &str) -> Result<usize> {
        self.known(name).ok_or_else(|| self.missing(name))
    }

    /// Returns the column that the user named.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn named(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|column| column == name).ok_or_else(|| self.missing(name))
    }

    /// Returns the columns called `FIELD.KEY` or `FIELD:KEY`, with their keys.
    pub(super) fn with_keys(&self, field: &str) -> Vec<(String, usize)> {
        let key = |name: &str| {
            let key = name.strip_prefix(field)?.strip_prefix(['.', ':'])?;
            (!key.is_empty()).then(|| key.to_owned())
        };
        let columns = self.names.iter().enumerate();
        columns.filter_map(|(at, name)| Some((key(name)?, at))).collect()
    }

    /// Returns the error for a column that does not exist.
    pub(super) fn missing(&self, name: &str) -> Error {
        let present: Vec<&str> =
            self.names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        let error = Error::input(format!("{}: there is no column `{name}`", self.place))
            .detail(format!("the columns are: {}", listed(&present)));
        match nearest(name, present.iter().copied()) {
            Some(close) => error.hint(format!("did you mean `{close}`?")),
            None => error,
        }
    }
}
