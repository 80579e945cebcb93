//! Invalid settings of judges: each is refused by file, line and key, and no secret is printed.

use super::invalid::{ITEMS, JUDGE, SETTINGS, folder, refused, with_file};
use crate::support::CommandOutput;

#[test]
fn invalid_settings_are_named_by_file_line_and_key() {
    let wrong = |settings: &str, fragments: &[&str]| {
        with_file("evenhand.toml", settings, &JUDGE, 3, fragments);
    };
    let added = |line: &str| format!("{SETTINGS}{line}\n");
    wrong(
        &added("max_token = 5"),
        &["evenhand.toml:4: unknown key `max_token`", "did you mean `max_tokens`?"],
    );
    wrong(&added("temperature = \"hot\""), &["evenhand.toml:4: "]);
    wrong(&added("temperature = -1.0"), &["evenhand.toml:1: judges.local.temperature: expected"]);
    wrong(&added("temperature = 11.0"), &["local.temperature: expected a number from 0 to 10"]);
    wrong(&added("max_tokens = \"some\""), &["evenhand.toml:4: "]);
    wrong(&added("api = \"cohere\""), &["evenhand.toml:4: unknown value `cohere`", "anthropic"]);
    wrong(&added("base_urls = [\"http://h/v1\"]"), &["`base_url` and `base_urls` are mutually"]);
    let several = |urls: &str| format!("[judges.local]\nmodel = \"m\"\nbase_urls = {urls}\n");
    wrong(&several("[]"), &["judges.local.base_urls is empty", "hint: "]);
    wrong(&several("[\"http://h/v1\", \"h\"]"), &["local.base_urls[1]: expected a URL"]);
    wrong(
        &several("[\"http://h/v1\", \"http://h/v1/\"]"),
        &["local.base_urls[1]: this URL is given twice"],
    );
    wrong(
        &added(
            "price = { input_per_million = 1.0, output_per_million = 1.0, cached_input_per_million = -1 }",
        ),
        &["judges.local.price: "],
    );
    let messages = format!("{SETTINGS}api = \"anthropic\"\nextra = {{ tools = [] }}\n");
    wrong(&messages, &["judges.local.extra.tools: ", "hint: "]);
    wrong(&added("timeout_s = 0"), &["judges.local.timeout_s: expected"]);
    wrong(&added("max_in_flight = 0"), &["judges.local.max_in_flight: expected"]);
    for (beyond, most) in [
        ("max_in_flight = 9000000000000000000", 60_000),
        ("max_tokens = 9223372036854775807", 10_000_000),
    ] {
        let key = beyond.split(' ').next().unwrap();
        wrong(
            &added(beyond),
            &[&format!("judges.local.{key}: expected"), &format!("at most {most}")],
        );
    }
    wrong(&added("timeout_s = 1e30"), &["judges.local.timeout_s: expected", "at most 30 days"]);
    wrong(&added("max_attempts = 0"), &["judges.local.max_attempts: expected"]);
    wrong(&added("extra = { model = \"x\" }"), &["judges.local.extra.model: ", "hint: "]);
    wrong(
        &added("price = { input_per_million = -1.0, output_per_million = 1.0 }"),
        &["judges.local.price: "],
    );
    wrong(&added("price = { input = 1.0 }"), &["evenhand.toml:4: unknown key `input`"]);
    wrong(
        "[judges.local]\nmodel = \"m\"\n",
        &["evenhand.toml:1: judges.local.base_url is missing"],
    );
    wrong("[judges.local]\nbase_url = \"http://h/v1\"\n", &["judges.local.model is missing"]);
    wrong("[judges.local\n", &["evenhand.toml:1: "]);
    wrong("[judges.jury]\nmodel = \"m\"\nbase_url = \"http://h\"\n", &["judges.jury: ", "hint: "]);
    wrong("[judge.local]\nmodel = \"m\"\n", &["evenhand.toml:1: ", "did you mean `judges`?"]);
    for url in ["127.0.0.1:9/v1", "ftp://h/v1", "http://", ""] {
        let settings = SETTINGS.replace("http://127.0.0.1:9/v1", url);
        wrong(&settings, &["judges.local.base_url: expected a URL", "hint: "]);
    }
    let urls = |urls: &str| {
        SETTINGS.replace("base_url = \"http://127.0.0.1:9/v1\"", &format!("base_urls = {urls}"))
    };
    wrong(&urls("[]"), &["judges.local.base_urls is empty", "hint: "]);
    wrong(
        &urls("[\"http://h/v1\", \"ftp://h/v1\"]"),
        &["judges.local.base_urls[1]: expected a URL", "hint: "],
    );
    wrong(
        &urls("[\"http://h/v1\", \"http://h/v1/\"]"),
        &["judges.local.base_urls[1]: this URL is given twice", "hint: "],
    );
    wrong(
        &added("base_urls = [\"http://h/v1\"]"),
        &["judges.local: `base_url` and `base_urls` are mutually exclusive", "hint: "],
    );
    let nowhere = SETTINGS.replace(":9/v1", ":99999/v1");
    wrong(&nowhere, &["judges.local.base_url: not a URL: ", "port"]);
    with_file(
        "other.toml",
        "",
        &[&JUDGE[..], &["--config", "none.toml"]].concat(),
        3,
        &["none.toml: "],
    );
}

