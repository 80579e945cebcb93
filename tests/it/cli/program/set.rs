//! `--set`: a line of the settings file on the command line.

use serde_json::json;

use crate::support::server::Scene;

#[test]
fn a_setting_replaces_that_of_the_file_and_leaves_the_others() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.settings(&[("temperature", "0.5"), ("max_tokens", "77")]);
    scene.judge(&["--set", "judges.judge-1.temperature = 0.25"]).expect(0);
    for seen in scene.server.seen() {
        assert_eq!(
            [&seen.body["temperature"], &seen.body["max_tokens"]],
            [&json!(0.25), &json!(77)]
        );
    }
}

#[test]
fn a_judge_needs_no_settings_file() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    std::fs::remove_file(scene.folder.path().join("evenhand.toml")).unwrap();
    let url = format!("judges.\"the judge\".base_url = {:?}", scene.server.base_url());
    let flags = [
        "--set",
        &url,
        "--set",
        "judges.'the judge' = { model = 'm', api_key_env = 'TEST_JUDGE_KEY' }",
        "--judge",
        "the judge",
    ];
    scene.judge(&flags).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
}

#[test]
fn a_setting_identifies_the_run_as_that_of_the_file_does() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.judge(&["--set", "judges.judge-1.temperature = 0.25"]).expect(0);
    scene.judge(&[]).expect(7);
    scene.settings(&[("temperature", "0.25")]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.server.requests(), 2);
}

#[test]
fn what_is_wrong_with_a_setting_is_said_with_the_setting() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    for (setting, expected) in [
        ("judges.judge-1.temprature = 1", "hint: did you mean `temperature`?"),
        ("judges.judge-1.temperature = high", "hint: expected a line of the settings file: --set"),
        ("judges.judge-1.temperature", "hint: expected a line of the settings file: --set"),
        ("judges.judge-1.temperature = 'high'", "--set judges.judge-1.temperature = 'high': "),
        ("judge.judge-1.temperature = 1", "hint: did you mean `judges`?"),
        ("judges.'builtin:mine'.model = 'm'", "builtin:mine"),
        ("judges.judge-1 = 3", "--set judges.judge-1 = 3: "),
        ("judges.judge_1.temperature = 0.5", "hint: did you mean `judge-1`?"),
        ("judges.another.temperature = 0.5", "no settings file declares the judge `another`"),
    ] {
        let said = scene.judge(&["--set", setting]).expect(3);
        assert!(said.stderr.contains(expected), "{setting}: {}", said.stderr);
        assert_eq!(scene.server.requests(), 0);
    }
}
