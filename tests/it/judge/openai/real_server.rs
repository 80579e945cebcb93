//! Part of the shipped tickets judged by a real model server, where one is running.
//!
//! `.ci/llm start` starts one and prints the URL for `EVENHAND_LLM_URL`. Its model is far too small to
//! judge anything: what is tested is that every way of asking and reading works on a real server. `.ci/llm start 2`
//! starts two, which are replicas of each other.

use serde_json::Value;

use crate::support::{CommandOutput, Folder};

/// A way to the small model: the server itself, or what is in front of it.
#[derive(Debug, Clone)]
pub(super) struct SmallModel {
    pub(super) base_url: String,
    /// Without one, none is sent.
    pub(super) key: Option<&'static str>,
    /// What replies must name as their model, or a part of it.
    pub(super) reported_as: &'static str,
}

/// Two comparisons of one ticket, both orders, with a rubric's reply table. Each order is asked once, since a
/// reply takes seconds and need not be readable.
fn judge(model: &SmallModel, name: &str, prompt: &str, ties: bool, reply: &str) -> Vec<Value> {
    let folder = Folder::new();
    let key = model.key.map_or("", |_| "api_key_env = \"TEST_JUDGE_KEY\"\n");
    folder.write(
        "evenhand.toml",
        &format!(
            "[judges.small]\nmodel = \"smollm2\"\nbase_url = \"{}\"\nmax_tokens = 120\nmax_parse_attempts = 0\n{key}",
            model.base_url
        ),
    );
    folder.write(
        &format!("rubrics/{name}.toml"),
        &format!(
            "name = \"{name}\"\ndescription = \"Which summary is better?\"\nprompt = \"{prompt}\"\nties = {ties}\n\n[reply]\n{reply}"
        ),
    );
    let items = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/tickets/items.jsonl");
    let judge = ["judge", items, "--rubric", name, "--judge", "small", "--run", "run.db"];
    let plan = ["--limit", "1", "--baseline", "model-a"];
    let mut command = folder.command(&[&judge[..], &plan].concat());
    command.env("TEST_JUDGE_KEY", model.key.unwrap_or_default()).env("NO_PROXY", "127.0.0.1");
    // So small a model follows the order.
    command.env("EVENHAND_INCONCLUSIVE", "pass");
    CommandOutput::of(&command.output().unwrap()).expect(0);
    let said: CommandOutput = folder.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0);
    let verdicts = said.json_lines();
    assert_eq!([verdicts.len(), replies(&verdicts).len()], [2, 4]);
    for reply in replies(&verdicts) {
        assert_eq!(reply["ending"], "reply");
        assert_eq!(reply["status"], 200);
        assert!(reply["prompt_tokens"].as_u64().unwrap() > 100);
        assert!(reply["completion_tokens"].as_u64().unwrap() > 0);
        assert!(reply["model"].as_str().unwrap().contains(model.reported_as), "{reply}");
    }
    verdicts
}

fn replies(verdicts: &[Value]) -> Vec<Value> {
    orders(verdicts).iter().flat_map(|order| order["replies"].as_array().unwrap().clone()).collect()
}

fn orders(verdicts: &[Value]) -> Vec<Value> {
    verdicts.iter().flat_map(|verdict| verdict["orders"].as_array().unwrap().clone()).collect()
}

pub(super) fn assert_answers_in_json_by_schema(model: &SmallModel) {
    let verdicts = judge(model, "by-schema", "pairwise.j2", true, "format = \"json\"\n");
    for order in orders(&verdicts) {
        let reply = &order["replies"][0];
        if reply["finish_reason"] == "stop" {
            assert!(order["vote"].is_string(), "{order}");
            let verdict: Value = serde_json::from_str(reply["reply"].as_str().unwrap()).unwrap();
            let keys: Vec<&String> = verdict.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["reasoning", "criteria", "vote"]);
        }
    }
}

pub(super) fn assert_answers_in_text_that_patterns_read(model: &SmallModel) {
    let reply = "format = \"pattern\"\nfirst = '(?i)\\bfirst\\b'\nsecond = '(?i)\\bsecond\\b'\ntie = '(?i)\\btie\\b'\n";
    let verdicts = judge(model, "by-pattern", "pairwise.j2", true, reply);
    let readable = orders(&verdicts).iter().filter(|order| order["vote"].is_string()).count();
    assert!(readable > 0, "the prompt asks for these words: {verdicts:?}");
}

pub(super) fn assert_answers_in_one_token_with_its_probability(model: &SmallModel) {
    let reply = "format = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    let verdicts = judge(model, "by-token", "pairwise-terse.j2", false, reply);
    for order in orders(&verdicts) {
        assert!(order["vote"].is_string(), "{order}");
        let confidence = order["confidence"].as_f64().unwrap();
        assert!(confidence > 0.0 && confidence <= 1.0);
    }
    for verdict in &verdicts {
        let mean = verdict["probability"].as_object().unwrap();
        let sum: f64 = mean.values().map(|share| share.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9 && mean["tie"] == 0.0, "{verdict}");
        assert!(verdict["margin"].is_number(), "{verdict}");
    }
}

/// Tests on the model server at `EVENHAND_LLM_URL`.
mod needs_model_server {
    use super::{
        SmallModel, assert_answers_in_json_by_schema,
        assert_answers_in_one_token_with_its_probability,
        assert_answers_in_text_that_patterns_read,
    };

