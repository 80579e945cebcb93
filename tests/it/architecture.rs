//! The shape of the source: which module may use which, who may name a dependency, and how long a file is.

mod circles;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The library's modules in the order in which data flows; each may use those before it.
const ORDER: [&str; 31] = [
    "input",
    "traffic",
    "stats",
    "models",
    "programs",
    "metrics",
    "encoder",
    "trial",
    "prompt",
    "judge",
    "pace",
    "vote",
    "verdict",
    "store",
    "deciding",
    "run",
    "lint",
    "summary",
    "ranking",
    "cases",
    "calibration",
    "grading",
    "overview",
    "diff",
    "cascade",
    "costing",
    "tries",
    "monitor",
    "labelling",
    "report",
    "export",
];

/// Modules beside the order, which use none of it.
const BESIDE: [&str; 3] = ["error", "http_client", "keyed_hash"];

/// A source file by its path from the top of the repository, without its comments.
struct Source {
    path: String,
    lines: usize,
    code: String,
}

impl Source {
    /// The module it belongs to, `None` for `lib.rs`.
    fn module(&self) -> Option<&str> {
        let path = self.path.strip_prefix("src/")?;
        let module = path.split('/').next()?.trim_end_matches(".rs");
        (module != "lib").then_some(module)
    }

    fn is_library(&self) -> bool {
        self.path.starts_with("src/") && !matches!(self.module(), Some("cli" | "main"))
    }

    /// How many folders lie between the file's module and the top of the crate.
    fn depth(&self) -> usize {
        let below = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        below.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).count()
    }
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Adds the Rust files below a folder, in the order of their paths.
pub(crate) fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let sources = sources_below(folder);
    assert!(sources.len() > 5, "{folder}");
    sources
}

fn sources_below(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    rust_files(&top().join(folder), &mut paths);
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        Source {
            path: path.strip_prefix(top()).unwrap().to_str().unwrap().replace('\\', "/"),
            lines: text.lines().count(),
            code: code.collect::<Vec<_>>().join("\n"),
        }
    };
    paths.iter().map(read).collect()
}

/// Splits the inside of braces at the commas that are not inside further braces.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut members) = (0, 0, Vec::new());
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[begin..at]);
                return members;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    members
}

