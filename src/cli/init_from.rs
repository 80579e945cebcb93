//! `evenhand init --from FILE`: creates a folder that fits the user's own items.
//!
//! The items, and the labels if the file has any, are converted to JSONL, so that later commands need no flags about
//! columns. The prompt is chosen by what the items have.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use evenhand::input::{Content, Item, ItemSource, KnownItems, Labels, read_labels, starter_files};
use evenhand::report::{counted, for_terminal};
use evenhand::{Error, ExitCode, Result};
use serde_json::json;

use super::arguments::Init;
use super::project::is_same_file;
use super::starter_folder::{SETTINGS, enter, print_paths, refuse_existing, write};
use super::{input_warning, print_error_line, print_warning};

const RUBRIC: &str = include_str!("my-rubric.toml");
const RUBRIC_FILE: &str = "rubrics/my-rubric.toml";
const ITEMS: &str = "items.jsonl";
const LABELS: &str = "labels.jsonl";

/// Reads everything, then writes the files, unless one of them already exists.
pub(super) fn run(arguments: &Init) -> Result<ExitCode> {
    let Some(from) = &arguments.from else {
        return Err(Error::internal("init_from without --from"));
    };
    let folder = &arguments.folder;
    let source = arguments.table.source(from, &[], None)?;
    let label_file = arguments.table.labels(from, None)?;
    let contents = Contents::read(&source)?;
    let labels = label_file.map(|file| read_labels(&file, &contents.items)).transpose()?;
    let small = small_files(contents.prompt());
    let in_place = !arguments.table.is_given() && is_same_file(from, &folder.join(ITEMS));
    let paths = || {
        let data = [(!in_place).then_some(ITEMS), labels.is_some().then_some(LABELS)];
        small.iter().map(|(path, _)| *path).chain(data.into_iter().flatten())
    };
    refuse_existing(folder, paths())?;
    for (path, text) in &small {
        write(folder, path, text)?;
    }
    if !in_place {
        write_items(&folder.join(ITEMS), &source)?;
    }
    if let Some(labels) = &labels {
        write_labels(&folder.join(LABELS), labels)?;
    }
    print_paths(folder, paths())?;
    print_summary(&contents, labels.as_ref());
    print_next(arguments, &contents, labels.is_some());
    Ok(ExitCode::Done)
}

/// What the items have, by which the other files are chosen.
#[derive(Default)]
struct Contents {
    items: KnownItems,
    /// By system, how many responses there are.
    systems: std::collections::BTreeMap<String, u64>,
    with_reference: usize,
    with_messages: usize,
}

impl Contents {
    fn read(source: &ItemSource) -> Result<Self> {
        let mut contents = Self::default();
        let mut reader = source.read()?;
        while let Some(items) = reader.next_batch()? {
            for item in &items {
                contents.add(item);
            }
        }
        reader.finish()?.iter().for_each(|warning| print_warning(&input_warning(warning)));
        Ok(contents)
    }

    fn add(&mut self, item: &Item) {
        self.items.add(&item.id, item.responses.keys().map(String::as_str));
        for system in item.responses.keys() {
            *self.systems.entry(system.clone()).or_default() += 1;
        }
        self.with_reference += usize::from(item.reference.is_some());
        let mut texts = item.responses.values().chain([&item.prompt]);
        let is_list = |content: &Content| matches!(content, Content::Turns(_));
        self.with_messages += usize::from(texts.any(is_list));
    }

    /// A prompt that prints the reference needs one in every item.
    fn all_have_a_reference(&self) -> bool {
        self.with_reference == self.items.len()
    }

    /// Returns the prompt that shows a judge what the items have.
    fn prompt(&self) -> &'static str {
        if self.all_have_a_reference() {
            "pairwise-reference.j2"
        } else if self.with_messages > 0 {
            "pairwise-multi-turn.j2"
        } else {
            "pairwise.j2"
        }
    }
}

/// Returns the settings, the templates that they name, the rubric, and its prompt with the one that it extends, by path.
fn small_files(prompt: &str) -> Vec<(&'static str, String)> {
    let rubric = RUBRIC.replace("\"pairwise.j2\"", &format!("\"{prompt}\""));
    let mut files = vec![("evenhand.toml", SETTINGS.to_owned()), (RUBRIC_FILE, rubric)];
    let is_needed = |path: &str| {
        path == "prompts/pairwise.j2"
            || path.strip_prefix("prompts/") == Some(prompt)
            || path.starts_with("systems/reply-")
    };
    let prompts = starter_files().filter(|file| is_needed(file.path));
    files.extend(prompts.map(|file| (file.path, file.text.to_owned())));
    files
}

fn write_items(path: &Path, source: &ItemSource) -> Result<()> {
    write_lines(path, |line| {
        let mut reader = source.read()?;
        while let Some(items) = reader.next_batch()? {
            for item in &items {
                line(&json!(item))?;
            }
        }
        reader.finish().map(drop)
    })
}

fn write_labels(path: &Path, labels: &Labels) -> Result<()> {
    write_lines(path, |line| {
        for label in &labels.labels {
            let winner = label.winner.as_deref().unwrap_or("tie");
            let mut record = json!({
                "id": &*label.id,
                "annotator": &*label.annotator,
                "between": label.between.each_ref().map(|system| &**system),
                "winner": winner,
            });
            if let Some(probability) = label.probability {
                record["probability"] = probability.into();
            }
            line(&record)?;
        }
        Ok(())
    })
}

/// Writes a JSONL file; `lines` calls the function that it is given for each line.
fn write_lines(
    path: &Path,
    lines: impl FnOnce(&mut dyn FnMut(&serde_json::Value) -> Result<()>) -> Result<()>,
) -> Result<()> {
    let failed = |error| Error::unwritable(path, error);
    let mut file = BufWriter::new(File::create_new(path).map_err(failed)?);
    lines(&mut |value| writeln!(file, "{value}").map_err(failed))?;
    file.flush().map_err(failed)
}

fn print_summary(contents: &Contents, labels: Option<&Labels>) {
    let systems: Vec<String> = contents
        .systems
        .iter()
        .map(|(system, count)| format!("{} ({count})", for_terminal(system, false)))
        .collect();
    print_error_line(format_args!(
        "\n{} with the responses of {}",
        counted(contents.items.len() as u64, "item"),
        systems.join(", ")
    ));
    if let Some(labels) = labels {
        print_error_line(format_args!("{}", counted(labels.labels.len() as u64, "label")));
    }
}

/// Prints the next commands, which need neither a key nor a network.
fn print_next(arguments: &Init, contents: &Contents, has_labels: bool) {
    // The rule that looks at most of what the items have.
    let judge = if contents.all_have_a_reference() { "lexical" } else { "longer" };
    print_error_line(format_args!(
        "\nnext: {}evenhand judge {ITEMS} --rubric my-rubric --judge builtin:{judge}",
        enter(&arguments.folder)
    ));
    if has_labels {
        print_error_line(format_args!(
            "      evenhand calibrate runs/my-rubric-builtin-{judge}.db --labels {LABELS}"
        ));
    }
}
