//! The mean distribution of both orders, its margin, and verdicts by the margin: tables worked out by hand.

use evenhand::trial::Side;
use evenhand::verdict::{
    Ballot, DecisionRule, Distribution, Outcome, Verdict, WeightedBallot, verdict_of_repeats,
};
use evenhand::vote::{Preference, Vote};
use proptest::prelude::*;

const A: Preference = Preference::For(Side::A);
const B: Preference = Preference::For(Side::B);

/// Ballots by letters: 1 first, 2 second, T tie, U unreadable, F failed, P pending.
fn votes(letters: &str) -> Vec<WeightedBallot> {
    let ballot = |letter| match letter {
        '1' => Ballot::Cast(Vote::First),
        '2' => Ballot::Cast(Vote::Second),
        'T' => Ballot::Cast(Vote::Tie),
        'U' => Ballot::Unreadable,
        'F' => Ballot::Failed,
        'P' => Ballot::Pending,
        _ => panic!("{letter}"),
    };
    letters.chars().map(|letter| (ballot(letter), None)).collect()
}

/// Readable replies that gave these probabilities to the response shown first.
fn probable(of_first: &[f64]) -> Vec<WeightedBallot> {
    let ballot = |of_first: &f64| {
        let vote = if *of_first >= 0.5 { Vote::First } else { Vote::Second };
        (Ballot::Cast(vote), Some(*of_first))
    };
    of_first.iter().map(ballot).collect()
}

#[track_caller]
fn assert_mean(a_first: &[WeightedBallot], b_first: &[WeightedBallot], expected: [f64; 3]) {
    let mean = Distribution::of_orders(a_first, b_first).unwrap();
    for (found, expected) in [mean.a, mean.b, mean.tie].into_iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{mean:?}, expected {expected:?}");
    }
}

#[test]
fn probabilities_are_averaged_over_both_orders_by_system() {
    // Shown first, A has 0.9; shown second it has 0.4, since B has 0.6 then: 0.65 on average.
    assert_mean(&probable(&[0.9]), &probable(&[0.6]), [0.65, 0.35, 0.0]);
    // A judge that follows the position alone prefers nothing.
    assert_mean(&probable(&[0.8]), &probable(&[0.8]), [0.5, 0.5, 0.0]);
    // Repeats are averaged within their order first.
    assert_mean(&probable(&[0.9, 0.7]), &probable(&[0.1, 0.3]), [0.8, 0.2, 0.0]);
}

#[test]
fn repeats_give_the_shares_of_their_readable_votes() {
    assert_mean(&votes("1112"), &votes("2222"), [0.875, 0.125, 0.0]);
    assert_mean(&votes("1TT"), &votes("2T1"), [1.0 / 3.0, 1.0 / 6.0, 0.5]);
    assert_mean(&votes("1UU"), &votes("112"), [2.0 / 3.0, 1.0 / 3.0, 0.0]);
    // A repeat without probabilities counts with all of its vote.
    let mixed = [probable(&[0.6]), votes("1")].concat();
    assert_mean(&mixed, &mixed, [0.5, 0.5, 0.0]);
    assert_mean(&mixed, &votes("22"), [0.9, 0.1, 0.0]);
}

#[test]
fn without_a_distribution_in_both_orders_there_is_none() {
    let sure = probable(&[0.9]);
    for other in ["1", "2", "T", "U", "F", "P", "UU", "1F", "1P", ""] {
        assert_eq!(Distribution::of_orders(&sure, &votes(other)), None, "{other}");
        assert_eq!(Distribution::of_orders(&votes(other), &sure), None, "{other}");
    }
    assert!(Distribution::of_orders(&sure, &votes("11")).is_some(), "shares of repeats are one");
}

#[test]
fn the_margin_is_the_lead_of_the_likeliest_answer_over_the_next() {
    let table = [
        ([0.65, 0.35, 0.0], Some((A, 0.3))),
        ([0.35, 0.65, 0.0], Some((B, 0.3))),
        ([0.5, 0.5, 0.0], None),
        ([0.2, 0.3, 0.5], Some((Preference::Tie, 0.2))),
        ([0.45, 0.15, 0.4], Some((A, 0.05))),
        ([0.4, 0.2, 0.4], None),
        ([1.0, 0.0, 0.0], Some((A, 1.0))),
        // Equal but for rounding is equal.
        ([0.5 + 1e-9, 0.5 - 1e-9, 0.0], None),
    ];
    for ([a, b, tie], expected) in table {
        let mean = Distribution { a, b, tie };
        assert_eq!(mean.leader(), expected, "{mean:?}");
        let margin = expected.map_or(0.0, |(_, margin)| margin);
        assert!((mean.margin() - margin).abs() < f64::EPSILON, "{mean:?}");
    }
}

