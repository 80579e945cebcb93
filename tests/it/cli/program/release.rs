//! What a release consists of: archives, their names, and the files that the container image is built from.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::process::Command;

use regex::Regex;

use crate::support::Folder;

fn repository(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).unwrap()
}

fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn the_archive_has_program_completions_and_manual_and_the_name_that_binstall_expects() {
    let folder = Folder::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/package");
    let mut package = Command::new(script);
    let target = "x86_64-unknown-linux-musl";
    package.args([target, env!("CARGO_BIN_EXE_evenhand")]).arg(folder.path().join("dist"));
    let output = package.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let version = env!("CARGO_PKG_VERSION");
    let archive = folder.path().join(format!("dist/evenhand-{version}-{target}.tar.gz"));
    let listed = Command::new("tar").arg("-tzf").arg(&archive).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();

    let filled = |template: &str| {
        let parts = [
            ("{ name }", "evenhand"),
            ("{ bin }", "evenhand"),
            ("{ version }", version),
            ("{ target }", target),
            ("{ archive-suffix }", ".tar.gz"),
            ("{ binary-ext }", ""),
        ];
        parts.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    };
    let manifest: toml::Table = repository("Cargo.toml").parse().unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let url = filled(binstall["pkg-url"].as_str().unwrap());
    assert!(url.ends_with(archive.file_name().unwrap().to_str().unwrap()), "{url}");
    let program = filled(binstall["bin-dir"].as_str().unwrap());
    for file in [
        &program,
        &format!("evenhand-{version}-{target}/completions/_evenhand"),
        &format!("evenhand-{version}-{target}/man/evenhand-judge.1"),
        &format!("evenhand-{version}-{target}/LICENSE-MIT"),
    ] {
        assert!(listed.lines().any(|line| line == file), "no {file} in\n{listed}");
    }
}

#[test]
fn the_targets_of_the_workflow_are_those_of_the_page() {
    let built =
        found(r"target: ([a-z0-9_]+-[a-z0-9-]+),", &repository(".github/workflows/release.yml"));
    let documented = found(r"`((?:x86_64|aarch64)-[a-z0-9-]+)`", &repository("docs/install.md"));
    assert_eq!(built, documented);
    // Five of archives, and two that only wheels have.
    assert_eq!(built.len(), 7);
}

#[test]
fn the_workflow_and_the_image_use_the_toolchain_of_the_package() {
    let manifest: toml::Table = repository("Cargo.toml").parse().unwrap();
    let version = manifest["package"]["rust-version"].as_str().unwrap();
    let workflow = repository(".github/workflows/release.yml");
    assert!(workflow.contains(&format!("rustup default {version}.0")), "{version}");
    assert!(repository("Dockerfile").contains(&format!("rust:{version}-alpine")), "{version}");
}

#[test]
fn the_context_of_the_image_has_everything_that_the_program_is_built_from() {
    let ignored = repository(".dockerignore");
    let kept = found(r"(?m)^!(\S+)$", &ignored);
    let included =
        found(r#"include_str!\("(?:\.\./)+([a-z]+)/"#, &repository("src/input/shipped.rs"));
    let needed =
        ["Cargo.lock", "Cargo.toml", "build.rs", "src", "rubrics", "prompts", "calibration"];
    for path in needed.iter().map(ToString::to_string).chain(included) {
        assert!(kept.contains(&path), "{path} is not in the context");
    }
    for secret in [".git", "runs", "evenhand.toml", ".env"] {
        assert!(!kept.contains(secret), "{secret} must not be in the context");
    }
}
