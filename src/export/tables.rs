//! Items, labels and verdicts as tables (CSV). Cells are escaped for spreadsheets.
//!
//! | table | columns, all of them texts but where said |
//! | --- | --- |
//! | items | `id`, `prompt`, `reference`, `context` (JSON), `tags.KEY`…, and one for each system |
//! | labels | `id`, `annotator`, `winner`, `a`, `b` |
//! | verdicts | those of [`CSV_HEADER`]; probabilities, confidences and margins are numbers from 0 to 1 |
//!
//! An item is written once, whatever the number of its comparisons. A table holds texts: items with a conversation, or with a
//! reference that is no text, are left out of it and counted. A system whose name is that of another column gets the prefix
//! `response `.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;

use super::{ExportCounts, one_judge, unwritten};
use crate::cases::Cases;
use crate::error::Result;
use crate::input::{Content, Item, Reference};
use crate::report::{CSV_HEADER, VerdictLine, csv_cell, csv_row};
use crate::store::JudgeChoice;
use crate::verdict::DecisionRule;
use crate::vote::Preference;

/// The columns of labels, which a table of items may have.
const LABEL_WORDS: [&str; 4] = ["winner", "annotator", "between", "probability"];

/// Writes the items, each once.
///
/// # Errors
///
/// The run cannot be read, or the output not written.
pub fn export_items(cases: &Cases, output: &mut dyn Write) -> Result<ExportCounts> {
    let systems = cases.run().systems()?;
    let mut tags = BTreeSet::new();
    cases.for_each(|case| {
        tags.extend(case.item.tags.into_keys());
        Ok(())
    })?;
    let mut rows = csv::Writer::from_writer(output);
    let fixed = ["id", "prompt", "reference", "context"].map(ToOwned::to_owned);
    let of_tags = tags.iter().map(|tag| format!("tags.{tag}"));
    let columns: HashSet<String> = fixed.iter().cloned().chain(of_tags.clone()).collect();
    let header = fixed.into_iter().chain(of_tags);
    let header = header.chain(systems.iter().map(|system| column_of(system, &columns)));
    write(&mut rows, header)?;
    let (mut seen, mut counts) = (HashSet::new(), ExportCounts::default());
    cases.for_each(|case| {
        if !seen.insert(case.record.item) {
            return Ok(());
        }
        if !is_of_texts(&case.item) {
            counts.items_not_in_table += 1;
            return Ok(());
        }
        counts.written += 1;
        let Item { id, prompt, responses, reference, context, tags: of_item, .. } = &case.item;
        let reference = reference.as_ref().and_then(|reference| match reference {
            Reference::Text(text) => Some(text.clone()),
            Reference::Several(_) | Reference::Object(_) => None,
        });
        let context = context.as_ref().map(ToString::to_string);
        let fixed =
            [id.clone(), text(prompt), reference.unwrap_or_default(), context.unwrap_or_default()];
        let of_tags = tags.iter().map(|tag| of_item.get(tag).cloned().unwrap_or_default());
        let of_systems =
            systems.iter().map(|system| responses.get(system).map(text).unwrap_or_default());
        write(&mut rows, fixed.into_iter().chain(of_tags).chain(of_systems))
    })?;
    rows.flush().map_err(unwritten)?;
    Ok(counts)
}

/// Writes the labels of the selected comparisons.
///
/// # Errors
///
/// The run cannot be read, or the output not written.
pub fn export_labels(cases: &Cases, output: &mut dyn Write) -> Result<ExportCounts> {
    let mut rows = csv::Writer::from_writer(output);
    write(&mut rows, ["id", "annotator", "winner", "a", "b"].map(ToOwned::to_owned))?;
    let mut counts = ExportCounts::default();
    cases.for_each(|case| {
        let [a, b] = &case.record.between;
        for label in &case.labels {
            let winner = match label.preference {
                Preference::For(side) => super::system(&case, side),
                Preference::Tie => "tie",
            };
            counts.written += 1;
            let row = [&case.record.id, label.annotator.as_ref(), winner, a.as_str(), b];
            write(&mut rows, row.map(ToOwned::to_owned))?;
        }
        Ok(())
    })?;
    rows.flush().map_err(unwritten)?;
    Ok(counts)
}

/// Writes the verdicts of the chosen judge, or of the jury, on all selected comparisons.
///
/// # Errors
///
/// The run cannot be read, or the output not written.
pub fn export_verdicts(cases: &Cases, output: &mut dyn Write) -> Result<ExportCounts> {
    let mut rows = csv::Writer::from_writer(output);
    rows.write_record(CSV_HEADER).map_err(std::io::Error::from).map_err(unwritten)?;
    let mut counts = ExportCounts::default();
    cases.for_each(|case| {
        let jury = case.record.jury();
        let record = match cases.judge() {
            JudgeChoice::One(_) => one_judge(cases, &case)?.1,
            JudgeChoice::Jury => &jury,
        };
        counts.written += 1;
        // Its cells are escaped already.
        let row = csv_row(VerdictLine {
            id: &case.record.id,
            between: &case.record.between,
            judge: cases.run().name_of(cases.judge()),
            tags: &case.item.tags,
            record,
            rule: DecisionRule::BothOrders,
        });
        rows.write_record(row).map_err(std::io::Error::from).map_err(unwritten)
    })?;
    rows.flush().map_err(unwritten)?;
    Ok(counts)
}

/// Returns the text of a content; an item of texts has no other.
fn text(content: &Content) -> String {
    match content {
        Content::Text(text) => text.clone(),
        Content::Turns(_) => String::new(),
    }
}

/// Returns whether a table can hold an item.
fn is_of_texts(item: &Item) -> bool {
    let mut contents = item.responses.values().chain([&item.prompt]);
    contents.all(|content| matches!(content, Content::Text(_)))
        && matches!(&item.reference, None | Some(Reference::Text(_)))
}

/// Returns the column of a system, which has another name than every column with a meaning.
fn column_of(system: &str, columns: &HashSet<String>) -> String {
    let is_key = |name: &str| name.starts_with("tags.") || name.starts_with("context.");
    let has_meaning = columns.iter().any(|column| column.eq_ignore_ascii_case(system))
        || LABEL_WORDS.iter().any(|word| word.eq_ignore_ascii_case(system))
        || is_key(&system.to_ascii_lowercase());
    if has_meaning { format!("response {system}") } else { system.to_owned() }
}

fn write(
    rows: &mut csv::Writer<&mut dyn Write>,
    cells: impl IntoIterator<Item = String>,
) -> Result<()> {
    let cells: Vec<String> = cells.into_iter().map(|cell| csv_cell(&cell).into_owned()).collect();
    rows.write_record(cells).map_err(std::io::Error::from).map_err(unwritten)
}
