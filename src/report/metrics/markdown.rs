//! The Markdown report of an evaluation, for a pull request or a document.

use super::differences::METHOD;
use super::headline::{advice, basis, each_score, encoder_note, same_items, sentences};
use super::numbers::{Digits, items_of, number, title};
use super::preferences::{self, beyond_chance, left_out};
use super::selection::ShownMetrics;
use super::slices;
use super::{
    MAX_SLICED_METRICS, MetricLabels, MetricsDocument, grades, metric_names, response_scores,
};
use crate::calibration::PreferenceReport;
use crate::grading::MetricGradeReport;
use crate::metrics::{ClassReport, Evaluation, FieldReport, MetricReport, Scores};
use crate::report::number_format::percent;
use crate::report::text_report::printable;
use crate::report::wording::Wording;
use crate::report::{count, markdown};
use crate::stats::Estimate;

/// Returns the report of an evaluation as Markdown; slices are included if there are few metrics.
pub fn metrics_markdown(document: MetricsDocument<'_>) -> String {
    let MetricsDocument { evaluation, labels, per_item, wording, .. } = document;
    let shown = ShownMetrics::of(document);
    let mut text = String::new();
    for sentence in sentences(&shown.scores, advice(labels.is_some(), &wording), &printable) {
        text += &markdown(&sentence);
        text += "\n\n";
    }
    text += &markdown(&basis(evaluation.items, &shown.scores, "Bold"));
    text += "\n\n";
    scores(&mut text, &shown.scores);
    if let Some(note) = encoder_note(evaluation) {
        text += "\n";
        text += &sentence(&note);
    }
    differences(&mut text, &shown.differences);
    if let Some(left_out) = &shown.left_out {
        text += "\n";
        text += &sentence(left_out);
    }
    match labels {
        Some(MetricLabels::Comparisons(report)) => preference_table(&mut text, report),
        Some(MetricLabels::Grades(report)) => grade_table(&mut text, report),
        None => {}
    }
    slice_tables(&mut text, evaluation, &wording);
    classes(&mut text, &evaluation.classes);
    fields(&mut text, &evaluation.fields);
    if let Some(scores) = evaluation.scores.as_ref().filter(|_| per_item) {
        items(&mut text, &evaluation.metrics, scores);
    }
    text += "\n";
    for report in &shown.scores {
        text += &list_item(&format!("{}: {}", report.metric, report.signature));
    }
    for warning in document.warnings() {
        text +=
            &list_item(&format!("warning, {}: {}", warning.code, wording.apply(&warning).message));
    }
    text
}

fn scores(text: &mut String, metrics: &[MetricReport]) {
    let systems = metrics.first().map(|report| report.systems.as_slice()).unwrap_or_default();
    let systems = systems.iter().map(|system| system.system.as_str());
    *text += &head("metric", systems);
    let same = same_items(metrics).is_some();
    for report in metrics {
        let digits = Digits::of(report.scale, report.systems.iter().map(|system| &system.score));
        let cells = report.systems.iter().map(|system| {
            let score = with_interval(digits, &system.score);
            let cell = if same { score } else { format!("{score}, n = {}", count(system.score.n)) };
            let best = report.best.as_ref() == Some(&system.system);
            if best { format!("**{cell}**") } else { cell }
        });
        *text += &row([escaped(&title(report))].into_iter().chain(cells));
    }
    if let Some(each) = each_score(metrics) {
        *text += "\n";
        *text += &sentence(&each);
    }
}

fn differences(text: &mut String, metrics: &[MetricReport]) {
    if metrics.iter().all(|report| report.pairs.is_empty()) {
        return;
    }
    *text += "\n";
    *text += &sentence(METHOD);
    *text += "\n| metric | difference | value (95 % interval) | n | p, adjusted |\n";
    *text += "| --- | --- | ---: | ---: | ---: |\n";
    for report in metrics {
        let digits = Digits::of(report.scale, report.pairs.iter().map(|pair| &pair.difference));
        for pair in &report.pairs {
            let [a, b] = pair.between.each_ref().map(|system| markdown(system));
            *text += &row([
                escaped(&title(report)),
                format!("{a} − {b}"),
                with_interval(digits, &pair.difference),
                count(pair.difference.n),
                p_cell(pair.p_adjusted),
            ]);
        }
    }
}

fn preference_table(text: &mut String, report: &PreferenceReport) {
    *text += "\n";
    *text += &sentence(&preferences::legend(report));
    *text += "\n";
    *text += &sentence(&beyond_chance(report));
    *text += "\n| metric | agrees | κ | decides | right |\n";
    *text += "| --- | ---: | ---: | ---: | ---: |\n";
    for metric in &report.metrics {
        *text += &row([
            escaped(&metric.metric),
            share(&metric.agreement),
            with_interval(Digits::SHARE, &metric.cohen_kappa),
            share(&metric.coverage),
            share(&metric.decided_agreement),
        ]);
    }
    if let Some(left_out) = left_out(report) {
        *text += "\n";
        *text += &sentence(&left_out);
    }
}

