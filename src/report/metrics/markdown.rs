//! The same as Markdown, for a comment on a pull request or a report.

use super::MetricsDocument;
use super::page::{number, sentences, titled};
use crate::metrics::Scale;
use crate::report::{counted, markdown};
use crate::stats::Estimate;

/// Returns the scores, differences and agreement with people as Markdown, for a comment or a report.
pub fn metrics_markdown(document: MetricsDocument<'_>) -> String {
    let MetricsDocument { found, people, .. } = document;
    let mut text = String::new();
    for sentence in sentences(found, people.is_some()) {
        text += &markdown(&sentence);
        text += "\n\n";
    }
    let systems = found.metrics.first().map(|report| report.systems.as_slice()).unwrap_or_default();
    let names = systems.iter().map(|system| markdown(&system.system).into_owned());
    text += &table_row(std::iter::once("metric".to_owned()).chain(names));
    text += &table_row(
        std::iter::once("---".to_owned()).chain(systems.iter().map(|_| "---:".to_owned())),
    );
    for report in &found.metrics {
        let cells = report.systems.iter().map(|system| {
            let cell = with_interval(report.scale, &system.score);
            let best = report.best.as_ref() == Some(&system.system);
            if best { format!("**{cell}**") } else { cell }
        });
        text += &table_row(std::iter::once(markdown(&titled(report)).into_owned()).chain(cells));
    }
    text += "\nScore (95 % interval over items). Bold: better than every other system, the interval of each \
             paired difference excludes zero.\n";
    if found.metrics.iter().any(|report| !report.pairs.is_empty()) {
        text += "\n| metric | difference | value (95 % interval) | n | p, adjusted |\n| --- | --- | ---: | ---: | ---: |\n";
        for report in &found.metrics {
            for pair in &report.pairs {
                let [a, b] = pair.between.each_ref().map(|system| markdown(system));
                text += &table_row([
                    markdown(&titled(report)).into_owned(),
                    format!("{a} − {b}"),
                    with_interval(report.scale, &pair.difference),
                    pair.difference.n.to_string(),
                    pair.p_adjusted.map_or("–".to_owned(), |p| format!("{p:.3}")),
                ]);
            }
        }
    }
    if let Some(people) = people {
        text += "\nAgainst ";
        text += &counted(people.labelled, "labelled comparison");
        text += ":\n\n| metric | agrees with people | κ | names a winner | right then |\n";
        text += "| --- | ---: | ---: | ---: | ---: |\n";
        for metric in &people.metrics {
            text += &table_row([
                markdown(&metric.metric).into_owned(),
                with_interval(Scale::Unit, &metric.agreement),
                with_interval(Scale::Unit, &metric.cohen_kappa),
                with_interval(Scale::Unit, &metric.coverage),
                with_interval(Scale::Unit, &metric.decided_agreement),
            ]);
        }
    }
    if let Some(first) = found.fields.first() {
        let names = first.systems.iter().map(|system| markdown(&system.system).into_owned());
        text += "\n";
        text += &table_row(std::iter::once("field".to_owned()).chain(names));
        text += &table_row(
            std::iter::once("---".to_owned())
                .chain(first.systems.iter().map(|_| "---:".to_owned())),
        );
        for field in &found.fields {
            let cells =
                field.systems.iter().map(|system| with_interval(Scale::Unit, &system.score));
            text += &table_row(std::iter::once(markdown(&field.field).into_owned()).chain(cells));
        }
    }
    if !found.classes.is_empty() {
        text += "\n| system | class | precision | recall | F1 | n |\n";
        text += "| --- | --- | ---: | ---: | ---: | ---: |\n";
    }
    for report in &found.classes {
        for class in &report.classes {
            text += &table_row([
                markdown(&report.system).into_owned(),
                markdown(&class.class).into_owned(),
                number(Scale::Unit, class.precision),
                number(Scale::Unit, class.recall),
                number(Scale::Unit, class.f1),
                class.n.to_string(),
            ]);
        }
    }
    text += "\n";
    for report in &found.metrics {
        let signature = format!("{}: {}", report.metric, report.signature);
        text += &list_item(&signature);
    }
    for warning in document.warnings() {
        text += &list_item(&format!("warning, {}: {}", warning.code, warning.message));
    }
    text
}

fn list_item(text: &str) -> String {
    format!("- {}\n", markdown(text))
}

fn table_row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

fn with_interval(scale: Scale, estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{} ({} – {})", number(scale, value), number(scale, low), number(scale, high))
        }
        (Some(value), ..) => number(scale, value),
        _ => "–".to_owned(),
    }
}
