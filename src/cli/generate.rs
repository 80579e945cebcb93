//! `evenhand generate`: asks systems for responses, and writes them as items.

use std::path::{Component, Path, PathBuf};

use evenhand::input::{JudgeSettings, TagFilter};
use evenhand::report::{counted, for_terminal};
use evenhand::run::{Generation, GenerationSession, PreparedGeneration};
use evenhand::store::{WrittenItems, remove_run};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Generate, GenerateFormat, is_stdin};
use super::asking::{ask, ask_with_events};
use super::generate_report::{conclude, print_next, print_plan, print_plan_event, print_result};
use super::heartbeat::Heartbeat;
use super::judge_warnings::warn_of_requests;
use super::open_files::raise_limit;
use super::output_file::{link_target, write_output};
use super::project::{Project, is_same_file};
use super::setup::system;
use super::{input_warning, print_note, print_warning, seconds_since_1970};

/// Plans or resumes, asks, writes the items and prints what happened.
pub(crate) fn run(arguments: &Generate) -> Result<ExitCode> {
    let outputs = outputs(&arguments.to, arguments.samples);
    for output in &outputs {
        check_output(&arguments.prompts, output)?;
    }
    let task = task(arguments)?;
    for output in &outputs {
        check_replaced(&task, output)?;
    }
    if let Some((one, other)) = same_file(&outputs) {
        let (one, other) = (one.display(), other.display());
        return Err(Error::usage(format!("{one} and {other} are the same file"))
            .hint("each sample needs a file of its own: remove the link"));
    }
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
    let asked = if arguments.format == GenerateFormat::Jsonl {
        print_plan_event(&session)?;
        ask_with_events(&arguments.budget, arguments.scope(), &mut session)?
    } else {
        ask(&arguments.budget, arguments.scope(), &mut session)?
    };
    let _writing = Heartbeat::start("writing the items");
    let summary = session.summary()?;
    let written = if summary.items > 0 { outputs.as_slice() } else { &[] };
    for (sample, output) in (0..).zip(written) {
        write(&mut session, sample, output)?;
    }
    print_result(arguments, &session, &summary, &asked, written)?;
    warn_of_requests(session.server_profiles(), &asked);
    let code = conclude(arguments, &summary, &asked, &session);
    if code == ExitCode::Done && arguments.format == GenerateFormat::Table {
        print_next(&summary, written);
    }
    Ok(code)
}

/// Writes the items of a sample. The run file knows what is written before it is, since the process may be killed between.
fn write(session: &mut GenerationSession, sample: u32, output: &Path) -> Result<()> {
    let items = session.write_items(sample, &mut std::io::sink())?;
    let run = session.task().run_path().display().to_string();
    // Somebody may have written it meanwhile.
    check_replaced(session.task(), output)
        .map_err(|error| error.detail(format!("every answer is in {run}")))?;
    if let Some(lost) = lost(session.task(), output, &items)? {
        print_warning(&lost);
    }
    session.record_output(items)?;
    write_output(output, |file| session.write_items(sample, file).map(|_| ())).map_err(|error| {
        error.detail(format!("every answer is in {run}; the same command writes the items again"))
    })
}

/// Returns the warning about systems and items that the file to be replaced has and the new one has not.
fn lost(task: &PreparedGeneration, output: &Path, now: &WrittenItems) -> Result<Option<String>> {
    let before = if output.exists() { task.written(output)? } else { None };
    let Some(before) = before else { return Ok(None) };
    let shown = output.display();
    let gone = before.systems.iter().filter(|system| !now.systems.contains(system));
    let gone: Vec<&str> = gone.map(String::as_str).collect();
    if let Some(first) = gone.first() {
        return Ok(Some(format!(
            "{shown} had responses of {}, which are not written again; name every system of the file (--system {first}), \
             which asks nothing twice",
            gone.join(", ")
        )));
    }
    let fewer = (now.items < before.items).then(|| {
        format!("{shown} had {}, and has {} now", counted(before.items, "item"), now.items)
    });
    Ok(fewer)
}

