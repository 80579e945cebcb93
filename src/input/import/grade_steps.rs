//! The steps of a scale that a table of grades does not name in their order.

use std::collections::BTreeMap;

use crate::error::{Error, Remedy, Result, listed, nearest};
use crate::input::rubric::{KnownSteps, MOST_STEPS, Scale, Step, is_cannot_assess, scale_of};

/// A scale that was found in a table, or given with it.
#[derive(Debug)]
pub(super) struct FoundScale {
    pub(super) scale: Scale,
    /// What the table does not say about it.
    pub(super) guessed: Guessed,
}

/// What was taken for granted about a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guessed {
    /// Nothing: the steps were named, or have words whose order is known.
    Nothing,
    /// Which end is the best.
    Direction,
    /// The same, and that there are no steps beyond the grades that were given.
    DirectionAndEnds,
}

impl FoundScale {
    /// Returns the scale that has the grades of these cells, each with the place of the first such cell. `given` has the
    /// steps that the user named; without it they are whole numbers, or words of a known order.
    ///
    /// # Errors
    ///
    /// A cell is none of the steps, their order is not known, or they are no scale.
    pub(super) fn of(cells: &BTreeMap<String, String>, given: Option<&Scale>) -> Result<Self> {
        let cells: Vec<(&str, &String)> = cells
            .iter()
            .map(|(word, place)| (word.as_str(), place))
            .filter(|(word, _)| !is_cannot_assess(word))
            .collect();
        if let Some(scale) = given {
            if let Some((word, place)) =
                cells.iter().find(|(word, _)| scale.grade_in_label(word).is_none())
            {
                return Err(unknown(place, word, scale));
            }
            return Ok(Self { scale: scale.clone(), guessed: Guessed::Nothing });
        }
        let Some((_, first)) = cells.first() else {
            return Err(Error::input("no row has a grade that is a step of a scale")
                .hint("fill in a column such as grade or human"));
        };
        let numbers = cells.iter().map(|(word, place)| Some((number(word)?, place.as_str())));
        if let Some(numbers) = numbers.collect::<Option<Vec<_>>>() {
            return Self::of_numbers(&numbers, first);
        }
        let words: Vec<&str> = cells.iter().map(|(word, _)| *word).collect();
        let Some(known) = KnownSteps::of(&words) else {
            return Err(Error::input(format!(
                "{first}: the order of the grades is not known: {}",
                listed(&words)
            ))
            .at(first)
            .suggest(Remedy::NameSteps));
        };
        let guessed = if known.depends_on_question { Guessed::Direction } else { Guessed::Nothing };
        Ok(Self { scale: known.scale(), guessed })
    }

    /// Returns the scale of whole numbers from the lowest to the highest.
    ///
    /// # Errors
    ///
    /// They may be of any scale, or of none. Of two steps the better one passes, and numbers do not say which that is.
    fn of_numbers(numbers: &[(f64, &str)], first: &str) -> Result<Self> {
        const ROUND: &str = "scores of many values must be rounded to the steps of a scale before they are imported";
        if let Some((fraction, place)) = numbers.iter().find(|(number, _)| number.fract() != 0.0) {
            return Err(not_steps(
                place,
                &format!(
                    "{fraction} is not a whole number, so the steps of the scale are not known"
                ),
            )
            .detail(ROUND));
        }
        let of = |pick: fn(f64, f64) -> f64| numbers.iter().map(|(number, _)| *number).reduce(pick);
        let (low, high) = (of(f64::min).unwrap_or(0.0), of(f64::max).unwrap_or(0.0));
        let steps = high - low + 1.0;
        if steps <= 1.0 {
            let what = format!("all grades are {low}, so the scale is not known");
            return Err(not_steps(first, &what));
        }
        if steps <= 2.0 {
            let what = format!(
                "the grades are {low} and {high}: of two steps the better one passes, and numbers do not say which one \
                 that is, or whether there are more"
            );
            return Err(not_steps(first, &what));
        }
        if steps > MOST_STEPS as f64 {
            let what = format!(
                "the grades go from {low} to {high}, and a scale has at most {MOST_STEPS} steps"
            );
            return Err(not_steps(first, &what).detail(ROUND));
        }
        let step =
            |above: u32| Step { name: (low + f64::from(above)).to_string(), description: None };
        let scale = scale_of(first, (0..steps as u32).map(step).collect())?;
        Ok(Self { scale, guessed: Guessed::DirectionAndEnds })
    }

    /// Returns what a reader must know of the scale that the table does not say; `None` if it says everything. `file` has
    /// the scale.
    pub(super) fn notice(&self, file: &str) -> Option<String> {
        let further = match self.guessed {
            Guessed::Nothing => return None,
            Guessed::Direction => "",
            Guessed::DirectionAndEnds => "; if there are further steps, add them there",
        };
        let names: Vec<&str> = self.scale.steps.iter().map(|step| step.name.as_str()).collect();
        let (worst, best) = (names[0], names[names.len() - 1]);
        Some(format!(
            "the scale is taken from the grades: {}, with {worst} as the worst and {best} as the best grade. If {worst} \
             is the best, write the steps of `scale` in {file} in the other order{further}",
            names.join(", ")
        ))
    }
}

fn number(word: &str) -> Option<f64> {
    word.parse::<f64>().ok().filter(|number| number.is_finite())
}

fn not_steps(place: &str, what: &str) -> Error {
    Error::input(format!("{place}: {what}")).at(place).suggest(Remedy::NameSteps)
}

fn unknown(place: &str, word: &str, scale: &Scale) -> Error {
    let steps: Vec<&str> = scale.steps.iter().map(|step| step.name.as_str()).collect();
    let error = Error::input(format!("{place}: `{word}` is not a step of the scale"))
        .at(place)
        .detail(format!("the steps are: {}", steps.join(", ")));
    match nearest(&word.to_lowercase(), steps.iter().copied()) {
        Some(close) => error.hint(format!("did you mean `{close}`?")),
        None => error.suggest(Remedy::NameSteps),
    }
}
