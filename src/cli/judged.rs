//! What `judge` says at the end: the recording, the table, what was lost, and the exit code.

use std::path::Path;

use evenhand::input::{RecordedReply, write_recording};
use evenhand::report::{RunSummary, count, counted, for_terminal, seconds, table};
use evenhand::run::engine::Ended;
use evenhand::store::{RunFile, TrialRecord};
use evenhand::{Error, ExitCode, Result};
use serde_json::json;

use super::arguments::{Format, Judge};
use super::judge::Became;
use super::setup::Setup;
use super::{complain, print, say, warn};

/// Writes the reply that counts of every trial: the first readable one, else the last.
pub(super) fn record_replies(run: &RunFile, path: &Path) -> Result<usize> {
    write_recording(path, |write| {
        run.for_each(|record| {
            for order in record.judged.iter().flat_map(|judged| &judged.orders) {
                let [a, b] = &record.between;
                let (first, second) = match order.order {
                    evenhand::trial::Order::AFirst => (a, b),
                    evenhand::trial::Order::BFirst => (b, a),
                };
                // Playback finds a repeat by its place, so nothing may follow one that has no reply.
                let answered = order.trials.iter().map_while(TrialRecord::deciding_reply);
                for reply in answered {
                    write(RecordedReply {
                        id: record.id.clone(),
                        first: first.clone(),
                        second: second.clone(),
                        reply: reply.text.clone().unwrap_or_default(),
                    })?;
                }
            }
            Ok(())
        })
    })
}

/// Tells of comparisons that brought no verdict. While others are `left` open, the same command comes first.
pub(super) fn warn_of_losses(run: &RunFile, summary: &RunSummary, left: u64) -> Result<()> {
    let again = if left == 0 { "; --retry-failed asks again" } else { "" };
    for judge in summary.judges.iter().filter(|judge| judge.position.is_some()) {
        for (outcome, what) in [("failed", "failed"), ("unparsed", "ended without a readable vote")]
        {
            let lost = judge.outcomes.get(outcome).and_then(serde_json::Value::as_u64).unwrap_or(0);
            if lost > 0 {
                let first = run.first_error(&judge.judge)?.filter(|_| outcome == "failed");
                let why = first.map(|error| format!(" (the first error: {error})"));
                let why = why.unwrap_or_default();
                warn(&format!(
                    "{}: {} of {} comparisons {what}{why}{again}",
                    judge.judge,
                    count(lost),
                    count(judge.planned)
                ));
            }
        }
    }
    Ok(())
}

pub(super) fn tell(
    arguments: &Judge,
    summary: &RunSummary,
    path: &Path,
    became: &Became,
) -> Result<()> {
    match arguments.format {
        Format::Json => {
            let mut value = serde_json::to_value(summary)
                .map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
            value["run"] = path.display().to_string().into();
            value["requests"] = became.tally.requests.into();
            value["retries"] = became.tally.retries.into();
            value["seconds"] = became.seconds.into();
            let settled = became.in_flight.iter();
            value["concurrency"] = settled
                .map(|(judge, in_flight)| json!({ "judge": judge, "in_flight": in_flight }))
                .collect();
            print(&format!("{}\n", evenhand::report::json_line(&value.to_string())))?;
        }
        Format::Table => {
            print(&table(summary))?;
            let (requests, retries) = (count(became.tally.requests), count(became.tally.retries));
            let took = seconds(became.seconds);
            print(&format!("  this time:  {requests} requests, {retries} retries, {took}\n"))?;
            for (judge, in_flight) in &became.in_flight {
                let requests = counted(u64::from(*in_flight), "request");
                let judge = for_terminal(judge, false);
                print(&format!("  {judge}: settled on {requests} in flight\n"))?;
            }
            print(&format!("  run saved in {}\n", path.display()))?;
            let run = path.display();
            if let Some(shard) = arguments.task.shard {
                let (number, of) = (shard.number(), shard.of());
                print(&format!(
                    "  shard {number} of {of}: the other comparisons are judged elsewhere\n"
                ))?;
                say(format_args!(
                    "\nnext, with the runs of all shards: evenhand merge {run} … --run OUT"
                ));
                return Ok(());
            }
            say(format_args!(
                "\nnext: evenhand verdicts {run}\n      evenhand calibrate {run} --labels FILE\n      \
                 evenhand sample {run} --n 100 > FILE    (no labels yet: a form to fill in)"
            ));
        }
    }
    Ok(())
}

/// Decides the exit code and says why it is not 0.
pub(super) fn conclude(
    run: &RunFile,
    summary: &RunSummary,
    path: &Path,
    setup: &Setup,
    became: &Became,
    left: u64,
) -> Result<ExitCode> {
    let again = "the same command again goes on from here";
    if let Some(code) = became.signal {
        say(format_args!(
            "\ninterrupted: {} open, everything answered is in {}",
            counted(left, "comparison"),
            path.display()
        ));
        say(format_args!("hint: {again}"));
        return Ok(code);
    }
    for (ended, judge) in became.ended.iter().zip(&setup.judges) {
        if let Some(first) = &ended.first_not_recorded {
            warn(&format!(
                "{}: {} trials are not in the recording; {first}",
                judge.name,
                count(ended.not_recorded)
            ));
        }
    }
    let mut refuses = false;
    for (ended, judge) in became.ended.iter().zip(&setup.judges) {
        let reasons = [
            (&ended.refused, format!("check key, model and base_url; {again}")),
            (&ended.unreachable, format!("is the server up, and base_url right? {again}")),
            (&ended.asks_to_wait, format!("once the wait is over, {again}")),
        ];
        for (said, hint) in reasons {
            if let Some(said) = said {
                complain(&Error::input(format!("{}: {said}", judge.name)).hint(hint));
            }
        }
        let nothing_came = is_away(ended) && ended.replies == 0;
        refuses |= ended.refused.is_some() || nothing_came;
    }
    if refuses {
        return Ok(ExitCode::Endpoint);
    }
    for (ended, judge) in became.ended.iter().zip(&setup.judges) {
        let all = summary.judges.iter().find(|summary| summary.judge == judge.name);
        if all.is_some_and(|summary| summary.replies > 0) {
            continue;
        }
        if let Some(error) = run.first_error(&judge.name)?.or_else(|| ended.last_error.clone()) {
            let message = format!("{}: no request has succeeded", judge.name);
            let error = Error::input(message).detail(error);
            complain(&error.hint("look at what the server says; is base_url right, up to /v1?"));
            return Ok(ExitCode::Endpoint);
        }
    }
    let cut_short = became.ended.iter().any(is_away);
    if left > 0 || became.out_of_budget || cut_short {
        let why = if became.out_of_budget { "the budget is used up: " } else { "" };
        say(format_args!("\nincomplete: {why}{} still open", counted(left, "comparison")));
        let lacking = became.ended.iter().any(|ended| ended.not_recorded > 0);
        let hint = if lacking { "add the missing replies to the recording" } else { again };
        say(format_args!("hint: {hint}"));
        return Ok(ExitCode::Incomplete);
    }
    Ok(ExitCode::Done)
}

/// Returns whether a judge was left because its endpoint is away, or asks to wait for too long.
fn is_away(ended: &Ended) -> bool {
    ended.unreachable.is_some() || ended.asks_to_wait.is_some()
}
