//! Families: metrics that are made of the same sums, and how the sums become scores.
//!
//! Every score here is a function of sums over items, be it a mean, a ratio, or BLEU of counts. So an item
//! contributes a short list of numbers, which can be added up, drawn again by a bootstrap, and exchanged
//! between two systems, whatever the metric is.

use crate::metrics::classes::{ClassSums, averaged};
use crate::metrics::metric::{ClassMetric, Metric, Needs};
use crate::metrics::{
    Bleu, BleuStatistics, Chrf, ChrfStatistics, Ratio, SentenceMetric, TerStatistics,
};

/// What one response contributes: which sum, how much; sorted, each sum once.
pub(super) type Sums = Vec<(u32, f64)>;

/// Metrics of the same sums.
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub(super) kind: Kind,
    /// Which of the metrics asked for; none for [`Kind::Fields`], which makes a table of its own.
    pub(super) metrics: Vec<usize>,
}

/// How sums become scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// A part over its whole.
    Ratio,
    Bleu(Bleu),
    Chrf(Chrf),
    Ter,
    /// For each class three sums, see [`ClassSums`].
    Classes,
    /// For each field of the references three sums: how often right, how often there, in how many items.
    Fields,
}

/// The sums of a class.
pub(super) const OF_CLASS: u32 = 3;
/// The sums of a field.
pub(super) const OF_FIELD: u32 = 3;

const ORDERS_OF_BLEU: usize = 4;
const ORDERS_OF_CHRF: usize = 8;

/// Returns the families of the metrics, in the order in which each is first asked for.
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
        // Only metrics of classes share their sums.
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
    /// Returns what an item must have to be in it.
    pub(super) fn needs(&self, metrics: &[Metric]) -> Needs {
        self.metrics.first().map_or(Needs::Object, |at| metrics[*at].needs())
    }

    /// Returns the number of sums; `None` where that depends on the items.
    pub(super) fn width(&self) -> Option<usize> {
        match self.kind {
            Kind::Ratio | Kind::Ter => Some(2),
            Kind::Bleu(_) => Some(2 + 2 * ORDERS_OF_BLEU),
            Kind::Chrf(_) => Some(3 * ORDERS_OF_CHRF),
            Kind::Classes | Kind::Fields => None,
        }
    }

    /// Returns the scores of sums: one for each metric, or for each field.
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
                let (classes, _) = sums.as_chunks::<{ OF_CLASS as usize }>();
                let classes: Vec<ClassSums> =
                    classes.iter().map(|sums| class_sums(*sums)).collect();
                let score = |at: &usize| match &metrics[*at] {
                    Metric::Classes(what, average) => {
                        let scores = averaged(&classes, *average)?;
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
                let (fields, _) = sums.as_chunks::<{ OF_FIELD as usize }>();
                fields
                    .iter()
                    .map(|[part, whole, _]| Ratio { part: *part, whole: *whole }.value())
                    .collect()
            }
        }
    }
}

pub(super) fn class_sums([both, predicted, actual]: [f64; OF_CLASS as usize]) -> ClassSums {
    ClassSums { both, predicted, actual }
}

/// Returns numbers as sums, in order; a sum of nothing needs no place.
pub(super) fn numbered(numbers: impl IntoIterator<Item = f64>) -> Sums {
    (0..).zip(numbers).filter(|(_, number)| *number != 0.0).collect()
}

pub(super) fn of_ratio(ratio: Ratio) -> Sums {
    numbered([ratio.part, ratio.whole])
}

pub(super) fn of_bleu(statistics: &BleuStatistics) -> Sums {
    let lengths = [statistics.response_length, statistics.reference_length];
    let counts = lengths.into_iter().chain(statistics.matches).chain(statistics.totals);
    numbered(counts.map(|count| count as f64))
}

fn bleu_statistics(sums: &[f64]) -> BleuStatistics {
    let at = |start: usize| std::array::from_fn(|n| sums[start + n] as u64);
    BleuStatistics {
        response_length: sums[0] as u64,
        reference_length: sums[1] as u64,
        matches: at(2),
        totals: at(2 + ORDERS_OF_BLEU),
    }
}

pub(super) fn of_chrf(statistics: &ChrfStatistics) -> Sums {
    let ChrfStatistics { response, reference, matches } = statistics;
    let counts = response.iter().chain(reference).chain(matches);
    numbered(counts.map(|count| *count as f64))
}

fn chrf_statistics(sums: &[f64]) -> ChrfStatistics {
    let at = |start: usize| std::array::from_fn(|n| sums[start + n] as u64);
    ChrfStatistics {
        response: at(0),
        reference: at(ORDERS_OF_CHRF),
        matches: at(2 * ORDERS_OF_CHRF),
    }
}

pub(super) fn of_ter(statistics: TerStatistics) -> Sums {
    numbered([statistics.edits as f64, statistics.reference_length])
}
