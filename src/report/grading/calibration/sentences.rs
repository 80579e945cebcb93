//! The sentences of a calibration of grades: those to quote, what was labelled, and results that are no rows.

use crate::calibration::{Conclusion, CorrectionBasis, FEWEST_LABELS};
use crate::grading::{
    CalibratedDifference, CalibratedSystem, GradeCalibration, GradeFinding, GradeRule, PassBounds,
    Thresholds,
};
use crate::report::number_format::{NumberFormat, percent};
use crate::report::quantities::{count, counted};
use crate::report::text_report::share_with_interval;
use crate::stats::{Estimate, rounded_apart};

/// The most systems, and pairs of systems, that get a sentence each.
const MOST: usize = 3;

/// Returns what a calibration of grades says, in sentences that can be quoted as they stand: how far the judge can be
/// trusted as a grader, and how often the responses of each system pass by people. The names in them are not escaped.
pub fn grade_calibration_headline(results: &GradeCalibration) -> Vec<String> {
    let mut sentences = vec![grade_trust_sentence(results)];
    sentences.extend(people_pass(results));
    sentences.extend(differences(results));
    sentences
}

/// Returns the name of the judge at the beginning of a sentence; it is not escaped.
fn subject(results: &GradeCalibration) -> &str {
    if results.is_jury() { "The jury" } else { &results.judge }
}

/// Returns how far the judge can be trusted as a grader, as a sentence; the name in it is not escaped.
pub fn grade_conclusion_sentence(results: &GradeCalibration) -> String {
    let subject = subject(results);
    let judge = if results.is_jury() { "the jury" } else { &results.judge };
    match results.conclusion {
        Conclusion::TooFewLabels => format!(
            "Too few labels to say how far {judge} can be trusted as a grader: {} of at least {FEWEST_LABELS}.",
            count(results.labelled)
        ),
        Conclusion::MayBeChance => format!(
            "Do not rely on {judge} as a grader with this rubric yet: its agreement with people may be chance."
        ),
        Conclusion::NotAsGoodAsKept => {
            let is_selection = |finding: &GradeFinding| match finding {
                GradeFinding::KeptSelection { difference } => *difference > 0.0,
                _ => false,
            };
            let but = if results.findings.iter().any(is_selection) {
                "but less often than its kept grades suggest"
            } else {
                "but most of its grades change with the direction of the scale"
            };
            format!("{subject} grades like people beyond chance, {but}.")
        }
        Conclusion::LikePeople => {
            format!(
                "{subject} agrees with people about grades as well as they agree with each other."
            )
        }
        Conclusion::NoBetterThanTrivial => {
            let rule = results.findings.iter().find_map(GradeFinding::unbeaten_rule);
            format!(
                "Do not rely on {judge} as a grader with this rubric yet: these labels do not show that it orders responses \
                 better than the rule \"{}\".",
                rule.map_or("", GradeRule::rule)
            )
        }
        Conclusion::BeyondChance => format!("{subject} grades like people beyond chance."),
    }
}

/// Returns how far the judge can be trusted, beside how far people agree with each other; the name in it is not escaped.
pub(in crate::report) fn grade_trust_sentence(results: &GradeCalibration) -> String {
    let replies = &results.replies;
    let mut said = match replies.agreement.value {
        Some(_) => format!(
            "agrees with people in {} of {} replies",
            share_with_interval(&replies.agreement),
            if results.is_jury() { "its judges'" } else { "its" }
        ),
        None => "has no reply to a response with a label".to_owned(),
    };
    let kappa = results.headline_kappa();
    if kappa.value.is_some() {
        let name = if results.scale.steps.len() > 2 { "weighted κ" } else { "κ" };
        said = format!("{said} ({name} {})", plain(&kappa));
    }
    let rates = [&replies.true_positive_rate, &replies.true_negative_rate];
    if results.scale.pass_from.is_some() && rates.iter().any(|rate| rate.value.is_some()) {
        let of = |rate: &Estimate, verb: &str, what: &str| match rate.value {
            Some(_) => format!("it {verb} {} of what people {what}", share_with_interval(rate)),
            None => format!("what it does with responses that people {what} is not known"),
        };
        let [passes, fails] = [of(rates[0], "passes", "pass"), of(rates[1], "fails", "fail")];
        said = match fails.strip_prefix("it ").filter(|_| passes.starts_with("it ")) {
            Some(fails) => format!("{said}; {passes} and {fails}"),
            None => format!("{said}; {passes}, and {fails}"),
        };
    }
    let people = match &results.human {
        Some(human) if human.people.value.is_some() && human.judge.value.is_some() => format!(
            "on {} that several people graded it agrees with each of them with κ {}, and two of them agree with κ {}",
            counted(human.people.n, "response"),
            plain(&human.judge),
            plain(&human.people)
        ),
        Some(_) => "how far people agree with each other is not known".to_owned(),
        None => {
            "how far people agree with each other is not known (no response has two annotators)"
                .to_owned()
        }
    };
    format!("{} It {said}; {people}.", grade_conclusion_sentence(results))
}

/// Returns a plain number with its interval.
fn plain(estimate: &Estimate) -> String {
    let two = |value: Option<f64>| match value {
        // What is rounded to 0 has no sign.
        Some(value) => format!("{:.2}", (value * 100.0).round() / 100.0 + 0.0).replace('-', "−"),
        None => "–".to_owned(),
    };
    match (estimate.low, estimate.high) {
        (Some(_), Some(_)) => {
            format!("{}, {} – {}", two(estimate.value), two(estimate.low), two(estimate.high))
        }
        _ => two(estimate.value),
    }
}

