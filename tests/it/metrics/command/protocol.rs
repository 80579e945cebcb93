//! The input of a program, valid answers, and answers that are refused.

use std::collections::BTreeMap;

use evenhand::ErrorKind;
use evenhand::input::{Content, Item, Reference, Turn};
use evenhand::metrics::{Answer, CommandMetric, SystemResponse};
use serde_json::{Value, json};

use super::{GENEROUS, ONES, asked, in_full, item, log, refused, responses_of, scores, script};
use crate::support::Folder;

/// Returns a command that prints these answers whatever its input.
fn saying(answers: &str) -> String {
    format!("cat >/dev/null; printf '%s' '{answers}'")
}

#[tokio::test]
async fn a_program_receives_a_line_of_json_for_each_response_without_absent_fields() {
    let folder = Folder::new();
    let full = Item {
        prompt: Content::Turns(vec![Turn::new("system", "Be short."), Turn::new("user", "Hi")]),
        responses: BTreeMap::from([
            ("a".to_owned(), Content::Text("Hello,\n\"you\"".to_owned())),
            ("b".to_owned(), Content::Turns(vec![Turn::new("assistant", "Hi")])),
        ]),
        reference: Some(Reference::Text("Hello".to_owned())),
        context: Some(json!({"locale": "de"})),
        tags: BTreeMap::from([("product".to_owned(), "billing".to_owned())]),
        ..item("full", "")
    };
    let bare = item("bare", "ü");
    let responses = [("a", &full), ("b", &full), ("a", &bare)]
        .map(|(system, item)| SystemResponse { item, system });
    let command = script(&folder, &format!("tee \"$here/seen\" | {ONES}"));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 1);
    assert_eq!(metric.answers(&responses).await.unwrap(), scores(&[1.0, 1.0, 1.0]));

    let prompt = json!([{"role":"system","content":"Be short."},{"role":"user","content":"Hi"}]);
    let seen: Vec<Value> =
        log(&folder, "seen").iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        seen,
        [
            json!({"id":"full","system":"a","prompt":prompt,"response":"Hello,\n\"you\"",
                   "reference":"Hello","context":{"locale":"de"},"tags":{"product":"billing"}}),
            json!({"id":"full","system":"b","prompt":prompt,
                   "response":[{"role":"assistant","content":"Hi"}],
                   "reference":"Hello","context":{"locale":"de"},"tags":{"product":"billing"}}),
            json!({"id":"bare","system":"a","prompt":"What?","response":"ü"}),
        ]
    );
}

