//! What a plan assumes, and where each assumption comes from.

use serde::Serialize;

use super::facts::{PairFacts, RunFacts};
use crate::error::{Error, Result};

/// Comparisons that are judged.
const COMPARISONS: u64 = 1000;
/// Kept of all planned.
const COVERAGE: f64 = 0.75;
/// How often a reply agrees with people.
const AGREEMENT: f64 = 0.75;
/// Comparisons of each item.
const PER_ITEM: f64 = 1.0;
/// The correlation of what people say about two comparisons of one item.
const ITEM_CORRELATION: f64 = 0.4;
/// The win rate for which an interval is widest.
const WIDEST: f64 = 0.5;
/// The largest κ and correlation that labels are taken to show: a sample without an error proves neither.
pub(super) const MOST: f64 = 0.95;

/// What is assumed in place of what a run, labels or defaults say.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct GivenAssumptions {
    /// How many comparisons are judged.
    pub comparisons: Option<u64>,
    /// Kept of all planned, above 0 and at most 1.
    pub coverage: Option<f64>,
    /// The share of all replies that agree with people, between 0 and 1.
    pub agreement: Option<f64>,
    /// How often the counted system wins, between 0 and 1.
    pub win_rate: Option<f64>,
    /// Comparisons of each item.
    pub per_item: Option<f64>,
    /// The correlation of what people say about two comparisons of one item, from 0 to 1.
    pub item_correlation: Option<f64>,
}

/// Where an assumption comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Basis {
    /// The caller.
    Given,
    /// The run, without labels.
    Run,
    /// The labels so far.
    Labels,
    /// Computed from other assumptions.
    Derived,
    /// A default.
    Default,
}

impl Basis {
    /// Returns the word for it in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Run => "run",
            Self::Labels => "labels",
            Self::Derived => "derived",
            Self::Default => "default",
        }
    }
}

/// An assumed value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Assumed<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub from: Basis,
}

impl<T> Assumed<T> {
    fn new(value: T, from: Basis) -> Self {
        Self { value, from }
    }

    /// Returns the first value there is, or a default.
    fn first(given: Option<T>, labels: Option<T>, run: Option<T>, default: T) -> Self {
        let given = given.map(|value| Self::new(value, Basis::Given));
        let labels = labels.map(|value| Self::new(value, Basis::Labels));
        let run = run.map(|value| Self::new(value, Basis::Run));
        given.or(labels).or(run).unwrap_or(Self::new(default, Basis::Default))
    }
}

/// What a plan rests on.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Assumptions {
    /// How many comparisons are judged.
    pub comparisons: Assumed<u64>,
    /// Kept of all planned.
    pub coverage: Assumed<f64>,
    /// The share of all replies that agree with people.
    pub agreement: Assumed<f64>,
    /// Cohen's κ over every reply.
    pub kappa: Assumed<f64>,
    /// The correlation of the judge's scores with those of people.
    pub correlation: Assumed<f64>,
    /// Comparisons of each item.
    pub per_item: Assumed<f64>,
    /// The correlation of what people say about two comparisons of one item.
    pub item_correlation: Assumed<f64>,
    /// Each pair of systems; without a run one, of no names.
    pub pairs: Vec<PairAssumptions>,
}

/// What a plan assumes of a pair of systems.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PairAssumptions {
    /// The two systems, in byte order; `None` without a run.
    pub between: Option<[String; 2]>,
    /// The system whose wins are counted.
    pub system: Option<String>,
    /// Comparisons of the pair.
    pub comparisons: u64,
    /// How often the system wins; `None` if that is unknown.
    pub win_rate: Option<Assumed<f64>>,
    /// The variance of what people say, of the variance without ties: at most 1.
    pub spread: Assumed<f64>,
}

impl PairAssumptions {
    fn of(facts: &PairFacts, given: &GivenAssumptions) -> Self {
        let given = given.win_rate.map(|rate| Assumed::new(rate, Basis::Given));
        let labels = facts.label_rate.map(|rate| Assumed::new(rate, Basis::Labels));
        let run = facts.judge_rate.map(|rate| Assumed::new(rate, Basis::Run));
        Self {
            between: Some(facts.between.clone()),
            system: Some(facts.system.clone()),
            comparisons: facts.comparisons,
            win_rate: given.or(labels).or(run),
            spread: Assumed::first(None, facts.spread, None, 1.0),
        }
    }

    /// Returns the win rate of one of the two systems, where it is known.
    pub(super) fn win_rate_of(&self, system: &str) -> Option<Assumed<f64>> {
        let is_counted = self.system.as_deref().is_none_or(|counted| counted == system);
        self.win_rate.map(|rate| match is_counted {
            true => rate,
            // What is given is meant for the system that the gate names.
            false if rate.from == Basis::Given => rate,
            false => Assumed::new(1.0 - rate.value, rate.from),
        })
    }

    /// Returns the win rate for which an interval is planned: what people have shown or the caller says, else the one
    /// for which it is widest.
    pub(super) fn win_rate_for_width(&self) -> f64 {
        let known = self.win_rate.filter(|rate| rate.from != Basis::Run);
        known.map_or(WIDEST, |rate| rate.value)
    }
}

