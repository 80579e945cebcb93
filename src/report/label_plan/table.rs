//! A plan of labels as text for a terminal.

use super::sentences::{assumed, label_plan_headline, labelled, requests, row, saving, work};
use crate::calibration::{Assumed, Basis, LabelPlan};
use crate::report::columns::{pad_left, pad_right};
use crate::report::number_format::percent;
use crate::report::quantities::count;
use crate::report::text_report::{MAX_ROWS, TextReport};
use crate::report::wording::Wording;

/// The columns of a target.
const TARGET: usize = 34;
/// The columns of an assumption.
const NAME: usize = 34;

/// Returns a plan as text.
pub fn label_plan_table(plan: &LabelPlan, wording: Wording) -> String {
    let mut output = TextReport::new(wording);
    output.paragraph(0, &label_plan_headline(plan));
    output.blank();
    write_targets(&mut output, plan);
    write_assumptions(&mut output, plan);
    write_saving(&mut output, plan);
    output.line(format_args!("effort"));
    for sentence in [work(plan), labelled(plan)].into_iter().flatten() {
        output.paragraph(2, &sentence);
    }
    output.paragraph(2, &requests(plan));
    if !plan.warnings.is_empty() {
        output.blank();
    }
    output.warnings(&plan.warnings);
    output.text
}

fn write_targets(output: &mut TextReport, plan: &LabelPlan) {
    output.line(format_args!("  {:<TARGET$}{:>7}  {:>13}  assumed", "", "labels", "without judge"));
    let has_pairs = plan.assumptions.pairs.len() > 1;
    let number = |number: Option<u64>| number.map_or("–".to_owned(), count);
    for target in plan.targets.iter().take(MAX_ROWS) {
        output.line(format_args!(
            "  {}{}  {}  {}",
            pad_right(&row(target, has_pairs, TARGET - 1), TARGET),
            pad_left(&number(target.labels), 7),
            pad_left(&number(target.without_judge), 13),
            assumed(target)
        ));
    }
    output.more(plan.targets.len());
    output.blank();
}

fn write_assumptions(output: &mut TextReport, plan: &LabelPlan) {
    let all = &plan.assumptions;
    output.line(format_args!("assumed"));
    let mut line = |name: &str, value: String, from: Basis| {
        let from = match from {
            Basis::Given => "as given",
            Basis::Run => "by the run",
            Basis::Labels => "by the labels so far",
            Basis::Derived => "from coverage and agreement",
            Basis::Default => "by default",
        };
        output.line(format_args!("  {}{}  {from}", pad_right(name, NAME), pad_left(&value, 8)));
    };
    let share = |assumed: Assumed<f64>| percent(Some(assumed.value));
    line("comparisons judged", count(all.comparisons.value), all.comparisons.from);
    line("coverage", share(all.coverage), all.coverage.from);
    line("agreement, every reply", share(all.agreement), all.agreement.from);
    line("κ, every reply", format!("{:.3}", all.kappa.value), all.kappa.from);
    line(
        "correlation of judge and people",
        format!("{:.3}", all.correlation.value),
        all.correlation.from,
    );
    if all.per_item.value > 1.0 {
        line("comparisons of an item", format!("{:.1}", all.per_item.value), all.per_item.from);
        let within = all.item_correlation;
        line("correlation within an item", format!("{:.3}", within.value), within.from);
    }
    output.blank();
}

fn write_saving(output: &mut TextReport, plan: &LabelPlan) {
    let Some(alone) = plan.by_comparisons.first().and_then(|first| first.comparisons) else {
        return;
    };
    output.line(format_args!("what judging more comparisons saves, for the win rate"));
    output.line(format_args!("  {:>20}  {:>8}  {:>8}", "comparisons judged", "labels", "saved"));
    for one in &plan.by_comparisons {
        let comparisons = one.comparisons.map_or("any number".to_owned(), count);
        let saved = 1.0 - one.labels as f64 / alone as f64;
        output.line(format_args!(
            "  {:>20}  {:>8}  {:>8}",
            comparisons,
            count(one.labels),
            percent(Some(saved.max(0.0)))
        ));
    }
    output.paragraph(2, &saving(plan));
    output.blank();
}
