//! What is lost by comparing grades, as text.

use crate::ranking::{DecidedComparisons, GradesLoss};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::text_report::{TextReport, p_value, share_with_interval};
use crate::stats::Estimate;

/// Writes agreement with people and ties of both kinds of results, and their difference.
pub(super) fn write_loss(output: &mut TextReport, loss: &GradesLoss) {
    output.paragraph(
        0,
        &format!(
            "grades against verdicts on the same {}, of {} with a label of most annotators",
            counted(loss.compared, "comparison"),
            count(loss.labelled)
        ),
    );
    output.line(format_args!("  {:<24}{:<29}{}", "", "agreement with people", "ties"));
    let row = |output: &mut TextReport, name: &str, found: &DecidedComparisons| {
        let agreement = share(&found.agreement);
        output.line(format_args!("  {name:<24}{agreement:<29}{}", share(&found.ties)));
    };
    row(output, "made of grades", &loss.grades);
    row(output, "verdicts", &loss.verdicts);
    output.line(format_args!("  {:<24}{:<29}{}", "people", "", share(&loss.people_ties)));
    let format = NumberFormat::Points;
    let difference = &loss.difference;
    let interval = match difference.low {
        Some(_) => format!(" ({})", format.interval(difference)),
        None => String::new(),
    };
    let p = loss.p_value.map(|p| format!(", {}", p_value(p))).unwrap_or_default();
    output.paragraph(
        2,
        &format!("grades minus verdicts: {}{interval}{p}", format.value(difference.value)),
    );
    output.paragraph(
        2,
        &format!(
            "Only comparisons that both decide are counted: {} have two kept grades, {} a kept verdict. Equal grades are \
             a tie, which agrees with people where their label is one.",
            count(loss.grades.decided),
            count(loss.verdicts.decided)
        ),
    );
    output.blank();
}

/// Returns a share with its interval; a dash if it is undefined.
fn share(estimate: &Estimate) -> String {
    if estimate.value.is_some() { share_with_interval(estimate) } else { "–".to_owned() }
}
