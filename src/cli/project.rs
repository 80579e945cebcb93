//! Where settings, rubrics, prompts and runs are: beside `evenhand.toml`.
//!
//! `evenhand.toml` is searched for in the working folder and then in each folder above, up to the root of the file
//! system, as cargo does with its manifest. Its folder is the project: `rubrics/`, `prompts/` and `runs/` are in it,
//! so that a command resumes the same run from every folder of the project. A settings file that is named by
//! `--config` may be anywhere, perhaps in a folder that cannot be written: rubrics and prompts are found beside it
//! too, but `runs/` is then in the working folder. Runs of tries are always in the project, since a history beside
//! the labels names them.

use std::path::{Path, PathBuf};

use evenhand::input::{LoadedRubric, Settings, load_rubric, read_settings};
use evenhand::{Error, Result};

use super::messages::{print_note, print_warning};

const SETTINGS: &str = "evenhand.toml";
/// The working folder.
const HERE: &str = ".";

/// The folder of the settings, and what is found in it.
#[derive(Debug)]
pub(super) struct Project {
    /// The settings file; `None` if there is none.
    settings: Option<PathBuf>,
    /// Where `rubrics/` is looked for first.
    folder: PathBuf,
    /// Where `runs/` is.
    runs: PathBuf,
}

impl Project {
    /// Finds the project of a settings file, or that of the working folder.
    ///
    /// # Errors
    ///
    /// A settings file in a folder above belongs to another user.
    pub(super) fn find(config: Option<&Path>) -> Result<Self> {
        let here = || PathBuf::from(HERE);
        if let Some(path) = config {
            let folder = folder_of(path);
            return Ok(Self { settings: Some(path.to_owned()), folder, runs: here() });
        }
        if Path::new(SETTINGS).exists() {
            return Ok(Self { settings: Some(SETTINGS.into()), folder: here(), runs: here() });
        }
        // Without a working folder there is nothing above it.
        let working = std::env::current_dir().unwrap_or_default();
        let mut above = working.ancestors().skip(1).map(|folder| folder.join(SETTINGS));
        let Some(path) = above.find(|path| path.exists()) else {
            return Ok(Self { settings: None, folder: here(), runs: here() });
        };
        check_owner(&path, &working)?;
        let folder = folder_of(&path);
        Ok(Self { settings: Some(path), runs: folder.clone(), folder })
    }

    /// Reads the settings; they are empty if there is no file.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is malformed.
    pub(super) fn settings(&self) -> Result<Settings> {
        match &self.settings {
            Some(path) => read_settings(path),
            None => Ok(Settings::default()),
        }
    }

    /// Says which settings file was found, unless it is in the working folder.
    pub(super) fn note_settings(&self) {
        if let Some(path) = self.settings.as_ref().filter(|path| path.is_absolute()) {
            print_note(format_args!("settings: {}", path.display()));
        }
    }

    /// Loads a rubric by its path or name: one of the project, else one of the working folder, else one that ships
    /// with evenhand.
    ///
    /// # Errors
    ///
    /// There is no such rubric, or it is malformed.
    pub(super) fn rubric(&self, name: &str) -> Result<LoadedRubric> {
        let is_path = name.contains('/');
        let file = |folder: &Path| folder.join("rubrics").join(format!("{name}.toml"));
        let (ours, here) = (file(&self.folder), file(Path::new(HERE)));
        if is_path || !here.exists() || is_same_file(&ours, &here) {
            return load_rubric(name, &self.folder);
        }
        if !ours.exists() {
            return load_rubric(name, Path::new(HERE));
        }
        print_warning(&format!(
            "there are two rubrics `{name}`: {} is used, and not {}, which is used if it is named by its path",
            ours.display(),
            here.display()
        ));
        load_rubric(name, &self.folder)
    }

    /// Returns the folder of the labels.
    pub(super) fn calibration(&self) -> PathBuf {
        in_folder(&self.folder, Path::new("calibration"))
    }

    /// Returns the folder of the runs.
    pub(super) fn runs(&self) -> PathBuf {
        in_folder(&self.runs, Path::new("runs"))
    }

    /// Returns the folder of the runs of tries: in the project's folder, whichever way its settings were named, since
    /// the labels and the history that names these runs belong to the project too.
    pub(super) fn tries(&self) -> PathBuf {
        in_folder(&self.folder, Path::new("runs/tries"))
    }

    /// Returns the run file that is used where none is named; `default` is its path in the folder of the project. A run
    /// that exists in the working folder alone is resumed, and not paid for again.
    pub(super) fn run(&self, default: &Path) -> PathBuf {
        let ours = in_folder(&self.runs, default);
        if !ours.exists() && default.exists() { default.to_owned() } else { ours }
    }
}

/// Returns the run of the project that has the name of a path without its folder, or without its folder and `.db`.
pub(super) fn run_of_project(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?;
    let runs = Project::find(None).ok()?.runs();
    let with_ending = format!("{}.db", name.to_string_lossy());
    [runs.join(name), runs.join(with_ending)].into_iter().find(|run| run.is_file())
}

/// Returns a path in a folder; one in the working folder is as short as possible.
fn in_folder(folder: &Path, path: &Path) -> PathBuf {
    if folder == Path::new(HERE) { path.to_owned() } else { folder.join(path) }
}

fn folder_of(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(HERE)).to_owned()
}

/// Returns whether two paths lead to the same file.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Refuses a settings file above the working folder that another user put there: settings decide where keys are sent
/// and which programs are started, and folders such as `/tmp` can be written by everyone.
#[cfg(unix)]
fn check_owner(path: &Path, working: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(settings), Ok(working)) = (path.metadata(), working.metadata()) else { return Ok(()) };
    let user = rustix::process::getuid().as_raw();
    if is_trusted(settings.uid(), user, working.uid()) {
        return Ok(());
    }
    Err(Error::input(format!("{}: this settings file belongs to another user", path.display()))
        .detail("it was found above the working folder; settings decide where keys are sent and what is started")
        .hint("if you trust it, name it: --config FILE, or EVENHAND_CONFIG"))
}

#[cfg(not(unix))]
fn check_owner(_path: &Path, _working: &Path) -> Result<()> {
    Ok(())
}

/// Returns whether a user trusts the files of an owner: their own, those of the administrator, and those of the owner of
/// the folder that they work in, which a container often mounts from another user.
#[cfg(unix)]
fn is_trusted(owner: u32, user: u32, working_owner: u32) -> bool {
    owner == user || owner == 0 || owner == working_owner
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn settings_of_other_users_are_not_trusted() {
        assert!(
            is_trusted(1000, 1000, 0) && is_trusted(0, 1000, 1000) && is_trusted(1000, 0, 1000)
        );
        assert!(!is_trusted(1001, 1000, 1000) && !is_trusted(1000, 0, 0));
    }
}
