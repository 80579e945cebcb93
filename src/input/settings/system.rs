//! A system that is asked to respond: a model with a prompt of its own.

use std::path::Path;

use super::judge::{Connection, JudgeSettings};
use super::table::read_judge;
use super::{Declared, Settings};
use crate::error::{Error, Result, nearest};
use crate::input::system_name::check_system_name;
use crate::input::template::{LoadedTemplate, load_template};

/// The settings of a system that is asked to respond.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SystemSettings {
    /// Its model; the name is that of the system.
    pub model: JudgeSettings,
    /// The template of its prompt; `None` sends the prompts of the items as they are.
    pub template: Option<LoadedTemplate>,
}

impl Settings {
    /// Returns the system called `name`, which the settings file declares.
    ///
    /// # Errors
    ///
    /// There is no system of that name, and the message suggests the nearest one; its template is missing; or its
    /// settings are invalid as those of a judge can be.
    pub fn system(&self, name: &str) -> Result<SystemSettings> {
        let Some(declared) = self.systems.get(name) else { return Err(self.no_system(name)) };
        self.read(declared, |folder| read_system(name, declared, folder))
    }

    /// Returns a system called `name` that is the model of a judge of the settings file, `openai:MODEL` or
    /// `anthropic:MODEL`, and is sent the prompts of the items as they are.
    ///
    /// # Errors
    ///
    /// The settings file declares a system of that name, the name is reserved, or as for [`Settings::judge`].
    pub fn system_of_model(&self, name: &str, judge: &str) -> Result<SystemSettings> {
        check_system(&format!("system {name}"), name)?;
        if let Some(declared) = self.systems.get(name) {
            return Err(Error::usage(format!(
                "{}: this declares the system already",
                declared.place
            ))
            .hint("leave out the model after `=`, or give the system another name"));
        }
        let model = self.judge(judge)?;
        only_models(&format!("system {name}"), &model)?;
        // Its settings are those of the judge, where messages about them lead.
        Ok(SystemSettings {
            model: JudgeSettings { name: name.to_owned(), ..model },
            template: None,
        })
    }

    fn no_system(&self, name: &str) -> Error {
        let known: Vec<&str> = self.systems.keys().map(String::as_str).collect();
        let error = Error::input(format!("there is no system `{name}`"));
        let error = match nearest(name, known.iter().copied()) {
            Some(close) => error.detail(format!("did you mean `{close}`?")),
            None => error.detail(match &self.path {
                None => "no settings file was found".to_owned(),
                Some(path) if known.is_empty() => format!("{} has no systems", path.display()),
                Some(path) => {
                    format!("the systems in {} are: {}", path.display(), known.join(", "))
                }
            }),
        };
        let file = self.path.as_deref().unwrap_or(Path::new("evenhand.toml"));
        error.hint(format!(
            "add [systems.{name}] with model and base_url to {}, or give the system a model: {name}=openai:MODEL, \
             {name}=anthropic:MODEL or {name}=JUDGE",
            file.display()
        ))
    }
}

fn read_system(name: &str, declared: &Declared, folder: &Path) -> Result<SystemSettings> {
    let Declared { place, table, .. } = declared;
    let model = read_judge(place, name, table.clone(), folder)?;
    only_models(place, &model)?;
    let place = format!("{place}.prompt");
    let template =
        table.prompt.as_ref().map(|written| load_template(&place, written, folder)).transpose()?;
    let model = JudgeSettings { place: format!("systems.{name}"), ..model };
    Ok(SystemSettings { model, template })
}

/// Refuses what can only judge.
fn only_models(place: &str, model: &JudgeSettings) -> Result<()> {
    let (what, hint) = match &model.connection {
        Connection::Recorded(_) => (
            "recorded replies",
            "join responses that exist already from a file of their own, with `id` and `response` per line",
        ),
        Connection::Builtin(_) => {
            ("a rule that only judges", "name a model at an endpoint, or a program")
        }
        _ => return Ok(()),
    };
    Err(Error::input(format!("{place}: a system cannot be {what}")).hint(hint))
}

/// Checks that a system that is asked to respond may have this name.
pub(super) fn check_system(place: &str, name: &str) -> Result<()> {
    check_system_name(name).map_err(|why| Error::input(format!("{place}: {why}")))?;
    if name.contains('=') {
        return Err(Error::input(format!("{place}: the name contains `=`"))
            .hint("give the system a name without it"));
    }
    Ok(())
}
