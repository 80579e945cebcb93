//! A session: forms of several annotators, and their answers, which are in the label file as soon as they are given.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use super::answer::PageAnswer;
use super::change::Change;
use super::entry::FormEntry;
use super::form::missing_lines;
use super::label_file::{LabelFile, Locked};
use super::material::Material;
use super::names::check_names;
use super::options::FormOptions;
use super::progress::Progress;
use super::question::Question;
use super::session_line::SessionLine;
use super::shown::{ShownTask, form_digest};
use super::sides::Sides;
use super::state::State;
use super::stopping::{Decision, StoppingRule};
use crate::error::{Error, Result, counted};
use crate::input::{DataFile, LabelColumns, LabelPlace};

/// The forms and answers of the annotators of one label file.
///
/// Several sessions, also of other processes, can have the same file open. Each sees what the others have written when it
/// writes itself, or when it is asked to [`refresh`](Session::refresh).
#[derive(Debug)]
pub struct Session {
    material: Material,
    file: LabelFile,
    state: State,
    annotators: Vec<Arc<str>>,
    adjudicates: bool,
    rule: Option<StoppingRule>,
    notes: Vec<String>,
}

impl Session {
    /// Opens a label file, or creates it, and writes a form for each annotator who has none.
    ///
    /// # Errors
    ///
    /// The options contradict each other or the forms that the file holds, the file is no label file for the material, or
    /// it cannot be written.
    pub fn open(material: Material, labels: &Path, options: &FormOptions) -> Result<Self> {
        let names = check_names(&options.annotators, &[])?;
        let missing = |material: &Material, state: &State, names: &[Arc<str>]| {
            let lines = missing_lines(material, state, names, options)?;
            if let Some(rule) = &options.stopping {
                check_rule(rule, material, state, &lines, options.adjudicate)?;
            }
            Ok(lines)
        };
        if !labels.exists() {
            // So that no file is created where nothing can be labelled.
            missing(&material, &State::default(), &names)?;
        }
        let file = LabelFile::open(labels)?;
        let session =
            Self::with_forms(material, file, options.adjudicate, &options.annotators, missing)?;
        Ok(Self { rule: options.stopping.clone(), ..session })
    }

    /// Opens a label file that has a form of each annotator, and writes none.
    ///
    /// # Errors
    ///
    /// The file does not exist or has no form of an annotator, is no label file for the material, or it cannot be written.
    pub fn open_existing(material: Material, labels: &Path, annotators: &[String]) -> Result<Self> {
        check_names(annotators, &[])?;
        let shown = labels.display();
        if !labels.exists() {
            return Err(Error::input(format!("{shown}: the label file does not exist"))
                .hint("give the label file whose forms were handed out"));
        }
        let file = LabelFile::open(labels)?;
        Self::with_forms(material, file, false, annotators, |_, state, names| {
            match names.iter().find(|name| state.form(name, false).is_empty()) {
                None => Ok(Vec::new()),
                Some(name) => {
                    Err(Error::input(format!("{shown}: the label file has no form of `{name}`"))
                        .hint("give the label file whose forms were handed out"))
                }
            }
        })
    }

    /// Reads a label file, and adds the lines of forms that are missing.
    fn with_forms(
        material: Material,
        mut file: LabelFile,
        adjudicates: bool,
        names: &[String],
        missing: impl FnOnce(&Material, &State, &[Arc<str>]) -> Result<Vec<SessionLine>>,
    ) -> Result<Self> {
        let (mut state, mut notes) = (State::default(), Vec::new());
        let mut locked = file.lock()?;
        read_added(&mut locked, &material, &mut state, &mut notes)?;
        let annotators = check_names(names, &state.annotators())?;
        let missing = missing(&material, &state, &annotators)?;
        add_lines(&mut locked, &material, &mut state, missing)?;
        drop(locked);
        notes.append(&mut file.notes);
        Ok(Self { material, file, state, annotators, adjudicates, rule: None, notes })
    }

    /// Returns what people are asked.
    pub fn question(&self) -> &Question {
        self.material.question()
    }

    /// Returns what is labelled.
    pub fn material(&self) -> &Material {
        &self.material
    }

