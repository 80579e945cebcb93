//! How a judge's endpoint is reached: URLs and headers from the environment, proxies.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use crate::support::CommandOutput;
use crate::support::server::{ClosedPort, Scene};

fn judged(scene: &Scene, environment: &[(&str, &str)]) -> CommandOutput {
    let mut command = scene.judge_command(&[]);
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command.envs(environment.iter().copied());
    CommandOutput::of(&command.output().unwrap())
}

/// The settings of a judge at another address.
fn at(scene: &Scene, base_url: &str) {
    scene.settings(&[("base_url", &format!("{base_url:?}")), ("timeout_s", "20")]);
}

fn port(scene: &Scene) -> u16 {
    url::Url::parse(&scene.server.base_url()).unwrap().port().unwrap()
}

#[test]
fn requests_to_this_machine_go_through_no_proxy() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let closed = ClosedPort::new();
    let proxy = format!("http://127.0.0.1:{}", closed.number());
    for host in ["127.0.0.1", "localhost"] {
        at(&scene, &scene.server.base_url().replace("127.0.0.1", host));
        let all = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, proxy.as_str()));
        let run = format!("{host}.db");
        let mut command = scene.judge_command(&["--run", &run]);
        command.env_remove("NO_PROXY").envs(all);
        CommandOutput::of(&command.output().unwrap()).expect(0);
    }
    assert_eq!(scene.server.requests(), 4);
}

#[test]
fn requests_to_elsewhere_go_through_the_proxy() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    at(&scene, "http://judge.invalid/v1");
    let proxy = format!("http://127.0.0.1:{}", port(&scene));
    judged(&scene, &[("http_proxy", &proxy)]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
}

#[test]
fn an_error_names_address_and_proxy_but_no_password() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let closed = ClosedPort::new();
    at(&scene, "https://judge.invalid/v1");
    let place = format!("127.0.0.1:{}", closed.number());
    for scheme in ["http", "socks5h"] {
        let proxy = format!("{scheme}://ana:hunter2-hunter2@{place}");
        let said = judged(&scene, &[("https_proxy", &proxy)]).expect(4);
        let named = format!(
            "at https://judge.invalid/v1/chat/completions through the proxy {scheme}://{place}"
        );
        assert!(said.stderr.contains(&named), "{}", said.stderr);
        assert!(!said.stderr.contains("hunter2"), "{}", said.stderr);
    }
    at(&scene, &format!("http://{place}/v1"));
    let said = judged(&scene, &[]).expect(4);
    assert!(
        said.stderr.contains(&format!("at http://{place}/v1/chat/completions: ")),
        "{}",
        said.stderr
    );
}

/// Serves one SOCKS 5 client: no password, one connection to a named host, which leads to `port`.
fn serve_socks(mut client: TcpStream, port: u16) -> String {
    let mut hello = [0; 2];
    client.read_exact(&mut hello).unwrap();
    let mut methods = vec![0; usize::from(hello[1])];
    client.read_exact(&mut methods).unwrap();
    client.write_all(&[5, 0]).unwrap();
    let mut request = [0; 5];
    client.read_exact(&mut request).unwrap();
    assert_eq!(request[..4], [5, 1, 0, 3], "a connection to a host by its name");
    let mut rest = vec![0; usize::from(request[4]) + 2];
    client.read_exact(&mut rest).unwrap();
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut from_client, mut to_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || {
        // Either side may end the connection.
        let _ended = std::io::copy(&mut from_client, &mut to_server).is_err();
        let _ended = to_server.shutdown(std::net::Shutdown::Write).is_err();
    });
    std::thread::spawn(move || std::io::copy(&mut server, &mut client).is_err());
    String::from_utf8(rest[..rest.len() - 2].to_vec()).unwrap()
}

#[test]
fn a_socks_proxy_is_used() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    at(&scene, "http://judge.invalid/v1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("socks5h://{}", listener.local_addr().unwrap());
    let (server, (sender, names)) = (port(&scene), std::sync::mpsc::channel());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let name = serve_socks(client.unwrap(), server);
            if sender.send(name).is_err() {
                return;
            }
        }
    });
    judged(&scene, &[("ALL_PROXY", &proxy)]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert_eq!(names.try_iter().next().unwrap(), "judge.invalid");
}

