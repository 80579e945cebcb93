//! A table of grades as anybody may have it: a prompt, one response, and its grade by a judge, by people or both.
//!
//! | column | names |
//! | --- | --- |
//! | the prompt | `prompt`, `input`, `instruction`, `question` |
//! | the response | `response`, `output`, `answer`, `completion` |
//! | its system | `system`, `model`, `generator`; else `system` |
//! | the item | `id`, `item_id`; else rows with equal prompts are one item |
//! | the judge's grade | `grade`, `judge_grade`, `rating`, `score` |
//! | the judge's name | `judge`, `judge_name`, `judge_model`; else `judge` |
//! | the judge's words, for people | `reply`, `reasoning`, `reason` |
//! | the grade of people | `human`, `human_grade`, `human_label`, `label`; `grade` and its like beside `annotator` |
//! | who that was | `annotator`, `rater`; else `human` |
//! | the part of the data | `split`, which becomes a tag |

use std::collections::{BTreeMap, HashMap};

use super::cells::{
    ANNOTATOR, Cell, ID, PROMPT, REPLY, check_one, filled, take_any, take_cell, take_word,
};
use super::collected::{Collected, Collector, add_response};
use super::grade_steps::FoundScale;
use super::graded::{GradeLabelLine, GradeRubric};
use super::source::Source;
use crate::error::{Error, Result};
use crate::input::conversation::Content;
use crate::input::jsonl::Record;
use crate::input::rubric::{Grade, Scale};

/// The columns by which such a table is recognised.
pub(super) const KEYS: &[&str] = &[
    "prompt|input|instruction|question",
    "response|output|answer|completion",
    "grade|judge_grade|rating|score|human_grade",
];

/// The columns of a table that has grades without what was graded.
pub(super) const KEYS_WITHOUT_TEXTS: &[&str] = &["id|item_id", "grade|judge_grade|human_grade"];

const RESPONSE: [&str; 4] = ["response", "output", "answer", "completion"];
const SYSTEM: [&str; 3] = ["system", "model", "generator"];
const GRADE: [&str; 4] = ["grade", "judge_grade", "rating", "score"];
const HUMAN: [&str; 4] = ["human", "human_grade", "human_label", "label"];
const JUDGE: [&str; 3] = ["judge", "judge_name", "judge_model"];

const NO_GRADE: (&str, &str) =
    ("row has no grade, by a judge or a person", "rows have no grade, by a judge or a person");

/// The name of the rubric with the steps of the table.
const RUBRIC: &str = "graded";

/// A row whose texts are already in an item.
struct Row {
    place: String,
    id: String,
    system: String,
    judged: Option<Judged>,
    labelled: Option<Labelled>,
}

/// A grade by a judge.
struct Judged {
    judge: String,
    grade: String,
    reply: Option<String>,
}

/// A grade by a person.
struct Labelled {
    annotator: String,
    grade: String,
    note: Option<String>,
}

/// Reads the rows; `given` are the steps of the scale, where the user named them.
pub(super) fn collect(sources: Vec<Source>, given: &[String]) -> Result<Collected> {
    let mut collector = Collector::default();
    let (mut ids, mut rows) = (HashMap::new(), Vec::new());
    let several = sources.len() > 1;
    for source in sources {
        let unnamed = if several { source.stem() } else { "judge".to_owned() };
        let human = filled(&source, &HUMAN);
        check_one(&source, &human, "what people gave")?;
        check_one(&source, &filled(&source, &GRADE), "what the judge gave")?;
        for record in source.records {
            rows.push(read(&mut collector, &mut ids, record, &unnamed, !human.is_empty())?);
        }
    }
    let mut cells = BTreeMap::new();
    for Row { place, judged, labelled, .. } in &rows {
        let judged = judged.as_ref().map(|judged| &judged.grade);
        for grade in judged.into_iter().chain(labelled.as_ref().map(|label| &label.grade)) {
            cells.entry(grade.clone()).or_insert_with(|| place.clone());
        }
    }
    if cells.is_empty() {
        let first = rows.first().map_or("", |row| row.place.as_str());
        return Err(Error::input(format!("{first}: no row has a grade, from this one on"))
            .hint("fill in a column such as grade or human"));
    }
    let FoundScale { mut scale, may_have_more } = FoundScale::of(&cells, given)?;
    let mut cannot_assess = false;
    for Row { place, id, system, judged, labelled } in rows {
        if judged.is_none() && labelled.is_none() {
            collector.notice(NO_GRADE, &place);
        }
        if let Some(Judged { judge, grade, reply }) = judged {
            let grade = name_of(&scale, &grade);
            cannot_assess |= grade == Grade::CANNOT_ASSESS;
            collector.grade(&place, &judge, [&id, &system], Some(grade), reply)?;
        }
        if let Some(Labelled { annotator, grade, note }) = labelled {
            let grade = name_of(&scale, &grade);
            let label = GradeLabelLine { id, annotator, system, grade, note };
            collector.grade_label(&place, None, label)?;
        }
    }
    scale.cannot_assess = cannot_assess;
    let mut collected = collector.finish();
    if may_have_more {
        let steps = scale.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>();
        collected.notices.push(format!(
            "the scale is taken from the grades: {}; if it has more steps, add them to rubrics/{RUBRIC}.toml, or name \
             all of them",
            steps.join(", ")
        ));
    }
    let rubric = rubric_of(&scale);
    collected.set_rubrics(|_| rubric.clone());
    if collected.rubrics.is_empty() {
        collected.rubrics.push(rubric);
    }
    Ok(collected)
}

