//! The sign-flip test: do two systems differ by a statistic that is a function of sums?
//!
//! It is the paired randomization test, also called approximate randomization test. If the two systems are
//! equal, the assignment of an item's two contributions to them is arbitrary, and exchanging the two for some
//! items gives data that were as likely. The p-value is the share of such exchanges after which the systems
//! differ at least as much as in the data. It assumes no distribution of the values, only that items are
//! independent; an item is exchanged as a whole, for all statistics at once. A p-value is not the size of the
//! difference: report an interval beside it.
//!
//! Each random exchange has its own stream of random numbers, so the result depends on the seed and not on
//! the number of threads.

use rand::Rng as _;
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::{StatError, is_rounding};

/// The contributions of two systems to the same sums, in the form that exchanges need.
struct Contributions {
    width: usize,
    first: Vec<f64>,
    second: Vec<f64>,
    /// The contribution of the first system minus that of the second, row by row, of the clusters where the two
    /// differ.
    differences: Vec<f64>,
}

impl Contributions {
    fn new(first: &[f64], second: &[f64], width: usize) -> Result<Self, StatError> {
        if width == 0 || first.len() != second.len() || !first.len().is_multiple_of(width) {
            return Err(StatError::OutOfRange);
        }
        if first.is_empty() {
            return Err(StatError::Empty);
        }
        let mut differences = Vec::new();
        for (first, second) in first.chunks_exact(width).zip(second.chunks_exact(width)) {
            if first != second {
                differences.extend(first.iter().zip(second).map(|(first, second)| first - second));
            }
        }
        let found =
            Self { width, first: sums(first, width), second: sums(second, width), differences };
        // A value that is not finite makes its sum not finite.
        let mut values = found.first.iter().chain(&found.second).chain(&found.differences);
        if values.all(|value| value.is_finite()) { Ok(found) } else { Err(StatError::OutOfRange) }
    }

    fn clusters(&self) -> usize {
        self.differences.len() / self.width
    }

    /// Returns the sums of both systems after an exchange of the clusters whose bits are set, 64 in a word.
    fn exchanged(&self, mut word: impl FnMut() -> u64) -> [Vec<f64>; 2] {
        let mut moved = vec![0.0; self.width];
        for rows in self.differences.chunks(64 * self.width) {
            let mut bits = word() & (u64::MAX >> (64 - rows.len() / self.width));
            while bits != 0 {
                let start = bits.trailing_zeros() as usize * self.width;
                for (moved, difference) in moved.iter_mut().zip(&rows[start..start + self.width]) {
                    *moved += difference;
                }
                bits &= bits - 1;
            }
        }
        let first = self.first.iter().zip(&moved).map(|(sum, moved)| sum - moved);
        let second = self.second.iter().zip(&moved).map(|(sum, moved)| sum + moved);
        [first.collect(), second.collect()]
    }
}

fn sums(rows: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums
}

/// The distance of the two systems by one statistic.
#[derive(Clone, Copy)]
struct Distance {
    distance: f64,
    /// The larger of the two values, without its sign.
    scale: f64,
}

impl Distance {
    /// Returns the distance by each statistic, `None` where it is undefined for a system.
    fn by_statistic<S>([first, second]: [&[f64]; 2], statistics: &S) -> Vec<Option<Self>>
    where
        S: Fn(&[f64]) -> Vec<Option<f64>>,
    {
        let between = |(first, second): (Option<f64>, Option<f64>)| {
            let (first, second) = (first?, second?);
            let distance = (first - second).abs();
            distance.is_finite().then(|| Self { distance, scale: first.abs().max(second.abs()) })
        };
        statistics(first).into_iter().zip(statistics(second)).map(between).collect()
    }

    /// Returns whether this distance is at least another one, up to rounding.
    fn reaches(self, other: Self) -> bool {
        let missing = other.distance - self.distance;
        missing <= 0.0 || is_rounding(missing, self.scale.max(other.scale))
    }
}

