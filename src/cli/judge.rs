//! `evenhand judge`: judges every comparison in both orders.

use std::time::Instant;

use evenhand::input::{JudgeSettings, prepare_recording};
use evenhand::judge::ServerProfile;
use evenhand::report::{count, counted};
use evenhand::run::{
    AskOptions, AskReport, CutPrompts, PreparedTask, Progress, RetryScope, Session,
};
use evenhand::summary::summarise;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Judge, TaskArguments};
use super::judge_report::{Asked, conclude, print_result, warn_of_losses};
use super::open_files::raise_limit;
use super::progress::ProgressDisplay;
use super::setup::prepare;
use super::signals::Signals;
use super::{print_error_line, print_warning, seconds_since_1970};

/// Validates, plans or resumes, asks, and prints the result.
pub(crate) fn run(arguments: &Judge) -> Result<ExitCode> {
    if arguments.record.is_some() && arguments.judge.len() > 1 {
        return Err(Error::usage("--record needs a single judge")
            .hint("record the judges of a jury one by one"));
    }
    let task = prepare(&arguments.task, &arguments.judge)?;
    check_limits(arguments, &task)?;
    raise_limit(task.judges())?;
    let mut session = Session::plan(task, seconds_since_1970())?;
    print_plan(&arguments.task, &session);
    if let Some(record) = &arguments.record {
        prepare_recording(record)?;
    }
    let asked = ask(arguments, &mut session)?;
    let run = session.run()?;
    if let Some(record) = &arguments.record {
        let replies = counted(run.record_replies(record)? as u64, "reply");
        print_error_line(format_args!("{replies} recorded in {}", record.display()));
    }
    let mut open = 0;
    let summary = summarise(&run, |record| open += session.count_judges_to_ask(&run, record))?;
    print_result(arguments, &summary, session.path(), &asked)?;
    for judge in asked.judges() {
        if let Some(cut) = judge.cut_prompts {
            print_warning(&format!("{}: {}", judge.judge, cut_sentence(cut)));
        }
        for replica in &judge.failed_replicas {
            print_warning(&format!(
                "{}: the replica {} failed and has not answered since; others did: {}",
                judge.judge, replica.base_url, replica.message
            ));
        }
    }
    for (judge, profile) in session.server_profiles() {
        for adaptation in adaptations(judge, &profile) {
            print_warning(&format!("{}: {adaptation}", judge.name));
        }
    }
    warn_of_losses(&run, &summary, open)?;
    conclude(&run, &summary, &asked, open)
}

/// Prints the warnings about the items, and what the run already contains.
fn print_plan(arguments: &TaskArguments, session: &Session) {
    let planned = session.plan_summary();
    planned.warnings.iter().for_each(|warning| print_warning(&warning.message));
    if let (0, Some(shard)) = (planned.comparisons, arguments.shard) {
        print_error_line(format_args!(
            "shard {} of {} has none of the comparisons, so there is nothing to ask",
            shard.number(),
            shard.of()
        ));
    }
    for (judge, trials) in session.copied_trials() {
        let trials = counted(trials, "trial");
        print_error_line(format_args!("{judge}: {trials} answered by copied replies"));
    }
}

/// Checks that every judge has a price and replies of limited length if the cost is limited.
fn check_limits(arguments: &Judge, task: &PreparedTask) -> Result<()> {
    if let Some(judge) = task.unlimited_judge().filter(|_| arguments.max_cost.is_some()) {
        return Err(Error::input(format!("judges.{judge}.max_tokens is \"none\""))
            .detail("--max-cost needs the maximum length of every reply")
            .hint("set max_tokens to a number"));
    }
    match task.unpriced_judge().filter(|_| arguments.max_cost.is_some()) {
        Some(judge) => Err(Error::input(format!("judges.{judge}.price is missing"))
            .detail("--max-cost needs the price of every judge")
            .hint("add price = { input_per_million = …, output_per_million = … } to the judge's settings")),
        None => Ok(()),
    }
}

