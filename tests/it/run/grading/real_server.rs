//! Grades of a real model server, where one is running (see `.ci/llm`).

/// Tests on the model server at `EVENHAND_LLM_URL`.
mod needs_model_server {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use serde_json::Value;

    use crate::support::grading_scene::{RUBRIC, item};
    use crate::support::{CommandOutput, Folder, lines_of};

    const ITEMS: usize = 8;

    #[test]
    #[ignore = "needs a model server at EVENHAND_LLM_URL"]
    fn a_killed_run_of_grades_goes_on_and_pays_nothing_twice() {
        #[expect(
            clippy::disallowed_methods,
            reason = "where the server is can only come from outside"
        )]
        let base_url = std::env::var("EVENHAND_LLM_URL")
            .expect("this test needs the URL of a model server in EVENHAND_LLM_URL (see .ci/llm)");
        let folder = Folder::new();
        folder.write("items.jsonl", &lines_of((1..=ITEMS).map(item)));
        folder.write("rubrics/quality.toml", RUBRIC);
        folder.write(
            "evenhand.toml",
            &format!(
                "[judges.small]\nmodel = \"smollm2\"\nbase_url = {base_url:?}\nmax_tokens = 120\nmax_in_flight = 2\n\
                 price = {{ input_per_million = 1, output_per_million = 2 }}\n"
            ),
        );
        let flags =
            ["grade", "items.jsonl", "--rubric", "quality", "--judge", "small", "--format", "json"];
        let command = || -> Command {
            let mut command = folder.command(&flags);
            command.env("NO_PROXY", "127.0.0.1");
            command
        };
        for milliseconds in [4000, 3000] {
            let mut child = command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(milliseconds));
            // It may be complete by now.
            let _has_ended = child.kill().is_err();
            child.wait().unwrap();
        }
        // A small model may follow the direction of the scale throughout: then no grade is kept, which is 8.
        let numbers = |output: CommandOutput| -> Value {
            assert!([0, 8].contains(&output.code), "{}\n{}", output.code, output.stderr);
            serde_json::from_str(&output.stdout).unwrap()
        };
        let first = numbers(CommandOutput::of(&command().output().unwrap()));
        let again = numbers(CommandOutput::of(&command().output().unwrap()));
        assert_eq!(again["requests"], 0);
        let judge = &again["judges"][0];
        assert_eq!(judge["planned"].as_u64(), Some(2 * ITEMS as u64));
        assert_eq!(judge["outcomes"]["pending"], 0);
        assert_eq!(judge["outcomes"], first["judges"][0]["outcomes"]);
        assert!(judge["cost_usd"].as_f64().unwrap() > 0.0);
        let graded =
            ["kept", "changed"].map(|outcome| judge["outcomes"][outcome].as_u64().unwrap());
        assert!(graded.iter().sum::<u64>() > 0, "the schema makes its replies readable: {judge}");
    }
}