#[test]
fn an_invalid_command_of_a_server_is_named_by_file_line_and_key() {
    let wrong = |lines: &str, fragments: &[&str]| {
        let settings = format!("[judges.local]\nmodel = \"m\"\n{lines}\n");
        with_file("evenhand.toml", &settings, &JUDGE, 3, fragments);
    };
    let start = "start = \"serve {port}\"";
    let place = "evenhand.toml:1: judges.local";
    for (command, why) in [
        ("serve --port 8080", "{port} is missing"),
        ("serve --port PORT {PORT} {url}", "{port} is missing"),
        ("serve 'model.gguf --port {port}", "a quotation mark is not closed"),
        ("", "expected the command"),
        ("   # {port}", "expected the command"),
        ("'' {port}", "expected the command"),
    ] {
        let expected = format!("{place}.start: {why}");
        wrong(&format!("start = {command:?}"), &[&expected, "hint: "]);
    }
    let expected =
        format!("{place}.start: expected the command that starts the server without NUL");
    wrong("start = \"serve \\u0000 {port}\"", &[&expected, "hint: "]);
    for other in ["base_url = \"http://h/v1\"", "base_urls = [\"http://h/v1\"]", "recorded = \"r\""]
    {
        wrong(
            &format!("{start}\n{other}"),
            &[place, "`start`", "are mutually exclusive", "hint: "],
        );
    }
    wrong(&format!("{start}\nreplicas = 0"), &["local.replicas: expected a number from 1 to 64"]);
    wrong(&format!("{start}\nreplicas = 65"), &["local.replicas: expected a number from 1 to 64"]);
    wrong(
        &format!("{start}\nstart_timeout_s = 0"),
        &["local.start_timeout_s: expected a number of"],
    );
    for key in ["replicas", "start_timeout_s"] {
        let running = format!("base_url = \"http://h/v1\"\n{key} = 2");
        wrong(&running, &[&format!("{place}.{key}: this is a setting of `start`"), "hint: "]);
    }
    with_file(
        "evenhand.toml",
        &format!("[judges.local]\n{start}\n"),
        &JUDGE,
        3,
        &["judges.local.model is missing", "`model` and `start`"],
    );
}

