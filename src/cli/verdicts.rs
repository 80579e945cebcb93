//! `evenhand verdicts`: one line per comparison, or per graded response.

use std::io::{BufWriter, StdoutLock, Write as _};

use evenhand::report::{
    CSV_HEADER, GRADE_CSV_HEADER, GradeVerdictLine, VerdictLine, csv_row, grade_csv_row,
    json_grade_verdict, json_line, json_verdict, none_with_outcome,
};
use evenhand::store::{GradeRun, JudgeChoice, RunFile, StoredJudge, VerdictRecord};
use evenhand::summary::OutcomeCounts;
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};
use serde_json::Value;

use super::arguments::{RuleName, VerdictFormat, Verdicts};
use super::decide;
use super::selection::{
    GRADE_OUTCOMES, OUTCOMES, check_outcome, of_judge, open_selected_any_run, outcome_named,
};
use super::{print_error_line, printed};

/// Prints the verdicts of a run, one after another.
pub(crate) fn run(arguments: &Verdicts) -> Result<ExitCode> {
    if arguments.replies && arguments.format == VerdictFormat::Csv {
        return Err(
            Error::usage("--replies needs --format jsonl").hint("CSV has no column for replies")
        );
    }
    check_outcome(arguments.outcome.as_deref())?;
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_any_run(&arguments.run, rubric, config, &arguments.selection)?;
    // All judges of a cascade are read with its final verdicts.
    let judge = arguments.judge.as_deref().filter(|judge| *judge != "all");
    let run = of_judge(run, judge)?;
    match run.rubric().scale {
        None => print_verdicts(arguments, &run),
        Some(_) => print_grades(arguments, &GradeRun::of(run)?),
    }
}

fn print_verdicts(arguments: &Verdicts, run: &RunFile) -> Result<ExitCode> {
    let wanted = wanted_outcome(arguments, outcomes(arguments.decide))?;
    let rule = decide::rule(arguments, run)?;
    let choices = choices(run, arguments.judge.as_deref())?;
    // Of a cascade, a comparison has a line for each judge that was asked about it.
    let all = arguments.judge.as_deref() == Some("all");
    let mut lines = Lines::begin(arguments, wanted, OutcomeCounts::of_judge(), &CSV_HEADER)?;
    let result = run.for_each_with_tags(|record, tags| {
        let jury = record.jury();
        for choice in &choices {
            let judged = match choice {
                JudgeChoice::Jury => vec![(run.name_of(*choice), &jury)],
                JudgeChoice::One(_) if all => named(run.judged(*choice, &record)),
                JudgeChoice::One(_) => named(run.deciding(*choice, &record)),
            };
            for (judge, judged) in judged {
                let line = VerdictLine {
                    id: &record.id,
                    between: &record.between,
                    judge,
                    tags: &tags,
                    record: judged,
                    rule,
                };
                let json = || json_verdict(line, arguments.replies);
                lines.add(judged.verdict_by(rule).outcome, || csv_row(line), json)?;
            }
        }
        lines.check_open()
    });
    lines.end(result, "comparison")
}

fn print_grades(arguments: &Verdicts, run: &GradeRun) -> Result<ExitCode> {
    let wanted = wanted_outcome(arguments, &GRADE_OUTCOMES)?;
    decide::check_no_rule_of_comparisons(arguments)?;
    let choices = choices(run.file(), arguments.judge.as_deref())?;
    let mut lines = Lines::begin(arguments, wanted, OutcomeCounts::of_grades(), &GRADE_CSV_HEADER)?;
    let result = run.for_each_with_tags(|record, tags| {
        let jury = record.jury();
        for choice in &choices {
            let judged = match choice {
                JudgeChoice::One(at) => &record.judged[*at],
                JudgeChoice::Jury => &jury,
            };
            let line = GradeVerdictLine {
                id: &record.id,
                system: &record.system,
                judge: run.file().name_of(*choice),
                tags: &tags,
                record: judged,
                scale: run.scale(),
            };
            let json = || json_grade_verdict(line, arguments.replies);
            lines.add(judged.verdict.outcome, || grade_csv_row(line), json)?;
        }
        lines.check_open()
    });
    lines.end(result, "response")
}

