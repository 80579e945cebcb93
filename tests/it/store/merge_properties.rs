//! Whatever the plan, the number of shards and the order in which they come: merged, they have the rows of
//! the undivided plan.

use evenhand::input::{ItemSource, Settings, load_rubric};
use evenhand::judge::Secrets;
use evenhand::run::{Judge, Session, Task};
use evenhand::store::{ComparisonRecord, RunFile, Store, merge, missing_comparisons};
use evenhand::trial::Shard;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::Folder;

/// A plan of random items: how many systems each has, and whether they are compared with a baseline.
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

/// Writes a plan into a run file, or one shard of it.
fn planned(folder: &Folder, name: &str, baseline: Option<&str>, shard: Option<Shard>) -> RunFile {
    let rubric = load_rubric("helpfulness", folder.path()).unwrap();
    let items = ItemSource::open(&folder.path().join("items.jsonl"), &[]).unwrap();
    let judge = Settings::default().judge("builtin:first").unwrap();
    let mut task = Task::new(items, rubric, vec![Judge::new(judge, Secrets::default())]);
    task.run = Some(folder.path().join(name));
    task.baseline = baseline.map(ToOwned::to_owned);
    task.shard = shard;
    Session::plan(task.prepare().unwrap(), 0).unwrap().run().unwrap()
}

/// Every row of a run: its number, its item, its systems.
fn rows(run: &RunFile) -> Vec<(i64, i64, String, [String; 2])> {
    let mut rows = Vec::new();
    let each = |record: ComparisonRecord| {
        rows.push((record.row, record.item, record.id, record.between));
        Ok(())
    };
    run.for_each(each).unwrap();
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
        let whole = planned(&folder, "whole.db", baseline, None);
        let mut runs = Vec::new();
        let mut merged = Store::open(&folder.path().join("merged.db")).unwrap();
        for number in order {
            // One after the other, with the previous ones merged once more.
            let name = format!("{number}.db");
            runs.push(planned(&folder, &name, baseline, Shard::new(number, of)));
            merge(&mut merged, &runs).unwrap();
        }
        let merged = merged.reader().unwrap();
        prop_assert_eq!(rows(&merged), rows(&whole));
        prop_assert_eq!(missing_comparisons(&merged).unwrap(), 0);
    }
}
