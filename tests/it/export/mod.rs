//! `evenhand export`: pairs for training, the layouts of other programs, and tables.

mod grade_labels;
mod labels;
#[cfg(feature = "parquet")]
mod parquet;
mod preferences;
mod round_trips;
mod tables;

use std::path::Path;

use serde_json::Value;

use crate::support::Folder;

/// Four comparisons: two kept with a winner, one kept tie, one flipped.
pub(crate) fn judged() -> Folder {
    let folder = Folder::new();
    let items = r#"{"id":"q-1","prompt":"One?","responses":{"alpha":"1","beta":"=uno"},"tags":{"topic":"sums"}}
{"id":"q-2","prompt":[{"role":"user","content":"Two?"},{"role":"assistant","content":"?"},{"role":"user","content":"2"}],"responses":{"alpha":"2","beta":"dos"}}
{"id":"q-3","prompt":"Three?","responses":{"alpha":"3","beta":"tres"},"reference":"3"}
{"id":"q-4","prompt":"Four?","responses":{"alpha":"4","beta":"cuatro"}}
"#;
    folder.write("items.jsonl", items);
    let votes = [
        ("q-1", "second", "first"),
        ("q-2", "first", "second"),
        ("q-3", "tie", "tie"),
        ("q-4", "first", "first"),
    ];
    let lines = votes.iter().map(|(id, one, other)| {
        format!(
            "{{\"id\":\"{id}\",\"first\":\"alpha\",\"second\":\"beta\",\"vote\":\"{one}\"}}\n\
             {{\"id\":\"{id}\",\"first\":\"beta\",\"second\":\"alpha\",\"vote\":\"{other}\"}}\n"
        )
    });
    folder.write("votes.jsonl", &lines.collect::<String>());
    folder.write("evenhand.toml", "[judges.told]\nrecorded = \"votes.jsonl\"\n");
    let labels = r#"{"id":"q-1","annotator":"ana","winner":"beta"}
{"id":"q-2","annotator":"ana","winner":"beta"}
{"id":"q-4","annotator":"ana","winner":"alpha"}
"#;
    folder.write("labels.jsonl", labels);
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "told"];
    folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(0);
    folder
}

pub(crate) fn json_file(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
