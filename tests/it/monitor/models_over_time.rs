//! Models behind a name: floating names, changed models and fingerprints.

use serde_json::{Value, json};

use super::codes;
use crate::support::server::{Answer, Scene, completion};

/// Judges two runs with a scripted server that names a model and a fingerprint, and checks the second against the first.
fn two_runs(before: [&'static str; 2], after: [&'static str; 2]) -> Value {
    let scene = Scene::new(3, |_| Answer::says("{}"));
    for (run, [model, fingerprint]) in [("one.db", before), ("two.db", after)] {
        scene.server.now(move |seen| {
            let mut body = completion(&seen.verdict("beta"));
            body["model"] = json!(model);
            body["system_fingerprint"] = json!(fingerprint);
            Answer::json(200, &body)
        });
        scene.judge(&["--run", run]).expect(0);
        scene.run(&["monitor", "add", run, "--history", "monitor"]).expect(0);
    }
    let said =
        scene.run(&["monitor", "check", "--history", "monitor", "--format", "json"]).expect(8);
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn a_changed_fingerprint_is_reported_even_when_the_numbers_hold() {
    let found = two_runs(["m-2026-01-01", "fp_1"], ["m-2026-01-01", "fp_2"]);
    assert_eq!(found["judge"]["verdicts_changed"]["value"], 0.0);
    let served = &found["judge"]["served"];
    assert_eq!(served[0]["field"], "fingerprint");
    assert_eq!((&served[0]["before"], &served[0]["after"]), (&json!(["fp_1"]), &json!(["fp_2"])));
    assert!(codes(&found).contains(&"served-model-changed"), "{:?}", codes(&found));
}

#[test]
fn a_changed_model_is_reported_and_an_unchanged_one_is_not() {
    let found = two_runs(["m-2026-01-01", "fp_1"], ["m-2026-02-02", "fp_1"]);
    assert_eq!(found["judge"]["served"][0]["field"], "model");
    let found = two_runs(["m-2026-01-01", "fp_1"], ["m-2026-01-01", "fp_1"]);
    assert_eq!(found["judge"]["served"], json!([]));
    assert!(!codes(&found).contains(&"served-model-changed"));
}

#[test]
fn a_floating_name_is_warned_of_from_the_first_run() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "one.db"]).expect(0);
    scene.run(&["monitor", "add", "one.db", "--history", "monitor"]).expect(0);
    let said =
        scene.run(&["monitor", "check", "--history", "monitor", "--format", "json"]).expect(8);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(codes(&found).contains(&"floating-model"), "{:?}", codes(&found));
}
