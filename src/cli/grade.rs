//! `evenhand grade`: grades every response by itself, in both directions of the scale.

use evenhand::grading::summarise_grades;
use evenhand::report::{counted, grades_headline, grades_markdown, grades_table};
use evenhand::run::OpenComparisons;
use evenhand::trial::Unit;
use evenhand::{ExitCode, Result};

use super::arguments::Judge;
use super::budget::needs;
use super::heartbeat::Heartbeat;
use super::judge_report::{Ending, StillOpen, conclude, prices, print_result};
use super::judge_totals::JudgeTotals;
use super::judge_warnings::{Failures, warn_of_losses, warn_of_requests};
use super::judging::plan_and_ask;
use super::{gates, print_error_line, print_note};

/// Validates, plans or resumes, asks, and prints the result.
pub(crate) fn run(arguments: &Judge) -> Result<ExitCode> {
    let (session, asked) = plan_and_ask(arguments, Unit::Response)?;
    let _reading = Heartbeat::start("reading the replies");
    let mut run = session.grades()?;
    if let Some(record) = &arguments.record {
        let replies = counted(run.record_replies(record)? as u64, "reply");
        print_note(format_args!("{replies} recorded in {}", record.display()));
    }
    if arguments.only_planned {
        run.file_mut().select(session.planned_rows().clone());
    }
    let mut open = OpenComparisons::default();
    let mut failures = Failures::of(run.file());
    let summary = summarise_grades(&run, |record| {
        open.add(session.count_judges_to_grade(&run, record, arguments.scope()));
        for (at, judged) in record.judged.iter().enumerate() {
            failures.add(at, &record.id, judged.verdict.outcome, &judged.orders);
        }
    })?;
    let gates = gates::of_grades(&arguments.gates, &summary.judges);
    let totals: Vec<JudgeTotals> = summary.judges.iter().map(JudgeTotals::of_grades).collect();
    let open = StillOpen {
        open,
        needs: needs(&arguments.budget, arguments.scope(), &session, &asked)?,
        unit: "response",
    };
    let ending = Ending {
        run: run.file(),
        summary: &summary,
        headline: grades_headline(&summary),
        table: &|| grades_table(&summary),
        markdown: &|| grades_markdown(&summary),
        totals: &totals,
        plan: session.plan_summary(),
        asked: &asked,
        gates: &gates,
        open: &open,
        prices: prices(&session),
        next: String::new(),
    };
    print_result(arguments, &ending)?;
    warn_of_requests(session.server_profiles(), &asked);
    warn_of_losses(&totals, &failures, &open);
    match conclude("grade", run.file(), &totals, &asked, &open)? {
        ExitCode::Done => {
            let last = summary.judges.last();
            let nothing_kept =
                last.and_then(|result| gates::no_grade_kept(&arguments.gates, result));
            Ok(gates::conclude_run(&arguments.gates, &gates, nothing_kept, session.path()))
        }
        incomplete => {
            if !gates.is_empty() {
                print_error_line(format_args!(
                    "the gates were not checked: the run is not complete"
                ));
            }
            Ok(incomplete)
        }
    }
}
