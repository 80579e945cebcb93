//! Strengths of systems against other programs, and where there are none.

use evenhand::stats::{
    Contest, StatError, StrengthOrder, Strengths, bradley_terry, bradley_terry_with_covariate,
    davidson, win_components,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases, numbers};

fn list(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|number| number as usize).collect()
}

/// The contests of a case, with the prompt of each.
fn contests(input: &Value) -> (Vec<Contest>, Vec<u32>) {
    let (first, second) = (list(&input["i"]), list(&input["j"]));
    let scores = numbers(&input["outcome_for_i"]);
    let pairs = first.into_iter().zip(second).zip(scores);
    let contests: Vec<Contest> = pairs
        .map(|((first, second), score)| Contest { first, second, score, weight: 1.0 })
        .collect();
    let prompts = list(&input["prompt"]).into_iter().map(|prompt| prompt as u32).collect();
    (contests, prompts)
}

fn case(file: &str, name: &str) -> Value {
    cases(file).into_iter().find(|case| case["name"] == name).unwrap()
}

#[track_caller]
fn assert_all_close(found: impl IntoIterator<Item = f64>, expected: &Value) {
    let found: Vec<f64> = found.into_iter().collect();
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.into_iter().zip(expected) {
        assert_close(found, expected, 1e-9);
    }
}

fn each_alone(contests: &[Contest]) -> Vec<u32> {
    (0..contests.len() as u32).collect()
}

#[test]
fn strengths_and_their_errors_are_those_of_statsmodels() {
    for name in ["ties_as_half", "decisive_only"] {
        let case = case("bradley_terry", name);
        let expected = &case["expected"];
        let (contests, prompts) = contests(&case["input"]);
        let alone = bradley_terry(4, &contests, &each_alone(&contests)).unwrap();
        let clustered = bradley_terry(4, &contests, &prompts).unwrap();
        assert_eq!((alone.clusters, clustered.clusters), (contests.len(), 60));
        assert_all_close(alone.values.clone(), &expected["theta_centered"]);
        let errors = |fit: &Strengths| (0..4).map(|at| fit.standard_error(at)).collect::<Vec<_>>();
        assert_all_close(errors(&alone), &expected["se_theta_sandwich_hc0"]);
        assert_all_close(errors(&clustered), &expected["se_theta_cluster_by_prompt"]);
        let of = |key: &str| expected[key].as_f64().unwrap();
        let difference = clustered.difference_error(0, 1);
        assert_close(difference, of("se_theta0_minus_theta1_cluster_by_prompt"), 1e-9);
        let difference = alone.difference_error(0, 1);
        assert_close(difference, of("se_theta0_minus_theta1_sandwich_hc0"), 1e-9);
    }
}

#[test]
fn weighted_counts_give_the_strengths_of_hunters_algorithm() {
    let case = &cases("bt_mm_counts")[0];
    let rows: Vec<Vec<f64>> =
        case["input"]["wins_i_over_j"].as_array().unwrap().iter().map(numbers).collect();
    let mut contests = Vec::new();
    for (first, row) in rows.iter().enumerate() {
        for (second, weight) in row.iter().enumerate().filter(|(_, wins)| **wins > 0.0) {
            contests.push(Contest { first, second, score: 1.0, weight: *weight });
        }
    }
    let fit = bradley_terry(4, &contests, &each_alone(&contests)).unwrap();
    let expected = &case["expected"];
    assert_all_close(fit.values.clone(), &expected["theta_centered"]);
    let order = StrengthOrder::new(4, &contests, None).unwrap();
    assert_eq!(order.ranks(), Some(vec![1, 2, 3, 3]), "the last two are equal");
}

#[test]
fn davidsons_model_is_that_of_evalica_and_torch() {
    let case = case("bt_ties", "davidson");
    let expected = &case["expected"];
    let (contests, _) = contests(&case["input"]);
    let fit = davidson(4, &contests, &each_alone(&contests)).unwrap();
    assert_all_close(fit.values.clone(), &expected["theta_centered"]);
    let of = |key: &str| expected[key].as_f64().unwrap();
    assert_close(fit.coefficient.unwrap(), of("log_nu"), 1e-9);
}

