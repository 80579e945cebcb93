//! The pass rate of one system, corrected by how often the judge errs on the responses of that system.
//!
//! The correction holds only where the judge errs as often on the responses that nobody labelled as on the labelled ones,
//! so it is made under these conditions and left out, with the reason, under any other:
//!
//! - the error rates are those of the *same* system. The judge's errors differ by system, such as when it prefers one style
//!   of writing, and one correction for all would then move the systems against each other and can name the wrong one as
//!   better;
//! - labelled responses were all drawn with the same probability, or it is unknown how they were drawn: a draw that depends
//!   on what the judge said has other error rates;
//! - ten passes and ten fails by people are labelled, and these show that the judge is better than a guess: the interval of
//!   the true-positive rate plus the true-negative rate lies above 1;
//! - the share that is corrected is that of the responses *without* a label, and the error rates are those of the responses
//!   with one, so that no label is used twice: the formula takes the three for independent.
//!
//! It estimates the pass rate of the responses without a label, which is that of all if the labelled ones were drawn at
//! random. A response of which only one direction passes counts as half a pass on both sides.

use serde::Serialize;

use crate::calibration::{CONFIDENCE, CorrectionBasis};
use crate::stats::{Estimate, JudgedShare, Table, diagnostic, rogan_gladen};

/// The fewest labelled passes, and the fewest labelled fails, of a system whose pass rate is corrected by error rates.
pub const FEWEST_OF_EACH: u64 = 10;

/// Why a pass rate is not corrected by error rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoErrorCorrection {
    /// Fewer than ten labelled responses of the system pass by people.
    TooFewPasses,
    /// Fewer than ten labelled responses of the system fail by people.
    TooFewFails,
    /// Every response that the judge answered is labelled: there is nothing to correct.
    EveryLabel,
    /// Only responses with a kept grade are labelled, on which the judge errs less often than on others.
    OnlyKept,
    /// The labelled responses were drawn with unequal probabilities.
    UnequalDraw,
    /// The labels do not show that the judge is better than a guess on the responses of the system.
    NoBetterThanChance,
}

/// What the judge said of the responses of one system, and people of some of them: scores from 0 to 1.
#[derive(Debug, Default)]
pub(super) struct ErrorCounts {
    /// The judge's scores of the responses that pass by people.
    pub(super) of_passes: Vec<f64>,
    /// The judge's scores of the responses that fail by people.
    pub(super) of_fails: Vec<f64>,
    /// The judge's scores of the responses that nobody labelled.
    pub(super) unlabelled: Vec<f64>,
}

impl ErrorCounts {
    /// Returns the corrected pass rate.
    ///
    /// # Errors
    ///
    /// Why it is not corrected.
    pub(super) fn corrected(
        &self,
        basis: Option<CorrectionBasis>,
        is_weighted: bool,
    ) -> Result<Estimate, NoErrorCorrection> {
        let [positives, negatives, n] =
            [&self.of_passes, &self.of_fails, &self.unlabelled].map(|scores| scores.len() as u64);
        match () {
            () if n == 0 && positives + negatives > 0 => return Err(NoErrorCorrection::EveryLabel),
            () if positives < FEWEST_OF_EACH => return Err(NoErrorCorrection::TooFewPasses),
            () if negatives < FEWEST_OF_EACH => return Err(NoErrorCorrection::TooFewFails),
            () if basis == Some(CorrectionBasis::OnlyKept) => {
                return Err(NoErrorCorrection::OnlyKept);
            }
            () if is_weighted => return Err(NoErrorCorrection::UnequalDraw),
            () => (),
        }
        let sum = |scores: &[f64]| scores.iter().sum::<f64>();
        let (found, wrong) = (sum(&self.of_passes), sum(&self.of_fails));
        let cells = [negatives as f64 - wrong, positives as f64 - found, wrong, found];
        let youden = Table::new(2, &cells)
            .and_then(|table| diagnostic(table, CONFIDENCE))
            .ok()
            .and_then(|rates| rates.youden);
        if youden.is_none_or(|youden| youden.interval.low <= 0.0) {
            return Err(NoErrorCorrection::NoBetterThanChance);
        }
        let judged = JudgedShare {
            share: sum(&self.unlabelled) / n as f64,
            n,
            specificity: cells[0] / negatives as f64,
            negatives,
            sensitivity: found / positives as f64,
            positives,
        };
        let corrected =
            rogan_gladen(&judged, CONFIDENCE).map_err(|_| NoErrorCorrection::NoBetterThanChance)?;
        Ok(Estimate::new(corrected.value, corrected.interval, n))
    }
}
