//! From items to comparisons: which are planned, in which order they are asked, and which have warnings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use evenhand::input::{Content, Item, Reference, read_items};
use evenhand::trial::Order;
use evenhand::{ErrorKind, Result, Warning};

use crate::support::Folder;
use crate::support::plan::{Planned, plan};

fn item(id: &str, systems: &[&str]) -> Item {
    let response = |system: &&str| ((*system).to_owned(), Content::Text(format!("{system} says")));
    Item {
        id: id.to_owned(),
        prompt: Content::Text("Why?".into()),
        responses: systems.iter().map(response).collect(),
        reference: None,
        context: None,
        tags: BTreeMap::new(),
        generated: BTreeMap::new(),
        place: format!("items.jsonl:{id}"),
    }
}

fn items(count: usize) -> Vec<Item> {
    (0..count).map(|at| item(&format!("item-{at:04}"), &["new", "old"])).collect()
}

fn pairs(plan: &Planned) -> Vec<[&str; 2]> {
    plan.comparisons.iter().map(|it| [it.between[0].as_str(), it.between[1].as_str()]).collect()
}

fn ids(plan: &Planned) -> BTreeSet<String> {
    plan.comparisons.iter().map(|comparison| comparison.item.id.clone()).collect()
}

#[test]
fn two_responses_make_one_comparison_and_more_make_every_pair() {
    let two = plan(vec![item("t", &["b", "a"])], None, None, 0).unwrap();
    assert_eq!(pairs(&two), [["a", "b"]]);
    let four = plan(vec![item("t", &["d", "B", "c", "a"])], None, None, 0).unwrap();
    let every = [["B", "a"], ["B", "c"], ["B", "d"], ["a", "c"], ["a", "d"], ["c", "d"]];
    assert_eq!(pairs(&four), every);
}

#[test]
fn comparisons_are_in_the_order_of_the_items() {
    let plan = plan(vec![item("z", &["a", "b", "c"]), item("a", &["a", "b"])], None, None, 7);
    let plan = plan.unwrap();
    let order: Vec<&str> = plan.comparisons.iter().map(|it| it.item.id.as_str()).collect();
    assert_eq!(order, ["z", "z", "z", "a"]);
    assert_eq!((plan.items, plan.left_out), (2, 0));
}

#[test]
fn a_baseline_is_compared_with_each_other_system() {
    let against = |baseline| -> Result<Planned> {
        let items = vec![item("t", &["a", "b", "c", "d"]), item("u", &["b", "x"])];
        plan(items, Some(baseline), None, 0)
    };
    let plan = against("b").unwrap();
    assert_eq!(pairs(&plan), [["a", "b"], ["b", "c"], ["b", "d"], ["b", "x"]]);
    let missing = against("a").unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Input);
    assert!(missing.to_string().contains("items.jsonl:u: responses.a"), "{missing}");
    let unknown = against("z").unwrap_err();
    assert!(unknown.to_string().contains("`z`"), "{unknown}");
}

#[test]
fn a_larger_limit_contains_a_smaller_one() {
    let mut smaller = BTreeSet::new();
    for limit in 1..=60 {
        let plan = plan(items(50), None, Some(limit), 3).unwrap();
        let larger = ids(&plan);
        assert_eq!(larger.len(), limit.min(50));
        assert_eq!((plan.items, plan.left_out), (larger.len(), 50 - larger.len()));
        assert!(larger.is_superset(&smaller), "limit {limit}");
        smaller = larger;
    }
}

#[test]
fn a_limit_counts_items_with_all_their_comparisons() {
    let three: Vec<Item> = (0..9).map(|at| item(&format!("{at}"), &["a", "b", "c"])).collect();
    let plan = plan(three, None, Some(2), 0).unwrap();
    assert_eq!((plan.items, plan.comparisons.len()), (2, 6));
}

