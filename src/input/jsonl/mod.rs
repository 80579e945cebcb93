//! JSON, one object per line: records with error messages that name file, line and field, and random access to lines.

mod json;
mod line_index;
mod lines;
mod object;
mod path;
mod record;

pub(super) use json::{LimitedValue, invalid_json};
pub(crate) use json::{kind_of, parse_unique, read_json};
pub(super) use line_index::{Fingerprint, LineIndex};
pub(super) use lines::{Line, Lines};
pub(crate) use lines::{first_record, read_records};
pub(super) use object::Object;
pub(super) use path::Path;
pub(crate) use record::Record;
