//! Names in the documents are names of the program: commands, flags, settings, exit codes.

use std::collections::{BTreeMap, BTreeSet};

use evenhand::ExitCode;
use evenhand::input::{Connection, JudgeSettings, read_settings};
use regex::Regex;

use super::documents;
use super::page::{Page, Step, repository};
use crate::support::Folder;

/// Flags of cargo that documents name by themselves.
const FLAGS_OF_CARGO: [&str; 3] = ["--include-ignored", "--locked", "--skip"];

/// The flags of every command, as its help and that of its subcommands have them.
fn commands() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Folder::new();
    let help = |command: &[&str]| folder.run(&[command, &["--help"]].concat()).expect(0).stdout;
    let flag = Regex::new(r"--[a-z][a-z-]*").unwrap();
    let names = subcommands(&help(&[])).into_iter();
    names
        .map(|name| {
            let own = help(&[&name]);
            let below = subcommands(&own).into_iter().map(|below| help(&[&name, &below]));
            let all = below.chain([own.clone()]).collect::<String>();
            let flags = flag.find_iter(&all).map(|flag| flag.as_str().to_owned()).collect();
            (name, flags)
        })
        .collect()
}

/// The commands that a help lists.
fn subcommands(help: &str) -> Vec<String> {
    let Some((_, listed)) = help.split_once("Commands:\n") else { return Vec::new() };
    let name = Regex::new(r"(?m)^  ([a-z]+)").unwrap();
    let names = name.captures_iter(listed.split("\n\n").next().unwrap());
    names.map(|found| found[1].to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn every_command_and_flag_named_in_a_document_exists() {
    let commands = commands();
    let all: BTreeSet<&str> =
        commands.values().flatten().map(String::as_str).chain(FLAGS_OF_CARGO).collect();
    let flag = Regex::new(r"(?:^|\s)(--[a-z][a-z-]*)").unwrap();
    let ours = Regex::new(r"(?:^|\s)evenhand ([a-z]+)([^|;&>\n]*)").unwrap();
    let mut checked = 0;
    for page in documents() {
        let blocks = page.steps.iter().filter_map(|step| match step {
            Step::Block(block) if block.language == "sh" => Some((block.line, block.text.clone())),
            Step::Run { line, command } => Some((*line, command.clone())),
            Step::Block(_) | Step::Scene { .. } => None,
        });
        let spans = page.spans.iter().map(|(line, text)| {
            let first = text.split(' ').next().unwrap_or_default();
            let is_command = commands.contains_key(first);
            (*line, if is_command { format!("evenhand {text}") } else { text.clone() })
        });
        for (line, text) in blocks.chain(spans) {
            let text = text.replace("\\\n", " ").replace("cargo run --locked -- ", "evenhand ");
            let place = format!("{}:{line}: {text}", page.path);
            for command in ours.captures_iter(&text) {
                let flags = commands.get(&command[1]);
                let flags = flags.unwrap_or_else(|| panic!("{place}: no such command"));
                for found in flag.captures_iter(&command[2]) {
                    assert!(flags.contains(&found[1]), "{place}: {} is not its flag", &found[1]);
                    checked += 1;
                }
            }
            if text.starts_with("--") && !text.starts_with("-- ") {
                for found in flag.captures_iter(&text) {
                    assert!(all.contains(&found[1]), "{place}: no command has it");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 50, "only {checked} flags were found");
}

#[test]
fn the_page_of_exit_codes_lists_every_code() {
    let codes = [
        ExitCode::Done,
        ExitCode::Internal,
        ExitCode::Usage,
        ExitCode::Input,
        ExitCode::Endpoint,
        ExitCode::Incomplete,
        ExitCode::GateMissed,
        ExitCode::Run,
        ExitCode::GateInconclusive,
        ExitCode::Interrupted,
        ExitCode::Terminated,
    ];
    let page = Page::read("docs/exit-codes.md");
    let row = Regex::new(r"(?m)^\| `?(\d+)`? \|").unwrap();
    let listed = row.captures_iter(&page.source).map(|row| row[1].parse::<u8>().unwrap());
    assert_eq!(listed.collect::<Vec<_>>(), codes.map(|code| code as u8));
}

/// The settings file that `init` writes, with every commented setting of the first judge set.
fn settings_with_defaults() -> String {
    let path = repository("src/cli/evenhand.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let setting = Regex::new(r"(?m)^# ([a-z_]+ = )").unwrap();
    let first = text.split("\n\n").find(|part| part.contains("[judges.gpt-4o-mini]")).unwrap();
    setting.replace_all(first, "$1").into_owned()
}

#[test]
fn the_settings_file_shows_the_defaults() {
    let folder = Folder::new();
    let path = folder.write("evenhand.toml", &settings_with_defaults());
    let shown = read_settings(&path).unwrap().judge("gpt-4o-mini").unwrap();
    let connection = Connection::Recorded("none".into());
    let default = JudgeSettings::new("gpt-4o-mini", connection);
    assert_eq!(shown.temperature.map(f64::to_bits), default.temperature.map(f64::to_bits));
    assert_eq!(shown.max_tokens, default.max_tokens);
    assert_eq!(shown.max_in_flight, default.max_in_flight);
    assert_eq!(shown.timeout, default.timeout);
    assert_eq!(shown.total_timeout, default.total_timeout);
    assert_eq!(shown.stragglers, default.stragglers);
    assert_eq!(shown.max_attempts, default.max_attempts);
    assert_eq!(shown.max_parse_attempts, default.max_parse_attempts);
}

#[test]
fn the_page_of_judges_explains_every_setting_with_its_default() {
    let page = Page::read("docs/judges.md");
    let row = Regex::new(r"(?m)^\| `([a-z_]+)` \| ([^|]*) \|").unwrap();
    let section = page.source.split("### All settings").nth(1).unwrap();
    let table = section.split("\n#").next().unwrap();
    let rows: BTreeMap<String, String> =
        row.captures_iter(table).map(|row| (row[1].to_owned(), row[2].to_owned())).collect();
    let folder = Folder::new();
    folder.write("evenhand.toml", "[judges.j]\nnot_a_setting = 1\n");
    let known = folder.run(&["check", "none.jsonl", "--rubric", "helpfulness", "--judge", "j"]);
    let known = known.expect(3).stderr;
    let list = Regex::new("model, [a-z_, ]+").unwrap().find(&known).unwrap();
    let known: BTreeSet<&str> = list.as_str().trim_end().split(", ").collect();
    let explained: BTreeSet<&str> = rows.keys().map(String::as_str).collect();
    assert_eq!(explained, known);
    let setting = Regex::new(r"(?m)^([a-z_]+) = ([0-9._]+|true|false)\b").unwrap();
    for shown in setting.captures_iter(&settings_with_defaults()) {
        let [name, value] = [1, 2].map(|group| shown[group].to_owned());
        if !name.ends_with("_per_minute") {
            assert_eq!(rows[&name], format!("`{value}`"), "the default of {name}");
        }
    }
}

/// Returns the order of the modules that a text gives, as `input < stats < …`.
fn module_order(text: &str) -> Vec<String> {
    let text = text.replace("//!", " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let order = Regex::new("input(?: < [a-z]+)+").unwrap();
    let found = words.join(" ");
    let found = order.find(&found).expect("the order of the modules").as_str().to_owned();
    found.split(" < ").map(ToOwned::to_owned).collect()
}

#[test]
fn the_order_of_the_modules_is_the_same_in_documents_and_source() {
    let read = |path: &str| std::fs::read_to_string(repository(path)).unwrap();
    let order = module_order(&read("src/lib.rs"));
    for path in ["docs/architecture.md", "CONTRIBUTING.md"] {
        assert_eq!(module_order(&read(path)), order, "{path}");
    }
    let row = Regex::new(r"(?m)^\| `([a-z]+)` \|").unwrap();
    let page = read("docs/architecture.md");
    let listed: Vec<String> = row.captures_iter(&page).map(|row| row[1].to_owned()).collect();
    let beside = ["error", "cli", "main"].map(ToOwned::to_owned);
    assert_eq!(listed, [order, beside.to_vec()].concat(), "the table of docs/architecture.md");
}

#[test]
fn every_type_and_path_that_the_architecture_page_names_exists() {
    let page = Page::read("docs/architecture.md");
    let source = source_of(&repository("src"));
    let mut checked = 0;
    for (line, span) in &page.spans {
        let place = format!("docs/architecture.md:{line}: {span}");
        if span.contains('/') {
            assert!(repository(span).exists(), "{place}");
            checked += 1;
        } else if span.starts_with(char::is_uppercase) {
            let name = span.split("::").next().unwrap();
            let item = Regex::new(&format!(r"\b(?:struct|enum|trait|type) {name}\b")).unwrap();
            assert!(item.is_match(&source), "{place}: no such type");
            for member in span.split("::").skip(1) {
                assert!(source.contains(&format!("fn {member}(")), "{place}: no such function");
            }
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} names were found");
}

/// The text of all Rust files below a folder.
fn source_of(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &source_of(&path);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text += &std::fs::read_to_string(path).unwrap();
        }
    }
    text
}
