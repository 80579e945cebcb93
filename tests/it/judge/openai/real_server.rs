//! Part of the shipped tickets judged by a real model server, where one is running.
//!
//! `.ci/llm start` starts one and prints the URL for `EVENHAND_LLM_URL`. Its model is far too small to
//! judge anything: what is tested is that every way of asking and reading works on a real server.

use serde_json::Value;

use crate::support::{CommandOutput, Folder};

/// Two comparisons of one ticket, both orders, with a rubric's reply table.
fn judge(name: &str, prompt: &str, ties: bool, reply: &str) -> Vec<Value> {
    #[expect(clippy::disallowed_methods, reason = "where the server is can only come from outside")]
    let url = std::env::var("EVENHAND_LLM_URL")
        .expect("this test needs the URL of a model server in EVENHAND_LLM_URL (see .ci/llm)");
    let folder = Folder::new();
    folder.write(
        "evenhand.toml",
        &format!(
            "[judges.small]\nmodel = \"smollm2\"\nbase_url = \"{url}\"\nmax_tokens = 120\nmax_in_flight = 4\n"
        ),
    );
    folder.write(
        &format!("rubrics/{name}.toml"),
        &format!(
            "name = \"{name}\"\ndescription = \"Which summary is better?\"\nprompt = \"{prompt}\"\nties = {ties}\n\n[reply]\n{reply}"
        ),
    );
    let items = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/tickets/items.jsonl").to_owned();
    let said = folder.run(&[
        "judge",
        &items,
        "--rubric",
        name,
        "--judge",
        "small",
        "--limit",
        "1",
        "--baseline",
        "model-a",
        "--run",
        "run.db",
    ]);
    said.expect(0);
    let said: CommandOutput = folder.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0);
    let verdicts = said.json_lines();
    assert_eq!(verdicts.len(), 2);
    for reply in replies(&verdicts) {
        assert_eq!(reply["ending"], "reply");
        assert_eq!(reply["status"], 200);
        assert!(reply["prompt_tokens"].as_u64().unwrap() > 100);
        assert!(reply["completion_tokens"].as_u64().unwrap() > 0);
        // The server reports the file that it has loaded, not the name that it was asked for.
        assert!(reply["model"].as_str().unwrap().contains("SmolLM2"), "{reply}");
    }
    verdicts
}

fn replies(verdicts: &[Value]) -> Vec<Value> {
    orders(verdicts).iter().flat_map(|order| order["replies"].as_array().unwrap().clone()).collect()
}

fn orders(verdicts: &[Value]) -> Vec<Value> {
    verdicts.iter().flat_map(|verdict| verdict["orders"].as_array().unwrap().clone()).collect()
}

/// Tests on the model server at `EVENHAND_LLM_URL`.
mod needs_model_server {
    use serde_json::Value;

    use super::{judge, orders};

    #[test]
    #[ignore = "needs a model server at EVENHAND_LLM_URL"]
    fn a_real_server_answers_in_json_by_schema() {
        let reply = "format = \"json\"\n";
        let verdicts = judge("by-schema", "pairwise.j2", true, reply);
        for order in orders(&verdicts) {
            let reply = &order["replies"][0];
            if reply["finish_reason"] == "stop" {
                assert!(order["vote"].is_string(), "{order}");
                let verdict: Value =
                    serde_json::from_str(reply["reply"].as_str().unwrap()).unwrap();
                let keys: Vec<&String> = verdict.as_object().unwrap().keys().collect();
                assert_eq!(keys, ["reasoning", "criteria", "vote"]);
            }
        }
    }

    #[test]
    #[ignore = "needs a model server at EVENHAND_LLM_URL"]
    fn a_real_server_answers_in_text_that_patterns_read() {
        let reply = "format = \"pattern\"\nfirst = '(?i)\\bfirst\\b'\nsecond = '(?i)\\bsecond\\b'\ntie = '(?i)\\btie\\b'\n";
        let verdicts = judge("by-pattern", "pairwise.j2", true, reply);
        let readable = orders(&verdicts).iter().filter(|order| order["vote"].is_string()).count();
        assert!(readable > 0, "the prompt asks for these words: {verdicts:?}");
    }

    #[test]
    #[ignore = "needs a model server at EVENHAND_LLM_URL"]
    fn a_real_server_answers_in_one_token_with_its_probability() {
        let reply = "format = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
        let verdicts = judge("by-token", "pairwise-terse.j2", false, reply);
        for order in orders(&verdicts) {
            assert!(order["vote"].is_string(), "{order}");
            let confidence = order["confidence"].as_f64().unwrap();
            assert!(confidence > 0.0 && confidence <= 1.0);
        }
    }
}
