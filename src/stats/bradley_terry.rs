//! Strengths of systems by the contests between them: the model of Bradley and Terry, with a covariate, and with
//! ties by Davidson.
//!
//! All three are fitted by Newton's method. Strengths are differences, so they are centred: their sum is 0. With the
//! information matrix `H` of the strengths, whose null space is the constant vector, every equation is solved by
//! `H + c·11ᵀ`, which has the same solution among centred vectors.

use super::cholesky::{Cholesky, product};
use super::cluster_cuts::ClusterCuts;
use super::contest::{Contest, wins};
use super::strengths::Strengths;
use super::{StatError, connected_groups, win_components};

/// Steps of Newton's method before a fit counts as divergent.
const MAX_STEPS: usize = 100;
/// A step of Newton's method that is the last one: the error after it is about its square.
const LAST_STEP: f64 = 1e-8;
/// A log-odds beyond which estimates diverge: a chance of 10⁻¹³.
const LARGEST: f64 = 30.0;

/// Fits the Bradley-Terry model, ties as half a win for each: maximum (quasi-)likelihood.
///
/// Standard errors are those of the sandwich `H⁻¹(Σ_g (Σ_{i∈g} uᵢ)(Σ_{i∈g} uᵢ)ᵀ)H⁻¹` over clusters `g` of contests,
/// with the scores `uᵢ` of the likelihood and without a correction for the number of clusters (CR0). With ties as
/// halves Fisher's standard error is wrong, since a half varies less than a coin.
///
/// # Errors
///
/// [`StatError::Empty`] without contests. [`StatError::Disconnected`] if contests do not connect all systems,
/// [`StatError::Separated`] if some systems won, or lost, everything against the others: their strengths are then
/// infinite, see [`win_components`]. [`StatError::OutOfRange`] if a score is outside `[0, 1]`, a weight is not above
/// 0, a system has no such number or meets itself, or the lengths differ.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Contest, bradley_terry};
///
/// let won = |score, weight| Contest { first: 0, second: 1, score, weight };
/// let fit = bradley_terry(2, &[won(1.0, 3.0), won(0.0, 1.0)], &[0, 1])?;
/// assert!((fit.values[0] - fit.values[1] - 3.0_f64.ln()).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Bradley, R. A. and Terry, M. E. (1952). Rank analysis of incomplete block designs. *Biometrika* 39, 324–345.
/// White, H. (1982). Maximum likelihood estimation of misspecified models. *Econometrica* 50, 1–25.
pub fn bradley_terry(
    systems: usize,
    contests: &[Contest],
    clusters: &[u32],
) -> Result<Strengths, StatError> {
    fit(systems, contests, Extra::None, clusters)
}

/// Fits the Bradley-Terry model with one covariate: the log-odds are `sᵢ − sⱼ + βx`.
///
/// `x` is of the first system's side: with 1 where the first system was shown first and −1 where it was shown second,
/// `β` is the advantage of the first position; with a difference of lengths it is what a longer response gains.
/// Strengths are then those at `x = 0`.
///
/// # Errors
///
/// As for [`bradley_terry`], and [`StatError::Confounded`] if the covariate is determined by the systems, or constant
/// at 0, and [`StatError::InfiniteCoefficient`] if it decides results without an exception.
pub fn bradley_terry_with_covariate(
    systems: usize,
    contests: &[Contest],
    covariate: &[f64],
    clusters: &[u32],
) -> Result<Strengths, StatError> {
    if covariate.len() != contests.len() || covariate.iter().any(|x| !x.is_finite()) {
        return Err(StatError::OutOfRange);
    }
    fit(systems, contests, Extra::Covariate(covariate), clusters)
}

/// Fits Davidson's model, in which a tie is a result of its own.
///
/// With `d = sᵢ − sⱼ` a win has the probability `e^{d/2}/Z`, a tie `ν/Z`, and `Z = e^{d/2} + e^{−d/2} + ν`. The
/// coefficient is `ln ν`.
///
/// # Errors
///
/// As for [`bradley_terry`]; [`StatError::OutOfRange`] also if a score is not 0, ½ or 1, and
/// [`StatError::NoVariation`] if there is no tie or nothing else.
///
/// # References
///
/// Davidson, R. R. (1970). On extending the Bradley-Terry model to accommodate ties in paired comparison experiments.
/// *Journal of the American Statistical Association* 65, 317–328.
pub fn davidson(
    systems: usize,
    contests: &[Contest],
    clusters: &[u32],
) -> Result<Strengths, StatError> {
    if contests.iter().any(|contest| ![0.0, 0.5, 1.0].contains(&contest.score)) {
        return Err(StatError::OutOfRange);
    }
    let ties = contests.iter().filter(|contest| is_tie(contest)).count();
    if !contests.is_empty() && (ties == 0 || ties == contests.len()) {
        return Err(StatError::NoVariation);
    }
    fit(systems, contests, Extra::Ties, clusters)
}

