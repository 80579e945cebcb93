//! Draws with unequal probabilities: each unit as often as stated, exactly as many as asked for.

use evenhand::stats::{StatError, inclusion_probabilities, systematic_draw};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

use crate::stats::assert_close;

/// How many starts are tried, evenly over all that there are.
const STARTS: usize = 20_000;

fn sizes(n: usize, seed: u64) -> Vec<f64> {
    let mut random = Pcg64::seed_from_u64(seed);
    (0..n).map(|_| random.random_range(0.05_f64..1.0).powi(3)).collect()
}

#[test]
fn every_unit_is_drawn_with_exactly_its_probability() {
    for (units, n, floor) in [(7, 3, 0.0), (40, 11, 0.1), (100, 60, 0.1), (25, 1, 0.0)] {
        let probabilities = inclusion_probabilities(&sizes(units, 5), n, floor).unwrap();
        let mut times = vec![0_u32; units];
        for start in 0..STARTS {
            let start = (start as f64 + 0.5) / STARTS as f64;
            let drawn = systematic_draw(&probabilities, start).unwrap();
            assert_eq!(drawn.len(), n, "of {units}");
            assert!(drawn.windows(2).all(|two| two[0] < two[1]), "none comes twice");
            for at in &drawn {
                times[*at] += 1;
            }
        }
        for (times, probability) in times.into_iter().zip(probabilities) {
            // The starts that draw a unit are an interval, or two: its ends fall between two starts that are tried.
            assert_close(f64::from(times) / STARTS as f64, probability, 2.0 / STARTS as f64);
        }
    }
}

#[test]
fn probabilities_are_in_proportion_to_sizes_but_for_those_that_are_certain() {
    let sizes = [1.0, 2.0, 3.0, 4.0, 90.0, 100.0];
    let found = inclusion_probabilities(&sizes, 3, 0.0).unwrap();
    for (found, expected) in found.into_iter().zip([0.1, 0.2, 0.3, 0.4, 1.0, 1.0]) {
        assert_close(found, expected, 1e-12);
    }
    // A tenth of the draw is equal: one of ten units has at least 0.1·5/10.
    let mut sizes = vec![0.0; 5];
    sizes.extend([1.0; 5]);
    let found = inclusion_probabilities(&sizes, 5, 0.1).unwrap();
    let expected = [[0.05; 5], [0.95; 5]].concat();
    for (found, expected) in found.into_iter().zip(expected) {
        assert_close(found, expected, 1e-12);
    }
    assert_eq!(inclusion_probabilities(&[0.5, 0.1], 2, 0.1), Ok(vec![1.0; 2]));
    assert_eq!(inclusion_probabilities(&[], 2, 0.1), Ok(Vec::new()));
}

#[test]
fn in_the_order_of_their_probabilities_the_drawn_units_stand_for_all_within_the_range_of_their_weights()
 {
    let mut sizes = sizes(300, 8);
    sizes.sort_by(f64::total_cmp);
    let probabilities = inclusion_probabilities(&sizes, 40, 0.1).unwrap();
    let weights = || probabilities.iter().map(|one| 1.0 / one);
    let range = weights().fold(0.0, f64::max) - weights().fold(f64::MAX, f64::min);
    for start in 0..200 {
        let drawn = systematic_draw(&probabilities, f64::from(start) / 200.0).unwrap();
        let stands_for: f64 = drawn.iter().map(|at| 1.0 / probabilities[*at]).sum();
        assert!((stands_for - 300.0).abs() <= range, "{stands_for} ± {range}");
    }
}

#[test]
fn what_is_no_size_probability_or_start_is_refused() {
    let refused = Err(StatError::OutOfRange);
    for sizes in [[1.0, -1.0], [1.0, f64::NAN], [1.0, f64::INFINITY], [0.0, 0.0]] {
        assert_eq!(inclusion_probabilities(&sizes, 1, 0.1), refused, "{sizes:?}");
    }
    assert_eq!(inclusion_probabilities(&[1.0, 1.0], 1, 1.5), refused);
    assert_eq!(inclusion_probabilities(&[0.0, 0.0, 1.0], 2, 0.0), refused);
    let refused = Err(StatError::OutOfRange);
    assert_eq!(systematic_draw(&[0.5, 1.5], 0.1), refused);
    assert_eq!(systematic_draw(&[0.5, 0.5], 1.0), refused);
    assert_eq!(systematic_draw(&[0.5, 0.5], f64::NAN), refused);
}
