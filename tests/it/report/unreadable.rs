//! What is said of replies that could not be read: in the table, in JSON, with the replies, and on stderr.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::support::Folder;
use crate::support::server::{Answer, ReceivedRequest, Scene, attempts, completion};

/// A completion with changes of its only choice.
fn choice(text: &Value, finish_reason: &Value, message: &Value) -> Answer {
    let mut body = completion("");
    body["choices"][0]["message"]["content"] = text.clone();
    body["choices"][0]["finish_reason"] = finish_reason.clone();
    for (key, value) in message.as_object().unwrap() {
        body["choices"][0]["message"][key] = value.clone();
    }
    body["usage"]["completion_tokens_details"] = json!({ "reasoning_tokens": 15 });
    body["usage"]["prompt_tokens_details"] = json!({ "cached_tokens": 64 });
    Answer::json(200, &body)
}

/// The reasoning has used up all tokens of every order of `q-001`; the other items have a vote.
fn used_up(request: &ReceivedRequest) -> Answer {
    if request.id == "q-001" {
        choice(&Value::Null, &json!("length"), &json!({ "reasoning_content": "Let me think. " }))
    } else {
        request.prefers("alpha")
    }
}

const ONE_ATTEMPT: (&str, &str) = ("max_parse_attempts", "0");

#[test]
fn what_was_cut_off_says_where_and_what_helps() {
    let scene = Scene::new(3, used_up);
    scene.settings(&[ONE_ATTEMPT, ("max_tokens", "1024")]);
    let said = scene.judge(&[]).expect(0);
    let sentence = "2 of 6 cut off at max_tokens = 1024 with empty content and reasoning present";
    assert!(said.stderr.contains(&format!("{sentence}; raise max_tokens")), "{}", said.stderr);
    let table = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = "2 trials cut off at max_tokens = 1024 with empty content and reasoning present";
    assert!(table.contains(line) && table.contains("raise max_tokens"), "{}", said.stdout);
    assert!(table.contains("the reasoning of a reply: “Let me think.”"), "{}", said.stdout);
    assert!(table.contains("(128 cached)") && table.contains("(30 of reasoning)"), "{table}");

    let summary: Value =
        serde_json::from_str(&scene.judge(&["--format", "json"]).expect(0).stdout).unwrap();
    let judge = &summary["judges"][0];
    let expected = json!({ "cut-off": 2, "empty": 0, "refused": 0, "no-vote": 0, "two-votes": 0,
                           "not-json": 0, "tie-not-allowed": 0 });
    assert_eq!(judge["unreadable"], expected);
    assert_eq!(judge["position"]["unparsed"], 2);
    let expected = json!({ "empty": 2, "with_reasoning": 2, "at_token_limit": 2,
                           "finish_reason": "length", "max_tokens": 1024 });
    assert_eq!(judge["cut_off"], expected);
    let expected = json!({ "reason": "cut-off", "part": "reasoning", "text": "Let me think." });
    assert_eq!(judge["unreadable_example"], expected);
    assert_eq!(
        (&judge["tokens"]["cached"], &judge["tokens"]["reasoning"]),
        (&json!(128), &json!(30))
    );

    let verdicts = scene.verdicts();
    let replies = |at: usize| attempts(&verdicts[at], 0)[0].clone();
    assert_eq!(replies(0)["unreadable"], "cut-off");
    assert_eq!(replies(0)["reasoning"], "Let me think. ");
    assert_eq!(
        (&replies(0)["reasoning_tokens"], &replies(0)["cached_prompt_tokens"]),
        (&json!(15), &json!(64))
    );
    assert_eq!((&replies(1)["unreadable"], &replies(1)["reasoning"]), (&Value::Null, &Value::Null));
}

