//! From a reply to the grade of a response: both reply formats by tables, means by weight, and random hostile replies.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use evenhand::input::{Rubric, load_rubric};
use evenhand::judge::Reply;
use evenhand::vote::{Grade, Unreadable, read_grade, read_vote};
use proptest::prelude::*;

use crate::support::Folder;

type Expected = Result<Grade, Unreadable>;

const POOR: Expected = Ok(Grade::Step(0));
const FAIR: Expected = Ok(Grade::Step(1));
const GOOD: Expected = Ok(Grade::Step(2));
const CANNOT: Expected = Ok(Grade::CannotAssess);
const NO_GRADE: Expected = Err(Unreadable::NoVote);
const TRUNCATED: Expected = Err(Unreadable::Truncated);
const MALFORMED: Expected = Err(Unreadable::Malformed);
const AMBIGUOUS: Expected = Err(Unreadable::Ambiguous);
const REFUSED: Expected = Err(Unreadable::Refused);
const EMPTY: Expected = Err(Unreadable::Empty);

fn loaded(text: &str) -> Rubric {
    let folder = Folder::new();
    let path = folder.write("rubrics/test.toml", text);
    load_rubric(path.to_str().unwrap(), Path::new(".")).unwrap().rubric
}

/// A rubric with two criteria and these further keys; `reply` is its last table.
fn rubric(keys: &str, reply: &str) -> Rubric {
    loaded(&format!(
        "name = \"test\"\ndescription = \"How good is it?\"\nmode = \"grade\"\n{keys}\n\
         [[criteria]]\nname = \"accuracy\"\ndescription = \"Right.\"\n\
         [[criteria]]\nname = \"tone\"\ndescription = \"Kind.\"\n\
         [reply]\n{reply}\n"
    ))
}

const WORDS: &str = "scale = [\"poor\", \"fair\", \"good\"]\ncannot_assess = true";

fn json(take: &str) -> Rubric {
    rubric(WORDS, &format!("take = \"{take}\""))
}

fn numbers() -> Rubric {
    rubric("scale = [1, 2, 3]", "format = \"json\"")
}

fn pattern(take: &str) -> Rubric {
    let grade = r"(?i)grade: *([a-z ]+)";
    rubric(WORDS, &format!("format = \"pattern\"\ngrade = '{grade}'\ntake = \"{take}\""))
}

/// A rubric with criteria of these weights and a scale of the steps 0 to 4.
fn weighted(weights: &[f64]) -> Rubric {
    let criterion = |(at, weight): (usize, &f64)| {
        format!(
            "[[criteria]]\nname = \"c{at}\"\ndescription = \"Aspect {at}.\"\nweight = {weight:?}\n"
        )
    };
    let criteria: String = weights.iter().enumerate().map(criterion).collect();
    loaded(&format!(
        "name = \"test\"\ndescription = \"How good is it?\"\nmode = \"grade\"\n\
         scale = [0, 1, 2, 3, 4]\ncannot_assess = true\n{criteria}"
    ))
}

fn grade(rubric: &Rubric, text: &str) -> Expected {
    read_grade(rubric, &Reply::from_text(text)).map(|reading| reading.grade)
}

#[track_caller]
fn assert_grades(rubric: &Rubric, table: &[(&str, Expected)]) {
    for (text, expected) in table {
        assert_eq!(grade(rubric, text), *expected, "reply: {text}");
    }
}

