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
    ANNOTATOR, Cell, ID, OTHER_ID, PROMPT, REPLY, check_one, filled, take_any, take_cell, take_word,
};
use super::collected::{Collected, Collector, add_response_or};
use super::grade_steps::{FoundScale, Guessed};
use super::graded::{GradeLabelLine, GradeRubric};
use super::source::Source;
use crate::error::{Error, Result, listed};
use crate::input::conversation::Content;
use crate::input::jsonl::Record;
use crate::input::rubric::{Grade, Scale};

/// The columns by which such a table is recognised.
pub(super) const KEYS: &[&str] = &[
    "prompt|input|instruction|question",
    "response|output|answer|completion",
    "grade|judge_grade|rating|score|human|human_grade|human_label|label",
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

/// Reads the rows; `given` is the scale, where the user named its steps.
pub(super) fn collect(sources: Vec<Source>, given: Option<&Scale>) -> Result<Collected> {
    let mut collector = Collector::default();
    let (mut ids, mut rows) = (HashMap::new(), Vec::new());
    let several = sources.len() > 1;
    let files: Vec<String> = sources.iter().map(|source| source.shown.clone()).collect();
    for source in sources {
        let unnamed = if several { source.stem() } else { "judge".to_owned() };
        let (human, grade) = (filled(&source, &HUMAN), filled(&source, &GRADE));
        check_one(&source, &human, "what people gave")?;
        check_one(&source, &grade, "what the judge gave")?;
        if let ([], [judge, ..]) = (&grade[..], &filled(&source, &JUDGE)[..]) {
            return Err(Error::input(format!(
                "{}: `{judge}` names a judge, and no column has its grades",
                source.shown
            ))
            .hint(format!(
                "write its grades into a column `grade`, or remove the column `{judge}`"
            )));
        }
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
        return Err(Error::input(format!("{}: no row has a grade", listed(&files)))
            .hint("fill in a column such as grade or human"));
    }
    let mut found = FoundScale::of(&cells, given)?;
    let mut cannot_assess = false;
    for Row { place, id, system, judged, labelled } in rows {
        if judged.is_none() && labelled.is_none() {
            collector.notice(NO_GRADE, &place);
        }
        if let Some(Judged { judge, grade, reply }) = judged {
            let grade = name_of(&found.scale, &grade);
            cannot_assess |= grade == Grade::CANNOT_ASSESS;
            collector.grade(&place, &judge, [&id, &system], Some(grade), reply)?;
        }
        if let Some(Labelled { annotator, grade, note }) = labelled {
            let grade = name_of(&found.scale, &grade);
            let label = GradeLabelLine { id, annotator, system, grade, note };
            collector.grade_label(&place, None, label)?;
        }
    }
    found.scale.cannot_assess = cannot_assess;
    let mut collected = collector.finish();
    let rubric = rubric_of(&found);
    collected.notices.extend(found.notice(&rubric.path()));
    collected.set_rubrics(|_| rubric.clone());
    if collected.rubrics.is_empty() {
        collected.rubrics.push(rubric);
    }
    Ok(collected)
}

fn rubric_of(FoundScale { scale, guessed }: &FoundScale) -> GradeRubric {
    // `pass_from` is left out, so that who reverses the guessed order does not have to change it in two places.
    let pass_from = scale.pass_from.filter(|_| *guessed == Guessed::Nothing);
    GradeRubric {
        name: RUBRIC.to_owned(),
        note: Some(
            "Before another judge is asked, write into `description` what was asked: the table does not say it.",
        ),
        description: "How good is the response?".to_owned(),
        steps: scale.steps.iter().map(|step| step.name.clone()).collect(),
        pass_from: pass_from.map(|step| scale.name_of(Grade::Step(step)).to_owned()),
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
    let system = take_word(record, &SYSTEM)?;
    let advice = match system {
        Some(_) => OTHER_ID,
        None => {
            "add a column `system` that says whose response it is, or a column `id` if the rows are of different items"
        }
    };
    let system = system.unwrap_or_else(|| SYSTEM[0].to_owned());
    let next = format!("row-{}", ids.len() + 1);
    let id = match take_word(record, &ID)? {
        Some(id) => id,
        None => ids.entry(prompt.clone()).or_insert(next).clone(),
    };
    let item = collector
        .item(&record.place, &id, Content::Text(prompt))
        .map_err(|error| error.hint(OTHER_ID))?;
    if let Some(split) = take_word(record, &["split"])? {
        item.tags.entry("split".to_owned()).or_insert(split);
    }
    add_response_or(item, &record.place, &system, Content::Text(response), advice)?;
    let (annotator, judge) = (take_word(record, &ANNOTATOR)?, take_word(record, &JUDGE)?);
    let (human, grade) = (take_cell(record, &HUMAN)?, take_cell(record, &GRADE)?);
    let (human, judged): (Cell, Cell) = match (human, grade) {
        (None, Some((column, _)))
            if annotator.is_some() && judge.is_some() && !people_have_a_column =>
        {
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
