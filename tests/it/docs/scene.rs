//! Runs the steps of a page in a folder, and compares or updates the outputs that the page shows.

use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;

use regex::Regex;
use serde_json::{Value, json};

use super::grades::by_defects;
use super::letters::by_letter;
use super::page::{Block, Page, Step, repository};
use super::replies::reply;
use crate::support::server::{Answer, ReceivedRequest, Server};
use crate::support::{CommandOutput, Folder};

/// The scene with the files that `LLMBar` publishes, from `../shared/data`.
const LLMBAR: &str = "llmbar";
/// The scene with the files of GPT-4 on the questions of Vicuna, from `../shared/data`.
const VICUNA: &str = "vicuna";
/// The scenes whose files are made from `../shared/data`.
pub(super) const SHARED: [&str; 2] = [LLMBAR, VICUNA];

/// Whether outputs are written into the pages instead of being compared.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests chooses to update pages")]
pub(crate) fn updates() -> bool {
    std::env::var_os("EVENHAND_UPDATE_DOCS").is_some_and(|value| value == "1")
}

/// A folder in which the steps of a page run.
struct Scene {
    folder: Folder,
    /// Where the next command starts: `cd` in a page lasts.
    place: PathBuf,
    server: Option<Server>,
    /// What the last visible commands printed; `None` if they were skipped.
    said: Option<CommandOutput>,
    /// File blocks, by line and name, with the commands and files that came after them.
    files: Vec<(usize, String, String)>,
}

/// Runs a page. `chosen` says which scenes are run; the others are skipped. Commands that need a program are
/// run only if it is `program`.
pub(super) fn run(path: &str, chosen: impl Fn(&str) -> bool, program: Option<&str>) {
    let page = Page::read(path);
    let mut updates: Vec<(Range<usize>, String)> = Vec::new();
    let (mut name, mut scene) = ("sample".to_owned(), None);
    for step in &page.steps {
        if let Step::Scene { name: next } = step {
            finish(&page, scene.take());
            name.clone_from(next);
            continue;
        }
        if !chosen(&name) {
            continue;
        }
        let scene = scene.get_or_insert_with(|| Scene::new(&name));
        match step {
            Step::Scene { .. } => {}
            Step::Run { line, command } => {
                scene.shell(&page, *line, command, 0);
            }
            Step::Block(block) => updates.extend(scene.block(&page, block, program)),
        }
    }
    finish(&page, scene);
    let mut source = page.source;
    for (range, text) in updates.into_iter().rev() {
        source.replace_range(range, &text);
    }
    if self::updates() {
        // Renamed into place, because other tests read the page meanwhile.
        let whole = repository(&format!("{path}.new"));
        std::fs::write(&whole, source).unwrap();
        std::fs::rename(whole, repository(path)).unwrap();
    }
}

/// Fails if a file of the page is never used.
fn finish(page: &Page, scene: Option<Scene>) {
    for (line, name, after) in scene.into_iter().flat_map(|scene| scene.files) {
        let file = name.rsplit('/').next().unwrap();
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        // Commands name a rubric without its extension.
        let named_by_stem = extension == "toml" && after.contains(stem);
        let used = file == "evenhand.toml" || after.contains(file) || named_by_stem;
        assert!(used, "{}:{line}: no later step uses {name}", page.path);
    }
}

impl Scene {
    fn new(name: &str) -> Self {
        let folder = Folder::new();
        let mut server = None;
        match name {
            "empty" => {}
            "sample" | "server" | "letters" | "grades" => {
                folder.run(&["init"]).expect(0);
            }
            LLMBAR => publish_llmbar(&folder),
            VICUNA => copy_vicuna(&folder),
            _ => panic!("there is no scene `{name}`"),
        }
        let started = match name {
            "server" => Some(Server::start(judge_or_system)),
            "letters" => Some(Server::start(by_letter())),
            "grades" => Some(Server::start(by_defects())),
            _ => None,
        };
        if let Some(started) = started {
            let settings = folder.path().join("evenhand.toml");
            let text = std::fs::read_to_string(settings).unwrap();
            let text = text.replace("https://api.openai.com/v1", &started.base_url());
            folder.write("evenhand.toml", &text);
            server = Some(started);
        }
        let place = folder.path().to_owned();
        Self { folder, place, server, said: None, files: Vec::new() }
    }

    /// Records that a later step of the page may use the files before it.
    fn mention(&mut self, text: &str) {
        self.files.iter_mut().for_each(|(.., after)| after.push_str(text));
    }

