//! What a run of grades says, in sentences that can be quoted as they stand.

use crate::grading::{GradeDifference, GradeSummary, JudgeGrades, SystemGrades};
use crate::input::Scale;
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted};
use crate::report::text_report::share_with_interval;
use crate::stats::{Estimate, rounded_apart};
use crate::verdict::Outcome;

/// The most pairs of systems that get a sentence each.
pub(in crate::report) const MOST_PAIRS: usize = 3;

/// Returns what a run of grades says about the systems: how often each passes, or its mean step, and that what people say
/// is not known. The names in it are not escaped.
///
/// The number is the one averaged over both directions of the scale, which no selection affects.
pub fn grades_headline(summary: &GradeSummary) -> Vec<String> {
    summary.judges.last().map(|result| headline_of(summary, result)).unwrap_or_default()
}

/// Returns the same of one judge of a run, or of its jury.
pub(in crate::report) fn headline_of(summary: &GradeSummary, result: &JudgeGrades) -> Vec<String> {
    if result.planned == 0 {
        return Vec::new();
    }
    let name = if result.is_jury() { "The jury" } else { &result.judge };
    let mut sentences: Vec<String> = nothing_kept(result, name).into_iter().collect();
    sentences.extend(grades(result, name, &summary.scale));
    sentences.extend(one_direction(result));
    let wanted = match summary.scale.pass_from {
        Some(_) => "What people would pass is not known without labels.",
        None => "How people would grade is not known without labels.",
    };
    sentences.push(wanted.to_owned());
    sentences
}

fn grades(result: &JudgeGrades, name: &str, scale: &Scale) -> Vec<String> {
    let is_jury = result.is_jury();
    let answered = result.systems.iter().any(|system| quoted(system, is_jury).value.is_some());
    if !answered {
        let nothing_readable = result.answered > 0 && result.answered == result.unreadable_trials();
        return vec![if nothing_readable {
            format!("{name} gave no readable grade, so this run says nothing about the systems.")
        } else if let Some(ended) = result.assessed_nothing() {
            let ended = counted(ended, "response");
            format!(
                "{name} could assess none of {ended}, so this run says nothing about the systems."
            )
        } else if let Some(kept) = result.kept_without_step() {
            format!(
                "{name} gave no step of the scale in both directions to any of {} and could not assess {}, so this run says \
                 nothing about the systems.",
                counted(result.planned, "response"),
                count(kept)
            )
        } else {
            format!("{name} graded no response in both directions of the scale.")
        }];
    }
    match result.systems.as_slice() {
        [only] => vec![only_system(only, quoted(only, is_jury), so_far(result), name, scale)],
        _ => pairs(result, name, scale),
    }
}

/// Returns what is added to a number of responses or items while others are pending.
fn so_far(result: &JudgeGrades) -> &'static str {
    if result.outcome(Outcome::Pending) > 0 { " graded so far" } else { "" }
}

fn only_system(
    system: &SystemGrades,
    number: &Estimate,
    so_far: &str,
    name: &str,
    scale: &Scale,
) -> String {
    let responses = counted(number.n, "response") + so_far;
    match scale.pass_from {
        Some(_) => format!(
            "{name} passes {} of {responses} of {} (95 % interval {}).",
            percent(number.value),
            system.system,
            percents(number)
        ),
        None => format!(
            "{name} grades {} {} on average, on a scale from 1 to {} ({responses}, 95 % interval {}).",
            system.system,
            steps(number.value),
            scale.len(),
            interval_of_steps(number)
        ),
    }
}

