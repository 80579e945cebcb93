//! The numbers of a check as rows of text, for tables in a terminal and on a page.

use super::words::Words;
use crate::diff::PairedEstimates;
use crate::monitor::{
    Check, FeatureDrift, FeatureOf, Measure, MetricDrift, MetricTagDrift, RateDrift, Stream,
    StreamKind, StreamName, TagDrift,
};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::count;
use crate::report::text_report::p_value;
use crate::stats::Estimate;
use crate::trial::other_system;

/// A number in the baseline and now.
pub(in crate::report) struct PairedRow {
    /// What it is.
    pub(in crate::report) label: String,
    /// Before, now, the difference, its interval, n.
    pub(in crate::report) cells: [String; 5],
}

impl PairedRow {
    fn new(label: impl Into<String>, format: NumberFormat, paired: &PairedEstimates) -> Self {
        let PairedEstimates { before, after, difference: change } = paired;
        let [value, interval] = match format {
            NumberFormat::Percent => difference(change),
            plain => [plain.value(change.value), plain.interval(change)],
        };
        let cells = [
            format.value(before.value),
            format.value(after.value),
            value,
            interval,
            count(change.n),
        ];
        Self { label: label.into(), cells }
    }
}

/// Returns the numbers of judge, systems on other responses, systems on new items, and metrics.
pub(in crate::report) fn check_rows(check: &Check) -> [Vec<PairedRow>; 4] {
    let words = Words::of(check.rate);
    let row = |drift: &RateDrift| rate_row(drift, words);
    let mut judge = Vec::new();
    if let Some(found) = check.judge.as_ref().filter(|judge| judge.units > 0) {
        let share = NumberFormat::Percent;
        judge.extend(
            found.agreement.as_ref().map(|one| PairedRow::new("agreement with people", share, one)),
        );
        judge.extend(found.kappa.as_ref().map(|one| PairedRow::new("κ", NumberFormat::Plain, one)));
        judge.push(PairedRow::new(words.decided, share, &found.coverage));
        judge.extend(
            found.not_assessed.as_ref().map(|one| PairedRow::new("cannot assess", share, one)),
        );
        judge.extend(found.rates.iter().map(row));
    }
    let Some(system) = &check.system else { return [judge, Vec::new(), Vec::new(), Vec::new()] };
    [
        judge,
        system.changed_responses.iter().map(row).collect(),
        system.new_items.iter().map(row).collect(),
        system.metrics.metrics.iter().map(metric_row).collect(),
    ]
}

/// Returns the rates by tag.
pub(in crate::report) fn tag_rows(check: &Check) -> Vec<PairedRow> {
    let tags = || check.system.iter().flat_map(|system| &system.by_tag);
    let first = tags().next().map(|one| &one.drift.systems);
    let is_one_rate = tags().all(|one| Some(&one.drift.systems) == first);
    let row = |one: &TagDrift| {
        let tag = format!("{} = {}", one.tag, one.value);
        let label = if is_one_rate { tag } else { format!("{tag}: {}", rated(&one.drift)) };
        PairedRow::new(label, NumberFormat::Percent, &one.drift.rate)
    };
    tags().map(row).collect()
}

/// Returns the scores of metrics by tag: for each metric of each system a heading and its rows.
pub(in crate::report) fn metric_tag_rows(check: &Check) -> Vec<(String, Vec<PairedRow>)> {
    let all: Vec<&MetricTagDrift> =
        check.system.iter().flat_map(|system| &system.metrics.metrics_by_tag).collect();
    let row = |one: &&MetricTagDrift| {
        let label = format!("{} = {}", one.tag, one.value);
        PairedRow::new(label, NumberFormat::Plain, &one.drift.score)
    };
    let is_one = |one: &&MetricTagDrift, other: &&MetricTagDrift| {
        (&one.drift.metric, &one.drift.system) == (&other.drift.metric, &other.drift.system)
    };
    all.chunk_by(is_one)
        .map(|group| {
            (format!("{}, by tag", metric(&group[0].drift)), group.iter().map(row).collect())
        })
        .collect()
}