#[test]
fn a_verdict_by_the_margin_follows_the_table() {
    let kept = |winner| Verdict { outcome: Outcome::Kept, winner: Some(winner) };
    let ended = |outcome| Verdict { outcome, winner: None };
    let undecided = ended(Outcome::Undecided);
    let table = [
        // Flipped by the votes, decided by how sure they are: a margin of 0.3.
        (probable(&[0.9]), probable(&[0.6]), 0.3, kept(A)),
        (probable(&[0.9]), probable(&[0.6]), 0.300_001, undecided),
        // Both orders agree, with a margin of 0.04.
        (probable(&[0.51]), probable(&[0.47]), 0.2, undecided),
        (probable(&[0.51]), probable(&[0.47]), 0.04, kept(A)),
        // Without a margin nothing is kept, whatever the threshold.
        (probable(&[0.8]), probable(&[0.8]), 0.0, undecided),
        (votes("11T"), votes("2TT"), 0.0, undecided),
        (votes("TTT"), votes("TT1"), 0.5, kept(Preference::Tie)),
        (votes("112"), votes("222"), 0.6, kept(A)),
        // No majority within an order, but a distribution.
        (votes("12"), votes("11"), 0.5, kept(B)),
        // A single vote is no distribution.
        (votes("1"), votes("2"), 0.0, undecided),
        (probable(&[0.9]), votes("2"), 0.0, undecided),
        // Precedence.
        (votes("1P"), votes("FF"), 0.0, ended(Outcome::Pending)),
        (votes("UU"), votes("1F"), 0.0, ended(Outcome::Failed)),
        (votes("UU"), votes("22"), 0.0, ended(Outcome::Unparsed)),
        (votes("U"), probable(&[0.9]), 0.0, ended(Outcome::Unparsed)),
    ];
    for (a_first, b_first, threshold, expected) in table {
        let found = DecisionRule::Margin { threshold }.decide(&a_first, &b_first);
        assert_eq!(found, expected, "{a_first:?} {b_first:?} {threshold}");
    }
}

fn repeats() -> impl Strategy<Value = Vec<WeightedBallot>> {
    let letters = prop::collection::vec(prop::sample::select(vec!['1', '2', 'T', 'U']), 2..6);
    let shares = prop::collection::vec(0.0..=1.0_f64, 1..6);
    prop_oneof![
        letters.prop_map(|letters| votes(&letters.into_iter().collect::<String>())),
        shares.prop_map(|shares| probable(&shares)),
    ]
}

proptest! {
    #[test]
    fn a_mean_adds_up_to_one_and_its_leader_is_the_likeliest(
        a_first in repeats(),
        b_first in repeats(),
    ) {
        let Some(mean) = Distribution::of_orders(&a_first, &b_first) else { return Ok(()) };
        let all = [mean.a, mean.b, mean.tie];
        prop_assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!((0.0..=1.0).contains(&mean.margin()));
        if let Some((leader, _)) = mean.leader() {
            let of_leader = match leader {
                A => mean.a,
                B => mean.b,
                Preference::Tie => mean.tie,
            };
            prop_assert!(all.iter().all(|share| *share <= of_leader));
        }
    }

    #[test]
    fn exchanging_the_systems_exchanges_the_winner(a_first in repeats(), b_first in repeats()) {
        // What is said with B first about A and B is said with A first about them under each other's names.
        let rule = DecisionRule::Margin { threshold: 0.2 };
        let (one, other) = (rule.decide(&a_first, &b_first), rule.decide(&b_first, &a_first));
        prop_assert_eq!(one.outcome, other.outcome);
        let exchanged = other.winner.map(|winner| match winner {
            Preference::For(side) => Preference::For(side.other()),
            Preference::Tie => Preference::Tie,
        });
        prop_assert_eq!(one.winner, exchanged);
    }

    #[test]
    fn unanimous_repeats_are_decided_as_by_agreement(
        first in prop::sample::select(vec!["11", "22", "TT"]),
        second in prop::sample::select(vec!["11", "22", "TT"]),
        threshold in 0.0..=1.0_f64,
    ) {
        let (first, second) = (votes(first), votes(second));
        let by_margin = DecisionRule::Margin { threshold }.decide(&first, &second);
        let ballots = |order: &[WeightedBallot]| order.iter().map(|(one, _)| *one).collect::<Vec<_>>();
        let by_orders = verdict_of_repeats(&ballots(&first), &ballots(&second));
        prop_assert_eq!(by_margin.winner, by_orders.winner);
        prop_assert_eq!(DecisionRule::BothOrders.decide(&first, &second), by_orders);
    }
}

#[test]
fn an_order_without_a_distribution_is_left_out_of_the_mean_of_those_that_are_known() {
    let mean = |a_first: &[WeightedBallot], b_first: &[WeightedBallot]| {
        Distribution::of_known_orders(a_first, b_first).map(|mean| mean.a)
    };
    assert_eq!(mean(&probable(&[0.75]), &votes("P")), Some(0.75));
    assert_eq!(mean(&votes("F"), &probable(&[0.75])), Some(0.25));
    assert_eq!(mean(&probable(&[0.75]), &votes("1")), Some(0.75));
    assert_eq!(mean(&probable(&[0.75]), &probable(&[0.75])), Some(0.5));
    assert_eq!(mean(&votes("P"), &votes("1")), None);
}
