//! Everything that is known of one run, as the JSON document of the report.

mod annotators;
mod checklist;
pub(crate) mod closeness;
mod criteria;
pub(crate) mod document;
mod equality;
pub(crate) mod generated;
mod lengths;
mod margin_rule;
mod margins;
mod order_tables;
mod recorded;
mod redaction;
mod requests;
mod run_description;
mod selection;
mod tags;

use evenhand::calibration::Part;
use evenhand::input::{DataFile, LabelColumns};
use evenhand::overview::{Overview, OverviewOptions, overview};
use evenhand::report::{Wording, overview_json};
use evenhand::store::RunFile;
use serde_json::Value;

use crate::support::Folder;
use crate::support::labelled_run::JudgedRun;

/// What of `run.db` an overview is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct About {
    /// Whether `labels.jsonl` is used.
    pub(crate) labels: bool,
    pub(crate) judge: Option<&'static str>,
    pub(crate) part: Option<Part>,
}

const WITH_LABELS: About = About { labels: true, judge: None, part: None };
const WITHOUT_LABELS: About = About { labels: false, judge: None, part: None };

/// The overview of a run in a folder.
pub(crate) fn overview_of(folder: &Folder, about: About) -> Overview {
    let mut run = RunFile::open(&folder.path().join("run.db")).unwrap();
    overview_of_run(&mut run, folder, about)
}

/// The overview of a run that is open, and may read only some of its comparisons.
fn overview_of_run(run: &mut RunFile, folder: &Folder, about: About) -> Overview {
    let labels = DataFile::labels(folder.path().join("labels.jsonl"), LabelColumns::default());
    let options = OverviewOptions {
        judge: about.judge,
        labels: about.labels.then_some(&labels),
        part: about.part,
        margin_max_error: None,
        selection: &[],
    };
    overview(run, options).unwrap()
}

/// The document of an overview, which satisfies the published schema.
pub(crate) fn document_of(overview: &Overview) -> Value {
    let text = overview_json(overview, &[], Wording::default()).unwrap();
    assert!(!text.contains("NaN") && !text.contains('\n'), "{text}");
    let document = serde_json::from_str(&text).unwrap();
    document::assert_satisfies_schema(&document);
    document
}

/// The document of a run in a folder.
pub(crate) fn found(folder: &Folder, about: About) -> Value {
    document_of(&overview_of(folder, about))
}

impl JudgedRun {
    /// The document of the run, with its labels.
    fn overview(&self) -> Value {
        found(&self.folder, WITH_LABELS)
    }

    /// The document of the run, without labels.
    fn overview_without_labels(&self) -> Value {
        found(&self.folder, WITHOUT_LABELS)
    }
}

/// Fails unless an estimate has this value and n, and an interval that contains the value.
#[track_caller]
fn assert_estimate(estimate: &Value, value: f64, n: u64) {
    let number = |key: &str| estimate[key].as_f64().unwrap_or_else(|| panic!("{key}: {estimate}"));
    assert!((number("value") - value).abs() < 1e-12, "expected {value}: {estimate}");
    assert_eq!(estimate["n"], n, "{estimate}");
    assert!(number("low") <= value + 1e-12 && value - 1e-12 <= number("high"), "{estimate}");
}

/// Fails unless an estimate has neither value nor interval, from so many observations.
#[track_caller]
fn assert_undefined(estimate: &Value, n: u64) {
    let expected = serde_json::json!({ "value": null, "low": null, "high": null, "n": n });
    assert_eq!(*estimate, expected);
}
