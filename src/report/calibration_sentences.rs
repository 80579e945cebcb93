//! The sentences of a calibration report: the conclusion, what was labelled, and results that are no rows.

use super::quantities::count;
use super::text_report::{percent, printable};
use crate::calibration::{
    AlternativeAnnotatorReport, Calibration, Conclusion, Finding, TrivialJudge, WinBounds,
};

/// Returns the conclusion as a sentence.
pub(super) fn conclusion(results: &Calibration) -> String {
    let judge = if results.is_jury() { "the jury".to_owned() } else { printable(&results.judge) };
    let subject = if results.is_jury() { "The jury".to_owned() } else { judge.clone() };
    match results.conclusion {
        Conclusion::TooFewLabels => {
            format!("Too few labels to say how far {judge} can be trusted.")
        }
        Conclusion::MayBeChance => format!(
            "Do not rely on {judge} with this rubric yet: its agreement with people may be chance."
        ),
        Conclusion::NoBetterThanTrivial => {
            let rule = results.findings.iter().find_map(|finding| match finding {
                Finding::NoBetterThanTrivial { trivial, .. } => Some(trivial.rule()),
                _ => None,
            });
            format!(
                "Do not rely on {judge} with this rubric yet: a simple rule such as \"{}\" may do as well.",
                rule.unwrap_or(TrivialJudge::Longer.rule())
            )
        }
        Conclusion::NotAsGoodAsKept => {
            let selected = results.findings.iter().any(|finding| {
                matches!(finding, Finding::KeptSelection { difference } if *difference > 0.0)
            });
            let but = if selected {
                "but less often than its kept verdicts suggest"
            } else {
                "but most of its verdicts change with the order"
            };
            format!("{subject} agrees with people beyond chance, {but}.")
        }
        Conclusion::LikePeople => {
            format!("{subject} agrees with people as well as they agree with each other.")
        }
        Conclusion::BeyondChance => format!(
            "{subject} agrees with people beyond chance, and more often than simple rules do."
        ),
    }
}

/// Returns how many verdicts were kept, and how often these, all replies and the longer response agree with
/// people.
pub(super) fn agreement(results: &Calibration) -> String {
    let kept = results.kept_verdicts();
    let mut shares = Vec::new();
    if let Some(share) = results.kept.agreement.value {
        let these = if results.kept.n == kept {
            "these".to_owned()
        } else {
            format!("the {} with a label", count(results.kept.n))
        };
        shares.push(format!("{} of {these}", percent(Some(share))));
    }
    shares.push(match results.orders.agreement.value {
        Some(share) => format!("{} of all its replies", percent(Some(share))),
        None => "no reply to a labelled comparison".to_owned(),
    });
    let longer = results.baselines.iter().find(|one| one.judge == TrivialJudge::Longer);
    let longer = longer.map_or(String::new(), |longer| {
        let (rule, share) = (longer.judge.rule(), percent(longer.agreement.value));
        format!("; the rule \"{rule}\" reaches {share}")
    });
    let (kept, planned, shares) = (count(kept), count(results.planned), shares.join(", "));
    format!("It keeps {kept} of {planned} comparisons. Agreement with people: {shares}{longer}.")
}

/// Returns the alternative annotator test of so many annotators in words.
pub(super) fn alternative_annotator_test(
    test: &AlternativeAnnotatorReport,
    annotators: u64,
) -> String {
    let rho = test.rho;
    if let Some(last) = test.curve.last().filter(|last| last.omega <= 0.0) {
        let epsilon = last.epsilon;
        let whom = match annotators {
            1 => "the annotator".to_owned(),
            several => format!("any of the {} annotators", count(several)),
        };
        return format!(
            "alternative annotator test: the judge cannot replace {whom}, not even at tolerance ε \
             {epsilon:.2}; ρ {rho:.2}"
        );
    }
    // Non-breaking spaces keep a point on one line.
    let point = |omega: f64, epsilon: f64| format!("{omega:.2}\u{a0}at\u{a0}ε\u{a0}{epsilon:.2}");
    let curve: Vec<String> = test.curve.iter().map(|one| point(one.omega, one.epsilon)).collect();
    format!(
        "alternative annotator test: the share ω of annotators that the judge may replace, at tolerance ε: {}; \
         ρ {rho:.2}",
        curve.join(", ")
    )
}

/// Returns the bounds of a win rate in words, and whether they leave the winner open.
pub(super) fn robustness(bounds: &WinBounds) -> String {
    let interval = format!("{:.1} – {:.1}", bounds.ci_low * 100.0, bounds.ci_high * 100.0);
    let robust = if bounds.robust {
        "which excludes 50 %: robust to dropped comparisons"
    } else {
        "which contains 50 %: not robust to dropped comparisons"
    };
    format!(
        "if all dropped comparisons had gone one way or the other: {:.1} – {:.1} % (95 % interval \
         {interval}, {robust})",
        bounds.low * 100.0,
        bounds.high * 100.0
    )
}

/// Returns what was labelled and by how many, and everything that is left out of some number.
pub(super) fn labelled(results: &Calibration) -> String {
    let people = match results.annotators {
        1 => "One person".to_owned(),
        several => format!("{} people", count(several)),
    };
    let majority = if results.annotators == 1 { "" } else { " and a majority label" };
    let kept = results.kept.n;
    let mut text = format!(
        "{people} labelled {} of {} comparisons; {} of these {} a kept verdict{majority}.",
        count(results.labelled),
        count(results.planned),
        count(kept),
        if kept == 1 { "has" } else { "have" }
    );
    let left_out: Vec<String> = [
        (
            results.orders.unreadable,
            ["unreadable reply counts as wrong", "unreadable replies count as wrong"],
        ),
        (
            results.orders.absent,
            ["reply is missing and left out", "replies are missing and left out"],
        ),
        (results.no_majority, ["comparison has no majority", "comparisons have no majority"]),
        (
            results.labels_unmatched,
            ["label is for another comparison", "labels are for other comparisons"],
        ),
        (
            results.labels_other_part,
            ["label is for the other part", "labels are for the other part"],
        ),
        (results.labels_blank, ["line has no winner yet", "lines have no winner yet"]),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, [one, several])| {
        format!("{} {}", count(number), if number == 1 { one } else { several })
    })
    .collect();
    if !left_out.is_empty() {
        text = format!("{text} {}.", left_out.join(", "));
    }
    match (results.part, results.looks) {
        (None, _) => text,
        (Some(part), None) => format!("{text} Only the {} part of the items.", part.as_str()),
        (Some(part), Some(looks)) => format!(
            "{text} Only the {} part of the items: look {looks} with this rubric.",
            part.as_str()
        ),
    }
}
