//! The metric that another program computes, with little shell scripts as programs.

#![cfg(unix)]

mod naming;
mod processes;
mod protocol;
mod trouble;

use std::collections::BTreeMap;
use std::time::Duration;

use evenhand::input::{Content, Item};
use evenhand::metrics::{Answer, CommandMetric, Row};
use evenhand::{Error, Result};

use crate::support::Folder;

/// A limit that no program here comes near, however busy the machine is.
const GENEROUS: Duration = Duration::from_mins(1);
/// A time limit where its end is the point, and a process that is to meet it does so easily.
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
        place: String::new(),
    }
}

/// Items with these responses, named `t-0`, `t-1`…
fn items<'a>(responses: impl IntoIterator<Item = &'a str>) -> Vec<Item> {
    let numbered = responses.into_iter().enumerate();
    numbered.map(|(index, response)| item(&format!("t-{index}"), response)).collect()
}

fn rows(items: &[Item]) -> Vec<Row<'_>> {
    items.iter().map(|item| Row { item, system: "a" }).collect()
}

/// Asks about responses, one process at a time.
async fn ask(metric: &mut CommandMetric, responses: &[&str]) -> Result<Vec<Answer>> {
    metric.answers(&rows(&items(responses.iter().copied()))).await
}

/// Asks a command that has all the time it wants, and returns what is warned of too.
async fn asked(command: &str, responses: &[&str]) -> (Vec<Answer>, Vec<String>) {
    let mut metric = CommandMetric::new("test", command, GENEROUS, 1);
    let answers = ask(&mut metric, responses).await.unwrap();
    (answers, metric.finish())
}

/// Asks a command that is to be refused.
async fn refused(command: &str, responses: &[&str]) -> Error {
    let mut metric = CommandMetric::new("test", command, GENEROUS, 1);
    ask(&mut metric, responses).await.unwrap_err()
}

/// The error with all that a person would read.
fn in_full(error: &Error) -> String {
    let details = error.details().iter().map(|detail| format!("\n{detail}"));
    let hint = error.hint_text().map(|hint| format!("\n{hint}"));
    details.fold(error.to_string(), |text, detail| text + &detail) + &hint.unwrap_or_default()
}

fn scores(scores: &[f64]) -> Vec<Answer> {
    scores.iter().copied().map(Answer::Score).collect()
}

/// A command that runs `script` with `$here` set to the folder.
fn script(folder: &Folder, script: &str) -> String {
    let path = folder.write("script.sh", script);
    format!("export here='{}'; exec sh '{}'", folder.path().display(), path.display())
}

/// The lines of a file that the script has written.
fn log(folder: &Folder, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// A script that keeps its questions in the file `$asked`, logs in `sizes` how many there are, and does
/// `rest`, in which `ones` answers each with 1.
fn counting(rest: &str) -> String {
    format!(
        "asked=\"$here/asked.$$\"\n\
         cat >\"$asked\"\n\
         grep -c '' \"$asked\" >>\"$here/sizes\"\n\
         ones() {{ {ONES} \"$asked\"; }}\n\
         {rest}"
    )
}
