//! The comparisons of items in memory, by the library's rules.

use std::sync::Arc;

use evenhand::Result;
use evenhand::input::Item;
use evenhand::trial::{BaselineCheck, Comparison, Pilot, Plan};

/// The comparisons that a plan makes of some items.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) items: usize,
    pub(crate) left_out: usize,
}

/// Plans items as a command with `--baseline`, `--limit` and `--seed` does.
pub(crate) fn plan(
    items: Vec<Item>,
    baseline: Option<&str>,
    limit: Option<usize>,
    seed: u64,
) -> Result<Planned> {
    if let Some(baseline) = baseline {
        let mut check = BaselineCheck::default();
        for item in &items {
            check.add(item, baseline);
        }
        check.finish(baseline)?;
    }
    let ids = items.iter().map(|item| Ok(item.id.clone()));
    let pilot = limit.map(|limit| Pilot::draw(ids, limit, seed)).transpose()?;
    let plan = Plan { baseline: baseline.map(ToOwned::to_owned), pilot, ..Plan::default() };
    let all = items.len();
    let planned: Vec<Arc<Item>> =
        items.into_iter().filter(|item| plan.includes_item(item)).map(Arc::new).collect();
    Ok(Planned {
        comparisons: planned.iter().flat_map(|item| plan.comparisons(item)).collect(),
        items: planned.len(),
        left_out: all - planned.len(),
    })
}
