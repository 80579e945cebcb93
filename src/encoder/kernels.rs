//! The functions between the matrix products, vectorised for the processor on which the program runs.
//!
//! They are written as plain loops over numbers without branches; `pulp` compiles each for several instruction sets and
//! chooses one when the program runs. Sums have [`LANES`] parts, because the compiler may not reorder them itself.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instructions that were chosen"
)]

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

use pulp::{Arch, Simd, WithSimd};

const LANES: usize = 16;

/// The bias and the scale of a normalisation of rows.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) epsilon: f32,
}

/// Adds a bias to each row.
pub(super) fn add_bias(rows: &mut [f32], bias: &[f32]) {
    Arch::new().dispatch(AddBias { rows, bias });
}

/// Adds a bias to each row, and applies GELU.
pub(super) fn add_bias_gelu(rows: &mut [f32], bias: &[f32]) {
    Arch::new().dispatch(AddBiasGelu { rows, bias });
}

/// Adds a bias and another row to each row, and normalises it.
pub(super) fn add_norm(rows: &mut [f32], bias: &[f32], others: &[f32], norm: &Norm) {
    Arch::new().dispatch(AddNorm { rows, bias, others, norm });
}

/// Replaces each row of `width` numbers by its softmax.
pub(super) fn softmax(rows: &mut [f32], width: usize) {
    Arch::new().dispatch(Softmax { rows, width });
}

/// Divides each row of `width` numbers by its length.
pub(super) fn normalise(rows: &mut [f32], width: usize) {
    Arch::new().dispatch(Normalise { rows, width });
}

/// Returns the largest number of each row and of each column.
pub(super) fn largest(rows: &[f32], width: usize) -> [Vec<f32>; 2] {
    Arch::new().dispatch(Largest { rows, width })
}

struct AddBias<'a> {
    rows: &'a mut [f32],
    bias: &'a [f32],
}

impl WithSimd for AddBias<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact_mut(self.bias.len()) {
            for (number, bias) in row.iter_mut().zip(self.bias) {
                *number += bias;
            }
        }
    }
}

struct AddBiasGelu<'a> {
    rows: &'a mut [f32],
    bias: &'a [f32],
}

impl WithSimd for AddBiasGelu<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact_mut(self.bias.len()) {
            for (number, bias) in row.iter_mut().zip(self.bias) {
                let x = *number + bias;
                *number = 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2));
            }
        }
    }
}

struct AddNorm<'a> {
    rows: &'a mut [f32],
    bias: &'a [f32],
    others: &'a [f32],
    norm: &'a Norm,
}

impl WithSimd for AddNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Norm { scale, shift, epsilon } = self.norm;
        let width = self.bias.len();
        let others = self.others.chunks_exact(width);
        for (row, other) in self.rows.chunks_exact_mut(width).zip(others) {
            for ((number, bias), other) in row.iter_mut().zip(self.bias).zip(other) {
                *number += bias + other;
            }
            let mean = sum(row, |number| number) / width as f32;
            let variance = sum(row, |number| (number - mean) * (number - mean)) / width as f32;
            let factor = 1.0 / (variance + epsilon).sqrt();
            for ((number, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
                *number = ((*number - mean) * factor).mul_add(*scale, *shift);
            }
        }
    }
}

struct Softmax<'a> {
    rows: &'a mut [f32],
    width: usize,
}

impl WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact_mut(self.width) {
            let largest = maximum(row);
            for number in &mut *row {
                *number = exp(*number - largest);
            }
            let factor = 1.0 / sum(row, |number| number);
            for number in row {
                *number *= factor;
            }
        }
    }
}

struct Normalise<'a> {
    rows: &'a mut [f32],
    width: usize,
}

impl WithSimd for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact_mut(self.width) {
            let length = sum(row, |number| number * number).sqrt();
            for number in row {
                *number /= length;
            }
        }
    }
}

struct Largest<'a> {
    rows: &'a [f32],
    width: usize,
}

impl WithSimd for Largest<'_> {
    type Output = [Vec<f32>; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        let mut of_columns = vec![f32::NEG_INFINITY; self.width];
        let rows = self.rows.chunks_exact(self.width);
        let of_rows = rows.map(|row| {
            for (largest, number) in of_columns.iter_mut().zip(row) {
                *largest = larger(*largest, *number);
            }
            maximum(row)
        });
        let of_rows = of_rows.collect();
        [of_rows, of_columns]
    }
}

/// Returns the larger of two numbers in one instruction; not for numbers that are undefined.
#[inline(always)]
fn larger(one: f32, other: f32) -> f32 {
    if one > other { one } else { other }
}