    fn model() -> SmallModel {
        #[expect(
            clippy::disallowed_methods,
            reason = "where the server is can only come from outside"
        )]
        let base_url = std::env::var("EVENHAND_LLM_URL")
            .expect("this test needs the URL of a model server in EVENHAND_LLM_URL (see .ci/llm)");
        // The server reports the file that it has loaded, not the name that it was asked for.
        SmallModel { base_url, key: None, reported_as: "SmolLM2" }
    }

    #[test]
    #[ignore = "needs a model server at EVENHAND_LLM_URL"]
    fn a_real_server_answers_in_json_by_schema() {
        assert_answers_in_json_by_schema(&model());
    }

    #[test]
    #[ignore = "needs a model server at EVENHAND_LLM_URL"]
    fn a_real_server_answers_in_text_that_patterns_read() {
        assert_answers_in_text_that_patterns_read(&model());
    }

    #[test]
    #[ignore = "needs a model server at EVENHAND_LLM_URL"]
    fn a_real_server_answers_in_one_token_with_its_probability() {
        assert_answers_in_one_token_with_its_probability(&model());
    }
}

/// Tests on two model servers at `EVENHAND_LLM_URLS`, with a space between their URLs.
mod needs_model_servers {
    use std::io;
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::replies;
    use crate::support::{CommandOutput, Folder};

    fn urls() -> Vec<String> {
        #[expect(
            clippy::disallowed_methods,
            reason = "where the servers are can only come from outside"
        )]
        let urls = std::env::var("EVENHAND_LLM_URLS").expect(
            "this test needs the URLs of two model servers in EVENHAND_LLM_URLS (see .ci/llm)",
        );
        urls.split_whitespace().map(ToOwned::to_owned).collect()
    }

    /// A port that passes everything on to a server, until the test process ends.
    struct Passage {
        base_url: String,
        connections: Arc<AtomicUsize>,
    }

    impl Passage {
        fn to(base_url: &str) -> Self {
            let address = base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
            let connections = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&connections);
            std::thread::spawn(move || {
                for client in listener.incoming() {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let (client, server) = (client.unwrap(), TcpStream::connect(&address).unwrap());
                    for (from, to) in [(&client, &server), (&server, &client)] {
                        let (mut from, mut to) =
                            (from.try_clone().unwrap(), to.try_clone().unwrap());
                        std::thread::spawn(move || {
                            // Either end may close first.
                            let _copied = io::copy(&mut from, &mut to);
                            let _closed = to.shutdown(Shutdown::Write);
                        });
                    }
                }
            });
            Self { base_url, connections }
        }
    }

    #[test]
    #[ignore = "needs two model servers at EVENHAND_LLM_URLS"]
    fn two_real_servers_answer_as_replicas() {
        let passages: Vec<Passage> = urls().iter().map(|url| Passage::to(url)).collect();
        let base_urls: Vec<&String> = passages.iter().map(|passage| &passage.base_url).collect();
        assert!(base_urls.len() >= 2, "{base_urls:?}");
        let folder = Folder::new();
        let limits = "max_tokens = 4\nmax_parse_attempts = 0\nmax_in_flight = 4\n";
        let judge =
            format!("[judges.small]\nmodel = \"smollm2\"\nbase_urls = {base_urls:?}\n{limits}");
        folder.write("evenhand.toml", &judge);
        let reply = "format = \"pattern\"\nfirst = '.'\nsecond = 'never written'\n";
        let rubric =
            "name = \"short\"\ndescription = \"Which is better?\"\nprompt = \"short.j2\"\n";
        folder.write("rubrics/short.toml", &format!("{rubric}\n[reply]\n{reply}"));
        folder.write(
            "prompts/short.j2",
            "{% block user %}{{ item.prompt }} A: {{ first }} B: {{ second }} A or B?{% endblock %}",
        );
        // What is tested is who answers, so any reply is a vote. So many items that each server is the one that some of them prefer.
        let item = |number: usize| {
            let responses = serde_json::json!({ "alpha": "Yes.", "beta": "No." });
            let prompt = format!("Is {number} even?");
            serde_json::json!({ "id": format!("q-{number}"), "prompt": prompt, "responses": responses })
        };
        let items: Vec<String> = (0..16).map(|number| item(number).to_string()).collect();
        folder.write("items.jsonl", &items.join("\n"));
        let judge = ["judge", "items.jsonl", "--rubric", "short", "--judge", "small"];
        let mut command = folder.command(&[&judge[..], &["--run", "run.db"]].concat());
        command.env("NO_PROXY", "127.0.0.1").env("EVENHAND_INCONCLUSIVE", "pass");
        let said = CommandOutput::of(&command.output().unwrap());
        let said = said.expect(0);
        assert!(!said.stderr.contains("replica"), "{}", said.stderr);
        let said = folder.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0);
        let replies = replies(&said.json_lines());
        assert_eq!(replies.len(), 32, "every order is answered once");
        assert!(replies.iter().all(|reply| reply["ending"] == "reply"), "{replies:?}");
        for passage in &passages {
            assert!(passage.connections.load(Ordering::SeqCst) > 0, "{}", passage.base_url);
        }
    }
}
