//! Labels: one preference of one annotator per line or row.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::data_file::DataFile;
use super::jsonl::{Record, read_records};
use super::known_items::{KnownItems, contains};
use super::similar_names::{AlikeIds, alike, shape};
use crate::error::{Error, Result, counted};

/// Identifies a comparison: item number and the two systems.
type ComparisonKey = (u32, [Arc<str>; 2]);
/// Identifies a label, which may be given once: item number, annotator and the two systems.
type LabelKey = (u32, Arc<str>, [Arc<str>; 2]);

const FIELDS: [&str; 5] = ["id", "annotator", "between", "winner", "probability"];

/// The smallest sampling probability that is accepted: its inverse is used as a weight.
const MIN_PROBABILITY: f64 = 1e-9;

/// The preference of one annotator between two responses to one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The id of the item.
    pub id: Arc<str>,
    /// The annotator who gave the label.
    pub annotator: Arc<str>,
    /// The two systems, in byte order of their names.
    pub between: [Arc<str>; 2],
    /// The preferred system, or `None` for a tie.
    pub winner: Option<Arc<str>>,
    /// The probability with which the comparison was drawn for labelling, in `(0, 1]`; `None` if unknown.
    pub probability: Option<f64>,
}

/// The contents of a label file.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Labels {
    /// The labels of known items, in file order.
    pub labels: Vec<Label>,
    /// The number of labels whose id is not among the items.
    pub unmatched: usize,
    /// The ids of these labels.
    pub unmatched_ids: Vec<String>,
    /// The number of lines that are not filled in yet: `winner` is null.
    pub blank: usize,
    /// Ids among the unmatched that are probably mistyped.
    pub alike_ids: Option<AlikeIds>,
    /// Two annotators whose names differ only in case or spacing, who are probably one person.
    pub alike_annotators: Option<[Arc<str>; 2]>,
    /// One sentence for each unknown field, with the number of labels that have it.
    pub warnings: Vec<String>,
}

/// Reads a label file and checks its labels against the items.
///
/// A label whose id is not in `items` is counted as unmatched; a label of a known item must name systems of
/// that item. A line whose `winner` is null is a form that is not filled in yet and is counted as blank.
///
/// # Errors
///
/// The file cannot be read, or a line is not a JSON object, lacks a field, names a system that the item does not
/// have, omits `between` although the item has more than two responses, has a probability outside `(0, 1]` or
/// another one than an earlier label of the same comparison, or repeats an annotator's label of a comparison.
pub fn read_labels(file: &DataFile, items: &KnownItems) -> Result<Labels> {
    let mut read = Labels::default();
    let mut unknown_fields: BTreeMap<String, usize> = BTreeMap::new();
    let mut given: HashMap<LabelKey, (u32, Option<Arc<str>>)> = HashMap::new();
    let mut annotators: HashSet<Arc<str>> = HashSet::new();
    let mut unmatched: Vec<String> = Vec::new();
    let mut probabilities: HashMap<ComparisonKey, (u32, f64)> = HashMap::new();
    read_records(file, |mut record| {
        let id = record.take_id()?;
        let blank = record.is_null("winner");
        let annotator = if blank { String::new() } else { record.take_name("annotator")? };
        let between = take_between(&mut record)?;
        let winner = if blank { String::new() } else { record.take_name("winner")? };
        let probability = take_probability(&mut record)?;
        if blank {
            // A form that is not filled in may have no annotator yet either.
            record.discard(&["annotator", "winner"]);
        }
        let (place, line) = (record.place.clone(), record.line);
        for field in record.unknown_fields(&FIELDS)? {
            *unknown_fields.entry(field).or_default() += 1;
        }
        if blank {
            read.blank += 1;
            return Ok(());
        }
        let Some(number) = items.number(&id) else {
            read.unmatched += 1;
            unmatched.push(id);
            return Ok(());
        };
        let item = LabelledItem { id: items.id(number), systems: items.systems(number) };
        let between = item.between(&place, between)?;
        let winner = item.winner(&place, &between, &winner)?;
        if let Some(probability) = probability {
            let first = probabilities
                .entry((number, between.clone()))
                .or_insert((line as u32, probability));
            if first.1.to_bits() != probability.to_bits() {
                return Err(Error::input(format!(
                    "{place}: probability is {probability}, but line {} has {} for the same comparison",
                    first.0, first.1
                ))
                .hint("keep the probability with which the sample was drawn"));
            }
        }
        let annotator = match annotators.get(annotator.as_str()) {
            Some(known) => Arc::clone(known),
            None => Arc::from(annotator),
        };
        annotators.insert(Arc::clone(&annotator));
        let key = (number, Arc::clone(&annotator), between.clone());
        if let Some((earlier, other)) = given.insert(key, (line as u32, winner.clone())) {
            let what = if other == winner { "the same" } else { "a different" };
            return Err(Error::input(format!(
                "{place}: `{annotator}` already gave {what} label for `{id}` on line {earlier}"
            ))
            .hint("keep one label of each annotator for a comparison"));
        }
        let id = Arc::clone(item.id);
        read.labels.push(Label { id, annotator, between, winner, probability });
        Ok(())
    })?;
    read.alike_ids = alike(unmatched.iter().map(String::as_str), items.ids());
    read.unmatched_ids = unmatched;
    read.alike_annotators = alike_annotators(annotators);
    read.warnings = unknown_fields
        .iter()
        .map(|(field, count)| {
            let labels = counted(*count as u64, "label", "labels");
            format!("field `{field}` of {labels} is ignored")
        })
        .collect();
    Ok(read)
}

