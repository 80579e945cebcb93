//! The simple rules against which a judge is compared.

use serde::Serialize;

/// A simple rule that a judge must beat; choosing at random is not one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TrivialJudge {
    /// The longer response wins.
    Longer,
    /// The response shown first wins.
    First,
    /// The response that is more similar to the reference wins.
    Lexical,
}

impl TrivialJudge {
    /// Every trivial judge, in the order of reports.
    pub(crate) const ALL: [Self; 3] = [Self::Longer, Self::First, Self::Lexical];

    /// Returns its name, without `builtin:`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Longer => "longer",
            Self::First => "first",
            Self::Lexical => "lexical",
        }
    }

    /// Returns its rule in words.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Longer => "the longer response wins",
            Self::First => "the first position wins",
            Self::Lexical => "the response nearer to the reference wins",
        }
    }

    /// Returns whether this is the name under which it judges runs: `builtin:longer` and so on.
    pub(super) fn is_named(self, judge: &str) -> bool {
        judge.strip_prefix("builtin:") == Some(self.as_str())
    }
}
