//! `evenhand judge`: judges every comparison in both orders.

use evenhand::report::{counted, headline, summary_markdown, summary_table};
use evenhand::run::OpenComparisons;
use evenhand::summary::summarise;
use evenhand::trial::Unit;
use evenhand::verdict::Outcome;
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
    let (session, asked) = plan_and_ask(arguments, Unit::Comparison)?;
    let _reading = Heartbeat::start("reading the replies");
    let mut run = session.run()?;
    if let Some(record) = &arguments.record {
        let replies = counted(run.record_replies(record)? as u64, "reply");
        print_note(format_args!("{replies} recorded in {}", record.display()));
    }
    if arguments.only_planned {
        run.select(session.planned_rows().clone());
    }
    let mut open = OpenComparisons::default();
    let mut failures = Failures::of(&run);
    let summary = summarise(&run, |record| {
        open.add(session.count_judges_to_ask(&run, record, arguments.scope()));
        for (at, judged) in record.judged.iter().enumerate() {
            failures.add(at, &record.id, judged.verdict.outcome, &judged.orders);
        }
    })?;
    let gates =
        gates::of_judges(&arguments.gates, summary.results(), summary.until_decided.as_ref());
    let totals: Vec<JudgeTotals> = summary.judges.iter().map(JudgeTotals::of).collect();
    let open = StillOpen {
        open,
        needs: needs(&arguments.budget, arguments.scope(), &session, &asked)?,
        unit: "comparison",
    };
    let path = session.path().display();
    let next = match summary.results() {
        [only] if only.outcome(Outcome::Flipped) > 0 => {
            format!("evenhand show {path} --outcome flipped\n      ")
        }
        _ => String::new(),
    };
    let rank = match summary.results() {
        [first, ..] if first.win_rates.len() > 1 => format!("evenhand rank {path}\n      "),
        _ => String::new(),
    };
    let ending = Ending {
        run: &run,
        summary: &summary,
        headline: headline(&summary),
        table: &|| summary_table(&summary),
        markdown: &|| summary_markdown(&summary),
        totals: &totals,
        plan: session.plan_summary(),
        asked: &asked,
        gates: &gates,
        open: &open,
        prices: prices(&session),
        next: format!("{next}{rank}"),
    };
    print_result(arguments, &ending)?;
    warn_of_requests(session.server_profiles(), &asked);
    // What the cheap judge of a cascade lost was sent to the strong one.
    let results: Vec<JudgeTotals> = summary.results().iter().map(JudgeTotals::of).collect();
    warn_of_losses(&results, &failures, &open);
    match conclude("judge", &run, &totals, &asked, &open)? {
        ExitCode::Done => {
            let nothing_kept = summary
                .judges
                .last()
                .and_then(|result| gates::nothing_kept(&arguments.gates, result));
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
