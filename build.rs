//! Tells the program what it was built from: the commit, the target and the features, for `--version`.
//!
//! The commit is `EVENHAND_COMMIT` if that is set (a build without the repository, as in a container), else that of a
//! published package (`.cargo_vcs_info.json`), else the one that is checked out; without any of them it is unknown.
//! Nothing else enters, no time and no name of a machine, so equal sources give equal programs.

#![expect(clippy::disallowed_methods, reason = "cargo passes everything in the environment")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let folder = PathBuf::from(variable("CARGO_MANIFEST_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=EVENHAND_COMMIT");
    let commit = variable("EVENHAND_COMMIT")
        .filter(|commit| !commit.is_empty())
        .or_else(|| published_commit(&folder))
        .or_else(|| checked_out_commit(&folder));
    let commit: String =
        commit.iter().flat_map(|commit| commit.chars()).filter(char::is_ascii_hexdigit).collect();
    let commit = if commit.is_empty() { "unknown" } else { commit.get(..12).unwrap_or(&commit) };
    println!("cargo::rustc-env=EVENHAND_BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=EVENHAND_BUILD_TARGET={}", variable("TARGET").unwrap_or_default());
    println!("cargo::rustc-env=EVENHAND_BUILD_FEATURES={}", features());
}

/// Returns the commit in the file that `cargo publish` adds to a package.
fn published_commit(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join(".cargo_vcs_info.json")).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    rest.split('"').nth(1).map(ToOwned::to_owned)
}

/// Returns the commit of the repository whose top folder this is. A repository around an unpacked archive says
/// nothing about the archive.
fn checked_out_commit(folder: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").current_dir(folder).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
        Some(text.trim_end().to_owned())
    };
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != folder.canonicalize().ok()? {
        return None;
    }
    // Each commit and each checkout adds a line to the log of HEAD. A file that does not exist would make cargo run
    // this every time.
    for name in ["logs/HEAD", "HEAD"] {
        let path = folder.join(git(&["rev-parse", "--git-path", name])?);
        if path.is_file() {
            println!("cargo::rerun-if-changed={}", path.display());
            break;
        }
    }
    git(&["rev-parse", "HEAD"])
}

/// Returns the features of the package that are on, in the order of their names; `none` if there are none.
fn features() -> String {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut features: Vec<String> = names
        .filter_map(|name| name.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase))
        .map(|name| name.replace('_', "-"))
        // The names of the features that are on by default, which are here too.
        .filter(|name| name != "default")
        .collect();
    features.sort();
    if features.is_empty() { "none".to_owned() } else { features.join(", ") }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
