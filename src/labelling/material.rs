//! What can be shown to people: the comparisons of a run, or of items that nobody has judged.
//!
//! Of a run only names are kept in memory; the item of a comparison is read from the run file when it is shown.

use std::sync::Arc;

use super::entry::ComparisonKey;
use super::question::{Question, ShownFields};
use crate::error::{Error, Remedy, Result};
use crate::input::{Item, KnownItems, LoadedRubric};
use crate::store::RunFile;
use crate::trial::{BaselineCheck, Plan};

/// What can be shown to people: the comparisons of a run, or of items.
#[derive(Debug)]
pub struct Material {
    source: Source,
    known: KnownItems,
    /// All comparisons, in the order of the plan.
    comparisons: Vec<ComparisonKey>,
    question: Question,
    fields: ShownFields,
}

#[derive(Debug)]
enum Source {
    Run(Box<RunFile>),
    /// By their numbers among the known items.
    Items(Vec<Item>),
}

impl Material {
    /// Returns every planned comparison that a run reads, judged or not, with the question of its rubric.
    ///
    /// # Errors
    ///
    /// The run cannot be read, its prompt does not compile, or it has no comparison.
    pub fn of_run(run: RunFile) -> Result<Self> {
        let (mut known, mut comparisons) = (KnownItems::default(), Vec::new());
        run.rows_where(|key| {
            let item = known.add(&key.id, key.between.iter().map(String::as_str));
            // It has both, as it was just added.
            comparisons.extend(key_of(&known, item, &key.between));
            false
        })?;
        if comparisons.is_empty() {
            return Err(Error::input(format!(
                "{}: the run has no comparison to label",
                run.path().display()
            )));
        }
        known.add_possible_systems(run.systems()?);
        let fields = ShownFields::of(Some(run.loaded_rubric()))?;
        let question = Question::of(Some(run.rubric()));
        let source = Source::Run(Box::new(run));
        Ok(Self { source, known, comparisons, question, fields })
    }

    /// Returns the comparisons of every two systems of each item, or of the baseline with each other system. Without a
    /// rubric the question is which response is better, and everything that belongs to an item is shown but its tags.
    ///
    /// # Errors
    ///
    /// The prompt of the rubric does not compile, an item has no response of the baseline, or no item has responses of
    /// two systems.
    pub fn of_items(
        items: Vec<Item>,
        baseline: Option<&str>,
        rubric: Option<&LoadedRubric>,
    ) -> Result<Self> {
        if let Some(baseline) = baseline {
            let mut check = BaselineCheck::default();
            for item in &items {
                check.add(item, baseline);
            }
            check.finish(baseline)?;
        }
        let plan = Plan { baseline: baseline.map(ToOwned::to_owned), ..Plan::default() };
        let (mut known, mut comparisons) = (KnownItems::default(), Vec::new());
        let mut kept = Vec::with_capacity(items.len());
        for item in items {
            if known.number(&item.id).is_some() {
                return Err(Error::input(format!("{}: id `{}` is repeated", item.place, item.id))
                    .hint("give every item its own id"));
            }
            let number = known.add(&item.id, item.responses.keys().map(String::as_str));
            let item = Arc::new(item);
            let planned = plan.comparisons(&item);
            let keys = planned.iter().filter_map(|one| key_of(&known, number, &one.between));
            comparisons.extend(keys);
            drop(planned);
            kept.push(Arc::unwrap_or_clone(item));
        }
        if comparisons.is_empty() {
            return Err(Error::input("no item has responses of two systems to compare")
                .suggest(Remedy::AddResponses));
        }
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
            Source::Items(_) => None,
        }
    }

    /// Returns all comparisons, in the order of the plan.
    pub(super) fn comparisons(&self) -> &[ComparisonKey] {
        &self.comparisons
    }

    /// Returns the id of the item of a comparison.
    pub(super) fn id(&self, key: &ComparisonKey) -> &Arc<str> {
        self.known.id(key.item)
    }

    /// Returns the key of a comparison by its names; `None` for an item that is not there.
    pub(super) fn key(&self, id: &str, between: &[String; 2]) -> Option<ComparisonKey> {
        key_of(&self.known, self.known.number(id)?, between)
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

/// Returns the key of a comparison of a known item; `None` if it has no such system.
fn key_of(known: &KnownItems, item: u32, between: &[String; 2]) -> Option<ComparisonKey> {
    let systems = known.systems(item);
    let find = |name: &String| systems.iter().find(|system| ***system == **name).cloned();
    Some(ComparisonKey { item, between: [find(&between[0])?, find(&between[1])?] })
}
