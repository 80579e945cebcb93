//! What `judge` and `grade` print at the end: the table, what was lost, what to do next, and the exit code.

use std::collections::BTreeMap;

use evenhand::input::Price;
use evenhand::report::{
    cache_json, cache_line, counted, for_terminal, latency_json, latency_lines, seconds,
};
use evenhand::run::{
    AskReport, BatchReport, JudgeReport, LatencyTail, OpenComparisons, PlanSummary,
    ProgressSnapshot, Session, StopReason,
};
use evenhand::store::{JudgeCascade, RunFile};
use evenhand::summary::Gate;
use evenhand::{Error, ExitCode, Result};
use serde::Serialize;
use serde_json::{Value, json};

use super::arguments::{Judge, JudgeFormat};
use super::batches::{batch_lines, in_progress, warn_of_batches};
use super::judge_totals::JudgeTotals;
use super::{print, print_error, print_error_line, print_json, print_note, print_warning};

/// How asking ended.
pub(super) struct Asked {
    pub(super) counts: ProgressSnapshot,
    /// `None` if it was aborted.
    pub(super) report: Option<AskReport>,
    /// The exit code of a signal, if one arrived.
    pub(super) signal: Option<ExitCode>,
    pub(super) seconds: f64,
}

impl Asked {
    pub(super) fn judges(&self) -> &[JudgeReport] {
        self.report.as_ref().map_or(&[], |report| &report.judges)
    }

    pub(super) fn batches(&self) -> &[BatchReport] {
        self.report.as_ref().map_or(&[], |report| &report.batches)
    }

    /// Returns the judges whose answers took time, with how long they took.
    pub(super) fn latencies(&self) -> impl Iterator<Item = (&str, &LatencyTail)> {
        let judges = self.judges().iter();
        judges.filter_map(|judge| Some((judge.judge.as_str(), judge.latency.as_ref()?)))
    }

    /// Returns the judges whose endpoint was measured, with the requests in flight that it sustained.
    pub(super) fn sustained_in_flight(&self) -> impl Iterator<Item = (&str, u32)> {
        let judges = self.judges().iter();
        let found =
            judges.filter_map(|judge| Some((judge.judge.as_str(), judge.sustained_in_flight?)));
        // What was known before says nothing about a command that sent fewer requests.
        found.filter(|(_, in_flight)| u64::from(*in_flight) <= self.counts.requests)
    }
}

/// Returns what the tokens of each judge of a session cost.
pub(super) fn prices(session: &Session) -> BTreeMap<String, Option<Price>> {
    let judges = session.server_profiles();
    judges.map(|(settings, _)| (settings.name.clone(), settings.price)).collect()
}

/// What a command has reached, with everything that is said about it at the end. `S` are the numbers of the run.
pub(super) struct Ending<'a, S> {
    pub(super) run: &'a RunFile,
    pub(super) summary: &'a S,
    pub(super) headline: Vec<String>,
    /// Returns the numbers as a table.
    pub(super) table: &'a dyn Fn() -> String,
    /// Returns the numbers as Markdown.
    pub(super) markdown: &'a dyn Fn() -> String,
    pub(super) totals: &'a [JudgeTotals],
    pub(super) plan: &'a PlanSummary,
    pub(super) asked: &'a Asked,
    pub(super) gates: &'a [Gate],
    pub(super) open: &'a StillOpen,
    /// What the tokens of each judge cost, by its name.
    pub(super) prices: BTreeMap<String, Option<Price>>,
    /// Commands that come next, before those that always do; each ends its line.
    pub(super) next: String,
}

impl<S> Ending<'_, S> {
    /// Returns the totals of single judges: those of a cascade are of both its judges, which are listed too.
    fn single_judges(&self) -> impl Iterator<Item = &JudgeTotals> {
        let is_cascade = self.run.cascade().is_some();
        let is_single =
            move |judge: &&JudgeTotals| !is_cascade || judge.judge != JudgeCascade::NAME;
        self.totals.iter().filter(is_single)
    }
}

/// Prints the result in the format that was asked for, and the commands that come next.
pub(super) fn print_result<S: Serialize>(arguments: &Judge, ending: &Ending<'_, S>) -> Result<()> {
    match arguments.format {
        JudgeFormat::Json => print_json(&result_json(ending)?).map(|_| ()),
        JudgeFormat::Jsonl => {
            let mut event = result_json(ending)?;
            if let Value::Object(fields) = &mut event {
                fields.shift_insert(0, "event".to_owned(), "result".into());
            }
            print_json(&event).map(|_| ())
        }
        JudgeFormat::Markdown => print(&(ending.markdown)()).map(|_| ()),
        JudgeFormat::Table => print_table(arguments, ending),
    }
}

