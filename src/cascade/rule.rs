//! Which comparisons the strong judge decides.

use serde::{Serialize, Serializer};

/// The most thresholds that are tried.
const MOST_THRESHOLDS: usize = 20;

/// Which comparisons the strong judge decides; the cheap one decides the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CascadeRule {
    /// None: the strong judge is not asked.
    CheapAlone,
    /// Those that the cheap judge did not keep.
    NotKept,
    /// Those that the cheap judge did not keep, or kept with a margin below a threshold.
    Margin {
        /// The least margin with which a verdict of the cheap judge stays, above 0 and at most 1.
        threshold: f64,
    },
    /// All: the cheap judge is not asked.
    StrongAlone,
}

/// What the cheap judge said of a comparison, as far as a rule looks at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CheapAnswer {
    pub(super) is_kept: bool,
    /// By how much the likeliest answer leads; `None` if nothing says how likely the answers are.
    pub(super) margin: Option<f64>,
}

impl CascadeRule {
    /// Returns the word for it in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CheapAlone => "cheap-alone",
            Self::NotKept => "not-kept",
            Self::Margin { .. } => "margin",
            Self::StrongAlone => "strong-alone",
        }
    }

    /// Returns the threshold; `None` for a rule without one.
    pub fn threshold(self) -> Option<f64> {
        match self {
            Self::Margin { threshold } => Some(threshold),
            _ => None,
        }
    }

    /// Returns whether the cheap judge is asked about every comparison.
    pub fn asks_cheap(self) -> bool {
        self != Self::StrongAlone
    }

    /// Returns whether the strong judge decides a comparison.
    pub(super) fn sends(self, answer: CheapAnswer) -> bool {
        match self {
            Self::CheapAlone => false,
            Self::NotKept => !answer.is_kept,
            Self::Margin { threshold } => {
                !answer.is_kept || answer.margin.is_some_and(|margin| margin < threshold)
            }
            Self::StrongAlone => true,
        }
    }

    /// Returns all rules, those that send less first, with a threshold for each of some margins.
    pub(super) fn all(thresholds: &[f64]) -> Vec<Self> {
        let by_margin = thresholds.iter().map(|threshold| Self::Margin { threshold: *threshold });
        [Self::CheapAlone, Self::NotKept]
            .into_iter()
            .chain(by_margin)
            .chain([Self::StrongAlone])
            .collect()
    }
}

impl Serialize for CascadeRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Returns the thresholds that send different comparisons, ascending: the distinct margins of kept verdicts without the
/// smallest, below which no verdict is. Of more than [`MOST_THRESHOLDS`] as many are left, evenly from the first to the
/// last. Also returns how many there were.
pub(super) fn thresholds(margins: impl Iterator<Item = f64>) -> (Vec<f64>, u64) {
    let mut distinct: Vec<f64> = margins.collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let all = distinct.get(1..).unwrap_or_default();
    let last = all.len().saturating_sub(1);
    let kept = all.len().min(MOST_THRESHOLDS);
    let place = |at: usize| if kept > 1 { (at * last + (kept - 1) / 2) / (kept - 1) } else { 0 };
    ((0..kept).map(|at| all[place(at)]).collect(), all.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::{CascadeRule, CheapAnswer, thresholds};

    #[test]
    fn thresholds_are_the_distinct_margins_but_the_smallest() {
        assert_eq!(thresholds([].into_iter()), (vec![], 0));
        assert_eq!(thresholds([0.5, 0.5].into_iter()), (vec![], 0));
        assert_eq!(thresholds([0.6, 0.2, 1.0, 0.2].into_iter()), (vec![0.6, 1.0], 2));
        let many = |n: u32| thresholds((0..=n).map(|at| f64::from(at) / f64::from(n)));
        let (few, all) = many(20);
        assert_eq!((few.len(), all), (20, 20));
        let (some, all) = many(1000);
        assert_eq!((some.len(), all), (20, 1000));
        assert_eq!((some.first(), some.last()), (Some(&0.001), Some(&1.0)));
        assert!(some.is_sorted_by(|one, other| one < other), "{some:?}");
        let (some, _) = many(21);
        assert!(some.is_sorted_by(|one, other| one < other), "{some:?}");
    }

    #[test]
    fn a_rule_sends_what_was_not_kept_and_what_was_kept_by_too_little() {
        let answer = |is_kept, margin| CheapAnswer { is_kept, margin };
        let rules = CascadeRule::all(&[0.4]);
        let sent = |answer| rules.iter().map(|rule| rule.sends(answer)).collect::<Vec<_>>();
        assert_eq!(sent(answer(true, Some(0.4))), [false, false, false, true]);
        assert_eq!(sent(answer(true, Some(0.2))), [false, false, true, true]);
        assert_eq!(sent(answer(true, None)), [false, false, false, true]);
        assert_eq!(sent(answer(false, Some(0.9))), [false, true, true, true]);
        assert_eq!(sent(answer(false, None)), [false, true, true, true]);
    }
}
