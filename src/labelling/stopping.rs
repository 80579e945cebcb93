//! When enough is labelled: as soon as people's labels decide whether a system's win rate, or its pass rate where single
//! responses are graded, is above a limit.
//!
//! The rule can be tested after every label: the probability that it ever decides wrongly is at most `alpha`. It bets
//! against the limit from both sides ([`SequentialMeans`]). It decides when the capital of one side is so large that a
//! rate at the limit would give it with a probability of at most `alpha/2`. This holds for observations that are
//! independent draws from one population, so the rule requires:
//!
//! - **Comparisons or responses drawn with equal probabilities, in random order.** Those of a draw by outcome or by
//!   uncertainty come from the judge's doubts, and their plain mean is not the rate.
//! - **One observation for each item**: 1, ½ or 0 of its comparison, for a win, a tie or a loss of the system; 1 or 0 for a
//!   response of the system that passes or fails. Several comparisons of one item say nearly the same, and counting each
//!   would make chance look like evidence. Their mean counts, at the moment when the last of them is answered; all items
//!   must have equally many, or else those with few would count too much, and too early.
//! - **One value for each comparison or response.** Its first answer counts, whoever gives it: the answer of a second
//!   person is not a new draw. What is skipped, or cannot be assessed, is 0 for the lower end and 1 for the upper one, since
//!   it may have been skipped because of what the answer would have been. If its annotator corrects the first answer, the
//!   correction counts.

use std::collections::{BTreeSet, HashMap};

use super::entry::ComparisonKey;
use super::material::Material;
use super::session_line::SessionLine;
use super::state::State;
use crate::error::{Error, Result, nearest};
use crate::input::{GradeAnswer, LabelAnswer, Scale};
use crate::stats::{DecidedMean, Interval, MeanFinding, SequentialMeans};

/// Ends the labelling when it is decided whether a system's rate is above a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct StoppingRule {
    /// The system whose rate it is.
    pub system: String,
    /// Which rate.
    pub rate: StoppingRate,
    /// The limit, in `(0, 1)`.
    pub than: f64,
    /// The probability of a wrong decision, at most; usually 0.05.
    pub alpha: f64,
}

/// The rate that a stopping rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppingRate {
    /// How often the system wins against all others together, where comparisons are labelled.
    Wins,
    /// How often its responses pass, where single responses are graded.
    Passes,
}

/// What a stopping rule has decided.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// Whether the rate is above the limit, or else below it.
    pub above: bool,
    /// The interval of the rate when it was decided, which is valid at every look.
    pub interval: Interval,
    /// After how many items it was decided; usually each has one comparison or response.
    pub labels: usize,
}

/// What people said of one item: the score of the system, if what was skipped scores 0, and if it scores 1.
type Bounds = [f64; 2];

impl StoppingRule {
    /// Checks that the rule can be used with the forms.
    ///
    /// # Errors
    ///
    /// A number is out of range, there is no such system, or the forms or the rubric do not allow the rule.
    pub(super) fn check(&self, material: &Material, state: &State) -> Result<()> {
        for (what, number) in [("limit", self.than), ("probability of error", self.alpha)] {
            if !(number > 0.0 && number < 1.0) {
                return Err(Error::usage(format!(
                    "the {what} of the stopping rule must be between 0 and 1, not {number}"
                )));
            }
        }
        self.check_rate(material)?;
        self.check_systems(material, state)?;
        let [_, units] = material.unit();
        let probabilities: Vec<Option<f64>> =
            self.sample(state).map(|(_, probability)| *probability).collect();
        let refused = Error::usage(format!(
            "labelling can stop early only where all {units} were drawn with the same known probability"
        ));
        if probabilities.is_empty() || probabilities.contains(&None) {
            return Err(refused
                .detail(format!(
                    "with which one the {units} of the label file were drawn is not known"
                ))
                .hint("begin another label file, whose forms are drawn at random"));
        }
        if probabilities.iter().any(|one| *one != probabilities[0]) {
            let drawn = match self.rate {
                StoppingRate::Wins => "by outcome or by uncertainty",
                StoppingRate::Passes => "by outcome",
            };
            return Err(refused
                .detail(format!(
                    "{units} drawn {drawn} have different ones, and their plain mean is not the rate"
                ))
                .hint("draw at random, or label all that were drawn"));
        }
        let of_item = self.by_item(state);
        let mut counts: Vec<usize> = of_item.values().copied().collect();
        counts.sort_unstable();
        if counts.first() != counts.last() {
            let of = |count: Option<&usize>| count.copied().unwrap_or(0);
            return Err(Error::usage(
                "labelling can stop early only where every item has equally many comparisons",
            )
            .detail(format!(
                "the forms have from {} to {} of each item of {}",
                of(counts.first()),
                of(counts.last()),
                material.known_items().len()
            ))
            .hint("label all comparisons of the items, or only those of two systems"));
        }
        Ok(())
    }

