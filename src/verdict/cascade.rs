//! Cascades: a cheap judge is asked about every comparison, a strong one about those that a rule sends to it, and each
//! comparison has the verdict of the judge that decides it.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as DeError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Outcome, Verdict};

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

/// Which judge of a cascade gave a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GivenBy {
    /// The one that is asked about everything.
    Cheap,
    /// The one that is asked about the rest.
    Strong,
}

/// What the cheap judge said of a comparison, as far as a rule looks at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CheapAnswer {
    pub(crate) is_kept: bool,
    /// By how much the likeliest answer leads; `None` if nothing says how likely the answers are.
    pub(crate) margin: Option<f64>,
}

impl GivenBy {
    /// Returns the place of the judge: 0 for the cheap one, 1 for the strong one.
    pub(crate) fn place(self) -> usize {
        match self {
            Self::Cheap => 0,
            Self::Strong => 1,
        }
    }
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

    /// Returns whether which judge decides depends on what the cheap one said, so that both are asked.
    pub fn asks_both(self) -> bool {
        matches!(self, Self::NotKept | Self::Margin { .. })
    }

    /// Returns whether the strong judge decides a comparison.
    pub(crate) fn sends(self, answer: CheapAnswer) -> bool {
        match self {
            Self::CheapAlone => false,
            Self::NotKept => !answer.is_kept,
            Self::Margin { threshold } => {
                !answer.is_kept || answer.margin.is_some_and(|margin| margin < threshold)
            }
            Self::StrongAlone => true,
        }
    }

    /// Returns the judge that decides a comparison, by the verdict of the cheap one and the margin of its distribution,
    /// where it has one. While the cheap judge has not answered, that is the cheap judge.
    pub fn given_by(self, cheap: Verdict, margin: Option<f64>) -> GivenBy {
        if self.asks_cheap() && cheap.outcome == Outcome::Pending {
            return GivenBy::Cheap;
        }
        let answer = CheapAnswer { is_kept: cheap.winner.is_some(), margin };
        if self.sends(answer) { GivenBy::Strong } else { GivenBy::Cheap }
    }

    /// Returns all rules, those that send less first, with a threshold for each of some margins.
    pub(crate) fn all(thresholds: &[f64]) -> Vec<Self> {
        let by_margin = thresholds.iter().map(|threshold| Self::Margin { threshold: *threshold });
        [Self::CheapAlone, Self::NotKept]
            .into_iter()
            .chain(by_margin)
            .chain([Self::StrongAlone])
            .collect()
    }
}

/// In reports, where the threshold is a field of its own.
impl Serialize for CascadeRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// As people write it: `not-kept`, `margin<0.3`.
impl fmt::Display for CascadeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Margin { threshold } => write!(f, "margin<{threshold}"),
            rule => f.write_str(rule.as_str()),
        }
    }
}

/// Reads a rule by which both judges are asked: `not-kept`, or `flipped`, which is the same rule, or `margin<X`.
impl FromStr for CascadeRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let compact: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        if matches!(compact.as_str(), "not-kept" | "flipped") {
            return Ok(Self::NotKept);
        }
        let Some(number) = compact.strip_prefix("margin<") else {
            return Err("expected not-kept or margin<X, such as margin<0.3".to_owned());
        };
        match number.parse::<f64>() {
            Ok(threshold) if threshold > 0.0 && threshold <= 1.0 => Ok(Self::Margin { threshold }),
            _ => Err("the margin must be a number above 0 and at most 1".to_owned()),
        }
    }
}

/// Reads and writes a rule as people write it, for manifests.
pub(crate) mod written {
    use super::{CascadeRule, Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        rule: &CascadeRule,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(rule)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<CascadeRule, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(<D::Error as super::DeError>::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Side;
    use crate::vote::Preference;

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

    #[test]
    fn a_comparison_is_sent_once_the_cheap_judge_has_answered() {
        let rules = [CascadeRule::NotKept, CascadeRule::Margin { threshold: 0.5 }];
        let given_by = |verdict, margin| rules.map(|rule| rule.given_by(verdict, margin));
        for outcome in Outcome::SINGLE {
            let winner = (outcome == Outcome::Kept).then_some(Preference::For(Side::A));
            let wanted = match outcome {
                Outcome::Kept | Outcome::Pending => [GivenBy::Cheap; 2],
                _ => [GivenBy::Strong; 2],
            };
            assert_eq!(given_by(Verdict { outcome, winner }, None), wanted, "{outcome:?}");
        }
        let kept = Verdict { outcome: Outcome::Kept, winner: Some(Preference::Tie) };
        assert_eq!(given_by(kept, Some(0.4)), [GivenBy::Cheap, GivenBy::Strong]);
        assert_eq!(given_by(kept, Some(0.5)), [GivenBy::Cheap, GivenBy::Cheap]);
    }

    #[test]
    fn a_rule_is_read_as_it_is_written() {
        for (text, rule) in [
            ("not-kept", CascadeRule::NotKept),
            ("flipped", CascadeRule::NotKept),
            ("margin<0.3", CascadeRule::Margin { threshold: 0.3 }),
            ("margin < 1", CascadeRule::Margin { threshold: 1.0 }),
        ] {
            assert_eq!(text.parse(), Ok(rule));
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
        for text in [
            "",
            "margin",
            "margin<",
            "margin<0",
            "margin<-1",
            "margin<1.1",
            "margin<NaN",
            "margin>0.3",
            "split",
        ] {
            text.parse::<CascadeRule>().unwrap_err();
        }
    }
}
