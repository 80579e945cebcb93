//! Reading the lines of a file of labels of grades.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::line::{GradeAnswer, GradeDetails, GradeLine, GradeTask, ResponseKey};
use crate::error::{Error, Result, counted, nearest};
use crate::input::data_file::DataFile;
use crate::input::jsonl::{Record, read_records};
use crate::input::known_items::KnownItems;
use crate::input::label_values::{
    Names, take_flag, take_probability, take_seconds, take_word, unknown_grade,
};
use crate::input::labels::{Disagreement, LabelPlace, OtherLines, SkipReason};
use crate::input::rubric::{Grade, Scale};

/// The fields that another name may be a misspelling of. The short ones are left out: they are close to words that a
/// file may have for reasons of its own.
const FIELDS: [&str; 9] = [
    "id",
    "annotator",
    "system",
    "grade",
    "probability",
    "adjudicated",
    "skipped",
    "undone",
    "criteria",
];

/// Reads a file of labels of grades line by line and checks each line against the items and the scale.
///
/// # Errors
///
/// The file cannot be read, or a line is not a JSON object, lacks a field, names a system that the item does not have,
/// omits `system` although several have responded to the item, names a grade that the scale does not have, labels a
/// comparison, has a probability outside `(0, 1]` or another one than an earlier line of the same response, or has fields
/// that contradict each other; or `each` fails.
pub fn read_grade_lines(
    file: &DataFile,
    items: &KnownItems,
    scale: &Scale,
    mut each: impl FnMut(LabelPlace, GradeLine) -> Result<()>,
) -> Result<OtherLines> {
    let mut other = OtherLines::default();
    let mut unknown_fields: BTreeMap<String, usize> = BTreeMap::new();
    let mut probabilities: HashMap<ResponseKey, (usize, f64)> = HashMap::new();
    let mut names = Names::default();
    // A session adds several lines in two steps; see them all, or none.
    let _locked = file.lock_for_reading();
    read_records(file, |mut record| {
        let id = record.take_id()?;
        let given = Given::take(&mut record, scale)?;
        let (place, line) = (record.place.clone(), record.line);
        for field in record.unknown_fields(&FIELDS)? {
            *unknown_fields.entry(field).or_default() += 1;
        }
        let Some(number) = items.number(&id) else {
            match given.answer {
                GradeAnswer::Blank => other.unmatched_blank += 1,
                GradeAnswer::Undone => {}
                GradeAnswer::Grade(_) | GradeAnswer::Skipped(_) => other.unmatched_ids.push(id),
            }
            return Ok(());
        };
        let system = system_of(items, number, &place, given.system.as_deref())?;
        if let Some(probability) = given.probability {
            let first = probabilities
                .entry(ResponseKey { item: number, system: Arc::clone(&system) })
                .or_insert((line, probability));
            if first.1.to_bits() != probability.to_bits() {
                return Err(Error::input(format!(
                    "{place}: probability is {probability}, but line {} has {} for the same response",
                    first.0, first.1
                ))
                .at(&place)
                .in_field("probability")
                .hint("keep the probability with which the sample was drawn"));
            }
        }
        let line_of = GradeLine {
            id: Arc::clone(items.id(number)),
            annotator: names.get(&given.annotator),
            system,
            probability: given.probability,
            task: given.task,
            answer: given.answer,
            details: given.details,
        };
        each(LabelPlace { shown: place, line, item: number }, line_of)
    })?;
    let warnings = unknown_fields.iter().map(|(field, count)| {
        let labels = counted(*count as u64, "label", "labels");
        format!("field `{field}` of {labels} is ignored")
    });
    other.warnings = warnings.collect();
    Ok(other)
}

/// The fields of a line, before its system is looked up.
struct Given {
    annotator: String,
    system: Option<String>,
    probability: Option<f64>,
    task: GradeTask,
    answer: GradeAnswer,
    details: GradeDetails,
}

impl Given {
    fn take(record: &mut Record, scale: &Scale) -> Result<Self> {
        check_kind(record)?;
        let answer = take_answer(record, scale)?;
        let annotator = if answer == GradeAnswer::Blank {
            record.take_optional_text("annotator")?.unwrap_or_default()
        } else {
            record.take_name("annotator")?
        };
        Ok(Self {
            annotator,
            system: record.take_optional_text("system")?,
            probability: take_probability(record, "response")?,
            task: take_task(record)?,
            answer,
            details: GradeDetails {
                seconds: take_seconds(record)?,
                at: record.take_optional_text("at")?,
                criteria: take_criteria(record, scale)?,
                note: record.take_optional_text("note")?,
            },
        })
    }
}

/// Fails for a line about a comparison: without a grade it would be taken for a form that is not filled in.
fn check_kind(record: &Record) -> Result<()> {
    if record.has("grade") {
        return Ok(());
    }
    match ["winner", "between"].into_iter().find(|field| record.has(field)) {
        None => Ok(()),
        Some(field) => Err(record
            .error(format!("`{field}` belongs to a label of a comparison, and grades are expected"))
            .in_field(field)
            .hint("write the system into `system` and its grade into `grade`")),
    }
}

