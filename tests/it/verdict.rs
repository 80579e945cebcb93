//! From the votes of both orders to a verdict, and from verdicts to a jury's, by tables of every case.

mod grade;
mod margin;

use evenhand::trial::{Order, Side};
use evenhand::verdict::{Ballot, Outcome, Verdict, jury, majority, reconcile};
use evenhand::vote::{Preference, Vote};
use proptest::prelude::*;

const BALLOTS: [Ballot; 6] = [
    Ballot::Pending,
    Ballot::Failed,
    Ballot::Unreadable,
    Ballot::Cast(Vote::First),
    Ballot::Cast(Vote::Second),
    Ballot::Cast(Vote::Tie),
];

fn kept(winner: Preference) -> Verdict {
    Verdict { outcome: Outcome::Kept, winner: Some(winner) }
}

fn ended(outcome: Outcome) -> Verdict {
    Verdict { outcome, winner: None }
}

/// What a word of a table stands for.
fn verdict(word: &str) -> Verdict {
    match word {
        "A" => kept(Preference::For(Side::A)),
        "B" => kept(Preference::For(Side::B)),
        "tie" => kept(Preference::Tie),
        "flipped" => ended(Outcome::Flipped),
        "split" => ended(Outcome::Split),
        "unparsed" => ended(Outcome::Unparsed),
        "failed" => ended(Outcome::Failed),
        "pending" => ended(Outcome::Pending),
        "hung" => ended(Outcome::Hung),
        _ => panic!("{word}"),
    }
}

#[test]
fn a_vote_under_an_order_is_a_preference() {
    let table = [
        (Vote::First, Order::AFirst, Preference::For(Side::A)),
        (Vote::First, Order::BFirst, Preference::For(Side::B)),
        (Vote::Second, Order::AFirst, Preference::For(Side::B)),
        (Vote::Second, Order::BFirst, Preference::For(Side::A)),
        (Vote::Tie, Order::AFirst, Preference::Tie),
        (Vote::Tie, Order::BFirst, Preference::Tie),
    ];
    for (vote, order, preference) in table {
        assert_eq!(vote.under(order), preference, "{vote:?} {order:?}");
    }
}

#[test]
fn two_orders_are_reconciled_by_the_table() {
    // A row is what the order with A first brought, a column what the one with B first brought.
    // Columns:       pending  failed   unreadable first      second     tie
    let table = [
        /* pending */ "pending pending  pending    pending    pending    pending",
        /* failed  */ "pending failed   failed     failed     failed     failed",
        /* unread. */ "pending failed   unparsed   unparsed   unparsed   unparsed",
        /* first   */ "pending failed   unparsed   flipped    A          split",
        /* second  */ "pending failed   unparsed   B          flipped    split",
        /* tie     */ "pending failed   unparsed   split      split      tie",
    ];
    for (a_first, row) in BALLOTS.into_iter().zip(table) {
        let row: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(row.len(), BALLOTS.len());
        for (b_first, word) in BALLOTS.into_iter().zip(row) {
            assert_eq!(reconcile(a_first, b_first), verdict(word), "{a_first:?} {b_first:?}");
        }
    }
}

/// Every sequence of `length` of the `kinds`.
fn sequences<T: Copy>(kinds: &[T], length: usize) -> Vec<Vec<T>> {
    (0..length).fold(vec![Vec::new()], |shorter, _| {
        let longer = shorter.iter().flat_map(|sequence| {
            kinds.iter().map(move |kind| sequence.iter().copied().chain([*kind]).collect())
        });
        longer.collect()
    })
}

/// Finds the row of a table of multisets: `(result, "multiset multiset…")`.
fn look_up<'a>(table: &[(&'a str, &str)], multiset: &str) -> &'a str {
    let hits: Vec<&str> = table
        .iter()
        .filter(|(_, multisets)| multisets.split_whitespace().any(|row| row == multiset))
        .map(|(result, _)| *result)
        .collect();
    assert_eq!(hits.len(), 1, "{multiset} stands in the table {} times", hits.len());
    hits[0]
}

#[test]
fn the_vote_of_an_order_is_the_strict_majority_of_all_its_repeats() {
    // P pending, F failed, U unreadable, 1 first, 2 second, T tie.
    let table = [
        (
            "P",
            "P PP PF PU P1 P2 PT \
             PPP PPF PPU PP1 PP2 PPT PFF PFU PF1 PF2 PFT PUU PU1 PU2 PUT P11 P12 P1T P22 P2T PTT",
        ),
        ("F", "F FF FU F1 F2 FT FFF FFU FF1 FF2 FFT FUU FU1 FU2 FUT F11 F12 F1T F22 F2T FTT"),
        ("U", "U UU U1 U2 UT 12 1T 2T UUU UU1 UU2 UUT U12 U1T U2T 12T"),
        ("1", "1 11 U11 111 112 11T"),
        ("2", "2 22 U22 122 222 22T"),
        ("T", "T TT UTT 1TT 2TT TTT"),
    ];
    let letters = "PFU12T";
    let kinds: Vec<usize> = (0..BALLOTS.len()).collect();
    for repeats in 1..=3 {
        for sequence in sequences(&kinds, repeats) {
            let mut sorted = sequence.clone();
            sorted.sort_unstable();
            let multiset: String = sorted.iter().map(|at| &letters[*at..=*at]).collect();
            let ballots: Vec<Ballot> = sequence.iter().map(|at| BALLOTS[*at]).collect();
            let expected = BALLOTS[letters.find(look_up(&table, &multiset)).unwrap()];
            assert_eq!(majority(&ballots), expected, "{ballots:?}");
        }
    }
    assert_eq!(majority::<Vote>(&[]), Ballot::Unreadable);
}

