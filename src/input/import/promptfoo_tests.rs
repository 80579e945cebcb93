//! promptfoo's configurations and lists of tests (YAML or JSON), where tests hold an output of a model: `providerOutput`.
//!
//! The tests with equal variables are one item, and the output of each is a response. Its system is the test's own
//! provider; else the file, where several are given; else the only provider of the configuration. The prompt is the only
//! one that the configuration itself holds, with its variables filled in; else the variables. An assertion that compares
//! with a text (`equals`, `similar`, …) gives the reference.
//!
//! Most configurations hold no output: promptfoo asks for them. The error about such a file says what was recognised in it
//! and which command of promptfoo writes the results.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::collected::{Collected, Collector, add_response};
use super::layouts::FileKind;
use super::source::Source;
use crate::error::{Error, Result, counted};
use crate::input::conversation::Content;
use crate::input::jsonl::Record;
use crate::input::reference::Reference;

const NO_OUTPUT: (&str, &str) = (
    "test holds no output (providerOutput) and is left out",
    "tests hold no output (providerOutput) and are left out",
);
const ELSEWHERE: (&str, &str) = (
    "reference to tests or variables in another file is not followed",
    "references to tests or variables in other files are not followed",
);
const ASSERTED: (&str, &str) = (
    "test has assertions, which are about one output alone and are left out",
    "tests have assertions, which are about one output alone and are left out",
);
const REPEATED: (&str, &str) = (
    "test repeats another one with its output and is left out",
    "tests repeat others with their outputs and are left out",
);
const FURTHER: (&str, &str) = (
    "test has another output for the same variables and provider, which is called (2), (3), …",
    "tests have other outputs for the same variables and provider, which are called (2), (3), …",
);
const NOTHING_ASKED: (&str, &str) = (
    "test has neither variables nor a prompt and is left out",
    "tests have neither variables nor a prompt and are left out",
);
/// The assertions whose value is a text that the output should be like.
const COMPARING: [&str; 8] =
    ["equals", "similar", "factuality", "rouge-n", "bleu", "gleu", "meteor", "levenshtein"];

/// What a file says about all of its tests.
struct Suite {
    shown: String,
    name: String,
    /// The only prompt, where the configuration itself holds it.
    prompt: Option<String>,
    /// The only provider.
    provider: Option<String>,
    default_test: Map<String, Value>,
    counts: [usize; 3],
    /// The tests that the file itself holds, with their places.
    tests: Vec<(String, Map<String, Value>)>,
    is_config: bool,
}

/// One item: its variables, and its outputs by system.
#[derive(Default)]
struct Item {
    place: String,
    vars: Map<String, Value>,
    prompts: Vec<Option<String>>,
    reference: Option<String>,
    outputs: Vec<(String, String)>,
    /// How many outputs a system has.
    of_system: HashMap<String, usize>,
}

/// Reads the tests that hold outputs.
///
/// # Errors
///
/// A field has another type than promptfoo gives it, or no test holds an output.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let mut collector = Collector::default();
    let mut suites = Vec::new();
    for source in sources {
        suites.push(suite(&mut collector, source)?);
    }
    name_files(&mut suites);
    let several = suites.len() > 1;
    let mut items: Vec<Item> = Vec::new();
    let mut by_vars: HashMap<String, usize> = HashMap::new();
    for suite in &mut suites {
        for (place, test) in std::mem::take(&mut suite.tests) {
            let Some(found) = read(&mut collector, suite, &place, &test, several)? else {
                continue;
            };
            let at = *by_vars.entry(sorted(&found.vars)).or_insert_with(|| {
                items.push(Item { place, vars: found.vars.clone(), ..Item::default() });
                items.len() - 1
            });
            add(&mut collector, &mut items[at], found);
        }
    }
    if items.is_empty() {
        return Err(no_outputs(&suites));
    }
    for (number, item) in items.into_iter().enumerate() {
        let id = format!("test-{number}");
        let only = item.prompts.first().cloned().flatten();
        let is_same = item.prompts.iter().all(|prompt| *prompt == only);
        let vars = Value::Object(item.vars);
        let prompt = only.filter(|_| is_same).unwrap_or_else(|| shown_variables(&vars));
        let added = collector.item(&item.place, &id, Content::Text(prompt))?;
        added.reference = item.reference.map(Reference::Text);
        added.context = vars.as_object().is_some_and(|vars| !vars.is_empty()).then_some(vars);
        for (system, output) in item.outputs {
            add_response(added, &item.place, &system, Content::Text(output))?;
        }
    }
    Ok(collector.finish())
}

