//! Correlations of several variables from sums, and the effective number: against Pearson's correlation of each pair, by
//! hand, and at their edges.

use evenhand::stats::{
    PairwiseCorrelations, StatError, effective_number, mean_correlation, pearson,
};

use super::assert_close;

/// The sums over observations of one weight each.
fn sums(of: PairwiseCorrelations, observations: &[(Vec<f64>, f64)]) -> Vec<f64> {
    let mut adds = Vec::new();
    for (values, weight) in observations {
        of.add(values, *weight, &mut adds);
    }
    let mut sums = vec![0.0; of.width()];
    for (at, amount) in adds {
        sums[at as usize] += amount;
    }
    sums
}

/// Four variables of which no two are correlated alike.
fn observations() -> Vec<(Vec<f64>, f64)> {
    let of = |at: u32| {
        let bit = |shift: u32| f64::from(at >> shift & 1);
        vec![bit(0), f64::midpoint(bit(0), bit(1)), bit(1) * bit(2), 1.0 - bit(0) * bit(3)]
    };
    (0..16).chain(3..9).map(|at| (of(at), 1.0)).collect()
}

#[test]
fn every_pair_has_the_correlation_that_pearson_has() {
    let (of, observations) = (PairwiseCorrelations::of(4), observations());
    let column =
        |at: usize| observations.iter().map(|(values, _)| values[at]).collect::<Vec<f64>>();
    let found = of.correlations(&sums(of, &observations));
    assert_eq!(of.pairs().count(), 6);
    let mut sum = 0.0;
    for ([i, j], found) in of.pairs().zip(&found) {
        let expected = pearson(&column(i), &column(j), 0.95).unwrap().value;
        assert_close(found.unwrap(), expected, 1e-12);
        sum += expected;
    }
    assert_close(mean_correlation(&found).unwrap(), sum / 6.0, 1e-12);
}

#[test]
fn an_observation_of_weight_3_counts_as_three() {
    let of = PairwiseCorrelations::of(4);
    let mut weighted = observations();
    weighted[5].1 = 3.0;
    let mut repeated = observations();
    repeated.extend([repeated[5].clone(), repeated[5].clone()]);
    let [weighted, repeated] = [weighted, repeated].map(|one| of.correlations(&sums(of, &one)));
    for (one, other) in weighted.iter().zip(&repeated) {
        assert_close(one.unwrap(), other.unwrap(), 1e-12);
    }
}

#[test]
fn a_constant_variable_has_no_correlation_and_neither_has_the_mean() {
    let of = PairwiseCorrelations::of(3);
    let rows: Vec<(Vec<f64>, f64)> =
        [0.1, 0.2, 0.7].iter().map(|value| (vec![*value, 1.0 / 3.0, value * 2.0], 0.3)).collect();
    let found = of.correlations(&sums(of, &rows));
    assert_eq!([found[0], found[2]], [Err(StatError::NoVariation); 2]);
    assert_close(found[1].unwrap(), 1.0, 1e-12);
    assert_eq!(mean_correlation(&found), Err(StatError::NoVariation));
    let none = of.correlations(&vec![0.0; of.width()]);
    assert_eq!(none, vec![Err(StatError::Empty); 3]);
    assert_eq!(mean_correlation(&[]), Err(StatError::Empty), "one variable has no pair");
}

#[test]
fn the_effective_number_is_between_1_and_the_number() {
    for (judges, correlation, expected) in [
        (3, 0.0, 3.0),
        (3, 1.0, 1.0),
        (3, 0.5, 1.5),
        (5, 0.25, 2.5),
        // More than all judges cannot be needed.
        (3, -0.25, 3.0),
        (2, -1.0, 2.0),
        (1, 0.7, 1.0),
    ] {
        assert_close(effective_number(judges, correlation).unwrap(), expected, 1e-12);
    }
    for (judges, correlation) in [(0, 0.5), (3, 1.1), (3, -1.1), (3, f64::NAN)] {
        assert_eq!(effective_number(judges, correlation), Err(StatError::OutOfRange));
    }
}
