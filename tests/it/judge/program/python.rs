//! Tests that run Python: the whole request line, and answers that a shell cannot write.

mod needs_python3 {
    use std::fmt::Write as _;

    use serde_json::{Value, json};

    use super::super::Scene;

    /// A judge in Python; `answer(request)` gives what the answer has beside its id.
    fn scene(answer: &str) -> Scene {
        let scene = Scene::answering(2, "", "");
        let program = format!(
            "import json, sys\n\n{answer}\n\nlog = open('requests.jsonl', 'a')\n\
             for line in sys.stdin:\n    log.write(line)\n    log.flush()\n    request = json.loads(line)\n    \
             print(json.dumps({{'id': request['id'], **answer(request)}}))\n"
        );
        scene.folder.write("judge.py", &program);
        scene.settings(
            "[\"python3\", \"judge.py\"]",
            "model = \"house-judge\"\ntemperature = \"none\"",
        );
        scene
    }

    fn requests(scene: &Scene) -> Vec<Value> {
        let lines = scene.log("requests.jsonl");
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    const TIE: &str = "def answer(request):\n    \
        return {'reply': json.dumps({'reasoning': '', 'criteria': {}, 'vote': 'tie'})}";

    #[test]
    #[ignore = "needs python3"]
    fn a_program_is_as_blind_as_a_model() {
        let scene = scene(TIE);
        let item = json!({
            "id": "ITEM-NAME", "prompt": "What?", "tags": { "product": "TAG-NAME" },
            "responses": { "SYSTEM-ONE": "Yes.", "SYSTEM-TWO": "No." },
            "reference": "REFERENCE-TEXT",
        });
        scene.folder.write("items.jsonl", &format!("{item}\n"));
        scene.judge(&[]).expect(0);
        let text = scene.log("requests.jsonl").join("\n");
        for name in ["ITEM-NAME", "SYSTEM-ONE", "SYSTEM-TWO", "TAG-NAME", "REFERENCE-TEXT"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        let requests = requests(&scene);
        assert_eq!(requests.len(), 2);
        for request in &requests {
            let fields: Vec<&String> = request.as_object().unwrap().keys().collect();
            let expected = [
                "id",
                "attempt",
                "model",
                "messages",
                "temperature",
                "max_tokens",
                "response_format",
                "logprobs",
            ];
            assert_eq!(fields, expected);
            assert_eq!(request["attempt"], 1);
            assert_eq!(request["model"], "house-judge");
            assert_eq!(request["temperature"], Value::Null);
            assert_eq!(request["max_tokens"], 4096);
            assert_eq!(request["logprobs"], false);
            assert_eq!(request["messages"][0]["role"], "system");
            let schema = &request["response_format"]["json_schema"]["schema"];
            assert_eq!(schema["properties"]["vote"]["enum"], json!(["first", "second", "tie"]));
        }
        assert_ne!(requests[0]["id"], requests[1]["id"]);
    }

    #[test]
    #[ignore = "needs python3"]
    fn hostile_texts_reach_the_program_and_come_back_as_they_are() {
        let hostile =
            "\u{feff}\"'`$(reboot)\\ \n\r\u{2028}\u{85}\u{1b}[31m 𝔘𝔫𝔦 \u{202e}🦀 {\"id\":\"x\"}\n";
        let echo = "def answer(request):\n    \
            seen = request['messages'][-1]['content']\n    \
            return {'reply': json.dumps({'reasoning': seen, 'criteria': {}, 'vote': 'tie'}, ensure_ascii=False) + '\\n\\x00\\u2028'}";
        let scene = scene(echo);
        let item = json!({ "id": "t", "prompt": hostile, "responses": { "a": hostile, "b": "b" } });
        scene.folder.write("items.jsonl", &format!("{item}\n"));
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), ["kept tie"]);
        assert!(scene.log("requests.jsonl").iter().all(|line| line.is_ascii()));
        let seen = requests(&scene)[0]["messages"][1]["content"].as_str().unwrap().to_owned();
        assert!(seen.contains(hostile.trim()), "{seen:?}");
        let reply = scene.verdicts()[0]["orders"][0]["replies"][0]["reply"].to_string();
        assert!(reply.contains("reboot") && reply.contains("🦀"), "{reply}");
    }

    #[test]
    #[ignore = "needs python3"]
    fn a_reply_of_many_mebibytes_is_read() {
        let huge = "def answer(request):\n    \
            return {'reply': json.dumps({'reasoning': 'x' * 9_000_000, 'criteria': {}, 'vote': 'tie'})}";
        let scene = scene(huge);
        scene.judge(&["--limit", "1"]).expect(0);
        assert_eq!(scene.outcomes(), ["kept tie"]);
    }

    #[test]
    #[ignore = "needs python3"]
    fn a_prompt_that_fills_every_pipe_is_sent() {
        // The program writes more than a pipe holds before it reads.
        let scene = scene(&format!("sys.stderr.write('x' * 1_000_000)\n{TIE}"));
        let long = "long ".repeat(1_000_000);
        let mut items = String::new();
        for id in 0..2 {
            let item = json!({ "id": format!("t-{id}"), "prompt": "?", "responses": { "a": long, "b": "b" } });
            writeln!(items, "{item}").unwrap();
        }
        scene.folder.write("items.jsonl", &items);
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept tie"; 2]);
    }

    #[test]
    #[ignore = "needs python3"]
    fn a_traceback_is_shown_where_the_program_never_answers() {
        let scene = scene("def answer(request):\n    raise ValueError('no weights')");
        let said = scene.judge(&[]).expect(4);
        super::super::assert_says(
            &said.stderr,
            &["the program `python3 judge.py` ended with exit code 1", "ValueError: no weights"],
        );
    }
}
