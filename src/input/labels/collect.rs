//! The labels that stand after all lines of a file.

use std::collections::HashSet;
use std::sync::Arc;

use super::line::{ComparisonKey, LabelAnswer, LabelLine, LabelTask};
use super::read::{LabelPlace, read_label_lines};
use super::standing::{StandingAnswers, TaskKey};
use super::{EqualPairAnswer, Label, Labels, SkippedLabel, StandingLines};
use crate::error::Result;
use crate::input::data_file::DataFile;
use crate::input::known_items::KnownItems;
use crate::input::similar_names::{alike, shape};

/// Reads all lines and keeps the answers that stand.
pub(super) fn collect(file: &DataFile, items: &KnownItems) -> Result<Labels> {
    let mut standing = Standing::default();
    let other = read_label_lines(file, items, |place, line| standing.add(&place, line))?;
    let mut read = standing.labels();
    read.unmatched = other.unmatched_ids.len();
    read.alike_ids = alike(other.unmatched_ids.iter().map(String::as_str), items.ids());
    read.unmatched_ids = other.unmatched_ids;
    read.warnings = other.warnings;
    Ok(read)
}

/// Reads all lines and keeps those of the answers that stand, with everything that they say.
pub(super) fn standing(file: &DataFile, items: &KnownItems) -> Result<StandingLines> {
    let mut standing = Standing::default();
    let other = read_label_lines(file, items, |place, line| standing.add(&place, line))?;
    let open = standing.open();
    let lines = standing.answers.into_lines().collect();
    let (unmatched, warnings) = (other.unmatched_ids.len(), other.warnings);
    Ok(StandingLines { lines, open, unmatched, warnings })
}

/// The answers that stand after the lines so far, and the forms.
#[derive(Default)]
struct Standing {
    answers: StandingAnswers,
    /// Forms of one annotator.
    forms: Vec<TaskKey>,
    /// Forms that anybody may fill in: their annotator is empty.
    open_forms: Vec<TaskKey>,
    annotators: HashSet<Arc<str>>,
}

impl Standing {
    fn add(&mut self, place: &LabelPlace, line: LabelLine) -> Result<()> {
        match line.answer {
            LabelAnswer::Blank if line.annotator.is_empty() => {
                self.open_forms.push(TaskKey::of(place, &line));
                return Ok(());
            }
            LabelAnswer::Blank => {
                self.forms.push(TaskKey::of(place, &line));
                return Ok(());
            }
            LabelAnswer::Undone => {}
            _ => {
                self.annotators.insert(Arc::clone(&line.annotator));
            }
        }
        self.answers.add(place, line)
    }

    /// Returns how many forms nobody has filled in.
    fn open(&self) -> usize {
        let answered: HashSet<(&ComparisonKey, &LabelTask)> =
            self.answers.tasks().map(|task| (&task.comparison, &task.task)).collect();
        let is_open = |form: &&TaskKey| !answered.contains(&(&form.comparison, &form.task));
        let open = self.open_forms.iter().filter(is_open);
        let of_annotators = self.forms.iter().filter(|form| self.answers.get(form).is_none());
        open.count() + of_annotators.count()
    }

    fn labels(self) -> Labels {
        let mut read = Labels { blank: self.open(), ..Labels::default() };
        for line in self.answers.into_lines() {
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
        read.alike_annotators = alike_annotators(self.annotators);
        read
    }
}

/// Returns the first two annotators, by name, whose names look alike.
fn alike_annotators(annotators: HashSet<Arc<str>>) -> Option<[Arc<str>; 2]> {
    let mut annotators: Vec<_> = annotators.into_iter().map(|name| (shape(&name), name)).collect();
    annotators.sort();
    let alike = annotators.windows(2).find(|pair| pair[0].0 == pair[1].0)?;
    Some([Arc::clone(&alike[0].1), Arc::clone(&alike[1].1)])
}
