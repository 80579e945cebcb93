//! Responses of a real model server, where one is running (see `.ci/llm`).

/// Tests on the model server at `EVENHAND_LLM_URL`.
mod needs_model_server {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use serde_json::Value;

    use crate::support::{CommandOutput, Folder};

    const PROMPTS: usize = 12;

    #[test]
    #[ignore = "needs a model server at EVENHAND_LLM_URL"]
    fn a_killed_generation_goes_on_and_its_items_are_judged_and_reported() {
        #[expect(
            clippy::disallowed_methods,
            reason = "where the server is can only come from outside"
        )]
        let base_url = std::env::var("EVENHAND_LLM_URL")
            .expect("this test needs the URL of a model server in EVENHAND_LLM_URL (see .ci/llm)");
        let folder = Folder::new();
        let prompts = (1..=PROMPTS).map(|number| {
            format!("{{\"id\":\"p-{number}\",\"prompt\":\"Name {number} things that float.\"}}\n")
        });
        folder.write("prompts.jsonl", &prompts.collect::<String>());
        folder.write("prompts/formal.j2", "{% block system %}Write formally.{% endblock %}\n");
        let system = |name: &str, further: &str| {
            format!(
                "[systems.{name}]\nmodel = \"smollm2\"\nbase_url = {base_url:?}\nmax_tokens = 24\nmax_in_flight = 2\n\
                 price = {{ input_per_million = 1, output_per_million = 2 }}\n{further}\n"
            )
        };
        let settings = system("plain", "") + &system("formal", "prompt = \"formal.j2\"");
        folder.write("evenhand.toml", &settings);
        let flags = [
            "generate",
            "prompts.jsonl",
            "--system",
            "plain",
            "--system",
            "formal",
            "--to",
            "items.jsonl",
        ];
        let command = || -> Command {
            let mut command = folder.command(&flags);
            command.env("NO_PROXY", "127.0.0.1");
            command
        };
        for milliseconds in [3000, 2000] {
            let mut child = command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(milliseconds));
            // It may be complete by now.
            let _has_ended = child.kill().is_err();
            child.wait().unwrap();
        }
        CommandOutput::of(&command().output().unwrap()).expect(0);
        let again = CommandOutput::of(&command().output().unwrap()).expect(0);
        assert!(again.stdout.contains("this time:  0 requests"), "{}", again.stdout);
        let text = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
        let items: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(items.len(), PROMPTS);
        for item in &items {
            for name in ["plain", "formal"] {
                let made = &item["generated"][name];
                assert!(made["model"].as_str().unwrap().contains("SmolLM2"), "{made}");
                assert!(made["completion_tokens"].as_u64().unwrap() > 0, "{made}");
                assert!(made["cost"].as_f64().unwrap() > 0.0, "{made}");
                assert!(item["responses"][name].is_string());
                if made["finish_reason"] == "length" {
                    assert_eq!(made["mark"], "cut-off");
                }
            }
        }
        let judge = [
            "judge",
            "items.jsonl",
            "--rubric",
            "helpfulness",
            "--judge",
            "builtin:longer",
            "--run",
            "run.db",
        ];
        folder.run(&judge).expect(0);
        folder.run(&["report", "run.db"]).expect(0);
    }
}
