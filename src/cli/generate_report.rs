//! What `generate` prints at the end: the table, what is missing, what to do next, and the exit code.

use std::path::{Path, PathBuf};

use evenhand::report::{
    count, counted, for_terminal, generation_table, latency_lines, seconds, usd,
};
use evenhand::run::{
    GenerationSession, GenerationSummary, PreparedGeneration, StopReason, SystemPlan, SystemSummary,
};
use evenhand::{Error, ExitCode, Result};
use serde_json::{Value, json};

use super::arguments::{Generate, GenerateFormat};
use super::judge_report::{Asked, stop_error, stop_hint};
use super::shell::quoted_path;
use super::{print, print_error, print_error_line, print_json, print_note, print_warning};

/// The command whose errors are printed here.
const COMMAND: &str = "generate";
const RESUME: &str = "run the same command again to resume";

/// Prints the result in the format that was asked for, and the command that comes next.
pub(super) fn print_result(
    arguments: &Generate,
    session: &GenerationSession,
    summary: &GenerationSummary,
    asked: &Asked,
    written: &[PathBuf],
) -> Result<()> {
    if arguments.format != GenerateFormat::Table {
        let mut result = result_json(session, summary, asked, written);
        if let (GenerateFormat::Jsonl, Value::Object(fields)) = (arguments.format, &mut result) {
            fields.shift_insert(0, "event".to_owned(), "result".into());
        }
        return print_json(&result).map(|_| ());
    }
    print(&generation_table(summary))?;
    print(&format!(
        "\n  this time:  {}, {}, {}{}\n",
        counted(asked.counts.requests, "request"),
        counted(asked.counts.retries, "retry"),
        seconds(asked.seconds),
        if asked.counts.cost > 0.0 {
            format!(", {}", usd(asked.counts.cost))
        } else {
            String::new()
        }
    ))?;
    for (system, in_flight) in asked.sustained_in_flight() {
        let requests = counted(u64::from(in_flight), "request");
        let system = for_terminal(system, false);
        print(&format!("  {system}: the endpoint sustained {requests} in flight\n"))?;
    }
    for (system, tail) in asked.latencies() {
        for line in latency_lines(system, tail) {
            print(&format!("  {line}\n"))?;
        }
    }
    let shown = |path: &Path| for_terminal(&path.display().to_string(), false).into_owned();
    print(&format!("  answers saved in {}\n", shown(session.task().run_path())))?;
    for output in written {
        print(&format!("  items written to {}\n", shown(output)))?;
    }
    Ok(())
}

/// Prints the command that comes next, where there is something to compare.
pub(super) fn print_next(summary: &GenerationSummary, written: &[PathBuf]) {
    if let Some(first) = written.first().filter(|_| summary.is_comparable) {
        print_note(format_args!(
            "\nnext: evenhand judge {} --rubric RUBRIC --judge JUDGE",
            quoted_path(first)
        ));
    }
}

fn result_json(
    session: &GenerationSession,
    summary: &GenerationSummary,
    asked: &Asked,
    written: &[PathBuf],
) -> Value {
    let plans = &session.plan_summary().systems;
    let system = |(system, plan): (&SystemSummary, &SystemPlan)| {
        json!({
            "system": system.system,
            "model": system.model,
            "planned": system.planned,
            "responded": system.responded,
            "failed": system.failed,
            "broken_off": system.broken_off,
            "pending": system.pending,
            "cut_off": system.cut_off,
            "unfinished": system.unfinished,
            "refused": system.refused,
            "empty": system.empty,
            "reasoning_removed": system.reasoning_removed,
            "asked_again": plan.asked_again,
            "prompt_tokens": system.prompt_tokens,
            "completion_tokens": system.completion_tokens,
            "cost": system.cost,
            "median_latency_ms": system.median_latency_ms,
        })
    };
    json!({
        "items": summary.items,
        "left_out": summary.left_out,
        "to": written.iter().map(|path| path.display().to_string()).collect::<Vec<String>>(),
        "run": session.task().run_path().display().to_string(),
        "requests": asked.counts.requests,
        "retries": asked.counts.retries,
        "seconds": asked.seconds,
        "systems": summary.systems.iter().zip(plans).map(system).collect::<Vec<Value>>(),
    })
}

