//! What a number lacks, why, and what is said of it.

use super::report::Evaluation;
use crate::error::{Warning, listed};
use crate::stats::{Estimate, StatError};

/// What a score or a difference lacks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Flaw {
    /// An interval, because every item has the same and nothing varies.
    AllTheSame,
    /// An interval, because resamples differ but lie on one side of the value.
    OneSided,
    /// A value or an interval, because scores are too large to compute with.
    TooLarge,
    /// A good interval, because it is undefined on this share of the resamples.
    Unstable(f64),
}

impl Flaw {
    /// Returns why there is no interval; `None` where there is nothing to compute from.
    pub(super) fn of(error: StatError) -> Option<Self> {
        match error {
            StatError::NoVariation => Some(Self::AllTheSame),
            StatError::OneSided => Some(Self::OneSided),
            StatError::OutOfRange => Some(Self::TooLarge),
            _ => None,
        }
    }

    /// Returns whether [`warnings`] speaks of it.
    pub(super) fn is_told(self) -> bool {
        self != Self::AllTheSame
    }
}

/// A number with its name.
pub(super) struct Number {
    /// Nothing for one of a slice: there may be thousands of these.
    pub(super) name: String,
    pub(super) estimate: Estimate,
    pub(super) flaw: Option<Flaw>,
}

/// Returns every number that is reported with an interval.
pub(super) fn numbers(found: &Evaluation) -> Vec<Number> {
    let mut all = Vec::new();
    let mut add = |name, estimate, flaw| all.push(Number { name, estimate, flaw });
    for report in &found.metrics {
        for one in &report.systems {
            add(format!("{} of {}", report.metric, one.system), one.score, one.flaw);
        }
        for pair in &report.pairs {
            let [a, b] = &pair.between;
            add(format!("{} of {a} − {b}", report.metric), pair.difference, pair.flaw);
        }
    }
    for field in &found.fields {
        for one in &field.systems {
            add(format!("{} of {}", field.field, one.system), one.score, one.flaw);
        }
    }
    for slice in &found.slices {
        for one in &slice.systems {
            add(String::new(), one.score, one.flaw);
        }
        for pair in &slice.pairs {
            add(String::new(), pair.difference, pair.flaw);
        }
    }
    all
}

/// Returns names, those of slices as one that says how many there are.
pub(super) fn collected(names: Vec<String>) -> Vec<String> {
    let (of_slices, mut names): (Vec<_>, Vec<_>) = names.into_iter().partition(String::is_empty);
    match of_slices.len() {
        0 => {}
        1 => names.push("one number of a slice".to_owned()),
        count => names.push(format!("{count} numbers of slices")),
    }
    names
}

/// Says of every number what it lacks and why, but for [what is usual](Flaw::is_told).
pub(super) fn warnings(found: &Evaluation, all: &mut Vec<Warning>) {
    let numbers = numbers(found);
    let too_large = |number: &Number| number.flaw == Some(Flaw::TooLarge);
    let share = |number: &Number| match number.flaw {
        Some(Flaw::Unstable(share)) => Some(share),
        _ => None,
    };
    let most = numbers.iter().filter_map(share).fold(0.0, f64::max) * 100.0;
    let mut warn = |code, which: &dyn Fn(&Number) -> bool, why: &str, advice: &str| {
        let names = numbers.iter().filter(|number| which(number)).map(|number| number.name.clone());
        let names = collected(names.collect());
        if !names.is_empty() {
            all.push(Warning::new(code, format!("{why} {}; {advice}", listed(&names))));
        }
    };
    warn(
        "undefined",
        &|number| too_large(number) && number.estimate.value.is_none(),
        "scores are too large to be added up for",
        "give smaller ones",
    );
    warn(
        "no-interval",
        &|number| too_large(number) && number.estimate.value.is_some(),
        "scores are too large to draw again, so there is no interval, for",
        "give smaller ones",
    );
    warn(
        "no-interval",
        &|number| number.flaw == Some(Flaw::OneSided),
        "nearly all resamples lie on one side of the value, so there is no interval, for",
        "score more items",
    );
    warn(
        "unstable-interval",
        &|number| share(number).is_some(),
        &format!(
            "on up to {most:.0} % of the resamples there is nothing to compute these from, so that their \
             intervals are too short:"
        ),
        "score more items that have what they need",
    );
}