fn result_json<S: Serialize>(ending: &Ending<'_, S>) -> Result<Value> {
    let Ending { asked, plan, .. } = ending;
    let mut value = serde_json::to_value(ending.summary)
        .map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
    value["headline"] = ending.headline.join(" ").into();
    value["gates"] = json!(ending.gates);
    value["run"] = ending.run.path().display().to_string().into();
    value["not_in_file"] = plan.not_in_file.into();
    value["not_planned"] = plan.not_planned.into();
    value["requests"] = asked.counts.requests.into();
    value["retries"] = asked.counts.retries.into();
    value["seconds"] = asked.seconds.into();
    value["batches"] = json!(asked.batches());
    value["concurrency"] = asked
        .sustained_in_flight()
        .map(|(judge, in_flight)| json!({ "judge": judge, "in_flight": in_flight }))
        .collect();
    let cached = ending.single_judges().filter_map(|judge| {
        let price = ending.prices.get(&judge.judge).copied().flatten();
        cache_json(&judge.judge, judge.tokens.as_ref()?, price)
    });
    value["cache"] = cached.collect();
    value["latency"] = asked.latencies().map(|(judge, tail)| latency_json(judge, tail)).collect();
    Ok(value)
}

fn print_table<S>(arguments: &Judge, ending: &Ending<'_, S>) -> Result<()> {
    let Ending { asked, open, .. } = ending;
    let run = ending.run.path().display();
    print(&(ending.table)())?;
    print(&format!(
        "  this time:  {}, {}, {}\n",
        counted(asked.counts.requests, "request"),
        counted(asked.counts.retries, "retry"),
        seconds(asked.seconds)
    ))?;
    for (judge, in_flight) in asked.sustained_in_flight() {
        let requests = counted(u64::from(in_flight), "request");
        let judge = for_terminal(judge, false);
        print(&format!("  {judge}: the endpoint sustained {requests} in flight\n"))?;
    }
    for line in batch_lines(asked.batches()) {
        print(&line)?;
    }
    for (judge, tail) in asked.latencies() {
        for line in latency_lines(judge, tail) {
            print(&format!("  {line}\n"))?;
        }
    }
    for judge in ending.single_judges() {
        let price = ending.prices.get(&judge.judge).copied().flatten();
        let tokens = judge.tokens.as_ref();
        if let Some(line) = tokens.and_then(|tokens| cache_line(&judge.judge, tokens, price)) {
            print(&format!("  {line}\n"))?;
        }
    }
    print(&format!("  run saved in {run}\n"))?;
    if let Some(shard) = arguments.task.shard {
        let (number, of) = (shard.number(), shard.of());
        let unit = open.unit;
        print(&format!("  shard {number} of {of}: other runs have the other {unit}s\n"))?;
        print_note(format_args!(
            "\nnext, when every shard has a run:\n      evenhand merge {run} … --run OUT"
        ));
        return Ok(());
    }
    if open.count() > 0 || ending.totals.iter().all(JudgeTotals::has_nothing_readable) {
        // What comes next is to resume the run, or to settle why it has no readable reply: see `conclude`.
        return Ok(());
    }
    print_note(format_args!(
        "\nnext: {}evenhand verdicts {run}\n      evenhand calibrate {run} --labels FILE",
        ending.next
    ));
    print_note(format_args!(
        "\nwithout labels, have people label {}s first:\n      evenhand label {run} --n 100",
        open.unit
    ));
    Ok(())
}

const RESUME: &str = "run the same command again to resume";

/// What is left to ask.
pub(super) struct StillOpen {
    pub(super) open: OpenComparisons,
    /// What must change for the next comparison to be asked; `None` where repeating the command helps.
    pub(super) needs: Option<String>,
    /// The word for one of what is judged.
    pub(super) unit: &'static str,
}

impl StillOpen {
    /// Returns how many comparisons are open.
    pub(super) fn count(&self) -> u64 {
        self.open.all()
    }

    /// Returns how many comparisons are open, as the beginning of a sentence.
    fn sentence(&self) -> String {
        match self.count() {
            // Asking was stopped, but every comparison has ended.
            0 => format!("no {} is open", self.unit),
            all => format!("{} still open", counted(all, self.unit)),
        }
    }

