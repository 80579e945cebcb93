//! Systems of linear equations with a symmetric positive definite matrix.

/// The smallest pivot, relative to the largest entry of the diagonal, of a matrix that has an inverse.
const SMALLEST_PIVOT: f64 = 1e-12;

/// The factor `L` of a symmetric positive definite matrix `LLᵀ`.
#[derive(Debug, Clone)]
pub(super) struct Cholesky {
    size: usize,
    /// Row by row; what is above the diagonal is not used.
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factorises a matrix, given row by row; `None` if it is singular but for rounding, or not finite.
    pub(super) fn new(mut matrix: Vec<f64>, size: usize) -> Option<Self> {
        let largest = (0..size).map(|at| matrix[at * size + at]).fold(0.0, f64::max);
        let smallest = SMALLEST_PIVOT * largest;
        for row in 0..size {
            let (above, here) = matrix.split_at_mut(row * size);
            for column in 0..row {
                let other = &above[column * size..=column * size + column];
                let product: f64 = here[..column].iter().zip(other).map(|(a, b)| a * b).sum();
                here[column] = (here[column] - product) / other[column];
            }
            let squares: f64 = here[..row].iter().map(|value| value * value).sum();
            let pivot = here[row] - squares;
            if !pivot.is_finite() || pivot <= smallest {
                return None;
            }
            here[row] = pivot.sqrt();
        }
        Some(Self { size, lower: matrix })
    }

    /// Replaces the right side of a system of equations by its solution.
    pub(super) fn solve(&self, values: &mut [f64]) {
        for row in 0..self.size {
            let factors = &self.lower[row * self.size..];
            let (known, rest) = values.split_at_mut(row);
            let product: f64 = known.iter().zip(factors).map(|(a, b)| a * b).sum();
            rest[0] = (rest[0] - product) / factors[row];
        }
        for row in (0..self.size).rev() {
            let factors = &self.lower[row * self.size..];
            let (open, rest) = values.split_at_mut(row);
            rest[0] /= factors[row];
            for (value, factor) in open.iter_mut().zip(factors) {
                *value -= factor * rest[0];
            }
        }
    }

    /// Returns the inverse of the matrix, row by row.
    pub(super) fn inverse(&self) -> Vec<f64> {
        let mut rows = vec![0.0; self.size * self.size];
        for (at, row) in rows.chunks_exact_mut(self.size).enumerate() {
            row[at] = 1.0;
            self.solve(row);
        }
        rows
    }
}

/// Returns the product of two square matrices, given row by row.
pub(super) fn product(first: &[f64], second: &[f64], size: usize) -> Vec<f64> {
    let mut rows = vec![0.0; size * size];
    for (row, factors) in rows.chunks_exact_mut(size).zip(first.chunks_exact(size)) {
        for (factor, other) in factors.iter().zip(second.chunks_exact(size)) {
            for (sum, value) in row.iter_mut().zip(other) {
                *sum += factor * value;
            }
        }
    }
    rows
}