fn is_tie(contest: &Contest) -> bool {
    contest.score > 0.25 && contest.score < 0.75
}

/// What a model has beside the strengths.
#[derive(Clone, Copy)]
enum Extra<'a> {
    None,
    Covariate(&'a [f64]),
    Ties,
}

/// The log-likelihood of one contest with its derivatives by the difference of strengths and by the coefficient; the
/// second ones with the opposite sign.
struct Terms {
    log_likelihood: f64,
    gradient: [f64; 2],
    information: [f64; 3],
}

impl Extra<'_> {
    fn has_coefficient(self) -> bool {
        !matches!(self, Self::None)
    }

    fn terms(self, at: usize, contest: &Contest, difference: f64, coefficient: f64) -> Terms {
        let Contest { score, weight, .. } = *contest;
        if matches!(self, Self::Ties) {
            return davidson_terms(contest, difference, coefficient);
        }
        let x = match self {
            Self::Covariate(values) => values[at],
            _ => 0.0,
        };
        let odds = difference + coefficient * x;
        let chance = 1.0 / (1.0 + (-odds).exp());
        let log_loss = softplus(-odds) * score + softplus(odds) * (1.0 - score);
        let (residual, spread) = (weight * (score - chance), weight * chance * (1.0 - chance));
        Terms {
            log_likelihood: -weight * log_loss,
            gradient: [residual, residual * x],
            information: [spread, spread * x, spread * x * x],
        }
    }
}

fn davidson_terms(contest: &Contest, difference: f64, coefficient: f64) -> Terms {
    // Divided by the largest term, so that none overflows.
    let exponents = [difference / 2.0, -difference / 2.0, coefficient];
    let largest = exponents.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let [win, loss, tie] = exponents.map(|exponent| (exponent - largest).exp());
    let sum = win + loss + tie;
    let ([win, loss, tie], weight) = ([win / sum, loss / sum, tie / sum], contest.weight);
    let won = contest.score - 0.5;
    let result = if is_tie(contest) { exponents[2] } else { won * 2.0 * exponents[0] };
    Terms {
        log_likelihood: weight * (result - largest - sum.ln()),
        gradient: [
            weight * (won - (win - loss) / 2.0),
            weight * (f64::from(is_tie(contest)) - tie),
        ],
        information: [
            weight * (win + loss - (win - loss).powi(2)) / 4.0,
            -weight * (win - loss) * tie / 2.0,
            weight * tie * (1.0 - tie),
        ],
    }
}

/// `ln(1 + eˣ)`.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The contests of a fit, with what its parameters are about.
struct Problem<'a> {
    systems: usize,
    contests: &'a [Contest],
    extra: Extra<'a>,
}

