//! `evenhand rank`: several systems in order.

use std::io::Write;

use evenhand::ranking::{RankOptions, Ranking, rank};
use evenhand::report::{Wording, ranking_csv, ranking_table, write_json_line};
use evenhand::store::RunFile;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Rank, RankFormat};
use super::heartbeat::Heartbeat;
use super::output_file::{chosen_format, write_output};
use super::selection::open_selected_run;
use super::{print_error_line, printed};

/// The endings of files by format, the default format first.
const ENDINGS: [(&str, RankFormat); 3] =
    [("txt", RankFormat::Table), ("json", RankFormat::Json), ("csv", RankFormat::Csv)];

/// Ranks the systems and prints or writes the ranking.
pub(crate) fn run(arguments: &Rank) -> Result<ExitCode> {
    let format = chosen_format(arguments.format, arguments.output.as_deref(), &ENDINGS)?;
    let busy = Heartbeat::start("ranking the systems");
    let runs =
        arguments.runs.iter().map(|path| open_selected_run(path, None, None, &arguments.selection));
    let runs: Vec<RunFile> = runs.collect::<Result<_>>()?;
    let mut options = RankOptions::default();
    options.judges.clone_from(&arguments.judge);
    options.baseline.clone_from(&arguments.baseline);
    options.seed = arguments.seed;
    let ranking = rank(&runs, &options)?;
    drop(busy);
    if let Some(path) = &arguments.output {
        write_output(path, |output| {
            write(&ranking, arguments, format, output).map_err(Error::unwritten)
        })?;
    } else {
        let mut stdout = std::io::stdout().lock();
        let written = write(&ranking, arguments, format, &mut stdout);
        printed(written.and_then(|()| stdout.flush()))?;
    }
    Ok(conclude(&ranking))
}

fn write(
    ranking: &Ranking,
    arguments: &Rank,
    format: RankFormat,
    output: &mut dyn Write,
) -> std::io::Result<()> {
    match format {
        RankFormat::Json => write_json_line(output, ranking),
        RankFormat::Table => {
            let named: Vec<&str> = arguments.baseline.as_deref().into_iter().collect();
            let mut wording = Wording::default();
            wording.format = "--format";
            output.write_all(ranking_table(ranking, &named, wording).as_bytes())
        }
        RankFormat::Csv => {
            let mut writer = csv::Writer::from_writer(output);
            ranking_csv(ranking, |row| writer.write_record(row).map_err(of_csv))?;
            writer.flush()
        }
    }
}

fn of_csv(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => std::io::Error::other(format!("{kind:?}")),
    }
}

/// Returns the exit code: a ranking without one decided comparison says nothing.
fn conclude(ranking: &Ranking) -> ExitCode {
    let counts = ranking.comparisons;
    if counts.kept + counts.one_order > 0 {
        return ExitCode::Done;
    }
    let (reason, code) = if counts.pending > 0 {
        ("no comparison has a result yet; finish the runs", ExitCode::Incomplete)
    } else if counts.inconsistent > 0 {
        ("no verdict is kept: the orders contradict each other", ExitCode::GateInconclusive)
    } else {
        ("no comparison has a readable vote", ExitCode::GateInconclusive)
    };
    print_error_line(format_args!("{reason}"));
    code
}
