//! Reports of an evaluation by metrics: as text, JSON, CSV and Markdown.

mod classes;
mod csv;
mod differences;
mod fields;
mod grades;
mod headline;
mod items;
mod labels;
mod markdown;
mod numbers;
mod preferences;
mod selection;
mod signatures;
mod slices;
mod system_names;
mod text;

use std::borrow::Cow;
use std::collections::HashMap;

use serde::ser::{Serialize, SerializeSeq as _, SerializeStruct as _, Serializer};
use serde_json::{Value, json};

pub use csv::metrics_csv;
pub use labels::MetricLabels;
pub use markdown::metrics_markdown;
pub use text::metrics_text;

use labels::grade_agreement;
use numbers::join_names;

use crate::calibration::MetricPreference;
use crate::error::Warning;
use crate::grading::MetricGradeAgreement;
use crate::metrics::{Evaluation, Metric, MetricReport, MissingScore, ResponseScores, Scores};
use crate::report::wording::Wording;

/// The width of the column of metrics.
const NAME: usize = 18;
/// The width of the column of a system.
const COLUMN: usize = 15;
/// The most systems that are shown side by side.
const MAX_COLUMNS: usize = 4;
/// The most systems with which the text report shows slices.
pub const MAX_SLICED_SYSTEMS: usize = MAX_COLUMNS;
/// The most metrics with which the text report and Markdown show slices.
pub const MAX_SLICED_METRICS: usize = 3;

/// An evaluation with its agreement with labels; serialises as the documented JSON object.
#[derive(Debug, Clone, Copy)]
pub struct MetricsDocument<'a> {
    /// The evaluation.
    pub evaluation: &'a Evaluation,
    /// The agreement of the metrics with labels, if there are labels.
    pub labels: Option<MetricLabels<'a>>,
    /// Whether the scores of single responses are included, if they were kept.
    pub per_item: bool,
    /// Whether pages show every metric and its differences; otherwise they leave out metrics that are 0, or as great
    /// as possible, for every system, and show the differences of a few. JSON and CSV have all.
    pub full: bool,
    /// How warnings and reports refer to what the caller offers.
    pub wording: Wording,
}

impl<'a> MetricsDocument<'a> {
    /// Returns all warnings, in terms of the library.
    pub fn warnings(&self) -> impl Iterator<Item = Cow<'a, Warning>> {
        let evaluation = self.evaluation.warnings.iter().map(Cow::Borrowed);
        let labels = self.labels.into_iter().flat_map(MetricLabels::warnings);
        let own = self.class_average_warning().map(Cow::Owned);
        evaluation.chain(own).chain(labels.map(Cow::Borrowed))
    }

    /// Returns the warning that averages over classes have no scores of single responses, if these are needed.
    fn class_average_warning(&self) -> Option<Warning> {
        let scores = self.evaluation.scores.as_ref()?;
        let what = match (self.per_item, self.labels) {
            (true, Some(_)) => "to list or to compare with labels",
            (true, None) => "to list",
            (false, Some(_)) => "to compare with labels",
            (false, None) => return None,
        };
        let names: Vec<String> = scores
            .metrics
            .iter()
            .filter(|metric| metric.is_class_average())
            .map(Metric::name)
            .collect();
        let are = match names.len() {
            0 => return None,
            1 => "is an average over classes",
            _ => "are averages over classes",
        };
        let names = join_names(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let message = format!("{names} {are}, so that single responses have no score {what}");
        Some(Warning::new("no-response-score", message))
    }
}