    /// Returns who labels, in the order of the options.
    pub fn annotators(&self) -> &[Arc<str>] {
        &self.annotators
    }

    /// Returns the path of the label file.
    pub fn labels(&self) -> &Path {
        self.file.path()
    }

    /// Returns what was unusual about the file: lines that were repaired, or that are about something else.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns what an annotator sees at a place of the form, counted from 0.
    ///
    /// # Errors
    ///
    /// There is no such place, or the run cannot be read.
    pub fn shown(&self, annotator: usize, place: usize) -> Result<ShownTask> {
        let (name, entry) = self.entry(annotator, place)?;
        ShownTask::of(&self.material, name, entry, self.state.answer(name, entry))
    }

    /// Returns the answer that stands at a place of the form, counted from 0; `None` if there is none.
    ///
    /// # Errors
    ///
    /// There is no such place.
    pub fn standing(&self, annotator: usize, place: usize) -> Result<Option<PageAnswer>> {
        let (name, entry) = self.entry(annotator, place)?;
        let sides = Sides::of(name, self.material.id(&entry.key), entry);
        let said = |line| PageAnswer::of_line(line, &sides, self.material.scale());
        self.state.answer(name, entry).map(said).transpose()
    }

    /// Writes an answer to the label file, in place of an earlier one; when this returns it is on the disk. The same
    /// answer once more changes nothing.
    ///
    /// # Errors
    ///
    /// There is no such place; the answer is invalid; the file cannot be written, then nothing of it is left there; or it is
    /// an [`ErrorKind::Conflict`](crate::ErrorKind::Conflict): another [`Session`] has meanwhile answered differently, and
    /// its answer is shown from now on.
    pub fn answer(&mut self, annotator: usize, place: usize, answer: PageAnswer) -> Result<()> {
        self.answer_all(annotator, [(place, answer)])
    }

    /// Writes answers to several places like [`Session::answer`]: all of them or none.
    ///
    /// # Errors
    ///
    /// As for [`Session::answer`].
    pub fn answer_all(
        &mut self,
        annotator: usize,
        answers: impl IntoIterator<Item = (usize, PageAnswer)>,
    ) -> Result<()> {
        let (mut changes, mut places) = (Vec::new(), HashSet::new());
        for (place, answer) in answers {
            if !places.insert(place) {
                return Err(Error::input(format!("place {place} is answered twice"))
                    .hint("give one answer to each place"));
            }
            let answer = answer.checked(self.material.question())?;
            changes.push(self.change(annotator, place, Some(answer))?);
        }
        self.write(changes)
    }

    /// Withdraws the answer at a place, if there is one.
    ///
    /// # Errors
    ///
    /// As for [`Session::answer`].
    pub fn undo(&mut self, annotator: usize, place: usize) -> Result<()> {
        let change = self.change(annotator, place, None)?;
        self.write(vec![change])
    }

    /// Reads what other sessions have written meanwhile.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or was changed otherwise than by adding lines.
    pub fn refresh(&mut self) -> Result<()> {
        self.write(Vec::new())
    }

    /// Returns how far an annotator is; for a number without an annotator, the progress of an empty form.
    pub fn progress(&self, annotator: usize) -> Progress {
        let unknown = Arc::from("");
        let name = self.annotators.get(annotator).unwrap_or(&unknown);
        Progress::of(&self.state, name, self.state.form(name, self.adjudicates))
    }

    /// Returns a digest of everything that an annotator is asked: the question, and each place with what it shows on
    /// which side.
    ///
    /// # Errors
    ///
    /// There is no such annotator, or the run cannot be read.
    pub fn form_digest(&self, annotator: usize) -> Result<[u8; 32]> {
        let name = self.annotator(annotator)?;
        form_digest(&self.material, name, self.state.form(name, self.adjudicates))
    }

    /// Returns the rule that says when enough is labelled, if there is one.
    pub fn rule(&self) -> Option<&StoppingRule> {
        self.rule.as_ref()
    }

    /// Returns what the stopping rule has decided; `None` without a rule, or while it has not.
    pub fn decision(&self) -> Option<Decision> {
        self.rule.as_ref()?.decision(&self.state, self.material.scale())
    }

