//! Production traffic becomes items: logs are read, exchanges that come again count once, secrets are masked, and items
//! are drawn with known probabilities.
//!
//! Logs are hostile and of any length: they are read as a stream, with one record in memory beside what may be drawn.
//! What is no exchange of texts with a model is counted and skipped.
//!
//! ```text
//! JSON ─json_stream→ records ─openai, spans┐
//! CSV ─table───────────────────────────────┴→ Exchange ─Draw (masked by Masker)→ items
//! ```

mod draw;
mod exchange;
mod json_stream;
mod language;
mod limited;
mod mask;
mod openai;
mod spans;
mod table;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use crate::input::open_text;

pub use draw::{Draw, DrawOptions, Drawn, StratifyBy};
pub(crate) use draw::{TAGS_OF_DRAWING, TAGS_OF_SAMPLES, probability_of, words_of_users};
pub use exchange::{Exchange, Skipped};
pub use language::language;
pub use mask::Masker;
pub use table::TrafficColumns;

/// What was read of traffic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrafficCounts {
    /// Exchanges.
    pub exchanges: u64,
    /// Records that are none, by reason, with the place of the first.
    pub skipped: BTreeMap<Skipped, (u64, String)>,
}

impl TrafficCounts {
    fn count(&mut self, found: &std::result::Result<Exchange, Skipped>, place: &str) {
        match found {
            Ok(_) => self.exchanges += 1,
            Err(reason) => {
                self.skipped.entry(*reason).or_insert_with(|| (0, place.to_owned())).0 += 1;
            }
        }
    }
}

/// Reads a file of traffic and passes every exchange to `each`: JSON (requests with responses, or spans of
/// OpenTelemetry), or a table; also packed by gzip or Zstandard.
///
/// # Errors
///
/// The file cannot be read, is malformed, or has no exchange at all; or `each` fails.
pub fn read_traffic(
    path: &Path,
    columns: &TrafficColumns,
    each: impl FnMut(Exchange) -> Result<()>,
) -> Result<TrafficCounts> {
    read_stream(&path.display().to_string(), open_text(path)?.text, columns, each)
}

/// Reads traffic from a stream; `shown` is its name in messages.
///
/// # Errors
///
/// As for [`read_traffic`].
pub fn read_stream(
    shown: &str,
    mut text: impl Read,
    columns: &TrafficColumns,
    mut each: impl FnMut(Exchange) -> Result<()>,
) -> Result<TrafficCounts> {
    let failed = |error: std::io::Error| Error::input(format!("{shown}: {error}"));
    // The first character that is no white space says what it is.
    let mut head = Vec::new();
    let first = loop {
        let mut byte = [0];
        if text.read(&mut byte).map_err(failed)? == 0 {
            break None;
        }
        head.push(byte[0]);
        match byte[0] {
            byte if byte.is_ascii_whitespace() && head.len() < 1 << 16 => {}
            // A byte order mark.
            0xef | 0xbb | 0xbf if head.len() <= 3 => {
                if byte[0] == 0xbf {
                    head.clear();
                }
            }
            byte => break Some(byte),
        }
    };
    // The magic numbers of gzip and Zstandard.
    if matches!(first, Some(0x1f | 0x28)) {
        return Err(Error::input(format!("{shown}: the stream is packed, or no text"))
            .hint("unpack it first, as with `gzip -dc`, or give the file by its name"));
    }
    let is_table = !matches!(first, Some(b'{' | b'['));
    let text = std::io::Cursor::new(head).chain(text);
    let mut counts = TrafficCounts::default();
    match first {
        None => return Err(Error::input(format!("{shown}: the file is empty"))),
        Some(b'{' | b'[') => json_stream::for_each_record(shown, text, |record, place| {
            let found =
                if spans::is_span(&record) { spans::read(&record) } else { openai::read(&record) };
            counts.count(&found, place);
            found.map_or(Ok(()), &mut each)
        })?,
        Some(_) => table::for_each_row(shown, text, columns, |found, place| {
            counts.count(&found, place);
            found.map_or(Ok(()), &mut each)
        })?,
    }
    if counts.exchanges == 0 {
        let error = Error::input(format!("{shown}: there is no exchange of texts with a model"));
        let details = counts.skipped.iter().map(|(reason, (n, place))| {
            let records = crate::error::counted(*n, "record", "records");
            format!("{records} {}, the first at {place}", reason.as_str())
        });
        let error = details.fold(error, Error::detail);
        if is_table {
            return Err(error.hint(
                "the table needs rows in which both the prompt and the response have a text",
            ));
        }
        return Err(error.hint(
            "a record is {\"request\":{\"messages\":[…]},\"response\":{\"choices\":[…]}}, {\"prompt\":…,\"response\":…}, or \
             a span with gen_ai.input.messages and gen_ai.output.messages; logging of contents may have to be switched on",
        ));
    }
    Ok(counts)
}
