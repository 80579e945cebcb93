//! Which comparisons a try judges.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::json;

use crate::calibration::Part;
use crate::error::{Error, Result, counted};
use crate::input::{DataFile, Item, ItemSource, KnownItems, read_labels};
use crate::keyed_hash::KeyedHash;
use crate::trial::{ChosenComparisons, Plan};

/// What a try may judge.
#[derive(Debug, Clone, Copy)]
pub struct SelectionOptions<'a> {
    /// The half of the items.
    pub part: Part,
    /// The system that all others are compared with; `None` compares every pair.
    pub baseline: Option<&'a str>,
    /// Whether comparisons without a label are judged too.
    pub unlabelled: bool,
}

/// The comparisons that a try judges.
#[derive(Debug)]
#[non_exhaustive]
pub struct TrySelection {
    /// These comparisons.
    pub chosen: ChosenComparisons,
    /// Of those, with a label.
    pub labelled: u64,
    /// Comparisons of the half without a label, which are left out.
    pub left_out: u64,
    /// Labelled comparisons of the other half.
    pub other_part: u64,
    /// The texts of the comparisons.
    pub(super) texts: KeyedHash,
    /// Their labels.
    pub(super) labels: KeyedHash,
}

impl TrySelection {
    /// Chooses the comparisons of one half of the items that have labels, or all of them.
    ///
    /// # Errors
    ///
    /// Items or labels cannot be read or are invalid, or no comparison of the half has a label.
    pub fn read(
        items: &ItemSource,
        label_file: &DataFile,
        options: SelectionOptions<'_>,
    ) -> Result<Self> {
        let mut known = KnownItems::default();
        for_each_item(items, |item| {
            known.add(&item.id, item.responses.keys().map(String::as_str));
        })?;
        let read = read_labels(label_file, &known)?;
        let mut labelled = HashSet::new();
        let mut lines = BTreeSet::new();
        let mut other_part = HashSet::new();
        for label in &read.labels {
            let key = (label.id.to_string(), label.between.each_ref().map(ToString::to_string));
            if Part::of(&label.id) != options.part {
                other_part.insert(key);
                continue;
            }
            let winner = label.winner.as_deref().unwrap_or_default();
            let line = json!([key.0, key.1, &*label.annotator, winner, label.probability]);
            lines.insert(line.to_string());
            labelled.insert(key);
        }
        let plan = Plan { baseline: options.baseline.map(ToOwned::to_owned), ..Plan::default() };
        let mut selection = Self {
            chosen: ChosenComparisons::default(),
            labelled: 0,
            left_out: 0,
            other_part: other_part.len() as u64,
            texts: KeyedHash::new("evenhand: comparisons of a try"),
            labels: KeyedHash::new("evenhand: labels of a try")
                .texts(lines.iter().map(String::as_str)),
        };
        let mut texts = BTreeSet::new();
        for_each_item(items, |item| {
            if Part::of(&item.id) != options.part {
                return;
            }
            let item = Arc::new(item);
            for comparison in plan.comparisons(&item) {
                let key = (item.id.clone(), comparison.between.clone());
                let has_label = labelled.contains(&key);
                if !has_label && !options.unlabelled {
                    selection.left_out += 1;
                    continue;
                }
                selection.labelled += u64::from(has_label);
                texts.insert(json!([key.1, digest(&item)]).to_string());
                let (id, between) = key;
                selection.chosen.add(&id, between);
            }
        })?;
        if selection.labelled == 0 {
            return Err(nothing_labelled(
                label_file,
                &options,
                other_part.len() as u64,
                read.unmatched,
            ));
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

fn nothing_labelled(
    file: &DataFile,
    options: &SelectionOptions<'_>,
    other_part: u64,
    unmatched: usize,
) -> Error {
    let (file, part) = (file.path().display(), options.part.as_str());
    let error =
        Error::input(format!("{file}: no comparison of the {part} half of the items has a label"));
    let error = match other_part {
        0 => error,
        others => error.detail(format!(
            "{} of the other half {} labels",
            counted(others, "comparison", "comparisons"),
            if others == 1 { "has" } else { "have" }
        )),
    };
    let error = match unmatched as u64 {
        0 => error,
        unmatched => error.detail(format!(
            "{} an id that no item has",
            counted(unmatched, "label has", "labels have")
        )),
    };
    error.hint("label comparisons of both halves: the half of an item follows from its id alone")
}
