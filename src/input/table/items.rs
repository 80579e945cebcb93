//! Tables of items: one column is the prompt, and each column without another meaning a system's responses.

use serde_json::{Map, Value};

use super::columns::{EmptyCells, ItemColumns, LABEL_COLUMNS};
use super::header::Header;
use super::{TableRow, row_id};
use crate::error::{Error, Remedy, Result, Warning, listed};
use crate::input::data_file::SpoolWriter;
use crate::input::system_name::check_system_name;

/// Which column is what.
pub(super) struct ItemMapping {
    id: Option<usize>,
    prompt: usize,
    /// By system.
    responses: Vec<(String, usize)>,
    /// Columns that are not used, because responses must be named.
    unused: Vec<String>,
    /// Nobody said which columns are responses.
    by_convention: bool,
    reference: Option<usize>,
    context: Option<usize>,
    context_fields: Vec<(String, usize)>,
    tags: Vec<(String, usize)>,
    empty_cells: EmptyCells,
}

impl ItemMapping {
    /// # Errors
    ///
    /// A named column does not exist, there is no prompt, or a system has a reserved name.
    pub(super) fn new(columns: &ItemColumns, header: &Header) -> Result<Self> {
        let id = match &columns.id {
            Some(name) => Some(header.named(name)?),
            None => header.known("id"),
        };
        let prompt = match &columns.prompt {
            Some(name) => header.named(name)?,
            None => header
                .require_known("prompt")
                .map_err(|error| error.suggest(Remedy::NamePromptColumn))?,
        };
        let mut mapping = Self {
            id,
            prompt,
            responses: Vec::new(),
            unused: Vec::new(),
            by_convention: columns.responses.is_empty() && !columns.only_named_responses,
            reference: header.known("reference"),
            context: header.known("context"),
            context_fields: header.with_keys("context"),
            tags: [header.with_keys("tags"), header.with_keys("tag")].concat(),
            empty_cells: columns.empty_cells,
        };
        for (system, column) in &columns.responses {
            mapping.responses.push((system.clone(), header.named(column)?));
        }
        let labels: Vec<usize> =
            columns.labels.iter().map(|name| header.named(name)).collect::<Result<_>>()?;
        if mapping.by_convention {
            mapping.responses = mapping.other_columns(header, &labels);
        } else if columns.only_named_responses {
            let named: Vec<usize> = mapping.responses.iter().map(|(_, column)| *column).collect();
            let others = mapping.other_columns(header, &[labels, named].concat());
            mapping.unused = others.into_iter().map(|(name, _)| name).collect();
        }
        for (system, column) in &mapping.responses {
            check_system_name(system).map_err(|why| {
                Error::input(format!("{}: column `{}`: {why}", header.place, header.names[*column]))
                    .suggest(Remedy::NameResponseColumns)
            })?;
        }
        Ok(mapping)
    }

    /// Returns the columns that have no other meaning.
    fn other_columns(&self, header: &Header, labels: &[usize]) -> Vec<(String, usize)> {
        let known = [self.id, Some(self.prompt), self.reference, self.context];
        let with_keys = self.context_fields.iter().chain(&self.tags).map(|(_, column)| *column);
        let label_columns = LABEL_COLUMNS.iter().filter_map(|name| header.known(name));
        let used: Vec<usize> = known
            .into_iter()
            .flatten()
            .chain(with_keys)
            .chain(label_columns)
            .chain(labels.iter().copied())
            .collect();
        let columns = header.names.iter().enumerate();
        let others = columns.filter(|(at, name)| !name.is_empty() && !used.contains(at));
        others.map(|(at, name)| (name.clone(), at)).collect()
    }

