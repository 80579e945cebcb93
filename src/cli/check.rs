//! `evenhand check`: everything that can be known before the first request.

use std::path::Path;
use std::sync::Arc;

use evenhand::input::{Roster, read_labels};
use evenhand::report::{count, for_terminal, json_line, usd};
use evenhand::run::{
    Again, Asked, Beginning, Open, Outstanding, Planning, Reuse, Survey, is_same_run, survey,
};
use evenhand::store::{PlannedItem, Requests, RowSet, RunFile};
use evenhand::{ErrorKind, ExitCode, Result};
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

/// What is open for one judge.
#[derive(Default, Clone, Copy)]
struct ToAsk {
    trials: u64,
    /// Of those, answered by a reply that would be copied.
    copied: u64,
}

/// Validates and prints the plan. Touches no network and writes nothing.
pub(crate) fn run(arguments: &Check) -> Result<ExitCode> {
    let task = &arguments.task;
    let mut setup = Setup::read(task, &arguments.judge)?;
    let source = setup.reused(task)?;
    let run = same_run(arguments, &setup)?;
    for at in 0..setup.judges.len() {
        let judges = run.iter().flat_map(RunFile::judges);
        let stored = judges.filter(|judge| judge.record.name == setup.judges[at].name).last();
        let learnt = stored.map(|judge| judge.learnt).unwrap_or_default();
        setup.inform(at, task.seed, learnt, source.as_ref())?;
    }
    let reuse = source.as_ref().map(Reuse::read).transpose()?;
    let count = |run| count_open(arguments, &setup, run, reuse.as_ref());
    let counted = match (count(run.as_ref()), &run) {
        // As `judge` does: where the text of an item has changed, a run that has cost nothing begins anew.
        (Err(error), Some(run)) if error.kind() == ErrorKind::Identity && !run.has_cost()? => {
            count(None)
        }
        (counted, _) => counted,
    };
    let Counted { repeat, survey, roster, to_ask } = counted?;
    survey.warnings.iter().for_each(|warning| warn(&warning.message));
    let labels = match &arguments.labels {
        Some(path) => Some(check_labels(path, &roster)?),
        None => None,
    };
    let plans: Vec<JudgePlan> = to_ask
        .into_iter()
        .enumerate()
        .map(|(at, to_ask)| plan(&setup, at, repeat, &survey, to_ask))
        .collect();
    match arguments.format {
        Format::Json => print_json(&setup, repeat, &survey, &plans, labels)?,
        Format::Table => print_table(arguments, &setup, repeat, &survey, &plans, labels)?,
    }
    Ok(ExitCode::Done)
}

/// What going through all items brought.
struct Counted {
    repeat: u32,
    survey: Survey,
    /// Empty where there are no labels to hold against it.
    roster: Roster,
    /// Judge by judge.
    to_ask: Vec<ToAsk>,
}

/// Validates all items and counts what is open, where `run` is gone on with.
fn count_open(
    arguments: &Check,
    setup: &Setup,
    run: Option<&RunFile>,
    reuse: Option<&Reuse<'_>>,
) -> Result<Counted> {
    let repeat = arguments.task.repeat.unwrap_or(1);
    let repeat = run.map_or(repeat, |run| run.manifest().repeat.max(repeat));
    let mut counting = Counting::new(setup, repeat, run, reuse);
    let planning = Planning {
        source: &setup.source,
        plan: &setup.plan,
        prompt: &setup.prompt,
        suits: &|comparison| setup.suits(comparison),
        fits: &|tokens| setup.check_sizes(tokens),
    };
    let mut roster = Roster::default();
    let survey = survey(&planning, |draft| {
        if arguments.labels.is_some() {
            roster.add(&draft.item.id, draft.item.responses.keys().map(String::as_str));
        }
        counting.add(draft)?;
        Ok(true)
    })?;
    Ok(Counted { repeat, survey, roster, to_ask: counting.finish()? })
}

fn check_labels(path: &Path, roster: &Roster) -> Result<(usize, usize)> {
    let labels = read_labels(path, roster)?;
    labels.warnings.iter().for_each(|warning| warn(warning));
    Ok((labels.labels.len(), labels.unmatched))
}

/// Returns the run that the command would go on with, if there is one.
fn same_run(arguments: &Check, setup: &Setup) -> Result<Option<RunFile>> {
    let named = setup.run.as_deref().filter(|path| path.exists() && !setup.judges.is_empty());
    let Some(path) = named else { return Ok(None) };
    let Some(run) = RunFile::open_if_started(path)? else { return Ok(None) };
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
    Ok(is_same_run(&run, path, &beginning)?.then_some(run))
}

/// Counts what would be asked: all that the run does not hold, and what is open of the rest.
struct Counting<'a> {
    setup: &'a Setup,
    repeat: u32,
    run: Option<&'a RunFile>,
    reuse: Option<&'a Reuse<'a>>,
    requests: Vec<Requests>,
    /// The comparisons that the run holds.
    rows: RowSet,
    to_ask: Vec<ToAsk>,
}

impl<'a> Counting<'a> {
    fn new(
        setup: &'a Setup,
        repeat: u32,
        run: Option<&'a RunFile>,
        reuse: Option<&'a Reuse<'a>>,
    ) -> Self {
        let records = setup.records();
        let requests =
            records.iter().map(|record| Requests::new(record, &setup.rubric, &setup.prompt));
        Self {
            setup,
            repeat,
            run,
            reuse,
            requests: requests.collect(),
            rows: RowSet::default(),
            to_ask: vec![ToAsk::default(); records.len()],
        }
    }

