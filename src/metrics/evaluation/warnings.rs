//! The warnings of an evaluation.

use super::issue_warnings;
use super::references::ReferenceCounts;
use super::results::{Evaluation, MetricSlice};
use super::scoring::splits_at_spaces;
use super::settings::EvaluationSettings;
use super::significance::{MIN_ITEMS_TO_TEST, SIGNIFICANCE_LEVEL, permutations};
use super::totals::Totals;
use crate::error::{Warning, counted, listed};
use crate::metrics::command::CommandMetric;
use crate::metrics::metric::{Metric, Needs};

/// Below this number of items, intervals are too narrow and tests have little power.
const FEW_ITEMS: u64 = 20;

/// Returns the warnings, the most serious first.
pub(super) fn warnings(
    evaluation: &Evaluation,
    settings: &EvaluationSettings,
    totals: &Totals,
    systems: &[(u32, &str)],
    input_warnings: Vec<Warning>,
    commands: Vec<CommandMetric>,
) -> Vec<Warning> {
    let mut all = Vec::new();
    references(settings, &totals.references, &mut all);
    programs(settings, totals, commands, &mut all);
    unequal_items(evaluation, totals, systems, &mut all);
    let scored = evaluation.metrics.iter().flat_map(|report| &report.systems);
    let fewest = scored.map(|system| system.score.n).filter(|n| *n > 0).min();
    if let Some(fewest) = fewest.filter(|fewest| *fewest < FEW_ITEMS) {
        all.push(Warning::new(
            "few-items",
            format!(
                "{} too few for a ranking: intervals are too narrow, and tests have little power; score more \
                 items",
                counted(fewest, "item is", "items are")
            ),
        ));
    }
    if totals.non_ascii > 0 {
        let texts = counted(totals.non_ascii, "text has", "texts have");
        all.push(Warning::new(
            "not-latin",
            format!(
                "{texts} few or no letters a-z and digits, the only characters that ROUGE reads, so that scores are \
                 near 0; use the Unicode tokenizer"
            ),
        ));
    }
    if totals.unspaced > 0 {
        let spaced = settings.metrics.iter().filter(|one| splits_at_spaces(one, settings.bleu));
        let names: Vec<String> = spaced.map(Metric::name).collect();
        all.push(Warning::new(
            "no-word-spaces",
            format!(
                "{} without spaces between words, but {} split words at spaces; use chrf, or bleu with \
                 the tokenizer char",
                counted(totals.unspaced, "text is in a script", "texts are in scripts"),
                listed(&names)
            ),
        ));
    }
    if totals.too_many_classes {
        all.push(Warning::new(
            "too-many-classes",
            "there are more than 200 different references, or thousands of different responses, so precision, \
             recall and F1 of classes are not computed; use exact-match or token-f1",
        ));
    }
    let classes = evaluation.classes.first().map_or(0, |report| report.classes.len()) as u64;
    let with_reference = totals.references.items - totals.references.without_text;
    if classes > FEW_ITEMS && 2 * classes > with_reference {
        all.push(Warning::new(
            "hardly-classes",
            format!(
                "{classes} different references in {with_reference} items are probably not classes; use \
                 exact-match or token-f1"
            ),
        ));
    }
    let elsewhere: u64 = evaluation.classes.iter().flat_map(|report| &report.elsewhere).sum();
    if elsewhere > 0 {
        let named = evaluation.classes.iter().flat_map(|report| report.confusion.iter().flatten());
        all.push(Warning::new(
            "outside-classes",
            format!(
                "{elsewhere} of {} responses name none of the references' classes; each counts as a miss of the \
                 right class and not for any other class (scikit-learn: labels = the references' classes)",
                elsewhere + named.sum::<u64>()
            ),
        ));
    }
    if totals.fields_dropped {
        all.push(Warning::new(
            "too-many-fields",
            "the references have more than 500 different fields; only the first 500 are reported one by one",
        ));
    }
    issue_warnings::add_warnings(evaluation, &mut all);
    slices(evaluation, totals, systems.len(), &mut all);
    all.extend(input_warnings);
    all.extend(settings.bert_score.iter().flat_map(|settings| settings.encoder.warnings()));
    all
}

