//! What `check` and `judge` have in common: the task that flags, settings and environment describe.

use std::path::Path;

use evenhand::input::{
    Connection, ItemSource, JudgeSettings, Settings, load_rubric, read_settings,
};
use evenhand::judge::Secrets;
use evenhand::run::{Judge, PreparedTask, Task};
use evenhand::{Error, Result};
use secrecy::SecretString;

use super::arguments::TaskArguments;

/// Reads rubric, settings and keys and prepares the task.
pub(crate) fn prepare(arguments: &TaskArguments, judges: &[String]) -> Result<PreparedTask> {
    let rubric = load_rubric(&arguments.rubric, Path::new("."))?;
    let settings = settings(arguments.config.as_deref())?;
    let judges = judges.iter().map(|name| {
        let settings = settings.judge(name)?;
        let secrets = secrets(&settings)?;
        Ok(Judge::new(settings, secrets))
    });
    let judges = judges.collect::<Result<_>>()?;
    let responses: Vec<(String, &Path)> =
        arguments.responses.iter().map(|(system, file)| (system.clone(), file.as_path())).collect();
    let items = ItemSource::open(&arguments.items, &responses)?;
    let mut task = Task::new(items, rubric, judges);
    task.run.clone_from(&arguments.run);
    task.seed = arguments.seed;
    task.repeat = arguments.repeat;
    task.baseline.clone_from(&arguments.baseline);
    task.limit = arguments.limit;
    task.shard = arguments.shard;
    task.reuse.clone_from(&arguments.reuse);
    task.prepare()
}

fn settings(config: Option<&Path>) -> Result<Settings> {
    if let Some(path) = config {
        read_settings(path)
    } else {
        let path = Path::new("evenhand.toml");
        if path.exists() { read_settings(path) } else { Ok(Settings::default()) }
    }
}

/// Reads the key and the header values of a judge from the environment.
fn secrets(judge: &JudgeSettings) -> Result<Secrets> {
    let Connection::Endpoint { api_key_env, headers, .. } = &judge.connection else {
        return Ok(Secrets::default());
    };
    let place = format!("judges.{}", judge.name);
    let mut secrets = Secrets::default();
    if let Some(variable) = api_key_env {
        secrets.set_key(from_environment(&format!("{place}.api_key_env"), variable)?);
    }
    for (name, value) in headers {
        match value.strip_prefix('$') {
            Some(variable) => {
                let value = from_environment(&format!("{place}.headers.{name}"), variable)?;
                secrets.add_secret_header(name.as_str(), value);
            }
            None => secrets.add_header(name.as_str(), value.as_str()),
        }
    }
    Ok(secrets)
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the environment")]
fn from_environment(place: &str, variable: &str) -> Result<SecretString> {
    let wrong =
        |why: &str| Error::input(format!("{place}: the environment variable {variable} {why}"));
    let value = std::env::var_os(variable).ok_or_else(|| {
        wrong("is not set").hint(format!(
            "set it: export {variable}=…; a server without keys needs no api_key_env"
        ))
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