    fn add(&mut self, draft: &PlannedItem) -> Result<()> {
        let rows = match self.run {
            Some(run) => run.rows_of(draft)?,
            None => vec![None; draft.comparisons.len()],
        };
        for ((_, comparison), row) in draft.comparisons.iter().zip(rows) {
            if let Some(row) = row {
                self.rows.insert(row);
                continue;
            }
            let open = Open::all(comparison.clone(), self.repeat);
            for judge in 0..self.to_ask.len() {
                self.count(judge, &open)?;
            }
        }
        Ok(())
    }

    fn count(&mut self, judge: usize, open: &Open) -> Result<()> {
        self.to_ask[judge].trials += open.trials.len() as u64;
        if let Some(reuse) = self.reuse {
            let by_schema = self.setup.models[judge].requests_json_schema();
            let (_, answered) = reuse.copies(0, &self.requests[judge], by_schema, open)?;
            self.to_ask[judge].copied += answered;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<ToAsk>> {
        let Some(run) = self.run else { return Ok(self.to_ask) };
        let rows = Arc::new(std::mem::take(&mut self.rows));
        for (at, judge) in self.setup.judges.iter().enumerate() {
            let stored = run.judges().iter().find(|stored| stored.record.name == judge.name);
            let Some(stored) = stored else { continue };
            let asked = Asked { judge: stored.row, asks_again: self.setup.asks_again(at) };
            let again = RunFile::open(run.path())?;
            let rows = Arc::clone(&rows);
            let mut outstanding = Outstanding::new(again, rows, Again::Open, asked, self.repeat)?;
            while let Some(page) = outstanding.next_page()? {
                for open in &page.open {
                    self.count(at, open)?;
                }
            }
        }
        Ok(self.to_ask)
    }
}

fn plan(setup: &Setup, at: usize, repeat: u32, survey: &Survey, to_ask: ToAsk) -> JudgePlan {
    let judge = &setup.judges[at];
    let trials = survey.comparisons * 2 * u64::from(repeat);
    let requests = to_ask.trials - to_ask.copied;
    // All trials are about alike, so the part that is asked costs its part of the whole.
    let part = |tokens: u64| {
        let share =
            u128::from(tokens) * u128::from(requests) / u128::from(survey.tokens.prompts.max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let prompt_tokens = part(survey.tokens.total);
    // At most every reply is full-length, cannot be read, and is asked again each time.
    let asks = u64::from(setup.asks_again(at)) + 1;
    let completion_tokens = requests * judge.max_tokens * asks;
    let cost = judge.price.map(|price| {
        let most = price.of(part(survey.tokens.most) * asks, completion_tokens);
        (price.of(prompt_tokens, 0), most)
    });
    JudgePlan {
        name: judge.name.clone(),
        trials,
        stored: trials - to_ask.trials,
        copied: to_ask.copied,
        requests,
        prompt_tokens,
        completion_tokens,
        cost,
    }
}

fn print_json(
    setup: &Setup,
    repeat: u32,
    survey: &Survey,
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
        "items": survey.items,
        "left_out": survey.left_out,
        "comparisons": survey.comparisons,
        "trials": survey.comparisons * 2 * u64::from(repeat),
        "repeat": repeat,
        "rubric": { "name": setup.rubric.rubric.name, "version": setup.rubric.rubric.version },
        "run": setup.run.as_ref().map(|run| run.display().to_string()),
        "judges": judges,
        "labels": labels.map(|(labels, unmatched)| json!({ "labels": labels, "unmatched": unmatched })),
        "warnings": survey.warnings.iter().map(|warning| &warning.message).collect::<Vec<_>>(),
    });
    print(&format!("{}\n", json_line(&value.to_string()))).map(|_| ())
}

fn print_table(
    arguments: &Check,
    setup: &Setup,
    repeat: u32,
    survey: &Survey,
    plans: &[JudgePlan],
    labels: Option<(usize, usize)>,
) -> Result<()> {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    show_prompt(arguments, setup, survey, &mut line)?;
    let rubric = &setup.rubric.rubric;
    let comparisons = survey.comparisons;
    line(format!(
        "plan: {} items, {} comparisons, {} trials (both orders{}), rubric {} {}, seed {}",
        count(survey.items),
        count(comparisons),
        count(comparisons * 2 * u64::from(repeat)),
        if repeat > 1 { format!(", {repeat} times each") } else { String::new() },
        for_terminal(&rubric.name, false),
        for_terminal(&rubric.version, false),
        arguments.task.seed,
    ));
    if let Some(shard) = arguments.task.shard {
        line(format!(
            "  shard {} of {}, which has these of {} comparisons",
            shard.number(),
            shard.of(),
            count(survey.planned)
        ));
    }
    if survey.left_out > 0 {
        line(format!("  --limit leaves out {} items", count(survey.left_out)));
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
fn show_prompt(
    arguments: &Check,
    setup: &Setup,
    survey: &Survey,
    line: &mut impl FnMut(String),
) -> Result<()> {
    let Some(comparison) = &survey.first else { return Ok(()) };
    let order = comparison.asked_first(arguments.task.seed);
    for message in setup.prompt.render(comparison, order)? {
        line(format!("── {} ── item {}", message.role, for_terminal(&comparison.item.id, false)));
        line(for_terminal(&message.content, true).into_owned());
        line(String::new());
    }
    Ok(())
}
