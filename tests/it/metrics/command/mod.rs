//! Metrics computed by programs, with small shell scripts as programs.

#![cfg(unix)]

mod failures;
mod naming;
mod processes;
mod protocol;

use std::collections::BTreeMap;
use std::time::Duration;

use evenhand::input::{Content, Item};
use evenhand::metrics::{Answer, CommandMetric, SystemResponse};
use evenhand::{Error, Result};

use crate::support::Folder;

/// A time limit that no program here reaches, however busy the machine is.
const GENEROUS: Duration = Duration::from_mins(1);
/// A time limit that some process is meant to exceed and others easily meet.
const SHORT: Duration = Duration::from_secs(2);

/// Answers every line with 1.
const ONES: &str = "sed 's/.*/1/'";

/// One item with one response.
fn item(id: &str, response: &str) -> Item {
    let text = |text: &str| Content::Text(text.to_owned());
    Item {
        id: id.to_owned(),
        prompt: text("What?"),
        responses: BTreeMap::from([("a".to_owned(), text(response))]),
        reference: None,
        context: None,
        tags: BTreeMap::new(),
        generated: BTreeMap::new(),
        place: String::new(),
    }
}

/// Items with these responses, named `t-0`, `t-1`…
fn items<'a>(responses: impl IntoIterator<Item = &'a str>) -> Vec<Item> {
    let numbered = responses.into_iter().enumerate();
    numbered.map(|(index, response)| item(&format!("t-{index}"), response)).collect()
}

fn responses_of(items: &[Item]) -> Vec<SystemResponse<'_>> {
    items.iter().map(|item| SystemResponse { item, system: "a" }).collect()
}

/// Runs the program on responses, one process at a time.
async fn ask(metric: &mut CommandMetric, responses: &[&str]) -> Result<Vec<Answer>> {
    metric.answers(&responses_of(&items(responses.iter().copied()))).await
}

/// Runs a command without a tight time limit and returns the answers and warnings.
async fn asked(command: &str, responses: &[&str]) -> (Vec<Answer>, Vec<String>) {
    let mut metric = CommandMetric::new("test", command, GENEROUS, 1);
    let answers = ask(&mut metric, responses).await.unwrap();
    (answers, metric.finish())
}

/// Runs a command that must fail and returns the error.
async fn refused(command: &str, responses: &[&str]) -> Error {
    let mut metric = CommandMetric::new("test", command, GENEROUS, 1);
    ask(&mut metric, responses).await.unwrap_err()
}

/// Returns the error with its details and hint.
fn in_full(error: &Error) -> String {
    let details = error.details().iter().map(|detail| format!("\n{detail}"));
    let hint = error.hint_text().map(|hint| format!("\n{hint}"));
    details.fold(error.to_string(), |text, detail| text + &detail) + &hint.unwrap_or_default()
}

fn scores(scores: &[f64]) -> Vec<Answer> {
    scores.iter().copied().map(Answer::Score).collect()
}

/// Returns a command that runs `script` with `$here` set to the folder.
fn script(folder: &Folder, script: &str) -> String {
    let path = folder.write("script.sh", script);
    format!("export here='{}'; exec sh '{}'", folder.path().display(), path.display())
}

/// Returns the lines of a file that the script has written.
fn log(folder: &Folder, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// Returns a script that writes its input to the file `$asked`, logs the number of lines in `sizes`, and runs
/// `rest`, in which `ones` answers each line with 1.
fn counting(rest: &str) -> String {
    format!(
        "asked=\"$here/asked.$$\"\n\
         cat >\"$asked\"\n\
         grep -c '' \"$asked\" >>\"$here/sizes\"\n\
         ones() {{ {ONES} \"$asked\"; }}\n\
         {rest}"
    )
}