/// Warns if the scores of systems are over different items.
fn unequal_items(
    evaluation: &Evaluation,
    totals: &Totals,
    systems: &[(u32, &str)],
    all: &mut Vec<Warning>,
) {
    let incomplete = systems.iter().filter_map(|(number, name)| {
        let answered = totals.responses[*number as usize];
        (answered < totals.references.items).then(|| format!("`{name}` ({answered})"))
    });
    let incomplete: Vec<String> = incomplete.collect();
    if !incomplete.is_empty() {
        all.push(Warning::new(
            "unequal-items",
            format!(
                "some systems do not have a response to each of the {} items: {}; scores are over different \
                 items, so compare systems by their paired differences",
                totals.references.items,
                listed(&incomplete)
            ),
        ));
        return;
    }
    let different = evaluation.metrics.iter().filter(|report| !report.same_items);
    let different: Vec<&str> = different.map(|report| report.metric.as_str()).collect();
    if !different.is_empty() {
        all.push(Warning::new(
            "unequal-items",
            format!(
                "the scores by {} are over different items for different systems, so compare systems by their \
                 paired differences",
                listed(&different)
            ),
        ));
    }
}

/// Warns about p-values that cannot be small and about slices that were left out.
fn slices(evaluation: &Evaluation, totals: &Totals, systems: usize, all: &mut Vec<Warning>) {
    let pairs = systems * systems.saturating_sub(1) / 2;
    let tested = |slice: &&MetricSlice| {
        slice.pairs.iter().any(|pair| pair.difference.n >= MIN_ITEMS_TO_TEST)
    };
    let tested = evaluation.slices.iter().filter(tested);
    let mut values: Vec<(&str, &str)> =
        tested.map(|slice| (slice.tag.as_str(), slice.value.as_str())).collect();
    values.sort_unstable();
    values.dedup();
    for (tests, what) in [(pairs, "pairs of systems"), (pairs * values.len(), "pairs in slices")] {
        let smallest = tests as f64 / permutations(tests) as f64;
        if smallest > SIGNIFICANCE_LEVEL {
            all.push(Warning::new(
                "coarse-p-values",
                format!(
                    "there are {tests} {what}, so that no adjusted p-value can be below {smallest:.2}; compare fewer \
                     systems"
                ),
            ));
        }
    }
    let Some(slices) = &totals.slices else { return };
    for tag in slices.too_many_values() {
        all.push(Warning::new(
            "tag-too-fine",
            format!("tag `{tag}` has more than 50 values, so there are no slices by it; use a coarser tag"),
        ));
    }
    if slices.left_out {
        all.push(Warning::new(
            "too-many-slices",
            "the tags have more than 200 values together; only the first 200 slices are reported",
        ));
    }
}

/// Warns about items without the reference that a metric needs.
fn references(settings: &EvaluationSettings, counts: &ReferenceCounts, all: &mut Vec<Warning>) {
    let any_objects = counts.without_any < counts.without_text;
    for (needs, without, code, what) in [
        (
            Needs::Text,
            counts.without_text,
            "no-reference",
            if any_objects { "reference that is a text" } else { "reference" },
        ),
        (Needs::Object, counts.without_object, "no-object", "JSON object as its reference"),
    ] {
        let metrics = settings.metrics.iter().filter(|metric| metric.needs() == needs);
        let names: Vec<String> = metrics.map(Metric::name).collect();
        if without == 0 || names.is_empty() {
            continue;
        }
        let items = counted(without, "item has", "items have");
        let are = if without == 1 { "is" } else { "are" };
        all.push(Warning::new(
            code,
            format!(
                "{items} no {what} and {are} left out of {}; the scores are over the other {}",
                listed(&names),
                counts.items - without
            ),
        ));
    }
}

/// Warns about scores that programs did not give, and about failed processes.
fn programs(
    settings: &EvaluationSettings,
    totals: &Totals,
    commands: Vec<CommandMetric>,
    all: &mut Vec<Warning>,
) {
    for (metric, count) in &totals.missing_counts {
        let first = totals.missing.iter().find(|missing| missing.metric as usize == *metric);
        let Some(first) = first else { continue };
        all.push(Warning::new(
            "no-score",
            format!(
                "{count} of {} responses {} no score of {} and {} left out of it (first: item `{}`, system `{}`: \
                 {})",
                totals.responses.iter().sum::<u64>(),
                if *count == 1 { "has" } else { "have" },
                settings.metrics[*metric].name(),
                if *count == 1 { "is" } else { "are" },
                first.id,
                first.system,
                first.reason
            ),
        ));
    }
    for message in commands.into_iter().flat_map(CommandMetric::finish) {
        all.push(Warning::new("command-status", message));
    }
}