#[test]
fn an_invalid_judge_stops_only_the_commands_that_use_it_and_a_check_of_all() {
    let folder = folder();
    for (invalid, fragment) in [
        (
            "model = \"m\"\nbase_url = \"http://h/v1/chat/completions\"",
            "judges.chat.base_url: expected the URL",
        ),
        ("model = \"m\"\nbase_url = \"h\"", "judges.chat.base_url: expected a URL"),
        ("model = \"m\"", "judges.chat.base_url is missing"),
        ("recorded = \"replies.jsonl\"\ntimeout_s = 0", "judges.chat.timeout_s: expected"),
    ] {
        folder.write("evenhand.toml", &format!("{SETTINGS}[judges.chat]\n{invalid}\n"));
        let check = |judges: &[&str]| {
            folder.run(&[&["check", "items.jsonl", "--rubric", "mine"], judges].concat())
        };
        check(&["--judge", "local"]).expect(0);
        check(&["--judge", "builtin:longer"]).expect(0);
        for judges in [&[][..], &["--judge", "chat"], &["--judge", "local", "--judge", "chat"]] {
            refused(&folder, check(judges), 3, &[&format!("evenhand.toml:4: {fragment}")]);
        }
        let run = ["judge", "items.jsonl", "--rubric", "mine", "--judge"];
        refused(&folder, folder.run(&[&run[..], &["chat"]].concat()), 3, &[fragment]);
        let apart = [&run[..], &["builtin:longer", "--run", "apart.db"]].concat();
        folder.run(&apart).expect(0);
    }
    // What is not understood at all may be meant for the judge that is used.
    for (invalid, fragment) in [
        ("[judges.chat]\nmodell = \"m\"", "evenhand.toml:5: unknown key `modell`"),
        ("[judges.chat]\ntimeout_s = \"long\"", "evenhand.toml:5: "),
        ("[judges.chat", "evenhand.toml:4: "),
        ("[judges.jury]\nmodel = \"m\"", "evenhand.toml:4: judges.jury: this name is reserved"),
        ("[judge.chat]\nmodel = \"m\"", "evenhand.toml:4: unknown key `judge`"),
    ] {
        folder.write("evenhand.toml", &format!("{SETTINGS}{invalid}\n"));
        refused(&folder, folder.run(&JUDGE), 3, &[fragment]);
    }
}

#[test]
fn a_secret_in_the_url_is_refused_and_not_printed() {
    for url in ["http://ana:hunter2@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?key=hunter2"] {
        let folder = folder();
        folder.write("evenhand.toml", &SETTINGS.replace("http://127.0.0.1:9/v1", url));
        let said = folder.run(&JUDGE);
        assert!(!said.stderr.contains("hunter2"), "{}", said.stderr);
        refused(&folder, said, 3, &["judges.local.base_url: ", "hint: "]);
    }
}

#[test]
fn an_invalid_api_key_is_refused_and_not_printed() {
    let folder = folder();
    folder.write("evenhand.toml", &format!("{SETTINGS}api_key_env = \"TEST_KEY\"\n"));
    let said = folder.run(&JUDGE);
    refused(&folder, said, 3, &["judges.local.api_key_env: ", "TEST_KEY is not set", "hint: "]);
    for (key, why) in [
        ("", "is empty"),
        ("hunter2\n", "white space"),
        (" hunter2", "white space"),
        ("hun\nter2", "one that is not ASCII"),
        ("hünter2", "one that is not ASCII"),
    ] {
        let mut command = folder.command(&JUDGE);
        let said = CommandOutput::of(&command.env("TEST_KEY", key).output().unwrap());
        assert!(!said.stderr.contains("nter2") && !said.stderr.contains("ter2"), "{}", said.stderr);
        refused(&folder, said, 3, &["judges.local.api_key_env: ", "TEST_KEY", why]);
    }
    folder.write("evenhand.toml", &format!("{SETTINGS}headers = {{ api-key = \"$TEST_KEY\" }}\n"));
    let said = folder.run(&JUDGE);
    refused(&folder, said, 3, &["judges.local.headers.api-key: ", "TEST_KEY is not set"]);
    let said = folder.run(&["judge", "items.jsonl", "--rubric", "mine", "--judge", "openai:gpt-x"]);
    refused(&folder, said, 3, &["OPENAI_API_KEY is not set"]);
}

