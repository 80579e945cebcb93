//! How far the judge's score of a comparison may be from what people would say: the size by which comparisons are
//! drawn for labelling by uncertainty.
//!
//! Labels correct the win rate by what is left of them after the judge's score, `Y − f`, with `Y` = 1, ½ or 0 as people
//! prefer one system, neither or the other, and `f` the judge's score, averaged over both orders. The variance of the
//! correction is least if a comparison is drawn with a probability in proportion to `√E[(Y − f)²]`, given all that is
//! known of it before it is labelled. The expectation is estimated from what the judge's answers say, as they are:
//!
//! 1. A **reply** says how likely each answer is: its probabilities where it has some, else its vote. A tie leaves half
//!    of the probability to the two systems, since people decide where a judge sees no difference; a reply that cannot
//!    be read says nothing, which is one half for each system.
//! 2. The mean over the **repeats** of an order, then over both **orders**, then over the **judges** that answered both:
//!    repeats or orders that disagree take probability from each other, as does a probability near one half.
//! 3. **No judge is as sure as it says**: a fifth of the probability is divided equally between the two systems, so that
//!    a verdict that all replies agree on is taken to be wrong one time in ten.
//! 4. With the probabilities `p` of the answers, `E[(Y − f)²] = p_A·(1 − f)² + p_tie·(½ − f)² + p_B·f²`.
//!
//! So a kept verdict with one reply in each order has the size 0.32, a kept tie 0.39, a split 0.40, a comparison with a
//! vote in one order alone 0.46, and a flipped one 0.50; probabilities and repeats lie between and above these. A kept
//! verdict whose probabilities are near one half has more than a flipped one, since its score is further from what
//! people may say.
//!
//! If the answers say nothing about where people and judge differ, all of this costs some precision and no validity:
//! the probabilities of the draw are known whatever they were made of.
//!
//! # References
//!
//! Zrnic, T. and Candès, E. J. (2024). Active statistical inference. arXiv 2403.03208. Gligorić, K., Zrnic, T., Lee, C.,
//! Candès, E. J. and Jurafsky, D. (2025). Can unconfident LLM annotations be used for confident conclusions? NAACL.

use crate::error::{Error, Result};
use crate::stats::{inclusion_probabilities, systematic_draw};
use crate::trial::{Order, Side};
use crate::verdict::{Ballot, OrderAveraged, WeightedBallot, majority};
use crate::vote::{Preference, Vote};

/// The part of the probability that is taken from what the judge says and given to both systems equally.
const DISTRUST: f64 = 0.2;
/// What a tie leaves to each of the two systems.
const OF_TIE: f64 = 0.25;
/// The part of a draw in which all comparisons are equally likely: no label weighs more than ten times what it does in
/// a draw at random.
const FLOOR: f64 = 0.1;
/// The step to which the doubt about a comparison is rounded. Comparisons with the same doubt keep their order, which is
/// random, and the probability in the label file tells less about the judge's answer.
const STEP: f64 = 0.01;

/// How likely people prefer one system, the other, or neither.
#[derive(Debug, Clone, Copy, Default)]
struct Belief {
    a: f64,
    b: f64,
    tie: f64,
}

impl Belief {
    const NONE: Self = Self { a: 0.5, b: 0.5, tie: 0.0 };

    /// Returns what a reply says under an order.
    fn of_reply((ballot, probability): WeightedBallot, order: Order) -> Self {
        let Ballot::Cast(vote) = ballot else { return Self::NONE };
        if let Some(of_first) = probability {
            return match order.first() {
                Side::A => Self { a: of_first, b: 1.0 - of_first, tie: 0.0 },
                Side::B => Self { a: 1.0 - of_first, b: of_first, tie: 0.0 },
            };
        }
        match Vote::under(vote, order) {
            Preference::For(Side::A) => Self { a: 1.0, b: 0.0, tie: 0.0 },
            Preference::For(Side::B) => Self { a: 0.0, b: 1.0, tie: 0.0 },
            Preference::Tie => Self { a: OF_TIE, b: OF_TIE, tie: 1.0 - 2.0 * OF_TIE },
        }
    }

    /// Returns the mean of some; nothing known without any.
    fn mean(all: impl Iterator<Item = Self>) -> Self {
        let (mut sum, mut n) = (Self::default(), 0.0);
        for one in all {
            sum = Self { a: sum.a + one.a, b: sum.b + one.b, tie: sum.tie + one.tie };
            n += 1.0;
        }
        if n > 0.0 { Self { a: sum.a / n, b: sum.b / n, tie: sum.tie / n } } else { Self::NONE }
    }

