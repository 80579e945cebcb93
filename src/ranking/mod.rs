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
//! RunFile ─verdicts→ JudgedComparisons ┬─pairs→ PairResult
//!                                   └─contests→ Contest ┬─strengths→ StrengthOrder, Strengths
//!                                                       ├─ranks→ rank ranges, by resampling items
//!                                                       ├─leader→ reversals
//!                                                       └─adjusted→ order, length, ties, probabilities
//! ```
//!
//! Grades of single responses become comparisons in [`rank_grades`]: the higher one wins. What is lost by that is
//! measured against verdicts and labels of the same comparisons ([`GradesLoss`]).
//!
//! Intervals are clustered by item: all comparisons of an item are one observation, whoever judged them.

mod adjusted;
mod components;
mod differences;
mod grades;
mod joining;
mod leader;
mod loss;
mod pairs;
mod rank;
mod ranks;
mod reader;
mod results;
mod strengths;
mod triples;
mod verdicts;
mod votes;
mod warnings;

pub use loss::{DecidedComparisons, GradesLoss};
pub use rank::{LossOptions, RankOptions, rank, rank_grades};
pub use results::{
    AdjustedStrengths, ComparisonCounts, Intransitive, Leader, PairDifference, PairResult,
    RankRange, RankedBy, RankedJudge, RankedSystem, Ranking, SystemStrength,
};
