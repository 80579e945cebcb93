//! What to mind about an evaluation.

use super::Settings;
use super::estimates::flips;
use super::flaws::{self, Flaw};
use super::references::References;
use super::report::{Evaluation, MetricSlice};
use super::scoring::takes_spaces;
use super::summary::{FEWEST_TO_TEST, SIGNIFICANT};
use super::tally::Tally;
use crate::error::{Warning, listed};
use crate::metrics::command::CommandMetric;
use crate::metrics::metric::{Metric, Needs};
use crate::stats::{Estimate, incomplete, incomplete_warnings};

/// Items below which intervals are too short and no test can find much.
const FEW_ITEMS: u64 = 20;

/// Returns everything to mind, the gravest first.
pub(super) fn warnings(
    found: &Evaluation,
    settings: &Settings,
    tally: &Tally,
    systems: &[(u32, &str)],
    oddities: Vec<Warning>,
    commands: Vec<CommandMetric>,
) -> Vec<Warning> {
    let mut all = Vec::new();
    references(settings, &tally.references, &mut all);
    programs(settings, tally, commands, &mut all);
    unequal(found, tally, systems, &mut all);
    let scored = found.metrics.iter().flat_map(|report| &report.systems);
    let fewest = scored.map(|system| system.score.n).filter(|n| *n > 0).min();
    if let Some(fewest) = fewest.filter(|fewest| *fewest < FEW_ITEMS) {
        all.push(Warning::new(
            "few-items",
            format!(
                "{} too few for a ranking: intervals are shorter than they should be, and \
                 no test can find much; score more",
                if fewest == 1 { "1 item is".to_owned() } else { format!("{fewest} items are") }
            ),
        ));
    }
    if tally.unreadable > 0 {
        all.push(Warning::new(
            "not-latin",
            format!(
                "ROUGE reads a-z and 0-9 alone, and finds little or nothing in {} near 0 whatever {}; use \
                 --tokenizer unicode",
                match tally.unreadable {
                    1 => "1 text, which scores".to_owned(),
                    more => format!("{more} texts, which score"),
                },
                if tally.unreadable == 1 { "it says" } else { "they say" }
            ),
        ));
    }
    if tally.unspaced > 0 {
        let spaced = settings.metrics.iter().filter(|one| takes_spaces(one, settings.bleu));
        let names: Vec<String> = spaced.map(Metric::name).collect();
        all.push(Warning::new(
            "no-word-spaces",
            format!(
                "{} no space between words, and words are what {} would compare; use chrf, or bleu with \
                 --bleu-tokenizer char",
                match tally.unspaced {
                    1 => "1 text is in a script that puts".to_owned(),
                    more => format!("{more} texts are in scripts that put"),
                },
                listed(&names)
            ),
        ));
    }
    if tally.too_many_classes {
        all.push(Warning::new(
            "too-many-classes",
            "the references have more than 200 different answers, or some that come late among thousands of \
             others, so precision, recall and F1 of classes are not computed; use exact-match or token-f1",
        ));
    }
    let classes = found.classes.first().map_or(0, |report| report.classes.len()) as u64;
    let with_reference = tally.references.items - tally.references.without_text;
    if classes > FEW_ITEMS && 2 * classes > with_reference {
        all.push(Warning::new(
            "hardly-classes",
            format!(
                "{classes} different references in {with_reference} items are hardly classes; use exact-match \
                 or token-f1"
            ),
        ));
    }
    let elsewhere: u64 = found.classes.iter().flat_map(|report| &report.elsewhere).sum();
    if elsewhere > 0 {
        let named = found.classes.iter().flat_map(|report| report.confusion.iter().flatten());
        all.push(Warning::new(
            "outside-classes",
            format!(
                "{elsewhere} of {} responses name none of the references' classes: each is a miss of the right \
                 class and counts against no other one (scikit-learn: labels= the references' classes)",
                elsewhere + named.sum::<u64>()
            ),
        ));
    }
    if tally.fields_left_out {
        all.push(Warning::new(
            "too-many-fields",
            "the references have more than 500 different fields; the table by field shows the first ones",
        ));
    }
    flaws::warnings(found, &mut all);
    undefined(found, &mut all);
    slices(found, tally, systems.len(), &mut all);
    all.extend(oddities);
    all
}

