//! Whatever the plan, the number of shards and the order in which they come: merged, they have the rows of
//! the undivided plan.

use evenhand::input::{ItemSource, Settings, load_rubric};
use evenhand::prompt::Prompt;
use evenhand::run::{Beginning, Planning, begin};
use evenhand::store::{ComparisonRecord, JudgeRecord, Store, merge, missing_comparisons};
use evenhand::trial::{Comparison, Plan, Shard};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::Folder;

/// A plan of random items: how many systems each has, and whether they are held against a baseline.
fn plan_of(sizes: &[usize]) -> String {
    let systems = ["a", "b", "c", "d"];
    let lines = sizes.iter().enumerate().map(|(at, size)| {
        let responses: serde_json::Map<String, Value> =
            systems[..*size].iter().map(|name| ((*name).to_owned(), json!(name))).collect();
        let id = format!("i-{at}");
        json!({ "id": id, "prompt": "Why?", "responses": responses }).to_string() + "\n"
    });
    lines.collect()
}

/// Puts a plan into a run file, or one shard of it.
fn begun(folder: &Folder, name: &str, baseline: Option<&str>, shard: Option<Shard>) -> Store {
    let rubric = load_rubric("helpfulness", folder.path()).unwrap();
    let prompt = Prompt::compile(&rubric).unwrap();
    let source = ItemSource::open(&folder.path().join("items.jsonl"), &[]).unwrap();
    let plan = Plan { baseline: baseline.map(ToOwned::to_owned), pilot: None, shard };
    let judge = Settings::default().judge("builtin:first").unwrap();
    let beginning = Beginning {
        evenhand: "0",
        now: 0,
        rubric: &rubric,
        judges: &[JudgeRecord::of(&judge)],
        seed: 0,
        repeat: None,
        baseline,
    };
    let suits = |_: &Comparison| Ok(());
    let (source, plan, prompt) = (&source, &plan, &prompt);
    let planning = Planning { source, plan, prompt, suits: &suits, fits: &|_| Ok(()) };
    let mut store = Store::open(&folder.path().join(name)).unwrap();
    begin(&mut store, &beginning, &planning).unwrap();
    store
}

/// Every row of a run: its number, its item, its systems.
fn rows(store: &Store) -> Vec<(i64, i64, String, [String; 2])> {
    let mut rows = Vec::new();
    let each = |record: ComparisonRecord| {
        rows.push((record.row, record.item, record.id, record.between));
        Ok(())
    };
    store.reader().unwrap().for_each(each).unwrap();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn shards_merged_in_any_order_have_the_rows_of_the_undivided_plan(
        sizes in prop::collection::vec(2..=4_usize, 1..20),
        baseline in prop::option::of(Just("b")),
        (of, order) in (1..=4_u32).prop_flat_map(|of| {
            (Just(of), Just((1..=of).collect::<Vec<_>>()).prop_shuffle())
        }),
    ) {
        let folder = Folder::new();
        folder.write("items.jsonl", &plan_of(&sizes));
        let whole = begun(&folder, "whole.db", baseline, None);
        let mut runs = Vec::new();
        let mut merged = Store::open(&folder.path().join("merged.db")).unwrap();
        for number in order {
            let store = begun(&folder, &format!("{number}.db"), baseline, Shard::new(number, of));
            // One after the other, with those before merged once more.
            runs.push(store.reader().unwrap());
            merge(&mut merged, &runs).unwrap();
        }
        prop_assert_eq!(rows(&merged), rows(&whole));
        prop_assert_eq!(missing_comparisons(&merged.reader().unwrap()).unwrap(), 0);
    }
}
