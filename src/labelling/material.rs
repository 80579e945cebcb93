//! What can be shown to people: the comparisons or the responses of a run, or of items that nobody has judged.
//!
//! Whether responses are compared or graded follows from the rubric. Both kinds are one type, since forms are made of
//! them, drawn and kept in the same way; where a rubric grades, each key names one response
//! ([`ComparisonKey::of_response`]).
//!
//! Of a run only names are kept in memory; the item of a comparison is read from the run file when it is shown.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::entry::ComparisonKey;
use super::question::{Question, ShownFields};
use super::session_line::SessionLine;
use crate::error::{Error, Remedy, Result};
use crate::input::{
    DataFile, Item, KnownItems, LabelPlace, LoadedRubric, OtherLines, Scale, read_grade_lines,
    read_label_lines,
};
use crate::store::{GradeRun, RunFile};
use crate::trial::{BaselineCheck, Plan, Subject, Unit};

/// What can be shown to people: the comparisons or the single responses of a run, or of items.
#[derive(Debug)]
pub struct Material {
    source: Source,
    known: KnownItems,
    /// All comparisons or responses, in the order of the plan.
    comparisons: Vec<ComparisonKey>,
    question: Question,
    fields: ShownFields,
}

#[derive(Debug)]
enum Source {
    Run(Box<RunFile>),
    Grades(Box<GradeRun>),
    /// By their numbers among the known items.
    Items(Vec<Item>),
}

impl Material {
    /// Returns every planned comparison that a run reads, or every response of a run of grades, judged or not, with the
    /// question of its rubric.
    ///
    /// # Errors
    ///
    /// The run cannot be read, its prompt does not compile, or it has nothing to label.
    pub fn of_run(run: RunFile) -> Result<Self> {
        let (mut known, mut comparisons) = (KnownItems::default(), Vec::new());
        run.rows_where(|key| {
            let systems = key.between.iter().map(String::as_str);
            let item = known.add(&key.id, systems.filter(|system| !system.is_empty()));
            // It has both, as it was just added.
            comparisons.extend(key_of(&known, item, &key.between));
            false
        })?;
        if comparisons.is_empty() {
            return Err(Error::input(format!(
                "{}: the run has nothing to label",
                run.path().display()
            )));
        }
        known.add_possible_systems(run.systems()?);
        let fields = ShownFields::of(Some(run.loaded_rubric()))?;
        let question = Question::of(Some(run.rubric()));
        let source = match &run.rubric().scale {
            None => Source::Run(Box::new(run)),
            Some(_) => Source::Grades(Box::new(GradeRun::of(run)?)),
        };
        Ok(Self { source, known, comparisons, question, fields })
    }

    /// Returns the comparisons of every two systems of each item, or of the baseline with each other system; with a rubric
    /// that grades, every response. Without a rubric the question is which response is better, and everything that belongs to an item is shown but its tags.
    ///
    /// # Errors
    ///
    /// The prompt of the rubric does not compile, an item has no response of the baseline, no item has responses of two
    /// systems, or a baseline is given for responses that are graded.
    pub fn of_items(
        items: Vec<Item>,
        baseline: Option<&str>,
        rubric: Option<&LoadedRubric>,
    ) -> Result<Self> {
        let is_graded = rubric.is_some_and(|rubric| rubric.rubric.scale.is_some());
        if is_graded && baseline.is_some() {
            return Err(Error::usage(
                "a baseline is given, and the rubric grades single responses",
            )
            .hint("leave out the baseline: each response is graded by itself"));
        }
        if let Some(baseline) = baseline {
            let mut check = BaselineCheck::default();
            for item in &items {
                check.add(item, baseline);
            }
            check.finish(baseline)?;
        }
        let unit = if is_graded { Unit::Response } else { Unit::Comparison };
        let plan = Plan { unit, baseline: baseline.map(ToOwned::to_owned), ..Plan::default() };
        let (mut known, mut comparisons) = (KnownItems::default(), Vec::new());
        let mut systems = BTreeSet::new();
        let mut kept = Vec::with_capacity(items.len());
        for item in items {
            if known.number(&item.id).is_some() {
                return Err(Error::input(format!("{}: id `{}` is repeated", item.place, item.id))
                    .hint("give every item its own id"));
            }
            let number = known.add(&item.id, item.responses.keys().map(String::as_str));
            for system in item.responses.keys() {
                if !systems.contains(system) {
                    systems.insert(system.clone());
                }
            }
            let item = Arc::new(item);
            let planned = plan.subjects(&item);
            let keys = planned.iter().filter_map(|one| match one {
                Subject::Comparison(one) => key_of(&known, number, &one.between),
                Subject::Response(one) => response_key(&known, number, &one.system),
                Subject::Prompt(_) => None,
            });
            comparisons.extend(keys);
            drop(planned);
            kept.push(Arc::unwrap_or_clone(item));
        }
        if comparisons.is_empty() && is_graded {
            return Err(
                Error::input("no item has a response to grade").suggest(Remedy::AddResponses)
            );
        }
        if comparisons.is_empty() {
            return Err(Error::input("no item has responses of two systems to compare")
                .suggest(Remedy::AddResponses));
        }
        known.add_possible_systems(systems);
        let question = Question::of(rubric.map(|rubric| &rubric.rubric));
        let fields = ShownFields::of(rubric)?;
        Ok(Self { source: Source::Items(kept), known, comparisons, question, fields })
    }

