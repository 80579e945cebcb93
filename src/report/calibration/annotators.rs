//! What is known of annotators in words and cells, whether they label comparisons or single responses.
//!
//! It names who differs from the others, with the numbers, and judges nobody. The names are not escaped.

use crate::calibration::{LabellingDifference, LabellingMeasure, Pace};
use crate::report::quantities::{count, counted, seconds};
use crate::report::text_report::{MAX_ROWS, p_value, share_with_interval};
use crate::stats::Estimate;
use crate::trial::Unit;

/// Returns a share with its interval and its n; a dash if there is none.
pub(in crate::report) fn share_cell(share: Option<&Estimate>) -> String {
    share.map_or("–".to_owned(), |share| {
        format!("{} of {}", share_with_interval(share), count(share.n))
    })
}

/// Returns the median time of a label; a dash if there is none.
pub(in crate::report) fn pace_cell(pace: Option<Pace>) -> String {
    pace.map_or("–".to_owned(), |pace| seconds(pace.median_seconds))
}

/// Returns which annotators are not among the first rows of a table: how many more the JSON document has of so many that
/// are listed, and how many are listed nowhere.
pub(in crate::report) fn annotators_not_shown(listed: usize, left_out: u64) -> Vec<String> {
    let more = listed.saturating_sub(MAX_ROWS) as u64;
    let mut sentences = Vec::new();
    if more > 0 {
        sentences.push(format!("The JSON document has {}.", counted(more, "more annotator")));
    }
    sentences.extend(annotators_left_out(left_out));
    sentences
}

/// Returns how many annotators are listed nowhere, if any.
pub(in crate::report) fn annotators_left_out(left_out: u64) -> Option<String> {
    let verb = if left_out == 1 { "is" } else { "are" };
    (left_out > 0)
        .then(|| format!("{} with fewer labels {verb} left out.", counted(left_out, "annotator")))
}

/// Returns by what annotators differ from the others.
pub(in crate::report) fn difference_sentences(
    differences: &[LabellingDifference],
    unit: Unit,
) -> Vec<String> {
    let named = differences.iter().take(MAX_ROWS);
    let mut sentences: Vec<String> = named.map(|one| difference_sentence(one, unit)).collect();
    let left_out = differences.len().saturating_sub(MAX_ROWS);
    if left_out > 0 {
        let more = counted(left_out as u64, "more difference");
        sentences.push(format!("The JSON document has {more} between annotators."));
    }
    sentences
}

fn difference_sentence(one: &LabellingDifference, unit: Unit) -> String {
    let LabellingDifference { annotator, share, share_of_others, .. } = one;
    let others = one.other.as_deref().unwrap_or("the others");
    let (own, n) = (share_with_interval(share), share.n);
    let (of_others, m) = (share_with_interval(share_of_others), count(share_of_others.n));
    let p = p_value(one.p_adjusted);
    let shares = |what: &str, of: &str| {
        let of = counted(n, of);
        format!(
            "{annotator} {what} in {own} of {of}, {others} in {of_others} of {m} (adjusted {p})."
        )
    };
    match (one.measure, unit) {
        (LabellingMeasure::Pace, _) => {
            let [own, of_others] = one.median_seconds.unwrap_or_default().map(seconds);
            let labels = counted(n, "label");
            format!(
                "{annotator} took a median of {own} over {labels}, {others} {of_others} over {m} (adjusted {p})."
            )
        }
        (LabellingMeasure::Skipped, _) => format!(
            "{annotator} skipped {own} of {}, {others} {of_others} of {m} (adjusted {p}).",
            counted_units(unit, n)
        ),
        (LabellingMeasure::Others, _) => format!(
            "{annotator} agrees with another person in {own} on {}, {others} with each other in {of_others} on the \
             same ones (adjusted {p}).",
            counted_units(unit, n)
        ),
        (LabellingMeasure::SelfConsistency, Unit::Comparison) => {
            shares("made the same choice again", "repeat")
        }
        (LabellingMeasure::SelfConsistency, Unit::Response) => {
            shares("gave the same grade again", "repeat")
        }
        (LabellingMeasure::Left, _) => shares("chose the left response", "label"),
        (LabellingMeasure::Ties, _) => shares("chose a tie", "label"),
        (LabellingMeasure::Steps, _) => format!(
            "{annotator} grades at {own} of the scale on average over {}, {others} at {of_others} over {m}: 0 % is the \
             lowest step, 100 % the highest (adjusted {p}).",
            counted(n, "label")
        ),
    }
}

/// Returns a number of what was labelled, such as `3 comparisons`.
fn counted_units(unit: Unit, n: u64) -> String {
    match unit {
        Unit::Comparison => counted(n, "comparison"),
        Unit::Response => counted(n, "response"),
    }
}
