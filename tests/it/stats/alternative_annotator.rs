//! The alternative annotator test.

use std::collections::BTreeMap;

use evenhand::stats::{
    AlternativeAnnotator, AlternativeAnnotatorSettings, StatError, alternative_annotator_curve,
    alternative_annotator_test,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases};

type Labels = Vec<Vec<Option<usize>>>;

struct Case {
    names: Vec<String>,
    humans: Labels,
    judge: Labels,
    settings: AlternativeAnnotatorSettings,
}

fn case(input: &Value) -> Case {
    let by_item = |value: &Value| -> BTreeMap<usize, usize> {
        value
            .as_object()
            .unwrap()
            .iter()
            .map(|(item, label)| (item.parse().unwrap(), label.as_u64().unwrap() as usize))
            .collect()
    };
    let judge = by_item(&input["llm"]);
    let humans = input["humans"].as_object().unwrap();
    let row = |value: &Value| {
        let labels = by_item(value);
        (0..judge.len()).map(|item| labels.get(&item).copied()).collect()
    };
    let size = |key: &str| input[key].as_u64().unwrap() as usize;
    Case {
        names: humans.keys().cloned().collect(),
        humans: humans.values().map(row).collect(),
        judge: (0..judge.len()).map(|item| vec![Some(judge[&item])]).collect(),
        settings: AlternativeAnnotatorSettings {
            epsilon: input["epsilon"].as_f64().unwrap(),
            false_discovery_rate: input["q_fdr"].as_f64().unwrap(),
            minimum_humans_per_item: size("min_humans_per_instance"),
            minimum_items_per_annotator: size("min_instances_per_human"),
        },
    }
}

fn assert_result(found: &AlternativeAnnotator, names: &[String], expected: &Value) {
    assert_close(found.winning_rate, expected["winning_rate"].as_f64().unwrap(), 1e-9);
    let advantage = expected["avg_advantage_prob"].as_f64().unwrap();
    assert_close(found.advantage_probability, advantage, 1e-9);
    assert_eq!(found.passes(), expected["passes"].as_bool().unwrap());
    assert_eq!(found.annotators.len(), 4);
    for one in &found.annotators {
        let of_one = |key: &str| &expected[key][&names[one.annotator]];
        assert_close(one.p_value.unwrap(), of_one("p_values").as_f64().unwrap(), 1e-9);
        assert_close(one.judge_wins, of_one("rho_f").as_f64().unwrap(), 1e-9);
        assert_close(one.human_wins, of_one("rho_h").as_f64().unwrap(), 1e-9);
        assert_eq!(one.rejected, of_one("rejected").as_bool().unwrap());
    }
}

#[test]
fn the_alternative_annotator_test_equals_that_of_its_authors() {
    let cases = cases("alt_test");
    assert_eq!(cases.len(), 6);
    for golden in cases {
        let Case { names, humans, judge, settings } = case(&golden["input"]);
        let found = alternative_annotator_test(&humans, &judge, &settings).unwrap();
        assert_result(&found, &names, &golden["expected"]);
        let curve =
            alternative_annotator_curve(&humans, &judge, &settings, &[1.0, settings.epsilon]);
        assert_eq!(curve.unwrap()[1], found);
    }
}

fn one_epsilon(epsilon: f64) -> AlternativeAnnotatorSettings {
    AlternativeAnnotatorSettings {
        epsilon,
        minimum_items_per_annotator: 5,
        ..AlternativeAnnotatorSettings::default()
    }
}

#[test]
fn differences_without_spread_have_p_values_of_zero_one_or_none() {
    let humans: Labels = vec![vec![Some(1); 6], vec![Some(1); 6]];
    let right: Labels = vec![vec![Some(1)]; 6];
    let wrong: Labels = vec![vec![Some(0)]; 6];
    let p_value = |judge: &Labels, epsilon: f64| {
        let found = alternative_annotator_test(&humans, judge, &one_epsilon(epsilon)).unwrap();
        (found.annotators[0].p_value, found.winning_rate)
    };
    assert_eq!(p_value(&right, 0.2), (Some(0.0), 1.0));
    assert_eq!(p_value(&right, 0.0), (None, 0.0));
    assert_eq!(p_value(&wrong, 0.2), (Some(1.0), 0.0));
    assert_eq!(p_value(&wrong, 1.0), (None, 0.0));
}