/// Returns the first two annotators, by name, whose names look alike.
fn alike_annotators(annotators: HashSet<Arc<str>>) -> Option<[Arc<str>; 2]> {
    let mut annotators: Vec<_> = annotators.into_iter().map(|name| (shape(&name), name)).collect();
    annotators.sort();
    let alike = annotators.windows(2).find(|pair| pair[0].0 == pair[1].0)?;
    Some([Arc::clone(&alike[0].1), Arc::clone(&alike[1].1)])
}

/// Returns the item ids in a label file, including those of lines that are not filled in yet.
///
/// # Errors
///
/// The file cannot be read, or a line is not a JSON object or has no id.
pub fn labelled_ids(file: &DataFile) -> Result<HashSet<String>> {
    let mut ids = HashSet::new();
    read_records(file, |mut record| {
        ids.insert(record.take_id()?);
        Ok(())
    })?;
    Ok(ids)
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

fn take_probability(record: &mut Record) -> Result<Option<f64>> {
    match record.take("probability") {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(probability) if (MIN_PROBABILITY..=1.0).contains(&probability) => {
                Ok(Some(probability))
            }
            Some(_) => Err(record
                .error(format!("probability: expected a number above 0 and at most 1, found {value}"))
                .hint("it is the probability with which the comparison was drawn; omit the field if it is unknown")),
            None => Err(record.expected("probability", "a number", &value)),
        },
    }
}

/// The item of a label, and the systems that responded to it.
struct LabelledItem<'a> {
    id: &'a Arc<str>,
    systems: &'a [Arc<str>],
}

impl LabelledItem<'_> {
    fn list_systems(&self) -> String {
        format!("item {} has responses from: {}", self.id, self.systems.join(", "))
    }

    fn unknown_system(&self, place: &str, field: &str, system: &str) -> Error {
        let error = Error::input(format!("{place}: unknown system `{system}` in {field}"));
        let known = self.systems.iter().map(|system| &**system).chain(["tie"]);
        let allowed = known.filter(|word| field == "winner" || *word != "tie");
        error.detail(self.list_systems()).hint(
            match allowed.into_iter().find(|word| word.eq_ignore_ascii_case(system)) {
                Some(word) => format!("did you mean `{word}`?"),
                None if field == "winner" => {
                    "`winner` must be one of the item's systems or \"tie\"".to_owned()
                }
                None => "`between` must name two of the item's systems".to_owned(),
            },
        )
    }

    fn find(&self, place: &str, system: &str) -> Result<Arc<str>> {
        let found = self.systems.iter().find(|known| &***known == system);
        found.cloned().ok_or_else(|| self.unknown_system(place, "between", system))
    }

    fn between(&self, place: &str, between: Option<[String; 2]>) -> Result<[Arc<str>; 2]> {
        match (between, self.systems) {
            (Some([a, b]), _) => Ok([self.find(place, &a)?, self.find(place, &b)?]),
            (None, [a, b]) => Ok([Arc::clone(a), Arc::clone(b)]),
            (None, _) => Err(Error::input(format!("{place}: between is missing"))
                .detail(self.list_systems())
                .hint(r#"write "between":["SYSTEM","OTHER"]; it may be omitted only if the item has two responses"#)),
        }
    }

    fn winner(
        &self,
        place: &str,
        between: &[Arc<str>; 2],
        winner: &str,
    ) -> Result<Option<Arc<str>>> {
        if winner == "tie" {
            return Ok(None);
        }
        if let Some(winner) = between.iter().find(|system| &***system == winner) {
            return Ok(Some(Arc::clone(winner)));
        }
        if contains(self.systems, winner) {
            return Err(Error::input(format!(
                "{place}: winner `{winner}` is not one of the two systems compared ({}, {})",
                between[0], between[1]
            ))
            .hint("`winner` must be one of the two systems in `between`, or \"tie\""));
        }
        Err(self.unknown_system(place, "winner", winner))
    }
}