/// Reads what a file says about its tests.
fn suite(collector: &mut Collector, source: Source) -> Result<Suite> {
    let mut suite = Suite {
        name: source.stem(),
        shown: source.shown,
        prompt: None,
        provider: None,
        default_test: Map::new(),
        counts: [0; 3],
        tests: Vec::new(),
        is_config: source.kind == FileKind::PromptfooConfig,
    };
    if !suite.is_config {
        let tests = source.records.into_iter();
        suite.tests = tests.map(|record| (record.place.clone(), record.into_fields())).collect();
        suite.counts[2] = suite.tests.len();
        return Ok(suite);
    }
    for mut record in source.records {
        let prompts = one_or_several(record.take("prompts"));
        let providers = one_or_several(record.take("providers").or_else(|| record.take("targets")));
        if let Some(Value::Object(fields)) = record.take("defaultTest") {
            suite.default_test = fields;
        }
        let tests = one_or_several(record.take("tests"));
        let scenarios = one_or_several(record.take("scenarios"));
        suite.counts = [prompts.len(), providers.len(), tests.len() + scenarios.len()];
        suite.prompt = prompts.first().filter(|_| prompts.len() == 1).and_then(own_prompt);
        suite.provider = providers.first().filter(|_| providers.len() == 1).and_then(provider_name);
        for (at, test) in tests.into_iter().enumerate() {
            let place = format!("{}: tests[{at}]", record.place);
            match test {
                Value::Object(fields) if !fields.contains_key("path") => {
                    suite.tests.push((place, fields));
                }
                Value::String(_) | Value::Object(_) => collector.notice(ELSEWHERE, &place),
                other => return Err(unexpected(&record, &format!("tests[{at}]"), &other)),
            }
        }
        for at in 0..scenarios.len() {
            collector.notice(NO_OUTPUT, &format!("{}: scenarios[{at}]", record.place));
        }
    }
    Ok(suite)
}

fn unexpected(record: &Record, path: &str, found: &Value) -> Error {
    record.expected(path, "a test or the name of a file with tests", found)
}

/// Returns the entries of a list; what is no list is one.
fn one_or_several(value: Option<Value>) -> Vec<Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(other) => vec![other],
    }
}

/// Returns the text of a prompt, unless it is in another file.
fn own_prompt(prompt: &Value) -> Option<String> {
    let text = match prompt {
        Value::String(text) => text,
        Value::Object(fields) => fields.get("raw")?.as_str()?,
        _ => return None,
    };
    let endings =
        ["txt", "md", "json", "jsonl", "yaml", "yml", "j2", "js", "mjs", "ts", "py", "csv"];
    let is_one_line = !text.contains(char::is_whitespace);
    let names_a_file = text.contains("://")
        || is_one_line && endings.iter().any(|ending| text.ends_with(&format!(".{ending}")));
    (!names_a_file).then(|| text.to_owned())
}

/// Returns how a provider is called: a string, or an object with an id and perhaps a label.
fn provider_name(provider: &Value) -> Option<String> {
    match provider {
        Value::String(name) => Some(name.clone()),
        Value::Object(fields) => {
            let text = |field: &str| fields.get(field).and_then(Value::as_str);
            let named = text("label").filter(|label| !label.is_empty()).or_else(|| text("id"));
            // In the short form the id is the only key.
            let key = fields.keys().next().filter(|_| fields.len() == 1);
            named.or(key.map(String::as_str)).map(ToOwned::to_owned)
        }
        _ => None,
    }
}

/// Calls files of the same name by their whole paths.
fn name_files(suites: &mut [Suite]) {
    let mut names: HashMap<String, usize> = HashMap::new();
    for suite in suites.iter() {
        *names.entry(suite.name.clone()).or_default() += 1;
    }
    for suite in suites {
        if names[&suite.name] > 1 {
            suite.name.clone_from(&suite.shown);
        }
    }
}

/// The output that a test holds.
struct Found {
    vars: Map<String, Value>,
    prompt: Option<String>,
    reference: Option<String>,
    system: String,
    output: String,
    place: String,
}

/// Reads a test; `None` if it is left out.
fn read(
    collector: &mut Collector,
    suite: &Suite,
    place: &str,
    test: &Map<String, Value>,
    several_files: bool,
) -> Result<Option<Found>> {
    let output = match test.get("providerOutput") {
        None | Some(Value::Null) => {
            collector.notice(NO_OUTPUT, place);
            return Ok(None);
        }
        Some(Value::String(output)) => output.clone(),
        Some(other) => other.to_string(),
    };
    let mut vars = Map::new();
    for given in [suite.default_test.get("vars"), test.get("vars")].into_iter().flatten() {
        match given {
            Value::Object(fields) => vars.extend(fields.clone()),
            Value::Null => {}
            Value::String(_) => {
                collector.notice(ELSEWHERE, place);
                return Ok(None);
            }
            _ => {
                return Err(Error::input(format!(
                    "{place}: vars: expected the variables by their names, or the name of a file with them"
                )));
            }
        }
    }
    let shown = Value::Object(vars.clone());
    let prompt = suite.prompt.as_deref().and_then(|prompt| filled(prompt, &shown));
    if vars.is_empty() && prompt.is_none() {
        collector.notice(NOTHING_ASKED, place);
        return Ok(None);
    }
    let asserted = [test.get("assert"), suite.default_test.get("assert")];
    let reference = asserted.iter().find_map(|list| reference_of(*list, &shown));
    let is_comparison =
        |list: &&Value| list.as_array().is_some_and(|all| all.iter().all(is_comparing));
    if !asserted.iter().flatten().all(is_comparison) {
        collector.notice(ASSERTED, place);
    }
    let own = test.get("provider").and_then(provider_name);
    let system = own.or_else(|| suite.provider.clone().filter(|_| !several_files));
    let system = system.unwrap_or_else(|| suite.name.clone());
    let place = place.to_owned();
    Ok(Some(Found { vars, prompt, reference, system, output, place }))
}

