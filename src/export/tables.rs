//! Items, labels and verdicts as tables (CSV). Cells are escaped for spreadsheets.
//!
//! | table | columns, all of them texts but where said |
//! | --- | --- |
//! | items | `id`, `prompt`, `reference`, `context` (JSON), `tags.KEY`…, and one for each system |
//! | labels | `id`, `annotator`, `winner`, `a`, `b` |
//! | verdicts | those of [`CSV_HEADER`]; probabilities, confidences and margins are numbers from 0 to 1 |
//!
//! A conversation is its JSON. An item is written once, whatever the number of its comparisons.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;

use super::{ExportCounts, one_judge, unwritten};
use crate::cases::Cases;
use crate::error::Result;
use crate::input::{Content, Item};
use crate::report::{CSV_HEADER, VerdictLine, csv_cell, csv_row};
use crate::store::JudgeChoice;
use crate::verdict::DecisionRule;
use crate::vote::Preference;

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
    let header = fixed.into_iter().chain(of_tags).chain(systems.iter().cloned());
    write(&mut rows, header)?;
    let (mut seen, mut counts) = (HashSet::new(), ExportCounts::default());
    cases.for_each(|case| {
        if !seen.insert(case.record.item) {
            return Ok(());
        }
        counts.written += 1;
        let Item { id, prompt, responses, reference, context, tags: of_item, .. } = &case.item;
        let reference = reference.as_ref().map(|reference| match serde_json::to_value(reference) {
            Ok(serde_json::Value::String(text)) => text,
            Ok(other) => other.to_string(),
            Err(_) => String::new(),
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

fn text(content: &Content) -> String {
    match content {
        Content::Text(text) => text.clone(),
        Content::Turns(turns) => serde_json::to_string(turns).unwrap_or_default(),
    }
}

fn write(
    rows: &mut csv::Writer<&mut dyn Write>,
    cells: impl IntoIterator<Item = String>,
) -> Result<()> {
    let cells: Vec<String> = cells.into_iter().map(|cell| csv_cell(&cell).into_owned()).collect();
    rows.write_record(cells).map_err(std::io::Error::from).map_err(unwritten)
}
