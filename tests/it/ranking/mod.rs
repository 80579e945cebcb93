//! Several systems in order: the whole command on small runs.

mod adjusted;
mod contract;
mod joining;
mod leaderboard;
mod output;
mod sparse;
mod undefined;

use serde_json::Value;

use crate::support::labelled_run::{JudgedRun, Row, RunSpec};
use crate::support::{CommandOutput, Folder};

/// Comparisons of two systems, so many of each kind, with ids that begin with `prefix`.
pub(crate) fn contests(
    prefix: &str,
    between: [&'static str; 2],
    kinds: &[(usize, &'static str)],
) -> Vec<Row> {
    let all = kinds.iter().flat_map(|(number, replies)| std::iter::repeat_n(*replies, *number));
    all.enumerate()
        .map(|(at, replies)| Row::new(&format!("{prefix}{at:03}"), between, replies, ""))
        .collect()
}

/// Judges the rows, some of whose replies may be missing or unreadable.
pub(crate) fn judged(rows: Vec<Row>) -> JudgedRun {
    let mut spec = RunSpec::new(rows);
    spec.code = if spec.rows.iter().any(|row| row.replies.contains('-')) { 5 } else { 0 };
    spec.judged()
}

/// Ranks the runs of a folder.
pub(crate) fn rank(folder: &Folder, arguments: &[&str]) -> CommandOutput {
    folder.run(&[&["rank"], arguments].concat())
}

/// The ranking of a run as numbers.
pub(crate) fn ranked(run: &JudgedRun, flags: &[&str]) -> Value {
    ranked_with_code(run, flags, 0)
}

/// The ranking of a run as numbers, where the command ends with another code.
pub(crate) fn ranked_with_code(run: &JudgedRun, flags: &[&str], code: i32) -> Value {
    let arguments = [&["run.db", "--format", "json"], flags].concat();
    document(&rank(&run.folder, &arguments).expect(code))
}

/// A document in which every number is a number.
pub(crate) fn document(said: &CommandOutput) -> Value {
    for number in ["NaN", ":inf", ":-inf"] {
        assert!(!said.stdout.contains(number), "{}", said.stdout);
    }
    serde_json::from_str(&said.stdout).unwrap()
}

/// The object of a system.
#[track_caller]
pub(crate) fn system<'a>(found: &'a Value, name: &str) -> &'a Value {
    let systems = found["systems"].as_array().unwrap();
    systems.iter().find(|system| system["system"] == name).unwrap()
}

/// The object of a pair among `pairs` or `differences`.
#[track_caller]
pub(crate) fn pair<'a>(found: &'a Value, list: &str, between: [&str; 2]) -> &'a Value {
    let pairs = found[list].as_array().unwrap();
    pairs.iter().find(|pair| pair["between"] == serde_json::json!(between)).unwrap()
}

/// The names of the systems in their order.
pub(crate) fn order(found: &Value) -> Vec<&str> {
    let systems = found["systems"].as_array().unwrap();
    systems.iter().map(|system| system["system"].as_str().unwrap()).collect()
}