fn grade_table(text: &mut String, report: &MetricGradeReport) {
    *text += "\n";
    *text += &sentence(&grades::legend(report));
    *text += "\n";
    *text += &sentence(&grades::beyond_chance(report));
    *text += "\n";
    let numbers = grades::Number::shown(report);
    *text += &head("metric", numbers.iter().map(|number| number.title()));
    for metric in &report.metrics {
        let cells = numbers.iter().map(|number| {
            let [value, interval] = number.cells(&metric.agreement);
            let n = count(number.of(&metric.agreement).n);
            let interval = if interval.is_empty() { interval } else { format!(" ({interval})") };
            format!("{value}{interval}, n = {n}")
        });
        *text += &row([escaped(&metric.metric)].into_iter().chain(cells));
    }
    if let Some(left_out) = grades::left_out(report) {
        *text += "\n";
        *text += &sentence(&left_out);
    }
}

fn slice_tables(text: &mut String, evaluation: &Evaluation, wording: &Wording) {
    if evaluation.tags.is_empty() {
        return;
    }
    if evaluation.metrics.len() > MAX_SLICED_METRICS {
        *text += "\n";
        *text += &list_item(&slices::absent(&evaluation.tags.join(", "), true, wording));
        return;
    }
    for report in &evaluation.metrics {
        let of_metric = || evaluation.slices.iter().filter(|slice| slice.metric == report.metric);
        let Some(first) = of_metric().next() else { continue };
        let scores = of_metric().flat_map(|slice| &slice.systems).map(|system| &system.score);
        let digits = Digits::of(report.scale, scores);
        let systems = first.systems.iter().map(|system| system.system.as_str());
        *text += "\n";
        *text += &head(&escaped(&title(report)), systems.chain(["n", "least p, adjusted"]));
        for slice in of_metric() {
            let scores = slice.systems.iter();
            let scores = scores.map(|system| digits.value(system.score.value));
            let n = items_of(&slice.systems, count);
            let least = p_cell(slice.min_p_value());
            let name = escaped(&format!("{}={}", slice.tag, slice.value));
            *text += &row([name].into_iter().chain(scores).chain([n, least]));
        }
    }
    if !evaluation.slices.is_empty() {
        *text += "\n";
        *text += &sentence(&slices::legend(evaluation, wording));
    }
}

fn fields(text: &mut String, fields: &[FieldReport]) {
    let Some(first) = fields.first() else { return };
    *text += "\n";
    let systems = first.systems.iter().map(|system| system.system.as_str());
    *text += &head("accuracy by field", systems.chain(["n"]));
    for field in fields {
        let cells = field.systems.iter().map(|system| share(&system.score));
        let n = items_of(&field.systems, count);
        *text += &row([escaped(&field.field)].into_iter().chain(cells).chain([n]));
    }
}

fn classes(text: &mut String, reports: &[ClassReport]) {
    if reports.is_empty() {
        return;
    }
    *text += "\n| system | class | precision | recall | F1 | n |\n";
    *text += "| --- | --- | ---: | ---: | ---: | ---: |\n";
    for report in reports {
        for class in &report.classes {
            let [precision, recall, f1] =
                [class.precision, class.recall, class.f1].map(|value| Digits::SHARE.number(value));
            let names = [escaped(&report.system), escaped(&class.class)];
            let numbers = [precision, recall, f1, class.n.to_string()];
            *text += &row(names.into_iter().chain(numbers));
        }
    }
    for report in reports {
        confusion(text, report);
    }
}

fn confusion(text: &mut String, report: &ClassReport) {
    *text += "\n";
    let corner = format!("{}: predicted ↓ actual →", escaped(&report.system));
    *text += &head(&corner, report.classes.iter().map(|class| class.class.as_str()));
    let names = report.classes.iter().map(|class| escaped(&class.class));
    let names = names.chain(["none of these".to_owned()]);
    for (name, counts) in names.zip(report.confusion.iter().chain([&report.elsewhere])) {
        *text += &row([name].into_iter().chain(counts.iter().map(ToString::to_string)));
    }
}

fn items(text: &mut String, metrics: &[MetricReport], scores: &Scores) {
    *text += "\n| item | system | metric | score |\n| --- | --- | --- | ---: |\n";
    let names = metric_names(scores);
    for one in response_scores(scores, &names) {
        let report = metrics.iter().find(|report| report.metric == one.metric);
        let score = match (one.value, report) {
            (Some(value), Some(report)) => number(report.scale, value),
            _ => escaped(one.error.unwrap_or_default()),
        };
        *text += &row([escaped(one.id), escaped(one.system), escaped(one.metric), score]);
    }
}

fn escaped(text: &str) -> String {
    markdown(text).into_owned()
}

/// Returns a remark of the text report as a sentence with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{}{end}\n", markdown(&(first + chars.as_str())))
}

fn list_item(text: &str) -> String {
    format!("- {}\n", markdown(text))
}

/// Returns the header of a table with a column for each system.
fn head<'a>(first: &str, systems: impl Iterator<Item = &'a str> + Clone) -> String {
    let names = [first.to_owned()].into_iter().chain(systems.clone().map(escaped));
    let rules = ["---".to_owned()].into_iter().chain(systems.map(|_| "---:".to_owned()));
    row(names) + &row(rules)
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

fn p_cell(p: Option<f64>) -> String {
    match p {
        None => "–".to_owned(),
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}

fn with_interval(digits: Digits, estimate: &Estimate) -> String {
    let value = digits.value(estimate.value);
    if estimate.low.is_some() { format!("{value} ({})", digits.interval(estimate)) } else { value }
}

/// Returns a share in percent with its interval.
fn share(estimate: &Estimate) -> String {
    let value = percent(estimate.value);
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{value} ({:.1} – {:.1})", low * 100.0, high * 100.0),
        _ => value,
    }
}
