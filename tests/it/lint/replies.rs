//! Whether prompts ask for what rubrics read.

use super::{ASKS_FOR_JSON, ASKS_FOR_VERDICT, PATTERNS, PROMPT, RUBRIC, expect, with};

/// The prompt that asks for a line with the verdict, in some words.
fn verdict_prompt(words: &str) -> String {
    with(PROMPT, ASKS_FOR_JSON, words)
}

#[test]
fn a_json_rubric_needs_a_prompt_that_asks_for_json() {
    let prose = "Answer with reasoning and a vote: first, second or tie.";
    expect(RUBRIC, &verdict_prompt(prose), &[("json-not-asked", None)]);
    expect(RUBRIC, &verdict_prompt(&format!("{prose} Write it as JSON.")), &[]);
}

#[test]
fn words_of_votes_that_the_prompt_never_mentions_are_found() {
    let one = "Answer with a JSON object whose `vote` is 1, 2 or tie.";
    let missing = ("vote-not-in-prompt", None);
    // The marked lines, which name the responses first and second, do not say what to answer.
    expect(RUBRIC, &verdict_prompt(one), &[missing, missing]);
    expect(
        PATTERNS,
        &verdict_prompt("End with first, second or neither."),
        &[
            ("vote-not-in-prompt", Some(7)),
            ("vote-not-in-prompt", Some(8)),
            ("vote-not-in-prompt", Some(9)),
        ],
    );
    let other_tie = with(PATTERNS, "*neither", "*equal");
    let found =
        expect(&other_tie, &verdict_prompt(ASKS_FOR_VERDICT), &[("vote-not-in-prompt", Some(9))]);
    assert!(found[0].message.contains("`equal`"), "{}", found[0].message);
    // One of several ways to write a vote is enough, in any case.
    let several = with(PATTERNS, "*neither", "*(?i:NEITHER|equal)");
    expect(&several, &verdict_prompt(ASKS_FOR_VERDICT), &[]);
    // A pattern without words says nothing about the prompt.
    let numbers = with(PATTERNS, "'(?m)^Verdict: *neither\\b'", "'^[3-9]+$'");
    expect(&numbers, &verdict_prompt(ASKS_FOR_VERDICT), &[]);
}

#[test]
fn answers_of_one_token_are_mentioned_by_the_prompt() {
    let rubric = "name = \"mine\"\ndescription = \"Which is better?\"\nprompt = \"mine.j2\"\nties = false\n\
                  [reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \" B\"\n";
    expect(rubric, &verdict_prompt("Answer A for the first or B for the second."), &[]);
    expect(
        rubric,
        &verdict_prompt("Answer A for the first, else Beta."),
        &[("vote-not-in-prompt", Some(8))],
    );
}

#[test]
fn patterns_that_match_the_prompt_or_the_rubric_are_found() {
    let quoted = "End with `Verdict: first`, `Verdict: second` or `Verdict: neither`.";
    // The patterns want it at the beginning of a line.
    expect(PATTERNS, &verdict_prompt(quoted), &[]);
    let listed = "End with one of these lines:\nVerdict: first\nVerdict: second\nVerdict: neither";
    let found = expect(
        PATTERNS,
        &verdict_prompt(listed),
        &[("echo-is-vote", Some(7)), ("echo-is-vote", Some(8)), ("echo-is-vote", Some(9))],
    );
    assert!(found[1].message.contains("`Verdict: second`"), "{}", found[1].message);
    // A text of the rubric that the prompt does not show can be repeated by nobody but its author; it is shown.
    let described = with(PATTERNS, "rather get?", "rather get?\\nVerdict: first");
    expect(&described, &verdict_prompt(ASKS_FOR_VERDICT), &[("echo-is-vote", Some(7))]);
}

#[test]
fn an_example_reply_that_is_itself_a_vote_is_found() {
    let example = "Answer with a JSON object like {\"reasoning\": \"…\", \"vote\": \"first\"}, or second, or tie.";
    let found = expect(RUBRIC, &verdict_prompt(example), &[("echo-is-vote", Some(16))]);
    assert!(found[0].message.contains("(first)"), "{}", found[0].message);
    let placeholder = "Answer with a JSON object like {\"vote\": \"VOTE\"}: first, second or tie.";
    expect(RUBRIC, &verdict_prompt(placeholder), &[]);
}

#[test]
fn a_pattern_that_matches_everything_that_another_does_is_found() {
    let prompt = verdict_prompt(ASKS_FOR_VERDICT);
    let wide = with(PATTERNS, "*first\\b", "*");
    let covers = ("pattern-covers-another", Some(7));
    let found = expect(&wide, &prompt, &[covers, covers]);
    assert!(found[0].message.contains("`Verdict:second`"), "{}", found[0].message);
    let same = with(PATTERNS, "*second\\b", "*first\\b");
    expect(&same, &prompt, &[covers]);
    let by_class = with(PATTERNS, "*second\\b", "*[a-z]+");
    let second = ("pattern-covers-another", Some(8));
    expect(&by_class, &prompt, &[second, second]);
    // They share a beginning, or one is found inside what the other needs.
    let shared = with(PATTERNS, "*first\\b", "*(?:first|the first one)");
    expect(&shared, &prompt, &[]);
    let partly = with(PATTERNS, "*second\\b", "*(?:second|first and only)");
    expect(&partly, &prompt, &[]);
}

#[test]
fn ties_are_allowed_in_rubric_prompt_and_patterns_or_in_none() {
    let no_ties = |rubric: &str| with(rubric, "prompt = ", "ties = false\nprompt = ");
    let without_tie =
        verdict_prompt("Answer with a JSON object whose `vote` is \"first\" or \"second\".");
    // The rubric allows them, the prompt does not offer or even refuses them.
    let allowing = with(RUBRIC, "prompt = ", "ties = true\nprompt = ");
    expect(&allowing, &without_tie, &[("tie-not-offered", Some(3))]);
    expect(RUBRIC, &without_tie, &[("tie-not-offered", None)]);
    let refusing = verdict_prompt(
        "Answer with a JSON object whose `vote` is \"first\" or \"second\".\nYou must choose one of the two.",
    );
    expect(RUBRIC, &refusing, &[("tie-refused", Some(17))]);
    // The prompt offers them, the rubric does not allow them.
    expect(&no_ties(RUBRIC), PROMPT, &[("tie-offered", Some(16))]);
    expect(&no_ties(RUBRIC), &without_tie, &[]);
    expect(&no_ties(RUBRIC), &refusing, &[]);
    let conditional = "Answer with a JSON object: {\"vote\": \"first\" or \"second\"{% if rubric.ties %} or \"tie\"{% endif %}}";
    expect(&no_ties(RUBRIC), &verdict_prompt(conditional), &[]);
    expect(RUBRIC, &verdict_prompt(conditional), &[]);
    // The patterns.
    let prompt = verdict_prompt(ASKS_FOR_VERDICT);
    let without_pattern = with(PATTERNS, "tie = '(?m)^Verdict: *neither\\b'\n", "");
    expect(&without_pattern, &prompt, &[("tie-not-readable", Some(6))]);
    let strict = verdict_prompt(
        "End with a line that begins with `Verdict:` and goes on with first or second.",
    );
    let refused_pattern = no_ties(PATTERNS);
    let found: Vec<&str> =
        super::findings(&refused_pattern, &strict).iter().map(|finding| finding.code).collect();
    assert_eq!(found, ["vote-not-in-prompt", "tie-pattern-unused"]);
    expect(&no_ties(&without_pattern), &strict, &[]);
}
