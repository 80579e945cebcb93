//! `evenhand check`: everything that can be known before the first request.

use evenhand::calibration::label_warnings;
use evenhand::grading::grade_label_warnings;
use evenhand::input::{
    Api, Connection, DataFile, EndpointSettings, JudgeProgram, JudgeSettings, KnownItems, Rubric,
    SystemCount, read_grade_labels, read_labels,
};
use evenhand::report::{count, counted, for_terminal, usd};
use evenhand::run::{CheckReport, CostForecast, JudgeForecast, PreparedTask};
use evenhand::trial::Unit;
use evenhand::{ExitCode, Result, Warning};
use serde_json::{Value, json};

use super::arguments::{Check, Format};
use super::heartbeat::Heartbeat;
use super::setup::prepare_without_keys;
use super::unit::unit_name;
use super::unplanned::{Unplanned, print_unplanned};
use super::{input_warning, print, print_json, print_note, print_warning};

/// Validates everything and prints the plan. It calls no endpoint and writes nothing.
pub(crate) fn run(arguments: &Check) -> Result<ExitCode> {
    let label_file = arguments.labels.as_ref();
    let (mut task, missing) = prepare_without_keys(&arguments.task, &arguments.judge, label_file)?;
    let label_file = arguments.task.table.labels(&arguments.task.items, label_file)?;
    let _busy = Heartbeat::start("planning");
    let mut items = KnownItems::default();
    let report = task.check(|item| {
        if label_file.is_some() {
            items.add(&item.id, item.responses.keys().map(String::as_str));
        }
    })?;
    let mut warnings: Vec<String> = missing;
    warnings.extend(task.rubric_warnings().into_iter().map(|warning| warning.message));
    warnings.extend(task.order_warnings().into_iter().map(|warning| warning.message));
    warnings.extend(report.plan.warnings.iter().map(input_warning));
    let systems: Vec<String> =
        report.plan.systems.iter().map(|count| count.system.clone()).collect();
    let families = task.family_warnings(&systems, &report.plan.models);
    warnings.extend(families.into_iter().map(|warning| warning.message));
    let rubric = &task.rubric().rubric;
    items.add_possible_systems(systems.iter().cloned());
    let read = label_file.map(|file| read_label_counts(&file, &items, rubric)).transpose()?;
    let (labels, found) = read.unzip();
    warnings.extend(found.into_iter().flatten().map(|warning| warning.message));
    for warning in &warnings {
        print_warning(warning);
    }
    print_unplanned(&report.plan, &arguments.task.items, Unplanned::WillCount, task.unit());
    match arguments.format {
        Format::Json => print_forecast(&task, &report, labels.as_ref(), &warnings)?,
        Format::Table => print_table(arguments, &task, &report, labels.as_ref())?,
    }
    Ok(ExitCode::Done)
}

/// How many labels of a file match the items.
struct LabelCounts {
    matched: u64,
    unmatched: u64,
    blank: u64,
    /// What a line has to have to be a label.
    answer: &'static str,
}

/// Reads labels of comparisons, or of single responses where the rubric grades these, and what is to be said of them.
fn read_label_counts(
    file: &DataFile,
    items: &KnownItems,
    rubric: &Rubric,
) -> Result<(LabelCounts, Vec<Warning>)> {
    let counts = |matched: usize, unmatched: usize, blank: usize, answer| LabelCounts {
        matched: matched as u64,
        unmatched: unmatched as u64,
        blank: blank as u64,
        answer,
    };
    Ok(match &rubric.scale {
        None => {
            let read = read_labels(file, items)?;
            let counts = counts(read.labels.len(), read.unmatched, read.blank, "winner");
            (counts, label_warnings(&read, items, rubric.ties)?)
        }
        Some(scale) => {
            let read = read_grade_labels(file, items, scale)?;
            let unmatched = read.unmatched_ids.len();
            let counts = counts(read.labels.len(), unmatched, read.blank, "grade");
            (counts, grade_label_warnings(&read))
        }
    })
}

