//! What the run is.

use serde_json::{Value, json};

use super::{WITH_LABELS, WITHOUT_LABELS, found};
use crate::support::labelled_run::{RunSpec, rows};
use crate::support::server::Scene;
use crate::support::ugly_run::ugly_run;

#[test]
fn the_run_is_described_by_its_manifest() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.settings(&[("temperature", "0.5"), ("max_tokens", "99"), ("extra", "{ top_p = 0.9 }")]);
    scene.judge(&["--seed", "7", "--repeat", "3", "--baseline", "alpha"]).expect(0);
    let found = found(&scene.folder, WITHOUT_LABELS);
    let run = &found["run"];
    assert!(run["file"].as_str().unwrap().ends_with("run.db"), "{run}");
    assert!(run["begun"].as_str().unwrap().ends_with('Z'), "{run}");
    assert_eq!([&run["begun_by"], &found["evenhand"]], [env!("CARGO_PKG_VERSION"); 2]);
    assert_eq!([&run["seed"], &run["repeat"], &run["items"], &run["comparisons"]], [7, 3, 2, 2]);
    assert_eq!([&run["baseline"], &run["systems"]], [&json!("alpha"), &json!(["alpha", "beta"])]);
    assert_eq!(run.get("selection"), None);
    let rubric = &run["rubric"];
    assert_eq!(
        [&rubric["name"], &rubric["format"], &rubric["ties"]],
        [&json!("helpfulness"), &json!("json"), &json!(true)]
    );
    assert!(!rubric["criteria"].as_array().unwrap().is_empty());
    assert_eq!(rubric["digest"].as_str().unwrap().len(), 64);
    let served = json!([{ "model": "model-as-served", "fingerprint": "fp_1", "replies": 12 }]);
    let judge = json!([{
        "name": "judge-1",
        "model": "model-of-judge-1",
        "api": "openai",
        "base_url": scene.server.base_url(),
        "temperature": 0.5,
        "max_tokens": 99,
        "extra": { "top_p": 0.9 },
        "served": served,
    }]);
    assert_eq!(run["judges"], judge);
}

#[test]
fn a_calibration_names_the_same_rubric() {
    let found = RunSpec::new(rows(&[(2, "a/a", "a")])).judged().overview();
    let provenance = &found["calibration"]["provenance"];
    for key in ["name", "version", "digest", "requests"] {
        assert_eq!(found["run"]["rubric"][key], provenance["rubric"][key], "{key}");
    }
    assert_eq!(found["run"]["begun"], provenance["begun"]);
}

#[test]
fn a_run_with_everything_that_is_hard_to_show_has_an_overview() {
    for (judges, repeats) in [(1, 1), (1, 2), (3, 2)] {
        let folder = ugly_run(judges, repeats);
        for about in [WITH_LABELS, WITHOUT_LABELS] {
            let found = found(&folder, about);
            assert_eq!(found["run"]["comparisons"], 7);
            assert_eq!(found["criteria"].as_array().unwrap().len(), 2);
            assert_eq!(found["calibration"].is_null(), !about.labels);
            let headline = found["headline"].as_array().unwrap();
            assert!(headline.iter().all(Value::is_string) && !headline.is_empty(), "{headline:?}");
        }
    }
}
