//! Bets on a mean: against confseq (`tests/golden/confidence_sequences.json`), and the rate of errors of an interval that
//! is looked at after every observation.

use evenhand::stats::{
    StatError, beta_binomial_evidence, beta_binomial_interval, betting_interval,
    empirical_bernstein_interval, hedged_capital, one_sided_capital, predictable_bets,
};
use rand::{RngExt as _, SeedableRng as _};

use super::{assert_close, cases, golden, numbers};

const ALPHA: f64 = 0.05;

#[test]
fn the_capital_and_its_interval_are_those_of_confseq() {
    let cases = cases("confidence_sequences");
    assert_eq!(cases.len(), 2);
    for case in &cases {
        let (x, expected) = (numbers(&case["input"]["x"]), &case["expected"]);
        for (at, time) in numbers(&expected["times"]).into_iter().enumerate() {
            let seen = &x[..time as usize];
            for mean in [0.4, 0.5, 0.6] {
                let capital = expected[format!("hedged_capital_m{mean}")][at].as_f64().unwrap();
                let found = hedged_capital(seen, mean, ALPHA).unwrap();
                assert_close(found / capital, 1.0, 1e-12);
            }
            let reference = numbers(&expected["predmix_empbern"][at]);
            let found = empirical_bernstein_interval(seen, ALPHA).unwrap();
            assert_close(found.low, reference[0], 1e-9);
            assert_close(found.high, reference[1], 1e-9);
            // The reference is a grid of steps of 1/1000, cut just outside of the last points that are inside.
            let grid = numbers(&expected["betting_cs_grid1000"][at]);
            let found = betting_interval(seen, ALPHA).unwrap();
            assert!(found.low >= grid[0] && found.low < grid[0] + 1.001e-3, "{found:?}, {grid:?}");
            assert!(
                found.high <= grid[1] && found.high > grid[1] - 1.001e-3,
                "{found:?}, {grid:?}"
            );
        }
    }
}

#[test]
fn the_first_time_that_one_half_is_excluded_is_that_of_confseq() {
    for case in cases("confidence_sequences") {
        let x = numbers(&case["input"]["x"]);
        let first = (1..=x.len()).find(|n| hedged_capital(&x[..*n], 0.5, ALPHA).unwrap() >= 20.0);
        let expected = case["expected"]["first_t_reject_half_hedged"].as_u64();
        assert_eq!(first.map(|n| n as u64), expected);
    }
}

#[test]
fn the_mixture_over_all_shares_agrees_with_the_reference() {
    let case = &cases("confidence_sequences")[0];
    let (x, expected) = (numbers(&case["input"]["x"]), &case["expected"]);
    for (at, time) in numbers(&expected["times"]).into_iter().enumerate() {
        let n = time as u64;
        let won = x[..time as usize].iter().sum::<f64>() as u64;
        let evidence = beta_binomial_evidence(won, n, 0.5).unwrap();
        assert_close(evidence, expected["beta_binomial_log_e_m0.5"][at].as_f64().unwrap(), 1e-9);
        let interval = beta_binomial_interval(won, n, ALPHA).unwrap();
        let reference = numbers(&expected["beta_binomial_mixture_uniform"][at]);
        assert_close(interval.low, reference[0], 1e-9);
        assert_close(interval.high, reference[1], 1e-9);
    }
    let first = (1..=x.len()).find(|n| {
        let won = x[..*n].iter().sum::<f64>() as u64;
        beta_binomial_evidence(won, *n as u64, 0.5).unwrap() >= 20_f64.ln()
    });
    assert_eq!(first.map(|n| n as u64), expected["first_t_reject_half_betabinom"].as_u64());
}

#[test]
fn a_one_sided_bet_that_began_before_the_change_never_sees_it() {
    let drift = golden("drift");
    let case = drift["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["name"] == "one_sided_eprocess_and_edetectors");
    let (input, expected) = (&case.unwrap()["input"], &case.unwrap()["expected"]);
    let (x, m0) = (numbers(&input["x"]), input["m0"].as_f64().unwrap());
    let bets = predictable_bets(&x, ALPHA).unwrap();
    for (bet, expected) in bets.iter().zip(numbers(&expected["lambda_predmix_trunc"])) {
        assert_close(bet.min(0.5 / m0), expected, 1e-9);
    }
    let capital = one_sided_capital(&x, m0, ALPHA).unwrap();
    for (capital, expected) in capital.iter().zip(numbers(&expected["e_process"])) {
        assert_close(*capital, expected, 1e-9);
    }
    assert!(expected["first_e_ge_20"].is_null() && capital.iter().all(|capital| *capital < 20.0));
}

#[test]
fn an_interval_that_is_looked_at_after_every_observation_rarely_misses_the_mean() {
    let mut random = rand::rngs::StdRng::seed_from_u64(11);
    let runs = 400;
    let misses = (0..runs)
        .filter(|_| {
            let x: Vec<f64> =
                (0..200).map(|_| f64::from(u8::from(random.random_bool(0.7)))).collect();
            (1..=x.len()).any(|n| hedged_capital(&x[..n], 0.7, ALPHA).unwrap() >= 1.0 / ALPHA)
        })
        .count();
    // 20 expected at most; 400 · 0.05 + 3 standard deviations.
    assert!(misses <= 33, "{misses} of {runs}");
}

#[test]
fn what_cannot_be_bet_on_is_an_error() {
    assert_eq!(betting_interval(&[], ALPHA), Err(StatError::Empty));
    assert_eq!(betting_interval(&[1.5], ALPHA), Err(StatError::OutOfRange));
    assert_eq!(betting_interval(&[0.5], 0.0), Err(StatError::OutOfRange));
    assert_eq!(beta_binomial_interval(0, 0, ALPHA), Err(StatError::Empty));
    assert_eq!(beta_binomial_interval(2, 1, ALPHA), Err(StatError::OutOfRange));
    assert_eq!(one_sided_capital(&[0.5], 1.0, ALPHA), Err(StatError::OutOfRange));
    let certain = beta_binomial_interval(0, 10, ALPHA).unwrap();
    assert!(certain.low <= 0.0 && certain.high < 1.0);
    let one = betting_interval(&[0.5], ALPHA).unwrap();
    assert!(one.low <= 0.0 && one.high >= 1.0, "{one:?}");
}
