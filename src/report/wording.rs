//! The words in which a report refers to what its caller offers, such as flags and commands.

use super::quantities::counted;
use crate::error::Warning;

/// The label of the order-averaged win rate whose interval covers unreadable replies.
pub(super) const UNREADABLE_EITHER_WAY: &str = "unreadable either way";
/// What that row means.
pub(super) const HAD_THEY_BEEN_READ: &str = "had they been readable";

/// The label of the win rate where asking ended when it was decided.
pub(super) const AT_EVERY_LOOK: &str = "at every look";
/// What that row means.
pub(super) const WHENEVER_ENDED: &str = "whenever asking ends";

/// The label of the win rate by votes of comparisons that were asked in one order only.
pub(super) const ONE_ORDER: &str = "one order only";
/// What that row means.
pub(super) const UNCONFIRMED: &str = "unconfirmed votes";

/// Returns that replies are in no number about positions, if nobody knows the order of some.
pub(super) fn order_unknown(replies: u64) -> Option<String> {
    let (are, they, were) =
        if replies == 1 { ("is", "it", "was") } else { ("are", "they", "were") };
    (replies > 0).then(|| {
        format!(
            "{} {are} in no number about positions: nobody knows which response was shown first when {they} {were} given.",
            counted(replies, "readable reply")
        )
    })
}

/// Returns what a win rate over kept verdicts is about.
pub(super) fn kept_condition(is_jury: bool) -> &'static str {
    if is_jury { "if most judges agree" } else { "if both orders agree" }
}

/// The words in which a report refers to what its caller offers, such as flags and commands.
///
/// The default is in terms of this library; set the fields of [`Wording::default`] to name the flags of a
/// program.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Wording {
    /// What stands before the names of output formats, as in "format json or csv".
    pub format: &'static str,
    /// What follows "at most 3 metrics", such as a flag in parentheses.
    pub metrics: &'static str,
    /// The sentence that recommends labels if the metrics disagree.
    pub labels: &'static str,
    /// The last line of a short report, which says how to see all numbers; empty for none.
    pub full: &'static str,
    /// Returns how to do what a warning recommends, such as a flag; it is added in parentheses.
    pub remedy: fn(&Warning) -> Option<&'static str>,
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            format: "format",
            metrics: "",
            labels: "Labels of people show which metric to trust.",
            full: "",
            remedy: |_| None,
        }
    }
}

impl Wording {
    /// Returns a warning that also says how to do what it recommends.
    pub fn apply(&self, warning: &Warning) -> Warning {
        match (self.remedy)(warning) {
            Some(remedy) => {
                let message = format!("{} ({remedy})", warning.message);
                Warning { message, ..warning.clone() }
            }
            None => warning.clone(),
        }
    }
}
