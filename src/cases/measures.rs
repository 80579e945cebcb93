//! What is measured of a single comparison, for selecting and sorting.

use super::case::Case;
use crate::store::{OrderRecord, VerdictRecord};
use crate::trial::Side;
use crate::verdict::Ballot;
use crate::vote::{Preference, Vote};

/// How the verdict on a comparison stands to the labels of people.
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
    /// Returns it in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoLabel => "no label",
            Self::Divided => "people divided",
            Self::NotKept => "no kept verdict",
            Self::Agrees => "agrees",
            Self::Disagrees => "disagrees",
        }
    }
}

impl Case {
    /// Returns how the verdict stands to the labels of people.
    pub fn verdict_and_people(&self) -> VerdictAndPeople {
        if !self.is_labelled() {
            return VerdictAndPeople::NoLabel;
        }
        match (self.people_prefer(), self.verdict.winner) {
            (None, _) => VerdictAndPeople::Divided,
            (Some(_), None) => VerdictAndPeople::NotKept,
            (Some(people), Some(winner)) if people == winner => VerdictAndPeople::Agrees,
            _ => VerdictAndPeople::Disagrees,
        }
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
