//! The sentences of a calibration: those to quote, what was labelled, and results that are no rows.

use crate::calibration::FEWEST_LABELS;
use crate::calibration::{
    AlternativeAnnotatorReport, Calibration, Conclusion, CorrectionBasis, Finding, HumanReport,
    TrivialJudge, WinBounds, WinRates,
};
use crate::report::number_format::percent;
use crate::report::preference_sentences::{PreferenceSentence, sentences_of_pairs};
use crate::report::quantities::count;
use crate::report::text_report::share_with_interval;
use crate::stats::rounded_apart;
use crate::store::JudgeCascade;

/// Returns what a calibration says, in sentences that can be quoted as they stand: what people prefer, and how
/// far the judge can be trusted. The names in them are not escaped.
pub fn calibration_headline(results: &Calibration) -> Vec<String> {
    let mut sentences = people_prefer(results);
    sentences.push(trust(results));
    sentences
}

/// Returns what people prefer, corrected with labels, for each pair of systems.
fn people_prefer(results: &Calibration) -> Vec<String> {
    let bases: Vec<(u64, String)> =
        results.win_rates.iter().map(|rates| based_on(results, rates)).collect();
    let sentences =
        results.win_rates.iter().zip(&bases).map(|(rates, (n, of_note))| PreferenceSentence {
            subject: match rates.ppi_basis {
                Some(CorrectionBasis::AsIfRandom | CorrectionBasis::IncompleteSample) => {
                    "If the labelled comparisons are a random sample, people prefer"
                }
                _ => "People prefer",
            },
            between: &rates.between,
            system: &rates.system,
            rate: &rates.ppi,
            n: *n,
            of: "comparison",
            of_note,
            open: "no winner shown yet",
        });
    let only_kept =
        results.win_rates.iter().any(|rates| rates.ppi_basis == Some(CorrectionBasis::OnlyKept));
    let unknown = if only_kept {
        "What people prefer is not known: only comparisons with a kept verdict are labelled."
    } else {
        "What people prefer is not known: there are too few labels to estimate it."
    };
    sentences_of_pairs(sentences, unknown)
}

/// Returns how many comparisons a corrected win rate is about, and what there is to say about them.
fn based_on(results: &Calibration, rates: &WinRates) -> (u64, String) {
    match rates.ppi_basis {
        // It is the mean label then.
        Some(CorrectionBasis::EveryLabel) | None => (rates.ppi.n, String::new()),
        Some(CorrectionBasis::EveryAnswered) => {
            let who = if results.is_jury() { "some judge" } else { "the judge" };
            (rates.ppi.n, format!(" that {who} answered"))
        }
        Some(_) => (rates.order_averaged.n, format!(", {} of them labelled", count(rates.ppi.n))),
    }
}

/// Returns how far the judge can be trusted, beside how far people agree with each other.
fn trust(results: &Calibration) -> String {
    let conclusion = conclusion_sentence(results);
    let subject = match results.conclusion {
        // "It" would be the rule, which that sentence ends with.
        Conclusion::NoBetterThanTrivial => subject(results),
        _ => "It",
    };
    let agreement = &results.orders.agreement;
    let judge = match agreement.value {
        Some(_) => {
            let whose = if results.is_jury() { "its judges' replies" } else { "its replies" };
            format!("agrees with people in {} of {whose}", share_with_interval(agreement))
        }
        None => "has no reply to a labelled comparison".to_owned(),
    };
    let people = match &results.human {
        // Agreement with a majority cannot be compared with that of one person with the others.
        Some(human) if human.judge.value.is_some() => {
            let in_place = in_place_of_a_person(results, human);
            return format!("{conclusion} {subject} {judge}. {in_place}");
        }
        Some(human) if human.ceiling.value.is_some() => {
            format!("people agree with each other in {}", share_with_interval(&human.ceiling))
        }
        Some(_) => "how far people agree with each other is not known".to_owned(),
        None => {
            "how far people agree with each other is not known (no comparison has two annotators)"
                .to_owned()
        }
    };
    format!("{conclusion} {subject} {judge}; {people}.")
}

/// Returns how often the judge agrees with the others in the place of one person, and how often that person does.
fn in_place_of_a_person(results: &Calibration, human: &HumanReport) -> String {
    let (judge, person) = (share_with_interval(&human.judge), share_with_interval(&human.ceiling));
    let on = match human.judge.n {
        1 => "the comparison".to_owned(),
        several => format!("the {} comparisons", count(several)),
    };
    format!(
        "On {on} that several people labelled, {} agrees with the others in {judge} if it takes the place of one \
         person; that person agrees with them in {person}.",
        name(results)
    )
}