#[test]
fn an_unknown_or_unsuitable_judge_is_refused() {
    let folder = folder();
    let recorded =
        "[judges.recorded]\nrecorded = \"none.jsonl\"\n[judges.odd]\nrecorded = \"odd.jsonl\"\n";
    folder.write("evenhand.toml", &format!("{SETTINGS}{recorded}"));
    folder.write("odd.jsonl", "{\"id\":\"q1\",\"first\":\"a\",\"reply\":\"A\"}\n");
    for (judge, fragments) in [
        ("locl", &["there is no judge `locl`", "did you mean `local`?", "hint: "][..]),
        ("gpt", &["there is no judge `gpt`", "local"]),
        (
            "builtin:lnoger",
            &["there is no judge `builtin:lnoger`", "did you mean `builtin:longer`?"],
        ),
        ("builtin:best", &["there is no judge `builtin:best`", "builtin:lexical, builtin:longer"]),
        (
            "builtin:rouge",
            &["there is no judge `builtin:rouge`", "builtin:rouge-1, builtin:rouge-2"],
        ),
        (
            "builtin:rougeL",
            &["there is no judge `builtin:rougeL`", "did you mean `builtin:rouge-l`?"],
        ),
        ("builtin:lexical", &["items.jsonl:1: reference is missing", "hint: "]),
        ("builtin:ter", &["items.jsonl:1: reference is missing", "builtin:ter compares", "hint: "]),
        ("recorded", &["none.jsonl: "]),
        ("odd", &["odd.jsonl:1: second is missing"]),
    ] {
        let said = folder.run(&["judge", "items.jsonl", "--rubric", "mine", "--judge", judge]);
        refused(&folder, said, 3, fragments);
    }
    for (baseline, fragments) in
        [("aa", &["unknown system `aa`", "a, b"][..]), ("model", &["a, b"])]
    {
        let said = folder.run(&[&JUDGE[..], &["--baseline", baseline]].concat());
        refused(&folder, said, 3, fragments);
    }
    folder.write("items.jsonl", &ITEMS.replace("{\"a\":\"no\"", "{\"c\":\"no\""));
    let said = folder.run(&[&JUDGE[..], &["--baseline", "a"]].concat());
    refused(&folder, said, 3, &["items.jsonl:2: responses.a is missing"]);
}

#[test]
fn an_invalid_program_is_named_by_file_line_and_key() {
    let wrong = |lines: &str, fragments: &[&str]| {
        let settings = format!("[judges.local]\n{lines}\n");
        with_file("evenhand.toml", &settings, &JUDGE, 3, fragments);
    };
    let place = "evenhand.toml:1: judges.local";
    for (command, why) in [
        ("\"\"", "expected a program"),
        ("[]", "expected a program"),
        ("[\"\", \"judge.py\"]", "expected a program"),
        (
            "[\"python\", \"a\\u0000b\"]",
            "expected a program and its arguments without NUL characters",
        ),
        ("\"python a\\u0000b\"", "expected a program and its arguments without NUL characters"),
        ("\"python 'judge.py\"", "a quotation mark is not closed"),
    ] {
        wrong(
            &format!("command = {command}"),
            &[&format!("{place}.command: {why}"), "hint: for example: [\"python\", \"judge.py\"]"],
        );
    }
    wrong("command = 3", &["evenhand.toml:2: ", "expected a command: a string, or a list"]);
    wrong("command = [1]", &["evenhand.toml:2: ", "expected a command: a string, or a list"]);
    let command = "command = \"judge\"";
    for other in [
        "base_url = \"http://h/v1\"",
        "base_urls = [\"http://h/v1\"]",
        "start = \"serve {port}\"",
        "recorded = \"r\"",
    ] {
        wrong(
            &format!("{command}\n{other}"),
            &[place, "`command`", "are mutually exclusive", "hint: "],
        );
    }
    for (key, value) in [
        ("api", "\"openai\""),
        ("api_key_env", "\"KEY\""),
        ("headers", "{ a = \"b\" }"),
        ("extra", "{ top_p = 1.0 }"),
        ("merge_system", "false"),
        ("adaptive_timeout", "false"),
        ("hedge", "true"),
    ] {
        wrong(
            &format!("{command}\n{key} = {value}"),
            &[&format!("{place}.{key}: this is a setting of an HTTP endpoint"), "hint: "],
        );
    }
    for number in ["0", "1025"] {
        wrong(
            &format!("{command}\nprocesses = {number}"),
            &["local.processes: expected a number from 1 to 1024"],
        );
    }
    wrong(&format!("{command}\nmodel = \"\""), &["judges.local.model is empty", "hint: "]);
    wrong(
        "model = \"m\"\nbase_url = \"http://h/v1\"\nprocesses = 2",
        &[&format!("{place}.processes: this is a setting of `command`"), "hint: "],
    );
    wrong(&format!("{command}\nprocess = 2"), &["unknown key `process`", "`processes`"]);
}