#[test]
fn annotators_with_few_items_are_listed_as_skipped() {
    let mut humans: Labels = vec![vec![Some(1); 6]; 3];
    humans[1][3] = None;
    humans[1][4] = None;
    let judge: Labels = vec![vec![Some(1)]; 6];
    let found = alternative_annotator_test(&humans, &judge, &one_epsilon(0.1)).unwrap();
    assert_eq!(found.skipped, [1]);
    let compared: Vec<usize> = found.annotators.iter().map(|one| one.annotator).collect();
    assert_eq!(compared, [0, 2]);
}

#[test]
fn items_with_few_labels_or_without_the_judge_are_not_compared() {
    let mut humans: Labels = vec![vec![Some(1); 10]; 3];
    humans[1][0] = None;
    humans[2][0] = None;
    humans[2][1] = None;
    let mut judge: Labels = vec![vec![Some(1)]; 10];
    judge[9].clear();
    let counts = |minimum_humans_per_item: usize| {
        let settings = AlternativeAnnotatorSettings { minimum_humans_per_item, ..one_epsilon(0.1) };
        let found = alternative_annotator_test(&humans, &judge, &settings).unwrap();
        found.annotators.iter().map(|one| one.n).collect::<Vec<_>>()
    };
    assert_eq!(counts(0), [8, 8, 7]);
    assert_eq!(counts(2), [8, 8, 7]);
    assert_eq!(counts(3), [7, 7, 7]);
}

#[test]
fn several_replies_of_a_judge_are_averaged() {
    let humans: Labels = vec![vec![Some(1); 8], vec![Some(1); 8]];
    let wins = |replies: &[Option<usize>]| {
        let judge = vec![replies.to_vec(); 8];
        let found = alternative_annotator_test(&humans, &judge, &one_epsilon(0.1)).unwrap();
        (found.annotators[0].judge_wins, found.annotators[0].human_wins)
    };
    assert_eq!(wins(&[Some(1), Some(1), Some(1)]), (1.0, 1.0));
    assert_eq!(wins(&[Some(1), Some(0)]), (0.0, 1.0));
    assert_eq!(wins(&[Some(1), None]), (0.0, 1.0));
}

#[test]
fn the_alternative_annotator_test_needs_annotators_items_and_settings_in_range() {
    let humans: Labels = vec![vec![Some(1); 6]; 2];
    let judge: Labels = vec![vec![Some(1)]; 6];
    let error = |humans: &Labels, judge: &Labels, settings: &AlternativeAnnotatorSettings| {
        alternative_annotator_test(humans, judge, settings).unwrap_err()
    };
    let settings = one_epsilon(0.1);
    assert_eq!(error(&vec![], &judge, &settings), StatError::Empty);
    assert_eq!(error(&humans, &vec![], &settings), StatError::Empty);
    assert_eq!(error(&humans, &judge[1..].to_vec(), &settings), StatError::OutOfRange);
    assert_eq!(error(&humans, &judge, &one_epsilon(-0.1)), StatError::OutOfRange);
    assert_eq!(error(&humans, &judge, &one_epsilon(f64::NAN)), StatError::OutOfRange);
    let level = AlternativeAnnotatorSettings { false_discovery_rate: 0.0, ..settings };
    assert_eq!(error(&humans, &judge, &level), StatError::OutOfRange);
    let default = AlternativeAnnotatorSettings::default();
    assert_eq!(error(&humans, &judge, &default), StatError::TooFew);
}

proptest! {
    #[test]
    fn a_larger_epsilon_never_lowers_the_winning_rate(
        labels in prop::collection::vec((0_usize..2, 0_usize..2, 0_usize..2, 0_usize..2), 5..40),
    ) {
        let humans: Labels = vec![
            labels.iter().map(|row| Some(row.0)).collect(),
            labels.iter().map(|row| Some(row.1)).collect(),
            labels.iter().map(|row| Some(row.2)).collect(),
        ];
        let judge: Labels = labels.iter().map(|row| vec![Some(row.3)]).collect();
        let epsilons = [0.0, 0.05, 0.1, 0.2, 0.3, 0.6];
        let curve = alternative_annotator_curve(&humans, &judge, &one_epsilon(0.0), &epsilons);
        let curve = curve.unwrap();
        prop_assert_eq!(curve.len(), epsilons.len());
        for pair in curve.windows(2) {
            prop_assert!(pair[0].winning_rate <= pair[1].winning_rate);
            let same = pair[0].advantage_probability - pair[1].advantage_probability;
            prop_assert!(same.abs() <= 0.0);
        }
    }
}