    /// Returns the belief of someone who trusts the judge less than it trusts itself.
    fn distrusted(self) -> Self {
        let (kept, given) = (1.0 - DISTRUST, DISTRUST / 2.0);
        Self { a: kept * self.a + given, b: kept * self.b + given, tie: kept * self.tie }
    }

    /// Returns the expected squared distance of people's score from a judge's, both for side A.
    fn squared_distance(self, judge: f64) -> f64 {
        self.a * (1.0 - judge).powi(2) + self.tie * (0.5 - judge).powi(2) + self.b * judge.powi(2)
    }
}

/// Returns how far the score of a comparison may be from what people would say: an estimate of `√E[(Y − f)²]`, from
/// above 0 to 1. `None` unless some judge has answered both orders.
///
/// Each judge has the replies of both orders with their repeats, those with side A first before the others.
///
/// # Examples
///
/// ```
/// use evenhand::calibration::doubt;
/// use evenhand::verdict::Ballot;
/// use evenhand::vote::Vote;
///
/// let [first, second] = [Vote::First, Vote::Second].map(|vote| [(Ballot::Cast(vote), None)]);
/// let kept = doubt(&[[&first, &second]]).unwrap();
/// let flipped = doubt(&[[&first, &first]]).unwrap();
/// assert!((kept - 0.1_f64.sqrt()).abs() < 1e-12 && (flipped - 0.5).abs() < 1e-12);
/// ```
pub fn doubt(judges: &[[&[WeightedBallot]; 2]]) -> Option<f64> {
    let ballots = |order: &[WeightedBallot]| -> Vec<Ballot> {
        order.iter().map(|(ballot, _)| *ballot).collect()
    };
    let scored = judges.iter().filter_map(|orders| {
        let found = orders.map(|order| majority(&ballots(order)));
        OrderAveraged::of(found, Side::A).map(|score| (orders, score))
    });
    let scored: Vec<_> = scored.collect();
    let judge = OrderAveraged::mean(scored.iter().map(|(_, score)| *score))?.score;
    let of_order = |(order, replies): (Order, &[WeightedBallot])| {
        Belief::mean(replies.iter().map(|reply| Belief::of_reply(*reply, order)))
    };
    let of_judge = |orders: &[&[WeightedBallot]; 2]| {
        Belief::mean(Order::BOTH.into_iter().zip(orders.iter().copied()).map(of_order))
    };
    let belief = Belief::mean(scored.iter().map(|(orders, _)| of_judge(orders)));
    Some(belief.distrusted().squared_distance(judge).sqrt())
}

/// Draws `n` of some comparisons in proportion to the [`doubt`] about each, or all if there are fewer; returns the place
/// of each drawn one with its probability. Nine tenths of the probability are in proportion to the doubt, one tenth is
/// equal.
///
/// The comparisons must be in random order, and `start` be drawn uniformly from `[0, 1)`. The draw is systematic
/// ([`systematic_draw`]), over the comparisons in the order of their doubt and in the given order where it is the same.
/// That keeps each probability exact and the number of labels fixed. It also spreads the sample over all degrees of
/// doubt, so that the inverse probabilities add up to the number of comparisons, which
/// [`calibrate`](super::calibrate) checks. An even spread takes variance away from the correction as a rule, as strata do;
/// the standard error of the corrected win rate, which is that of independent draws, does not count on it.
///
/// # Errors
///
/// A doubt is negative or not finite, or `start` is not in `[0, 1)`.
pub fn draw_by_doubt(doubts: &[f64], n: usize, start: f64) -> Result<Vec<(usize, f64)>> {
    let size = |doubt: f64| (doubt / STEP).round().max(1.0);
    let mut ordered: Vec<usize> = (0..doubts.len()).collect();
    ordered.sort_by(|one, other| size(doubts[*one]).total_cmp(&size(doubts[*other])));
    let sizes: Vec<f64> = ordered.iter().map(|at| size(doubts[*at])).collect();
    let invalid = |error| Error::usage(format!("draw by doubt: {error}"));
    let probabilities = inclusion_probabilities(&sizes, n, FLOOR).map_err(invalid)?;
    let places = systematic_draw(&probabilities, start).map_err(invalid)?;
    Ok(places.into_iter().map(|place| (ordered[place], probabilities[place])).collect())
}
