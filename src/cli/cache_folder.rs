//! The folder of what can be fetched or computed again: models, and similarities of texts.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use evenhand::models::ModelCache;
use evenhand::{Error, Result};

use super::environment::{CACHE_VARIABLE, optional_variable};

/// Returns the folder: the one that the environment names, else `evenhand` in the user's cache folder by the
/// convention of the platform. It need not exist.
///
/// # Errors
///
/// The user has no home folder.
pub(super) fn cache_folder() -> Result<PathBuf> {
    if let Some(folder) = optional_variable(CACHE_VARIABLE) {
        let named = PathBuf::from(folder);
        return std::path::absolute(&named).map_err(|error| {
            Error::input(format!("{CACHE_VARIABLE}: {}: {error}", named.display())).caused_by(error)
        });
    }
    let strategy = etcetera::base_strategy::choose_native_strategy().map_err(|error| {
        Error::input(format!("there is no folder for models: {error}"))
            .hint(format!("name one in the environment variable {CACHE_VARIABLE}"))
    })?;
    Ok(strategy.cache_dir().join("evenhand"))
}

/// Returns the models of the cache folder.
///
/// # Errors
///
/// The user has no home folder.
pub(super) fn model_cache() -> Result<ModelCache> {
    Ok(ModelCache::new(cache_folder()?.join("models")))
}
