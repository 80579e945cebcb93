//! The program behind a `LiteLLM` proxy, where one is running.
//!
//! `.ci/litellm start` starts one and prints the URL for `EVENHAND_LITELLM_URL`. Its model `smollm2` is that of
//! the servers of `.ci/llm`. Its models `scripted` and `o3-mini` are answered by the test's own server, whose URL
//! the request contains; what the proxy makes of an answer is what is tested. It does not retry by itself.

/// Tests on the `LiteLLM` proxy at `EVENHAND_LITELLM_URL`.
mod needs_litellm {
    use std::time::Duration;

    use tokio::time::Instant;

    use crate::judge::openai::real_server::{
        SmallModel, assert_answers_in_json_by_schema,
        assert_answers_in_one_token_with_its_probability,
        assert_answers_in_text_that_patterns_read,
    };
    use crate::support::CommandOutput;
    use crate::support::server::{Answer, ReceivedRequest, Scene};

    /// The proxy's master key, which has no limits.
    const KEY: &str = "sk-evenhand";

    fn base_url() -> String {
        #[expect(
            clippy::disallowed_methods,
            reason = "where the proxy is can only come from outside"
        )]
        std::env::var("EVENHAND_LITELLM_URL").expect(
            "this test needs the URL of a LiteLLM proxy in EVENHAND_LITELLM_URL (see .ci/litellm)",
        )
    }

    fn small_model() -> SmallModel {
        // The proxy reports the name that it was asked for, not that of the server's file.
        SmallModel { base_url: base_url(), key: Some(KEY), reported_as: "smollm2" }
    }

    /// A scene whose judge asks the proxy for a model, which the scene's own server answers.
    fn scene(
        items: usize,
        model: &str,
        script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
    ) -> Scene {
        let scene = Scene::new(items, script);
        scene.settings(&[
            ("model", &format!("{model:?}")),
            ("base_url", &format!("{:?}", base_url())),
            ("extra", &format!("{{ api_base = {:?} }}", scene.server.base_url())),
        ]);
        scene
    }

    fn judge(scene: &Scene, key: &str) -> CommandOutput {
        let mut command = scene.judge_command(&[]);
        CommandOutput::of(&command.env("TEST_JUDGE_KEY", key).output().unwrap())
    }

    fn requests_this_time(said: &CommandOutput) -> usize {
        let requests = said.stdout.split("this time:").nth(1).unwrap();
        requests.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn assert_few_requests(said: &CommandOutput) {
        let requests = requests_this_time(said);
        assert!((1..=8).contains(&requests), "{}", said.stdout);
    }

    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn the_proxy_passes_json_by_schema() {
        assert_answers_in_json_by_schema(&small_model());
    }

    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn the_proxy_passes_text_that_patterns_read() {
        assert_answers_in_text_that_patterns_read(&small_model());
    }

    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn the_proxy_passes_one_token_with_its_probability() {
        assert_answers_in_one_token_with_its_probability(&small_model());
    }

    // 401, type auth_error, and no header that says more.
    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn a_wrong_key_ends_the_run_with_the_words_of_the_proxy() {
        let scene = scene(20, "scripted", |seen| seen.prefers("beta"));
        let said = judge(&scene, "sk-wrong").expect(4);
        let words = "HTTP 401: Authentication Error, Invalid proxy server token passed.";
        assert!(said.stderr.contains(words), "{}", said.stderr);
        assert_few_requests(&said);
        assert_eq!(scene.server.requests(), 0);
        assert_eq!(scene.outcomes(), vec!["pending"; 20]);
    }

    // 400, "…: Invalid model name passed in model=…", type None, param None.
    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn a_model_that_the_proxy_does_not_know_costs_a_handful_of_requests() {
        let scene = scene(20, "no-such-model", |seen| seen.prefers("beta"));
        // Without api_base, for which the proxy would refuse the request.
        let settings = scene.judge_table(
            "judge-1",
            &[("model", "\"no-such-model\""), ("base_url", &format!("{:?}", base_url()))],
        );
        scene.folder.write("evenhand.toml", &settings);
        let said = judge(&scene, KEY).expect(4);
        assert!(said.stderr.contains("HTTP 400: "), "{}", said.stderr);
        assert!(said.stderr.contains("Invalid model name"), "{}", said.stderr);
        assert_few_requests(&said);
        assert_eq!(scene.server.requests(), 0);
        assert_eq!(scene.outcomes(), vec!["pending"; 20]);
    }

    // 429 with the upstream's retry-after as llm_provider-retry-after; x-ratelimit-limit-requests and
    // x-ratelimit-remaining-requests keep their names, x-ratelimit-reset-requests also gets the prefix.
    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn a_request_that_the_upstream_throttles_is_asked_again_and_kept() {
        let scene = scene(3, "scripted", |seen| {
            if seen.id == "q-001" && seen.before == 0 {
                Answer::error(429, "Rate limit reached for requests").header("retry-after", "2")
            } else {
                seen.prefers("beta")
            }
        });
        judge(&scene, KEY).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 3]);
        let seen = scene.server.seen();
        assert_eq!(seen.len(), 8);
        let throttled = seen.iter().filter(|seen| seen.id == "q-001");
        let (first, again): (Vec<_>, Vec<_>) = throttled.partition(|seen| seen.before == 0);
        assert_eq!([first.len(), again.len()], [2, 2]);
        for again in again {
            let before = first.iter().find(|before| before.first == again.first).unwrap();
            let wait = again.at.duration_since(before.at);
            assert!(wait >= Duration::from_secs(2), "{wait:?}");
        }
    }

    // 429 with retry-after: 10 (the whole window, not what remains of it), rate_limit_type and reset_at; answers
    // have x-ratelimit-api_key-limit-requests and x-ratelimit-api_key-remaining-requests.
    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn a_limit_of_the_proxy_itself_is_waited_for() {
        let scene = scene(2, "scripted", |seen| seen.prefers("beta"));
        // The proxy counts by key: each scene has its own.
        let key = format!("sk-limited-{}", scene.server.base_url());
        let started = Instant::now();
        let said = judge(&scene, &key).expect(0);
        let took = started.elapsed();
        assert_eq!(scene.outcomes(), vec!["kept beta"; 2]);
        assert_eq!(scene.server.requests(), 4, "a refused request must not reach the upstream");
        // The window begins before the upstream sees the first request, so only the refusal can be timed.
        let requests = requests_this_time(&said);
        assert!((5..=6).contains(&requests), "one or two are refused, once: {requests}");
        assert!(took >= Duration::from_secs(10), "{took:?}");
    }

    /// Asserts that at most the first two requests have a temperature, and that everything is kept.
    fn assert_temperature_is_left_out(scene: &Scene) {
        judge(scene, KEY).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 6]);
        let seen = scene.server.seen();
        let with = |field: &str| seen.iter().filter(|seen| seen.has(field)).count();
        assert!(with("temperature") <= 2, "{} with a temperature", with("temperature"));
        assert_eq!(with("response_format"), seen.len(), "nothing else is left out");
        assert_eq!(seen.len() - with("temperature"), 12);
    }

    // 400 with param: "temperature", and the upstream's sentence between two of the proxy's.
    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn a_temperature_that_the_upstream_rejects_is_left_out() {
        let scene = scene(6, "scripted", |seen| {
            if seen.has("temperature") {
                let message = "Unsupported value: 'temperature' does not support 0.0 with this model. \
                    Only the default (1) value is supported.";
                Answer::error(400, message)
            } else {
                seen.prefers("beta")
            }
        });
        assert_temperature_is_left_out(&scene);
    }

    // 400, "litellm.UnsupportedParamsError: O-series models don't support temperature=0. …", param: null.
    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn a_temperature_that_the_proxy_itself_rejects_is_left_out() {
        let scene = scene(6, "o3-mini", |seen| seen.prefers("beta"));
        assert_temperature_is_left_out(&scene);
        assert!(scene.server.seen().iter().all(|seen| !seen.has("temperature")));
    }

    // 500, "litellm.InternalServerError: InternalServerError: OpenAIException - …".
    #[test]
    #[ignore = "needs a LiteLLM proxy at EVENHAND_LITELLM_URL"]
    fn an_error_of_the_upstream_fails_one_item_only() {
        let scene = scene(4, "scripted", |seen| match seen.id.as_str() {
            "q-002" => Answer::error(500, "The server had an error"),
            _ => seen.prefers("beta"),
        });
        judge(&scene, KEY).expect(5);
        assert_eq!(scene.outcomes(), ["kept beta", "failed", "kept beta", "kept beta"]);
        let seen = scene.server.seen();
        let failed = seen.iter().filter(|seen| seen.id == "q-002").count();
        // max_attempts of the scene, in both orders: the proxy adds no attempts.
        assert_eq!([failed, seen.len() - failed], [4, 6]);
        let error = &scene.verdicts()[1]["orders"][0]["replies"][1]["error"];
        let error = error.as_str().unwrap();
        assert!(error.contains("OpenAIException - The server had an error"), "{error}");
    }
}