/// Returns the warning about prompts that were probably cut.
fn cut_sentence(cut: CutPrompts) -> String {
    let CutPrompts { replies, tokens, min_bytes, max_bytes, .. } = cut;
    let lengths = if min_bytes == max_bytes {
        count(max_bytes)
    } else {
        format!("{} to {}", count(min_bytes), count(max_bytes))
    };
    format!(
        "the server probably cut prompts without saying so: for {} with prompts of {lengths} bytes it counted no \
         more than {} prompt tokens; raise its context length (Ollama: num_ctx or OLLAMA_CONTEXT_LENGTH), or \
         shorten the items",
        counted(replies, "reply"),
        count(tokens)
    )
}

/// Returns how requests differ from the judge's settings, in sentences, because the server did not accept them.
fn adaptations(judge: &JudgeSettings, profile: &ServerProfile) -> Vec<String> {
    let mut sentences = Vec::new();
    if profile.rejects_temperature && judge.temperature.is_some() {
        sentences.push("the server rejects temperature; requests were sent without it".to_owned());
    }
    if profile.rejects_max_tokens && judge.max_tokens.is_some() {
        sentences.push("the server rejects max_tokens; requests were sent without it".to_owned());
    }
    let largest = profile.largest_max_tokens;
    if let Some(largest) = largest.filter(|largest| judge.max_tokens > Some(*largest)) {
        sentences
            .push(format!("the server accepts at most max_tokens = {largest}, which was sent"));
    }
    if profile.rejects_system_role && !judge.merge_system {
        sentences.push(
            "the model has no system role; the system message was put in front of the user's"
                .to_owned(),
        );
    }
    if profile.top_logprobs == Some(0) {
        sentences.push(
            "the server rejects logprobs; votes are read from the text and have no confidence"
                .to_owned(),
        );
    }
    for field in profile.rejected_extra.iter().filter(|field| judge.extra.contains_key(*field)) {
        sentences.push(format!("the server rejects extra.{field}; requests were sent without it"));
    }
    sentences
}

/// Asks what is open, shows progress, and listens for signals: the first stops new requests, the second aborts.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary is what reads the clock and draws the seed of the jitter"
)]
fn ask(arguments: &Judge, session: &mut Session) -> Result<Asked> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Error::internal(format!("cannot start the runtime: {error}")).caused_by(error)
        })?;
    let mut options = AskOptions::default();
    options.scope = if arguments.retry_failed { RetryScope::Failed } else { RetryScope::Open };
    options.max_cost = arguments.max_cost;
    options.max_requests = arguments.max_requests;
    options.jitter_seed = rand::random();
    let (progress, signals) = (Progress::default(), Signals::default());
    let start = Instant::now();
    let report: Result<Option<AskReport>> = runtime.block_on(async {
        let mut display = ProgressDisplay::new();
        let print_above = display.line_printer();
        let on_first_signal = || {
            let in_flight = progress.snapshot().in_flight;
            print_above(&format!(
                "stopping: waiting for {} in flight; interrupt again to abort",
                counted(in_flight, "request")
            ));
        };
        let report = tokio::select! {
            report = session.ask(&options, &progress, &signals.stop) => report.map(Some),
            () = display.watch(&progress) => Ok(None),
            watched = signals.watch(on_first_signal) => match watched {
                Ok(()) => Ok(None),
                Err(error) => {
                    let message = format!("cannot listen for signals: {error}");
                    Err(Error::internal(message).caused_by(error))
                }
            },
        };
        display.finish(&progress);
        report
    });
    // A lookup at a dead name server can hang after an abort; it is not waited for.
    runtime.shutdown_background();
    // What has been answered is committed before anything else can fail.
    session.finish()?;
    let report = report?;
    Ok(Asked {
        counts: progress.snapshot(),
        report,
        signal: signals.exit_code(),
        seconds: start.elapsed().as_secs_f64(),
    })
}
