//! A real model server that is started: `.ci/llm command` prints its command for `EVENHAND_LLM_START`.

/// Tests with the command of a model server in `EVENHAND_LLM_START`.
mod needs_model_command {
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};

    use serde_json::json;

    use crate::run::interruption::signal;
    use crate::support::started_server::wait_until;
    use crate::support::{CommandOutput, Folder};

    const ITEMS: usize = 12;

    /// A folder with items, a rubric that any reply is a vote by, and a judge that starts the real server.
    struct RealServer {
        folder: Folder,
        command: String,
    }

    impl RealServer {
        fn new() -> Self {
            #[expect(
                clippy::disallowed_methods,
                reason = "the command of the server can only come from outside"
            )]
            let command = std::env::var("EVENHAND_LLM_START").expect(
                "this test needs the command of a model server in EVENHAND_LLM_START (see .ci/llm)",
            );
            let folder = Folder::new();
            let item = |number: usize| {
                let responses = json!({ "alpha": "Yes.", "beta": "No." });
                json!({ "id": format!("q-{number}"), "prompt": format!("Is {number} even?"), "responses": responses })
                    .to_string()
            };
            let items: Vec<String> = (0..ITEMS).map(item).collect();
            folder.write("items.jsonl", &items.join("\n"));
            folder.write(
                "rubrics/short.toml",
                "name = \"short\"\ndescription = \"Which is better?\"\nprompt = \"short.j2\"\n\n[reply]\n\
                 format = \"pattern\"\nfirst = '.'\nsecond = 'never written'\n",
            );
            folder.write(
                "prompts/short.j2",
                "{% block user %}{{ item.prompt }} A: {{ first }} B: {{ second }} A or B?{% endblock %}",
            );
            Self { folder, command }
        }

        /// Writes the settings: a shell that notes its process and then does `first`, and becomes the server.
        fn start_after(&self, first: &str, settings: &str) {
            self.folder.write(
                "start.sh",
                &format!("echo $$ >>pids\nport=$1\nshift\n{first}\nexec \"$@\"\n"),
            );
            let command = format!("sh start.sh {{port}} {}", self.command);
            self.folder.write(
                "evenhand.toml",
                &format!(
                    "[judges.small]\nmodel = \"smollm2\"\nstart = {command:?}\nmax_tokens = 16\n\
                     max_parse_attempts = 0\nmax_in_flight = 4\n{settings}"
                ),
            );
        }

        fn command(&self) -> Command {
            let judge = ["judge", "items.jsonl", "--rubric", "short", "--judge", "small"];
            let mut command = self.folder.command(&[&judge[..], &["--run", "run.db"]].concat());
            command.env("NO_PROXY", "127.0.0.1").env("EVENHAND_INCONCLUSIVE", "pass");
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        }

        fn judge(&self) -> CommandOutput {
            CommandOutput::of(&self.command().output().unwrap())
        }

        fn judge_started(&self) -> Child {
            self.command().spawn().unwrap()
        }

        /// The processes that have become servers, in the order of their starts.
        fn processes(&self) -> Vec<u32> {
            let path: PathBuf = self.folder.path().join("pids");
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text.lines().map(|line| line.parse().unwrap()).collect()
        }

        /// How many trials have a stored reply.
        fn replies(&self) -> usize {
            let said = self.folder.run(&["verdicts", "run.db", "--all"]);
            let orders = said
                .json_lines()
                .into_iter()
                .flat_map(|verdict| verdict["orders"].as_array().unwrap().clone());
            orders.filter(|order| order["vote"].is_string()).count()
        }

        fn assert_nothing_runs(&self) {
            for process in self.processes() {
                let runs = || {
                    let mut ps = Command::new("ps");
                    let state = ps.args(["-o", "stat=", "-p", &process.to_string()]).output();
                    let state = state.unwrap().stdout;
                    !(state.is_empty() || state.starts_with(b"Z"))
                };
                wait_until(&format!("the end of {process}"), || !runs());
            }
        }
    }

    #[test]
    #[ignore = "needs the command of a model server in EVENHAND_LLM_START"]
    fn a_real_server_is_started_asked_and_stopped() {
        let server = RealServer::new();
        server.start_after("", "");
        server.judge().expect(0);
        assert_eq!(server.replies(), 2 * ITEMS);
        server.assert_nothing_runs();
    }

    #[test]
    #[ignore = "needs the command of a model server in EVENHAND_LLM_START"]
    fn two_real_servers_answer_as_replicas() {
        let server = RealServer::new();
        server.start_after("", "replicas = 2\n");
        let said = server.judge().expect(0);
        assert!(!said.stderr.contains("replica"), "{}", said.stderr);
        assert_eq!(server.replies(), 2 * ITEMS);
        assert_eq!(server.processes().len(), 2);
        server.assert_nothing_runs();
    }

    #[test]
    #[ignore = "needs the command of a model server in EVENHAND_LLM_START"]
    fn a_real_server_that_starts_slowly_is_waited_for_as_long_as_the_settings_say() {
        let server = RealServer::new();
        server.start_after("sleep 3", "start_timeout_s = 1\n");
        let said = server.judge().expect(4);
        assert!(said.stderr.contains("not ready within 1 s"), "{}", said.stderr);
        server.start_after("sleep 3", "");
        server.judge().expect(0);
        assert_eq!(server.replies(), 2 * ITEMS);
        server.assert_nothing_runs();
    }

    #[test]
    #[ignore = "needs the command of a model server in EVENHAND_LLM_START"]
    fn a_real_server_without_its_model_says_so() {
        let mut server = RealServer::new();
        server.command = server.command.replace(".gguf", ".no-such-file");
        server.start_after("", "");
        let said = server.judge().expect(4);
        assert!(said.stderr.contains("before it was ready"), "{}", said.stderr);
        assert!(said.stderr.contains("no-such-file"), "{}", said.stderr);
        assert_eq!(server.processes().len(), 1);
    }

    #[test]
    #[ignore = "needs the command of a model server in EVENHAND_LLM_START"]
    fn a_real_server_whose_port_is_taken_gets_another_one() {
        let server = RealServer::new();
        // The first time, another real server is on the port before it.
        let first = "if [ ! -e taken ]; then touch taken; setsid \"$@\" >/dev/null 2>&1 & echo $! >stranger; \
                     until (echo >/dev/tcp/127.0.0.1/$port) 2>/dev/null; do sleep 0.1; done; fi";
        server.start_after(first, "");
        let settings = server.folder.path().join("evenhand.toml");
        let text =
            std::fs::read_to_string(&settings).unwrap().replace("\"sh start", "\"bash start");
        std::fs::write(&settings, text).unwrap();
        server.judge().expect(0);
        assert_eq!(server.replies(), 2 * ITEMS);
        assert_eq!(server.processes().len(), 2);
        let stranger = std::fs::read_to_string(server.folder.path().join("stranger")).unwrap();
        assert!(Command::new("kill").arg(stranger.trim()).status().unwrap().success());
        server.assert_nothing_runs();
    }

    #[test]
    #[ignore = "needs the command of a model server in EVENHAND_LLM_START"]
    fn a_real_server_that_is_killed_leaves_the_rest_pending_and_the_same_command_goes_on() {
        let server = RealServer::new();
        server.start_after("", "");
        let child = server.judge_started();
        wait_until("a reply", || !server.processes().is_empty() && server.replies() > 0);
        let kill = Command::new("kill").args(["-9", &server.processes()[0].to_string()]).status();
        assert!(kill.unwrap().success());
        let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(5);
        assert!(said.stderr.contains("was ended by signal: 9"), "{}", said.stderr);
        let before = server.replies();
        assert!((1..2 * ITEMS).contains(&before), "{before}");
        server.judge().expect(0);
        assert_eq!(server.replies(), 2 * ITEMS);
        server.assert_nothing_runs();
    }

    #[test]
    #[ignore = "needs the command of a model server in EVENHAND_LLM_START"]
    fn ctrl_c_leaves_no_real_server_behind() {
        for signals in [1, 2] {
            let server = RealServer::new();
            server.start_after("", "");
            let child = server.judge_started();
            wait_until("a reply", || !server.processes().is_empty() && server.replies() > 0);
            for _ in 0..signals {
                signal("INT", &child);
            }
            CommandOutput::of(&child.wait_with_output().unwrap()).expect(130);
            server.assert_nothing_runs();
        }
    }
}