/// Returns whose rate it is.
fn rated(drift: &RateDrift) -> String {
    match drift.opponent() {
        Some(opponent) => format!("{} against {opponent}", drift.system),
        None => drift.system.clone(),
    }
}

fn rate_row(drift: &RateDrift, words: Words) -> PairedRow {
    let rated = rated(drift);
    let label =
        if drift.opponent().is_some() { rated } else { format!("{} {rated}", words.rate_of) };
    PairedRow::new(label, NumberFormat::Percent, &drift.rate)
}

fn metric_row(drift: &MetricDrift) -> PairedRow {
    let how = if drift.is_paired { "" } else { ", all items" };
    PairedRow::new(format!("{}{how}", metric(drift)), NumberFormat::Plain, &drift.score)
}

fn metric(drift: &MetricDrift) -> String {
    format!("{}: {}", drift.system, drift.metric)
}

/// Returns what a stream counts and on what, in words.
pub(in crate::report) fn stream_words(name: &StreamName, words: Words) -> String {
    format!("{}: {}", kind_words(name.kind), measure_words(name, words))
}

/// Returns on what a stream counts, in words.
pub(in crate::report) fn kind_words(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Judge => "anchors",
        StreamKind::System => "other responses",
        StreamKind::NewItems => "new items",
    }
}

/// Returns what a stream counts, in words.
pub(in crate::report) fn measure_words(name: &StreamName, words: Words) -> String {
    let system = name.system.as_deref().unwrap_or_default();
    let pair = || {
        let system = system.to_owned();
        let other = name.between.as_ref().map(|between| other_system(between, &system).to_owned());
        [system, other.unwrap_or_default()]
    };
    let metric = || format!("{} of {system}", name.metric.as_deref().unwrap_or_default());
    match name.measure {
        Measure::Disagreement => "disagree with people".to_owned(),
        Measure::Undecided => words.not_decided.to_owned(),
        Measure::NotAssessed => format!("cannot assess {system}").trim_end().to_owned(),
        Measure::ChangedVerdicts => words.other_verdicts.to_owned(),
        Measure::WinRateDown => {
            let [system, other] = pair();
            format!("losses of {system} to {other}")
        }
        Measure::WinRateUp => {
            let [system, other] = pair();
            format!("wins of {system} over {other}")
        }
        Measure::PassRateDown => format!("fails of {system}"),
        Measure::PassRateUp => format!("passes of {system}"),
        Measure::MeanStepDown => format!("steps of {system} below the best"),
        Measure::MeanStepUp => format!("steps of {system} above the worst"),
        Measure::MetricDown => format!("lower {}", metric()),
        Measure::MetricUp => format!("higher {}", metric()),
    }
}

/// Returns the cells of a stream: before, now, limit, evidence, the smallest visible change.
pub(in crate::report) fn stream_cells(stream: &Stream) -> [String; 5] {
    let share = |value: Option<f64>| NumberFormat::Percent.value(value);
    let evidence = match stream.after {
        Some(_) if stream.alarm => "alarm".to_owned(),
        Some(_) => rounded(stream.evidence),
        None => "–".to_owned(),
    };
    [
        share(Some(stream.before)),
        share(stream.after),
        share(Some(stream.limit)),
        evidence,
        stream
            .smallest_change
            .map_or("–".to_owned(), |change| NumberFormat::Points.value(Some(change))),
    ]
}

fn rounded(evidence: f64) -> String {
    if evidence < 10.0 { format!("{evidence:.1}") } else { count(evidence as u64) }
}

/// Returns the cells of a feature of the traffic: the adjusted p-value, the size, and the index without a test.
pub(in crate::report) fn feature_cells(feature: &FeatureDrift) -> [String; 3] {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    [
        match feature.p_adjusted {
            Some(p) => p_value(p),
            None if feature.of == FeatureOf::Responses => "not tested".to_owned(),
            None if feature.is_constant() => "all alike".to_owned(),
            None => "too few".to_owned(),
        },
        number(feature.cramers_v),
        number(feature.psi),
    ]
}

/// Returns a difference of shares with its interval.
fn difference(estimate: &Estimate) -> [String; 2] {
    let format = NumberFormat::Points;
    [format.value(estimate.value), format.interval(estimate)]
}