    fn annotator(&self, annotator: usize) -> Result<&Arc<str>> {
        self.annotators
            .get(annotator)
            .ok_or_else(|| Error::usage(format!("there is no annotator {annotator}")))
    }

    fn entry(&self, annotator: usize, place: usize) -> Result<(&Arc<str>, &FormEntry)> {
        let name = self.annotator(annotator)?;
        let form = self.state.form(name, self.adjudicates);
        let entry = form.get(place).ok_or_else(|| {
            Error::usage(format!(
                "there is no place {place} in a form of {}",
                counted(form.len() as u64, "place", "places")
            ))
        })?;
        Ok((name, entry))
    }

    fn change(&self, annotator: usize, place: usize, answer: Option<PageAnswer>) -> Result<Change> {
        let (name, entry) = self.entry(annotator, place)?;
        let known = self.state.answer(name, entry).cloned();
        Ok(Change { annotator: Arc::clone(name), entry: entry.clone(), known, answer })
    }

    /// Writes changes whose answers nobody else has changed meanwhile.
    fn write(&mut self, changes: Vec<Change>) -> Result<()> {
        let Self { file, state, material, notes, .. } = self;
        let mut locked = file.lock()?;
        read_added(&mut locked, material, state, notes)?;
        let mut lines = Vec::new();
        for change in changes {
            change.add_lines(material, state, &mut lines)?;
        }
        add_lines(&mut locked, material, state, lines)?;
        drop(locked);
        notes.append(&mut file.notes);
        Ok(())
    }
}

/// Checks that a stopping rule can be used with the forms that are in the file and those that are to be added.
///
/// # Errors
///
/// It cannot, or the forms are to adjudicate.
fn check_rule(
    rule: &StoppingRule,
    material: &Material,
    state: &State,
    added: &[SessionLine],
    adjudicates: bool,
) -> Result<()> {
    if adjudicates {
        return Err(Error::usage(
            "adjudicating does not stop early: what is decided has been chosen for its disagreement",
        )
        .hint("leave out when to stop"));
    }
    let mut state = state.clone();
    for line in added {
        let Some(item) = material.known_items().number(line.id()) else { continue };
        let place = LabelPlace { shown: String::new(), line: 0, item };
        state.apply(material, &place, line.clone())?;
    }
    rule.check(material, &state)
}

/// Reads the lines that others have added into the state, which stays as it is if they are invalid.
pub(super) fn read_added(
    locked: &mut Locked<'_>,
    material: &Material,
    state: &mut State,
    notes: &mut Vec<String>,
) -> Result<()> {
    let (added, lines_before) = locked.added();
    if added.is_empty() {
        return Ok(());
    }
    // So that messages name the line of the file.
    let mut text = vec![b'\n'; lines_before];
    text.extend_from_slice(added);
    let shown = locked.path().display().to_string();
    let file = DataFile::labels(locked.path(), LabelColumns::default())
        .read_from(&shown, Cursor::new(text));
    let mut next = state.clone();
    let other = material.read_lines(&file, |place, line| next.apply(material, &place, line))?;
    let unknown = other.unmatched_ids.len() + other.unmatched_blank;
    if unknown > 0 {
        notes.push(format!(
            "{shown}: {} about items that are not among these, and left alone",
            counted(unknown as u64, "line is", "lines are")
        ));
    }
    notes.extend(other.warnings.iter().map(|warning| format!("{shown}: {warning}")));
    *state = next;
    locked.accept();
    Ok(())
}

/// Adds lines to the file and to the state.
pub(super) fn add_lines(
    locked: &mut Locked<'_>,
    material: &Material,
    state: &mut State,
    lines: Vec<SessionLine>,
) -> Result<()> {
    let mut text = String::new();
    for line in &lines {
        text.push_str(&line.to_json(material.scale())?.to_string());
        text.push('\n');
    }
    let (_, lines_before) = locked.added();
    locked.append(&text)?;
    let path = locked.path().display();
    for (number, line) in (lines_before + 1..).zip(lines) {
        let Some(item) = material.known_items().number(line.id()) else { continue };
        let place = LabelPlace { shown: format!("{path}:{number}"), line: number, item };
        state.apply(material, &place, line)?;
    }
    Ok(())
}
