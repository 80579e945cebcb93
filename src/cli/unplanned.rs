//! Says which comparisons or responses of a run a command does not plan: an item that left the file stays in its run.

use std::path::Path;

use evenhand::report::counted;
use evenhand::run::PlanSummary;
use evenhand::trial::Unit;

use super::unit::unit_name;
use super::{print_error_line, print_warning};

/// What becomes of the comparisons that are not planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unplanned {
    /// They count in the numbers that follow.
    Count,
    /// The numbers are without them.
    LeftOut,
    /// No numbers follow; those of `judge` will contain them.
    WillCount,
}

/// Prints how many comparisons of the run are not planned, and what becomes of them.
pub(super) fn print_unplanned(plan: &PlanSummary, items: &Path, unplanned: Unplanned, unit: Unit) {
    let unit = unit_name(unit);
    let reasons = [
        (plan.not_in_file, format!("not in {} any more", items.display())),
        (plan.not_planned, "left out by --tag, --limit, --shard or --baseline".to_owned()),
    ];
    for (number, reason) in reasons.into_iter().filter(|(number, _)| *number > 0) {
        let comparisons = counted(number, unit);
        let [are, count] = if number == 1 { ["is", "counts"] } else { ["are", "count"] };
        let is = format!("{comparisons} of the run {are} {reason}");
        match unplanned {
            Unplanned::Count => print_warning(&format!(
                "{is}, and {count}; --only-planned leaves such {unit}s out of the numbers"
            )),
            Unplanned::LeftOut => {
                print_error_line(format_args!("{is}; the numbers are without such {unit}s"));
            }
            Unplanned::WillCount => print_warning(&format!(
                "{is}, and {count} in the numbers of the command that asks, unless it gets --only-planned"
            )),
        }
    }
}