/// Returns the name of the judge at the beginning of a sentence; it is not escaped.
fn subject(results: &Calibration) -> &str {
    match results.judge.as_str() {
        _ if results.is_jury() => "The jury",
        JudgeCascade::NAME => "The cascade",
        judge => judge,
    }
}

/// Returns the name of the judge within a sentence; it is not escaped.
fn name(results: &Calibration) -> &str {
    match results.judge.as_str() {
        _ if results.is_jury() => "the jury",
        JudgeCascade::NAME => "the cascade",
        judge => judge,
    }
}

/// Returns how far the judge can be trusted, as a sentence; the name in it is not escaped.
pub fn conclusion_sentence(results: &Calibration) -> String {
    let (judge, subject) = (name(results), subject(results));
    match results.conclusion {
        Conclusion::TooFewLabels => {
            format!(
                "Too few labels to say how far {judge} can be trusted: {} of at least {FEWEST_LABELS}.",
                count(results.labelled)
            )
        }
        Conclusion::MayBeChance => format!(
            "Do not rely on {judge} with this rubric yet: its agreement with people may be chance."
        ),
        Conclusion::NoBetterThanTrivial => {
            let rule = results.findings.iter().find_map(|finding| match finding {
                Finding::NoBetterThanTrivial { trivial, .. } => Some(*trivial),
                _ => None,
            });
            let rule = rule.unwrap_or(TrivialJudge::Longer);
            let reached = results.baselines.iter().find(|one| one.judge == rule);
            let reached = reached.filter(|one| one.agreement.value.is_some());
            let reached = reached.map_or(String::new(), |one| {
                format!(", which agrees with people in {}", percent(one.agreement.value))
            });
            format!(
                "Do not rely on {judge} with this rubric yet: these labels do not show that it is better than \
                 the rule \"{}\"{reached}.",
                rule.rule()
            )
        }
        Conclusion::NotAsGoodAsKept => {
            let selected = results.findings.iter().any(|finding| {
                matches!(finding, Finding::KeptSelection { difference } if *difference > 0.0)
            });
            let but = if selected {
                "but less often than its kept verdicts suggest"
            } else if results.is_jury() {
                "but most of its judges' verdicts change with the order"
            } else {
                "but most of its verdicts change with the order"
            };
            format!("{subject} agrees with people beyond chance, {but}.")
        }
        Conclusion::LikePeople => {
            format!("{subject} agrees with people as well as they agree with each other.")
        }
        // A judge that is itself the only rule has nothing to be better than.
        Conclusion::BeyondChance if !results.has_rules_to_beat() => {
            format!("{subject} agrees with people beyond chance.")
        }
        Conclusion::BeyondChance => format!(
            "{subject} agrees with people beyond chance, and more often than simple rules do."
        ),
    }
}

/// Returns the alternative annotator test of so many annotators in words.
pub(super) fn alternative_annotator_test(
    test: &AlternativeAnnotatorReport,
    annotators: u64,
    is_jury: bool,
) -> String {
    let judge = if is_jury { "the jury" } else { "the judge" };
    let rho = test.rho;
    if let Some(last) = test.curve.last().filter(|last| last.omega <= 0.0) {
        let epsilon = last.epsilon;
        let whom = match annotators {
            1 => "the annotator".to_owned(),
            several => format!("any of the {} annotators", count(several)),
        };
        return format!(
            "alternative annotator test: {judge} cannot replace {whom}, not even at tolerance ε \
             {epsilon:.2}; ρ {rho:.2}"
        );
    }
    // Non-breaking spaces keep a point on one line.
    let point = |omega: f64, epsilon: f64| format!("{omega:.2}\u{a0}at\u{a0}ε\u{a0}{epsilon:.2}");
    let curve: Vec<String> = test.curve.iter().map(|one| point(one.omega, one.epsilon)).collect();
    format!(
        "alternative annotator test: the share ω of annotators that {judge} may replace, at tolerance ε: {}; \
         ρ {rho:.2}",
        curve.join(", ")
    )
}

/// Returns the bounds of a win rate in words, and whether they leave the winner open.
pub(in crate::report) fn robustness(bounds: &WinBounds) -> String {
    // An interval that excludes 50 % must not look as if it ended there.
    let end = |end: f64| match end * 100.0 {
        percent if bounds.robust => rounded_apart(percent, 50.0, 1),
        percent => format!("{percent:.1}"),
    };
    let interval = format!("{} – {}", end(bounds.ci_low), end(bounds.ci_high));
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
pub(in crate::report) fn labelled(results: &Calibration) -> String {
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
