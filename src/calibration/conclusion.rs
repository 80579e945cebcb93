//! The one thing to say first about a judge.

use serde::Serialize;

use super::Calibration;

/// Labelled comparisons below which nothing is concluded.
const FEWEST_LABELS: u64 = 30;

/// What a calibration comes to; the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// There are fewer than 30 labelled comparisons.
    TooFewLabels,
    /// The interval of κ over every reply does not exclude 0, or there is none.
    MayBeChance,
    /// A judge without a model is not shown to be worse.
    NoBetterThanTrivial,
    /// Better than chance, but the kept verdicts look better than the judge is, or follow the order.
    NotAsGoodAsKept,
    /// It agrees with people at least as well as they do with each other.
    LikePeople,
    /// It agrees with people beyond chance and more than a judge without a model.
    BeyondChance,
}

/// Returns what a calibration with its warnings comes to.
pub(super) fn conclusion(found: &Calibration) -> Conclusion {
    let warned =
        |codes: &[&str]| found.warnings.iter().any(|warning| codes.contains(&warning.code));
    if found.labelled < FEWEST_LABELS {
        Conclusion::TooFewLabels
    } else if found.orders.cohen_kappa.low.is_none_or(|low| low <= 0.0) {
        Conclusion::MayBeChance
    } else if warned(&["no-better-than-longer", "no-better-than-lexical"]) {
        Conclusion::NoBetterThanTrivial
    } else if warned(&["position-follower"])
        || (warned(&["kept-selection"]) && found.selection.is_some_and(|points| points > 0.0))
    {
        Conclusion::NotAsGoodAsKept
    } else if !warned(&["weighted-labels"])
        && found.human.as_ref().and_then(|human| human.ratio.low).is_some_and(|low| low >= 1.0)
    {
        Conclusion::LikePeople
    } else {
        Conclusion::BeyondChance
    }
}
