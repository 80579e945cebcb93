//! Why no label matches a comparison: each cause with its count, and what to do about the most frequent one.

use std::path::Path;

use super::comparisons::ComparisonTable;
use super::panels::LabelPanels;
use crate::error::{Error, Remedy, counted, listed};
use crate::input::Labels;

/// The pairs of systems that are listed.
const MOST_PAIRS: usize = 4;

/// What to do about lines without a winner.
const FILL_IN: &str = "write the name of the preferred system or \"tie\" as `winner` of each line, and who decided \
                       as `annotator`";

/// Why a line of a label file matches no comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// It has no winner yet.
    Blank,
    /// Its id is unknown.
    UnknownId,
    /// The comparison is of two other systems.
    OtherPair,
    /// Its item belongs to the other part.
    OtherPart,
    /// Somebody skipped the comparison.
    Skipped,
    /// It is an answer to a repeat, to two equal responses or about a disagreement, and no label.
    NoLabel,
}

/// What to do where nobody has given a label.
pub(crate) const LET_OTHERS_LABEL: &str = "have somebody else label them";

impl Cause {
    /// Returns what so many lines are, as a sentence.
    fn counted(self, lines: u64, compared: &str) -> String {
        match self {
            Self::Blank => counted(lines, "line has no winner yet", "lines have no winner yet"),
            Self::UnknownId => counted(
                lines,
                &format!("label is for an id that is not in {compared}"),
                &format!("labels are for ids that are not in {compared}"),
            ),
            Self::OtherPair => counted(
                lines,
                &format!(
                    "label is for two systems that are not compared on that item of {compared}"
                ),
                &format!(
                    "labels are for two systems that are not compared on that item of {compared}"
                ),
            ),
            Self::OtherPart => counted(
                lines,
                "label is for an item of the other part",
                "labels are for items of the other part",
            ),
            Self::Skipped => counted(lines, "comparison was skipped", "comparisons were skipped"),
            Self::NoLabel => counted(
                lines,
                "line is another answer than a label: to a repeat, to two equal responses, or a decision",
                "lines are other answers than labels: to repeats, to two equal responses, or decisions",
            ),
        }
    }
}

/// What has the comparisons or responses that labels are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelledIn {
    /// A run.
    Run,
    /// Items that no judge has seen.
    Items,
}

impl LabelledIn {
    /// Returns how messages call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Run => "the run",
            Self::Items => "the items",
        }
    }
}

/// Returns the error for labels of which none matches a comparison of the run or the items.
pub(crate) fn no_label_matches(
    path: &Path,
    read: &Labels,
    labels: &LabelPanels,
    comparisons: &ComparisonTable,
    of: LabelledIn,
) -> Error {
    let compared = of.as_str();
    let mut causes = vec![
        (Cause::Blank, labels.blank),
        (Cause::UnknownId, labels.unknown_ids),
        (Cause::OtherPair, labels.other_pairs),
        (Cause::OtherPart, labels.other_part),
        (Cause::Skipped, read.skipped.len() as u64),
        (Cause::NoLabel, read.answers_that_are_no_labels()),
    ];
    causes.retain(|(_, lines)| *lines > 0);
    // The most frequent one first.
    causes.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
    let path = path.display();
    let Some((first, _)) = causes.first().copied() else {
        return Error::input(format!("{path}: the file has no labels"))
            .suggest(Remedy::LabelSample);
    };
    let mut error = match causes.as_slice() {
        [(Cause::Blank, lines)] => {
            let of = counted(*lines, "label has", "labels have");
            return Error::input(format!("{path}: {lines} of {of} no winner yet")).hint(FILL_IN);
        }
        _ => Error::input(format!("{path}: no label matches a comparison in {compared}")),
    };
    for (cause, lines) in &causes {
        error = error.detail(cause.counted(*lines, compared));
    }
    if let Some(alike) = &read.alike_ids {
        error = error.detail(alike.to_string());
    }
    match first {
        Cause::Blank => error.hint(FILL_IN),
        Cause::UnknownId if of == LabelledIn::Run => error.suggest(Remedy::LabelSample),
        Cause::UnknownId => {
            error.hint("`id` must be an item's id, `winner` one of its systems or \"tie\"")
        }
        Cause::OtherPair => error.hint(format!("compared are {}", compared_pairs(comparisons))),
        Cause::Skipped | Cause::NoLabel => error.hint(LET_OTHERS_LABEL),
        Cause::OtherPart => {
            error.hint("label comparisons of this part, or calibrate on both parts")
        }
    }
}

/// Returns the pairs of systems that are compared.
fn compared_pairs(comparisons: &ComparisonTable) -> String {
    let mut pairs: Vec<String> =
        comparisons.pairs.iter().map(|pair| pair.between.join(" with ")).collect();
    pairs.sort();
    let more = pairs.len().saturating_sub(MOST_PAIRS);
    pairs.truncate(MOST_PAIRS);
    let shown = listed(&pairs);
    if more > 0 { format!("{shown} and {more} more pairs") } else { shown }
}
