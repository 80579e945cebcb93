//! Labels: what people preferred. One human judgement a line.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::Value;

use super::items::Item;
use super::json::{Record, read_lines};
use crate::error::{Error, Result};

/// What one person can judge once: item, annotator, systems.
type Judgement = (String, String, [String; 2]);

const FIELDS: [&str; 4] = ["id", "annotator", "between", "winner"];

/// One person's preference between two responses to one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The item.
    pub id: String,
    /// Who judged.
    pub annotator: String,
    /// The two systems, in byte order of their names.
    pub between: [String; 2],
    /// The preferred system, or `None` for a tie.
    pub winner: Option<String>,
}

/// Labels as read.
#[derive(Debug, Default)]
pub struct Labels {
    /// The labels whose item is known, in file order.
    pub labels: Vec<Label>,
    /// How many labels name an id that is not among the items.
    pub unmatched: usize,
    /// One sentence for each kind of oddity, with its count.
    pub warnings: Vec<String>,
}

/// Reads labels and checks them against the items they speak of.
///
/// A label for an id that is not among `items` is counted; one for a known id must name systems of
/// that item.
///
/// # Errors
///
/// A line that is not a JSON object, a missing field, a system the item does not have, `between` left
/// out where the item has more than two responses, two different judgements of one annotator.
pub fn read_labels(path: &Path, items: &[Item]) -> Result<Labels> {
    let by_id: HashMap<&str, &Item> = items.iter().map(|item| (item.id.as_str(), item)).collect();
    let mut read = Labels::default();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    let mut given: HashMap<Judgement, (usize, Option<String>)> = HashMap::new();
    read_lines(path, |mut record| {
        let id = record.take_name("id")?;
        let annotator = record.take_name("annotator")?;
        let between = take_between(&mut record)?;
        let winner = record.take_name("winner")?;
        let (place, line) = (record.place.clone(), record.line);
        for field in record.leftovers(&FIELDS)? {
            *unknown.entry(field).or_default() += 1;
        }
        let Some(item) = by_id.get(id.as_str()) else {
            read.unmatched += 1;
            return Ok(());
        };
        let label = resolve(&place, item, annotator, between, winner)?;
        let key = (label.id.clone(), label.annotator.clone(), label.between.clone());
        if let Some((earlier, other)) = given.insert(key, (line, label.winner.clone())) {
            let same = if other == label.winner { "the same" } else { "another" };
            return Err(Error::input(format!(
                "{place}: `{}` already gave {same} judgement of `{}` on line {earlier}",
                label.annotator, label.id
            ))
            .hint("keep one judgement of an annotator for each comparison"));
        }
        read.labels.push(label);
        Ok(())
    })?;
    read.warnings = unknown
        .iter()
        .map(|(field, count)| format!("field `{field}` of {count} labels is not used"))
        .collect();
    Ok(read)
}

fn take_between(record: &mut Record) -> Result<Option<[String; 2]>> {
    match record.take("between") {
        None => Ok(None),
        Some(value) => match &value {
            Value::Array(pair) => match pair.as_slice() {
                [Value::String(a), Value::String(b)] if a != b => {
                    let mut between = [a.clone(), b.clone()];
                    between.sort();
                    Ok(Some(between))
                }
                _ => Err(record.error("between: expected two different systems")),
            },
            other => Err(record.expected("between", "a list of two systems", other)),
        },
    }
}

fn resolve(
    place: &str,
    item: &Item,
    annotator: String,
    between: Option<[String; 2]>,
    winner: String,
) -> Result<Label> {
    let systems: Vec<&str> = item.responses.keys().map(String::as_str).collect();
    let unknown = |system: &str| {
        Error::input(format!("{place}: unknown system `{system}`"))
            .detail(format!("item {} has responses from: {}", item.id, systems.join(", ")))
            .hint("`winner` is one of the item's systems or \"tie\"")
    };
    let between = match (between, systems.as_slice()) {
        (Some(between), _) => between,
        (None, [a, b]) => [(*a).to_owned(), (*b).to_owned()],
        (None, _) => {
            return Err(Error::input(format!("{place}: between is missing"))
                .detail(format!("item {} has responses from: {}", item.id, systems.join(", ")))
                .hint(r#"write "between":["SYSTEM","OTHER"]; it may be left out only where an item has two responses"#));
        }
    };
    for system in &between {
        if !item.responses.contains_key(system) {
            return Err(unknown(system));
        }
    }
    let winner = if winner == "tie" {
        None
    } else if between.contains(&winner) {
        Some(winner)
    } else if item.responses.contains_key(&winner) {
        return Err(Error::input(format!(
            "{place}: winner `{winner}` is not one of the two that were compared ({}, {})",
            between[0], between[1]
        )));
    } else {
        return Err(unknown(&winner));
    };
    Ok(Label { id: item.id.clone(), annotator, between, winner })
}