    /// Checks that what is labelled has the rate.
    fn check_rate(&self, material: &Material) -> Result<()> {
        let error = match (self.rate, material.scale()) {
            (StoppingRate::Wins, None) => return Ok(()),
            (StoppingRate::Passes, Some(scale)) if scale.pass_from.is_some() => return Ok(()),
            (StoppingRate::Passes, Some(_)) => Error::usage(
                "the stopping rule is about a pass rate, and the rubric does not say what passes",
            )
            .hint("write the lowest step that passes into `pass_from` of the rubric"),
            (StoppingRate::Wins, Some(_)) => Error::usage(
                "the stopping rule is about a win rate, and single responses are graded: no system wins",
            )
            .hint("stop by a pass rate"),
            (StoppingRate::Passes, None) => Error::usage(
                "the stopping rule is about a pass rate, and comparisons are labelled: nothing passes",
            )
            .hint("stop by a win rate"),
        };
        Err(error)
    }

    fn check_systems(&self, material: &Material, state: &State) -> Result<()> {
        let systems: BTreeSet<&str> = state
            .sample()
            .iter()
            .flat_map(|(key, _)| key.between.iter().map(|system| &**system))
            .filter(|system| !system.is_empty())
            .collect();
        if !systems.contains(self.system.as_str()) {
            let error = Error::usage(format!(
                "the stopping rule names `{}`, which no {} of the forms has",
                self.system,
                material.unit()[0]
            ));
            return Err(match nearest(&self.system, systems.iter().copied()) {
                Some(close) => error.hint(format!("did you mean `{close}`?")),
                None => error.hint(format!(
                    "the systems are: {}",
                    systems.iter().copied().collect::<Vec<_>>().join(", ")
                )),
            });
        }
        // Single responses of other systems are graded beside those of this one, and say nothing of its rate.
        if self.rate == StoppingRate::Passes || self.sample(state).count() == state.sample().len() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the stopping rule is about `{}`, but some comparisons are between other systems",
            self.system
        ))
        .hint("label items of two systems, or judge or label the items with this system as the baseline"))
    }

    /// Returns what of the forms is about the system.
    fn sample<'a>(
        &self,
        state: &'a State,
    ) -> impl Iterator<Item = &'a (ComparisonKey, Option<f64>)> {
        state.sample().iter().filter(|(key, _)| self.is_about(key))
    }

    fn is_about(&self, key: &ComparisonKey) -> bool {
        key.between.iter().any(|system| **system == *self.system)
    }

    /// Returns what the answers decide; once it has decided, further answers change nothing. `scale` is that of the grades.
    pub(super) fn decision(&self, state: &State, scale: Option<&Scale>) -> Option<Decision> {
        let mut mean = SequentialMeans::new(1, self.than, None, self.alpha).ok()?;
        for bounds in self.observations(state, scale) {
            mean.observe(0, bounds).ok()?;
            mean.decide();
            if let Some(DecidedMean { finding, n, .. }) = mean.decided(0) {
                let interval = mean.interval(0).ok()?;
                let above = finding == MeanFinding::Above;
                return Some(Decision { above, interval, labels: n as usize });
            }
        }
        None
    }

    /// Returns the score of the system on each item, in the order in which the last of its comparisons was first answered.
    fn observations(&self, state: &State, scale: Option<&Scale>) -> Vec<Bounds> {
        let wanted = self.by_item(state);
        let mut begun: HashMap<u32, (usize, Bounds)> = HashMap::new();
        let mut complete = Vec::new();
        for (key, line) in state.first_answers().filter(|(key, _)| self.is_about(key)) {
            let score = line.and_then(|line| self.score(line, scale));
            let bounds = score.map_or([0.0, 1.0], |score| [score; 2]);
            let (answered, sums) = begun.entry(key.item).or_default();
            *answered += 1;
            sums.iter_mut().zip(bounds).for_each(|(sum, bound)| *sum += bound);
            if wanted.get(&key.item) == Some(answered) {
                complete.push(sums.map(|sum| sum / *answered as f64));
            }
        }
        complete
    }

    /// Returns the score of the system by an answer; `None` where it says nothing of it.
    fn score(&self, line: &SessionLine, scale: Option<&Scale>) -> Option<f64> {
        match line {
            SessionLine::Comparison(line) => match &line.answer {
                LabelAnswer::Winner(None) => Some(0.5),
                LabelAnswer::Winner(Some(winner)) => Some(f64::from(**winner == *self.system)),
                _ => None,
            },
            SessionLine::Grade(line) => match line.answer {
                GradeAnswer::Grade(grade) => scale?.passes(grade).map(f64::from),
                _ => None,
            },
        }
    }

    /// Returns how many comparisons or responses of each item are labelled that are about the system.
    fn by_item(&self, state: &State) -> HashMap<u32, usize> {
        let mut counts = HashMap::new();
        for (key, _) in self.sample(state) {
            *counts.entry(key.item).or_default() += 1;
        }
        counts
    }
}
