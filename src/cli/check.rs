//! `evenhand check`: everything that can be known before the first request.

use std::collections::HashMap;
use std::path::Path;

use evenhand::input::{Roster, read_labels};
use evenhand::report::{count, for_terminal, json_line, usd};
use evenhand::run::{
    Again, Beginning, Open, OpenTrial, Requests, RunFile, everything, is_same_run, outstanding,
    reusable,
};
use evenhand::{ExitCode, Result};
use serde_json::json;

use super::arguments::{Check, Format};
use super::setup::Setup;
use super::{print, say, warn};

/// What one judge would be asked.
struct JudgePlan {
    name: String,
    trials: u64,
    stored: u64,
    copied: u64,
    requests: u64,
    prompt_tokens: u64,
    completion_tokens: u64,
    /// USD for the prompts, and at most in all.
    cost: Option<(f64, f64)>,
}

/// Validates and prints the plan. Touches no network and writes nothing.
pub(crate) fn run(arguments: &Check) -> Result<ExitCode> {
    let task = &arguments.task;
    let mut setup = Setup::read(task, &arguments.judge)?;
    setup.warnings.iter().for_each(|warning| warn(warning));
    let labels = arguments.labels.as_deref().map(|path| check_labels(path, &setup)).transpose()?;
    let source = task.reuse.as_deref().map(RunFile::open).transpose()?;
    let run = same_run(arguments, &setup)?;
    for at in 0..setup.judges.len() {
        let judges = run.iter().flat_map(RunFile::judges);
        let stored = judges.filter(|judge| judge.record.name == setup.judges[at].name).last();
        let learnt = stored.map(|judge| judge.learnt).unwrap_or_default();
        setup.inform(at, task.seed, learnt, source.as_ref())?;
    }
    let repeat = task.repeat.unwrap_or(1);
    let repeat = run.as_ref().map_or(repeat, |run| run.manifest().repeat.max(repeat));
    let open = open(&setup, repeat, run.as_ref())?;
    let plans: Vec<JudgePlan> = open
        .into_iter()
        .enumerate()
        .map(|(at, open)| plan(&setup, at, repeat, &open, source.as_ref()))
        .collect::<Result<_>>()?;
    match arguments.format {
        Format::Json => print_json(&setup, repeat, &plans, labels)?,
        Format::Table => print_table(arguments, &setup, repeat, &plans, labels)?,
    }
    Ok(ExitCode::Done)
}

fn check_labels(path: &Path, setup: &Setup) -> Result<(usize, usize)> {
    let mut roster = Roster::default();
    for comparison in &setup.plan.comparisons {
        roster.add(&comparison.item.id, comparison.item.responses.keys().map(String::as_str));
    }
    let labels = read_labels(path, &roster)?;
    labels.warnings.iter().for_each(|warning| warn(warning));
    Ok((labels.labels.len(), labels.unmatched))
}

/// Returns the run that the command would go on with, if there is one.
fn same_run(arguments: &Check, setup: &Setup) -> Result<Option<RunFile>> {
    let named = setup.run.as_deref().filter(|path| path.exists() && !setup.judges.is_empty());
    let Some(path) = named else { return Ok(None) };
    let Some(run) = RunFile::open_begun(path)? else { return Ok(None) };
    let records = setup.records();
    let beginning = Beginning {
        evenhand: env!("CARGO_PKG_VERSION"),
        now: 0,
        rubric: &setup.rubric,
        judges: &records,
        seed: arguments.task.seed,
        repeat: None,
        baseline: None,
    };
    Ok(is_same_run(&run, path, &beginning, &setup.plan)?.then_some(run))
}

/// Returns what is open for each judge: all of it, or what the run does not hold yet.
fn open(setup: &Setup, repeat: u32, run: Option<&RunFile>) -> Result<Vec<Vec<Open>>> {
    let all = || everything(setup.plan.comparisons.len(), repeat);
    let Some(run) = run else { return Ok(setup.judges.iter().map(|_| all()).collect()) };
    let records = setup.records();
    let stored: Vec<_> = run.judges().iter().map(|judge| judge.record.clone()).collect();
    let rows = run.rows_of(&setup.plan)?;
    let held: Vec<i64> = rows.iter().flatten().copied().collect();
    let judges: Vec<(i64, u32)> = run.judges().iter().map(|judge| (judge.row, 0)).collect();
    let answered = outstanding(run, &held, Again::Open, &judges)?;
    let place_of: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].is_some()).collect();
    let stored_repeats = run.manifest().repeat;
    let judges = records.iter().map(|record| {
        let at = stored.iter().position(|judge| judge.name == record.name)?;
        let mut still_open: HashMap<usize, Vec<OpenTrial>> =
            answered[at].iter().map(|open| (place_of[open.index], open.trials.clone())).collect();
        let open = all().into_iter().map(|mut open| {
            if rows[open.index].is_some() {
                // The repeats that the run already has are open only as far as it says so.
                open.trials.retain(|trial| trial.repeat >= stored_repeats);
                open.trials.extend(still_open.remove(&open.index).unwrap_or_default());
            }
            open
        });
        Some(open.filter(|open| !open.trials.is_empty()).collect())
    });
    Ok(judges.map(Option::unwrap_or_default).collect())
}

