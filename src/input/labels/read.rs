//! Reading the lines of a label file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::line::{
    ComparisonKey, Disagreement, LabelAnswer, LabelDetails, LabelLine, LabelSide, LabelTask,
    SkipReason,
};
use super::names::LabelledItem;
use crate::error::{Error, Result, counted};
use crate::input::data_file::DataFile;
use crate::input::jsonl::{Record, read_records};
use crate::input::known_items::KnownItems;
use crate::input::label_values::{Names, take_flag, take_probability, take_seconds, take_word};

/// The fields that another name may be a misspelling of. The short ones are left out: `note` is close to `vote`, which
/// a file may have for reasons of its own.
const FIELDS: [&str; 10] = [
    "id",
    "annotator",
    "between",
    "winner",
    "probability",
    "adjudicated",
    "skipped",
    "undone",
    "both_acceptable",
    "criteria",
];

/// Where a line is.
#[derive(Debug, Clone)]
pub struct LabelPlace {
    /// `file:line`, for messages.
    pub shown: String,
    /// The number of the line, counted from 1.
    pub line: usize,
    /// The number of its item among the known ones.
    pub item: u32,
}

/// What was read besides the lines of known items.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct OtherLines {
    /// The ids of answers that are not among the items, one for each answer, those that were withdrawn included.
    pub unmatched_ids: Vec<String>,
    /// How many forms have such an id, answered or not.
    pub unmatched_blank: usize,
    /// One sentence for each unknown field, with the number of labels that have it.
    pub warnings: Vec<String>,
}

/// Reads a label file line by line and checks each line against the items.
///
/// # Errors
///
/// The file cannot be read, or a line is not a JSON object, lacks a field, names a system that the item does not
/// have, omits `between` although the item has more than two responses, has a probability outside `(0, 1]` or
/// another one than an earlier line of the same comparison, or has fields that contradict each other; or `each` fails.
pub fn read_label_lines(
    file: &DataFile,
    items: &KnownItems,
    mut each: impl FnMut(LabelPlace, LabelLine) -> Result<()>,
) -> Result<OtherLines> {
    let mut other = OtherLines::default();
    let mut unknown_fields: BTreeMap<String, usize> = BTreeMap::new();
    let mut probabilities: HashMap<ComparisonKey, (usize, f64)> = HashMap::new();
    let mut names = Names::default();
    // A session adds several lines in two steps; see them all, or none.
    let _locked = file.lock_for_reading();
    read_records(file, |mut record| {
        let id = record.take_id()?;
        let given = Given::take(&mut record)?;
        let (place, line) = (record.place.clone(), record.line);
        for field in record.unknown_fields(&FIELDS)? {
            *unknown_fields.entry(field).or_default() += 1;
        }
        let Some(number) = items.number(&id) else {
            if given.is_blank() {
                other.unmatched_blank += 1;
            } else if !given.is_undone {
                other.unmatched_ids.push(id);
            }
            return Ok(());
        };
        let item = LabelledItem::new(items, number);
        let given = given.resolve(&place, &item, &mut names)?;
        if let Some(probability) = given.probability {
            let first = probabilities
                .entry(ComparisonKey { item: number, between: given.between.clone() })
                .or_insert((line, probability));
            if first.1.to_bits() != probability.to_bits() {
                return Err(Error::input(format!(
                    "{place}: probability is {probability}, but line {} has {} for the same comparison",
                    first.0, first.1
                ))
                .hint("keep the probability with which the sample was drawn"));
            }
        }
        each(LabelPlace { shown: place, line, item: number }, given)
    })?;
    let warnings = unknown_fields.iter().map(|(field, count)| {
        let labels = counted(*count as u64, "label", "labels");
        format!("field `{field}` of {labels} is ignored")
    });
    other.warnings = warnings.collect();
    Ok(other)
}

/// Fails for a line about a single response, which has no winner.
fn check_kind(record: &Record) -> Result<()> {
    if record.has("winner") || !record.has("grade") {
        return Ok(());
    }
    Err(record
        .error("`grade` belongs to a label of a single response, and comparisons are expected")
        .in_field("grade")
        .hint(
            "give the rubric that grades, if single responses are labelled; else write the system that is better, or \
             \"tie\", into `winner`",
        ))
}

/// The fields of a line, before the names in it are looked up.
struct Given {
    annotator: String,
    between: Option<[String; 2]>,
    winner: Option<String>,
    probability: Option<f64>,
    is_repeat: bool,
    equal: Option<String>,
    adjudicated: Option<Disagreement>,
    choice: Option<LabelSide>,
    skipped: Option<SkipReason>,
    is_undone: bool,
    left: Option<String>,
    seconds: Option<f64>,
    at: Option<String>,
    both_acceptable: Option<bool>,
    criteria: BTreeMap<String, String>,
    note: Option<String>,
}