/// Prints what is missing and why, and decides the exit code.
pub(super) fn conclude(
    arguments: &Generate,
    summary: &GenerationSummary,
    asked: &Asked,
    session: &GenerationSession,
) -> ExitCode {
    let task = session.task();
    for system in &summary.systems {
        warn_of_losses(system, summary.open() == 0);
    }
    if summary.left_out > 0 && (summary.items > 0 || summary.open() == 0) {
        let first = summary.first_left_out.as_deref().unwrap_or_default();
        let why = if summary.systems.len() == 1 || arguments.keep_single {
            "without a response"
        } else {
            "with fewer than two responses, which cannot be compared; to grade what there is, add --keep-single"
        };
        let left_out = counted(summary.left_out, "item");
        print_warning(&format!("{left_out} left out (first: `{first}`): {why}"));
    }
    if summary.items == 0 {
        let output = arguments.to.display();
        let left = if arguments.to.exists() { "left as it was" } else { "not written" };
        print_warning(&format!("{output} is {left}: no item has the responses that it needs"));
    }
    let open = match summary.open() {
        0 => "no response is open".to_owned(),
        open => format!("{} still open", counted(open, "response")),
    };
    if let Some(code) = asked.signal {
        let run = task.run_path().display();
        print_error_line(format_args!("\ninterrupted: {open}; every answer so far is in {run}"));
        print_error_line(format_args!("hint: {RESUME}"));
        return code;
    }
    if print_stops(summary, asked, task) || print_failures(summary, asked) {
        return ExitCode::Endpoint;
    }
    let out_of_budget = asked.report.as_ref().is_some_and(|report| report.budget_exhausted);
    if summary.open() > 0 || out_of_budget {
        let reason = if out_of_budget { "; the budget is used up" } else { "" };
        print_error_line(format_args!("\nincomplete: {open}{reason}"));
        print_error_line(format_args!("hint: {}", resume_hint(arguments, summary, asked, session)));
        return ExitCode::Incomplete;
    }
    if summary.items == 0 {
        let error = Error::input("no item has the responses of two systems");
        let hint = "look at the failures above, and ask again with --retry-failed";
        print_error(&error.hint(hint), COMMAND);
        return ExitCode::Endpoint;
    }
    ExitCode::Done
}

/// Returns what to do about responses that are still open.
fn resume_hint(
    arguments: &Generate,
    summary: &GenerationSummary,
    asked: &Asked,
    session: &GenerationSession,
) -> String {
    let is_pending = summary.systems.iter().any(|system| system.pending > 0);
    if arguments.retry_failed && is_pending {
        return "run the command without --retry-failed, which asks only what has failed"
            .to_owned();
    }
    let is_exhausted = asked.report.as_ref().is_some_and(|report| report.budget_exhausted);
    let of_prompt = u64::from(arguments.samples) * summary.systems.len() as u64;
    let most = arguments.budget.max_requests;
    let by_requests = most.is_some_and(|most| asked.counts.requests + of_prompt > most);
    if !is_exhausted || arguments.budget.max_cost.is_none() || by_requests {
        return RESUME.to_owned();
    }
    let systems = session.plan_summary().systems.iter();
    let prompt: f64 = systems.map(|system| system.max_request_cost).sum();
    let spent =
        session.spent().map(|spent| format!("cost ${spent:.4} so far, and ")).unwrap_or_default();
    format!(
        "the responses have {spent}another prompt can cost ${:.4} with replies of full length; run the same command with \
         a larger --max-cost, or a smaller max_tokens",
        prompt * f64::from(arguments.samples)
    )
}