#[test]
fn strengths_at_equal_length_are_those_of_statsmodels() {
    let case = case("length_style_control", "arena_style_control_unregularised");
    let expected = &case["expected"];
    let (contests, _) = contests(&case["input"]);
    let feature = numbers(&expected["feature_standardised"]);
    let fit = bradley_terry_with_covariate(4, &contests, &feature, &each_alone(&contests)).unwrap();
    assert_all_close(fit.values.clone(), &expected["theta_centered"]);
    let of = |key: &str| expected[key].as_f64().unwrap();
    assert_close(fit.coefficient.unwrap(), of("length_coef"), 1e-9);
}

#[test]
fn the_win_rate_at_equal_length_is_that_of_the_unregularised_alpacaeval_model() {
    let case = case("length_style_control", "alpacaeval_minimal_unregularised");
    let (input, expected) = (&case["input"], &case["expected"]);
    let scores = numbers(&input["pref_for_model"]);
    let contests: Vec<Contest> =
        scores.iter().map(|&score| Contest { first: 0, second: 1, score, weight: 1.0 }).collect();
    let feature = numbers(&expected["tanh_feature"]);
    let fit = bradley_terry_with_covariate(2, &contests, &feature, &each_alone(&contests)).unwrap();
    let of = |key: &str| expected[key].as_f64().unwrap();
    let difference = fit.values[0] - fit.values[1];
    assert_close(difference, of("coef_intercept"), 1e-9);
    assert_close(fit.coefficient.unwrap(), of("coef_len"), 1e-9);
    assert_close(1.0 / (1.0 + (-difference).exp()), of("lc_win_rate"), 1e-9);
    assert_close(fit.difference_error(0, 1), of("se_intercept_hc0"), 1e-9);
}

#[test]
fn strengths_are_finite_exactly_if_wins_connect_all_systems_both_ways() {
    let cases = cases("bt_identifiability");
    assert_eq!(cases.len(), 3);
    for case in cases {
        let rows: Vec<Vec<f64>> =
            case["input"]["wins"].as_array().unwrap().iter().map(numbers).collect();
        let k = rows.len();
        let mut contests = Vec::new();
        for (first, row) in rows.iter().enumerate() {
            for (second, weight) in row.iter().enumerate().filter(|(_, wins)| **wins > 0.0) {
                contests.push(Contest { first, second, score: 1.0, weight: *weight });
            }
        }
        let wins: Vec<_> = contests.iter().map(|one| (one.first, one.second)).collect();
        let components: Vec<Vec<usize>> =
            case["expected"]["components"].as_array().unwrap().iter().map(list).collect();
        assert_eq!(win_components(k, &wins).groups, components);
        let fit = bradley_terry(k, &contests, &each_alone(&contests));
        assert_eq!(fit.is_ok(), case["expected"]["finite_mle"].as_bool().unwrap());
    }
}

fn contest(first: usize, second: usize, score: f64) -> Contest {
    Contest { first, second, score, weight: 1.0 }
}

