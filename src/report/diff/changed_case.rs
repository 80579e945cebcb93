//! What is shown of a comparison with the replies of both runs.

use crate::cases::Case;
use crate::diff::{Change, ChangedCase, ComparedRuns};
use crate::report::cases::{Part, order_parts, verdict_words};

/// The replies of one judge to a comparison in one order, in each run; empty where a run has no such judge.
pub(super) struct OrderInBoth {
    /// The blocks of each run: how the order ended, then each repeat.
    pub(super) sides: [Vec<Vec<Part>>; 2],
}

/// Returns how a comparison changed: `kept: a → flipped`.
pub(in crate::report) fn change_words(case: &ChangedCase) -> String {
    let between = &case.before.record.between;
    let [before, after] =
        [&case.before, &case.after].map(|case| verdict_words(case.verdict, between));
    match case.change {
        Change::None => format!("{before}, unchanged"),
        Change::Pending => format!("{before} → {after}"),
        change => format!("{}: {before} → {after}", change.as_str()),
    }
}

/// Returns what people prefer and which verdict is right by that; `None` without labels.
pub(super) fn people_words(case: &ChangedCase, people: &str) -> String {
    let right = match case.right {
        None => return people.to_owned(),
        Some([true, true]) => "both verdicts are right",
        Some([true, false]) => "only the verdict before is right",
        Some([false, true]) => "only the verdict after is right",
        Some([false, false]) => "neither verdict is right",
    };
    format!("{people} ({right})")
}

/// Returns the replies of both runs, judge by judge and order by order.
pub(super) fn replies_of_both(compared: &ComparedRuns, case: &ChangedCase) -> Vec<OrderInBoth> {
    let of_run = |run: usize, case: &Case| -> Vec<Vec<Vec<Part>>> {
        let several = compared.judged(run, case).count() > 1;
        let judged = compared.judged(run, case).flat_map(|(judge, judged)| {
            let rubric = judge.record.reading_rubric(compared.runs()[run].rubric());
            let name = several.then(|| judge.record.name.clone());
            judged.orders.iter().map(move |order| {
                let mut blocks = order_parts(order, &case.record.between, &rubric);
                if let (Some(name), Some(Part::Heading(heading))) =
                    (&name, blocks.first_mut().and_then(|block| block.first_mut()))
                {
                    *heading = format!("{name}, {heading}");
                }
                blocks
            })
        });
        judged.collect()
    };
    in_both(of_run(0, &case.before), of_run(1, &case.after))
}

/// Returns the orders of both runs side by side.
pub(super) fn in_both(before: Vec<Vec<Vec<Part>>>, after: Vec<Vec<Vec<Part>>>) -> Vec<OrderInBoth> {
    let orders = before.len().max(after.len());
    let mut sides = [before, after].map(Vec::into_iter);
    let next =
        |_| OrderInBoth { sides: sides.each_mut().map(|side| side.next().unwrap_or_default()) };
    (0..orders).map(next).collect()
}