    /// Returns the items that labels can be about.
    pub fn known_items(&self) -> &KnownItems {
        &self.known
    }

    /// Returns what people are asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Returns the run that is labelled, if it is one.
    pub fn run(&self) -> Option<&RunFile> {
        match &self.source {
            Source::Run(run) => Some(run),
            Source::Grades(run) => Some(run.file()),
            Source::Items(_) => None,
        }
    }

    /// Returns the scale, if single responses are graded.
    pub fn scale(&self) -> Option<&Scale> {
        self.question.scale.as_ref()
    }

    /// Returns the run of grades that is labelled, if it is one.
    pub(super) fn graded_run(&self) -> Option<&GradeRun> {
        match &self.source {
            Source::Grades(run) => Some(run),
            Source::Run(_) | Source::Items(_) => None,
        }
    }

    /// Returns the words for one of what is labelled, and for several.
    pub(super) fn unit(&self) -> [&'static str; 2] {
        match self.scale() {
            Some(_) => ["response", "responses"],
            None => ["comparison", "comparisons"],
        }
    }

    /// Returns all comparisons or responses, in the order of the plan.
    pub(super) fn comparisons(&self) -> &[ComparisonKey] {
        &self.comparisons
    }

    /// Returns the id of the item of a comparison.
    pub(super) fn id(&self, key: &ComparisonKey) -> &Arc<str> {
        self.known.id(key.item)
    }

    /// Returns whether the item of a comparison has the responses that it is about.
    pub(super) fn has(&self, key: &ComparisonKey) -> bool {
        let systems = self.known.systems(key.item);
        let mut names = key.between.iter().filter(|name| !name.is_empty());
        names.all(|name| systems.contains(name))
    }

    /// Returns the key of a comparison by its names; `None` for an item that is not there.
    pub(super) fn key(&self, id: &str, between: &[String; 2]) -> Option<ComparisonKey> {
        key_of(&self.known, self.known.number(id)?, between)
    }

    /// Returns the key of a response by its names; `None` for one that is not there.
    pub(super) fn response_key(&self, id: &str, system: &str) -> Option<ComparisonKey> {
        response_key(&self.known, self.known.number(id)?, system)
    }

    /// Reads a label file line by line, of comparisons or of grades as the question asks.
    ///
    /// # Errors
    ///
    /// As for [`read_label_lines`] and [`read_grade_lines`]: also where the file has labels of the other kind.
    pub(super) fn read_lines(
        &self,
        file: &DataFile,
        mut each: impl FnMut(LabelPlace, SessionLine) -> Result<()>,
    ) -> Result<OtherLines> {
        match self.scale() {
            None => read_label_lines(file, &self.known, |place, line| each(place, line.into())),
            Some(scale) => {
                read_grade_lines(file, &self.known, scale, |place, line| each(place, line.into()))
            }
        }
    }

    /// Returns the item of a comparison, without the fields that are not to be shown.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn item(&self, key: &ComparisonKey) -> Result<Item> {
        let mut item = match &self.source {
            Source::Items(items) => items.get(key.item as usize).cloned(),
            Source::Run(run) => run.item(self.known.id(key.item))?,
            Source::Grades(run) => run.file().item(self.known.id(key.item))?,
        }
        .ok_or_else(|| Error::input(format!("item {} is missing", self.known.id(key.item))))?;
        if !self.fields.reference {
            item.reference = None;
        }
        if !self.fields.context {
            item.context = None;
        }
        Ok(item)
    }
}

/// Returns the key of a response to a known item; `None` if it has no such system.
fn response_key(known: &KnownItems, item: u32, system: &str) -> Option<ComparisonKey> {
    let found = known.systems(item).iter().find(|one| ***one == *system)?;
    Some(ComparisonKey::of_response(item, found))
}

/// Returns the key of a comparison of a known item, or of a response if the second name is empty; `None` if it has no such
/// system.
fn key_of(known: &KnownItems, item: u32, between: &[String; 2]) -> Option<ComparisonKey> {
    if between[1].is_empty() {
        return response_key(known, item, &between[0]);
    }
    let systems = known.systems(item);
    let find = |name: &String| systems.iter().find(|system| ***system == **name).cloned();
    Some(ComparisonKey { item, between: [find(&between[0])?, find(&between[1])?] })
}
