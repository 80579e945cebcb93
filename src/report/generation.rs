//! How generated responses have ended, as a table for people.

use super::columns::{column_width, pad_left, pad_right};
use super::quantities::{count, counted, usd};
use super::short_names::shorten_unique;
use super::text_report::{TextReport, printable};
use crate::run::{GenerationSummary, SystemSummary};

/// The widest name of a system that is shown whole.
const NAME: usize = 24;

/// The width of a time, such as `999 ms` or `12.3 s`.
const TIME: usize = 6;

/// The heads of the columns after the name.
const HEADS: [&str; 9] =
    ["given", "cut off", "unfinished", "refused", "empty", "failed", "tokens", "cost", "time"];

/// Returns how the responses have ended as a table: one line per system.
pub fn generation_table(summary: &GenerationSummary) -> String {
    let mut page = TextReport::default();
    page.paragraph(0, &printable(&headline(summary)));
    page.blank();
    let names = summary.systems.iter().map(|system| printable(&system.system));
    let names = shorten_unique(&names.collect::<Vec<String>>(), NAME);
    let cells: Vec<[String; HEADS.len()]> = summary.systems.iter().map(cells).collect();
    let name_width = column_width("system".len(), &names);
    let widths: Vec<usize> = (0..HEADS.len())
        .map(|at| {
            // The last column is as wide for every time, so that tables of two commands are aligned.
            let least = if at + 1 == HEADS.len() { TIME } else { HEADS[at].len() };
            column_width(least, cells.iter().map(|row| &row[at]))
        })
        .collect();
    let line = |name: &str, cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| pad_left(cell, *width));
        let cells: Vec<String> = cells.collect();
        format!("{}  {}", pad_right(name, name_width), cells.join("  "))
    };
    page.line(format_args!("  {}", line("system", &HEADS.map(ToOwned::to_owned))));
    for (name, cells) in names.iter().zip(&cells) {
        page.line(format_args!("  {}", line(name, cells)));
    }
    page.blank();
    page.paragraph(
        2,
        "tokens: mean of a response; cost: of all responses; time: median to the whole answer, with other requests in \
         flight",
    );
    page.text
}

/// Returns the sentence that matters: how many responses there are, and how many are missing.
fn headline(summary: &GenerationSummary) -> String {
    let planned: u64 = summary.systems.iter().map(|system| system.planned).sum();
    let responded: u64 = summary.systems.iter().map(|system| system.responded).sum();
    let systems = counted(summary.systems.len() as u64, "system");
    match planned - responded {
        0 => format!("{} of {systems} given, all of the plan", counted(planned, "response")),
        missing => format!(
            "{} of {} of {systems} given, {} missing",
            count(responded),
            counted(planned, "response"),
            count(missing)
        ),
    }
}

fn cells(system: &SystemSummary) -> [String; HEADS.len()] {
    let unknown = || "–".to_owned();
    [
        format!("{}/{}", count(system.responded), count(system.planned)),
        count(system.cut_off),
        count(system.unfinished),
        count(system.refused),
        count(system.empty),
        count(system.failed + system.broken_off),
        mean(system.completion_tokens, system.counted).map_or_else(unknown, count),
        system.cost.map_or_else(unknown, amount),
        system.median_latency_ms.map_or_else(unknown, milliseconds),
    ]
}

/// Returns the mean of a sum over some responses, rounded; `None` without a response.
fn mean(sum: u64, responses: u64) -> Option<u64> {
    (sum + responses / 2).checked_div(responses)
}

/// Returns an amount in USD; a very small one with two significant digits.
fn amount(amount: f64) -> String {
    if amount == 0.0 || amount >= 0.001 {
        return usd(amount);
    }
    let digits = (1.0 - amount.log10().floor()).clamp(4.0, 12.0) as usize;
    format!("${amount:.digits$}")
}

fn milliseconds(milliseconds: f64) -> String {
    if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1000.0)
    }
}