/// An answer, the reason why it cannot be read, what is said of all, and what else is.
type Case = (fn() -> Answer, &'static str, &'static str, &'static str);

#[test]
fn a_judge_without_one_readable_reply_ends_with_exit_code_4() {
    let cases: [Case; 4] = [
        (
            || choice(&json!("<think>\nDraft: {\"vote\":\"first\"}"), &json!("error"), &json!({})),
            "cut-off",
            "4 of 4 cut off with finish_reason “error” with reasoning present",
            "the server ended these replies early",
        ),
        (
            || choice(&Value::Null, &json!("stop"), &json!({ "refusal": "I cannot." })),
            "refused",
            "4 of 4 refused by the model or its provider",
            "a refusal: “I cannot.”",
        ),
        (|| Answer::says(""), "empty", "4 of 4 with an empty reply", "as content"),
        (
            || Answer::says("{\"reasoning\":\"a \"b\"\",\"vote\":\"first\"}"),
            "not-json",
            "4 of 4 with invalid JSON",
            "a reply that is not JSON: “{\"reasoning\"",
        ),
    ];
    for (answer, word, reasons, more) in cases {
        let scene = Scene::new(2, move |_| answer());
        scene.settings(&[ONE_ATTEMPT]);
        let said = scene.judge(&[]).expect(4);
        assert!(
            said.stderr.contains("error: judge-1: none of 4 replies could be read"),
            "{}",
            said.stderr
        );
        assert!(said.stderr.contains(reasons) && said.stderr.contains(more), "{}", said.stderr);
        assert!(
            said.stderr.contains("hint: ") && !said.stderr.contains("next:"),
            "{}",
            said.stderr
        );
        for verdict in scene.verdicts() {
            for order in 0..2 {
                assert_eq!(attempts(&verdict, order)[0]["unreadable"], word);
            }
        }
        // The same command asks nothing, and is no success either.
        let requests = scene.server.requests();
        scene.judge(&[]).expect(4);
        assert_eq!(scene.server.requests(), requests);
    }
}

#[test]
fn few_readable_replies_are_a_warning() {
    for (readable, warned) in [(1, true), (2, false), (3, false)] {
        let scene = Scene::new(4, move |request| {
            let number: usize = request.id[2..].parse().unwrap();
            if number <= readable { request.prefers("alpha") } else { Answer::says("No idea.") }
        });
        scene.settings(&[ONE_ATTEMPT]);
        let said = scene.judge(&[]).expect(0).stderr;
        let few = format!("only {} of 8 trials have a readable vote", readable * 2);
        assert_eq!(said.contains(&few), warned, "{said}");
        let reasons =
            format!("{} of 8 without a vote; the judge does not answer as", 8 - readable * 2);
        assert!(said.contains(&reasons), "{said}");
    }
}

#[test]
fn an_ugly_reply_is_shown_in_80_columns_and_does_nothing_to_a_terminal() {
    let ugly =
        format!("\u{1b}[31mred\u{7} \u{202e}evil\u{202c} {}\r\n\t\0 שלום end", "long".repeat(4000));
    let folder = Folder::new();
    let item = json!({ "id": "q", "prompt": "p", "responses": { "alpha": "a", "beta": "b" } });
    folder.write("items.jsonl", &format!("{item}\n"));
    folder.write("evenhand.toml", "[judges.ugly]\nrecorded = \"replies.jsonl\"\n");
    let reply = |first: &str, second: &str| {
        format!("{}\n", json!({ "id": "q", "first": first, "second": second, "reply": ugly }))
    };
    folder.write("replies.jsonl", &(reply("alpha", "beta") + &reply("beta", "alpha")));
    let judge =
        ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "ugly", "--run", "run.db"];
    let said = folder.run(&judge).expect(4);
    assert!(said.stdout.contains("a reply without a vote: “\\u{1b}[31mred"), "{}", said.stdout);
    for line in said.stdout.lines() {
        assert!(line.width() <= 80, "{line}");
    }
    for text in [&said.stdout, &said.stderr] {
        let acts =
            |char: char| (char.is_control() && char != '\n') || "\u{202e}\u{202c}".contains(char);
        assert!(!text.contains(acts), "{text:?}");
        assert!(text.contains('…') && text.len() < 3000, "{text}");
    }
    let json = folder.run(&[&judge[..], &["--format", "json"]].concat()).expect(4).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let text = json["judges"][0]["unreadable_example"]["text"].as_str().unwrap();
    assert_eq!(text.chars().count(), 200);
}

/// Tests on `../shared/cases`, which is not in this repository.
mod needs_shared_data {
    use serde_json::json;

    use crate::support::Folder;
    use crate::support::shared_data::{read_json, shared};

    #[test]
    #[ignore = "needs ../shared/cases"]
    fn the_replies_of_the_collected_cases_are_read_as_expected() {
        let cases = shared("cases/replies");
        let folder = Folder::new();
        for name in ["items.jsonl", "replies.jsonl"] {
            folder.write(name, &std::fs::read_to_string(cases.join(name)).unwrap());
        }
        folder.write("evenhand.toml", "[judges.recorded]\nrecorded = \"replies.jsonl\"\n");
        let judge = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "recorded"];
        folder.run(&[&judge[..], &["--run", "run.db"]].concat()).expect(0);
        let verdicts = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
        let expected = read_json(&cases.join("expected.json"));
        assert_eq!(verdicts.len(), expected.len());
        for verdict in verdicts {
            let id = verdict["id"].as_str().unwrap();
            assert_eq!(json!([verdict["outcome"], verdict["winner"]]), expected[id], "{id}");
        }
    }
}
