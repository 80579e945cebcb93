//! `evenhand monitor sample`: items drawn from production traffic.

use std::path::Path;

use evenhand::report::{counted, json_line};
use evenhand::traffic::{
    Draw, DrawOptions, Masker, StratifyBy, TrafficColumns, TrafficCounts, read_stream, read_traffic,
};
use evenhand::{ExitCode, Result};

use crate::cli::arguments::{MonitorSample, SampleTrafficBy, is_stdin};
use crate::cli::heartbeat::Heartbeat;
use crate::cli::{print, print_note, print_warning};

/// Reads traffic and prints the items that are drawn from it.
pub(super) fn run(arguments: &MonitorSample) -> Result<ExitCode> {
    let mut masker = Masker::new(&arguments.mask)?;
    let options = DrawOptions::new(arguments.n as usize, arguments.seed, &arguments.system)?;
    let mut draw = Draw::new(options.by(strata(&arguments.by)));
    let columns = TrafficColumns {
        prompt: arguments.prompt_column.clone(),
        response: arguments.response_column.clone(),
    };
    let busy = Heartbeat::start("reading the traffic");
    let mut exchanges = 0;
    for path in &arguments.traffic {
        let counts = read(path, &columns, &mut draw, &mut masker)?;
        exchanges += counts.exchanges;
        for (reason, (records, place)) in &counts.skipped {
            print_warning(&format!(
                "{}: {} skipped, {}; the first at {place}",
                path.display(),
                counted(*records, "record"),
                reason.as_str()
            ));
        }
    }
    let drawn = draw.finish();
    drop(busy);
    let mut text = String::new();
    for item in &drawn.items {
        text.push_str(&json_line(&item.to_string()));
        text.push('\n');
    }
    print(&text)?;
    let left_out = drawn.left_out();
    if !left_out.is_empty() {
        print_warning(&format!(
            "{} of the traffic {} no item, since fewer items than groups are drawn: {}; raise --n, or choose fewer groups \
             with --by",
            counted(left_out.len() as u64, "group"),
            if left_out.len() == 1 { "gives" } else { "give" },
            left_out.join("; ")
        ));
    }
    let strata = drawn.strata.len() as u64;
    let from = match strata {
        1 => String::new(),
        several => format!(" from {}", counted(several, "group")),
    };
    print_note(format_args!(
        "{} drawn{from} in {}; {} masked",
        counted(drawn.items.len() as u64, "item"),
        counted(exchanges, "exchange"),
        counted(masker.masked(), "place")
    ));
    if (drawn.items.len() as u64) < arguments.n {
        print_note(format_args!(
            "the traffic has only {}",
            counted(drawn.items.len() as u64, "different prompt")
        ));
    }
    print_note(format_args!(
        "\nnext: look for private data that no mask matches, then add the responses of another system:\n      \
         evenhand judge ITEMS --responses SYSTEM=FILE, and label: evenhand sample RUN --n N"
    ));
    Ok(ExitCode::Done)
}

fn read(
    path: &Path,
    columns: &TrafficColumns,
    draw: &mut Draw,
    masker: &mut Masker,
) -> Result<TrafficCounts> {
    let each = |exchange| draw.add(exchange, masker);
    if is_stdin(path) {
        read_stream("stdin", std::io::stdin().lock(), columns, each)
    } else {
        read_traffic(path, columns, each)
    }
}

fn strata(given: &[SampleTrafficBy]) -> Vec<StratifyBy> {
    if given.is_empty() {
        return vec![StratifyBy::Language, StratifyBy::Length];
    }
    let by = given.iter().filter_map(|by| match by {
        SampleTrafficBy::Language => Some(StratifyBy::Language),
        SampleTrafficBy::Length => Some(StratifyBy::Length),
        SampleTrafficBy::Model => Some(StratifyBy::Model),
        SampleTrafficBy::None => None,
    });
    by.collect()
}
