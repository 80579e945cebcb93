//! Several systems in order: strengths, win rates and ranks by the verdicts of one or more runs.
//!
//! Every judge of every run counts by itself: a comparison that two judges were asked about is two observations, of
//! one item. Runs are joined by the ids of their items, whose prompts and responses must be equal, and no comparison
//! may be judged twice by one judge.
//!
//! Two kinds of numbers stand side by side and are never mixed:
//!
//! - **Decided comparisons** have one result: a win, a loss or a tie. They are the kept verdicts, and the votes of
//!   comparisons that were asked in one order only, which keep nothing by definition and are counted apart
//!   ([`PairResult::one_order`]). [`PairResult::win_rate`] is about them alone. Comparisons whose orders contradict
//!   each other ([`PairResult::inconsistent`]) are not among them, so it is conditional on consistency.
//! - **All votes**: each comparison with any readable vote counts once, with the mean of its orders; what an order that
//!   was not asked, failed or cannot be read would have said is left out. A flip is one half by that, not a tie.
//!   [`PairResult::all_votes`] and all strengths are about these, since they are free of that selection. Soft
//!   numbers are the same with probabilities in place of votes.
//!
//! ```text
//! RunFile ─votes→ JudgedComparisons ┬─pairs→ PairResult
//!                                   └─contests→ Contest ┬─strengths→ StrengthOrder, Strengths
//!                                                       ├─ranks→ rank ranges, by resampling items
//!                                                       ├─leader→ reversals
//!                                                       └─adjusted→ order, length, ties, probabilities
//! ```
//!
//! Intervals are clustered by item: all comparisons of an item are one observation, whoever judged them.

mod adjusted;
mod components;
mod differences;
mod joining;
mod leader;
mod pairs;
mod rank;
mod ranks;
mod results;
mod strengths;
mod triples;
mod votes;
mod warnings;

pub use rank::{RankOptions, rank};
pub use results::{
    AdjustedStrengths, ComparisonCounts, Intransitive, Leader, PairDifference, PairResult,
    RankRange, RankedJudge, RankedSystem, Ranking, SystemStrength,
};
