//! The win rates by the judge alone, in rows.

use crate::report::calibration::NumberRow;
use crate::report::number_format::NumberFormat;
use crate::report::wording::{
    AT_EVERY_LOOK, HAD_THEY_BEEN_READ, ONE_ORDER, UNCONFIRMED, UNREADABLE_EITHER_WAY,
    WHENEVER_ENDED, kept_condition,
};
use crate::summary::WinRate;

/// Returns the win rates of a pair: over all comparisons, which a jury does not have, also with the interval that covers
/// unreadable replies, over kept verdicts, and by the votes of comparisons that were asked in one order only.
pub(in crate::report) fn judge_win_rate_rows(rate: &WinRate, is_jury: bool) -> Vec<NumberRow<'_>> {
    let share =
        |label, estimate, note| NumberRow { label, format: NumberFormat::Percent, estimate, note };
    let mut rows = Vec::new();
    if !is_jury {
        rows.push(share("order-averaged", &rate.order_averaged, "what the judge prefers"));
        if rate.unreadable_orders > 0 {
            rows.push(share(UNREADABLE_EITHER_WAY, &rate.unreadable_bounds, HAD_THEY_BEEN_READ));
        }
    }
    if let Some(at_every_look) = &rate.at_every_look {
        rows.push(share(AT_EVERY_LOOK, at_every_look, WHENEVER_ENDED));
    }
    let note = if rate.kept.n == 0 { "none kept" } else { kept_condition(is_jury) };
    rows.push(share("kept verdicts only", &rate.kept, note));
    rows.extend(rate.one_order.as_ref().map(|votes| share(ONE_ORDER, votes, UNCONFIRMED)));
    rows
}
