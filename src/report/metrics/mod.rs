//! Systems by reference metrics: for people, for programs, for spreadsheets and for pull requests.

mod csv;
mod details;
mod differences;
mod headline;
mod items;
mod markdown;
mod numbers;
mod page;
mod people;
mod slices;
mod systems;

use std::borrow::Cow;
use std::collections::HashMap;

use serde::ser::{Serialize, SerializeSeq as _, SerializeStruct as _, Serializer};
use serde_json::{Value, json};

pub use csv::metrics_csv;
pub use markdown::metrics_markdown;
pub use page::metrics_page;

use numbers::listed;

use crate::calibration::{MetricPreference, PreferenceReport};
use crate::error::Warning;
use crate::metrics::{Evaluation, Failed, Metric, MetricReport, ResponseScores, Scores};

/// Columns of a metric's name.
const NAME: usize = 18;
/// Columns of a system's scores.
const COLUMN: usize = 15;
/// Most systems that stand side by side on a page.
const MOST_COLUMNS: usize = 4;
/// Most systems whose slices are listed on a page.
pub const MOST_SLICED_SYSTEMS: usize = MOST_COLUMNS;
/// Most metrics whose slices are listed on a page and in Markdown.
pub const MOST_SLICED_METRICS: usize = 3;

/// Everything that was found, as the documented JSON object.
#[derive(Debug, Clone, Copy)]
pub struct MetricsDocument<'a> {
    /// The scores.
    pub found: &'a Evaluation,
    /// What labels say of the metrics.
    pub people: Option<&'a PreferenceReport>,
    /// Whether every response is listed with its own scores, if they were kept.
    pub per_item: bool,
}

impl<'a> MetricsDocument<'a> {
    /// Returns everything to mind.
    pub fn warnings(&self) -> impl Iterator<Item = Cow<'a, Warning>> {
        let found = self.found.warnings.iter().map(Cow::Borrowed);
        let of_people = self.people.into_iter().flat_map(|people| &people.warnings);
        let own = self.without_responses().map(Cow::Owned);
        found.chain(own).chain(of_people.map(Cow::Borrowed))
    }

    /// Returns the warning that metrics of classes are missing where single responses are asked about.
    fn without_responses(&self) -> Option<Warning> {
        let scores = self.found.scores.as_ref()?;
        let what = match (self.per_item, self.people) {
            (true, Some(_)) => "to list or to hold against labels",
            (true, None) => "to list",
            (false, Some(_)) => "to hold against labels",
            (false, None) => return None,
        };
        let names: Vec<String> = scores
            .metrics
            .iter()
            .filter(|metric| metric.is_of_classes())
            .map(Metric::name)
            .collect();
        let are = match names.len() {
            0 => return None,
            1 => "is a number",
            _ => "are numbers",
        };
        let names = listed(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let message =
            format!("{names} {are} of all responses together; a single one has none {what}");
        Some(Warning::new("no-response-score", message))
    }
}

impl Serialize for MetricsDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { found, people, per_item } = self;
        let with_labels = |report| WithLabels { report, labels: preference(report, *people) };
        let metrics: Vec<WithLabels<'_>> = found.metrics.iter().map(with_labels).collect();
        let warnings: Vec<Cow<'_, Warning>> = self.warnings().collect();
        let labels = people.map(|of| {
            json!({
                "labelled": of.labelled,
                "annotators": of.annotators,
                "ties": of.ties,
                "no_majority": of.no_majority,
                "labels_unmatched": of.labels_unmatched,
                "labels_blank": of.labels_blank,
            })
        });
        let items = found.scores.as_ref().filter(|_| *per_item).map(PerItem);
        let mut document = serializer.serialize_struct("metrics", 7)?;
        document.serialize_field("metrics", &metrics)?;
        document.serialize_field("slices", &found.slices)?;
        document.serialize_field("classes", &found.classes)?;
        document.serialize_field("fields", &found.fields)?;
        document.serialize_field("labels", &labels)?;
        match items {
            Some(items) => document.serialize_field("items", &items)?,
            None => document.skip_field("items")?,
        }
        document.serialize_field("warnings", &warnings)?;
        document.end()
    }
}

/// One metric with what labels say of it.
#[derive(serde::Serialize)]
struct WithLabels<'a> {
    #[serde(flatten)]
    report: &'a MetricReport,
    labels: Option<&'a MetricPreference>,
}

fn preference<'a>(
    report: &MetricReport,
    people: Option<&'a PreferenceReport>,
) -> Option<&'a MetricPreference> {
    people?.metrics.iter().find(|of| of.metric == report.metric)
}

/// Responses with their own scores, written one by one.
struct PerItem<'a>(&'a Scores);

impl Serialize for PerItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        let names = names(self.0);
        for row in rows(self.0, &names) {
            let mut item = json!({
                "id": row.id,
                "system": row.system,
                "metric": row.metric,
                "value": row.value,
            });
            if let (Some(why), Value::Object(item)) = (row.error, &mut item) {
                item.insert("error".to_owned(), why.into());
            }
            items.serialize_element(&item)?;
        }
        items.end()
    }
}

/// One response's own score by one metric.
struct Row<'a> {
    /// The item, by number.
    item: usize,
    id: &'a str,
    system: &'a str,
    /// The metric, by number.
    by: usize,
    metric: &'a str,
    /// `None` where it has none.
    value: Option<f64>,
    /// Why a program gave it none.
    error: Option<&'a str>,
}

/// Returns the names of the metrics.
fn names(scores: &Scores) -> Vec<String> {
    scores.metrics.iter().map(Metric::name).collect()
}

/// Returns a row for every response and every metric, item by item, but for metrics of classes, by which a single
/// response has no score.
fn rows<'a>(scores: &'a Scores, names: &'a [String]) -> impl Iterator<Item = Row<'a>> {
    let why = |failed: &'a Failed| {
        ((failed.id.as_str(), failed.system.as_str(), failed.metric as usize), failed.why.as_str())
    };
    let failures: HashMap<_, _> = scores.failures.iter().map(why).collect();
    let of_response: Vec<usize> =
        (0..names.len()).filter(|by| !scores.metrics[*by].is_of_classes()).collect();
    let of = move |(response, by): (&'a ResponseScores, usize)| {
        let id = scores.items[response.item as usize].as_str();
        let system = scores.systems[response.system as usize].as_str();
        Row {
            item: response.item as usize,
            id,
            system,
            by,
            metric: &names[by],
            value: response.values[by],
            error: failures.get(&(id, system, by)).copied(),
        }
    };
    let each = scores
        .responses
        .iter()
        .flat_map(move |response| of_response.clone().into_iter().map(move |by| (response, by)));
    each.map(of)
}
