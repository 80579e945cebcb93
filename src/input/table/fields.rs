//! Tables of responses and of recorded replies: each column is the field of that name.

use serde_json::{Map, Value};

use super::TableRow;
use super::columns::EmptyCells;
use super::header::Header;
use super::items::response;
use crate::error::Result;
use crate::input::data_file::SpoolWriter;

/// Which column is which field.
pub(super) struct FieldMapping {
    fields: Vec<(String, usize)>,
    /// The column of the response, and what it means if it is empty.
    response: Option<(usize, EmptyCells)>,
    /// Whether the columns are not known.
    is_any: bool,
    is_recording: bool,
    /// Whether the grades of a recording are the only answers.
    has_grades_alone: bool,
}

impl FieldMapping {
    /// # Errors
    ///
    /// There is no column `id` or `response`.
    pub(super) fn responses(empty_cells: EmptyCells, header: &Header) -> Result<Self> {
        let fields = fields(header, &["id", "response"])?;
        let response = Some((header.require_known("response")?, empty_cells));
        Ok(Self { response, ..Self::of(fields) })
    }

    /// # Errors
    ///
    /// No column has a name.
    pub(super) fn any(header: &Header) -> Result<Self> {
        Ok(Self { is_any: true, ..Self::of(fields(header, &[])?) })
    }

    /// # Errors
    ///
    /// A required column is missing.
    pub(super) fn recording(header: &Header) -> Result<Self> {
        let has = |name: &&str| header.known(name).is_some();
        // A line is about one response if it names a system, and about two if it names which was shown first.
        let of_grades = has(&"system") && !["first", "second"].iter().any(has);
        let (named, answers): (&[&str], &[&str]) = if of_grades {
            (&["id", "system"], &["grade"])
        } else {
            (&["id", "first", "second"], &["vote", "probability"])
        };
        let reply = (!answers.iter().any(has)).then_some("reply");
        let required: Vec<&str> = named.iter().copied().chain(reply).collect();
        let mut fields = fields(header, &required)?;
        for (field, column) in &mut fields {
            let known = ["reply", "vote", "probability", "grade", "scale"];
            if let Some(name) = known.iter().find(|name| header.known(name) == Some(*column)) {
                (*name).clone_into(field);
            }
        }
        let has_grades_alone = of_grades && !has(&"reply");
        Ok(Self { is_recording: true, has_grades_alone, ..Self::of(fields) })
    }

    fn of(fields: Vec<(String, usize)>) -> Self {
        let (is_any, is_recording, has_grades_alone) = (false, false, false);
        Self { fields, response: None, is_any, is_recording, has_grades_alone }
    }

    pub(super) fn copy(&self, row: &TableRow<'_>, copy: &mut SpoolWriter) -> Result<()> {
        if let Some((column, empty_cells)) = self.response
            && response(row, column, empty_cells)?.is_none()
        {
            return Ok(());
        }
        let fields = self.fields.iter().filter_map(|(field, column)| {
            // Of other programs' columns it is not known which are texts.
            let is_text = self.is_any || matches!(field.as_str(), "response" | "reply");
            let cell = if is_text { row.cell(*column) } else { row.word(*column) };
            let cell = cell.unwrap_or_default();
            let value = match field.as_str() {
                // An empty cell is no vote.
                _ if self.is_any => cell.into(),
                "vote" | "probability" | "grade" | "scale" if cell.is_empty() => return None,
                // What is no finite number stays a text, which the reader refuses.
                "probability" => match cell.parse::<f64>() {
                    Ok(number) if number.is_finite() => number.into(),
                    _ => cell.into(),
                },
                _ => cell.into(),
            };
            Some((field.clone(), value))
        });
        let mut fields = fields.collect::<Map<_, _>>();
        // Beside a vote or a grade an empty cell is no reply; alone it is an empty one.
        let has_answer =
            ["vote", "probability", "grade"].iter().any(|name| fields.contains_key(*name));
        if self.is_recording && has_answer && fields.get("reply") == Some(&Value::from("")) {
            fields.remove("reply");
        }
        // A response without a grade was not graded, as one that the table does not have.
        if self.has_grades_alone && !fields.contains_key("grade") {
            return Ok(());
        }
        row.write(&fields, copy)
    }
}

/// Returns the columns by field. The required ones have the names of their fields, whatever their case.
fn fields(header: &Header, required: &[&str]) -> Result<Vec<(String, usize)>> {
    let mut fields = Vec::new();
    for field in required {
        fields.push(((*field).to_owned(), header.require_known(field)?));
    }
    let columns = header.names.iter().enumerate();
    let is_other = |at: usize| fields.iter().all(|(_, column)| *column != at);
    let others: Vec<(String, usize)> = columns
        .filter(|(at, name)| !name.is_empty() && is_other(*at))
        .map(|(at, name)| (name.clone(), at))
        .collect();
    fields.extend(others);
    Ok(fields)
}
