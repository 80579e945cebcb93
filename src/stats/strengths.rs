//! Fitted strengths of systems, and how uncertain they are.

use super::StatError;
use super::cholesky::Cholesky;
use super::cluster_cuts::{ClusterCuts, ClusterLink};
use super::distribution::{student_cdf, student_quantile};

/// Fitted strengths of systems, as log-odds: `P(i beats j) = 1/(1 + exp(sⱼ − sᵢ))`.
#[derive(Debug, Clone)]
pub struct Strengths {
    /// The strength of each system. Their sum is 0.
    pub values: Vec<f64>,
    /// The coefficient of the covariate, or `ln ν` of Davidson's model; `None` for strengths alone.
    pub coefficient: Option<f64>,
    /// How many clusters there are.
    pub clusters: usize,
    /// How many clusters each system, and each difference, is known from.
    pub(super) cuts: ClusterCuts,
    /// The covariance of strengths and coefficient that allows for clusters (CR0), row by row.
    pub(super) covariance: Vec<f64>,
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

    /// Returns how many clusters the strength of a system is known from: the fewest that join it, or a part of at most half
    /// of the systems that it belongs to, to the others. From 30 on they may be more: those that the system is in.
    ///
    /// With one of them its uncertainty is not known. The sandwich shows no variance of that cluster, because the scores of
    /// the contests between the part and the others add up to 0 at the estimate.
    pub fn clusters_of(&self, system: usize) -> usize {
        self.cuts.of_system(system)
    }

    /// Returns how many clusters the difference of two strengths is known from: the fewest that join one of the systems,
    /// and any others with it, to the other one. From 30 on they may be more: those of the system that is in fewer.
    pub fn clusters_between(&self, one: usize, other: usize) -> usize {
        self.cuts.between(one, other)
    }

    /// Returns the part of several systems, at most half of all, that the fewest clusters join to the others; `None` if
    /// 30 or more join each such part.
    pub fn weakest_link(&self) -> Option<&ClusterLink> {
        self.cuts.link()
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
}

fn freedom(clusters: usize) -> Result<f64, StatError> {
    if clusters < 2 { Err(StatError::OneCluster) } else { Ok(clusters as f64 - 1.0) }
}

fn correction(clusters: usize) -> f64 {
    let clusters = clusters as f64;
    (clusters / (clusters - 1.0)).sqrt()
}
