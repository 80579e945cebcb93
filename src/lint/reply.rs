//! Whether the prompt asks for what the rubric reads, and whether a repeated prompt would be read as a vote.

use super::Inspected;
use super::finding::Findings;
use super::grade;
use super::pattern_samples::{PatternSample, pattern_samples};
use super::places::Place;
use super::words::contains_word;
use crate::input::ReplyFormat;
use crate::judge::Reply;
use crate::vote::read_vote;
use regex::Regex;

/// Checks that the prompt names the words by which votes are read, and that reading is not misled by its own words.
pub(super) fn check(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    if inspected.rendered.prompts.is_empty() {
        return;
    }
    match &inspected.loaded.rubric.reply {
        ReplyFormat::Json { .. } if inspected.loaded.rubric.scale.is_some() => {
            grade::check_json(inspected, findings);
        }
        ReplyFormat::GradePattern { grade, .. } => {
            check_pattern_words(inspected, "grade", grade, findings);
            grade::check_pattern(inspected, grade, findings);
        }
        ReplyFormat::Json { .. } => check_json(inspected, findings),
        ReplyFormat::Pattern { first, second, tie, .. } => {
            let patterns =
                [("first", Some(first)), ("second", Some(second)), ("tie", tie.as_ref())];
            for (key, pattern) in patterns {
                let Some(pattern) = pattern else { continue };
                check_pattern_words(inspected, key, pattern, findings);
                check_echo(inspected, key, pattern, findings);
            }
        }
        ReplyFormat::Logprobs { first, second } => {
            for (key, token) in [("first", first), ("second", second)] {
                let is_named = |text: &str| {
                    // Whitespace before a token is how tokenizers write it.
                    text.split(|char: char| !char.is_alphanumeric())
                        .any(|word| word == token.trim())
                        || (!token.trim().chars().all(char::is_alphanumeric)
                            && text.contains(token.trim()))
                };
                if !inspected.every_prompt(is_named) {
                    let message = format!(
                        "the prompt never mentions `{}`, the answer that votes for the {key} response: tell the \
                         judge to answer with it",
                        token.trim()
                    );
                    let place = inspected.places.key(&["reply", key]);
                    findings.add("vote-not-in-prompt", place, message);
                }
            }
        }
    }
}

fn check_json(inspected: &Inspected<'_>, findings: &mut Findings<'_>) {
    let template = || inspected.places.template();
    let mentions = |word: &'static str| inspected.every_prompt(|text| contains_word(text, word));
    if !mentions("json") {
        let message = "the rubric reads JSON, and the prompt never asks for JSON, which servers without JSON schemas \
                       need to be told: ask for one JSON object with the fields reasoning, criteria and vote, or set \
                       reply.format";
        findings.add("json-not-asked", template(), message);
    }
    for word in ["vote", "first", "second"] {
        if !mentions(word) {
            let message = format!(
                "the prompt never mentions `{word}`, which a JSON reply must contain: ask for \"vote\": \"first\" or \
                 \"second\""
            );
            findings.add("vote-not-in-prompt", template(), message);
        }
    }
    for prompt in &inspected.rendered.prompts {
        for message in &prompt.messages {
            let read = read_vote(&inspected.loaded.rubric, &Reply::from_text(&*message.content));
            let Ok(reading) = read else { continue };
            let vote = reading.vote.as_str();
            let place = inspected.places.template_line(|line| line.contains("\"vote\""));
            let message = format!(
                "the prompt contains an object that is itself a vote ({vote}), so that a judge that repeats the prompt \
                 votes: write all the choices in its place, as in \"vote\": \"first\" or \"second\""
            );
            findings.add("echo-is-vote", place, message);
        }
    }
}

/// Checks that the prompt contains the words of a pattern: of one of its alternatives.
fn check_pattern_words(
    inspected: &Inspected<'_>,
    key: &str,
    pattern: &Regex,
    findings: &mut Findings<'_>,
) {
    let samples = pattern_samples(pattern.as_str());
    let words: Vec<Vec<String>> = samples.iter().map(PatternSample::words).collect();
    // A pattern without words says nothing about the prompt.
    if words.is_empty() || words.iter().any(Vec::is_empty) {
        return;
    }
    let missing = |text: &str, words: &[String]| -> Vec<String> {
        let text = text.to_lowercase();
        words.iter().filter(|word| !text.contains(&word.to_lowercase())).cloned().collect()
    };
    for prompt in &inspected.rendered.prompts {
        // The marked lines may name what a reply should name.
        let text = prompt.text();
        let fewest = words.iter().map(|words| missing(&text, words)).min_by_key(Vec::len);
        let fewest = fewest.filter(|missing| !missing.is_empty());
        if let Some(missing) = fewest {
            let missing: Vec<String> = missing.iter().map(|word| format!("`{word}`")).collect();
            let message = format!(
                "reply.{key} looks for {}, which the prompt never mentions, so that a judge does not know that it \
                 must be written: tell it in the prompt",
                missing.join(" and ")
            );
            findings.add("vote-not-in-prompt", inspected.places.key(&["reply", key]), message);
            return;
        }
    }
}

/// Checks that a pattern matches neither the prompt nor the texts of the rubric.
fn check_echo(inspected: &Inspected<'_>, key: &str, pattern: &Regex, findings: &mut Findings<'_>) {
    let place = || -> Place { inspected.places.key(&["reply", key]) };
    let mut add = |matched: &str, whose: &str| {
        let message = format!(
            "reply.{key} matches {whose} (`{matched}`), so that a judge that repeats it votes: let the pattern require \
             what only a reply has, such as a line `Verdict: {key}` that the prompt describes in other words"
        );
        findings.add("echo-is-vote", place(), message);
    };
    let prompts = inspected.rendered.prompts.iter();
    let mut messages = prompts.flat_map(|prompt| &prompt.messages);
    if let Some(found) = messages.find_map(|message| pattern.find(&message.content)) {
        add(&shortened(found.as_str()), "the prompt");
        return;
    }
    let rubric = &inspected.loaded.rubric;
    let criteria = rubric.criteria.iter().map(|criterion| &criterion.description);
    let mut texts = [&rubric.description].into_iter().chain(criteria);
    if let Some(found) = texts.find_map(|text| pattern.find(text)) {
        add(&shortened(found.as_str()), "a text of the rubric");
    }
}

/// Returns the beginning of a text, in one line.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
