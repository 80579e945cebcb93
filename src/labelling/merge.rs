//! Merging answers into the label file: those of exported pages, of other programs and of other label files.
//!
//! All files of a merge are read and checked before a line is written, and all lines are written at once: a merge takes
//! place as a whole or not at all. An answer that stands already is counted and not repeated, so the same file can be
//! merged again, and so can a later file of the same page. An answer that differs from the one that stands is a conflict,
//! which a person has to resolve, with two exceptions: a comparison that was skipped can be answered later, and a newer
//! answer of a page replaces the earlier one of its annotator.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::answer::PageAnswer;
use super::entry::{ComparisonKey, FormEntry};
use super::exported::{AnswersFile, is_answers_file, read_answers_file};
use super::forms::Forms;
use super::label_file::LabelFile;
use super::material::Material;
use super::merge_checks::{
    check_any, check_conflicts, check_kind, check_new_names, said, says_the_same,
};
use super::merge_draws::MergeDraws;
use super::merged::{Merged, MergedFile, leave_out};
use super::other_programs::{
    ForeignAnswer, ForeignTask, OtherProgram, Recognised, TaskReference, read_foreign_answers,
    recognise, use_known_criteria,
};
use super::people::People;
use super::session::{add_lines, read_added};
use super::session_line::SessionLine;
use super::sides::Sides;
use super::standing_lines::standing_lines;
use super::state::State;
use crate::error::{Error, Result, counted};
use crate::input::{DataFile, LabelColumns, LabelTask, StandingLine as _, TaskKey};

/// Where the files of a merge come from, and who is who in them.
#[derive(Debug, Clone, Default)]
pub struct MergeOptions {
    /// What the files are; `None` recognises each by its contents.
    pub source: Option<AnswerSource>,
    /// The annotators by how other programs call them: numbers, addresses, names.
    pub people: BTreeMap<String, String>,
}

/// Where a file with answers comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerSource {
    /// An exported page.
    Page,
    /// Another program.
    Program(OtherProgram),
    /// Another label file, whose lines name items and systems.
    Labels,
}

/// An answer that belongs into the label file.
struct Incoming {
    shown: String,
    entry: FormEntry,
    line: SessionLine,
}

/// Merges the answers in files into a label file.
///
/// # Errors
///
/// There is no such label file, a file is no whole file of answers, belongs to another sample or to nobody who has a form
/// here, an answer differs from the one that stands, or no answer of all files can be used. Then nothing is written.
pub fn merge_answers(
    material: &Material,
    labels: &Path,
    files: &[PathBuf],
    options: &MergeOptions,
) -> Result<Merged> {
    if !labels.is_file() {
        return Err(Error::input(format!("{}: there is no such label file", labels.display()))
            .hint("name the label file for which the page or the tasks were exported: it holds the forms that the answers belong to"));
    }
    let mut file = LabelFile::open(labels)?;
    let mut locked = file.lock()?;
    let (mut state, mut notes) = (State::default(), Vec::new());
    read_added(&mut locked, material, &mut state, &mut notes)?;
    let mut merging = Merging {
        labels,
        forms: Forms::new(material, &state),
        material,
        state: &state,
        people: People::new(&options.people, state.with_form()),
        draws: MergeDraws::of(&state),
        added: HashMap::new(),
        lines: Vec::new(),
        conflicts: Vec::new(),
        notes: Vec::new(),
    };
    let mut merged = Merged::default();
    for path in files {
        merged.files.push(merging.file(path, options.source)?);
    }
    let Merging { lines, conflicts, notes: of_files, .. } = merging;
    notes.extend(of_files);
    check_conflicts(labels, &conflicts)?;
    check_any(&merged)?;
    check_new_names(&state, &lines)?;
    add_lines(&mut locked, material, &mut state, lines)?;
    drop(locked);
    notes.extend(file.notes);
    merged.notes = notes;
    Ok(merged)
}

/// The answers of a merge so far.
struct Merging<'a> {
    labels: &'a Path,
    material: &'a Material,
    state: &'a State,
    forms: Forms<'a>,
    people: People<'a>,
    draws: MergeDraws,
    /// The answers that are to be added, by annotator and task.
    added: HashMap<TaskKey, SessionLine>,
    lines: Vec<SessionLine>,
    conflicts: Vec<String>,
    /// What was unusual about other label files.
    notes: Vec<String>,
}

