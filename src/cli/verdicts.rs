//! `evenhand verdicts`: one line per comparison.

use std::io::{BufWriter, Write as _};

use evenhand::report::{
    CSV_HEADER, VerdictLine, csv_row, json_line, json_verdict, none_with_outcome,
};
use evenhand::store::{JudgeChoice, RunFile};
use evenhand::summary::OutcomeCounts;
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{RuleName, VerdictFormat, Verdicts};
use super::decide;
use super::selection::{OUTCOMES, open_selected_run, outcome_named};
use super::{print_error_line, printed};

/// Prints the verdicts of a run, one after another.
pub(crate) fn run(arguments: &Verdicts) -> Result<ExitCode> {
    let wanted = match &arguments.outcome {
        Some(word) => Some(outcome_named(word, outcomes(arguments.decide))?),
        None if arguments.all => None,
        None => Some(Outcome::Kept),
    };
    if arguments.replies && arguments.format == VerdictFormat::Csv {
        return Err(
            Error::usage("--replies needs --format jsonl").hint("CSV has no column for replies")
        );
    }
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_run(&arguments.run, rubric, config, &arguments.selection)?;
    let rule = decide::rule(arguments, &run)?;
    let choices = choices(&run, arguments.judge.as_deref())?;
    let mut writer = VerdictWriter {
        output: BufWriter::new(std::io::stdout().lock()),
        format: arguments.format,
        replies: arguments.replies,
    };
    let mut is_open = match arguments.format {
        VerdictFormat::Csv => writer.csv(&CSV_HEADER.map(ToOwned::to_owned))?,
        VerdictFormat::Jsonl => true,
    };
    let (mut is_empty, mut others) = (true, OutcomeCounts::of_judge());
    let result = run.for_each_with_tags(|record, tags| {
        let jury = record.jury();
        for choice in &choices {
            let judged = match choice {
                JudgeChoice::One(at) => &record.judged[*at],
                JudgeChoice::Jury => &jury,
            };
            let outcome = judged.verdict_by(rule).outcome;
            if wanted.is_some_and(|wanted| outcome != wanted) {
                others.add(outcome);
            } else if is_open {
                is_empty = false;
                let line = VerdictLine {
                    id: &record.id,
                    between: &record.between,
                    judge: run.name_of(*choice),
                    tags: &tags,
                    record: judged,
                    rule,
                };
                is_open = writer.verdict(line)?;
            }
        }
        // The reader of stdout is gone: an error is what ends the pass early, and is not reported.
        if is_open { Ok(()) } else { Err(Error::internal("stdout is closed")) }
    });
    if is_open {
        result?;
        printed(writer.output.flush())?;
        if is_empty {
            let wanted = wanted.unwrap_or(Outcome::Kept);
            print_error_line(format_args!("{}", nothing_printed(wanted, &others)));
        }
    }
    Ok(ExitCode::Done)
}

/// Returns the outcomes that a comparison may have by a rule, those of a jury among them.
fn outcomes(rule: RuleName) -> &'static [Outcome] {
    match rule {
        RuleName::BothOrders => &OUTCOMES,
        RuleName::Margin => &Outcome::BY_MARGIN,
    }
}

/// Returns why no verdict was printed, and what the comparisons have instead.
fn nothing_printed(wanted: Outcome, others: &OutcomeCounts) -> String {
    if others.iter().all(|(_, number)| number == 0) {
        return "no comparison of the run is selected".to_owned();
    }
    format!("{}: --all shows them", none_with_outcome(wanted, others))
}

/// Returns the verdicts of each comparison that are printed.
fn choices(run: &RunFile, judge: Option<&str>) -> Result<Vec<JudgeChoice>> {
    if judge != Some("all") {
        return Ok(vec![run.choose_judge(judge)?]);
    }
    let judges = run.judges().len();
    let jury = (judges > 1).then_some(JudgeChoice::Jury);
    Ok((0..judges).map(JudgeChoice::One).chain(jury).collect())
}

/// Writes verdicts to stdout in one of the formats.
struct VerdictWriter<W: std::io::Write> {
    output: W,
    format: VerdictFormat,
    replies: bool,
}

impl<W: std::io::Write> VerdictWriter<W> {
    /// Writes one verdict; returns whether stdout is still open.
    fn verdict(&mut self, line: VerdictLine<'_>) -> Result<bool> {
        match self.format {
            VerdictFormat::Csv => self.csv(&csv_row(line)),
            VerdictFormat::Jsonl => {
                let json = json_verdict(line, self.replies).to_string();
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
