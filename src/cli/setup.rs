//! What `check` and `judge` have in common: the task that flags, settings and environment describe.

use std::path::PathBuf;

use evenhand::input::{Connection, JudgeSettings, Settings, TagFilter};
use evenhand::judge::{Builtin, Secrets};
use evenhand::metrics::BertScore;
use evenhand::run::{Judge, PreparedTask, System, Task};
use evenhand::verdict::CascadeRule;
use evenhand::{Error, Result};
use secrecy::{ExposeSecret as _, SecretString};

use super::arguments::TaskArguments;
use super::encoder::{self, Similarities};
use super::environment::optional_variable;
use super::project::Project;

/// What is done about a variable of the environment that is not set: fail, or go on without it.
type OnMissing<'a> = dyn FnMut(Error) -> Result<()> + 'a;

/// Reads rubric, settings and keys; the caller may add to the task before it is prepared.
///
/// `labels` is the label file of the command, if it takes one and has one.
pub(super) fn task(
    arguments: &TaskArguments,
    judges: &[String],
    labels: Option<&PathBuf>,
) -> Result<Task> {
    described_task(arguments, judges, None, labels, &mut Err)
}

/// Does the same for judges that are asked one after the other, if `cascade` says which comparisons the second one is
/// asked about.
pub(super) fn task_of_cascade(
    arguments: &TaskArguments,
    judges: &[String],
    cascade: Option<CascadeRule>,
) -> Result<Task> {
    described_task(arguments, judges, cascade, None, &mut Err)
}

/// Prepares a task that is not asked, so that no key is needed. Returns with it a warning for each variable of the
/// environment that is missing.
pub(crate) fn prepare_without_keys(
    arguments: &TaskArguments,
    judges: &[String],
    labels: Option<&PathBuf>,
) -> Result<(PreparedTask, Vec<String>)> {
    let mut warnings = Vec::new();
    let mut warn = |missing: Error| {
        warnings.push(format!("{missing}; `evenhand judge` needs it"));
        Ok(())
    };
    let task = described_task(arguments, judges, None, labels, &mut warn)?;
    Ok((task.prepare()?, warnings))
}

/// The same for a task of which no run is begun or resumed: what a run would have to be asked anew is counted.
pub(super) fn prepare_without_run(
    arguments: &TaskArguments,
    judges: &[String],
    labels: Option<&PathBuf>,
) -> Result<PreparedTask> {
    let mut task = described_task(arguments, judges, None, labels, &mut |_| Ok(()))?;
    task.run = None;
    task.prepare()
}

fn described_task(
    arguments: &TaskArguments,
    judges: &[String],
    cascade: Option<CascadeRule>,
    labels: Option<&PathBuf>,
    on_missing: &mut OnMissing<'_>,
) -> Result<Task> {
    let project = Project::find(arguments.config.as_deref())?;
    let rubric = project.rubric(&arguments.rubric)?;
    let mut settings = project.settings()?;
    settings.set("--set", &arguments.set)?;
    project.note_settings();
    if judges.is_empty() {
        settings.check()?;
    }
    let mut uses_encoder = false;
    let judges = judges.iter().map(|name| {
        let settings = judge_settings(&settings, name)?;
        let secrets = secrets(&settings, on_missing)?;
        let is_encoded = settings.connection == Connection::Builtin(Builtin::BERT_SCORE.to_owned());
        let judge = Judge::new(settings, secrets);
        if !is_encoded {
            return Ok(judge);
        }
        uses_encoder = true;
        // The run keeps the votes, so that a cache of similarities would not be read again.
        let encoder = encoder::open(&arguments.encoder, Similarities::Computed)?;
        Ok(judge.with_bert_score(BertScore::new(encoder)))
    });
    let judges = judges.collect::<Result<_>>()?;
    if !uses_encoder {
        encoder::check_unused(&arguments.encoder, "--judge builtin:bertscore")?;
    }
    let items = arguments.table.source(&arguments.items, &arguments.responses, labels)?;
    let mut task = Task::new(items, rubric, judges);
    task.seed = arguments.seed;
    task.repeat = arguments.repeat;
    task.baseline.clone_from(&arguments.baseline);
    task.tags = TagFilter::new(arguments.tag.iter().cloned());
    task.limit = arguments.limit;
    task.shard = arguments.shard;
    task.cascade = cascade;
    task.reuse.clone_from(&arguments.reuse);
    let default = || task.default_run().map(|default| project.run(&default));
    task.run = arguments.run.clone().or_else(default);
    Ok(task)
}

