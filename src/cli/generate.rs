//! `evenhand generate`: asks systems for responses, and writes them as items.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use evenhand::input::JudgeSettings;
use evenhand::report::{counted, for_terminal};
use evenhand::run::{Generation, GenerationSession, PreparedGeneration};
use evenhand::{Error, ExitCode, Result};
use serde_json::Value;

use super::arguments::{Generate, is_stdin};
use super::asking::ask;
use super::generate_report::{conclude, print_plan, print_result};
use super::heartbeat::Heartbeat;
use super::judge_warnings::warn_of_requests;
use super::open_files::raise_limit;
use super::output_file::write_output;
use super::project::{Project, is_same_file};
use super::setup::system;
use super::{input_warning, print_note, print_warning, seconds_since_1970};

/// The most of the first line of a file that is read to see whether it was generated.
const MOST_OF_LINE: u64 = 64 << 20;

/// Plans or resumes, asks, writes the items and prints what happened.
pub(crate) fn run(arguments: &Generate) -> Result<ExitCode> {
    let outputs = outputs(&arguments.to, arguments.samples);
    for output in &outputs {
        check_output(&arguments.prompts, output)?;
    }
    let task = task(arguments)?;
    check_limits(arguments, &task)?;
    raise_limit(task.systems())?;
    if arguments.dry_run {
        let (plan, forecasts) = task.check()?;
        plan.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
        print_plan(arguments, &task, &plan, &forecasts)?;
        return Ok(ExitCode::Done);
    }
    let planning = Heartbeat::start("planning");
    let mut session = GenerationSession::plan(task, arguments.scope(), seconds_since_1970())?;
    drop(planning);
    note_plan(arguments, &session);
    let asked = ask(&arguments.budget, arguments.scope(), &mut session)?;
    let _writing = Heartbeat::start("writing the items");
    let summary = session.summary()?;
    if summary.items > 0 {
        for (sample, output) in (0..).zip(&outputs) {
            write_output(output, |file| session.write_items(sample, file))?;
        }
    }
    print_result(arguments, &session, &summary, &asked, &outputs)?;
    warn_of_requests(session.server_profiles(), &asked);
    Ok(conclude(arguments, &summary, &asked, session.task()))
}

/// Reads settings, keys and templates.
fn task(arguments: &Generate) -> Result<PreparedGeneration> {
    let project = Project::find(arguments.config.as_deref())?;
    let mut settings = project.settings()?;
    settings.set("--set", &arguments.set)?;
    project.note_settings();
    let systems = arguments.system.iter().map(|described| system(&settings, described));
    let systems = systems.collect::<Result<_>>()?;
    let prompts = arguments.table.source(&arguments.prompts, &[], None)?;
    let default = || project.run(&default_run(&arguments.to));
    let run = arguments.run.clone().unwrap_or_else(default);
    let mut generation = Generation::new(prompts, systems, run);
    generation.samples = arguments.samples;
    generation.tags = evenhand::input::TagFilter::new(arguments.tag.iter().cloned());
    generation.limit = arguments.limit;
    generation.seed = arguments.seed;
    generation.prepare()
}

/// Returns `runs/generate-OUT.db`.
fn default_run(to: &Path) -> PathBuf {
    let stem = to.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    Path::new("runs").join(format!("generate-{stem}.db"))
}

/// Returns the items file of each sample: `OUT.jsonl`, `OUT.2.jsonl`…
fn outputs(to: &Path, samples: u32) -> Vec<PathBuf> {
    let stem = to.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let ending = to.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = ending.unwrap_or_default();
    let further = (2..=samples).map(|sample| to.with_file_name(format!("{stem}.{sample}{ending}")));
    std::iter::once(to.to_owned()).chain(further).collect()
}

/// Refuses to replace the prompts, or a file that was not generated.
fn check_output(prompts: &Path, output: &Path) -> Result<()> {
    let shown = output.display();
    if !is_stdin(prompts) && is_same_file(prompts, output) {
        return Err(Error::usage(format!("--to {shown}: this is the file of the prompts"))
            .hint("name another file for the items"));
    }
    if output.extension().is_some_and(|ending| {
        ["csv", "tsv", "gz", "zst"].iter().any(|other| ending.eq_ignore_ascii_case(other))
    }) {
        return Err(Error::usage(format!("--to {shown}: items are written as JSONL"))
            .hint("name a file that ends in .jsonl"));
    }
    if !output.is_file() || is_generated(output) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "--to {shown}: the file exists, and its first item was not generated"
    ))
    .hint("name another file, or remove this one"))
}

/// Returns whether a file is empty, or its first item says how a response was generated.
fn is_generated(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut line = String::new();
    match BufReader::new(file.take(MOST_OF_LINE)).read_line(&mut line) {
        Ok(0) => true,
        Ok(_) => serde_json::from_str::<Value>(&line)
            .is_ok_and(|item| item.get("generated").is_some_and(Value::is_object)),
        Err(_) => false,
    }
}

/// Checks that every system has a price and responses of limited length if the cost is limited, and that a prompt can
/// be asked at all.
fn check_limits(arguments: &Generate, task: &PreparedGeneration) -> Result<()> {
    let samples = u64::from(arguments.samples);
    if let Some(most) = arguments.budget.max_requests.filter(|most| *most < samples) {
        return Err(Error::usage(format!(
            "--max-requests {most} is not enough for one prompt, so nothing would be asked"
        ))
        .detail(format!("all {samples} samples of a prompt are asked, or none"))
        .hint(format!("use --max-requests {samples} or more")));
    }
    if arguments.budget.max_cost.is_none() {
        return Ok(());
    }
    if let Some(system) = task.unlimited_system() {
        return Err(Error::input(format!("{}.max_tokens is \"none\"", system.place()))
            .detail("--max-cost needs the maximum length of every response")
            .hint("set max_tokens to a number"));
    }
    match task.unpriced_system() {
        Some(system) => Err(Error::input(format!("{}.price is missing", system.place()))
            .detail("--max-cost needs the price of every system")
            .hint(
                "add price = { input_per_million = …, output_per_million = … } to the system's settings",
            )),
        None => Ok(()),
    }
}

/// Prints the warnings about the items, and what the run file already has.
fn note_plan(arguments: &Generate, session: &GenerationSession) {
    let plan = session.plan_summary();
    plan.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
    if arguments.samples > 1 {
        let is_fixed = |system: &&JudgeSettings| system.temperature == Some(0.0);
        for system in session.task().systems().filter(is_fixed) {
            print_warning(&format!(
                "{}: the temperature is 0, so that samples hardly differ; set {}.temperature to that of production, or \
                 to \"none\"",
                system.name,
                system.place()
            ));
        }
    }
    for system in plan.systems.iter().filter(|system| system.asked_again > 0) {
        let name = for_terminal(&system.system, false);
        let again = counted(system.asked_again, "response");
        print_note(format_args!(
            "{name}: prompt, template or parameters have changed; {again} asked again"
        ));
    }
    let stored: u64 = plan.systems.iter().map(|system| system.stored).sum();
    if stored > 0 {
        let stored = counted(stored, "response");
        let run = session.task().run_path().display();
        print_note(format_args!("{stored} stored already in {run}"));
    }
}