fn take_task(record: &mut Record) -> Result<GradeTask> {
    let is_repeat = take_flag(record, "repeat")?.unwrap_or(false);
    let adjudicated = take_word(record, "adjudicated", &Disagreement::ALL, Disagreement::as_str)?;
    match (is_repeat, adjudicated) {
        (false, None) => Ok(GradeTask::Grade),
        (true, None) => Ok(GradeTask::Repeat),
        (false, Some(why)) => Ok(GradeTask::Adjudicate(why)),
        (true, Some(_)) => Err(record
            .error("repeat and adjudicated exclude each other")
            .in_field("adjudicated")
            .hint("keep the one that is true")),
    }
}

fn take_answer(record: &mut Record, scale: &Scale) -> Result<GradeAnswer> {
    let grade = match record.take("grade") {
        None => None,
        Some(value) => Some(match skip_reason(&value, scale) {
            Some(reason) => GradeAnswer::Skipped(reason),
            None => GradeAnswer::Grade(grade_of(record, "grade", &value, scale)?),
        }),
    };
    // Whether it is null or missing.
    record.discard(&["grade"]);
    let skipped = take_word(record, "skipped", &SkipReason::OF_RESPONSE, SkipReason::as_str)?;
    let is_undone = take_flag(record, "undone")?.unwrap_or(false);
    let answers = [
        grade.map(|answer| ("grade", answer)),
        skipped.map(|reason| ("skipped", GradeAnswer::Skipped(reason))),
        is_undone.then_some(("undone", GradeAnswer::Undone)),
    ];
    let answers: Vec<_> = answers.into_iter().flatten().collect();
    match answers[..] {
        [] => Ok(GradeAnswer::Blank),
        [(_, answer)] => Ok(answer),
        [(_, one), (_, other)] if one == other => Ok(one),
        [(one, _), (other, _), ..] => Err(record
            .error(format!("{one} and {other} exclude each other"))
            .in_field(one)
            .hint("keep the one that is true")),
    }
}

/// Returns the reason to skip that is written in place of a grade, as in tables that people fill in; `None` where the scale
/// has a step of that name.
fn skip_reason(value: &Value, scale: &Scale) -> Option<SkipReason> {
    let word = value.as_str().filter(|word| scale.grade_in_label(word).is_none())?;
    SkipReason::named(word, &SkipReason::OF_RESPONSE)
}

fn take_criteria(record: &mut Record, scale: &Scale) -> Result<BTreeMap<String, Grade>> {
    let given = match record.take("criteria") {
        None => return Ok(BTreeMap::new()),
        Some(Value::Object(given)) => given,
        Some(other) => {
            let what = "an object that maps each criterion to a grade";
            return Err(record.expected("criteria", what, &other));
        }
    };
    let graded = given.into_iter().filter(|(_, grade)| !grade.is_null()).map(|(name, grade)| {
        let grade = grade_of(record, &format!("criteria.{name}"), &grade, scale)?;
        Ok((name, grade))
    });
    graded.collect()
}

/// Returns the grade that a field names.
fn grade_of(record: &Record, field: &str, value: &Value, scale: &Scale) -> Result<Grade> {
    let name = match value {
        Value::String(name) => name.clone(),
        // Scales of numbers are common, and their steps are often written without quotation marks.
        Value::Number(number) => number.to_string(),
        other => return Err(record.expected(field, "the name of a grade", other)),
    };
    if name.trim().is_empty() {
        return Err(record
            .error(format!("{field} is empty"))
            .in_field(field)
            .hint("write null where there is no grade"));
    }
    if let Some(grade) = scale.grade_in_label(&name) {
        return Ok(grade);
    }
    let steps = scale.steps.iter().map(|step| step.name.as_str());
    let names: Vec<&str> = steps.chain([Grade::CANNOT_ASSESS]).collect();
    Err(unknown_grade(record, field, &name, &names))
}

/// Returns the system of a label.
///
/// # Errors
///
/// The item has no response of the system, or has responses of several and the label names none.
fn system_of(items: &KnownItems, item: u32, place: &str, system: Option<&str>) -> Result<Arc<str>> {
    let present = items.systems(item);
    let failed =
        |message: &str| {
            Error::input(format!("{place}: {message}")).at(place).in_field("system").detail(
                format!("item {} has responses from: {}", items.id(item), present.join(", ")),
            )
        };
    let Some(name) = system else {
        return match present {
            [only] => Ok(Arc::clone(only)),
            _ => Err(failed("system is missing").hint(
                r#"write "system":"SYSTEM"; it may be omitted only if the item has one response"#,
            )),
        };
    };
    if let Some(system) = items.system(item, name) {
        return Ok(Arc::clone(system));
    }
    let known = || present.iter().map(|system| &**system);
    let close =
        known().find(|known| known.eq_ignore_ascii_case(name)).or_else(|| nearest(name, known()));
    Err(failed(&format!("unknown system `{name}` in system")).hint(match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => "`system` must be one of the item's systems".to_owned(),
    }))
}
