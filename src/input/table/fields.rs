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
}

impl FieldMapping {
    /// # Errors
    ///
    /// There is no column `id` or `response`.
    pub(super) fn responses(empty_cells: EmptyCells, header: &Header) -> Result<Self> {
        let fields = fields(header, &["id", "response"])?;
        let response = Some((header.require_known("response")?, empty_cells));
        Ok(Self { fields, response, is_any: false, is_recording: false })
    }

    /// # Errors
    ///
    /// No column has a name.
    pub(super) fn any(header: &Header) -> Result<Self> {
        Ok(Self { fields: fields(header, &[])?, response: None, is_any: true, is_recording: false })
    }

    /// # Errors
    ///
    /// A required column is missing.
    pub(super) fn recording(header: &Header) -> Result<Self> {
        let answers = ["vote", "probability"].map(|name| header.known(name));
        let required: &[&str] = if answers.iter().any(Option::is_some) {
            &["id", "first", "second"]
        } else {
            &["id", "first", "second", "reply"]
        };
        let mut fields = fields(header, required)?;
        for (field, column) in &mut fields {
            let known = ["reply", "vote", "probability"];
            if let Some(name) = known.iter().find(|name| header.known(name) == Some(*column)) {
                (*name).clone_into(field);
            }
        }
        Ok(Self { fields, response: None, is_any: false, is_recording: true })
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
                "vote" | "probability" if cell.is_empty() => return None,
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
        let has_vote = fields.contains_key("vote") || fields.contains_key("probability");
        // Beside a vote an empty cell is no reply; alone it is an empty one.
        if self.is_recording && has_vote && fields.get("reply") == Some(&Value::from("")) {
            fields.remove("reply");
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
