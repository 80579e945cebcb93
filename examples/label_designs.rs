//! Shows which comparisons are worth labelling: `cargo run --release --example label_designs`.
//!
//! It simulates people who compare two systems, and judges of several qualities that judge 1,000 comparisons in both
//! orders. 100 of these are drawn for labelling: at random, by outcome, or by uncertainty. For the win rate corrected
//! with the labels, the tables have how many of the 95 % intervals contain the rate at which people prefer the system,
//! and how wide they are on average. Doubt, draw and correction are those of `evenhand sample` and `calibrate`.
//!
//! A comparison has a gap between the systems, drawn from a normal distribution. People prefer the better one with a
//! probability that grows with the gap, sharply in one table, less so in the other. A judge sees the gap with an error
//! of its own, which it does not know of; in each order it has a probability for either response, moved towards the one
//! that is shown first.
//!
//! The numbers of simulated runs and of labels may be given as arguments.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use evenhand::calibration::{doubt, draw_by_doubt};
use evenhand::stats::{Labelled, VerdictStratum, corrected_win_rate};
use evenhand::trial::{Order, Side};
use evenhand::verdict::{Ballot, WeightedBallot, majority, verdict_of_repeats};
use evenhand::vote::{Preference, Vote};
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Distribution as _, StandardNormal};
use rand_pcg::Pcg64;
use rayon::prelude::*;

const COMPARISONS: usize = 1000;
/// Of the gaps between the systems: the mean; the spread is 1.
const MEAN_GAP: f64 = 0.3;
/// How sharply people tell the systems apart, in either table.
const PEOPLE: [f64; 2] = [3.0, 12.0];

/// What a reply of a judge has.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Replies {
    /// A vote, drawn by the judge's probability.
    Votes,
    /// The same, in each order so many times.
    Repeats(usize),
    /// The likelier vote, with the judge's probability.
    Probabilities,
    /// A vote, drawn by the judge's probability, with a probability that is drawn from ½ to 1 whatever was seen.
    Noise,
}

#[derive(Debug, Clone, Copy)]
struct SimulatedJudge {
    name: &'static str,
    /// How sharply it tells apart what it sees.
    slope: f64,
    /// The spread of the error with which it sees the gap.
    error: f64,
    /// By how much it prefers the response that is shown first.
    pull: f64,
    replies: Replies,
}

const JUDGES: [SimulatedJudge; 9] = [
    judge("good, votes", 6.0, 0.2, 0.5, Replies::Votes),
    judge("good, probabilities", 6.0, 0.2, 0.5, Replies::Probabilities),
    judge("fair, votes", 3.0, 0.7, 1.0, Replies::Votes),
    judge("fair, five repeats", 3.0, 0.7, 1.0, Replies::Repeats(5)),
    judge("fair, probabilities", 3.0, 0.7, 1.0, Replies::Probabilities),
    judge("fair, probabilities of noise", 3.0, 0.7, 1.0, Replies::Noise),
    judge("sure and often wrong", 8.0, 1.5, 0.5, Replies::Probabilities),
    judge("follows the order", 1.0, 0.7, 4.0, Replies::Votes),
    judge("coin", 0.0, 0.0, 0.0, Replies::Votes),
];

const fn judge(
    name: &'static str,
    slope: f64,
    error: f64,
    pull: f64,
    replies: Replies,
) -> SimulatedJudge {
    SimulatedJudge { name, slope, error, pull, replies }
}

/// How comparisons are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Design {
    Random,
    Outcome,
    Uncertainty,
}

const DESIGNS: [Design; 3] = [Design::Random, Design::Outcome, Design::Uncertainty];

/// A judged comparison.
#[derive(Debug, Clone, Copy)]
struct Compared {
    /// What people say: 1 if they prefer side B.
    people: f64,
    /// What the judge says, averaged over both orders.
    score: f64,
    winner: Option<Preference>,
    doubt: f64,
    /// The share of the replies that say what people say.
    agreement: f64,
}

fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

impl SimulatedJudge {
    fn compare(&self, sharpness: f64, random: &mut Pcg64) -> Compared {
        let gap = MEAN_GAP + normal(random);
        let people = f64::from(random.random_bool(logistic(sharpness * gap)));
        let seen = gap + self.error * normal(random);
        let orders = Order::BOTH.map(|order| {
            let towards_b = if order.first() == Side::B { self.pull } else { -self.pull };
            let b = logistic(self.slope * seen + towards_b);
            self.replies(order, b, random)
        });
        let ballots = orders
            .each_ref()
            .map(|order| order.iter().map(|(ballot, _)| *ballot).collect::<Vec<Ballot>>());
        let worth = |at: usize| match majority(&ballots[at]) {
            Ballot::Cast(vote) => vote.under(Order::BOTH[at]).worth(Side::B),
            _ => 0.5,
        };
        let score = f64::midpoint(worth(0), worth(1));
        Compared {
            people,
            score,
            winner: verdict_of_repeats(&ballots[0], &ballots[1]).winner,
            doubt: doubt(&[[&orders[0], &orders[1]]]).unwrap_or(1.0),
            agreement: 1.0 - (people - score).abs(),
        }
    }

