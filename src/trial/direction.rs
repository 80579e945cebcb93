//! Which system of a pair a win rate is about.

use super::Side;

/// Decides of which system of a pair the wins are counted: the newer one, as far as that is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Direction<'a> {
    /// The system that all others are compared with; the wins of the others are counted.
    pub baseline: Option<&'a str>,
    /// Systems in the order in which they were listed. Of two, the wins of the later one are counted; a system
    /// that is not listed is earlier than all that are.
    pub listed: &'a [String],
}

impl Direction<'_> {
    /// Returns the side whose wins are counted: the one that is not the baseline, else the one listed later, else
    /// the one whose name is later in byte order.
    pub fn counted(&self, between: &[String; 2]) -> Side {
        if let Some(baseline) = self.baseline {
            if between[1] == baseline {
                return Side::A;
            }
            if between[0] == baseline {
                return Side::B;
            }
        }
        let [a, b] =
            [0, 1].map(|at: usize| self.listed.iter().rposition(|name| *name == between[at]));
        if a > b { Side::A } else { Side::B }
    }
}
