//! Messages of a command name only flags that it has, or those of a command that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

use crate::architecture::rust_files;
use crate::support::Folder;

/// Files of the command line whose messages are of one of these commands.
const SHARED: [(&str, &[&str]); 22] = [
    ("asking", &["judge", "rubric"]),
    ("batches", &["judge", "grade"]),
    ("budget", &["judge", "grade"]),
    ("calibrating", &["calibrate", "verdicts", "cascade"]),
    ("decide", &["verdicts", "calibrate", "report"]),
    ("encoder", &["judge", "metrics"]),
    // The commands that fill a gap are to be typed next.
    ("gap_commands", &["judge", "sample", "report", "show"]),
    ("gates", &["judge", "grade", "calibrate"]),
    ("generate_output", &["generate"]),
    ("generate_plan", &["generate"]),
    ("generate_report", &["generate"]),
    ("input_warnings", &["init", "check", "judge", "metrics"]),
    ("judging", &["judge", "grade"]),
    // What it prints is to be typed next.
    ("import", &["check", "import", "judge"]),
    ("output_file", &["report", "diff", "cascade"]),
    ("pager", &["show"]),
    ("progress", &["judge"]),
    ("project", &["check", "judge"]),
    ("quota_server", &["judge"]),
    ("selection", &["verdicts", "show", "sample", "calibrate"]),
    ("unplanned", &["check", "judge"]),
    ("setup", &["check", "judge"]),
];
/// Files without messages of their own: the log, which reads a flag, remedies, which have a test beside them, and the
/// quoting of words.
const WITHOUT: [&str; 3] = ["log", "remedies", "shell"];

/// The commands that a help lists.
fn subcommands(help: &str) -> Vec<String> {
    let Some((_, listed)) = help.split_once("Commands:\n") else { return Vec::new() };
    // Further lines of a description are indented more.
    let name = |line: &str| {
        let line = line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?;
        line.split_whitespace().next().map(str::to_owned)
    };
    let lines = listed.split("\n\n").next().unwrap().lines();
    lines.filter_map(name).filter(|command| command != "help").collect()
}

/// The flags of each command and of its subcommands, as the help lists them.
fn flags() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Folder::new();
    let help = |command: &[&str]| folder.run(&[command, &["--help"]].concat()).expect(0).stdout;
    let flag = Regex::new(r"(?m)^\s+(?:-\w, )?--([a-z-]+)").unwrap();
    let with_flags = subcommands(&help(&[])).into_iter().map(|command| {
        let own = help(&[&command]);
        let below = subcommands(&own).into_iter().map(|below| help(&[&command, &below]));
        let all: String = below.chain([own.clone()]).collect();
        let flags = flag.captures_iter(&all).map(|found| found[1].to_owned()).collect();
        (command, flags)
    });
    with_flags.collect()
}

#[test]
fn a_message_names_only_flags_that_its_command_has() {
    let flags = flags();
    assert!(flags.len() > 5 && flags["judge"].contains("reuse"), "{flags:?}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
    let mut paths = Vec::new();
    rust_files(&folder, &mut paths);
    let literal = Regex::new(r#""((?:[^"\\]|\\.|\\\n)*)""#).unwrap();
    let word = Regex::new(r"evenhand ([a-z]+)|--([a-z][a-z-]*)|`").unwrap();
    let mut found = 0;
    for path in paths.iter().filter(|path| !path.starts_with(folder.join("arguments"))) {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        // A folder has the files of one command.
        let of_folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let is_command = flags.contains_key(of_folder);
        let of_file = if is_command { of_folder } else { stem.split('_').next().unwrap() };
        let shared = SHARED
            .iter()
            .find(|(file, _)| *file == stem && !is_command)
            .map(|(_, commands)| *commands);
        let commands: Vec<&str> = match shared {
            _ if path.starts_with(folder.join("rubric")) => vec!["rubric"],
            Some(commands) => commands.to_vec(),
            None if flags.contains_key(of_file) => vec![of_file],
            None => Vec::new(),
        };
        if WITHOUT.contains(&stem) {
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        let code: Vec<&str> =
            source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for text in literal.captures_iter(&code.join("\n")) {
            if text[1].contains("cargo install ") {
                // Its flags are those of cargo.
                continue;
            }
            let mut named: Vec<&str> = Vec::new();
            let mut is_quoted = false;
            for part in word.captures_iter(&text[1]) {
                let Some(flag) = part.get(2) else {
                    is_quoted ^= &part[0] == "`";
                    named.extend(part.get(1).map(|command| command.as_str()));
                    continue;
                };
                // In backquotes the flags are those of the command that stands there.
                let commands = match named.last() {
                    Some(command) if is_quoted => vec![*command],
                    _ => [&commands[..], &named].concat(),
                };
                let flag = flag.as_str();
                found += 1;
                assert!(!commands.is_empty(), "{path:?}: whose flag is --{flag}? {}", &text[1]);
                let has =
                    |command: &&str| flags.get(*command).is_some_and(|flags| flags.contains(flag));
                assert!(
                    commands.iter().any(has),
                    "{path:?}: {commands:?} has no --{flag}: {}",
                    &text[1]
                );
            }
        }
    }
    assert!(found > 20, "only {found} flags were found");
}
