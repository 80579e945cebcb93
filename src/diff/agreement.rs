//! How agreement with people changed.

use serde::Serialize;

use super::matched::Matched;
use crate::calibration::{AgreementChange, CorrectVerdicts, PairedLabels};
use crate::stats::{Estimate, mcnemar};
use crate::verdict::{Outcome, Verdict};
use crate::vote::Preference;

/// A number in both runs, and the second minus the first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PairedEstimates {
    /// In the first run.
    pub before: Estimate,
    /// In the second run.
    pub after: Estimate,
    /// The second minus the first, with an interval that is paired and clustered by item.
    pub difference: Estimate,
}

/// How often the replies of both runs agree with people, on the same comparisons.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LabelledAgreement {
    /// The share of replies that agree, in the first run.
    pub before: Estimate,
    /// The same in the second run.
    pub after: Estimate,
    /// The second minus the first, with an interval that is paired and clustered by item.
    pub difference: Estimate,
    /// `McNemar`'s two-sided mid-p-value of the hypothesis that both are right equally often, by `correct`; `None` if
    /// that counts nothing. It assumes that comparisons are independent, so with several of one item it is somewhat
    /// too small.
    pub mcnemar_mid_p: Option<f64>,
    /// How many comparisons each run has the right verdict on.
    pub correct: CorrectVerdicts,
    /// Comparisons of both runs with a label.
    pub labelled: u64,
    /// Of those, without a majority of annotators: they have no right verdict.
    pub no_majority: u64,
    /// People who labelled any of them.
    pub annotators: u64,
    /// Labels of other comparisons, which were ignored.
    pub labels_unmatched: u64,
}

impl PairedEstimates {
    /// Returns both numbers and their difference.
    pub fn new(before: Estimate, after: Estimate, difference: Estimate) -> Self {
        Self { before, after, difference }
    }

    /// Returns how the agreement of the replies changed.
    pub(super) fn of_agreement(change: &AgreementChange) -> Self {
        let AgreementChange { before, after, difference, .. } = change;
        Self { before: before.agreement, after: after.agreement, difference: *difference }
    }
}

/// Measures both runs against the labels; returns agreement and Cohen's κ.
pub(super) fn agreement(
    matched: &Matched,
    labels: &PairedLabels,
) -> (LabelledAgreement, PairedEstimates) {
    let replies = |row: u32, side: usize| {
        let [before, after] = matched.replies(matched.pairs[row as usize], [None, None]);
        if side == 0 { before } else { after }
    };
    let change = labels.agreement(|row| replies(row, 0), |row| replies(row, 1));
    let correct = labels.correct(|row, label| {
        let verdicts = matched.verdicts(matched.pairs[row as usize]);
        verdicts
            .into_iter()
            .all(is_answered)
            .then(|| verdicts.map(|verdict| is_right(verdict, label)))
    });
    let CorrectVerdicts { both, only_before, only_after, neither } = correct;
    let any = both + only_before + only_after + neither > 0;
    let kappa = PairedEstimates {
        before: change.before.cohen_kappa,
        after: change.after.cohen_kappa,
        difference: change.kappa_difference,
    };
    let agreement = LabelledAgreement {
        before: change.before.agreement,
        after: change.after.agreement,
        difference: change.difference,
        mcnemar_mid_p: mcnemar(only_before, only_after).ok().filter(|_| any).map(|test| test.mid_p),
        correct,
        labelled: labels.labelled_comparisons(),
        no_majority: labels.no_majority(),
        annotators: labels.annotators(),
        labels_unmatched: labels.unmatched(),
    };
    (agreement, kappa)
}

fn is_answered(verdict: Verdict) -> bool {
    !matches!(verdict.outcome, Outcome::Pending | Outcome::Failed)
}

/// Returns whether a verdict was kept and names the label.
pub(super) fn is_right(verdict: Verdict, label: Preference) -> bool {
    verdict.winner == Some(label)
}
