//! Class metrics of answers, through the whole command.

use serde_json::{Value, json};

use super::{in_tenths, item, metric, number, of_items, row, score, warning};
use crate::stats::cases;

const FLAGS: [&str; 20] = [
    "--metric",
    "accuracy",
    "--metric",
    "precision-micro",
    "--metric",
    "recall-micro",
    "--metric",
    "f1-micro",
    "--metric",
    "precision-macro",
    "--metric",
    "recall-macro",
    "--metric",
    "f1-macro",
    "--metric",
    "precision-weighted",
    "--metric",
    "recall-weighted",
    "--metric",
    "f1-weighted",
];

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The largest recorded cases, some with answers that no reference has.
fn largest() -> Vec<Value> {
    let mut cases = cases("classes");
    cases.sort_by_key(|case| std::cmp::Reverse(case["responses"].as_array().unwrap().len()));
    cases.truncate(3);
    cases
}

/// Two systems: the answers recorded, and the references themselves.
fn of_case(case: &Value) -> Value {
    let (responses, references) = (texts(&case["responses"]), texts(&case["references"]));
    let items: Vec<Value> = responses
        .iter()
        .zip(&references)
        .enumerate()
        .map(|(at, (response, reference))| {
            item(&at.to_string(), &[("judged", response), ("right", reference)], *reference)
        })
        .collect();
    of_items(&items, &FLAGS)
}

#[track_caller]
fn assert_close(found: &Value, expected: &Value, what: &str) {
    let (found, expected) = (number(found), number(expected));
    assert!((found - expected).abs() < 1e-9, "{what}: {found}, expected {expected}");
}

#[test]
fn averages_classes_and_confusions_equal_those_of_scikit_learn() {
    let mut strays = 0;
    for case in largest() {
        let found = of_case(&case);
        let judged = |name: &str| score(metric(&found, name), "judged")["value"].clone();
        assert_close(&judged("accuracy"), &case["accuracy"], "accuracy");
        for (average, scores) in case["averages"].as_object().unwrap() {
            for (at, name) in ["precision", "recall", "f1"].into_iter().enumerate() {
                let name = format!("{name}-{average}");
                assert_close(&judged(&name), &scores[at], &name);
            }
        }
        let labels = texts(&case["labels"]);
        let report = row(&found["classes"], &[("system", "judged")]);
        for (at, class) in labels.iter().enumerate() {
            let found = &report["classes"][at];
            assert_eq!(found["class"], *class);
            for (at_score, name) in ["precision", "recall", "f1"].into_iter().enumerate() {
                assert_close(&found[name], &case["per_class"][at][at_score], class);
            }
        }
        // There the rows are the references and the columns the responses, strays among them.
        let all = texts(&case["confusion_labels"]);
        let recorded = |right: usize, said: usize| case["confusion"][right][said].as_u64().unwrap();
        let place = |class: &str| all.iter().position(|one| *one == class).unwrap();
        let n = case["responses"].as_array().unwrap().len() as u64;
        let mut counted = 0;
        for (at, class) in labels.iter().enumerate() {
            for (at_said, said) in labels.iter().enumerate() {
                let found = report["confusion"][at_said][at].as_u64().unwrap();
                assert_eq!(found, recorded(place(class), place(said)), "{said} for {class}");
                counted += found;
            }
            let elsewhere: u64 = (0..all.len())
                .filter(|said| !labels.contains(&all[*said]))
                .map(|said| recorded(place(class), said))
                .sum();
            assert_eq!(report["elsewhere"][at].as_u64(), Some(elsewhere));
            counted += elsewhere;
            strays += elsewhere;
        }
        assert_eq!(counted, n, "the confusions and what is elsewhere add up");
        let of_classes: u64 =
            (0..labels.len()).map(|at| report["classes"][at]["n"].as_u64().unwrap()).sum();
        assert_eq!(of_classes, n);
        for report in found["metrics"].as_array().unwrap() {
            assert_eq!(score(report, "right")["value"], 1.0, "{}", report["metric"]);
        }
    }
    assert!(strays > 0, "the cases have no answer that is no class");
}

