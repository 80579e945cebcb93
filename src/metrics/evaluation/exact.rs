//! Exact addition of floating-point numbers, so that a sum does not depend on the order of its terms.
//!
//! Results must not depend on the order of the items in a file: with rounded sums, two orders could break ties
//! of a permutation test differently and change p-values and the best system. Programs may give scores of any
//! magnitude, so that integers of a fixed scale would not do.
//!
//! A sum is kept as a few non-overlapping parts whose total is exact: one part for whole numbers, two or three for
//! most others. It is rounded once, when it is read. A sum that overflows is not finite.
//!
//! Shewchuk, J. R. (1997). Adaptive precision floating-point arithmetic and fast robust geometric predicates.
//! *Discrete & Computational Geometry* 18, 305–363.

use super::family::Sums;

/// Adds sums to others; both are sorted by index and may have several parts per sum, the smallest first.
pub(super) fn add_exactly(all: &mut Sums, more: &Sums) {
    if all.is_empty() {
        all.extend_from_slice(more);
        return;
    }
    let mut at = 0;
    for (sum, number) in more {
        while at < all.len() && all[at].0 < *sum {
            at += 1;
        }
        add(all, at, *sum, *number);
    }
}

/// Adds a number to the sum whose parts begin at `start`, or are to be inserted there.
fn add(all: &mut Sums, start: usize, sum: u32, mut number: f64) {
    let is_part = |all: &Sums, at: usize| all.get(at).is_some_and(|(of, _)| *of == sum);
    // The fast path, since most sums are of whole numbers.
    if is_part(all, start) && !is_part(all, start + 1) {
        let (high, low) = two_sum(number, all[start].1);
        if low == 0.0 {
            all[start].1 = high;
            return;
        }
    }
    let (mut kept, mut next) = (start, start);
    while is_part(all, next) {
        let (high, low) = two_sum(number, all[next].1);
        if low != 0.0 {
            all[kept].1 = low;
            kept += 1;
        }
        number = high;
        next += 1;
    }
    all.splice(kept..next, [(sum, number)]);
}

/// Returns the sums with one rounded number each.
pub(super) fn round(sums: &Sums) -> Sums {
    let parts = sums.chunk_by(|(one, _), (other, _)| one == other);
    parts.map(|parts| (parts[0].0, nearest(parts))).collect()
}

/// Returns the number nearest to the total of the parts of one sum.
fn nearest(parts: &[(u32, f64)]) -> f64 {
    let mut descending = parts.iter().rev().map(|(_, part)| *part);
    let mut total = descending.next().unwrap_or_default();
    for part in descending.by_ref() {
        let (high, rest) = two_sum(total, part);
        total = high;
        if rest != 0.0 {
            // A tie was rounded to even; the next smaller part may break the tie the other way.
            let (other, error) = two_sum(total, 2.0 * rest);
            let beyond = descending.next().is_some_and(|next| (next > 0.0) == (rest > 0.0));
            return if beyond && error == 0.0 { other } else { total };
        }
    }
    total
}

/// Returns the rounded sum of two numbers and its rounding error.
fn two_sum(one: f64, other: f64) -> (f64, f64) {
    let high = one + other;
    if !high.is_finite() {
        return (high, 0.0);
    }
    let of_other = high - one;
    (high, (one - (high - of_other)) + (other - of_other))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact results are compared exactly")]
mod tests {
    use proptest::prelude::*;

    use super::{add_exactly, round};
    use crate::metrics::evaluation::family::Sums;

    fn total(numbers: &[f64]) -> f64 {
        let mut sums = Sums::new();
        for number in numbers {
            add_exactly(&mut sums, &vec![(7, *number)]);
        }
        match round(&sums)[..] {
            [(7, total)] => total,
            ref other => panic!("{other:?}"),
        }
    }

    #[test]
    fn digits_that_plain_addition_would_lose_are_kept() {
        assert_eq!(total(&[1e100, 1.0, -1e100]), 1.0);
        assert_eq!(total(&[0.1; 10]), 1.0);
        assert_eq!(total(&[1e-300, 1.0, 1e300, -1.0, -1e300]), 1e-300);
        assert_eq!(total(&[5e-324, 5e-324]), 1e-323);
        assert_eq!(total(&[0.5, -0.5]), 0.0);
    }

    #[test]
    fn a_tie_between_two_numbers_is_broken_by_the_smallest_part() {
        let half = f64::EPSILON / 2.0;
        assert_eq!(total(&[1.0, half]), 1.0);
        assert_eq!(total(&[1.0, half, 1e-40]), 1.0 + f64::EPSILON);
        assert_eq!(total(&[1.0, half, -1e-40]), 1.0);
        assert_eq!(total(&[1.0 + f64::EPSILON, half, -1e-40]), 1.0 + f64::EPSILON);
    }

    #[test]
    fn a_sum_that_overflows_is_not_finite() {
        assert_eq!(total(&[1e308, 1e308, 0.1, 1.0]), f64::INFINITY);
        assert!(total(&[1e308, 1e308, -1e308, -1e308, f64::NEG_INFINITY]).is_nan());
    }

    #[test]
    fn whole_numbers_have_one_part_and_sums_stay_separate() {
        let mut sums: Sums = vec![(2, 1.0)];
        for _ in 0..1000 {
            add_exactly(&mut sums, &vec![(1, 3.0), (2, 1.0), (4, 1e15)]);
        }
        assert_eq!(sums, [(1, 3000.0), (2, 1001.0), (4, 1e18)]);
    }

    proptest! {
        #[test]
        fn a_total_is_exact_in_every_order(
            whole in prop::collection::vec((-(1_i64 << 53)..1 << 53, 0_u32..60), 1..50),
        ) {
            // Multiples of 2⁻⁶⁰ that integers add up exactly; the conversion rounds to the nearest.
            let exact: i128 = whole.iter().map(|(digits, shift)| i128::from(*digits) << shift).sum();
            let unit = 1.0 / (1_u64 << 60) as f64;
            let mut numbers: Vec<f64> =
                whole.iter().map(|(digits, shift)| *digits as f64 * (1_u64 << shift) as f64 * unit).collect();
            prop_assert_eq!(total(&numbers), exact as f64 * unit);
            numbers.reverse();
            prop_assert_eq!(total(&numbers), exact as f64 * unit);
            numbers.sort_by(f64::total_cmp);
            prop_assert_eq!(total(&numbers), exact as f64 * unit);
        }
    }
}
