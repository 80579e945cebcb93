//! The steps of a scale that a table of grades does not name in their order.

use std::collections::BTreeMap;

use crate::error::{Error, Remedy, Result, listed, nearest};
use crate::input::rubric::{Scale, Step, is_cannot_assess, scale_of};

/// The most steps of a scale that is made of numbers; a rubric may have as many.
const MOST_STEPS: usize = 20;

/// Scales whose order everybody knows, worst first.
const KNOWN: [&[&str]; 9] = [
    &["fail", "pass"],
    &["failed", "passed"],
    &["no", "yes"],
    &["false", "true"],
    &["bad", "good"],
    &["incorrect", "correct"],
    &["unacceptable", "acceptable"],
    &["incorrect", "partially correct", "correct"],
    &["poor", "fair", "good", "excellent"],
];

/// A scale that was found in a table, or given with it.
#[derive(Debug)]
pub(super) struct FoundScale {
    pub(super) scale: Scale,
    /// Whether the scale may have further steps, which no cell has.
    pub(super) may_have_more: bool,
}

impl FoundScale {
    /// Returns the scale that has the grades of these cells, each with the place of the first such cell. `given` are the
    /// steps that the user named; without any they are numbers, or words of a known order.
    ///
    /// # Errors
    ///
    /// A cell is none of the steps, their order is not known, or they are no scale.
    pub(super) fn of(cells: &BTreeMap<String, String>, given: &[String]) -> Result<Self> {
        let cells: Vec<(&str, &String)> = cells
            .iter()
            .map(|(word, place)| (word.as_str(), place))
            .filter(|(word, _)| !is_cannot_assess(word))
            .collect();
        let Some((_, first)) = cells.first() else {
            return Err(Error::input("no row has a grade that is a step of a scale")
                .hint("fill in a column such as grade or human"));
        };
        if !given.is_empty() {
            let found = Self::new("the scale", given.to_vec(), false)?;
            for (word, place) in cells {
                if found.scale.grade_in_label(word).is_none() {
                    return Err(unknown(place, word, given));
                }
            }
            return Ok(found);
        }
        let words: Vec<&str> = cells.iter().map(|(word, _)| *word).collect();
        if let Some(numbers) = words.iter().map(|word| number(word)).collect::<Option<Vec<f64>>>() {
            return Self::of_numbers(numbers, first);
        }
        let is_of = |scale: &&&[&str]| {
            words.iter().all(|word| scale.iter().any(|step| step.eq_ignore_ascii_case(word)))
        };
        let Some(known) = KNOWN.iter().find(is_of) else {
            return Err(Error::input(format!(
                "{first}: the order of the grades is not known: {}",
                listed(&words)
            ))
            .at(first)
            .suggest(Remedy::NameSteps));
        };
        Self::new(first, known.iter().map(|step| (*step).to_owned()).collect(), false)
    }

    fn new(place: &str, names: Vec<String>, may_have_more: bool) -> Result<Self> {
        let steps = names.into_iter().map(|name| Step { name, description: None });
        Ok(Self { scale: scale_of(place, steps.collect())?, may_have_more })
    }

    fn of_numbers(mut numbers: Vec<f64>, first: &str) -> Result<Self> {
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        let (low, high) = (numbers[0], numbers[numbers.len() - 1]);
        let is_whole = numbers.iter().all(|number| number.fract() == 0.0);
        if is_whole && high - low < MOST_STEPS as f64 {
            numbers = (0..=(high - low) as u32).map(|step| low + f64::from(step)).collect();
        }
        if !(2..=MOST_STEPS).contains(&numbers.len()) {
            let what = match numbers.as_slice() {
                [only] => format!("all grades are {only}, so the scale is not known"),
                _ => format!(
                    "the grades have {} different values, and a scale has at most {MOST_STEPS} steps",
                    numbers.len()
                ),
            };
            let error = Error::input(format!("{first}: {what}")).at(first);
            return Err(match numbers.len() {
                1 => error.suggest(Remedy::NameSteps),
                _ => error.hint("round them to the steps of a scale"),
            });
        }
        // 0 and 1 are no and yes.
        let may_have_more = numbers != [0.0, 1.0];
        Self::new(first, numbers.iter().map(f64::to_string).collect(), may_have_more)
    }
}

fn number(word: &str) -> Option<f64> {
    word.parse::<f64>().ok().filter(|number| number.is_finite())
}

fn unknown(place: &str, word: &str, steps: &[String]) -> Error {
    let error = Error::input(format!("{place}: `{word}` is no step of the scale"))
        .at(place)
        .detail(format!("the steps are: {}", steps.join(", ")));
    match nearest(&word.to_lowercase(), steps.iter().map(String::as_str)) {
        Some(close) => error.hint(format!("did you mean `{close}`?")),
        None => error.suggest(Remedy::NameSteps),
    }
}
