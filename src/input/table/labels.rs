//! Tables of labels: one label per row, or one column for each annotator.

use serde_json::{Map, Value, json};

use super::columns::LabelColumns;
use super::header::Header;
use super::{TableRow, row_id};
use crate::error::{Remedy, Result};
use crate::input::data_file::SpoolWriter;
use crate::input::jsonl::parse_unique;

/// Which column is what.
pub(super) struct LabelMapping {
    /// As the user named them.
    columns: LabelColumns,
    id: Option<usize>,
    annotator: Option<usize>,
    /// The columns of the winners, each with the annotator if the column names one.
    winners: Vec<(usize, Option<String>)>,
    /// One column with a list.
    between: Option<usize>,
    /// Two columns with a system each.
    between_each: Option<[usize; 2]>,
    probability: Option<usize>,
}

impl LabelMapping {
    /// # Errors
    ///
    /// A column does not exist.
    pub(super) fn new(columns: &LabelColumns, header: &Header) -> Result<Self> {
        let id = match &columns.id {
            Some(name) => Some(header.named(name)?),
            // Without named columns it is a file of labels, which cannot refer to items by its own rows.
            None if columns.winners.is_empty() => Some(header.require_known("id")?),
            None => header.known("id"),
        };
        let mut winners = Vec::new();
        for name in &columns.winners {
            winners.push((header.named(name)?, Some(name.clone())));
        }
        let mut annotator = None;
        if winners.is_empty() {
            let winner = header
                .require_known("winner")
                .map_err(|error| error.suggest(Remedy::NameLabelColumn))?;
            winners.push((winner, None));
        }
        if let [(_, name)] = winners.as_mut_slice() {
            annotator = header.known("annotator");
            *name = name.take().filter(|_| annotator.is_none());
            if name.is_none() && annotator.is_none() {
                return Err(header.missing("annotator").suggest(Remedy::NameLabelColumn));
            }
        }
        let between_each = header.known("between.1").zip(header.known("between.2"));
        Ok(Self {
            columns: columns.clone(),
            id,
            annotator,
            winners,
            between: header.known("between"),
            between_each: between_each.map(<[usize; 2]>::from),
            probability: header.known("probability"),
        })
    }

    pub(super) fn copy(&self, row: &TableRow<'_>, copy: &mut SpoolWriter) -> Result<()> {
        let id = match self.id {
            Some(column) => {
                row.word(column).ok_or_else(|| row.error(column, "is empty"))?.to_owned()
            }
            None => row_id(row.number),
        };
        let between = self.between(row)?;
        for (column, name) in &self.winners {
            let winner = row.word(*column).map(|cell| self.columns.system(cell));
            if winner.is_none() && name.is_some() {
                // This annotator did not label the item.
                continue;
            }
            let annotator = match (name, self.annotator) {
                (Some(name), _) => Some(name.as_str()),
                (None, Some(column)) => match row.word(column) {
                    None if winner.is_some() => return Err(row.error(column, "is empty")),
                    annotator => annotator,
                },
                (None, None) => None,
            };
            let mut record = Map::new();
            record.insert("id".to_owned(), id.as_str().into());
            record.insert("annotator".to_owned(), annotator.unwrap_or_default().into());
            record.insert("winner".to_owned(), winner.into());
            if let Some(between) = &between {
                record.insert("between".to_owned(), between.clone());
            }
            if let Some(probability) = self.probability.and_then(|column| row.word(column)) {
                // What is no number stays a text, which the reader of labels refuses.
                let number = probability.parse::<f64>().map_or(probability.into(), Value::from);
                record.insert("probability".to_owned(), number);
            }
            row.write(&record, copy)?;
        }
        Ok(())
    }

    /// Returns the two systems, if the table names them.
    fn between(&self, row: &TableRow<'_>) -> Result<Option<Value>> {
        if let Some(columns) = self.between_each {
            let [one, other] = columns.map(|column| row.word(column));
            return match (one, other) {
                (None, None) => Ok(None),
                (Some(one), Some(other)) => {
                    Ok(Some(json!([self.columns.system(one), self.columns.system(other)])))
                }
                (None, _) => Err(row.error(columns[0], "is empty")),
                (_, None) => Err(row.error(columns[1], "is empty")),
            };
        }
        let Some((column, text)) = self.between.and_then(|at| Some((at, row.word(at)?))) else {
            return Ok(None);
        };
        let mut between = parse_unique(text).map_err(|_| {
            row.error(column, "is not a JSON list of two systems")
                .hint("write [\"SYSTEM\",\"OTHER\"], or use two columns, between.1 and between.2")
        })?;
        for system in between.as_array_mut().into_iter().flatten() {
            if let Some(cell) = system.as_str() {
                *system = self.columns.system(cell).into();
            }
        }
        Ok(Some(between))
    }
}
