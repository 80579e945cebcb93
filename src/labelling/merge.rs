//! Merging answers into the label file: those of exported pages and of other programs.
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
use super::entry::FormEntry;
use super::exported::{AnswersFile, is_answers_file, read_answers_file};
use super::forms::Forms;
use super::label_file::LabelFile;
use super::material::Material;
use super::merge_checks::{check_any, check_conflicts, check_new_names};
use super::merged::{Merged, MergedFile};
use super::other_programs::{
    ForeignAnswer, ForeignTask, OtherProgram, TaskReference, read_foreign_answers,
    use_known_criteria,
};
use super::people::People;
use super::session::{add_lines, read_added};
use super::session_line::SessionLine;
use super::sides::Sides;
use super::state::State;
use crate::error::{Error, Result, counted};
use crate::input::{LabelAnswer, LabelDetails, LabelLine, TaskKey};

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
}

/// An answer that belongs into the label file.
struct Incoming {
    shown: String,
    entry: FormEntry,
    line: LabelLine,
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
        added: HashMap::new(),
        lines: Vec::new(),
        conflicts: Vec::new(),
    };
    let mut merged = Merged::default();
    for path in files {
        merged.files.push(merging.file(path, options.source)?);
    }
    let Merging { lines, conflicts, .. } = merging;
    check_conflicts(labels, &conflicts)?;
    check_any(&merged)?;
    check_new_names(&state, &lines)?;
    let lines = lines.into_iter().map(SessionLine::from).collect();
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
    /// The answers that are to be added, by annotator and task.
    added: HashMap<TaskKey, LabelLine>,
    lines: Vec<LabelLine>,
    conflicts: Vec<String>,
}

impl Merging<'_> {
    fn file(&mut self, path: &Path, source: Option<AnswerSource>) -> Result<MergedFile> {
        let source = match source {
            None if is_answers_file(path)? => AnswerSource::Page,
            None => {
                return self.foreign(path, None);
            }
            Some(source) => source,
        };
        match source {
            AnswerSource::Page => self.page(read_answers_file(path)?),
            AnswerSource::Program(program) => self.foreign(path, Some(program)),
        }
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

    fn foreign(&mut self, path: &Path, program: Option<OtherProgram>) -> Result<MergedFile> {
        let mut read = read_foreign_answers(path, program)?;
        let answers = std::mem::take(&mut read.answers);
        self.people.begin_file();
        let mut merged = MergedFile { shown: path.display().to_string(), ..MergedFile::default() };
        for answer in answers {
            let shown = answer.shown.clone();
            match self.incoming(answer)? {
                Ok(incoming) => self.add(&mut merged, incoming, false),
                Err(why) => read.leave_out(&why, &shown, 1),
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
                let Some(key) = key else {
                    let why = "the item or a system is not among these";
                    return Ok(Err(why.to_owned()));
                };
                let entry = FormEntry { probability: self.state.probability(&key), key, task };
                let [left, right] = sides.map(Arc::from);
                let annotator = self.people.named(&shown, annotator.as_deref().or(person))?;
                let line = self.line(&shown, &entry, &annotator, &Sides { left, right }, answer)?;
                Ok(Ok(Incoming { shown, entry, line }))
            }
        }
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
    ) -> Result<LabelLine> {
        let answer = answer.checked(self.material.question()).map_err(|error| {
            let at = Error::input(format!("{shown}: {error}"));
            match error.hint_text() {
                Some(hint) => at.hint(hint),
                None => at,
            }
        })?;
        let blank = entry.blank(self.material.id(&entry.key), &Arc::from(annotator));
        Ok(answer.line(blank, sides))
    }

    /// Adds an answer, or counts it as there already, or as a conflict. An answer that is newer than the one that stands
    /// replaces it if `may_replace` is set: a page has one answer for each place, the last one of its annotator.
    fn add(&mut self, merged: &mut MergedFile, incoming: Incoming, may_replace: bool) {
        let Incoming { shown, entry, line } = incoming;
        let task = entry.task_of(&line.annotator);
        let standing = self
            .added
            .get(&task)
            .or_else(|| self.state.answer(&line.annotator, &entry)?.comparison());
        if let Some(standing) = standing {
            if says_the_same(standing, &line) {
                merged.already_there += 1;
                return;
            }
            let was_skipped = matches!(standing.answer, LabelAnswer::Skipped(_));
            let is_newer = line.details.at.is_some() && line.details.at > standing.details.at;
            if may_replace && is_newer && !self.added.contains_key(&task) {
                let details = LabelDetails::default();
                let blank = entry.blank(&line.id, &line.annotator);
                self.lines.push(LabelLine { answer: LabelAnswer::Undone, details, ..blank });
                merged.replaced += 1;
            } else if !was_skipped || standing.answer == line.answer {
                self.conflicts.push(format!(
                    "{shown}: `{}` says {} about `{}` here, and {} already",
                    line.annotator,
                    said(&line),
                    line.id,
                    said(standing)
                ));
                return;
            }
        }
        merged.merged += 1;
        merged.skipped += usize::from(matches!(line.answer, LabelAnswer::Skipped(_)));
        self.added.insert(task, line.clone());
        self.lines.push(line);
    }
}

/// Returns whether two lines say the same, whenever, how fast and on which sides.
fn says_the_same(one: &LabelLine, other: &LabelLine) -> bool {
    let (a, b) = (&one.details, &other.details);
    one.answer == other.answer
        && a.both_acceptable == b.both_acceptable
        && a.criteria == b.criteria
        && a.note == b.note
}

/// Returns what a line says, in a few words.
fn said(line: &LabelLine) -> String {
    let further = if line.details.note.is_some() { " with a note" } else { "" };
    match &line.answer {
        LabelAnswer::Winner(Some(system)) => format!("`{system}`{further}"),
        LabelAnswer::Winner(None) => format!("tie{further}"),
        LabelAnswer::Side(side) => format!("{}{further}", side.as_str()),
        LabelAnswer::Skipped(reason) => format!("skipped ({}){further}", reason.as_str()),
        LabelAnswer::Blank | LabelAnswer::Undone => "nothing".to_owned(),
    }
}
