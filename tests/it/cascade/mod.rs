//! Two judges one after another, replayed from two runs.

mod choice;
mod joining;
mod live;
mod llmbar;
mod numbers;
mod systems;
mod verdicts;

use evenhand::calibration::Part;
use serde_json::Value;

use crate::diff::{TwoRuns, spec};
use crate::support::labelled_run::Row;
use crate::support::{CommandOutput, Folder};

/// What so many comparisons of a part have in common: replies of the cheap judge, of the strong one, and labels.
pub(crate) type Kind = (Part, usize, &'static str, &'static str, &'static str);

/// 1 USD for 1,000 comparisons with the cheap judge, 10 with the strong one.
pub(crate) const COSTS: [&str; 4] = ["--cheap-cost", "1", "--strong-cost", "10"];

/// Two finished runs of the same comparisons in one folder: `run.db` of the cheap judge, `strong.db`, `labels.jsonl`.
pub(crate) struct Scene {
    pub(crate) folder: Folder,
}

impl Scene {
    pub(crate) fn new(kinds: &[Kind]) -> Self {
        let [cheap, strong] = [0, 1].map(|side| rows(kinds, side));
        Self::of(cheap, strong)
    }

    /// The same for rows that differ in more than their replies; the labels are those of the cheap run.
    pub(crate) fn of(cheap: Vec<Row>, strong: Vec<Row>) -> Self {
        let TwoRuns { before, after } = TwoRuns::new(&spec(cheap), &spec(strong));
        let folder = before.folder;
        std::fs::copy(after.folder.path().join("run.db"), folder.path().join("strong.db")).unwrap();
        Self { folder }
    }

    pub(crate) fn cascade(&self, flags: &[&str]) -> CommandOutput {
        let labels: &[&str] =
            if flags.contains(&"--labels") { &[] } else { &["--labels", "labels.jsonl"] };
        self.folder.run(&[&["cascade", "run.db", "strong.db"], labels, flags].concat())
    }

    /// The same as numbers, with costs.
    pub(crate) fn found(&self, flags: &[&str]) -> Value {
        let said = self.cascade(&[&COSTS, flags, &["--format", "json"]].concat()).expect(0);
        assert!(!said.stdout.contains("NaN") && !said.stdout.contains("inf"), "{}", said.stdout);
        serde_json::from_str(&said.stdout).unwrap()
    }

    /// What `calibrate` measures of one of the runs on the dev part.
    pub(crate) fn calibrated(&self, run: &str) -> Value {
        let command =
            ["calibrate", run, "--labels", "labels.jsonl", "--part", "dev", "--format", "json"];
        serde_json::from_str(&self.folder.run(&command).expect(0).stdout).unwrap()
    }
}

/// The rows of the cheap run (0) or of the strong one (1).
pub(crate) fn rows(kinds: &[Kind], side: usize) -> Vec<Row> {
    let mut numbers = [Part::Dev, Part::Test].map(|part| {
        let ids = (0..).map(|number| format!("q{number:04}"));
        (part, ids.filter(move |id| Part::of(id) == part))
    });
    let mut rows = Vec::new();
    for (part, n, cheap, strong, labels) in kinds {
        let (_, ids) = numbers.iter_mut().find(|(of, _)| of == part).unwrap();
        for id in ids.take(*n) {
            rows.push(Row::new(&id, ["alpha", "beta"], [cheap, strong][side], labels));
        }
    }
    rows
}

/// The numbers of a rule among some.
#[track_caller]
pub(crate) fn rule<'a>(rules: &'a Value, name: &str, threshold: Option<f64>) -> &'a Value {
    let is_rule = |one: &&Value| one["rule"] == name && one["threshold"].as_f64() == threshold;
    let found = rules.as_array().unwrap().iter().find(is_rule);
    found.unwrap_or_else(|| panic!("no {name} {threshold:?} in {rules}"))
}

/// Ten comparisons of the dev part and ten of the test part, with three repeats of the cheap judge.
pub(crate) const SMALL: [Kind; 9] = [
    (Part::Dev, 4, "aaa/aaa", "a/a", "a"),
    // Kept with a margin of 2/3, and right in 5 of 6 replies.
    (Part::Dev, 2, "aab/aaa", "a/a", "a"),
    // Kept with a margin of 1/3, and wrong: 2 of 6 replies are right.
    (Part::Dev, 2, "aab/aab", "b/b", "b"),
    (Part::Dev, 1, "aaa/bbb", "b/b", "b"),
    (Part::Dev, 1, "bbb/aaa", "a/b", "a"),
    (Part::Test, 5, "aaa/aaa", "a/a", "a"),
    (Part::Test, 3, "aab/aab", "b/b", "b"),
    // The cheap judge is right and sure, the strong one is wrong.
    (Part::Test, 1, "aaa/aaa", "b/b", "a"),
    (Part::Test, 1, "aaa/bbb", "a/a", "b"),
];