fn plan(
    setup: &Setup,
    at: usize,
    repeat: u32,
    open: &[Open],
    source: Option<&RunFile>,
) -> Result<JudgePlan> {
    let judge = &setup.judges[at];
    let record = &setup.records()[at];
    let trials = setup.plan.comparisons.len() as u64 * 2 * u64::from(repeat);
    let to_ask: u64 = open.iter().map(|open| open.trials.len() as u64).sum();
    let copied = match source {
        Some(source) => {
            let requests = Requests::new(record, &setup.rubric, &setup.prompt);
            let by_schema = setup.models[at].asks_by_schema();
            reusable(source, 0, &requests, by_schema, &setup.plan.comparisons, open)?.1
        }
        None => 0,
    };
    let requests = to_ask - copied;
    // All trials are about alike, so the part that is asked costs its part of the whole.
    let part = |tokens: u64| {
        let share =
            u128::from(tokens) * u128::from(requests) / u128::from(setup.tokens.prompts.max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let prompt_tokens = part(setup.tokens.total);
    // At most every reply is full-length, cannot be read, and is asked again each time.
    let asks = if setup.models[at].always_the_same() {
        1
    } else {
        u64::from(judge.max_parse_attempts) + 1
    };
    let completion_tokens = requests * judge.max_tokens * asks;
    let cost = judge.price.map(|price| {
        let most = price.of(part(setup.tokens.most) * asks, completion_tokens);
        (price.of(prompt_tokens, 0), most)
    });
    Ok(JudgePlan {
        name: judge.name.clone(),
        trials,
        stored: trials - to_ask,
        copied,
        requests,
        prompt_tokens,
        completion_tokens,
        cost,
    })
}

fn print_json(
    setup: &Setup,
    repeat: u32,
    plans: &[JudgePlan],
    labels: Option<(usize, usize)>,
) -> Result<()> {
    let judges: Vec<_> = plans
        .iter()
        .map(|plan| {
            json!({
                "judge": plan.name,
                "trials": plan.trials,
                "stored": plan.stored,
                "reused": plan.copied,
                "requests": plan.requests,
                "prompt_tokens": plan.prompt_tokens,
                "max_completion_tokens": plan.completion_tokens,
                "prompt_cost_usd": plan.cost.map(|(prompts, _)| prompts),
                "max_cost_usd": plan.cost.map(|(_, all)| all),
            })
        })
        .collect();
    let value = json!({
        "items": setup.plan.items,
        "left_out": setup.plan.left_out,
        "comparisons": setup.plan.comparisons.len(),
        "trials": setup.plan.comparisons.len() as u64 * 2 * u64::from(repeat),
        "repeat": repeat,
        "rubric": { "name": setup.rubric.rubric.name, "version": setup.rubric.rubric.version },
        "run": setup.run.as_ref().map(|run| run.display().to_string()),
        "judges": judges,
        "labels": labels.map(|(labels, unmatched)| json!({ "labels": labels, "unmatched": unmatched })),
        "warnings": setup.warnings,
    });
    print(&format!("{}\n", json_line(&value.to_string()))).map(|_| ())
}

fn print_table(
    arguments: &Check,
    setup: &Setup,
    repeat: u32,
    plans: &[JudgePlan],
    labels: Option<(usize, usize)>,
) -> Result<()> {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    show_prompt(arguments, setup, &mut line)?;
    let rubric = &setup.rubric.rubric;
    let comparisons = setup.plan.comparisons.len() as u64;
    line(format!(
        "plan: {} items, {} comparisons, {} trials (both orders{}), rubric {} {}, seed {}",
        count(setup.plan.items as u64),
        count(comparisons),
        count(comparisons * 2 * u64::from(repeat)),
        if repeat > 1 { format!(", {repeat} times each") } else { String::new() },
        for_terminal(&rubric.name, false),
        for_terminal(&rubric.version, false),
        arguments.task.seed,
    ));
    if setup.plan.left_out > 0 {
        line(format!("  --limit leaves out {} items", count(setup.plan.left_out as u64)));
    }
    for plan in plans {
        line(format!("\n{}", for_terminal(&plan.name, false)));
        line(format!(
            "  requests  {} ({} trials, less {} in the run, less {} copied)",
            count(plan.requests),
            count(plan.trials),
            count(plan.stored),
            count(plan.copied)
        ));
        line(format!(
            "  tokens    about {} in, at most {} out with every reply asked again",
            count(plan.prompt_tokens),
            count(plan.completion_tokens)
        ));
        line(match plan.cost {
            Some((prompts, all)) => format!(
                "  cost      about {} for the prompts, at most {} with every reply asked again",
                usd(prompts),
                usd(all)
            ),
            None => "  cost      unknown: the judge has no price".to_owned(),
        });
    }
    if plans.is_empty() {
        line("  no judge was named: --judge NAME adds requests, tokens and cost".to_owned());
    }
    if let Some((labels, unmatched)) = labels {
        line(format!(
            "\nlabels: {} fit the items, {} are for ids that are not planned",
            count(labels as u64),
            count(unmatched as u64)
        ));
    }
    print(&text).map(|_| ())?;
    say(format_args!("\neverything is sound; nothing was sent"));
    Ok(())
}

/// Shows the messages of the first comparison, in the order that is asked first.
fn show_prompt(arguments: &Check, setup: &Setup, line: &mut impl FnMut(String)) -> Result<()> {
    let Some(comparison) = setup.plan.comparisons.first() else { return Ok(()) };
    let order = comparison.asked_first(arguments.task.seed);
    for message in setup.prompt.render(comparison, order)? {
        line(format!("── {} ── item {}", message.role, for_terminal(&comparison.item.id, false)));
        line(for_terminal(&message.content, true).into_owned());
        line(String::new());
    }
    Ok(())
}
