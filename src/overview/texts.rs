//! What an overview needs of the items: their tags, the lengths and the similarity of the responses, and how these were
//! generated.

use std::collections::BTreeMap;

use super::generated::ResponseNumbers;
use super::judged::Judged;
use crate::error::Result;
use crate::input::{Generated, Item};
use crate::metrics::{SquadVersion, token_f1};
use crate::store::RunFile;

/// The numbers of the two responses of a comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct PairNumbers {
    /// Their characters, in the order of the systems.
    pub(super) lengths: [u32; 2],
    /// The F1 of their words.
    pub(super) similarity: f32,
}

/// What an overview needs of the items.
#[derive(Default)]
pub(super) struct ItemTexts {
    /// By row; `None` where the stored item lacks a response.
    pub(super) responses: Vec<Option<PairNumbers>>,
    /// By tag and value: the rows of the comparisons whose item has it.
    pub(super) tags: BTreeMap<(String, String), Vec<u32>>,
    /// How the responses that were compared were generated.
    pub(super) generated: ResponseNumbers,
}

impl ItemTexts {
    /// Reads the items of all comparisons.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn read(run: &RunFile, judged: &Judged<'_>) -> Result<Self> {
        let table = judged.table;
        let rows = |id: &str| -> Vec<u32> {
            table.items.number(id).map_or_else(Vec::new, |item| table.rows_of(item).collect())
        };
        let mut texts = Self { responses: vec![None; table.rows.len()], ..Self::default() };
        let of_item = |mut item: Item| {
            let rows = rows(&item.id);
            let numbers: Vec<Option<PairNumbers>> = rows
                .iter()
                .map(|row| {
                    let pair = table.rows[*row as usize].pair as usize;
                    pair_numbers(&item, &table.pairs[pair].between)
                })
                .collect();
            let generated = generated(judged, &rows, &mut item);
            (rows, numbers, item.tags, generated)
        };
        run.map_items(
            |id| !rows(id).is_empty(),
            of_item,
            |(rows, numbers, tags, generated)| {
                if let Some(row) = rows.first() {
                    texts.generated.add(judged.item(*row), generated);
                }
                for (row, numbers) in rows.iter().zip(numbers) {
                    texts.responses[*row as usize] = numbers;
                }
                for tag in tags {
                    texts.tags.entry(tag).or_default().extend(&rows);
                }
            },
        )?;
        Ok(texts)
    }
}

fn pair_numbers(item: &Item, between: &[String; 2]) -> Option<PairNumbers> {
    let (a, b) = (item.responses.get(&between[0])?, item.responses.get(&between[1])?);
    let length = |text: &str| text.chars().count() as u32;
    let similarity = token_f1(&a.answer(), &[&b.answer()], SquadVersion::V2);
    Some(PairNumbers {
        lengths: [length(&a.to_text()), length(&b.to_text())],
        similarity: similarity as f32,
    })
}

/// Takes how the responses of an item were generated, as far as they were compared.
fn generated(judged: &Judged<'_>, rows: &[u32], item: &mut Item) -> Vec<(String, Generated)> {
    let table = judged.table;
    let compared = |system: &String| {
        let pair = |row: &u32| &table.pairs[table.rows[*row as usize].pair as usize];
        rows.iter().any(|row| pair(row).between.contains(system))
    };
    let generated = std::mem::take(&mut item.generated).into_iter();
    generated
        .filter(|(system, _)| item.responses.contains_key(system) && compared(system))
        .collect()
}
