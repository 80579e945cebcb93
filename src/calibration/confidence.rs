//! Whether a judge's own probabilities are calibrated; for rubrics that read votes by `logprobs`.

use serde::Serialize;

use super::intervals::CONFIDENCE;
use super::labelled::LabelledComparisons;
use crate::stats::{
    Binning, GuaranteedThreshold, ReliabilityBin, aurc, auroc, brier, brier_skill,
    expected_calibration_error, guaranteed_threshold, log_loss, reliability_bins,
};
use crate::trial::Side;
use crate::vote::Preference;

const BINS: usize = 10;
/// The share of wrong verdicts that a threshold on confidence must guarantee.
const RISK: f64 = 0.1;

/// How well the judge's confidence predicts agreement with the labels.
///
/// The confidence of a comparison is the probability of the likelier system, averaged over both orders. With few
/// labels the calibration errors are biased upwards, and a bin with fewer than a few dozen is unreliable.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ConfidenceReport {
    /// Labelled comparisons with a probability in both orders, in which one system is likelier.
    pub n: u64,
    /// Bins of equal width, with the mean confidence and the share that agrees with the labels.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error over ten bins of equal width.
    pub ece: Option<f64>,
    /// The same over ten bins of equal mass.
    pub ece_equal_mass: Option<f64>,
    /// Brier score.
    pub brier: Option<f64>,
    /// Brier skill score: above 0 is better than a constant confidence equal to the share that agrees.
    pub brier_skill: Option<f64>,
    /// Mean negative log likelihood.
    pub log_loss: Option<f64>,
    /// The area under the ROC curve: how well confidence separates right from wrong; ½ is chance.
    pub auroc: Option<f64>,
    /// The area under the risk-coverage curve.
    pub aurc: Option<f64>,
    /// The lowest confidence from which on at most one verdict in ten is wrong, with 95 % confidence; `None` if
    /// there is none, and with several comparisons of an item or labels drawn with unequal probabilities, for
    /// which no guarantee is known.
    pub threshold: Option<GuaranteedThreshold>,
}

/// Measures the calibration of the judge's probabilities; `None` where no reply carries one.
pub(super) fn confidence(labelled: LabelledComparisons<'_>) -> Option<ConfidenceReport> {
    let (mut confidences, mut correct, mut items) = (Vec::new(), Vec::new(), Vec::new());
    for panel in &labelled.labels.panels {
        let Some(label) = panel.label else { continue };
        let Some(of_b) = labelled.comparisons.probability_of_b(panel.row) else { continue };
        if (of_b - 0.5).abs() < 1e-9 {
            // Neither is likelier, as when the judge follows the order.
            continue;
        }
        let likelier = if of_b > 0.5 { Side::B } else { Side::A };
        items.push(labelled.comparisons.rows[panel.row as usize].item);
        confidences.push(of_b.max(1.0 - of_b));
        correct.push(label == Preference::For(likelier));
    }
    if confidences.is_empty() {
        return None;
    }
    // The guarantee holds for comparisons that are independent and equally likely to be labelled.
    let independent = !labelled.weighted && items.windows(2).all(|pair| pair[0] != pair[1]);
    let bins = |binning| reliability_bins(&confidences, &correct, BINS, binning);
    let error = |binning| bins(binning).and_then(|bins| expected_calibration_error(&bins)).ok();
    Some(ConfidenceReport {
        n: confidences.len() as u64,
        bins: bins(Binning::EqualWidth).unwrap_or_default(),
        ece: error(Binning::EqualWidth),
        ece_equal_mass: error(Binning::EqualMass),
        brier: brier(&confidences, &correct).ok(),
        brier_skill: brier_skill(&confidences, &correct).ok(),
        log_loss: log_loss(&confidences, &correct).ok(),
        auroc: auroc(&confidences, &correct).ok(),
        aurc: aurc(&confidences, &correct).ok(),
        threshold: if independent {
            guaranteed_threshold(&confidences, &correct, RISK, CONFIDENCE).ok().flatten()
        } else {
            None
        },
    })
}