impl Problem<'_> {
    fn size(&self) -> usize {
        self.systems + usize::from(self.extra.has_coefficient())
    }

    fn terms(&self, at: usize, parameters: &[f64]) -> Terms {
        let contest = &self.contests[at];
        let difference = parameters[contest.first] - parameters[contest.second];
        let coefficient = parameters.get(self.systems).copied().unwrap_or(0.0);
        self.extra.terms(at, contest, difference, coefficient)
    }

    fn log_likelihood(&self, parameters: &[f64]) -> f64 {
        (0..self.contests.len()).map(|at| self.terms(at, parameters).log_likelihood).sum()
    }

    /// Returns the gradient and the information, the latter with the constant vector added.
    fn derivatives(&self, parameters: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (size, systems) = (self.size(), self.systems);
        let (mut gradient, mut information) = (vec![0.0; size], vec![0.0; size * size]);
        for (at, Contest { first, second, .. }) in self.contests.iter().enumerate() {
            let Terms { gradient: slope, information: [strength, mixed, own], .. } =
                self.terms(at, parameters);
            gradient[*first] += slope[0];
            gradient[*second] -= slope[0];
            for (row, column, sign) in [
                (*first, *first, 1.0),
                (*second, *second, 1.0),
                (*first, *second, -1.0),
                (*second, *first, -1.0),
            ] {
                information[row * size + column] += sign * strength;
            }
            if size > systems {
                gradient[systems] += slope[1];
                for (system, sign) in [(*first, 1.0), (*second, -1.0)] {
                    information[system * size + systems] += sign * mixed;
                    information[systems * size + system] += sign * mixed;
                }
                information[systems * size + systems] += own;
            }
        }
        let trace: f64 = (0..systems).map(|at| information[at * size + at]).sum();
        let constant = trace / (systems * systems) as f64;
        for row in 0..systems {
            for value in &mut information[row * size..row * size + systems] {
                *value += constant;
            }
        }
        (gradient, information)
    }

    /// Returns the sum over clusters of the outer products of their scores, and how many clusters each system is in, with
    /// the number of all after the last.
    fn spread(&self, parameters: &[f64], clusters: &[u32]) -> (Vec<f64>, Vec<usize>) {
        let (size, systems) = (self.size(), self.systems);
        let mut order: Vec<usize> = (0..self.contests.len()).collect();
        order.sort_by_key(|at| clusters[*at]);
        let mut spread = vec![0.0; size * size];
        let (mut score, mut counts) = (vec![0.0; size], vec![0; systems + 1]);
        let mut touched: Vec<usize> = Vec::new();
        for of_cluster in order.chunk_by(|one, other| clusters[*one] == clusters[*other]) {
            counts[systems] += 1;
            touched.clear();
            for at in of_cluster {
                let Contest { first, second, .. } = self.contests[*at];
                let [strength, own] = self.terms(*at, parameters).gradient;
                score[first] += strength;
                score[second] -= strength;
                touched.extend([first, second]);
                if size > systems {
                    score[systems] += own;
                    touched.push(systems);
                }
            }
            touched.sort_unstable();
            touched.dedup();
            for system in touched.iter().filter(|at| **at < systems) {
                counts[*system] += 1;
            }
            for row in &touched {
                for column in &touched {
                    spread[row * size + column] += score[*row] * score[*column];
                }
            }
            for at in &touched {
                score[*at] = 0.0;
            }
        }
        (spread, counts)
    }

    fn check(&self, clusters: &[u32]) -> Result<(), StatError> {
        let is_valid = |contest: &Contest| {
            let Contest { first, second, score, weight } = *contest;
            first.max(second) < self.systems
                && first != second
                && (0.0..=1.0).contains(&score)
                && weight > 0.0
                && weight.is_finite()
        };
        if self.contests.is_empty() {
            return Err(StatError::Empty);
        }
        if clusters.len() != self.contests.len() || !self.contests.iter().all(is_valid) {
            return Err(StatError::OutOfRange);
        }
        let pairs: Vec<_> = self.contests.iter().map(|one| (one.first, one.second)).collect();
        if connected_groups(self.systems, &pairs).len() > 1 {
            return Err(StatError::Disconnected);
        }
        if win_components(self.systems, &wins(self.contests)).groups.len() > 1 {
            return Err(StatError::Separated);
        }
        Ok(())
    }

    /// Finds the parameters with the largest likelihood.
    fn solve(&self) -> Result<(Vec<f64>, Cholesky), StatError> {
        // Where all chances are equal, the information is singular only for want of a separate effect.
        let mut singular = match self.extra {
            Extra::None => StatError::Separated,
            _ => StatError::Confounded,
        };
        let divergent = match self.extra {
            Extra::None => StatError::Separated,
            // The contests have finite strengths without it.
            _ => StatError::InfiniteCoefficient,
        };
        let mut parameters = vec![0.0; self.size()];
        let mut reached = self.log_likelihood(&parameters);
        for _ in 0..MAX_STEPS {
            let (mut step, information) = self.derivatives(&parameters);
            let factor = Cholesky::new(information, self.size()).ok_or(singular)?;
            singular = divergent;
            factor.solve(&mut step);
            let mut share = 1.0;
            loop {
                let next: Vec<f64> =
                    parameters.iter().zip(&step).map(|(at, step)| at + share * step).collect();
                let found = self.log_likelihood(&next);
                if found >= reached - 1e-12 * reached.abs() || share < 1e-9 {
                    (parameters, reached) = (next, found);
                    break;
                }
                share /= 2.0;
            }
            if parameters.iter().any(|value| value.abs() > LARGEST || !value.is_finite()) {
                break;
            }
            if step.iter().all(|step| step.abs() < LAST_STEP) {
                let (_, information) = self.derivatives(&parameters);
                let factor = Cholesky::new(information, self.size()).ok_or(singular)?;
                return Ok((parameters, factor));
            }
        }
        Err(divergent)
    }
}

/// Returns 0 in place of a log-odds that is rounding error.
fn without_rounding(value: f64) -> f64 {
    if value.abs() < 1e-12 { 0.0 } else { value }
}

fn fit(
    systems: usize,
    contests: &[Contest],
    extra: Extra<'_>,
    clusters: &[u32],
) -> Result<Strengths, StatError> {
    let problem = Problem { systems, contests, extra };
    problem.check(clusters)?;
    let (mut parameters, factor) = problem.solve()?;
    let (spread, mut clusters_of) = problem.spread(&parameters, clusters);
    let number = clusters_of.pop().unwrap_or(0);
    let size = problem.size();
    let inverse = factor.inverse();
    let covariance = product(&product(&inverse, &spread, size), &inverse, size);
    let coefficient = if size > systems { parameters.pop() } else { None };
    let mean = parameters.iter().sum::<f64>() / systems as f64;
    for strength in &mut parameters {
        *strength = without_rounding(*strength - mean);
    }
    let coefficient = coefficient.map(without_rounding);
    Ok(Strengths {
        values: parameters,
        coefficient,
        clusters: number,
        cuts: ClusterCuts::new(&clusters_of, contests, clusters),
        covariance,
        factor,
    })
}
