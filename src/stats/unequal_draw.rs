//! Draws without replacement with unequal probabilities, each of which is known exactly.
//!
//! The draw is systematic: the probabilities are laid end to end on a line of length `n`, in an order that the
//! caller chooses, and the units are taken on which `n` marks fall that are one apart, from a random start. A mark
//! falls on a unit with exactly its probability, whatever the order and the number of units; the number drawn is
//! exactly `n`; and one pass over the units suffices. Of the other designs with a fixed number, Sampford's and the
//! conditional Poisson design have the same probabilities and more randomness, but draw again and again until no unit
//! comes twice; sequential and Pareto sampling reach the wanted probabilities only approximately.

use super::StatError;

/// Returns the probability with which each unit is drawn into a sample of `n`: a mixture of one in proportion to its
/// size and an equal one.
///
/// `πᵢ = min(1, c·((1 − floor)·sᵢ/Σs + floor/N))`, with `c` such that the probabilities add up to `n`; all are 1 if
/// there are at most `n` units. None is below `floor·n/N`, so that the weight `1/π` of a drawn unit is at most
/// `1/floor` times that of an equal draw.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if a size is negative or not finite, all are 0, or `floor` is not in `[0, 1]`; or if
/// fewer than `n` units have a size above 0 and `floor` is 0.
///
/// # Examples
///
/// ```
/// let drawn = evenhand::stats::inclusion_probabilities(&[1.0, 1.0, 2.0, 9.0], 2, 0.0)?;
/// // The last one is certain, and the others share what is left.
/// assert_eq!(drawn, [0.25, 0.25, 0.5, 1.0]);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Zrnic, T. and Candès, E. J. (2024). Active statistical inference. arXiv 2403.03208: the mixture.
/// Särndal, C.-E., Swensson, B. and Wretman, J. (1992). *Model Assisted Survey Sampling*, section 3.6.2: units that
/// are too large. Springer.
pub fn inclusion_probabilities(sizes: &[f64], n: usize, floor: f64) -> Result<Vec<f64>, StatError> {
    let total: f64 = sizes.iter().sum();
    let is_size = |size: &f64| *size >= 0.0 && size.is_finite();
    if !sizes.iter().all(is_size) || !(0.0..=1.0).contains(&floor) || !total.is_finite() {
        return Err(StatError::OutOfRange);
    }
    if sizes.len() <= n {
        return Ok(vec![1.0; sizes.len()]);
    }
    let drawable = sizes.iter().filter(|size| **size > 0.0 || floor > 0.0).count();
    if total <= 0.0 || drawable < n {
        return Err(StatError::OutOfRange);
    }
    let equal = floor / sizes.len() as f64;
    let shares: Vec<f64> = sizes.iter().map(|size| (1.0 - floor) * size / total + equal).collect();
    let mut largest: Vec<usize> = (0..shares.len()).collect();
    largest.sort_by(|one, other| shares[*other].total_cmp(&shares[*one]));
    // The largest units are certain as long as their part of what is left to draw would be above 1.
    let (mut rest, mut left, mut certain) = (shares.iter().sum::<f64>(), n as f64, 0);
    while certain < n && shares[largest[certain]] * left >= rest {
        rest -= shares[largest[certain]];
        left -= 1.0;
        certain += 1;
    }
    // Summed anew, since subtraction leaves rounding errors.
    let rest: f64 = largest[certain..].iter().map(|at| shares[*at]).sum();
    let mut probabilities = vec![1.0; sizes.len()];
    for at in &largest[certain..] {
        probabilities[*at] = if left > 0.0 { shares[*at] * left / rest } else { 0.0 };
    }
    Ok(probabilities)
}

/// Returns the positions of the units that a systematic draw with these probabilities takes, in their order.
///
/// The number drawn is the sum of the probabilities. `start` places the marks and must be drawn uniformly from
/// `[0, 1)`; then each unit is drawn with exactly its probability. Units that lie near each other in the order are
/// rarely drawn together. So an order by probability also spreads the sample evenly over the probabilities, and the sum
/// of `1/π` over the drawn units differs from the number of all units by at most the range of `1/π`.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if a probability is not in `[0, 1]`, or `start` not in `[0, 1)`.
///
/// # Examples
///
/// ```
/// let drawn = evenhand::stats::systematic_draw(&[0.25, 0.25, 0.5, 1.0], 0.3)?;
/// assert_eq!(drawn, [1, 3]);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Madow, W. G. (1949). On the theory of systematic sampling, II. *Annals of Mathematical Statistics* 20, 333–354.
pub fn systematic_draw(probabilities: &[f64], start: f64) -> Result<Vec<usize>, StatError> {
    let is_probability = |one: &f64| (0.0..=1.0).contains(one);
    if !probabilities.iter().all(is_probability) || !(0.0..1.0).contains(&start) {
        return Err(StatError::OutOfRange);
    }
    // Certain units need no mark; without them no unit is as long as the distance of two marks.
    let length: f64 = probabilities.iter().filter(|one| **one < 1.0).sum();
    let distance = length / length.round().max(1.0);
    let (mut reached, mut mark) = (0.0, start * distance);
    let mut drawn = Vec::new();
    for (at, probability) in probabilities.iter().enumerate() {
        if *probability >= 1.0 {
            drawn.push(at);
            continue;
        }
        reached += probability;
        if mark < reached {
            drawn.push(at);
            mark += distance;
        }
    }
    Ok(drawn)
}
