//! Which comparisons or responses a try asks about.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::labelled::LabelledSubjects;
use crate::calibration::Part;
use crate::error::{Error, Result, counted};
use crate::input::{DataFile, Item, ItemSource, KnownItems, Rubric};
use crate::keyed_hash::KeyedHash;
use crate::trial::{ChosenSubjects, Plan, Unit};

/// What a try may ask about.
#[derive(Debug, Clone, Copy)]
pub struct SelectionOptions<'a> {
    /// The rubric, which compares responses or grades them.
    pub rubric: &'a Rubric,
    /// The half of the items.
    pub part: Part,
    /// The system that all others are compared with; `None` compares every pair.
    pub baseline: Option<&'a str>,
    /// Whether what has no label is asked about too.
    pub unlabelled: bool,
}

/// The comparisons or responses that a try asks about.
#[derive(Debug)]
#[non_exhaustive]
pub struct TrySelection {
    /// These.
    pub chosen: ChosenSubjects,
    /// Of those, with a label.
    pub labelled: u64,
    /// Those of the half without a label, which are left out.
    pub left_out: u64,
    /// Their texts.
    pub(super) texts: KeyedHash,
    /// Their labels.
    pub(super) labels: KeyedHash,
}

impl TrySelection {
    /// Chooses what has labels in one half of the items, or all of that half.
    ///
    /// # Errors
    ///
    /// Items or labels cannot be read or are invalid, nothing of the half has a label, or single responses are graded and
    /// there is a baseline.
    pub fn read(
        items: &ItemSource,
        label_file: &DataFile,
        options: SelectionOptions<'_>,
    ) -> Result<Self> {
        let SelectionOptions { rubric, part, baseline, unlabelled } = options;
        let unit = Unit::of(rubric);
        unit.check_baseline(baseline)?;
        let (mut known, mut systems) = (KnownItems::default(), BTreeSet::new());
        for_each_item(items, |item| {
            known.add(&item.id, item.responses.keys().map(String::as_str));
            systems.extend(item.responses.into_keys());
        })?;
        known.add_possible_systems(systems);
        let labels = LabelledSubjects::read(label_file, &known, part, rubric.scale.as_ref())?;
        let baseline = baseline.map(ToOwned::to_owned);
        let plan = Plan { unit, baseline, ..Plan::default() };
        let mut selection = Self {
            chosen: ChosenSubjects::default(),
            labelled: 0,
            left_out: 0,
            texts: KeyedHash::new("evenhand: comparisons of a try"),
            labels: labels.digest(),
        };
        let mut texts = BTreeSet::new();
        for_each_item(items, |item| {
            if Part::of(&item.id) != part {
                return;
            }
            let item = Arc::new(item);
            for subject in plan.subjects(&item) {
                let has_label = labels.contains(&subject);
                if !has_label && !unlabelled {
                    selection.left_out += 1;
                    continue;
                }
                selection.labelled += u64::from(has_label);
                texts.insert(json!([subject.systems(), digest(&item)]).to_string());
                selection.chosen.add(&subject);
            }
        })?;
        if selection.labelled == 0 {
            return Err(nothing_labelled(label_file, unit, part, &labels));
        }
        selection.texts = selection.texts.texts(texts.iter().map(String::as_str));
        Ok(selection)
    }
}

fn for_each_item(items: &ItemSource, mut each: impl FnMut(Item)) -> Result<()> {
    let mut reader = items.read()?;
    while let Some(batch) = reader.next_batch()? {
        batch.into_iter().for_each(&mut each);
    }
    reader.finish().map(|_| ())
}

/// Returns a digest of everything that an item contains.
fn digest(item: &Item) -> String {
    // Its fields are strings and JSON values, which always serialise.
    let text = serde_json::to_string(item).unwrap_or_default();
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn nothing_labelled(file: &DataFile, unit: Unit, part: Part, labels: &LabelledSubjects) -> Error {
    let (one, several) = match unit {
        Unit::Comparison => ("comparison", "comparisons"),
        Unit::Response => ("response", "responses"),
    };
    let (file, part) = (file.path().display(), part.as_str());
    let error =
        Error::input(format!("{file}: no {one} of the {part} half of the items has a label"));
    let error = match labels.of_other_part() {
        0 => error,
        others => error.detail(format!(
            "{} of the other half {} labels",
            counted(others, one, several),
            if others == 1 { "has" } else { "have" }
        )),
    };
    let error = match labels.unmatched {
        0 => error,
        unmatched => error.detail(format!(
            "{} an id that no item has",
            counted(unmatched, "label has", "labels have")
        )),
    };
    error.hint(format!(
        "label {several} of both halves: the half of an item follows from its id alone"
    ))
}
