//! What a plan of labels says, in sentences.

use unicode_width::UnicodeWidthStr as _;

use crate::calibration::{LabelPlan, PlannedTarget, TargetKind};
use crate::report::columns::shorten;
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted};
use crate::report::text_report::printable;
use crate::trial::other_system;

/// Returns the first thing to say about a plan: how many comparisons to label, for what, and what the judge saves.
pub fn label_plan_headline(plan: &LabelPlan) -> String {
    let purpose = match plan.targets.as_slice() {
        [target] => purpose(target),
        [first, rest @ ..]
            if first.kind == TargetKind::Width
                && rest.iter().all(|target| target.kind == TargetKind::Width) =>
        {
            format!("people's win rates to ±{:.1} points", first.wanted * 50.0)
        }
        targets => format!("all of {} targets", count(targets.len() as u64)),
    };
    let comparisons = counted(plan.assumptions.comparisons.value, "comparison");
    match (plan.labels, plan.comparisons_needed) {
        (Some(labels), _) => {
            let alone = plan.labels_without_judge.filter(|alone| *alone > labels);
            let alone = alone.map_or(String::new(), |alone| {
                format!("; without a judge it takes {}", count(alone))
            });
            format!("Label about {} of {comparisons} for {purpose}{alone}.", count(labels))
        }
        (None, Some(needed)) => format!(
            "{comparisons} are too few for {purpose}, even if all are labelled: judge at least {}.",
            count(needed)
        ),
        (None, None) => format!("No number of labels decides {purpose}."),
    }
}

/// Returns what a target is, for the middle of a sentence.
fn purpose(target: &PlannedTarget) -> String {
    match target.kind {
        TargetKind::Width => {
            format!("people's win rate to ±{:.1} points", target.wanted * 50.0)
        }
        TargetKind::MinKappa => format!("the gate κ ≥ {}", target.wanted),
        TargetKind::MinWinRate => {
            let system = target.system.as_deref().map(printable).unwrap_or_default();
            format!("the gate on {system}, a win rate of at least {}", percent(Some(target.wanted)))
        }
    }
}

/// Returns what a target is, for a row of the table of so many columns.
pub(super) fn row(target: &PlannedTarget, has_pairs: bool, width: usize) -> String {
    let pair = match (&target.between, &target.system) {
        (Some(between), Some(system)) if has_pairs => {
            let other = other_system(between, system);
            format!("{} : {}", printable(system), printable(other))
        }
        (_, Some(system)) => printable(system),
        _ => String::new(),
    };
    let (what, is_first) = match target.kind {
        TargetKind::Width => (format!("±{:.1} points", target.wanted * 50.0), true),
        TargetKind::MinKappa => (format!("κ ≥ {}", target.wanted), true),
        TargetKind::MinWinRate => (format!("≥ {}", percent(Some(target.wanted))), false),
    };
    let pair = shorten(&pair, width.saturating_sub(what.width() + 1));
    let parts = if is_first { [what, pair] } else { [pair, what] };
    parts.join(" ").trim().to_owned()
}

/// Returns what is assumed for a target.
pub(super) fn assumed(target: &PlannedTarget) -> String {
    match target.kind {
        TargetKind::MinKappa => format!("κ {:.3}", target.assumed),
        _ => format!("win rate {}", percent(Some(target.assumed))),
    }
}

/// Returns what the judge can save.
pub(super) fn saving(plan: &LabelPlan) -> String {
    let correlation = plan.assumptions.correlation.value;
    let most = percent(Some(plan.saves_at_most));
    let by_the_law = "A judge that is no better than the systems it judges saves at most half of the labels, however \
                      many comparisons it judges (Dorner, Nastl and Hardt 2024).";
    if plan.saves_at_most <= 0.0 {
        return format!(
            "The judge saves no label: its scores do not correlate with people's ({correlation:.3}). {by_the_law}"
        );
    }
    format!(
        "The judge saves at most {most} of the labels for a win rate, the square of its correlation with people \
         ({correlation:.3}). {by_the_law}"
    )
}

/// Returns what people have to do.
pub(super) fn work(plan: &LabelPlan) -> Option<String> {
    let work = plan.people?;
    let pace = format!("at {} seconds a label", work.seconds_per_label);
    let judgements = counted(work.judgements, "label");
    let hours = hours(work.hours);
    Some(if work.annotators == 1 {
        format!("One person: {judgements}, {hours} {pace}.")
    } else {
        format!(
            "{} people: {judgements}, {} of the comparisons labelled by all of them; {hours} {pace}, {} each.",
            count(work.annotators),
            count(work.overlap),
            self::hours(work.hours_each)
        )
    })
}

/// Returns how many comparisons have a label already.
pub(super) fn labelled(plan: &LabelPlan) -> Option<String> {
    let labelled = plan.labelled?;
    let have = if labelled == 1 { "has" } else { "have" };
    Some(format!("{} {have} a label already.", counted(labelled, "comparison")))
}

/// Returns hours with one decimal.
fn hours(hours: f64) -> String {
    let written = format!("{hours:.1}");
    if written == "1.0" { "1.0 hour".to_owned() } else { format!("{written} hours") }
}

/// Returns what judging takes.
pub(super) fn requests(plan: &LabelPlan) -> String {
    let requests = plan.requests;
    let answered = match requests.answered {
        0 => String::new(),
        answered if answered >= requests.planned => ", all answered".to_owned(),
        answered => format!(", {} of them answered", count(answered)),
    };
    let further = match requests.further {
        0 => String::new(),
        further => format!("; {} more for the comparisons that are missing", count(further)),
    };
    let left = requests.planned.saturating_sub(requests.answered) + requests.further;
    let cost = match requests.usd_per_comparison {
        Some(usd) if left > 0 => {
            let usd = usd * left as f64 / requests.per_comparison as f64;
            format!(", about {} at what the run has cost", crate::report::quantities::usd(usd))
        }
        _ => String::new(),
    };
    format!(
        "The judge: {}, {} for each comparison{answered}{further}{cost}.",
        counted(requests.planned, "request"),
        count(requests.per_comparison)
    )
}