/// Returns the two-sided p-value of the difference between two systems, for each of `statistics`.
///
/// `first` and `second` hold the contributions of the two systems to `width` sums, cluster after cluster, the
/// same clusters in the same order. `statistics` maps the sums of one system over all clusters to a fixed number
/// of values, `None` where one is undefined; the difference tested is that of its values for the two systems.
/// Values that differ by less than 10⁻¹² of their size are equal, since sums of fractions are rounded.
///
/// With `m` clusters in which the systems differ there are `2^m` exchanges. If these are at most `flips`,
/// all are tried, including the one that exchanges no cluster, and `p = #{|d*| ≥ |d|}/2^m` is exact and
/// independent of the seed; it cannot be below `2^(1−m)`. Otherwise `flips` exchanges are drawn with replacement
/// and `p = (1 + #{|d*| ≥ |d|})/(flips + 1)`: the data themselves count as one more exchange, without which p
/// could be 0 and the test would reject too often. In both cases p is in `(0, 1]`, and 1 if the contributions
/// are equal. The two systems may be exchanged.
///
/// An exchange for which a statistic is undefined counts as one that reaches `|d|`, so that what cannot be
/// compared makes no difference more certain. A statistic that is undefined for the data has no p-value
/// (`None`). Work is spread over all processors.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `width` is 0, if the lengths differ or are no multiple of it, or if a value,
/// a difference or a sum is not finite; [`StatError::Empty`] without clusters.
///
/// # Examples
///
/// ```
/// use evenhand::stats::sign_flip;
///
/// // Three items: two of the eight exchanges are as extreme as the data, and none is more extreme.
/// let mean = |sums: &[f64]| vec![Some(sums[0] / 3.0)];
/// let p = sign_flip(&[0.9, 0.8, 0.7], &[0.1, 0.2, 0.3], 1, 10_000, 0, mean)?;
/// assert_eq!(p, [Some(0.25)]);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Fisher, R. A. (1935). *The Design of Experiments*, section 21. Pitman, E. J. G. (1937). Significance tests
/// which may be applied to samples from any populations. *Supplement to the Journal of the Royal Statistical
/// Society* 4, 119–130. Noreen, E. W. (1989). *Computer-Intensive Methods for Testing Hypotheses*. Riezler,
/// S. and Maxwell, J. T. (2005). On some pitfalls in automatic evaluation and significance testing for MT.
/// *Proceedings of the ACL Workshop on Intrinsic and Extrinsic Evaluation Measures*, 57–64. Phipson, B. and
/// Smyth, G. K. (2010). Permutation p-values should never be zero. *Statistical Applications in Genetics
/// and Molecular Biology* 9, article 39.
pub fn sign_flip<S>(
    first: &[f64],
    second: &[f64],
    width: usize,
    flips: usize,
    seed: u64,
    statistics: S,
) -> Result<Vec<Option<f64>>, StatError>
where
    S: Fn(&[f64]) -> Vec<Option<f64>> + Sync,
{
    let contributions = Contributions::new(first, second, width)?;
    let sums = [&contributions.first[..], &contributions.second[..]];
    let observed = Distance::by_statistic(sums, &statistics);
    let reached = |exchanged: [Vec<f64>; 2]| -> Vec<u64> {
        let [first, second] = &exchanged;
        let found = Distance::by_statistic([first, second], &statistics);
        let reaches = |(found, observed): (Option<Distance>, &Option<Distance>)| {
            let reaches =
                found.zip(*observed).is_none_or(|(found, observed)| found.reaches(observed));
            u64::from(reaches)
        };
        found.into_iter().zip(&observed).map(reaches).collect()
    };
    let none = || vec![0; observed.len()];
    let clusters = u32::try_from(contributions.clusters()).ok();
    let all = clusters.and_then(|clusters| 1_usize.checked_shl(clusters));
    let (counts, tried) = if let Some(all) = all.filter(|all| *all <= flips) {
        let exchange = |at| reached(contributions.exchanged(|| at as u64));
        ((0..all).into_par_iter().map(exchange).reduce(none, added), all)
    } else {
        let exchange = |at| {
            let mut random = Pcg64::new(u128::from(seed), at as u128);
            reached(contributions.exchanged(|| random.next_u64()))
        };
        let counts = (0..flips).into_par_iter().map(exchange).reduce(none, added);
        (added(counts, vec![1; observed.len()]), flips + 1)
    };
    let p_value =
        |(count, observed): (u64, &Option<Distance>)| observed.map(|_| count as f64 / tried as f64);
    Ok(counts.into_iter().zip(&observed).map(p_value).collect())
}

fn added(mut counts: Vec<u64>, more: Vec<u64>) -> Vec<u64> {
    for (count, more) in counts.iter_mut().zip(more) {
        *count += more;
    }
    counts
}
