//! Fitted strengths of systems, and how uncertain they are.

use super::StatError;
use super::cholesky::Cholesky;
use super::distribution::{student_cdf, student_quantile};

/// Fitted strengths of systems, as log-odds: `P(i beats j) = 1/(1 + exp(sⱼ − sᵢ))`.
#[derive(Debug, Clone)]
pub struct Strengths {
    /// The strength of each system. Their sum is 0.
    pub values: Vec<f64>,
    /// The coefficient of the covariate, or `ln ν` of Davidson's model; `None` for strengths alone.
    pub coefficient: Option<f64>,
    /// The log-likelihood. With ties as halves it is a quasi-likelihood.
    pub log_likelihood: f64,
    /// How many clusters there are.
    pub clusters: usize,
    /// How many clusters each system is in.
    pub(super) clusters_of: Vec<usize>,
    /// The covariance of strengths and coefficient that allows for clusters (CR0), row by row.
    pub(super) covariance: Vec<f64>,
    /// The inverse of the information, row by row.
    pub(super) inverse: Vec<f64>,
    /// The factor of the information, for other fits that start here.
    pub(super) factor: Cholesky,
}

impl Strengths {
    fn size(&self) -> usize {
        self.values.len() + usize::from(self.coefficient.is_some())
    }

    /// Returns the clustered standard error of a strength.
    pub fn standard_error(&self, system: usize) -> f64 {
        self.covariance[system * self.size() + system].max(0.0).sqrt()
    }

    /// Returns the clustered standard error of the difference of two strengths.
    pub fn difference_error(&self, one: usize, other: usize) -> f64 {
        let at = |row: usize, column: usize| self.covariance[row * self.size() + column];
        (at(one, one) + at(other, other) - 2.0 * at(one, other)).max(0.0).sqrt()
    }

    /// Returns the clustered standard error of the coefficient; `None` for strengths alone.
    pub fn coefficient_error(&self) -> Option<f64> {
        self.coefficient.map(|_| self.standard_error(self.size() - 1))
    }

    /// Returns in how many clusters a system is.
    ///
    /// The uncertainty of its strength is that of these: with one of them it is not known. The standard error is then 0,
    /// because the scores of a system add up to 0 at the estimate.
    pub fn clusters_of(&self, system: usize) -> usize {
        self.clusters_of[system]
    }

    /// Returns by how much a clustered standard error is multiplied to give half of the interval of a strength, a
    /// difference or the coefficient that `clusters` clusters are about: `t(G − 1)·√(G/(G − 1))` for `G` clusters.
    ///
    /// # Errors
    ///
    /// [`StatError::OneCluster`] below two clusters, [`StatError::OutOfRange`] if `confidence` is not in `(0, 1)`.
    pub fn interval_factor(clusters: usize, confidence: f64) -> Result<f64, StatError> {
        Ok(student_quantile(confidence, freedom(clusters)?)? * correction(clusters))
    }

    /// Returns the two-sided p-value of the hypothesis that a value with a clustered standard error is 0, where `clusters`
    /// clusters are about it.
    ///
    /// # Errors
    ///
    /// [`StatError::OneCluster`] below two clusters, [`StatError::NoVariation`] if the error is 0.
    pub fn p_value(value: f64, standard_error: f64, clusters: usize) -> Result<f64, StatError> {
        let freedom = freedom(clusters)?;
        // A smaller number is rounding error.
        if standard_error < 1e-12 {
            return Err(StatError::NoVariation);
        }
        let t = value.abs() / (standard_error * correction(clusters));
        Ok((2.0 * student_cdf(-t, freedom)?).min(1.0))
    }

    /// Returns the effect on the difference of two strengths of a little more score for each system, to first order: if
    /// the score of a contest between `i` and `j` rises by `δ`, the difference changes by about `δ(eᵢ − eⱼ)`.
    pub fn influence(&self, one: usize, other: usize) -> Vec<f64> {
        let mut effect = vec![0.0; self.size()];
        effect[one] = 1.0;
        effect[other] -= 1.0;
        self.factor.solve(&mut effect);
        effect.truncate(self.values.len());
        effect
    }

    /// Returns the standard error of a strength, or of the coefficient after the last one, by Fisher's information:
    /// that of independent contests without ties as halves.
    pub fn fisher_error(&self, at: usize) -> f64 {
        // The part of the constant vector, by which the information was made invertible.
        let constant: f64 =
            (0..self.values.len()).map(|column| self.inverse[at * self.size() + column]).sum();
        let systems = self.values.len() as f64;
        let constant = if at < self.values.len() { constant / systems } else { 0.0 };
        (self.inverse[at * self.size() + at] - constant).max(0.0).sqrt()
    }
}

fn freedom(clusters: usize) -> Result<f64, StatError> {
    if clusters < 2 { Err(StatError::OneCluster) } else { Ok(clusters as f64 - 1.0) }
}

fn correction(clusters: usize) -> f64 {
    let clusters = clusters as f64;
    (clusters / (clusters - 1.0)).sqrt()
}