/// Returns the names directly below the crate that the code uses, written as `crate::x`, in a group
/// `crate::{x, y::z}`, by `super`, or by the public name of the crate.
fn names_below_the_crate(code: &str, depth: usize) -> Vec<String> {
    let climb = if depth == 0 { String::new() } else { format!("|{}", "super::".repeat(depth)) };
    let root = Regex::new(&format!(r"\b(?:crate::|evenhand::{climb})\s*(\{{|\w+)")).unwrap();
    let mut names = Vec::new();
    for hit in root.captures_iter(code) {
        let head = hit.get(1).unwrap();
        if head.as_str() == "{" {
            names.extend(members(&code[head.end()..]).iter().map(|member| first_word(member)));
        } else {
            names.push(head.as_str().to_owned());
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}

#[test]
fn names_below_the_crate_are_found_in_every_notation() {
    let code = "use crate::error::{Error, Result};\nuse crate::{run::{Store, Tally}, \n vote, };\n\
                let x = super::report::count(1);\nsuper::super::trial::plan();";
    assert_eq!(names_below_the_crate(code, 1), ["error", "run", "vote", "report", "super"]);
    assert_eq!(names_below_the_crate(code, 2), ["error", "run", "vote", "trial"]);
    assert_eq!(names_below_the_crate("use evenhand::pace::Pacer;", 3), ["pace"]);
}

#[test]
fn every_module_uses_only_modules_before_it() {
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    let mut wrong = Vec::new();
    let mut used = 0;
    for source in sources("src").iter().filter(|source| source.is_library()) {
        let Some(module) = source.module() else { continue };
        let mine = place(module);
        assert!(
            mine.is_some() || BESIDE.contains(&module),
            "{}: where does it stand?",
            source.path
        );
        for name in names_below_the_crate(&source.code, source.depth()) {
            let its = place(&name);
            used += usize::from(its.is_some() && its != mine);
            if its > mine {
                wrong.push(format!("{} uses {name}", source.path));
            }
        }
    }
    assert!(used > 30, "the search finds next to nothing: {used}");
    assert_eq!(wrong, [] as [String; 0]);
}

#[test]
fn modules_beside_the_order_use_no_other_module() {
    let sources = sources("src");
    for module in BESIDE {
        let source = sources.iter().find(|source| source.module() == Some(module)).unwrap();
        let names = names_below_the_crate(&source.code, source.depth());
        assert_eq!(names, [] as [String; 0], "{module}");
    }
}

#[test]
fn the_order_lists_every_module_of_the_library() {
    let sources = sources("src");
    let library = sources.iter().find(|source| source.path == "src/lib.rs").unwrap();
    let declared = Regex::new(r"(?m)^(?:pub )?mod (\w+);").unwrap();
    for hit in declared.captures_iter(&library.code) {
        assert!(ORDER.contains(&&hit[1]) || BESIDE.contains(&&hit[1]), "{}", &hit[1]);
    }
}

#[test]
fn delicate_dependencies_are_named_only_where_they_belong() {
    let with_requests = ["src/http_client.rs", "src/judge/", "src/models/hub.rs"];
    for (dependency, homes) in [
        ("async_openai", &["src/judge/openai/"][..]),
        ("reqwest", &with_requests),
        ("hyper", &["src/judge/http/", "src/cli/label/server.rs"]),
        ("governor", &["src/pace/"]),
        ("backoff", &["src/pace/"]),
        // Run files, and what encoders have computed.
        ("rusqlite", &["src/store/", "src/encoder/"]),
        ("sqlx", &["src/pace/shared/postgres.rs"]),
        ("candle_core", &["src/encoder/"]),
        ("pulp", &["src/encoder/"]),
        ("tokenizers", &["src/encoder/"]),
    ] {
        let named = Regex::new(&format!(r"\b{dependency}\b")).unwrap();
        let sources = sources("src");
        let files: Vec<&str> = sources
            .iter()
            .filter(|source| named.is_match(&source.code))
            .map(|source| source.path.as_str())
            .collect();
        assert!(!files.is_empty(), "{dependency}");
        let is_home = |file: &&str| homes.iter().any(|home| file.starts_with(home));
        assert!(files.iter().all(is_home), "{dependency}: {files:?}");
    }
}

#[test]
fn the_library_neither_prints_nor_exits_nor_reads_environment_or_clock() {
    let forbidden = Regex::new(
        r"\be?print(?:ln)?!|\bdbg!|process::(?:exit|abort)|\benv::(?:var|args|current_dir)|SystemTime::now|\b(?:std::)?io::(?:stdin|stdout|stderr)\b|use std::time::[^;]*\bInstant\b|std::time::Instant::now",
    )
    .unwrap();
    let mut wrong = Vec::new();
    for source in sources("src").iter().filter(|source| source.is_library()) {
        for hit in forbidden.find_iter(&source.code) {
            wrong.push(format!("{}: {}", source.path, hit.as_str()));
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    let binary = sources("src");
    let prints = binary.iter().any(|file| !file.is_library() && forbidden.is_match(&file.code));
    assert!(prints, "the binary does print, so the search must find it there");
}

#[test]
fn the_library_names_neither_flags_nor_commands_of_the_program() {
    let named = Regex::new(r"--[a-z][a-z-]+|`evenhand [a-z]+").unwrap();
    // The settings file of an import names the flag for its reader; its text is part of the file format.
    // The other flags are those of pip.
    let allowed = [
        ("src/input/import/assemble.rs", "--rubric"),
        ("src/models/package.rs", "--no-deps"),
        ("src/models/package.rs", "--only-binary"),
        ("src/models/package.rs", "--no-input"),
        ("src/models/package.rs", "--disable-pip-version-check"),
        ("src/models/package.rs", "--progress-bar"),
        ("src/models/package.rs", "--quiet"),
        ("src/models/package.rs", "--dest"),
        // An option of the server in the example of a command.
        ("src/input/settings/server_command.rs", "--port"),
    ];
    let (mut library, mut binary) = (Vec::new(), 0);
    for source in sources("src") {
        for hit in named.find_iter(&source.code) {
            if !source.is_library() {
                binary += 1;
            } else if !allowed.contains(&(source.path.as_str(), hit.as_str())) {
                library.push(format!("{}: {}", source.path, hit.as_str()));
            }
        }
    }
    assert_eq!(library, [] as [String; 0]);
    assert!(binary > 30, "the binary does name them, so the search must find them there: {binary}");
}

#[test]
fn no_source_file_is_longer_than_600_lines() {
    let all = sources("src").into_iter().chain(sources("tests"));
    let long = all.filter(|source| source.lines > 600);
    let long: Vec<String> = long.map(|file| format!("{}: {}", file.path, file.lines)).collect();
    assert_eq!(long, [] as [String; 0]);
}

#[test]
fn every_file_begins_with_module_documentation() {
    for source in sources("src").iter().chain(&sources("tests")) {
        let text = std::fs::read_to_string(top().join(&source.path)).unwrap();
        assert!(text.starts_with("//! "), "{}", source.path);
    }
}

/// A test by its file and name, with the `needs_…` module that holds it and whether it is ignored.
struct Test {
    name: String,
    group: Option<String>,
    ignored: bool,
}

fn tests_of(source: &Source) -> Vec<Test> {
    let start_of_group = Regex::new(r"^mod (needs_\w+) \{").unwrap();
    let name = Regex::new(r"^\s*(?:async )?fn (\w+)").unwrap();
    let (mut group, mut ignored, mut is_test, mut found) = (None, false, false, Vec::new());
    for line in source.code.lines() {
        if let Some(hit) = start_of_group.captures(line) {
            group = Some(hit[1].to_owned());
        } else if line == "}" {
            group = None;
        } else if line.trim_start().starts_with("#[ignore") {
            assert!(line.contains("#[ignore = \"needs "), "{}: {line}", source.path);
            ignored = true;
        } else if line.trim_start().starts_with("#[test]") || line.contains("#[tokio::test") {
            is_test = true;
        } else if let Some(hit) = name.captures(line) {
            if is_test {
                let name = format!("{}: {}", source.path, &hit[1]);
                found.push(Test { name, group: group.clone(), ignored });
            }
            (ignored, is_test) = (false, false);
        }
    }
    found
}

/// The tests of the library, of the examples and of this program.
fn all_tests() -> Vec<Test> {
    let examples = sources_below("examples");
    assert!(!examples.is_empty());
    let all = sources("tests").into_iter().chain(sources("src")).chain(examples);
    all.flat_map(|source| tests_of(&source)).collect()
}

#[test]
fn exactly_the_tests_in_modules_named_needs_are_ignored() {
    let tests = all_tests();
    assert!(tests.len() > 900, "the search finds only {} tests", tests.len());
    assert!(tests.iter().filter(|test| test.ignored).count() > 10);
    for test in tests {
        assert_eq!(test.group.is_some(), test.ignored, "{}", test.name);
    }
}

#[test]
fn ci_run_selects_every_group_of_ignored_tests() {
    let gate = std::fs::read_to_string(top().join(".ci/run")).unwrap();
    let groups: BTreeSet<String> = all_tests().into_iter().filter_map(|test| test.group).collect();
    let known = Regex::new(r"(?m)^needs (\w+) ").unwrap();
    let known: BTreeSet<String> =
        known.captures_iter(&gate).map(|hit| format!("needs_{}", &hit[1])).collect();
    assert_eq!(groups, known);
}
