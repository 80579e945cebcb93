//! The Laplacian of a graph with weights: the matrix of equations about differences between its nodes.

/// A matrix is stored with all its entries if there is an edge for at least one in so many: a product with a vector then
/// takes several entries at once, while that of single edges goes back and forth between nodes.
const DENSE: usize = 8;

/// The matrix with the weights of all edges of a node on the diagonal, and minus the weight of an edge beside it.
#[derive(Debug)]
pub(super) struct Laplacian {
    diagonal: Vec<f64>,
    weights: Weights,
}

#[derive(Debug)]
enum Weights {
    /// Two nodes with the weight of the edge.
    Edges(Vec<(usize, usize, f64)>),
    /// Of each two nodes, row by row.
    Matrix(Vec<f64>),
}

impl Laplacian {
    /// Returns the matrix of some edges among `nodes` nodes; several of the same two nodes add up.
    pub(super) fn new(nodes: usize, edges: Vec<(usize, usize, f64)>) -> Self {
        let mut diagonal = vec![0.0; nodes];
        for (one, other, weight) in &edges {
            diagonal[*one] += weight;
            diagonal[*other] += weight;
        }
        if edges.len() * DENSE < nodes * nodes {
            return Self { diagonal, weights: Weights::Edges(edges) };
        }
        let mut matrix = vec![0.0; nodes * nodes];
        for (one, other, weight) in edges {
            matrix[one * nodes + other] += weight;
            matrix[other * nodes + one] += weight;
        }
        Self { diagonal, weights: Weights::Matrix(matrix) }
    }

    /// Returns the weights of all edges of each node.
    pub(super) fn diagonal(&self) -> &[f64] {
        &self.diagonal
    }

    /// Replaces `product` by the product with a vector.
    pub(super) fn multiply(&self, vector: &[f64], product: &mut [f64]) {
        match &self.weights {
            Weights::Edges(edges) => {
                product.fill(0.0);
                for (one, other, weight) in edges {
                    let along = weight * (vector[*one] - vector[*other]);
                    product[*one] += along;
                    product[*other] -= along;
                }
            }
            Weights::Matrix(matrix) => {
                for ((product, value), weight) in product.iter_mut().zip(vector).zip(&self.diagonal)
                {
                    *product = weight * value;
                }
                for (row, value) in matrix.chunks_exact(vector.len()).zip(vector) {
                    for (product, weight) in product.iter_mut().zip(row) {
                        *product -= weight * value;
                    }
                }
            }
        }
    }
}