/// Returns the outcome that is printed; `None` is all.
fn wanted_outcome(arguments: &Verdicts, possible: &[Outcome]) -> Result<Option<Outcome>> {
    Ok(match &arguments.outcome {
        Some(word) => Some(outcome_named(word, possible)?),
        None if arguments.all => None,
        None => Some(Outcome::Kept),
    })
}

/// Returns the outcomes that a comparison may have by a rule, those of a jury among them.
fn outcomes(rule: RuleName) -> &'static [Outcome] {
    match rule {
        RuleName::BothOrders => &OUTCOMES,
        RuleName::Margin => &Outcome::BY_MARGIN,
    }
}

/// Returns verdicts with the names of their judges.
fn named<'a>(
    judged: Vec<(&'a StoredJudge, &'a VerdictRecord)>,
) -> Vec<(&'a str, &'a VerdictRecord)> {
    judged.into_iter().map(|(judge, judged)| (judge.record.name.as_str(), judged)).collect()
}

/// Returns the judges whose verdicts are printed.
fn choices(run: &RunFile, judge: Option<&str>) -> Result<Vec<JudgeChoice>> {
    if judge != Some("all") {
        return Ok(vec![run.choose_judge(judge)?]);
    }
    let judges = run.judges().len();
    let jury = (judges > 1).then_some(JudgeChoice::Jury);
    Ok((0..judges).map(JudgeChoice::One).chain(jury).collect())
}

/// The lines on stdout, in one of the formats.
struct Lines {
    output: BufWriter<StdoutLock<'static>>,
    format: VerdictFormat,
    /// The outcome that is printed; `None` is all.
    wanted: Option<Outcome>,
    /// What has other outcomes.
    others: OutcomeCounts,
    is_empty: bool,
    is_open: bool,
}

impl Lines {
    /// Begins the document.
    fn begin(
        arguments: &Verdicts,
        wanted: Option<Outcome>,
        others: OutcomeCounts,
        header: &[&str],
    ) -> Result<Self> {
        let mut lines = Self {
            output: BufWriter::new(std::io::stdout().lock()),
            format: arguments.format,
            wanted,
            others,
            is_empty: true,
            is_open: true,
        };
        if lines.format == VerdictFormat::Csv {
            let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
            lines.is_open = lines.csv(&header)?;
        }
        Ok(lines)
    }

    /// Writes a line if its outcome is wanted.
    fn add(
        &mut self,
        outcome: Outcome,
        csv: impl FnOnce() -> Vec<String>,
        json: impl FnOnce() -> Value,
    ) -> Result<()> {
        if self.wanted.is_some_and(|wanted| outcome != wanted) {
            self.others.add(outcome);
        } else if self.is_open {
            self.is_empty = false;
            self.is_open = match self.format {
                VerdictFormat::Csv => self.csv(&csv())?,
                VerdictFormat::Jsonl => {
                    printed(writeln!(self.output, "{}", json_line(&json().to_string())))?
                }
            };
        }
        Ok(())
    }

    /// Fails if the reader of stdout is gone, which ends the pass early and is not reported.
    fn check_open(&self) -> Result<()> {
        if self.is_open { Ok(()) } else { Err(Error::internal("stdout is closed")) }
    }

    /// Ends the document; `unit` is what a line is about.
    fn end(mut self, result: Result<()>, unit: &str) -> Result<ExitCode> {
        if self.is_open {
            result?;
            printed(self.output.flush())?;
            if self.is_empty {
                print_error_line(format_args!("{}", self.nothing_printed(unit)));
            }
        }
        Ok(ExitCode::Done)
    }

    /// Returns why no verdict was printed, and what there is instead.
    fn nothing_printed(&self, unit: &str) -> String {
        if self.others.iter().all(|(_, number)| number == 0) {
            return format!("no {unit} of the run is selected");
        }
        let wanted = self.wanted.unwrap_or(Outcome::Kept);
        format!("{}: --all shows them", none_with_outcome(wanted, &self.others))
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