#[tokio::test]
async fn every_kind_of_answer_is_read_in_order() {
    let failed = |why: &str| Answer::Failed(why.to_owned());
    for (line, answer) in [
        ("0.75", Answer::Score(0.75)),
        ("-3", Answer::Score(-3.0)),
        ("0.1000000000000000055", Answer::Score(0.1)),
        ("true", Answer::Score(1.0)),
        ("false", Answer::Score(0.0)),
        ("null", failed("it is null")),
        (r#"{"score": 2e3, "why": ["x"], "error": "no"}"#, Answer::Score(2000.0)),
        (r#"{"score": true}"#, Answer::Score(1.0)),
        (r#"{"score": null}"#, failed("its \"score\" is null")),
        (r#"{"error": "no\ncompiler"}"#, failed(r"no\ncompiler")),
        (r#"{"score": null, "error": {"code": 1}}"#, failed(r#"{"code":1}"#)),
        (r#"{"id": "t-1", "system": "a", "score": 5}"#, Answer::Score(5.0)),
    ] {
        // The line travels as the last argument, so that the shell leaves its backslashes alone.
        let (answers, warnings) = asked(&saying(&format!("9\n{line}\n8\n")), &["", "", ""]).await;
        assert_eq!(answers, [Answer::Score(9.0), answer, Answer::Score(8.0)], "{line}");
        assert_eq!(warnings, [] as [String; 0], "{line}");
    }
}

#[tokio::test]
async fn blank_lines_carriage_returns_and_a_missing_last_line_break_do_not_matter() {
    let (answers, warnings) = asked(&saying("\u{feff}1\r\n\n \t\n2\n\n3"), &["", "", ""]).await;
    assert_eq!((answers, warnings), (scores(&[1.0, 2.0, 3.0]), vec![]));
}

#[tokio::test]
async fn an_error_that_the_program_gives_is_kept_short() {
    let (answers, _) =
        asked(&saying(&format!(r#"{{"error": "{}"}}"#, "ä".repeat(5000))), &[""]).await;
    assert_eq!(answers, [Answer::Failed("ä".repeat(200) + "…")]);
}

#[tokio::test]
async fn an_invalid_answer_is_refused_with_what_was_expected() {
    for (line, why) in [
        ("loading model", "not valid JSON"),
        ("\"0.5\"", "it is a string"),
        ("[1]", "it is a list"),
        ("NaN", "not valid JSON"),
        ("-Infinity", "not valid JSON"),
        ("1e999", "not valid JSON"),
        ("1 2", "not valid JSON"),
        ("{}", "neither \"score\" nor \"error\""),
        (r#"{"error": null}"#, "neither \"score\" nor \"error\""),
        (r#"{"score": "1"}"#, "its \"score\" is a string"),
        (r#"{"score": [1]}"#, "its \"score\" is a list"),
        (r#"{"score": 1, "score": 0}"#, "repeated"),
    ] {
        let command = saying(&format!("1\n\n{line}\n1\n"));
        let error = refused(&command, &["", "", ""]).await;
        let full = in_full(&error);
        assert_eq!(error.kind(), ErrorKind::Input, "{full}");
        assert!(error.to_string().contains("command `cat >/dev/null; printf"), "{full}");
        assert!(
            error
                .to_string()
                .ends_with(&format!("line 3 of its output is not a valid answer: `{line}`"))
        );
        assert!(full.contains("item `t-1`, system `a`"), "{full}");
        assert!(full.contains(why), "{full}");
        assert!(full.contains("expected: a finite number, true, false or null"), "{full}");
        assert!(full.contains("logs to stderr"), "{full}");
    }
}

#[tokio::test]
async fn python_literals_are_refused_with_a_hint_about_json() {
    for line in ["True", "False", "None", "nan", "-inf", "NaN", "{'\\''score'\\'': 1}"] {
        let error = in_full(&refused(&saying(&format!("1\n{line}\n1\n")), &["", "", ""]).await);
        assert!(error.contains("in Python use print(json.dumps(answer))"), "{error}");
    }
    for line in ["true story", "Nonesuch", "{", "[True]"] {
        let error = in_full(&refused(&saying(&format!("1\n{line}\n1\n")), &["", "", ""]).await);
        assert!(error.ends_with("write only answers to stdout, and logs to stderr"), "{error}");
    }
}

#[tokio::test]
async fn an_invalid_answer_is_quoted_shortened_on_one_line() {
    let error = refused("cat >/dev/null; printf '\\033[31m%01000d\\n' 7", &[""]).await.to_string();
    assert!(error.contains(r"`\u{1b}[31m000"), "{error}");
    assert!(error.ends_with("0…`"), "{error}");
    assert!(error.chars().count() < 400 && !error.chars().any(char::is_control), "{error}");
    let error = refused("printf '\\377\\n'", &[""]).await;
    assert!(in_full(&error).contains("not valid UTF-8"), "{error}");
}

#[tokio::test]
async fn an_answer_to_another_response_is_refused() {
    for (line, why) in [
        (r#"{"id": "t-0", "score": 1}"#, "its \"id\" is \"t-0\""),
        (r#"{"id": 1, "score": 1}"#, "its \"id\" is 1"),
        (r#"{"system": "b", "score": 1}"#, "its \"system\" is \"b\""),
        (r#"{"id": "t-2", "error": "no"}"#, "its \"id\" is \"t-2\""),
    ] {
        let error = refused(&saying(&format!("1\n{line}\n1\n")), &["", "", ""]).await;
        let full = in_full(&error);
        assert_eq!(error.kind(), ErrorKind::Input, "{full}");
        assert!(full.contains("line 2 of its output answers another response"), "{full}");
        assert!(full.contains("item `t-1`, system `a`") && full.contains(why), "{full}");
    }
}

#[tokio::test]
async fn more_answers_than_questions_are_refused() {
    let error = refused(&saying("1\n1\n\n0.5"), &["", ""]).await;
    assert_eq!(error.kind(), ErrorKind::Input);
    let said = "gave more answers than the 2 responses it was given: line 4 is `0.5`";
    assert!(error.to_string().contains(said), "{error}");
}

#[tokio::test]
async fn an_endless_line_is_refused_in_bounded_memory() {
    let error = refused("tr '\\0' 1 </dev/zero", &[""]).await;
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(error.to_string().contains("line 1 of its output is longer than 1 MiB"), "{error}");
}

#[tokio::test]
async fn a_line_of_exactly_1_mib_is_read() {
    let zeros = (1 << 20) - 4;
    let (answers, _) = asked(&format!("printf '1.%0{zeros}d\\n\\n' 1"), &[""]).await;
    let [Answer::Score(score)] = answers[..] else { panic!("{answers:?}") };
    assert!((score - 1.0).abs() < 1e-12, "{score}");
}

#[tokio::test]
async fn a_response_reaches_the_program_only_as_data() {
    let folder = Folder::new();
    let trap = folder.path().join("trap");
    let responses: Vec<String> =
        ["$(touch T)", "`touch T`", "'; touch T; '", "\"\n touch T\n", "| touch T"]
            .map(|response| response.replace('T', trap.to_str().unwrap()))
            .to_vec();
    let items: Vec<Item> = responses.iter().map(|response| item(response, response)).collect();
    let command = script(&folder, &format!("tee \"$here/seen\" | {ONES}"));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 1);
    assert_eq!(metric.answers(&responses_of(&items)).await.unwrap(), scores(&[1.0; 5]));
    assert!(!trap.exists());
    let seen: Vec<Value> =
        log(&folder, "seen").iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        seen.iter().map(|line| line["response"].as_str().unwrap()).collect::<Vec<_>>(),
        responses
    );
}

#[tokio::test]
async fn a_command_metric_has_the_given_name() {
    assert_eq!(CommandMetric::new("check", ONES, GENEROUS, 1).name(), "check");
}