/// Returns a system that is asked to respond, as `NAME` or `NAME=MODEL` describes it, with its key.
pub(super) fn system(
    settings: &Settings,
    described: &str,
    on_missing: &mut OnMissing<'_>,
) -> Result<System> {
    let system = match described.split_once('=') {
        None => settings.system(described)?,
        Some((name, model)) => {
            let mut system = settings.system_of_model(name, model)?;
            follow_base_url(model, &mut system.model)?;
            system
        }
    };
    let secrets = secrets(&system.model, on_missing)?;
    Ok(System::new(system, secrets))
}

/// Returns the settings of a judge; those of `openai:MODEL` follow `OPENAI_BASE_URL`.
fn judge_settings(settings: &Settings, name: &str) -> Result<JudgeSettings> {
    let mut judge = settings.judge(name)?;
    follow_base_url(name, &mut judge)?;
    Ok(judge)
}

/// Lets the model `openai:MODEL` follow `OPENAI_BASE_URL`.
fn follow_base_url(name: &str, model: &mut JudgeSettings) -> Result<()> {
    let is_named = name.starts_with("openai:");
    if let (Connection::Endpoint(endpoint), Some(url), true) =
        (&mut model.connection, optional_variable("OPENAI_BASE_URL"), is_named)
    {
        endpoint.set_base_url("the environment variable OPENAI_BASE_URL", &url)?;
    }
    Ok(())
}

/// Reads the key and the header values of a judge from the environment.
fn secrets(judge: &JudgeSettings, on_missing: &mut OnMissing<'_>) -> Result<Secrets> {
    let Some(endpoint) = judge.endpoint() else { return Ok(Secrets::default()) };
    let place = &judge.place;
    let mut secrets = Secrets::default();
    if let Some(variable) = &endpoint.api_key_env {
        let place = format!("{place}.api_key_env");
        if let Some(key) = from_environment(&place, variable, on_missing)? {
            secrets.set_key(key);
        }
    }
    for (name, value) in &endpoint.headers {
        let place = format!("{place}.headers.{name}");
        if value.contains('$') {
            let value = expanded(&place, value, on_missing, |part| secrets.add_secret_part(part))?;
            secrets.add_secret_header(name.as_str(), value);
        } else {
            secrets.add_header(name.as_str(), value.as_str());
        }
    }
    Ok(secrets)
}

/// Replaces every `$NAME` and `${NAME}` in the value of a header by the environment variable; `$$` is a dollar
/// sign. `each_secret` gets the value of each variable.
fn expanded(
    place: &str,
    value: &str,
    on_missing: &mut OnMissing<'_>,
    mut each_secret: impl FnMut(SecretString),
) -> Result<SecretString> {
    let mut output = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        output.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            output.push('$');
            rest = after;
            continue;
        }
        let in_braces = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let name_ends = rest.find(|char| !is_name(char)).unwrap_or(rest.len());
        let (inside, after) = in_braces.unwrap_or_else(|| rest.split_at(name_ends));
        let begins_name = |char: char| char.is_ascii_alphabetic() || char == '_';
        if !inside.starts_with(begins_name) {
            return Err(Error::input(format!(
                "{place}: a `$` is not followed by the name of a variable"
            ))
            .hint("write $NAME or ${NAME} for an environment variable, $$ for a dollar sign"));
        }
        if let Some(secret) = from_environment(place, inside, on_missing)? {
            output.push_str(secret.expose_secret());
            each_secret(secret);
        }
        rest = after;
    }
    output.push_str(rest);
    Ok(SecretString::from(output))
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the environment")]
fn from_environment(
    place: &str,
    variable: &str,
    on_missing: &mut OnMissing<'_>,
) -> Result<Option<SecretString>> {
    // What does not look like the name of a variable may be the key itself.
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let shown = if variable.len() <= 64 && variable.bytes().all(is_plain) {
        variable
    } else {
        "named there"
    };
    let wrong =
        |why: &str| Error::input(format!("{place}: the environment variable {shown} {why}"));
    let Some(value) = std::env::var_os(variable) else {
        let example = if shown == variable { variable } else { "OPENAI_API_KEY" };
        let hint =
            format!("set it: export {example}=…; a server without keys needs no api_key_env");
        on_missing(wrong("is not set").hint(hint))?;
        return Ok(None);
    };
    let Some(value) = value.to_str() else { return Err(wrong("is not valid UTF-8")) };
    if value.is_empty() {
        on_missing(wrong("is empty"))?;
        return Ok(None);
    }
    if value.trim() != value {
        return Err(wrong("begins or ends with white space, perhaps a line break")
            .hint(format!("remove it, for example: {variable}=\"$(tr -d '\\n' < FILE)\"")));
    }
    if value.chars().any(|char| char.is_control() || !char.is_ascii()) {
        return Err(wrong("contains a control character or one that is not ASCII")
            .hint("check that the whole value, and nothing else, was copied"));
    }
    Ok(Some(SecretString::from(value)))
}
