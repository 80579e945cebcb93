//! From the grades of both directions of a scale to one, and from those of several judges to a jury's, by tables of every
//! case.

use evenhand::verdict::{
    Ballot, GradeVerdict, Outcome, grade_of_repeats, jury_grade, majority, reconcile_grades,
};
use evenhand::vote::Grade;
use proptest::prelude::*;

use super::{look_up, sequences};

const LOW: Grade = Grade::Step(0);
const HIGH: Grade = Grade::Step(1);

const BALLOTS: [Ballot<Grade>; 6] = [
    Ballot::Pending,
    Ballot::Failed,
    Ballot::Unreadable,
    Ballot::Cast(LOW),
    Ballot::Cast(HIGH),
    Ballot::Cast(Grade::CannotAssess),
];

/// What a word of a table stands for.
fn verdict(word: &str) -> GradeVerdict {
    let kept = |grade| GradeVerdict { outcome: Outcome::Kept, grade: Some(grade) };
    let ended = |outcome| GradeVerdict { outcome, grade: None };
    match word {
        "low" => kept(LOW),
        "high" => kept(HIGH),
        "cannot" => kept(Grade::CannotAssess),
        "changed" => ended(Outcome::Changed),
        "unparsed" => ended(Outcome::Unparsed),
        "failed" => ended(Outcome::Failed),
        "pending" => ended(Outcome::Pending),
        "hung" => ended(Outcome::Hung),
        _ => panic!("{word}"),
    }
}

#[test]
fn two_directions_are_reconciled_by_the_table() {
    // A row is what the scale as written brought, a column what the reversed one brought.
    // Columns:       pending  failed   unreadable low       high      cannot assess
    let table = [
        /* pending */ "pending pending  pending    pending   pending   pending",
        /* failed  */ "pending failed   failed     failed    failed    failed",
        /* unread. */ "pending failed   unparsed   unparsed  unparsed  unparsed",
        /* low     */ "pending failed   unparsed   low       changed   changed",
        /* high    */ "pending failed   unparsed   changed   high      changed",
        /* cannot  */ "pending failed   unparsed   changed   changed   cannot",
    ];
    for (written, row) in BALLOTS.into_iter().zip(table) {
        let row: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(row.len(), BALLOTS.len());
        for (reversed, word) in BALLOTS.into_iter().zip(row) {
            assert_eq!(
                reconcile_grades(written, reversed),
                verdict(word),
                "{written:?} {reversed:?}"
            );
        }
    }
}

#[test]
fn the_grade_of_a_direction_is_the_strict_majority_of_all_its_repeats() {
    // P pending, F failed, U unreadable, 0 low, 1 high, C cannot assess.
    let table = [
        (
            "P",
            "P PP PF PU P0 P1 PC \
             PPP PPF PPU PP0 PP1 PPC PFF PFU PF0 PF1 PFC PUU PU0 PU1 PUC P00 P01 P0C P11 P1C PCC",
        ),
        ("F", "F FF FU F0 F1 FC FFF FFU FF0 FF1 FFC FUU FU0 FU1 FUC F00 F01 F0C F11 F1C FCC"),
        ("U", "U UU U0 U1 UC 01 0C 1C UUU UU0 UU1 UUC U01 U0C U1C 01C"),
        ("0", "0 00 U00 000 001 00C"),
        ("1", "1 11 U11 011 111 11C"),
        ("C", "C CC UCC 0CC 1CC CCC"),
    ];
    let letters = "PFU01C";
    let kinds: Vec<usize> = (0..BALLOTS.len()).collect();
    for repeats in 1..=3 {
        for sequence in sequences(&kinds, repeats) {
            let mut sorted = sequence.clone();
            sorted.sort_unstable();
            let multiset: String = sorted.iter().map(|at| &letters[*at..=*at]).collect();
            let ballots: Vec<Ballot<Grade>> = sequence.iter().map(|at| BALLOTS[*at]).collect();
            let expected = BALLOTS[letters.find(look_up(&table, &multiset)).unwrap()];
            assert_eq!(majority(&ballots), expected, "{ballots:?}");
            let both = grade_of_repeats(&ballots, &ballots);
            assert_eq!(both, reconcile_grades(expected, expected), "{ballots:?}");
        }
    }
    assert_eq!(majority::<Grade>(&[]), Ballot::Unreadable);
    assert_eq!(grade_of_repeats(&[], &[]), verdict("unparsed"));
}