/// Adds an output to the item of its variables.
fn add(collector: &mut Collector, item: &mut Item, found: Found) {
    let Found { prompt, reference, system, output, place, .. } = found;
    let count = item.of_system.get(&system).copied().unwrap_or(0);
    let name = |number: usize| match number {
        1 => system.clone(),
        number => format!("{system} ({number})"),
    };
    let mut earlier = (1..=count).map(name);
    if earlier.any(|name| item.outputs.iter().any(|known| *known == (name.clone(), output.clone())))
    {
        collector.notice(REPEATED, &place);
        return;
    }
    if count > 0 {
        collector.notice(FURTHER, &place);
    }
    item.outputs.push((name(count + 1), output));
    item.of_system.insert(system, count + 1);
    item.prompts.push(prompt);
    item.reference = item.reference.take().or(reference);
}

/// Returns the error about files without any output: what was recognised, and how the outputs are had.
fn no_outputs(suites: &[Suite]) -> Error {
    let suite = &suites[0];
    let [prompts, providers, tests] = suite.counts;
    let found = |count: usize, one: &str, several: &str| counted(count as u64, one, several);
    let tests = found(tests, "test", "tests");
    if suite.is_config {
        let prompts = found(prompts, "prompt", "prompts");
        let providers = found(providers, "provider", "providers");
        Error::input(format!(
            "{}: this is a configuration of promptfoo ({prompts}, {providers}, {tests}), and no test in it holds an output \
             to compare (`providerOutput`)",
            suite.shown
        ))
        .hint(format!(
            "let promptfoo ask for the outputs, and import its results: promptfoo eval -c {} -o results.json",
            quoted(&suite.shown)
        ))
    } else {
        Error::input(format!(
            "{}: these are tests of promptfoo ({tests}), and none holds an output to compare (`providerOutput`)",
            suite.shown
        ))
        .hint(
            "let promptfoo ask for the outputs, with a configuration that names the tests, and import its results: \
             promptfoo eval -o results.json",
        )
    }
}

/// Returns a path as a word of a shell.
fn quoted(path: &str) -> String {
    shlex::try_quote(path).map_or_else(|_| path.to_owned(), std::borrow::Cow::into_owned)
}

/// Returns variables as a text that is the same for the same ones, in whatever order they are written.
fn sorted(vars: &Map<String, Value>) -> String {
    fn sort(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields: BTreeMap<&String, Value> =
                    fields.iter().map(|(name, value)| (name, sort(value))).collect();
                fields.into_iter().map(|(name, value)| (name.clone(), value)).collect()
            }
            Value::Array(entries) => entries.iter().map(sort).collect(),
            other => other.clone(),
        }
    }
    sort(&Value::Object(vars.clone())).to_string()
}

fn is_comparing(assertion: &Value) -> bool {
    let kind = assertion.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| COMPARING.contains(&kind))
}

/// Returns the text that the output of a test should be like, by the first assertion that compares with one.
pub(super) fn reference_of(assertions: Option<&Value>, vars: &Value) -> Option<String> {
    let mut assertions = assertions?.as_array()?.iter().filter(|one| is_comparing(one));
    assertions.find_map(|one| filled(one.get("value")?.as_str()?, vars))
}

/// Returns a template with its variables filled in; `None` if it has more than plain variables, or one that there is not.
fn filled(template: &str, vars: &Value) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        text.push_str(before);
        match vars.get(name.trim())? {
            Value::String(value) if !value.contains("://") => text.push_str(value),
            value @ (Value::Number(_) | Value::Bool(_)) => text.push_str(&value.to_string()),
            _ => return None,
        }
        rest = after;
    }
    text.push_str(rest);
    let has_more = template.contains("{%") || template.contains("{#");
    (!has_more).then_some(text)
}

/// Returns the only variable, or all of them by name: what the prompts of a test have in common.
pub(super) fn shown_variables(vars: &Value) -> String {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    match vars {
        Value::Object(fields) if fields.len() == 1 => fields.values().map(shown).collect(),
        Value::Object(fields) => {
            let lines = fields.iter().map(|(name, value)| format!("{name}: {}", shown(value)));
            lines.collect::<Vec<_>>().join("\n")
        }
        other => shown(other),
    }
}
