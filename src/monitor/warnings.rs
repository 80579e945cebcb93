//! What changes how the numbers of a check may be used.

use super::entry::Entry;
use super::judge_drift::floating;
use super::metric_drift::MetricsDrift;
use super::rated::RateKind;
use super::results::{Check, CheckResult};
use super::scales::ScaleChange;
use super::stream::Measure;
use crate::error::{Warning, listed};

/// With fewer anchors than this, only large changes can be seen.
const FEW_ANCHORS: u64 = 50;

/// Returns the words for one and several of what a history judges.
fn units(check: &Check) -> [&'static str; 2] {
    match check.rate {
        RateKind::WinRate => ["comparison", "comparisons"],
        RateKind::PassRate | RateKind::MeanStep => ["response", "responses"],
    }
}

/// Returns the warnings about a check whose other fields are set; `newest` is the entry that was checked.
pub(super) fn warnings(check: &Check, newest: Option<&Entry>) -> Vec<Warning> {
    let mut found = Vec::new();
    found.extend(newest.and_then(floating_model));
    let Some(judge) = &check.judge else {
        found.push(Warning::new(
            "nothing-to-compare",
            "there is no entry after the baseline, so nothing is compared yet",
        ));
        return found;
    };
    for change in &judge.served {
        found.push(Warning::new(
            "served-model-changed",
            format!(
                "the server of {} names another {}: {} before, {} now; the model may be another one even where the \
                 numbers hold",
                change.judge,
                change.field,
                listed(&change.before),
                listed(&change.after)
            ),
        ));
    }
    if !judge.changed.is_empty() {
        let fields: Vec<&str> = judge.changed.iter().map(|field| field.field).collect();
        found.push(Warning::new(
            "judge-settings-changed",
            format!(
                "the judge is asked differently than in the baseline ({}), so other answers are expected; begin \
                 a new baseline with this run",
                listed(&fields)
            ),
        ));
    }
    found.extend(about_anchors(check));
    let counts = &check.units;
    found.extend(Warning::counted(
        "items-edited",
        counts.items_edited,
        ["item", "items"],
        "of the baseline with another prompt, reference or context under the same id: they no longer count as anchors",
    ));
    found.extend(Warning::counted(
        "pairs-not-in-baseline",
        counts.pairs_new,
        units(check),
        match check.rate {
            RateKind::WinRate => {
                "of systems that the baseline does not compare: they are not checked"
            }
            RateKind::PassRate | RateKind::MeanStep => {
                "of systems whose responses the baseline does not grade: they are not checked"
            }
        },
    ));
    found.extend(Warning::counted(
        "unanswered",
        counts.unanswered,
        units(check),
        "of the newest run left out, since the judge has not answered",
    ));
    found.extend(rates_of_few(check));
    found.extend(check.system.iter().flat_map(|system| about_metrics(&system.metrics)));
    if !check.unattributed.is_empty() {
        found.push(Warning::new(
            "not-attributed",
            format!(
                "{} have changed, which cannot be attributed: on other responses while the judge may have changed as \
                 much, on new items while these may be harder",
                if check.rate == RateKind::WinRate { "verdicts" } else { "grades" }
            ),
        ));
    }
    found
}

