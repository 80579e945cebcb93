//! What to mind about an evaluation.

use super::Settings;
use super::report::Evaluation;
use super::tally::Tally;
use crate::error::Warning;
use crate::metrics::command::CommandMetric;
use crate::metrics::metric::{Metric, Needs};
use crate::stats::Estimate;

/// Items below which intervals are too short and no test can find much.
const FEW_ITEMS: u64 = 20;
/// Most numbers that one warning names.
const MOST_NAMES: usize = 8;

/// Returns everything to mind, the gravest first.
pub(super) fn warnings(
    found: &Evaluation,
    settings: &Settings,
    tally: &Tally,
    systems: &[(u32, &str)],
    oddities: Vec<String>,
    commands: Vec<CommandMetric>,
) -> Vec<Warning> {
    let mut all = Vec::new();
    references(settings, tally, &mut all);
    programs(settings, tally, commands, &mut all);
    for (number, name) in systems {
        let answered = tally.responses[*number as usize];
        if answered < tally.items {
            all.push(Warning::new(
                "unequal-items",
                format!(
                    "`{name}` has responses to {answered} of {} items, so its scores are over other items \
                     than those of the others; compare systems by their paired differences",
                    tally.items
                ),
            ));
        }
    }
    let scored = found.metrics.iter().flat_map(|report| &report.systems);
    let fewest = scored.map(|system| system.score.n).min().unwrap_or_default();
    if fewest < FEW_ITEMS {
        all.push(Warning::new(
            "few-items",
            format!(
                "{fewest} items are too few for a ranking: intervals are shorter than they should be, and \
                 no test can find much; score more"
            ),
        ));
    }
    if tally.unreadable > 0 {
        all.push(Warning::new(
            "not-latin",
            format!(
                "ROUGE reads a-z and 0-9 alone, and finds little or nothing in {} texts, which score near 0 \
                 whatever they say; use --tokenizer unicode",
                tally.unreadable
            ),
        ));
    }
    if tally.too_many_classes {
        all.push(Warning::new(
            "too-many-classes",
            "the references have too many different answers to be classes, so precision, recall and F1 of \
             classes are not computed; use exact-match or token-f1",
        ));
    }
    let classes = found.classes.first().map_or(0, |report| report.classes.len()) as u64;
    if classes > FEW_ITEMS && 2 * classes > tally.items {
        all.push(Warning::new(
            "hardly-classes",
            format!(
                "{classes} different references in {} items are hardly classes; use exact-match or token-f1",
                tally.items
            ),
        ));
    }
    if tally.fields_left_out {
        all.push(Warning::new(
            "too-many-fields",
            "the references have more than 500 different fields; the table by field shows the first ones",
        ));
    }
    undefined(found, &mut all);
    for (tag, values) in &tally.slices {
        if values.is_none() {
            all.push(Warning::new(
                "tag-too-fine",
                format!(
                    "tag `{tag}` has more than 50 values and makes no slices; use a coarser one"
                ),
            ));
        }
    }
    if tally.tags_left_out {
        all.push(Warning::new(
            "too-many-tags",
            "the items have more than 100 different tags; there are slices by the first ones",
        ));
    }
    all.extend(oddities.into_iter().map(|oddity| Warning::new("items", oddity)));
    all
}

fn references(settings: &Settings, tally: &Tally, all: &mut Vec<Warning>) {
    let named = |needs: Needs| {
        let metrics = settings.metrics.iter().filter(|metric| metric.needs() == needs);
        listed(&metrics.map(Metric::name).collect::<Vec<_>>())
    };
    let left_out = |count: u64, what: &str| match count {
        1 => format!("1 item has no {what} and is left out"),
        count => format!("{count} items have no {what} and are left out"),
    };
    if tally.without_text > 0 {
        all.push(Warning::new(
            "no-reference",
            format!(
                "{} of {}; the scores are over the other {}",
                left_out(tally.without_text, "reference"),
                named(Needs::Text),
                tally.items - tally.without_text
            ),
        ));
    }
    if tally.without_object > 0 {
        all.push(Warning::new(
            "no-object",
            format!(
                "{} of {}; the scores are over the other {}",
                left_out(tally.without_object, "JSON object as its reference"),
                named(Needs::Object),
                tally.items - tally.without_object
            ),
        ));
    }
}

fn programs(
    settings: &Settings,
    tally: &Tally,
    commands: Vec<CommandMetric>,
    all: &mut Vec<Warning>,
) {
    for (metric, count) in &tally.failed {
        let first = tally.failures.iter().find(|failure| failure.metric == *metric);
        let Some(first) = first else { continue };
        all.push(Warning::new(
            "no-score",
            format!(
                "{count} of {} responses have no score of {} and are left out of it; the first is that of \
                 `{}` to `{}`: {}",
                tally.responses.iter().sum::<u64>(),
                settings.metrics[*metric].name(),
                first.system,
                first.item,
                first.why
            ),
        ));
    }
    for oddity in commands.into_iter().flat_map(CommandMetric::finish) {
        all.push(Warning::new("command-status", oddity));
    }
}

/// Says of every number that has no value or no interval why that is so.
fn undefined(found: &Evaluation, all: &mut Vec<Warning>) {
    let mut estimates: Vec<(String, Estimate)> = Vec::new();
    for report in &found.metrics {
        for system in &report.systems {
            estimates.push((format!("{} of {}", report.metric, system.system), system.score));
        }
        for pair in &report.pairs {
            let [a, b] = &pair.between;
            estimates.push((format!("{} of {a} − {b}", report.metric), pair.difference));
        }
    }
    let named = |which: &dyn Fn(&Estimate) -> bool| -> Vec<String> {
        let found = estimates.iter().filter(|(_, estimate)| which(estimate));
        found.map(|(name, _)| name.clone()).collect()
    };
    let without_value = named(&|estimate| estimate.value.is_none());
    if !without_value.is_empty() {
        all.push(Warning::new(
            "undefined",
            format!("there is nothing to compute from for {}", listed(&without_value)),
        ));
    }
    let without_interval = named(&|estimate| estimate.value.is_some() && estimate.low.is_none());
    if !without_interval.is_empty() {
        all.push(Warning::new(
            "no-interval",
            format!(
                "all items have the same, so there is no interval, for {}; that is no proof of certainty",
                listed(&without_interval)
            ),
        ));
    }
}

/// Returns the first few names.
fn listed(names: &[String]) -> String {
    let first = names.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
