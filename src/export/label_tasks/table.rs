//! Labels as a table that is read back without loss.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Map, Value};

use super::cell::escaped;
use crate::error::{Error, Result};
use crate::input::Scale;
use crate::labelling::SessionLine;

/// The column that marks the table as one whose texts are exact.
const MARK: &str = "evenhand";
/// The columns between the mark and the criteria, of labels of comparisons and of grades.
const OF_COMPARISONS: [&str; 15] = [
    "id",
    "annotator",
    "between.1",
    "between.2",
    "winner",
    "probability",
    "repeat",
    "equal",
    "adjudicated",
    "choice",
    "skipped",
    "left",
    "seconds",
    "at",
    "both_acceptable",
];
const OF_GRADES: [&str; 10] = [
    "id",
    "annotator",
    "system",
    "grade",
    "probability",
    "repeat",
    "adjudicated",
    "skipped",
    "seconds",
    "at",
];
/// The last column.
const NOTE: &str = "note";

/// Writes a table that the reader of labels reads back. `scale` is that of the grades.
pub(super) fn csv(
    lines: &[SessionLine],
    scale: Option<&Scale>,
    output: &mut (dyn Write + Send),
) -> Result<()> {
    let rows: Vec<Map<String, Value>> =
        lines.iter().map(|line| fields(line, scale)).collect::<Result<_>>()?;
    let criteria: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row.get("criteria")?.as_object())
        .flat_map(|criteria| criteria.keys().map(String::as_str))
        .collect();
    let columns: &[&str] = if scale.is_some() { &OF_GRADES } else { &OF_COMPARISONS };
    let written = |error: csv::Error| Error::unwritten(error.into());
    let mut table = csv::Writer::from_writer(output);
    let names = criteria.iter().map(|criterion| format!("criteria.{}", escaped(criterion)));
    let header = std::iter::once(&MARK).chain(columns).map(|name| (*name).to_owned());
    table.write_record(header.chain(names).chain([NOTE.to_owned()])).map_err(written)?;
    for row in &rows {
        let criterion = |name: &&str| cell(row.get("criteria").and_then(|all| all.get(*name)));
        let cells = std::iter::once("label".to_owned())
            .chain(columns.iter().map(|column| cell(row.get(*column))))
            .chain(criteria.iter().map(criterion))
            .chain([cell(row.get(NOTE))]);
        table.write_record(cells).map_err(written)?;
    }
    table.flush().map_err(Error::unwritten)
}

/// Returns the fields of a line, with a field for each of the two systems.
fn fields(line: &SessionLine, scale: Option<&Scale>) -> Result<Map<String, Value>> {
    let Value::Object(mut fields) = line.to_json(scale)? else {
        return Err(Error::internal("a line of a label file is no object"));
    };
    if let Some(Value::Array(between)) = fields.remove("between") {
        for (at, system) in (1..).zip(between) {
            fields.insert(format!("between.{at}"), system);
        }
    }
    Ok(fields)
}

/// Returns the cell of a value.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => escaped(text).into_owned(),
        // Without the `.0` of whole numbers.
        Some(Value::Number(number)) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        Some(value) => value.to_string(),
    }
}
