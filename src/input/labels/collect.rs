//! The labels that stand after all lines of a file.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::line::{LabelAnswer, LabelLine, LabelTask};
use super::read::{LabelPlace, read_label_lines};
use super::{EqualPairAnswer, Label, Labels, SkippedLabel, StandingLines};
use crate::error::{Error, Result};
use crate::input::data_file::DataFile;
use crate::input::known_items::KnownItems;
use crate::input::similar_names::{alike, shape};

/// Identifies a comparison: item number and the two systems.
type ComparisonKey = (u32, [Arc<str>; 2]);
/// Identifies what an annotator can answer once: the comparison, the annotator and the task.
type TaskKey = (ComparisonKey, Arc<str>, LabelTask);

/// Reads all lines and keeps the answers that stand.
pub(super) fn collect(file: &DataFile, items: &KnownItems) -> Result<Labels> {
    let mut standing = Standing::default();
    let other = read_label_lines(file, items, |place, line| standing.add(&place, line))?;
    let mut read = standing.labels();
    read.blank += other.unmatched_blank;
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
    let open = standing.open() + other.unmatched_blank;
    let lines = standing.answers.into_iter().flatten().collect();
    let (unmatched, warnings) = (other.unmatched_ids.len(), other.warnings);
    Ok(StandingLines { lines, open, unmatched, warnings })
}

/// The answers that stand after the lines so far.
#[derive(Default)]
struct Standing {
    /// In file order; `None` for one that was withdrawn or replaced.
    answers: Vec<Option<LabelLine>>,
    /// The place of the standing answer to each task among them, and the number of its line.
    by_task: HashMap<TaskKey, (u32, u32)>,
    /// Forms of one annotator.
    forms: Vec<TaskKey>,
    /// Forms that anybody may fill in.
    open_forms: Vec<(ComparisonKey, LabelTask)>,
    annotators: HashSet<Arc<str>>,
}

impl Standing {
    fn add(&mut self, place: &LabelPlace, line: LabelLine) -> Result<()> {
        let comparison = (place.item, line.between.clone());
        if line.answer == LabelAnswer::Blank && line.annotator.is_empty() {
            self.open_forms.push((comparison, line.task));
            return Ok(());
        }
        let key = (comparison, Arc::clone(&line.annotator), line.task.clone());
        match line.answer {
            LabelAnswer::Blank => {
                self.forms.push(key);
                return Ok(());
            }
            LabelAnswer::Undone => {
                let Some((at, _)) = self.by_task.remove(&key) else {
                    return Err(Error::input(format!(
                        "{}: `{}` withdraws an answer for `{}` that is not there",
                        place.shown, line.annotator, line.id
                    ))
                    .hint("remove the line"));
                };
                self.answers[at as usize] = None;
                return Ok(());
            }
            _ => {}
        }
        self.annotators.insert(Arc::clone(&line.annotator));
        let at = self.answers.len() as u32;
        if let Some((earlier, number)) = self.by_task.insert(key, (at, place.line as u32)) {
            let earlier = &mut self.answers[earlier as usize];
            let was_skipped = earlier.as_ref().is_some_and(|earlier| {
                matches!(earlier.answer, LabelAnswer::Skipped(_)) && earlier.answer != line.answer
            });
            if !was_skipped {
                let is_same = earlier.as_ref().is_some_and(|earlier| earlier.answer == line.answer);
                let what = if is_same { "the same" } else { "a different" };
                return Err(Error::input(format!(
                    "{}: `{}` already gave {what} label for `{}` on line {number}",
                    place.shown, line.annotator, line.id
                ))
                .hint("keep one label of each annotator for a comparison"));
            }
            *earlier = None;
        }
        self.answers.push(Some(line));
        Ok(())
    }

    /// Returns how many forms nobody has filled in.
    fn open(&self) -> usize {
        let is_answered: HashSet<(&ComparisonKey, &LabelTask)> =
            self.by_task.keys().map(|(comparison, _, task)| (comparison, task)).collect();
        let is_open = |(comparison, task): &&(ComparisonKey, LabelTask)| {
            !is_answered.contains(&(comparison, task))
        };
        let open = self.open_forms.iter().filter(is_open);
        let of_annotators = self.forms.iter().filter(|form| !self.by_task.contains_key(form));
        open.count() + of_annotators.count()
    }

    fn labels(self) -> Labels {
        let mut read = Labels { blank: self.open(), ..Labels::default() };
        for line in self.answers.into_iter().flatten() {
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