/// Warns of a file of a further sample that an earlier command has written and this one does not.
fn warn_of_further_sample(arguments: &Generate, task: &PreparedGeneration) -> Result<()> {
    let further = outputs(&arguments.to, arguments.samples + 1).pop();
    let Some(further) = further.filter(|further| further.is_file()) else { return Ok(()) };
    if task.written(&further)?.is_some() {
        print_warning(&format!(
            "{} is of an earlier command with more samples, and is not written again",
            further.display()
        ));
    }
    Ok(())
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

/// Returns the items file of each sample: `OUT.jsonl`, `OUT.2.jsonl`…
fn outputs(to: &Path, samples: u32) -> Vec<PathBuf> {
    let stem = to.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let ending = to.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = ending.unwrap_or_default();
    let further = (2..=samples).map(|sample| to.with_file_name(format!("{stem}.{sample}{ending}")));
    std::iter::once(to.to_owned()).chain(further).collect()
}

/// Refuses what cannot be an items file.
fn check_output(prompts: &Path, output: &Path) -> Result<()> {
    let shown = output.display();
    let refused = |why: &str, hint: &str| {
        Err(Error::usage(format!("--to {}: {why}", for_terminal(&shown.to_string(), false)))
            .hint(hint))
    };
    if !is_stdin(prompts) && is_same_file(prompts, output) {
        return refused("this is the file of the prompts", "name another file for the items");
    }
    let is_other = |ending: &std::ffi::OsStr| {
        ["csv", "tsv", "gz", "zst"].iter().any(|other| ending.eq_ignore_ascii_case(other))
    };
    if is_stdin(output) || output.extension().is_some_and(is_other) {
        return refused("items are written as JSONL to a file", "name a file that ends in .jsonl");
    }
    if output.exists() && !output.is_file() {
        return refused("this is not a file", "name a file that ends in .jsonl");
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) || output.file_name().is_none() {
        return refused(
            "its folder does not exist",
            "create the folder, or name a file in another one",
        );
    }
    Ok(())
}

/// Refuses to replace the run file, and a file that the run file does not know as it is.
fn check_replaced(task: &PreparedGeneration, output: &Path) -> Result<()> {
    let shown = for_terminal(&output.display().to_string(), false).into_owned();
    if real_path(output) == real_path(task.run_path()) {
        return Err(Error::usage(format!(
            "--to {shown}: this is the run file, which keeps the answers"
        ))
        .hint("name another file for the items"));
    }
    let is_empty = output.metadata().is_ok_and(|found| found.len() == 0);
    if !output.exists() || is_empty || task.written(output)?.is_some() {
        return Ok(());
    }
    let run = task.run_path().display();
    let error = if task.run_path().exists() {
        Error::usage(format!("--to {shown}: the file exists and is not as {run} has written it"))
            .detail("it is of another command, or was changed since")
            .hint("name another file, or move this one away: the items are written again without asking")
    } else {
        Error::usage(format!(
            "--to {shown}: the file exists, and there is no {run} that has written it"
        ))
        .hint("name another file, or with --run the run file that keeps its answers")
    };
    Err(error)
}

/// Returns two paths that lead to one file.
fn same_file(paths: &[PathBuf]) -> Option<(&PathBuf, &PathBuf)> {
    let real: Vec<PathBuf> = paths.iter().map(|path| real_path(path)).collect();
    let pairs =
        (0..paths.len()).flat_map(|one| (one + 1..paths.len()).map(move |other| (one, other)));
    let mut same = pairs.filter(|(one, other)| real[*one] == real[*other]);
    same.next().map(|(one, other)| (&paths[one], &paths[other]))
}

/// Returns a path by which a file is known whatever the working folder is, also one that does not exist yet.
fn real_path(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    let target = link_target(path);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, target.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
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