fn unequal(found: &Evaluation, tally: &Tally, systems: &[(u32, &str)], all: &mut Vec<Warning>) {
    let lacking = systems.iter().filter_map(|(number, name)| {
        let answered = tally.responses[*number as usize];
        (answered < tally.references.items).then(|| format!("`{name}` ({answered})"))
    });
    let lacking: Vec<String> = lacking.collect();
    if !lacking.is_empty() {
        all.push(Warning::new(
            "unequal-items",
            format!(
                "not every system has a response to each of the {} items: {}; their scores are over other \
                 items, so compare systems by their paired differences",
                tally.references.items,
                listed(&lacking)
            ),
        ));
        return;
    }
    let apart = found.metrics.iter().filter(|report| !report.same_items);
    let apart: Vec<&str> = apart.map(|report| report.metric.as_str()).collect();
    if !apart.is_empty() {
        all.push(Warning::new(
            "unequal-items",
            format!(
                "not every system has a score on the same items by {}; compare systems by their paired \
                 differences",
                listed(&apart)
            ),
        ));
    }
}

fn slices(found: &Evaluation, tally: &Tally, systems: usize, all: &mut Vec<Warning>) {
    let pairs = systems * systems.saturating_sub(1) / 2;
    let tested =
        |slice: &&MetricSlice| slice.pairs.iter().any(|pair| pair.difference.n >= FEWEST_TO_TEST);
    let tested = found.slices.iter().filter(tested);
    let mut values: Vec<(&str, &str)> =
        tested.map(|slice| (slice.tag.as_str(), slice.value.as_str())).collect();
    values.sort_unstable();
    values.dedup();
    for (tests, what) in [(pairs, "pairs of systems"), (pairs * values.len(), "pairs in slices")] {
        let least = tests as f64 / flips(tests) as f64;
        if least > SIGNIFICANT {
            all.push(Warning::new(
                "coarse-p-values",
                format!(
                    "there are {tests} {what}: no adjusted p-value of theirs can be below {least:.2}; compare \
                     fewer"
                ),
            ));
        }
    }
    let Some(slices) = &tally.slices else { return };
    for tag in slices.too_fine() {
        all.push(Warning::new(
            "tag-too-fine",
            format!("tag `{tag}` has more than 50 values and makes no slices; use a coarser one"),
        ));
    }
    if slices.left_out {
        all.push(Warning::new(
            "too-many-slices",
            "the tags have more than 200 values together; the slices are those that came first",
        ));
    }
}

fn references(settings: &Settings, found: &References, all: &mut Vec<Warning>) {
    let of_objects = found.without_any < found.without_text;
    for (needs, without, code, what) in [
        (
            Needs::Text,
            found.without_text,
            "no-reference",
            if of_objects { "reference that is a text" } else { "reference" },
        ),
        (Needs::Object, found.without_object, "no-object", "JSON object as its reference"),
    ] {
        let metrics = settings.metrics.iter().filter(|metric| metric.needs() == needs);
        let names: Vec<String> = metrics.map(Metric::name).collect();
        if without == 0 || names.is_empty() {
            continue;
        }
        let (items, are) = match without {
            1 => ("1 item has".to_owned(), "is"),
            more => (format!("{more} items have"), "are"),
        };
        all.push(Warning::new(
            code,
            format!(
                "{items} no {what} and {are} left out of {}; the scores are over the other {}",
                listed(&names),
                found.items - without
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
                "{count} of {} responses {} no score of {} and {} left out of it; the first is that of \
                 `{}` to `{}`: {}",
                tally.responses.iter().sum::<u64>(),
                if *count == 1 { "has" } else { "have" },
                settings.metrics[*metric].name(),
                if *count == 1 { "is" } else { "are" },
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

/// Says of every number that has no value or no interval why that is so, where it is usual.
fn undefined(found: &Evaluation, all: &mut Vec<Warning>) {
    let usual = flaws::numbers(found).into_iter();
    let usual = usual.filter(|number| !number.flaw.is_some_and(Flaw::is_told));
    let usual: Vec<(String, Estimate)> =
        usual.map(|number| (number.name, number.estimate)).collect();
    let without = incomplete(&usual).map(flaws::collected);
    all.extend(incomplete_warnings(&without, "score more items"));
}
