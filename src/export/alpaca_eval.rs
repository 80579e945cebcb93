//! The annotations of `alpaca_eval`: a list of objects with the preference from 1 (`output_1`) to 2 (`output_2`).
//!
//! `output_1` is the baseline of the plan; without one, the system whose name comes first: whatever was shown first, a
//! pair of systems has one reference in the whole document, as the leaderboard of `alpaca_eval` needs it. The preference is 1 plus the mean over both orders of the probability of
//! `output_2`, or of what the vote is worth; an order without a vote is left out of the mean. A preference that was
//! imported comes out as it was.

use std::io::Write;

use serde_json::json;

use super::{ExportCounts, JsonList, check_one_judge, one_judge, system, texts, worth_of_b};
use crate::cases::Cases;
use crate::error::Result;
use crate::trial::Side;

/// Writes one annotation for each comparison.
///
/// # Errors
///
/// The run has several judges and none was chosen, it cannot be read, or the output not written.
pub fn export_alpaca_eval(cases: &Cases, output: &mut dyn Write) -> Result<ExportCounts> {
    let mut counts = ExportCounts::default();
    check_one_judge(cases)?;
    let mut list = JsonList::begin(output)?;
    let baseline = cases.run().manifest().baseline.clone();
    cases.for_each(|case| {
        let (judge, judged) = one_judge(cases, &case)?;
        let asked: Vec<f64> = judged.orders.iter().filter_map(worth_of_b).collect();
        let is_baseline = |side: &Side| baseline.as_deref() == Some(system(&case, *side));
        let reference = [Side::A, Side::B].into_iter().find(is_baseline);
        let reference = reference.unwrap_or(Side::A);
        let sides = [reference, reference.other()];
        let Some((instruction, [output_1, output_2])) = texts(&case, sides) else {
            counts.conversations += 1;
            return Ok(());
        };
        let of_second = asked.iter().map(|of_b| match reference {
            Side::A => *of_b,
            Side::B => 1.0 - of_b,
        });
        let preference =
            (!asked.is_empty()).then(|| 1.0 + of_second.sum::<f64>() / asked.len() as f64);
        counts.written += 1;
        counts.without_vote += u64::from(preference.is_none());
        let mut entry = json!({
            "instruction": instruction,
            "output_1": output_1,
            "generator_1": system(&case, sides[0]),
            "output_2": output_2,
            "generator_2": system(&case, sides[1]),
            "annotator": judge.record.name,
            "preference": preference,
        });
        if let Some(dataset) = case.item.tags.get("dataset") {
            entry["dataset"] = dataset.as_str().into();
        }
        list.entry(&entry)
    })?;
    list.end()?;
    Ok(counts)
}
