//! Small runs of grades with given replies.
//!
//! What a reply says is one letter: a digit is the place of a step, `c` is "cannot assess", `?` cannot be read, `-` is
//! not there. `1/0` is a reply with the scale as written, and one with the scale reversed. Judges stand apart
//! (`1/0 1/1`).

use std::path::{Path, PathBuf};

use evenhand::input::{Connection, Grade, ItemSource, JudgeSettings, RecordedGrade, load_rubric};
use evenhand::judge::Secrets;
use evenhand::run::{AskOptions, Judge, Progress, Session, Task};
use evenhand::store::GradeRun;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Folder, lines_of};

/// The steps of the scale, worst first.
pub(crate) const STEPS: [&str; 3] = ["poor", "fair", "good"];

/// One response: its item, its system, and the replies about it.
#[derive(Debug, Clone)]
pub(crate) struct GradedRow {
    pub(crate) id: String,
    pub(crate) system: &'static str,
    pub(crate) replies: &'static str,
}

/// So many responses of each kind; the items are `q000`, `q001` and so on, with a response of each system in turn.
pub(crate) fn graded_rows(
    systems: &[&'static str],
    kinds: &[(usize, &'static str)],
) -> Vec<GradedRow> {
    let all = kinds.iter().flat_map(|(n, replies)| std::iter::repeat_n(*replies, *n));
    let row = |(at, replies): (usize, &'static str)| GradedRow {
        id: format!("q{:03}", at / systems.len()),
        system: systems[at % systems.len()],
        replies,
    };
    all.enumerate().map(row).collect()
}

/// A folder with the run `run.db` and the items `items.jsonl`.
pub(crate) struct GradedRun {
    pub(crate) folder: Folder,
}

impl GradedRun {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("run.db")
    }

    pub(crate) fn open(&self) -> GradeRun {
        GradeRun::open(&self.path()).unwrap()
    }
}

/// The rubric of the runs.
pub(crate) fn grade_rubric() -> String {
    let steps =
        STEPS.map(|step| format!("{{ name = \"{step}\", description = \"It is {step}.\" }}"));
    format!(
        "name = \"r\"\ndescription = \"Is it good?\"\nmode = \"grade\"\nscale = [{}]\n\
         pass_from = \"good\"\ncannot_assess = true\n\
         [[criteria]]\nname = \"tone\"\ndescription = \"Is it polite?\"\n",
        steps.join(", ")
    )
}

/// Grades the responses.
pub(crate) fn graded(rows: &[GradedRow]) -> GradedRun {
    let response = |row: &GradedRow| format!("{} answers {}.", row.system, row.id);
    let mut items: Vec<serde_json::Value> = Vec::new();
    for row in rows {
        let known = items.iter().position(|item| item["id"] == row.id.as_str());
        let at = known.unwrap_or_else(|| {
            items.push(json!({ "id": row.id, "prompt": format!("Prompt of {}?", row.id) }));
            items.len() - 1
        });
        items[at]["responses"][row.system] = response(row).into();
    }
    graded_items(&lines_of(&items), &grade_rubric(), rows)
}

/// Grades the responses of an items file with a rubric.
pub(crate) fn graded_items(items: &str, rubric: &str, rows: &[GradedRow]) -> GradedRun {
    let folder = Folder::new();
    let items = folder.write("items.jsonl", items);
    let rubric = folder.write("r.toml", rubric);
    let judges = rows[0].replies.split(' ').count();
    let judge = |number: usize| {
        let name = format!("judge-{number}");
        let replies = rows.iter().flat_map(|row| replies(row, number - 1));
        let path = folder.write(&format!("{name}.jsonl"), &lines_of(replies));
        Judge::new(JudgeSettings::new(&name, Connection::Recorded(path)), Secrets::default())
    };
    let judges: Vec<Judge> = (1..=judges).map(judge).collect();
    let rubric = load_rubric(rubric.to_str().unwrap(), Path::new("/nowhere")).unwrap();
    let items = ItemSource::open(&items, &[]).unwrap().with_single_responses();
    let mut task = Task::new(items, rubric, judges);
    task.run = Some(folder.path().join("run.db"));
    let mut session = Session::plan(task.prepare().unwrap(), 0).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (options, progress) = (AskOptions::default(), Progress::default());
    runtime.block_on(session.ask(&options, &progress, &CancellationToken::new())).unwrap();
    drop(session);
    GradedRun { folder }
}

/// The lines of one judge's recording about a response.
fn replies(row: &GradedRow, judge: usize) -> Vec<String> {
    let said = row.replies.split(' ').nth(judge).unwrap();
    let (written, reversed) = said.split_once('/').unwrap();
    let line = |(letter, is_reversed): (&str, bool)| {
        let mut line = RecordedGrade::new(&row.id, row.system, is_reversed);
        match letter {
            "-" => return None,
            "?" => line.reply = Some("No idea.".to_owned()),
            "c" => line.grade = Some(Grade::CANNOT_ASSESS.to_owned()),
            step => line.grade = Some(STEPS[step.parse::<usize>().unwrap()].to_owned()),
        }
        Some(serde_json::to_string(&line).unwrap())
    };
    [(written, false), (reversed, true)].into_iter().filter_map(line).collect()
}
