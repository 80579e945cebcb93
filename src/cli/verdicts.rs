//! `evenhand verdicts`: one line per comparison.

use std::io::{BufWriter, Write as _};

use evenhand::report::{CSV_HEADER, csv_row, json_line, json_verdict};
use evenhand::store::{RunFile, VerdictRecord};
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{VerdictFormat, Verdicts};
use super::{open_run, printed};

/// Which verdicts of each comparison are printed.
#[derive(Debug, Clone, Copy)]
enum VerdictSelection {
    Judge(usize),
    Jury,
    All,
}

/// Prints the verdicts of a run, one after another.
pub(crate) fn run(arguments: &Verdicts) -> Result<ExitCode> {
    let wanted = outcome_filter(arguments)?;
    if arguments.replies && arguments.format == VerdictFormat::Csv {
        return Err(
            Error::usage("--replies needs --format jsonl").hint("CSV has no column for replies")
        );
    }
    let run = open_run(&arguments.run, arguments.rubric.as_deref(), arguments.config.as_deref())?;
    let names: Vec<String> = run.judges().iter().map(|judge| judge.record.name.clone()).collect();
    let selection = selection(&run, arguments.judge.as_deref())?;
    let mut writer = VerdictWriter {
        output: BufWriter::new(std::io::stdout().lock()),
        format: arguments.format,
        replies: arguments.replies,
    };
    let mut is_open = match arguments.format {
        VerdictFormat::Csv => writer.csv(&CSV_HEADER.map(ToOwned::to_owned))?,
        VerdictFormat::Jsonl => true,
    };
    let result = run.for_each(|record| {
        let mut print = |name: &str, verdict: &VerdictRecord| {
            if is_open && wanted.is_none_or(|wanted| verdict.verdict.outcome == wanted) {
                is_open = writer.verdict(&record.id, &record.between, name, verdict)?;
            }
            Ok(())
        };
        match selection {
            VerdictSelection::Judge(at) => print(&names[at], &record.judged[at])?,
            VerdictSelection::Jury => print("jury", &record.jury())?,
            VerdictSelection::All => {
                for (name, verdict) in names.iter().zip(&record.judged) {
                    print(name, verdict)?;
                }
                if names.len() > 1 {
                    print("jury", &record.jury())?;
                }
            }
        }
        // The reader of stdout is gone: an error is what ends the pass early, and is not reported.
        if is_open { Ok(()) } else { Err(Error::internal("stdout is closed")) }
    });
    if is_open {
        result?;
        printed(writer.output.flush())?;
    }
    Ok(ExitCode::Done)
}

/// Returns the outcome to print; `None` for all.
fn outcome_filter(arguments: &Verdicts) -> Result<Option<Outcome>> {
    let Some(word) = &arguments.outcome else {
        return Ok(if arguments.all { None } else { Some(Outcome::Kept) });
    };
    let all = Outcome::SINGLE.into_iter().chain([Outcome::Hung]);
    if let Some(outcome) = all.clone().find(|outcome| outcome.as_str() == word) {
        Ok(Some(outcome))
    } else {
        let known: Vec<&str> = all.map(Outcome::as_str).collect();
        Err(Error::usage(format!("--outcome: unknown outcome `{word}`"))
            .hint(format!("expected one of {}", known.join(", "))))
    }
}

fn selection(run: &RunFile, judge: Option<&str>) -> Result<VerdictSelection> {
    let several = run.judges().len() > 1;
    match judge {
        None | Some("jury") if several => Ok(VerdictSelection::Jury),
        None => Ok(VerdictSelection::Judge(0)),
        Some("all") => Ok(VerdictSelection::All),
        Some(name) => run.judge_named(name).map(VerdictSelection::Judge),
    }
}

/// Writes verdicts to stdout in one of the formats.
struct VerdictWriter<W: std::io::Write> {
    output: W,
    format: VerdictFormat,
    replies: bool,
}

impl<W: std::io::Write> VerdictWriter<W> {
    /// Writes one verdict; returns whether stdout is still open.
    fn verdict(
        &mut self,
        id: &str,
        between: &[String; 2],
        judge: &str,
        record: &VerdictRecord,
    ) -> Result<bool> {
        match self.format {
            VerdictFormat::Csv => self.csv(&csv_row(id, between, judge, record)),
            VerdictFormat::Jsonl => {
                let json = json_verdict(id, between, judge, record, self.replies).to_string();
                printed(writeln!(self.output, "{}", json_line(&json)))
            }
        }
    }

    fn csv(&mut self, cells: &[String]) -> Result<bool> {
        let mut row = Vec::new();
        let mut writer = csv::Writer::from_writer(&mut row);
        let written = writer.write_record(cells).map_err(std::io::Error::from);
        let written = written.and_then(|()| writer.flush());
        drop(writer);
        printed(written.and_then(|()| self.output.write_all(&row)))
    }
}