    /// Runs commands as a reader would, with evenhand on the path.
    fn shell(&mut self, page: &Page, line: usize, commands: &str, exit: i32) -> CommandOutput {
        let commands = commands.replace("cargo run --locked -- ", "evenhand ");
        self.mention(&commands);
        let evenhand = PathBuf::from(env!("CARGO_BIN_EXE_evenhand"));
        let left = self.folder.path().join(".place");
        let mut shell = Command::new("sh");
        shell
            .arg("-ec")
            .arg(format!("PATH=\"$PROGRAMS:$PATH\"\ntrap 'pwd >\"$PLACE\"' EXIT\n{commands}"));
        shell.current_dir(&self.place).env("PLACE", &left);
        shell.env("PROGRAMS", evenhand.parent().unwrap());
        shell.env("OPENAI_API_KEY", "sk-a-key-for-tests").env("NO_PROXY", "127.0.0.1");
        // What is installed here is not what a reader has.
        shell.env("EVENHAND_CACHE_DIR", self.folder.path().join(".cache"));
        for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
            shell.env_remove(proxy);
        }
        if let Some(server) = &self.server {
            shell.env("SERVER", server.base_url());
        }
        let said = CommandOutput::of(&shell.output().unwrap());
        assert_eq!(
            said.code, exit,
            "{}:{line}: the exit code of\n{commands}\nstdout:\n{}\nstderr:\n{}",
            page.path, said.stdout, said.stderr
        );
        self.place = PathBuf::from(std::fs::read_to_string(left).unwrap().trim_end());
        said
    }

    /// Runs, writes or compares a block. Returns what should be in its place.
    fn block(
        &mut self,
        page: &Page,
        block: &Block,
        program: Option<&str>,
    ) -> Option<(Range<usize>, String)> {
        let directives = &block.directives;
        let place = format!("{}:{}", page.path, block.line);
        if directives.untested.is_some() || directives.named.as_deref() == Some("tests") {
            return None;
        }
        if let Some(original) = &directives.copy_of {
            let original = std::fs::read_to_string(repository(original)).unwrap();
            return expect(&place, block, original);
        }
        if let Some(name) = &directives.file {
            self.write(page, block, name);
            return None;
        }
        match block.language.as_str() {
            "sh" => {
                self.mention(&block.text);
                let runs = directives.needs.is_none() || directives.needs.as_deref() == program;
                self.said =
                    runs.then(|| self.shell(page, block.line, &block.text, directives.exit));
                None
            }
            "text" | "json" => {
                let said = self.said.as_ref()?;
                let output = if directives.stderr { &said.stderr } else { &said.stdout };
                let [from, to] = [&directives.from, &directives.to].map(Option::as_deref);
                expect(&place, block, excerpt(&place, output, from, to))
            }
            // The tests of the Python package run it and compare its output.
            "python" => {
                self.said = None;
                None
            }
            language => panic!(
                "{place}: a block of `{language}` is neither run nor read: add a directive \
                 (see CONTRIBUTING.md)"
            ),
        }
    }

    /// Writes a block to its file. The judges and systems of settings are checked at once.
    fn write(&mut self, page: &Page, block: &Block, name: &str) {
        self.mention(&block.text);
        let path = self.place.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &block.text).unwrap();
        self.files.push((block.line, name.to_owned(), String::new()));
        if !block.text.contains("[judges.") && !block.text.contains("[systems.") {
            return;
        }
        let settings: toml::Table = toml::from_str(&block.text).unwrap();
        let variable = Regex::new(r#"(?:api_key_env = "|"\$)([A-Z_]+)""#).unwrap();
        let variables = variable.captures_iter(&block.text);
        let variables: Vec<String> =
            variables.map(|found| format!("export {}=a-value-for-tests\n", &found[1])).collect();
        let variables = variables.concat();
        let named = |table: &str| {
            settings
                .get(table)
                .and_then(toml::Value::as_table)
                .into_iter()
                .flat_map(toml::Table::keys)
        };
        for judge in named("judges") {
            let command = format!(
                "{variables}evenhand check calibration/tickets/items.jsonl \
                 --rubric summary-quality --config {name} --judge '{judge}'"
            );
            self.shell(page, block.line, &command, 0);
        }
        for system in named("systems") {
            let command = format!(
                "{variables}evenhand generate systems/prompts.jsonl --system '{system}' \
                 --to checked.jsonl --config {name} --dry-run"
            );
            self.shell(page, block.line, &command, 0);
        }
    }
}

/// Compares what a block shows with what it should show, or returns the latter where pages are updated.
fn expect(place: &str, block: &Block, expected: String) -> Option<(Range<usize>, String)> {
    if without_times(&block.text) == without_times(&expected) {
        return None;
    }
    assert!(
        updates(),
        "{place}: the block differs from what is printed now (EVENHAND_UPDATE_DOCS=1 updates it); \
         shown:\n{}\nprinted:\n{expected}",
        block.text
    );
    Some((block.range.clone(), expected))
}