#[test]
fn a_jury_keeps_a_winner_that_more_than_half_of_all_its_judges_kept() {
    // A, B and T: kept with that winner. N: ended in another way. P: pending.
    let table = [
        ("A", "A AA AAA AAB AAT AAN AAP AAAA AAAB AAAT AAAN AAAP"),
        ("B", "B BB ABB BBB BBT BBN BBP ABBB BBBB BBBT BBBN BBBP"),
        ("tie", "T TT ATT BTT TTT TTN TTP ATTT BTTT TTTT TTTN TTTP"),
        (
            "pending",
            "P AP BP TP NP PP \
             ABP ATP ANP BTP BNP TNP NNP APP BPP TPP NPP PPP \
             AABP AATP AANP ABBP ABTP ABNP ATTP ATNP ANNP BBTP BBNP BTTP BTNP BNNP TTNP TNNP NNNP \
             AAPP ABPP ATPP ANPP BBPP BTPP BNPP TTPP TNPP NNPP APPP BPPP TPPP NPPP PPPP",
        ),
        (
            "hung",
            "N AB AT AN BT BN TN NN \
             ABT ABN ATN ANN BTN BNN TNN NNN \
             AABB AABT AABN AATT AATN AANN ABBT ABBN ABTT ABTN ABNN ATTN ATNN ANNN \
             BBTT BBTN BBNN BTTN BTNN BNNN TTNN TNNN NNNN",
        ),
    ];
    let kinds = [
        ('A', verdict("A")),
        ('B', verdict("B")),
        ('T', verdict("tie")),
        ('N', verdict("flipped")),
        ('N', verdict("split")),
        ('N', verdict("unparsed")),
        ('N', verdict("failed")),
        ('P', verdict("pending")),
    ];
    for judges in 1..=4 {
        for sequence in sequences(&kinds, judges) {
            let mut sorted: Vec<char> = sequence.iter().map(|(letter, _)| *letter).collect();
            sorted.sort_unstable_by_key(|letter| "ABTNP".find(*letter));
            let multiset: String = sorted.into_iter().collect();
            let verdicts: Vec<Verdict> = sequence.iter().map(|(_, verdict)| *verdict).collect();
            assert_eq!(jury(&verdicts), verdict(look_up(&table, &multiset)), "{verdicts:?}");
        }
    }
}

#[test]
fn the_outcomes_of_a_judge_are_those_that_reconciling_can_return() {
    let mut brought: Vec<Outcome> = sequences(&BALLOTS, 2)
        .iter()
        .map(|ballots| reconcile(ballots[0], ballots[1]).outcome)
        .collect();
    brought.sort();
    brought.dedup();
    let mut listed = Outcome::SINGLE.to_vec();
    listed.sort();
    assert_eq!(brought, listed);
}

/// The same preference once the two systems have exchanged their names.
fn mirrored(verdict: Verdict) -> Verdict {
    let winner = verdict.winner.map(|winner| match winner {
        Preference::For(side) => Preference::For(side.other()),
        Preference::Tie => Preference::Tie,
    });
    Verdict { winner, ..verdict }
}

fn repeats() -> impl Strategy<Value = Vec<Ballot>> {
    prop::collection::vec(prop::sample::select(BALLOTS.to_vec()), 1..6)
}

proptest! {
    #[test]
    fn swapping_the_systems_mirrors_every_preference_and_keeps_the_outcome(
        orders in prop::collection::vec((repeats(), repeats()), 1..6),
    ) {
        let mut verdicts = Vec::new();
        let mut swapped = Vec::new();
        for (a_first, b_first) in &orders {
            let verdict = reconcile(majority(a_first), majority(b_first));
            // Under the other names the order that showed A first shows B first, and replies are the same.
            let other = reconcile(majority(b_first), majority(a_first));
            prop_assert_eq!(other, mirrored(verdict));
            prop_assert_eq!(verdict.winner.is_some(), verdict.outcome == Outcome::Kept);
            verdicts.push(verdict);
            swapped.push(other);
        }
        prop_assert_eq!(jury(&swapped), mirrored(jury(&verdicts)));
        for vote in [Vote::First, Vote::Second, Vote::Tie] {
            let (here, there) = (vote.under(Order::AFirst), vote.under(Order::BFirst));
            prop_assert_eq!(mirrored(kept(here)), kept(there));
        }
    }
}