#[test]
fn openai_base_url_moves_the_judges_of_openai_alone() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let base_url = scene.server.base_url();
    let judge = |judge: &str, run: &str, url: &str| {
        let mut command = scene.judge_command(&["--judge", judge, "--run", run]);
        command.env("OPENAI_API_KEY", "sk-0123456789").env("OPENAI_BASE_URL", url);
        CommandOutput::of(&command.output().unwrap())
    };
    judge("openai:gpt-9", "openai.db", &format!("{base_url}/")).expect(0);
    let seen = scene.server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].model(), "gpt-9");
    assert_eq!(seen[0].headers["authorization"], "Bearer sk-0123456789");
    judge("judge-1", "own.db", "http://127.0.0.1:9/v1").expect(0);
    let said = judge("openai:gpt-9", "wrong.db", "not a url").expect(3);
    assert!(said.stderr.contains("OPENAI_BASE_URL: expected a URL"), "{}", said.stderr);
}

#[test]
fn variables_anywhere_in_a_header_are_expanded_and_redacted() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let headers =
        "{ \"authorization\" = \"Token $TEST_JUDGE_KEY\", \"x-team\" = \"a-${TEST_TEAM}-$$5\" }";
    scene.settings(&[("headers", headers), ("api_key_env", "\"TEST_JUDGE_KEY\"")]);
    let mut command = scene.judge_command(&[]);
    CommandOutput::of(&command.env("TEST_TEAM", "team-0123456789").output().unwrap()).expect(0);
    let seen = scene.server.seen();
    let key = crate::support::server::KEY;
    assert_eq!(seen[0].headers["authorization"], format!("Token {key}").as_str());
    assert_eq!(seen[0].headers["x-team"], "a-team-0123456789-$5");
    for (value, why) in [
        ("a $ b", "is not followed by the name of a variable"),
        ("${", "is not followed by the name of a variable"),
        ("$5", "is not followed by the name of a variable"),
        ("Token $TEST_NOT_SET", "TEST_NOT_SET is not set"),
    ] {
        scene.settings(&[("headers", &format!("{{ \"x-team\" = {value:?} }}"))]);
        let said = scene.judge(&["--run", "new.db"]).expect(3);
        assert!(said.stderr.contains("headers.x-team"), "{}", said.stderr);
        assert!(said.stderr.contains(why), "{}", said.stderr);
    }
}

#[test]
fn a_key_in_place_of_the_name_of_its_variable_is_not_printed() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    for key in ["sk-proj-hunter2hunter2", "gsk_hunter2hunter2hunter2", "hunter2.hunter2"] {
        scene.settings(&[("api_key_env", &format!("{key:?}"))]);
        let said = scene.judge(&[]).expect(3);
        assert!(said.stderr.contains("judges.judge-1.api_key_env: "), "{}", said.stderr);
        assert!(said.stderr.contains("hint: "), "{}", said.stderr);
        assert!(!said.stderr.contains("hunter2"), "{}", said.stderr);
    }
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn check_prints_what_each_judge_is_sent_without_its_key() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let settings = [
        ("extra", "{ reasoning_effort = \"low\" }"),
        ("headers", "{ \"x-team\" = \"$TEST_JUDGE_KEY\" }"),
        ("temperature", "\"none\""),
    ];
    scene.settings(&settings);
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let said = scene.run(&check).expect(0);
    let base_url = scene.server.base_url();
    for fragment in [
        &format!("endpoint  {base_url}; chat completions; key from TEST_JUDGE_KEY; headers x-team"),
        "model = \"model-of-judge-1\", max_tokens = 4096, response_format = json_schema, \
         reasoning_effort = \"low\", messages",
    ] {
        assert!(said.stdout.contains(fragment), "`{fragment}` is not in {}", said.stdout);
    }
    assert!(!said.stdout.contains(crate::support::server::KEY));
    let said = scene.run(&[&check[..], &["--format", "json"]].concat()).expect(0);
    let request = &said.json_lines()[0]["judges"][0]["request"];
    assert_eq!(request["max_tokens"], 4096);
    assert_eq!(request["response_format"]["type"], "json_schema");
    assert_eq!(request.get("messages"), None);
    let said =
        scene.run(&["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:first"]);
    assert!(!said.expect(0).stdout.contains("endpoint"));
    assert_eq!(scene.server.requests(), 0);
}