impl Given {
    fn take(record: &mut Record) -> Result<Self> {
        check_kind(record)?;
        let is_null = record.is_null("winner");
        let choice = take_word(
            record,
            "choice",
            &[LabelSide::Left, LabelSide::Right, LabelSide::Tie],
            LabelSide::as_str,
        )?;
        let skipped = take_word(record, "skipped", &SkipReason::ALL, SkipReason::as_str)?;
        let is_undone = take_flag(record, "undone")?.unwrap_or(false);
        // An answer that is no system may leave out `winner`.
        let is_answered = choice.is_some() || skipped.is_some() || is_undone;
        let asks_winner = !is_null && (!is_answered || record.has("winner"));
        let is_blank = !asks_winner && !is_answered;
        let annotator = if is_blank {
            record.take_optional_text("annotator")?.unwrap_or_default()
        } else {
            record.take_name("annotator")?
        };
        let between = take_between(record)?;
        let winner = if asks_winner { Some(record.take_name("winner")?) } else { None };
        record.discard(&["winner"]);
        let given = Self {
            annotator,
            between,
            winner,
            probability: take_probability(record, "comparison")?,
            is_repeat: take_flag(record, "repeat")?.unwrap_or(false),
            equal: record.take_optional_text("equal")?,
            adjudicated: take_word(
                record,
                "adjudicated",
                &Disagreement::ALL,
                Disagreement::as_str,
            )?,
            choice,
            skipped,
            is_undone,
            left: record.take_optional_text("left")?,
            seconds: take_seconds(record)?,
            at: record.take_optional_text("at")?,
            both_acceptable: take_flag(record, "both_acceptable")?,
            criteria: take_criteria(record)?,
            note: record.take_optional_text("note")?,
        };
        given.check(record)?;
        Ok(given)
    }

    /// Checks that no two fields contradict each other.
    fn check(&self, record: &Record) -> Result<()> {
        let tasks = [
            ("repeat", self.is_repeat),
            ("equal", self.equal.is_some()),
            ("adjudicated", self.adjudicated.is_some()),
        ];
        let answers = [
            ("winner", self.winner.is_some()),
            ("choice", self.choice.is_some()),
            ("skipped", self.skipped.is_some()),
            ("undone", self.is_undone),
        ];
        for fields in [&tasks[..], &answers] {
            let given: Vec<&str> =
                fields.iter().filter(|(_, is_given)| *is_given).map(|(field, _)| *field).collect();
            if let [one, other, ..] = given[..] {
                return Err(record
                    .error(format!("{one} and {other} exclude each other"))
                    .hint("keep the one that is true"));
            }
        }
        match (&self.equal, &self.winner, self.choice) {
            (Some(_), Some(_), _) => Err(record
                .error("winner: both sides show the same response")
                .hint(r#"write "choice":"left", "right" or "tie" instead"#)),
            (None, _, Some(_)) => Err(record
                .error("choice is only for two copies of one response, which `equal` names")
                .hint("write the better system, or \"tie\", into `winner`")),
            _ => Ok(()),
        }
    }

    fn is_blank(&self) -> bool {
        self.winner.is_none() && self.choice.is_none() && self.skipped.is_none() && !self.is_undone
    }

    fn resolve(self, place: &str, item: &LabelledItem<'_>, names: &mut Names) -> Result<LabelLine> {
        let between = item.between(place, self.between)?;
        let task = match (self.is_repeat, &self.equal, self.adjudicated) {
            (true, ..) => LabelTask::Repeat,
            (_, Some(system), _) => {
                LabelTask::Equal(item.one_of(place, "equal", &between, system)?)
            }
            (.., Some(why)) => LabelTask::Adjudicate(why),
            _ => LabelTask::Compare,
        };
        let answer = match (self.winner, self.choice, self.skipped, self.is_undone) {
            (Some(winner), ..) => {
                LabelAnswer::Winner(item.winner(place, "winner", &between, &winner)?)
            }
            (_, Some(side), ..) => LabelAnswer::Side(side),
            (_, _, Some(reason), _) => LabelAnswer::Skipped(reason),
            (.., true) => LabelAnswer::Undone,
            _ => LabelAnswer::Blank,
        };
        let left = self.left.map(|left| item.one_of(place, "left", &between, &left)).transpose()?;
        let criteria = self.criteria.into_iter().map(|(criterion, winner)| {
            let field = format!("criteria.{criterion}");
            Ok((criterion, item.winner(place, &field, &between, &winner)?))
        });
        let details = LabelDetails {
            left,
            seconds: self.seconds,
            at: self.at,
            both_acceptable: self.both_acceptable,
            criteria: criteria.collect::<Result<_>>()?,
            note: self.note,
        };
        Ok(LabelLine {
            id: Arc::clone(item.id),
            annotator: names.get(&self.annotator),
            between,
            probability: self.probability,
            task,
            answer,
            details,
        })
    }
}

fn take_criteria(record: &mut Record) -> Result<BTreeMap<String, String>> {
    let mut criteria = BTreeMap::new();
    match record.take("criteria") {
        None => {}
        Some(Value::Object(given)) => {
            for (criterion, winner) in given {
                match winner {
                    Value::String(winner) => {
                        criteria.insert(criterion, winner);
                    }
                    Value::Null => {}
                    other => {
                        let field = format!("criteria.{criterion}");
                        return Err(record.expected(field, "a system or \"tie\"", &other));
                    }
                }
            }
        }
        Some(other) => {
            return Err(record.expected(
                "criteria",
                "an object that maps each criterion to a system or \"tie\"",
                &other,
            ));
        }
    }
    Ok(criteria)
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