#[test]
fn a_limit_draws_by_seed_and_id_and_not_by_place_in_the_file() {
    let draw = |items: Vec<Item>, seed| ids(&plan(items, None, Some(10), seed).unwrap());
    let drawn = draw(items(200), 0);
    let backwards: Vec<Item> = items(200).into_iter().rev().collect();
    assert_eq!(draw(backwards, 0), drawn);
    assert_ne!(draw(items(200), 1), drawn);
    let beginning: BTreeSet<String> = items(10).into_iter().map(|item| item.id).collect();
    assert_ne!(drawn, beginning);
    // Whoever was drawn stays drawn when those who were not leave the file.
    let left: Vec<Item> = items(200).into_iter().filter(|item| drawn.contains(&item.id)).collect();
    assert_eq!(draw(left, 0), drawn);
}

/// Which comparisons are asked with A first, by id.
fn asked_with_a_first(plan: &Planned, seed: u64) -> BTreeSet<String> {
    let mut chosen = ids(plan);
    for comparison in &plan.comparisons {
        if comparison.asked_first(seed) == Order::BFirst {
            chosen.remove(&comparison.item.id);
        }
    }
    chosen
}

#[test]
fn the_first_order_is_a_fair_coin_by_seed_and_comparison() {
    let forwards = plan(items(1000), None, None, 0).unwrap();
    let backwards: Vec<Item> = items(1000).into_iter().rev().collect();
    let backwards = plan(backwards, None, None, 0).unwrap();
    let drawn = asked_with_a_first(&forwards, 0);
    // Four standard deviations of a thousand coins are 63.
    assert!((437..=563).contains(&drawn.len()), "{}", drawn.len());
    assert_eq!(asked_with_a_first(&backwards, 0), drawn);
    let other = asked_with_a_first(&forwards, 1);
    let changed = drawn.symmetric_difference(&other).count();
    assert!((437..=563).contains(&changed), "{changed}");
}

#[test]
fn the_first_order_is_independent_for_each_comparison_of_an_item() {
    let items: Vec<Item> = (0..200).map(|at| item(&format!("{at}"), &["a", "b", "c"])).collect();
    let plan = plan(items, None, None, 0).unwrap();
    let mixed = plan.comparisons.chunks(3).filter(|three| {
        let orders: BTreeSet<Order> = three.iter().map(|it| it.asked_first(0)).collect();
        orders.len() == 2
    });
    // Three fair coins differ in three of four cases.
    assert!((125..=175).contains(&mixed.count()));
}

fn read(lines: &str) -> Result<evenhand::input::Items> {
    read_items(&Folder::new().write("items.jsonl", lines), &[])
}

/// Fails unless one warning, and no more, counts `count` and contains every one of `words`.
#[track_caller]
fn assert_warns(warnings: &[Warning], count: usize, words: &[&str]) {
    let counts = format!(" {count} ");
    let hits = warnings.iter().map(|warning| &warning.message).filter(|line| {
        format!(" {line}").contains(&counts) && words.iter().all(|word| line.contains(word))
    });
    assert_eq!(hits.count(), 1, "{count}, {words:?} in {warnings:?}");
}

#[test]
fn empty_and_equal_responses_are_planned_with_one_counted_warning_each() {
    let read = read(concat!(
        r#"{"id":"1","prompt":"p","responses":{"a":"","b":"text"}}"#,
        "\n\n",
        r#"{"id":"2","prompt":"p","responses":{"a":"text","b":[{"role":"assistant","content":""}]}}"#,
        "\n",
        r#"{"id":"3","prompt":"p","responses":{"a":"same","b":"same"}}"#,
        "\n",
        r#"{"id":"4","prompt":"p","responses":{"a":"one","b":"two"}}"#,
    ))
    .unwrap();
    assert_eq!(read.warnings.len(), 2, "{:?}", read.warnings);
    assert_warns(&read.warnings, 2, &["empty response", "items.jsonl:1"]);
    assert_warns(&read.warnings, 1, &["equal responses", "items.jsonl:4"]);
    assert_eq!(plan(read.items, None, None, 0).unwrap().comparisons.len(), 4);
}

