//! Two runs over the same comparisons.

mod agreement;
mod criteria;
mod joining;
mod manifest;
mod noise;
mod outcomes;

use serde_json::Value;

use crate::support::labelled_run::{JudgedRun, Row, RunSpec};
use crate::support::{CommandOutput, Folder};

/// Two judged runs of the same items; the labels are those of the first one.
pub(crate) struct TwoRuns {
    pub(crate) before: JudgedRun,
    pub(crate) after: JudgedRun,
}

impl TwoRuns {
    pub(crate) fn new(before: &RunSpec, after: &RunSpec) -> Self {
        Self { before: before.judged(), after: after.judged() }
    }

    /// Compares them in the folder of the first run.
    pub(crate) fn diff(&self, flags: &[&str]) -> CommandOutput {
        let after = self.after.folder.path().join("run.db");
        let runs = ["diff", "run.db", after.to_str().unwrap()];
        self.before.folder.run(&[&runs, flags].concat())
    }

    /// The same as numbers and cases.
    pub(crate) fn found(&self, flags: &[&str]) -> Value {
        let said = self.diff(&[flags, &["--format", "json"]].concat()).expect(0);
        assert!(!said.stdout.contains("NaN") && !said.stdout.contains("inf"), "{}", said.stdout);
        serde_json::from_str(&said.stdout).unwrap()
    }

    /// The same with the labels.
    pub(crate) fn labelled(&self) -> Value {
        self.found(&["--labels", "labels.jsonl"])
    }
}

/// Comparisons of alpha and beta, so many of each kind: the replies before and after, and the labels.
pub(crate) fn both(kinds: &[(usize, &'static str, &'static str, &'static str)]) -> TwoRuns {
    let rows = |after: bool| -> Vec<Row> {
        let all = kinds.iter().flat_map(|kind| std::iter::repeat_n(kind, kind.0));
        all.enumerate()
            .map(|(at, (_, one, other, labels))| {
                let replies = if after { other } else { one };
                Row::new(&format!("q{at:03}"), ["alpha", "beta"], replies, labels)
            })
            .collect()
    };
    TwoRuns::new(&spec(rows(false)), &spec(rows(true)))
}

/// A run whose missing replies are no reason to fail.
pub(crate) fn spec(rows: Vec<Row>) -> RunSpec {
    let mut spec = RunSpec::new(rows);
    let is_missing = |row: &Row| row.replies.contains('-');
    let is_unreadable = |row: &Row| row.replies.chars().all(|char| "?/".contains(char));
    spec.code = if spec.rows.iter().any(is_missing) {
        5
    } else if spec.rows.iter().all(is_unreadable) {
        4
    } else {
        0
    };
    spec
}

/// The messages of the warnings by their codes.
pub(crate) fn codes(found: &Value) -> Vec<&str> {
    let warnings = found["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

/// Judges items with recorded replies and compares the two runs; both have the same settings file.
pub(crate) fn diff_in(folder: &Folder, flags: &[&str]) -> Value {
    let command = [&["diff", "a.db", "b.db", "--format", "json"], flags].concat();
    serde_json::from_str(&folder.run(&command).expect(0).stdout).unwrap()
}