/// Returns how often the responses of each system pass by people.
fn people_pass(results: &GradeCalibration) -> Vec<String> {
    let of_system = |system: &CalibratedSystem| {
        let rates = system.pass_rate.as_ref()?;
        rates.ppi.value?;
        let (n, note) = match rates.ppi_basis? {
            CorrectionBasis::EveryLabel => (rates.ppi.n, String::new()),
            CorrectionBasis::EveryAnswered => (rates.ppi.n, " that were answered".to_owned()),
            _ => (rates.averaged.n, format!(", {} of them labelled", count(rates.ppi.n))),
        };
        let if_random = match rates.ppi_basis? {
            CorrectionBasis::AsIfRandom | CorrectionBasis::IncompleteSample => {
                "If the labelled responses are a random sample, people pass"
            }
            _ => "People pass",
        };
        Some(format!(
            "{if_random} {} of {} of {}{note}.",
            share_with_interval(&rates.ppi),
            counted(n, "response"),
            system.system
        ))
    };
    let mut sentences: Vec<String> = results.systems.iter().filter_map(of_system).collect();
    let more = sentences.len().saturating_sub(MOST) as u64;
    sentences.truncate(MOST);
    if more > 0 {
        let are = if more == 1 { "is" } else { "are" };
        sentences.push(format!("{} {are} below.", counted(more, "more system")));
    }
    if sentences.is_empty() && results.scale.pass_from.is_some() {
        sentences.push(
            "What people would pass is not known: there are too few labels to estimate it."
                .to_owned(),
        );
    }
    sentences
}

/// Returns by how much the pass rates of two systems differ by people.
fn differences(results: &GradeCalibration) -> Vec<String> {
    let of_pair = |pair: &CalibratedDifference| {
        let ppi = pair.pass_rate_difference.as_ref()?.ppi;
        let (value, low, high) = (ppi.value?, ppi.low?, ppi.high?);
        let [first, second] = &pair.between;
        let decided = low > 0.0 || high < 0.0;
        let points = |end: f64| match end * 100.0 {
            // An interval that excludes 0 must not look as if it ended there.
            end if decided => rounded_apart(end, 0.0, 1),
            end => format!("{end:.1}"),
        };
        let interval = format!("{} – {}", points(low), points(high)).replace('-', "−");
        let side = if value < 0.0 { "below" } else { "above" };
        let by = format!("{:.1}", value.abs() * 100.0);
        let result = if low > 0.0 {
            format!("{second} passes more often")
        } else if high < 0.0 {
            format!("{first} passes more often")
        } else {
            "no difference shown".to_owned()
        };
        Some(format!(
            "By people, the pass rate of {second} is {by} points {side} that of {first} (95 % interval of the \
             difference {interval}): {result}."
        ))
    };
    results.pairs.iter().filter_map(of_pair).take(MOST).collect()
}

/// Returns from which step on the judge's grade should be taken as a pass.
pub(super) fn threshold_sentence(results: &GradeCalibration, thresholds: &Thresholds) -> String {
    let named = results.scale.pass_from.as_deref().unwrap_or_default();
    let chosen = thresholds.dev.iter().find(|rates| rates.from == thresholds.chosen);
    let youden =
        chosen.map(|rates| NumberFormat::Plain.value(rates.youden.value)).unwrap_or_default();
    let choice = if thresholds.chosen == named {
        format!("as the rubric says, from `{named}` on")
    } else {
        format!("from `{}` on, and not from `{named}` on as the rubric says", thresholds.chosen)
    };
    let test = match &thresholds.test {
        Some(test) => format!(
            " On the test part it then finds {} of passes and {} of fails.",
            share_with_interval(&test.true_positive_rate),
            share_with_interval(&test.true_negative_rate)
        ),
        None => " That is not confirmed on the test part yet.".to_owned(),
    };
    format!(
        "On the dev part, passes and fails are separated best where the judge's grade passes {choice} (Youden's J \
         {youden}).{test}"
    )
}

/// Returns what was labelled and by how many, and everything that is left out of some number.
pub(super) fn labelled(results: &GradeCalibration) -> String {
    let people = match results.annotators {
        1 => "One person".to_owned(),
        several => format!("{} people", count(several)),
    };
    let majority = if results.annotators == 1 { "" } else { " and a majority label" };
    let kept = results.kept.n;
    let mut text = format!(
        "{people} labelled {} of {}; {} of these {} a kept grade{majority}.",
        count(results.labelled),
        counted(results.planned, "response"),
        count(kept),
        if kept == 1 { "has" } else { "have" }
    );
    let left_out: Vec<String> = [
        (
            results.replies.unreadable,
            ["unreadable reply counts as wrong", "unreadable replies count as wrong"],
        ),
        (
            results.replies.absent,
            ["reply is missing and left out", "replies are missing and left out"],
        ),
        (
            results.labels_cannot_assess,
            [
                "response could not be assessed by people",
                "responses could not be assessed by people",
            ],
        ),
        (
            results.replies_cannot_assess,
            ["reply cannot assess the response", "replies cannot assess the response"],
        ),
        (results.no_majority, ["response has no majority", "responses have no majority"]),
        (
            results.labels_unmatched,
            ["label is for another response", "labels are for other responses"],
        ),
        (
            results.labels_other_part,
            ["label is for the other part", "labels are for the other part"],
        ),
        (results.labels_blank, ["line has no grade yet", "lines have no grade yet"]),
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

/// Returns the bounds of a pass rate in words.
pub(super) fn bounds_sentence(bounds: &PassBounds) -> String {
    let end = |share: f64| percent(Some(share));
    format!(
        "if all that was not kept had failed, or passed: {} – {} (95 % interval {:.1} – {:.1})",
        end(bounds.low),
        end(bounds.high),
        bounds.ci_low * 100.0,
        bounds.ci_high * 100.0
    )
}
