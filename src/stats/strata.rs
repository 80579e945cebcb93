//! Agreement among several raters when the units fall into strata with categories of their own.
//!
//! Pooling strata whose categories differ (each compares other systems) underestimates agreement by chance,
//! so chance is computed within each stratum.

use super::{StatError, Table};

/// Returns Krippendorff's nominal α over strata, from the coincidence matrix of each.
///
/// `α = 1 − Σ n·D_o / Σ n·D_e` over the strata, with `n` the number of pairable ratings of a stratum, `D_o` the
/// share of its coincidences off the diagonal and `D_e = Σ_{c≠d} n_c·n_d/(n(n − 1))`. With one stratum it is
/// [`alpha_nominal`](super::alpha_nominal). A stratum with fewer than two ratings is ignored.
///
/// # Errors
///
/// [`StatError::Empty`] without coincidences, [`StatError::NoVariation`] if only one category is used in
/// every stratum.
///
/// # References
///
/// Krippendorff, K. (2019). *Content Analysis*, 4th edition, chapter 12, for one stratum; the weighting over
/// strata is that of a stratified κ: Barlow, W. et al. (1991), *Statistics in Medicine* 10, 1465–1472.
pub fn stratified_alpha<'a>(strata: impl IntoIterator<Item = Table<'a>>) -> Result<f64, StatError> {
    beyond_chance(strata, |n, alike| n / (n - 1.0) * (1.0 - alike))
}

/// Returns Fleiss' κ over strata, from the coincidence matrix of each.
///
/// `κ = Σ n(P̄ − P_e) / Σ n(1 − P_e)`, where `P̄` is the share of coincidences on the diagonal and
/// `P_e = Σ (n_c/n)²`. With one stratum it is [`fleiss_kappa`](super::fleiss_kappa); as there, every unit must
/// have the same number of raters, which a coincidence matrix does not show.
///
/// # Errors
///
/// As for [`stratified_alpha`].
///
/// # References
///
/// Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. *Psychological Bulletin* 76,
/// 378–382.
pub fn stratified_fleiss<'a>(
    strata: impl IntoIterator<Item = Table<'a>>,
) -> Result<f64, StatError> {
    beyond_chance(strata, |_, alike| 1.0 - alike)
}

/// Returns `1 − Σ n·observed disagreement / Σ n·disagreement by chance`, the latter from the number of ratings
/// and the probability that two of them are equal.
fn beyond_chance<'a>(
    strata: impl IntoIterator<Item = Table<'a>>,
    by_chance: impl Fn(f64, f64) -> f64,
) -> Result<f64, StatError> {
    let (mut total, mut observed, mut expected) = (0.0, 0.0, 0.0);
    for stratum in strata {
        let n = stratum.total();
        if n < 2.0 {
            continue;
        }
        let alike = (0..stratum.categories()).map(|c| (stratum.row(c) / n).powi(2)).sum::<f64>();
        total += n;
        observed += n - stratum.diagonal();
        expected += n * by_chance(n, alike);
    }
    if total == 0.0 {
        return Err(StatError::Empty);
    }
    // A smaller number is rounding error.
    if expected < 1e-12 * total {
        Err(StatError::NoVariation)
    } else {
        Ok(1.0 - observed / expected)
    }
}
