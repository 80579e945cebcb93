//! The text report: the signatures, which are needed to reproduce the scores.

use super::NAME;
use crate::metrics::MetricReport;
use crate::report::columns::{break_name, column_width, pad_right};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{TextReport, WIDTH, printable};

/// Writes the signature of every metric.
pub(super) fn signatures(output: &mut TextReport, metrics: &[MetricReport]) {
    output.line(format_args!("  signatures"));
    let names: Vec<String> = metrics.iter().map(|report| printable(&report.metric)).collect();
    let width = column_width(NAME - 2, &names).min(46) + 2;
    for (report, name) in metrics.iter().zip(shorten_unique(&names, width - 2)) {
        let mut name = pad_right(&name, width);
        // Never shortened: a part of a signature is of no use.
        let signature = printable(&report.signature);
        for line in break_name(&signature, WIDTH - 2 - width, |char| char == '|') {
            output.line(format_args!("  {name}{line}"));
            name = pad_right("", width);
        }
    }
    output.blank();
}
