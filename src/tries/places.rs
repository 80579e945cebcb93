//! Where the files are that a history names.
//!
//! A history names files relative to its own folder, so that it is right in every working folder, and after the whole
//! project has moved. In memory, a path is one that can be opened from the working folder.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Returns a path as the history in `folder` stores it: relative to that folder, with `/` between names. It is
/// absolute if the two have nothing but the root in common.
pub(super) fn stored(folder: &Path, path: &str) -> String {
    let (folder, path) = (real(folder), real(Path::new(path)));
    let is_common = |(one, other): &(Component<'_>, Component<'_>)| one == other;
    let common = folder.components().zip(path.components()).take_while(is_common);
    let (mut shared, mut has_name) = (0, false);
    for (one, _) in common {
        shared += 1;
        has_name |= matches!(one, Component::Normal(_));
    }
    if !has_name {
        return path.display().to_string();
    }
    let up = folder.components().skip(shared).map(|_| "..".into());
    let down = path.components().skip(shared).map(|name| name.as_os_str().to_string_lossy());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Returns a stored path of the history in `folder` as one that can be opened from the working folder, as short as
/// it can be without resolving links.
pub(super) fn found(folder: &Path, stored: &str) -> String {
    let mut found = folder.to_owned();
    for part in Path::new(stored).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => found = parent(&found),
            other => found.push(other),
        }
    }
    found.display().to_string()
}

/// Returns the folder above a folder. That above a link is not the one that its path names.
fn parent(folder: &Path) -> PathBuf {
    let named = match folder.components().next_back() {
        Some(Component::Normal(_)) => folder.parent(),
        _ => None,
    };
    let is_above = |named: &&Path| real(folder).parent() == Some(real(named).as_path());
    named.filter(is_above).map_or_else(|| folder.join(".."), ToOwned::to_owned)
}

/// Returns the absolute path of a file with its links resolved, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let path = if path == OsStr::new("") { Path::new(".") } else { path };
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => real(folder).join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_path_leads_to_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let (labels, runs) = (folder.path().join("a/labels"), folder.path().join("runs"));
        std::fs::create_dir_all(&labels).unwrap();
        for (path, expected) in [
            (runs.join("tries/mine.db"), "../../runs/tries/mine.db"),
            (labels.join("labels.jsonl"), "labels.jsonl"),
            (labels.join("runs/mine.db"), "runs/mine.db"),
        ] {
            let path = path.display().to_string();
            let stored = stored(&labels, &path);
            assert_eq!(stored, expected);
            assert_eq!(found(&labels, &stored), path);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_with_nothing_in_common_is_absolute() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(stored(folder.path(), "/no-such-folder/mine.db"), "/no-such-folder/mine.db");
        assert_eq!(found(folder.path(), "/no-such-folder/mine.db"), "/no-such-folder/mine.db");
    }

    #[test]
    fn a_path_from_the_working_folder_is_short() {
        assert_eq!(found(Path::new(""), "labels.jsonl"), "labels.jsonl");
        assert_eq!(found(Path::new(""), "../runs/mine.db"), "../runs/mine.db");
        assert_eq!(found(Path::new("src"), "../runs/mine.db"), "runs/mine.db");
        assert_eq!(found(Path::new("../.."), "../runs/mine.db"), "../../../runs/mine.db");
    }
}