    pub(super) fn copy(&self, row: &TableRow<'_>, copy: &mut SpoolWriter) -> Result<()> {
        let mut record = Map::new();
        record.insert("id".to_owned(), self.id(row)?.into());
        let prompt = row.cell(self.prompt).ok_or_else(|| row.error(self.prompt, "is empty"))?;
        record.insert("prompt".to_owned(), prompt.into());
        record.insert("responses".to_owned(), Value::Object(self.responses(row)?));
        if let Some(reference) = self.reference.and_then(|column| row.cell(column)) {
            record.insert("reference".to_owned(), reference.into());
        }
        if let Some(context) = self.context(row)? {
            record.insert("context".to_owned(), context);
        }
        let tags = texts(row, &self.tags);
        if !tags.is_empty() {
            record.insert("tags".to_owned(), Value::Object(tags));
        }
        row.write(&record, copy)
    }

    fn id(&self, row: &TableRow<'_>) -> Result<String> {
        let Some(column) = self.id else { return Ok(row_id(row.number)) };
        let id = row.word(column).ok_or_else(|| row.error(column, "is empty"))?;
        Ok(id.to_owned())
    }

    fn responses(&self, row: &TableRow<'_>) -> Result<Map<String, Value>> {
        let mut responses = Map::new();
        for (system, column) in &self.responses {
            if let Some(response) = response(row, *column, self.empty_cells)? {
                responses.insert(system.clone(), response.into());
            }
        }
        Ok(responses)
    }

    /// Returns the context: the columns `context.KEY` as an object; or the column `context`, as JSON if it holds an
    /// object or a list, else as text.
    fn context(&self, row: &TableRow<'_>) -> Result<Option<Value>> {
        let fields = texts(row, &self.context_fields);
        let Some((column, text)) = self.context.and_then(|at| Some((at, row.cell(at)?))) else {
            return Ok((!fields.is_empty()).then_some(Value::Object(fields)));
        };
        if !fields.is_empty() {
            let (key, _) = &self.context_fields[0];
            return Err(row
                .error(column, &format!("and column `context.{key}` are both filled in"))
                .hint("use one column `context`, or one for each field of it"));
        }
        if !text.trim_start().starts_with(['{', '[']) {
            return Ok(Some(text.into()));
        }
        crate::input::jsonl::parse_unique(text).map(Some).map_err(|error| {
            row.error(column, &format!("begins like JSON, but is not valid JSON: {error}"))
        })
    }

    pub(super) fn warnings(&self, file: &str, header: &Header) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.id.is_none() {
            warnings.push(Warning::new(
                "row-ids",
                format!(
                    "{file} has no column `id`: items are called by their rows (row-2, row-3…); add a column \
                     `id` before rows are inserted, removed or sorted"
                ),
            ));
        }
        if !self.unused.is_empty() {
            let columns: Vec<&str> = self.unused.iter().map(String::as_str).collect();
            warnings.push(Warning::new(
                "unused-columns",
                format!(
                    "{file}: these columns are not used: {}; if one of them has responses, name it",
                    listed(&columns)
                ),
            ));
        }
        if self.by_convention && !self.responses.is_empty() {
            let systems: Vec<&str> =
                self.responses.iter().map(|(_, at)| header.names[*at].as_str()).collect();
            warnings.push(Warning::new(
                "columns-as-systems",
                format!(
                    "{file}: these columns are read as the responses of systems: {}; if one of them is not, name \
                     those that are",
                    listed(&systems)
                ),
            ));
        }
        warnings
    }
}

/// Returns the response in a cell; `None` if there is none.
pub(super) fn response<'a>(
    row: &TableRow<'a>,
    column: usize,
    empty_cells: EmptyCells,
) -> Result<Option<&'a str>> {
    match (row.cell(column), empty_cells) {
        (Some(response), _) => Ok(Some(response)),
        (None, EmptyCells::EmptyResponse) => Ok(Some("")),
        (None, EmptyCells::NoResponse) => Ok(None),
        (None, EmptyCells::Error) => Err(row
            .error(column, "is empty")
            .detail("a table cannot say whether the response is empty or missing")
            .suggest(Remedy::DecideEmptyCells)),
    }
}

/// Returns the cells that are not empty, by key.
fn texts(row: &TableRow<'_>, columns: &[(String, usize)]) -> Map<String, Value> {
    let filled = columns.iter().filter_map(|(key, at)| Some((key.clone(), row.word(*at)?.into())));
    filled.collect()
}
