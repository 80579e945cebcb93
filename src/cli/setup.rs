//! What `check` and `judge` have in common: the task that flags, settings and environment describe.

use std::path::Path;

use evenhand::input::{Connection, ItemSource, JudgeSettings, Settings};
use evenhand::judge::Secrets;
use evenhand::run::{Judge, PreparedTask, Task};
use evenhand::{Error, Result};
use secrecy::{ExposeSecret as _, SecretString};

use super::arguments::TaskArguments;
use super::environment::optional_variable;
use super::project::Project;

/// Reads rubric, settings and keys and prepares the task.
pub(crate) fn prepare(arguments: &TaskArguments, judges: &[String]) -> Result<PreparedTask> {
    let project = Project::find(arguments.config.as_deref())?;
    let rubric = project.rubric(&arguments.rubric)?;
    let settings = project.settings()?;
    project.note_settings();
    let judges = judges.iter().map(|name| {
        let settings = judge_settings(&settings, name)?;
        let secrets = secrets(&settings)?;
        Ok(Judge::new(settings, secrets))
    });
    let judges = judges.collect::<Result<_>>()?;
    let responses: Vec<(String, &Path)> =
        arguments.responses.iter().map(|(system, file)| (system.clone(), file.as_path())).collect();
    let items = ItemSource::open(&arguments.items, &responses)?;
    let mut task = Task::new(items, rubric, judges);
    task.seed = arguments.seed;
    task.repeat = arguments.repeat;
    task.baseline.clone_from(&arguments.baseline);
    task.limit = arguments.limit;
    task.shard = arguments.shard;
    task.reuse.clone_from(&arguments.reuse);
    let default = || task.default_run().map(|default| project.run(&default));
    task.run = arguments.run.clone().or_else(default);
    task.prepare()
}

/// Returns the settings of a judge; those of `openai:MODEL` follow `OPENAI_BASE_URL`.
fn judge_settings(settings: &Settings, name: &str) -> Result<JudgeSettings> {
    let mut judge = settings.judge(name)?;
    let is_named = name.starts_with("openai:");
    if let (Connection::Endpoint(endpoint), Some(url), true) =
        (&mut judge.connection, optional_variable("OPENAI_BASE_URL"), is_named)
    {
        endpoint.set_base_url("the environment variable OPENAI_BASE_URL", &url)?;
    }
    Ok(judge)
}

/// Reads the key and the header values of a judge from the environment.
fn secrets(judge: &JudgeSettings) -> Result<Secrets> {
    let Some(endpoint) = judge.endpoint() else { return Ok(Secrets::default()) };
    let place = format!("judges.{}", judge.name);
    let mut secrets = Secrets::default();
    if let Some(variable) = &endpoint.api_key_env {
        secrets.set_key(from_environment(&format!("{place}.api_key_env"), variable)?);
    }
    for (name, value) in &endpoint.headers {
        let place = format!("{place}.headers.{name}");
        if value.contains('$') {
            let value = expanded(&place, value, |part| secrets.add_secret_part(part))?;
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
        let secret = from_environment(place, inside)?;
        output.push_str(secret.expose_secret());
        each_secret(secret);
        rest = after;
    }
    output.push_str(rest);
    Ok(SecretString::from(output))
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the environment")]
fn from_environment(place: &str, variable: &str) -> Result<SecretString> {
    // What does not look like the name of a variable may be the key itself.
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let shown = if variable.len() <= 64 && variable.bytes().all(is_plain) {
        variable
    } else {
        "named there"
    };
    let wrong =
        |why: &str| Error::input(format!("{place}: the environment variable {shown} {why}"));
    let value = std::env::var_os(variable).ok_or_else(|| {
        let example = if shown == variable { variable } else { "OPENAI_API_KEY" };
        wrong("is not set")
            .hint(format!("set it: export {example}=…; a server without keys needs no api_key_env"))
    })?;
    let Some(value) = value.to_str() else { return Err(wrong("is not valid UTF-8")) };
    if value.is_empty() {
        return Err(wrong("is empty"));
    }
    if value.trim() != value {
        return Err(wrong("begins or ends with white space, perhaps a line break")
            .hint(format!("remove it, for example: {variable}=\"$(tr -d '\\n' < FILE)\"")));
    }
    if value.chars().any(|char| char.is_control() || !char.is_ascii()) {
        return Err(wrong("contains a control character or one that is not ASCII")
            .hint("check that the whole value, and nothing else, was copied"));
    }
    Ok(SecretString::from(value))
}