impl Serialize for MetricsDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { evaluation, labels: compared, per_item, wording, .. } = self;
        let with_labels = |report| WithLabels {
            report,
            labels: preference(report, *compared),
            grades: grade_agreement(report, *compared),
        };
        let metrics: Vec<WithLabels<'_>> = evaluation.metrics.iter().map(with_labels).collect();
        let warnings: Vec<Warning> =
            self.warnings().map(|warning| wording.apply(&warning)).collect();
        let [labels, grades] = match compared {
            None => [None, None],
            Some(MetricLabels::Grades(of)) => [None, Some(json!(of))],
            Some(MetricLabels::Comparisons(of)) => [
                Some(json!({
                    "labelled": of.labelled,
                    "annotators": of.annotators,
                    "ties": of.ties,
                    "no_majority": of.no_majority,
                    "labels_unmatched": of.labels_unmatched,
                    "labels_blank": of.labels_blank,
                })),
                None,
            ],
        };
        let items = evaluation.scores.as_ref().filter(|_| *per_item).map(PerItem);
        let mut document = serializer.serialize_struct("metrics", 8)?;
        document.serialize_field("metrics", &metrics)?;
        document.serialize_field("slices", &evaluation.slices)?;
        document.serialize_field("classes", &evaluation.classes)?;
        document.serialize_field("fields", &evaluation.fields)?;
        document.serialize_field("labels", &labels)?;
        document.serialize_field("grades", &grades)?;
        match items {
            Some(items) => document.serialize_field("items", &items)?,
            None => document.skip_field("items")?,
        }
        document.serialize_field("warnings", &warnings)?;
        document.end()
    }
}

/// The report of one metric with its agreement with labels.
#[derive(serde::Serialize)]
struct WithLabels<'a> {
    #[serde(flatten)]
    report: &'a MetricReport,
    labels: Option<&'a MetricPreference>,
    grades: Option<&'a MetricGradeAgreement>,
}

/// Returns the agreement of a metric with labels of comparisons, if it was compared with them.
fn preference<'a>(
    report: &MetricReport,
    labels: Option<MetricLabels<'a>>,
) -> Option<&'a MetricPreference> {
    let Some(MetricLabels::Comparisons(preferences)) = labels else { return None };
    preferences.metrics.iter().find(|of| of.metric == report.metric)
}

/// Serialises the scores of single responses one by one.
struct PerItem<'a>(&'a Scores);

impl Serialize for PerItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        let names = metric_names(self.0);
        for row in response_scores(self.0, &names) {
            let mut item = json!({
                "id": row.id,
                "system": row.system,
                "metric": row.metric,
                "value": row.value,
            });
            if let (Some(reason), Value::Object(item)) = (row.error, &mut item) {
                item.insert("error".to_owned(), reason.into());
            }
            items.serialize_element(&item)?;
        }
        items.end()
    }
}

/// The score of one response by one metric.
struct ResponseScore<'a> {
    /// Index into [`Scores::items`].
    item_index: usize,
    id: &'a str,
    system: &'a str,
    /// Index into [`Scores::metrics`].
    metric_index: usize,
    metric: &'a str,
    /// `None` if it has no score.
    value: Option<f64>,
    /// Why a program gave no score.
    error: Option<&'a str>,
}

/// Returns the names of the metrics.
fn metric_names(scores: &Scores) -> Vec<String> {
    scores.metrics.iter().map(Metric::name).collect()
}

/// Returns the score of every response by every metric, ordered by item, system and metric. Averages over
/// classes are left out, because single responses have no such score.
fn response_scores<'a>(
    scores: &'a Scores,
    metric_names: &'a [String],
) -> impl Iterator<Item = ResponseScore<'a>> {
    let reason = |missing: &'a MissingScore| {
        let key = (missing.id.as_str(), missing.system.as_str(), missing.metric as usize);
        (key, missing.reason.as_str())
    };
    let reasons: HashMap<_, _> = scores.missing.iter().map(reason).collect();
    let metrics: Vec<usize> =
        (0..metric_names.len()).filter(|at| !scores.metrics[*at].is_class_average()).collect();
    let score = move |(response, metric_index): (&'a ResponseScores, usize)| {
        let id = scores.items[response.item as usize].as_str();
        let system = scores.systems[response.system as usize].as_str();
        ResponseScore {
            item_index: response.item as usize,
            id,
            system,
            metric_index,
            metric: &metric_names[metric_index],
            value: response.values[metric_index],
            error: reasons.get(&(id, system, metric_index)).copied(),
        }
    };
    let responses = scores.responses.iter();
    let each = responses.flat_map(move |response| {
        metrics.clone().into_iter().map(move |metric| (response, metric))
    });
    each.map(score)
}
