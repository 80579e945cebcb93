//! `evenhand labels merge`: answers into the label file.

use std::collections::BTreeMap;

use evenhand::labelling::{AnswerSource, MergeOptions, MergedFile, OtherProgram, merge_answers};
use evenhand::report::{count, counted, for_terminal};
use evenhand::{Error, ExitCode, Result};

use crate::cli::arguments::{AnswersFrom, LabelsMerge};
use crate::cli::label_source::{print_measure_next, read_material};
use crate::cli::project::is_same_file;
use crate::cli::{print_note, print_warning};

/// Merges the files and says what became of every answer.
pub(super) fn run(arguments: &LabelsMerge) -> Result<ExitCode> {
    let LabelsMerge { source, files, from, person } = arguments;
    if let Some(file) = files.iter().find(|file| is_same_file(file, &source.labels)) {
        return Err(Error::usage(format!(
            "{}: given both as FILE and as --labels",
            file.display()
        ))
        .hint("name the files with answers, which are merged into the label file"));
    }
    let people = people(person)?;
    let material =
        read_material(&source.source, source.rubric.as_deref(), source.baseline.as_deref(), None)?;
    let options = MergeOptions { source: from.map(answer_source), people };
    let merged = merge_answers(&material, &source.labels, files, &options)?;
    merged.notes.iter().for_each(|note| print_warning(note));
    merged.files.iter().for_each(print_file);
    let total: usize = merged.files.iter().map(|file| file.merged).sum();
    let (labels, is_graded) = (&source.labels, material.scale().is_some());
    print_note(format_args!("{} added to {}", counted(total as u64, "answer"), labels.display()));
    print_measure_next(&source.source, labels, is_graded);
    Ok(ExitCode::Done)
}

/// Returns who is who.
///
/// # Errors
///
/// Somebody is two annotators.
fn people(named: &[(String, String)]) -> Result<BTreeMap<String, String>> {
    let mut people = BTreeMap::new();
    for (who, name) in named {
        if let Some(earlier) = people.insert(who.clone(), name.clone())
            && earlier != *name
        {
            return Err(Error::usage(format!("--person: {who} is both {earlier} and {name}"))
                .hint("name each person once"));
        }
    }
    Ok(people)
}

fn answer_source(from: AnswersFrom) -> AnswerSource {
    match from {
        AnswersFrom::Page => AnswerSource::Page,
        AnswersFrom::LabelStudio => AnswerSource::Program(OtherProgram::LabelStudio),
        AnswersFrom::Argilla => AnswerSource::Program(OtherProgram::Argilla),
        AnswersFrom::Csv => AnswerSource::Program(OtherProgram::Rows),
        AnswersFrom::Labels => AnswerSource::Labels,
    }
}

/// Says what became of the answers of a file; the counts add up to what was read.
fn print_file(file: &MergedFile) {
    let shown = for_terminal(&file.shown, false);
    let skipped = if file.skipped > 0 {
        format!(" ({} skipped)", count(file.skipped as u64))
    } else {
        String::new()
    };
    let others = [
        (file.replaced, "of these in place of earlier answers"),
        (file.already_there, "already there"),
        (file.open, "still open"),
        (file.discarded, "cancelled or discarded"),
        (file.left_out(), "left out"),
    ];
    let others = others.iter().filter(|(answers, _)| *answers > 0);
    let others: Vec<String> =
        others.map(|(answers, what)| format!(", {} {what}", count(*answers as u64))).collect();
    let others = others.concat();
    print_note(format_args!(
        "{shown}: {} read: {} merged{skipped}{others}",
        count(file.read() as u64),
        count(file.merged as u64)
    ));
    for (why, (answers, first)) in &file.left_out {
        print_warning(&format!(
            "{shown}: {} left out: {why} (first: {first})",
            counted(*answers as u64, "answer")
        ));
    }
    for (person, annotator) in &file.taken_for {
        print_note(format_args!(
            "{shown}: {} is taken for {}, whose form it is",
            for_terminal(person, false),
            for_terminal(annotator, false)
        ));
    }
    if !file.ignored.is_empty() {
        let names: Vec<&str> = file.ignored.iter().map(String::as_str).collect();
        print_warning(&format!(
            "{shown}: these say nothing here and are ignored: {}",
            names.join(", ")
        ));
    }
}