#[test]
fn what_has_no_finite_strength_is_an_error_that_says_why() {
    let fit = |systems, contests: &[Contest]| {
        bradley_terry(systems, contests, &each_alone(contests)).map(|fit| fit.values).unwrap_err()
    };
    let one_way = [contest(0, 1, 1.0), contest(0, 1, 1.0)];
    assert_eq!(fit(2, &[]), StatError::Empty);
    assert_eq!(fit(2, &one_way), StatError::Separated);
    assert_eq!(fit(3, &[contest(0, 1, 0.5)]), StatError::Disconnected);
    assert_eq!(fit(2, &[contest(0, 2, 0.5)]), StatError::OutOfRange);
    assert_eq!(fit(2, &[contest(0, 0, 0.5)]), StatError::OutOfRange);
    assert_eq!(fit(2, &[contest(0, 1, f64::NAN)]), StatError::OutOfRange);
    assert_eq!(fit(2, &[Contest { weight: 0.0, ..contest(0, 1, 0.5) }]), StatError::OutOfRange);
    let mixed = [contest(0, 1, 1.0), contest(0, 1, 0.0)];
    let with = |x: &[f64]| {
        bradley_terry_with_covariate(2, &mixed, x, &[0, 1]).map(|fit| fit.values).unwrap_err()
    };
    assert_eq!(with(&[1.0, 1.0]), StatError::Confounded, "constant for the pair");
    assert_eq!(with(&[0.0, 0.0]), StatError::Confounded);
    let infinite = StatError::InfiniteCoefficient;
    assert_eq!(with(&[1.0, -1.0]), infinite, "the covariate explains every result");
    assert_eq!(with(&[1.0]), StatError::OutOfRange);
    let ties = |contests: &[Contest]| {
        davidson(2, contests, &each_alone(contests)).map(|fit| fit.values).unwrap_err()
    };
    assert_eq!(ties(&mixed), StatError::NoVariation);
    assert_eq!(ties(&[contest(0, 1, 0.5)]), StatError::NoVariation);
    assert_eq!(ties(&[contest(0, 1, 0.3)]), StatError::OutOfRange);
}

#[test]
fn contests_of_very_different_weights_are_fitted() {
    // A chain, each link of which is won with the odds of 10,000 to 1 by weights that differ as much again.
    let systems = 60;
    let mut contests = Vec::new();
    for first in 0..systems - 1 {
        let weight = if first % 2 == 0 { 1e-4 } else { 1.0 };
        for (score, share) in [(1.0, 10_000.0), (0.0, 1.0)] {
            contests.push(Contest { first, second: first + 1, score, weight: weight * share });
        }
    }
    let order = StrengthOrder::new(systems, &contests, None).unwrap();
    let strengths: Vec<f64> = order.strengths.into_iter().map(Option::unwrap).collect();
    for pair in strengths.windows(2) {
        assert_close(pair[0] - pair[1], 10_000.0_f64.ln(), 1e-6);
    }
    assert!(StrengthOrder::new(systems, &contests, Some(&[0.0])).is_err());
}

#[test]
fn the_clusters_of_a_system_are_those_that_it_is_in() {
    let contests = [contest(0, 1, 1.0), contest(0, 1, 0.0), contest(1, 2, 0.5), contest(1, 2, 0.5)];
    let fit = bradley_terry(3, &contests, &[0, 1, 2, 2]).unwrap();
    assert_eq!([fit.clusters_of(0), fit.clusters_of(1), fit.clusters_of(2)], [2, 3, 1]);
    assert_eq!(fit.clusters, 3);
    assert_eq!(Strengths::interval_factor(1, 0.95), Err(StatError::OneCluster));
    assert_eq!(Strengths::p_value(1.0, 0.5, 1), Err(StatError::OneCluster));
    // Student's t with one degree of freedom at 0.975, of any table.
    let factor = Strengths::interval_factor(2, 0.95).unwrap();
    assert_close(factor, 12.706_204_736_432_1 * 2.0_f64.sqrt(), 1e-6);
}

#[test]
fn groups_that_only_win_come_before_those_that_lose_to_them() {
    // 2 and 0 exchange wins, and each beats 1; nothing connects 3.
    let contests = [contest(0, 2, 1.0), contest(2, 0, 1.0), contest(2, 0, 1.0), contest(0, 1, 1.0)];
    let order = StrengthOrder::new(3, &contests, None).unwrap();
    assert_eq!(order.groups, [vec![0, 2], vec![1]]);
    assert_eq!(order.ranks(), Some(vec![2, 3, 1]));
    assert!(order.strengths[1].is_none() && order.strengths[2] > order.strengths[0]);
    let order = StrengthOrder::new(4, &contests, None).unwrap();
    assert_eq!(order.ranks(), None, "the place of the last is not known");
    assert_eq!(order.ranks_within(&[0, 2]), [2, 1]);
    // Both beat 2, and nothing is known between them.
    let order = StrengthOrder::new(3, &[contest(0, 2, 1.0), contest(1, 2, 1.0)], None).unwrap();
    assert_eq!(order.ranks(), None);
}