impl Assumptions {
    /// Returns what is assumed: what is given, else what the labels, the run or the defaults say.
    ///
    /// # Errors
    ///
    /// A given value is outside its range, or agreement and coverage contradict each other.
    pub(super) fn of(given: &GivenAssumptions, facts: Option<&RunFacts>) -> Result<Self> {
        check(given)?;
        let labels = facts.and_then(|facts| facts.labels.as_ref());
        let coverage =
            Assumed::first(given.coverage, None, facts.and_then(|facts| facts.coverage), COVERAGE);
        // The default agreement may be more than a low coverage allows.
        let reachable = f64::midpoint(1.0, coverage.value);
        let agreement = Assumed::first(
            given.agreement,
            labels.and_then(|labels| labels.agreement),
            None,
            AGREEMENT.min(reachable),
        );
        if agreement.from == Basis::Given && agreement.value > reachable {
            return Err(Error::usage(format!(
                "an agreement of {} contradicts a coverage of {:.3}: of the replies to comparisons without a kept \
                 verdict half agree with people, so that all can reach {reachable:.3}",
                agreement.value, coverage.value
            ))
            .hint("assume a lower agreement, or a higher coverage"));
        }
        let pairs = match facts {
            Some(facts) => {
                facts.pairs.iter().map(|pair| PairAssumptions::of(pair, given)).collect()
            }
            None => Vec::new(),
        };
        let comparisons =
            Assumed::first(given.comparisons, None, facts.map(|facts| facts.answered), COMPARISONS);
        let mut all = Self {
            comparisons,
            coverage,
            agreement,
            kappa: Assumed::new(0.0, Basis::Derived),
            correlation: correlation(given, agreement, coverage, facts),
            per_item: Assumed::first(given.per_item, None, facts.map(RunFacts::per_item), PER_ITEM),
            item_correlation: Assumed::first(
                given.item_correlation,
                labels.and_then(|labels| labels.item_correlation),
                None,
                ITEM_CORRELATION,
            ),
            pairs,
        };
        if facts.is_none() {
            all.pairs.push(PairAssumptions {
                between: None,
                system: None,
                comparisons: comparisons.value,
                win_rate: given.win_rate.map(|rate| Assumed::new(rate, Basis::Given)),
                spread: Assumed::new(1.0, Basis::Default),
            });
        } else if let Some(planned) = given.comparisons {
            // Each pair keeps its part of the comparisons.
            let there: u64 = all.pairs.iter().map(|pair| pair.comparisons).sum();
            for pair in &mut all.pairs {
                let part = pair.comparisons as f64 / there.max(1) as f64;
                pair.comparisons = (planned as f64 * part).round() as u64;
            }
        }
        let measured = labels.and_then(|labels| labels.kappa).filter(|_| given.agreement.is_none());
        all.kappa = match measured {
            Some(kappa) => Assumed::new(kappa.min(MOST), Basis::Labels),
            None => Assumed::new(all.kappa_of_agreement().min(MOST), Basis::Derived),
        };
        Ok(all)
    }

    /// Returns the shares of what people choose, for κ: those of the only pair, else of equally good systems.
    pub(super) fn marginals(&self) -> [f64; 2] {
        let rate = match self.pairs.as_slice() {
            [pair] => pair.win_rate_for_width(),
            _ => WIDEST,
        };
        [1.0 - rate, rate]
    }

    fn kappa_of_agreement(&self) -> f64 {
        let chance: f64 = self.marginals().iter().map(|share| share * share).sum();
        ((self.agreement.value - chance) / (1.0 - chance)).max(-1.0)
    }

    /// Returns the share of the variance of people's scores that the judge's explain: what it saves at most.
    pub(super) fn explained(&self) -> f64 {
        self.correlation.value.max(0.0).powi(2)
    }
}

/// Returns the correlation of the judge's scores with those of people: measured, or what agreement and coverage imply.
fn correlation(
    given: &GivenAssumptions,
    agreement: Assumed<f64>,
    coverage: Assumed<f64>,
    facts: Option<&RunFacts>,
) -> Assumed<f64> {
    let is_given = given.agreement.is_some() || given.coverage.is_some();
    let measured = facts.and_then(|facts| facts.labels.as_ref()?.correlation);
    match measured.filter(|_| !is_given) {
        Some(correlation) => Assumed::new(correlation.min(MOST), Basis::Labels),
        None if coverage.value <= 0.0 => Assumed::new(0.0, Basis::Derived),
        None => {
            let implied = (2.0 * agreement.value - 1.0) / coverage.value.sqrt();
            Assumed::new(implied.clamp(-MOST, MOST), Basis::Derived)
        }
    }
}

fn check(given: &GivenAssumptions) -> Result<()> {
    let inside = |value: f64| value > 0.0 && value < 1.0;
    let wrong = [
        ("coverage", given.coverage.is_some_and(|one| !(one > 0.0 && one <= 1.0))),
        ("agreement", given.agreement.is_some_and(|one| !inside(one))),
        ("win rate", given.win_rate.is_some_and(|one| !inside(one))),
        ("comparisons of an item", given.per_item.is_some_and(|one| !(1.0..1e6).contains(&one))),
        (
            "correlation within an item",
            given.item_correlation.is_some_and(|one| !(0.0..=1.0).contains(&one)),
        ),
    ];
    match wrong.into_iter().find(|(_, is_wrong)| *is_wrong) {
        None => Ok(()),
        Some((name, _)) => Err(Error::usage(format!("the assumed {name} is outside its range"))),
    }
}