fn rubric_of(scale: &Scale) -> GradeRubric {
    GradeRubric {
        name: RUBRIC.to_owned(),
        note: Some(
            "Before another judge is asked, write into `description` what was asked: the table does not say it.",
        ),
        description: "How good is the response?".to_owned(),
        steps: scale.steps.iter().map(|step| step.name.clone()).collect(),
        pass_from: scale.pass_from.map(|step| scale.name_of(Grade::Step(step)).to_owned()),
        cannot_assess: scale.cannot_assess,
        shows_reference: false,
    }
}

/// Returns the name of a grade that a cell of the table has; every cell was checked against the scale.
fn name_of(scale: &Scale, cell: &str) -> String {
    scale.grade_in_label(cell).map_or(cell, |grade| scale.name_of(grade)).to_owned()
}

/// Reads a row; `people_have_a_column` of their own, so that `grade` is always the judge's.
fn read(
    collector: &mut Collector,
    ids: &mut HashMap<String, String>,
    mut record: Record,
    unnamed: &str,
    people_have_a_column: bool,
) -> Result<Row> {
    let record = &mut record;
    let prompt = take_any(record, &PROMPT)?.ok_or_else(|| record.missing(PROMPT[0]))?;
    let response = take_any(record, &RESPONSE)?.ok_or_else(|| record.missing(RESPONSE[0]))?;
    let system = take_word(record, &SYSTEM)?.unwrap_or_else(|| SYSTEM[0].to_owned());
    let next = format!("row-{}", ids.len() + 1);
    let id = match take_word(record, &ID)? {
        Some(id) => id,
        None => ids.entry(prompt.clone()).or_insert(next).clone(),
    };
    let item = collector.item(&record.place, &id, Content::Text(prompt))?;
    if let Some(split) = take_word(record, &["split"])? {
        item.tags.entry("split".to_owned()).or_insert(split);
    }
    add_response(item, &record.place, &system, Content::Text(response))?;
    let (annotator, judge) = (take_word(record, &ANNOTATOR)?, take_word(record, &JUDGE)?);
    let (human, grade) = (take_cell(record, &HUMAN)?, take_cell(record, &GRADE)?);
    let (human, judged): (Cell, Cell) = match (human, grade) {
        (None, Some((column, _))) if annotator.is_some() && judge.is_some() => {
            return Err(record
                .error(format!("`{column}` beside an annotator and a judge has two meanings"))
                .in_field(column)
                .hint("write the grade of people into a column `human`"));
        }
        (None, grade) if annotator.is_some() && !people_have_a_column => (grade, None),
        both => both,
    };
    let reason = take_any(record, &REPLY)?.filter(|reason| !reason.trim().is_empty());
    let note = take_any(record, &["note", "comment"])?.filter(|note| !note.trim().is_empty());
    let note = note.or_else(|| reason.clone().filter(|_| judged.is_none()));
    Ok(Row {
        place: record.place.clone(),
        id,
        system,
        judged: judged.map(|(_, grade)| Judged {
            judge: judge.unwrap_or_else(|| unnamed.to_owned()),
            grade,
            reply: reason,
        }),
        labelled: human.map(|(_, grade)| Labelled {
            annotator: annotator.unwrap_or_else(|| "human".to_owned()),
            grade,
            note,
        }),
    })
}