#[test]
fn a_long_chain_of_wins_is_ordered() {
    let wins: Vec<(usize, usize)> = (0..200_000).map(|at| (at, at + 1)).collect();
    let found = win_components(200_001, &wins);
    assert!(found.is_chain);
    assert_eq!(found.groups.len(), 200_001);
    assert_eq!(found.groups[7], [7]);
}

/// Contests among five systems.
fn any_contests() -> impl Strategy<Value = Vec<Contest>> {
    let score = prop::sample::select(vec![0.0, 0.5, 1.0, 0.3]);
    let one = (0_usize..5, 1_usize..5, score, 1_u8..4).prop_map(|(first, by, score, weight)| {
        Contest { first, second: (first + by) % 5, score, weight: f64::from(weight) }
    });
    prop::collection::vec(one, 1..40)
}

proptest! {
    #[test]
    fn residuals_of_every_system_add_up_to_nothing(contests in any_contests()) {
        let Ok(fit) = bradley_terry(5, &contests, &each_alone(&contests)) else { return Ok(()) };
        let mut sums = [0.0; 5];
        for Contest { first, second, score, weight } in contests {
            let chance = 1.0 / (1.0 + (fit.values[second] - fit.values[first]).exp());
            sums[first] += weight * (score - chance);
            sums[second] -= weight * (score - chance);
        }
        prop_assert!(sums.iter().all(|sum: &f64| sum.abs() < 1e-9), "{sums:?}");
        prop_assert!(fit.values.iter().sum::<f64>().abs() < 1e-9);
        prop_assert!((0..5).all(|at| fit.standard_error(at).is_finite()));
    }

    #[test]
    fn a_fit_from_another_one_is_the_same(contests in any_contests(), others in any_contests()) {
        let Ok(similar) = bradley_terry(5, &others, &each_alone(&others)) else { return Ok(()) };
        let anew = StrengthOrder::new(5, &contests, None).unwrap();
        let from = StrengthOrder::new(5, &contests, Some(&similar.values)).unwrap();
        prop_assert_eq!(anew.ranks(), from.ranks());
        for (one, other) in anew.strengths.iter().zip(&from.strengths) {
            prop_assert_eq!(one.is_some(), other.is_some());
            prop_assert!((one.unwrap_or(0.0) - other.unwrap_or(0.0)).abs() < 1e-6);
        }
    }

    #[test]
    fn an_order_has_the_strengths_of_the_fit(contests in any_contests()) {
        let Ok(fit) = bradley_terry(5, &contests, &each_alone(&contests)) else { return Ok(()) };
        let order = StrengthOrder::new(5, &contests, None).unwrap();
        for (one, other) in order.strengths.iter().zip(&fit.values) {
            prop_assert!((one.unwrap() - other).abs() < 1e-7, "{one:?} {other}");
        }
    }

    #[test]
    fn groups_of_wins_partition_the_systems_and_no_loser_comes_first(contests in any_contests()) {
        let wins: Vec<_> = contests.iter().map(|one| (one.first, one.second)).collect();
        let groups = win_components(5, &wins).groups;
        let mut all = groups.concat();
        all.sort_unstable();
        prop_assert_eq!(all, [0, 1, 2, 3, 4]);
        let place = |system| groups.iter().position(|group| group.contains(&system)).unwrap();
        for (winner, loser) in wins {
            prop_assert!(place(winner) <= place(loser));
        }
    }
}