#[inline(always)]
fn maximum(numbers: &[f32]) -> f32 {
    let (pieces, rest) = numbers.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for piece in pieces {
        for (lane, number) in lanes.iter_mut().zip(piece) {
            *lane = larger(*lane, *number);
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, larger)
}

#[inline(always)]
fn sum(numbers: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (pieces, rest) = numbers.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for piece in pieces {
        for (lane, number) in lanes.iter_mut().zip(piece) {
            *lane += of(*number);
        }
    }
    let rest: f32 = rest.iter().map(|number| of(*number)).sum();
    lanes.iter().sum::<f32>() + rest
}

/// Returns the error function with an absolute error below 4e-7, by a quotient of polynomials.
#[inline(always)]
fn erf(x: f32) -> f32 {
    // Beyond these it is ±1 in this precision.
    let x = larger(-4.0, if x < 4.0 { x } else { 4.0 });
    let square = x * x;
    let above = (-2.726_142_4e-10_f32)
        .mul_add(square, 2.770_681_4e-8)
        .mul_add(square, -2.101_024e-6)
        .mul_add(square, -5.692_506_4e-5)
        .mul_add(square, -7.349_906_3e-4)
        .mul_add(square, -2.954_6e-3)
        .mul_add(square, -1.609_603_3e-2);
    let below = (-1.456_607_15e-5_f32)
        .mul_add(square, -2.133_740_5e-4)
        .mul_add(square, -1.682_827e-3)
        .mul_add(square, -7.373_329_2e-3)
        .mul_add(square, -1.426_473_9e-2);
    x * above / below
}

/// Returns the exponential of a number that is not above 0, with a relative error of about 1e-7.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// A number of this size has no bits for fractions: adding it rounds, and leaves the integer in the lowest bits.
    const ROUNDING: f32 = 12_582_912.0;
    // Below, the result would not be a normal number; it is 0 for all purposes.
    let x = larger(x, -87.0);
    let shifted = x.mul_add(LOG2_E, ROUNDING);
    let power = shifted - ROUNDING;
    // The logarithm of 2 in two parts, so that the product is exact.
    let rest = power.mul_add(2.121_944_4e-4, power.mul_add(-0.693_359_4, x));
    let series = 1.987_569_1e-4_f32
        .mul_add(rest, 1.398_199_9e-3)
        .mul_add(rest, 8.333_452e-3)
        .mul_add(rest, 4.166_579_6e-2)
        .mul_add(rest, 1.666_666_5e-1)
        .mul_add(rest, 0.5);
    let fraction = series.mul_add(rest * rest, rest + 1.0);
    f32::from_bits(shifted.to_bits().wrapping_add(127) << 23) * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_two_units_of_the_last_place() {
        for at in 0..=200_000 {
            let x = -87.0 * f64::from(at) / 200_000.0;
            let x = x as f32;
            let expected = f64::from(x).exp();
            let found = f64::from(exp(x));
            assert!((found / expected - 1.0).abs() < 2.5e-7, "exp({x}) = {found}, {expected}");
        }
    }

    #[test]
    fn the_error_function_has_the_values_of_tables() {
        // Abramowitz and Stegun, table 7.1.
        for (x, value) in [
            (0.0, 0.0),
            (0.1, 0.112_462_916),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (1.5, 0.966_105_16),
            (2.0, 0.995_322_3),
            (3.0, 0.999_977_9),
            (9.0, 1.0),
        ] {
            for sign in [1.0, -1.0] {
                let found = erf(sign * x);
                assert!((found - sign * value).abs() < 4e-7, "erf({x}) = {found}");
            }
        }
    }

    #[test]
    fn a_softmax_of_any_width_sums_to_one() {
        for width in [1, 2, 15, 16, 17, 100] {
            let mut row: Vec<f32> = (0..width).map(|at| (at % 7) as f32 - 3.0).collect();
            let expected: Vec<f64> = row.iter().map(|number| f64::from(*number).exp()).collect();
            let whole: f64 = expected.iter().sum();
            softmax(&mut row, width);
            for (found, expected) in row.iter().zip(expected) {
                assert!((f64::from(*found) - expected / whole).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn the_largest_numbers_are_those_of_rows_and_columns() {
        let rows: Vec<f32> = vec![-1.0, 5.0, -3.0, 2.0, -7.0, -4.0];
        assert_eq!(largest(&rows, 3), [vec![5.0, 2.0], vec![2.0, 5.0, -3.0]]);
    }
}
