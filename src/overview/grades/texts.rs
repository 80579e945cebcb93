//! What an overview of grades needs of the items: their tags, the lengths of the responses, and how these were generated.

use std::collections::{BTreeMap, HashMap};

use crate::error::Result;
use crate::grading::GradeTable;
use crate::input::{Generated, Item};
use crate::overview::generated::ResponseNumbers;
use crate::store::GradeRun;

/// What an overview needs of the items.
#[derive(Default)]
pub(super) struct ResponseTexts {
    /// Characters of each response, by row; `None` where the stored item lacks it.
    pub(super) lengths: Vec<Option<u32>>,
    /// By tag and value: the rows of the responses whose item has it.
    pub(super) tags: BTreeMap<(String, String), Vec<u32>>,
    /// How the responses that were graded were generated.
    pub(super) generated: ResponseNumbers,
}

impl ResponseTexts {
    /// Reads the items of all responses.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn read(run: &GradeRun, table: &GradeTable) -> Result<Self> {
        let mut rows_of: HashMap<u32, Vec<u32>> = HashMap::new();
        for (row, at) in table.rows.iter().zip(0..) {
            rows_of.entry(row.item).or_default().push(at);
        }
        let rows = |id: &str| table.items.number(id).and_then(|item| rows_of.get(&item));
        let system = |row: u32| table.systems[table.rows[row as usize].system as usize].as_str();
        let mut texts = Self { lengths: vec![None; table.rows.len()], ..Self::default() };
        let of_item = |mut item: Item| {
            let rows = rows(&item.id).cloned().unwrap_or_default();
            let length = |row: &u32| {
                let response = item.responses.get(system(*row))?;
                Some(response.to_text().chars().count() as u32)
            };
            let lengths: Vec<Option<u32>> = rows.iter().map(length).collect();
            let generated = std::mem::take(&mut item.generated).into_iter();
            let graded = |name: &String| {
                let is_graded = rows.iter().any(|row| system(*row) == name);
                is_graded && item.responses.contains_key(name)
            };
            let generated: Vec<(String, Generated)> =
                generated.filter(|(name, _)| graded(name)).collect();
            (rows, lengths, item.tags, generated)
        };
        run.file().map_items(
            |id| rows(id).is_some(),
            of_item,
            |(rows, lengths, tags, generated)| {
                if let Some(row) = rows.first() {
                    texts.generated.add(table.rows[*row as usize].item, generated);
                }
                for (row, length) in rows.iter().zip(lengths) {
                    texts.lengths[*row as usize] = length;
                }
                for tag in tags {
                    texts.tags.entry(tag).or_default().extend(&rows);
                }
            },
        )?;
        Ok(texts)
    }
}
