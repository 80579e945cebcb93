//! What became of the answers of a merge.

use std::collections::{BTreeMap, BTreeSet};

/// Why answers were left out, with how many and the place of the first.
pub(super) type LeftOut = BTreeMap<String, (usize, String)>;

/// Counts answers that are left out.
pub(super) fn leave_out(left_out: &mut LeftOut, why: &str, place: &str, answers: usize) {
    if answers > 0 {
        left_out.entry(why.to_owned()).or_insert((0, place.to_owned())).0 += answers;
    }
}

/// What became of the answers of a merge.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Merged {
    /// By file, in the order in which they were given.
    pub files: Vec<MergedFile>,
    /// What was unusual about the label file.
    pub notes: Vec<String>,
}

/// What became of the answers in a file. The counts add up to [`MergedFile::read`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct MergedFile {
    /// How messages name the file.
    pub shown: String,
    /// Answers that were added to the label file.
    pub merged: usize,
    /// How many of these skip the comparison.
    pub skipped: usize,
    /// How many of these take the place of an earlier answer, which the annotator changed on the page.
    pub replaced: usize,
    /// Answers that were there already.
    pub already_there: usize,
    /// Tasks that nobody has answered, and answers that say nothing yet.
    pub open: usize,
    /// Answers that were cancelled or discarded in the other program. Their comparisons stay open.
    pub discarded: usize,
    /// Why answers were left out, with how many and the place of the first.
    pub left_out: LeftOut,
    /// Controls, questions and columns that mean nothing here.
    pub ignored: BTreeSet<String>,
    /// Who is taken for which annotator although the names differ.
    pub taken_for: BTreeMap<String, String>,
}

impl MergedFile {
    /// Returns how many tasks and answers were read.
    pub fn read(&self) -> usize {
        self.merged + self.already_there + self.open + self.discarded + self.left_out()
    }

    /// Returns how many answers were left out.
    pub fn left_out(&self) -> usize {
        self.left_out.values().map(|(answers, _)| answers).sum()
    }
}
