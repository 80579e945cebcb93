//! Tables of labels, of comparisons or of grades: one label per row, or one column for each annotator.
//!
//! A table that evenhand writes has a column [`MARK`]. Its texts are exact: nothing is trimmed, and what was escaped for
//! spreadsheets and terminals is restored ([`restored`]). The texts of other tables mean what they say.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::columns::LabelColumns;
use super::header::Header;
use super::label_fields::{FurtherColumns, restored};
use super::{TableRow, row_id};
use crate::error::{Error, Remedy, Result};
use crate::input::data_file::SpoolWriter;
use crate::input::jsonl::parse_unique;

/// The column that marks a table of labels as written by evenhand.
const MARK: &str = "evenhand";

/// What the labels of a table say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelKind {
    /// Which of two responses is better.
    Winner,
    /// The grade of one response.
    Grade,
}

impl LabelKind {
    /// Returns the kind of a table by its columns: of grades if it has a column of them or of the system that each is
    /// about, and winners are not named.
    pub(super) fn of(columns: &LabelColumns, header: &Header) -> Self {
        let is_known = |name| header.known(name).is_some();
        let has_winners = !columns.winners.is_empty() || is_known("winner");
        if !has_winners && (is_known("grade") || is_known("system")) {
            Self::Grade
        } else {
            Self::Winner
        }
    }

    /// Adds to the error about a missing column what can be done about it.
    fn advise(self, error: Error) -> Error {
        match self {
            Self::Winner => error.suggest(Remedy::NameLabelColumn),
            Self::Grade if error.hint_text().is_some() => error,
            Self::Grade => error.hint(
                "call the column of the grades `grade`, and that of who gave them `annotator`",
            ),
        }
    }

    /// Returns the field of the answer.
    fn answer(self) -> &'static str {
        match self {
            Self::Winner => "winner",
            Self::Grade => "grade",
        }
    }
}

/// Which column is what.
pub(super) struct LabelMapping {
    kind: LabelKind,
    /// As the user named them.
    columns: LabelColumns,
    id: Option<usize>,
    annotator: Option<usize>,
    /// The columns of the winners or grades, each with the annotator if the column names one.
    answers: Vec<(usize, Option<String>)>,
    /// The system of a grade.
    system: Option<usize>,
    /// One column with a list.
    between: Option<usize>,
    /// Two columns with a system each.
    between_each: Option<[usize; 2]>,
    probability: Option<usize>,
    /// How the label was given, and what was asked.
    further: FurtherColumns,
    /// Whether evenhand wrote the table.
    is_exact: bool,
}

impl LabelMapping {
    /// # Errors
    ///
    /// A column does not exist.
    pub(super) fn new(columns: &LabelColumns, header: &Header, kind: LabelKind) -> Result<Self> {
        let id = match &columns.id {
            Some(name) => Some(header.named(name)?),
            // Without named columns it is a file of labels, which cannot refer to items by its own rows.
            None if columns.winners.is_empty() => Some(header.require_known("id")?),
            None => header.known("id"),
        };
        let mut answers = Vec::new();
        for name in &columns.winners {
            answers.push((header.named(name)?, Some(name.clone())));
        }
        let mut annotator = None;
        if answers.is_empty() {
            let answer = header.require_known(kind.answer()).map_err(|error| kind.advise(error))?;
            answers.push((answer, None));
        }
        if let [(_, name)] = answers.as_mut_slice() {
            annotator = header.known("annotator");
            *name = name.take().filter(|_| annotator.is_none());
            if name.is_none() && annotator.is_none() {
                return Err(kind.advise(header.missing("annotator")));
            }
        }
        let between_each = header.known("between.1").zip(header.known("between.2"));
        let is_exact = columns.winners.is_empty() && header.known(MARK).is_some();
        // Where columns of answers are named, the table holds something else too.
        let further = match kind {
            _ if !columns.winners.is_empty() => FurtherColumns::default(),
            LabelKind::Winner => FurtherColumns::new(header, is_exact),
            LabelKind::Grade => FurtherColumns::of_grades(header, is_exact),
        };
        Ok(Self {
            kind,
            columns: columns.clone(),
            id,
            annotator,
            answers,
            system: header.known("system").filter(|_| kind == LabelKind::Grade),
            between: header.known("between"),
            between_each: between_each.map(<[usize; 2]>::from),
            probability: header.known("probability"),
            further,
            is_exact,
        })
    }

    /// Returns the text of a cell; `None` if it is empty.
    fn text<'a>(&self, row: &TableRow<'a>, column: usize) -> Option<Cow<'a, str>> {
        if self.is_exact { row.cell(column).map(restored) } else { row.word(column).map(Cow::from) }
    }

    /// Returns the system or the grade that a cell of an answer names; `None` if it is empty.
    fn answer(&self, row: &TableRow<'_>, column: usize) -> Option<String> {
        match self.kind {
            LabelKind::Winner => self.system(row, column),
            LabelKind::Grade => self.text(row, column).map(Cow::into_owned),
        }
    }

    /// Returns the system that a cell names; `None` if it is empty.
    fn system(&self, row: &TableRow<'_>, column: usize) -> Option<String> {
        self.text(row, column).map(|cell| self.columns.system(&cell).to_owned())
    }

    pub(super) fn copy(&self, row: &TableRow<'_>, copy: &mut SpoolWriter) -> Result<()> {
        let id = match self.id {
            Some(column) => {
                self.text(row, column).ok_or_else(|| row.error(column, "is empty"))?.into_owned()
            }
            None => row_id(row.number),
        };
        let between = match self.kind {
            LabelKind::Winner => self.between(row)?,
            LabelKind::Grade => None,
        };
        let system = self.system.and_then(|column| self.system(row, column));
        for (column, name) in &self.answers {
            let answer = self.answer(row, *column);
            if answer.is_none() && name.is_some() {
                // This annotator did not label the item.
                continue;
            }
            let annotator = match (name, self.annotator) {
                (Some(name), _) => Some(Cow::from(name.as_str())),
                (None, Some(column)) => match self.text(row, column) {
                    None if answer.is_some() => return Err(row.error(column, "is empty")),
                    annotator => annotator,
                },
                (None, None) => None,
            };
            let mut record = Map::new();
            record.insert("id".to_owned(), id.as_str().into());
            record.insert("annotator".to_owned(), annotator.unwrap_or_default().into());
            record.insert(self.kind.answer().to_owned(), answer.into());
            if let Some(system) = &system {
                record.insert("system".to_owned(), system.as_str().into());
            }
            if let Some(between) = &between {
                record.insert("between".to_owned(), between.clone());
            }
            if let Some(probability) = self.probability.and_then(|column| row.word(column)) {
                // What is no number stays a text, which the reader of labels refuses.
                let number = probability.parse::<f64>().map_or(probability.into(), Value::from);
                record.insert("probability".to_owned(), number);
            }
            self.further.copy(row, &mut record, &|row, column| self.answer(row, column));
            row.write(&record, copy)?;
        }
        Ok(())
    }

    /// Returns the two systems, if the table names them.
    fn between(&self, row: &TableRow<'_>) -> Result<Option<Value>> {
        if let Some(columns) = self.between_each {
            let [one, other] = columns.map(|column| self.system(row, column));
            return match (one, other) {
                (None, None) => Ok(None),
                (Some(one), Some(other)) => Ok(Some(json!([one, other]))),
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