fn pairs(result: &JudgeGrades, name: &str, scale: &Scale) -> Vec<String> {
    let sentence = |pair: &GradeDifference| -> Option<String> {
        let difference = pair.pass_rate.as_ref().unwrap_or(&pair.mean_step);
        let [first, second] = &pair.between;
        let value = difference.value?;
        let [other, one] =
            if pair.pass_rate.is_some() { pair.pass_rates } else { pair.mean_steps }?;
        let items = counted(difference.n, "item") + so_far(result);
        let [one, other] = [one, other].map(|number| match scale.pass_from {
            Some(_) => percent(Some(number)),
            None => steps(Some(number)),
        });
        let numbers = match scale.pass_from {
            // How often a jury passes both systems alike is not counted: its judges are averaged.
            Some(_) if result.is_jury() => format!(
                "On average the judges of the jury pass {second} in {one} and {first} in {other} of {items}"
            ),
            Some(_) => format!("{name} passes {second} in {one} and {first} in {other} of {items}"),
            None => format!(
                "{name} grades {second} {one} and {first} {other} on average, on a scale from 1 to {}, on {items}",
                scale.len()
            ),
        };
        let factor = if scale.pass_from.is_some() { 100.0 } else { 1.0 };
        let (decimals, unit) = if scale.pass_from.is_some() { (1, " points") } else { (2, "") };
        let (result, interval) = match (difference.low, difference.high) {
            (Some(low), Some(high)) => {
                let decided = low > 0.0 || high < 0.0;
                // An interval that excludes 0 must not look as if it ended there.
                let end = |end: f64| match end * factor {
                    end if decided => rounded_apart(end, 0.0, decimals),
                    end => format!("{end:.decimals$}"),
                };
                let interval =
                    format!("95 % interval {} – {}", end(low), end(high)).replace('-', "−");
                let verb = if scale.pass_from.is_some() {
                    "passes more often"
                } else {
                    "is graded higher"
                };
                let result = if low > 0.0 {
                    format!("{second} {verb}")
                } else if high < 0.0 {
                    format!("{first} {verb}")
                } else {
                    "no difference shown".to_owned()
                };
                (result, interval)
            }
            _ => ("no difference shown".to_owned(), "no interval".to_owned()),
        };
        let by = format!("{:+.decimals$}", value * factor).replace('-', "−");
        Some(format!("{numbers}, a difference of {by}{unit} ({interval}): {result}."))
    };
    let mut sentences: Vec<String> =
        result.pairs.iter().filter_map(sentence).take(MOST_PAIRS).collect();
    let more = result.pairs.len().saturating_sub(sentences.len()) as u64;
    if sentences.is_empty() {
        sentences.push(format!("{name} graded no two systems on the same item."));
    } else if more > 0 {
        let are = if more == 1 { "is" } else { "are" };
        sentences.push(format!("{} of systems {are} below.", counted(more, "more pair")));
    }
    sentences
}

/// Returns the number of a system that is quoted: its pass rate, or its mean step where the rubric does not say what
/// passes. The pass rate of a jury is that of its kept grades; the mean step is that of its judges.
fn quoted(system: &SystemGrades, is_jury: bool) -> &Estimate {
    match &system.pass_rate {
        None => &system.mean_step,
        Some(rate) if is_jury => &rate.kept,
        Some(rate) => &rate.unreadable_bounds,
    }
}

/// Returns how many responses were graded in one direction only, if there are any, and what these grades say.
fn one_direction(result: &JudgeGrades) -> Option<String> {
    let rates = result.systems.iter().filter_map(|system| {
        let rate = system.pass_rate.as_ref()?.one_direction?;
        Some((system.system.as_str(), rate))
    });
    let rates: Vec<(&str, Estimate)> = rates.collect();
    let n: u64 = rates.iter().map(|(_, rate)| rate.n).sum();
    let were = if n == 1 { "was" } else { "were" };
    let passes = rates
        .iter()
        .take(MOST_PAIRS)
        .map(|(system, rate)| format!("{system} passes {}", share_with_interval(rate)));
    let passes: Vec<String> = passes.collect();
    (n > 0).then(|| {
        format!(
            "{} of {} {were} graded in one direction of the scale only, which keeps nothing; by these grades, which no \
             second direction confirms, {}.",
            count(n),
            counted(result.planned, "response"),
            passes.join(", ")
        )
    })
}

/// Returns that a complete run kept no grade, if so.
fn nothing_kept(result: &JudgeGrades, name: &str) -> Option<String> {
    if result.outcome(Outcome::Kept) > 0 || result.outcome(Outcome::Pending) > 0 {
        return None;
    }
    let reason = if result.is_jury() {
        "more than half of the judges agree on no grade"
    } else {
        "no response got the same grade in both directions of the scale"
    };
    Some(format!("{name} kept no grade of {}: {reason}.", counted(result.planned, "response")))
}

/// Returns a mean step.
pub(super) fn steps(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.2}"))
}

/// Returns the interval of a mean step; a word where there is none.
pub(super) fn interval_of_steps(number: &Estimate) -> String {
    match (number.low, number.high) {
        (Some(low), Some(high)) => format!("{low:.2} – {high:.2}"),
        _ => "none".to_owned(),
    }
}

fn percents(number: &Estimate) -> String {
    match (number.low, number.high) {
        (Some(low), Some(high)) => format!("{:.1} – {:.1}", low * 100.0, high * 100.0),
        _ => "none".to_owned(),
    }
}
