//! The labels that stand after all lines of a file.

use super::forms::AnsweredForms;
use super::line::{LabelAnswer, LabelLine, LabelTask};
use super::read::read_label_lines;
use super::{EqualPairAnswer, Label, Labels, SkippedLabel};
use crate::error::Result;
use crate::input::data_file::DataFile;
use crate::input::known_items::KnownItems;
use crate::input::similar_names::alike;

/// Reads all lines and keeps the answers that stand.
pub(super) fn collect(file: &DataFile, items: &KnownItems) -> Result<Labels> {
    let mut standing = AnsweredForms::default();
    let other = read_label_lines(file, items, |place, line| standing.add(&place, line))?;
    let mut read = labels_of(standing);
    read.unmatched = other.unmatched_ids.len();
    read.alike_ids = alike(other.unmatched_ids.iter().map(String::as_str), items.ids());
    read.unmatched_ids = other.unmatched_ids;
    read.warnings = other.warnings;
    Ok(read)
}

/// Returns the contents of a label file.
fn labels_of(standing: AnsweredForms<LabelLine>) -> Labels {
    let mut read = Labels { blank: standing.open(), ..Labels::default() };
    let alike_annotators = standing.alike_annotators();
    for line in standing.into_lines() {
        let LabelLine { id, annotator, between, probability, task, answer, details } = line;
        let winner = match answer {
            LabelAnswer::Winner(winner) => winner,
            LabelAnswer::Side(side) => {
                if let LabelTask::Equal(system) = task {
                    read.equal_pairs.push(EqualPairAnswer { id, annotator, system, side });
                }
                continue;
            }
            LabelAnswer::Skipped(reason) => {
                if task == LabelTask::Compare {
                    read.skipped.push(SkippedLabel { id, annotator, between, reason });
                }
                continue;
            }
            LabelAnswer::Blank | LabelAnswer::Undone => continue,
        };
        let label = Label { id, annotator, between, winner, probability, details };
        match task {
            LabelTask::Compare => read.labels.push(label),
            LabelTask::Adjudicate(why) => read.adjudicated.push((label, why)),
            LabelTask::Repeat => read.repeats.push(label),
            LabelTask::Equal(_) => {}
        }
    }
    read.alike_annotators = alike_annotators;
    read
}
