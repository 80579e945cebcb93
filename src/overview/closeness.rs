//! Consistency and agreement by how close a comparison is: a verdict that changes with the order is a lesser fault
//! where the two responses are equally good.

use serde::Serialize;

use super::bands::equal_count_bands;
use super::judged::Judged;
use super::subset::Subset;
use super::texts::ItemTexts;
use crate::stats::Estimate;

/// The bands of the probability of the likelier system: the least and the greatest value of each.
const CONFIDENCE: [[f64; 2]; 3] = [[0.5, 0.6], [0.6, 0.75], [0.75, 1.0]];
/// How far rounding may move a probability that is at the end of a band.
const ROUNDING: f64 = 1e-6;
/// The bands of similarity.
const SIMILARITY_BANDS: usize = 3;

/// The numbers by how close a comparison is, by one measure of closeness.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Closeness {
    /// How closeness is measured.
    pub measure: ClosenessMeasure,
    /// From the closest comparisons to the clearest.
    pub bands: Vec<ClosenessBand>,
}

/// How it is measured how close a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ClosenessMeasure {
    /// Whether people who labelled the same comparison made the same choice.
    People,
    /// The judge's own probability of the likelier system.
    Confidence,
    /// How similar the two responses are: the F1 of their words.
    Similarity,
}

/// The comparisons that are about equally close.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ClosenessBand {
    /// What they are: `divided` or `unanimous`, or the range of the measure.
    pub name: String,
    /// The least value of the measure in the band; `None` where it is not a number.
    pub low: Option<f64>,
    /// The greatest value.
    pub high: Option<f64>,
    /// How many there are.
    pub comparisons: u64,
    /// The share of them with a kept verdict.
    pub coverage: Estimate,
    /// Kept of kept, flipped and split; of a jury, over the comparisons of all its judges.
    pub consistency: Estimate,
    /// Agreement of every reply with the labels; `None` without labels.
    pub agreement: Option<Estimate>,
}

/// Computes the numbers by closeness, for each measure that is known of any comparison.
pub(super) fn closeness(judged: &Judged<'_>, texts: &ItemTexts) -> Vec<Closeness> {
    let measures = [
        (ClosenessMeasure::People, by_people(judged)),
        (ClosenessMeasure::Confidence, by_confidence(judged)),
        (ClosenessMeasure::Similarity, by_similarity(judged, texts)),
    ];
    let known = measures.into_iter().filter(|(_, bands)| !bands.is_empty());
    known.map(|(measure, bands)| Closeness { measure, bands }).collect()
}

fn band(
    judged: &Judged<'_>,
    name: String,
    range: Option<[f64; 2]>,
    rows: impl IntoIterator<Item = u32>,
) -> ClosenessBand {
    let subset = Subset::of(judged, rows);
    ClosenessBand {
        name,
        low: range.map(|range| range[0]),
        high: range.map(|range| range[1]),
        comparisons: subset.comparisons(),
        coverage: subset.coverage(),
        consistency: subset.consistency(),
        agreement: subset.agreement(),
    }
}

fn by_people(judged: &Judged<'_>) -> Vec<ClosenessBand> {
    let of = |name: &str, divided: bool| {
        let rows = judged.rows().filter(|row| judged.is_divided(*row) == Some(divided));
        band(judged, name.to_owned(), None, rows)
    };
    with_comparisons([of("divided", true), of("unanimous", false)])
}

fn by_confidence(judged: &Judged<'_>) -> Vec<ClosenessBand> {
    let likelier = |row| judged.table.probability_of_b(row).map(|of_b: f64| of_b.max(1.0 - of_b));
    let of = |[low, high]: [f64; 2]| {
        let is_in = |probability: f64| {
            (low <= 0.5 || probability > low + ROUNDING) && probability <= high + ROUNDING
        };
        let rows = judged.rows().filter(|row| likelier(*row).is_some_and(is_in));
        let name = format!("{:.0} to {:.0} %", low * 100.0, high * 100.0);
        band(judged, name, Some([low, high]), rows)
    };
    with_comparisons(CONFIDENCE.map(of))
}

fn by_similarity(judged: &Judged<'_>, texts: &ItemTexts) -> Vec<ClosenessBand> {
    let similarity = |row: u32| Some((f64::from(texts.responses[row as usize]?.similarity), row));
    let mut sorted: Vec<(f64, u32)> = judged.rows().filter_map(similarity).collect();
    sorted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let of = |values: &[(f64, u32)]| {
        let (low, high) = (values[0].0, values[values.len() - 1].0);
        let name = format!("{low:.2} to {high:.2}");
        band(judged, name, Some([low, high]), values.iter().map(|(_, row)| *row))
    };
    // The more similar, the closer.
    equal_count_bands(&sorted, SIMILARITY_BANDS).into_iter().rev().map(of).collect()
}

fn with_comparisons(bands: impl IntoIterator<Item = ClosenessBand>) -> Vec<ClosenessBand> {
    bands.into_iter().filter(|band| band.comparisons > 0).collect()
}
