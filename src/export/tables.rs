//! Items, labels and verdicts as tables.
//!
//! | table | columns; `?` may have nothing |
//! | --- | --- |
//! | items | texts `id`, `prompt`, `reference?`, `context?` (JSON), `tags.KEY?`…, and one for each system? |
//! | labels | texts `id`, `annotator`, `winner`, `a`, `b` |
//! | verdicts | those of [`CSV_HEADER`]; probabilities, confidences and margins are numbers from 0 to 1 |
//!
//! An item is written once, whatever the number of its comparisons. A table for spreadsheets holds texts, and is read again as
//! items: what is no text (a conversation, a reference of several texts) is left out of it with its item, and counted. Parquet
//! holds such values as JSON; its column `json_columns?` lists the columns of a row that do.
//! A system whose name is that of another column gets the prefix `response `.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;

use serde_json::{Value, json};

use super::table::{Cell, Column, ColumnType};
use super::table_format::TableFormat;
use super::{ExportCounts, internal, one_judge};
use crate::cases::Cases;
use crate::error::Result;
use crate::input::{Content, Item, Reference};
use crate::report::{CSV_HEADER, VerdictLine, json_verdict};
use crate::store::JudgeChoice;
use crate::verdict::DecisionRule;
use crate::vote::Preference;

/// The columns of labels, which a table of items may have.
const LABEL_WORDS: [&str; 4] = ["winner", "annotator", "between", "probability"];

/// The column of a table that names the columns with JSON.
const JSON_COLUMNS: &str = "json_columns";

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportedTable {
    /// The items of the selected comparisons, each once.
    Items,
    /// The labels of the selected comparisons.
    Labels,
    /// The verdicts of the chosen judge, or of the jury, on the selected comparisons.
    Verdicts,
}

impl ExportedTable {
    /// Returns the name of its file, without the ending.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Labels => "labels",
            Self::Verdicts => "verdicts",
        }
    }
}

/// Writes one table.
///
/// # Errors
///
/// The run cannot be read, the output not written, or this build does not write the format.
pub fn export_table(
    cases: &Cases,
    table: ExportedTable,
    format: TableFormat,
    output: &mut (dyn Write + Send),
) -> Result<ExportCounts> {
    match table {
        ExportedTable::Items => items(cases, format, output),
        ExportedTable::Labels => labels(cases, format, output),
        ExportedTable::Verdicts => verdicts(cases, format, output),
    }
}

fn items(
    cases: &Cases,
    format: TableFormat,
    output: &mut (dyn Write + Send),
) -> Result<ExportCounts> {
    let each = |call: &mut EachItem<'_>| cases.for_each(|case| call(case.record.item, case.item));
    items_table(&cases.run().systems()?, &each, format, output)
}

/// What is called with the row of an item and the item.
pub(super) type EachItem<'a> = dyn FnMut(i64, Item) -> Result<()> + 'a;

