//! What is known of each annotator of comparisons, what a forced choice hides, and what was decided once more, in words
//! and cells. The names are not escaped.

use super::annotators::{difference_sentences, pace_cell, share_cell};
use crate::calibration::{
    AdjudicationReport, AnnotatorLabelling, Calibration, ForcedChoiceReport, ForcedWinRate,
};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::text_report::{MAX_ROWS, share_with_interval};
use crate::stats::Estimate;
use crate::trial::{Unit, other_system};

/// The titles of the cells of an annotator; those that end in `:` are of numbers.
pub(in crate::report) const LABELLING_TITLES: [&str; 7] = [
    "annotator",
    "labels:",
    "skipped:",
    "median time:",
    "agrees with the others:",
    "same choice again:",
    "chose the left one:",
];

/// Returns the cells of an annotator, each share with its interval.
pub(in crate::report) fn labelling_cells(one: &AnnotatorLabelling) -> [String; 7] {
    [
        one.annotator.clone(),
        count(one.labelled),
        count(one.skipped.total()),
        pace_cell(one.pace),
        share_cell(one.others.as_ref()),
        share_cell(one.self_consistency.as_ref()),
        share_cell(one.left.as_ref()),
    ]
}

/// Returns everything there is to say in sentences about how the labels came about; `all_pairs` adds the win rates of
/// [`forced_win_rates`].
pub(in crate::report) fn labelling_sentences(
    results: &Calibration,
    all_pairs: bool,
) -> Vec<String> {
    let mut sentences = difference_sentences(&results.labelling.differences, Unit::Comparison);
    sentences.extend(equal_pairs_sentence(&results.labelling.annotators));
    sentences.extend(results.forced_choice.iter().map(forced_choice_sentence));
    if all_pairs {
        sentences.extend(forced_win_rates(results));
    }
    let adjudicated = results.adjudication.iter();
    sentences
        .extend(adjudicated.flat_map(|report| adjudication_sentences(report, Unit::Comparison)));
    sentences
}

/// Returns what annotators chose between two copies of one response.
fn equal_pairs_sentence(annotators: &[AnnotatorLabelling]) -> Option<String> {
    let with_pairs = annotators.iter().filter_map(|one| Some((one, one.equal_pairs?)));
    let mut counts: Vec<String> = with_pairs
        .map(|(one, pairs)| {
            let [left, right, tie] = [pairs.left, pairs.right, pairs.tie].map(count);
            format!("{} {left}, {right}, {tie}", one.annotator)
        })
        .collect();
    if counts.is_empty() {
        return None;
    }
    let more = counts.len().saturating_sub(MAX_ROWS) as u64;
    counts.truncate(MAX_ROWS);
    let more = match more {
        0 => String::new(),
        _ => format!(" The JSON document has {}.", counted(more, "more annotator")),
    };
    Some(format!(
        "Of two equal responses, the left one, the right one, neither: {}.{more}",
        counts.join("; ")
    ))
}

/// Returns what a forced choice hides, with the win rate if there is one pair of systems.
fn forced_choice_sentence(report: &ForcedChoiceReport) -> String {
    let ForcedChoiceReport { both_acceptable, winner_chosen, judge_names_winner, .. } = report;
    let asked = counted(both_acceptable.n, "comparison");
    let both = share_with_interval(both_acceptable);
    let acceptable = format!("Both responses are acceptable in {both} of the {asked} asked about");
    if winner_chosen.n == 0 {
        return acceptable + ".";
    }
    let people = format!(
        "a winner was chosen nevertheless in {} of {}",
        share_with_interval(winner_chosen),
        counted(winner_chosen.n, "such label"),
    );
    let judge = if judge_names_winner.n == 0 {
        String::new()
    } else {
        format!(
            ", and the judge names one in {} of {}",
            share_with_interval(judge_names_winner),
            counted(judge_names_winner.n, "such comparison")
        )
    };
    let rates = match report.win_rates.as_slice() {
        [rate] => format!(" {}", forced_win_rate(rate)),
        _ => String::new(),
    };
    format!("{acceptable}; {people}{judge}.{rates}")
}

/// Returns what ties in place of forced choices do to a win rate.
fn forced_win_rate(rate: &ForcedWinRate) -> String {
    format!(
        "With ties in their place {} wins {} instead of {} of the same comparisons against {}, a difference of {} points \
         {}.",
        rate.system,
        share_with_interval(&rate.as_ties),
        share_with_interval(&rate.forced),
        other_system(&rate.between, &rate.system),
        NumberFormat::Points.value(rate.difference.value),
        points_interval(&rate.difference)
    )
}

/// Returns the same for each of several pairs of systems; none for one pair, of which the sentence says it.
pub(super) fn forced_win_rates(results: &Calibration) -> Vec<String> {
    let rates = results.forced_choice.as_ref().map_or(&[][..], |report| &report.win_rates);
    let rates = if rates.len() > 1 { rates } else { &[] };
    let mut sentences: Vec<String> = rates.iter().take(MAX_ROWS).map(forced_win_rate).collect();
    let more = rates.len().saturating_sub(MAX_ROWS) as u64;
    if more > 0 {
        let more = counted(more, "more pair");
        sentences
            .push(format!("The JSON document has {more} of systems with ties in their place."));
    }
    sentences
}

fn points_interval(difference: &Estimate) -> String {
    match (difference.low, difference.high) {
        (Some(_), Some(_)) => format!("({})", NumberFormat::Points.interval(difference)),
        _ => "(no interval)".to_owned(),
    }
}

/// Returns what was decided once more.
pub(in crate::report) fn adjudication_sentences(
    report: &AdjudicationReport,
    unit: Unit,
) -> Vec<String> {
    let (one, kept) = match unit {
        Unit::Response => ("response", "grade"),
        Unit::Comparison => ("comparison", "verdict"),
    };
    let AdjudicationReport { people, judge, without_labels } = report;
    let mut sentences = Vec::new();
    if people.comparisons > 0 {
        let mut sentence = format!(
            "{} on which people disagreed {} decided once more: {} had no majority before, and {} {} another label than \
             before",
            counted(people.comparisons, one),
            if people.comparisons == 1 { "was" } else { "were" },
            count(people.settled),
            count(people.changed),
            if people.changed == 1 { "has" } else { "have" },
        );
        if people.no_majority > 0 {
            let open = counted(people.no_majority, one);
            sentence = format!("{sentence}; on {open} those who decided have no majority");
        }
        sentences.push(sentence + ". How far people agree is measured by their first labels.");
    }
    if judge.comparisons > 0 {
        sentences.push(format!(
            "Of {} on which judge and people disagreed, the decision was the judge's {kept} in {} and people's \
             label in {}; this changes no number.",
            counted(judge.comparisons, one),
            share_with_interval(&judge.with_judge),
            share_with_interval(&judge.with_people)
        ));
    }
    if *without_labels > 0 {
        sentences.push(format!(
            "{} of {one}s without a label {} ignored.",
            counted(*without_labels, "decision"),
            if *without_labels == 1 { "is" } else { "are" }
        ));
    }
    sentences
}