    /// Returns the replies in one order to a comparison of which side B is the better one with probability `b`.
    fn replies(&self, order: Order, b: f64, random: &mut Pcg64) -> Vec<WeightedBallot> {
        let of_first = if order.first() == Side::B { b } else { 1.0 - b };
        let vote = |first: bool| Ballot::Cast(if first { Vote::First } else { Vote::Second });
        match self.replies {
            Replies::Votes => vec![(vote(random.random_bool(of_first)), None)],
            Replies::Repeats(n) => {
                (0..n).map(|_| (vote(random.random_bool(of_first)), None)).collect()
            }
            Replies::Probabilities => vec![(vote(of_first >= 0.5), Some(of_first))],
            Replies::Noise => {
                let first = random.random_bool(of_first);
                let sure = random.random_range(0.5..1.0);
                vec![(vote(first), Some(if first { sure } else { 1.0 - sure }))]
            }
        }
    }
}

fn normal(random: &mut Pcg64) -> f64 {
    StandardNormal.sample(random)
}

/// Returns the mean over all gaps of something about the probability that people prefer side B, by the rule of Simpson.
fn mean_over_gaps(sharpness: f64, of: impl Fn(f64) -> f64) -> f64 {
    let (steps, from, width) = (4000, MEAN_GAP - 10.0, 20.0);
    let height = |at: i32| {
        let gap = from + width * f64::from(at) / f64::from(steps);
        of(logistic(sharpness * gap)) * (-(gap - MEAN_GAP).powi(2) / 2.0).exp()
    };
    let weight = |at: i32| match at {
        0 => 1.0,
        at if at == steps => 1.0,
        at if at % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let sum: f64 = (0..=steps).map(|at| weight(at) * height(at)).sum();
    sum * width / f64::from(steps) / 3.0 / std::f64::consts::TAU.sqrt()
}

/// Draws comparisons, which stand in random order; returns their places and probabilities.
fn draw(compared: &[Compared], n: usize, design: Design, random: &mut Pcg64) -> Vec<(usize, f64)> {
    match design {
        Design::Random => (0..n).map(|at| (at, n as f64 / compared.len() as f64)).collect(),
        Design::Uncertainty => {
            let doubts: Vec<f64> = compared.iter().map(|one| one.doubt).collect();
            draw_by_doubt(&doubts, n, random.random_range(0.0..1.0)).unwrap_or_default()
        }
        // Three for each kept comparison to five for each other one.
        Design::Outcome => {
            let is_kept = |at: &usize| compared[*at].winner.is_some();
            let (kept, other): (Vec<usize>, Vec<usize>) = (0..compared.len()).partition(is_kept);
            let [of_kept, of_other] = [3.0 * kept.len() as f64, 5.0 * other.len() as f64];
            let take = (n as f64 * of_kept / (of_kept + of_other)).round() as usize;
            let take = take.clamp(n.saturating_sub(other.len()), kept.len());
            let some = |places: &[usize], take: usize| {
                let probability = take as f64 / places.len().max(1) as f64;
                places.iter().take(take).map(|at| (*at, probability)).collect::<Vec<_>>()
            };
            [some(&kept, take), some(&other, n - take)].concat()
        }
    }
}

/// Returns the stratum of a comparison: kept for A, for B, not kept.
fn stratum(one: &Compared) -> usize {
    match one.winner {
        Some(Preference::For(Side::A)) => 0,
        Some(_) => 1,
        None => 2,
    }
}

/// Returns the interval of the win rate of side B, corrected with the labels of a draw.
fn interval(compared: &[Compared], drawn: &[(usize, f64)]) -> Option<[f64; 2]> {
    let mut strata: [VerdictStratum; 3] = Default::default();
    let mut is_drawn = vec![false; compared.len()];
    for (at, probability) in drawn {
        let Compared { people, score, .. } = compared[*at];
        is_drawn[*at] = true;
        let label = Labelled { human: people, judge: score, weight: 1.0 / probability };
        strata[stratum(&compared[*at])].labelled.push(label);
    }
    for (one, _) in compared.iter().zip(is_drawn).filter(|(_, is_drawn)| !is_drawn) {
        strata[stratum(one)].unlabelled.push(one.score).ok()?;
    }
    let (_, interval) = corrected_win_rate(&strata)?;
    interval.map(|interval| [interval.low, interval.high])
}

/// How the intervals of one judge and one design did.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    covered: f64,
    width: f64,
}

