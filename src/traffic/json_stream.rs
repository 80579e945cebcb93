//! Reads the records of a JSON file one by one, however they are wrapped: lines of JSON, a list, or the nested lists of an
//! export of spans. No more than one record is in memory.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::limited::{Limited, Position};
use crate::error::{Error, Result};

/// The keys under which an export of spans has its lists, from the outside to the inside.
const LISTS: [&str; 7] = [
    "resourceSpans",
    "resource_spans",
    "scopeSpans",
    "scope_spans",
    "instrumentationLibrarySpans",
    "instrumentation_library_spans",
    "spans",
];

/// Fields that an export does not have beside its lists: an object with one of them is a record itself.
const OF_RECORDS: [&str; 19] = [
    "request",
    "req",
    "input_body",
    "response",
    "resp",
    "output_body",
    "messages",
    "input",
    "prompt",
    "question",
    "query",
    "choices",
    "completion",
    "output",
    "answer",
    "output_text",
    "attributes",
    "spanId",
    "events",
];

/// Passes every record of a stream of JSON values to `each`, with its `file:line`. The line is where it ends.
///
/// # Errors
///
/// The stream cannot be read or is not valid JSON, a value is neither an object nor a list, or `each` fails.
pub(super) fn for_each_record(
    shown: &str,
    text: impl Read,
    mut each: impl FnMut(Value, &str) -> Result<()>,
) -> Result<()> {
    let position = Position::default();
    let reader = Limited::new(std::io::BufReader::with_capacity(1 << 16, text), position.clone());
    let mut json = serde_json::Deserializer::from_reader(reader);
    let mut failure = None;
    loop {
        position.begin_record();
        let at_end = json.end().is_ok();
        if at_end {
            return Ok(());
        }
        let mut emit = |record: Value| {
            let place = format!("{shown}:{}", position.line());
            position.begin_record();
            each(record, &place).map_err(|error| failure = Some(error))
        };
        let walked = Records(&mut emit).deserialize(&mut json);
        if let Some(error) = failure {
            return Err(error);
        }
        walked.map_err(|error| invalid(shown, &position, &error))?;
    }
}

fn invalid(shown: &str, position: &Position, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or(&text);
    let line = if error.line() > 0 { error.line() as u64 } else { position.line() };
    let message = match error.classify() {
        Category::Io => why.to_owned(),
        // It is JSON, but something else than an object or a list.
        Category::Data => format!("not a record: {why}"),
        Category::Syntax | Category::Eof => format!("not valid JSON: {why}"),
    };
    Error::input(format!("{shown}:{line}: {message}"))
        .hint("traffic is JSON (an object a line, a list, or an export of spans) or a table (CSV)")
}

type Emit<'a> = dyn FnMut(Value) -> std::result::Result<(), ()> + 'a;

/// A value that is a record, a list of records, or an export that contains some.
struct Records<'a, 'e>(&'a mut Emit<'e>);

impl<'de> DeserializeSeed<'de> for Records<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Records<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<(), A::Error> {
        let emit = self.0;
        while list.next_element_seed(Records(&mut *emit))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let emit = self.0;
        let (mut record, mut is_export, mut is_record) = (Map::new(), false, false);
        while let Some(key) = map.next_key::<String>()? {
            is_record |= OF_RECORDS.contains(&key.as_str());
            if LISTS.contains(&key.as_str()) && !is_record {
                is_export = true;
                map.next_value_seed(Records(&mut *emit))?;
            } else {
                record.insert(key, map.next_value()?);
            }
        }
        if !is_export || is_record {
            // The caller has the error itself.
            emit(Value::Object(record)).map_err(|()| A::Error::custom("stopped"))?;
        }
        Ok(())
    }
}
