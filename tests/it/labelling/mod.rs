//! Labels from people: forms, sessions and the label file they write.

mod answers;
mod disagreements;
mod form;
mod grade_disagreements;
mod grade_stopping;
mod grades;
mod label_file;
mod merge;
mod merge_grades;
mod merge_labels;
mod other_programs;
mod session;
mod stopping;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use evenhand::Result;
use evenhand::input::{
    Content, DataFile, Item, LabelColumns, LabelLine, LabelSide, LabelTask, Labels,
    read_label_lines, read_labels,
};
use evenhand::labelling::{FormOptions, Material, PageAnswer, Session, ShownResponses, ShownTask};

/// Names that occur in no text.
const SYSTEMS: [&str; 2] = ["system-quail", "system-zebra"];

/// Items with responses of two systems, which say whose they are only by their last word.
fn items(count: usize) -> Vec<Item> {
    (0..count)
        .map(|at| {
            Item::new(format!("i{at:03}"), format!("Question {at}?"))
                .with_response(SYSTEMS[0], format!("Answer {at}, the first"))
                .with_response(SYSTEMS[1], format!("Answer {at}, the second"))
        })
        .collect()
}

fn material(count: usize) -> Material {
    Material::of_items(items(count), None, None).unwrap()
}

fn options(annotators: &[&str]) -> FormOptions {
    let annotators = annotators.iter().map(|name| (*name).to_owned()).collect();
    FormOptions { annotators, ..FormOptions::default() }
}

fn open(count: usize, labels: &Path, annotators: &[&str]) -> Result<Session> {
    Session::open(material(count), labels, &options(annotators))
}

fn choice(side: LabelSide) -> PageAnswer {
    PageAnswer { choice: Some(side), ..PageAnswer::default() }
}

/// The responses on the left and on the right.
fn sides(shown: &ShownTask) -> [Content; 2] {
    let ShownResponses::Pair { left, right } = &shown.responses else { panic!("{shown:?}") };
    [left.clone(), right.clone()]
}

/// The answer that prefers a system, whose texts end in `first` or `second`.
fn for_system(session: &Session, annotator: usize, place: usize, ending: &str) -> PageAnswer {
    let [left, _] = sides(&session.shown(annotator, place).unwrap());
    let is_left = format!("{left:?}").contains(ending);
    choice(if is_left { LabelSide::Left } else { LabelSide::Right })
}

/// The lines of a label file.
fn lines(labels: &Path, count: usize) -> Vec<LabelLine> {
    let mut lines = Vec::new();
    let file = DataFile::labels(labels, LabelColumns::default());
    read_label_lines(&file, material(count).known_items(), |_, line| {
        lines.push(line);
        Ok(())
    })
    .unwrap();
    lines
}

/// The lines of a form.
fn form(labels: &Path, count: usize, annotator: &str) -> Vec<LabelLine> {
    let is_form = |line: &LabelLine| {
        *line.annotator == *annotator && line.answer == evenhand::input::LabelAnswer::Blank
    };
    lines(labels, count).into_iter().filter(is_form).collect()
}

fn ids(lines: &[LabelLine], task: &LabelTask) -> BTreeSet<String> {
    lines.iter().filter(|line| line.task == *task).map(|line| line.id.to_string()).collect()
}

fn labels_in(labels: &Path, count: usize) -> Labels {
    let file = DataFile::labels(labels, LabelColumns::default());
    read_labels(&file, material(count).known_items()).unwrap()
}

/// A path in a folder.
fn label_path(folder: &crate::support::Folder) -> PathBuf {
    folder.path().join("labels.jsonl")
}
