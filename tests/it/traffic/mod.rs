//! Production traffic becomes items.

mod draw;
mod forms;
mod hostile;
mod masks;

use serde_json::Value;

use crate::support::{CommandOutput, Folder};

/// Runs `monitor sample` on one file.
pub(crate) fn sample(name: &str, text: &str, flags: &[&str]) -> CommandOutput {
    let folder = Folder::new();
    folder.write(name, text);
    folder.run(&[&["monitor", "sample", name, "--n", "100"], flags].concat())
}

/// The items that are drawn of one file, in the order of their prompts.
pub(crate) fn items(name: &str, text: &str, flags: &[&str]) -> Vec<Value> {
    let mut items = sample(name, text, flags).expect(0).json_lines();
    items.sort_by_key(|item| item["prompt"].to_string());
    items
}
