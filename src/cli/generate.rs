//! `evenhand generate`: asks systems for responses, and writes them as items.

use std::path::{Component, Path, PathBuf};

use evenhand::input::{JudgeSettings, TagFilter};
use evenhand::report::{counted, for_terminal};
use evenhand::run::{Generation, GenerationSession, PreparedGeneration};
use evenhand::store::remove_run;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Generate, GenerateFormat};
use super::asking::{AskFlags, ask, ask_with_events};
use super::generate_output::{check_outputs, outputs, warn_of_further_sample, write_items};
use super::generate_plan::{print_plan, print_plan_event};
use super::generate_report::{conclude, print_next, print_result};
use super::heartbeat::Heartbeat;
use super::judge_warnings::warn_of_requests;
use super::open_files::raise_limit;
use super::project::Project;
use super::setup::system;
use super::{input_warning, print_note, print_warning, seconds_since_1970};

/// Plans or resumes, asks, writes the items and prints what happened.
pub(crate) fn run(arguments: &Generate) -> Result<ExitCode> {
    let outputs = outputs(&arguments.to, arguments.samples);
    let task = task(arguments)?;
    check_outputs(&arguments.prompts, &outputs, &task)?;
    warn_of_further_sample(arguments, &task)?;
    check_limits(arguments, &task)?;
    raise_limit(task.systems())?;
    warn_of_equal_samples(arguments, &task);
    if arguments.dry_run {
        let (plan, forecasts) = task.check(arguments.scope())?;
        plan.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
        print_plan(arguments, &task, &plan, &forecasts)?;
        return Ok(ExitCode::Done);
    }
    let planning = Heartbeat::start("planning");
    let new_run = (!task.run_path().exists()).then(|| task.run_path().to_owned());
    let mut session = GenerationSession::plan(task, arguments.scope(), seconds_since_1970())?;
    drop(planning);
    if let Err(refusal) = check_requests(arguments, &session) {
        drop(session);
        // What was refused leaves no trace.
        new_run.map(|run| remove_run(&run, || Ok(true))).transpose()?;
        return Err(refusal);
    }
    note_plan(&session);
    let (budget, scope) = (&arguments.budget, arguments.scope());
    let flags = AskFlags { budget, scope, batches: None };
    let asked = if arguments.format == GenerateFormat::Jsonl {
        print_plan_event(&session)?;
        ask_with_events(&flags, &mut session)?
    } else {
        ask(&flags, &mut session)?
    };
    let _writing = Heartbeat::start("writing the items");
    let summary = session.summary()?;
    let written = if summary.items > 0 { outputs.as_slice() } else { &[] };
    for (sample, output) in (0..).zip(written) {
        write_items(&mut session, sample, output)?;
    }
    print_result(arguments, &session, &summary, &asked, written)?;
    warn_of_requests(session.server_profiles(), &asked);
    let code = conclude(arguments, &summary, &asked, &session);
    if code == ExitCode::Done && arguments.format == GenerateFormat::Table {
        print_next(&summary, written);
    }
    Ok(code)
}

/// Reads settings, keys and templates.
fn task(arguments: &Generate) -> Result<PreparedGeneration> {
    let project = Project::find(arguments.config.as_deref())?;
    let mut settings = project.settings()?;
    settings.set("--set", &arguments.set)?;
    project.note_settings();
    let mut on_missing = |missing: Error| {
        if !arguments.dry_run {
            return Err(missing);
        }
        print_warning(&format!("{missing}; asking needs it"));
        Ok(())
    };
    let systems = arguments.system.iter();
    let systems = systems.map(|described| {
        if described.contains(':') && !described.contains('=') {
            let name = described.rsplit([':', '/']).next().unwrap_or_default();
            return Err(Error::usage(format!("--system {described}: the system has no name"))
                .hint(format!("give it one before the model: --system {name}={described}")));
        }
        system(&settings, described, &mut on_missing)
    });
    let systems = systems.collect::<Result<_>>()?;
    let prompts = arguments.table.prompts(&arguments.prompts)?;
    let default = || project.run(&default_run(&arguments.to));
    let run = arguments.run.clone().unwrap_or_else(default);
    let mut generation = Generation::new(prompts, systems, run);
    generation.samples = arguments.samples;
    generation.keep_single = arguments.keep_single;
    generation.tags = TagFilter::new(arguments.tag.iter().cloned());
    generation.limit = arguments.limit;
    generation.seed = arguments.seed;
    generation.prepare()
}

/// Returns `runs/generate-OUT.db`, with the folders of OUT if it has some.
fn default_run(to: &Path) -> PathBuf {
    let parts = to.with_extension("");
    let parts = parts.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    });
    let name = parts.collect::<Vec<String>>().join("-");
    let name = name.chars().map(|char| if char.is_control() { '-' } else { char });
    Path::new("runs").join(format!("generate-{}.db", name.collect::<String>()))
}

/// Checks that a limit of the requests allows the next prompt.
fn check_requests(arguments: &Generate, session: &GenerationSession) -> Result<()> {
    let Some(least) = session.plan_summary().requests_of_next_prompt() else { return Ok(()) };
    let Some(most) = arguments.budget.max_requests.filter(|most| *most < least) else {
        return Ok(());
    };
    Err(Error::usage(format!("--max-requests {most} is not enough for the next prompt"))
        .detail(format!(
            "all systems are asked all open samples of a prompt, or none is: {}",
            counted(least, "request")
        ))
        .hint(format!("use --max-requests {least} or more")))
}

/// Checks that every system has a price and responses of limited length if the cost is limited.
fn check_limits(arguments: &Generate, task: &PreparedGeneration) -> Result<()> {
    if arguments.budget.max_cost.is_none() {
        return Ok(());
    }
    if let Some(system) = task.unlimited_system() {
        return Err(Error::input(format!("{}.max_tokens is \"none\"", system.place))
            .detail("--max-cost needs the maximum length of every response")
            .hint("set max_tokens to a number"));
    }
    match task.unpriced_system() {
        Some(system) => Err(Error::input(format!("{}.price is missing", system.place))
            .detail("--max-cost needs the price of every system")
            .hint(if system.place.contains(':') {
                "declare the system in evenhand.toml as [systems.NAME], with model, base_url and price"
            } else {
                "add price = { input_per_million = …, output_per_million = … } there"
            })),
        None => Ok(()),
    }
}

/// Warns of samples that hardly differ.
fn warn_of_equal_samples(arguments: &Generate, task: &PreparedGeneration) {
    let is_fixed = |system: &&JudgeSettings| system.temperature == Some(0.0);
    for system in task.systems().filter(|system| arguments.samples > 1 && is_fixed(system)) {
        print_warning(&format!(
            "{}: the temperature is 0, so that samples hardly differ; set {}.temperature to that of production, or to \
             \"none\"",
            system.name, system.place
        ));
    }
}

/// Prints the warnings about the items, and what the run file already has.
fn note_plan(session: &GenerationSession) {
    let plan = session.plan_summary();
    plan.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
    for system in plan.systems.iter().filter(|system| system.asked_again > 0) {
        let name = for_terminal(&system.system, false);
        let again = counted(system.asked_again, "response");
        print_note(format_args!(
            "{name}: prompt, template, parameters or server have changed; {again} to be asked again"
        ));
    }
    let stored: u64 = plan.systems.iter().map(|system| system.stored).sum();
    if stored > 0 {
        let stored = counted(stored, "response");
        let run = session.task().run_path().display().to_string();
        print_note(format_args!("{stored} stored already in {}", for_terminal(&run, false)));
    }
}