/// A judge that has judged once.
#[derive(Debug, Clone, Copy)]
struct SimulatedRun {
    /// The share of its replies that agree with people.
    agreement: f64,
    /// By design.
    found: [Found; 3],
}

/// Simulates a judge so many times; returns the share of its replies that agree with people, and each design.
fn simulate(
    judge: &SimulatedJudge,
    sharpness: f64,
    labels: usize,
    repetitions: u64,
) -> (f64, [Found; 3]) {
    let rate = mean_over_gaps(sharpness, |prefers| prefers);
    let one = |repetition: u64| {
        let mut random = Pcg64::seed_from_u64(repetition);
        let mut compared: Vec<Compared> =
            (0..COMPARISONS).map(|_| judge.compare(sharpness, &mut random)).collect();
        compared.shuffle(&mut random);
        let agreement = compared.iter().map(|one| one.agreement).sum::<f64>() / COMPARISONS as f64;
        let found = DESIGNS.map(|design| {
            let drawn = draw(&compared, labels, design, &mut random);
            let [low, high] = interval(&compared, &drawn).unwrap_or([0.0, 1.0]);
            Found { covered: f64::from(low <= rate && rate <= high), width: high - low }
        });
        SimulatedRun { agreement, found }
    };
    let all: Vec<SimulatedRun> = (0..repetitions).into_par_iter().map(one).collect();
    let mean =
        |of: &dyn Fn(&SimulatedRun) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    let found = [0, 1, 2].map(|design| Found {
        covered: mean(&|run| run.found[design].covered),
        width: mean(&|run| run.found[design].width),
    });
    (mean(&|run| run.agreement), found)
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let repetitions = arguments.next().and_then(Result::ok).unwrap_or(4000);
    let labels = arguments.next().and_then(Result::ok).unwrap_or(100) as usize;
    println!("{labels} labels of {COMPARISONS} comparisons, {repetitions} simulated runs");
    for sharpness in PEOPLE {
        let same = mean_over_gaps(sharpness, |prefers| prefers.powi(2) + (1.0 - prefers).powi(2));
        println!("\ntwo people agree in {:.1} % of comparisons", same * 100.0);
        println!("{:<38}{:>22}{:>21}", "", "covered", "mean width");
        println!(
            "{:<28}{:>10}{:>9}{:>7}{:>7}{:>9}{:>6}{:>6}",
            "judge", "agreement", "random", "outc.", "unc.", "random", "outc.", "unc."
        );
        for judge in &JUDGES {
            let (agreement, [random, outcome, uncertainty]) =
                simulate(judge, sharpness, labels, repetitions);
            let share = |found: Found| format!("{:.1} %", found.covered * 100.0);
            println!(
                "{:<28}{:>8.1} %{:>9}{:>7}{:>7}{:>9.3}{:>6.3}{:>6.3}",
                judge.name,
                agreement * 100.0,
                share(random),
                share(outcome),
                share(uncertainty),
                random.width,
                outcome.width,
                uncertainty.width
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPETITIONS: u64 = 200;

    fn found(name: &str, sharpness: f64) -> [Found; 3] {
        let judge = JUDGES.iter().find(|judge| judge.name == name).unwrap();
        simulate(judge, sharpness, 100, REPETITIONS).1
    }

    #[test]
    fn every_design_covers_and_one_by_uncertainty_is_narrower_where_probabilities_tell_something() {
        // 95 % minus three standard errors of 200 runs is 90.4 %.
        let check = |name: &str, sharpness: f64| {
            let found = found(name, sharpness);
            for (found, design) in found.iter().zip(DESIGNS) {
                assert!(found.covered >= 0.904, "{name} {design:?}: {found:?}");
            }
            found[2].width / found[0].width
        };
        // The widths of 4,000 runs are within a hundredth of these.
        let informative = check("good, probabilities", PEOPLE[1]);
        assert!(informative < 0.94, "{informative}");
        let noise = check("fair, probabilities of noise", PEOPLE[0]);
        assert!((0.98..1.04).contains(&noise), "{noise}");
        let coin = check("coin", PEOPLE[0]);
        assert!((0.99..1.05).contains(&coin), "{coin}");
    }
}
