//! What the program says about itself: version, completions, manual pages.

use std::process::Command;

use regex::Regex;

use crate::support::Folder;

#[test]
fn the_short_version_is_that_of_the_package() {
    let said = Folder::new().run(&["-V"]).expect(0);
    assert_eq!(said.stdout, concat!("evenhand ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn the_long_version_names_commit_target_and_features() {
    let said = Folder::new().run(&["--version"]).expect(0);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", said.stdout);
    assert_eq!(lines[0], concat!("evenhand ", env!("CARGO_PKG_VERSION")));
    assert!(Regex::new("^commit: ([0-9a-f]{7,12}|unknown)$").unwrap().is_match(lines[1]));
    assert!(lines[2].starts_with("target: ") && lines[2].contains(std::env::consts::ARCH));
    let known = [
        ("local", cfg!(feature = "local")),
        ("parquet", cfg!(feature = "parquet")),
        ("postgres", cfg!(feature = "postgres")),
    ];
    let features: Vec<&str> =
        known.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    assert_eq!(lines[3], format!("features: {features}"));
}

/// Compiles the build script and runs it on a copy of the package in `folder`; returns its output.
fn build_script(folder: &Folder, commit: Option<&str>) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs");
    let program = folder.path().join("build-script");
    let compiled = Command::new("rustc")
        .args(["--edition", "2024", "-A", "warnings", "-o"])
        .arg(&program)
        .arg(script)
        .status();
    assert!(compiled.unwrap().success());
    let mut command = Command::new(program);
    command.env("CARGO_MANIFEST_DIR", folder.path()).env("TARGET", "some-target");
    command.env("CARGO_FEATURE_TWO_WORDS", "1").env("CARGO_FEATURE_ALPHA", "1");
    command.env("CARGO_FEATURE_DEFAULT", "1");
    match commit {
        Some(commit) => command.env("EVENHAND_COMMIT", commit),
        None => command.env_remove("EVENHAND_COMMIT"),
    };
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn a_build_without_a_repository_has_the_commit_that_the_package_or_the_environment_names() {
    let folder = Folder::new();
    let said = build_script(&folder, None);
    assert!(said.contains("EVENHAND_BUILD_COMMIT=unknown\n"), "{said}");
    assert!(said.contains("EVENHAND_BUILD_TARGET=some-target\n"), "{said}");
    assert!(said.contains("EVENHAND_BUILD_FEATURES=alpha, two-words\n"), "{said}");
    assert_eq!(said, build_script(&folder, None), "a build can be reproduced");

    folder.write(".cargo_vcs_info.json", r#"{"git": {"sha1": "0123456789abcdef0123"}}"#);
    let said = build_script(&folder, None);
    assert!(said.contains("EVENHAND_BUILD_COMMIT=0123456789ab\n"), "{said}");
    let said = build_script(&folder, Some("fedcba9876543210"));
    assert!(said.contains("EVENHAND_BUILD_COMMIT=fedcba987654\n"), "{said}");
    let hostile = build_script(&folder, Some("12\ncargo::rustc-env=X=1"));
    assert!(!hostile.contains("\ncargo::rustc-env=X"), "{hostile}");
}

#[test]
fn completions_are_a_script_for_each_shell_that_knows_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let said = folder.run(&["completions", shell]).expect(0);
        for word in ["judge", "calibrate", "prune", "max-cost"] {
            assert!(said.stdout.contains(word), "{shell} lacks {word}");
        }
    }
    let said = folder.run(&["completions", "cmd"]).expect(2);
    assert!(said.stderr.contains("possible values: bash"), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn bash_accepts_the_script_and_completes_with_it() {
    let folder = Folder::new();
    let script = folder.run(&["completions", "bash"]).expect(0).stdout;
    let test = "\nCOMP_WORDS=(evenhand cal)\nCOMP_CWORD=1\n_evenhand evenhand cal evenhand\n\
                echo \"${COMPREPLY[@]}\"\n";
    let path = folder.write("test.sh", &(script + test));
    let output = Command::new("bash").arg(path).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "calibrate\n", "{:?}", output.stderr);
}

#[test]
fn the_manual_has_a_page_for_the_program_and_one_for_each_command() {
    let folder = Folder::new();
    let page = folder.run(&["man"]).expect(0).stdout;
    assert!(page.contains(".TH evenhand 1"), "{page}");
    let said = folder.run(&["man", "--to", "share/man1"]).expect(0);
    let paths: Vec<&str> = said.stdout.lines().collect();
    for name in ["evenhand", "evenhand-judge", "evenhand-runs", "evenhand-runs-prune"] {
        let path = format!("share/man1/{name}.1");
        assert!(paths.contains(&path.as_str()), "no {path} in {paths:?}");
        let text = std::fs::read_to_string(folder.path().join(path)).unwrap();
        assert!(text.contains(&format!(".TH {name} 1")), "{text}");
    }
    let judge = std::fs::read_to_string(folder.path().join("share/man1/evenhand-judge.1")).unwrap();
    assert!(judge.contains("EVENHAND_MAX_COST") && judge.contains("max\\-cost"), "{judge}");
}
