//! What `generate` says of its plan: what would be asked and what that costs, or the event about it.

use evenhand::Result;
use evenhand::report::{count, counted, for_terminal, usd};
use evenhand::run::{
    GenerationForecast, GenerationPlan, GenerationSession, PreparedGeneration, SystemPlan,
};
use serde_json::{Value, json};

use super::arguments::{Generate, GenerateFormat};
use super::{print, print_json, print_note};

/// Prints what would be asked.
pub(super) fn print_plan(
    arguments: &Generate,
    task: &PreparedGeneration,
    plan: &GenerationPlan,
    forecasts: &[GenerationForecast],
) -> Result<()> {
    if arguments.format != GenerateFormat::Table {
        let mut plan = plan_json(task, plan, forecasts);
        if let (GenerateFormat::Jsonl, Value::Object(fields)) = (arguments.format, &mut plan) {
            fields.shift_insert(0, "event".to_owned(), "plan".into());
        }
        return print_json(&plan).map(|_| ());
    }
    let mut lines = Vec::new();
    for SystemPlan { system, first, .. } in &plan.systems {
        for (id, message) in
            first.iter().flat_map(|(id, sent)| sent.iter().map(move |one| (id, one)))
        {
            let [system, id, role] =
                [system, id, &message.role].map(|text| for_terminal(text, false));
            lines.push(format!("── {role} ── item {id}, system {system}"));
            lines.push(for_terminal(&message.content, true).into_owned());
            lines.push(String::new());
        }
    }
    let samples = match plan.samples {
        1 => String::new(),
        samples => format!(", {samples} samples"),
    };
    lines.push(format!(
        "plan: {}, {}{samples}",
        counted(plan.prompts, "prompt"),
        counted(plan.systems.len() as u64, "system")
    ));
    if plan.without_tags > 0 {
        lines.push(format!("  --tag leaves out {}", counted(plan.without_tags, "item")));
    }
    if plan.left_out > 0 {
        lines.push(format!("  --limit leaves out {}", counted(plan.left_out, "item")));
    }
    for (planned, forecast) in plan.systems.iter().zip(forecasts) {
        lines.extend(forecast_lines(planned, forecast));
    }
    let most = forecasts.iter().map(|forecast| forecast.cost.and_then(|cost| cost.max));
    if let Some(most) = most.sum::<Option<f64>>().filter(|_| forecasts.len() > 1) {
        lines.push(format!("all systems: at most {}", usd(most)));
    }
    print(&(lines.join("\n") + "\n"))?;
    print_note(format_args!("\nall checks passed; nothing was sent"));
    Ok(())
}

fn forecast_lines(planned: &SystemPlan, forecast: &GenerationForecast) -> Vec<String> {
    let again = match planned.asked_again {
        0 => String::new(),
        again => format!(", {} again because the request has changed", count(again)),
    };
    let replies = match forecast.max_completion_tokens {
        Some(tokens) => format!("at most {} out", count(tokens)),
        None => "any number out: max_tokens is \"none\"".to_owned(),
    };
    vec![
        format!("system {}", for_terminal(&forecast.system, false)),
        format!(
            "  requests  {} ({}: {} stored already{again})",
            count(forecast.requests),
            counted(planned.responses, "response"),
            count(planned.stored)
        ),
        format!("  tokens    about {} in, {replies}", count(forecast.prompt_tokens)),
        match forecast.cost {
            Some(cost) => {
                let most = cost
                    .max
                    .map(|most| format!(", at most {} if every request is repeated", usd(most)));
                let most = most.unwrap_or_default();
                format!("  cost      about {} for the prompts{most}", usd(cost.prompts))
            }
            None => "  cost      unknown: the system has no price".to_owned(),
        },
    ]
}

fn plan_json(
    task: &PreparedGeneration,
    plan: &GenerationPlan,
    forecasts: &[GenerationForecast],
) -> Value {
    let system = |(planned, forecast): (&SystemPlan, &GenerationForecast)| {
        json!({
            "system": planned.system,
            "request": forecast.request,
            "responses": planned.responses,
            "stored": planned.stored,
            "asked_again": planned.asked_again,
            "requests": forecast.requests,
            "prompt_tokens": forecast.prompt_tokens,
            "max_completion_tokens": forecast.max_completion_tokens,
            "prompt_cost_usd": forecast.cost.map(|cost| cost.prompts),
            "max_cost_usd": forecast.cost.and_then(|cost| cost.max),
        })
    };
    json!({
        "prompts": plan.prompts,
        "without_tags": plan.without_tags,
        "left_out": plan.left_out,
        "samples": plan.samples,
        "run": task.run_path().display().to_string(),
        "systems": plan.systems.iter().zip(forecasts).map(system).collect::<Vec<Value>>(),
        "warnings": plan.warnings,
    })
}

/// Prints the event about the plan of a session.
///
/// # Errors
///
/// Stdout cannot be written, other than because its reader has closed it.
pub(super) fn print_plan_event(session: &GenerationSession) -> Result<()> {
    let plan = session.plan_summary();
    let systems: Vec<&str> = plan.systems.iter().map(|system| system.system.as_str()).collect();
    let event = json!({
        "event": "plan",
        "run": session.task().run_path().display().to_string(),
        "systems": systems,
        "prompts": plan.prompts,
        "samples": plan.samples,
    });
    print_json(&event).map(drop)
}