    /// Returns what to do about it.
    fn hint(&self) -> String {
        if let Some(needs) = &self.needs {
            return needs.clone();
        }
        let OpenComparisons { in_scope, unanswered, .. } = self.open;
        let without_flag = "run the command without --retry-failed";
        match (in_scope, unanswered) {
            (_, 0) => RESUME.to_owned(),
            (0, _) => format!("{without_flag} to ask what has no answer yet"),
            (_, unanswered) => format!(
                "{RESUME}; then {without_flag}, which asks {} without an answer",
                counted(unanswered, self.unit)
            ),
        }
    }
}

/// Decides the exit code and prints why it is not 0.
pub(super) fn conclude(
    command: &'static str,
    run: &RunFile,
    totals: &[JudgeTotals],
    asked: &Asked,
    open: &StillOpen,
) -> Result<ExitCode> {
    if let Some(code) = asked.signal {
        print_error_line(format_args!(
            "\ninterrupted: {}; every reply so far is in {}",
            open.sentence(),
            run.path().display()
        ));
        print_error_line(format_args!("hint: {}", open.hint()));
        return Ok(code);
    }
    warn_of_batches(asked.batches());
    for judge in asked.judges() {
        if let Some(first) = &judge.first_missing_recording {
            let (name, missing) = (&judge.judge, judge.missing_recordings);
            print_warning(&format!(
                "{name}: {} {} no recorded reply (first: {first})",
                counted(missing, "trial"),
                if missing == 1 { "has" } else { "have" }
            ));
        }
    }
    let is_rejected = print_stops(command, run, asked.judges(), totals);
    let is_unreadable = print_unreadable_judges(command, totals, asked.judges());
    if is_rejected || is_unreadable || print_first_failure(command, run, totals, asked.judges())? {
        return Ok(ExitCode::Endpoint);
    }
    let out_of_budget = asked.report.as_ref().is_some_and(|report| report.budget_exhausted);
    let was_interrupted = asked.judges().iter().any(JudgeReport::was_interrupted);
    let batches = in_progress(asked.batches());
    if open.count() > 0 || out_of_budget || was_interrupted || batches.is_some() {
        let reason = match &batches {
            Some((sentence, _)) => format!("; {sentence}"),
            None if out_of_budget => "; the budget is used up".to_owned(),
            None => String::new(),
        };
        print_error_line(format_args!("\nincomplete: {}{reason}", open.sentence()));
        let lacks_replies = asked.judges().iter().any(|judge| judge.missing_recordings > 0);
        let hint = if lacks_replies && totals.iter().any(|judge| judge.has_unknown_order) {
            "`evenhand rank` and `report` count these votes; asking the other order cannot complete those of an unknown \
             one, but a new run by a judge of your own asks both"
                .to_owned()
        } else if lacks_replies {
            "add the missing replies to the recording, or let another judge answer what is missing: --reuse RECORDING \
             copies what is there"
                .to_owned()
        } else if let Some((_, hint)) = batches {
            hint.to_owned()
        } else {
            open.hint()
        };
        print_error_line(format_args!("hint: {hint}"));
        return Ok(ExitCode::Incomplete);
    }
    Ok(ExitCode::Done)
}

/// Prints why judges were stopped; returns whether an endpoint rejects everything or never replied.
fn print_stops(
    command: &'static str,
    run: &RunFile,
    judges: &[JudgeReport],
    totals: &[JudgeTotals],
) -> bool {
    let mut rejects = false;
    for judge in judges {
        let stored = totals.iter().find(|stored| stored.judge == judge.judge);
        let has_replies = stored.is_some_and(|stored| stored.replies > 0);
        let is_readable = stored.is_some_and(|stored| stored.unreadable < stored.answered);
        for (reason, message) in &judge.stops {
            // `print_unreadable_judges` says why.
            if *reason == StopReason::Unreadable && !is_readable {
                continue;
            }
            let hint = stop_hint(*reason, is_program(run, &judge.judge));
            let nothing = !has_replies && *reason == StopReason::RequestsRejected;
            let nothing = if nothing { "no request has succeeded: " } else { "" };
            print_error(&stop_error(&judge.judge, nothing, message).hint(hint), command);
        }
        let never_replied = judge.was_interrupted() && judge.replies == 0;
        let is_unreadable = judge.stops.contains_key(&StopReason::Unreadable) && !is_readable;
        let is_rejected = judge.stops.contains_key(&StopReason::EndpointRejected);
        rejects |= never_replied || is_rejected || is_unreadable;
    }
    rejects
}

