//! Labels: what people preferred. One human judgement a line.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::json::{Record, read_lines};
use super::roster::{Roster, named};
use crate::error::{Error, Result};

/// What is compared: item and systems.
type Compared = (u32, [Arc<str>; 2]);
/// What one person can judge once: item, annotator, systems.
type Judgement = (u32, Arc<str>, [Arc<str>; 2]);

const FIELDS: [&str; 5] = ["id", "annotator", "between", "winner", "probability"];

/// No sample draws anything with less; its inverse is a weight.
const LEAST_PROBABILITY: f64 = 1e-9;

/// One person's preference between two responses to one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The item.
    pub id: Arc<str>,
    /// Who judged.
    pub annotator: Arc<str>,
    /// The two systems, in byte order of their names.
    pub between: [Arc<str>; 2],
    /// The preferred system, or `None` for a tie.
    pub winner: Option<Arc<str>>,
    /// With which probability the comparison was drawn for labelling, where that is known; in `(0, 1]`.
    pub probability: Option<f64>,
}

/// Labels as read.
#[derive(Debug, Default)]
pub struct Labels {
    /// The labels whose item is known, in file order.
    pub labels: Vec<Label>,
    /// How many labels name an id that is not among the items.
    pub unmatched: usize,
    /// How many lines wait for their label: `winner` is null.
    pub blank: usize,
    /// One sentence for each kind of oddity, with its count.
    pub warnings: Vec<String>,
}

/// Reads labels and checks them against the items they speak of.
///
/// A label for an id that is not on the roster is counted; one for a known id must name systems of that
/// item. A line whose `winner` is null is a form that nobody has filled in yet; it is counted too.
///
/// # Errors
///
/// A line that is not a JSON object, a missing field, a system the item does not have, `between` left
/// out where the item has more than two responses, a probability outside `(0, 1]` or not the one that another
/// label of the comparison has, two judgements of one annotator, equal or not.
pub fn read_labels(path: &Path, roster: &Roster) -> Result<Labels> {
    let mut read = Labels::default();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    let mut given: HashMap<Judgement, (u32, Option<Arc<str>>)> = HashMap::new();
    let mut annotators: HashSet<Arc<str>> = HashSet::new();
    let mut drawn: HashMap<Compared, (u32, f64)> = HashMap::new();
    read_lines(path, |mut record| {
        let id = record.take_name("id")?;
        let blank = record.is_null("winner");
        let annotator = if blank { String::new() } else { record.take_name("annotator")? };
        let between = take_between(&mut record)?;
        let winner = if blank { String::new() } else { record.take_name("winner")? };
        let probability = take_probability(&mut record)?;
        if blank {
            // Whoever labels may not have put a name to it yet either.
            record.drop_fields(&["annotator", "winner"]);
        }
        let (place, line) = (record.place.clone(), record.line);
        for field in record.leftovers(&FIELDS)? {
            *unknown.entry(field).or_default() += 1;
        }
        if blank {
            read.blank += 1;
            return Ok(());
        }
        let Some(number) = roster.number(&id) else {
            read.unmatched += 1;
            return Ok(());
        };
        let item = Systems { id: roster.id(number), of: roster.systems(number) };
        let between = item.between(&place, between)?;
        let winner = item.winner(&place, &between, &winner)?;
        if let Some(probability) = probability {
            let first =
                drawn.entry((number, between.clone())).or_insert((line as u32, probability));
            if first.1.to_bits() != probability.to_bits() {
                return Err(Error::input(format!(
                    "{place}: probability is {probability}, but {} on line {}, for the same comparison",
                    first.1, first.0
                ))
                .hint("a comparison was drawn with one probability; keep what `evenhand sample` wrote"));
            }
        }
        let annotator = match annotators.get(annotator.as_str()) {
            Some(known) => Arc::clone(known),
            None => Arc::from(annotator),
        };
        annotators.insert(Arc::clone(&annotator));
        let key = (number, Arc::clone(&annotator), between.clone());
        if let Some((earlier, other)) = given.insert(key, (line as u32, winner.clone())) {
            let same = if other == winner { "the same" } else { "another" };
            return Err(Error::input(format!(
                "{place}: `{annotator}` already gave {same} judgement of `{id}` on line {earlier}"
            ))
            .hint("keep one judgement of an annotator for each comparison"));
        }
        let id = Arc::clone(item.id);
        read.labels.push(Label { id, annotator, between, winner, probability });
        Ok(())
    })?;
    read.warnings = unknown
        .iter()
        .map(|(field, count)| format!("field `{field}` of {count} labels is not used"))
        .collect();
    Ok(read)
}

/// Returns the ids that the lines of a label file speak of, those that wait for their label among them.
///
/// # Errors
///
/// A line that is not a JSON object or has no id.
pub fn labelled_ids(path: &Path) -> Result<HashSet<String>> {
    let mut ids = HashSet::new();
    read_lines(path, |mut record| {
        ids.insert(record.take_name("id")?);
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
            Some(probability) if (LEAST_PROBABILITY..=1.0).contains(&probability) => {
                Ok(Some(probability))
            }
            Some(_) => Err(record
                .error(format!("probability: expected a number above 0 and at most 1, found {value}"))
                .hint("it is the probability with which the comparison was drawn; leave it out if it is not known")),
            None => Err(record.expected("probability", "a number", &value)),
        },
    }
}

/// An item and the systems that answered it.
struct Systems<'a> {
    id: &'a Arc<str>,
    of: &'a [Arc<str>],
}

impl Systems<'_> {
    fn listed(&self) -> String {
        format!("item {} has responses from: {}", self.id, self.of.join(", "))
    }

    fn unknown(&self, place: &str, field: &str, system: &str) -> Error {
        let error = Error::input(format!("{place}: unknown system `{system}` in {field}"));
        let known = self.of.iter().map(|system| &**system).chain(["tie"]);
        let meant = known.filter(|word| field == "winner" || *word != "tie");
        error.detail(self.listed()).hint(
            match meant.into_iter().find(|word| word.eq_ignore_ascii_case(system)) {
                Some(word) => format!("did you mean `{word}`?"),
                None if field == "winner" => {
                    "`winner` is one of the item's systems or \"tie\"".to_owned()
                }
                None => "`between` names two of the item's systems".to_owned(),
            },
        )
    }

    fn find(&self, place: &str, system: &str) -> Result<Arc<str>> {
        let found = self.of.iter().find(|known| &***known == system);
        found.cloned().ok_or_else(|| self.unknown(place, "between", system))
    }

    fn between(&self, place: &str, between: Option<[String; 2]>) -> Result<[Arc<str>; 2]> {
        match (between, self.of) {
            (Some([a, b]), _) => Ok([self.find(place, &a)?, self.find(place, &b)?]),
            (None, [a, b]) => Ok([Arc::clone(a), Arc::clone(b)]),
            (None, _) => Err(Error::input(format!("{place}: between is missing"))
                .detail(self.listed())
                .hint(r#"write "between":["SYSTEM","OTHER"]; it may be left out only where an item has two responses"#)),
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
        if named(self.of, winner) {
            return Err(Error::input(format!(
                "{place}: winner `{winner}` is not one of the two that were compared ({}, {})",
                between[0], between[1]
            )));
        }
        Err(self.unknown(place, "winner", winner))
    }
}
