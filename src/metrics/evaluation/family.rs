//! Families: metrics that share their statistics, and the functions from statistics to scores.
//!
//! Every score is a function of sums over items: a mean, a ratio, or BLEU of n-gram counts. So the statistics of a
//! response are a short list of numbers that can be summed, resampled by a bootstrap, and exchanged between two
//! systems, whatever the metric.

use crate::metrics::classes::{ClassCounts, average_scores};
use crate::metrics::metric::{ClassMetric, Metric, Needs};
use crate::metrics::{
    Bleu, BleuStatistics, Chrf, ChrfStatistics, Ratio, SentenceMetric, TerStatistics,
};

/// The statistics of a response, or sums of them, as a sparse vector: pairs of index and number, sorted by index.
pub(super) type Sums = Vec<(u32, f64)>;

/// Metrics with the same statistics.
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub(super) kind: Kind,
    /// Indices of the metrics; none for [`Kind::Fields`], which has its own table.
    pub(super) metrics: Vec<usize>,
}

/// The function from sums to scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// The ratio of two sums.
    Ratio,
    Bleu(Bleu),
    Chrf(Chrf),
    Ter,
    /// Three sums for each class, see [`ClassCounts`].
    Classes,
    /// Three sums for each field of the references: right values, all values, and items with the field.
    Fields,
}

/// The number of sums of a class.
pub(super) const SUMS_PER_CLASS: u32 = 3;
/// The number of sums of a field.
pub(super) const SUMS_PER_FIELD: u32 = 3;

const BLEU_ORDERS: usize = 4;
const CHRF_ORDERS: usize = 8;

/// Returns the families of the metrics, in the order of their first metric.
pub(super) fn families(metrics: &[Metric], bleu: Bleu) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for (at, metric) in metrics.iter().enumerate() {
        let kind = match metric {
            Metric::Sentence(SentenceMetric::Bleu) => Kind::Bleu(bleu),
            Metric::Sentence(SentenceMetric::Chrf) => Kind::Chrf(Chrf::PLAIN),
            Metric::Sentence(SentenceMetric::ChrfPlusPlus) => Kind::Chrf(Chrf::PLUS_PLUS),
            Metric::Sentence(SentenceMetric::Ter) => Kind::Ter,
            Metric::Classes(..) => Kind::Classes,
            _ => Kind::Ratio,
        };
        // Only averages over classes share their sums.
        let shared = families.iter_mut().find(|family| family.kind == Kind::Classes);
        match shared.filter(|_| kind == Kind::Classes) {
            Some(family) => family.metrics.push(at),
            None => families.push(Family { kind, metrics: vec![at] }),
        }
    }
    if metrics.contains(&Metric::JsonFields) {
        families.push(Family { kind: Kind::Fields, metrics: Vec::new() });
    }
    families
}

impl Family {
    /// Returns what the reference of an item must be.
    pub(super) fn needs(&self, metrics: &[Metric]) -> Needs {
        self.metrics.first().map_or(Needs::Object, |at| metrics[*at].needs())
    }

    /// Returns the number of sums; `None` if it depends on the items.
    pub(super) fn width(&self) -> Option<usize> {
        match self.kind {
            Kind::Ratio | Kind::Ter => Some(2),
            Kind::Bleu(_) => Some(2 + 2 * BLEU_ORDERS),
            Kind::Chrf(_) => Some(3 * CHRF_ORDERS),
            Kind::Classes | Kind::Fields => None,
        }
    }

    /// Computes scores from sums: one for each metric, or for each field.
    pub(super) fn scores(&self, metrics: &[Metric], sums: &[f64]) -> Vec<Option<f64>> {
        match self.kind {
            Kind::Ratio => vec![Ratio { part: sums[0], whole: sums[1] }.value()],
            Kind::Bleu(bleu) => vec![Some(bleu.score(&bleu_statistics(sums)).score)],
            Kind::Chrf(chrf) => vec![Some(chrf.score(&chrf_statistics(sums)))],
            Kind::Ter => {
                let statistics = TerStatistics { edits: sums[0] as u64, reference_length: sums[1] };
                vec![Some(statistics.score())]
            }
            Kind::Classes => {
                let (classes, _) = sums.as_chunks::<{ SUMS_PER_CLASS as usize }>();
                let classes: Vec<ClassCounts> =
                    classes.iter().map(|sums| class_counts(*sums)).collect();
                let score = |at: &usize| match &metrics[*at] {
                    Metric::Classes(what, average) => {
                        let scores = average_scores(&classes, *average)?;
                        Some(match what {
                            ClassMetric::Precision => scores.precision,
                            ClassMetric::Recall => scores.recall,
                            ClassMetric::F1 => scores.f1,
                        })
                    }
                    _ => None,
                };
                self.metrics.iter().map(score).collect()
            }
            Kind::Fields => {
                let (fields, _) = sums.as_chunks::<{ SUMS_PER_FIELD as usize }>();
                fields
                    .iter()
                    .map(|[part, whole, _]| Ratio { part: *part, whole: *whole }.value())
                    .collect()
            }
        }
    }
}

pub(super) fn class_counts(
    [true_positives, predicted, actual]: [f64; SUMS_PER_CLASS as usize],
) -> ClassCounts {
    ClassCounts { true_positives, predicted, actual }
}

/// Returns numbers as a sparse vector, without zeros.
fn sparse(numbers: impl IntoIterator<Item = f64>) -> Sums {
    (0..).zip(numbers).filter(|(_, number)| *number != 0.0).collect()
}

pub(super) fn ratio_sums(ratio: Ratio) -> Sums {
    sparse([ratio.part, ratio.whole])
}

pub(super) fn bleu_sums(statistics: &BleuStatistics) -> Sums {
    let lengths = [statistics.response_length, statistics.reference_length];
    let counts = lengths.into_iter().chain(statistics.matches).chain(statistics.totals);
    sparse(counts.map(|count| count as f64))
}

fn bleu_statistics(sums: &[f64]) -> BleuStatistics {
    let at = |start: usize| std::array::from_fn(|n| sums[start + n] as u64);
    BleuStatistics {
        response_length: sums[0] as u64,
        reference_length: sums[1] as u64,
        matches: at(2),
        totals: at(2 + BLEU_ORDERS),
    }
}

pub(super) fn chrf_sums(statistics: &ChrfStatistics) -> Sums {
    let ChrfStatistics { response, reference, matches } = statistics;
    let counts = response.iter().chain(reference).chain(matches);
    sparse(counts.map(|count| *count as f64))
}

fn chrf_statistics(sums: &[f64]) -> ChrfStatistics {
    let at = |start: usize| std::array::from_fn(|n| sums[start + n] as u64);
    ChrfStatistics { response: at(0), reference: at(CHRF_ORDERS), matches: at(2 * CHRF_ORDERS) }
}

pub(super) fn ter_sums(statistics: TerStatistics) -> Sums {
    sparse([statistics.edits as f64, statistics.reference_length])
}
