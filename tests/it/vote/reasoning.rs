//! Reasoning in the text of a reply, how completions end, and refusals.

use evenhand::input::Take;
use evenhand::judge::{Reply, Usage};
use evenhand::vote::{Unreadable, read_vote};

use super::{
    Expected, FIRST, MALFORMED, NO_VOTE, SECOND, TRUNCATED, assert_votes, json, letters, outputs,
    vote,
};

const REFUSED: Expected = Err(Unreadable::Refused);
const EMPTY: Expected = Err(Unreadable::Empty);

/// What a reply says that ended for a reason.
fn ended(text: &str, reason: &str) -> Expected {
    let reply = Reply { finish_reason: Some(reason.to_owned()), ..Reply::from_text(text) };
    read_vote(&json(Take::Last), &reply).map(|reading| reading.vote)
}

#[test]
fn only_what_follows_the_reasoning_is_read() {
    let verdict = r#"{"reasoning":"r","vote":"first"}"#;
    let draft = r#"{"reasoning":"r","vote":"second"}"#;
    for (open, close) in [
        ("<think>", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<reasoning>", "</reasoning>"),
        ("", "</think>"),
        ("<THINK>", "</THINK>"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        ("<|channel|>commentary", "<|channel|>final <|constrain|>json<|message|>"),
    ] {
        for thoughts in [
            "The first looks fine.",
            draft,
            r#"I must answer {"reasoning": "...", "vote": "first" or "second"}."#,
            r#"Consider {x such that x>0. Hmm {"a": 1"#,
            r#"Start: {"reasoning": "The first"#,
            r"{'reasoning': '",
            r#""vote": "tie""#,
        ] {
            for take in [Take::First, Take::Last, Take::Only] {
                let text = format!("{open}\n{thoughts}\n{close}\n\n{verdict}");
                assert_eq!(vote(&json(take), &text), FIRST, "{text}");
                let text = format!("{open}\n{thoughts}\n{close}\n\nI do not know.");
                assert_eq!(vote(&json(take), &text), NO_VOTE, "{text}");
                let text = format!("{open}\n{thoughts}\n{close}\n");
                assert_eq!(vote(&json(take), &text), EMPTY, "{text}");
            }
            if !open.is_empty() {
                let text = format!("{open}\n{thoughts}\nBut wait, the other one also");
                assert_eq!(vote(&json(Take::Last), &text), TRUNCATED, "{text}");
            }
        }
    }
    let text = "<think>Output (b)</think> Output (a)";
    assert_eq!(vote(&outputs("only"), text), FIRST);
    assert_eq!(vote(&outputs("last"), "<think>Output (b)"), TRUNCATED);
    assert_eq!(vote(&letters(), "<think>B</think>\nA"), FIRST);
    assert_eq!(vote(&letters(), "<think>B"), TRUNCATED);
}

#[test]
fn a_mark_that_a_verdict_quotes_is_no_mark() {
    for mark in [
        "<think>",
        "</think>",
        "</reasoning>",
        "<|channel|>final<|message|>",
        "<|channel|>analysis",
        "<|end|>",
        "</think>{'vote':'second'}",
        r#"</think>{\"vote\":\"second\"}"#,
    ] {
        for rest in ["", r" and \d"] {
            for before in ["", "<think>hm</think>", "So: ", "<|channel|>final<|message|>"] {
                let text = format!(
                    "{before}{{\"reasoning\":\"It says {mark}{rest}\",\"vote\":\"first\"}}"
                );
                assert_eq!(vote(&json(Take::Last), &text), FIRST, "{text}");
            }
        }
    }
    let table = [
        (r#"{"reasoning":"It says "</think>{"vote":"second"}","vote":"first"}"#, MALFORMED),
        (r#"{"vote":"second"} <think> no"#, TRUNCATED),
        (r#"<think>{"reasoning":"</think>","vote":"second"}"#, TRUNCATED),
        (r#"<|channel|>final<|message|>{"vote":"first"}<|end|> <|return|>"#, FIRST),
        (r#"<|channel|>final<|message|>{"vote":"first"}<|end|>{"vote":"second"}"#, TRUNCATED),
        (
            r#"{"reasoning":"<|channel|>final<|message|>{"vote":"second"}<|end|>","vote":"first"}"#,
            TRUNCATED,
        ),
    ];
    assert_votes(&json(Take::Last), &table);
}

#[test]
fn reasoning_apart_from_the_text_is_never_read() {
    let reasoning = Some(r#"{"reasoning":"r","vote":"first"}"#.to_owned());
    for (text, expected) in [
        (None, EMPTY),
        (Some(String::new()), EMPTY),
        (Some("I do not know.".to_owned()), NO_VOTE),
        (Some(r#"{"vote":"second"}"#.to_owned()), SECOND),
    ] {
        let reply = Reply { text, reasoning: reasoning.clone(), ..Reply::default() };
        let read = read_vote(&json(Take::Last), &reply).map(|reading| reading.vote);
        assert_eq!(read, expected, "{reply:?}");
    }
}

#[test]
fn every_ending_but_stop_and_its_synonyms_is_cut_off() {
    let complete = "```json\n{\"vote\":\"first\"}\n```\n";
    let draft = r#"First I lean to {"vote":"second"} But looking again, the dates"#;
    let stopped =
        ["stop", "STOP", "eos", "eos_token", "end_turn", "stop_sequence", "COMPLETE", "", "null"];
    for reason in stopped {
        assert_eq!(ended(complete, reason), FIRST, "{reason}");
        assert_eq!(ended(draft, reason), SECOND, "{reason}");
        assert_eq!(ended("", reason), EMPTY, "{reason}");
        assert_eq!(ended("I do not know.", reason), NO_VOTE, "{reason}");
    }
    let cut_off = [
        "length",
        "LENGTH",
        "max_tokens",
        "MAX_TOKENS",
        "model_length",
        "tool_calls",
        "function_call",
        "?",
    ];
    let broken_off =
        ["error", "abort", "cancelled", "insufficient_system_resource", "failed_generation"];
    // A draft that the end cuts off right behind its brace.
    let last_words = r#"First I lean to {"reasoning":"r","vote":"second"}"#;
    for reason in cut_off.into_iter().chain(broken_off) {
        let is_whole = cut_off.contains(&reason);
        let expected = if is_whole { FIRST } else { TRUNCATED };
        assert_eq!(ended(complete, reason), expected, "{reason}");
        for text in [
            draft,
            last_words,
            "",
            " \n",
            "I do not",
            r#"{"reasoning":"a "b"","vote":"first"}"#,
            "<think>",
        ] {
            assert_eq!(ended(text, reason), TRUNCATED, "{reason}: {text}");
        }
    }
}

#[test]
fn a_refusal_is_neither_an_empty_reply_nor_cut_off() {
    for reason in ["content_filter", "content-filter", "refusal", "SAFETY", "prohibited_content"] {
        assert_eq!(ended("", reason), REFUSED, "{reason}");
        assert_eq!(ended(r#"{"reasoning":"It"#, reason), REFUSED, "{reason}");
        assert_eq!(ended(r#"{"vote":"first"}"#, reason), REFUSED, "{reason}");
    }
    let refusal = Some("I cannot help with that.".to_owned());
    for text in [None, Some(String::new()), Some("I cannot help with that.".to_owned())] {
        let reply = Reply { text, refusal: refusal.clone(), ..Reply::default() };
        assert_eq!(read_vote(&json(Take::Last), &reply).unwrap_err(), Unreadable::Refused);
    }
}

#[test]
fn all_tokens_spent_on_reasoning_is_cut_off() {
    let usage = Usage { prompt: 400, completion: 1024, reasoning: 1024, ..Usage::default() };
    let reply = Reply {
        reasoning: Some("Let me think.".to_owned()),
        finish_reason: Some("length".to_owned()),
        usage: Some(usage),
        ..Reply::default()
    };
    for rubric in [json(Take::Last), outputs("last"), letters()] {
        assert_eq!(read_vote(&rubric, &reply).unwrap_err(), Unreadable::Truncated);
    }
}

#[test]
fn every_reason_has_a_word_of_its_own() {
    let words: Vec<&str> = Unreadable::ALL.into_iter().map(Unreadable::as_str).collect();
    let expected =
        ["cut-off", "empty", "refused", "no-vote", "two-votes", "not-json", "tie-not-allowed"];
    assert_eq!(words, expected);
    assert_eq!(serde_json::to_value(Unreadable::ALL).unwrap(), serde_json::json!(expected));
}