#[test]
fn a_json_grade_is_found_alone_in_prose_and_in_a_code_fence() {
    let table = [
        (r#"{"reasoning":"r","criteria":{"accuracy":"poor"},"grade":"good"}"#, GOOD),
        ("\u{feff}  {\n  \"grade\": \"fair\"\n}\n", FAIR),
        (r#"After some thought: {"reasoning":"r","grade":"poor"} That is all."#, POOR),
        ("```json\n{\"reasoning\":\"r\",\"grade\":\"good\"}\n```", GOOD),
        (r#"Between {one} and {two} and {}, I say {"grade":"fair"}"#, FAIR),
        (r#"The input was {"name":"Ada"}. {"grade":"good"}"#, GOOD),
        (r#"{"reasoning":"it says {\"grade\":\"good\"}","grade":"poor"}"#, POOR),
        (r#"{"criteria":{"grade":"good"},"grade":"poor"}"#, POOR),
        (r#"The grade: it is fair, {"grade":"fair"}"#, FAIR),
    ];
    assert_grades(&json("last"), &table);
}

#[test]
fn names_are_read_in_any_case_and_nothing_else_is() {
    let table = [
        (r#"{"grade":" GOOD "}"#, GOOD),
        (r#"{"grade":"Fair\n"}"#, FAIR),
        (r#"{"grade":"g\u006fod"}"#, GOOD),
        (r#"{"grade":"good."}"#, NO_GRADE),
        (r#"{"grade":"fair or good"}"#, NO_GRADE),
        (r#"{"grade":"goodish"}"#, NO_GRADE),
        (r#"{"grade":""}"#, NO_GRADE),
        (r#"{"grade":"3"}"#, NO_GRADE),
        (r#"{"grade":2}"#, NO_GRADE),
        (r#"{"grade":true}"#, NO_GRADE),
        (r#"{"grade":["good"]}"#, NO_GRADE),
        (r#"{"grade":{"grade":"good"}}"#, NO_GRADE),
        (r#"{"grade":null}"#, NO_GRADE),
        (r#"{"vote":"good"}"#, NO_GRADE),
        (r#"{"reasoning":"good","criteria":{"accuracy":"good","tone":"good"}}"#, NO_GRADE),
        ("good", NO_GRADE),
        ("{}", NO_GRADE),
    ];
    assert_grades(&json("last"), &table);
}

#[test]
fn that_a_response_cannot_be_assessed_is_a_grade_where_it_is_allowed() {
    let forbidding = rubric("scale = [\"poor\", \"fair\", \"good\"]", "format = \"json\"");
    for word in ["cannot assess", "cannot_assess", "Cannot-Assess", " CANNOT  ASSESS "] {
        let text = format!(r#"{{"reasoning":"r","grade":"{word}"}}"#);
        assert_eq!(grade(&json("last"), &text), CANNOT, "{text}");
        assert_eq!(grade(&forbidding, &text), NO_GRADE, "{text}");
    }
    for word in ["cannot", "assess", "can not assess", "cannotassess", "unknown"] {
        let text = format!(r#"{{"grade":"{word}"}}"#);
        assert_eq!(grade(&json("last"), &text), NO_GRADE, "{text}");
    }
}

#[test]
fn numbers_may_be_steps_with_or_without_quotation_marks() {
    let table = [
        (r#"{"grade":3}"#, GOOD),
        (r#"{"grade":"3"}"#, GOOD),
        (r#"{"grade":1.0}"#, POOR),
        (r#"{"grade":"2.0"}"#, FAIR),
        (r#"{"grade":2e0}"#, FAIR),
        (r#"{"grade":2.5}"#, NO_GRADE),
        (r#"{"grade":0}"#, NO_GRADE),
        (r#"{"grade":4}"#, NO_GRADE),
        (r#"{"grade":-3}"#, NO_GRADE),
        (r#"{"grade":"3/3"}"#, NO_GRADE),
        (r#"{"grade":"nan"}"#, NO_GRADE),
        (r#"{"grade":"inf"}"#, NO_GRADE),
    ];
    assert_grades(&numbers(), &table);
    let text = r#"{"criteria":{"accuracy":3,"tone":"2"},"grade":1}"#;
    let reading = read_grade(&numbers(), &Reply::from_text(text)).unwrap();
    let expected = [("accuracy", Grade::Step(2)), ("tone", Grade::Step(1))];
    assert_eq!(reading.criteria, BTreeMap::from(expected.map(|(name, at)| (name.to_owned(), at))));
}

#[test]
fn take_chooses_between_several_objects() {
    let different = r#"{"grade":"poor"} and later {"grade":"good"}"#;
    let same = r#"{"grade":"good"} and later {"grade":"GOOD"}"#;
    let cut = r#"{"grade":"poor"} and later {"grade":"goo"#;
    let wrong = r#"{"grade":"poor"} and later {"grade":"superb"}"#;
    for (take, expected) in [
        ("first", [POOR, GOOD, POOR, POOR]),
        ("last", [GOOD, GOOD, TRUNCATED, NO_GRADE]),
        ("only", [AMBIGUOUS, GOOD, TRUNCATED, NO_GRADE]),
    ] {
        for (text, expected) in [different, same, cut, wrong].into_iter().zip(expected) {
            assert_eq!(grade(&json(take), text), expected, "take {take}, reply: {text}");
        }
    }
}

#[test]
fn almost_json_is_read_where_it_has_the_only_grade() {
    let table = [
        ("{\"reasoning\":\"a raw\nline break\",\"grade\":\"good\",}", GOOD),
        (r#"{"reasoning":"\(x\) and \d","grade":"fair"}"#, FAIR),
        (r"{'reasoning': 'it is', 'grade': 'poor'}", POOR),
        (r#"{reasoning: "r", grade: "good"}"#, GOOD),
        ("{\"grade\": \"good\" // the best\n}", GOOD),
        (r#"{'reasoning': 'it is', 'grade': 'poor'} {"grade":"good"}"#, MALFORMED),
        (r#"{"reasoning":"it says "no"","grade":"poor"}"#, MALFORMED),
        (r#"{"grade":poor}"#, MALFORMED),
        (r#"{"grade":"poor","grade":"good"}"#, MALFORMED),
        (r#""grade":"good""#, MALFORMED),
    ];
    assert_grades(&json("last"), &table);
}

#[test]
fn an_answer_that_is_cut_off_is_not_read() {
    let table = [
        (r#"{"grade":"goo"#, TRUNCATED),
        (r#"{"grade":"good""#, TRUNCATED),
        (r#"{"reasoning":"it says {\"grade\":\"good\"} and"#, TRUNCATED),
        (r#"{"reasoning":"r","criteria":{"accuracy":"good"},"#, TRUNCATED),
    ];
    assert_grades(&json("last"), &table);
    let ended = |text: &str, reason: &str| {
        let reply = Reply { finish_reason: Some(reason.into()), ..Reply::from_text(text) };
        read_grade(&json("last"), &reply).map(|reading| reading.grade)
    };
    let answer = r#"{"reasoning":"r","grade":"good"}"#;
    assert_eq!(ended(answer, "stop"), GOOD);
    assert_eq!(ended(answer, "length"), GOOD, "an object is all that it says");
    assert_eq!(ended(&format!("{answer} On"), "length"), TRUNCATED);
    assert_eq!(ended(answer, "timeout"), TRUNCATED);
    assert_eq!(ended("", "length"), TRUNCATED);
    assert_eq!(ended("No.", "content_filter"), REFUSED);
}

#[test]
fn refusals_and_empty_replies_are_told_apart() {
    let refusing = Reply { refusal: Some("No.".into()), ..Reply::default() };
    for rubric in [json("last"), pattern("last")] {
        let read = |reply: &Reply| read_grade(&rubric, reply).map(|reading| reading.grade);
        assert_eq!(read(&refusing), REFUSED);
        assert_eq!(read(&Reply::default()), EMPTY);
        assert_eq!(read(&Reply::from_text("  \n")), EMPTY);
        assert_eq!(read(&Reply::from_text("I would rather not.")), NO_GRADE);
    }
}

#[test]
fn only_what_follows_the_reasoning_is_read() {
    let answer = r#"{"reasoning":"r","grade":"fair"}"#;
    let draft = r#"{"reasoning":"r","grade":"good"}"#;
    for take in ["first", "last", "only"] {
        let rubric = json(take);
        for (open, close) in [("<think>", "</think>"), ("", "</think>")] {
            let text = format!("{open}{draft}{close}\n{answer}");
            assert_eq!(grade(&rubric, &text), FAIR, "{text}");
            assert_eq!(grade(&rubric, &format!("{open}{draft}{close}\n")), EMPTY);
        }
        assert_eq!(grade(&rubric, &format!("<think>{draft}")), TRUNCATED);
        assert_eq!(grade(&pattern(take), "<think>Grade: good</think>Grade: fair"), FAIR);
    }
    // A tag that the answer quotes is no end of reasoning.
    let quoting = r#"{"reasoning":"it writes </think> twice","grade":"good"}"#;
    assert_eq!(grade(&json("last"), quoting), GOOD);
}

#[test]
fn a_pattern_finds_the_grade_in_its_first_group() {
    let both = "Grade: poor\nOn second thoughts,\nGrade: good";
    let wrong = "Grade: poor\nGrade: superb";
    let table = [
        ("Grade: good", [GOOD; 3]),
        ("It is right.\ngrade:FAIR\n", [FAIR; 3]),
        ("Grade: cannot assess", [CANNOT; 3]),
        ("Grade: good\nGrade: Good", [GOOD; 3]),
        (both, [POOR, GOOD, AMBIGUOUS]),
        (wrong, [POOR, NO_GRADE, NO_GRADE]),
        ("Grade: superb", [NO_GRADE; 3]),
        ("Good.", [NO_GRADE; 3]),
        (r#"{"grade":"good"}"#, [NO_GRADE; 3]),
    ];
    for (text, expected) in table {
        for (take, expected) in ["first", "last", "only"].into_iter().zip(expected) {
            assert_eq!(grade(&pattern(take), text), expected, "take {take}, reply: {text}");
        }
    }
    let reading = read_grade(&pattern("last"), &Reply::from_text("Grade: good")).unwrap();
    assert!(reading.criteria.is_empty());
    // A group that is not part of the match names no grade.
    let optional = rubric(WORDS, "format = \"pattern\"\ngrade = 'Grade: *(good)?'");
    assert_grades(&optional, &[("Grade: good", GOOD), ("Grade: none", NO_GRADE)]);
}

#[test]
fn a_pattern_is_not_read_where_the_reply_was_cut_off_after_it() {
    let ended = |text: &str| {
        let reply = Reply { finish_reason: Some("length".into()), ..Reply::from_text(text) };
        read_grade(&pattern("last"), &reply).map(|reading| reading.grade)
    };
    assert_eq!(ended("Grade: good"), GOOD);
    assert_eq!(ended("Grade: good\n1. And so"), TRUNCATED);
}

/// Reads the grade of a reply with these grades of `c0`, `c1`…, as JSON values.
fn weigh(weights: &[f64], grades: &[&str]) -> Expected {
    let given: Vec<String> =
        grades.iter().enumerate().map(|(at, grade)| format!("\"c{at}\":{grade}")).collect();
    // The grade that a judge adds unasked does not count.
    let text = format!(r#"{{"reasoning":"r","criteria":{{{}}},"grade":"4"}}"#, given.join(","));
    grade(&weighted(weights), &text)
}

#[test]
fn a_grade_by_weight_is_the_mean_rounded_to_a_step_with_halves_down() {
    let step = |step| Ok(Grade::Step(step));
    let table: &[(&[f64], &[&str], Expected)] = &[
        (&[1.0], &["3"], step(3)),
        (&[1.0, 1.0], &["1", "3"], step(2)),
        // 0.5, 1.5, 2.5 and 3.5: down to the worse step, never to the even one.
        (&[1.0, 1.0], &["0", "1"], step(0)),
        (&[1.0, 1.0], &["1", "2"], step(1)),
        (&[1.0, 1.0], &["2", "3"], step(2)),
        (&[1.0, 1.0], &["3", "4"], step(3)),
        // 2/3 and 1/3.
        (&[2.0, 1.0], &["1", "0"], step(1)),
        (&[1.0, 2.0], &["1", "0"], step(0)),
        // 0.1 + 0.2 and 0.3: a half, which floating point must not tip.
        (&[0.1, 0.2, 0.3], &["1", "1", "0"], step(0)),
        (&[0.3, 0.1, 0.2], &["0", "1", "1"], step(0)),
        (&[0.1, 0.2, 0.3], &["0", "0", "1"], step(0)),
        // Just above a half.
        (&[1.0, 1.000_001], &["0", "1"], step(1)),
        (&[1.0, 0.999_999], &["0", "1"], step(0)),
        // The largest and the smallest weights that a rubric may have.
        (&[1e6, 1e-6], &["4", "0"], step(4)),
        (&[1e6, 1e-6], &["0", "4"], step(0)),
        (&[1e-6, 1e-6], &["4", "0"], step(2)),
    ];
    for (weights, grades, expected) in table {
        assert_eq!(weigh(weights, grades), *expected, "{weights:?} {grades:?}");
    }
}

#[test]
fn a_criterion_that_cannot_be_assessed_has_no_part_in_the_mean() {
    let cannot = "\"cannot assess\"";
    assert_eq!(weigh(&[1.0, 5.0], &["3", cannot]), Ok(Grade::Step(3)));
    assert_eq!(weigh(&[5.0, 1.0, 1.0], &[cannot, "4", "2"]), Ok(Grade::Step(3)));
    assert_eq!(weigh(&[1.0, 5.0], &[cannot, cannot]), CANNOT);
}

#[test]
fn a_grade_by_weight_needs_every_criterion() {
    let rubric = weighted(&[1.0, 1.0]);
    let table = [
        (r#"{"criteria":{"c0":1}}"#, NO_GRADE),
        (r#"{"criteria":{"c0":1,"c1":"superb"}}"#, NO_GRADE),
        (r#"{"criteria":{"c0":1,"c1":null}}"#, NO_GRADE),
        (r#"{"criteria":[1,1]}"#, NO_GRADE),
        (r#"{"grade":4}"#, NO_GRADE),
        (r#"{"reasoning":"r"}"#, NO_GRADE),
        (r#"{"criteria":{"c0":1,"c1":3,"c2":0}}"#, Ok(Grade::Step(2))),
        (r#"{"criteria":{"c0":1,"c1":1}} {"criteria":{"c0":4,"c1"#, TRUNCATED),
    ];
    assert_grades(&rubric, &table);
}

#[test]
fn a_recorded_grade_counts_in_place_of_the_text() {
    let reply =
        Reply { recorded_grade: Some(" Fair".into()), ..Reply::from_text(r#"{"grade":"good"}"#) };
    for rubric in [json("last"), pattern("last")] {
        assert_eq!(read_grade(&rubric, &reply).map(|reading| reading.grade), FAIR);
        let unknown = Reply { recorded_grade: Some("superb".into()), ..reply.clone() };
        assert_eq!(read_grade(&rubric, &unknown).map(|reading| reading.grade), NO_GRADE);
    }
    let number = Reply { recorded_grade: Some("3.0".into()), ..Reply::default() };
    assert_eq!(read_grade(&numbers(), &number).map(|reading| reading.grade), GOOD);
}

#[test]
fn a_rubric_reads_only_what_it_asks_for() {
    let compares = loaded("name = \"test\"\ndescription = \"Which is better?\"\n");
    assert_eq!(grade(&compares, r#"{"grade":"good"}"#), NO_GRADE);
    let patterned = read_vote(&pattern("last"), &Reply::from_text("Grade: good"));
    assert_eq!(patterned.map(|reading| reading.vote), Err(Unreadable::NoVote));
}

/// Rubrics of every kind.
static RUBRICS: LazyLock<[Rubric; 5]> = LazyLock::new(|| {
    [json("last"), json("only"), pattern("first"), numbers(), weighted(&[1.0, 2.0])]
});

proptest! {
    #[test]
    fn hostile_replies_never_panic_and_give_only_grades_of_the_scale(
        text in r#"([{}\[\]"',:\\\n ]|grade|criteria|reasoning|good|poor|c0|cannot|assess|<think>|</think>|[0-9.eE+-]{1,4}){0,40}"#,
    ) {
        for rubric in &*RUBRICS {
            let scale = rubric.scale.as_ref().unwrap();
            if let Ok(reading) = read_grade(rubric, &Reply::from_text(&*text)) {
                for grade in reading.criteria.values().chain([&reading.grade]) {
                    prop_assert_eq!(scale.grade_named(scale.name_of(*grade)), Some(*grade));
                }
            }
        }
    }

    #[test]
    fn a_mean_by_weight_lies_between_its_grades_and_does_not_depend_on_their_order(
        graded in prop::collection::vec((1..=1000_u32, 0..=4_u8), 1..6),
    ) {
        let read = |graded: &[(u32, u8)]| {
            let weights: Vec<f64> = graded.iter().map(|(weight, _)| f64::from(*weight)).collect();
            let steps: Vec<String> = graded.iter().map(|(_, step)| step.to_string()).collect();
            let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
            weigh(&weights, &steps).unwrap().step().unwrap()
        };
        let found = read(&graded);
        let steps = graded.iter().map(|(_, step)| *step);
        prop_assert!(steps.clone().min().unwrap() <= found && found <= steps.max().unwrap());
        // In whole numbers: the largest step s with s - 1/2 < mean.
        let sum: u32 = graded.iter().map(|(weight, step)| weight * u32::from(*step)).sum();
        let weights: u32 = graded.iter().map(|(weight, _)| weight).sum();
        let expected = (0..=4_u8).rev().find(|step| {
            *step == 0 || (2 * u32::from(*step) - 1) * weights < 2 * sum
        });
        prop_assert_eq!(Some(found), expected);
        let reversed: Vec<_> = graded.iter().rev().copied().collect();
        prop_assert_eq!(read(&reversed), found);
    }
}
