//! Traffic as a table: a row for each exchange.

use std::io::Read;

use serde_json::Value;

use super::exchange::{Exchange, Read as Found, exchange};
use super::limited::{Limited, Position};
use crate::error::{Error, Result};

/// The names of columns that need no flag, in any case.
const PROMPTS: [&str; 6] = ["prompt", "input", "question", "query", "request", "user"];
const RESPONSES: [&str; 6] = ["response", "output", "answer", "completion", "reply", "assistant"];

/// Which columns hold what, where their names do not say it.
#[derive(Debug, Clone, Default)]
pub struct TrafficColumns {
    /// The column of the prompts.
    pub prompt: Option<String>,
    /// The column of the responses.
    pub response: Option<String>,
}

/// Passes every row to `each`, with its `file:line`.
///
/// # Errors
///
/// The table cannot be read, has no column of prompts or of responses, or `each` fails.
pub(super) fn for_each_row(
    shown: &str,
    text: impl Read,
    columns: &TrafficColumns,
    mut each: impl FnMut(Found<Exchange>, &str) -> Result<()>,
) -> Result<()> {
    let position = Position::default();
    let mut text = Limited::new(text, position.clone());
    let mut head = vec![0; 1 << 14];
    let mut filled = 0;
    while filled < head.len() {
        let n = text
            .read(&mut head[filled..])
            .map_err(|error| Error::input(format!("{shown}: {error}")))?;
        if n == 0 {
            break;
        }
        filled += n;
    }
    head.truncate(filled);
    let separator = separator(&head);
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(separator)
        .from_reader(std::io::Read::chain(std::io::Cursor::new(head), text));
    let header = rows.headers().map_err(|error| invalid(shown, &error))?.clone();
    let prompt = column(shown, &header, columns.prompt.as_deref(), &PROMPTS, "prompts")?;
    let response = column(shown, &header, columns.response.as_deref(), &RESPONSES, "responses")?;
    let model = header.iter().position(|name| name.eq_ignore_ascii_case("model"));
    let mut row = csv::StringRecord::new();
    loop {
        // A row that is not closed would be read to the end of the file.
        position.begin_record();
        if !rows.read_record(&mut row).map_err(|error| invalid(shown, &error))? {
            return Ok(());
        }
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let model = model.map(cell).filter(|model| !model.is_empty()).map(ToOwned::to_owned);
        let found =
            exchange(Value::String(cell(prompt).to_owned()), cell(response).to_owned(), model);
        let tags = header.iter().zip(&row).filter_map(|(name, value)| {
            let tag = name.strip_prefix("tags.").or_else(|| name.strip_prefix("tag:"))?;
            (!value.is_empty()).then(|| (tag.to_owned(), value.to_owned()))
        });
        let tags = tags.collect();
        each(found.map(|found| Exchange { tags, ..found }), &format!("{shown}:{line}"))?;
    }
}

/// Returns the separator that the first line has most of.
fn separator(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let number = |separator: &u8| line.split(|byte| byte == separator).count();
    [b'\t', b';', b','].into_iter().max_by_key(number).unwrap_or(b',')
}

fn column(
    shown: &str,
    header: &csv::StringRecord,
    named: Option<&str>,
    known: &[&str],
    what: &str,
) -> Result<usize> {
    let place = |name: &str| header.iter().position(|one| one.trim().eq_ignore_ascii_case(name));
    let found = match named {
        Some(name) => place(name),
        None => known.iter().find_map(|name| place(name)),
    };
    found.ok_or_else(|| {
        let columns: Vec<&str> = header.iter().collect();
        let which =
            named.map_or(format!("no column of {what}"), |name| format!("no column `{name}`"));
        Error::input(format!("{shown}:1: {which}"))
            .detail(format!("the columns are: {}", crate::error::listed(&columns)))
            .hint("traffic is a table with columns of prompts and responses, or JSON")
    })
}

fn invalid(shown: &str, error: &csv::Error) -> Error {
    let line = error.position().map_or(String::new(), |position| format!(":{}", position.line()));
    let why = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells and the header {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "the row is not valid UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    };
    Error::input(format!("{shown}{line}: {why}"))
}
