//! Strengths with clustered errors against statsmodels, and how many clusters they are known from.

use evenhand::stats::{
    Contest, StatError, Strengths, bradley_terry, bradley_terry_with_covariate, davidson, holm,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases, numbers};

/// A case of the oracle.
struct Case {
    systems: usize,
    contests: Vec<Contest>,
    items: Vec<u32>,
    /// 1 where the first system was shown first, else −1.
    shown: Vec<f64>,
    expected: Value,
}

fn all() -> Vec<Case> {
    let read = |case: Value| {
        let rows = case["input"]["contests"].as_array().unwrap().iter().map(numbers);
        let mut found = Case {
            systems: case["input"]["systems"].as_u64().unwrap() as usize,
            contests: Vec::new(),
            items: Vec::new(),
            shown: Vec::new(),
            expected: case["expected"].clone(),
        };
        for row in rows {
            let [item, first, second, score, shown] = row[..] else { panic!("{row:?}") };
            let (first, second) = (first as usize, second as usize);
            found.contests.push(Contest { first, second, score, weight: 1.0 });
            found.items.push(item as u32);
            found.shown.push(shown);
        }
        found
    };
    cases("ranking_clustered").into_iter().map(read).collect()
}

#[track_caller]
fn assert_fit(fit: &Strengths, expected: &Value) {
    let (strengths, errors) = (numbers(&expected["strengths"]), numbers(&expected["errors"]));
    assert_eq!(fit.values.len(), strengths.len());
    for (at, (strength, error)) in strengths.into_iter().zip(errors).enumerate() {
        assert_close(fit.values[at], strength, 1e-9);
        assert_close(fit.standard_error(at), error, 1e-9);
    }
    if let Some(coefficient) = fit.coefficient {
        assert_close(coefficient, expected["coefficient"].as_f64().unwrap(), 1e-9);
        let error = fit.coefficient_error().unwrap();
        assert_close(error, expected["coefficient_error"].as_f64().unwrap(), 1e-9);
    }
}

#[test]
fn the_errors_of_all_models_are_those_of_statsmodels_clustered_by_item() {
    let mut with_ties = 0;
    for Case { systems, contests, items, shown, expected } in all() {
        assert_fit(&bradley_terry(systems, &contests, &items).unwrap(), &expected["plain"]);
        let order = bradley_terry_with_covariate(systems, &contests, &shown, &items).unwrap();
        assert!(order.coefficient.is_some());
        assert_fit(&order, &expected["order"]);
        match davidson(systems, &contests, &items) {
            Ok(ties) => {
                with_ties += 1;
                assert_fit(&ties, &expected["davidson"]);
            }
            Err(reason) => {
                assert_eq!(reason, StatError::NoVariation);
                assert!(expected["davidson"].is_null());
            }
        }
    }
    assert_eq!(with_ties, 3);
}

#[test]
fn differences_count_the_items_that_join_both_and_are_adjusted_as_statsmodels_does() {
    let mut without = 0;
    for Case { systems, contests, items, expected, .. } in all() {
        let fit = bradley_terry(systems, &contests, &items).unwrap();
        let pairs = expected["differences"].as_array().unwrap();
        assert_eq!(pairs.len(), systems * (systems - 1) / 2);
        let (mut found, mut adjusted) = (Vec::new(), Vec::new());
        for pair in pairs {
            let systems = numbers(&pair["systems"]);
            let (one, other) = (systems[0] as usize, systems[1] as usize);
            let clusters = fit.clusters_between(one, other);
            assert_eq!(clusters as u64, pair["items"].as_u64().unwrap(), "{pair}");
            assert_eq!(clusters, fit.clusters_between(other, one));
            let difference = fit.values[one] - fit.values[other];
            assert_close(difference, pair["difference"].as_f64().unwrap(), 1e-9);
            let p = Strengths::p_value(difference, fit.difference_error(one, other), clusters);
            if let Some(expected) = pair["p_value"].as_f64() {
                assert_close(p.unwrap(), expected, 1e-9);
                found.push(expected);
                adjusted.push(pair["p_adjusted"].as_f64().unwrap());
            } else {
                assert_eq!(p, Err(StatError::OneCluster));
                without += 1;
            }
        }
        for (found, expected) in holm(&found).unwrap().into_iter().zip(adjusted) {
            assert_close(found, expected, 1e-12);
        }
    }
    assert_eq!(without, 9, "pairs of two groups that one item joins");
}

/// A tie of two systems.
fn tie(first: usize, second: usize) -> Contest {
    Contest { first, second, score: 0.5, weight: 1.0 }
}

#[test]
fn the_part_that_the_fewest_clusters_join_is_the_smaller_one() {
    let mut contests = Vec::new();
    let mut clusters = Vec::new();
    for cluster in 0..40 {
        contests.extend([tie(0, 1), tie(1, 2), tie(3, 4)]);
        clusters.extend([cluster; 3]);
    }
    contests.extend([tie(0, 3), tie(2, 4)]);
    clusters.extend([40, 40]);
    let fit = bradley_terry(5, &contests, &clusters).unwrap();
    let link = fit.weakest_link().unwrap();
    assert_eq!((link.clusters, &link.systems[..]), (1, &[3, 4][..]));
    let known = (0..5).map(|system| fit.clusters_of(system)).collect::<Vec<_>>();
    assert_eq!(known, [41, 40, 41, 1, 1], "the greater part is about where the average is");
    assert_eq!([fit.clusters_between(0, 2), fit.clusters_between(2, 3)], [41, 1]);
    let fit = bradley_terry(3, &contests[..2], &clusters[..2]).unwrap();
    assert!(fit.weakest_link().is_none(), "a single system is no part of several");
}

/// Clusters, each of which connects some of six systems.
fn any_clusters() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let some = prop::sample::subsequence((0..6).collect::<Vec<usize>>(), 2..5);
    prop::collection::vec(some.prop_shuffle(), 3..25)
}

proptest! {
    #[test]
    fn no_division_of_two_systems_is_crossed_by_fewer_clusters(all in any_clusters()) {
        let (mut contests, mut clusters) = (Vec::new(), Vec::new());
        for (cluster, systems) in all.iter().enumerate() {
            for pair in systems.windows(2) {
                contests.push(tie(pair[0], pair[1]));
                clusters.push(cluster as u32);
            }
        }
        let Ok(fit) = bradley_terry(6, &contests, &clusters) else { return Ok(()) };
        let crossing = |part: u32| {
            let is_inside = |system: &usize| part >> system & 1 == 1;
            let crosses = |systems: &&Vec<usize>| {
                systems.iter().any(is_inside) && !systems.iter().all(is_inside)
            };
            all.iter().filter(crosses).count()
        };
        for one in 0..6 {
            for other in 0..one {
                let divides = |part: &u32| part >> one & 1 != part >> other & 1;
                let fewest = (1..63).filter(divides).map(crossing).min().unwrap();
                prop_assert_eq!(fit.clusters_between(one, other), fewest);
            }
            let small = |part: &u32| part.count_ones() <= 3 && part >> one & 1 == 1;
            let fewest = (1..63).filter(small).map(crossing).min().unwrap();
            prop_assert!(fit.clusters_of(one) >= fewest);
        }
    }
}