/// Warns of responses that are missing or are not what was asked for.
fn warn_of_losses(system: &SystemSummary, is_complete: bool) {
    let name = &system.system;
    let retry = if is_complete { "; ask them again with --retry-failed" } else { "" };
    if system.failed > 0 {
        let first = system.first_failure.as_ref();
        let first = first.map(|(id, error)| format!(" (first: {id}: {error})")).unwrap_or_default();
        let of = counted(system.planned, "response");
        print_warning(&format!("{name}: {} of {of} failed{first}{retry}", count(system.failed)));
    }
    if system.broken_off > 0 {
        let of = counted(system.planned, "response");
        print_warning(&format!(
            "{name}: {} of {of} {} broken off by the server each time{retry}",
            count(system.broken_off),
            if system.broken_off == 1 { "was" } else { "were" }
        ));
    }
    let of = counted(system.responded, "response");
    if system.reasoning_removed > 0 {
        let number = count(system.reasoning_removed);
        print_note(format_args!(
            "{}: {number} of {of} began with reasoning, which is not part of the response",
            for_terminal(name, false)
        ));
    }
    let raise = "; a larger max_tokens asks all responses of the system again";
    let marks = [
        (
            system.cut_off,
            "was cut off at the limit of its length",
            "were cut off at the limit of their length",
            raise,
        ),
        (system.unfinished, "is unfinished", "are unfinished", ""),
        (system.refused, "is a refusal", "are refusals", ""),
        (system.empty, "is empty", "are empty", ""),
    ];
    for (number, is, are, hint) in marks.into_iter().filter(|(number, ..)| *number > 0) {
        let what = if number == 1 { is } else { are };
        let number = count(number);
        print_warning(&format!("{name}: {number} of {of} {what}, and marked as such{hint}"));
    }
}

/// Prints why systems were stopped; returns whether one rejects everything or never answered.
fn print_stops(summary: &GenerationSummary, asked: &Asked, task: &PreparedGeneration) -> bool {
    let mut rejects = false;
    for report in asked.judges() {
        let name = &report.judge;
        let stored = summary.systems.iter().find(|system| system.system == *name);
        let has_responses = stored.is_some_and(|system| system.responded > 0);
        let settings = task.systems().find(|system| system.name == *name);
        let is_program = settings.is_some_and(|system| system.program().is_some());
        for (reason, message) in &report.stops {
            let nothing = !has_responses && *reason == StopReason::RequestsRejected;
            let nothing = if nothing { "no request has succeeded: " } else { "" };
            let hint = match reason {
                StopReason::Unreadable => {
                    "settle why the server breaks off its replies, then run the same command again"
                }
                reason => stop_hint(*reason, is_program),
            };
            print_error(&stop_error(name, nothing, message).hint(hint), COMMAND);
        }
        let never_replied = report.was_interrupted() && report.replies == 0 && !has_responses;
        rejects |= never_replied || report.stops.contains_key(&StopReason::EndpointRejected);
    }
    rejects
}

/// Prints the first error of a system that has never responded; returns whether there is one.
fn print_failures(summary: &GenerationSummary, asked: &Asked) -> bool {
    let mut is_any = false;
    for system in summary.systems.iter().filter(|system| system.responded == 0) {
        let report = asked.judges().iter().find(|report| report.judge == system.system);
        let was_stopped = report.is_some_and(|report| !report.stops.is_empty());
        if system.failed == 0 && system.broken_off == 0 && !was_stopped {
            // It was only not asked yet, or asked to wait.
            continue;
        }
        let last = report.and_then(|report| report.last_error.clone());
        let first = system.first_failure.as_ref().map(|(_, error)| error.clone());
        let (error, hint) = match first.or(last) {
            Some(error) => {
                (error, "check what the error says, and base_url, which usually ends in /v1")
            }
            None if system.broken_off > 0 => (
                "the server broke off every reply".to_owned(),
                "settle why the server does that, and ask again with --retry-failed",
            ),
            None => continue,
        };
        let message = format!("{}: no request has succeeded", system.system);
        print_error(&Error::input(message).detail(error).hint(hint), COMMAND);
        is_any = true;
    }
    is_any
}
