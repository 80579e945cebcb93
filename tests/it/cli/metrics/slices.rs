//! Slices by tag.

use serde_json::{Value, json};

use super::ranking::holm;
use super::{in_tenths, metric, metrics, number, of_items, row, warning, with_items};

const ROUGE: [&str; 2] = ["--metric", "rouge-1"];

/// Thirty items, tagged: three topics that tell the systems apart more or less, and a tag of one value.
fn tagged() -> Vec<Value> {
    let topics = ["billing", "login", "other"];
    let right: Vec<[usize; 2]> = (0..30)
        .map(|at| match at % 3 {
            0 => [9 - at % 2, 2 + at % 3],
            1 => [5 + at % 4, 4 + at % 5],
            _ => [3 + at % 4, 6 - at % 4],
        })
        .collect();
    let mut items = in_tenths(&right);
    for (at, item) in items.iter_mut().enumerate() {
        item["tags"] = json!({"topic": topics[at % 3], "channel": "email"});
    }
    // An item without the tag is in no slice of it.
    items[29]["tags"] = json!({"channel": "email"});
    items
}

#[test]
fn a_slice_has_the_scores_of_its_items_only() {
    let items = tagged();
    let found = of_items(&items, &[&ROUGE[..], &["--metric", "ter"]].concat());
    let slices = found["slices"].as_array().unwrap();
    let named: Vec<String> = slices
        .iter()
        .map(|slice| {
            format!("{} {} {}", slice["metric"], slice["tag"], slice["value"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        named,
        [
            "rouge-1 topic billing",
            "rouge-1 topic login",
            "rouge-1 topic other",
            "ter topic billing",
            "ter topic login",
            "ter topic other",
        ]
    );
    for topic in ["billing", "login", "other"] {
        let of_topic = |item: &&Value| item["tags"]["topic"] == topic;
        let alone: Vec<Value> = items.iter().filter(of_topic).cloned().collect();
        assert_eq!(alone.len(), if topic == "other" { 9 } else { 10 });
        let alone = of_items(&alone, &[&ROUGE[..], &["--metric", "ter"]].concat());
        for name in ["rouge-1", "ter"] {
            let keys = [("tag", "topic"), ("value", topic), ("metric", name)];
            let (slice, alone) = (row(&found["slices"], &keys), metric(&alone, name));
            assert_eq!(slice["systems"], alone["systems"]);
            for key in ["between", "difference", "p_value"] {
                assert_eq!(slice["pairs"][0][key], alone["pairs"][0][key], "{topic} {name}");
            }
        }
    }
}

#[test]
fn p_values_of_slices_are_adjusted_over_all_slices_of_a_metric() {
    let found = of_items(&tagged(), &ROUGE);
    let pairs: Vec<&Value> =
        found["slices"].as_array().unwrap().iter().map(|slice| &slice["pairs"][0]).collect();
    let p_values: Vec<f64> = pairs.iter().map(|pair| number(&pair["p_value"])).collect();
    let expected = holm(&p_values);
    assert!(p_values.iter().zip(&expected).any(|(p, adjusted)| adjusted > p));
    for (pair, expected) in pairs.iter().zip(expected) {
        let adjusted = number(&pair["p_adjusted"]);
        assert!((adjusted - expected).abs() < 1e-12, "{adjusted}, expected {expected}");
    }
}

#[test]
fn a_tag_with_more_than_fifty_values_makes_no_slices_and_a_warning() {
    let with_values = |values: usize| {
        let mut items = in_tenths(&[[9, 2]; 60]);
        for (at, item) in items.iter_mut().enumerate() {
            item["tags"] = json!({"customer": format!("c-{}", at % values), "half": if at < 30 { "one" } else { "two" }});
        }
        of_items(&items, &ROUGE)
    };
    let tags = |found: &Value, tag: &str| {
        found["slices"].as_array().unwrap().iter().filter(|slice| slice["tag"] == tag).count()
    };
    let found = with_values(51);
    assert_eq!([tags(&found, "customer"), tags(&found, "half")], [0, 2]);
    assert!(warning(&found, "tag-too-fine").unwrap().contains("`customer`"));
    let found = with_values(50);
    assert_eq!([tags(&found, "customer"), tags(&found, "half")], [50, 2]);
    assert_eq!(warning(&found, "tag-too-fine"), None);
}

#[test]
fn slices_are_listed_for_few_metrics_only() {
    let folder = with_items(&tagged());
    let page = metrics(&folder, &ROUGE).expect(0).stdout;
    for topic in ["topic=billing", "topic=login", "topic=other"] {
        assert!(page.contains(topic), "{page}");
    }
    assert!(!page.contains("channel="), "{page}");
    let many = ["rouge-1", "rouge-2", "rouge-l", "chrf"].map(|name| ["--metric", name]).concat();
    let page = metrics(&folder, &many).expect(0).stdout;
    assert!(page.contains("slices by topic: use --format json"), "{page}");
}

#[test]
fn too_many_slices_cause_a_warning() {
    let with_tags = |tags: usize| {
        let mut items = in_tenths(&[[9], [8], [4], [3]]);
        for (at, item) in items.iter_mut().enumerate() {
            let value = format!("{}", at % 2);
            item["tags"] = (0..tags).map(|tag| (format!("tag-{tag}"), value.clone())).collect();
        }
        of_items(&items, &ROUGE)
    };
    let found = with_tags(101);
    // The last two tags have room for one value only, which is no slice.
    assert_eq!(found["slices"].as_array().unwrap().len(), 198);
    assert!(warning(&found, "too-many-slices").is_some(), "{}", found["warnings"]);
    assert_eq!(warning(&with_tags(100), "too-many-slices"), None);
}

#[test]
fn a_slice_that_was_left_out_is_not_added_later() {
    let mut items = in_tenths(&[[9, 2]; 60]);
    for (at, item) in items.iter_mut().enumerate() {
        // Four tags take all the room until their fifty-first values show that they make no slices.
        item["tags"] = (0..4).map(|tag| (format!("value-{tag}"), json!(at.to_string()))).collect();
        item["tags"]["language"] = json!(if at < 50 { "none" } else { "en" });
        if at < 50 {
            item["tags"].as_object_mut().unwrap().remove("language");
        }
    }
    items[55]["tags"]["language"] = json!("de");
    let found = of_items(&items, &ROUGE);
    assert!(warning(&found, "too-many-slices").is_some(), "{}", found["warnings"]);
    assert_eq!(found["slices"], json!([]), "without its first items a slice has other numbers");
}

#[test]
fn slices_with_object_references_are_reported() {
    let items = ["1", "2", "3", "4"].map(|id| {
        let mut item = super::item(id, &[("a", "{\"x\": 1}"), ("b", "{}")], json!({"x": 1}));
        item["tags"] = json!({"half": if id < "3" { "first" } else { "second" }});
        item
    });
    let folder = with_items(&items);
    for format in ["table", "markdown"] {
        let page = metrics(&folder, &["--format", format]).expect(0).stdout;
        assert!(page.contains("half=first") && page.contains("half=second"), "{page}");
    }
}

#[test]
fn too_many_p_values_to_be_small_cause_a_warning() {
    let mut items = in_tenths(&[[9, 8, 7, 6, 5, 4]; 45 * 6]);
    for (at, item) in items.iter_mut().enumerate() {
        let tags = (0..4).map(|tag| (format!("tag-{tag}"), json!((at % 45).to_string())));
        item["tags"] = tags.collect();
    }
    let found = of_items(&items, &ROUGE);
    let told = warning(&found, "coarse-p-values").unwrap();
    assert!(told.starts_with("there are 2700 pairs in slices"), "{told}");
}

#[test]
fn slices_too_small_to_test_do_not_affect_the_others() {
    let with_fine_tag = |fine: bool| {
        let mut items = tagged();
        for (at, item) in items.iter_mut().enumerate() {
            if fine {
                item["tags"]["number"] = json!(at.to_string());
            }
        }
        of_items(&items, &ROUGE)
    };
    let (without, with) = (with_fine_tag(false), with_fine_tag(true));
    for slice in with["slices"].as_array().unwrap() {
        let of_tag =
            [("tag", slice["tag"].as_str().unwrap()), ("value", slice["value"].as_str().unwrap())];
        let adjusted = &slice["pairs"][0]["p_adjusted"];
        if slice["tag"] == "topic" {
            assert_eq!(adjusted, &row(&without["slices"], &of_tag)["pairs"][0]["p_adjusted"]);
        } else {
            assert_eq!([&slice["pairs"][0]["p_value"], adjusted], [&json!(1.0), &Value::Null]);
        }
    }
    assert_eq!(with["slices"].as_array().unwrap().len(), 3 + 30);
}