#[test]
fn a_jury_keeps_a_grade_that_more_than_half_of_all_its_judges_kept() {
    // 0, 1 and C: kept with that grade. N: ended in another way. P: pending.
    let table = [
        ("low", "0 00 000 001 00C 00N 00P 0000 0001 000C 000N 000P"),
        ("high", "1 11 011 111 11C 11N 11P 0111 1111 111C 111N 111P"),
        ("cannot", "C CC 0CC 1CC CCC CCN CCP 0CCC 1CCC CCCC CCCN CCCP"),
        (
            "pending",
            "P 0P 1P CP NP PP \
             01P 0CP 0NP 1CP 1NP CNP NNP 0PP 1PP CPP NPP PPP \
             001P 00CP 00NP 011P 01CP 01NP 0CCP 0CNP 0NNP 11CP 11NP 1CCP 1CNP 1NNP CCNP CNNP NNNP \
             00PP 01PP 0CPP 0NPP 11PP 1CPP 1NPP CCPP CNPP NNPP 0PPP 1PPP CPPP NPPP PPPP",
        ),
        (
            "hung",
            "N 01 0C 0N 1C 1N CN NN \
             01C 01N 0CN 0NN 1CN 1NN CNN NNN \
             0011 001C 001N 00CC 00CN 00NN 011C 011N 01CC 01CN 01NN 0CCN 0CNN 0NNN \
             11CC 11CN 11NN 1CCN 1CNN 1NNN CCNN CNNN NNNN",
        ),
    ];
    let kinds = [
        ('0', verdict("low")),
        ('1', verdict("high")),
        ('C', verdict("cannot")),
        ('N', verdict("changed")),
        ('N', verdict("unparsed")),
        ('N', verdict("failed")),
        ('P', verdict("pending")),
    ];
    for judges in 1..=4 {
        for sequence in sequences(&kinds, judges) {
            let mut sorted: Vec<char> = sequence.iter().map(|(letter, _)| *letter).collect();
            sorted.sort_unstable_by_key(|letter| "01CNP".find(*letter));
            let multiset: String = sorted.into_iter().collect();
            let verdicts: Vec<GradeVerdict> =
                sequence.iter().map(|(_, verdict)| *verdict).collect();
            assert_eq!(jury_grade(&verdicts), verdict(look_up(&table, &multiset)), "{verdicts:?}");
        }
    }
}

#[test]
fn the_outcomes_of_grades_are_those_that_reconciling_can_return() {
    let mut brought: Vec<Outcome> = sequences(&BALLOTS, 2)
        .iter()
        .map(|ballots| reconcile_grades(ballots[0], ballots[1]).outcome)
        .collect();
    brought.sort();
    brought.dedup();
    let mut listed = Outcome::GRADES.to_vec();
    listed.sort();
    assert_eq!(brought, listed);
}

/// The same grade once the scale is written from the best to the worst.
fn turned(grade: Grade) -> Grade {
    match grade {
        Grade::Step(step) => Grade::Step(3 - step),
        Grade::CannotAssess => Grade::CannotAssess,
    }
}

fn ballot() -> impl Strategy<Value = Ballot<Grade>> {
    let grade = prop_oneof![(0..4_u8).prop_map(Grade::Step), Just(Grade::CannotAssess),];
    prop_oneof![
        1 => Just(Ballot::Pending),
        1 => Just(Ballot::Failed),
        1 => Just(Ballot::Unreadable),
        6 => grade.prop_map(Ballot::Cast),
    ]
}

proptest! {
    #[test]
    fn neither_the_direction_nor_the_names_of_the_steps_matter(
        judges in prop::collection::vec(
            (prop::collection::vec(ballot(), 1..5), prop::collection::vec(ballot(), 1..5)),
            1..6,
        ),
    ) {
        let renamed = |ballots: &[Ballot<Grade>]| -> Vec<Ballot<Grade>> {
            let rename = |ballot: &Ballot<Grade>| match ballot {
                Ballot::Cast(grade) => Ballot::Cast(turned(*grade)),
                other => *other,
            };
            ballots.iter().map(rename).collect()
        };
        let (mut verdicts, mut others) = (Vec::new(), Vec::new());
        for (written, reversed) in &judges {
            let verdict = grade_of_repeats(written, reversed);
            prop_assert_eq!(verdict, grade_of_repeats(reversed, written));
            prop_assert_eq!(verdict.grade.is_some(), verdict.outcome == Outcome::Kept);
            let other = grade_of_repeats(&renamed(written), &renamed(reversed));
            let expected = GradeVerdict { grade: verdict.grade.map(turned), ..verdict };
            prop_assert_eq!(other, expected);
            verdicts.push(verdict);
            others.push(other);
        }
        let jury = jury_grade(&verdicts);
        let expected = GradeVerdict { grade: jury.grade.map(turned), ..jury };
        prop_assert_eq!(jury_grade(&others), expected);
        verdicts.reverse();
        prop_assert_eq!(jury_grade(&verdicts), jury);
    }
}
