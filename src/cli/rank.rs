//! `evenhand rank`: several systems in order.

use std::io::Write;

use evenhand::ranking::{LossOptions, RankOptions, RankedBy, Ranking, rank, rank_grades};
use evenhand::report::{Wording, ranking_csv, ranking_table, write_json_line};
use evenhand::store::{GradeRun, JudgeCascade, RunFile};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Rank, RankFormat};
use super::heartbeat::Heartbeat;
use super::output_file::{chosen_format, write_output};
use super::selection::{of_judge, open_selected_any_run, open_selected_run};
use super::{print_error_line, printed};

/// The endings of files by format, the default format first.
const ENDINGS: [(&str, RankFormat); 3] =
    [("txt", RankFormat::Table), ("json", RankFormat::Json), ("csv", RankFormat::Csv)];

/// Ranks the systems and prints or writes the ranking.
pub(crate) fn run(arguments: &Rank) -> Result<ExitCode> {
    let format = chosen_format(arguments.format, arguments.output.as_deref(), &ENDINGS)?;
    let busy = Heartbeat::start("ranking the systems");
    let mut options = RankOptions::default();
    options.judges.clone_from(&arguments.judge);
    options.baseline.clone_from(&arguments.baseline);
    options.seed = arguments.seed;
    let ranking = ranking(arguments, &options)?;
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

/// Ranks by verdicts or by grades, as the runs are.
fn ranking(arguments: &Rank, options: &RankOptions) -> Result<Ranking> {
    let selection = &arguments.selection;
    let runs = arguments.runs.iter().map(|path| {
        of_one_judge(open_selected_any_run(path, None, None, selection)?, &arguments.judge)
    });
    let runs: Vec<RunFile> = runs.collect::<Result<_>>()?;
    let labels = arguments.labels.file();
    if runs.iter().all(|run| run.rubric().scale.is_none()) {
        if let Some(flag) =
            [("--against", !arguments.against.is_empty()), ("--labels", labels.is_some())]
                .iter()
                .find_map(|(flag, is_given)| is_given.then_some(flag))
        {
            return Err(Error::usage(format!(
                "{flag} shows what grades lose against comparisons, and these runs have no grades"
            ))
            .hint("rank runs of grades with it: rank GRADES --against PAIRS --labels FILE"));
        }
        return rank(&runs, options);
    }
    if let Some(pairs) = runs.iter().find(|run| run.rubric().scale.is_none()) {
        return Err(Error::input(format!(
            "{}: this run has comparisons, and others have grades of single responses",
            pairs.path().display()
        ))
        .hint(
            "rank them separately; --against RUN --labels FILE shows what grades lose against a run of comparisons",
        ));
    }
    if arguments.against.is_empty() && labels.is_some() {
        return Err(Error::usage(
            "--labels needs --against, the run whose verdicts grades are measured against",
        )
        .hint("`evenhand calibrate` measures the grades themselves against people"));
    }
    let grades: Vec<GradeRun> = runs.into_iter().map(GradeRun::of).collect::<Result<_>>()?;
    let against =
        arguments.against.iter().map(|path| open_selected_run(path, None, None, selection));
    let against: Vec<RunFile> = against.collect::<Result<_>>()?;
    let loss = labels.as_ref().map(|labels| LossOptions { against: &against, labels });
    rank_grades(&grades, options, loss)
}

/// Returns a run with the verdicts of the one judge of its cascade that is named, or its final verdicts.
///
/// # Errors
///
/// Several of its judges are named: the strong one has answered what the other one left to it.
fn of_one_judge(run: RunFile, judges: &[String]) -> Result<RunFile> {
    let Some(cascade) = run.cascade() else { return Ok(run) };
    let is_named = |name: &&str| judges.iter().any(|judge| judge == name);
    let [cheap, strong] = cascade.names();
    let named: Vec<&str> =
        [JudgeCascade::NAME, cheap, strong].into_iter().filter(is_named).collect();
    match named.as_slice() {
        [] => Ok(run),
        [one] => {
            let one = (*one).to_owned();
            of_judge(run, Some(&one))
        }
        several => Err(Error::usage(format!(
            "--judge: {} belong to the cascade of {} and cannot be counted beside each other",
            several.join(" and "),
            run.path().display()
        ))
        .hint("name one of them, or none to count the final verdicts")),
    }
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
    } else if ranking.from == RankedBy::Grades {
        ("no two responses to one prompt have kept grades", ExitCode::GateInconclusive)
    } else {
        ("no comparison has a readable vote", ExitCode::GateInconclusive)
    };
    print_error_line(format_args!("{reason}"));
    code
}