fn print_forecast(
    task: &PreparedTask,
    report: &CheckReport,
    labels: Option<&LabelCounts>,
    warnings: &[String],
) -> Result<()> {
    let CheckReport { repeat, plan, judges, .. } = report;
    let judge = |judge: &JudgeForecast| {
        json!({
            "judge": judge.judge,
            "request": judge.request,
            "trials": judge.trials,
            "stored": judge.answered,
            "reused": judge.copied,
            "requests": judge.requests,
            "prompt_tokens": judge.prompt_tokens,
            "max_completion_tokens": judge.max_completion_tokens,
            "prompt_cost_usd": judge.cost.map(|cost| cost.prompts),
            "max_cost_usd": judge.cost.and_then(|cost| cost.max),
        })
    };
    let labels = labels.map(|counts| {
        json!({ "labels": counts.matched, "unmatched": counts.unmatched, "blank": counts.blank })
    });
    let rubric = &task.rubric().rubric;
    let value = json!({
        "items": plan.items,
        "without_tags": plan.without_tags,
        "left_out": plan.left_out,
        "not_in_file": plan.not_in_file,
        "not_planned": plan.not_planned,
        (match task.unit() {
            Unit::Comparison => "comparisons",
            Unit::Response => "responses",
        }): plan.comparisons,
        "trials": plan.comparisons * 2 * u64::from(*repeat),
        "repeat": repeat,
        "systems": plan.systems,
        "rubric": { "name": rubric.name, "version": rubric.version },
        "run": task.run_path().map(|run| run.display().to_string()),
        "judges": judges.iter().map(judge).collect::<Vec<Value>>(),
        "labels": labels,
        "warnings": warnings,
    });
    print_json(&value).map(|_| ())
}

fn print_table(
    arguments: &Check,
    task: &PreparedTask,
    report: &CheckReport,
    labels: Option<&LabelCounts>,
) -> Result<()> {
    let CheckReport { repeat, plan, judges, .. } = report;
    let mut lines = first_prompt(arguments, task, report)?;
    let rubric = &task.rubric().rubric;
    let unit = unit_name(task.unit());
    let both = match task.unit() {
        Unit::Comparison => "both orders",
        Unit::Response => "both directions of the scale",
    };
    lines.push(format!(
        "plan: {}, {}, {} ({both}{}), rubric {} {}, seed {}",
        counted(plan.items, "item"),
        counted(plan.comparisons, unit),
        counted(plan.comparisons * 2 * u64::from(*repeat), "trial"),
        if *repeat > 1 { format!(", {repeat} times each") } else { String::new() },
        for_terminal(&rubric.name, false),
        for_terminal(&rubric.version, false),
        arguments.task.seed,
    ));
    if let Some(shard) = arguments.task.shard {
        let (number, of) = (shard.number(), shard.of());
        let all = counted(plan.all_shards, unit);
        lines.push(format!("  shard {number} of {of}; all shards together: {all}"));
    }
    if plan.without_tags > 0 {
        lines.push(format!("  --tag leaves out {}", counted(plan.without_tags, "item")));
    }
    if plan.left_out > 0 {
        lines.push(format!("  --limit leaves out {}", counted(plan.left_out, "item")));
    }
    lines.push(systems(&plan.systems));
    for judge in judges {
        let settings = task.judges().find(|settings| settings.name == judge.judge);
        lines.extend(forecast(judge, settings));
    }
    if judges.is_empty() {
        lines
            .push("  no judge given: add --judge NAME to see requests, tokens and cost".to_owned());
    }
    lines.extend(labels.map(|labels| format!("\n{}", label_counts(labels))));
    print(&(lines.join("\n") + "\n"))?;
    print_note(format_args!("\nall checks passed; nothing was sent"));
    Ok(())
}

/// Returns the line about the systems and the items that each responds to.
fn systems(systems: &[SystemCount]) -> String {
    const MOST: usize = 12;
    let one = |count: &SystemCount| {
        format!("{} {}", for_terminal(&count.system, false), counted(count.items, "item"))
    };
    let mut shown: Vec<String> = systems.iter().take(MOST).map(one).collect();
    let more = systems.len().saturating_sub(MOST) as u64;
    if more > 0 {
        shown.push(format!("and {}", counted(more, "more system")));
    }
    format!("  systems   {}", shown.join(", "))
}

/// Returns how many labels match, and why others do not.
fn label_counts(counts: &LabelCounts) -> String {
    let LabelCounts { matched, unmatched, blank, answer } = *counts;
    let matching = if matched == 1 { "matches" } else { "match" };
    let mut parts = vec![
        format!("{} {matching}", counted(matched, "label")),
        match unmatched {
            1 => "1 has an unknown id".to_owned(),
            _ => format!("{} have unknown ids", count(unmatched)),
        },
    ];
    if blank > 0 {
        let has = if blank == 1 { "has" } else { "have" };
        parts.push(format!("{} {has} no {answer} yet", counted(blank, "line")));
    }
    parts.join("; ")
}

