//! Do more than two people agree beyond chance, if each unit has the same number of raters?
//!
//! Where ratings are missing use [`krippendorff_alpha`](super::krippendorff_alpha). The identity of the raters
//! does not matter: those of one unit need not be those of another.

use super::StatError;
use super::kappa::beyond_chance;

/// Returns the mean agreement within units, and the share of each category.
fn agreement_and_shares<U: AsRef<[f64]>>(units: &[U]) -> Result<(f64, Vec<f64>), StatError> {
    let Some(first) = units.first().map(AsRef::as_ref) else { return Err(StatError::Empty) };
    let raters: f64 = first.iter().sum();
    let mut shares = vec![0.0; first.len()];
    let mut agreement = 0.0;
    for unit in units.iter().map(AsRef::as_ref) {
        let ratings: f64 = unit.iter().sum();
        let valid = unit.len() == shares.len() && unit.iter().all(|count| *count >= 0.0);
        // Fractional counts add up to the same number up to rounding.
        if !valid || !ratings.is_finite() || (ratings - raters).abs() > 1e-9 * raters {
            return Err(StatError::OutOfRange);
        }
        for (share, count) in shares.iter_mut().zip(unit) {
            *share += count;
            agreement += count * (count - 1.0);
        }
    }
    if raters <= 1.0 {
        return Err(if raters > 0.0 { StatError::TooFew } else { StatError::Empty });
    }
    let n = units.len() as f64;
    for share in &mut shares {
        *share /= n * raters;
    }
    Ok((agreement / (n * raters * (raters - 1.0)), shares))
}

/// Returns Fleiss' κ of units that were each rated by the same number of raters.
///
/// `units[u][c]` is how many raters put unit `u` in category `c`; counts may be fractional.
/// `κ = (P̄ − P̄_e)/(1 − P̄_e)`, where `P̄` is the mean over the units of the share of pairs of raters who
/// agree, `Σ_c n_c(n_c − 1)/(m(m − 1))` for `m` raters, and `P̄_e = Σ_c p_c²` for the share `p_c` of category
/// `c` in all ratings. From `−1/(m − 1)` to 1. For two raters it is Scott's π. The order of the units and of the
/// categories does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without ratings, [`StatError::TooFew`] with one per unit;
/// [`StatError::NoVariation`] if all ratings are one and the same category; [`StatError::OutOfRange`] if the
/// units differ in their number of ratings or categories, or a count is negative or not finite.
///
/// # Examples
///
/// ```
/// let kappa = evenhand::stats::fleiss_kappa(&[[7.0, 1.0], [3.0, 5.0]])?;
/// assert!((kappa - 0.161_905).abs() < 1e-6);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. *Psychological Bulletin* 76,
/// 378–382.
pub fn fleiss_kappa<U: AsRef<[f64]>>(units: &[U]) -> Result<f64, StatError> {
    let (agreement, shares) = agreement_and_shares(units)?;
    beyond_chance(agreement, shares.iter().map(|share| share * share).sum())
}

/// Returns Randolph's free-marginal κ of units that were each rated by the same number of raters.
///
/// As [`fleiss_kappa`], with `P̄_e = 1/k` for `k` categories, used or not: for raters who were free to use
/// the categories as often as they liked. Like PABAK it is a linear function of agreement.
///
/// # Errors
///
/// As for [`fleiss_kappa`], but [`StatError::NoVariation`] only if there is one category to choose from.
///
/// # References
///
/// Randolph, J. J. (2005). Free-marginal multirater kappa: an alternative to Fleiss' fixed-marginal
/// multirater kappa. *Joensuu University Learning and Instruction Symposium*.
pub fn randolph_kappa<U: AsRef<[f64]>>(units: &[U]) -> Result<f64, StatError> {
    let (agreement, shares) = agreement_and_shares(units)?;
    beyond_chance(agreement, 1.0 / shares.len() as f64)
}