/// Writes the items of a run with the responses of its systems; `for_each` calls its argument with the item of one case
/// after another, of which each is written once.
///
/// # Errors
///
/// The run cannot be read, the output not written, or this build does not write the format.
pub(super) fn items_table(
    systems: &[String],
    for_each: &dyn Fn(&mut EachItem<'_>) -> Result<()>,
    format: TableFormat,
    output: &mut (dyn Write + Send),
) -> Result<ExportCounts> {
    let mut tags = BTreeSet::new();
    for_each(&mut |_, item| {
        tags.extend(item.tags.into_keys());
        Ok(())
    })?;
    let holds_json = format == TableFormat::Parquet;
    let mut columns: Vec<Column> =
        ["id", "prompt"].map(|name| Column::new(name, ColumnType::Text)).into();
    let optional = ["reference", "context"].into_iter().chain(holds_json.then_some(JSON_COLUMNS));
    columns.extend(optional.map(|name| Column::new(name, ColumnType::OptionalText)));
    let of_tags =
        tags.iter().map(|tag| Column::new(format!("tags.{tag}"), ColumnType::OptionalText));
    columns.extend(of_tags);
    let reserved: HashSet<String> =
        columns.iter().map(|column| column.name.to_ascii_lowercase()).collect();
    let mut taken = HashSet::new();
    let of_systems: Vec<String> =
        systems.iter().map(|system| column_of(system, &reserved, &mut taken)).collect();
    columns.extend(of_systems.iter().map(|name| Column::new(name, ColumnType::OptionalText)));
    let mut rows = format.begin(&columns, output)?;
    let (mut seen, mut counts) = (HashSet::new(), ExportCounts::default());
    for_each(&mut |row, item| {
        if !seen.insert(row) {
            return Ok(());
        }
        if !holds_json && !is_of_texts(&item) {
            counts.items_not_in_table += 1;
            return Ok(());
        }
        counts.written += 1;
        let Item { id, prompt, responses, reference, context, tags: of_item, .. } = &item;
        let mut with_json = Vec::new();
        let mut shown = |name: &str, content: &Content| -> Result<Cell> {
            Ok(match content {
                Content::Text(text) => text.as_str().into(),
                Content::Turns(turns) => {
                    with_json.push(name.to_owned());
                    serde_json::to_string(turns).map_err(internal)?.into()
                }
            })
        };
        let prompt = shown("prompt", prompt)?;
        let mut responses_of = Vec::with_capacity(systems.len());
        for (system, column) in systems.iter().zip(&of_systems) {
            let response = responses.get(system);
            responses_of.push(response.map(|response| shown(column, response)).transpose()?.into());
        }
        let reference = match reference {
            None => Cell::Nothing,
            Some(Reference::Text(text)) => text.as_str().into(),
            Some(other) => {
                with_json.push("reference".to_owned());
                serde_json::to_string(other).map_err(internal)?.into()
            }
        };
        let context = Cell::from(context.as_ref().map(ToString::to_string));
        let mut cells = vec![id.as_str().into(), prompt, reference, context];
        if holds_json {
            cells.push((!with_json.is_empty()).then(|| json!(with_json).to_string()).into());
        }
        cells.extend(tags.iter().map(|tag| Cell::from(of_item.get(tag).map(String::as_str))));
        cells.extend(responses_of);
        rows.row(cells)
    })?;
    rows.end()?;
    Ok(counts)
}

fn labels(
    cases: &Cases,
    format: TableFormat,
    output: &mut (dyn Write + Send),
) -> Result<ExportCounts> {
    let columns = ["id", "annotator", "winner", "a", "b"];
    let columns = columns.map(|name| Column::new(name, ColumnType::Text));
    let mut rows = format.begin(&columns, output)?;
    let mut counts = ExportCounts::default();
    cases.for_each(|case| {
        let [a, b] = &case.record.between;
        for label in &case.labels {
            // Read as a label it would be the opinion of one more annotator.
            if label.adjudicated.is_some() {
                counts.decisions_not_in_table += 1;
                continue;
            }
            let winner = match label.preference {
                Preference::For(side) => super::system(&case, side),
                Preference::Tie => "tie",
            };
            counts.written += 1;
            let row = [&case.record.id, label.annotator.as_ref(), winner, a.as_str(), b];
            rows.row(row.map(Cell::from).into())?;
        }
        Ok(())
    })?;
    rows.end()?;
    Ok(counts)
}

fn verdicts(
    cases: &Cases,
    format: TableFormat,
    output: &mut (dyn Write + Send),
) -> Result<ExportCounts> {
    let columns = CSV_HEADER.map(|name| Column::new(name, type_of(name)));
    let mut rows = format.begin(&columns, output)?;
    let mut counts = ExportCounts::default();
    cases.for_each(|case| {
        let jury = case.record.jury();
        let (judge, record) = match cases.judge() {
            JudgeChoice::One(_) => {
                let (judge, record) = one_judge(cases, &case)?;
                (judge.record.name.as_str(), record)
            }
            JudgeChoice::Jury => (cases.run().name_of(JudgeChoice::Jury), &jury),
        };
        counts.written += 1;
        let line = VerdictLine {
            id: &case.record.id,
            between: &case.record.between,
            judge,
            tags: &case.item.tags,
            record,
            rule: DecisionRule::BothOrders,
        };
        let verdict = json_verdict(line, false);
        rows.row(CSV_HEADER.map(|name| verdict_cell(&verdict, name, line.between)).into())
    })?;
    rows.end()?;
    Ok(counts)
}

/// Returns the type of a column of the verdicts.
fn type_of(name: &str) -> ColumnType {
    match name {
        "id" | "a" | "b" | "judge" | "outcome" | "decided_by" => ColumnType::Text,
        "margin" => ColumnType::OptionalNumber,
        name if name.ends_with("_confidence") || name.ends_with("_probability") => {
            ColumnType::OptionalNumber
        }
        _ => ColumnType::OptionalText,
    }
}

/// Returns a cell of a verdict, out of its JSON.
fn verdict_cell(verdict: &Value, name: &str, [a, b]: &[String; 2]) -> Cell {
    let of_order = |first: &String, field: &str| {
        let orders = verdict["orders"].as_array();
        let mut orders = orders.into_iter().flatten();
        orders.find(|order| order["first"] == **first).map(|order| &order[field])
    };
    let value = match name {
        "a" => return a.as_str().into(),
        "b" => return b.as_str().into(),
        "a_probability" => Some(&verdict["probability"][a]),
        "b_probability" => Some(&verdict["probability"][b]),
        "tie_probability" => Some(&verdict["probability"]["tie"]),
        "tags" => {
            let tags = &verdict["tags"];
            let has_tags = tags.as_object().is_some_and(|tags| !tags.is_empty());
            return has_tags.then(|| tags.to_string()).into();
        }
        name => match (name.strip_prefix("a_first_"), name.strip_prefix("b_first_")) {
            (Some(field), _) => of_order(a, field),
            (None, Some(field)) => of_order(b, field),
            (None, None) => verdict.get(name),
        },
    };
    match value {
        Some(Value::String(text)) => text.as_str().into(),
        Some(Value::Number(number)) => number.as_f64().map_or(Cell::Nothing, Cell::Number),
        _ => Cell::Nothing,
    }
}

/// Returns whether a table for spreadsheets can hold an item.
fn is_of_texts(item: &Item) -> bool {
    let mut contents = item.responses.values().chain([&item.prompt]);
    contents.all(|content| matches!(content, Content::Text(_)))
        && matches!(&item.reference, None | Some(Reference::Text(_)))
}

/// Returns the column of a system, which has another name than every other column and than the words of labels.
/// `reserved` are the columns with a meaning, in lower case; `taken` are those of other systems, to which it is added.
fn column_of(system: &str, reserved: &HashSet<String>, taken: &mut HashSet<String>) -> String {
    let mut column = system.to_owned();
    loop {
        let name = column.to_ascii_lowercase();
        let has_meaning = reserved.contains(&name)
            || LABEL_WORDS.contains(&name.as_str())
            || name.starts_with("tags.")
            || name.starts_with("context.");
        if !has_meaning && taken.insert(column.clone()) {
            return column;
        }
        column.insert_str(0, "response ");
    }
}
