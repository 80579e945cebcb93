//! What is measured of a single comparison, for selecting and sorting.

use super::case::Case;
use crate::store::{OrderRecord, VerdictRecord};
use crate::trial::{Side, Unit};
use crate::verdict::Ballot;
use crate::vote::{Preference, Vote};

/// How the verdict on a comparison, or the grade of a response, stands to the labels of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerdictAndPeople {
    /// Nobody labelled it.
    NoLabel,
    /// No choice has more than half of the labels.
    Divided,
    /// People agree on a choice, and there is no kept verdict.
    NotKept,
    /// The kept verdict is what most people prefer.
    Agrees,
    /// The kept verdict is another one.
    Disagrees,
}

impl VerdictAndPeople {
    /// Returns it in words; `unit` is what was judged.
    pub fn as_str(self, unit: Unit) -> &'static str {
        match self {
            Self::NoLabel => "no label",
            Self::Divided => "people divided",
            Self::NotKept if unit == Unit::Response => "no kept grade",
            Self::NotKept => "no kept verdict",
            Self::Agrees => "agrees",
            Self::Disagrees => "disagrees",
        }
    }
}

impl VerdictAndPeople {
    /// Returns how a verdict stands to what most people chose, where anybody did.
    pub(super) fn of<T: PartialEq>(is_labelled: bool, people: Option<T>, kept: Option<T>) -> Self {
        match (people, kept) {
            _ if !is_labelled => Self::NoLabel,
            (None, _) => Self::Divided,
            (Some(_), None) => Self::NotKept,
            (Some(people), Some(kept)) if people == kept => Self::Agrees,
            _ => Self::Disagrees,
        }
    }
}

impl Case {
    /// Returns how the verdict stands to the labels of people.
    pub fn verdict_and_people(&self) -> VerdictAndPeople {
        VerdictAndPeople::of(self.is_labelled(), self.people_prefer(), self.verdict.winner)
    }
}

/// Returns the criteria on which the two orders of a judge prefer different systems, or only one of them a tie.
pub fn flipped_criteria(record: &VerdictRecord) -> Vec<String> {
    let [a_first, b_first] = record.orders.as_slice() else { return Vec::new() };
    let (Some(one), Some(two)) = (a_first.reading(), b_first.reading()) else { return Vec::new() };
    let differs = |criterion: &String, vote: &Vote| {
        let other = two.criteria.get(criterion);
        other.is_some_and(|other| other.under(b_first.order) != vote.under(a_first.order))
    };
    let criteria = one.criteria.iter().filter(|(criterion, vote)| differs(criterion, vote));
    criteria.map(|(criterion, _)| criterion.clone()).collect()
}

/// Returns how far the judges are from undecided: the mean over orders and repeats of what they prefer, by
/// probability where there is one, minus ½. `None` without a readable vote.
pub fn margin(judged: &[&VerdictRecord]) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0.0);
    for order in judged.iter().flat_map(|record| &record.orders) {
        for trial in &order.trials {
            let Ballot::Cast(vote) = trial.ballot else { continue };
            let confidence = trial.reading.as_ref().and_then(|reading| reading.confidence);
            sum += worth_to_a(order, vote, confidence);
            n += 1.0;
        }
    }
    (n > 0.0).then(|| (sum / n - 0.5_f64).abs())
}

fn worth_to_a(order: &OrderRecord, vote: Vote, confidence: Option<f64>) -> f64 {
    match (vote.under(order.order), confidence) {
        (Preference::For(Side::A), Some(confidence)) => confidence,
        (Preference::For(Side::B), Some(confidence)) => 1.0 - confidence,
        (preference, _) => preference.worth(Side::A),
    }
}