/// Returns the error about a stop of a model; further lines of the message are what a server printed. `before` comes
/// before the first line.
pub(super) fn stop_error(name: &str, before: &str, message: &str) -> Error {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default();
    let error = Error::input(format!("{name}: {before}{first}"));
    lines.fold(error, |error, line| error.detail(line.trim_start()))
}

/// Returns what to do about a stop.
pub(super) fn stop_hint(reason: StopReason, is_program: bool) -> &'static str {
    match reason {
        StopReason::EndpointRejected | StopReason::Unreachable if is_program => {
            "settle what the program says, then run the same command again"
        }
        StopReason::ProgramFailed => {
            "correct `command`, or try the program by itself with a line of JSON on stdin; then run the same \
             command again"
        }
        StopReason::EndpointRejected => {
            "check key, model and base_url, then run the same command again"
        }
        StopReason::RequestsRejected => {
            "settle what the message names (the account, the request), then run the same command again"
        }
        StopReason::Unreadable => "look at the replies, then run the same command again",
        StopReason::Unreachable => {
            "check that the server is running and base_url is correct, then run the same command again"
        }
        StopReason::NotStarted => {
            "correct `start`, or try its command by itself; a server that loads for longer needs a larger \
             start_timeout_s"
        }
        StopReason::ServerEnded => {
            "settle what the server says, then run the same command again, which starts it again"
        }
        StopReason::NoLease => {
            "correct what the message says about the database of --quota-from, then run the same command again"
        }
        StopReason::AnswersCutOff => {
            "run the same command again later; with --retry-failed, the answers that cannot be read are given up, and \
             the command without it asks and pays for them again"
        }
        StopReason::BatchRefused => {
            "settle what the message says, or run the command without --batch"
        }
        _ => "after the wait, run the same command again",
    }
}

/// Returns whether a judge of a run is a program of the user.
fn is_program(run: &RunFile, judge: &str) -> bool {
    let mut judges = run.asked_judges().iter();
    judges.any(|stored| stored.record.name == judge && stored.record.is_program())
}

/// Returns whether the replies of a judge of a run are recorded.
fn is_recording(run: &RunFile, judge: &str) -> bool {
    let mut judges = run.asked_judges().iter();
    judges.any(|stored| stored.record.name == judge && stored.record.is_recording())
}

/// Prints the first error of a judge of which no request has ever succeeded; returns whether there is one.
fn print_first_failure(
    command: &'static str,
    run: &RunFile,
    totals: &[JudgeTotals],
    judges: &[JudgeReport],
) -> Result<bool> {
    for judge in judges {
        let stored = totals.iter().find(|stored| stored.judge == judge.judge);
        if stored.is_some_and(|stored| stored.replies > 0) {
            continue;
        }
        let first = run.first_error(&judge.judge)?;
        if let Some(error) = first.or_else(|| judge.last_error.clone()) {
            let message = format!("{}: no request has succeeded", judge.judge);
            let hint = if is_program(run, &judge.judge) {
                "check what the error says, and `command`"
            } else if is_recording(run, &judge.judge) {
                "add the missing replies to the recording, or name another one in `recorded`"
            } else {
                "check what the error says, and base_url, which usually ends in /v1"
            };
            print_error(&Error::input(message).detail(error).hint(hint), command);
            return Ok(true);
        }
    }
    Ok(false)
}

/// Prints why no reply of a judge could be read; returns whether there is such a judge.
fn print_unreadable_judges(
    command: &'static str,
    totals: &[JudgeTotals],
    judges: &[JudgeReport],
) -> bool {
    let mut is_any = false;
    for judge in totals.iter().filter(|judge| judge.has_nothing_readable()) {
        let Some(report) = judge.report.clone() else { continue };
        let replies = counted(judge.replies, "reply");
        let message = format!("{}: none of {replies} could be read", judge.judge);
        let error = Error::input(message).detail(report.reasons);
        let error = report.example.into_iter().fold(error, Error::detail);
        let mut asked = judges.iter().filter(|asked| asked.judge == judge.judge);
        let was_stopped = asked.any(|asked| asked.stops.contains_key(&StopReason::Unreadable));
        let stopped = "the judge was stopped, and what is pending was not asked";
        let error = if was_stopped { error.detail(stopped) } else { error };
        print_error(&error.hint(report.hint), command);
        is_any = true;
    }
    is_any
}