/// Replaces what differs from run to run: how long a command took, and how fast it and the systems were.
fn without_times(output: &str) -> String {
    let seconds = Regex::new(r"(?m)(retries, )[0-9.]+ s((?:, \$[0-9.]+)?)$").unwrap();
    let latency = Regex::new(r#"("latency_ms":)[0-9.]+"#).unwrap();
    let median = Regex::new(r"(?m) +[0-9.]+ m?s$").unwrap();
    let tail = Regex::new(r"(?m)(: latency median ).*( \(n = .*)$").unwrap();
    let output = seconds.replace_all(output, "$1 s$2");
    let output = tail.replace_all(&output, "$1$2");
    median.replace_all(&latency.replace_all(&output, "$1"), " ms").into_owned()
}

/// Returns the lines of an output from the first that contains `from` to the next that contains `to`.
fn excerpt(place: &str, output: &str, from: Option<&str>, to: Option<&str>) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let find = |start: usize, text: Option<&str>, otherwise: usize| match text {
        None => otherwise,
        Some(text) => {
            let found = lines[start..].iter().position(|line| line.contains(text));
            let found = found.unwrap_or_else(|| panic!("{place}: no `{text}` in\n{output}"));
            start + found
        }
    };
    let first = find(0, from, 0);
    let last = find(first, to, lines.len().saturating_sub(1));
    lines[first..=last].iter().flat_map(|line| [*line, "\n"]).collect()
}

/// Answers a judge by [`by_length`], and a system with the [`reply`] to a prompt.
fn judge_or_system(seen: &ReceivedRequest) -> Answer {
    let messages = seen.body["messages"].as_array().unwrap();
    let [first, last] = [messages.first(), messages.last()]
        .map(|message| message.unwrap()["content"].as_str().unwrap());
    if last.contains(" first response>>>") {
        by_length(seen)
    } else {
        Answer::says(&reply(first, last))
    }
}

/// Prefers the longer response; where the lengths are within a tenth, the one shown first. If the rubric asks for the
/// shorter one, the shorter one that is longer than a few words.
fn by_length(seen: &ReceivedRequest) -> Answer {
    let messages = seen.body["messages"].as_array().unwrap();
    let asked = messages.last().unwrap()["content"].as_str().unwrap();
    let between_markers =
        |which: &str| asked.split(&format!(" {which} response>>>")).nth(1).unwrap();
    let [first, second] = ["first", "second"].map(|which| between_markers(which).chars().count());
    let is_brief = |which: &str| {
        let text = between_markers(which).rsplit_once("\n<<<").unwrap().0;
        text.trim().chars().count() < 16
    };
    let wants_shorter = messages[0]["content"].as_str().unwrap().contains("the shorter one");
    let [shorter, longer] = match (second * 10 > first * 11, first * 10 > second * 11) {
        (true, _) => ["first", "second"],
        (_, true) => ["second", "first"],
        _ => ["first", "first"],
    };
    let vote = if wants_shorter && !is_brief(shorter) { shorter } else { longer };
    let criteria = json!({ "faithfulness": vote, "coverage": vote, "economy": "tie" });
    let reply = json!({ "reasoning": "It says more.", "criteria": criteria, "vote": vote });
    Answer::says(&reply.to_string())
}

/// Writes items, labels and the replies of GPT-4 into a starter folder.
fn copy_vicuna(folder: &Folder) {
    folder.run(&["init"]).expect(0);
    let data = repository("../shared/data/vicuna80");
    for name in ["items.jsonl", "labels.jsonl", "replies/gpt-4.jsonl"] {
        let text = std::fs::read_to_string(data.join(name)).unwrap();
        folder.write(name.rsplit('/').next().unwrap(), &text);
    }
}

/// Writes the files that `LLMBar` publishes, made from their converted form.
fn publish_llmbar(folder: &Folder) {
    let data = repository("../shared/data/llmbar-natural");
    let lines = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(data.join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let entry = |(item, label): (&Value, Value)| {
        json!({
            "input": item["prompt"],
            "output_1": item["responses"]["a"],
            "output_2": item["responses"]["b"],
            "label": if label["winner"] == "a" { 1 } else { 2 },
        })
    };
    let dataset: Vec<Value> =
        lines("items.jsonl").iter().zip(lines("labels.jsonl")).map(entry).collect();
    folder.write("LLMBar/Natural/dataset.json", &json!(dataset).to_string());
    for (judge, published) in [
        ("falcon-cot", "Falcon/CoT"),
        ("gpt-4-cot", "GPT-4/CoT"),
        ("falcon-vanilla", "Falcon/Vanilla"),
        ("falcon-metrics", "Falcon/Metrics"),
        ("chatgpt-0301-vanilla", "ChatGPT-0301/Vanilla"),
        ("gpt-4-vanilla", "GPT-4/Vanilla"),
        ("llama2-vanilla", "LLaMA2/Vanilla"),
        ("palm2-vanilla", "PaLM2/Vanilla"),
    ] {
        let replies = lines(&format!("replies/{judge}.jsonl"));
        let results = dataset.iter().zip(replies.chunks(2)).map(|(entry, pair)| {
            let order = |reply: &Value| json!({ "completion": [reply["reply"], "stop"] });
            let mut entry = entry.clone();
            entry["results"] =
                json!([{ "swap = False": order(&pair[0]), "swap = True": order(&pair[1]) }]);
            entry
        });
        let results = results.collect::<Vec<_>>();
        let path = format!("LLMBar/Natural/evaluators/{published}/result.json");
        folder.write(&path, &json!(results).to_string());
    }
}