impl Merging<'_> {
    fn file(&mut self, path: &Path, source: Option<AnswerSource>) -> Result<MergedFile> {
        let source = match source {
            Some(source) => source,
            None if is_answers_file(path)? => AnswerSource::Page,
            None => match recognise(path)? {
                Recognised::Program(program) => AnswerSource::Program(program),
                Recognised::Labels => AnswerSource::Labels,
            },
        };
        match source {
            AnswerSource::Page => self.page(read_answers_file(path)?),
            AnswerSource::Program(program) => self.foreign(path, program),
            AnswerSource::Labels => self.label_file(path),
        }
    }

    /// Merges the answers of another label file that stand there.
    fn label_file(&mut self, path: &Path) -> Result<MergedFile> {
        if path.canonicalize().is_ok_and(|path| self.labels.canonicalize().ok() == Some(path)) {
            // It is locked, and would never be read.
            return Err(Error::usage(format!(
                "{}: the label file cannot be merged into itself",
                path.display()
            )));
        }
        let file = DataFile::labels(path, LabelColumns::default());
        let read = standing_lines(self.material, &file)?;
        let shown = path.display().to_string();
        let mut merged = MergedFile { shown, open: read.open, ..MergedFile::default() };
        for id in &read.unmatched_ids {
            leave_out(&mut merged.left_out, "the item is not among these", &format!("`{id}`"), 1);
        }
        let warnings = read.warnings.into_iter();
        self.notes.extend(warnings.map(|warning| format!("{}: {warning}", merged.shown)));
        let mut drawn = Vec::new();
        for (line, number) in read.lines.into_iter().zip(read.line_numbers) {
            let Some(item) = self.material.known_items().number(line.id()) else { continue };
            let entry = FormEntry::of_line(&line, item);
            let shown = format!("{}:{number}", merged.shown);
            let probability = self.draws.probability(self.labels, &shown, &entry.key, &line)?;
            drawn.push((entry.key.clone(), probability));
            let annotator = Arc::from(self.people.named(&shown, Some(line.annotator()))?);
            let line = line.given_by(annotator).drawn_with(probability);
            self.add(&mut merged, Incoming { shown, entry, line }, false);
        }
        self.draws.extend(drawn);
        Ok(merged)
    }

    fn page(&mut self, file: AnswersFile) -> Result<MergedFile> {
        let AnswersFile { shown, annotator, form: digest, answers, .. } = file;
        let labels = self.labels.display();
        if !self.forms.has(&annotator) {
            let known: Vec<&str> = self.state.with_form().iter().map(|name| &**name).collect();
            return Err(Error::input(format!("{shown}: `{annotator}` has no form in {labels}"))
                .detail(if known.is_empty() {
                    "nobody has one".to_owned()
                } else {
                    format!("these have one: {}", known.join(", "))
                })
                .hint("name the label file for which the page was exported"));
        }
        let Some(form) = self.forms.with(&annotator, |known| *known == digest)? else {
            return Err(Error::input(format!(
                "{shown}: the answers belong to another sample than the form of `{annotator}` in {labels}, or texts have changed since the page was exported"
            ))
            .hint("merge them with the items or the run, the rubric and the label file for which the page was exported"));
        };
        let mut merged = MergedFile { shown: shown.clone(), ..MergedFile::default() };
        for (place, answer) in answers {
            let at = format!("{shown}: place {}", place + 1);
            let Some(entry) = form.get(place) else {
                return Err(Error::input(format!(
                    "{at}: the form has {}",
                    counted(form.len() as u64, "place", "places")
                )));
            };
            let incoming = self.of_form(at, entry, &annotator, &annotator, answer)?;
            self.add(&mut merged, incoming, true);
        }
        Ok(merged)
    }

    fn foreign(&mut self, path: &Path, program: OtherProgram) -> Result<MergedFile> {
        let mut read = read_foreign_answers(path, program, self.material.scale())?;
        let answers = std::mem::take(&mut read.answers);
        self.people.begin_file();
        let mut merged = MergedFile { shown: path.display().to_string(), ..MergedFile::default() };
        for answer in answers {
            let shown = answer.shown.clone();
            match self.incoming(answer)? {
                Ok(incoming) => self.add(&mut merged, incoming, false),
                Err(why) => leave_out(&mut read.left_out, &why, &shown, 1),
            }
        }
        merged.taken_for = self.people.taken_for();
        merged.open = read.open;
        merged.discarded = read.discarded;
        merged.left_out = read.left_out;
        merged.ignored = read.ignored;
        Ok(merged)
    }

    /// Returns the answer as one of the label file, or why it is left out.
    fn incoming(&mut self, answer: ForeignAnswer) -> Result<std::result::Result<Incoming, String>> {
        let ForeignAnswer { shown, task, person, mut answer } = answer;
        let criteria = &self.material.question().criteria;
        let known: Vec<&str> = criteria.iter().map(|criterion| &*criterion.name).collect();
        answer.criteria = use_known_criteria(answer.criteria, &known);
        answer.grades = use_known_criteria(answer.grades, &known);
        check_kind(&shown, &task, self.material.scale())?;
        let person = person.as_deref();
        match task {
            ForeignTask::Form(reference) => {
                let TaskReference { annotator: owner, place, .. } = &reference;
                if !self.forms.has(owner) {
                    let why = match &**owner {
                        "" => format!("{} has no sample for anybody", self.labels.display()),
                        owner => format!("`{owner}` has no form in {}", self.labels.display()),
                    };
                    return Ok(Err(why));
                }
                let Some(form) = self.forms.with(owner, |digest| reference.is_of(digest))? else {
                    let why = "the task belongs to another sample, or its texts have changed since";
                    return Ok(Err(why.to_owned()));
                };
                let Some(entry) = form.get(*place) else {
                    return Ok(Err("the form does not have the place".to_owned()));
                };
                let annotator = self.people.of_form(&shown, owner, person)?;
                self.of_form(shown, entry, owner, &annotator, answer).map(Ok)
            }
            ForeignTask::Systems { id, between, sides, task, annotator } => {
                let key = self.material.key(&id, &between).filter(|_| between[0] != between[1]);
                let [left, right] = sides.map(Arc::from);
                let named = annotator.as_deref().or(person);
                self.of_names(shown, key, task, &Sides { left, right }, named, answer)
            }
            ForeignTask::Response { id, system, task, annotator } => {
                let key = self.material.response_key(&id, &system);
                let system: Arc<str> = Arc::from(system);
                let sides = Sides { left: Arc::clone(&system), right: system };
                self.of_names(shown, key, task, &sides, annotator.as_deref().or(person), answer)
            }
        }
    }

    /// Returns an answer to a task that names an item and systems, or why it is left out: there is no such task.
    fn of_names(
        &self,
        shown: String,
        key: Option<ComparisonKey>,
        task: LabelTask,
        sides: &Sides,
        person: Option<&str>,
        answer: PageAnswer,
    ) -> Result<std::result::Result<Incoming, String>> {
        let Some(key) = key else {
            return Ok(Err("the item or a system is not among these".to_owned()));
        };
        let entry = FormEntry { probability: self.state.probability(&key), key, task };
        let annotator = self.people.named(&shown, person)?;
        let line = self.line(&shown, &entry, &annotator, sides, answer)?;
        Ok(Ok(Incoming { shown, entry, line }))
    }

    /// Returns an answer to an entry of somebody's form, given by an annotator: the sides are those of the form.
    fn of_form(
        &self,
        shown: String,
        entry: &FormEntry,
        owner: &str,
        annotator: &str,
        answer: PageAnswer,
    ) -> Result<Incoming> {
        let sides = Sides::of(owner, self.material.id(&entry.key), entry);
        let line = self.line(&shown, entry, annotator, &sides, answer)?;
        Ok(Incoming { shown, entry: entry.clone(), line })
    }

    fn line(
        &self,
        shown: &str,
        entry: &FormEntry,
        annotator: &str,
        sides: &Sides,
        answer: PageAnswer,
    ) -> Result<SessionLine> {
        let answer = answer.checked(self.material.question()).map_err(|error| {
            let at = Error::input(format!("{shown}: {error}"));
            match error.hint_text() {
                Some(hint) => at.hint(hint),
                None => at,
            }
        })?;
        let blank = entry.form_line(self.material.id(&entry.key), &Arc::from(annotator));
        answer.line(blank, sides, self.material.scale())
    }

    /// Adds an answer, or counts it as there already, or as a conflict. An answer that is newer than the one that stands
    /// replaces it if `may_replace` is set: a page has one answer for each place, the last one of its annotator.
    fn add(&mut self, merged: &mut MergedFile, incoming: Incoming, may_replace: bool) {
        let Incoming { shown, entry, line } = incoming;
        let (annotator, scale) = (line.annotator(), self.material.scale());
        let task = entry.task_of(annotator);
        let standing = self.added.get(&task).or_else(|| self.state.answer(annotator, &entry));
        if let Some(standing) = standing {
            if says_the_same(standing, &line) {
                merged.already_there += 1;
                return;
            }
            let is_newer = line.at().is_some() && line.at() > standing.at();
            if may_replace && is_newer && !self.added.contains_key(&task) {
                self.lines.push(entry.form_line(line.id(), annotator).undone());
                merged.replaced += 1;
            } else if !standing.is_skipped() || standing.answers_like(&line) {
                self.conflicts.push(format!(
                    "{shown}: `{annotator}` says {} about {} here, and {} already",
                    said(&line, scale),
                    line.labelled(),
                    said(standing, scale)
                ));
                return;
            }
        }
        merged.merged += 1;
        merged.skipped += usize::from(line.is_skipped());
        self.added.insert(task, line.clone());
        self.lines.push(line);
    }
}
