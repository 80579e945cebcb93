//! Errors name the address that was asked, and what is next fits the state of the run.

use crate::support::CommandOutput;
use crate::support::server::{Answer, ClosedPort, Scene};

/// What `judge` says with a base URL, for one comparison.
fn judged(scene: &Scene, base_url: &str, settings: &[(&str, &str)]) -> CommandOutput {
    let base_url = format!("{base_url:?}");
    scene.settings(&[&[("base_url", base_url.as_str()), ("max_attempts", "1")], settings].concat());
    scene.judge(&[])
}

#[test]
fn a_refused_address_is_named_without_its_query() {
    for (status, code) in [(401, 4), (403, 4), (404, 4), (405, 4), (307, 4)] {
        let scene = Scene::new(1, move |_| Answer::error(status, "No"));
        let url = scene.server.base_url();
        let said = judged(&scene, &format!("{url}?api-version=2024-10-21"), &[]).expect(code);
        let named = format!("No (address: {url}/chat/completions)");
        assert!(said.stderr.contains(&named), "{status}: {}", said.stderr);
        assert!(!said.stderr.contains("api-version"), "{status}: {}", said.stderr);
    }
}

#[test]
fn a_page_for_people_and_an_empty_answer_name_their_address() {
    for (status, body) in
        [(200, "<html>Sign in</html>"), (502, "<html>Bad gateway</html>"), (200, "")]
    {
        let scene = Scene::new(1, move |_| Answer::status(status, body));
        let url = scene.server.base_url();
        let said = judged(&scene, &url, &[]);
        let named = format!("(address: {url}/chat/completions)");
        assert!(said.stderr.contains(&named), "{status}: {}", said.stderr);
    }
}

#[test]
fn no_connection_and_no_answer_name_their_address() {
    let scene = Scene::new(1, |seen| seen.prefers("beta").held());
    let closed = format!("http://127.0.0.1:{}/v1", ClosedPort::new().number());
    let said = judged(&scene, &closed, &[("total_timeout_s", "1")]).expect(4);
    let named = format!("cannot connect to the endpoint at {closed}/chat/completions: ");
    assert!(said.stderr.contains(&named), "{}", said.stderr);
    std::fs::remove_file(scene.folder.path().join("run.db")).unwrap();
    let url = scene.server.base_url();
    let said = judged(&scene, &url, &[("timeout_s", "1")]).expect(4);
    let named = format!("no answer within 1.0 s (address: {url}/chat/completions)");
    assert!(said.stderr.contains(&named), "{}", said.stderr);
}

#[test]
fn the_messages_api_names_its_own_path() {
    let scene = Scene::new(1, |_| Answer::error(404, "Not found"));
    let url = scene.server.base_url();
    let said = judged(&scene, &url, &[("api", "\"anthropic\"")]).expect(4);
    assert!(said.stderr.contains(&format!("(address: {url}/messages)")), "{}", said.stderr);
}

#[test]
fn a_missing_version_in_the_address_is_guessed_from_an_unknown_path() {
    let scene = Scene::new(1, |seen| match seen.path.as_str() {
        "/v1/chat/completions" => seen.prefers("beta"),
        _ => Answer::status(404, "404 page not found"),
    });
    let with_version = scene.server.base_url();
    let without = with_version.trim_end_matches("/v1");
    let said = judged(&scene, without, &[]).expect(4);
    let guess = format!("most servers need base_url = {with_version:?}");
    assert!(said.stderr.contains(&guess), "{}", said.stderr);
    let said = judged(&scene, &with_version, &[]).expect(0);
    assert!(!said.stderr.contains("most servers"), "{}", said.stderr);
}

#[test]
fn a_model_that_does_not_exist_is_no_reason_to_doubt_the_address() {
    let scene = Scene::new(1, |_| Answer::error(404, "The model `x` does not exist"));
    let without = scene.server.base_url().replace("/v1", "");
    let said = judged(&scene, &without, &[]).expect(4);
    assert!(!said.stderr.contains("most servers"), "{}", said.stderr);
}

#[test]
fn a_base_url_with_the_path_of_a_request_is_refused_with_the_one_to_write() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    for (base_url, instead) in [
        ("https://h.example/v1/chat/completions", "write https://h.example/v1;"),
        ("https://h.example/v1/chat/completions/", "write https://h.example/v1;"),
        ("http://h.example:8000/chat/completions", "write http://h.example:8000;"),
        ("https://h.example/v1/messages", "write https://h.example/v1;"),
        ("https://h.example/v1/completions", "write https://h.example/v1;"),
        ("https://h.example/v1/responses", "write https://h.example/v1;"),
        ("https://h.example/v1/embeddings", "write https://h.example/v1;"),
        (
            "https://h.example/o/chat/completions?api-version=2",
            "write https://h.example/o?api-version=2;",
        ),
    ] {
        let said = judged(&scene, base_url, &[]).expect(3);
        assert!(said.stderr.contains("judges.judge-1.base_url: "), "{}", said.stderr);
        assert!(said.stderr.contains(instead), "{base_url}: {}", said.stderr);
    }
    let said = judged(&scene, "https://h.example/v1/responses?key=sk-123", &[]).expect(3);
    assert!(!said.stderr.contains("sk-123"), "{}", said.stderr);
    scene.settings(&[]);
    let mut command = scene.judge_command(&["--judge", "openai:gpt-4o-mini"]);
    command.env("OPENAI_API_KEY", "sk-0").env("OPENAI_BASE_URL", "https://h.example/v1/responses");
    let said = CommandOutput::of(&command.output().unwrap()).expect(3);
    assert!(said.stderr.contains("OPENAI_BASE_URL: expected the URL before"), "{}", said.stderr);
}

#[test]
fn calibrate_comes_next_only_after_a_run_that_is_complete() {
    let closed = ClosedPort::new();
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    let complete = scene.judge(&[]).expect(0);
    assert!(complete.stderr.contains("evenhand calibrate"), "{}", complete.stderr);
    let said = scene.judge(&["--run", "part.db", "--max-requests", "2"]).expect(5);
    assert!(!said.stderr.contains("evenhand calibrate"), "incomplete: {}", said.stderr);
    // One judge of a jury is never reached.
    let url = format!("\"http://127.0.0.1:{}/v1\"", closed.number());
    let down = scene.judge_table("down", &[("base_url", &url), ("total_timeout_s", "1")]);
    scene.folder.write("evenhand.toml", &(scene.judge_table("judge-1", &[]) + &down));
    let said =
        scene.judge(&["--judge", "judge-1", "--judge", "down", "--run", "jury.db"]).expect(4);
    assert!(!said.stderr.contains("evenhand calibrate"), "never reached: {}", said.stderr);
}
