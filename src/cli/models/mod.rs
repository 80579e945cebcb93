//! `evenhand models`: lists the models that can be fetched, fetches one, and prints where it is.

mod download_display;
mod pulling;

use evenhand::models::{Manifest, ModelState};
use evenhand::report::{model_list_json, model_table};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Format, Models, ModelsCommand, ModelsList, ModelsPath};
use super::cache_folder::model_cache;
use super::{print, print_json};

/// Lists models, fetches one, or prints its path.
pub(crate) fn run(arguments: &Models) -> Result<ExitCode> {
    match &arguments.command {
        ModelsCommand::List(list) => self::list(list),
        ModelsCommand::Pull(pull) => pulling::run(pull),
        ModelsCommand::Path(path) => self::path(path),
    }
}

fn list(arguments: &ModelsList) -> Result<ExitCode> {
    let (manifest, cache) = (Manifest::shipped()?, model_cache()?);
    match arguments.format {
        Format::Table => print(&model_table(&manifest, &cache))?,
        Format::Json => {
            let list = model_list_json(&manifest, &cache);
            print_json(&list)?
        }
    };
    Ok(ExitCode::Done)
}

fn path(arguments: &ModelsPath) -> Result<ExitCode> {
    let (manifest, cache) = (Manifest::shipped()?, model_cache()?);
    let model = manifest.model(&arguments.name)?;
    let name = &model.name;
    let error = match cache.state(model) {
        ModelState::Installed(path) => {
            // As it is, since it is used in commands.
            print(&format!("{}\n", path.display()))?;
            return Ok(ExitCode::Done);
        }
        ModelState::Damaged(damage) => {
            Error::input(format!("the model {name} is damaged")).detail(damage)
        }
        ModelState::Partial(_) => Error::input(format!("the model {name} is not complete")),
        _ => Error::input(format!("the model {name} is not installed")),
    };
    Err(error.hint(format!("fetch it with `evenhand models pull {name}`")))
}