#[test]
fn unknown_fields_are_counted_and_misspelt_ones_are_errors() {
    let both = r#""prompt":"p","responses":{"a":"x","b":"y"}"#;
    let known = read(&format!(
        "{{\"id\":\"1\",{both},\"source\":\"web\",\"reference\":null}}\n\
         {{\"id\":\"2\",{both},\"source\":\"mail\"}}\n"
    ));
    let warnings = known.unwrap().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_warns(&warnings, 2, &["`source`"]);
    let misspelt = read(&format!("{{\"id\":\"1\",{both},\"referense\":\"r\"}}")).unwrap_err();
    assert!(misspelt.to_string().contains("items.jsonl:1"), "{misspelt}");
    assert!(misspelt.hint_text().unwrap().contains("`reference`"), "{misspelt:?}");
}

#[test]
fn the_documented_item_is_read_without_a_warning() {
    let read = read(
        r#"{"id":"t-017","prompt":[{"role":"user","content":"Hi"}],"responses":{"v1":"a","v2":"b"},"reference":"r","context":{"locale":"de"},"tags":{"product":"billing"}}"#,
    )
    .unwrap();
    assert_eq!(read.warnings, []);
    let item = &read.items[0];
    assert_eq!(item.prompt.to_text(), "Hi");
    assert_eq!(item.reference, Some(Reference::Text("r".into())));
    assert_eq!(item.context.as_ref().unwrap()["locale"], "de");
    assert_eq!(item.tags["product"], "billing");
}

#[test]
fn responses_in_separate_files_are_joined_by_id() {
    let folder = Folder::new();
    let items = folder.write(
        "items.jsonl",
        "{\"id\":\"1\",\"prompt\":\"p\",\"responses\":{\"old\":\"x\"}}\n\
         {\"id\":\"2\",\"prompt\":\"p\"}\n\
         {\"id\":\"3\",\"prompt\":\"p\",\"responses\":{\"old\":\"z\",\"older\":\"y\"}}\n",
    );
    let new = folder.write(
        "new.jsonl",
        "{\"id\":\"9\",\"response\":\"nobody asked\"}\n\
         {\"id\":\"2\",\"response\":\"two\"}\n\
         {\"id\":\"1\",\"response\":\"one\"}\n",
    );
    let read = read_items(&items, &[("new".to_owned(), new.as_path())]).unwrap();
    let ids: Vec<&str> = read.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["1", "3"]);
    assert_eq!(read.items[0].responses["new"], Content::Text("one".into()));
    assert_warns(&read.warnings, 1, &["new.jsonl", "`9`"]);
    assert_warns(&read.warnings, 1, &["new.jsonl", "`new`", "`3`"]);
    assert_warns(&read.warnings, 1, &["fewer than two responses", "`2`"]);
    let codes = read.warnings.iter().map(|warning| warning.code);
    assert_eq!(codes.collect::<Vec<_>>(), ["unmatched-ids", "missing-responses", "items-left-out"]);
    let plan = plan(read.items, None, None, 0).unwrap();
    assert_eq!(pairs(&plan), [["new", "old"], ["old", "older"]]);
}

#[test]
fn a_system_that_has_two_responses_to_an_item_is_an_error() {
    let folder = Folder::new();
    let items = folder.write(
        "items.jsonl",
        "{\"id\":\"1\",\"prompt\":\"p\",\"responses\":{\"new\":\"x\",\"old\":\"y\"}}\n",
    );
    let once = folder.write("once.jsonl", "{\"id\":\"1\",\"response\":\"z\"}\n");
    let twice = folder.write("twice.jsonl", &"{\"id\":\"1\",\"response\":\"z\"}\n".repeat(2));
    let join = |system: &str, file: &Path| read_items(&items, &[(system.to_owned(), file)]);
    assert!(join("third", &once).is_ok());
    let there = join("new", &once).unwrap_err().to_string();
    assert!(there.contains("once.jsonl:1") && there.contains("`new`"), "{there}");
    let again = join("third", &twice).unwrap_err().to_string();
    assert!(again.contains("twice.jsonl:2") && again.contains("`1`"), "{again}");
}
