//! Tables of responses and of recorded replies: each column is the field of that name.

use serde_json::Map;

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
}

impl FieldMapping {
    /// # Errors
    ///
    /// There is no column `id` or `response`.
    pub(super) fn responses(empty_cells: EmptyCells, header: &Header) -> Result<Self> {
        let fields = fields(header, &["id", "response"])?;
        Ok(Self { fields, response: Some((header.require_known("response")?, empty_cells)) })
    }

    /// # Errors
    ///
    /// A required column is missing.
    pub(super) fn recording(header: &Header) -> Result<Self> {
        Ok(Self { fields: fields(header, &["id", "first", "second", "reply"])?, response: None })
    }

    pub(super) fn copy(&self, row: &TableRow<'_>, copy: &mut SpoolWriter) -> Result<()> {
        if let Some((column, empty_cells)) = self.response
            && response(row, column, empty_cells)?.is_none()
        {
            return Ok(());
        }
        let fields = self.fields.iter().map(|(field, column)| {
            let is_text = matches!(field.as_str(), "response" | "reply");
            let cell = if is_text { row.cell(*column) } else { row.word(*column) };
            (field.clone(), cell.unwrap_or_default().into())
        });
        row.write(&fields.collect::<Map<_, _>>(), copy)
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