#[test]
fn any_of_several_reference_classes_is_right() {
    let both = json!(["refund", "billing"]);
    let items = [
        item("1", &[("a", "Billing"), ("b", "login")], both),
        item("2", &[("a", "login"), ("b", "login")], "login"),
    ];
    let found = of_items(&items, &["--metric", "accuracy", "--metric", "recall-micro"]);
    for name in ["accuracy", "recall-micro"] {
        assert_eq!(score(metric(&found, name), "a")["value"], 1.0);
        assert_eq!(score(metric(&found, name), "b")["value"], 0.5);
    }
}

#[test]
fn nearly_unique_references_cause_a_warning_about_classes() {
    let classes = |number: usize| {
        let items: Vec<Value> = (0..number)
            .map(|at| item(&at.to_string(), &[("a", "class 0")], format!("class {at}")))
            .collect();
        of_items(&items, &["--metric", "f1-macro", "--metric", "accuracy"])
    };
    let found = classes(201);
    assert!(warning(&found, "too-many-classes").unwrap().contains("exact-match"));
    assert_eq!(found["classes"], json!([]));
    assert_eq!(score(metric(&found, "f1-macro"), "a")["value"], Value::Null);
    assert!((number(&score(metric(&found, "accuracy"), "a")["value"]) - 1.0 / 201.0).abs() < 1e-12);
    let found = classes(200);
    assert_eq!(warning(&found, "too-many-classes"), None);
    assert!(warning(&found, "hardly-classes").unwrap().starts_with("200 different references in"));
    assert_eq!(found["classes"][0]["classes"].as_array().unwrap().len(), 200);
}

#[test]
fn class_metrics_leave_out_items_without_a_reference() {
    let mut items = in_tenths(&[[10, 0], [10, 0]]);
    items[1].as_object_mut().unwrap().remove("reference");
    let found = of_items(&items, &["--metric", "f1-macro", "--metric", "accuracy"]);
    for name in ["f1-macro", "accuracy"] {
        assert_eq!(score(metric(&found, name), "a")["n"], 1, "{name}");
    }
    assert!(warning(&found, "no-reference").unwrap().contains("f1-macro, accuracy"));
}

#[test]
fn responses_outside_the_classes_are_counted_in_a_warning() {
    let items = |unsure: &str| {
        let classes = ["yes", "yes", "no"].into_iter().enumerate();
        let of = |(at, right): (usize, &str)| {
            item(&at.to_string(), &[("a", right), ("b", unsure)], right)
        };
        classes.map(of).collect::<Vec<_>>()
    };
    let found = of_items(&items("unsure"), &["--metric", "f1-macro"]);
    assert!(warning(&found, "outside-classes").unwrap().starts_with("3 of 6 responses name none"));
    let signature = metric(&found, "f1-macro")["signature"].as_str().unwrap();
    assert!(signature.starts_with("labels:references|zero_division:0"), "{signature}");
    let found = of_items(&items("no"), &["--metric", "f1-macro"]);
    assert_eq!(warning(&found, "outside-classes"), None);
}

#[test]
fn the_order_of_classes_does_not_matter() {
    let class = |number: usize| format!("class {}", number % 7);
    let item_of = |at: usize| {
        let said = class(if at.is_multiple_of(3) { at * at } else { at });
        item(&at.to_string(), &[("a", &said), ("b", &class(at * at))], class(at))
    };
    let mut items: Vec<Value> = (0..60).map(item_of).collect();
    let averages = ["macro", "micro", "weighted"].map(|average| format!("f1-{average}"));
    let flags: Vec<&str> = averages.iter().flat_map(|name| ["--metric", name.as_str()]).collect();
    let one = of_items(&items, &flags);
    items.reverse();
    let other = of_items(&items, &flags);
    assert_eq!(one["metrics"], other["metrics"], "to the last bit");
    assert_eq!(one["classes"], other["classes"]);
}
