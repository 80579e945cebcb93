//! What the criteria ask for.

use super::{PROMPT, RUBRIC, expect, with};

#[test]
fn more_than_about_ten_criteria_are_too_many() {
    let rubric = |number: usize| {
        let criterion = |at| {
            format!("[[criteria]]\nname = \"c{at}\"\ndescription = \"It says fact number {at}.\"\n")
        };
        let head = "name = \"mine\"\ndescription = \"Which is better?\"\nprompt = \"mine.j2\"\n";
        format!("{head}{}", (0..number).map(criterion).collect::<String>())
    };
    expect(&rubric(10), PROMPT, &[]);
    let found = expect(&rubric(11), PROMPT, &[("too-many-criteria", Some(4))]);
    assert!(found[0].message.contains("11 criteria"), "{}", found[0].message);
}

#[test]
fn descriptions_are_there_and_differ() {
    let truth = "What it says is true.";
    let empty = ("empty-description", Some(7));
    expect(&with(RUBRIC, truth, ""), PROMPT, &[empty]);
    expect(&with(RUBRIC, truth, "  "), PROMPT, &[empty]);
    let question = "Which reply would the customer rather get?";
    expect(&with(RUBRIC, question, ""), PROMPT, &[("empty-description", Some(2))]);
    let repeated = ("duplicate-description", Some(11));
    expect(&with(RUBRIC, "The customer can act on it.", truth), PROMPT, &[repeated]);
    let in_other_letters = with(RUBRIC, "The customer can act on it.", "what it says,  is TRUE");
    expect(&in_other_letters, PROMPT, &[repeated]);
    expect(&with(RUBRIC, truth, question), PROMPT, &[("duplicate-description", Some(7))]);
    expect(&with(RUBRIC, "The customer can act on it.", "What it says is new."), PROMPT, &[]);
}

#[test]
fn criteria_mention_neither_a_position_nor_a_preferred_length() {
    let truth = "What it says is true.";
    for (text, code) in [
        ("The first response is true.", "criterion-about-position"),
        ("Response B is not true.", "criterion-about-position"),
        ("The left answer is worse.", "criterion-about-position"),
        ("It is concise.", "criterion-about-length"),
        ("The longer the better.", "criterion-about-length"),
        ("It has a good length.", "criterion-about-length"),
    ] {
        expect(&with(RUBRIC, truth, text), PROMPT, &[(code, Some(7))]);
    }
    for text in [
        "The first sentence answers the question.",
        "What is left open is named, and is right.",
        "It keeps to the length that was asked for.",
        "It lists every vitamin B.12 source.",
    ] {
        let text = text.replace("vitamin B.12", "vitamin");
        expect(&with(RUBRIC, truth, &text), PROMPT, &[]);
    }
    let named = with(RUBRIC, "\"correctness\"", "\"short_length\"");
    expect(&named, PROMPT, &[("criterion-about-length", Some(6))]);
}