/// Returns the warning about rates that leave out most of what both runs have answered.
fn rates_of_few(check: &Check) -> Option<Warning> {
    let judge = check.judge.iter().flat_map(|judge| &judge.rates);
    let changed = check.system.iter().flat_map(|system| &system.changed_responses);
    let new = check.system.iter().flat_map(|system| &system.new_items);
    let of_few = judge
        .map(|rate| (rate, "with unchanged texts"))
        .chain(changed.map(|rate| (rate, "with other responses")))
        .chain(new.map(|rate| (rate, "of new items")))
        .filter(|(rate, _)| rate.left_out * 2 > rate.units);
    let of_few = of_few.map(|(rate, which)| {
        let opponent = rate.opponent().map(|opponent| format!(" against {opponent}"));
        format!(
            "{}{} ({} of {} {which})",
            rate.system,
            opponent.unwrap_or_default(),
            rate.left_out,
            rate.units
        )
    });
    let of_few: Vec<String> = of_few.collect();
    let why = match check.rate {
        RateKind::WinRate => {
            "win rates leave out most comparisons, since one of the runs has no readable vote in both orders"
        }
        RateKind::PassRate => {
            "pass rates leave out most responses, since one of the runs did not grade them in both directions of the \
             scale, or could not assess them"
        }
        RateKind::MeanStep => {
            "mean steps leave out most responses, since one of the runs has no step in both directions of the scale \
             (unreadable replies, or \"cannot assess\")"
        }
    };
    (!of_few.is_empty())
        .then(|| Warning::new("rates-of-few", format!("{why}: {}", listed(&of_few))))
}

fn about_metrics(metrics: &MetricsDrift) -> Vec<Warning> {
    let mut found = Vec::new();
    if !metrics.metrics_unmatched.is_empty() {
        found.push(Warning::new(
            "metrics-not-compared",
            format!(
                "not compared, since only one of baseline and newest run has scores with the same settings: {}",
                listed(&metrics.metrics_unmatched)
            ),
        ));
    }
    if !metrics.metrics_without_items.is_empty() {
        found.push(Warning::new(
            "metrics-without-items",
            format!(
                "no alarm watches {}, since the scores of single responses are not known",
                listed(&metrics.metrics_without_items)
            ),
        ));
    }
    found
}

fn about_anchors(check: &Check) -> Vec<Warning> {
    let mut found = Vec::new();
    let anchors = check.judge.as_ref().map_or(0, |judge| judge.units);
    if check.scale_change == Some(ScaleChange::Steps) {
        // No anchor is compared, however many there are.
        return found;
    }
    if anchors == 0 {
        found.push(Warning::new(
            "no-anchors",
            format!(
                "no {} of the newest run has the texts of the baseline, so a changed judge cannot be told from \
                 changed systems; keep some items with their responses in every run",
                units(check)[0]
            ),
        ));
        return found;
    }
    found.extend(Warning::counted(
        "few-anchors",
        if anchors < FEW_ANCHORS { anchors } else { 0 },
        units(check),
        "with unchanged texts are few: use 100 or more to see small changes",
    ));
    let labels = check.judge.as_ref().is_some_and(|judge| judge.right_verdicts.is_some());
    if !labels {
        found.push(Warning::new(
            "no-labels",
            "no anchor has a label, so whether the judge got worse is not known, only whether it changed",
        ));
    }
    if check.judge.as_ref().is_some_and(|judge| judge.noise.is_none())
        && !check.baseline.is_empty()
        && check.result != CheckResult::Alarm
        && !check.streams.iter().any(|one| one.name.measure == Measure::ChangedVerdicts)
    {
        found.push(Warning::new(
            "noise-unknown",
            match check.rate {
                RateKind::WinRate => {
                    "how often the judge changes its mind by noise alone is not known, so changed verdicts are not \
                     watched; put two runs into the baseline, or repeat each order"
                }
                RateKind::PassRate | RateKind::MeanStep => {
                    "how often the judge changes its mind by noise alone is not known, so changed grades are not \
                     watched; put two runs into the baseline, or repeat each direction of the scale"
                }
            },
        ));
    }
    found
}

fn floating_model(entry: &Entry) -> Option<Warning> {
    let floating = floating(entry);
    let floating: Vec<&str> = floating.iter().map(String::as_str).collect();
    (!floating.is_empty()).then(|| {
        Warning::new(
            "floating-model",
            format!(
                "{} {} no version, so another model may answer under the same name tomorrow; name a dated version",
                listed(&floating),
                if floating.len() == 1 { "names" } else { "name" }
            ),
        )
    })
}