/// Returns the lines about one judge.
fn forecast(judge: &JudgeForecast, settings: Option<&JudgeSettings>) -> Vec<String> {
    let mut lines = vec![format!("\n{}", for_terminal(&judge.judge, false))];
    if let Some(settings) = settings.filter(|settings| settings.is_local()) {
        lines.push(local_forecast(judge, settings));
        return lines;
    }
    lines.extend(settings.and_then(JudgeSettings::endpoint).map(endpoint));
    lines.extend(settings.and_then(JudgeSettings::program).map(program));
    lines.extend(judge.request.as_ref().map(fields));
    let replies = match judge.max_completion_tokens {
        Some(tokens) => format!("at most {} out if every request is repeated", count(tokens)),
        None => "any number out: max_tokens is \"none\"".to_owned(),
    };
    lines.extend([
        format!(
            "  requests  {} ({}: {} already answered, {} copied)",
            count(judge.requests),
            counted(judge.trials, "trial"),
            count(judge.answered),
            count(judge.copied)
        ),
        format!("  tokens    about {} in, {replies}", count(judge.prompt_tokens)),
        match judge.cost {
            Some(CostForecast { prompts, max: Some(max), .. }) => format!(
                "  cost      about {} for the prompts, at most {} if every request is repeated",
                usd(prompts),
                usd(max)
            ),
            Some(CostForecast { prompts, .. }) => {
                format!("  cost      about {} for the prompts", usd(prompts))
            }
            None => "  cost      unknown: the judge has no price".to_owned(),
        },
    ]);
    lines
}

/// Returns the line about a judge that sends nothing.
fn local_forecast(judge: &JudgeForecast, settings: &JudgeSettings) -> String {
    let why = match settings.connection {
        Connection::Recorded(_) => "its replies are recorded",
        _ => "it is a rule that is built in",
    };
    format!(
        "  requests  {}, of which none is sent or costs anything: {why} ({}: {} already answered, {} copied)",
        count(judge.requests),
        counted(judge.trials, "trial"),
        count(judge.answered),
        count(judge.copied)
    )
}

/// Returns the line about where a judge's requests go. It names the variable of the key, never the key.
fn endpoint(endpoint: &EndpointSettings) -> String {
    let shown = |text: &str| for_terminal(text, false).into_owned();
    let urls: Vec<String> = endpoint.base_urls().iter().map(|url| shown(url)).collect();
    let mut parts = vec![match endpoint.server_command() {
        Some(command) if command.replicas > 1 => {
            format!("started {} times by {}", command.replicas, shown(&command.shown()))
        }
        Some(command) => format!("started by {}", shown(&command.shown())),
        None => urls.join(", "),
    }];
    parts.push(match endpoint.api {
        Api::Anthropic => "Messages API".to_owned(),
        _ => "chat completions".to_owned(),
    });
    parts.push(match &endpoint.api_key_env {
        Some(variable) => format!("key from {}", shown(variable)),
        None => "no key".to_owned(),
    });
    let headers: Vec<String> = endpoint.headers.keys().map(|name| shown(name)).collect();
    if !headers.is_empty() {
        parts.push(format!("headers {}", headers.join(", ")));
    }
    format!("  endpoint  {}", parts.join("; "))
}

/// Returns the line about the program that is a judge. It is not started to be checked.
fn program(program: &JudgeProgram) -> String {
    let processes = match program.processes {
        1 => "one process".to_owned(),
        processes => format!("{} processes", count(processes as u64)),
    };
    let command = for_terminal(&program.shown(), false).into_owned();
    format!("  program   {command}; at most {processes}; not started by this check")
}

/// Returns the line about the fields of a judge's requests.
fn fields(request: &serde_json::Map<String, Value>) -> String {
    let field = |(name, value): (&String, &Value)| match value {
        // A schema is derived from the rubric.
        Value::Object(object) if name == "response_format" => {
            format!("{name} = {}", object["type"].as_str().unwrap_or_default())
        }
        Value::Array(_) | Value::Object(_) if matches!(name.as_str(), "tools" | "tool_choice") => {
            name.clone()
        }
        value => format!("{name} = {value}"),
    };
    let fields: Vec<String> = request.iter().map(field).collect();
    let shown = format!("  request   {}, messages", fields.join(", "));
    for_terminal(&shown, false).into_owned()
}

/// Returns the messages of the first comparison, or of the first response that is graded, in the order that is asked
/// first.
fn first_prompt(
    arguments: &Check,
    task: &PreparedTask,
    report: &CheckReport,
) -> Result<Vec<String>> {
    let Some(subject) = &report.plan.first else { return Ok(Vec::new()) };
    let order = subject.asked_first(arguments.task.seed);
    let mut lines = Vec::new();
    for message in task.prompt().render_subject(subject, order)? {
        let id = for_terminal(&subject.item().id, false);
        lines.push(format!("── {} ── item {id}", message.role));
        lines.push(for_terminal(&message.content, true).into_owned());
        lines.push(String::new());
    }
    Ok(lines)
}
